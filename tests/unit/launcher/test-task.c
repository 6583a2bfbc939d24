// SPDX-License-Identifier: Apache-2.0
//
// Tasks against a console that is a few menus, on a clock of its own. The functions of vm.h, judge.h, evidence.h,
// display.h and time.h that the driver calls are defined here, so that the linker takes none of the library's.
#include "tests/unit/scratch.h"

#include <jansson.h>

#include "base/time.h"
#include "launcher/drive/drive.h"
#include "launcher/evidence/evidence.h"
#include "launcher/evidence/judge.h"
#include "launcher/machine/keys.h"
#include "launcher/screen/display.h"
#include "launcher/vm/vm.h"

enum {
        LEFT = 3,
        PANE = 30, // columns of the menu
        TOP = 5,   // its first row, from 1
        ROWS_LIMIT = 300,
        SECOND = 1000000,
};

enum place {
        CONSOLE,
        LOGIN,
        MENU,
        OPTIONS,
        LOGS,
        FORM,
};

static struct guest {
        uint64_t now_us;
        struct vm_state state;
        struct console *console;
        json_t *status;
        struct text steps, keys;
        enum place place;
        const char *rows[ROWS_LIMIT]; // of the menu
        int count, visible, first, selected;
        bool goes_round, shows_no_selection, has_title_bar, whole_row;
        unsigned swallow; // so many keys are lost
        size_t typed;     // characters of the password
        bool is_refused, is_enabled[2];
        char name[64], kept[80]; // in the form
        unsigned name_keys, lost_key;
} guest;

uint64_t time_now_us(void)
{
        return guest.now_us;
}

uint64_t time_now_ms(void)
{
        return guest.now_us / 1000;
}

struct console *vm_console(struct vm *vm)
{
        (void)vm;
        return guest.console;
}

const struct vm_state *vm_state(const struct vm *vm)
{
        (void)vm;
        return &guest.state;
}

bool vm_wait(struct vm *vm, uint64_t deadline_us, enum vm_event *event, struct error *err)
{
        (void)vm;
        (void)err;
        guest.now_us = deadline_us > guest.now_us ? deadline_us : guest.now_us + 1;
        *event = VM_DEADLINE;
        return true;
}

void vm_be_patient(struct vm *vm, bool patient)
{
        (void)vm;
        (void)patient;
}

bool vm_fail_ended(const struct vm *vm, struct error *err)
{
        (void)vm;
        return error_set(err, ERROR_ENVIRONMENT, "QEMU ended");
}

bool judge_check(const struct judge *judge, struct error *err)
{
        (void)judge;
        (void)err;
        return true;
}

const char *judge_last_line(const struct judge *judge)
{
        (void)judge;
        return "";
}

json_t *vm_status(struct vm *vm)
{
        (void)vm;
        return guest.status;
}

void evidence_event(struct evidence *evidence, const char *kind, json_t *fields)
{
        (void)evidence;
        if (strcmp(kind, "step") == 0)
                text_add_format(&guest.steps, "%s ", json_string_value(json_object_get(fields, "step")));
        json_decref(fields);
}

void display_console_line(struct display *display, const char *line)
{
        (void)display;
        (void)line;
}

void display_step(struct display *display, const char *format, ...)
{
        (void)display;
        (void)format;
}

void display_waiting(struct display *display, const char *format, ...)
{
        (void)display;
        (void)format;
}

void display_percent(struct display *display, int percent)
{
        (void)display;
        (void)percent;
}

void display_tick(struct display *display)
{
        (void)display;
}

uint64_t display_due_us(const struct display *display)
{
        (void)display;
        return UINT64_MAX;
}

// The guest.

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void print(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *text = text_format_list(format, arguments);
        va_end(arguments);
        guest.state.last_output_us = guest.now_us;
        console_feed_at(guest.console, text, strlen(text), guest.now_us);
}

