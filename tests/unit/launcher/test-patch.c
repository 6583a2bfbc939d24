// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "launcher/payload/patch-list.h"
#include "launcher/payload/payload.h"
#include "tests/unit/launcher/installer.h"

#include <sys/stat.h>

// ---- the format

// A patch that is right, line by line.
static const char *const right[] = {
        "name: mine",
        "title: A title",
        "status: tried",
        "module: /k.b00",
        "build: [8.0.3-0.0.1, 8.0.4-*]",
        "base: {address: 0x1000, offset: 0x10}",
        "pieces:",
        "  - address: 0x1004",
        "    expected: 01 02",
        "    mask: FF 0F",
        "    bytes: AA bb",
        "    why: because",
        "  - {offset: 0x40, expected: '10', bytes: '20', why: again}",
};
enum {
        LINES = sizeof right / sizeof right[0]
};

// Writes p.yaml with LINE (from 1; 0 for none) replaced by TEXT.
static void write_patch(size_t line, const char *text)
{
        AUTO_TEXT struct text content = {0};
        for (size_t i = 1; i <= LINES; i++)
                text_add_format(&content, "%s\n", i == line ? text : right[i - 1]);
        write_text("p.yaml", text_string(&content));
}

static struct patch *read_patch(void)
{
        AUTO_ERROR struct error err = {0};
        struct patch *patch = patch_read("p.yaml", &err);
        assert_done(patch, &err);
        return patch;
}

TEST_IN_SCRATCH(a_patch_is_read)
{
        write_patch(0, NULL);
        AUTO_PATCH struct patch *patch = read_patch();
        assert_string_equal(patch->name, "mine");
        assert_int_equal(patch->status, PATCH_TRIED);
        assert_string_equal(patch->module_name, "K.B00");
        assert_int_equal(patch->piece_count, 2);
        assert_int_equal(patch->pieces[0].at, 0x14);
        assert_int_equal(patch->pieces[0].size, 2);
        assert_memory_equal(patch->pieces[0].old, "\x01\x02", 2);
        assert_memory_equal(patch->pieces[0].compared, "\xFF\x0F", 2);
        assert_memory_equal(patch->pieces[0].new, "\xAA\xBB", 2);
        assert_int_equal(patch->pieces[1].at, 0x40);
        assert_memory_equal(patch->pieces[1].compared, "\xFF", 1);
        AUTO_FREE char *hex = digest_hex(&patch->digest);
        AUTO_FREE char *sum = shell_output("sha256sum <p.yaml | cut -d ' ' -f 1");
        assert_string_equal(hex, sum);
}

