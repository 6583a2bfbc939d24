// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rehearsal/guest.h"

#include "launcher/rehearsal/installer/kickstart.h"

#define HASH "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"

// VMware's own example of a script, with the stand-in's commands alone.
static const char whole[] = "# Sample scripted installation file\r\n"
                            "\n"
                            "vmaccepteula\n"
                            "  rootpw\t--iscrypted " HASH "\n"
                            "install --firstdisk=usb,local --overwritevmfs\n"
                            "network --bootproto=dhcp --device=vmnic0 # a comment\n"
                            "reboot\n"
                            "%post --interpreter=python\n"
                            "print('rubbish \"')\n"
                            "%firstboot --interpreter=busybox\n"
                            "vim-cmd hostsvc/enable_ssh\n";

struct notes {
        unsigned count, last_line;
        char text[1024];
};

static void take_note(void *context, unsigned line, const char *what, struct span word)
{
        struct notes *notes = context;
        notes->count++;
        notes->last_line = line;
        size_t used = strlen(notes->text);
        snprintf(notes->text + used, sizeof notes->text - used, "%s%.*s", what, (int)word.size, word.at);
}

// The result of the last parse().
static struct kickstart kickstart;
static struct kickstart_error error;
static struct notes notes;

static bool parse(const char *text)
{
        size_t size = strlen(text);
        char *copy = exact_copy(text, size);
        notes = (struct notes){0};
        bool ok = kickstart_parse((struct span){.at = copy, .size = size}, &kickstart, &error, take_note, &notes);
        free(copy);
        return ok;
}

TEST(a_whole_file_is_read)
{
        assert_true(parse(whole));
        assert_true(kickstart.accepts_eula);
        assert_true(kickstart.reboots);
        assert_int_equal(kickstart.disk, KICKSTART_FIRST_DISK);
        assert_string_equal(kickstart.disk_text, "usb,local");
        assert_true(kickstart.password_is_hashed);
        assert_string_equal(kickstart.password, HASH);
        assert_int_equal(notes.count, 3);
        assert_int_equal(notes.last_line, 10);
        assert_non_null(strstr(notes.text, "%firstboot: noted, not run"));
        kickstart_wipe(&kickstart);
        for (size_t i = 0; i < sizeof kickstart.password; i++)
                assert_int_equal(kickstart.password[i], 0);
}

#define EULA    "vmaccepteula\n"
#define ROOT    "rootpw Rehearsal-1\n"
#define INSTALL "install --firstdisk\n"

static const struct {
        const char *text;
        enum kickstart_disk disk;
        const char *disk_text;
        bool reboots;
} good[] = {
        {EULA ROOT INSTALL, KICKSTART_FIRST_DISK, "", false},
        {"accepteula\n" ROOT "Install --FirstDisk", KICKSTART_FIRST_DISK, "", false},
        {INSTALL ROOT EULA "reboot --noeject", KICKSTART_FIRST_DISK, "", true},
        {EULA ROOT "install --disk=mpx.vmhba1:C0:T0:L0 --overwritevmfs", KICKSTART_NAMED_DISK, "mpx.vmhba1:C0:T0:L0",
         false},
        {EULA ROOT "install --drive=\"QEMU HARDDISK (PCI 1.0, USB port 2)\"", KICKSTART_NAMED_DISK,
         "QEMU HARDDISK (PCI 1.0, USB port 2)", false},
        {EULA ROOT "install '--disk=a b'", KICKSTART_NAMED_DISK, "a b", false},
        {EULA "rootpw \"Pass word-1\"\n" INSTALL, KICKSTART_FIRST_DISK, "", false},
        {EULA ROOT INSTALL "keyboard German\nparanoid\nclearpart --alldrives --overwritevmfs\n", KICKSTART_FIRST_DISK,
         "", false},
        {EULA ROOT INSTALL "network --bootproto=static --ip=192.0.2.1 --netmask=255.255.255.0 --gateway=192.0.2.254\n",
         KICKSTART_FIRST_DISK, "", false},
        {EULA ROOT INSTALL "%pre\nreboot\nnonsense\n", KICKSTART_FIRST_DISK, "", false},
};

TEST(valid_files_are_accepted)
{
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
                if (!parse(good[i].text))
                        fail_msg("%s: line %u: %s", good[i].text, error.line, error.what);
                assert_int_equal(kickstart.disk, good[i].disk);
                assert_string_equal(kickstart.disk_text, good[i].disk_text);
                assert_int_equal(kickstart.reboots, good[i].reboots);
        }
}

