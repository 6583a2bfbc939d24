// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "launcher/screen/menu.h"

#define ALL                                                                                                            \
        (MENU_OFFER(MENU_LEAVE) | MENU_OFFER(MENU_POWER_OFF) | MENU_OFFER(MENU_RESET) | MENU_OFFER(MENU_SCREENSHOT) |  \
         MENU_OFFER(MENU_RESUME))

// Types TEXT up to a choice; the keys for the guest must be EXPECTED, and EXPECTED_TAKEN bytes must be used.
static enum menu_choice type(struct menu *menu, const char *text, const char *expected, size_t expected_taken)
{
        AUTO_BUFFER struct buffer keys = {0};
        size_t taken = 99;
        enum menu_choice choice = menu_typed(menu, text, strlen(text), &keys, &taken);
        assert_int_equal(keys.size, strlen(expected));
        assert_true(!keys.size || memcmp(keys.data, expected, keys.size) == 0);
        assert_int_equal(taken, expected_taken);
        return choice;
}

TEST(all_keys_except_the_menu_key_go_to_the_guest)
{
        struct menu menu = {.offered = ALL, .leave_text = "leave"};
        assert_int_equal(type(&menu, "root\r\003\033[23~qrs", "root\r\003\033[23~qrs", 14), MENU_NONE);
        assert_false(menu.open);
}

TEST(keys_choose_in_either_case)
{
        static const struct {
                const char *typed;
                enum menu_choice choice;
        } cases[] = {
                {"\035q", MENU_LEAVE},      {"\035Q", MENU_LEAVE},  {"\035o", MENU_POWER_OFF}, {"\035r", MENU_RESET},
                {"\035s", MENU_SCREENSHOT}, {"\035A", MENU_RESUME}, {"\035x", MENU_NONE},      {"\035\033", MENU_NONE},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct menu menu = {.offered = ALL, .leave_text = "leave"};
                assert_int_equal(type(&menu, cases[i].typed, "", 2), cases[i].choice);
                assert_false(menu.open);
        }
}

TEST(only_offered_choices_can_be_chosen)
{
        struct menu menu = {.offered = MENU_OFFER(MENU_LEAVE), .leave_text = "leave it running"};
        assert_int_equal(type(&menu, "\035o", "", 2), MENU_NONE);
        assert_int_equal(type(&menu, "\035", "", 1), MENU_NONE);
        assert_true(menu.open);
        AUTO_FREE char *text = menu_text(&menu);
        assert_string_equal(text, "q leave it running   Esc back");
}

TEST(the_menu_key_twice_sends_it_to_the_guest)
{
        struct menu menu = {.offered = ALL, .leave_text = "leave"};
        assert_int_equal(type(&menu, "a\035\035b", "a\035b", 4), MENU_NONE);
        AUTO_FREE char *text = menu_text(&menu);
        assert_string_equal(text, "Ctrl-] for a menu");
}

TEST(a_choice_keeps_the_rest_of_the_input)
{
        struct menu menu = {.offered = ALL, .leave_text = "leave"};
        assert_int_equal(type(&menu, "a\035qb", "a", 3), MENU_LEAVE);
        // The key and its choice may come in two pieces.
        assert_int_equal(type(&menu, "\035", "", 1), MENU_NONE);
        assert_int_equal(type(&menu, "r", "", 1), MENU_RESET);
}