TEST_IN_SCRATCH(what_is_not_a_patch)
{
        static const struct {
                size_t line;
                const char *text, *message;
        } cases[] = {
                {1, "nme: mine", "p.yaml:1: unknown key 'nme'; did you mean 'name'?"},
                {1, "# no name", "p.yaml:2: the key 'name' is missing"},
                {1, "name: My Patch",
                 "p.yaml:1: name: 'My Patch' is not a name (expected lower-case letters, digits, "
                 "'.' and '-')"},
                {1, "name: ../etc", "p.yaml:1: name: '../etc' is not a name"},
                {3, "status: works", "p.yaml:3: status: expected tried or reported, not 'works'"},
                {4, "module: ../K.B00", "p.yaml:4: module: '../K.B00' cannot be a file of a payload"},
                {5, "build: '*'", "p.yaml:5: build: '*' is not a build (expected one, with * only at its end)"},
                {5, "build: 8.*.3", "p.yaml:5: build: '8.*.3' is not a build"},
                {5, "build: []", "p.yaml:5: build: the list is empty"},
                {5, "# for nothing", "p.yaml:1: needs build, or sha256 with packed or unpacked"},
                {5, "sha256: {}", "p.yaml:1: needs build, or sha256"},
                {5, "sha256: {packed: abc}", "p.yaml:5: sha256: packed: 'abc' is not a SHA-256 (expected 64 "},
                {5, "sha256: {unpacked: abc}", "p.yaml:5: sha256: unpacked: 'abc' is not"},
                {5, "sha256: abc", "p.yaml:5: sha256: expected a mapping, not a single value"},
                {6, "base: {address: 0x1000}", "p.yaml:6: base: the key 'offset' is missing"},
                {6, "base: {address: 1000, offset: 0x0}",
                 "p.yaml:6: base: address: '1000' is not a number (expected 0x and up to 16 hexadecimal digits)"},
                {6, "base: {address: 0x1000, offset: 0x}", "p.yaml:6: base: offset: '0x' is not a number"},
                {6, "base: {address: 0x1000, offset: 0x11111111111111111}", "p.yaml:6: base: offset: '0x1111"},
                {6, "base: {address: 0x1000, offset: 0x1g}", "p.yaml:6: base: offset: '0x1g' is not a number"},
                {6, "base: {address: 0x1005, offset: 0x0}",
                 "p.yaml:8: pieces: 0x1004: address: is below the address of base, 0x1005"},
                {6, "base: {address: 0x0, offset: 0xFFFFFFFFFFFFF000}",
                 "p.yaml:8: pieces: 0x1004: address: is beyond what a module may have (256 MiB) with this base"},
                {6, "base: {address: 0x0, offset: 0x10000000}",
                 "p.yaml:8: pieces: 0x1004: ends beyond what a module may have (256 MiB)"},
                {6, "# no base", "p.yaml:8: pieces: 0x1004: address: needs base, with the address and the offset"},
                {7, "pieces: []", "p.yaml"},
                {8, "  - address: '0x1004 '", "p.yaml:8: pieces: 0x1004 : address: '0x1004 ' is not a number"},
                {8, "  - address: -0x4", "address: '-0x4' is not a number"},
                {8, "  - addres: 0x1004", "p.yaml:8: pieces: number 1: unknown key 'addres'; did you mean 'address'?"},
                {8, "  - title: x", "p.yaml:8: pieces: number 1: unknown key 'title'"},
                {8, "  - {}", "p.yaml:9: is not YAML"},
                {9, "    expected: 01",
                 "p.yaml:11: pieces: 0x1004: bytes: must have as many bytes as expected: 1, not 2"},
                {9, "    expected: 01 02 03",
                 "p.yaml:11: pieces: 0x1004: bytes: must have as many bytes as expected: 3, not 2"},
                {9, "    expected: 0102",
                 "p.yaml:9: pieces: 0x1004: expected: '0102' is not a list of bytes (expected "
                 "two hexadecimal digits each, with a blank between them: 1F 20 03 D5)"},
                {9, "    expected: 01  02", "p.yaml:9: pieces: 0x1004: expected: '01  02' is not"},
                {9, "    expected: '01 02 '", "p.yaml:9: pieces: 0x1004: expected: '01 02 ' is not"},
                {9, "    expected: 01 0", "p.yaml:9: pieces: 0x1004: expected: '01 0' is not"},
                {9, "    expected: 01 0x", "p.yaml:9: pieces: 0x1004: expected: '01 0x' is not"},
                {9, "    expected: 01,02", "p.yaml:9: pieces: 0x1004: expected: '01,02' is not"},
                {9, "    expected: ''", "p.yaml:9: pieces: 0x1004: expected: is empty"},
                {9, "    expected: 01 12",
                 "p.yaml:10: pieces: 0x1004: mask: is 0F in byte 2, where expected has 12: bits that are not compared "
                 "must be 0"},
                {9, "    # nothing expected", "p.yaml:8: pieces: 0x1004: the key 'expected' is missing"},
                {10, "    mask: FF", "p.yaml:10: pieces: 0x1004: mask: must have as many bytes as expected: 2, not 1"},
                {10, "    mask: FF F", "p.yaml:10: pieces: 0x1004: mask: 'FF F' is not a list of bytes"},
                {10, "    offset: 0x14", "p.yaml:8: pieces: 0x1004: needs either address or offset"},
                {11, "    bytes: AA BB CC",
                 "p.yaml:11: pieces: 0x1004: bytes: must have as many bytes as expected: 2, not 3"},
                {11, "    bytes: 01 F2", "p.yaml:11: pieces: 0x1004: bytes: these are bytes that expected allows"},
                {11, "    bytes: 01 02", "p.yaml:11: pieces: 0x1004: bytes: these are bytes that expected allows"},
                {12, "    # no reason", "p.yaml:8: pieces: 0x1004: the key 'why' is missing"},
                {12, "    why: ''", "p.yaml:12: pieces: 0x1004: why: is empty"},
                {13, "  - {expected: '10', bytes: '20', why: x}",
                 "p.yaml:13: pieces: number 2: needs either address or offset"},
                {13, "  - {offset: 0x15, expected: '10', bytes: '20', why: x}",
                 "p.yaml:13: pieces: number 2: overlaps the piece in line 8"},
                {13, "  - {offset: 0x13, expected: 10 11, bytes: 20 21, why: x}",
                 "p.yaml:13: pieces: number 2: overlaps the piece in line 8"},
                {13, "  - {offset: 0x10000000, expected: '10', bytes: '20', why: x}",
                 "p.yaml:13: pieces: number 2: ends beyond what a module may have"},
                {13, "  - {offset: 64, expected: '10', bytes: '20', why: x}",
                 "p.yaml:13: pieces: number 2: offset: '64' is not a number"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                write_patch(cases[i].line, cases[i].text);
                assert_null(patch_read("p.yaml", &err));
                assert_error(&err, ERROR_DAMAGED, cases[i].message);
        }
        // Next to each other is not on each other.
        write_patch(13, "  - {offset: 0x16, expected: '10', bytes: '20', why: x}");
        AUTO_PATCH struct patch *patch = read_patch();
        assert_int_equal(patch->pieces[1].at, 0x16);
        AUTO_ERROR struct error missing = {0};
        assert_null(patch_read("nowhere.yaml", &missing));
        assert_error(&missing, ERROR_USAGE, "nowhere.yaml");
}

TEST_IN_SCRATCH(the_build_that_a_patch_is_for)
{
        static const struct {
                const char *line, *build;
                bool right;
        } cases[] = {
                {"build: 8.0.3-0.0.1", "8.0.3-0.0.1", true},
                {"build: 8.0.3-0.0.1", "8.0.3-0.0.10", false},
                {"build: 8.0.3-0.0.1", "8.0.3-0.0.", false},
                {"build: 8.0.3-*", "8.0.3-0.0.24299506", true},
                {"build: 8.0.3-*", "8.0.30-1", false},
                {"build: 8.0.3-*", NULL, false},
                {"build: [8.0.2-*, 8.0.3-1]", "8.0.3-1", true},
                {"build: [8.0.2-*, 8.0.3-1]", "8.0.2-1", true},
                {"build: [8.0.2-*, 8.0.3-1]", "8.0.1-1", false},
                {"sha256: {packed: 0000000000000000000000000000000000000000000000000000000000000000}", NULL, true},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                write_patch(5, cases[i].line);
                AUTO_PATCH struct patch *patch = read_patch();
                AUTO_FREE char *reason = NULL;
                assert_int_equal(patch_is_for_build(patch, cases[i].build, &reason), cases[i].right);
                assert_int_equal(!reason, cases[i].right);
        }
}

// ---- modules

static bool unpack(const char *path, struct patch_module *module, struct error *err)
{
        AUTO_BUFFER struct buffer file = {0};
        read_whole(path, &file);
        return patch_module_unpack(buffer_view(&file), module, err);
}

static void refuse_module(const char *path, const char *message)
{
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_ERROR struct error err = {0};
        assert_false(unpack(path, &module, &err));
        assert_error(&err, ERROR_DAMAGED, message);
        assert_null(module.content.data);
}

TEST_IN_SCRATCH(a_module_is_unpacked_and_packed_as_gzip_does)
{
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_PATCH_MODULE struct patch_module plain = {0};
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer packed = {0};
        AUTO_BUFFER struct buffer again = {0};
        AUTO_BUFFER struct buffer same = {0};
        // With a name, and a time; three pieces of a MiB and more.
        shell("seq 500000 >module; gzip -k module; sleep 1; touch module");
        assert_done(unpack("module.gz", &module, &err) && patch_module_pack(&module, &packed, &err), &err);
        assert_true(module.packed);
        write_bytes("packed.gz", buffer_view(&packed));
        shell("gzip -t packed.gz; zcat packed.gz | cmp - module; "
              // No flags, no time, Unix.
              "test \"$(od -An -tx1 -N 10 packed.gz)\" = ' 1f 8b 08 00 00 00 00 00 00 03'; "
              "test $(wc -c <packed.gz) -le $(($(gzip -6 <module | wc -c) * 101 / 100))");
        AUTO_FREE char *sum = shell_output("sha256sum <module.gz | cut -d ' ' -f 1");
        AUTO_FREE char *hex = digest_hex(&module.file_digest);
        assert_string_equal(hex, sum);
        patch_module_free(&module);
        // The same content, packed by someone else at another time: the same bytes.
        shell("gzip -9 -n -c module >other.gz");
        assert_done(unpack("other.gz", &module, &err) && patch_module_pack(&module, &again, &err), &err);
        assert_true(bytes_equal(buffer_view(&packed), buffer_view(&again)));
        // What was not packed is not packed afterwards.
        assert_done(unpack("module", &plain, &err) && patch_module_pack(&plain, &same, &err), &err);
        assert_false(plain.packed);
        write_bytes("same", buffer_view(&same));
        assert_same_file("same", "module");
        assert_true(digest_equal(&plain.content_digest, &module.content_digest));
        assert_false(digest_equal(&module.file_digest, &module.content_digest));
}

TEST_IN_SCRATCH(modules_that_are_damaged)
{
        shell("seq 3000 >module; gzip -nk module; size=$(wc -c <module.gz); "
              "cat module.gz module.gz >two; { cat module.gz; printf '\\0\\0\\0'; } >zeroes; "
              "{ head -c $((size - 8)) module.gz; printf '\\1\\1\\1\\1'; tail -c 4 module.gz; } >checksum; "
              "{ head -c $((size - 4)) module.gz; printf '\\1\\1\\1\\1'; } >length; "
              "{ printf '\\037\\213\\7'; tail -c +4 module.gz; } >method");
        refuse_module("two", "bytes behind its first member");
        refuse_module("zeroes", "3 bytes behind its first member");
        refuse_module("checksum", "damaged near byte");
        refuse_module("length", "damaged near byte");
        refuse_module("method", "damaged near byte");
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("module.gz", &whole);
        for (size_t size = 2; size < whole.size; size += size < 40 || size > whole.size - 40 ? 1 : 97) {
                AUTO_PATCH_MODULE struct patch_module module = {0};
                AUTO_ERROR struct error err = {0};
                assert_false(patch_module_unpack((struct bytes){whole.data, size}, &module, &err));
                assert_error(&err, ERROR_DAMAGED, "cut off");
        }
}

TEST_IN_SCRATCH(what_would_fill_the_memory)
{
        shell("head -c 300000000 /dev/zero | gzip -1 >bomb");
        refuse_module("bomb", "unpacks to more than 256 MiB");
        const struct bytes large = {(const uint8_t *)"", (256 << 20) + 1}; // its size alone is looked at
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_ERROR struct error err = {0};
        struct bytes nothing = large;
        nothing.data = calloc(1, large.size);
        assert_non_null(nothing.data);
        assert_false(patch_module_unpack(nothing, &module, &err));
        free((uint8_t *)(uintptr_t)nothing.data);
        assert_error(&err, ERROR_DAMAGED, "more than 256 MiB");
}

// A module of 0x50 bytes with BYTES at 0x14 and LAST at 0x40.
static enum patch_state examine(const struct patch *patch, const char *bytes, char last, char **reason)
{
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_ERROR struct error err = {0};
        uint8_t content[0x50] = {0};
        memcpy(content + 0x14, bytes, 2);
        content[0x40] = (uint8_t)last;
        no_error(&err);
        assert_done(patch_module_unpack((struct bytes){content, sizeof content}, &module, &err), &err);
        return patch_examine(patch, &module, reason);
}

TEST_IN_SCRATCH(what_a_patch_is_to_a_module)
{
        static const struct {
                const char *bytes;
                char last;
                enum patch_state state;
                const char *reason;
        } cases[] = {
                {"\x01\x02", '\x10', PATCH_NOT_APPLIED, NULL},
                {"\x01\xF2", '\x10', PATCH_NOT_APPLIED, NULL}, // the mask leaves the high half out
                {"\xAA\xBB", '\x20', PATCH_APPLIED, NULL},
                {"\xAA\xBB", '\x10', PATCH_HALF_APPLIED, "1 of the 2 pieces are in K.B00 already"},
                {"\x01\x02", '\x20', PATCH_HALF_APPLIED, "1 of the 2 pieces"},
                {"\x01\x03", '\x10', PATCH_NOT_FOR_THIS,
                 "K.B00 has 01 03 at offset 0x14 (address 0x1004), not 01 02 under the mask FF 0F"},
                {"\x01\x02", '\x11', PATCH_NOT_FOR_THIS, "K.B00 has 11 at offset 0x40, not 10"},
                {"\xAA\xBC", '\x20', PATCH_NOT_FOR_THIS, "has AA BC"},
        };
        write_patch(0, NULL);
        AUTO_PATCH struct patch *patch = read_patch();
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FREE char *reason = NULL;
                assert_int_equal(examine(patch, cases[i].bytes, cases[i].last, &reason), cases[i].state);
                if (cases[i].reason)
                        assert_contains(reason, cases[i].reason);
                else
                        assert_null(reason);
        }
        patch_free(&patch);
        write_patch(13, "  - {offset: 0x4F, expected: 00 00, bytes: 20 20, why: again}");
        patch = read_patch();
        AUTO_FREE char *reason = NULL;
        assert_int_equal(examine(patch, "\x01\x02", 0, &reason), PATCH_NOT_FOR_THIS);
        assert_contains(reason, "K.B00 has 80 bytes, and the piece at offset 0x4F lies beyond them");
}

