// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/disk/fat16.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"

#define RESERVED_SECTORS   2 // the boot sector and the marker's
#define FAT_COPIES         2
#define ROOT_ENTRIES       512
#define ENTRY_SIZE         32
#define ROOT_SECTORS       (ROOT_ENTRIES * ENTRY_SIZE / FAT16_SECTOR_SIZE)
#define CLUSTERS_MIN       4085  // with fewer it is FAT12
#define CLUSTERS_MAX       65524 // with more it is FAT32
#define SECTORS_PER_FAT(n) (((n) + 2) * 2 + FAT16_SECTOR_SIZE - 1) / FAT16_SECTOR_SIZE
#define CLUSTER_FIRST      2
#define CLUSTER_END        0xFFFF
#define MEDIA_FIXED        0xF8

#define ATTRIBUTE_VOLUME  0x08
#define ATTRIBUTE_FOLDER  0x10
#define ATTRIBUTE_ARCHIVE 0x20
#define ATTRIBUTE_LONG    0x0F

#define SHORT_NAME_SIZE 11
#define LONG_NAME_MAX   255
#define LONG_NAME_PIECE 13 // characters of a long name in one entry
#define LONG_NAME_LAST  0x40

uint16_t fat16_date(unsigned year, unsigned month, unsigned day)
{
        return (uint16_t)((year < 1980 ? 0 : year - 1980) << 9 | month << 5 | day);
}

uint16_t fat16_time(unsigned hour, unsigned minute, unsigned second)
{
        return (uint16_t)(hour << 11 | minute << 5 | second / 2);
}

static size_t cluster_size(const struct fat16 *fat)
{
        return (size_t)fat->sectors_per_cluster * FAT16_SECTOR_SIZE;
}

// Chooses the smallest cluster size with which SECTORS make a FAT16.
static bool choose_geometry(struct fat16 *fat, uint32_t sectors)
{
        for (uint32_t per_cluster = 1; per_cluster <= 128; per_cluster *= 2) {
                uint32_t fat_sectors = SECTORS_PER_FAT(sectors / per_cluster);
                uint32_t data_sector = RESERVED_SECTORS + FAT_COPIES * fat_sectors + ROOT_SECTORS;
                if (sectors <= data_sector)
                        return false;
                uint32_t clusters = (sectors - data_sector) / per_cluster;
                if (clusters > CLUSTERS_MAX)
                        continue;
                fat->sectors_per_cluster = per_cluster;
                fat->fat_sectors = fat_sectors;
                fat->data_sector = data_sector;
                fat->cluster_count = clusters;
                fat->next_cluster = CLUSTER_FIRST;
                return clusters >= CLUSTERS_MIN;
        }
        return false;
}

size_t fat16_image_size(uint32_t sectors, size_t content, size_t files)
{
        struct fat16 fat;
        if (!choose_geometry(&fat, sectors))
                return 0;
        // A file wastes less than one cluster, a folder takes one.
        return (size_t)fat.data_sector * FAT16_SECTOR_SIZE + content + files * cluster_size(&fat);
}

size_t fat16_used(const struct fat16 *fat)
{
        return (size_t)fat->data_sector * FAT16_SECTOR_SIZE + (fat->next_cluster - CLUSTER_FIRST) * cluster_size(fat);
}

// "BOOT" as the eleven characters of a directory entry, padded with spaces.
static void store_label(uint8_t *at, const char *label)
{
        memset(at, ' ', SHORT_NAME_SIZE);
        for (size_t i = 0; i < SHORT_NAME_SIZE && label[i]; i++)
                at[i] = (uint8_t)label[i];
}

static void build_boot_sector(const struct fat16 *fat, const struct fat16_parameters *parameters)
{
        uint8_t *sector = fat->image;
        memcpy(sector,
               "\xEB\x3C\x90"
               "REHEARSE",
               11);
        store16(sector + 11, FAT16_SECTOR_SIZE);
        sector[13] = (uint8_t)fat->sectors_per_cluster;
        store16(sector + 14, RESERVED_SECTORS);
        sector[16] = FAT_COPIES;
        store16(sector + 17, ROOT_ENTRIES);
        store16(sector + 19, parameters->sectors < 0x10000 ? (uint16_t)parameters->sectors : 0);
        sector[21] = MEDIA_FIXED;
        store16(sector + 22, (uint16_t)fat->fat_sectors);
        store16(sector + 24, 63);  // sectors per track and
        store16(sector + 26, 255); // heads, of an obsolete geometry
        store32(sector + 28, parameters->hidden_sectors);
        store32(sector + 32, parameters->sectors < 0x10000 ? 0 : parameters->sectors);
        sector[36] = 0x80; // drive number
        sector[38] = 0x29; // serial, label and type follow
        store32(sector + 39, parameters->serial);
        store_label(sector + 43, parameters->label);
        memcpy(sector + 54, "FAT16   ", 8);
        store16(sector + 510, 0xAA55);
        if (parameters->marker)
                memcpy(sector + FAT16_SECTOR_SIZE, parameters->marker, FAT16_MARKER_SIZE);
}

