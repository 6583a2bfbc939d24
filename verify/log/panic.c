// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // memmem
#include "verify/log/panic.h"

#include <string.h>

enum {
        SCREEN_LINES = 60, // from the version line to the last line of a purple screen
};

// What shows that a guest has panicked: a text, and another one after it in the same line. Is that line the reason, or
// does the reason stand above it?
static const struct {
        const char *first, *second;
        bool is_reason;
} signs[] = {
        {"Code start: 0x", "VMK uptime: ", false},
        {"EXCVEC_", " Exception ", true},
        {"#PF Exception ", " in world ", true},
        {"#GP Exception ", " in world ", true},
        {"#UD Exception ", " in world ", true},
        {"#DE Exception ", " in world ", true},
        {"#DF Exception ", " in world ", true},
        {"#MC Exception ", " in world ", true},
        {"BlueScreen: ", "", true},
        {"VERIFY bora/", "", true},
        {"ASSERT bora/", "", true},
        {"PANIC bora/", "", true},
        {"NOT_IMPLEMENTED bora/", "", true},
        {"NOT_REACHED bora/", "", true},
        {"its.c:2934", "", true},
        {"HW feature incompatibility", "", true},
        {"Fatal CPU mismatch", "", true},
        {"The system has found a problem on your machine", "", true},
        {"PSOD", "", true}, // as a word of its own: files and options have it in their names
        {"Module(s) involved in panic", "", false},
        {"PanicvPanicInt", "", false},
        {"No port for remote debugger", "", false},
        {"Debugger waiting", "", false},
};

// Each with two bytes that are rare in a log, by which it is looked for (literals.h).
const char PANIC_WORDS[] = "VMware ESX|VMK uptime|EXCVEC_|#[PGUDM][FPDEC] Exception |BlueScreen: |VERIFY bora/|"
                           "ASSERT bora/|PANIC bora/|NOT_IMPLEMENTED|NOT_REACHED|its\\.c:2934|HW feature|Fatal CPU|"
                           "The system has found|PSOD|Module\\(s\\) involved in panic|PanicvPanicInt|No port for "
                           "remote|Debugger waiting";

// Where WORD ends in the SIZE bytes at TEXT; NULL if it is not in them.
static const char *find_word(const char *text, size_t size, const char *word)
{
        const char *found = memmem(text, size, word, strlen(word));
        return found ? found + strlen(word) : NULL;
}

static bool is_of_a_name(char byte)
{
        return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
               byte == '_';
}

// Whether the SIZE bytes at TEXT have WORD, and not only as a part of names.
static bool has_alone(const char *text, size_t size, const char *word)
{
        const char *end = text + size;
        for (const char *at = text; (at = find_word(at, (size_t)(end - at), word));) {
                const char *before = at - strlen(word);
                if ((before == text || !is_of_a_name(before[-1])) && (at == end || !is_of_a_name(*at)))
                        return true;
        }
        return false;
}

static bool has_both(const char *text, size_t size, const char *first, const char *second)
{
        const char *rest = find_word(text, size, first);
        return rest && find_word(rest, size - (size_t)(rest - text), second);
}

// "VMware ESXi 8.0.3 [Releasebuild-24280767 aarch64]", and "VMware ESX" up to 5 and from 9 on.
static bool is_version(const char *text, size_t size)
{
        return has_both(text, size, "VMware ESX", "build-") && find_word(text, size, "]");
}

static void keep_reason(struct panic_reader *reader, uint64_t number, const char *text, size_t size)
{
        size_t kept = size < sizeof reader->reason ? size : sizeof reader->reason - 1;
        while (kept < size && kept > 0 && ((uint8_t)text[kept] & 0xC0) == 0x80)
                kept--;
        memcpy(reader->reason, text, kept);
        reader->reason[kept] = '\0';
        reader->reason_line = number;
}

bool panic_reader_needs_next(const struct panic_reader *reader)
{
        return reader->version_line && !reader->reason_line;
}

bool panic_reader_line(struct panic_reader *reader, uint64_t number, const char *text, size_t size)
{
        if (is_version(text, size)) {
                *reader = (struct panic_reader){.version_line = number};
                return false;
        }
        if (panic_reader_needs_next(reader))
                keep_reason(reader, number, text, size);
        for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
                if (!has_both(text, size, signs[i].first, signs[i].second) ||
                    (strcmp(signs[i].first, "PSOD") == 0 && !has_alone(text, size, "PSOD")))
                        continue;
                reader->is_here = signs[i].is_reason;
                if (signs[i].is_reason)
                        keep_reason(reader, number, text, size);
                return true;
        }
        return false;
}

uint64_t panic_reader_reason(const struct panic_reader *reader, uint64_t number, const char **reason)
{
        bool has_reason = reader->reason_line && number - reader->reason_line <= SCREEN_LINES;
        // Rows that a screen draws by cursor position are all on one line of the log.
        *reason = has_reason && !reader->is_here ? reader->reason : NULL;
        return *reason ? reader->reason_line : number;
}