TEST_IN_SCRATCH(the_digest_that_a_patch_is_for)
{
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_PATCH_MODULE struct patch_module changed = {0};
        AUTO_ERROR struct error err = {0};
        static const char *const keys[] = {"packed", "unpacked"};
        shell("{ head -c 20 /dev/zero; printf '\\1\\2'; head -c 42 /dev/zero; printf '\\20'; } >module; gzip -nk "
              "module; "
              "{ cat module; echo; } >other; gzip -nk other; "
              "{ head -c 20 /dev/zero; printf '\\252\\273'; head -c 42 /dev/zero; printf '\\40'; } >patched");
        assert_done(unpack("module.gz", &module, &err) && unpack("patched", &changed, &err), &err);
        for (size_t i = 0; i < 2; i++) {
                AUTO_FREE char *right_reason = NULL;
                AUTO_FREE char *wrong_reason = NULL;
                AUTO_FREE char *patched_reason = NULL;
                const char *extension = i ? "" : ".gz";
                AUTO_FREE char *sum = shell_output("sha256sum <module%s | cut -d ' ' -f 1", extension);
                AUTO_FREE char *other = shell_output("sha256sum <other%s | cut -d ' ' -f 1", extension);
                AUTO_FREE char *line = text_format("sha256: {%s: %s}", keys[i], sum);
                AUTO_FREE char *wrong = text_format("sha256: {%s: %s}", keys[i], other);
                write_patch(5, line);
                AUTO_PATCH struct patch *patch = read_patch();
                assert_int_equal(patch_examine(patch, &module, &right_reason), PATCH_NOT_APPLIED);
                write_patch(5, wrong);
                AUTO_PATCH struct patch *of_other = read_patch();
                assert_int_equal(patch_examine(of_other, &module, &wrong_reason), PATCH_NOT_FOR_THIS);
                assert_contains(wrong_reason, keys[i]);
                assert_contains(wrong_reason, sum);
                assert_contains(wrong_reason, other);
                // A module that was patched has another digest, and is known by its bytes.
                assert_int_equal(patch_examine(patch, &changed, &patched_reason), PATCH_APPLIED);
        }
}

