// SPDX-License-Identifier: Apache-2.0
//
// What unit tests share: a folder of their own, and files and packages made in it by the shell.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

static inline int scratch_begin(void **state)
{
        AUTO_ERROR struct error err = {0};
        *state = file_temporary_folder(&err);
        if (!*state || chdir(*state) != 0)
                return -1;
        return 0;
}

static inline int scratch_end(void **state)
{
        AUTO_ERROR struct error err = {0};
        bool removed = chdir("/") == 0 && file_remove_tree(*state, &err);
        free(*state);
        return removed ? 0 : -1;
}

// Runs a shell command in the scratch folder; it has to succeed.
static inline void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void shell(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *command = text_format_list(format, arguments);
        va_end(arguments);
        AUTO_FREE char *strict = text_format("set -eu; %s", command);
        fflush(NULL);
        if (system(strict) != 0)
                fail_msg("failed: %s", command);
}

// Not by file_replace, whose syncing costs more than the rest of a test that writes thousands of files.
static inline void write_bytes(const char *path, struct bytes bytes)
{
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
        assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *path, const char *text)
{
        write_bytes(path, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static inline void read_whole(const char *path, struct buffer *buffer)
{
        AUTO_ERROR struct error err = {0};
        buffer->size = 0;
        if (!file_read(path, UINT64_C(1) << 30, buffer, &err))
                fail_msg("%s", err.message);
}

static inline void assert_same_file(const char *a, const char *b)
{
        AUTO_BUFFER struct buffer one = {0};
        AUTO_BUFFER struct buffer other = {0};
        read_whole(a, &one);
        read_whole(b, &other);
        assert_true(bytes_equal(buffer_view(&one), buffer_view(&other)));
}

// ERR has this code, and its message holds TEXT.
static inline void assert_error(const struct error *err, enum error_code code, const char *text)
{
        assert_non_null(err->message);
        if (err->code != code || !strstr(err->message, text))
                fail_msg("code %d (expected %d), '%s' (expected '%s' in it)", (int)err->code, (int)code, err->message,
                         text);
}

// Nothing went wrong; where it did, say what.
static inline void assert_done(bool done, const struct error *err)
{
        if (!done)
                fail_msg("%s", err->message);
}
