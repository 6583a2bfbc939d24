// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "launcher/machine/keys.h"

// The terminal descriptions that ncurses carries are the oracle: tput prints what a terminal sends for a key.
static const struct {
        const char *key, *terminal, *capability;
} described[] = {
        {"F1", "vt220", "kf1"},     {"F2", "vt220", "kf2"},        {"F3", "vt220", "kf3"},
        {"F4", "vt220", "kf4"},     {"F5", "xterm", "kf5"},        {"F6", "vt220", "kf6"},
        {"F7", "vt220", "kf7"},     {"F8", "vt220", "kf8"},        {"F9", "vt220", "kf9"},
        {"F10", "vt220", "kf10"},   {"F11", "vt220", "kf11"},      {"F12", "vt220", "kf12"},
        {"Up", "vt220", "kcuu1"},   {"Down", "vt220", "kcud1"},    {"Right", "vt220", "kcuf1"},
        {"Left", "vt220", "kcub1"}, {"Insert", "vt220", "kich1"},  {"Delete", "linux", "kdch1"},
        {"PageUp", "vt220", "kpp"}, {"PageDown", "vt220", "knp"},  {"Home", "linux", "khome"},
        {"End", "linux", "kend"},   {"Backspace", "linux", "kbs"}, {"Tab", "linux", "ht"},
        {"Enter", "linux", "cr"},
};

TEST(keys_send_what_the_terminal_sends)
{
        for (size_t i = 0; i < sizeof described / sizeof described[0]; i++) {
                AUTO_FREE char *expected =
                        shell_output("tput -T %s %s", described[i].terminal, described[i].capability);
                const char *bytes = key_bytes(described[i].key);
                assert_non_null(bytes);
                if (strcmp(bytes, expected) != 0)
                        fail_msg("%s is not what a %s sends", described[i].key, described[i].terminal);
        }
}

TEST(a_character_is_its_own_name)
{
        for (int character = '!'; character <= '~'; character++) {
                char name[2] = {(char)character, '\0'};
                assert_string_equal(key_bytes(name), name);
        }
        assert_string_equal(key_bytes("Space"), " ");
}

TEST(other_names_are_not_keys)
{
        static const char *const wrong[] = {"",     " ",      "enter",  "ENTER",    "F0",     "F13",
                                            "f1",   "Enter ", " Enter", "ab",       "\t",     "\r",
                                            "\x7F", "\x80",   "\xC3",   "\xC3\xBC", "Retrun", "<password>"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                if (key_bytes(wrong[i]))
                        fail_msg("'%s' was taken for a key", wrong[i]);
        }
}

TEST(every_name_in_the_list_is_a_key)
{
        size_t count = 0;
        for (const char *const *name = key_names(); *name; name++, count++)
                assert_non_null(key_bytes(*name));
        assert_true(count > 25);
}
