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

TEST(what_the_loader_reads)
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

// A line of BOOT.CFG and what VMware's loader makes of it. Every row was put to that loader's own parser. NULL: not set.
// Modules and tables are paths, with blanks between.
#define FORM(form) .text = (form), .size = sizeof(form) - 1
static const struct form {
        const char *text;
        size_t size;
        const char *refused; // in the message, for a file that the loader does not boot
        const char *kernel, *kernelopt, *modules, *tables, *title;
        bool norts;
        const char *warning; // in the only warning
} forms[] = {
        // Keys
        {FORM("kernel=/b.b00"), .kernel = "B.B00"},
        {FORM("KERNEL=/b.b00\nKernelOpt=x\nMODULES=/a\nTitle=T\nNORTS=1"), .kernel = "B.B00", .kernelopt = "x",
         .modules = "A", .title = "T", .norts = true},
        {FORM("kern=/b.b00"), .kernel = "B.B00",
         .warning = "line 1: the loader takes 'kern=' for kernel=; write 'kernel='"},
        {FORM("=/b.b00"), .kernel = "B.B00", .warning = "line 1: the loader takes '=' for kernel="},
        {FORM("kernel=k\nkernelo=x"), .kernel = "K", .kernelopt = "x", .warning = "'kernelo=' for kernelopt="},
        {FORM("kernel=k\nt=5"), .kernel = "K", .title = "5", .warning = "line 2: the loader takes 't=' for title="},
        {FORM("kernel=k\nm=/a"), .kernel = "K", .modules = "A", .warning = "'m=' for modules="},
        {FORM("kernel=k\nnor=1"), .kernel = "K", .norts = true, .warning = "'nor=' for norts="},
        {FORM("kernel=k\na=/t.aml"), .kernel = "K", .tables = "T.AML", .warning = "'a=' for acpitables="},
        {FORM("kernel=k\nn=x"), .refused = "line 2: nobootif= must be a number, not 'x'"},
        {FORM("kernel=k\nkernels=/b"), .kernel = "K",
         .warning = "'kernels=', which it does not know; did you mean 'kernel='?"},
        {FORM("kernel=k\nquux=1"), .kernel = "K",
         .warning = "line 2: the loader ignores 'quux=', which it does not know; delete"},
        {FORM("kernel=k\nbootstate=0\nbuild=8\nupdated=1\nquickboot=0"), .kernel = "K"},
        {FORM("kernel=k\nwhatever"), .kernel = "K",
         .warning = "line 2: the loader ignores 'whatever', which has no '='"},
        // Blanks
        {FORM("kernel =/b.b00"),
         .refused = "line 1: the loader ignores 'kernel =' because of the blank in it; write 'kernel='"},
        {FORM("kernel\t= /b.b00"), .refused = "because of the blank in it"},
        {FORM("kernel= /b.b00"), .kernel = "B.B00"},
        {FORM("kernel=\t \t/b.b00 \t"), .kernel = "B.B00"},
        {FORM(" \t kernel=/b.b00"), .kernel = "B.B00"},
        {FORM("kernel=k\nkernelopt =x"), .kernel = "K",
         .warning = "line 2: the loader ignores 'kernelopt =' because of the blank"},
        {FORM("kernel=k\nker nelopt=x"), .kernel = "K",
         .warning = "'ker nelopt=' because of the blank in it; write 'kernelopt='"},
        {FORM("kernel=k\nkernelopt=a  \t b\vc\fd\b\xA0"
              "e\n"),
         .kernel = "K", .kernelopt = "a b c d e"},
        {FORM("kernel=/b.b00\r\nkernelopt=x\r\n\r\n"), .kernel = "B.B00", .kernelopt = "x"},
        {FORM("kernel=/b.b00\rkernelopt=x"), .kernel = "B.B00KERNELOPT=X",
         .warning = "line 1: the loader drops the blanks in the value of kernel="},
        {FORM("kernel=/b b00"), .kernel = "BB00", .warning = "drops the blanks"},
        // Comments
        {FORM("# kernel=/c\n  #kernel=/d\nkernel=k"), .kernel = "K"},
        {FORM("kernel=/b.b00 # the kernel"), .kernel = "B.B00#THEKERNEL",
         .warning = "line 1: '# the kernel' belongs to the value of kernel="},
        {FORM("kernel=k\nkernelopt=x #y"), .kernel = "K", .kernelopt = "x #y",
         .warning = "belongs to the value of kernelopt="},
        {FORM("kernel=k\ntitle=ESXi #1"), .kernel = "K", .title = "ESXi #1"},
        // Values
        {FORM("kernel=k\nkernelopt=a=b=c"), .kernel = "K", .kernelopt = "a=b=c"},
        {FORM("kernel=k\nkernelopt=\nprefix=\ntitle=\nmodules="), .kernel = "K"},
        {FORM("kernel=k\nkernel=/l"), .kernel = "L",
         .warning = "line 2: the loader takes this kernel= and not that of line 1"},
        {FORM("kernel=k\nmodules=/a\nmodules="), .kernel = "K", .warning = "line 3: an empty modules= undoes line 2"},
        {FORM("kernel=k\nkernel="), .refused = "names no kernel, so the loader stops: line 2: kernel= is empty"},
        {FORM(""), .refused = "names no kernel, so the loader stops; add a line kernel=FILE"},
        {FORM("title=x"), .refused = "names no kernel"},
        // Numbers
        {FORM("kernel=k\ntimeout=soon"), .refused = "line 2: timeout= must be a number, not 'soon'"},
        {FORM("kernel=k\ntimeout=+5"), .refused = "not '+5'"},
        {FORM("kernel=k\ntimeout=1 2"), .refused = "not '1 2'"},
        {FORM("kernel=k\nnorts=yes"), .refused = "norts= must be a number"},
        {FORM("kernel=k\ntimeout=\nerrtimeout=-1\ntftpblksize=1468\nrunwatch=x"), .kernel = "K",
         .warning = "line 5: the loader ignores 'runwatch='"},
        {FORM("kernel=k\nerrtimeout=-"), .kernel = "K"},
        {FORM("kernel=k\nerrtimeout=--1"), .refused = "not '--1'"},
        {FORM("kernel=k\nnorts=-1"), .kernel = "K", .norts = true},
        {FORM("kernel=k\nnorts=4294967296"), .kernel = "K"},
        {FORM("kernel=k\ntimeout=x\nskip=1"), .refused = "line 2: timeout="},
        {FORM("kernel=k\nskip=1"), .refused = "line 2: with skip=1 the loader loads nothing"},
        {FORM("skip=-1"), .refused = "line 1: with skip=-1"},
        {FORM("kernel=k\nskip=0"), .kernel = "K"},
        {FORM("kernel=k\nskip=1\nskip=0"), .kernel = "K", .warning = "line 3: the loader takes this skip="},
        // Lists
        {FORM("kernel=k\nmodules=/a --- /b x=1 y --- /c"), .kernel = "K", .modules = "A B C"},
        {FORM("kernel=k\nmodules=/a---/b ---/c--- /d ---"), .kernel = "K", .modules = "A B C D"},
        {FORM("kernel=k\nmodules=/a --- --- /b"), .kernel = "K", .modules = "A B"},
        {FORM("kernel=k\nmodules=--- /a"), .kernel = "K", .modules = "A"},
        {FORM("kernel=k\nmodules=---/a"), .kernel = "K", .modules = "A"},
        {FORM("kernel=k\nmodules=---a.v00"), .kernel = "K", .modules = ".V00"},
        {FORM("kernel=k\nmodules=/a------b.v00"), .kernel = "K", .modules = "A .V00"},
        {FORM("kernel=k\nmodules=/a -- /b"), .kernel = "K", .modules = "A"},
        {FORM("kernel=k\nmodules=/a--- -/b"), .kernel = "K", .modules = "A -/B"},
        {FORM("kernel=k\nmodules=/a --- ---"), .refused = "line 2: the last '---' of modules= has no file before it"},
        {FORM("kernel=k\nacpitables=---"), .refused = "line 2: the last '---' of acpitables="},
        {FORM("kernel=k\nacpitables=/x.aml --- /y.aml z"), .kernel = "K", .tables = "X.AML Y.AML"},
        // File names
        {FORM("kernel=k\nprefix=/esx\nmodules=a --- /b"), .kernel = "ESX/K", .modules = "ESX/A B"},
        {FORM("prefix=esx\\8\\\nkernel=sub//./k"), .kernel = "ESX/8/SUB/K"},
        {FORM("kernel=\\b.b00"), .kernel = "B.B00"},
        {FORM("kernel=/k/"), .kernel = "K/"},
        {FORM("kernel=k\nprefix=my esx"), .kernel = "MYESX/K",
         .warning = "line 2: the loader drops the blanks in the value of prefix="},
        {FORM("kernel=k\nprefix=http://host/esx"), .kernel = "http://host/esx/k",
         .warning = "line 2: prefix= has an address, but from a disk the loader reads only files of that disk"},
        {FORM("kernel=k\nprefix=http:"), .kernel = "HTTP:/K"},
        {FORM("kernel=/k\nmodules=tftp://host/a --- /b"), .kernel = "K", .modules = "tftp://host/a B",
         .warning = "line 2: modules= has an address"},
        {FORM("kernel=k\nmodules=/\xE9.v00 --- /\xC3\xA9.v00"), .kernel = "K",
         .modules = "\xC3\xA9.V00 \xC3\x83\xC2\xA9.V00"},
        // Bytes
        {FORM("\xEF\xBB\xBFkernel=/b.b00"),
         .refused = "line 1: the loader ignores it because it begins with a byte-order mark"},
        {FORM("\xEF\xBB\xBF# x\nkernel=k"), .kernel = "K", .warning = "line 1: the loader ignores"},
        {FORM("\xFF\xFEk\0e\0r\0n\0e\0l\0=\0k\0\n\0"), .refused = "it is UTF-16; save it as UTF-8"},
        {FORM("kernel=k\0.b00\nkernelopt=x"), .kernel = "K", .kernelopt = "x",
         .warning = "line 1: the loader reads it only up to its NUL"},
        {FORM("kernel=k\n\0kernelopt=x"), .kernel = "K"},
        {FORM("\x7F"
              "ELF\x02\x01"),
         .refused = "names no kernel"},
};

