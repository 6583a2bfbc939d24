// SPDX-License-Identifier: Apache-2.0
#include "fw/code-contents.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <string.h>

#include "base/arguments.h"
#include "base/cache.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        GUID_SIZE = 16,
        VOLUME_STEP = 0x1000,  // volumes in the flash begin at its blocks
        VOLUME_SIZE_AT = 0x20, // u64, then the signature
        HEADER_SIZE_AT = 0x30, // u16, then u16 checksum and u16 offset of the extended header
        NAME_LONGEST = 128,    // of a switch
        NESTED_MOST = 8,
        EXPANDED_LIMIT = 64 << 20, // bytes of all compressed sections together

        FILE_APPLICATION = 0x09,
        FILE_VOLUME_IMAGE = 0x0B,
        FILE_LARGE = 0x01, // an attribute: a u64 after the header is the size
        SECTION_COMPRESSION = 0x01,
        SECTION_GUID_DEFINED = 0x02,
        SECTION_VOLUME_IMAGE = 0x17,
        SECTION_PROCESSING_REQUIRED = 0x01, // an attribute of a GUID-defined section
        SIZE_EXTENDED = 0xFFFFFF,           // of a section: a u32 after the header is the size
};

// EE4E5898-3914-4259-9D6E-DC7BD79403CF: compressed with LZMA.
static const uint8_t lzma_guid[GUID_SIZE] = {0x98, 0x58, 0x4E, 0xEE, 0x14, 0x39, 0x59, 0x42,
                                             0x9D, 0x6E, 0xDC, 0x7B, 0xD7, 0x94, 0x03, 0xCF};
static const uint8_t volume_signature[] = {'_', 'F', 'V', 'H'};
static const char switch_prefix[] = "opt/org.tianocore/";

struct reading {
        struct code_contents *contents;
        unsigned nested;
        size_t expanded; // bytes
        struct error *err;
};

void code_contents_free(struct code_contents *contents)
{
        arguments_free(&contents->programs);
        arguments_free(&contents->switches);
}

static void add_once(struct arguments *list, const char *text)
{
        for (size_t i = 0; i < list->count; i++)
                if (strcmp(list->values[i], text) == 0)
                        return;
        arguments_add(list, text);
}

static void add_program(struct reading *reading, struct bytes guid)
{
        struct cursor cursor = cursor_at(guid, 0);
        uint32_t first = cursor_u32(&cursor);
        uint16_t second = cursor_u16(&cursor), third = cursor_u16(&cursor);
        const uint8_t *rest = cursor_bytes(&cursor, 8).data;
        AUTO_FREE char *text =
                text_format("%08" PRIX32 "-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", first, second, third, rest[0],
                            rest[1], rest[2], rest[3], rest[4], rest[5], rest[6], rest[7]);
        add_once(&reading->contents->programs, text);
}

// How many bytes at the beginning of BYTES could belong to a name: ASCII without blanks.
static size_t name_length(struct bytes bytes)
{
        size_t length = 0;
        while (length < bytes.size && bytes.data[length] > ' ' && bytes.data[length] < 0x7F)
                length++;
        return length;
}

// The drivers contain the names as passed to fw_cfg, each ended by a NUL.
static void find_switches(struct reading *reading, struct bytes bytes)
{
        static const size_t prefix_length = sizeof switch_prefix - 1;
        for (size_t at = 0; at + prefix_length < bytes.size; at++) {
                const uint8_t *found = memchr(bytes.data + at, switch_prefix[0], bytes.size - at - prefix_length);
                if (!found)
                        return;
                at = (size_t)(found - bytes.data);
                if (memcmp(found, switch_prefix, prefix_length) != 0)
                        continue;
                struct bytes rest = bytes_from(bytes, at);
                size_t length = name_length(rest);
                if (length < rest.size && length < NAME_LONGEST && rest.data[length] == '\0')
                        add_once(&reading->contents->switches, (const char *)found);
        }
}

static bool read_sections(struct reading *reading, struct bytes sections);
static bool read_volume(struct reading *reading, struct bytes volume);

static bool damaged(struct reading *reading, const char *what)
{
        return error_set(reading->err, ERROR_DAMAGED, "cannot read its firmware volumes: %s", what);
}

