// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "launcher/payload/payload.h"
#include "tests/unit/launcher/installer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

// Whatever the case: nothing half-made is left beside it.
static void assert_nothing_left(void)
{
        shell("test -z \"$(find . -name '.*.stage' -o -name '.*.partial')\"");
}

static void make(const struct payload_request *request, const char *image, struct payload_info *info)
{
        AUTO_ERROR struct error err = {0};
        assert_done(payload_make(request, image, info, &err), &err);
        assert_nothing_left();
}

static void make_of(const char *source, const char *image)
{
        const struct payload_request request = {.source = source};
        make(&request, image, NULL);
}

static void refuse(const struct payload_request *request, enum error_code code, const char *message)
{
        AUTO_ERROR struct error err = {0};
        assert_false(payload_make(request, "image", NULL, &err));
        assert_error(&err, code, message);
        assert_false(file_exists("image"));
        assert_nothing_left();
}

static void refuse_source(const char *source, enum error_code code, const char *message)
{
        const struct payload_request request = {.source = source};
        refuse(&request, code, message);
}

// Every file of FOLDER is in IMAGE with the same content but for BOOT.CFG, and nothing else is.
static void assert_holds(const char *image, const char *folder)
{
        shell("export LC_ALL=C.UTF-8; mdir -i %s -/ -b :: | sed 's,^::/*,,; s,/$,,' | grep -v '^$' | sort >listed; "
              "(cd '%s' && find . -mindepth 1 | sed 's,^\\./,,' | sort) >expected; diff expected listed; "
              "(cd '%s' && find . -type f ! -name BOOT.CFG | sed 's,^\\./,,') | while IFS= read -r name; do "
              "mtype -i %s \"::/$name\" | cmp - \"%s/$name\" || exit 1; done",
              image, folder, folder, image, folder);
}

static void assert_sound(const char *image)
{
        shell("PATH=$PATH:/sbin:/usr/sbin; fsck.fat -n %s >fsck; ! grep -Eqi 'dirty|wrong|differ' fsck; minfo -i %s "
              ":: "
              "| grep -q FAT32",
              image, image);
}

TEST_IN_SCRATCH(a_folder_with_blanks_becomes_a_sound_file_system)
{
        struct stat status;
        make_installer("in here");
        shell("mkdir -p 'in here/SUB FOLDER/DEEPER'; printf long >'in here/SUB FOLDER/DEEPER/A LONG NAME, WITH A "
              "COMMA.TXT'; "
              "printf u >'in here/SUB FOLDER/\xC3\x9C AND MORE.TXT'");
        make_of("in here", "image");
        assert_holds("image", "in here");
        assert_sound("image");
        assert_int_equal(stat("image", &status), 0);
        assert_int_equal(status.st_size, 64 << 20);
        // Nearly all of it is a hole.
        assert_true(file_allocated("image") < 8 << 20);
}

TEST_IN_SCRATCH(every_kind_of_iso_becomes_the_same_payload)
{
        make_installer("in");
        for (size_t i = 0; i < sizeof iso_kinds / sizeof iso_kinds[0]; i++) {
                make_iso(iso_kinds[i], "in", "a.iso");
                make_of("a.iso", "image");
                shell("mdir -i image ::/BOOT.CAT >/dev/null 2>&1 && mdel -i image ::/BOOT.CAT || :");
                assert_holds("image", "in");
                assert_sound("image");
        }
}

TEST_IN_SCRATCH(content_that_needs_more_than_504_mib)
{
        struct stat status;
        make_installer("big");
        shell("truncate -s 520M big/K.B00");
        make_of("big", "image");
        assert_sound("image");
        assert_int_equal(stat("image", &status), 0);
        assert_true(status.st_size > 520 << 20 && status.st_size < 560 << 20);
        shell("mdir -i image ::/K.B00 | grep -q 545259520");
}

