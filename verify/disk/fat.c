// SPDX-License-Identifier: Apache-2.0
#include "verify/disk/fat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        BOOT_SECTOR = 512,
        ENTRY_SIZE = 32,
        FOLDER_LIMIT = 2 << 20, // bytes: 65536 entries
        FIRST_CLUSTER = 2,
        NAME_PART = 13, // UTF-16 units in an entry of a long name
        NAME_PARTS = 20,
        SHORT_NAME = 11,
        FAT12_CLUSTERS = 4085, // from this number on it is FAT16
        WINDOW = 4096,         // bytes of the table that are kept
        RUN_LIMIT = 1 << 20,   // bytes that are read at once
};

// Attributes of a folder entry, and special values of its first byte.
enum {
        ATTRIBUTE_VOLUME_ID = 0x08,
        ATTRIBUTE_DIRECTORY = 0x10,
        ATTRIBUTE_LONG_NAME = 0x0F,
        ATTRIBUTE_MASK = 0x3F,
        NAME_FREE = 0xE5,
        NAME_LAST = 0x00,
        NAME_KANJI = 0x05,     // stands for 0xE5
        LONG_NAME_LAST = 0x40, // the last part of a long name, stored first
};

struct fat {
        struct disk *disk;
        uint64_t offset, size; // of the region on the disk, in bytes
        unsigned bits;
        uint32_t cluster_size;       // in bytes
        uint64_t table_at;           // this and the next three: in bytes from the region's start
        uint64_t root_at, root_size; // FAT12 and FAT16
        uint64_t data_at;
        uint32_t root_cluster; // FAT32
        uint32_t last_cluster;
        uint8_t window[WINDOW];
        uint64_t window_at; // of the region; UINT64_MAX while it is empty
        size_t window_size;
};

void fat_close(struct fat **fat)
{
        free(*fat);
        *fat = NULL;
}

static bool damaged(const struct fat *fat, struct error *err, const char *what)
{
        return error_set(err, ERROR_DAMAGED, "%s: the FAT file system at byte %" PRIu64 " is damaged: %s",
                         disk_path(fat->disk), fat->offset, what);
}

static bool read_region(const struct fat *fat, uint64_t at, void *data, size_t size, struct error *err)
{
        if (at > fat->size || fat->size - at < size)
                return damaged(fat, err, "it reaches beyond its partition");
        return disk_read(fat->disk, fat->offset + at, data, size, err);
}

static bool is_power_of_two(uint32_t number)
{
        return number && !(number & (number - 1));
}

// The boot sector's fields, unchecked.
struct boot_sector {
        uint32_t sector_size, sectors_per_cluster, reserved, tables, root_entries, sectors, table_sectors, root_cluster;
        bool is_32;
        uint16_t signature;
};

static struct boot_sector parse_boot_sector(struct bytes bytes)
{
        struct boot_sector boot;
        struct cursor cursor = cursor_at(bytes, 11);
        boot.sector_size = cursor_u16(&cursor);
        boot.sectors_per_cluster = cursor_u8(&cursor);
        boot.reserved = cursor_u16(&cursor);
        boot.tables = cursor_u8(&cursor);
        boot.root_entries = cursor_u16(&cursor);
        uint32_t sectors_16 = cursor_u16(&cursor);
        cursor_skip(&cursor, 1); // the media byte
        uint32_t table_sectors_16 = cursor_u16(&cursor);
        cursor_skip(&cursor, 8); // the geometry, and the sectors before the partition
        uint32_t sectors_32 = cursor_u32(&cursor);
        uint32_t table_sectors_32 = cursor_u32(&cursor);
        cursor_skip(&cursor, 4); // flags and version
        boot.root_cluster = cursor_u32(&cursor);
        cursor = cursor_at(bytes, BOOT_SECTOR - 2);
        boot.signature = cursor_u16(&cursor);
        boot.sectors = sectors_16 ? sectors_16 : sectors_32;
        boot.table_sectors = table_sectors_16 ? table_sectors_16 : table_sectors_32;
        boot.is_32 = !table_sectors_16;
        return boot;
}

static bool is_fat(const struct boot_sector *boot)
{
        return boot->signature == 0xAA55 && is_power_of_two(boot->sector_size) && boot->sector_size >= 512 &&
               boot->sector_size <= 4096 && is_power_of_two(boot->sectors_per_cluster) && boot->reserved &&
               boot->tables && boot->sectors && boot->table_sectors;
}

