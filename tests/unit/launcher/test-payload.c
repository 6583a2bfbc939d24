// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "launcher/payload/payload.h"
#include "tests/unit/launcher/installer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

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
        make(&(struct payload_request){.source = source}, image, NULL);
}

static void refuse_image(const struct payload_request *request, const char *image, enum error_code code,
                         const char *message)
{
        AUTO_ERROR struct error err = {0};
        assert_false(payload_make(request, image, NULL, &err));
        assert_error(&err, code, message);
}

static void refuse(const struct payload_request *request, enum error_code code, const char *message)
{
        refuse_image(request, "image", code, message);
        assert_false(file_exists("image"));
        assert_nothing_left();
}

static void inspect(struct payload_info *info)
{
        AUTO_ERROR struct error err = {0};
        assert_done(payload_inspect("in", info, &err), &err);
}

// IMAGE has the files of FOLDER and no others, with the same content except BOOT.CFG.
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

WITH_INSTALLER(a_folder_with_blanks_becomes_a_sound_file_system)
{
        struct stat status;
        shell("mv in 'in here'; mkdir -p 'in here/SUB FOLDER/DEEPER'; printf long >'in here/SUB FOLDER/DEEPER/A LONG "
              "NAME, WITH A "
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

WITH_INSTALLER(every_kind_of_iso_becomes_the_same_payload)
{
        for (size_t i = 0; i < sizeof iso_kinds / sizeof iso_kinds[0]; i++) {
                make_iso(iso_kinds[i], "in", "a.iso");
                make_of("a.iso", "image");
                shell("mdir -i image ::/BOOT.CAT >/dev/null 2>&1 && mdel -i image ::/BOOT.CAT || :");
                assert_holds("image", "in");
                assert_sound("image");
        }
}

WITH_INSTALLER(content_of_more_than_504_mib_makes_a_larger_image)
{
        struct stat status;
        shell("truncate -s 520M in/K.B00");
        make_of("in", "image");
        assert_sound("image");
        assert_int_equal(stat("image", &status), 0);
        assert_true(status.st_size > 520 << 20 && status.st_size < 560 << 20);
        shell("mdir -i image ::/K.B00 | grep -q 545259520");
}

WITH_INSTALLER(names_that_are_special_to_mtools)
{
        static const char *const folders[] = {"-dash", "a:b", "c,'\"$x", "*?[a]", "d@@e"};
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

WITH_INSTALLER(boot_cfg_keeps_every_other_byte)
{
        make_of("in", "image");
        static const char *const names[] = {"BOOT.CFG", "EFI/BOOT/BOOT.CFG"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                shell("mtype -i image ::/%s >made; sed 's/^kernelopt=runweasel/& allowLegacyCPU=true/' in/%s | cmp - "
                      "made",
                      names[i], names[i]);
        // An option that is already there, with any value, is not added again.
        shell("sed 's/runweasel/runweasel allowlegacycpu=false/' in/BOOT.CFG >cfg; cp cfg in/BOOT.CFG; cp cfg "
              "in/EFI/BOOT/BOOT.CFG");
        make_of("in", "image");
        shell("mtype -i image ::/BOOT.CFG | cmp - in/BOOT.CFG");
}

WITH_INSTALLER(kernel_options_are_added)
{
        AUTO_ARGUMENTS struct arguments kernelopts = {0};
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        arguments_add(&kernelopts, "systemMediaSize=min");
        arguments_add(&kernelopts, "allowLegacyCPU=false");
        const struct payload_request request = {.source = "in", .kernelopts = &kernelopts};
        make(&request, "image", &info);
        assert_string_equal(info.kernelopt, "runweasel systemMediaSize=min allowLegacyCPU=false");
        unlink("image");
        arguments_add(&kernelopts, "a\nkernel=x");
        refuse(&request, ERROR_USAGE, "--kernelopt");
}

WITH_INSTALLER(files_are_replaced)
{
        AUTO_ARGUMENTS struct arguments replacements = {0};
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

WITH_INSTALLER(invalid_replacements_are_refused)
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
        shell("echo x >file");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ARGUMENTS struct arguments replacements = {0};
                arguments_add(&replacements, cases[i].replacement);
                const struct payload_request request = {.source = "in", .replacements = &replacements};
                refuse(&request, cases[i].code, cases[i].message);
        }
}

WITH_INSTALLER(an_automatic_kickstart_is_made)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        struct stat status;
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
        unlink("image");
        refuse(&(struct payload_request){.source = "in", .kickstart = "auto"}, ERROR_USAGE, "password");
}

WITH_INSTALLER(a_kickstart_may_come_from_several_places)
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
        shell("printf 'vmaccepteula\\ninstall --firstdisk\\n' >in/KS.CFG; cp in/BOOT.CFG cfg");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_PAYLOAD_INFO struct payload_info info = {0};
                shell("sed 's,runweasel,& ks=%s,' cfg >in/EFI/BOOT/BOOT.CFG", cases[i].value);
                inspect(&info);
                assert_string_equal(info.kickstart, cases[i].value);
                assert_int_equal(info.installable, cases[i].installable);
                if (cases[i].disk)
                        assert_string_equal(info.kickstart_disk, cases[i].disk);
                else
                        assert_null(info.kickstart_disk);
        }
}

