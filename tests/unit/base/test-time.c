// SPDX-License-Identifier: Apache-2.0
// The oracle is date.
#include "tests/unit/scratch.h"

#include "base/time.h"

TEST(a_stamp_is_read_as_python_reads_it)
{
        static const char *const stamps[] = {"1970-01-01T00:00:01Z", "2000-02-29T23:59:59Z", "2026-05-04T09:07:12Z",
                                             "2038-01-19T03:14:08Z", "2100-03-01T00:00:00Z"};
        for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
                uint64_t seconds;
                uint64_t expected;
                AUTO_FREE char *text =
                        shell_output("python3 -c 'import datetime; "
                                     "print(int(datetime.datetime.fromisoformat(\"%.19s+00:00\").timestamp()))'",
                                     stamps[i]);
                assert_true(text_parse_number(text, &expected));
                assert_true(time_parse_stamp(stamps[i], &seconds));
                assert_true(seconds == expected);
        }
}

TEST(invalid_stamps_are_refused)
{
        static const char *const wrong[] = {"",
                                            "2026",
                                            "2026-05-04",
                                            "2026-05-04T09:07:12",
                                            "2026-05-04T09:07:12Zx",
                                            "2026-05-04 09:07:12Z",
                                            "20260504T090712Z",
                                            "x026-05-04T09:07:12Z",
                                            "2026-5-04T09:07:12Z",
                                            "-026-05-04T09:07:12Z",
                                            "1969-12-31T23:59:59Z"};
        uint64_t seconds;
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                if (time_parse_stamp(wrong[i], &seconds))
                        fail_msg("'%s' was taken for a stamp", wrong[i]);
        }
}

TEST(now_is_a_stamp)
{
        uint64_t seconds;
        uint64_t now = 0;
        AUTO_FREE char *stamp = time_stamp();
        AUTO_FREE char *text = shell_output("date +%%s");
        assert_true(time_parse_stamp(stamp, &seconds) && text_parse_number(text, &now));
        assert_true(now - seconds <= 60);
}

TEST(a_sleep_lasts_as_long_as_it_should)
{
        uint64_t began = time_now_us();
        time_sleep_ms(20);
        assert_true(time_now_us() - began >= 20000);
}