static bool lay_out(struct fat *fat, const struct boot_sector *boot, struct error *err)
{
        uint64_t sector = boot->sector_size;
        fat->cluster_size = boot->sector_size * boot->sectors_per_cluster;
        fat->table_at = boot->reserved * sector;
        fat->root_at = fat->table_at + boot->tables * (boot->table_sectors * sector);
        fat->root_size = (uint64_t)boot->root_entries * ENTRY_SIZE;
        fat->data_at = fat->root_at + (fat->root_size + sector - 1) / sector * sector;
        uint64_t total = boot->sectors * sector;
        if (fat->data_at >= total)
                return damaged(fat, err, "its tables are larger than the file system");
        uint64_t clusters = (total - fat->data_at) / fat->cluster_size;
        fat->bits = boot->is_32 ? 32 : clusters < FAT12_CLUSTERS ? 12 : 16;
        if (fat->bits != 32 && !fat->root_size)
                return damaged(fat, err, "it has no root folder");
        fat->root_cluster = boot->root_cluster;

        uint64_t table_entries = boot->table_sectors * sector * 8 / fat->bits;
        uint64_t entries = clusters + FIRST_CLUSTER < table_entries ? clusters + FIRST_CLUSTER : table_entries;
        static const uint32_t most[] = {[12] = 0xFF6, [16] = 0xFFF6, [32] = 0xFFFFFF6};
        fat->last_cluster = entries - 1 < most[fat->bits] ? (uint32_t)(entries - 1) : most[fat->bits];
        return true;
}

bool fat_open(struct disk *disk, uint64_t offset, uint64_t size, struct fat **fat_pointer, struct error *err)
{
        uint8_t sector[BOOT_SECTOR];
        AUTO_FAT struct fat *fat = memory_new(1, sizeof *fat);
        *fat = (struct fat){.disk = disk, .offset = offset, .size = size, .window_at = UINT64_MAX};
        if (!read_region(fat, 0, sector, sizeof sector, err))
                return false;
        struct boot_sector boot = parse_boot_sector((struct bytes){sector, sizeof sector});
        if (!is_fat(&boot))
                return error_set(err, ERROR_DAMAGED, "%s: no FAT file system found at byte %" PRIu64, disk_path(disk),
                                 offset);
        if (!lay_out(fat, &boot, err))
                return false;
        *fat_pointer = MEMORY_TAKE(fat);
        return true;
}

// The SIZE bytes at AT of the region's first table, through the window.
static bool read_table(struct fat *fat, uint64_t at, uint8_t *data, size_t size, struct error *err)
{
        for (size_t i = 0; i < size; i++, at++) {
                uint64_t start = at - at % WINDOW;
                if (start != fat->window_at) {
                        if (start >= fat->size)
                                return damaged(fat, err, "its table reaches beyond its partition");
                        fat->window_at = UINT64_MAX;
                        fat->window_size = fat->size - start < WINDOW ? (size_t)(fat->size - start) : WINDOW;
                        if (!read_region(fat, start, fat->window, fat->window_size, err))
                                return false;
                        fat->window_at = start;
                }
                struct cursor cursor = cursor_at((struct bytes){fat->window, fat->window_size}, at - start);
                data[i] = cursor_u8(&cursor);
        }
        return true;
}

static bool is_cluster(const struct fat *fat, uint32_t cluster)
{
        return cluster >= FIRST_CLUSTER && cluster <= fat->last_cluster;
}

// The cluster after CLUSTER in its chain; 0 at the end.
static bool next_cluster(struct fat *fat, uint32_t cluster, uint32_t *next, struct error *err)
{
        uint8_t raw[4] = {0};
        uint64_t bit = (uint64_t)cluster * fat->bits;
        size_t size = fat->bits == 32 ? 4 : 2;
        if (!read_table(fat, fat->table_at + bit / 8, raw, size, err))
                return false;
        struct cursor cursor = cursor_at((struct bytes){raw, sizeof raw}, 0);
        uint32_t value = cursor_u32(&cursor) >> bit % 8;
        uint32_t mask = fat->bits == 32 ? 0x0FFFFFFF : (UINT32_C(1) << fat->bits) - 1;
        uint32_t end = mask & ~UINT32_C(7);
        value &= mask;
        *next = value >= end ? 0 : value;
        if (*next || value >= end)
                return !*next || is_cluster(fat, *next) ||
                       damaged(fat, err, "a cluster chain has an invalid cluster number");
        return damaged(fat, err, "a cluster chain contains a free or bad cluster");
}