WITH_INSTALLER(a_user_s_kickstart_is_copied_and_checked)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
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
WITH_INSTALLER(a_kickstart_on_a_cd_moves_to_the_payload)
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

WITH_INSTALLER(an_image_is_copied_or_changed)
{
        AUTO_ARGUMENTS struct arguments replacements = {0};
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
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
        refuse_image(&request, "first", ERROR_USAGE, "source and output are the same file");
        shell("sha256sum -c sum");
}

WITH_INSTALLER(a_folder_is_made)
{
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        AUTO_ERROR struct error err = {0};
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
        assert_false(payload_make_folder(&(struct payload_request){.source = "image"}, "other", NULL, &of_image));
        assert_error(&of_image, ERROR_USAGE, "is an image");
        assert_nothing_left();
}

WITH_INSTALLER(other_sources_are_refused)
{
        needs_linux("names that differ in case alone");
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
                {"cfg", ERROR_DAMAGED, "the loader would refuse its BOOT.CFG: line 9: timeout= must be a number"},
                {"bare", ERROR_DAMAGED, "it has no EFI/BOOT/BOOTAA64.EFI"},
                {"empty", ERROR_DAMAGED, "it is empty"},
                {"text", ERROR_DAMAGED, "neither an ISO nor an image"},
                {"twins", ERROR_DAMAGED, "have the same name"},
                {"ks", ERROR_DAMAGED, "names the kickstart usb:/KS.CFG, which is not in it"},
                {"missing", ERROR_USAGE, "missing"},
                {"", ERROR_USAGE, ""},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                refuse(&(struct payload_request){.source = cases[i].source}, cases[i].code, cases[i].message);
}

WITH_INSTALLER(a_truncated_image_is_refused)
{
        make_of("in", "made");
        static const long lengths[] = {67108863, 60000000, 1000000, 4096, 512, 511, 1, 0};
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
                assert_int_equal(truncate("made", lengths[i]), 0);
                refuse(&(struct payload_request){.source = "made"}, ERROR_DAMAGED, "made");
        }
}

WITH_INSTALLER(a_failure_keeps_the_old_file)
{
        write_text("old", "old");
        shell("ln -s nowhere in/dangling");
        const struct payload_request request = {.source = "in"};
        refuse_image(&request, "old", ERROR_USAGE, "dangling");
        AUTO_FREE char *old = read_text("old");
        assert_string_equal(old, "old");
        assert_nothing_left();
        shell("rm in/dangling; mkdir folder");
        refuse_image(&request, "no/such/image", ERROR_USAGE, "no/such/image");
        refuse_image(&request, "folder", ERROR_USAGE, "folder");
        AUTO_FREE char *path = memory_text(getenv("PATH"));
        setenv("PATH", "/nowhere", 1);
        refuse_image(&request, "old", ERROR_ENVIRONMENT, "package mtools");
        setenv("PATH", path, 1);
        assert_nothing_left();
}

// What a killed program left is reused; what a running one holds is not.
WITH_INSTALLER(two_programs_cannot_make_the_same_image)
{
        shell("mkdir -p .image.stage/files/x; : >.image.stage/image");
        make_of("in", "image");
        shell("rm image; mkdir .image.stage");
        AUTO_CLOSE int fd = open(".image.stage", O_RDONLY | O_DIRECTORY);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        refuse_image(&(struct payload_request){.source = "in"}, "image", ERROR_ENVIRONMENT, "another program");
}

WITH_INSTALLER(a_payload_of_the_rehearsal_guest_is_made)
{
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
        // There are no data files beside this test, either.
        refuse_image(&plain, "none", ERROR_ENVIRONMENT, "rehearsal/BOOTAA64.EFI");
        unsetenv("ESXIARM_DATA");
        shell("mtype -i image ::/REHEARSE.CFG >read; printf 'hang=eula\\ntitle=a b, c\\n' | cmp - read; "
              "mtype -i image ::/EFI/BOOT/BOOTAA64.EFI | cmp - \"$BUILD/rehearsal/BOOTAA64.EFI\"; "
              "mtype -i image ::/BOOT.CFG | grep -q 'not VMware ESXi'; mtype -i plain ::/REHEARSE.CFG >read; test ! -s "
              "read; "
              "mtype -i plain ::/BOOT.CFG | grep -q '^kernelopt=runweasel allowLegacyCPU=true$'");
        assert_string_equal(info.kernelopt, "runweasel allowLegacyCPU=true ks=usb:/KS.CFG");
        assert_string_equal(info.kickstart_disk, "--firstdisk=nvme_pcie,local");
        assert_false(file_exists("none"));
}