TEST_IN_SCRATCH(names_that_mtools_reads_otherwise)
{
        static const char *const folders[] = {"-dash", "a:b", "c,'\"$x", "*?[a]", "d@@e"};
        make_installer("in");
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
                assert_int_equal(rename(i ? folders[i - 1] : "in", folders[i]), 0);
                make_of(folders[i], "image");
                shell("mtype -i image ::/K.B00 | cmp - ./*/K.B00");
        }
        // Where the image is, mtools would give the name to a shell, or take a part of it for an offset.
        static const char *const images[] = {"c,x y:z",          "f@@g",  "'\"$(touch injected)\n",
                                             "`touch injected`", "~root", "*"};
        for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
                AUTO_FREE char *path = file_path(images[i], images[i]);
                assert_int_equal(mkdir(images[i], 0777), 0);
                make_of("d@@e", path);
                assert_int_equal(rename(path, "moved"), 0);
                shell("mtype -i moved ::/K.B00 | cmp - ./d@@e/K.B00");
        }
        AUTO_ARGUMENTS struct arguments replacements = {0};
        const struct payload_request request = {.source = "moved", .replacements = &replacements};
        write_text("$(touch injected)", "new");
        arguments_add(&replacements, "K.B00=$(touch injected)");
        make(&request, "other", NULL);
        shell("test \"$(mtype -i other ::/K.B00)\" = new && test ! -e injected");
}

TEST_IN_SCRATCH(boot_cfg_keeps_every_other_byte)
{
        make_installer("in");
        make_of("in", "image");
        static const char *const names[] = {"BOOT.CFG", "EFI/BOOT/BOOT.CFG"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                shell("mtype -i image ::/%s >made; sed 's/^kernelopt=runweasel/& allowLegacyCPU=true/' in/%s | cmp - "
                      "made",
                      names[i], names[i]);
        // What is there already, with whatever value, is not added again.
        shell("sed 's/runweasel/runweasel allowlegacycpu=false/' in/BOOT.CFG >cfg; cp cfg in/BOOT.CFG; cp cfg "
              "in/EFI/BOOT/BOOT.CFG");
        make_of("in", "image");
        shell("mtype -i image ::/BOOT.CFG | cmp - in/BOOT.CFG");
}

TEST_IN_SCRATCH(kernel_options)
{
        AUTO_ARGUMENTS struct arguments kernelopts = {0};
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        make_installer("in");
        arguments_add(&kernelopts, "systemMediaSize=min");
        arguments_add(&kernelopts, "allowLegacyCPU=false");
        const struct payload_request request = {.source = "in", .kernelopts = &kernelopts};
        make(&request, "image", &info);
        assert_string_equal(info.kernelopt, "runweasel systemMediaSize=min allowLegacyCPU=false");
        unlink("image");
        arguments_add(&kernelopts, "a\nkernel=x");
        refuse(&request, ERROR_USAGE, "--kernelopt");
}

TEST_IN_SCRATCH(a_replaced_file)
{
        AUTO_ARGUMENTS struct arguments replacements = {0};
        make_installer("in");
        shell("echo patched >'a=b'; sed s/runweasel/other/ in/BOOT.CFG >cfg");
        arguments_add(&replacements, "k.b00=a=b");
        arguments_add(&replacements, "/EFI/BOOT/BOOT.CFG=cfg");
        const struct payload_request request = {.source = "in", .replacements = &replacements};
        make(&request, "image", NULL);
        shell("mtype -i image ::/K.B00 | cmp - 'a=b'; mtype -i image ::/EFI/BOOT/BOOT.CFG | grep -q 'other "
              "allowLegacyCPU=true'; "
              "mtype -i image ::/BOOT.CFG | grep -q 'runweasel allow'; ! grep -q allow in/BOOT.CFG cfg");
        assert_sound("image");
}

TEST_IN_SCRATCH(replacements_that_cannot_be)
{
        static const struct {
                const char *replacement, *message;
                enum error_code code;
        } cases[] = {
                {"K.B0=file", "did you mean 'K.B00'?", ERROR_USAGE},
                {"../K.B00=file", "'../K.B00' not found", ERROR_USAGE},
                {"K.B00", "NAME=FILE", ERROR_USAGE},
                {"=file", "NAME=FILE", ERROR_USAGE},
                {"K.B00=", "NAME=FILE", ERROR_USAGE},
                {"K.B00=missing", "missing", ERROR_USAGE},
                {"K.B00=in", "is not a file", ERROR_USAGE},
                {"BOOT.CFG=file", "names no kernel", ERROR_DAMAGED},
                {"EFI/BOOT/BOOTAA64.EFI=file", "is not a PE program", ERROR_DAMAGED},
        };
        make_installer("in");
        shell("echo x >file");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ARGUMENTS struct arguments replacements = {0};
                arguments_add(&replacements, cases[i].replacement);
                const struct payload_request request = {.source = "in", .replacements = &replacements};
                refuse(&request, cases[i].code, cases[i].message);
        }
}

