// SPDX-License-Identifier: Apache-2.0
//
// The input is a console's bytes. Normalised whole and in pieces, they must give the same lines, all valid UTF-8
// without control characters. They are also judged boot by boot, as a raw log and as whatever the file reader takes
// them for.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "verify/log/check.h"
#include "verify/log/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct criterion rows[] = {
        {"entry", "BdsDxe: (?:loading|starting) Boot[0-9A-F]{4}", CRITERION_REQUIRED, false},
        {"complete", "Boot complete \\(2/2\\)", CRITERION_REQUIRED, false},
        {"panic", "its\\.c:2934|VERIFY bora/|PSOD", CRITERION_FORBIDDEN, true},
        {"best", "halted", CRITERION_OPTIONAL, false},
};

static void demand(bool holds)
{
        if (!holds)
                abort();
}

static void take_line(const struct log_line *line, void *context)
{
        struct text *all = context;
        demand(line->length == strlen(line->text) && line->length <= LOG_LINE_LIMIT && line->number > 0);
        for (size_t i = 0; i < line->length; i++)
                demand((uint8_t)line->text[i] >= ' ' && line->text[i] != 0x7F);
        AUTO_TEXT struct text repaired = {0};
        demand(text_add_repaired(&repaired, line->text, line->length) == line->length);
        demand(strcmp(text_string(&repaired), line->text) == 0);
        text_add_format(all, "%llu %llu %s\n", (unsigned long long)line->number, (unsigned long long)line->offset,
                        line->text);
}

// The lines of the bytes, fed in pieces of PIECE.
static void normalise(const uint8_t *data, size_t size, size_t piece, struct text *lines)
{
        AUTO_LOG struct log *log = log_new(take_line, lines);
        for (size_t at = 0; at < size; at += piece)
                log_feed(log, data + at, size - at < piece ? size - at : piece);
        log_finish(log);
}

static void judge(const uint8_t *data, size_t size)
{
        static const struct check_phase phases[] = {{"install", rows, 2}, {"boot", rows, sizeof rows / sizeof rows[0]}};
        AUTO_ERROR struct error err = {0};
        AUTO_CHECK struct check *check = check_new(phases, 1 + size % 2, &err);
        struct logfile file;
        demand(check);
        static FILE *scratch;
        if (!scratch)
                demand((scratch = tmpfile()) != NULL);
        int fd = fileno(scratch);
        demand(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
        AUTO_FREE char *path = text_format("/proc/self/fd/%d", fd);
        demand(logfile_read(path, NULL, check_line, check, &file, &err) || err.code == ERROR_DAMAGED);
        check_finish(check);
        demand(check_worst(check) >= check_outcome(check) && check_explanation(check));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_TEXT struct text whole = {0};
        AUTO_TEXT struct text pieces = {0};
        if (!size)
                return 0;
        normalise(data + 1, size - 1, size, &whole);
        normalise(data + 1, size - 1, data[0] % 16 + 1U, &pieces);
        demand(strcmp(text_string(&whole), text_string(&pieces)) == 0);
        judge(data + 1, size - 1);
        return 0;
}
