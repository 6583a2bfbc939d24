// SPDX-License-Identifier: Apache-2.0
//
// What unit tests share: a folder of their own, files made and read in it, by the shell too, and what is asserted of errors
// and texts.
#pragma once

#include "tests/unit/test.h"

#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

static inline int scratch_begin(void **state)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *folder = file_temporary_folder(&err);
        // The programs show paths without symbolic links; macOS' /tmp is one.
        *state = folder ? realpath(folder, NULL) : NULL;
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

// A test that runs in an empty folder of its own.
#define TEST_IN_SCRATCH(name) TEST_WITH(name, scratch_begin, scratch_end)

// Runs a shell command in the scratch folder. It has to succeed; only where it does not its output is shown.
static inline void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void shell(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *command = text_format_list(format, arguments);
        va_end(arguments);
        FILE *output = tmpfile();
        assert_non_null(output);
        AUTO_FREE char *strict = text_format("exec >/dev/fd/%d 2>&1; set -eu; %s", fileno(output), command);
        bool done = system(strict) == 0; // NOLINT(cert-env33-c)
        for (int character; !done && (character = fgetc(output)) != EOF;)
                fputc(character, stderr);
        fclose(output);
        if (!done)
                fail_msg("failed: %s", command);
}

// What a shell command prints, without the last newlines; freed with free().
static inline char *shell_output(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline char *shell_output(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *command = text_format_list(format, arguments);
        va_end(arguments);
        FILE *pipe = popen(command, "r"); // NOLINT(cert-env33-c)
        assert_non_null(pipe);
        struct text output = {0};
        for (int character; (character = fgetc(pipe)) != EOF;)
                text_add_char(&output, (char)character);
        if (pclose(pipe) != 0)
                fail_msg("failed: %s", command);
        while (output.length && output.data[output.length - 1] == '\n')
                output.data[--output.length] = '\0';
        return text_take(&output);
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

// The file as text, up to a NUL; freed with free().
static inline char *read_text(const char *path)
{
        AUTO_BUFFER struct buffer content = {0};
        read_whole(path, &content);
        return text_format("%.*s", (int)content.size, content.size ? (const char *)content.data : "");
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

// The same for a function that has no other result.
static inline void no_error(const struct error *err)
{
        assert_done(!err->code, err);
}

static inline void assert_contains(const char *text, const char *part)
{
        if (!text || !strstr(text, part))
                fail_msg("\"%s\" is not in: %s", part, text ? text : "(nothing)");
}