static uint64_t cluster_place(const struct fat *fat, uint32_t cluster)
{
        return fat->data_at + (uint64_t)(cluster - FIRST_CLUSTER) * fat->cluster_size;
}

// How many bytes from cluster FIRST on are contiguous, at most MOST, and the next cluster: 0 if the chain ends,
// undefined if MOST was reached.
static bool find_run(struct fat *fat, uint32_t first, uint64_t most, uint64_t *size, uint32_t *next, struct error *err)
{
        uint32_t cluster = first;
        for (*size = 0, *next = first; *next == cluster && *size < RUN_LIMIT; cluster++) {
                *size += fat->cluster_size;
                if (*size >= most) {
                        *size = most;
                        return true;
                }
                if (!next_cluster(fat, cluster, next, err))
                        return false;
        }
        return true;
}

// Adds the clusters from FIRST to BUFFER, at most LIMIT bytes; *WHOLE is whether the chain ended within them.
static bool read_chain(struct fat *fat, uint32_t first, uint64_t limit, struct buffer *buffer, bool *whole,
                       struct error *err)
{
        if (!is_cluster(fat, first))
                return damaged(fat, err, "a folder entry names a cluster that does not exist");
        uint32_t next;
        for (uint32_t cluster = first; cluster && limit; cluster = next) {
                uint64_t size;
                if (!find_run(fat, cluster, limit, &size, &next, err))
                        return false;
                size_t before = buffer->size;
                buffer_fill(buffer, 0, (size_t)size);
                if (!read_region(fat, cluster_place(fat, cluster), buffer->data + before, (size_t)size, err))
                        return false;
                limit -= size;
                *whole = !next;
        }
        return true;
}

// Reads a folder whole. CLUSTER 0 is the root.
static bool read_folder(struct fat *fat, uint32_t cluster, struct buffer *buffer, struct error *err)
{
        if (!cluster && fat->bits != 32) {
                AUTO_FREE uint8_t *data = memory_new(fat->root_size, 1);
                if (!read_region(fat, fat->root_at, data, fat->root_size, err))
                        return false;
                buffer_add(buffer, data, fat->root_size);
                return true;
        }
        bool whole = false;
        if (!read_chain(fat, cluster ? cluster : fat->root_cluster, FOLDER_LIMIT, buffer, &whole, err))
                return false;
        return whole || damaged(fat, err, "the cluster chain of a folder is circular or too long");
}

// A long name being assembled: its parts precede their entry, last part first.
struct long_name {
        uint8_t units[NAME_PARTS * NAME_PART * 2]; // UTF-16LE
        unsigned awaited;                          // the number of the next part; 0 if complete
        size_t parts;                              // 0 if none yet
        uint8_t checksum;
};

static void take_long_part(struct long_name *name, struct bytes entry)
{
        static const struct {
                size_t offset, size;
        } pieces[] = {{1, 10}, {14, 12}, {28, 4}};
        struct cursor cursor = cursor_at(entry, 0);
        uint8_t sequence = cursor_u8(&cursor);
        cursor = cursor_at(entry, 13);
        uint8_t checksum = cursor_u8(&cursor);
        unsigned number = sequence & 0x3F;
        if (sequence & LONG_NAME_LAST && number && number <= NAME_PARTS)
                *name = (struct long_name){.awaited = number, .parts = number, .checksum = checksum};
        if (!name->awaited || number != name->awaited || checksum != name->checksum) {
                name->parts = 0;
                return;
        }
        uint8_t *target = name->units + (size_t)(number - 1) * NAME_PART * 2;
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
                cursor = cursor_at(entry, pieces[i].offset);
                cursor_copy(&cursor, target, pieces[i].size);
                target += pieces[i].size;
        }
        name->awaited--;
}

static uint8_t short_name_checksum(struct bytes name)
{
        uint8_t sum = 0;
        for (size_t i = 0; i < name.size; i++)
                sum = (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + name.data[i]);
        return sum;
}

static bool long_name_equals(const struct long_name *name, struct bytes short_name, const char *wanted)
{
        if (!name->parts || name->awaited || name->checksum != short_name_checksum(short_name))
                return false;
        AUTO_FREE char *text = text_from_utf16((struct bytes){name->units, name->parts * NAME_PART * 2});
        return text_equal_ignoring_case(text, wanted);
}