static const struct {
        const char *text;
        unsigned line;
        const char *what, *word;
} bad[] = {
        {"", 0, "vmaccepteula is missing", ""},
        {ROOT INSTALL, 2, "vmaccepteula is missing", ""},
        {"# vmaccepteula\n" ROOT INSTALL, 3, "vmaccepteula is missing", ""},
        {EULA INSTALL, 2, "rootpw is missing", ""},
        {EULA ROOT, 2, "install is missing", ""},
        {EULA ROOT "%firstboot\n" INSTALL, 4, "install is missing", ""},
        {"VMAcceptEULA\n" ROOT INSTALL, 3, "vmaccepteula is missing", ""},
        {EULA "vmaccept\n", 2, "install is missing", ""},
        {"vmaccepteula now\n", 1, "unknown argument", "now"},
        {EULA ROOT INSTALL "%post --interpreter=ruby\n", 4, "busybox or python", "ruby"},
        {EULA "rootpw\n", 2, "rootpw needs a password", ""},
        {EULA "rootpw ''\n", 2, "rootpw needs a password", ""},
        {EULA "rootpw --iscrypted\n", 2, "rootpw needs a password", ""},
        {EULA "rootpw Secret-12 Secret-12\n", 2, "one password", ""},
        {EULA "rootpw secret\n", 2, "Password must be at least 7", ""},
        {EULA "rootpw secretsecret\n", 2, "Password does not have enough", ""},
        {EULA "rootpw --iscrypted Secret-12\n", 2, "$1$, $5$ or $6$", ""},
        {EULA "rootpw --iscrypted $9$a$b\n", 2, "$1$, $5$ or $6$", ""},
        {EULA "rootpw --iscrypted $6$salt\n", 2, "$1$, $5$ or $6$", ""},
        {EULA ROOT "install\n", 3, "needs --firstdisk or --disk", ""},
        {EULA ROOT "install --overwritevmfs\n", 3, "needs --firstdisk or --disk", ""},
        {EULA ROOT "install --disk\n", 3, "needs a value", "--disk"},
        {EULA ROOT "install --disk=\n", 3, "needs a value", "--disk"},
        {EULA ROOT "install --firstdisk --disk=x\n", 3, "one of --firstdisk and --disk", ""},
        {EULA ROOT "install --firstdisk --overwritevmfs=1\n", 3, "takes no value", "--overwritevmfs"},
        {EULA ROOT "install --firstdisk --overwritevfms\n", 3, "unknown argument", "--overwritevfms"},
        {EULA ROOT INSTALL INSTALL, 4, "install appears twice", ""},
        {EULA ROOT INSTALL "network --bootproto=bootp\n", 4, "dhcp or static", "bootp"},
        {EULA ROOT INSTALL "network --speed=1000\n", 4, "unknown argument", "--speed"},
        {EULA ROOT INSTALL "reboot now\n", 4, "unknown argument", "now"},
        {EULA "rootpw \"Secret-12\n", 2, "unterminated quote", ""},
        {EULA "install '--disk=x\n", 2, "unterminated quote", ""},
        {EULA ROOT "%post\ntrue\n%end\n" INSTALL, 6, "install is missing", ""},
        {EULA ROOT "%include /a.cfg\n" INSTALL, 4, "install is missing", ""},
};

TEST(invalid_files_are_refused)
{
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                if (parse(bad[i].text))
                        fail_msg("was taken: %s", bad[i].text);
                if (error.line != bad[i].line || !strstr(error.what, bad[i].what) ||
                    strcmp(error.word, bad[i].word) != 0)
                        fail_msg("%s: line %u: %s \"%s\"", bad[i].text, error.line, error.what, error.word);
                if (strstr(error.what, "ecret") || strstr(error.word, "ecret"))
                        fail_msg("a password is in the message: %s \"%s\"", error.what, error.word);
        }
}