TEST_IN_SCRATCH(an_automatic_kickstart)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        struct stat status;
        make_installer("in");
        shell("sed 's/runweasel/& ks=cdrom:\\/X.CFG/' in/BOOT.CFG >cfg; cp cfg in/BOOT.CFG; cp cfg "
              "in/EFI/BOOT/BOOT.CFG");
        const struct payload_request request = {
                .source = "in", .kickstart = "auto", .password = "Geheim-77", .disk_type = "usb"};
        make(&request, "image", &info);
        assert_true(info.has_kickstart);
        assert_string_equal(info.kickstart, "usb:/KS.CFG");
        assert_string_equal(info.kickstart_disk, "--firstdisk=usb");
        assert_string_equal(info.kernelopt, "runweasel ks=usb:/KS.CFG allowLegacyCPU=true");
        assert_int_equal(info.warnings.count, 0);
        assert_int_equal(stat("image", &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        // The password is in it as a hash alone.
        shell("mtype -i image ::/KS.CFG >ks; hash=$(sed -n 's/^rootpw --iscrypted //p' ks); salt=$(echo \"$hash\" | "
              "cut -d '$' -f 3); "
              "test \"$(openssl passwd -6 -salt \"$salt\" Geheim-77)\" = \"$hash\"; ! grep -q Geheim image");
        const struct payload_request without = {.source = "in", .kickstart = "auto"};
        unlink("image");
        refuse(&without, ERROR_USAGE, "password");
}

TEST_IN_SCRATCH(where_a_kickstart_may_come_from)
{
        static const struct {
                const char *value, *disk;
                bool installable;
        } cases[] = {
                {"usb", "--firstdisk", true},           {"usb:/ks.cfg", "--firstdisk", true},
                {"USB:KS.CFG", "--firstdisk", true},    {"usb:/other.cfg", NULL, false},
                {"http://10.0.2.2/ks.cfg", NULL, true}, {"cdrom:/KS.CFG", "--firstdisk", true},
                {"cdrom:/other.cfg", NULL, false},
        };
        make_installer("in");
        shell("printf 'vmaccepteula\\ninstall --firstdisk\\n' >in/KS.CFG; cp in/BOOT.CFG cfg");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_PAYLOAD_INFO struct payload_info info = {0};
                AUTO_ERROR struct error err = {0};
                shell("sed 's,runweasel,& ks=%s,' cfg >in/EFI/BOOT/BOOT.CFG", cases[i].value);
                assert_done(payload_inspect("in", &info, &err), &err);
                assert_string_equal(info.kickstart, cases[i].value);
                assert_int_equal(info.installable, cases[i].installable);
                if (cases[i].disk)
                        assert_string_equal(info.kickstart_disk, cases[i].disk);
                else
                        assert_null(info.kickstart_disk);
        }
}

TEST_IN_SCRATCH(a_kickstart_of_the_users)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        make_installer("in");
        shell("printf 'vmaccepteula\\r\\ninstall --disk=mpx.vmhba32:C0:T0:L0\\r\\n' >mine");
        const struct payload_request request = {.source = "in", .kickstart = "mine"};
        make(&request, "image", &info);
        shell("mtype -i image ::/KS.CFG | cmp - mine");
        assert_string_equal(info.kickstart_disk, "--disk=mpx.vmhba32:C0:T0:L0");
        shell("echo reboot >mine");
        AUTO_PAYLOAD_INFO struct payload_info poor = {0};
        make(&request, "image", &poor);
        assert_int_equal(poor.warnings.count, 3);
        assert_string_equal(poor.warnings.values[0],
                            "mine:1: no 'install' or 'upgrade': the installer has nothing to do");
        AUTO_PAYLOAD_INFO struct payload_info read = {0};
        AUTO_ERROR struct error err = {0};
        assert_done(payload_inspect("image", &read, &err), &err);
        assert_true(text_starts_with(read.warnings.values[0], "KS.CFG:1: no 'install'"));
        shell("rm image; printf 'a\\0b' >mine");
        refuse(&request, ERROR_DAMAGED, "NUL");
        shell("rm mine");
        refuse(&request, ERROR_USAGE, "mine");
}

