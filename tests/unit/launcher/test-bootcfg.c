// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "launcher/payload/bootcfg.h"
#include "tests/unit/scratch.h"

static struct bytes view(const char *text)
{
        return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void read_cfg(const char *text, struct bootcfg *bootcfg)
{
        AUTO_ERROR struct error err = {0};
        assert_done(bootcfg_read(view(text), bootcfg, &err), &err);
}

static const char usual[] = "bootstate=0\n"
                            "title=Loading ESXi installer\n"
                            "timeout=5\n"
                            "prefix=\n"
                            "kernel=/b.b00\n"
                            "kernelopt=runweasel cdromBoot\n"
                            "modules=/jumpstrt.gz --- /useropts.gz --- /k.b00 --- /s.v00\n"
                            "build=8.0.3-0.0.24299506\n"
                            "updated=0\n";

TEST(a_whole_file_is_read)
{
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        read_cfg(usual, &bootcfg);
        assert_string_equal(bootcfg.title, "Loading ESXi installer");
        assert_string_equal(bootcfg.build, "8.0.3-0.0.24299506");
        assert_null(bootcfg.prefix);
        assert_string_equal(bootcfg.kernel, "/b.b00");
        assert_string_equal(bootcfg.kernelopt, "runweasel cdromBoot");
        assert_int_equal(bootcfg.modules.count, 4);
        assert_string_equal(bootcfg.modules.values[0], "/jumpstrt.gz");
        assert_string_equal(bootcfg.modules.values[3], "/s.v00");
        assert_false(bootcfg.norts);
}

TEST(blanks_comments_and_unknown_keys_are_ignored)
{
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        read_cfg("# kernel=no\r\n\r\n  #title=no\r\n \tKERNEL = \tk.b00 \t\r\nTitle=a = b\r\nwhatever\r\nnew "
                 "key=1\r\n=x\r\n"
                 "kernelOpt = a  b=c \r\nModules=  a.v00 opt=1 ---b.v00---  --- c.v00 x y\t---\r\n "
                 "PREFIX=/esx\r\ntimeout=\r\n"
                 "kernel=z.b00",
                 &bootcfg);
        assert_string_equal(bootcfg.kernel, "z.b00");
        assert_string_equal(bootcfg.title, "a = b");
        assert_string_equal(bootcfg.kernelopt, "a  b=c");
        assert_string_equal(bootcfg.prefix, "/esx");
        assert_int_equal(bootcfg.modules.count, 3);
        assert_string_equal(bootcfg.modules.values[0], "a.v00");
        assert_string_equal(bootcfg.modules.values[1], "b.v00");
        assert_string_equal(bootcfg.modules.values[2], "c.v00");
}

TEST(norts_switches_runtime_services_off)
{
        static const struct {
                const char *lines;
                bool norts;
        } cases[] = {
                {"norts=1", true},
                {"norts=0", false},
                {"norts=", false},
                {"norts=1\nNORTS=0", false},
                {"norts=00", false},
                {"kernelopt=x norts=1", true},
                {"kernelopt=NoRTS=1 y", true},
                {"kernelopt=norts=1 norts=0", false},
                {"kernelopt=norts", true},
                {"kernelopt=xnorts=1", false},
                {"#norts=1", false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_BOOTCFG struct bootcfg bootcfg = {0};
                AUTO_FREE char *text = text_format("kernel=k\n%s\n", cases[i].lines);
                read_cfg(text, &bootcfg);
                if (bootcfg.norts != cases[i].norts)
                        fail_msg("%s", cases[i].lines);
        }
}

TEST(invalid_files_are_refused)
{
        static const struct {
                const char *text, *message;
        } cases[] = {
                {"", "names no kernel"},
                {"kernel=\n", "names no kernel"},
                {"kernel=k\nkernel=\n", "names no kernel"},
                {"kernel=k\n\ntimeout=soon\n", "line 3: timeout has to be a number, not 'soon'"},
                {"kernel=k\nnorts=yes", "line 2: norts has to be a number"},
                {"kernel=k\nerrtimeout=-", "errtimeout"},
                {"\x7f"
                 "ELF\x02\x01",
                 "names no kernel"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct bootcfg bootcfg;
                AUTO_ERROR struct error err = {0};
                assert_false(bootcfg_read(view(cases[i].text), &bootcfg, &err));
                assert_error(&err, ERROR_DAMAGED, cases[i].message);
        }
        struct bootcfg bootcfg;
        AUTO_ERROR struct error err = {0};
        assert_false(bootcfg_read((struct bytes){(const uint8_t *)"kernel=k\0\n", 10}, &bootcfg, &err));
        assert_error(&err, ERROR_DAMAGED, "NUL");
        AUTO_ERROR struct error empty = {0};
        assert_false(bootcfg_read((struct bytes){0}, &bootcfg, &empty));
}

TEST(invalid_utf8_is_repaired)
{
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        read_cfg("kernel=k\ntitle=a\xFF z\xC3\n", &bootcfg);
        assert_string_equal(bootcfg.title, "a\xEF\xBF\xBD z\xEF\xBF\xBD");
}

TEST(names_become_paths)
{
        static const struct {
                const char *prefix, *folder, *name, *path;
        } cases[] = {
                {"", "", "/k.b00", "K.B00"},
                {"", "", "k.b00", "K.B00"},
                {"", "EFI/BOOT", "k.b00", "EFI/BOOT/K.B00"},
                {"", "EFI/BOOT", "/k.b00", "K.B00"},
                {"/esx", "EFI/BOOT", "k.b00", "ESX/K.B00"},
                {"esx/8/", "", "sub/./k.b00", "ESX/8/SUB/K.B00"},
                {"/", "EFI/BOOT", "//k.b00", "K.B00"},
                {"/", "EFI/BOOT", "k.b00", "K.B00"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_BOOTCFG struct bootcfg bootcfg = {0};
                AUTO_FREE char *text = text_format("kernel=k\nprefix=%s\n", cases[i].prefix);
                read_cfg(text, &bootcfg);
                AUTO_FREE char *path = bootcfg_path(&bootcfg, cases[i].folder, cases[i].name);
                assert_string_equal(path, cases[i].path);
        }
}

TEST(options_are_found_on_a_command_line)
{
        AUTO_FREE char *ks = bootcfg_option("runweasel KS=usb:/KS.CFG a=b", "ks");
        assert_string_equal(ks, "usb:/KS.CFG");
        AUTO_FREE char *flag = bootcfg_option("runweasel a=b", "runweasel");
        assert_string_equal(flag, "");
        AUTO_FREE char *last = bootcfg_option("a=1 a=2", "a");
        assert_string_equal(last, "2");
        assert_null(bootcfg_option("a=b", "b"));
        assert_null(bootcfg_option(NULL, "b"));
        assert_null(bootcfg_option("", "b"));
}

static void assert_edited(const char *text, const char *options, const char *expected)
{
        AUTO_ARGUMENTS struct arguments list = {0};
        AUTO_BUFFER struct buffer edited = {0};
        AUTO_FREE char *copy = memory_text(options);
        char *rest = NULL;
        for (char *option = strtok_r(copy, "|", &rest); option; option = strtok_r(NULL, "|", &rest))
                arguments_add(&list, option);
        bootcfg_edit(view(text), &list, &edited);
        buffer_add_u8(&edited, 0);
        assert_string_equal((const char *)edited.data, expected);
}

TEST(an_edit_keeps_every_other_byte)
{
        assert_edited("a=1\nkernelopt=x\nb\n", "y=1", "a=1\nkernelopt=x y=1\nb\n");
        assert_edited("a = 1 \r\n KernelOpt =  x  z \t\r\n\r\n# b", "y=1|w",
                      "a = 1 \r\n KernelOpt =  x  z y=1 w \t\r\n\r\n# b");
        assert_edited("kernelopt=\nkernel=k", "y=1", "kernelopt=y=1\nkernel=k");
        assert_edited("kernelopt=", "y=1|z", "kernelopt=y=1 z");
        assert_edited("kernelopt = \r\n", "y", "kernelopt =y \r\n");
        // The last one is the one that counts.
        assert_edited("kernelopt=a\nkernelopt=b\n", "y", "kernelopt=a\nkernelopt=b y\n");
        assert_edited("#kernelopt=a\nkernelopts=b\nkernelopt\n", "y",
                      "#kernelopt=a\nkernelopts=b\nkernelopt\nkernelopt=y\n");
        assert_edited("a=1\r\nb=2", "y", "a=1\r\nb=2\r\nkernelopt=y\r\n");
        assert_edited("", "y", "kernelopt=y\n");
        assert_edited("kernelopt=x\n", "", "kernelopt=x\n");
}

TEST(an_option_takes_the_place_of_its_own_key)
{
        assert_edited("kernelopt=a ks=cdrom:/KS.CFG b\n", "ks=usb:/KS.CFG", "kernelopt=a ks=usb:/KS.CFG b\n");
        assert_edited("kernelopt=allowLegacyCPU=true\n", "allowLegacyCPU=true", "kernelopt=allowLegacyCPU=true\n");
        assert_edited("kernelopt=norts=1 x\n", "norts=0|norts=0", "kernelopt=norts=0 x\n");
        assert_edited("kernelopt=runweasel\n", "runweasel", "kernelopt=runweasel\n");
        assert_edited("kernelopt=xks=1 ks2=1\n", "ks=2", "kernelopt=xks=1 ks2=1 ks=2\n");
}

TEST(an_edited_file_reads_the_same_except_the_options)
{
        AUTO_ARGUMENTS struct arguments options = {0};
        AUTO_BUFFER struct buffer edited = {0};
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        AUTO_ERROR struct error err = {0};
        arguments_add(&options, "allowLegacyCPU=true");
        bootcfg_edit(view(usual), &options, &edited);
        assert_done(bootcfg_read(buffer_view(&edited), &bootcfg, &err), &err);
        assert_string_equal(bootcfg.kernelopt, "runweasel cdromBoot allowLegacyCPU=true");
        assert_int_equal(bootcfg.modules.count, 4);
        assert_int_equal(edited.size, strlen(usual) + strlen(" allowLegacyCPU=true"));
}

TEST(a_truncated_file_is_read_or_refused)
{
        for (size_t length = 0; length < strlen(usual); length++) {
                struct bootcfg bootcfg;
                AUTO_ERROR struct error err = {0};
                uint8_t *copy = memory_copy(usual, length + !length);
                if (bootcfg_read((struct bytes){copy, length}, &bootcfg, &err))
                        bootcfg_free(&bootcfg);
                else
                        assert_error(&err, ERROR_DAMAGED, "kernel");
                free(copy);
        }
}
