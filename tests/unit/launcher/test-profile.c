// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "launcher/drive/screen-match.h"
#include "launcher/machine/keys.h"
#include "launcher/machine/profile.h"

#define STEPS                                                                                                          \
        "  steps:\n"                                                                                                   \
        "    - id: welcome\n"                                                                                          \
        "      title: Welcome\n"                                                                                       \
        "      screen: 'Welcome$'\n"                                                                                   \
        "      keys: [Enter, 'Tab?', <password>, <target-disk>,\n"                                                     \
        "             a]\n"                                                                                            \
        "      wait: 30\n"                                                                                             \
        "    - {id: progress, title: Installing, screen: '%', percent: '(\\d+)%', optional: true}\n"                   \
        "    - {id: complete, title: Complete, screen: Complete, keys: [], limit: 1}\n"

// A profile with everything in it, which each test damages in one place.
static const char sound[] = "name: test\n"
                            "title: a test\n"
                            "rehearsal: true\n"
                            "machine:\n"
                            "  memory: 1024\n"
                            "  cpus: 2\n"
                            "  disk_size: 40G\n"
                            "boot_label: VMware ESXi\n"
                            "settle_ms: 30\n"
                            "resend_ms: 1500\n"
                            "disk_row: '(?<size>\\d+) (?<unit>[KMGT]iB)'\n"
                            "install:\n" STEPS "  anytime:\n"
                            "    - {id: wrong, title: Wrong, screen: minimum, keys: [Enter], then: welcome}\n"
                            "  criteria:\n"
                            "    - {name: done, kind: required, line: Complete}\n"
                            "reboot:\n"
                            "  wait: 20\n"
                            "  criteria:\n"
                            "    - {name: down, kind: required, line: shutdown}\n"
                            "boot:\n"
                            "  criteria:\n"
                            "    - {name: up, kind: required, line: 'To manage this host'}\n"
                            "    - {name: panic, kind: forbidden, panic: true, line: PSOD}\n";

// SOUND with the first FIND replaced by REPLACEMENT, in the file ./test.yaml.
static void write_profile(const char *find, const char *replacement)
{
        const char *at = strstr(sound, find);
        assert_non_null(at);
        unlink("test.yaml");
        AUTO_FREE char *text = text_format("%.*s%s%s", (int)(at - sound), sound, replacement, at + strlen(find));
        write_text("test.yaml", text);
}

// The file ./test.yaml, which is a profile.
static struct profile *read_profile(void)
{
        AUTO_ERROR struct error err = {0};
        struct profile *profile = profile_read("./test.yaml", &err);
        assert_done(profile, &err);
        return profile;
}

// The file ./test.yaml is refused, by an error that begins with PLACE and holds MESSAGE.
static void refuse_profile(const char *place, const char *message)
{
        AUTO_ERROR struct error err = {0};
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        if (profile)
                fail_msg("no error: %s", message);
        assert_error(&err, ERROR_DAMAGED, message);
        assert_true(text_starts_with(err.message, place));
        assert_true(strlen(err.message) > strlen(place));
        assert_null(strchr(err.message, '\n'));
        assert_null(strstr(err.message, ":0:"));
}

TEST_IN_SCRATCH(a_valid_profile_is_read_whole)
{
        write_text("test.yaml", sound);
        AUTO_PROFILE struct profile *profile = read_profile();
        assert_string_equal(profile->name, "test");
        assert_true(profile->rehearsal);
        assert_int_equal(profile->machine.memory_mb, 1024);
        assert_string_equal(profile->machine.disk_size, "40G");
        assert_int_equal(profile->settle_ms, 30);
        assert_int_equal(profile->install.step_count, 3);
        const struct profile_step *welcome = profile_step(&profile->install, "welcome");
        assert_ptr_equal(welcome, &profile->install.steps[0]);
        assert_int_equal(welcome->key_count, 5);
        assert_string_equal(welcome->keys[1], "Tab?");
        assert_int_equal(welcome->wait_s, 30);
        assert_false(welcome->optional);
        assert_true(profile->install.steps[1].optional);
        assert_string_equal(profile->install.steps[1].percent, "(\\d+)%");
        assert_int_equal(profile->install.steps[2].limit, 1);
        assert_int_equal(profile->install.anytime[0].then_count, 1);
        assert_string_equal(profile->install.anytime[0].then[0], "welcome");
        assert_ptr_equal(profile_any_step(&profile->install, "wrong"), &profile->install.anytime[0]);
        assert_null(profile_step(&profile->install, "wrong"));
        assert_null(profile_step(&profile->install, ""));
        assert_int_equal(profile->boot.criterion_count, 2);
        assert_true(profile->boot.criteria[1].panic);
        assert_int_equal(profile->boot.criteria[1].kind, CRITERION_FORBIDDEN);
}

