// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "fw/debian/package-index.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define STANZA(package, version, path)                                                                                 \
        "Package: " package "\nVersion: " version "\nDescription: a\n Version: 9\nFilename: " path                     \
        "\nSize: 5\nSHA256: " HEX "\n\n"

static bool find(const char *path, const char *version, struct indexed_package *package)
{
        return package_index_find(path, "wanted", version, package, &err);
}

TEST_IN_SCRATCH(the_latest_or_the_named_version_is_found_under_every_compression)
{
        write_text("Packages", STANZA("other", "9", "pool/other.deb") STANZA("wanted", "1.9", "pool/w9.deb") STANZA(
                                       "wanted", "1.10", "./pool/w10.deb") STANZA("wanted-not", "3", "pool/n.deb"));
        shell("xz -k Packages; gzip -k Packages");
        static const char *const files[] = {"Packages", "Packages.xz", "Packages.gz"};
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                AUTO_INDEXED_PACKAGE struct indexed_package latest = {0};
                assert_done(find(files[i], NULL, &latest), &err);
                assert_string_equal(latest.version, "1.10");
                assert_string_equal(latest.path, "pool/w10.deb");
                assert_int_equal(latest.size, 5);
                AUTO_FREE char *hex = digest_hex(&latest.sha256);
                assert_string_equal(hex, HEX);
                AUTO_INDEXED_PACKAGE struct indexed_package named = {0};
                assert_done(find(files[i], "1.9", &named), &err);
                assert_string_equal(named.path, "pool/w9.deb");
                AUTO_INDEXED_PACKAGE struct indexed_package absent = {0};
                assert_done(find(files[i], "1.8", &absent), &err);
                assert_null(absent.version);
        }
}

TEST_IN_SCRATCH(a_stanza_at_the_end_without_a_newline_counts)
{
        AUTO_INDEXED_PACKAGE struct indexed_package package = {0};
        write_text("Packages", "Package: wanted\nVersion: 1\nFilename: a\nSize: 1\nSHA256: " HEX);
        assert_done(find("Packages", NULL, &package), &err);
        assert_string_equal(package.version, "1");
}

TEST_IN_SCRATCH(an_empty_index_has_nothing)
{
        AUTO_INDEXED_PACKAGE struct indexed_package package = {0};
        write_text("Packages", "");
        assert_done(find("Packages", NULL, &package), &err);
        assert_null(package.version);
}

TEST_IN_SCRATCH(invalid_stanzas_are_refused)
{
        static const char *const texts[] = {
                STANZA("wanted", "1", "/etc/passwd"),
                STANZA("wanted", "1", "pool/../../x"),
                STANZA("wanted", "1", "pool/a b"),
                STANZA("wanted", "1", "pool/a?b"),
                "Package: wanted\nVersion: 1\nSize: 5\nSHA256: " HEX "\n",
                "Package: wanted\nVersion: 1\nFilename: a\nSHA256: " HEX "\n",
                "Package: wanted\nVersion: 1\nFilename: a\nSize: 0\nSHA256: " HEX "\n",
                "Package: wanted\nVersion: 1\nFilename: a\nSize: x\nSHA256: " HEX "\n",
                "Package: wanted\nVersion: 1\nFilename: a\nSize: 5\nSHA256: abc\n",
                "Package: wanted\nVersion: 1\nFilename: a\nSize: 5\n",
        };
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                AUTO_INDEXED_PACKAGE struct indexed_package package = {0};
                write_text("Packages", texts[i]);
                assert_failed(find("Packages", NULL, &package), ERROR_DAMAGED,
                              "no valid Filename, Size and SHA256 for wanted 1");
                assert_null(package.version);
        }
}

TEST_IN_SCRATCH(a_line_longer_than_any_buffer_hides_nothing)
{
        AUTO_INDEXED_PACKAGE struct indexed_package package = {0};
        write_text("tail", STANZA("wanted", "2", "pool/w.deb"));
        shell("{ printf 'Package: other\\nTags: '; head -c 300000 /dev/zero | tr '\\0' x; printf '\\n\\n'; cat tail; } "
              ">Packages");
        assert_done(find("Packages", NULL, &package), &err);
        assert_string_equal(package.version, "2");
        // A stanza of the wanted package may not grow without end either.
        shell("{ printf 'Package: wanted\\n'; yes ' xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' | head -c "
              "2000000; } >Packages");
        AUTO_INDEXED_PACKAGE struct indexed_package none = {0};
        assert_failed(find("Packages", NULL, &none), ERROR_DAMAGED, "longer than 1 MiB");
}

TEST_IN_SCRATCH(an_index_cut_off_anywhere_is_refused)
{
        write_text("Packages", STANZA("other", "9", "pool/other.deb") STANZA("wanted", "1.9", "pool/w9.deb"));
        shell("xz -k Packages");
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("Packages.xz", &whole);
        for (size_t size = 1; size < whole.size; size++) {
                AUTO_INDEXED_PACKAGE struct indexed_package package = {0};
                write_bytes("cut.xz", (struct bytes){whole.data, size});
                // What is too short for a magic number is read as text, and has no package.
                bool found = find("cut.xz", NULL, &package);
                if (found)
                        assert_null(package.version);
                else
                        assert_failed(found, ERROR_DAMAGED, "it is damaged or cut off");
        }
}