static char *paths_of(const struct bootcfg *bootcfg, const struct arguments *names)
{
        struct text paths = {0};
        for (size_t i = 0; i < names->count; i++) {
                AUTO_FREE char *path = bootcfg_path(bootcfg, "", names->values[i]);
                text_add_format(&paths, "%s%s", i ? " " : "", path);
        }
        return text_take(&paths);
}

static void assert_value(const struct form *form, const char *value, const char *expected)
{
        if (strcmp(value ? value : "", expected ? expected : "") != 0)
                fail_msg("%s: '%s' instead of '%s'", form->text, value, expected);
}

static void assert_refused(const struct form *form)
{
        struct bootcfg bootcfg;
        AUTO_ERROR struct error err = {0};
        if (bootcfg_read((struct bytes){(const uint8_t *)form->text, form->size}, &bootcfg, &err))
                fail_msg("%s: read", form->text);
        assert_error(&err, ERROR_DAMAGED, form->refused);
        assert_null(bootcfg.kernel);
}

static void assert_form(const struct form *form)
{
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        AUTO_ERROR struct error err = {0};
        if (!bootcfg_read((struct bytes){(const uint8_t *)form->text, form->size}, &bootcfg, &err))
                fail_msg("%s: %s", form->text, err.message);
        AUTO_FREE char *kernel = bootcfg_path(&bootcfg, "", bootcfg.kernel);
        AUTO_FREE char *modules = paths_of(&bootcfg, &bootcfg.modules);
        AUTO_FREE char *tables = paths_of(&bootcfg, &bootcfg.acpitables);
        assert_value(form, kernel, form->kernel);
        assert_value(form, bootcfg.kernelopt, form->kernelopt);
        assert_value(form, modules, form->modules);
        assert_value(form, tables, form->tables);
        assert_value(form, bootcfg.title, form->title);
        if (bootcfg.norts != form->norts)
                fail_msg("%s: norts", form->text);
        if (bootcfg.warnings.count != (form->warning != NULL))
                fail_msg("%s: %zu warnings, %s", form->text, bootcfg.warnings.count, bootcfg.warnings.values[0]);
        if (form->warning && !strstr(bootcfg.warnings.values[0], form->warning))
                fail_msg("%s: %s", form->text, bootcfg.warnings.values[0]);
}

