// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "launcher/drive/screen-match.h"
#include "launcher/machine/keys.h"
#include "launcher/machine/profile.h"

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
                            "install:\n"
                            "  steps:\n"
                            "    - id: welcome\n"
                            "      title: Welcome\n"
                            "      screen: 'Welcome$'\n"
                            "      keys: [Enter, 'Tab?', <password>, <target-disk>,\n"
                            "             a]\n"
                            "      wait: 30\n"
                            "    - {id: progress, title: Installing, screen: '%', percent: '(\\d+)%', optional: true}\n"
                            "    - {id: complete, title: Complete, screen: Complete, keys: [], limit: 1}\n"
                            "  anytime:\n"
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

TEST_IN_SCRATCH(a_sound_profile_is_read_whole)
{
        AUTO_ERROR struct error err = {0};
        write_text("test.yaml", sound);
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_done(profile, &err);
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

TEST_IN_SCRATCH(what_is_left_out_has_its_default)
{
        AUTO_ERROR struct error err = {0};
        write_profile("settle_ms: 30\nresend_ms: 1500\n", "");
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_done(profile, &err);
        assert_true(profile->settle_ms > 0);
        assert_true(profile->resend_ms > 0);
        assert_true(profile->install.steps[1].wait_s > 0);
        assert_int_equal(profile->install.steps[1].key_count, 0);
        assert_int_equal(profile->install.steps[1].then_count, 0);
        assert_true(profile->install.steps[1].limit > 1);
        assert_true(profile->boot.wait_s > 0);
}

// One mistake each: what is replaced by what, the line that is named, and what is said of it.
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
        {"wait: 30", "wait: soon", 19, "install: steps: welcome: wait: expected a whole number, not 'soon'"},
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
        {"name: test\n", "name: \"a\\0b\"\n", 1, "name: holds a NUL character"},
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
        {"'Welcome$'", "'x*'", 16, "install: steps: welcome: screen: matches the empty text"},
        {"'Welcome$'", "'Welcome|'", 16, "install: steps: welcome: screen: matches the empty text"},
        {"'Welcome$'", "'^$'", 16, "install: steps: welcome: screen: matches the empty text"},
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
        // No YAML.
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

TEST_IN_SCRATCH(every_mistake_is_named_with_its_line)
{
        for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
                AUTO_ERROR struct error err = {0};
                write_profile(mistakes[i].find, mistakes[i].replacement);
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                if (profile)
                        fail_msg("'%s' was taken", mistakes[i].replacement);
                AUTO_FREE char *place = text_format("./test.yaml:%u: ", mistakes[i].line);
                assert_error(&err, ERROR_DAMAGED, place);
                assert_error(&err, ERROR_DAMAGED, mistakes[i].message);
                assert_true(text_starts_with(err.message, place));
                assert_null(strchr(err.message, '\n'));
        }
}

