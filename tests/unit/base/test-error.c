// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <errno.h>

TEST(setting_fills_code_and_message_and_returns_false)
{
        AUTO_ERROR struct error err = {0};
        assert_false(error_set(&err, ERROR_DAMAGED, "%s: offset 0x%x", "vars.fd", 72));
        assert_int_equal(err.code, ERROR_DAMAGED);
        assert_string_equal(err.message, "vars.fd: offset 0x48");
}

TEST(context_goes_in_front_and_advice_behind_and_the_code_stays)
{
        AUTO_ERROR struct error err = {0};
        error_set(&err, ERROR_TIMED_OUT, "100 %%");
        assert_false(error_wrap(&err, "%s", "a %s b"));
        assert_false(error_append(&err, "; try %s", "--boot-timeout"));
        assert_int_equal(err.code, ERROR_TIMED_OUT);
        assert_string_equal(err.message, "a %s b: 100 %; try --boot-timeout");
}

TEST(a_message_may_be_put_together_from_itself)
{
        AUTO_ERROR struct error err = {0};
        error_set(&err, ERROR_NO, "first");
        error_set(&err, ERROR_NO, "again %s", err.message);
        assert_string_equal(err.message, "again first");
        error_append(&err, " and %s", err.message);
        assert_string_equal(err.message, "again first and again first");
        error_wrap(&err, "%s", err.message);
        assert_string_equal(err.message, "again first and again first: again first and again first");
}

TEST(a_failed_system_call_keeps_its_reason)
{
        static const struct {
                int number;
                enum error_code code;
        } cases[] = {
                {ENOENT, ERROR_USAGE},       {ENOSPC, ERROR_ENVIRONMENT}, {EACCES, ERROR_ENVIRONMENT},
                {EINVAL, ERROR_ENVIRONMENT}, {EMFILE, ERROR_ENVIRONMENT},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                errno = cases[i].number;
                assert_false(error_system(&err, "%s: cannot open", "disk.qcow2"));
                AUTO_FREE char *expected = text_format("disk.qcow2: cannot open: %s", strerror(cases[i].number));
                assert_string_equal(err.message, expected);
                assert_int_equal(err.code, cases[i].code);
        }
}

TEST(nobody_wants_to_know)
{
        assert_false(error_set(NULL, ERROR_NO, "x"));
        assert_false(error_system(NULL, "x"));
        assert_false(error_wrap(NULL, "x"));
        assert_false(error_append(NULL, "x"));
}

TEST(context_without_a_message)
{
        AUTO_ERROR struct error wrapped = {0};
        error_wrap(&wrapped, "vars.fd");
        assert_string_equal(wrapped.message, "vars.fd: failed");
        AUTO_ERROR struct error appended = {0};
        error_append(&appended, "advice");
        assert_string_equal(appended.message, "advice");
}

TEST(cleared_is_empty_and_may_be_cleared_again)
{
        struct error err = {0};
        error_clear(&err);
        error_set(&err, ERROR_NO, "x");
        error_clear(&err);
        assert_null(err.message);
        assert_int_equal(err.code, 0);
        error_clear(&err);
}

TEST(a_long_message_is_whole)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *long_text = memory_new(100001, 1);
        memset(long_text, 'x', 100000);
        error_set(&err, ERROR_NO, "%s", long_text);
        error_wrap(&err, "%s", long_text);
        assert_int_equal(strlen(err.message), 200002);
}
