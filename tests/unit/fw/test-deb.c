// SPDX-License-Identifier: Apache-2.0
//
// Packages are made by dpkg-deb, or by ar and tar where dpkg-deb would refuse to make them.
#include "tests/unit/base/last-error.h"

#include "fw/debian/deb.h"

#define NAME "usr/share/AAVMF/AAVMF_CODE.fd"

// A tree with a control file, NAME as `original` and whatever COMMANDS add to it (run in the tree).
static void make_tree(const char *commands)
{
        shell("rm -rf tree original *.deb; mkdir -p tree/DEBIAN tree/usr/share/AAVMF; head -c 5000 /dev/urandom "
              ">original;"
              "truncate -s 20000 original; printf end >>original; cp original tree/" NAME ";"
              "printf 'Package: test-firmware\\nVersion: 1:2.0-3~rc1+b2\\nArchitecture: all\\n"
              "Maintainer: nobody <a@b.c>\\nDescription: a test\\n Version: 9\\n' >tree/DEBIAN/control; cd tree; %s",
              commands);
}

// A package of such a tree.
static void make_package(const char *commands, const char *compression)
{
        make_tree(commands);
        shell("dpkg-deb --root-owner-group -Z%s --build tree test.deb >/dev/null", compression);
}

// A package of the tree whose data.tar is what PACK makes.
static void build_by_hand(const char *pack)
{
        shell("rm -f test.deb data.tar; %s; echo 2.0 >debian-binary; tar -C tree/DEBIAN -cf control.tar ./control;"
              "ar qc test.deb debian-binary control.tar data.tar",
              pack);
}

static struct deb_file file; // the last one that was extracted

static bool extract(const char *name)
{
        unlink("extracted");
        error_clear(&err);
        file = (struct deb_file){.name = name, .target = "extracted"};
        return deb_extract("test.deb", NULL, &file, 1, &err);
}

static void assert_extracts(const char *name)
{
        assert_done(extract(name), &err);
        assert_true(file.found);
        assert_int_equal(file.size, 20003);
        assert_same_file("extracted", "original");
        struct digest digest;
        assert_true(digest_file("original", &digest, &err));
        assert_true(digest_equal(&digest, &file.sha256));
}

static void assert_refused(const char *name, const char *text)
{
        assert_failed(extract(name), ERROR_DAMAGED, text);
        assert_false(file_exists("extracted"));
        assert_false(file_exists(".extracted.partial"));
}

static const char *const compressions[] = {"xz", "zstd", "gzip", "none"};

enum {
        COMPRESSION_COUNT = sizeof compressions / sizeof compressions[0]
};

// ---- what is right

TESTS_NEED_LINUX("dpkg-deb and GNU tar")
TEST_GROUP(scratch_begin, scratch_end)

TEST(a_file_is_extracted_under_every_compression)
{
        for (size_t i = 0; i < COMPRESSION_COUNT; i++) {
                make_package(":", compressions[i]);
                assert_extracts(NAME);
                shell("dpkg-deb --fsys-tarfile test.deb | tar -xO ./" NAME " | cmp - extracted");
        }
}

TEST(the_control_file_is_read_as_dpkg_deb_reads_it)
{
        for (size_t i = 0; i < COMPRESSION_COUNT; i++) {
                make_package(":", compressions[i]);
                AUTO_DEB_CONTROL struct deb_control control = {0};
                assert_done(deb_extract("test.deb", &control, NULL, 0, &err), &err);
                shell("test \"$(dpkg-deb -f test.deb Package)\" = %s; test \"$(dpkg-deb -f test.deb Version)\" = %s;"
                      "test \"$(dpkg-deb -f test.deb Architecture)\" = %s",
                      control.package, control.version, control.architecture);
        }
}

TEST(several_files_come_out_at_once_and_optional_ones_may_be_missing)
{
        make_package("echo two >usr/share/two; ln -s AAVMF_CODE.fd usr/share/AAVMF/AAVMF_CODE.ms.fd", "xz");
        struct deb_file files[] = {
                {.name = "usr/share/two", .target = "one.out"},
                {.name = NAME, .target = "two.out"},
                {.name = "usr/share/AAVMF/AAVMF_CODE.ms.fd", .target = "three.out"},
                {.name = "usr/share/nowhere", .target = "four.out", .optional = true},
        };
        assert_done(deb_extract("test.deb", NULL, files, 4, &err), &err);
        shell("test \"$(cat one.out)\" = two; cmp two.out original; cmp three.out original; test ! -e four.out");
        assert_true(files[2].found);
        assert_false(files[3].found);
}