// Also in a folder, in any case, by --kernelopt, and in an image.
TEST_IN_SCRATCH(a_kickstart_on_a_cd_moves_to_the_payload)
{
        static const struct {
                const char *option, *kernelopt, *value;
        } cases[] = {
                {"ks=cdrom:/KS.CFG", NULL, "usb:/KS.CFG"},
                {"KS=CDROM:/ks.cfg", NULL, "usb:/KS.CFG"},
                {"ks=cdrom:/Conf/My.cfg", NULL, "usb:/CONF/MY.CFG"},
                {"ks=usb:/none", "ks=cdrom:/ks.cfg", "usb:/KS.CFG"},
                {"ks=cdrom:/none", "ks=nfs://host/x", "nfs://host/x"},
        };
        make_installer("in");
        shell("echo reboot >in/KS.CFG; mkdir in/CONF; echo reboot >in/CONF/MY.CFG; cp in/BOOT.CFG cfg");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_PAYLOAD_INFO struct payload_info info = {0};
                AUTO_ARGUMENTS struct arguments kernelopts = {0};
                shell("sed 's,runweasel,& %s,' cfg | tee in/BOOT.CFG >in/EFI/BOOT/BOOT.CFG", cases[i].option);
                if (cases[i].kernelopt)
                        arguments_add(&kernelopts, cases[i].kernelopt);
                make(&(struct payload_request){.source = "in", .kernelopts = &kernelopts}, "image", &info);
                assert_string_equal(info.kickstart, cases[i].value);
                assert_contains(info.warnings.values[info.warnings.count - 1],
                                i == 4 ? "must be able to reach it" : "is now ks=usb:/");
        }
        shell("rm -r in/CONF image");
        refuse(&(struct payload_request){.source = "in"}, ERROR_DAMAGED,
               "names the kickstart cdrom:/none, which is not in it");
        const struct payload_request with_another = {.source = "in", .kickstart = "in/KS.CFG"};
        make(&with_another, "image", NULL);
        shell("mcopy -oi image cfg ::/BOOT.CFG; sed 's,runweasel,& ks=cdrom:/KS.CFG,' cfg >x; mcopy -oi image x "
              "::/EFI/BOOT/BOOT.CFG");
        AUTO_PAYLOAD_INFO struct payload_info copy = {0};
        make(&(struct payload_request){.source = "image"}, "copy", &copy);
        assert_string_equal(copy.kickstart, "usb:/KS.CFG");
}

TEST_IN_SCRATCH(an_image_is_copied_or_changed)
{
        AUTO_ARGUMENTS struct arguments replacements = {0};
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        make_installer("in");
        make_of("in", "first");
        make_of("first", "image");
        assert_same_file("first", "image");
        shell("echo patched >new; sha256sum first >sum");
        arguments_add(&replacements, "K.B00=new");
        const struct payload_request request = {
                .source = "first", .replacements = &replacements, .kickstart = "auto", .password = "x"};
        make(&request, "image", &info);
        assert_sound("image");
        assert_string_equal(info.kernelopt, "runweasel allowLegacyCPU=true ks=usb:/KS.CFG");
        shell("mtype -i image ::/K.B00 | cmp - new; sha256sum -c sum");
        AUTO_ERROR struct error err = {0};
        assert_false(payload_make(&request, "first", NULL, &err));
        assert_error(&err, ERROR_USAGE, "source and output are the same file");
        shell("sha256sum -c sum");
}