// The rest is read.
TEST(unknown_commands_are_warned_of)
{
        static const struct {
                const char *text, *warning;
        } cases[] = {
                {EULA "\n\nformat c: # all of it\n" ROOT INSTALL, "unknown commandformat"},
                {EULA ROOT INSTALL "%unheard --of\n", "unknown command%unheard"},
                {EULA ROOT "%end\n" INSTALL, "unknown command%end"},
                {EULA "VMACCEPTEULA\n" ROOT INSTALL, "unknown commandVMACCEPTEULA"},
                {"\xFF\xFE v\n" EULA ROOT INSTALL, "unknown command\xFF\xFE"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_true(parse(cases[i].text));
                assert_int_equal(notes.count, 1);
                assert_string_equal(notes.text, cases[i].warning);
        }
}

// BEFORE, and after it a word of SIZE characters.
static bool parse_long(const char *before, size_t size)
{
        size_t begun = strlen(before);
        char *text = calloc(1, begun + size + 1);
        assert_non_null(text);
        memset(text, 'x', begun + size);
        for (size_t i = 0; i < begun; i++)
                text[i] = before[i];
        bool ok = parse(text);
        free(text);
        return ok;
}

TEST(lengths_have_limits)
{
        assert_true(parse_long(EULA ROOT "install --disk=", KICKSTART_TEXT_MAX));
        assert_false(parse_long(EULA ROOT "install --disk=", KICKSTART_TEXT_MAX + 1));
        assert_string_equal(error.what, "an argument is too long");
        assert_true(parse_long(EULA ROOT INSTALL, KICKSTART_LINE_MAX));
        assert_false(parse_long("reboot ", KICKSTART_TEXT_MAX + 1));
        assert_int_equal(strlen(error.word), KICKSTART_TEXT_MAX);
        assert_false(parse_long("", KICKSTART_LINE_MAX + 1));
        assert_string_equal(error.what, "the line is too long");
        // The lines of a script have no limit.
        assert_true(parse_long(EULA ROOT INSTALL "%post\n", 100000));

        char words[81] = {0};
        for (size_t i = 0; i + 1 < sizeof words; i++)
                words[i] = i % 2 ? ' ' : 'a';
        assert_false(parse(words));
        assert_string_equal(error.what, "the line has too many words");
}

// The sanitizers see a read beyond the file.
TEST(damaged_files_are_accepted_or_refused)
{
        char text[sizeof whole];
        for (size_t size = 0; size < sizeof whole; size++) {
                memcpy(text, whole, size);
                text[size] = '\0';
                bool ok = parse(text);
                assert_true(ok || error.what[0]);
        }
        for (size_t bit = 0; bit < (sizeof whole - 1) * 8; bit++) {
                memcpy(text, whole, sizeof whole);
                text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
                bool ok = parse(text);
                assert_true(ok || error.what[0]);
                assert_null(strstr(error.word, "saltsalt"));
        }
}

static const struct {
        const char *kernelopt;
        enum kickstart_place place;
        const char *path;
} places[] = {
        {"", KICKSTART_NONE, ""},
        {"runweasel allowLegacyCPU=true", KICKSTART_NONE, ""},
        {"runweasel blocks=usb:/KS.CFG", KICKSTART_NONE, ""},
        {"ks=usb:/KS.CFG", KICKSTART_USB, "/KS.CFG"},
        {"runweasel KS=USB:/dir/My.ks allowLegacyCPU=true", KICKSTART_USB, "/dir/My.ks"},
        {"ks=usb", KICKSTART_USB, "/KS.CFG"},
        {"ks=usb: x", KICKSTART_USB, "/KS.CFG"},
        {"ks=file:///ks.cfg", KICKSTART_REFUSED, "file:///ks.cfg"},
        {"ks=http://192.0.2.1/ks.cfg", KICKSTART_REFUSED, "http://192.0.2.1/ks.cfg"},
        {"ks=cdrom:/KS.CFG", KICKSTART_REFUSED, "cdrom:/KS.CFG"},
        {"ks=usb:/A.CFG ks=usb:/B.CFG", KICKSTART_USB, "/B.CFG"},
        {"ks=", KICKSTART_REFUSED, ""},
};

TEST(the_boot_options_name_the_file)
{
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
                struct span path;
                assert_int_equal(kickstart_locate(span_of(places[i].kernelopt), &path), places[i].place);
                assert_int_equal(path.size, strlen(places[i].path));
                assert_true(!path.size || memcmp(path.at, places[i].path, path.size) == 0);
        }
}

TEST(a_list_is_split_at_commas)
{
        struct span list = span_of(",local,,usb,");
        struct span item;
        assert_true(kickstart_next_item(&list, &item));
        assert_memory_equal(item.at, "local", item.size);
        assert_true(kickstart_next_item(&list, &item));
        assert_memory_equal(item.at, "usb", item.size);
        assert_false(kickstart_next_item(&list, &item));
}
