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
                assert_done(kickstart_make("Secret-99", cases[i].type, &text, &err), &err);
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
                assert_true(kickstart.accepts_eula);
                assert_string_equal(kickstart.disk, cases[i].disk);
        }
}

TEST(commands_of_a_kickstart_are_recognised)
{
        static const struct {
                const char *text;
                bool eula, includes;
                const char *disk;
        } cases[] = {
                {"", false, false, NULL},
                {"vmaccepteula\ninstall --firstdisk --overwritevmfs", true, false, "--firstdisk"},
                {"accepteula\r\n  install --overwritevmfs --disk=mpx.vmhba32:C0:T0:L0\r\n", true, false,
                 "--disk=mpx.vmhba32:C0:T0:L0"},
                {"install --drive=naa.1\ninstall --disk=2\n", false, false, "--drive=naa.1"},
                {"install\n", false, false, ""},
                {"install --diskless\n", false, false, ""},
                {"#vmaccepteula\n# install --firstdisk\n", false, false, NULL},
                {"%include /tmp/disk.cfg\n", false, true, NULL},
                {"%pre --interpreter=busybox\ninstall --firstdisk\nvmaccepteula\n", false, false, NULL},
                {"%post\nx\n%include /tmp/a\ninstall --firstdisk=esx\n", false, true, "--firstdisk=esx"},
                {"installorupgrade --firstdisk=local", false, false, "--firstdisk=local"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_KICKSTART struct kickstart kickstart = {0};
                read_kickstart(cases[i].text, &kickstart);
                bool same =
                        cases[i].disk ? kickstart.disk && strcmp(kickstart.disk, cases[i].disk) == 0 : !kickstart.disk;
                if (kickstart.accepts_eula != cases[i].eula || kickstart.includes != cases[i].includes || !same)
                        fail_msg("%s: %d %d %s", cases[i].text, kickstart.accepts_eula, kickstart.includes,
                                 kickstart.disk ? kickstart.disk : "none");
        }
        struct kickstart kickstart;
        AUTO_ERROR struct error err = {0};
        assert_false(kickstart_read((struct bytes){(const uint8_t *)"install --disk=x\na\0b", 20}, &kickstart, &err));
        assert_error(&err, ERROR_DAMAGED, "NUL");
}
