// SPDX-License-Identifier: Apache-2.0
//
// The driver against a guest that is a table of pages, on a clock of its own: an hour of waiting takes no time, and every
// run is the same. The functions of vm.h, judge.h, evidence.h, display.h and time.h that the driver and what it stands on call
// are defined here, so that the linker takes none of the library's; the screen is the real one.
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
        QUEUE_LIMIT = 4096,
        DISKS_LIMIT = 32,
        VISIBLE = 5,
        MS = 1000,
        SECOND = 1000 * MS,
        LIST_TOP = 9, // first row of the list, from 1
};

// One screen of the guest: its text, and what its keys lead to.
struct page {
        const char *id, *text;
        struct {
                const char *key, *next;
        } ways[3];
        void (*take)(const char *key);
};

static struct guest {
        uint64_t now_us;
        struct vm_state state;
        struct console *console;
        json_t *status;
        const struct page *pages, *page;
        struct {
                uint64_t at_us;
                char *bytes;
                const struct page *opens; // listens from then on
        } queue[QUEUE_LIMIT];
        size_t queued, played;
        uint64_t last_at_us; // when the last of the queue plays
        struct text taken;   // "welcome:Enter eula:F11 ..."
        struct text sent;    // times of all keys, in ms
        struct text answers; // for how long what answers them gathers, in ms
        uint64_t answer_us;  // of the last key, until it has
        unsigned cut_short;  // answers that were looked at sooner
        bool patient;
        struct text steps, timeouts;
        unsigned keys;
        int percent;

        // How it behaves.
        uint64_t latency_us; // until a key has its effect
        uint64_t row_us;     // pause between two rows that are drawn
        uint64_t deaf_us;    // how long a new page throws its keys away
        unsigned swallow;    // so many keys are lost
        bool hangs;
        uint64_t clock_us; // something on the screen changes so often
        uint64_t ticks;
        enum error_code panics;
        bool queues_keys; // keys that come while it is busy are taken afterwards
        uint64_t busy_until_us;
        char waiting[64];

        // The page with a list.
        const char *disks[DISKS_LIMIT];
        int disk_count, selected, first;
        bool shows_no_selection;
        uint64_t opened_us;
} guest;

// The replaced functions.

uint64_t time_now_us(void)
{
        return guest.now_us;
}

