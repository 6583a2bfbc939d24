// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <errno.h>
#include <sys/stat.h>

#include "launcher/payload.h"

static const char make_installer[] =
        "mkdir -p 'in here/EFI/BOOT' 'in here/sub folder/deeper'; cd 'in here'; printf loader >EFI/BOOT/BOOTAA64.EFI; "
        "printf 'kernel=/k.b00\\n' >BOOT.CFG; : >EMPTY; head -c 3000000 /dev/urandom >K.B00; "
        "printf long >'sub folder/deeper/A long name, with a comma.txt'; printf u >'sub folder/\xC3\xBC and more.txt'; "
        "cd ..";

static void make_payload(const char *folder, const char *image)
{
        AUTO_ERROR struct error err = {0};
        assert_done(payload_from_folder(folder, image, &err), &err);
}

// Every file of FOLDER is in IMAGE with the same content, and nothing else is.
static void assert_holds(const char *image, const char *folder)
{
        shell("export LC_ALL=C.UTF-8; mdir -i %s -/ -b :: | sed 's,^::/*,,; s,/$,,' | grep -v '^$' | sort >listed; "
              "(cd '%s' && find . -mindepth 1 | sed 's,^\\./,,' | sort) >expected; diff expected listed; "
              "(cd '%s' && find . -type f | sed 's,^\\./,,') | while IFS= read -r name; do "
              "mtype -i %s \"::/$name\" | cmp - \"%s/$name\" || exit 1; done",
              image, folder, folder, image, folder);
}

static void test_a_folder_with_blanks_becomes_a_sound_file_system(void **state)
{
        (void)state;
        shell("%s", make_installer);
        make_payload("in here", "image");
        assert_holds("image", "in here");
        shell("PATH=$PATH:/sbin:/usr/sbin; fsck.fat -n image >fsck; ! grep -qi 'dirty\\|wrong\\|differ' fsck");
        struct stat status;
        assert_int_equal(stat("image", &status), 0);
        assert_int_equal(status.st_size, 504 << 20);
        // Nearly all of it is a hole.
        assert_true(file_allocated("image") < 32 << 20);
}

static void test_a_folder_that_is_larger_than_the_usual_image(void **state)
{
        (void)state;
        struct stat status;
        shell("mkdir -p big/EFI/BOOT; printf x >big/EFI/BOOT/BOOTAA64.EFI; truncate -s 480M big/K.B00");
        make_payload("big", "image");
        assert_int_equal(stat("image", &status), 0);
        assert_true(status.st_size > 504 << 20);
        shell("mdir -i image ::/K.B00 | grep -q 503316480");
}

static void test_names_that_mtools_reads_otherwise(void **state)
{
        (void)state;
        static const char *const folders[] = {"-dash", "a:b", "c,'\"$x", "*?[a]", "d@@e"};
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
                AUTO_FREE char *boot = file_path(folders[i], "EFI/BOOT");
                AUTO_FREE char *loader = file_path(boot, "BOOTAA64.EFI");
                AUTO_FREE char *image = text_format("image%zu", i);
                AUTO_ERROR struct error err = {0};
                assert_done(file_make_folder(boot, 0777, &err), &err);
                write_text(loader, folders[i]);
                make_payload(folders[i], image);
                shell("mtype -i %s ::/EFI/BOOT/BOOTAA64.EFI >read", image);
                assert_same_file(loader, "read");
        }
        AUTO_ERROR struct error err = {0};
        assert_false(payload_from_folder("a:b", "d@@e/image", &err));
        assert_error(&err, ERROR_USAGE, "@@");
        AUTO_ERROR struct error comma = {0};
        assert_done(payload_from_folder("a:b", "c,'\"$x/im,age x", &comma), &comma);
}

static void test_a_loader_in_small_letters_counts(void **state)
{
        (void)state;
        shell("mkdir -p small/efi/boot; printf x >small/efi/boot/bootaa64.efi");
        make_payload("small", "image");
        shell("mtype -i image ::/EFI/BOOT/BOOTAA64.EFI | grep -q '^x'");
}

static void test_folders_that_hold_no_installer(void **state)
{
        (void)state;
        static const struct {
                const char *folder;
                enum error_code code;
        } cases[] = {
                {"missing", ERROR_USAGE}, {"empty", ERROR_DAMAGED}, {"other", ERROR_DAMAGED},
                {"file", ERROR_DAMAGED},  {"", ERROR_USAGE},
        };
        shell("mkdir -p empty other/EFI/BOOT; printf x >other/EFI/BOOT/BOOTX64.EFI; printf x >file");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                assert_false(payload_from_folder(cases[i].folder, "image", &err));
                assert_error(&err, cases[i].code, cases[i].folder);
                assert_false(file_exists("image"));
        }
}