TEST_IN_SCRATCH(missing_keys_have_defaults)
{
        write_profile("settle_ms: 30\nresend_ms: 1500\n", "");
        AUTO_PROFILE struct profile *profile = read_profile();
        assert_true(profile->settle_ms > 0);
        assert_true(profile->resend_ms > 0);
        assert_true(profile->install.steps[1].wait_s > 0);
        assert_int_equal(profile->install.steps[1].key_count, 0);
        assert_int_equal(profile->install.steps[1].then_count, 0);
        assert_true(profile->install.steps[1].limit > 1);
        assert_true(profile->boot.wait_s > 0);
}

// One mistake each: what is replaced by what, and the line and the message of the error.
static const struct {
        const char *find, *replacement;
        unsigned line;
        const char *message;
} mistakes[] = {
        // Keys of the document.
        {"title: a test\n", "title: a test\ntitel: b\n", 3, "unknown key 'titel'; did you mean 'title'?"},
        {"title: a test\n", "title: a test\ncolour: blue\n", 3, "unknown key 'colour'"},
        {"  cpus: 2\n", "  cpus: 2\n  cpu: 1\n", 7, "machine: unknown key 'cpu'; did you mean 'cpus'?"},
        {"      wait: 30\n", "      waits: 30\n", 19,
         "install: steps: welcome: unknown key 'waits'; did you mean 'wait'?"},
        {"  wait: 20\n", "  wait: 20\n  steps: []\n", 28, "reboot: unknown key 'steps'"},
        {"boot_label: VMware ESXi\n", "", 1, "the key 'boot_label' is missing"},
        {"  disk_size: 40G\n", "", 5, "machine: the key 'disk_size' is missing"},
        {"      title: Welcome\n", "", 14, "install: steps: welcome: the key 'title' is missing"},
        {"- id: welcome\n      title", "- title", 14, "install: steps: number 1: the key 'id' is missing"},
        {", line: shutdown", "", 29, "reboot: criteria: down: the key 'line' is missing"},
        {"reboot:\n  wait: 20\n  criteria:\n    - {name: down, kind: required, line: shutdown}\n", "", 1,
         "the key 'reboot' is missing"},
        {STEPS, "", 13, "install: the key 'steps' is missing"},
        {STEPS, "  steps: []\n", 13, "install: steps: the list is empty"},
        {"title: a test\n", "title: a test\ntitle: again\n", 3, "duplicate key 'title'"},
        {"      wait: 30\n", "      wait: 30\n      wait: 31\n", 20, "install: steps: welcome: duplicate key 'wait'"},
        {"  wait: 20\n", "  <<: {wait: 20}\n", 27, "reboot: unknown key '<<'"},
        {"name: test\n", "? [a, b]\n: c\nname: test\n", 1, "expected a key, not a list"},
        // Values of the wrong kind.
        {"rehearsal: true", "rehearsal: perhaps", 3, "rehearsal: expected false or true, not 'perhaps'"},
        {"rehearsal: true", "rehearsal: yes", 3, "rehearsal: expected false or true, not 'yes'"},
        {"memory: 1024", "memory: much", 5, "machine: memory: expected a whole number, not 'much'"},
        {"memory: 1024", "memory: -1024", 5, "machine: memory: expected a whole number, not '-1024'"},
        {"memory: 1024", "memory: 1024.5", 5, "machine: memory: expected a whole number, not '1024.5'"},
        {"memory: 1024", "memory: 0x400", 5, "machine: memory: expected a whole number, not '0x400'"},
        {"memory: 1024", "memory: '1024'", 5, "machine: memory: expected a whole number, not '1024'"},
        {"memory: 1024", "memory: 99999999999", 5, "machine: memory: 99999999999 is out of range (expected 64 to"},
        {"memory: 1024", "memory: 99999999999999999999999", 5, "machine: memory: expected a whole number"},
        {"memory: 1024", "memory: [1024]", 5, "machine: memory: expected a number, not a list"},
        {"memory: 1024", "memory:", 5, "machine: memory: expected a whole number, not ''"},
        {"wait: 30", "wait: 30 min", 19, "install: steps: welcome: wait: expected a whole number, not '30 min'"},
        {"wait: 30", "wait: 0", 19, "install: steps: welcome: wait: 0 is out of range (expected 1 to 604800)"},
        {"wait: 30", "wait: 604801", 19, "install: steps: welcome: wait: 604801 is out of range"},
        {"limit: 1", "limit: 0", 21, "install: steps: complete: limit: 0 is out of range"},
        {"settle_ms: 30", "settle_ms: 0", 9, "settle_ms: 0 is out of range"},
        {"resend_ms: 1500", "resend_ms: 5", 10, "resend_ms: 5 is out of range"},
        {"cpus: 2", "cpus: 0", 6, "machine: cpus: 0 is out of range"},
        {"memory: 1024", "memory: 0", 5, "machine: memory: 0 is out of range"},
        {"panic: true", "panic: yes please", 33, "boot: criteria: panic: panic: expected false or true"},
        {"optional: true", "optional: 2", 20, "install: steps: progress: optional: expected false or true, not '2'"},
        {"kind: required", "kind: wanted", 25,
         "install: criteria: done: kind: expected required, forbidden or optional, not 'wanted'"},
        {"a]\n", "[a]]\n", 18, "install: steps: welcome: keys: expected a text, not a list"},
        {"a]\n", "'']\n", 18, "install: steps: welcome: keys: is empty"},
        {"keys: [Enter], then", "keys: Enter, then", 23,
         "install: anytime: wrong: keys: expected a list, not a single"},
        {"machine:\n  memory: 1024\n  cpus: 2\n  disk_size: 40G\n", "machine: large\n", 4,
         "machine: expected a mapping, not a single value"},
        {"name: test\n", "name: ''\n", 1, "name: is empty"},
        {"name: test\n", "name:\n", 1, "name: is empty"},
        {"name: test\n", "name: ~\n", 1, "name: is empty"},
        {"name: test\n", "name: \"a\\0b\"\n", 1, "name: contains a NUL character"},
        {"name: test\n", "name: [a, b]\n", 1, "name: expected a text, not a list"},
        {"name: test\n", "name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 1,
         "name: is longer than 64 characters"},
        {"  criteria:\n    - {name: down, kind: required, line: shutdown}\n", "  criteria: []\n", 28,
         "reboot: criteria: the list is empty"},
        {"    - {name: down, kind", "    - down\n    - {name: down, kind", 29,
         "reboot: criteria: number 1: expected a mapping, not a single value"},
        {"screen: 'Welcome$'", "screen: []", 16, "install: steps: welcome: screen: the list is empty"},
        {"screen: 'Welcome$'", "screen: ''", 16, "install: steps: welcome: screen: is empty"},
        {"screen: 'Welcome$'", "screen: {a: b}", 16, "install: steps: welcome: screen: expected a list, not a mapping"},
        {"kind: required", "kind: [required]", 25,
         "install: criteria: done: kind: expected required, forbidden or optional, not a list"},
        // What the values mean.
        {"disk_size: 40G", "disk_size: forty", 7, "machine: disk_size: 'forty' is not a size"},
        {"disk_size: 40G", "disk_size: 0", 7, "machine: disk_size: '0' is not a size"},
        {"'Welcome$'", "'(Welcome'", 16,
         "install: steps: welcome: screen: is not a valid pattern: missing closing parenthesis, at character 9 of "
         "`(Welcome`"},
        {"'Welcome$'", "[Welcome,\n               '[z-a]']", 17,
         "install: steps: welcome: screen: is not a valid pattern: range out of order in character class, at "
         "character"},
        {"'Welcome$'", "'Welcome|'", 16, "install: steps: welcome: screen: matches the empty text"},
        {"'(\\d+)%'", "'[%'", 20, "install: steps: progress: percent: is not a valid pattern"},
        {"'(\\d+)%'", "'\\d+%'", 20, "install: steps: progress: percent: has no group (...) around the number"},
        {"'(\\d+)%'", "'(?:\\d+)%'", 20, "install: steps: progress: percent: has no group"},
        {"'(\\d+)%'", "'(\\d*)'", 20, "install: steps: progress: percent: matches the empty text"},
        {"screen: minimum", "screen: '*'", 23, "install: anytime: wrong: screen: is not a valid pattern"},
        {"line: shutdown", "line: '(?<'", 29, "reboot: criteria: down: line: is not a valid pattern"},
        {"line: shutdown", "line: '.*'", 29, "reboot: criteria: down: line: matches the empty text"},
        {"kind: required, line: shutdown", "kind: optional, line: shutdown", 27,
         "reboot: criteria: no criterion is required"},
        {"(?<size>\\d+)", "(?<size>", 11, "disk_row: is not a valid pattern"},
        {"(?<size>\\d+) ", "", 11, "disk_row: needs the groups (?<size>...) and (?<unit>...)"},
        {"(?<unit>[KMGT]iB)", "iB", 11, "disk_row: needs the groups"},
        {"(?<size>\\d+) ", "\\(\\?<size>", 11, "disk_row: needs the groups"},
        {"keys: [Enter, ", "keys: [Entre, ", 17,
         "install: steps: welcome: keys: unknown key 'Entre'; did you mean 'Enter'?"},
        {"a]\n", "Dwon]\n", 18, "install: steps: welcome: keys: unknown key 'Dwon'; did you mean 'Down'?"},
        {"'Tab?'", "'Tab?\?'", 17, "install: steps: welcome: keys: unknown key 'Tab?'"},
        {"<password>", "<passwort>", 17, "unknown key '<passwort>'; did you mean '<password>'?"},
        {"<target-disk>", "<target_disk>", 17, "did you mean '<target-disk>'?"},
        {"<password>", "'<password>?'", 17, "unknown key '<password>'"},
        {"then: welcome", "then: welcom", 23,
         "install: anytime: wrong: then: unknown step 'welcom'; did you mean 'welcome'?"},
        {"then: welcome", "then: wrong", 23, "unknown step 'wrong'"},
        {"then: welcome", "then: [welcome,\n       nowhere]", 24, "unknown step 'nowhere'"},
        {"id: progress", "id: welcome", 20, "install: steps: welcome: two steps have this id"},
        {"id: wrong", "id: progress", 23, "install: anytime: progress: two steps have this id"},
        {"limit: 1", "limit: 1, then: welcome", 21, "install: steps: complete: the last step ends the installation"},
        {"limit: 1", "optional: true", 21, "install: steps: complete: the last step ends the installation"},
        {"limit: 1", "on_timeout: skip", 21, "install: steps: complete: the last step ends the installation"},
        {"optional: true", "on_timeout: skp", 20,
         "install: steps: progress: on_timeout: invalid value 'skp' (expected fail, skip, resend or goto ID); did you "
         "mean "
         "'skip'?"},
        {"optional: true", "on_timeout: goto welcom", 20,
         "progress: on_timeout: unknown step 'welcom'; did you mean 'welcome'?"},
        {"keys: [Enter], then: welcome", "keys: [Enter], fail: it says no", 23,
         "install: anytime: wrong: a step with fail cannot have keys"},
        // Not YAML.
        {"  cpus: 2\n", "\tcpus: 2\n", 6, "a tab; indent YAML with spaces"},
        {"      wait: 30\n", "     wait: 30\n", 19, "is not YAML"},
        {"      wait: 30\n", "      wait: 30: 31\n", 19, "is not YAML: mapping values are not allowed"},
        {"'Welcome$'", "'Welcome$", 17, "is not YAML"},
        {"keys: [Enter, ", "keys: [Enter ", 17, "unknown key 'Enter 'Tab?''"},
        {"title: a test", "title: *nowhere", 2, "is not YAML: found undefined alias"},
        {"title: a test", "title: caf\xE9 noir", 2, "is not UTF-8 text"},
        {"title: a test", "title: \x01", 2, "is not UTF-8 text"},
        {"boot:\n  criteria:\n", "---\nboot:\n  criteria:\n", 30, "a second document begins"},
        {"title: a test", "title: @test", 2, "is not YAML: found character that cannot start any token"},
};