TEST(another_name_is_taken_only_if_the_first_is_missing)
{
        static const struct {
                const char *make, *expected;
        } cases[] = {
                {"mv usr/share/AAVMF/AAVMF_CODE.fd usr/share/AAVMF/other.fd", "other.fd"},
                {"echo other >usr/share/AAVMF/other.fd", "AAVMF_CODE.fd"},
                {"mv usr/share/AAVMF/AAVMF_CODE.fd usr/share/AAVMF/other.fd; ln -s other.fd " NAME, "other.fd"},
        };
        for (size_t i = 0; i < 3; i++) {
                make_package(cases[i].make, "xz");
                file = (struct deb_file){.name = NAME, .otherwise = "usr/share/AAVMF/other.fd", .target = "one.out"};
                assert_done(deb_extract("test.deb", NULL, &file, 1, &err), &err);
                assert_true(file.found);
                shell("cmp one.out tree/usr/share/AAVMF/%s", cases[i].expected);
        }
        make_package("mv " NAME " usr/share/AAVMF/third.fd", "xz");
        file = (struct deb_file){.name = NAME, .otherwise = "usr/share/AAVMF/other.fd", .target = "one.out"};
        assert_failed(deb_extract("test.deb", NULL, &file, 1, &err), ERROR_DAMAGED, "has no " NAME);
}

TEST(a_file_of_zeroes_takes_no_disk)
{
        make_package("truncate -s 64M usr/share/zeroes", "zstd");
        assert_done(extract("usr/share/zeroes"), &err);
        assert_int_equal(file.size, 64 << 20);
        assert_true(file_allocated("extracted") < 1 << 20);
        shell("cmp extracted tree/usr/share/zeroes");
}

TEST(links_are_followed_inside_the_package)
{
        static const struct {
                const char *make, *name;
        } links[] = {
                {"ln -s AAVMF_CODE.fd usr/share/AAVMF/link", "usr/share/AAVMF/link"},
                {"ln -s ./..//AAVMF/./AAVMF_CODE.fd usr/share/AAVMF/link", "usr/share/AAVMF/link"},
                {"ln -s /usr/share/AAVMF/AAVMF_CODE.fd usr/link", "usr/link"},
                {"ln -s share/AAVMF usr/folder", "usr/folder/AAVMF_CODE.fd"},
                {"ln -s c usr/a; ln -s a usr/b; ln -s share/AAVMF/AAVMF_CODE.fd usr/c", "usr/b"},
                {"mkdir usr/deep; ln -s ../share/AAVMF usr/deep/up; ln -s deep/up/../AAVMF/AAVMF_CODE.fd usr/link",
                 "usr/link"},
                {"ln usr/share/AAVMF/AAVMF_CODE.fd usr/share/AAVMF/hard", "usr/share/AAVMF/hard"},
        };
        for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
                make_package(links[i].make, "gzip");
                assert_extracts(links[i].name);
        }
}

// ---- what is malicious

TEST(links_that_lead_out_or_nowhere_or_in_circles_are_refused)
{
        static const struct {
                const char *make, *text;
        } links[] = {
                {"ln -s ../../../../../../etc/passwd usr/share/AAVMF/link", "leads out of the package"},
                {"ln -s ../../../../usr/share/AAVMF/AAVMF_CODE.fd usr/share/AAVMF/link", "leads out of the package"},
                {"ln -s /etc/passwd usr/share/AAVMF/link", "links to etc/passwd there"},
                {"ln -s nowhere usr/share/AAVMF/link", "links to usr/share/AAVMF/nowhere there"},
                {"ln -s link usr/share/AAVMF/link", "in a circle"},
                {"ln -s b usr/share/AAVMF/link; ln -s link usr/share/AAVMF/b", "in a circle"},
                {"ln -s link/link usr/share/AAVMF/link", "in a circle"},
                {"ln -s . usr/share/AAVMF/link", "not a regular file"},
                {"mkfifo usr/share/AAVMF/link", "not a regular file"},
        };
        for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
                make_package(links[i].make, "gzip");
                assert_refused("usr/share/AAVMF/link", links[i].text);
        }
}

