// SPDX-License-Identifier: Apache-2.0
//
// For tests of disk images: a scratch folder to work in, and shell commands that make and describe images. The images
// come from qemu-img, sgdisk and mtools, which are also what the readers are compared with.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

static char *scratch_folder;

// A cmocka set-up and tear-down: every test runs in an empty folder of its own.
static int scratch_enter(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        scratch_folder = file_temporary_folder(&err);
        return scratch_folder && chdir(scratch_folder) == 0 ? 0 : -1;
}

static int scratch_leave(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        bool removed = chdir("/") == 0 && file_remove_tree(scratch_folder, &err);
        free(scratch_folder);
        return removed ? 0 : -1;
}

#define SCRATCH_TEST(function) cmocka_unit_test_setup_teardown(function, scratch_enter, scratch_leave)

// Fails the test, with the message, where ERR is filled.
__attribute__((unused)) static void no_error(const struct error *err)
{
        if (err->code)
                fail_msg("%s", err->message);
}

__attribute__((unused)) static void assert_contains(const char *text, const char *part)
{
        if (!text || !strstr(text, part))
                fail_msg("\"%s\" is not in: %s", part, text ? text : "(nothing)");
}

// Runs a shell command, which must succeed; its output is only shown when it does not.
__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *command = text_format_list(format, arguments);
        va_end(arguments);
        AUTO_FREE char *quiet = text_format("{ %s\n} >.shell.log 2>&1 || { cat .shell.log >&2; exit 1; }", command);
        if (system(quiet) != 0) // NOLINT(cert-env33-c)
                fail_msg("failed: %s", command);
}

// What a shell command prints, without the last newline; freed with free().
__attribute__((format(printf, 1, 2), unused)) static char *shell_output(const char *format, ...)
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

static char *template_folder; // images that took long to make, to be copied

static void templates_remove(void)
{
        AUTO_ERROR struct error err = {0};
        file_remove_tree(template_folder, &err);
        free(template_folder);
}

// Copies the template NAME into the scratch folder as NAME. False where it has to be made first, with template_keep.
__attribute__((unused)) static bool template_take(const char *name)
{
        AUTO_ERROR struct error err = {0};
        if (!template_folder) {
                template_folder = file_temporary_folder(&err);
                no_error(&err);
                assert_int_equal(atexit(templates_remove), 0);
        }
        AUTO_FREE char *path = file_path(template_folder, name);
        if (!file_exists(path))
                return false;
        shell("cp -r --sparse=always '%s' .", path);
        return true;
}

__attribute__((unused)) static void template_keep(const char *name)
{
        shell("cp -r --sparse=always '%s' '%s'", name, template_folder);
}

// Makes `disk` in the scratch folder: that of an installed ESXi, a small one of 300 MiB, without file systems.
__attribute__((unused)) static void make_installed_disk(void)
{
        if (template_take("disk"))
                return;
        shell("truncate -s 300M disk\n"
              "sgdisk -a 1 -n 1:64:204863 -t 1:EF00 -c 1:BOOT -n 5:208896:309247 -t 5:0700 -c 5:BOOTBANK1 "
              "-n 6:311296:411647 -t 6:0700 -c 6:BOOTBANK2 -A 5:set:2 -A 6:set:63 "
              "-n 7:413696:507903 -t 7:4EB2EA39-7855-4790-A79E-FAE495E21F8D -c 7:'OSDATA é' "
              "-n 8:507904:520000 -t 8:AA31E02A-400F-11DB-9590-000C2911D1B8 disk");
        template_keep("disk");
}