static void test_a_failure_leaves_no_image(void **state)
{
        (void)state;
        shell("%s", make_installer);
        AUTO_ERROR struct error no_place = {0};
        assert_false(payload_from_folder("in here", "no/such/image", &no_place));
        assert_error(&no_place, ERROR_USAGE, "no/such/image");
        shell("ln -s nowhere 'in here/dangling'");
        AUTO_ERROR struct error dangling = {0};
        assert_false(payload_from_folder("in here", "image", &dangling));
        assert_error(&dangling, ERROR_USAGE, "dangling");
        // A FAT file system knows no difference between these two.
        shell("rm 'in here/dangling'; printf 1 >'in here/boot.cfg'");
        AUTO_ERROR struct error clash = {0};
        assert_false(payload_from_folder("in here", "image", &clash));
        assert_error(&clash, ERROR_ENVIRONMENT, "cannot make the payload image: mcopy failed");
        assert_false(file_exists("image"));
}

static void test_without_mtools_its_package_is_named(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        shell("%s", make_installer);
        AUTO_FREE char *path = memory_text(getenv("PATH"));
        setenv("PATH", "/nowhere", 1);
        bool made = payload_from_folder("in here", "image", &err);
        setenv("PATH", path, 1);
        assert_false(made);
        assert_error(&err, ERROR_ENVIRONMENT, "package mtools");
        assert_false(file_exists("image"));
}

static void test_the_rehearsal_payload_carries_its_options(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_ARGUMENTS struct arguments options = {0};
        shell("mkdir -p data/rehearsal; printf guest >data/rehearsal/BOOTAA64.EFI");
        arguments_add(&options, "hang=eula");
        arguments_add(&options, "title=a b, c");
        setenv("ESXIARM_DATA", "data", 1);
        bool made = payload_rehearsal(&options, "image", &err);
        unsetenv("ESXIARM_DATA");
        assert_done(made, &err);
        shell("mtype -i image ::/REHEARSE.CFG >read; printf 'hang=eula\\ntitle=a b, c\\n' | cmp - read");
        shell("mtype -i image ::/EFI/BOOT/BOOTAA64.EFI | grep -q '^guest$'");
        shell("mtype -i image ::/BOOT.CFG | grep -q '^kernelopt=.*allowLegacyCPU=true'");
        shell("mtype -i image ::/BOOT.CFG | grep -q 'not VMware ESXi'");
}

static void test_the_rehearsal_without_options_or_without_its_guest(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_ERROR struct error missing = {0};
        const struct arguments none = {0};
        shell("mkdir -p data/rehearsal empty; printf guest >data/rehearsal/BOOTAA64.EFI");
        setenv("ESXIARM_DATA", "data", 1);
        bool made = payload_rehearsal(&none, "image", &err);
        unlink("data/rehearsal/BOOTAA64.EFI");
        setenv("ESXIARM_DATA", "empty", 1);
        // Beside this test there are no data files, either.
        bool made_of_nothing = payload_rehearsal(&none, "none", &missing);
        unsetenv("ESXIARM_DATA");
        assert_done(made, &err);
        shell("mtype -i image ::/REHEARSE.CFG >read; test ! -s read");
        assert_false(made_of_nothing);
        assert_error(&missing, ERROR_ENVIRONMENT, "rehearsal/BOOTAA64.EFI");
        assert_false(file_exists("none"));
}

static void test_no_temporary_folder_is_left(void **state)
{
        AUTO_ERROR struct error err = {0};
        const struct arguments none = {0};
        shell("mkdir -p data/rehearsal tmp; printf guest >data/rehearsal/BOOTAA64.EFI");
        AUTO_FREE char *tmp = file_path(*state, "tmp");
        AUTO_FREE char *old = getenv("TMPDIR") ? memory_text(getenv("TMPDIR")) : NULL;
        setenv("TMPDIR", tmp, 1);
        setenv("ESXIARM_DATA", "data", 1);
        bool made = payload_rehearsal(&none, "image", &err);
        bool failed = !payload_rehearsal(&none, "no/such/image", NULL);
        unsetenv("ESXIARM_DATA");
        if (old)
                setenv("TMPDIR", old, 1);
        else
                unsetenv("TMPDIR");
        assert_done(made, &err);
        assert_true(failed);
        shell("test -z \"$(ls -A tmp)\"");
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_begin, scratch_end)

int main(void)
{
        const struct CMUnitTest tests[] = {
                IN_SCRATCH(test_a_folder_with_blanks_becomes_a_sound_file_system),
                IN_SCRATCH(test_a_folder_that_is_larger_than_the_usual_image),
                IN_SCRATCH(test_names_that_mtools_reads_otherwise),
                IN_SCRATCH(test_a_loader_in_small_letters_counts),
                IN_SCRATCH(test_folders_that_hold_no_installer),
                IN_SCRATCH(test_a_failure_leaves_no_image),
                IN_SCRATCH(test_without_mtools_its_package_is_named),
                IN_SCRATCH(test_the_rehearsal_payload_carries_its_options),
                IN_SCRATCH(test_the_rehearsal_without_options_or_without_its_guest),
                IN_SCRATCH(test_no_temporary_folder_is_left),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
