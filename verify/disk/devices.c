// SPDX-License-Identifier: Apache-2.0
#include "verify/disk/devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "verify/disk/fat.h"
#include "verify/disk/gpt.h"

static void free_texts(const char *const *texts, size_t count)
{
        for (size_t i = 0; i < count; i++)
                free((void *)(uintptr_t)texts[i]);
        free((void *)(uintptr_t)texts);
}

void devices_free(struct devices *devices)
{
        for (size_t i = 0; i < devices->count; i++) {
                struct predict_device *device = &devices->items[i];
                for (size_t j = 0; j < device->partition_count; j++)
                        free_texts(device->partitions[j].files, device->partitions[j].file_count);
                free((void *)(uintptr_t)device->partitions);
                free((void *)(uintptr_t)device->name);
                free((void *)(uintptr_t)device->path);
                free((void *)(uintptr_t)device->label);
        }
        free(devices->items);
        *devices = (struct devices){0};
}

static struct predict_device *add_device(struct devices *devices, const struct predict_device *device)
{
        struct predict_device *added = MEMORY_ADD(devices->items, devices->count);
        *added = *device;
        added->name = memory_text(device->name);
        added->path = memory_text(device->path);
        added->label = device->label ? memory_text(device->label) : NULL;
        added->partitions = NULL;
        added->partition_count = 0;
        return added;
}

// Collects the files of a partition.
struct files {
        const char **items;
        size_t count;
};

static void add_file(struct files *files, const char *path)
{
        for (size_t i = 0; i < files->count; i++)
                if (boot_loader_equal(files->items[i], path))
                        return;
        *MEMORY_ADD(files->items, files->count) = memory_text(path);
}

// An empty file cannot be started.
static void look_for(struct fat *fat, const char *path, struct files *files)
{
        struct fat_file file;
        if (fat_find(fat, path, &file, NULL) && file.kind == FAT_FILE && file.size)
                add_file(files, path);
}

static void take_files(struct disk *disk, uint64_t offset, uint64_t size, const struct bootchain *chain,
                       struct predict_partition *partition)
{
        AUTO_FAT struct fat *fat = NULL;
        struct files files = {0};
        if (!fat_open(disk, offset, size, &fat, NULL))
                return;
        look_for(fat, PREDICT_FALLBACK_FILE, &files);
        for (size_t i = 0; i < chain->entry_count; i++)
                if (chain->entries[i].loader)
                        look_for(fat, chain->entries[i].loader, &files);
        partition->files = files.items;
        partition->file_count = files.count;
}

static void take_partitions(struct disk *disk, const struct gpt *gpt, const struct bootchain *chain,
                            struct predict_device *device)
{
        struct predict_partition *partitions = memory_new(gpt->count + 1, sizeof *partitions);
        for (size_t i = 0; i < gpt->count; i++) {
                const struct gpt_partition *from = &gpt->partitions[i];
                partitions[i].place = (struct devpath_partition){.number = from->index,
                                                                 .start = from->first,
                                                                 .size = gpt_partition_size(from),
                                                                 .guid = from->unique,
                                                                 .gpt = true};
                take_files(disk, gpt_partition_offset_bytes(gpt, from), gpt_partition_size_bytes(gpt, from), chain,
                           &partitions[i]);
        }
        device->partitions = partitions;
        device->partition_count = gpt->count;
}

bool devices_add_disk(struct devices *devices, const struct predict_device *device, struct disk *disk,
                      const struct bootchain *chain, struct error *err)
{
        AUTO_GPT struct gpt gpt = {0};
        AUTO_ERROR struct error damage = {0};
        if (!gpt_read(disk, &gpt, &damage) && damage.code != ERROR_DAMAGED)
                return error_set(err, damage.code, "%s", damage.message);
        struct predict_device *added = add_device(devices, device);
        if (gpt.state == GPT_PRESENT && gpt.protective_mbr) {
                take_partitions(disk, &gpt, chain, added);
                return true;
        }
        struct predict_partition *whole = memory_new(1, sizeof *whole);
        take_files(disk, 0, disk_size(disk), chain, whole);
        added->partitions = whole;
        added->partition_count = 1;
        return true;
}

void devices_add_payload(struct devices *devices, const struct predict_device *device)
{
        struct predict_device *added = add_device(devices, device);
        struct predict_partition *whole = memory_new(1, sizeof *whole);
        struct files files = {0};
        add_file(&files, PREDICT_FALLBACK_FILE);
        *whole = (struct predict_partition){.files = files.items, .file_count = files.count};
        added->partitions = whole;
        added->partition_count = 1;
}