uint64_t time_now_ms(void)
{
        return guest.now_us / MS;
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

static void feed(const char *bytes)
{
        guest.state.last_output_us = guest.now_us;
        console_feed(guest.console, bytes, strlen(bytes));
}

static void take_key(const char *bytes);

// Lets the guest do what it does next, if that is before UNTIL_US; else it is UNTIL_US now.
static bool go_on(uint64_t until_us)
{
        uint64_t tick = guest.clock_us ? (guest.ticks + 1) * guest.clock_us : UINT64_MAX;
        uint64_t next = guest.played < guest.queued ? guest.queue[guest.played].at_us : UINT64_MAX;
        uint64_t idle = *guest.waiting ? guest.busy_until_us : UINT64_MAX;
        uint64_t due = next < tick ? next : tick;
        due = due < idle ? due : idle;
        if (due > until_us) {
                guest.now_us = until_us > guest.now_us ? until_us : guest.now_us;
                return false;
        }
        guest.now_us = due > guest.now_us ? due : guest.now_us;
        if (due == tick) {
                guest.ticks++;
                AUTO_FREE char *clock = text_format("\0337\033[24;70H%08u\0338", (unsigned)guest.ticks);
                feed(clock);
        } else if (due == next) {
                if (guest.queue[guest.played].opens) {
                        guest.page = guest.queue[guest.played].opens;
                        guest.opened_us = guest.now_us;
                }
                feed(guest.queue[guest.played++].bytes);
        } else {
                char key[sizeof guest.waiting];
                memcpy(key, guest.waiting, sizeof key);
                *guest.waiting = '\0';
                take_key(key);
        }
        return true;
}

bool vm_wait(struct vm *vm, uint64_t deadline_us, enum vm_event *event, struct error *err)
{
        (void)vm;
        (void)err;
        uint64_t answered_us = guest.now_us + guest.answer_us;
        bool output = false;
        guest.cut_short += guest.answer_us && answered_us > deadline_us;
        while (guest.answer_us && go_on(answered_us < deadline_us ? answered_us : deadline_us))
                output = true;
        guest.answer_us = 0;
        *event = output || go_on(deadline_us) ? VM_OUTPUT : VM_DEADLINE;
        return true;
}

void vm_be_patient(struct vm *vm, bool patient)
{
        (void)vm;
        guest.patient = patient;
}

bool vm_send(struct vm *vm, const char *bytes, size_t size, uint64_t answer_us, struct error *err)
{
        (void)vm;
        (void)err;
        assert_false(guest.patient);
        guest.answer_us = answer_us;
        text_add_format(&guest.answers, "%u ", (unsigned)(answer_us / MS));
        AUTO_FREE char *key = text_format("%.*s", (int)size, bytes);
        text_add_format(&guest.sent, "%u ", (unsigned)(guest.now_us / MS));
        guest.keys++;
        if (guest.queues_keys && guest.now_us < guest.busy_until_us)
                snprintf(guest.waiting, sizeof guest.waiting, "%s", key);
        else
                take_key(key);
        return true;
}

bool vm_fail_ended(const struct vm *vm, struct error *err)
{
        (void)vm;
        return error_set(err, ERROR_ENVIRONMENT, "QEMU ended");
}

bool judge_check(const struct judge *judge, struct error *err)
{
        (void)judge;
        return !guest.panics || error_set(err, guest.panics, "the log says so");
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

void display_console_line(struct display *display, const char *line)
{
        (void)display;
        (void)line;
}

void evidence_event(struct evidence *evidence, const char *kind, json_t *fields)
{
        (void)evidence;
        const char *step = json_string_value(json_object_get(fields, "step"));
        if (strcmp(kind, "step") == 0) {
                text_add_format(&guest.steps, "%s ", step);
                assert_true(json_number_value(json_object_get(fields, "seconds")) >= 0);
        }
        if (strcmp(kind, "timeout") == 0)
                text_add_format(&guest.timeouts, "%s:%s ", step, json_string_value(json_object_get(fields, "action")));
        json_decref(fields);
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
        guest.percent = percent > guest.percent ? percent : guest.percent;
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

static void print(uint64_t delay_us, const struct page *opens, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static void print(uint64_t delay_us, const struct page *opens, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        uint64_t at = guest.now_us > guest.last_at_us ? guest.now_us : guest.last_at_us;
        guest.last_at_us = at + delay_us;
        assert_true(guest.queued < QUEUE_LIMIT);
        guest.queue[guest.queued].at_us = guest.last_at_us;
        guest.queue[guest.queued].opens = opens;
        guest.queue[guest.queued++].bytes = text_format_list(format, arguments);
        va_end(arguments);
}

static const struct page *find_page(const char *id)
{
        for (const struct page *page = guest.pages; page->id; page++) {
                if (strcmp(page->id, id) == 0)
                        return page;
        }
        fail_msg("no page %s", id);
        return NULL;
}

static void press_radio(const char *key);
static void draw_radio(void);

static void draw_list(uint64_t delay_us)
{
        if (guest.selected < guest.first)
                guest.first = guest.selected;
        if (guest.selected >= guest.first + VISIBLE)
                guest.first = guest.selected - VISIBLE + 1;
        for (int i = 0; i < VISIBLE; i++) {
                int disk = guest.first + i;
                bool marked = disk == guest.selected && !guest.shows_no_selection;
                print(i ? guest.row_us : delay_us, NULL, "\033[%d;5H%s%-60s\033[0m", LIST_TOP + i,
                      marked ? "\033[7m" : "", disk < guest.disk_count ? guest.disks[disk] : "");
        }
        bool is_whole = guest.disk_count <= VISIBLE;
        if (is_whole)
                print(0, NULL, "\033[%d;5HRemote: (none)", LIST_TOP + guest.disk_count);
        else
                print(0, NULL, "\033[%d;5H%2d of %2d", LIST_TOP + VISIBLE, guest.selected + 1, guest.disk_count);
}

// A row at a time; the page takes keys once its last row is drawn.
static void open_page(const char *id, uint64_t delay_us)
{
        const struct page *page = find_page(id);
        unsigned row = 3;
        guest.page = NULL;
        print(delay_us, NULL, "\033[2J");
        for (const char *line = page->text; *line; row++) {
                size_t length = strcspn(line, "\n");
                print(guest.row_us, NULL, "\033[%u;5H%.*s", row, (int)length, line);
                line += length + (line[length] == '\n');
        }
        if (strcmp(id, "disk") == 0)
                draw_list(0);
        if (page->take == press_radio)
                draw_radio();
        print(0, page, "%s", "");
        guest.busy_until_us = guest.last_at_us;
}

static const char *name_of(const char *bytes)
{
        const char *const *names = key_names();
        for (; *names; names++) {
                if (strcmp(key_bytes(*names), bytes) == 0)
                        return *names;
        }
        return bytes;
}

static void show_stars(const char *key);
static bool has_password(void);

static void take_key(const char *bytes)
{
        const char *key = name_of(bytes);
        // Earlier keys are thrown away.
        if (guest.hangs || !guest.page || guest.now_us - guest.opened_us < guest.deaf_us)
                return;
        if (guest.swallow) {
                guest.swallow--;
                return;
        }
        text_add_format(&guest.taken, "%s:%s ", guest.page->id, key);
        if (guest.page->take)
                guest.page->take(key);
        if (guest.page->take == show_stars && !has_password())
                return;
        for (size_t i = 0; guest.page && i < 3 && guest.page->ways[i].key; i++) {
                if (strcmp(guest.page->ways[i].key, key) == 0) {
                        open_page(guest.page->ways[i].next, guest.latency_us);
                        return;
                }
        }
}

static void move_selection(const char *key)
{
        int move = strcmp(key, "Down") == 0 ? 1 : strcmp(key, "Up") == 0 ? -1 : 0;
        if (!move || guest.selected + move < 0 || guest.selected + move >= guest.disk_count)
                return;
        guest.selected += move;
        draw_list(guest.latency_us);
}

// A field that shows an asterisk for each character. Its keys are taken in turn, also if one takes long.
static struct {
        char text[64];
        size_t length;
        unsigned keys;
        unsigned lost; // number of the key that is lost, from 1; 0 for none
        unsigned slow; // number of the key that takes SLOW_US
        uint64_t slow_us;
} field;

static void show_stars(const char *key)
{
        bool is_character = !key[1];
        bool is_backspace = strcmp(key, "Backspace") == 0;
        if (!is_character && !is_backspace)
                return;
        if (++field.keys == field.lost)
                return;
        if (is_character)
                field.text[field.length++] = *key;
        else if (field.length)
                field.length--;
        field.text[field.length] = '\0';
        bool is_slow = !field.slow || field.keys == field.slow;
        print(field.slow_us && is_slow ? field.slow_us : guest.latency_us, NULL, "\033[6;20H%.*s ", (int)field.length,
              "********************************");
}

// Enter does nothing in an empty field.
static bool has_password(void)
{
        return field.length > 0;
}

#define KEYS "\n\n\n(Enter) Continue"

static const struct page usual[] = {
        {.id = "welcome", .text = "Welcome" KEYS, .ways = {{"Enter", "eula"}}},
        {.id = "eula", .text = "Licence\n\n\n(F11) Accept", .ways = {{"F11", "disk"}}},
        {.id = "disk", .text = "Select a disk" KEYS, .ways = {{"Enter", "usb"}}, .take = move_selection},
        {.id = "usb", .text = "USB device" KEYS, .ways = {{"Enter", "keyboard"}}},
        {.id = "keyboard", .text = "Keyboard" KEYS, .ways = {{"Enter", "password"}}},
        {.id = "password", .text = "Password" KEYS, .ways = {{"Enter", "confirm"}}, .take = show_stars},
        {.id = "confirm", .text = "Confirm\n\n\n(F11) Install", .ways = {{"F11", "complete"}}},
        {.id = "complete", .text = "Complete\n\n\n(Enter) Reboot", .ways = {{"Enter", "gone"}}},
        {.id = "gone", .text = "Going down"},
        {0},
};

static const char usual_profile[] =
        "name: test\n"
        "title: a test\n"
        "machine: {memory: 1024, cpus: 2, disk_size: 40G}\n"
        "boot_label: VMware ESXi\n"
        "settle_ms: 30\n"
        "resend_ms: 1500\n"
        "disk_row: '(?<size>\\d+(?:\\.\\d+)?) (?<unit>[KMGT]iB)\\b'\n"
        "disk_list_end: 'Remote: .none.'\n"
        "install:\n"
        "  steps:\n"
        "    - {id: welcome, title: A, screen: [Welcome, Continue], keys: [Enter], wait: 60}\n"
        "    - {id: eula, title: B, screen: F11. Accept, keys: [F11], wait: 60}\n"
        "    - {id: disk, title: C, screen: [Select a disk, Continue], keys: [<target-disk>, Enter], wait: 60}\n"
        "    - {id: usb, title: D, screen: USB, keys: [Enter], optional: true, wait: 60}\n"
        "    - {id: keyboard, title: E, screen: Keyboard, keys: [Enter], wait: 60}\n"
        "    - {id: password, title: F, screen: [Password, Continue], keys: [<password>, Enter], wait: 60}\n"
        "    - {id: confirm, title: G, screen: F11. Install, keys: [F11], wait: 60}\n"
        "    - {id: complete, title: H, screen: Complete, keys: [Enter], wait: 60}\n"
        "  anytime:\n"
        "    - {id: busy, title: I, screen: Scanning}\n"
        "    - {id: no, title: J, screen: Refused, fail: the installer says no}\n"
        "  criteria: [{name: a, kind: required, line: b}]\n"
        "reboot: {criteria: [{name: a, kind: required, line: b}]}\n"
        "boot: {criteria: [{name: a, kind: required, line: b}]}\n";

// Every key once.
static const char usual_keys[] = "welcome:Enter eula:F11 disk:Down disk:Enter usb:Enter keyboard:Enter password:s "
                                 "password:e password:c password:r password:e password:t password:Enter confirm:F11 ";

// A copy of the usual pages that a test may change.
static struct page pages[sizeof usual / sizeof usual[0]];

// A run of the driver against the guest.
static struct run {
        struct profile *profile;
        struct drive *drive;
        struct drive_input input;
        enum drive_end end;
        struct error err;
} run;

static int begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        memcpy(pages, usual, sizeof pages);
        guest = (struct guest){.now_us = SECOND, .pages = pages, .disk_count = 2, .percent = -1};
        guest.status = json_object();
        guest.disks[0] = "QEMU HARDDISK (vmhba32)      504.00 MiB";
        guest.disks[1] = "QEMU HARDDISK (vmhba33)       40.00 GiB";
        guest.console = console_new();
        memset(&field, 0, sizeof field);
        run = (struct run){.input = {.password = "secret", .disk.size = UINT64_C(40) << 30}};
        write_text("test.yaml", usual_profile);
        return 0;
}

static int finish(void **state)
{
        for (size_t i = 0; i < guest.queued; i++)
                free(guest.queue[i].bytes);
        console_free(&guest.console);
        json_decref(guest.status);
        text_free(&guest.taken);
        text_free(&guest.sent);
        text_free(&guest.answers);
        text_free(&guest.steps);
        text_free(&guest.timeouts);
        drive_free(&run.drive);
        profile_free(&run.profile);
        error_clear(&run.err);
        return scratch_end(state);
}
#define DRIVEN(name) TEST_WITH(name, begin, finish)

// For the next of several runs in one test.
static void begin_again(void **state)
{
        finish(state);
        assert_int_equal(begin(state), 0);
}

static bool drive_from(const char *page, const char *until)
{
        run.profile = profile_read("./test.yaml", &run.err);
        assert_done(run.profile, &run.err);
        run.input.profile = run.profile;
        open_page(page, 0);
        run.drive = drive_new(&run.input);
        return drive_install(run.drive, until, &run.end, &run.err);
}

// The driver stops at the step UNTIL.
static void expect_until(const char *until)
{
        assert_done(drive_from("welcome", until), &run.err);
        assert_int_equal(run.end, DRIVE_UNTIL);
}

static void expect_failure(enum error_code code, const char *message)
{
        assert_false(drive_from("welcome", NULL));
        assert_error(&run.err, code, message);
}

static void expect_completed(bool driven)
{
        assert_done(driven, &run.err);
        assert_int_equal(run.end, DRIVE_COMPLETE);
}

// A driver that has stopped goes on to the end.
static void expect_continued(void)
{
        expect_completed(drive_install(run.drive, NULL, &run.end, &run.err));
}

// With exactly KEYS, unless that is NULL.
static void expect_installed(const char *keys)
{
        expect_completed(drive_from("welcome", NULL));
        assert_string_equal(drive_step(run.drive), "complete");
        if (keys)
                assert_string_equal(text_string(&guest.taken), keys);
}

// The user goes to another page.
static void leave_at(const char *page)
{
        AUTO_ERROR struct error err = {0};
        open_page(page, 0);
        while (guest.played < guest.queued) {
                enum vm_event event;
                vm_wait(NULL, guest.last_at_us, &event, &err);
        }
}

// The profile with one piece of it replaced.
static void change_profile(const char *find, const char *replacement)
{
        AUTO_FREE char *old = read_text("test.yaml");
        const char *at = strstr(old, find);
        assert_non_null(at);
        AUTO_FREE char *text = text_format("%.*s%s%s", (int)(at - old), old, replacement, at + strlen(find));
        write_text("test.yaml", text);
}

// The step eula with OPTIONS, such as "on_timeout: skip".
static void change_eula(const char *options)
{
        AUTO_FREE char *replacement = text_format("F11. Accept, keys: [F11], %s", options);
        change_profile("F11. Accept, keys: [F11]", replacement);
}

DRIVEN(every_screen_is_answered_once)
{
        expect_installed(usual_keys);
        assert_string_equal(text_string(&guest.steps), "welcome eula disk usb keyboard password confirm complete ");
        // The keys of a step are sent as soon as its screen is settled.
        assert_true(guest.now_us < 2 * SECOND);
}

DRIVEN(a_slow_guest_gets_each_key_once)
{
        guest.latency_us = 1400 * MS;
        expect_installed(usual_keys);
        assert_int_equal(guest.keys, 14);
}

DRIVEN(a_screen_is_not_answered_while_it_is_drawn)
{
        guest.row_us = 25 * MS;
        expect_installed(usual_keys);
}

DRIVEN(keys_that_were_thrown_away_are_sent_again)
{
        guest.deaf_us = 300 * MS;
        expect_installed(NULL);
        assert_string_equal(field.text, "secret");
        assert_true(guest.keys > 14);
}

// A guest that pauses in the middle of drawing for longer than the settle time, and listens only afterwards.
DRIVEN(a_guest_that_draws_in_pieces_and_throws_keys_away)
{
        guest.row_us = 100 * MS;
        expect_installed(NULL);
        assert_int_equal(guest.selected, 1);
        assert_string_equal(text_string(&guest.steps), "welcome eula disk usb keyboard password confirm complete ");
        assert_contains(text_string(&guest.taken), "password:s password:e password:c");
}

DRIVEN(a_lost_key_is_sent_again_at_growing_intervals)
{
        guest.swallow = 4;
        expect_installed(usual_keys);
        unsigned long at[5];
        const char *next = text_string(&guest.sent);
        for (int i = 0; i < 5; i++) {
                char *end;
                at[i] = strtoul(next, &end, 10);
                assert_true(end > next);
                next = end;
        }
        for (int i = 0; i < 4; i++)
                assert_true(at[i + 1] - at[i] >= 1500ul << i && at[i + 1] - at[i] < (1500ul << i) + 100);
}

// A dialog takes its time, the echo of a character as long as the one before took.
DRIVEN(an_answer_is_looked_at_when_it_is_likely_to_be_there)
{
        guest.latency_us = 19 * MS;
        expect_installed(usual_keys);
        assert_string_equal(text_string(&guest.answers), "100 100 50 100 100 100 0 29 29 29 29 29 100 100 ");
}

// With this latency the password's Enter is sent shortly before the screen would count as restless, if it still counted.
DRIVEN(an_answer_is_not_cut_short_by_the_screen_before)
{
        guest.latency_us = 85 * MS;
        expect_installed(usual_keys);
        assert_int_equal(guest.cut_short, 0);
}

// Takes the first Enter, but shows it late: the second one answers the next screen, which is never drawn. The driver
// finds itself two screens on, and continues there.
DRIVEN(a_key_that_was_taken_twice_does_no_harm)
{
        guest.queues_keys = true;
        guest.latency_us = 2000 * MS;
        expect_installed(NULL);
        assert_contains(text_string(&guest.taken), "keyboard:Enter");
        assert_contains(text_string(&guest.taken), "confirm:F11");
}

DRIVEN(nothing_is_sent_to_a_screen_that_has_gone)
{
        // For an hour the screen shows only that the guest is busy.
        static const struct page scanning[] = {
                {.id = "welcome", .text = "Welcome" KEYS, .ways = {{"Enter", "scanning"}}},
                {.id = "scanning", .text = "Scanning... (over Welcome, Continue)"},
                {0},
        };
        guest.pages = scanning;
        change_profile("keys: [F11], wait: 60", "keys: [F11], wait: 3600");
        expect_failure(ERROR_TIMED_OUT, "step timed out: 'eula' (B) did not appear within 3600 s");
        assert_int_equal(guest.keys, 1);
        assert_string_equal(text_string(&guest.steps), "welcome busy ");
}

// A clock or a spinner, slow and quick.
static const uint64_t clocks_us[] = {5 * MS, 20 * MS, 100 * MS, SECOND};

// A clock or a spinner, slow and quick.
DRIVEN(a_screen_that_never_stands_still_is_answered_and_lost_keys_are_noticed)
{
        for (size_t i = 0; i < sizeof clocks_us / sizeof clocks_us[0]; i++) {
                for (unsigned lost = 0; lost <= 2; lost += 2) {
                        begin_again(state);
                        guest.clock_us = clocks_us[i];
                        guest.swallow = lost;
                        expect_installed(usual_keys);
                        assert_int_equal(guest.keys, 14 + lost);
                }
        }
}

DRIVEN(a_hang_is_reported_with_its_step_and_screen)
{
        guest.hangs = true;
        expect_failure(ERROR_TIMED_OUT, "step timed out: 'eula' (B) did not appear within 60 s");
        assert_error(&run.err, ERROR_TIMED_OUT, "The screen shows:");
        assert_error(&run.err, ERROR_TIMED_OUT, "Welcome");
        assert_string_equal(drive_step(run.drive), "eula");
        // Tried again, but not all the time.
        assert_true(guest.keys > 3 && guest.keys < 8);
}

DRIVEN(a_key_without_effect_is_reported_without_the_password)
{
        pages[5].take = NULL;
        expect_failure(
                ERROR_TIMED_OUT,
                "in the step 'password' (F): <password> was typed 3 times, but the field never showed all of it");
        assert_null(strstr(run.err.message, "secret"));
}

DRIVEN(the_end_of_the_guest_ends_the_driver)
{
        static const struct {
                struct vm_state state;
                enum error_code panics, code;
                const char *message;
        } ends[] = {
                {{.panicked = true}, 0, ERROR_PANIC, "the guest reported a panic"},
                {{.ended = true}, 0, ERROR_ENVIRONMENT, "QEMU ended"},
                {{.ended = true, .shut_down = true}, 0, ERROR_NO, "powered itself off before the end"},
                {{0}, ERROR_PANIC, ERROR_PANIC, "the log says so"},
                {{0}, ERROR_NO, ERROR_NO, "the log says so"},
        };
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
                begin_again(state);
                expect_until("eula");
                guest.state = ends[i].state;
                guest.panics = ends[i].panics;
                guest.hangs = true;
                assert_false(drive_install(run.drive, NULL, &run.end, &run.err));
                assert_error(&run.err, ends[i].code, ends[i].message);
                assert_error(&run.err, ends[i].code, "the step '");
        }
}

// Stopping and taking over.

DRIVEN(it_stops_at_a_step_and_goes_on)
{
        expect_until("disk");
        assert_string_equal(drive_step(run.drive), "disk");
        assert_string_equal(text_string(&guest.taken), "welcome:Enter eula:F11 ");
        assert_done(drive_install(run.drive, "keyboard", &run.end, &run.err), &run.err);
        assert_int_equal(run.end, DRIVE_UNTIL);
        expect_continued();
        assert_string_equal(text_string(&guest.taken), usual_keys);
        assert_done(drive_reboot(run.drive, &run.err), &run.err);
        assert_contains(text_string(&guest.taken), "complete:Enter");
}

DRIVEN(it_takes_over_at_any_screen)
{
        static const char *const places[] = {"welcome", "eula", "disk", "usb", "keyboard", "password", "confirm"};
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
                begin_again(state);
                expect_until("usb");
                leave_at(places[i]);
                text_clear(&guest.taken);
                guest.selected = 0;
                expect_continued();
                AUTO_FREE char *first = text_format("%s:", places[i]);
                assert_true(text_starts_with(text_string(&guest.taken), first));
                assert_string_equal(text_string(&guest.taken), strstr(usual_keys, text_string(&guest.taken)));
        }
}

DRIVEN(it_takes_over_at_the_end)
{
        expect_until("welcome");
        leave_at("complete");
        expect_continued();
        assert_int_equal(guest.keys, 0);
}

DRIVEN(a_step_that_is_left_out_stops_at_the_next)
{
        pages[2].ways[0].next = "keyboard";
        expect_until("usb");
        assert_string_equal(drive_step(run.drive), "keyboard");
}

DRIVEN(an_unknown_step_is_refused)
{
        AUTO_ERROR struct error err = {0};
        assert_false(drive_from("welcome", "nowhere"));
        assert_error(&run.err, ERROR_USAGE, "no step 'nowhere'");
        assert_true(drive_check_until(run.profile, "busy", &err));
        assert_false(drive_check_until(run.profile, "keybord", &err));
        assert_error(&err, ERROR_USAGE, "the profile test has no step 'keybord'; did you mean 'keyboard'?");
}

// Branches and time-outs of a profile.

DRIVEN(one_of_several_next_steps_may_appear)
{
        static const char *const next[] = {"keyboard", "confirm"};
        for (size_t i = 0; i < 2; i++) {
                begin_again(state);
                pages[1].ways[0].next = next[i];
                change_eula("then: [keyboard, confirm]");
                expect_installed(NULL);
                AUTO_FREE char *steps = text_format("welcome eula %s ", next[i]);
                assert_true(text_starts_with(text_string(&guest.steps), steps));
        }
}

DRIVEN(a_time_out_skips_its_step_or_goes_to_another)
{
        static const struct {
                const char *next, *option, *timeouts, *steps;
        } cases[] = {
                {"disk", "on_timeout: skip", "eula:skip ", "welcome disk usb keyboard password confirm complete "},
                {"confirm", "on_timeout: goto confirm", "eula:goto confirm ", "welcome confirm complete "},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                begin_again(state);
                pages[0].ways[0].next = cases[i].next;
                change_eula(cases[i].option);
                expect_installed(NULL);
                assert_string_equal(text_string(&guest.timeouts), cases[i].timeouts);
                assert_string_equal(text_string(&guest.steps), cases[i].steps);
        }
}

// On a screen that the profile does not know any more, a key is sent again only if the profile asks for it.
DRIVEN(a_time_out_sends_the_last_key_again)
{
        static const struct page really[] = {
                {.id = "welcome", .text = "Welcome" KEYS, .ways = {{"Enter", "really"}}},
                {.id = "really", .text = "Really?", .ways = {{"Enter", "complete"}}},
                {.id = "complete", .text = "Complete"},
                {0},
        };
        guest.pages = really;
        change_profile("F11. Accept, keys: [F11], wait: 60", "F11. Accept, keys: [F11], on_timeout: resend, wait: 61");
        change_profile("Continue], keys: [Enter]", "Continue], keys: [Enter], then: [eula, complete]");
        expect_installed("welcome:Enter really:Enter ");
        assert_string_equal(text_string(&guest.timeouts), "eula:resend ");
}

DRIVEN(time_outs_have_a_limit)
{
        guest.hangs = true;
        change_eula("on_timeout: goto eula, limit: 2");
        expect_failure(ERROR_TIMED_OUT, "step timed out: 'eula' (B) did not appear within 60 s");
        assert_string_equal(text_string(&guest.timeouts), "eula:goto eula eula:goto eula ");
}

DRIVEN(a_step_that_repeats_has_a_limit)
{
        pages[1].ways[0].next = "welcome";
        change_eula("then: welcome");
        expect_failure(ERROR_NO, "the step 'welcome' (A) appeared more than 3 times");
}

DRIVEN(a_screen_with_a_refusal_fails_the_installation)
{
        static const struct page refused[] = {
                {.id = "welcome", .text = "Welcome" KEYS, .ways = {{"Enter", "refused"}}},
                {.id = "refused", .text = "Refused"},
                {0},
        };
        guest.pages = refused;
        expect_failure(ERROR_NO, "the installer says no (\"Refused\"): the step 'no' (J) appeared");
        assert_string_equal(drive_step(run.drive), "no");
}

DRIVEN(the_installer_s_percentage_is_shown)
{
        static const struct page progress[] = {
                {.id = "welcome", .text = "Welcome" KEYS, .ways = {{"Enter", "progress"}}},
                {.id = "progress", .text = "Installing 3 %\n"},
                {0},
        };
        guest.pages = progress;
        change_profile("keys: [Enter], wait: 60}\n", "keys: [Enter], wait: 60, then: progress}\n"
                                                     "    - {id: progress, title: P, screen: '\\d+ ?%', percent: "
                                                     "'(\\d+) ?%', optional: true, then: complete}\n");
        expect_until("progress");
        for (int percent = 4; percent <= 97; percent++)
                print(100 * MS, NULL, "\033[3;5HInstalling %d %%", percent);
        print(100 * MS, NULL, "\033[2JComplete");
        expect_continued();
        assert_int_equal(guest.percent, 97);
}

// Choosing the disk.

#define MIB(n)       (UINT64_C(n) << 20)
#define GIB(n)       (UINT64_C(n) << 30)
#define ROW(n, size) "QEMU (vmhba" #n ")   " size

// Lists of disks, of which none, one or several have the size of the target, 40 GiB.
static const char *const none[] = {ROW(1, "504.00 MiB"), ROW(2, "41.00 GiB"), NULL};
static const char *const first[] = {ROW(1, "40.00 GiB"), ROW(2, "504.00 MiB"), NULL};
static const char *const second[] = {ROW(1, "504.00 MiB"), ROW(2, "40.00 GiB"), NULL};
static const char *const fourth[] = {ROW(1, "1.00 TiB"), ROW(2, "504.00 MiB"), ROW(3, "41.00 GiB"), ROW(4, "40.00 GiB"),
                                     NULL};
static const char *const similar[] = {ROW(1, "40.00 GiB"), ROW(2, "41.00 GiB"), NULL};
static const char *const both[] = {ROW(1, "40.00 GiB"), ROW(2, "40.00 GiB"), NULL};
static const char *const two_of_three[] = {ROW(1, "40.00 GiB"), ROW(2, "504.00 MiB"), ROW(3, "40.00 GiB"), NULL};

// Lists that are longer than the screen.
#define NINE                                                                                                           \
        ROW(2, "2.00 GiB"), ROW(3, "3.00 GiB"), ROW(4, "4.00 GiB"), ROW(5, "5.00 GiB"), ROW(6, "6.00 GiB"),            \
                ROW(7, "7.00 GiB"), ROW(8, "8.00 GiB"), ROW(9, "9.00 GiB"), ROW(10, "10.00 GiB")
#define ALIKE "QEMU 40.00 GiB"
static const char *const long_none[] = {NINE, NULL};
static const char *const long_first[] = {ROW(1, "40.00 GiB"), NINE, ROW(11, "11.00 GiB"), ROW(12, "12.00 GiB"), NULL};
static const char *const long_third[] = {ROW(1, "1.00 GiB"), ROW(11, "11.00 GiB"), ROW(12, "40.00 GiB"), NINE, NULL};
static const char *const long_last[] = {NINE, ROW(1, "1.00 GiB"), ROW(11, "11.00 GiB"), ROW(12, "40.00 GiB"), NULL};
static const char *const long_two[] = {ROW(1, "40.00 GiB"), NINE, ROW(11, "40.00 GiB"), NULL};
static const char *const second_and_eighth[] = {ROW(1, "504.00 MiB"), ROW(2, "40.00 GiB"), ROW(3, "3.00 GiB"),
                                                ROW(4, "4.00 GiB"),   ROW(5, "5.00 GiB"),  ROW(6, "6.00 GiB"),
                                                ROW(7, "7.00 GiB"),   ROW(8, "40.00 GiB"), NULL};
static const char *const long_alike[] = {ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, NULL};

static const struct {
        const char *const *disks;
        int selected; // at first
        struct drive_disk target;
        uint64_t payload_size;
        int chosen;
        const char *message; // NULL if a disk is chosen
} disk_cases[] = {
        // By size, which the list shows in any unit.
        {second, 0, {.size = GIB(40)}, .chosen = 1},
        {first, 0, {.size = GIB(40)}, .chosen = 0},
        {first, 1, {.size = GIB(40)}, .chosen = 0},
        {fourth, 0, {.size = GIB(40)}, .chosen = 3},
        {none,
         0,
         {.size = GIB(40)},
         .message = "no disk of 40.00 GiB is in the list. The list has 1: QEMU (vmhba1)   504.00 MiB; 2: QEMU (vmhba2) "
                    "  41.00 "
                    "GiB"},
        {two_of_three,
         0,
         {.size = GIB(40)},
         .message = "more than one disk of 40.00 GiB is in the list, at the positions 1 and 3; choose one with "
                    "--disk-name or --disk-position"},
        // By name and by position.
        {two_of_three, 0, {.size = GIB(40), .name = "vmhba3"}, .chosen = 2},
        {two_of_three, 2, {.size = GIB(40), .position = 1}, .chosen = 0},
        {both, 0, {.name = "vmhba[12]"}, .message = "more than one disk named 'vmhba[12]'"},
        {both, 0, {.name = "nvme"}, .message = "no disk named 'nvme' is in the list"},
        {both, 0, {.position = 3}, .message = "no disk at position 3 is in the list"},
        {similar, 0, {.size = GIB(40), .name = "vmhba2", .position = 1}, .chosen = 1},
        {similar, 0, {.size = GIB(40), .position = 2}, .chosen = 1},
        // Never the payload.
        {first, 0, {.size = GIB(40)}, GIB(40), .message = "may be the installer's own medium"},
        {second,
         0,
         {.size = GIB(40), .position = 1},
         MIB(504),
         .message = "the disk at position 1 may be the installer's own medium"},
        {second, 0, {.name = "vmhba1"}, MIB(504), .message = "may be the installer's own medium"},
        {both, 0, {.size = GIB(40)}, GIB(40), .message = "more than one disk of 40.00 GiB"},
        {both, 0, {.size = GIB(40), .name = "vmhba2"}, GIB(40), .chosen = 1},
        // Longer than the screen, the target at every end, the selection at the other.
        {long_last, 0, {.size = GIB(40)}, .chosen = 11},
        {long_first, 11, {.size = GIB(40)}, .chosen = 0},
        {long_third, 8, {.size = GIB(40)}, .chosen = 2},
        // The second one of that size is not on the screen at first.
        {second_and_eighth, 0, {.size = GIB(40)}, .message = "at the positions 2 and 8"},
        {second_and_eighth, 0, {.size = GIB(40), .name = "vmhba8"}, .chosen = 7},
        {long_two, 0, {.size = GIB(40)}, .message = "at the positions 1 and 11"},
        {long_none, 0, {.size = GIB(40)}, .message = "no disk of 40.00 GiB is in the list"},
        // Rows that look the same are counted.
        {long_alike, 4, {.position = 9}, .chosen = 8},
};

static void set_disks(const char *const *disks)
{
        for (guest.disk_count = 0; disks[guest.disk_count]; guest.disk_count++)
                guest.disks[guest.disk_count] = disks[guest.disk_count];
}

DRIVEN(the_disk_is_found_in_the_list)
{
        for (size_t i = 0; i < sizeof disk_cases / sizeof disk_cases[0]; i++) {
                begin_again(state);
                set_disks(disk_cases[i].disks);
                guest.selected = disk_cases[i].selected;
                run.input.disk = disk_cases[i].target;
                run.input.payload_size = disk_cases[i].payload_size;
                bool driven = drive_from("welcome", "usb");
                if (!disk_cases[i].message) {
                        assert_done(driven, &run.err);
                        if (guest.selected != disk_cases[i].chosen)
                                fail_msg("case %zu: the disk at %d", i, guest.selected);
                        continue;
                }
                if (driven)
                        fail_msg("case %zu: the disk at %d", i, guest.selected);
                assert_error(&run.err, ERROR_NO, disk_cases[i].message);
                assert_error(&run.err, ERROR_NO, "in the step 'disk' (C): ");
                assert_null(strstr(text_string(&guest.taken), "disk:Enter"));
                // The end of a list is found without waiting for a key's last try.
                assert_true(guest.now_us < 12 * SECOND);
        }
}

DRIVEN(a_long_list_of_a_slow_guest)
{
        set_disks(long_last);
        guest.latency_us = 200 * MS;
        guest.row_us = 10 * MS;
        expect_until("usb");
        assert_int_equal(guest.selected, 11);
}

DRIVEN(a_list_that_does_not_show_its_selection)
{
        guest.shows_no_selection = true;
        expect_installed(usual_keys);
        assert_int_equal(guest.selected, 1);
}

DRIVEN(a_missing_list_is_reported)
{
        guest.disk_count = 0;
        expect_failure(ERROR_TIMED_OUT, "no list of disks found on the screen");
}

TEST(a_target_disk_needs_a_name_a_position_or_a_size)
{
        AUTO_ERROR struct error nothing = {0};
        AUTO_ERROR struct error wrong = {0};
        assert_false(disk_list_check(&(struct drive_disk){0}, &nothing));
        assert_error(&nothing, ERROR_USAGE, "no target disk given");
        assert_false(disk_list_check(&(struct drive_disk){.name = "(vmhba"}, &wrong));
        assert_error(&wrong, ERROR_USAGE, "--disk-name: is not a valid pattern");
        assert_true(disk_list_check(&(struct drive_disk){.name = "vmhba"}, NULL));
        assert_true(disk_list_check(&(struct drive_disk){.position = 1}, NULL));
        assert_true(disk_list_check(&(struct drive_disk){.size = 1}, NULL));
}

// Passwords.

DRIVEN(a_lost_character_of_a_password_is_noticed)
{
        for (unsigned lost = 1; lost <= 6; lost++) {
                begin_again(state);
                field.lost = lost;
                expect_installed(NULL);
                assert_string_equal(field.text, "secret");
        }
}

DRIVEN(no_character_is_typed_twice_however_long_a_check_takes)
{
        for (unsigned slow = 1; slow <= 6; slow++) {
                begin_again(state);
                field.slow = slow;
                field.slow_us = 25 * SECOND;
                expect_installed(usual_keys);
        }
}

// Each takes longer than a key that was lost is waited for.
DRIVEN(every_character_takes_long_to_be_checked)
{
        field.slow_us = 4 * SECOND;
        expect_installed(usual_keys);
}

// The profile's own time for a silent console counts before the first step only.
DRIVEN(an_installer_that_prints_nothing_hangs)
{
        static const struct page silent[] = {{.id = "welcome", .text = ""}, {0}};
        change_profile("install:\n", "install:\n  quiet: 20\n");
        guest.pages = silent;
        expect_failure(ERROR_TIMED_OUT, "the installer hangs: it has printed nothing for 20 s");
        assert_true(guest.now_us < 30 * SECOND);
}

DRIVEN(a_password_that_is_refused_while_it_is_typed_is_not_confirmed)
{
        change_profile("screen: Refused, fail", "screen: ['\\*{6}', at most 5], fail");
        pages[5].text = "Password\n\n\n\nat most 5 characters\n(Enter) Continue";
        expect_failure(ERROR_NO, "the installer says no (\"at most 5\"): the step 'no' (J) appeared");
        assert_null(strstr(text_string(&guest.taken), "password:Enter"));
}

// A box over the list of disks, whose text stands beside it.

static struct {
        int focus, selected;
        const char *const *labels; // two rows each
        int count;
} radio;

static void draw_radio(void)
{
        for (int i = 0; i < radio.count; i++) {
                bool focused = i == radio.focus;
                print(i ? 0 : guest.latency_us, NULL, "\033[%d;22H| %s(%c) %-26s\033[0m |", 9 + 2 * i,
                      focused ? "\033[7m" : "", i == radio.selected ? 'X' : ' ', radio.labels[2 * i]);
                print(0, NULL, "\033[%d;22H|     %-27s|", 10 + 2 * i, radio.labels[2 * i + 1]);
        }
}

static void press_radio(const char *key)
{
        if (strcmp(key, "Up") == 0 && radio.focus > 0)
                radio.focus--;
        else if (strcmp(key, "Down") == 0 && radio.focus + 1 < radio.count)
                radio.focus++;
        else if (strcmp(key, "Space") == 0)
                radio.selected = radio.focus;
        draw_radio();
}

static const char *const both_labels[] = {"Upgrade ESXi, preserve VMFS",  "datastore",
                                          "Install ESXi, preserve VMFS",  "datastore",
                                          "Install ESXi, overwrite VMFS", "datastore"};

#define FOUND_PAGES                                                                                                    \
        "    - {id: upgrade, title: U, when: upgrade, screen: [Found, OK], keys: ['<choose: ^Upgrade>', Enter]}\n"     \
        "    - {id: over, title: O, when: overwrite, screen: [Found, OK], keys: ['<choose: ^Install.*over>', "         \
        "Enter]}\n"                                                                                                    \
        "    - {id: kept, title: K, when: keep, screen: 'ESXi and VMFS Found', fail: the disk is not empty}\n"

// The list of disks leads to a box, whose Enter leads on.
static void put_box_over_the_list(void)
{
        static const struct page box = {
                .id = "usb",
                .text = "Select a disk\n\n|  ESXi and VMFS Found  |\n|  (Enter) OK   |\n\n\n40 GiB           |    |\n",
                .ways = {{"Enter", "keyboard"}},
                .take = press_radio,
        };
        pages[3] = box;
        radio.labels = both_labels;
        radio.count = 3;
        radio.focus = radio.selected = 0;
        change_profile("  anytime:\n", "  anytime:\n" FOUND_PAGES);
}

DRIVEN(a_disk_that_is_not_empty_is_kept_overwritten_or_upgraded)
{
        static const struct {
                enum profile_when over;
                unsigned swallow; // keys
                int selected;
        } cases[] = {{WHEN_OVERWRITE, 0, 2}, {WHEN_UPGRADE, 0, 0}, {WHEN_OVERWRITE, 4, 2}};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                begin_again(state);
                put_box_over_the_list();
                run.input.over = cases[i].over;
                expect_until(cases[i].over == WHEN_UPGRADE ? "upgrade" : "over");
                guest.swallow = cases[i].swallow;
                expect_continued();
                assert_int_equal(radio.selected, cases[i].selected);
        }
        begin_again(state);
        put_box_over_the_list();
        run.input.over = WHEN_KEEP;
        expect_failure(ERROR_NO, "the disk is not empty (\"ESXi and VMFS Found\")");
        assert_null(strstr(text_string(&guest.taken), "usb:"));
}