TEST(a_package_with_a_name_that_leads_out_is_refused_whole)
{
        static const char *const names[] = {"../escaped", "/tmp/escaped", "./usr/../../escaped", "usr/..", "//escaped"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                make_tree(":");
                AUTO_FREE char *pack = text_format("echo evil >evil; tar -C tree -cf data.tar ./" NAME
                                                   "; tar -P --transform 's,^evil$,%s,' -rf data.tar evil",
                                                   names[i]);
                build_by_hand(pack);
                assert_refused(NAME, "leads out of the package");
        }
}

TEST(a_hard_link_that_leads_out_is_refused)
{
        make_tree("ln " NAME " usr/hard");
        build_by_hand("tar -P -C tree --transform 's,^usr/share/AAVMF/AAVMF_CODE.fd$,../../etc/passwd,hRS' -cf "
                      "data.tar " NAME " usr/hard");
        assert_refused("usr/hard", "has a hard link to '../../etc/passwd'");
}

TEST(a_duplicate_file_is_refused)
{
        make_tree(":");
        build_by_hand("tar -C tree -cf data.tar ./" NAME "; tar -C tree -rf data.tar ./" NAME);
        assert_refused(NAME, "more than once");
}

TEST(a_file_that_is_too_large_is_refused)
{
        make_package("truncate -s 257M usr/large", "zstd");
        assert_refused("usr/large", "more than the 256.00 MiB allowed");
        assert_extracts(NAME);
}

TEST(ten_gigabytes_of_holes_are_refused)
{
        make_tree("truncate -s 10G usr/share/AAVMF/bomb");
        build_by_hand("tar --sparse -C tree -cf data.tar ./" NAME " ./usr/share/AAVMF/bomb");
        assert_refused("usr/share/AAVMF/bomb", "more than the 256.00 MiB allowed");
        assert_extracts(NAME);
}

TEST(a_device_is_not_a_file)
{
        make_tree(":");
        build_by_hand("tar -C / --transform 's,^dev/null,usr/share/AAVMF/device,' -cf data.tar dev/null; "
                      "tar -C tree -rf data.tar ./" NAME);
        assert_refused("usr/share/AAVMF/device", "not a regular file");
        assert_extracts(NAME);
}

TEST(a_link_to_a_file_in_another_folder_takes_a_second_pass)
{
        make_package("echo elsewhere >usr/elsewhere; ln -s ../../elsewhere usr/share/AAVMF/link", "xz");
        struct deb_file files[] = {
                {.name = "usr/share/AAVMF/link", .target = "one.out"},
                {.name = NAME, .target = "two.out"},
        };
        assert_done(deb_extract("test.deb", NULL, files, 2, &err), &err);
        shell("test \"$(cat one.out)\" = elsewhere; cmp two.out tree/" NAME "; test -z \"$(ls -A | grep spare)\"");
}

TEST(a_package_that_unpacks_to_too_much_is_refused)
{
        make_package("truncate -s 1100M usr/bomb", "zstd");
        shell("test $(stat -c %%s test.deb) -lt 1000000");
        assert_refused(NAME, "unpacks to more than 1.00 GiB");
}

TEST(a_package_with_too_many_files_is_refused)
{
        make_tree(":");
        build_by_hand("echo x >x; yes x | head -n 20001 | tar -cf data.tar -T -");
        assert_refused(NAME, "more than 20000 files");
}

TEST(control_fields_that_could_be_a_path_or_a_control_sequence_are_refused)
{
        static const char *const lines[] = {
                "Package: ../../etc",    "Package: /etc",      "Package: .hidden",
                "Package: a\\033[2J",    "Package: a/b",       "Package:",
                "Version: 1/2",          "Version: $(reboot)", "Architecture: all/../all",
                "Architecture: a\\000b", "Nothing: here",
        };
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
                make_tree(":");
                const char *field = lines[i];
                shell("printf 'Package: a\\nVersion: 1\\nArchitecture: all\\n' >good;"
                      "field=$(printf '%s' | cut -d : -f 1 | tr -d '\\000'); [ \"$field\" != Nothing ] || "
                      "field=Package;"
                      "{ printf '%s\\n'; grep -v \"^$field:\" good; } >tree/DEBIAN/control",
                      field, field);
                build_by_hand("tar -C tree -cf data.tar usr");
                AUTO_DEB_CONTROL struct deb_control control = {0};
                assert_failed(deb_extract("test.deb", &control, NULL, 0, &err), ERROR_DAMAGED, "control file");
                assert_null(control.package);
        }
}

