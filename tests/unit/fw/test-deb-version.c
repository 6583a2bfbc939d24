// SPDX-License-Identifier: Apache-2.0
//
// The oracle is `dpkg --compare-versions`.
#include "tests/unit/scratch.h"

#include "fw/debian/version.h"

static int sign(int value)
{
        return (value > 0) - (value < 0);
}

TESTS_NEED_LINUX("dpkg")

TEST(versions_compare_as_dpkg_compares_them)
{
        static const char *const versions[] = {
                "2022.02-3ubuntu0.22.04.5",
                "2022.02-3ubuntu0.22.04.10",
                "2022.02-3ubuntu0.22.04.6",
                "2022.02-3",
                "2022.11-6+deb12u2",
                "2022.11-6",
                "2022.11-6+deb12u10",
                "1:2.0-3~rc",
                "1:2.0-3",
                "0:2022.02-3",
                "2022.02-03",
                "1.0~~",
                "1.0~",
                "1.0",
                "1.0-0",
                "1.0a",
                "1.0+",
                "10",
                "9",
                "1.0-1-2",
        };
        enum {
                COUNT = sizeof versions / sizeof versions[0]
        };
        AUTO_TEXT struct text script = {0};
        for (size_t i = 0; i < COUNT * COUNT; i++)
                text_add_format(&script,
                                "dpkg --compare-versions %s lt %s && echo -n '<' || { dpkg --compare-versions %s eq %s "
                                "&& echo -n = || echo -n '>'; }; ",
                                versions[i / COUNT], versions[i % COUNT], versions[i / COUNT], versions[i % COUNT]);
        AUTO_FREE char *oracle = shell_output("%s", text_string(&script));
        assert_int_equal(strlen(oracle), COUNT * COUNT);
        for (size_t i = 0; i < COUNT * COUNT; i++) {
                int expected = oracle[i] == '<' ? -1 : oracle[i] == '>';
                if (sign(deb_version_compare(versions[i / COUNT], versions[i % COUNT])) != expected)
                        fail_msg("%s %c %s", versions[i / COUNT], oracle[i], versions[i % COUNT]);
        }
}

TEST(numbers_may_be_longer_than_any_integer)
{
        assert_true(deb_version_compare("1.99999999999999999999999999", "1.100000000000000000000000000") < 0);
        assert_true(deb_version_compare("1.000000000000000000000000002", "1.1") > 0);
}
