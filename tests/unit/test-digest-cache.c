// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "fw/digest-cache.h"

struct scratch {
        char *folder, *file, *cache;
};

static void write_text(const char *path, const char *text)
{
        struct bytes bytes = {(const uint8_t *)text, strlen(text)};
        assert_true(file_replace(path, 0600, bytes, NULL));
}

static int begin(void **state)
{
        struct scratch *scratch = memory_new(1, sizeof *scratch);
        scratch->folder = file_temporary_folder(NULL);
        scratch->file = file_path(scratch->folder, "image");
        scratch->cache = file_path(scratch->folder, "esxiarm/digests.json");
        AUTO_FREE char *cache_folder = file_path(scratch->folder, "esxiarm");
        assert_true(file_make_folder(cache_folder, 0700, NULL));
        setenv("XDG_CACHE_HOME", scratch->folder, 1);
        write_text(scratch->file, "one");
        *state = scratch;
        return 0;
}

static int end(void **state)
{
        struct scratch *scratch = *state;
        file_remove_tree(scratch->folder, NULL);
        free(scratch->folder);
        free(scratch->file);
        free(scratch->cache);
        free(scratch);
        return 0;
}

// Waits until the file has not changed for longer than the clock's grain.
static void let_age(const char *path)
{
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        while (time(NULL) < status.st_ctime + 2)
                usleep(10000);
}

static void assert_digest_is_of(const char *path)
{
        struct digest remembered;
        struct digest computed;
        assert_true(digest_remembered(path, &remembered, NULL));
        assert_true(digest_file(path, &computed, NULL));
        assert_memory_equal(&remembered, &computed, sizeof computed);
}

// Replaces the digest in the cache, so that it shows whether it is used.
static void falsify(const struct scratch *scratch)
{
        AUTO_BUFFER struct buffer content = {0};
        assert_true(file_read(scratch->cache, 1 << 16, &content, NULL));
        buffer_add_u8(&content, 0);
        char *sha256 = strstr((char *)content.data, "sha256");
        assert_non_null(sha256);
        memset(sha256 + strlen("sha256\": \""), 'a', 64);
        write_text(scratch->cache, (const char *)content.data);
}

static bool is_falsified(const char *path)
{
        struct digest digest;
        assert_true(digest_remembered(path, &digest, NULL));
        return digest.bytes[0] == 0xAA && digest.bytes[31] == 0xAA;
}

static void test_an_unchanged_file_is_not_hashed_again(void **state)
{
        const struct scratch *scratch = *state;
        let_age(scratch->file);
        assert_digest_is_of(scratch->file);
        falsify(scratch);
        assert_true(is_falsified(scratch->file));
}

static void test_a_changed_file_is_hashed_though_its_times_were_put_back(void **state)
{
        const struct scratch *scratch = *state;
        struct stat before;
        let_age(scratch->file);
        assert_digest_is_of(scratch->file);
        falsify(scratch);
        assert_int_equal(stat(scratch->file, &before), 0);
        FILE *file = fopen(scratch->file, "r+");
        assert_non_null(file);
        fputs("two", file);
        fclose(file);
        struct timespec times[] = {before.st_atim, before.st_mtim};
        assert_int_equal(utimensat(AT_FDCWD, scratch->file, times, 0), 0);
        let_age(scratch->file);
        assert_false(is_falsified(scratch->file));
        assert_digest_is_of(scratch->file);
}

static void test_a_file_that_changed_just_now_is_not_remembered(void **state)
{
        const struct scratch *scratch = *state;
        write_text(scratch->file, "three");
        assert_digest_is_of(scratch->file);
        assert_false(file_exists(scratch->cache));
}

static void test_a_damaged_cache_only_costs_time(void **state)
{
        const struct scratch *scratch = *state;
        static const char *const damages[] = {"", "{", "[]", "{\"image\": 1}", "\xFF\xFE"};
        let_age(scratch->file);
        for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
                write_text(scratch->cache, damages[i]);
                assert_digest_is_of(scratch->file);
        }
}

static void test_a_missing_file_is_named(void **state)
{
        (void)state;
        struct digest digest;
        AUTO_ERROR struct error err = {0};
        assert_false(digest_remembered("/nowhere/image", &digest, &err));
        assert_int_equal(err.code, ERROR_USAGE);
        assert_non_null(strstr(err.message, "/nowhere/image"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_an_unchanged_file_is_not_hashed_again, begin, end),
                cmocka_unit_test_setup_teardown(test_a_changed_file_is_hashed_though_its_times_were_put_back, begin,
                                                end),
                cmocka_unit_test_setup_teardown(test_a_file_that_changed_just_now_is_not_remembered, begin, end),
                cmocka_unit_test_setup_teardown(test_a_damaged_cache_only_costs_time, begin, end),
                cmocka_unit_test_setup_teardown(test_a_missing_file_is_named, begin, end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
