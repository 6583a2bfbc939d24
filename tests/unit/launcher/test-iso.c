// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/iso.h"
#include "tests/unit/launcher/installer.h"

#include <fcntl.h>

static void list_iso(const char *path, struct file_list *list)
{
        AUTO_ERROR struct error err = {0};
        assert_done(iso_list(path, list, &err), &err);
}

static void extract(const char *path, const char *folder)
{
        AUTO_FILE_LIST struct file_list list = {0};
        AUTO_PROGRESS struct progress *progress = progress_begin("test", 0);
        AUTO_ERROR struct error err = {0};
        list_iso(path, &list);
        assert_null(list.problem);
        assert_done(iso_extract(path, &list, folder, progress, &err), &err);
}

// The file NAME of the ISO has the content of FILE.
static void assert_content(const char *iso, const char *name, const char *file)
{
        AUTO_FILE_LIST struct file_list list = {0};
        AUTO_BUFFER struct buffer content = {0};
        AUTO_BUFFER struct buffer expected = {0};
        AUTO_ERROR struct error err = {0};
        list_iso(iso, &list);
        const struct listed_file *found = file_list_find(&list, name);
        assert_non_null(found);
        assert_done(iso_read(iso, found, 1 << 24, &content, &err), &err);
        read_whole(file, &expected);
        assert_int_equal(found->size, expected.size);
        assert_true(bytes_equal(buffer_view(&content), buffer_view(&expected)));
}

WITH_INSTALLER(every_kind_of_iso_gives_the_same_files)
{
        shell("mkdir in/SUB; echo deep >in/SUB/FILE");
        for (size_t i = 0; i < sizeof iso_kinds / sizeof iso_kinds[0]; i++) {
                bool is_iso = false;
                AUTO_ERROR struct error err = {0};
                make_iso(iso_kinds[i], "in", "a.iso");
                assert_done(iso_probe("a.iso", &is_iso, &err), &err);
                assert_true(is_iso);
                shell("rm -rf out; mkdir out");
                extract("a.iso", "out");
                shell("rm -f out/BOOT.CAT; diff -r in out");
                assert_content("a.iso", "efi/boot/bootaa64.efi", "in/EFI/BOOT/BOOTAA64.EFI");
                assert_content("a.iso", "/K.B00", "in/K.B00");
        }
}

WITH_INSTALLER(small_letters_become_capitals)
{
        shell("mkdir -p low/efi/boot; for f in A.V00 B.V00 K.B00 BOOT.CFG EMPTY.TXT EFI/BOOT/BOOTAA64.EFI "
              "EFI/BOOT/BOOT.CFG; do "
              "cp in/$f low/$(echo $f | tr A-Z a-z); done; mkdir out");
        make_iso("-R", "low", "a.iso");
        extract("a.iso", "out");
        shell("diff -r in out");
}

// Two files with one content at one place are one file and a link to libarchive.
WITH_INSTALLER(files_that_share_their_content)
{
        shell("ln in/K.B00 in/A-LINK; ln in/K.B00 in/SECOND; xorriso -outdev a.iso -hardlinks on -map in / 2>&1; mkdir "
              "out");
        extract("a.iso", "out");
        shell("diff -r in out");
        assert_content("a.iso", "A-LINK", "in/K.B00");
        assert_content("a.iso", "K.B00", "in/K.B00");
        assert_content("a.iso", "SECOND", "in/K.B00");
}

WITH_INSTALLER(files_that_a_payload_cannot_have_are_named)
{
        needs_linux("names that differ in case alone");
        static const struct {
                const char *command, *problem;
        } cases[] = {
                {"ln -s /etc/passwd changed/LINK", "'LINK' is a symbolic link"},
                {"echo 1 >changed/k.b00", "have the same name"},
                {"mkfifo changed/PIPE", "'PIPE' is neither"},
                {"echo 1 >'changed/what?'", "'what?'"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FILE_LIST struct file_list list = {0};
                shell("rm -rf changed; cp -r in changed; %s", cases[i].command);
                make_iso("-R", "changed", "a.iso");
                list_iso("a.iso", &list);
                assert_contains(list.problem, cases[i].problem);
        }
}

// Puts BYTES at SHIFT bytes from each occurrence of PATTERN.
static void patch(const char *file, const char *pattern, size_t pattern_size, long shift, const void *bytes,
                  size_t size)
{
        AUTO_BUFFER struct buffer content = {0};
        bool found = false;
        read_whole(file, &content);
        for (size_t i = 0; i + pattern_size <= content.size; i++) {
                if (memcmp(content.data + i, pattern, pattern_size) != 0)
                        continue;
                memcpy(content.data + i + shift, bytes, size);
                found = true;
        }
        assert_true(found);
        AUTO_ERROR struct error err = {0};
        assert_done(file_replace(file, 0666, buffer_view(&content), &err), &err);
}

WITH_INSTALLER(paths_out_of_the_folder_are_refused)
{
        // Rock Ridge's "NM" entry: length, version, flags, name.
        static const struct {
                const char *name, *problem;
        } cases[] = {{"..", "'..'"}, {"/x", "x'"}, {"a/", "a/"}, {"\\x", "x'"}, {"\001x", "x'"}};
        shell("echo 1 >in/qq");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                make_iso("-R", "in", "a.iso");
                patch("a.iso", "NM\x07\x01\x00qq", 7, 5, cases[i].name, 2);
                AUTO_FILE_LIST struct file_list list = {0};
                AUTO_ERROR struct error err = {0};
                // libarchive may pass such a name over; it never becomes a file.
                if (!iso_list("a.iso", &list, &err))
                        continue;
                if (!list.problem)
                        assert_null(file_list_find(&list, cases[i].name));
                for (size_t k = 0; k < list.count; k++) {
                        assert_null(strstr(list.files[k].name, ".."));
                        assert_int_not_equal(list.files[k].name[0], '/');
                }
        }
        // A folder called "..", with the loader in it.
        shell("mv in/EFI in/qq.; rm in/qq; mv in/qq. in/qq");
        make_iso("-R", "in", "a.iso");
        patch("a.iso", "NM\x07\x01\x00qq", 7, 5, "..", 2);
        AUTO_FILE_LIST struct file_list list = {0};
        list_iso("a.iso", &list);
        assert_contains(list.problem, "../BOOT/BOOT");
        assert_null(file_list_find(&list, "../BOOT/BOOTAA64.EFI"));
}

