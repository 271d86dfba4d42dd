// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/schema.h"
#include "core/session/store.h"

#include <string_view>
#include <utility>

namespace mambascope::store {
namespace {

std::string textOf(const OrderedJson& json) {
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

Result<std::vector<Record>>
readRecords(Statement query, std::string_view what, const std::filesystem::path& path) {
    std::vector<Record> records;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return records;
        }
        Result<OrderedJson> content = orderedJson(query.text(2), what, path);
        if (!content.ok()) {
            return content.error();
        }
        records.push_back({query.integer(0), query.integer(1), std::move(content).value()});
    }
}

} // namespace

Result<OrderedJson>
orderedJson(const std::string& text, std::string_view what, const std::filesystem::path& path) {
    const Result<Json> checked = parseJson(text, what); // depth and syntax, with a message
    if (!checked.ok()) {
        return damagedSession(path, checked.error().message);
    }
    return OrderedJson::parse(text, nullptr, false);
}

Result<std::vector<Record>>
readSearches(const Database& database, const std::string& checkpointHash, const std::filesystem::path& path) {
    Statement query =
        database.prepare("SELECT id, created, trace FROM search WHERE checkpoint_hash = ? ORDER BY id");
    query.bind(std::string_view(checkpointHash));
    return readRecords(std::move(query), "a search", path);
}

Result<std::vector<Record>> readSweeps(const Database& database, const std::filesystem::path& path) {
    return readRecords(
        database.prepare("SELECT id, created, results FROM sweep ORDER BY id"), "a sweep", path);
}

Result<void> writeSearch(
    Database& database, const OrderedJson& trace, const std::string& checkpointHash, std::int64_t created) {
    Statement insert =
        database.prepare("INSERT INTO search(created, checkpoint_hash, trace) VALUES(?, ?, ?)");
    const std::string text = textOf(trace);
    return insert.bind(created).bind(std::string_view(checkpointHash)).bind(std::string_view(text)).run();
}

Result<void> writeSweep(Database& database, const OrderedJson& results, std::int64_t created) {
    Statement insert = database.prepare("INSERT INTO sweep(created, results) VALUES(?, ?)");
    const std::string text = textOf(results);
    return insert.bind(created).bind(std::string_view(text)).run();
}

} // namespace mambascope::store
