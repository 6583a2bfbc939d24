// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "fw/download-answer.h"

static const struct downloaded some = {
        .sha256 = {{1, 2, 3, [DIGEST_SIZE - 1] = 0xFF}},
        .size = UINT64_C(0x123456789AB),
        .status = 206,
        .resumed = true,
};

static void assert_same(const struct downloaded *a, const struct downloaded *b)
{
        assert_true(digest_equal(&a->sha256, &b->sha256));
        assert_int_equal(a->size, b->size);
        assert_int_equal(a->status, b->status);
        assert_int_equal(a->resumed, b->resumed);
}

static void assert_nonsense(struct bytes answer)
{
        AUTO_ERROR struct error err = {0};
        struct downloaded downloaded = some;
        assert_false(download_answer_read(answer, &downloaded, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "told nothing that could be understood");
        assert_same(&downloaded, &some);
}

static void test_what_is_written_is_read(void **state)
{
        (void)state;
        static const enum error_code codes[] = {0, ERROR_USAGE, ERROR_DAMAGED, ERROR_ENVIRONMENT};
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
                AUTO_BUFFER struct buffer answer = {0};
                AUTO_ERROR struct error written = {0};
                AUTO_ERROR struct error err = {0};
                struct downloaded downloaded = {0};
                if (codes[i])
                        error_set(&written, codes[i], "the server has gone");
                download_answer_write(&some, &written, &answer);
                assert_int_equal(download_answer_read(buffer_view(&answer), &downloaded, &err), !codes[i]);
                assert_same(&downloaded, &some);
                assert_int_equal(err.code, codes[i]);
                if (codes[i])
                        assert_string_equal(err.message, "the server has gone");
        }
}

static void test_a_long_message_is_cut_off(void **state)
{
        (void)state;
        AUTO_BUFFER struct buffer answer = {0};
        AUTO_ERROR struct error written = {0};
        AUTO_ERROR struct error err = {0};
        struct downloaded downloaded;
        error_set(&written, ERROR_USAGE, "%0*d", 3 * DOWNLOAD_ANSWER_LIMIT, 0);
        download_answer_write(&some, &written, &answer);
        assert_int_equal(answer.size, DOWNLOAD_ANSWER_LIMIT);
        assert_false(download_answer_read(buffer_view(&answer), &downloaded, &err));
        assert_error(&err, ERROR_USAGE, "000");
}

static void test_an_answer_cut_off_anywhere_is_none(void **state)
{
        (void)state;
        AUTO_BUFFER struct buffer done = {0};
        AUTO_BUFFER struct buffer failed = {0};
        AUTO_ERROR struct error err = {0};
        download_answer_write(&some, &err, &done);
        error_set(&err, ERROR_DAMAGED, "x");
        download_answer_write(&some, &err, &failed);
        for (size_t size = 0; size < done.size; size++)
                assert_nonsense((struct bytes){done.data, size});
        for (size_t size = 0; size < failed.size; size++)
                assert_nonsense((struct bytes){failed.data, size});
        // And so is one with more than there is to tell.
        buffer_add_u8(&done, 'x');
        assert_nonsense(buffer_view(&done));
}

static void test_other_codes_are_none(void **state)
{
        (void)state;
        static const uint32_t codes[] = {ERROR_NO,          5,           ERROR_PANIC, 7,
                                         ERROR_INTERRUPTED, 0x80000004u, UINT32_MAX,  0x00010004};
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
                AUTO_BUFFER struct buffer answer = {0};
                AUTO_ERROR struct error err = {0};
                error_set(&err, (enum error_code)codes[i], "x");
                download_answer_write(&some, &err, &answer);
                assert_nonsense(buffer_view(&answer));
        }
}

static void test_a_message_is_made_fit_for_a_terminal(void **state)
{
        (void)state;
        AUTO_BUFFER struct buffer answer = {0};
        AUTO_ERROR struct error written = {0};
        AUTO_ERROR struct error err = {0};
        struct downloaded downloaded;
        error_set(&written, ERROR_USAGE, "a\033[2J\nb\xff");
        download_answer_write(&some, &written, &answer);
        buffer_add_u8(&answer, 0);
        assert_false(download_answer_read(buffer_view(&answer), &downloaded, &err));
        assert_string_equal(err.message, "a\\x1b[2J\\x0ab\\xff\\x00");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_written_is_read),
                cmocka_unit_test(test_a_long_message_is_cut_off),
                cmocka_unit_test(test_an_answer_cut_off_anywhere_is_none),
                cmocka_unit_test(test_other_codes_are_none),
                cmocka_unit_test(test_a_message_is_made_fit_for_a_terminal),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