TEST_IN_SCRATCH(every_mistake_is_reported_with_its_line)
{
        for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
                AUTO_FREE char *place = text_format("./test.yaml:%u: ", mistakes[i].line);
                write_profile(mistakes[i].find, mistakes[i].replacement);
                refuse_profile(place, mistakes[i].message);
        }
}

TEST_IN_SCRATCH(unusual_but_valid_profiles_are_accepted)
{
        static const struct {
                const char *find, *replacement;
        } changes[] = {
                {"'Tab?'", "'?'"}, // a question mark is a key
                {"screen: 'Welcome$'", "screen: ['Welcome$', Enter]"},
                {"screen: 'Welcome$'", "screen:\n        - Welcome\n        - Enter\n"},
                {"then: welcome", "then: [welcome, progress]"},
                {"name: test\n", "name: 42\n"},
                {"title: a test", "title: \"\xC3\xBC \\u00fc\""},
                {"optional: true", "on_timeout: goto welcome"},
                {"optional: true", "on_timeout: resend"},
                {"keys: [Enter], then: welcome", "fail: it says no"},
                {"{name: down, kind: required, line: shutdown}", "&down {name: down, kind: required, line: shutdown}"},
                {"name: test\n", "\xEF\xBB\xBFname: test\n"},
                {"name: test\n", "--- # begins\nname: test\n"},
        };
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
                write_profile(changes[i].find, changes[i].replacement);
                struct profile *profile = read_profile();
                profile_free(&profile);
        }
}