static bool expand(struct reading *reading, struct archive *archive, struct bytes packed, struct buffer *plain)
{
        struct archive_entry *entry;
        archive_read_support_filter_lzma(archive);
        archive_read_support_format_raw(archive);
        if (archive_read_open_memory(archive, packed.data, packed.size) != ARCHIVE_OK ||
            archive_read_next_header(archive, &entry) != ARCHIVE_OK ||
            archive_filter_code(archive, 0) != ARCHIVE_FILTER_LZMA)
                return damaged(reading, "a compressed section is not LZMA");
        const void *block;
        size_t size;
        la_int64_t offset;
        int status;
        while ((status = archive_read_data_block(archive, &block, &size, &offset)) == ARCHIVE_OK) {
                reading->expanded += size;
                if (reading->expanded > EXPANDED_LIMIT)
                        return damaged(reading, "a compressed section is too large");
                buffer_add(plain, block, size);
        }
        return status == ARCHIVE_EOF || damaged(reading, "a compressed section is damaged");
}

static bool read_lzma(struct reading *reading, struct bytes packed)
{
        AUTO_BUFFER struct buffer plain = {0};
        struct archive *archive = archive_read_new();
        bool expanded = expand(reading, archive, packed, &plain);
        archive_read_free(archive);
        if (!expanded)
                return false;
        find_switches(reading, buffer_view(&plain));
        return read_sections(reading, buffer_view(&plain));
}

// SECTION is whole; its content begins at HEAD.
static bool read_guid_defined(struct reading *reading, struct bytes section, size_t head)
{
        struct cursor cursor = cursor_at(section, head);
        struct bytes guid = cursor_bytes(&cursor, GUID_SIZE);
        struct bytes content = bytes_from(section, cursor_u16(&cursor));
        uint16_t attributes = cursor_u16(&cursor);
        if (cursor.overrun)
                return damaged(reading, "a section is cut off");
        if (bytes_equal(guid, (struct bytes){lzma_guid, GUID_SIZE}))
                return read_lzma(reading, content);
        if (attributes & SECTION_PROCESSING_REQUIRED)
                return damaged(reading, "a section is compressed in a way that is not known");
        return read_sections(reading, content);
}

static bool read_section(struct reading *reading, uint8_t type, struct bytes section, size_t head)
{
        if (type == SECTION_COMPRESSION)
                return damaged(reading, "a section is compressed in a way that is not known");
        if (type == SECTION_GUID_DEFINED)
                return read_guid_defined(reading, section, head);
        return type != SECTION_VOLUME_IMAGE || read_volume(reading, bytes_from(section, head));
}

static uint32_t cursor_u24(struct cursor *cursor)
{
        uint32_t low = cursor_u16(cursor);
        return low | (uint32_t)cursor_u8(cursor) << 16;
}

static uint64_t aligned(uint64_t value, uint64_t to)
{
        return (value + to - 1) / to * to;
}

static bool read_sections(struct reading *reading, struct bytes sections)
{
        if (++reading->nested > NESTED_MOST)
                return damaged(reading, "they are nested too deeply");
        for (uint64_t at = 0; at + sizeof(uint32_t) <= sections.size;) {
                struct cursor cursor = cursor_at(sections, at);
                uint64_t size = cursor_u24(&cursor);
                uint8_t type = cursor_u8(&cursor);
                if (size == SIZE_EXTENDED)
                        size = cursor_u32(&cursor);
                struct bytes section;
                if (cursor.overrun || size < cursor.at - at || !bytes_slice(sections, at, size, &section))
                        return damaged(reading, "a section is cut off");
                if (!read_section(reading, type, section, cursor.at - (size_t)at))
                        return false;
                at = aligned(at + size, sizeof(uint32_t));
        }
        reading->nested--;
        return true;
}