static void draw_rows(const char *const *rows, int count, int visible, const char *title)
{
        if (guest.selected < guest.first)
                guest.first = guest.selected;
        if (guest.selected >= guest.first + visible)
                guest.first = guest.selected - visible + 1;
        print("%s\033[3;%dH%-*s%s", guest.has_title_bar ? "\033[44m" : "", LEFT, 70, title, "\033[0m");
        for (int i = 0; i < visible && guest.first + i < count; i++) {
                bool is_selected = guest.first + i == guest.selected && !guest.shows_no_selection;
                // Beside each row stands something else.
                print("\033[%d;%dH%s%-*s%s  about row %d", TOP + i, LEFT, is_selected ? "\033[7m" : "",
                      guest.whole_row ? PANE : 0, rows[guest.first + i], guest.whole_row ? "\033[0m" : "\033[0m\033[K",
                      guest.first + i);
        }
        print("\033[23;%dH<Esc> Exit", LEFT);
}

static const char *option_rows[5] = {"", "", "Modify timeouts", "Modify ESXi Shell and SSH timeouts", "Restart"};

static void draw(void)
{
        print("\033[0m\033[2J");
        switch (guest.place) {
        case CONSOLE:
                print("\033[4;4HTo manage this host, go to:");
                break;
        case LOGIN:
                print("\033[4;4HAuthentication Required\033[6;4HPassword: %.*s\033[8;4H%s\033[9;4H<Enter> OK",
                      (int)guest.typed, "********************", guest.is_refused ? "Login incorrect" : "");
                break;
        case MENU:
                draw_rows(guest.rows, guest.count, guest.visible, "System Customization");
                break;
        case OPTIONS:
                option_rows[0] = guest.is_enabled[0] ? "Disable ESXi Shell" : "Enable ESXi Shell";
                option_rows[1] = guest.is_enabled[1] ? "Disable SSH" : "Enable SSH";
                draw_rows(option_rows, 5, 5, "Troubleshooting Mode Options");
                break;
        case LOGS:
                print("\033[4;4HLogs\033[9;4H<Esc> Exit");
                break;
        case FORM:
                print("\033[4;4HHost name: %s\033[6;4H%s\033[9;4H<Esc> Exit", guest.name, guest.kept);
                break;
        }
}

static void go(enum place place)
{
        guest.place = place;
        guest.first = guest.selected = 0;
        guest.is_refused = false;
}

static void take_at_login(const char *key)
{
        if (strcmp(key, "Enter") == 0) {
                guest.is_refused = guest.typed != strlen("secret");
                guest.typed = 0;
                if (!guest.is_refused)
                        go(MENU);
        } else if (strcmp(key, "Escape") == 0) {
                go(CONSOLE);
        } else if (!key[1]) {
                guest.typed++;
        }
}

static void take_in_form(const char *key)
{
        size_t length = strlen(guest.name);
        if (strcmp(key, "\025") == 0)
                guest.name[0] = '\0';
        else if (strcmp(key, "Enter") == 0)
                snprintf(guest.kept, sizeof guest.kept, "Kept %s", guest.name);
        else if (strcmp(key, "Escape") == 0)
                go(CONSOLE);
        else if (strcmp(key, "Backspace") == 0 && length)
                guest.name[length - 1] = '\0';
        else if ((!key[1] || strcmp(key, "Space") == 0) && ++guest.name_keys != guest.lost_key)
                snprintf(guest.name + length, sizeof guest.name - length, "%s", key[1] ? " " : key);
}

static void take_in_menu(const char *key)
{
        int count = guest.place == MENU ? guest.count : 5;
        int step = strcmp(key, "Down") == 0 ? 1 : strcmp(key, "Up") == 0 ? -1 : 0;
        int to = guest.selected + step;
        if (guest.goes_round)
                to = (to + count) % count;
        if (to >= 0 && to < count)
                guest.selected = to;
        bool enters = strcmp(key, "Enter") == 0;
        if (strcmp(key, "Escape") == 0)
                go(guest.place == OPTIONS ? MENU : CONSOLE);
        else if (enters && guest.place == OPTIONS && guest.selected < 2)
                guest.is_enabled[guest.selected] = !guest.is_enabled[guest.selected];
        else if (enters && guest.place == MENU && strcmp(guest.rows[guest.selected], "Troubleshooting Options") == 0)
                go(OPTIONS);
}