TEST_IN_SCRATCH(branches_and_time_outs_are_read)
{
        write_profile("screen: '%', percent: '(\\d+)%', optional: true",
                      "screen: ['%', Installing], then: [welcome, complete], on_timeout: goto welcome");
        AUTO_PROFILE struct profile *profile = read_profile();
        const struct profile_step *step = profile_step(&profile->install, "progress");
        assert_int_equal(step->screen_count, 2);
        assert_int_equal(step->then_count, 2);
        assert_string_equal(step->then[1], "complete");
        assert_int_equal(step->timeout, TIMEOUT_GOTO);
        assert_ptr_equal(step->timeout_step, &profile->install.steps[0]);
        assert_int_equal(profile->install.steps[0].timeout, TIMEOUT_FAIL);
        assert_true(screen_matches(step->screen_patterns, step->screen_count, "Installing\n 4 %"));
        assert_false(screen_matches(step->screen_patterns, step->screen_count, "Installing"));
}

TEST_IN_SCRATCH(a_kickstart_phase_needs_no_required_criteria)
{
        write_profile(
                "reboot:\n",
                "kickstart:\n  wait: 60\n  criteria: [{name: refused, kind: forbidden, line: refused}]\nreboot:\n");
        AUTO_PROFILE struct profile *profile = read_profile();
        assert_true(profile->has_kickstart);
        assert_int_equal(profile->kickstart.wait_s, 60);
        assert_string_equal(profile->kickstart.criteria[0].name, "refused");
        write_text("test.yaml", sound);
        AUTO_PROFILE struct profile *without = read_profile();
        assert_false(without->has_kickstart);
}