DRIVEN(a_choice_that_is_not_offered_is_reported_with_those_that_are)
{
        put_box_over_the_list();
        change_profile("Install.*over", "Reinstall");
        run.input.over = WHEN_OVERWRITE;
        expect_failure(ERROR_NO,
                       "no choice matches '^Reinstall'; the choices are: 'Upgrade ESXi, preserve VMFS datastore', "
                       "'Install ESXi, preserve VMFS datastore', 'Install ESXi, overwrite VMFS datastore'");
}

// Screens that no step knows.

DRIVEN(an_unknown_screen_ends_the_wait_and_is_shown)
{
        pages[4].text = "A question of tomorrow\n\n(Enter) Whatever";
        change_profile("keyboard, title: E, screen: Keyboard, keys: [Enter], wait: 60",
                       "keyboard, title: E, screen: Keyboard, keys: [Enter], wait: 3600");
        expect_failure(ERROR_NO,
                       "the installer has asked for something for 60 s that no step of the profile test knows");
        assert_contains(run.err.message, "A question of tomorrow");
        assert_null(strstr(text_string(&guest.taken), "keyboard:"));
        assert_true(guest.now_us < 70 * SECOND);
}

// The list's own title and keys are still to be seen behind the box.
DRIVEN(an_unknown_box_over_the_list_is_not_answered_with_the_list_s_enter)
{
        pages[3] = (struct page){.id = "usb",
                                 .text = "Select a disk" KEYS "\n\n| A box |\n| (Enter) Yes |",
                                 .ways = {{"Enter", "keyboard"}}};
        change_profile("keyboard, title: E, screen: Keyboard, keys: [Enter], wait: 60",
                       "keyboard, title: E, screen: Keyboard, keys: [Enter], wait: 600");
        expect_failure(ERROR_NO, "asked for something for 60 s");
        assert_null(strstr(text_string(&guest.taken), "usb:"));
}

