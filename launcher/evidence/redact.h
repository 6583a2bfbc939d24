// SPDX-License-Identifier: Apache-2.0
//
// What a text may not carry to somebody else: hashes of passwords as crypt(3) writes them, a kickstart's `rootpw`, values of
// `password=` in an argument, and words that the caller knows, such as root's password or the user's home folder.
//
// A guest may print anything, and a user's own arguments are in a run's evidence, so everything that is text is looked
// through. What is split by terminal sequences or line ends is found as far as its first part only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

// A word and what stands for it. Where IS_PATH it counts only as the whole of a path's first parts.
struct redact_word {
        const char *word, *stands_for;
        bool is_path;
};

// Takes the next bytes. False, with ERR filled, ends the work.
typedef bool redact_sink(struct bytes bytes, void *context, struct error *err);

// Hands CONTENT to SINK piece by piece, with everything that it may not carry replaced. HIDDEN, which may be NULL, counts what
// was replaced.
bool redact(struct bytes content, const struct redact_word *words, size_t count, redact_sink *sink, void *context,
            uint64_t *hidden, struct error *err);
