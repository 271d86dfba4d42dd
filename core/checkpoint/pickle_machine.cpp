// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pickle_machine.h"

#include "core/checkpoint/pickle_globals.h"

#include <limits>
#include <utility>

namespace mambascope {
namespace {

using Kind = PickleValue::Kind;
using Role = PickleGlobal::Role;

constexpr std::size_t kMostValues = 500'000;
constexpr std::size_t kMostTensors = 100'000;
constexpr std::size_t kMostMarks = 100'000;
constexpr std::size_t kMostArguments = 7;
constexpr std::size_t kMostPairs = 1'000'000; ///< copied from lists into dictionaries, all together
constexpr std::size_t kMostDimensions = 16;
constexpr std::uint32_t kNothing = std::numeric_limits<std::uint32_t>::max(); ///< memo place not yet filled

} // namespace

PickleMachine::PickleMachine() {
    m_pickle.values.resize(3);
    for (const Id id : {kFalse, kTrue}) {
        m_pickle.values[id].kind = Kind::Bool;
        m_pickle.values[id].integer = id == kTrue ? 1 : 0;
    }
}

void PickleMachine::refuse(std::string why) {
    if (m_problem.empty()) {
        m_problem = std::move(why);
    }
}

void PickleMachine::push(Id id) {
    m_stack.push_back(id);
}

void PickleMachine::push(PickleValue value) {
    if (m_pickle.values.size() == kMostValues) {
        refuse("holds more than " + std::to_string(kMostValues) + " values");
        return;
    }
    m_stack.push_back(static_cast<Id>(m_pickle.values.size()));
    m_pickle.values.push_back(std::move(value));
}

bool PickleMachine::has(std::size_t count) {
    const std::size_t floor = m_marks.empty() ? 0 : m_marks.back();
    if (m_stack.size() - floor < count) {
        refuse("takes more values than there are");
        return false;
    }
    return true;
}

PickleMachine::Id PickleMachine::pop() {
    const Id id = m_stack.back();
    m_stack.pop_back();
    return id;
}

std::size_t PickleMachine::popMark() {
    if (m_marks.empty()) {
        refuse("takes more values than there are");
        return 0;
    }
    const std::size_t count = m_stack.size() - m_marks.back();
    m_marks.pop_back();
    return count;
}

void PickleMachine::integer(std::int64_t value) {
    push(PickleValue{.kind = Kind::Integer, .integer = value});
}

void PickleMachine::real(double value) {
    push(PickleValue{.kind = Kind::Real, .real = value});
}

void PickleMachine::text(std::string_view value) {
    if (!isUtf8(value)) {
        refuse("holds a text that is not UTF-8");
        return;
    }
    push(PickleValue{.kind = Kind::Text, .text = value});
}

void PickleMachine::bytes(std::string_view value) {
    push(PickleValue{.kind = Kind::Bytes, .text = value});
}

void PickleMachine::mark() {
    if (m_marks.size() == kMostMarks) {
        refuse("opens more than " + std::to_string(kMostMarks) + " containers at a time");
        return;
    }
    m_marks.push_back(m_stack.size());
}

void PickleMachine::gather(Kind kind, std::size_t count) {
    if (!has(count)) {
        return;
    }
    PickleValue value{.kind = kind};
    value.items.assign(m_stack.end() - static_cast<std::ptrdiff_t>(count), m_stack.end());
    m_stack.resize(m_stack.size() - count);
    push(std::move(value));
}

void PickleMachine::gatherFromMark(Kind kind) {
    const std::size_t count = popMark();
    if (m_problem.empty()) {
        gather(kind, count);
    }
}

void PickleMachine::fill(Kind kind, std::size_t count) {
    if (!has(count + 1)) {
        return;
    }
    const auto first = m_stack.end() - static_cast<std::ptrdiff_t>(count);
    PickleValue& target = m_pickle.values[*(first - 1)];
    if (target.kind != kind || (kind == Kind::Dict && count % 2 != 0)) {
        refuse("adds values to something that cannot hold them");
        return;
    }
    target.items.insert(target.items.end(), first, m_stack.end());
    m_stack.erase(first, m_stack.end());
}

void PickleMachine::fillFromMark(Kind kind) {
    const std::size_t count = popMark();
    if (m_problem.empty()) {
        fill(kind, count);
    }
}

/// The key whose value is being put together: what lies below the function that will rebuild it, or the text
/// on top of the stack.
std::string_view PickleMachine::keyInWork() const {
    for (std::size_t i = m_stack.size(); i-- > 1;) {
        const PickleValue& function = at(m_stack[i]);
        const PickleValue& key = at(m_stack[i - 1]);
        if (function.kind == Kind::Global && key.kind == Kind::Text) {
            return key.text;
        }
    }
    return !m_stack.empty() && at(m_stack.back()).kind == Kind::Text ? at(m_stack.back()).text
                                                                     : std::string_view();
}

void PickleMachine::global(const std::string& name) {
    const std::int64_t index = findPickleGlobal(name);
    if (index < 0) {
        const std::string_view key = keyInWork();
        refuse(
            "its pickle asks Python for " + quotedAscii(name) +
            (key.empty() ? "" : " for the value of " + quotedAscii(key)));
        m_refused = name.starts_with("torch.") ? Refused::TorchGlobal : Refused::Global;
        return;
    }
    push(PickleValue{.kind = Kind::Global, .integer = index});
}

void PickleMachine::stackGlobal() {
    if (!has(2)) {
        return;
    }
    const PickleValue& name = at(pop());
    const PickleValue& module = at(pop());
    if (name.kind != Kind::Text || module.kind != Kind::Text ||
        name.text.size() + module.text.size() > 1000) {
        refuse("names a global by something that is not a short text");
        return;
    }
    global(std::string(module.text) + "." + std::string(name.text));
}

void PickleMachine::put(std::uint64_t index) {
    if (!has(1)) {
        return;
    }
    if (index >= kMostValues) {
        refuse(
            "remembers a value at place " + std::to_string(index) + " of its memo, beyond " +
            std::to_string(kMostValues));
        return;
    }
    if (index >= m_memo.size()) {
        m_memo.resize(index + 1, kNothing);
    }
    m_memo[index] = m_stack.back();
}

void PickleMachine::get(std::uint64_t index) {
    if (index >= m_memo.size() || m_memo[index] == kNothing) {
        refuse("uses place " + std::to_string(index) + " of its memo, where nothing is");
        return;
    }
    push(m_memo[index]);
}

void PickleMachine::build() {
    if (!has(2)) {
        return;
    }
    const Kind state = at(pop()).kind;
    // What is set on a state dictionary (_metadata: versions of modules) is of no use here.
    if (at(m_stack.back()).kind != Kind::Dict || state != Kind::Dict) {
        refuse("sets the state of something that has none");
    }
}

void PickleMachine::stop() {
    if (m_marks.empty() && m_stack.size() == 1) {
        m_pickle.root = m_stack.back();
    } else {
        refuse("does not end with exactly one value");
    }
}

Pickle PickleMachine::take() {
    return std::move(m_pickle);
}

void PickleMachine::reduce() {
    if (!has(2)) {
        return;
    }
    const Id given = pop();
    const PickleValue& callee = at(pop());
    if (callee.kind != Kind::Global || at(given).kind != Kind::Tuple) {
        refuse("calls something that is no function");
        return;
    }
    if (at(given).items.size() > kMostArguments) {
        refuse("calls a function with " + std::to_string(at(given).items.size()) + " arguments");
        return;
    }
    const PickleValue arguments = at(given); // a copy: pushing a value moves the others
    const PickleGlobal& function = pickleGlobal(callee.integer);
    switch (function.role) {
    case Role::OrderedDict:
        return orderedDict(arguments);
    case Role::Size:
        if (arguments.items.size() == 1 && at(arguments.items[0]).kind == Kind::Tuple) {
            return push(arguments.items[0]);
        }
        break;
    case Role::RebuildTensor:
        return tensor(arguments, 4, 4);
    case Role::RebuildTensorV2:
        return tensor(arguments, 6, 7);
    case Role::RebuildParameter:
    case Role::RebuildParameterWithState: {
        const std::size_t expected = function.role == Role::RebuildParameter ? 3 : 4;
        if (arguments.items.size() == expected && at(arguments.items[0]).kind == Kind::Tensor) {
            return push(arguments.items[0]);
        }
        break;
    }
    case Role::Storage:
    case Role::AnyStorage:
        break;
    }
    refuse("calls " + std::string(function.name) + " with arguments that it does not have");
}

/// Python 2 gives the pairs as a list; otherwise they are set later.
void PickleMachine::orderedDict(const PickleValue& arguments) {
    PickleValue dict{.kind = Kind::Dict};
    const bool pairs = arguments.items.size() == 1 && at(arguments.items[0]).kind == Kind::List;
    if (!pairs && !arguments.items.empty()) {
        refuse("calls collections.OrderedDict with arguments that it does not have");
        return;
    }
    if (pairs) {
        const std::vector<Id>& list = at(arguments.items[0]).items;
        m_pairs += list.size();
        if (m_pairs > kMostPairs) {
            refuse("copies more than " + std::to_string(kMostPairs) + " pairs into dictionaries");
            return;
        }
        for (const Id id : list) {
            const PickleValue& pair = at(id);
            if ((pair.kind != Kind::List && pair.kind != Kind::Tuple) || pair.items.size() != 2) {
                refuse("calls collections.OrderedDict with something that is not pairs");
                return;
            }
            dict.items.insert(dict.items.end(), pair.items.begin(), pair.items.end());
        }
    }
    push(std::move(dict));
}

bool PickleMachine::integers(const PickleValue& tuple, std::vector<std::int64_t>& into) {
    if (tuple.kind != Kind::Tuple || tuple.items.size() > kMostDimensions) {
        return false;
    }
    for (const Id id : tuple.items) {
        if (at(id).kind != Kind::Integer) {
            return false;
        }
        into.push_back(at(id).integer);
    }
    return true;
}

/// storage, offset, shape, strides and, in version 2, whether it is trained, hooks and metadata.
void PickleMachine::tensor(const PickleValue& arguments, std::size_t fewest, std::size_t most) {
    const std::vector<Id>& items = arguments.items;
    PickledTensor tensor;
    if (items.size() < fewest || items.size() > most || at(items[0]).kind != Kind::Storage ||
        at(items[1]).kind != Kind::Integer || !integers(at(items[2]), tensor.shape) ||
        !integers(at(items[3]), tensor.strides) || tensor.shape.size() != tensor.strides.size()) {
        refuse(
            "rebuilds a tensor from something other than a storage, an offset, a shape of up to 16 lengths "
            "and as many strides");
        return;
    }
    if (m_pickle.tensors.size() == kMostTensors) {
        refuse("holds more than " + std::to_string(kMostTensors) + " tensors");
        return;
    }
    tensor.storage = static_cast<std::size_t>(at(items[0]).integer);
    tensor.offset = at(items[1]).integer;
    const auto index = static_cast<std::int64_t>(m_pickle.tensors.size());
    m_pickle.tensors.push_back(std::move(tensor));
    push(PickleValue{.kind = Kind::Tensor, .integer = index});
}

void PickleMachine::persistent() {
    if (!has(1)) {
        return;
    }
    PickledStorage found;
    if (!storage(at(pop()), found)) {
        refuse("refers to a storage in a way that torch.save does not");
        return;
    }
    if (m_pickle.storages.size() == kMostTensors) {
        refuse("refers to more than " + std::to_string(kMostTensors) + " storages");
        return;
    }
    const auto index = static_cast<std::int64_t>(m_pickle.storages.size());
    m_pickle.storages.push_back(found);
    push(PickleValue{.kind = Kind::Storage, .integer = index});
}

/// ("storage", type, key, device, elements) and, before PyTorch 1.6, a view or None.
bool PickleMachine::storage(const PickleValue& id, PickledStorage& storage) {
    const std::vector<Id>& items = id.items;
    if (id.kind != Kind::Tuple || items.empty() || at(items[0]).kind != Kind::Text) {
        return false;
    }
    if (at(items[0]).text == "module") {
        refuse("holds a whole module with its program instead of its weights alone");
        return false;
    }
    if (at(items[0]).text != "storage" || items.size() < 5 || items.size() > 6 ||
        at(items[1]).kind != Kind::Global || at(items[2]).kind != Kind::Text ||
        at(items[4]).kind != Kind::Integer || at(items[4]).integer < 0) {
        return false;
    }
    const PickleGlobal& type = pickleGlobal(at(items[1]).integer);
    if (type.role == Role::AnyStorage) {
        refuse("refers to a " + std::string(type.name) + " without its element type");
    }
    storage.key = at(items[2]).text;
    storage.dtype = type.dtype;
    storage.count = static_cast<std::uint64_t>(at(items[4]).integer);
    return type.role == Role::Storage &&
           (items.size() == 5 || at(items[5]).kind == Kind::None || storageView(at(items[5]), storage));
}

/// (key of the view, offset, elements)
bool PickleMachine::storageView(const PickleValue& view, PickledStorage& storage) {
    const std::vector<Id>& items = view.items;
    if (view.kind != Kind::Tuple || items.size() != 3 || at(items[1]).kind != Kind::Integer ||
        at(items[2]).kind != Kind::Integer) {
        return false;
    }
    const auto offset = static_cast<std::uint64_t>(at(items[1]).integer);
    const auto count = static_cast<std::uint64_t>(at(items[2]).integer);
    if (offset > storage.count || count > storage.count - offset) {
        refuse("refers to a part of a storage that reaches beyond it");
        return false;
    }
    storage.offset = offset;
    storage.count = count;
    return true;
}

} // namespace mambascope