static void set_cluster(const struct fat16 *fat, uint32_t cluster, uint16_t next)
{
        for (uint32_t copy = 0; copy < FAT_COPIES; copy++) {
                size_t sector = RESERVED_SECTORS + (size_t)copy * fat->fat_sectors;
                store16(fat->image + sector * FAT16_SECTOR_SIZE + (size_t)cluster * 2, next);
        }
}

static uint8_t *cluster_bytes(const struct fat16 *fat, uint32_t cluster)
{
        return fat->image + (size_t)fat->data_sector * FAT16_SECTOR_SIZE +
               (cluster - CLUSTER_FIRST) * cluster_size(fat);
}

// Allocates the next COUNT clusters as one chain and clears them.
static bool take_clusters(struct fat16 *fat, size_t count, uint32_t *first)
{
        size_t left_in_volume = fat->cluster_count + CLUSTER_FIRST - fat->next_cluster;
        size_t left_in_image = (fat->capacity - fat16_used(fat)) / cluster_size(fat);
        if (count > left_in_volume || count > left_in_image)
                return false;
        *first = fat->next_cluster;
        fat->next_cluster += (uint32_t)count;
        memset(cluster_bytes(fat, *first), 0, count * cluster_size(fat));
        for (size_t i = 0; i < count; i++)
                set_cluster(fat, *first + (uint32_t)i,
                            i + 1 < count ? (uint16_t)(*first + i + 1) : (uint16_t)CLUSTER_END);
        return true;
}

// A folder's entries: the root has its own region, every other folder one cluster.
struct folder {
        uint8_t *entries;
        size_t count;
        uint32_t cluster; // 0: the root
};

static struct folder root_folder(const struct fat16 *fat)
{
        return (struct folder){.entries = fat->image + (size_t)(fat->data_sector - ROOT_SECTORS) * FAT16_SECTOR_SIZE,
                               .count = ROOT_ENTRIES};
}

static struct folder folder_at(const struct fat16 *fat, uint32_t cluster)
{
        return (struct folder){
                .entries = cluster_bytes(fat, cluster), .count = cluster_size(fat) / ENTRY_SIZE, .cluster = cluster};
}

static void build_entry(const struct fat16 *fat, uint8_t *entry, const uint8_t short_name[SHORT_NAME_SIZE],
                        uint8_t attribute, uint32_t cluster, uint32_t size)
{
        memset(entry, 0, ENTRY_SIZE);
        memcpy(entry, short_name, SHORT_NAME_SIZE);
        entry[11] = attribute;
        store16(entry + 14, fat->time); // created,
        store16(entry + 16, fat->date);
        store16(entry + 18, fat->date); // read
        store16(entry + 22, fat->time); // and written
        store16(entry + 24, fat->date);
        store16(entry + 26, (uint16_t)cluster);
        store32(entry + 28, size);
}

bool fat16_format(struct fat16 *fat, void *image, size_t capacity, const struct fat16_parameters *parameters)
{
        *fat = (struct fat16){.image = image, .capacity = capacity, .date = parameters->date, .time = parameters->time};
        if (!choose_geometry(fat, parameters->sectors) || fat16_used(fat) > capacity)
                return false;
        memset(image, 0, fat16_used(fat));
        build_boot_sector(fat, parameters);
        set_cluster(fat, 0, 0xFF00 | MEDIA_FIXED);
        set_cluster(fat, 1, CLUSTER_END);
        uint8_t label[SHORT_NAME_SIZE];
        store_label(label, parameters->label);
        build_entry(fat, root_folder(fat).entries, label, ATTRIBUTE_VOLUME, 0, 0);
        return true;
}

