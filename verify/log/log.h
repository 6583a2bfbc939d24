// SPDX-License-Identifier: Apache-2.0
//
// A console log as lines of text.
//
// A serial console does not receive lines: firmware and installer draw with terminal sequences (ECMA-48), place text by
// cursor position, and redraw it. This reader takes the bytes in any pieces, in constant memory, and reports the lines
// that a person would have read:
//
// - Terminal sequences are removed completely.
// - A row of the screen is a line, assembled by columns; if a part is redrawn, the line is the whole row with the
//   change. It ends when the cursor moves to another row. Rows with only a frame are not reported.
// - Text is reported before it is overwritten or erased. Overwriting it with the same text is not a new line.
// - Flowing text, as a kernel writes it, is not mixed with older text on the screen: LF, CR and CRLF end a line, and
//   blank lines are not reported.
// - Invalid UTF-8 becomes U+FFFD, so that every line is valid UTF-8 without control characters.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// In bytes of UTF-8. A longer line is split: `cut` is set, and the rest comes as the next line.
enum {
        LOG_LINE_LIMIT = 65536
};

struct log_line {
        uint64_t number;  // the line of the raw log where it begins, from 1, as `grep -n` counts
        uint64_t offset;  // the byte of the raw log where it begins, from 0
        const char *text; // NUL-terminated, without trailing blanks; valid only during the call
        size_t length;    // in bytes
        bool cut;
};

typedef void log_line_handler(const struct log_line *line, void *context);

struct log;
#define AUTO_LOG __attribute__((cleanup(log_free)))

// HANDLER is called with CONTEXT for every line, in order, during log_feed and log_finish. Never NULL.
struct log *log_new(log_line_handler *handler, void *context);

// Frees *LOG and sets it to NULL; does nothing if it is already NULL. An unfinished line is not reported.
void log_free(struct log **log);

// The next SIZE bytes. How the bytes are split over calls makes no difference.
void log_feed(struct log *log, const void *data, size_t size);

// Reports the current line, at the end of the log or when a live console has gone quiet. More bytes may follow.
void log_finish(struct log *log);