// ---- lists

TEST_IN_SCRATCH(patches_are_named_by_file_or_come_with_the_program)
{
        static const char *const wrong[][2] = {
                {"shiped", "unknown patch 'shiped' (expected the name of one that comes with the program, or a "
                           "FILE.yaml); did you mean 'shipped'?"},
                {"", "unknown patch ''"},
                {"./none.yaml", "none.yaml"},
                {"none.yaml", "none.yaml"},
        };
        AUTO_PATCH_LIST struct patch_list list = {0};
        AUTO_ERROR struct error err = {0};
        AUTO_ARGUMENTS struct arguments given = {0};
        write_patch(1, "name: shipped");
        shell("mkdir -p data/patches; mv p.yaml data/patches/shipped.yaml; echo notes >data/patches/README");
        write_patch(1, "name: another");
        shell("cp p.yaml data/patches/another.yaml");
        write_patch(0, NULL);
        setenv("ESXIARM_DATA", "data", 1);
        arguments_add(&given, "p.yaml");
        arguments_add(&given, "shipped");
        assert_done(patch_list_add_given(&list, &given, &err) && patch_list_add_known(&list, &err), &err);
        assert_int_equal(list.count, 3); // what is given is not listed twice
        assert_string_equal(list.patches[0]->name, "mine");
        assert_string_equal(list.patches[1]->name, "shipped");
        assert_string_equal(list.patches[2]->name, "another");
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_ERROR struct error refused = {0};
                AUTO_PATCH_LIST struct patch_list none = {0};
                AUTO_ARGUMENTS struct arguments one = {0};
                arguments_add(&one, wrong[i][0]);
                assert_false(patch_list_add_given(&none, &one, &refused));
                assert_error(&refused, ERROR_USAGE, wrong[i][1]);
        }
        AUTO_ERROR struct error twice = {0};
        AUTO_PATCH_LIST struct patch_list none = {0};
        arguments_add(&given, "./p.yaml");
        assert_false(patch_list_add_given(&none, &given, &twice));
        assert_error(&twice, ERROR_USAGE, "two patches have the name 'mine'");
        // A damaged one is an error; a program without any has none.
        AUTO_ERROR struct error damaged = {0};
        AUTO_PATCH_LIST struct patch_list some = {0};
        shell("echo 'name: x' >data/patches/broken.yaml");
        assert_false(patch_list_add_known(&some, &damaged));
        assert_error(&damaged, ERROR_DAMAGED, "broken.yaml:1: the key 'title' is missing");
        setenv("ESXIARM_DATA", "nowhere", 1);
        AUTO_PATCH_LIST struct patch_list empty = {0};
        AUTO_ERROR struct error last = {0};
        assert_done(patch_list_add_known(&empty, &last), &last);
        unsetenv("ESXIARM_DATA");
}