bool vm_send(struct vm *vm, const char *bytes, size_t size, uint64_t answer_us, struct error *err)
{
        (void)vm;
        (void)answer_us;
        (void)err;
        AUTO_FREE char *sent = text_format("%.*s", (int)size, bytes);
        const char *key = sent;
        for (const char *const *names = key_names(); *names; names++) {
                if (strcmp(key_bytes(*names), sent) == 0)
                        key = *names;
        }
        guest.now_us += 1000;
        if (guest.swallow) {
                guest.swallow--;
                return true;
        }
        text_add_format(&guest.keys, "%s ", key);
        if (guest.place == LOGIN)
                take_at_login(key);
        else if (guest.place == MENU || guest.place == OPTIONS)
                take_in_menu(key);
        else if (guest.place == FORM)
                take_in_form(key);
        else if (guest.place == CONSOLE && strcmp(key, "F3") == 0)
                go(FORM);
        else if (guest.place == LOGS && strcmp(key, "Escape") == 0)
                go(MENU);
        else if (guest.place == CONSOLE && strcmp(key, "F2") == 0)
                go(LOGIN);
        else
                return true;
        draw();
        return true;
}

// A run of the task `ssh`.
static const char profile_text[] =
        "name: test\n"
        "title: a test\n"
        "machine: {memory: 1024, cpus: 2, disk_size: 40G}\n"
        "boot_label: VMware ESXi\n"
        "settle_ms: 30\n"
        "resend_ms: 1500\n"
        "disk_row: '(?<size>\\d+) (?<unit>[KMGT]iB)\\b'\n"
        "install:\n"
        "  steps: [{id: a, title: A, screen: A}]\n"
        "  criteria: [{name: a, kind: required, line: b}]\n"
        "reboot: {criteria: [{name: a, kind: required, line: b}]}\n"
        "boot: {criteria: [{name: a, kind: required, line: b}]}\n"
        "tasks:\n"
        "  - name: ssh\n"
        "    title: Enable SSH\n"
        "    begin: ['Escape?', F2]\n"
        "    steps:\n"
        "      - {id: login, title: A, screen: [Authentication, OK], keys: [<password>, Enter], optional: true}\n"
        "      - {id: menu, title: B, screen: [Customization, Exit], keys: ['<row: ^Troubleshooting>', Enter]}\n"
        "      - {id: ssh, title: C, screen: [Troubleshooting Mode, Enable SSH, Exit], keys: ['<row: ^Enable SSH>', "
        "Enter], optional: true}\n"
        "      - {id: done, title: D, screen: [Troubleshooting Mode, Disable SSH, Exit], keys: [Escape, Escape], wait: "
        "20}\n"
        "    anytime:\n"
        "      - {id: refused, title: E, screen: Login incorrect, fail: the password is wrong}\n"
        "  - name: name\n"
        "    title: Host name\n"
        "    begin: [F3]\n"
        "    steps:\n"
        "      - {id: form, title: A, screen: 'Host name', keys: ['Ctrl-U?', '<text: {name}-{hostname}.{{x>', Enter]}\n"
        "      - {id: kept, title: B, screen: Kept, keys: [Escape]}\n";

static struct run {
        struct profile *profile;
        struct drive *drive;
        const char *password, *task;
        struct arguments texts;
        struct error err;
} run;

static int begin(void **state)
{
        static const char *const rows[] = {"Configure Password", "Network", "Troubleshooting Options", "System Logs"};
        if (scratch_begin(state) != 0)
                return -1;
        guest = (struct guest){.now_us = SECOND, .count = 4, .visible = 4, .whole_row = true};
        memcpy(guest.rows, rows, sizeof rows);
        guest.status = json_object();
        guest.console = console_new();
        run = (struct run){.password = "secret", .task = "ssh"};
        write_text("test.yaml", profile_text);
        draw();
        return 0;
}

static int finish(void **state)
{
        console_free(&guest.console);
        json_decref(guest.status);
        text_free(&guest.steps);
        text_free(&guest.keys);
        drive_free(&run.drive);
        profile_free(&run.profile);
        error_clear(&run.err);
        arguments_free(&run.texts);
        return scratch_end(state);
}
#define DRIVEN(name) TEST_WITH(name, begin, finish)