// What looks like a mistake and is none.
TEST_IN_SCRATCH(what_is_no_mistake)
{
        static const struct {
                const char *find, *replacement;
        } sound_changes[] = {
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
        for (size_t i = 0; i < sizeof sound_changes / sizeof sound_changes[0]; i++) {
                AUTO_ERROR struct error err = {0};
                write_profile(sound_changes[i].find, sound_changes[i].replacement);
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                assert_done(profile, &err);
        }
}

TEST_IN_SCRATCH(branches_and_time_outs)
{
        AUTO_ERROR struct error err = {0};
        write_profile("screen: '%', percent: '(\\d+)%', optional: true",
                      "screen: ['%', Installing], then: [welcome, complete], on_timeout: goto welcome");
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_done(profile, &err);
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

TEST_IN_SCRATCH(a_kickstart_phase_may_do_without_required_criteria)
{
        AUTO_ERROR struct error err = {0};
        write_profile(
                "reboot:\n",
                "kickstart:\n  wait: 60\n  criteria: [{name: refused, kind: forbidden, line: refused}]\nreboot:\n");
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_done(profile, &err);
        assert_true(profile->has_kickstart);
        assert_int_equal(profile->kickstart.wait_s, 60);
        assert_string_equal(profile->kickstart.criteria[0].name, "refused");
        write_text("test.yaml", sound);
        AUTO_PROFILE struct profile *without = profile_read("./test.yaml", &err);
        assert_done(without, &err);
        assert_false(without->has_kickstart);
}

// An anchor may be used again and again; what it expands to is bounded by what may stand in a profile.
TEST_IN_SCRATCH(aliases_share_and_do_not_explode)
{
        AUTO_ERROR struct error shared = {0};
        AUTO_ERROR struct error bomb = {0};
        write_profile("- {name: done, kind: required, line: Complete}\n",
                      "- &done {name: done, kind: required, line: Complete}\n    - *done\n");
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &shared);
        assert_done(profile, &shared);
        assert_string_equal(profile->install.criteria[1].name, "done");
        AUTO_TEXT struct text laughs = {0};
        text_add(&laughs, "a0: &a0 [lol, lol]\n");
        for (int i = 1; i < 40; i++)
                text_add_format(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
        write_text("test.yaml", text_string(&laughs));
        AUTO_PROFILE struct profile *exploded = profile_read("./test.yaml", &bomb);
        assert_null(exploded);
        assert_error(&bomb, ERROR_DAMAGED, "./test.yaml:1: unknown key 'a0'");
}

TEST_IN_SCRATCH(what_is_too_large_or_too_deep)
{
        AUTO_ERROR struct error large = {0};
        AUTO_ERROR struct error deep = {0};
        AUTO_TEXT struct text text = {0};
        for (int i = 0; i < 300 << 10; i++)
                text_add_char(&text, '#');
        write_text("test.yaml", text_string(&text));
        AUTO_PROFILE struct profile *none = profile_read("./test.yaml", &large);
        assert_null(none);
        assert_error(&large, ERROR_DAMAGED, "./test.yaml");
        text_clear(&text);
        for (int i = 0; i < 200 << 10; i++)
                text_add_char(&text, '[');
        write_text("test.yaml", text_string(&text));
        AUTO_PROFILE struct profile *nested = profile_read("./test.yaml", &deep);
        assert_null(nested);
        assert_error(&deep, ERROR_DAMAGED, "./test.yaml:1: more than 32 nested lists and mappings");
}

TEST_IN_SCRATCH(no_steps)
{
        const char *from = strstr(sound, "  steps:");
        const char *to = strstr(sound, "  anytime:");
        static const char *const instead[] = {"", "  steps: []\n"};
        static const char *const messages[] = {"test.yaml:13: install: the key 'steps' is missing",
                                               "test.yaml:13: install: steps: the list is empty"};
        for (size_t i = 0; i < 2; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_FREE char *text = text_format("%.*s%s%s", (int)(from - sound), sound, instead[i], to);
                write_text("test.yaml", text);
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                assert_null(profile);
                assert_error(&err, ERROR_DAMAGED, messages[i]);
        }
}

TEST_IN_SCRATCH(what_is_no_profile_at_all)
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
                "\tname: test\n",
                "name: test\n  title: wrongly indented\n",
                "name: &a [*a]\n",
                "name: *nowhere\n",
                "a: &a [x, x]\nb: &b [*a, *a]\nname: [*b, *b]\n",
                "%YAML 9.9\n---\nname: x\n",
                "\xFF\xFE\x00",
                "name: \xC3\x28\n",
                "\177ELF\002\001\001",
                "name: \"\\x00\"\n",
        };
        for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
                AUTO_ERROR struct error err = {0};
                write_text("test.yaml", contents[i]);
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                if (profile)
                        fail_msg("case %zu was taken for a profile", i);
                assert_error(&err, ERROR_DAMAGED, "./test.yaml");
                assert_true(strlen(err.message) > strlen("./test.yaml: "));
                assert_null(strstr(err.message, ":0:"));
        }
        uint8_t binary[2000];
        for (size_t i = 0; i < sizeof binary; i++)
                binary[i] = (uint8_t)(i * 7919 >> 3);
        AUTO_ERROR struct error err = {0};
        write_bytes("test.yaml", (struct bytes){binary, sizeof binary});
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_null(profile);
        assert_int_equal(err.code, ERROR_DAMAGED);
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

TEST_IN_SCRATCH(a_profile_that_is_not_there)
{
        AUTO_ERROR struct error path = {0};
        AUTO_ERROR struct error name = {0};
        AUTO_ERROR struct error folder = {0};
        AUTO_PROFILE struct profile *none = profile_read("./missing.yaml", &path);
        AUTO_PROFILE struct profile *nameless = profile_read("no-such-guest", &name);
        shell("mkdir folder");
        AUTO_PROFILE struct profile *no_file = profile_read("./folder", &folder);
        assert_null(none);
        assert_null(nameless);
        assert_null(no_file);
        assert_error(&path, ERROR_USAGE, "./missing.yaml");
        assert_null(strstr(path.message, ":0:"));
        assert_error(&name, ERROR_ENVIRONMENT, "guests/no-such-guest.yaml");
        assert_error(&folder, ERROR_DAMAGED, "./folder");
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

// What the installer shows, as far as it was reported.
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

TEST(the_shipped_steps_know_the_reported_screens)
{
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                assert_string_equal(profile->name, shipped[i]);
                assert_string_equal(profile->boot_label, "VMware ESXi");
                assert_int_equal(profile->rehearsal, i);
                for (size_t j = 0; j < sizeof screens / sizeof screens[0]; j++) {
                        const struct profile_step *step = profile_step(&profile->install, screens[j].step);
                        assert_non_null(step);
                        if (!is_on(step, screens[j].screen))
                                fail_msg("%s: '%s' does not match its screen", shipped[i], screens[j].step);
                }
                const struct profile_step *progress = profile_step(&profile->install, "progress");
                assert_int_equal(screen_number(progress->percent_pattern, "Installing 42 %"), 42);
        }
}

