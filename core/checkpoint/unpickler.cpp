// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/unpickler.h"

#include "core/checkpoint/file_kind.h"
#include "core/checkpoint/pickle_machine.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <utility>

namespace mambascope {
namespace {

constexpr std::size_t kLargestPickle = std::size_t{16} << 20;
constexpr std::size_t kMostSteps = 4'000'000;
constexpr std::size_t kLongestGlobal = 1000;

/// Reads one opcode after the other and lets the machine act. Opcodes: CPython's Lib/pickletools.py.
class Interpreter {
public:
    Interpreter(std::span<const std::byte> bytes, std::string_view what)
        : m_bytes(bytes)
        , m_what(what) {}

    Result<Pickle> run() {
        for (std::size_t step = 0; m_problem.empty() && m_machine.problem().empty(); ++step) {
            if (step == kMostSteps) {
                refuse("takes more than " + std::to_string(kMostSteps) + " steps");
            } else if (m_next > kLargestPickle) {
                refuse("has more than 16 MB");
            } else if (const std::uint8_t opcode = static_cast<std::uint8_t>(number(1)); opcode == '.') {
                m_machine.stop();
                break;
            } else if (m_problem.empty()) {
                act(opcode);
            }
        }
        if (m_truncated) {
            return truncatedFile(m_what, "its pickle ends before the instruction STOP");
        }
        return finish();
    }

private:
    Result<Pickle> finish() {
        const std::string& problem = m_problem.empty() ? m_machine.problem() : m_problem;
        if (m_machine.refused() != PickleMachine::Refused::Nothing) {
            return Error::unreadable(
                std::string(m_what) + " was refused: " + problem + ".",
                m_machine.refused() == PickleMachine::Refused::TorchGlobal
                    ? "mambascope reads dense tensors of floats and integers only, and runs nothing else. "
                      "Save "
                      "the model's state_dict() in float32, bfloat16 or float16."
                    : "Weights need nothing of that kind. Nothing was run; do not open the file in Python "
                      "unless you trust where it comes from.");
        }
        if (!problem.empty()) {
            return damagedFile(m_what, "was refused: its pickle " + problem);
        }
        Pickle pickle = m_machine.take();
        pickle.size = m_next;
        if (const auto nesting = nestingProblem(pickle)) {
            return damagedFile(m_what, "was refused: its pickle " + std::string(*nesting));
        }
        return pickle;
    }

    void refuse(std::string why) {
        if (m_problem.empty()) {
            m_problem = std::move(why);
        }
    }

    std::string_view take(std::uint64_t count) {
        if (count > m_bytes.size() - m_next) {
            m_truncated = true;
            refuse("is truncated");
            return {};
        }
        const std::string_view text(reinterpret_cast<const char*>(m_bytes.data()) + m_next, count);
        m_next += count;
        return text;
    }

    /// An unsigned little-endian number of up to 8 bytes.
    std::uint64_t number(std::size_t width) {
        std::uint64_t value = 0;
        const std::string_view bytes = take(width);
        if (!bytes.empty()) {
            std::memcpy(&value, bytes.data(), bytes.size());
        }
        return value;
    }

    std::string_view line() {
        const std::string_view rest(
            reinterpret_cast<const char*>(m_bytes.data()) + m_next,
            std::min(m_bytes.size() - m_next, kLongestGlobal));
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) {
            m_truncated = rest.size() < kLongestGlobal;
            refuse("names a global of more than " + std::to_string(kLongestGlobal) + " bytes");
            return {};
        }
        m_next += end + 1;
        return rest.substr(0, end);
    }

    void text(std::size_t width) {
        const std::string_view value = take(number(width));
        m_problem.empty() ? m_machine.text(value) : void();
    }

    void bytes(std::size_t width) {
        const std::string_view value = take(number(width));
        m_problem.empty() ? m_machine.bytes(value) : void();
    }

    /// A two's complement number of any length, as long as it fits 64 bits.
    void longInteger(std::size_t width) {
        const std::uint64_t length = number(width);
        if (length > 8) {
            refuse("holds an integer of " + std::to_string(length) + " bytes");
            return;
        }
        const std::uint64_t value = number(length);
        const unsigned unused = 64 - 8 * static_cast<unsigned>(length);
        m_machine.integer(length == 0 ? 0 : static_cast<std::int64_t>(value << unused) >> unused);
    }

    void real() {
        std::uint64_t bits = number(8);
        bits = __builtin_bswap64(bits); // the one big-endian number of the format
        m_machine.real(std::bit_cast<double>(bits));
    }

    void global() {
        const std::string_view module = line();
        const std::string_view name = m_problem.empty() ? line() : std::string_view();
        if (m_problem.empty()) {
            m_machine.global(std::string(module) + "." + std::string(name));
        }
    }