// ---- what is damaged

TEST(other_files_are_refused)
{
        static const struct {
                const char *make, *text;
        } files[] = {
                {": >test.deb", "not a Debian package"},
                {"echo hello >test.deb", "not a Debian package"},
                {"head -c 10000 /dev/urandom >test.deb", "not a Debian package"},
                {"tar -cf test.deb original", "not a Debian package"},
                {"cp /bin/sh test.deb", "not a Debian package"},
                {"printf '!<arch>\\n' >test.deb", "not a Debian package"},
                {"ar qc test.deb original", "not a Debian package"},
                {"echo 3.0 >debian-binary; ar qc test.deb debian-binary", "format 2"},
                {": >debian-binary; ar qc test.deb debian-binary", "format 2"},
                {"echo 2.0 >debian-binary; ar qc test.deb debian-binary", "has no data.tar"},
                {"echo 2.0 >debian-binary; echo no >data.tar; ar qc test.deb debian-binary data.tar", "damaged"},
                {"echo 2.0 >debian-binary; : >data.tar.xz; ar qc test.deb debian-binary data.tar.xz", "damaged"},
                {"mkdir test.deb", "not a regular file"},
        };
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                make_tree(":");
                shell("rm -rf test.deb; %s", files[i].make);
                assert_refused(NAME, files[i].text);
        }
        shell("rm -rf test.deb");
        assert_failed(extract(NAME), ERROR_USAGE, "test.deb");
}

TEST(a_missing_file_is_named)
{
        make_package(":", "xz");
        assert_refused("usr/share/AAVMF/AAVMF_VARS.fd", "has no usr/share/AAVMF/AAVMF_VARS.fd");
        assert_refused("usr/share/AAVMF", "not a regular file");
}

TEST(a_package_cut_off_anywhere_is_refused)
{
        for (size_t i = 0; i < COMPRESSION_COUNT; i++) {
                make_package(":", compressions[i]);
                AUTO_BUFFER struct buffer whole = {0};
                read_whole("test.deb", &whole);
                // The last byte may be padding.
                size_t end = whole.size - 2;
                size_t step = end > 8000 ? 67 : 19;
                for (size_t size = 0; size<end; size = end - size> 600 && size > 600 ? size + step : size + 1) {
                        write_bytes("test.deb", (struct bytes){whole.data, size});
                        if (extract(NAME))
                                fail_msg("%s: cut off at %zu of %zu, and taken", compressions[i], size, whole.size);
                        assert_int_equal(err.code, ERROR_DAMAGED);
                }
        }
}

// A flipped bit in a checksum that nobody needs, a date or an owner does no harm; wrong bytes would.
TEST(a_flipped_bit_never_gives_wrong_bytes)
{
        for (size_t i = 0; i < 3; i++) {
                make_package(":", compressions[i]);
                AUTO_BUFFER struct buffer whole = {0};
                read_whole("test.deb", &whole);
                for (size_t at = 0; at < whole.size; at += at < 200 ? 1 : 7) {
                        whole.data[at] ^= (uint8_t)(1U << at % 8);
                        write_bytes("test.deb", buffer_view(&whole));
                        whole.data[at] ^= (uint8_t)(1U << at % 8);
                        if (extract(NAME))
                                assert_same_file("extracted", "original");
                }
        }
}

TEST(a_control_file_cut_off_anywhere_is_refused_or_read_right)
{
        make_package(":", "xz");
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("test.deb", &whole);
        for (size_t size = 0; size < whole.size; size = size < 1000 ? size + 1 : size + 97) {
                write_bytes("test.deb", (struct bytes){whole.data, size});
                AUTO_DEB_CONTROL struct deb_control control = {0};
                error_clear(&err);
                if (deb_extract("test.deb", &control, NULL, 0, &err))
                        assert_string_equal(control.version, "1:2.0-3~rc1+b2");
                else
                        assert_int_equal(err.code, ERROR_DAMAGED);
        }
}

TEST(a_target_that_cannot_be_written_is_an_error_of_the_environment)
{
        make_package(":", "xz");
        file = (struct deb_file){.name = NAME, .target = "/proc/nothing/here"};
        assert_failed(deb_extract("test.deb", NULL, &file, 1, &err), ERROR_USAGE, "/proc/nothing/here");
}