TEST(every_patch_that_comes_with_the_program)
{
        AUTO_PATCH_LIST struct patch_list list = {0};
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *share = text_format("%s/share", getenv("BUILD"));
        setenv("ESXIARM_DATA", share, 1);
        assert_done(patch_list_add_known(&list, &err), &err);
        assert_true(list.count >= 1);
        for (size_t i = 0; i < list.count; i++) {
                // Each is found by its name.
                AUTO_ARGUMENTS struct arguments name = {0};
                AUTO_PATCH_LIST struct patch_list one = {0};
                arguments_add(&name, list.patches[i]->name);
                assert_done(patch_list_add_given(&one, &name, &err), &err);
                assert_true(digest_equal(&one.patches[0]->digest, &list.patches[i]->digest));
        }
        unsetenv("ESXIARM_DATA");
        // As it is reported: 0x42000009963C and 0x420000099690, with 0x420000000000 at 0x280000.
        const struct patch *check = list.patches[0];
        assert_string_equal(check->name, "esxi8-cpu-check");
        assert_int_equal(check->status, PATCH_REPORTED);
        assert_int_equal(check->piece_count, 2);
        assert_int_equal(check->pieces[0].at, 0x31963C);
        assert_int_equal(check->pieces[1].at, 0x319690);
        for (size_t i = 0; i < 2; i++)
                assert_memory_equal(check->pieces[i].new, "\x1F\x20\x03\xD5", 4);
}

