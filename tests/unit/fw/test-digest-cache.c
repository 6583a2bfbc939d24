// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "fw/digest-cache.h"

#define FILE_NAME "image"
#define CACHE     "esxiarm/digests.json"

static int begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        assert_true(file_make_folder("esxiarm", 0700, NULL));
        setenv("XDG_CACHE_HOME", *state, 1);
        write_text(FILE_NAME, "one");
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
static void falsify(void)
{
        AUTO_BUFFER struct buffer content = {0};
        assert_true(file_read(CACHE, 1 << 16, &content, NULL));
        buffer_add_u8(&content, 0);
        char *sha256 = strstr((char *)content.data, "sha256");
        assert_non_null(sha256);
        memset(sha256 + strlen("sha256\": \""), 'a', 64);
        write_text(CACHE, (const char *)content.data);
}

static bool is_falsified(const char *path)
{
        struct digest digest;
        assert_true(digest_remembered(path, &digest, NULL));
        return digest.bytes[0] == 0xAA && digest.bytes[31] == 0xAA;
}

TEST_WITH(an_unchanged_file_is_not_hashed_again, begin, scratch_end)
{
        let_age(FILE_NAME);
        assert_digest_is_of(FILE_NAME);
        falsify();
        assert_true(is_falsified(FILE_NAME));
}

TEST_WITH(a_changed_file_is_hashed_though_its_times_were_put_back, begin, scratch_end)
{
        struct stat before;
        let_age(FILE_NAME);
        assert_digest_is_of(FILE_NAME);
        falsify();
        assert_int_equal(stat(FILE_NAME, &before), 0);
        FILE *file = fopen(FILE_NAME, "r+");
        assert_non_null(file);
        fputs("two", file);
        fclose(file);
        struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, file_modified(&before)};
        assert_int_equal(utimensat(AT_FDCWD, FILE_NAME, times, 0), 0);
        let_age(FILE_NAME);
        assert_false(is_falsified(FILE_NAME));
        assert_digest_is_of(FILE_NAME);
}

TEST_WITH(a_file_that_changed_just_now_is_not_remembered, begin, scratch_end)
{
        write_text(FILE_NAME, "three");
        assert_digest_is_of(FILE_NAME);
        assert_false(file_exists(CACHE));
}

TEST_WITH(a_damaged_cache_only_costs_time, begin, scratch_end)
{
        static const char *const damages[] = {"", "{", "[]", "{\"image\": 1}", "\xFF\xFE"};
        let_age(FILE_NAME);
        for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
                write_text(CACHE, damages[i]);
                assert_digest_is_of(FILE_NAME);
        }
}

TEST_WITH(a_missing_file_is_named, begin, scratch_end)
{
        struct digest digest;
        assert_failed(digest_remembered("/nowhere/image", &digest, &err), ERROR_USAGE, "/nowhere/image");
}