// The files of VOLUME from FIRST up to its free space.
static bool read_files(struct reading *reading, struct bytes volume, uint64_t first)
{
        enum {
                HEADER_SIZE = 24,
                FREE = 0xFF, // not a file type: erased space
        };
        for (uint64_t at = first; at + HEADER_SIZE <= volume.size;) {
                struct cursor cursor = cursor_at(volume, at);
                struct bytes guid = cursor_bytes(&cursor, GUID_SIZE);
                cursor_skip(&cursor, sizeof(uint16_t)); // checksums
                uint8_t type = cursor_u8(&cursor);
                uint8_t attributes = cursor_u8(&cursor);
                uint64_t size = cursor_u24(&cursor);
                cursor_skip(&cursor, 1); // state
                if (type == FREE)
                        return true;
                if (attributes & FILE_LARGE)
                        size = cursor_u64(&cursor);
                struct bytes file;
                if (cursor.overrun || size < cursor.at - at || !bytes_slice(volume, at, size, &file))
                        return damaged(reading, "a file is cut off");
                if (type == FILE_APPLICATION)
                        add_program(reading, guid);
                if (type == FILE_VOLUME_IMAGE && !read_sections(reading, bytes_from(file, cursor.at - at)))
                        return false;
                at = aligned(at + size, sizeof(uint64_t));
        }
        return true;
}

// Whether BYTES begin with a volume, and its size.
static bool is_volume(struct bytes bytes, uint64_t *size)
{
        struct cursor cursor = cursor_at(bytes, VOLUME_SIZE_AT);
        *size = cursor_u64(&cursor);
        struct bytes signature = cursor_bytes(&cursor, sizeof volume_signature);
        return bytes_equal(signature, (struct bytes){volume_signature, sizeof volume_signature}) &&
               *size > HEADER_SIZE_AT && *size <= bytes.size;
}

static bool read_volume(struct reading *reading, struct bytes volume)
{
        uint64_t size;
        if (!is_volume(volume, &size))
                return damaged(reading, "a volume is cut off");
        bytes_slice(volume, 0, size, &volume);
        struct cursor cursor = cursor_at(volume, HEADER_SIZE_AT);
        uint64_t first = cursor_u16(&cursor);
        cursor_skip(&cursor, sizeof(uint16_t)); // checksum
        uint16_t extended_at = cursor_u16(&cursor);
        if (extended_at) {
                // The volume's name, and the size of its extended header.
                cursor = cursor_at(volume, (uint64_t)extended_at + GUID_SIZE);
                first = (uint64_t)extended_at + cursor_u32(&cursor);
        }
        if (cursor.overrun)
                return damaged(reading, "the header of a volume is cut off");
        return read_files(reading, volume, aligned(first, sizeof(uint64_t)));
}

bool code_contents_read(struct bytes image, struct code_contents *contents, struct error *err)
{
        *contents = (struct code_contents){0};
        struct reading reading = {.contents = contents, .err = err};
        uint64_t at = 0, size;
        while (at < image.size && !is_volume(bytes_from(image, at), &size))
                at += VOLUME_STEP;
        if (at >= image.size)
                return damaged(&reading, "none found");
        // More volumes may follow directly.
        for (struct bytes rest; rest = bytes_from(image, at), is_volume(rest, &size); at += aligned(size, VOLUME_STEP))
                if (!read_volume(&reading, rest))
                        return false;
        return true;
}

// ---- remembered

static bool take_texts(const json_t *array, struct arguments *list)
{
        size_t index;
        const json_t *item;
        json_array_foreach (array, index, item) {
                if (!json_is_string(item))
                        return false;
                arguments_add(list, json_string_value(item));
        }
        return json_is_array(array);
}

bool code_contents_of(const char *path, struct code_contents *contents, struct error *err)
{
        *contents = (struct code_contents){0};
        AUTO_CACHE struct cache cache = {0};
        cache_open("code-contents.json", path, &cache);
        if (take_texts(json_object_get(cache.known, "programs"), &contents->programs) &&
            take_texts(json_object_get(cache.known, "switches"), &contents->switches))
                return true;
        code_contents_free(contents);
        AUTO_MAPPING struct file_mapping mapping = {0};
        if (!file_map(path, &mapping, err))
                return false;
        if (!code_contents_read(mapping.bytes, contents, err))
                return error_wrap(err, "%s", path);
        cache_keep(&cache, json_pack("{s:o, s:o}", "programs", json_texts(&contents->programs), "switches",
                                     json_texts(&contents->switches)));
        return true;
}