TEST(every_form_is_read_as_the_loader_reads_it)
{
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
                if (forms[i].refused)
                        assert_refused(&forms[i]);
                else
                        assert_form(&forms[i]);
        }
}

TEST(lines_of_files_and_their_warnings)
{
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        read_cfg("kernel=k\n\nprefix=http://h\nkernel=l\nmod=a\nacpitables=t\n", &bootcfg);
        assert_int_equal(bootcfg.prefix_line, 3);
        assert_int_equal(bootcfg.kernel_line, 4);
        assert_int_equal(bootcfg.modules_line, 5);
        assert_int_equal(bootcfg.acpitables_line, 6);
        assert_int_equal(bootcfg.warnings.count, 3);
        assert_string_equal(bootcfg_warning(&bootcfg, 4), bootcfg.warnings.values[1]);
        assert_null(bootcfg_warning(&bootcfg, 6));
}

TEST(runtime_services_switched_off)
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

TEST(text_that_is_no_utf8_is_repaired)
{
        AUTO_BOOTCFG struct bootcfg bootcfg = {0};
        read_cfg("kernel=k\ntitle=a\xFF z\xC3\n", &bootcfg);
        assert_string_equal(bootcfg.title, "a\xEF\xBF\xBD z\xEF\xBF\xBD");
}

