// SPDX-License-Identifier: Apache-2.0
//
// A console log as lines of text.
//
// A serial console does not receive lines: firmware and installer draw with terminal sequences (ECMA-48), place text by
// cursor position, and redraw it. This reader takes the bytes in any pieces, in constant memory, and reports the lines
// that a person would have read:
//
// - Terminal sequences are taken out; nothing of them is left as text.
// - One row of the screen is one line. What was placed on it piece by piece is put together by its columns, and where only
//   a part of it is drawn again, the line is the whole row as it then stands. The line ends when the cursor goes to another
//   row. Rows that only have a frame on them are not handed on.
// - Text that is drawn over or erased was a line too: it is handed on before it goes. Drawing the same text over itself is no
//   new line.
// - Text that flows, line after line as a kernel writes it, is not mixed with what stood on the screen: LF, CR and CRLF end
//   a line, and blank lines are not handed on.
// - Broken UTF-8 becomes U+FFFD, so that every line is valid UTF-8 without control characters.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A longer line is split: `cut` is set and the rest comes as the next line. In bytes of UTF-8.
enum {
        LOG_LINE_LIMIT = 65536
};

struct log_line {
        uint64_t number;  // the line of the raw log where it begins, from 1, as `grep -n` and an editor count
        uint64_t offset;  // the byte of the raw log where it begins, from 0
        const char *text; // NUL-terminated, without trailing blanks; valid only during the call
        size_t length;    // in bytes
        bool cut;
};

typedef void log_line_handler(const struct log_line *line, void *context);

struct log;
#define AUTO_LOG __attribute__((cleanup(log_free)))

// A reader that calls HANDLER with CONTEXT for every line, in order, during log_feed and log_finish. Never NULL.
struct log *log_new(log_line_handler *handler, void *context);

// Frees *LOG and sets it to NULL; does nothing if it is already NULL. An unfinished line is not reported.
void log_free(struct log **log);

// The next SIZE bytes. How the bytes are split over calls makes no difference.
void log_feed(struct log *log, const void *data, size_t size);

// Reports the current line: call it at the end of the log, or when a live console has gone quiet. More bytes may be fed
// afterwards.
void log_finish(struct log *log);