// A quiet screen that asks for nothing is a guest at work.
DRIVEN(a_screen_that_asks_for_nothing_is_waited_for)
{
        static const struct page at_work[] = {
                {.id = "welcome", .text = "Welcome" KEYS, .ways = {{"Enter", "work"}}},
                {.id = "work", .text = "Loading the rest of the installer"},
                {0},
        };
        guest.pages = at_work;
        change_profile("keys: [F11], wait: 60", "keys: [F11], wait: 600");
        expect_failure(ERROR_TIMED_OUT, "step timed out: 'eula' (B) did not appear within 600 s");
}

// The end.

// The only change that the last Enter could be mistaken for is the clock's.
DRIVEN(a_lost_last_key_is_noticed_beside_a_clock)
{
        for (size_t i = 0; i < sizeof clocks_us / sizeof clocks_us[0]; i++) {
                begin_again(state);
                guest.clock_us = clocks_us[i];
                expect_installed(NULL);
                guest.swallow = 1;
                assert_done(drive_reboot(run.drive, &run.err), &run.err);
                assert_contains(text_string(&guest.taken), "complete:Enter");
        }
}

static void reset_at_once(const char *key)
{
        if (strcmp(key, "Enter") == 0)
                guest.state.resets++;
}

DRIVEN(a_reboot_is_noticed_if_the_screen_stays_the_same)
{
        pages[7].ways[0].key = NULL;
        pages[7].take = reset_at_once;
        expect_installed(NULL);
        assert_done(drive_reboot(run.drive, &run.err), &run.err);
        assert_int_equal(guest.keys, 15);
}