TEST(where_a_name_leads)
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

TEST(options_of_a_command_line)
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
        assert_edited("a = 1 \r\n KernelOpt=  x  z \t\r\n\r\n# b", "y=1|w",
                      "a = 1 \r\n KernelOpt=  x  z y=1 w \t\r\n\r\n# b");
        assert_edited("kernelopt=\nkernel=k", "y=1", "kernelopt=y=1\nkernel=k");
        assert_edited("kernelopt=", "y=1|z", "kernelopt=y=1 z");
        assert_edited("kernelopt= \r\n", "y", "kernelopt=y \r\n");
        // The last one is the one that counts.
        assert_edited("kernelopt=a\nkernelopt=b\n", "y", "kernelopt=a\nkernelopt=b y\n");
        assert_edited("#kernelopt=a\nkernelopts=b\nkernelopt\n", "y",
                      "#kernelopt=a\nkernelopts=b\nkernelopt\nkernelopt=y\n");
        assert_edited("a=1\r\nb=2", "y", "a=1\r\nb=2\r\nkernelopt=y\r\n");
        assert_edited("", "y", "kernelopt=y\n");
        assert_edited("kernelopt=x\n", "", "kernelopt=x\n");
}

TEST(an_edit_changes_the_line_that_the_loader_takes)
{
        assert_edited("kernel=k\nkernelo=x\n", "y", "kernel=k\nkernelo=x y\n");
        assert_edited("kernelopt =x\nkernel=k\n", "y", "kernelopt =x\nkernel=k\nkernelopt=y\n");
        assert_edited("kernelopt=x\nkernelopt\t=z\n", "y", "kernelopt=x y\nkernelopt\t=z\n");
        assert_edited("kernelopt=x\nkernelopt=\nkern=k", "y", "kernelopt=x\nkernelopt=y\nkern=k");
        assert_edited("#kernelopt=x\r\n", "y", "#kernelopt=x\r\nkernelopt=y\r\n");
}

// The loader ends a line at its NUL.
TEST(an_edit_stays_before_a_nul)
{
        AUTO_ARGUMENTS struct arguments options = {0};
        AUTO_BUFFER struct buffer edited = {0};
        arguments_add(&options, "y");
        static const char before[] = "kernelopt=x \0z\nkernel=k\n";
        static const char after[] = "kernelopt=x y \0z\nkernel=k\n";
        bootcfg_edit((struct bytes){(const uint8_t *)before, sizeof before - 1}, &options, &edited);
        assert_int_equal(edited.size, sizeof after - 1);
        assert_memory_equal(edited.data, after, edited.size);
}

// Every form with an option added is the form with that option: nothing else of it changes.
TEST(an_edit_of_every_form_is_seen_by_the_loader)
{
        AUTO_ARGUMENTS struct arguments options = {0};
        arguments_add(&options, "added=1");
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
                AUTO_BUFFER struct buffer edited = {0};
                struct form form = forms[i];
                AUTO_FREE char *kernelopt =
                        text_format("%s%sadded=1", form.kernelopt ? form.kernelopt : "", form.kernelopt ? " " : "");
                if (form.refused)
                        continue;
                bootcfg_edit((struct bytes){(const uint8_t *)form.text, form.size}, &options, &edited);
                form.size = edited.size;
                buffer_add_u8(&edited, 0);
                form.text = (const char *)edited.data;
                form.kernelopt = kernelopt;
                assert_form(&form);
        }
}

TEST(an_option_takes_the_place_of_its_own_key)
{
        assert_edited("kernelopt=a ks=cdrom:/KS.CFG b\n", "ks=usb:/KS.CFG", "kernelopt=a ks=usb:/KS.CFG b\n");
        assert_edited("kernelopt=allowLegacyCPU=true\n", "allowLegacyCPU=true", "kernelopt=allowLegacyCPU=true\n");
        assert_edited("kernelopt=norts=1 x\n", "norts=0|norts=0", "kernelopt=norts=0 x\n");
        assert_edited("kernelopt=runweasel\n", "runweasel", "kernelopt=runweasel\n");
        assert_edited("kernelopt=xks=1 ks2=1\n", "ks=2", "kernelopt=xks=1 ks2=1 ks=2\n");
}

TEST(what_was_edited_reads_the_same_but_for_the_options)
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

TEST(every_beginning_of_a_file)
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