// The driver takes over from whatever is on the screen, so no screen may look like another step's.
TEST(no_shipped_step_takes_another_one_s_screen)
{
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                for (size_t j = 0; j < profile->install.step_count; j++) {
                        const struct profile_step *step = &profile->install.steps[j];
                        for (size_t k = 0; k < sizeof screens / sizeof screens[0]; k++)
                                assert_true(is_on(step, screens[k].screen) == (strcmp(step->id, screens[k].step) == 0));
                }
                for (size_t j = 0; j < profile->install.anytime_count; j++) {
                        for (size_t k = 0; k < sizeof screens / sizeof screens[0]; k++)
                                assert_false(is_on(&profile->install.anytime[j], screens[k].screen));
                }
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
                // Each marker is needed, but the line of the loader, which not every console shows.
                for (size_t count = 0; count < sizeof booted / sizeof booted[0]; count++)
                        assert_int_equal(judge(&profile->boot, booted, count, NULL), VERDICT_FAIL);
                assert_int_equal(judge(&profile->boot, LINES(booted), "VERIFY alone is no panic"), VERDICT_PASS);
                for (size_t j = 0; j < sizeof panics / sizeof panics[0]; j++) {
                        assert_int_equal(judge(&profile->install, LINES(installed), panics[j]), VERDICT_PANIC);
                        assert_int_equal(judge(&profile->reboot, LINES(rebooted), panics[j]), VERDICT_PANIC);
                        assert_int_equal(judge(&profile->boot, LINES(booted), panics[j]), VERDICT_PANIC);
                }
        }
}

// The firmware may start the disk's own entry; the markers that follow make it a success all the same.
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

// Screens between the others: a disk that is not empty, and an installer that says no.
static const struct {
        const char *step, *screen;
} others[] = {
        {"scanning", "  Scanning...\n  Gathering additional information from the selected device.\n"},
        {"scanning", "  Scanning system...\n"},
        {"overwrite", "  Confirm Disk Selection\n  You have selected a disk\n  (Esc) Cancel      (Enter) OK\n"},
        {"esxi-found", "  ESXi Found\n (X) Upgrade\n ( ) Install\n (Esc) Cancel      (Enter) OK\n"},
        {"install-anew", "  ESXi Found\n ( ) Upgrade\n (X) Install\n (Esc) Cancel      (Enter) OK\n"},
        {"install-anew",
         "  |  ESXi Found  |\n | ( ) Upgrade   |\n | (X) Install   |\n | (Esc) Cancel      (Enter) OK |\n"},
        {"vmfs-found",
         "  ESXi and VMFS Found\n (X) Upgrade ESXi, preserve VMFS datastore\n ( ) Install ESXi, preserve VMFS "
         "datastore\n ( ) Install ESXi, overwrite VMFS datastore\n (Esc) Cancel      (Enter) OK\n"},
        {"vmfs-found", "  VMFS Found\n (X) Install ESXi, preserve VMFS datastore\n ( ) Install ESXi, overwrite VMFS "
                       "datastore\n (Esc) Cancel      (Enter) OK\n"},
        {"install-anew", "  VMFS Found\n ( ) Install ESXi, preserve VMFS datastore\n (X) Install ESXi, overwrite VMFS "
                         "datastore\n (Esc) Cancel      (Enter) OK\n"},
        {"errors", "  Error(s)/Warning(s) Found During System Scan\n (F9) Back     (F11) Reboot\n"},
        {"password-refused",
         "  Enter a root password\n Password must be at least 7 characters long.\n (Enter) Continue\n"},
        {"password-refused", "  Enter a root password\n Passwords do not match.\n (Enter) Continue\n"},
        {"no-network", "  No network adapters were detected. Either\n"},
        {"failed", "  Operation failed\n This program has encountered an error:\n"},
};

TEST(esxi_s_screens_between_the_others)
{
        AUTO_PROFILE struct profile *profile = read_shipped("esxi8");
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                const char *found = "(none)";
                for (size_t j = 0; j < profile->install.anytime_count; j++) {
                        if (is_on(&profile->install.anytime[j], others[i].screen))
                                found = profile->install.anytime[j].id;
                }
                assert_string_equal(found, others[i].step);
        }
}

TEST(a_failed_kickstart_is_known_by_its_message)
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
