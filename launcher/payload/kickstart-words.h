// SPDX-License-Identifier: Apache-2.0
//
// A line of a kickstart as words. ESXi's installer splits it with Python's shlex in POSIX mode, with comments: words end
// at blanks; quotes and backslashes keep blanks; `#` begins a comment, even within a word, but not in quotes. Source:
// Python library reference, shlex, "Parsing Rules".
#pragma once

#include <stdbool.h>

#include "base/arguments.h"

// Start from {0}; free with kickstart_words_free.
struct kickstart_words {
        struct arguments list;
        bool has_blank;   // a word contains a blank
        bool has_comment; // behind a word
        bool is_cut;      // a comment begins within a word
        bool is_open;     // a quote is not closed, or a backslash is the last character
};
void kickstart_words_free(struct kickstart_words *words);
#define AUTO_KICKSTART_WORDS __attribute__((cleanup(kickstart_words_free)))

// Splits LINE, without its line end.
void kickstart_words_split(const char *line, struct kickstart_words *words);
