// SPDX-License-Identifier: Apache-2.0
//
// What apt prints, read. That apt itself is understood, tests/cli/fetch.sh asks of the real one.
#include "tests/unit/base/last-error.h"

#include "fw/debian/apt.h"

#define HEX       "9a55c7b94fdf13a28928359a77d42e5364aa3ae2e558bd1fd5361955bf479d81"
#define HEX2      "0000000000000000000000000000000000000000000000000000000000000000"
#define FILE_NAME "qemu-efi-aarch64_2022.11-6+deb12u2_all.deb"
#define URL       "http://archive.example/pool/main/e/edk2/qemu-efi-aarch64_2022.11-6%2bdeb12u2_all.deb"
#define LINE      "'" URL "' " FILE_NAME " 2538280 SHA256:" HEX "\n"

static struct apt_package package;
static bool has_digest;

static bool parse(const char *output)
{
        apt_package_free(&package);
        has_digest = false;
        bool parsed = apt_parse_uri(output, &package, &has_digest, &err);
        if (!parsed)
                assert_failed(parsed, ERROR_ENVIRONMENT, "apt-get --print-uris");
        return parsed;
}

static int end(void **state)
{
        apt_package_free(&package);
        return scratch_end(state);
}

TEST_GROUP(scratch_begin, end)

TEST(the_line_is_taken_apart)
{
        static const char *const outputs[] = {LINE, "W: a warning\nN: it's a note\n" LINE, LINE "'http://other'\n"};
        for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
                assert_true(parse(outputs[i]));
                assert_true(has_digest);
                assert_string_equal(package.url, URL);
                assert_string_equal(package.file_name, FILE_NAME);
                assert_string_equal(package.version, "2022.11-6+deb12u2");
                assert_int_equal(package.size, 2538280);
                AUTO_FREE char *hex = digest_hex(&package.sha256);
                assert_string_equal(hex, HEX);
        }
}

TEST(an_epoch_is_decoded)
{
        assert_true(parse("'file:/a_1%253a2_all.deb' a_1%3a2-3_all.deb 1 SHA256:" HEX));
        assert_string_equal(package.version, "1:2-3");
}

TEST(a_stronger_hash_is_accepted_but_not_the_digest)
{
        assert_true(parse("'" URL "' " FILE_NAME " 2538280 SHA512:" HEX HEX "\n"));
        assert_false(has_digest);
        assert_true(parse("'" URL "' " FILE_NAME " 2538280 SHA256:1234\n"));
        assert_false(has_digest);
}

TEST(anything_else_is_an_error)
{
        static const char *const outputs[] = {
                "",
                "\n",
                "E: Unable to locate package x\n",
                "'http://a/b.deb'\n",
                "'http://a/b.deb",
                "http://a/b.deb b_1_all.deb 1 SHA256:" HEX,
                "'http://a/b.deb' b_1_all.deb\n",
                "'http://a/b.deb' b_1_all.deb x SHA256:" HEX,
                "'http://a/b.deb' b_1_all.deb 0 SHA256:" HEX,
                "'http://a/b.deb' b_1_all.deb -1 SHA256:" HEX,
                "'http://a/b.deb' b_1_all.deb 99999999999999999999999 SHA256:" HEX,
                "'http://a/b.deb' ../b_1_all.deb 1 SHA256:" HEX,
                "'http://a/b.deb' /b_1_all.deb 1 SHA256:" HEX,
                "'http://a/b.deb' .b_1_all.deb 1 SHA256:" HEX,
                "'http://a/b.deb' b.deb 1 SHA256:" HEX,
                "'http://a/b.deb' b__all.deb 1 SHA256:" HEX,
        };
        for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
                assert_false(parse(outputs[i]));
                assert_null(package.url);
        }
}

TEST(the_line_cut_off_anywhere_is_an_error_or_has_no_digest)
{
        for (size_t length = 0; length < strlen(LINE) - 1; length++) {
                AUTO_FREE char *part = text_format("%.*s", (int)length, LINE);
                if (parse(part))
                        assert_false(has_digest);
        }
}

#define STANZA(path, size, hash)                                                                                       \
        "Package: qemu-efi-aarch64\nFilename: " path "\nSize: " size "\nMD5sum: 00\nSHA256: " hash                     \
        "\nDescription: x\n SHA256: no\n"
#define PATH "pool/main/e/edk2/" FILE_NAME

static bool show(const char *output)
{
        assert_true(parse("'" URL "' " FILE_NAME " 2538280 SHA512:" HEX HEX "\n"));
        bool found = apt_parse_show(output, &package, &err);
        if (!found) {
                assert_failed(found, ERROR_ENVIRONMENT, "no SHA-256");
                return false;
        }
        AUTO_FREE char *hex = digest_hex(&package.sha256);
        assert_string_equal(hex, HEX);
        return true;
}

TEST(the_digest_is_that_of_the_stanza_with_the_same_file_and_size)
{
        assert_true(show(STANZA(PATH, "2538280", HEX)));
        assert_true(show(STANZA(PATH, "1", HEX2) "\n" STANZA("pool/other.deb", "2538280", HEX2) "\n\n" STANZA(
                PATH, "2538280", HEX) "\n" STANZA(PATH, "2538280", HEX2)));
        assert_false(show(""));
        assert_false(show("\n\n\n"));
        assert_false(show(STANZA(PATH, "1", HEX)));
        assert_false(show(STANZA("pool/other.deb", "2538280", HEX)));
        assert_false(show(STANZA(PATH, "2538280", "1234")));
        // A stanza's hash counts for its own file only.
        assert_false(show("Filename: " PATH "\nSize: 2538280\n\nSHA256: " HEX "\n"));
}

TEST(invalid_package_names_never_reach_apt)
{
        static const char *const names[] = {"",       "-y",  "--option=x", "a b", "../a.deb",
                                            "/a.deb", "a=1", "a/b",        "A",   "a\n"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                struct apt_package none;
                assert_failed(apt_find(names[i], "", &none, &err), ERROR_USAGE, "not a package name");
        }
}
