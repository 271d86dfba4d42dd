// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace mambascope {

/// What kind of failure an Error is. The command line maps these to its exit status: Cancelled 130, Usage 2,
/// Unreadable 3, everything else 1.
enum class ErrorCode {
    Failed,      ///< the operation itself failed
    Usage,       ///< the caller asked for something that does not make sense
    Unreadable,  ///< an input file is missing, damaged or of an unknown kind
    Cancelled,   ///< the user stopped it
    EngineLost,  ///< the engine process ended or its connection broke
    OutOfMemory, ///< host or device memory was not enough
    ReadOnly,    ///< the target may not be written
};

/// A failure as the user sees it: one sentence, and what to do about it.
struct Error {
    ErrorCode code = ErrorCode::Failed;
    std::string message; ///< one complete sentence, for the user
    std::string hint;    ///< what the user can do; may be empty
    std::string context; ///< where it happened (file, layer, line), for the details view; may be empty

    static Error failed(std::string message, std::string hint = {}) {
        return {ErrorCode::Failed, std::move(message), std::move(hint), {}};
    }
    static Error usage(std::string message, std::string hint = {}) {
        return {ErrorCode::Usage, std::move(message), std::move(hint), {}};
    }
    static Error unreadable(std::string message, std::string hint = {}) {
        return {ErrorCode::Unreadable, std::move(message), std::move(hint), {}};
    }
    static Error cancelled() { return {ErrorCode::Cancelled, "Cancelled.", {}, {}}; }

    /// The same error with `where` put in front of its context.
    [[nodiscard]] Error within(const std::string& where) const {
        Error e = *this;
        e.context = e.context.empty() ? where : where + ": " + e.context;
        return e;
    }
};

/// The exit status of `mambascope-cli` for an error: 1 failed, 2 usage, 3 unreadable input, 130 cancelled.
int exitStatus(const Error& error);

/// "message hint" with the context in parentheses, on one line.
std::string describe(const Error& error);

/// Either a value or an Error. Has no conversion to bool, so that Result<bool> cannot be misread.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value)
        : m_state(std::in_place_index<0>, std::move(value)) {}
    Result(Error error)
        : m_state(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return m_state.index() == 0; }
    explicit operator bool() const = delete;

    T& value() & {
        assert(ok());
        return std::get<0>(m_state);
    }
    const T& value() const& {
        assert(ok());
        return std::get<0>(m_state);
    }
    /// By value, so that `for (auto& x : f().value())` does not look into a Result that is gone.
    T value() && {
        assert(ok());
        return std::get<0>(std::move(m_state));
    }
    const Error& error() const {
        assert(!ok());
        return std::get<1>(m_state);
    }

private:
    std::variant<T, Error> m_state;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error)
        : m_error(std::move(error))
        , m_ok(false) {}

    bool ok() const { return m_ok; }
    explicit operator bool() const = delete;
    const Error& error() const {
        assert(!m_ok);
        return m_error;
    }

private:
    Error m_error;
    bool m_ok = true;
};

} // namespace mambascope