    void protocol() {
        const std::uint64_t version = number(1);
        if (m_problem.empty() && (version < 2 || version > 5)) {
            refuse("is of protocol " + std::to_string(version) + ", and only 2 to 5 are known");
        }
    }

    void frame() {
        const std::uint64_t length = number(8);
        if (m_problem.empty() && length > m_bytes.size() - m_next) {
            m_truncated = true;
            refuse("is truncated");
        }
    }

    /// What an instruction is there for, where that is a reason to refuse it.
    static std::string purpose(std::uint8_t opcode) {
        switch (opcode) {
        case 'o': // OBJ, NEWOBJ, NEWOBJ_EX
        case 0x81:
        case 0x92:
            return "makes an object of a class and which ";
        case 0x82: // EXT1, EXT2, EXT4
        case 0x83:
        case 0x84:
            return "takes something from Python's registry of extensions and which ";
        default:
            return "";
        }
    }

    void act(std::uint8_t opcode) {
        if (!value(opcode) && !container(opcode) && !memory(opcode)) {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "0x%02x", opcode);
            refuse(
                std::string("uses the instruction ") + code.data() + ", which " + purpose(opcode) +
                "weights do not need");
        }
    }

    /// Opcodes that push a value.
    bool value(std::uint8_t opcode) {
        switch (opcode) {
        case 'N':
            return m_machine.none(), true;
        case 0x88:
        case 0x89:
            return m_machine.boolean(opcode == 0x88), true;
        case 'J':
            return m_machine.integer(static_cast<std::int32_t>(number(4))), true;
        case 'K':
            return m_machine.integer(static_cast<std::int64_t>(number(1))), true;
        case 'M':
            return m_machine.integer(static_cast<std::int64_t>(number(2))), true;
        case 0x8a:
            return longInteger(1), true;
        case 0x8b:
            return longInteger(4), true;
        case 'G':
            return real(), true;
        case 0x8c: // SHORT_BINUNICODE; then what Python 2 writes for its str: SHORT_BINSTRING
        case 'U':
            return text(1), true;
        case 'X':
        case 'T':
            return text(4), true;
        case 0x8d:
            return text(8), true;
        case 'C':
            return bytes(1), true;
        case 'B':
            return bytes(4), true;
        case 0x8e:
            return bytes(8), true;
        default:
            return false;
        }
    }

    /// Opcodes that make, fill or rebuild something from what is on the stack.
    bool container(std::uint8_t opcode) {
        using Kind = PickleValue::Kind;
        switch (opcode) {
        case '(':
            return m_machine.mark(), true;
        case ')':
            return m_machine.gather(Kind::Tuple, 0), true;
        case 0x85:
        case 0x86:
        case 0x87:
            return m_machine.gather(Kind::Tuple, opcode - 0x84u), true;
        case 't':
        case 0x91: // FROZENSET
            return m_machine.gatherFromMark(Kind::Tuple), true;
        case ']':
        case 0x8f: // EMPTY_SET
            return m_machine.gather(Kind::List, 0), true;
        case '}':
            return m_machine.gather(Kind::Dict, 0), true;
        case 'a':
            return m_machine.fill(Kind::List, 1), true;
        case 's':
            return m_machine.fill(Kind::Dict, 2), true;
        case 'e':
        case 0x90: // ADDITEMS
            return m_machine.fillFromMark(Kind::List), true;
        case 'u':
            return m_machine.fillFromMark(Kind::Dict), true;
        case 'R':
            return m_machine.reduce(), true;
        case 'b':
            return m_machine.build(), true;
        case 'Q':
            return m_machine.persistent(), true;
        default:
            return false;
        }
    }

    /// Globals, the memo and what only structures the stream.
    bool memory(std::uint8_t opcode) {
        switch (opcode) {
        case 'c':
        case 'i': // INST: names a class, too, and is refused by that name
            return global(), true;
        case 0x93:
            return m_machine.stackGlobal(), true;
        case 'q':
            return m_machine.put(number(1)), true;
        case 'r':
            return m_machine.put(number(4)), true;
        case 0x94:
            return m_machine.memoize(), true;
        case 'h':
            return m_machine.get(number(1)), true;
        case 'j':
            return m_machine.get(number(4)), true;
        case 0x80:
            return protocol(), true;
        case 0x95:
            return frame(), true;
        default:
            return false;
        }
    }

    std::span<const std::byte> m_bytes;
    std::string_view m_what;
    std::size_t m_next = 0;
    std::string m_problem;
    bool m_truncated = false;
    PickleMachine m_machine;
};

} // namespace

Result<Pickle> unpickle(std::span<const std::byte> bytes, std::string_view what) {
    return Interpreter(bytes, what).run();
}

} // namespace mambascope