TEST_IN_SCRATCH(a_folder_is_made)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        AUTO_ERROR struct error err = {0};
        make_installer("in");
        make_iso("--norock", "in", "a.iso");
        const struct payload_request request = {.source = "a.iso", .kickstart = "auto", .password = "x"};
        assert_done(payload_make_folder(&request, "out", &info, &err), &err);
        assert_true(info.installable);
        shell("test $(stat -c %%a out/KS.CFG) = 600; rm out/KS.CFG; cp in/BOOT.CFG out; cp in/BOOT.CFG out/EFI/BOOT; "
              "diff -r in out");
        AUTO_ERROR struct error again = {0};
        assert_false(payload_make_folder(&request, "out", NULL, &again));
        assert_error(&again, ERROR_USAGE, "not empty");
        AUTO_ERROR struct error of_image = {0};
        make_of("in", "image");
        const struct payload_request image = {.source = "image"};
        assert_false(payload_make_folder(&image, "other", NULL, &of_image));
        assert_error(&of_image, ERROR_USAGE, "is an image");
        assert_nothing_left();
}

TEST_IN_SCRATCH(what_is_no_installer)
{
        needs_linux("names that differ in case alone");
        make_installer("in");
        shell("cp -r in x86; mv x86/EFI/BOOT/BOOTAA64.EFI x86/EFI/BOOT/BOOTX64.EFI; "
              "mkdir -p debian/EFI/boot; cp in/EFI/BOOT/BOOTAA64.EFI debian/EFI/boot/bootaa64.efi; ln -s . "
              "debian/debian; "
              "cp -r in lacks; rm lacks/A.V00 lacks/K.B00; cp -r in wrong; "
              "printf '\\144\\206' | dd of=wrong/EFI/BOOT/BOOTAA64.EFI bs=1 conv=notrunc "
              "seek=$(( $(od -An -tu4 -j 60 -N 4 in/EFI/BOOT/BOOTAA64.EFI) + 4 )); "
              "cp -r in cut; truncate -s 20000 cut/EFI/BOOT/BOOTAA64.EFI; cp -r in cfg; echo timeout=x >>cfg/BOOT.CFG; "
              "mkdir bare; : >empty; seq 10000 >text; cp -r in twins; echo >twins/k.b00; "
              "cp -r in ks; sed 's/runweasel/& ks=usb:\\/KS.CFG/' in/EFI/BOOT/BOOT.CFG >ks/EFI/BOOT/BOOT.CFG");
        make_iso("-R", "x86", "x86.iso");
        make_iso("-R", "debian", "debian.iso");
        static const struct {
                const char *source;
                enum error_code code;
                const char *message;
        } cases[] = {
                {"x86.iso", ERROR_DAMAGED, "it is an installer for x86-64"},
                {"debian.iso", ERROR_DAMAGED, "it has no BOOT.CFG: it is not an installer of ESXi"},
                {"x86", ERROR_DAMAGED, "it is an installer for x86-64"},
                {"wrong", ERROR_DAMAGED, "is a program for x86-64"},
                {"lacks", ERROR_DAMAGED, "files that its BOOT.CFG names are not in it: K.B00, A.V00"},
                {"cut", ERROR_DAMAGED, "BOOTAA64.EFI is damaged: it is cut off"},
                {"cfg", ERROR_DAMAGED, "BOOT.CFG is damaged: line 9: timeout"},
                {"bare", ERROR_DAMAGED, "it has no EFI/BOOT/BOOTAA64.EFI"},
                {"empty", ERROR_DAMAGED, "it is empty"},
                {"text", ERROR_DAMAGED, "neither an ISO nor an image"},
                {"twins", ERROR_DAMAGED, "have the same name"},
                {"ks", ERROR_DAMAGED, "names the kickstart usb:/KS.CFG, which is not in it"},
                {"missing", ERROR_USAGE, "missing"},
                {"", ERROR_USAGE, ""},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                refuse_source(cases[i].source, cases[i].code, cases[i].message);
}

TEST_IN_SCRATCH(a_cut_off_image)
{
        make_installer("in");
        make_of("in", "made");
        static const long lengths[] = {67108863, 60000000, 1000000, 4096, 512, 511, 1, 0};
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
                assert_int_equal(truncate("made", lengths[i]), 0);
                refuse_source("made", ERROR_DAMAGED, "made");
        }
}