WITH_INSTALLER(a_file_that_claims_more_than_the_disc_has)
{
        // The size stands twice in a directory record, 10 bytes from its start; the name begins at byte 33.
        static const uint8_t huge[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
        AUTO_FILE_LIST struct file_list list = {0};
        AUTO_ERROR struct error err = {0};
        make_iso("--norock", "in", "a.iso");
        patch("a.iso", "K.B00;1", 7, 10 - 33, huge, sizeof huge);
        assert_false(iso_list("a.iso", &list, &err));
        assert_error(&err, ERROR_DAMAGED, "a.iso is damaged");
}

WITH_INSTALLER(a_truncated_iso_is_damaged)
{
        make_iso("-R -J", "in", "cut");
        AUTO_FREE char *size = shell_output("wc -c <cut");
        for (long length = strtol(size, NULL, 10) - 1; length > 0; length -= length < 70000 ? 1021 : 50021) {
                AUTO_ERROR struct error err = {0};
                AUTO_FILE_LIST struct file_list list = {0};
                bool is_iso = true;
                assert_int_equal(truncate("cut", length), 0);
                assert_done(iso_probe("cut", &is_iso, &err), &err);
                assert_int_equal(is_iso, length > (16 << 11) + 5);
                if (!is_iso)
                        continue;
                assert_false(iso_list("cut", &list, &err));
                assert_error(&err, ERROR_DAMAGED, "cut");
        }
}

WITH_INSTALLER(an_iso_with_a_flipped_bit_is_read_or_refused)
{
        make_iso("-R", "in", "a.iso");
        AUTO_CLOSE int fd = open("a.iso", O_RDWR);
        assert_true(fd >= 0);
        for (off_t at = 16 << 11; at < 60 << 10; at += 37) {
                AUTO_ERROR struct error err = {0};
                AUTO_FILE_LIST struct file_list list = {0};
                uint8_t byte;
                assert_int_equal(pread(fd, &byte, 1, at), 1);
                uint8_t flipped = byte ^ (uint8_t)(1 << at % 8);
                assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
                if (!iso_list("a.iso", &list, &err))
                        assert_int_equal(err.code, ERROR_DAMAGED);
                assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
}

TEST_IN_SCRATCH(other_files_are_not_isos)
{
        bool is_iso = true;
        AUTO_ERROR struct error err = {0};
        shell(": >empty; seq 100000 >text; mkfifo pipe");
        assert_done(iso_probe("empty", &is_iso, &err), &err);
        assert_false(is_iso);
        assert_done(iso_probe("text", &is_iso, &err), &err);
        assert_false(is_iso);
        AUTO_ERROR struct error pipe = {0};
        assert_false(iso_probe("pipe", &is_iso, &pipe));
        assert_error(&pipe, ERROR_DAMAGED, "pipe");
        AUTO_ERROR struct error missing = {0};
        assert_false(iso_probe("missing", &is_iso, &missing));
        assert_error(&missing, ERROR_USAGE, "missing");
}

TEST(names_become_those_of_a_payload)
{
        static const struct {
                const char *spelled, *name;
        } cases[] = {
                {"k.b00", "K.B00"},
                {"K.B00;1", "K.B00"},
                {"efi/boot/BOOTAA64.EFI;12", "EFI/BOOT/BOOTAA64.EFI"},
                {"README.;1", "README"},
                {"README.", "README"},
                {"a;b", "A;B"},
                {";1", NULL},
                {"", NULL},
                {"/a", NULL},
                {"a//b", NULL},
                {"a/", NULL},
                {"..", NULL},
                {"a/../b", NULL},
                {".", NULL},
                {"..;1", NULL},
                {"a\\b", NULL},
                {"a:b", NULL},
                {"a\nb", NULL},
                {"\xC3\xBC.txt", "\xC3\xBC.TXT"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FREE char *name = file_list_name(cases[i].spelled);
                if (cases[i].name)
                        assert_string_equal(name, cases[i].name);
                else
                        assert_null(name);
        }
}