// An anchor may be used again and again; what it expands to is bounded by what a profile may contain.
TEST_IN_SCRATCH(aliases_share_and_do_not_explode)
{
        write_profile("- {name: done, kind: required, line: Complete}\n",
                      "- &done {name: done, kind: required, line: Complete}\n    - *done\n");
        AUTO_PROFILE struct profile *profile = read_profile();
        assert_string_equal(profile->install.criteria[1].name, "done");
        AUTO_TEXT struct text laughs = {0};
        text_add(&laughs, "a0: &a0 [lol, lol]\n");
        for (int i = 1; i < 40; i++)
                text_add_format(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
        write_text("test.yaml", text_string(&laughs));
        refuse_profile("./test.yaml:1: ", "unknown key 'a0'");
}

TEST_IN_SCRATCH(files_that_are_too_large_or_too_deep_are_refused)
{
        static const struct {
                char content;
                size_t size;
                const char *message;
        } cases[] = {
                {'#', 300 << 10, ""},
                {'[', 200 << 10, ":1: more than 32 nested lists and mappings"},
        };
        for (size_t i = 0; i < 2; i++) {
                AUTO_TEXT struct text text = {0};
                for (size_t j = 0; j < cases[i].size; j++)
                        text_add_char(&text, cases[i].content);
                write_text("test.yaml", text_string(&text));
                refuse_profile("./test.yaml", cases[i].message);
        }
}

TEST_IN_SCRATCH(other_files_are_refused)
{
        static const char *const contents[] = {
                "",
                "\n",
                "# only a comment\n",
                "---\n",
                "---\n...\n",
                "null\n",
                "just text",
                "[1, 2]",
                "42",
                "name: [unclosed\n",
                "name: 'unclosed\n",
                "name: test\n  title: wrongly indented\n",
                "name: &a [*a]\n",
                "a: &a [x, x]\nb: &b [*a, *a]\nname: [*b, *b]\n",
                "%YAML 9.9\n---\nname: x\n",
                "\xFF\xFE\x00",
                "\177ELF\002\001\001",
        };
        for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
                write_text("test.yaml", contents[i]);
                refuse_profile("./test.yaml", "");
        }
        uint8_t binary[2000];
        for (size_t i = 0; i < sizeof binary; i++)
                binary[i] = (uint8_t)(i * 7919 >> 3);
        write_bytes("test.yaml", (struct bytes){binary, sizeof binary});
        refuse_profile("./test.yaml", "");
}

TEST_IN_SCRATCH(a_profile_cut_at_every_byte)
{
        for (size_t size = 0; size + 1 < sizeof sound - 1; size++) {
                AUTO_ERROR struct error err = {0};
                unlink("test.yaml"); // some file systems wait for the disk when a file is cut off and written anew
                write_bytes("test.yaml", (struct bytes){(const uint8_t *)sound, size});
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                // The last word and the last row may lack something without being wrong.
                if (size < sizeof sound - 80)
                        assert_null(profile);
                assert_true(profile || err.code == ERROR_DAMAGED);
        }
}

TEST_IN_SCRATCH(a_missing_profile_is_reported)
{
        static const struct {
                const char *name;
                enum error_code code;
                const char *message;
        } cases[] = {
                {"./missing.yaml", ERROR_USAGE, "./missing.yaml"},
                {"no-such-guest", ERROR_ENVIRONMENT, "guests/no-such-guest.yaml"},
                {"./folder", ERROR_DAMAGED, "./folder"},
        };
        shell("mkdir folder");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_PROFILE struct profile *profile = profile_read(cases[i].name, &err);
                assert_null(profile);
                assert_error(&err, cases[i].code, cases[i].message);
                assert_null(strstr(err.message, ":0:"));
        }
}

// The profiles that are shipped.

static const char *const shipped[] = {"esxi8", "rehearsal"};

static bool is_on(const struct profile_step *step, const char *screen)
{
        return screen_matches(step->screen_patterns, step->screen_count, screen);
}

static struct profile *read_shipped(const char *name)
{
        AUTO_ERROR struct error err = {0};
        const char *build = getenv("BUILD");
        AUTO_FREE char *path = text_format("%s/share/guests/%s.yaml", build ? build : "build", name);
        struct profile *profile = profile_read(path, &err);
        assert_done(profile, &err);
        return profile;
}

TEST(a_name_is_looked_up_in_the_data_files)
{
        AUTO_ERROR struct error err = {0};
        const char *build = getenv("BUILD");
        AUTO_FREE char *data = text_format("%s/share", build ? build : "build");
        setenv("ESXIARM_DATA", data, 1);
        AUTO_PROFILE struct profile *profile = profile_read("esxi8", &err);
        unsetenv("ESXIARM_DATA");
        assert_done(profile, &err);
        assert_string_equal(profile->name, "esxi8");
        assert_false(profile->rehearsal);
}

