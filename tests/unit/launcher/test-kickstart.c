// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/kickstart.h"
#include "tests/unit/scratch.h"

static struct bytes view(const char *text)
{
        return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void read_kickstart(const char *text, struct kickstart *kickstart)
{
        AUTO_ERROR struct error err = {0};
        assert_done(kickstart_read(view(text), kickstart, &err), &err);
}

TEST_IN_SCRATCH(the_hash_is_the_one_of_openssl)
{
        static const struct {
                const char *password, *salt;
        } cases[] = {
                {"VMware1!", "abcdefghijklmnop"},
                {"x", "./09AZaz"},
                {"with blanks and \\ $6$ %s", "s"},
                {"a password that is longer than any block of the digest, which has 128 bytes, so that it has to be "
                 "cut "
                 "into several of them !",
                 "0123456789abcdef"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_FREE char *hash = kickstart_hash(cases[i].password, cases[i].salt, &err);
                no_error(&err);
                write_text("password", cases[i].password);
                AUTO_FREE char *expected = shell_output("openssl passwd -6 -salt '%s' -stdin <password", cases[i].salt);
                assert_string_equal(hash, expected);
        }
}

TEST(every_hash_has_a_salt_of_its_own)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *one = kickstart_hash("VMware1!", NULL, &err);
        AUTO_FREE char *other = kickstart_hash("VMware1!", NULL, &err);
        no_error(&err);
        assert_int_equal(strspn(one + 3, "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), 16);
        assert_string_not_equal(one, other);
        AUTO_ERROR struct error bad = {0};
        assert_null(kickstart_hash("x", "no:\nsalt", &bad));
        assert_error(&bad, ERROR_ENVIRONMENT, "--kickstart FILE");
}

TEST(a_kickstart_is_made_for_each_type_of_disk)
{
        static const struct {
                const char *type, *disk;
        } cases[] = {
                {"usb", "--firstdisk=usb"},
                {"nvme", "--firstdisk=nvme_pcie,local"},
                {NULL, "--firstdisk=local,usb"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_TEXT struct text text = {0};
                AUTO_KICKSTART struct kickstart kickstart = {0};
                assert_done(kickstart_make("Secret-99", cases[i].type, NULL, &text, &err), &err);
                const char *made = text_string(&text);
                AUTO_FREE char *install = text_format("\ninstall %s --overwritevmfs\n", cases[i].disk);
                assert_contains(made, "\nvmaccepteula\n");
                assert_contains(made, "\nrootpw --iscrypted $6$");
                assert_contains(made, install);
                assert_contains(made, "\nnetwork --bootproto=dhcp --device=vmnic0\n");
                assert_contains(made, "\nreboot\n");
                assert_contains(made, "\n%firstboot --interpreter=busybox\nvim-cmd hostsvc/enable_ssh\nvim-cmd "
                                      "hostsvc/start_ssh\n");
                assert_null(strstr(made, "Secret-99"));
                read_kickstart(made, &kickstart);
                assert_string_equal(kickstart.disk, cases[i].disk);
                assert_int_equal(kickstart.remarks.count, 0);
        }
}

TEST(which_disk_a_kickstart_selects)
{
        static const struct {
                const char *text, *disk;
        } cases[] = {
                {"", NULL},
                {"vmaccepteula\ninstall --firstdisk --overwritevmfs", "--firstdisk"},
                {"accepteula\r\n  install --overwritevmfs --disk=mpx.vmhba32:C0:T0:L0\r\n",
                 "--disk=mpx.vmhba32:C0:T0:L0"},
                {"install --drive=naa.1\ninstall --disk=2\n", "--drive=naa.1"},
                {"install \"--firstdisk=ST 1000\"\n", "--firstdisk=ST 1000"},
                {"install\n", ""},
                {"install --diskless\n", ""},
                {"# install --firstdisk\n", NULL},
                {"%pre --interpreter=busybox\ninstall --firstdisk\n", NULL},
                {"%post\nx\n%include /tmp/a\ninstall --firstdisk=esx\n", "--firstdisk=esx"},
                {"installorupgrade --firstdisk=local", "--firstdisk=local"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_KICKSTART struct kickstart kickstart = {0};
                read_kickstart(cases[i].text, &kickstart);
                if (cases[i].disk ? !kickstart.disk || strcmp(kickstart.disk, cases[i].disk) != 0 : !!kickstart.disk)
                        fail_msg("%s: %s", cases[i].text, kickstart.disk ? kickstart.disk : "none");
        }
}

TEST(a_nul_byte_is_no_text)
{
        struct kickstart kickstart;
        AUTO_ERROR struct error err = {0};
        assert_false(kickstart_read((struct bytes){(const uint8_t *)"install --disk=x\na\0b", 20}, &kickstart, &err));
        assert_error(&err, ERROR_DAMAGED, "line 2 is not text: it contains a NUL byte");
}

// A sound script in five lines, and a longer one.
#define HASH             "$6$salt$hash"
#define GOOD             "vmaccepteula\nrootpw " HASH_ARGUMENT "\ninstall --firstdisk=usb --overwritevmfs\nnetwork\nreboot\n"
#define HASH_ARGUMENT    "--iscrypted " HASH
#define WITHOUT_PASSWORD "vmaccepteula\ninstall --firstdisk=usb --overwritevmfs\nreboot\n"
#define WITHOUT_INSTALL  "vmaccepteula\nrootpw " HASH_ARGUMENT "\nreboot\n"

// The remarks on each script: beginnings, one a line.
static const struct {
        const char *script, *remarks;
} scripts[] = {
        {GOOD, ""},
        {"# a comment\n\n   " GOOD "%firstboot --interpreter=busybox\n# install\nvim-cmd hostsvc/enable_ssh\nreboot\n",
         ""},
        {"accepteula\r\nrootpw VMware1!\r\ninstall --disk=naa.1 --preservevmfs\r\nreboot --noeject", ""},
        {"rootpw 'it 1s # quoted1'\n" WITHOUT_PASSWORD, "1: a quoted argument keeps its blanks"},
        {"%include /tmp/all\n", ""},
        {"upgrade --firstdisk=esx\naccepteula\nreboot\n", ""},
        {"", "1: no 'install' or 'upgrade'\n1: no 'vmaccepteula'\n1: no 'rootpw'\n1: no 'reboot'"},

        // What is missing, with the line of the last command.
        {"rootpw " HASH_ARGUMENT "\ninstall --firstdisk --overwritevmfs\nreboot\n", "3: no 'vmaccepteula'"},
        {"#vmaccepteula\nrootpw " HASH_ARGUMENT "\ninstall --firstdisk --overwritevmfs\nreboot\n%post\na\nb\n",
         "5: no 'vmaccepteula'"},
        {WITHOUT_PASSWORD, "3: no 'rootpw'"},
        {WITHOUT_INSTALL, "3: no 'install' or 'upgrade'"},
        {"vmaccepteula\nrootpw " HASH_ARGUMENT "\ninstall --firstdisk --overwritevmfs\n\n%firstboot\nreboot\n",
         "5: no 'reboot': the installer waits for Enter at the end"},
        {WITHOUT_INSTALL "upgrade --disk=naa.1\n", ""},

        // Ends and scripts.
        {GOOD "%end\n", "6: %end is not a command"},
        {GOOD "%firstboot\nx\n%end\n",
         "8: %end ends nothing: it and what follows belong to the script of %firstboot in line 6"},
        {WITHOUT_PASSWORD "%pre\nx\n%end\nrootpw " HASH_ARGUMENT "\n",
         "6: %end ends nothing\n7: 'rootpw' belongs to the script of %pre in line 4\n4: no 'rootpw'"},
        {GOOD "%post\nx\nreboot\n%end\nreboot\n", "9: %end ends nothing\n10: 'reboot' belongs to the script"},
        {WITHOUT_INSTALL "%post\n  install --firstdisk\ninstall --firstdisk\n",
         "6: 'install' belongs to the script of %post in line 4\n4: no 'install'"},
        {WITHOUT_INSTALL "%post\nx\n%packages\ninstall --firstdisk --overwritevmfs\n", "6: '%packages' is obsolete"},
        {WITHOUT_INSTALL "%post\nx\nincludes=1\ninstall --firstdisk --overwritevmfs\n",
         "6: 'includes=1' is not a command"},
        {GOOD "  %post\nrootpw\n", "7: 'rootpw' belongs to the script of %post in line 6"},

        // Commands.
        {GOOD "instal --firstdisk\n",
         "6: 'instal' is not a command: the installer ignores it; did you mean 'install'?"},
        {GOOD "Reboot\n", "6: 'Reboot' is not a command"},
        {GOOD "\x1b[31m\n", "6: '\\x1b[31m' is not a command: the installer ignores it"},
        {GOOD "timezone UTC\n", "6: 'timezone' is obsolete"},
        {"vmaccepteula\nrootpw " HASH_ARGUMENT "\ninstall --firstdisk --overwritevmfs\npoweroff\n",
         "4: 'poweroff' is not a command: the installer ignores it, and waits for Enter"},
        {GOOD "install --firstdisk --overwritevmfs\n",
         "6: 'install' after line 3: the installer accepts only one install, upgrade or installorupgrade"},
        {GOOD "upgrade --firstdisk\n", "6: 'upgrade' after line 3"},

        // Words.
        {GOOD "keyboard US # English\n", "6: '#' behind a command begins a comment"},
        {GOOD "keyboard 'US # English'\n", "6: a quoted argument keeps its blanks"},
        {GOOD "keyboard US\\ English\n", "6: a quoted argument keeps its blanks"},
        {GOOD "keyboard \"US\n", "6: a quote is not closed"},
        {GOOD "keyboard 'a\\'\n", ""},
        {GOOD "keyboard \"a\\\"b\"\n", ""},
        {GOOD "keyboard US\\\n", "6: a quote is not closed, or a backslash ends the line"},
        {GOOD "keyboard \xc3\x9c\n", "6: the installer knows only ASCII characters"},

        // Passwords.
        {"rootpw Geheim#4711\n" WITHOUT_PASSWORD,
         "1: '#' within a word begins a comment, too\n1: root's password must have 7"},
        {"rootpw secret\n" WITHOUT_PASSWORD, "1: root's password must have 7 to 40 characters"},
        {"rootpw Secrets1\n" WITHOUT_PASSWORD, "1: root's password is too weak"},
        {"rootpw sEcrets1\n" WITHOUT_PASSWORD, "1: root's password is too weak"},
        {"rootpw sEcret1s\n" WITHOUT_PASSWORD, ""},
        {"rootpw\n" WITHOUT_PASSWORD, "1: 'rootpw' needs exactly one password"},
        {"rootpw two words\n" WITHOUT_PASSWORD, "1: 'rootpw' needs exactly one password"},
        {"rootpw --iscrypted secret\n" WITHOUT_PASSWORD, "1: 'rootpw --iscrypted' needs a hash"},
        {"rootpw --iscrypted $5$salt$hash\n" WITHOUT_PASSWORD, "1: 'rootpw --iscrypted' needs a hash"},
        {"rootpw " HASH " --iscrypted\n" WITHOUT_PASSWORD, ""},

        // Disks.
        {WITHOUT_INSTALL "install --overwritevmfs\n", "4: 'install' selects no disk"},
        {WITHOUT_INSTALL "install --firstdisk\n", "4: without --overwritevmfs the installer refuses a disk"},
        {WITHOUT_INSTALL "install --overwritevmfs --disk=mpx.vmhba32:C0:T0:L0\n",
         "4: --disk=mpx.vmhba32:C0:T0:L0: this name depends"},
        {WITHOUT_INSTALL "install --overwritevmfs --drive=/vmfs/devices/disks/mpx.vmhba1:C0:T0:L0\n", "4: --drive="},
        {WITHOUT_INSTALL "install --overwritevmfs --disk=/vmfs/devices/disks/naa.600\n", ""},
        {WITHOUT_INSTALL "installorupgrade --firstdisk=usb\n", ""},

        // Networks.
        {GOOD "network --bootproto=static --ip=10.0.0.2\n", ""},
        {GOOD "network --bootproto=static --device=vmnic0\n", "6: 'network --bootproto=static' without --ip"},
        {GOOD "network --bootproto=dhcp --ip=10.0.0.2 --gateway=10.0.0.1\n",
         "6: --ip with DHCP\n6: --gateway with DHCP"},
        {GOOD "network --hostname=a\n", "6: --hostname and --nameserver are ignored with DHCP"},
};

static bool begins_with_lines(const struct arguments *remarks, const char *expected)
{
        size_t i = 0;
        for (; *expected && i < remarks->count; i++) {
                size_t length = strcspn(expected, "\n");
                if (strncmp(remarks->values[i], expected, length) != 0)
                        return false;
                expected += length + (expected[length] == '\n');
        }
        return !*expected && i == remarks->count;
}

TEST(what_is_remarked_on_a_script)
{
        size_t wrong = 0;
        for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
                AUTO_KICKSTART struct kickstart kickstart = {0};
                read_kickstart(scripts[i].script, &kickstart);
                if (begins_with_lines(&kickstart.remarks, scripts[i].remarks))
                        continue;
                wrong++;
                print_message("# %s", scripts[i].script);
                for (size_t j = 0; j < kickstart.remarks.count; j++)
                        print_message("# -> %s\n", kickstart.remarks.values[j]);
        }
        assert_int_equal(wrong, 0);
}

// Every password in the scripts above.
TEST(no_remark_shows_a_password)
{
        static const char *const secrets[] = {"Geheim", "4711", "ecret", "words", "salt", "quoted1"};
        for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
                AUTO_KICKSTART struct kickstart kickstart = {0};
                read_kickstart(scripts[i].script, &kickstart);
                for (size_t j = 0; j < kickstart.remarks.count; j++) {
                        for (size_t k = 0; k < sizeof secrets / sizeof secrets[0]; k++)
                                assert_null(strstr(kickstart.remarks.values[j], secrets[k]));
                }
        }
}

TEST(a_file_that_is_no_kickstart)
{
        AUTO_TEXT struct text text = {0};
        AUTO_KICKSTART struct kickstart kickstart = {0};
        for (int i = 0; i < 1000; i++)
                text_add(&text, "something\n");
        read_kickstart(text_string(&text), &kickstart);
        assert_int_equal(kickstart.remarks.count, 35);
        assert_string_equal(kickstart.remarks.values[30], "1000: 970 more remarks are not shown");
        assert_true(text_starts_with(kickstart.remarks.values[34], "1000: no 'reboot'"));
}

// ---- options of an automatic one

static char *made_with(const struct kickstart_options *options)
{
        AUTO_ERROR struct error err = {0};
        struct text text = {0};
        assert_done(kickstart_make("Secret-99", "usb", options, &text, &err), &err);
        return text_take(&text);
}

#define STATIC "--bootproto=static --device=vmnic0 --ip=10.0.2.20 --netmask=255.255.255.0 --gateway=10.0.2.2"

TEST(options_become_the_installers_commands)
{
        static char *servers[] = {"10.0.2.3", "8.8.8.8", NULL};
        static const struct {
                struct kickstart_options options;
                const char *lines;
        } cases[] = {
                {{0},
                 "\nnetwork --bootproto=dhcp --device=vmnic0\nreboot\n\n%firstboot --interpreter=busybox\nvim-cmd"},
                {{.hostname = "esxi1"},
                 "=dhcp --device=vmnic0\nreboot\n\n%firstboot --interpreter=busybox\nesxcli system hostname set "
                 "--host=esxi1\n"},
                {{.hostname = "a.example.org"}, "\nesxcli system hostname set --fqdn=a.example.org\nvim-cmd"},
                {{.vlan = "4094"}, "\nnetwork --bootproto=dhcp --device=vmnic0 --vlanid=4094\n"},
                {{.vlan = "0"}, "\nnetwork --bootproto=dhcp --device=vmnic0\n"},
                {{.license = "abcde-12345-ABCDE-12345-ABCDE"},
                 "\nvmserialnum --esx=ABCDE-12345-ABCDE-12345-ABCDE\nreboot\n"},
                {{.ip = "10.0.2.20", .netmask = "255.255.255.0", .gateway = "10.0.2.2"},
                 "\nnetwork " STATIC "\nreboot\n"},
                {{.ip = "10.0.2.20",
                  .netmask = "255.255.255.0",
                  .gateway = "10.0.2.2",
                  .dns = {servers, 2},
                  .hostname = "a-1",
                  .vlan = "7"},
                 "\nnetwork " STATIC " --nameserver=10.0.2.3,8.8.8.8 --hostname=a-1 --vlanid=7\nreboot\n\n%firstboot "
                 "--interpreter=busybox\nvim-cmd"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_KICKSTART struct kickstart kickstart = {0};
                AUTO_FREE char *made = made_with(&cases[i].options);
                assert_contains(made, cases[i].lines);
                read_kickstart(made, &kickstart);
                assert_int_equal(kickstart.remarks.count, 0);
        }
}

#define NETWORK(address, mask, router) .ip = (address), .netmask = (mask), .gateway = (router)
#define LABEL_63                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

TEST(options_that_are_refused)
{
        static char *servers[] = {"10.0.2.3", "8.8.8.8", "9.9.9.9", NULL};
        static char *wrong[] = {"10.0.2.3,8.8.8.8", NULL};
        static const struct {
                struct kickstart_options options;
                const char *message;
        } cases[] = {
                {{.ip = "10.0.2.20"}, "--ip 10.0.2.20 needs --netmask and --gateway"},
                {{.ip = "10.0.2.20", .netmask = "255.0.0.0"}, "--ip 10.0.2.20 needs --netmask and --gateway"},
                {{.netmask = "255.0.0.0"}, "--netmask 255.0.0.0 needs --ip"},
                {{.gateway = "10.0.2.2"}, "--gateway 10.0.2.2 needs --ip"},
                {{.dns = {servers, 1}}, "--dns 10.0.2.3 needs --ip; without it the host uses DHCP"},
                {{NETWORK("10.0.2", "255.0.0.0", "10.0.2.2")},
                 "--ip: invalid value '10.0.2' (expected the IPv4 address of a host"},
                {{NETWORK("10.0.2.256", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value '10.0.2.256'"},
                {{NETWORK("010.0.2.3", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value '010.0.2.3'"},
                {{NETWORK("::1", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value '::1'"},
                {{NETWORK("127.0.0.1", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value '127.0.0.1'"},
                {{NETWORK("224.0.0.1", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value '224.0.0.1'"},
                {{NETWORK("0.0.0.1", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value '0.0.0.1'"},
                {{NETWORK("10.0.2.3\n", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value '10.0.2.3\\x0a'"},
                {{NETWORK("", "255.0.0.0", "10.0.2.2")}, "--ip: invalid value ''"},
                {{NETWORK("10.0.2.20", "255.0.255.0", "10.0.2.2")},
                 "--netmask: invalid value '255.0.255.0' (expected ones, then zeros"},
                {{NETWORK("10.0.2.20", "255.255.255.255", "10.0.2.2")}, "--netmask: invalid value '255.255.255.255'"},
                {{NETWORK("10.0.2.20", "255.255.255.254", "10.0.2.2")}, "--netmask: invalid value '255.255.255.254'"},
                {{NETWORK("10.0.2.20", "0.0.0.0", "10.0.2.2")}, "--netmask: invalid value '0.0.0.0'"},
                {{NETWORK("10.0.2.20", "24", "10.0.2.2")}, "--netmask: invalid value '24'"},
                {{NETWORK("10.0.2.20", "255.255.255.0", "10.0.3.2")},
                 "--gateway: 10.0.3.2 is not another host in the network of --ip 10.0.2.20 by --netmask 255.255.255.0"},
                {{NETWORK("10.0.2.20", "255.255.255.0", "10.0.2.20")}, "--gateway: 10.0.2.20 is not another host"},
                {{NETWORK("10.0.2.20", "255.255.255.0", "10.0.2.255")}, "--gateway: 10.0.2.255 is not another host"},
                {{NETWORK("10.0.2.0", "255.255.255.0", "10.0.2.2")}, "--ip: 10.0.2.0 is the first or last address"},
                {{NETWORK("10.0.2.255", "255.255.255.0", "10.0.2.2")}, "--ip: 10.0.2.255 is the first or last address"},
                {{NETWORK("10.0.2.20", "255.255.255.0", "10.0.2.2"), .dns = {servers, 3}},
                 "--dns: 9.9.9.9 is one too many"},
                {{NETWORK("10.0.2.20", "255.255.255.0", "10.0.2.2"), .dns = {wrong, 1}},
                 "--dns: invalid value '10.0.2.3,8.8.8.8'"},
                {{.hostname = ""}, "--hostname: invalid value ''"},
                {{.hostname = "a_b"}, "--hostname: invalid value 'a_b' (expected a host name"},
                {{.hostname = "-a"}, "--hostname: invalid value '-a'"},
                {{.hostname = "a-.org"}, "--hostname: invalid value 'a-.org'"},
                {{.hostname = "a..b"}, "--hostname: invalid value 'a..b'"},
                {{.hostname = "a."}, "--hostname: invalid value 'a.'"},
                {{.hostname = "10.0.2.20"}, "--hostname: invalid value '10.0.2.20'"},
                {{.hostname = "a b"}, "--hostname: invalid value 'a b'"},
                {{.hostname = LABEL_63 "a"}, "--hostname: invalid value"},
                {{.hostname = LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63}, "--hostname: invalid value"},
                {{.vlan = "4095"}, "--vlan: invalid value '4095' (expected 1 to 4094, or 0 for none)"},
                {{.vlan = "-1"}, "--vlan: invalid value '-1'"},
                {{.vlan = "7 "}, "--vlan: invalid value '7 '"},
                {{.license = "12345-12345-12345-12345"}, "--license: invalid key (expected five groups"},
                {{.license = "12345-12345-12345-12345-1234\n"}, "--license: invalid key"},
                {{.license = "12345-12345-12345-12345-123456"}, "--license: invalid key"},
                {{.license = "12345 12345 12345 12345 12345"}, "--license: invalid key"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_TEXT struct text text = {0};
                if (kickstart_make("Secret-99", "usb", &cases[i].options, &text, &err))
                        fail_msg("not refused: %s", cases[i].message);
                assert_error(&err, ERROR_USAGE, cases[i].message);
                if (cases[i].options.license)
                        assert_null(strstr(err.message, "12345"));
        }
}

TEST(names_of_hosts)
{
        static const char *const names[] = {"a",      "1a",          "3com.example",
                                            LABEL_63, "A-1.b--c.D4", LABEL_63 "." LABEL_63 "." LABEL_63};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                AUTO_FREE char *made = made_with(&(struct kickstart_options){.hostname = names[i]});
                assert_contains(made, names[i]);
        }
}

TEST(options_belong_to_an_automatic_kickstart)
{
        static char *servers[] = {"10.0.2.3", NULL};
        static const struct {
                struct kickstart_options options;
                const char *message;
        } cases[] = {
                {{.hostname = "a"}, "--hostname needs --kickstart auto"},
                {{.ip = "10.0.2.3"}, "--ip needs --kickstart auto"},
                {{.netmask = "x"}, "--netmask needs --kickstart auto"},
                {{.gateway = "x"}, "--gateway needs --kickstart auto"},
                {{.dns = {servers, 1}}, "--dns needs --kickstart auto"},
                {{.vlan = "0"}, "--vlan needs --kickstart auto"},
                {{.license = "x"}, "--license needs --kickstart auto"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                assert_false(kickstart_options_check(&cases[i].options, false, &err));
                assert_error(&err, ERROR_USAGE, cases[i].message);
        }
        assert_true(kickstart_options_check(&(struct kickstart_options){0}, false, NULL));
}
