// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "base/time.h"
#include "fw/debian/release.h"

#define HEX  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX2 "f61f27bd17de546264aa58f40f3aafaac7021e0ef69c17f6b1b4cd7664a037ec"
#define TEXT                                                                                                           \
        "Origin: Debian\nSuite: oldstable\nVersion: 12.15\nCodename: bookworm\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"  \
        "Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC\nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 7 main/x\nSHA256:\n"   \
        " " HEX "        0 main/a\n " HEX2 "       20 main/b\n"

static uint64_t at(const char *stamp)
{
        uint64_t seconds = 0;
        assert_true(time_parse_stamp(stamp, &seconds));
        return seconds;
}

static void parse(const char *text, struct release *release)
{
        assert_done(release_parse(text, release, &err), &err);
}

TEST(fields_and_files_are_read)
{
        AUTO_RELEASE struct release release = {0};
        struct digest digest;
        uint64_t size;
        parse(TEXT, &release);
        assert_string_equal(release.suite, "oldstable");
        assert_string_equal(release.codename, "bookworm");
        assert_int_equal(release.date, at("2026-07-11T10:16:37Z"));
        assert_int_equal(release.until, at("2026-07-18T10:16:37Z"));
        assert_true(release_find(&release, "main/b", &digest, &size));
        assert_int_equal(size, 20);
        AUTO_FREE char *hex = digest_hex(&digest);
        assert_string_equal(hex, HEX2);
        // Only SHA-256 counts, and only whole names.
        static const char *const absent[] = {"main/x", "main", "ain/b", "main/b ", "", "main/bb"};
        for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
                assert_false(release_find(&release, absent[i], &digest, &size));
}

TEST(it_holds_for_its_suite_and_its_time)
{
        static const struct {
                const char *suite, *now, *refusal;
        } checks[] = {
                {"bookworm", "2026-07-12T00:00:00Z", NULL},
                {"oldstable", "2026-07-12T00:00:00Z", NULL},
                {"bookworm", "2026-07-18T10:16:37Z", NULL},
                {"bookworm", "2026-07-18T10:16:38Z", "it was valid until Sat, 18 Jul 2026"},
                {"bookworm", "2026-07-10T11:00:00Z", NULL}, // clocks differ
                {"bookworm", "2026-07-10T10:00:00Z", "in the future"},
                {"trixie", "2026-07-12T00:00:00Z", "it is for the suite oldstable (bookworm), not trixie"},
                {"book", "2026-07-12T00:00:00Z", "for the suite"},
        };
        AUTO_RELEASE struct release release = {0};
        parse(TEXT, &release);
        for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
                bool holds = release_check(&release, checks[i].suite, at(checks[i].now), &err);
                if (checks[i].refusal)
                        assert_failed(holds, ERROR_DAMAGED, checks[i].refusal);
                else
                        assert_done(holds, &err);
        }
}

TEST(updates_do_not_pass_for_the_release_that_they_update)
{
        AUTO_RELEASE struct release release = {0};
        uint64_t now = at("2026-07-12T00:00:00Z");
        parse("Suite: jammy-updates\nCodename: jammy\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n", &release);
        assert_true(release_check(&release, "jammy-updates", now, NULL));
        assert_failed(release_check(&release, "jammy", now, &err), ERROR_DAMAGED, "jammy-updates");
}

TEST(missing_dates_and_names_are_refused)
{
        static const struct {
                const char *text, *says;
        } texts[] = {
                {"", "no Date"},
                {"Suite: a\n", "no Date"},
                {"Date: Sat, 11 Jul 2026 10:16:37 UTC\n", "no Suite"},
                {"Suite: a\nDate: yesterday\n", "is not a date"},
                {"Suite: a\nDate: Sat, 11 Jux 2026 10:16:37 UTC\n", "is not a date"},
                {"Suite: a\nDate: Sat, 11 ulA 2026 10:16:37 UTC\n", "is not a date"},
                {"Suite: a\nDate: Sat, 11 Jul 2026 10:16:37 CEST\n", "is not a date"},
                {"Suite: a\nDate: Sat, 11 Jul 2026 10:16 UTC\n", "is not a date"},
                {"Suite: a\nDate: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: never\n",
                 "Valid-Until 'never' is not a date"},
        };
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                AUTO_RELEASE struct release release = {0};
                assert_failed(release_parse(texts[i].text, &release, &err), ERROR_DAMAGED, texts[i].says);
                assert_null(release.text);
        }
}

TEST(cut_off_anywhere_it_is_refused_or_says_less)
{
        for (size_t size = 0; size < strlen(TEXT); size++) {
                AUTO_FREE char *cut = text_format("%.*s", (int)size, TEXT);
                AUTO_RELEASE struct release release = {0};
                struct digest digest;
                uint64_t length;
                if (release_parse(cut, &release, NULL) && release_find(&release, "main/b", &digest, &length))
                        assert_int_equal(length, 20);
        }
}