// The installer's screens, as reported.
static const struct {
        const char *step, *screen;
} screens[] = {
        {"welcome", "     Welcome to the VMware ESXi 8.0.3 Installation\n\n      (Esc) Cancel      (Enter) Continue\n"},
        {"eula", "     End User License Agreement (EULA)\n\n  (ESC) Do not Accept      (F11) Accept and Continue\n"},
        {"disk", "     Select a Disk to Install or Upgrade\n  504.00 MiB\n  40.00 GiB\n  (Esc) Cancel    (F1) Details  "
                 "  (F5) Refresh    (Enter) Continue\n"},
        {"osdata", "     Select a Disk to store ESX OSData\n  40.00 GiB\n  (Esc) Cancel    (Enter) Continue\n"},
        {"usb", "     USB/SD-Card device Configuration\n  (Esc) Cancel    (Enter) Continue\n"},
        {"usb", "     ESXi will be installed on a USB/SD device\n  (Esc) Cancel    (Enter) Continue\n"},
        {"keyboard",
         "     Please select a keyboard layout\n   US Default\n  (Esc) Cancel    (F9) Back    (Enter) Continue\n"},
        {"keyboard", "     Select a Keyboard Layout\n  (Enter) Continue\n"},
        {"password", "     Enter a root password\n   Root password:\n   Confirm password:\n  (Esc) Cancel    (F9) Back "
                     "   (Enter) Continue\n"},
        {"warnings", "     Error(s)/Warning(s) Found During System Scan\n  HARDWARE_VIRTUALIZATION WARNING\n  (Esc) "
                     "Cancel    (F9) Back    (Enter) Continue\n"},
        {"confirm", "     Confirm Install\n  (Esc) Cancel    (F9) Back    (F11) Install\n"},
        {"progress", "     Installing ESXi 8.0.3\n   42 %\n"},
        {"complete", "     Installation Complete\n  (Enter) Reboot\n"},
};

// The driver takes over at any screen, so no screen may look like another step's.
TEST(each_reported_screen_matches_one_shipped_step)
{
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                assert_string_equal(profile->name, shipped[i]);
                assert_string_equal(profile->boot_label, "VMware ESXi");
                assert_int_equal(profile->rehearsal, i);
                for (size_t j = 0; j < sizeof screens / sizeof screens[0]; j++) {
                        assert_non_null(profile_step(&profile->install, screens[j].step));
                        for (size_t k = 0; k < profile->install.step_count; k++) {
                                const struct profile_step *step = &profile->install.steps[k];
                                if (is_on(step, screens[j].screen) != (strcmp(step->id, screens[j].step) == 0))
                                        fail_msg("%s: '%s' on %s", shipped[i], step->id, screens[j].screen);
                        }
                        for (size_t k = 0; k < profile->install.anytime_count; k++)
                                assert_false(is_on(&profile->install.anytime[k], screens[j].screen));
                }
                const struct profile_step *progress = profile_step(&profile->install, "progress");
                assert_int_equal(screen_number(progress->percent_pattern, "Installing 42 %"), 42);
        }
}

TEST(the_wrong_disk_leads_back_to_the_list)
{
        static const char screen[] = "  The selected disk does not have the minimum space of 4 GB\n  (Enter) OK\n";
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                const struct profile_step *step = &profile->install.anytime[0];
                assert_true(is_on(step, screen));
                assert_string_equal(step->then[0], "disk");
        }
}

TEST(the_shipped_keys_are_the_reported_ones)
{
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                assert_string_equal(key_bytes(profile_step(&profile->install, "eula")->keys[0]), "\033[23~");
                assert_string_equal(key_bytes(profile_step(&profile->install, "confirm")->keys[0]), "\033[23~");
                assert_string_equal(key_bytes(profile_step(&profile->install, "welcome")->keys[0]), "\r");
                assert_string_equal(profile_step(&profile->install, "disk")->keys[0], "<target-disk>");
        }
}

static const char *const booted[] = {
        "BdsDxe: loading Boot0004 \"VMware ESXi\" from HD(1,GPT,0A48CC8F)/\\EFI\\VMware\\safeboot64.efi",
        "BdsDxe: starting Boot0004 \"VMware ESXi\" from HD(1,GPT,0A48CC8F)/\\EFI\\VMware\\safeboot64.efi",
        "VMware ESXi 8.0.3 [Releasebuild-24677879 aarch64]",
        "Starting VMKernel initialization",
        "Boot complete (2/2)",
        "To manage this host, go to:",
};
static const char *const rebooted[] = {
        "Starting VMKernel shutdown",
        "VMK shutdown(43/43)",
        "This system has been halted",
        "BdsDxe: loading Boot0004 \"VMware ESXi\" from HD(1)",
};
static const char *const installed[] = {"Installation Complete"};