// ---- payloads

// The folder `in`, whose K.B00 is a gzip file that p.yaml can patch.
static void make_patchable(void)
{
        make_installer("in");
        shell("{ head -c 20 /dev/zero; printf '\\1\\2'; head -c 42 /dev/zero; printf '\\20'; seq 1000; } >module; "
              "gzip -n <module >in/K.B00");
        write_patch(0, NULL);
}

static bool make_patched(const char *source, const char *image, const struct arguments *patches,
                         struct payload_info *info, struct error *err)
{
        const struct payload_request request = {.source = source, .patches = patches};
        bool made = payload_make(&request, image, info, err);
        shell("test -z \"$(find . -name '.*.stage' -o -name '.*.partial')\"");
        return made;
}

TEST_IN_SCRATCH(a_payload_gets_a_patched_module)
{
        AUTO_ARGUMENTS struct arguments patches = {0};
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        AUTO_PAYLOAD_INFO struct payload_info twice = {0};
        AUTO_ERROR struct error err = {0};
        make_patchable();
        shell("sed 's/name: mine/name: more/; s/0x40/0x41/; s/0x1004/0x1010/; s/01 02/00 00/; s/FF 0F/FF FF/; "
              "s/expected: .10./expected: \"31\"/; s/bytes: .20./bytes: \"32\"/' p.yaml >more.yaml");
        arguments_add(&patches, "p.yaml");
        arguments_add(&patches, "more.yaml");
        assert_done(make_patched("in", "image", &patches, &info, &err), &err);
        shell("mtype -i image ::/K.B00 >got.gz; gunzip -c got.gz | cmp -l - module >differences || :; "
              "printf '%%s\\n' '21 252 1' '22 273 2' '33 252 0' '34 273 0' '65 40 20' '66 62 61' >expected; "
              "tr -s ' ' <differences | sed 's/^ //' | diff expected -");
        assert_int_equal(info.patches.count, 2);
        assert_int_equal(info.patches.findings[0].state, PATCH_APPLIED);
        assert_int_equal(info.warnings.count, 0);
        AUTO_FREE char *sum = shell_output("sha256sum <got.gz | cut -d ' ' -f 1");
        assert_string_equal(info.patches.findings[0].module_sha256, sum);
        // Once more, from that image: a remark each, and the module stays byte for byte.
        assert_done(make_patched("image", "again", &patches, &twice, &err), &err);
        assert_int_equal(twice.warnings.count, 2);
        assert_contains(twice.warnings.values[0], "K.B00 has the patch mine already");
        shell("mtype -i again ::/K.B00 | cmp - got.gz; mtype -i again ::/PATCH-2.YAML | cmp - more.yaml; "
              "! mtype -i again ::/PATCH-3.YAML 2>stderr");
}