// The profile with one piece of it replaced.
static void change_profile(const char *find, const char *replacement)
{
        AUTO_FREE char *old = read_text("test.yaml");
        const char *at = strstr(old, find);
        assert_non_null(at);
        AUTO_FREE char *text = text_format("%.*s%s%s", (int)(at - old), old, replacement, at + strlen(find));
        write_text("test.yaml", text);
}

static bool do_task(void)
{
        drive_free(&run.drive);
        profile_free(&run.profile);
        run.profile = profile_read("./test.yaml", &run.err);
        assert_done(run.profile, &run.err);
        const struct profile_task *task = profile_task(run.profile, run.task, &run.err);
        assert_done(task, &run.err);
        const struct fill fill = {.hostname = "machine", .label = "ESXi", .given = &run.texts};
        const struct drive_input input = {
                .profile = run.profile, .task = task, .password = run.password, .fill = &fill};
        run.drive = drive_new(&input);
        text_clear(&guest.steps);
        text_clear(&guest.keys);
        return drive_task(run.drive, &run.err);
}

static void expect_done(const char *steps)
{
        assert_done(do_task(), &run.err);
        assert_string_equal(text_string(&guest.steps), steps);
        assert_true(guest.is_enabled[1]);
        assert_int_equal(guest.place, CONSOLE);
}

static void expect_failure(enum error_code code, const char *message)
{
        assert_false(do_task());
        assert_error(&run.err, code, message);
}

DRIVEN(a_task_is_done_and_nothing_changes_the_second_time)
{
        expect_done("login menu ssh done ");
        assert_string_equal(text_string(&guest.keys),
                            "Escape F2 s e c r e t Enter Down Down Enter Down Enter Escape Escape ");
        assert_false(guest.is_enabled[0]);
        expect_done("login menu done ");
}

DRIVEN(lost_keys_are_sent_again)
{
        guest.swallow = 3;
        expect_done("login menu ssh done ");
}

DRIVEN(a_task_goes_on_from_the_screen_that_is_there)
{
        go(OPTIONS);
        draw();
        expect_done("ssh done ");
        go(MENU);
        draw();
        expect_done("menu done ");
        // Escape leads to a step: F2 is not sent into the menu.
        go(LOGS);
        draw();
        expect_done("menu done ");
}

DRIVEN(a_refused_password_ends_the_task_and_the_next_one_begins_anew)
{
        run.password = "wrong";
        expect_failure(ERROR_NO, "the password is wrong");
        assert_int_equal(guest.place, LOGIN);
        error_clear(&run.err);
        run.password = "secret";
        expect_done("login menu ssh done ");
}

DRIVEN(a_step_that_does_not_come_times_out)
{
        change_profile("Disable SSH", "Never");
        expect_failure(ERROR_TIMED_OUT, "step timed out: 'done' (D) did not appear within 20 s");
}

DRIVEN(a_screen_of_another_step_is_named)
{
        change_profile("      - {id: menu,", "      - {id: news, title: N, screen: News, keys: [Enter], wait: 20}\n"
                                             "      - {id: menu,");
        expect_failure(ERROR_TIMED_OUT, "'news' (N) did not appear within 20 s, but the screen is that of the step "
                                        "'menu' (B), which comes only after that one; is that one optional?");
}

DRIVEN(a_guest_that_powers_off_ends_the_task)
{
        guest.state.shut_down = true;
        expect_failure(ERROR_NO, "the guest powered itself off before the end of the task");
}

// Texts.

DRIVEN(a_text_is_typed_with_its_values)
{
        run.task = "name";
        arguments_add(&run.texts, "name=a=b");
        strcpy(guest.name, "localhost");
        assert_done(do_task(), &run.err);
        assert_string_equal(guest.kept, "Kept a=b-machine.{x");
        assert_string_equal(text_string(&guest.steps), "form kept ");
        assert_int_equal(guest.place, CONSOLE);
}

DRIVEN(a_text_whose_character_was_lost_is_typed_again)
{
        run.task = "name";
        arguments_add(&run.texts, "name=longer than a narrow field");
        guest.lost_key = 40;
        assert_done(do_task(), &run.err);
        assert_string_equal(guest.kept, "Kept longer than a narrow field-machine.{x");
}

