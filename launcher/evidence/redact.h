// SPDX-License-Identifier: Apache-2.0
//
// Hides secrets in texts that are passed on: password hashes in the format of crypt(3), a kickstart's `rootpw`, values
// of `password=` in an argument, VMware's licence keys (five groups of five letters and digits), and words from the caller, such as root's password or the user's home folder.
//
// A guest may print anything, and a run's evidence has the user's arguments, so all text is searched. If terminal
// sequences or line ends split a secret, only its first part is found.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

// A word and its replacement. If IS_PATH, it only matches whole leading components of a path.
struct redact_word {
        const char *word, *stands_for;
        bool is_path;
};

// Takes the next bytes. False, with ERR filled, stops redact.
typedef bool redact_sink(struct bytes bytes, void *context, struct error *err);

// Passes CONTENT to SINK piece by piece, with all secrets replaced. HIDDEN, which may be NULL, counts the replacements.
bool redact(struct bytes content, const struct redact_word *words, size_t count, redact_sink *sink, void *context,
            uint64_t *hidden, struct error *err);