// One name of a path, and its 8.3 alias.
struct name {
        const char *text;
        size_t length;
        uint8_t alias[SHORT_NAME_SIZE];
        bool is_short; // the alias is the name itself
};

static bool is_short_character(char character)
{
        return (character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9') || character == '_' ||
               character == '-';
}

static char upper(char character)
{
        return character >= 'a' && character <= 'z' ? (char)(character - ('a' - 'A')) : character;
}

static size_t last_dot(const struct name *name)
{
        size_t dot = name->length;
        for (size_t i = 1; i < name->length; i++)
                if (name->text[i] == '.')
                        dot = i;
        return dot;
}

// Copies the characters of TEXT that a short name may have to AT, at most ROOM. Returns whether it copied all of TEXT.
static bool fill_alias(uint8_t *at, size_t room, const char *text, size_t length)
{
        size_t used = 0;
        bool whole = true;
        for (size_t i = 0; i < length; i++) {
                char character = upper(text[i]);
                if (used == room || !is_short_character(character)) {
                        whole = false;
                        continue;
                }
                whole &= character == text[i];
                at[used++] = (uint8_t)character;
        }
        return whole;
}

static void make_alias(struct name *name)
{
        size_t dot = last_dot(name);
        memset(name->alias, ' ', SHORT_NAME_SIZE);
        bool base_whole = fill_alias(name->alias, 8, name->text, dot);
        bool extension_whole =
                dot == name->length || fill_alias(name->alias + 8, 3, name->text + dot + 1, name->length - dot - 1);
        name->is_short = base_whole && extension_whole;
}

// Turns the alias SAFEBOOT of a long name into SAFEBO~1, or ~2 and so on.
static void number_alias(struct name *name, unsigned number)
{
        size_t at = 0;
        while (at < 6 && name->alias[at] != ' ' && name->alias[at] != '~')
                at++;
        memset(name->alias + at, ' ', 8 - at);
        name->alias[at] = '~';
        name->alias[at + 1] = (uint8_t)('0' + number);
}

static uint8_t *find_alias(const struct folder *folder, const uint8_t alias[SHORT_NAME_SIZE])
{
        for (size_t i = 0; i < folder->count; i++) {
                uint8_t *entry = folder->entries + i * ENTRY_SIZE;
                if (entry[11] != ATTRIBUTE_LONG && !(entry[11] & ATTRIBUTE_VOLUME) &&
                    !memcmp(entry, alias, SHORT_NAME_SIZE))
                        return entry;
        }
        return NULL;
}

static size_t long_entry_count(const struct name *name)
{
        return name->is_short ? 0 : (name->length + LONG_NAME_PIECE - 1) / LONG_NAME_PIECE;
}

static uint8_t alias_checksum(const uint8_t alias[SHORT_NAME_SIZE])
{
        uint8_t sum = 0;
        for (size_t i = 0; i < SHORT_NAME_SIZE; i++)
                sum = (uint8_t)((sum >> 1 | sum << 7) + alias[i]);
        return sum;
}

// Piece PIECE (from 0) of a long name: thirteen characters of UTF-16, a NUL after the last, then 0xFFFF.
static void build_long_entry(uint8_t *entry, const struct name *name, size_t piece)
{
        static const uint8_t places[LONG_NAME_PIECE] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
        memset(entry, 0, ENTRY_SIZE);
        entry[0] = (uint8_t)((piece + 1) | (piece + 1 == long_entry_count(name) ? LONG_NAME_LAST : 0));
        entry[11] = ATTRIBUTE_LONG;
        entry[13] = alias_checksum(name->alias);
        for (size_t i = 0; i < LONG_NAME_PIECE; i++) {
                size_t at = piece * LONG_NAME_PIECE + i;
                store16(entry + places[i],
                        at < name->length ? (uint8_t)name->text[at] : (at == name->length ? 0 : 0xFFFF));
        }
}

static bool is_free(const uint8_t *entry)
{
        return entry[0] == 0;
}

// Adds an entry for NAME to FOLDER. The long name's pieces go before it, last piece first.
static bool add_entry(const struct fat16 *fat, const struct folder *folder, const struct name *name, uint8_t attribute,
                      uint32_t cluster, uint32_t size)
{
        size_t pieces = long_entry_count(name);
        size_t at = 0;
        while (at < folder->count && !is_free(folder->entries + at * ENTRY_SIZE))
                at++;
        if (folder->count - at < pieces + 1)
                return false;
        for (size_t piece = pieces; piece-- > 0; at++)
                build_long_entry(folder->entries + at * ENTRY_SIZE, name, piece);
        build_entry(fat, folder->entries + at * ENTRY_SIZE, name->alias, attribute, cluster, size);
        return true;
}

static bool add_folder(struct fat16 *fat, const struct folder *parent, const struct name *name, struct folder *made)
{
        uint32_t cluster;
        if (!take_clusters(fat, 1, &cluster))
                return false;
        if (!add_entry(fat, parent, name, ATTRIBUTE_FOLDER, cluster, 0))
                return false;
        *made = folder_at(fat, cluster);
        build_entry(fat, made->entries, (const uint8_t *)".          ", ATTRIBUTE_FOLDER, cluster, 0);
        build_entry(fat, made->entries + ENTRY_SIZE, (const uint8_t *)"..         ", ATTRIBUTE_FOLDER, parent->cluster,
                    0);
        return true;
}

// Whether ENTRY is called NAME, by the long name before it or by a short name.
static bool entry_is_named(const struct folder *folder, const uint8_t *entry, const struct name *name)
{
        size_t pieces = long_entry_count(name);
        size_t at = (size_t)(entry - folder->entries) / ENTRY_SIZE;
        if (at < pieces)
                return false;
        for (size_t piece = 0; piece < pieces; piece++) {
                uint8_t wanted[ENTRY_SIZE];
                build_long_entry(wanted, name, piece);
                if (memcmp(wanted, entry - (piece + 1) * ENTRY_SIZE, ENTRY_SIZE))
                        return false;
        }
        return true;
}

enum lookup {
        LOOKUP_FOUND,
        LOOKUP_FREE, // not found; NAME has an unused alias
        LOOKUP_FULL, // not found; all aliases are in use
};

// Looks for NAME in FOLDER. *ENTRY is the one found, or NULL; NAME gets the alias that it has or would have.
static enum lookup find_name(const struct folder *folder, struct name *name, const uint8_t **entry)
{
        make_alias(name);
        if (name->is_short) {
                *entry = find_alias(folder, name->alias);
                return *entry ? LOOKUP_FOUND : LOOKUP_FREE;
        }
        for (unsigned number = 1; number <= 9; number++) {
                number_alias(name, number);
                *entry = find_alias(folder, name->alias);
                if (!*entry)
                        return LOOKUP_FREE;
                if (entry_is_named(folder, *entry, name))
                        return LOOKUP_FOUND;
        }
        return LOOKUP_FULL;
}

static bool enter_folder(struct fat16 *fat, struct folder *folder, struct name *name)
{
        const struct folder parent = *folder;
        const uint8_t *entry;
        switch (find_name(&parent, name, &entry)) {
        case LOOKUP_FREE:
                return add_folder(fat, &parent, name, folder);
        case LOOKUP_FOUND:
                *folder = folder_at(fat, load16(entry + 26));
                return entry[11] & ATTRIBUTE_FOLDER;
        default:
                return false;
        }
}

static bool add_file(struct fat16 *fat, const struct folder *folder, struct name *name, const void *bytes, size_t size)
{
        const uint8_t *entry;
        if (size > UINT32_MAX || find_name(folder, name, &entry) != LOOKUP_FREE)
                return false;
        uint32_t cluster = 0;
        size_t clusters = (size + cluster_size(fat) - 1) / cluster_size(fat);
        if (clusters && !take_clusters(fat, clusters, &cluster))
                return false;
        if (clusters)
                memcpy(cluster_bytes(fat, cluster), bytes, size);
        return add_entry(fat, folder, name, ATTRIBUTE_ARCHIVE, cluster, (uint32_t)size);
}

bool fat16_add(struct fat16 *fat, const char *path, const void *bytes, size_t size)
{
        struct folder folder = root_folder(fat);
        for (;;) {
                struct name name = {.text = path};
                while (path[name.length] && path[name.length] != '/')
                        name.length++;
                if (!name.length || name.length > LONG_NAME_MAX)
                        return false;
                path += name.length;
                if (!*path)
                        return add_file(fat, &folder, &name, bytes, size);
                if (!enter_folder(fat, &folder, &name))
                        return false;
                path++;
        }
}