DRIVEN(texts_need_their_values_and_values_their_texts)
{
        static const struct {
                const char *given, *message;
        } cases[] = {
                {NULL, "types {name}, which has no value: use --set name=VALUE"},
                {"nam=x", "--set nam=x: no text of the guest profile has {nam}"},
                {"name", "--set: invalid value 'name' (expected KEY=VALUE)"},
                {"=x", "--set: invalid value '=x' (expected KEY=VALUE)"},
                {"name=\n", "--set name: the value must be printable ASCII"},
        };
        assert_false(profile_task(run.profile = profile_read("./test.yaml", &run.err), "nam", &run.err));
        assert_error(&run.err, ERROR_USAGE, "did you mean 'name'?");
        error_clear(&run.err);
        const struct profile_task *task = profile_task(run.profile, "name", &run.err);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ARGUMENTS struct arguments given = {0};
                if (cases[i].given)
                        arguments_add(&given, cases[i].given);
                assert_false(fill_check(&task->phase, &given, &run.err));
                assert_error(&run.err, ERROR_USAGE, cases[i].message);
                error_clear(&run.err);
        }
        AUTO_ARGUMENTS struct arguments given = {0};
        arguments_add(&given, "name=");
        assert_done(fill_check(&task->phase, &given, &run.err), &run.err);
        static const char *const bad[] = {"{", "{x", "{}", "{X}", "a\tb", "{password}"};
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                assert_false(fill_check_text(bad[i], &run.err));
                error_clear(&run.err);
        }
}

// Rows of a menu.

DRIVEN(the_text_alone_may_be_marked)
{
        guest.whole_row = false;
        expect_done("login menu ssh done ");
}

DRIVEN(a_title_on_another_background_is_not_the_selected_row)
{
        guest.has_title_bar = true;
        expect_done("login menu ssh done ");
}

static void fill_rows(int count, int place)
{
        static char names[ROWS_LIMIT][24];
        for (int i = 0; i < count; i++) {
                snprintf(names[i], sizeof names[i], "Entry %d.", i);
                guest.rows[i] = names[i];
        }
        if (place >= 0)
                guest.rows[place] = "Troubleshooting Options";
        guest.count = count;
        guest.visible = 5;
}

DRIVEN(a_long_menu_is_walked)
{
        fill_rows(30, 0);
        expect_done("login menu ssh done ");
        fill_rows(30, 17);
        expect_done("login menu done ");
        fill_rows(30, 29);
        expect_done("login menu done ");
        // From the lower end up.
        fill_rows(30, 2);
        go(MENU);
        guest.selected = 29;
        draw();
        expect_done("menu done ");
}

DRIVEN(a_menu_may_go_round)
{
        guest.goes_round = true;
        fill_rows(12, 9);
        expect_done("login menu ssh done ");
        fill_rows(12, -1);
        expect_failure(ERROR_NO, "no row matches '^Troubleshooting'; the rows are: 'Entry 0.', 'Entry 1.'");
        assert_contains(run.err.message, "'Entry 11.'");
}

DRIVEN(a_missing_row_is_an_error_with_the_rows_there_are)
{
        guest.rows[2] = "Trouble";
        expect_failure(ERROR_NO, "no row matches '^Troubleshooting'; the rows are: 'Configure Password', 'Network', "
                                 "'Trouble', 'System Logs'");
        error_clear(&run.err);
        fill_rows(30, -1);
        go(CONSOLE);
        draw();
        expect_failure(ERROR_NO, "no row matches");
        assert_contains(run.err.message, "'Entry 0.', 'Entry 1.'");
        assert_contains(run.err.message, "'Entry 28.', 'Entry 29.'");
}

DRIVEN(two_rows_that_match_are_an_error)
{
        guest.rows[0] = "Troubleshooting as well";
        expect_failure(ERROR_NO, "more than one row matches '^Troubleshooting'");
}

DRIVEN(a_menu_without_a_selected_row_is_an_error)
{
        guest.shows_no_selection = true;
        expect_failure(ERROR_NO, "the screen shows no selected row, looking for '^Troubleshooting'");
}

DRIVEN(a_menu_without_an_end_is_an_error)
{
        fill_rows(ROWS_LIMIT, -1);
        expect_failure(ERROR_NO, "the list did not end after 256 rows");
}