TEST_IN_SCRATCH(a_payload_keeps_the_patches_that_it_was_made_with)
{
        AUTO_ARGUMENTS struct arguments patches = {0};
        AUTO_PAYLOAD_INFO struct payload_info info = {0};
        AUTO_PAYLOAD_INFO struct payload_info damaged = {0};
        AUTO_PAYLOAD_INFO struct payload_info changed = {0};
        AUTO_ERROR struct error err = {0};
        make_patchable();
        arguments_add(&patches, "p.yaml");
        assert_done(make_patched("in", "image", &patches, NULL, &err), &err);
        AUTO_FREE char *sum = shell_output("sha256sum <p.yaml | cut -d ' ' -f 1");
        shell("mtype -i image ::/PATCH-1.YAML | cmp - p.yaml; rm p.yaml");
        assert_done(payload_inspect_patches("image", NULL, &info, &err), &err);
        assert_int_equal(info.patches.count, 1);
        assert_string_equal(info.patches.findings[0].name, "mine");
        assert_string_equal(info.patches.findings[0].sha256, sum);
        assert_int_equal(info.patches.findings[0].state, PATCH_APPLIED);
        // It is what the module has that counts.
        shell("mcopy -o -i image in/K.B00 ::/K.B00");
        assert_done(payload_inspect_patches("image", NULL, &changed, &err), &err);
        assert_int_equal(changed.patches.findings[0].state, PATCH_NOT_APPLIED);
        // What another version wrote is in nobody's way.
        shell("echo 'name: x' >other; mcopy -o -i image other ::/PATCH-1.YAML");
        assert_done(payload_inspect_patches("image", NULL, &damaged, &err), &err);
        assert_int_equal(damaged.patches.count, 0);
        assert_int_equal(damaged.warnings.count, 1);
        assert_contains(damaged.warnings.values[0], "PATCH-1.YAML:1: the key 'title' is missing");
        write_patch(0, NULL);
        assert_done(make_patched("image", "again", &patches, NULL, &err), &err);
        shell("mtype -i again ::/PATCH-1.YAML | cmp - other; mtype -i again ::/PATCH-2.YAML | cmp - p.yaml");
}

