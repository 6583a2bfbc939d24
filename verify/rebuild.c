// SPDX-License-Identifier: Apache-2.0
#include "verify/rebuild.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"
#include "varstore/edit.h"
#include "verify/disk/fat.h"
#include "verify/disk/gpt.h"

static const char DEFAULT_LABEL[] = "VMware ESXi";

// In search order. The fallback file comes last: any system may have one.
static const struct {
        const char *loader, *label;
} known[] = {
        {"\\EFI\\VMware\\safeboot64.efi", DEFAULT_LABEL}, {"\\EFI\\VMware\\mboot64.efi", DEFAULT_LABEL},
        {"\\EFI\\debian\\shimaa64.efi", "debian"},        {"\\EFI\\debian\\grubaa64.efi", "debian"},
        {"\\EFI\\ubuntu\\shimaa64.efi", "ubuntu"},        {"\\EFI\\ubuntu\\grubaa64.efi", "ubuntu"},
        {"\\EFI\\fedora\\shimaa64.efi", "Fedora"},        {"\\EFI\\BOOT\\BOOTAA64.EFI", DEFAULT_LABEL},
};
static const size_t known_count = sizeof known / sizeof known[0];

void rebuild_target_free(struct rebuild_target *target)
{
        free(target->loader);
        *target = (struct rebuild_target){0};
}

static bool has_file(struct fat *fat, const char *path, bool *found, struct error *err)
{
        struct fat_file file;
        if (!fat_find(fat, path, &file, err))
                return false;
        *found = file.kind == FAT_FILE && file.size;
        return true;
}

static void take(const struct gpt_partition *esp, const char *label, const char *loader, struct rebuild_target *target)
{
        target->label = label;
        target->loader = memory_text(loader);
        target->partition = (struct devpath_partition){
                .number = esp->index,
                .start = esp->first,
                .size = gpt_partition_size(esp),
                .guid = esp->unique,
                .gpt = true,
        };
}

// Searches one ESP. TARGET's loader stays NULL if none is found.
static bool look_on(struct disk *disk, const struct gpt *gpt, const struct gpt_partition *esp, const char *label,
                    const char *loader, struct rebuild_target *target, struct error *err)
{
        AUTO_FAT struct fat *fat = NULL;
        bool found = false;
        if (!fat_open(disk, gpt_partition_offset_bytes(gpt, esp), gpt_partition_size_bytes(gpt, esp), &fat, err))
                return false;
        if (loader) {
                if (has_file(fat, loader, &found, err) && found)
                        take(esp, label ? label : DEFAULT_LABEL, loader, target);
                return !err->code;
        }
        for (size_t i = 0; i < known_count && !found; i++) {
                if (!has_file(fat, known[i].loader, &found, err))
                        return false;
                if (found)
                        take(esp, label ? label : known[i].label, known[i].loader, target);
        }
        return true;
}

static bool fail_without_loader(const struct disk *disk, const char *loader, const struct error *damage,
                                struct error *err)
{
        if (damage->code)
                return error_set(err, ERROR_NO, "%s", damage->message);
        AUTO_TEXT struct text looked_for = {0};
        for (size_t i = 0; i < known_count && !loader; i++)
                text_add_format(&looked_for, "%s%s", i ? ", " : "", known[i].loader);
        AUTO_FREE char *shown = loader ? text_printable(loader, strlen(loader), false) : NULL;
        return error_set(err, ERROR_NO, "%s: its EFI system partition has no boot loader (looked for %s)",
                         disk_path(disk), shown ? shown : text_string(&looked_for));
}

bool rebuild_find(struct disk *disk, const char *label, const char *loader, struct rebuild_target *target,
                  struct error *err)
{
        AUTO_GPT struct gpt gpt = {0};
        AUTO_ERROR struct error damage = {0};
        *target = (struct rebuild_target){0};
        if (!gpt_read(disk, &gpt, err))
                return false;
        if (gpt.state != GPT_PRESENT)
                return error_set(err, ERROR_NO, "%s: the disk has no GPT: %s", disk_path(disk),
                                 gpt_state_text(gpt.state));
        if (!gpt.protective_mbr)
                return error_set(
                        err, ERROR_NO,
                        "%s: the disk has a GPT but no protective MBR, so the firmware sees no partition on it",
                        disk_path(disk));
        if (!gpt_find_esp(&gpt))
                return error_set(err, ERROR_NO, "%s: the disk has no EFI system partition", disk_path(disk));
        for (size_t i = 0; i < gpt.count && !target->loader; i++) {
                AUTO_ERROR struct error bad = {0};
                if (!gpt_is_esp(&gpt.partitions[i]) ||
                    look_on(disk, &gpt, &gpt.partitions[i], label, loader, target, &bad))
                        continue;
                if (bad.code != ERROR_DAMAGED)
                        return error_set(err, bad.code, "%s", bad.message);
                if (!damage.code)
                        error_set(&damage, bad.code, "%s", bad.message);
        }
        return target->loader || fail_without_loader(disk, loader, &damage, err);
}

static char *number_text(uint16_t number)
{
        return text_format("%04X", number);
}

static void remove_old(const struct bootchain *chain, const char *label, struct edits *edits)
{
        if (chain->has_next)
                edits_add(edits, EDIT_BOOT_NEXT)->entry = memory_text("none");
        for (size_t i = 0; i < chain->entry_count; i++) {
                const struct boot_entry *entry = &chain->entries[i];
                if (entry->number == REBUILD_NUMBER || (entry->label && strcmp(entry->label, label) == 0))
                        edits_add(edits, EDIT_BOOT_REMOVE)->entry = number_text(entry->number);
        }
}

bool rebuild_store(struct varstore *store, const struct rebuild_target *target, int timeout, struct error *err)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_EDITS struct edits edits = {0};
        if (!bootchain_read(store, &chain, err))
                return false;
        remove_old(&chain, target->label, &edits);
        struct edit *entry = edits_add(&edits, EDIT_BOOT_ADD);
        entry->label = memory_text(target->label);
        entry->loader = memory_text(target->loader);
        entry->partition = target->partition;
        entry->has_partition = true;
        entry->has_number = true;
        entry->number = REBUILD_NUMBER;
        if (timeout >= 0)
                edits_add(&edits, EDIT_TIMEOUT)->seconds = (uint16_t)timeout;
        return edits_apply(&edits, store, false, err);
}
