// SPDX-License-Identifier: Apache-2.0
//
// Images put together from the specification; what is compressed in them, xz has compressed. That real firmware is read as it is
// built shows in tests/e2e/predict.sh.
#include "fw/code-contents.h"
#include "tests/unit/base/last-error.h"
#include "tests/unit/fw/code-image.h"

#define UI_APP "21aa2c4614760345836e8ab6f4662331" // 462CAA21-7614-4503-836E-8AB6F4662331
#define DRIVER "0000000000000000000000000000000d"
#define LZMA   "98584eee143959429d6edc7bd79403cf"
#define BROTLI "22ed503ded2d5e4a9a3b5c8b5f5b5f5b"

// What xz makes of BYTES, as EDK2's tool does: LZMA with the size in its header.
static void compress(struct bytes bytes, struct buffer *packed)
{
        write_bytes("plain", bytes);
        shell("xz --format=lzma --lzma1=dict=64KiB --keep --force plain");
        assert_done(file_read("plain.lzma", 1 << 20, packed, &err), &err);
        for (size_t i = 0; i < 8; i++)
                packed->data[5 + i] = (uint8_t)((uint64_t)bytes.size >> 8 * i);
}

static const char SWITCHES[] =
        "opt/org.tianocore/One\0opt/org.tianocore/Two\0opt/org.tianocore/One\0opt/org.tianocore/not one\0"
        "opt/org.tianocore/\xFF";

// As AAVMF is built: in the flash a volume, in it a file, in it a compressed section, in it a volume with the programs.
static void build(struct buffer *image, bool is_large)
{
        static const uint8_t code[] = "program";
        AUTO_BUFFER struct buffer inner = {0};
        AUTO_BUFFER struct buffer sections = {0};
        AUTO_BUFFER struct buffer packed = {0};
        AUTO_BUFFER struct buffer outer_sections = {0};
        volume_begin(&inner, true);
        add_file(&inner, DRIVER, DRIVER_TYPE, (struct bytes){(const uint8_t *)SWITCHES, sizeof SWITCHES}, false);
        add_file(&inner, "ffffffffffffffffffffffffffffffff", 0xF0, (struct bytes){code, 3}, false); // a pad file
        add_file(&inner, UI_APP, APPLICATION, (struct bytes){code, sizeof code}, is_large);
        volume_end(&inner, 64);
        add_section(&sections, SECTION_RAW, (struct bytes){code, 5}, is_large);
        add_section(&sections, SECTION_VOLUME, buffer_view(&inner), is_large);
        compress(buffer_view(&sections), &packed);
        add_guid_defined(&outer_sections, LZMA, 1, buffer_view(&packed), is_large);
        buffer_fill(image, 0xFF, 0x1000);
        AUTO_BUFFER struct buffer outer = {0};
        volume_begin(&outer, false);
        add_file(&outer, DRIVER, VOLUME_IMAGE, buffer_view(&outer_sections), is_large);
        volume_end(&outer, 0x1000);
        buffer_add_bytes(image, buffer_view(&outer));
        buffer_fill(image, 0, 0x2000);
}

static void assert_contents(const struct code_contents *contents)
{
        assert_int_equal(contents->programs.count, 1);
        assert_string_equal(contents->programs.values[0], "462CAA21-7614-4503-836E-8AB6F4662331");
        assert_int_equal(contents->switches.count, 2);
        assert_string_equal(contents->switches.values[0], "opt/org.tianocore/One");
        assert_string_equal(contents->switches.values[1], "opt/org.tianocore/Two");
}

TEST_IN_SCRATCH(programs_and_switches_are_found_in_compressed_sections)
{
        for (int is_large = 0; is_large < 2; is_large++) {
                AUTO_BUFFER struct buffer image = {0};
                AUTO_CODE_CONTENTS struct code_contents contents = {0};
                build(&image, is_large);
                assert_done(code_contents_read(buffer_view(&image), &contents, &err), &err);
                assert_contents(&contents);
        }
}

TEST_IN_SCRATCH(contents_are_remembered_until_the_file_changes)
{
        AUTO_BUFFER struct buffer image = {0};
        build(&image, false);
        setenv("XDG_CACHE_HOME", "cache", 1);
        write_bytes("code", buffer_view(&image));
        shell("touch -t 202001010000 code");
        for (int i = 0; i < 2; i++) {
                AUTO_CODE_CONTENTS struct code_contents contents = {0};
                assert_done(code_contents_of("code", &contents, &err), &err);
                assert_contents(&contents);
        }
        shell("echo changed >code");
        AUTO_CODE_CONTENTS struct code_contents contents = {0};
        assert_failed(code_contents_of("code", &contents, &err), ERROR_DAMAGED,
                      "code: cannot read its firmware volumes: none found");
}

// Cut off anywhere, or with a byte changed anywhere: an error, or other contents, and nothing read that is not there.
TEST_IN_SCRATCH(damaged_images_do_no_harm)
{
        AUTO_BUFFER struct buffer image = {0};
        build(&image, false);
        size_t size = image.size - 0x2000;
        for (size_t i = 0x1000; i < size; i++) {
                AUTO_CODE_CONTENTS struct code_contents cut = {0};
                AUTO_CODE_CONTENTS struct code_contents changed = {0};
                AUTO_FREE uint8_t *part = memory_copy(image.data, i);
                assert_false(code_contents_read((struct bytes){part, i}, &cut, &err));
                image.data[i] ^= 0xFF;
                code_contents_read(buffer_view(&image), &changed, NULL);
                image.data[i] ^= 0xFF;
        }
}

static void assert_refused(struct buffer *sections, const char *because)
{
        AUTO_BUFFER struct buffer volume = {0};
        AUTO_CODE_CONTENTS struct code_contents contents = {0};
        volume_begin(&volume, false);
        add_file(&volume, DRIVER, VOLUME_IMAGE, buffer_view(sections), false);
        volume_end(&volume, 64);
        assert_failed(code_contents_read(buffer_view(&volume), &contents, &err), ERROR_DAMAGED, because);
}

TEST(sections_that_cannot_be_unpacked_are_refused)
{
        static const uint8_t text[] = "this is no LZMA at all, only text";
        const struct bytes content = {text, sizeof text};
        AUTO_BUFFER struct buffer brotli = {0};
        AUTO_BUFFER struct buffer tiano = {0};
        AUTO_BUFFER struct buffer broken = {0};
        add_guid_defined(&brotli, BROTLI, 1, content, false);
        assert_refused(&brotli, "compressed in a way that is not known");
        add_section(&tiano, 0x01, content, false);
        assert_refused(&tiano, "compressed in a way that is not known");
        add_guid_defined(&broken, LZMA, 1, content, false);
        assert_refused(&broken, "a compressed section is");
}

TEST(too_deep_a_nesting_is_refused)
{
        AUTO_BUFFER struct buffer sections = {0};
        add_section(&sections, SECTION_RAW, (struct bytes){0}, false);
        for (int i = 0; i < 20; i++) {
                AUTO_BUFFER struct buffer around = {0};
                add_guid_defined(&around, DRIVER, 0, buffer_view(&sections), false);
                buffer_free(&sections);
                buffer_add_bytes(&sections, buffer_view(&around));
        }
        assert_refused(&sections, "nested too deeply");
}