TEST_IN_SCRATCH(a_replaced_module_is_patched_too)
{
        AUTO_ARGUMENTS struct arguments patches = {0};
        AUTO_ARGUMENTS struct arguments replacements = {0};
        AUTO_ERROR struct error err = {0};
        make_patchable();
        shell("mv in/K.B00 right; echo wrong >in/K.B00; sed 's/0.0.1/0.0.2/' in/BOOT.CFG >cfg");
        arguments_add(&patches, "p.yaml");
        arguments_add(&replacements, "K.B00=right");
        const struct payload_request request = {.source = "in", .patches = &patches, .replacements = &replacements};
        assert_done(payload_make_folder(&request, "out", NULL, &err), &err);
        shell("test $(gunzip -c out/K.B00 | cmp -l - module | wc -l) = 3; test -f out/K.B00; ! test -L out/K.B00");
        // The build that counts is the one of the payload that is made.
        arguments_add(&replacements, "EFI/BOOT/BOOT.CFG=cfg");
        assert_false(payload_make(&request, "image", NULL, &err));
        assert_error(&err, ERROR_DAMAGED, "--patch mine: not applied: the build is 8.0.3-0.0.2");
        assert_false(file_exists("image"));
}

TEST_IN_SCRATCH(what_a_patch_is_not_applied_to)
{
        static const struct {
                const char *change, *message;
        } cases[] = {
                {"sed 's/0.0.1/0.0.2/' cfg >in/EFI/BOOT/BOOT.CFG",
                 "--patch mine: not applied: the build is 8.0.3-0.0.2, and the patch is for 8.0.3-0.0.1, 8.0.4-*"},
                {"grep -v build cfg >in/EFI/BOOT/BOOT.CFG", "not applied: BOOT.CFG names no build"},
                {"seq 100 | gzip >in/K.B00", "K.B00 has "},
                {"{ head -c 20 module; printf '\\252\\273'; tail -c +23 module; } | gzip >in/K.B00",
                 "1 of the 2 pieces are in K.B00 already, and the others are not"},
                {"head -c 64 module | gzip >in/K.B00", "K.B00 has 64 bytes, and the piece at offset 0x40"},
                {"gzip -n <module | head -c 60 >in/K.B00", "K.B00: it is gzip, but cut off"},
                {"cat in/K.B00 >>in/K.B00.2; cat in/K.B00 >>in/K.B00.2; mv in/K.B00.2 in/K.B00",
                 "behind its first member"},
                {"sed 's/k.b00/a.v01/' p.yaml >q.yaml; mv q.yaml p.yaml", "not applied: the payload has no A.V01"},
        };
        AUTO_ARGUMENTS struct arguments patches = {0};
        make_patchable();
        arguments_add(&patches, "p.yaml");
        shell("cp in/BOOT.CFG cfg; cp in/K.B00 good; echo old >image");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                shell("cp cfg in/BOOT.CFG; cp cfg in/EFI/BOOT/BOOT.CFG; cp good in/K.B00");
                shell("%s", cases[i].change);
                assert_false(make_patched("in", "image", &patches, NULL, &err));
                assert_error(&err, ERROR_DAMAGED, cases[i].message);
                shell("echo old | cmp - image");
        }
}