static enum verdict judge(const struct profile_phase *phase, const char *const *lines, size_t count, const char *more)
{
        AUTO_ERROR struct error err = {0};
        AUTO_CRITERIA struct criteria *criteria = criteria_new(phase->criteria, phase->criterion_count, &err);
        assert_done(criteria, &err);
        for (size_t i = 0; i < count; i++)
                criteria_line(criteria, i + 1, 0, lines[i]);
        if (more)
                criteria_line(criteria, count + 1, 0, more);
        return criteria_judge(criteria).outcome;
}

#define LINES(array) (array), sizeof(array) / sizeof(array)[0]

TEST(the_shipped_criteria_judge_the_reported_logs)
{
        static const char *const panics[] = {"its.c:2934", "VERIFY bora/vmkernel/main/x.c:12",
                                             "Module(s) involved in panic: [vmkernel]",
                                             "0x453890: PanicvPanicInt@vmkernel", "PSOD"};
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                assert_int_equal(judge(&profile->boot, LINES(booted), NULL), VERDICT_PASS);
                assert_int_equal(judge(&profile->reboot, LINES(rebooted), NULL), VERDICT_PASS);
                assert_int_equal(judge(&profile->install, LINES(installed), NULL), VERDICT_PASS);
                // Each marker is needed except the line of the loader, which not every console shows.
                for (size_t count = 0; count < sizeof booted / sizeof booted[0]; count++)
                        assert_int_equal(judge(&profile->boot, booted, count, NULL), VERDICT_FAIL);
                assert_int_equal(judge(&profile->boot, LINES(booted), "VERIFY alone is not a panic"), VERDICT_PASS);
                for (size_t j = 0; j < sizeof panics / sizeof panics[0]; j++) {
                        assert_int_equal(judge(&profile->install, LINES(installed), panics[j]), VERDICT_PANIC);
                        assert_int_equal(judge(&profile->reboot, LINES(rebooted), panics[j]), VERDICT_PANIC);
                        assert_int_equal(judge(&profile->boot, LINES(booted), panics[j]), VERDICT_PANIC);
                }
        }
}

// The firmware may start the disk's own entry; the markers that follow still make it a success.
TEST(the_disk_s_generic_entry_is_a_success_too)
{
        const char *lines[sizeof booted / sizeof booted[0]];
        memcpy(lines, booted, sizeof lines);
        lines[0] =
                "BdsDxe: loading Boot0002 \"UEFI QEMU QEMU USB HARDDRIVE\" from PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)";
        lines[1] = "BdsDxe: starting Boot0002 \"UEFI QEMU QEMU USB HARDDRIVE\" from "
                   "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)";
        lines[5] = "Starting service DCUI";
        AUTO_PROFILE struct profile *profile = read_shipped("esxi8");
        assert_int_equal(judge(&profile->boot, LINES(lines), NULL), VERDICT_PASS);
}

#define CHOICE(list) list "\n  (Esc) Cancel      (Enter) OK\n"
#define ESXI_FOUND   CHOICE("  ESXi Found\n (X) Upgrade\n ( ) Install")
#define VMFS_FOUND                                                                                                     \
        CHOICE("  VMFS Found\n (X) Install ESXi, preserve VMFS\n     datastore\n ( ) Install ESXi, overwrite VMFS\n  " \
               "   datastore")
#define BOTH_FOUND                                                                                                     \
        CHOICE("  ESXi and VMFS Found\n (X) Upgrade ESXi, preserve VMFS\n     datastore\n ( ) Install ESXi, preserve " \
               "VMFS\n     datastore\n ( ) Install ESXi, overwrite VMFS\n     datastore")
#define OLD_FOUND  "  ESX(i) Found\n  (Esc) Cancel      (Enter) Install\n"
#define VSAN_FOUND "  vSAN Claimed SSD\n  (Esc) Cancel      (Enter) Install\n"
#define VMFS_LOST  "  VMFS Cannot Be Preserved\n  (Esc) Cancel      (Enter) OK\n"
#define CONFIRM    "  Confirm Disk Selection\n  You have selected a disk\n  (Esc) Cancel      (Enter) OK\n"

