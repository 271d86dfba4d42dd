// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/unpickler.h"

#include <string>

namespace mambascope {

/// The stack and the memo of a pickle's reader: what each instruction does, once its bytes are read. The
/// first thing that goes wrong is remembered as a problem, after which nothing counts any more.
class PickleMachine {
public:
    PickleMachine();

    /// Whether the problem is a global that is not allowed, and whose: PyTorch's own belong to tensors that
    /// are not read, any other might be an attack.
    enum class Refused { Nothing, Global, TorchGlobal };

    const std::string& problem() const { return m_problem; }
    Refused refused() const { return m_refused; }

    void none() { push(kNone); }
    void boolean(bool value) { push(value ? kTrue : kFalse); }
    void integer(std::int64_t value);
    void real(double value);
    void text(std::string_view value);
    void bytes(std::string_view value);

    void mark();
    /// Replaces the top `count` values, or those above the mark, by a container of them.
    void gather(PickleValue::Kind kind, std::size_t count);
    void gatherFromMark(PickleValue::Kind kind);
    /// Adds them to the container below them.
    void fill(PickleValue::Kind kind, std::size_t count);
    void fillFromMark(PickleValue::Kind kind);

    void global(const std::string& name);
    void stackGlobal();
    void reduce();
    void build();
    void persistent();

    void put(std::uint64_t index);
    void memoize() { put(m_memo.size()); }
    void get(std::uint64_t index);

    void stop();   ///< what is on the stack becomes the root
    Pickle take(); ///< to be called once, without a problem

private:
    using Id = std::uint32_t;
    static constexpr Id kNone = 0, kFalse = 1, kTrue = 2; ///< values that exist once

    void refuse(std::string why);
    const PickleValue& at(Id id) const { return m_pickle.values[id]; }
    void push(Id id);
    void push(PickleValue value);
    bool has(std::size_t count); ///< that many values above the last mark
    Id pop();
    std::size_t popMark(); ///< how many values are above it

    bool integers(const PickleValue& tuple, std::vector<std::int64_t>& into);
    std::string_view keyInWork() const;
    void orderedDict(const PickleValue& arguments);
    void tensor(const PickleValue& arguments, std::size_t fewest, std::size_t most);
    bool storage(const PickleValue& id, PickledStorage& storage);
    bool storageView(const PickleValue& view, PickledStorage& storage);

    Pickle m_pickle;
    std::vector<Id> m_stack, m_memo;
    std::vector<std::size_t> m_marks;
    std::size_t m_pairs = 0; ///< copied so far
    std::string m_problem;
    Refused m_refused = Refused::Nothing;
};

} // namespace mambascope