static void add_trimmed(struct text *text, struct cursor *cursor, size_t size)
{
        struct bytes part = cursor_bytes(cursor, size);
        while (part.size && part.data[part.size - 1] == ' ')
                part.size--;
        for (size_t i = 0; i < part.size; i++)
                text_add_utf8(text, part.data[i] == NAME_KANJI && i == 0 ? NAME_FREE : part.data[i]);
}

static bool short_name_equals(struct bytes short_name, const char *wanted)
{
        AUTO_TEXT struct text text = {0};
        AUTO_TEXT struct text extension = {0};
        struct cursor cursor = cursor_at(short_name, 0);
        add_trimmed(&text, &cursor, 8);
        add_trimmed(&extension, &cursor, 3);
        if (extension.length)
                text_add_format(&text, ".%s", text_string(&extension));
        return text_equal_ignoring_case(text_string(&text), wanted);
}

static struct fat_file parse_entry(const struct fat *fat, struct bytes entry)
{
        struct cursor cursor = cursor_at(entry, 11);
        bool folder = cursor_u8(&cursor) & ATTRIBUTE_DIRECTORY;
        cursor = cursor_at(entry, 20);
        uint32_t high = cursor_u16(&cursor);
        cursor_skip(&cursor, 4);
        uint32_t low = cursor_u16(&cursor);
        uint32_t size = cursor_u32(&cursor);
        return (struct fat_file){
                .kind = folder ? FAT_FOLDER : FAT_FILE,
                .size = folder ? 0 : size,
                .first_cluster = (fat->bits == 32 ? high << 16 : 0) | low,
        };
}

static void find_entry(const struct fat *fat, struct bytes folder, const char *wanted, struct fat_file *file)
{
        struct long_name long_name = {0};
        *file = (struct fat_file){.kind = FAT_ABSENT};
        struct bytes entry;
        for (uint64_t at = 0; bytes_slice(folder, at, ENTRY_SIZE, &entry); at += ENTRY_SIZE) {
                struct cursor cursor = cursor_at(entry, 0);
                struct bytes short_name = cursor_bytes(&cursor, SHORT_NAME);
                uint8_t attributes = cursor_u8(&cursor) & ATTRIBUTE_MASK;
                if (short_name.data[0] == NAME_LAST)
                        return;
                if (short_name.data[0] != NAME_FREE && attributes == ATTRIBUTE_LONG_NAME) {
                        take_long_part(&long_name, entry);
                        continue;
                }
                bool named = short_name.data[0] != NAME_FREE && !(attributes & ATTRIBUTE_VOLUME_ID);
                if (named &&
                    (short_name_equals(short_name, wanted) || long_name_equals(&long_name, short_name, wanted))) {
                        *file = parse_entry(fat, entry);
                        return;
                }
                long_name.parts = 0;
        }
}

bool fat_find(struct fat *fat, const char *path, struct fat_file *file, struct error *err)
{
        static const char separators[] = "\\/";
        *file = (struct fat_file){.kind = FAT_FOLDER};
        for (path += strspn(path, separators); *path; path += strspn(path, separators)) {
                size_t length = strcspn(path, separators);
                AUTO_FREE char *name = text_format("%.*s", (int)length, path);
                path += length;
                if (file->kind != FAT_FOLDER) {
                        *file = (struct fat_file){.kind = FAT_ABSENT};
                        return true;
                }
                AUTO_BUFFER struct buffer folder = {0};
                if (!read_folder(fat, file->first_cluster, &folder, err))
                        return false;
                find_entry(fat, buffer_view(&folder), name, file);
                if (file->kind == FAT_ABSENT)
                        return true;
        }
        return true;
}

bool fat_read_file(struct fat *fat, const struct fat_file *file, uint32_t limit, struct buffer *buffer,
                   struct error *err)
{
        if (file->kind != FAT_FILE)
                return error_set(err, ERROR_DAMAGED, "%s: not a file", disk_path(fat->disk));
        if (file->size > limit)
                return error_set(err, ERROR_DAMAGED,
                                 "%s: a file has %" PRIu32 " bytes, more than the %" PRIu32 " it may have",
                                 disk_path(fat->disk), file->size, limit);
        if (!file->size)
                return true;
        size_t before = buffer->size;
        bool whole = false;
        if (!read_chain(fat, file->first_cluster, file->size, buffer, &whole, err))
                return false;
        return buffer->size - before == file->size || damaged(fat, err, "a file is longer than its cluster chain");
}