// Screens between the others: a disk that is not empty, and an installer that refuses.
static const struct {
        enum profile_when over;
        const char *step, *screen;
} others[] = {
        {WHEN_KEEP, "scanning", "  Scanning...\n  Gathering additional information from the selected device.\n"},
        {WHEN_KEEP, "scanning", "  Scanning system...\n"},
        {WHEN_KEEP, "occupied", CONFIRM},
        {WHEN_KEEP, "occupied", ESXI_FOUND},
        {WHEN_KEEP, "occupied", VMFS_FOUND},
        {WHEN_KEEP, "occupied", BOTH_FOUND},
        {WHEN_KEEP, "occupied", OLD_FOUND},
        {WHEN_KEEP, "occupied", VSAN_FOUND},
        {WHEN_KEEP, "occupied", VMFS_LOST},
        {WHEN_OVERWRITE, "overwrite", CONFIRM},
        {WHEN_OVERWRITE, "install-anew", ESXI_FOUND},
        {WHEN_OVERWRITE, "install-anew", VMFS_FOUND},
        {WHEN_OVERWRITE, "install-anew", BOTH_FOUND},
        {WHEN_OVERWRITE, "overwrite-old", OLD_FOUND},
        {WHEN_OVERWRITE, "overwrite-old", VSAN_FOUND},
        {WHEN_OVERWRITE, "overwrite", VMFS_LOST},
        {WHEN_OVERWRITE, "(none)", "  Confirm Upgrade\n  (F9) Back      (F11) Upgrade\n"},
        {WHEN_UPGRADE, "upgrade", ESXI_FOUND},
        {WHEN_UPGRADE, "keep-vmfs", VMFS_FOUND},
        {WHEN_UPGRADE, "upgrade", BOTH_FOUND},
        {WHEN_UPGRADE, "upgrade", CHOICE("  ESXi Found\n (X) Force Migrate *\n ( ) Install")},
        {WHEN_UPGRADE, "(none)", VMFS_LOST},
        {WHEN_UPGRADE, "confirm-upgrade", "  Confirm Upgrade\n  (F9) Back      (F11) Upgrade\n"},
        {WHEN_UPGRADE, "confirm-upgrade", "  Confirm Force Migrate\n  (F9) Back      (F11) Force Migrate\n"},
        {WHEN_KEEP, "geometry", "  Disk Geometry Warning\n  (F9) Back      (F11) Continue\n"},
        {WHEN_KEEP, "alert", "  Installing 7 %\n  Alert\n  something\n  (Enter) Continue\n"},
        {WHEN_KEEP, "errors", "  Error(s)/Warning(s) Found During System Scan\n (F9) Back     (F11) Reboot\n"},
        {WHEN_KEEP, "(none)",
         "  Enter a root password\n  ***\n Password must be at least 7 characters long.\n (Enter) Continue\n"},
        {WHEN_KEEP, "password-refused",
         "  Enter a root password\n  *******\n Password must be at most 40 characters long.\n (Enter) Continue\n"},
        {WHEN_KEEP, "(none)", "  Enter a root password\n  *******\n  *\n Passwords do not match.\n (Enter) Continue\n"},
        {WHEN_KEEP, "passwords-differ",
         "  Enter a root password\n  *******\n  *******\n Passwords do not match.\n (Enter) Continue\n"},
        {WHEN_KEEP, "no-disk", "  No Eligible Disks Found\n  (Esc) Cancel     (Enter) Rescan\n"},
        {WHEN_KEEP, "no-network", "  No Network Adapters\n  (Enter) Reboot\n"},
        {WHEN_KEEP, "no-network", "  No network adapters were detected. Either\n"},
        {WHEN_OVERWRITE, "no-driver", "  Missing Device Drivers\n  (Enter) OK\n"},
        {WHEN_OVERWRITE, "unreadable-vmfs", "  The VMFS volume on it cannot be scanned.\n  (Enter) OK\n"},
        {WHEN_KEEP, "failed", "  Operation failed\n This program has encountered an error:\n"},
};

TEST(esxi_s_other_screens_are_matched_at_any_time)
{
        AUTO_PROFILE struct profile *profile = read_shipped("esxi8");
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                const char *found = "(none)";
                for (size_t j = profile->install.anytime_count; j-- > 0;) {
                        const struct profile_step *step = &profile->install.anytime[j];
                        bool is_allowed = step->when == WHEN_ALWAYS || step->when == others[i].over;
                        if (is_allowed && is_on(step, others[i].screen))
                                found = step->id;
                }
                if (strcmp(found, others[i].step) != 0)
                        fail_msg("%s, expected %s:\n%s", found, others[i].step, others[i].screen);
        }
}

TEST(a_failed_kickstart_is_recognised_by_its_message)
{
        static const char *const failures[] = {
                "An error has occurred while parsing the installation script",
                "error:/vmfs/volumes/mpx.vmhba32:C0:T0:L0/KS.CFG:line 3: unknown command",
                "installation aborted",
                "The system was not installed correctly. Press <enter> to reboot...",
                "No network adapters were detected. Either no network adapters are physically",
        };
        AUTO_PROFILE struct profile *profile = read_shipped("esxi8");
        AUTO_PROFILE struct profile *rehearsal = read_shipped("rehearsal");
        assert_true(profile->has_kickstart && rehearsal->has_kickstart);
        assert_int_equal(judge(&profile->kickstart, NULL, 0, NULL), VERDICT_PASS);
        for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
                assert_int_equal(judge(&profile->kickstart, NULL, 0, failures[i]), VERDICT_FAIL);
        assert_int_equal(judge(&profile->kickstart, NULL, 0, "PSOD"), VERDICT_PANIC);
        assert_int_equal(judge(&rehearsal->kickstart, NULL, 0, failures[0]), VERDICT_FAIL);
}