TEST_IN_SCRATCH(a_failure_leaves_what_was_there)
{
        make_installer("in");
        write_text("old", "old");
        shell("ln -s nowhere in/dangling");
        const struct payload_request request = {.source = "in"};
        AUTO_ERROR struct error err = {0};
        assert_false(payload_make(&request, "old", NULL, &err));
        assert_error(&err, ERROR_USAGE, "dangling");
        AUTO_FREE char *old = read_text("old");
        assert_string_equal(old, "old");
        assert_nothing_left();
        shell("rm in/dangling; mkdir folder");
        AUTO_ERROR struct error no_place = {0};
        assert_false(payload_make(&request, "no/such/image", NULL, &no_place));
        assert_error(&no_place, ERROR_USAGE, "no/such/image");
        AUTO_ERROR struct error folder = {0};
        assert_false(payload_make(&request, "folder", NULL, &folder));
        assert_error(&folder, ERROR_USAGE, "folder");
        AUTO_FREE char *path = memory_text(getenv("PATH"));
        AUTO_ERROR struct error no_mtools = {0};
        setenv("PATH", "/nowhere", 1);
        bool made = payload_make(&request, "old", NULL, &no_mtools);
        setenv("PATH", path, 1);
        assert_false(made);
        assert_error(&no_mtools, ERROR_ENVIRONMENT, "package mtools");
        assert_nothing_left();
}

// What a killed program left is taken over; what a running one has is not.
TEST_IN_SCRATCH(two_that_make_the_same)
{
        make_installer("in");
        shell("mkdir -p .image.stage/files/x; : >.image.stage/image");
        make_of("in", "image");
        shell("rm image; mkdir .image.stage");
        AUTO_CLOSE int fd = open(".image.stage", O_RDONLY | O_DIRECTORY);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        const struct payload_request request = {.source = "in"};
        AUTO_ERROR struct error err = {0};
        assert_false(payload_make(&request, "image", NULL, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "another program");
}

TEST_IN_SCRATCH(runtime_services_switched_off_are_a_warning)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        AUTO_ERROR struct error err = {0};
        make_installer("in");
        shell("echo norts=1 >>in/EFI/BOOT/BOOT.CFG");
        assert_done(payload_inspect("in", &info, &err), &err);
        assert_true(info.installable);
        assert_true(info.norts);
        assert_int_equal(info.warnings.count, 1);
        assert_contains(info.warnings.values[0], "norts=1");
}

TEST_IN_SCRATCH(the_rehearsal_guest)
{
        AUTO_ERROR struct error missing = {0};
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        AUTO_ARGUMENTS struct arguments lines = {0};
        shell("mkdir -p data empty; cp -rL \"$BUILD/rehearsal\" data");
        arguments_add(&lines, "hang=eula");
        arguments_add(&lines, "title=a b, c");
        const struct payload_request request = {
                .rehearsal_options = &lines, .kickstart = "auto", .password = "x", .disk_type = "nvme"};
        const struct payload_request plain = {0};
        setenv("ESXIARM_DATA", "data", 1);
        make(&request, "image", &info);
        make(&plain, "plain", NULL);
        setenv("ESXIARM_DATA", "empty", 1);
        // Beside this test there are no data files, either.
        bool made_of_nothing = payload_make(&plain, "none", NULL, &missing);
        unsetenv("ESXIARM_DATA");
        shell("mtype -i image ::/REHEARSE.CFG >read; printf 'hang=eula\\ntitle=a b, c\\n' | cmp - read; "
              "mtype -i image ::/EFI/BOOT/BOOTAA64.EFI | cmp - \"$BUILD/rehearsal/BOOTAA64.EFI\"; "
              "mtype -i image ::/BOOT.CFG | grep -q 'not VMware ESXi'; mtype -i plain ::/REHEARSE.CFG >read; test ! -s "
              "read; "
              "mtype -i plain ::/BOOT.CFG | grep -q '^kernelopt=runweasel allowLegacyCPU=true$'");
        assert_string_equal(info.kernelopt, "runweasel allowLegacyCPU=true ks=usb:/KS.CFG");
        assert_string_equal(info.kickstart_disk, "--firstdisk=nvme_pcie,local");
        assert_false(made_of_nothing);
        assert_error(&missing, ERROR_ENVIRONMENT, "rehearsal/BOOTAA64.EFI");
        assert_false(file_exists("none"));
}
