// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/deploy.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/disk/bank.h"
#include "launcher/rehearsal/disk/fat16.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/efi/random.h"

#define CHUNK_SIZE    (256 * 1024) // bytes per write
#define WIPED_BLOCKS  2048         // at each end of the disk, and at the start of OSDATA
#define DESCRIPTION   "VMware ESXi"
#define LOADER        "\\EFI\\VMware\\safeboot64.efi"
#define BOOT_CFG_SIZE 2048
#define NUMBER_VMFS   8 // the datastore's partition, as ESXi numbers it

static bool fail(struct deployment *deployment, const char *what, uint64_t lba)
{
        deployment->failed = what;
        deployment->failed_lba = lba;
        return false;
}

bool deploy_can_upgrade(const struct disk *target, const struct contents *contents)
{
        struct gpt_partition planned[LAYOUT_COUNT];
        if (!contents->has_esxi || !layout_plan(target->blocks, 0, planned))
                return false;
        for (size_t i = 0; i < LAYOUT_COUNT; i++) {
                const struct gpt_partition *there = contents_partition(contents, planned[i].number);
                if (!there || there->first != planned[i].first || !guid_equal(&there->type, &planned[i].type))
                        return false;
        }
        return true;
}

bool deploy_can_keep_vmfs(const struct disk *target, const struct contents *contents)
{
        struct gpt_partition planned[LAYOUT_COUNT];
        const struct gpt_partition *vmfs = contents_vmfs(contents);
        return vmfs && vmfs->first && layout_plan(target->blocks, vmfs->first, planned);
}

// The partitions of the system on the disk, as they are.
static void adopt(struct deployment *deployment, const struct contents *contents)
{
        char bank[GUID_TEXT_SIZE];
        guid_format(bank, &contents->bank);
        text_format(deployment->origin, sizeof deployment->origin, "upgrade of %s", bank);
        deployment->disk = contents->disk;
        for (size_t i = 0; i < LAYOUT_COUNT; i++) {
                const struct gpt_partition *there = contents_partition(contents, deployment->partitions[i].number);
                deployment->partitions[i].unique = there->unique;
                deployment->partitions[i].last = there->last;
        }
}

static void keep_vmfs(struct deployment *deployment, const struct gpt_partition *vmfs)
{
        struct gpt_partition *kept = &deployment->partitions[deployment->count++];
        *kept = *vmfs;
        for (size_t i = 0; i < LAYOUT_COUNT; i++)
                if (kept->number == deployment->partitions[i].number)
                        kept->number = NUMBER_VMFS;
        text_format(deployment->origin, sizeof deployment->origin, "new, beside the datastore");
}

bool deploy_plan(struct deployment *deployment, const struct disk *target, const struct contents *contents,
                 enum deploy_way way, const struct payload *payload)
{
        const struct gpt_partition *vmfs = way == DEPLOY_KEEP_VMFS ? contents_vmfs(contents) : NULL;
        *deployment = (struct deployment){.target = target,
                                          .payload = payload,
                                          .way = way,
                                          .disk = random_guid(),
                                          .count = LAYOUT_COUNT,
                                          .origin = "new"};
        if (target->block_size != GPT_BLOCK_SIZE ||
            !layout_plan(target->blocks, vmfs ? vmfs->first : 0, deployment->partitions))
                return false;
        for (size_t i = 0; i < LAYOUT_COUNT; i++)
                deployment->partitions[i].unique = random_guid();
        if (way == DEPLOY_UPGRADE)
                adopt(deployment, contents);
        if (vmfs)
                keep_vmfs(deployment, vmfs);
        return true;
}

struct load_option deploy_load_option(const struct deployment *deployment)
{
        const struct gpt_partition *esp = &deployment->partitions[LAYOUT_ESP];
        return (struct load_option){
                .description = DESCRIPTION,
                .partition = esp->number,
                .first = esp->first,
                .blocks = esp->last - esp->first + 1,
                .unique = esp->unique,
                .loader = LOADER,
        };
}

static bool write_blocks(struct deployment *deployment, uint64_t lba, const uint8_t *bytes, size_t size)
{
        while (size) {
                size_t now = size < CHUNK_SIZE ? size : CHUNK_SIZE;
                if (!disk_write(deployment->target, lba, bytes, now))
                        return fail(deployment, "write error", lba);
                bytes += now;
                size -= now;
                lba += now / GPT_BLOCK_SIZE;
        }
        return true;
}

static bool wipe_blocks(struct deployment *deployment, uint64_t lba)
{
        size_t size = WIPED_BLOCKS * GPT_BLOCK_SIZE;
        uint8_t *zeros = firmware_allocate(size);
        bool ok = zeros ? write_blocks(deployment, lba, zeros, size) : fail(deployment, "out of memory", lba);
        firmware_release(zeros, size);
        return ok;
}

static bool wipe(struct deployment *deployment)
{
        return wipe_blocks(deployment, 0) && wipe_blocks(deployment, deployment->target->blocks - WIPED_BLOCKS);
}

static bool write_partition_table(struct deployment *deployment)
{
        size_t start_size = GPT_START_BLOCKS * GPT_BLOCK_SIZE;
        size_t end_size = GPT_END_BLOCKS * GPT_BLOCK_SIZE;
        uint8_t *start = firmware_allocate(start_size);
        uint8_t *end = firmware_allocate(end_size);
        struct gpt gpt = {.disk_blocks = deployment->target->blocks,
                          .disk = deployment->disk,
                          .partitions = deployment->partitions,
                          .count = deployment->count};
        bool ok = start && end && gpt_build(&gpt, start, end);
        if (!ok)
                fail(deployment, "the partition table does not fit", 0);
        ok = ok && write_blocks(deployment, 0, start, start_size) &&
             write_blocks(deployment, gpt.disk_blocks - GPT_END_BLOCKS, end, end_size);
        firmware_release(start, start_size);
        firmware_release(end, end_size);
        return ok;
}

struct file {
        const char *path;
        struct span contents;
};

static bool fill_volume(struct fat16 *fat, void *image, size_t image_size, const struct gpt_partition *partition,
                        const uint8_t *marker, const struct file *files, size_t count)
{
        struct efi_time now = {0};
        RS->get_time(&now, NULL);
        struct fat16_parameters parameters = {
                .sectors = (uint32_t)(partition->last - partition->first + 1),
                .hidden_sectors = (uint32_t)partition->first,
                .serial = partition->unique.a,
                .date = fat16_date(now.year, now.month, now.day),
                .time = fat16_time(now.hour, now.minute, now.second),
                .label = partition->name,
                .marker = marker,
        };
        if (!fat16_format(fat, image, image_size, &parameters))
                return false;
        for (size_t i = 0; i < count; i++)
                if (!fat16_add(fat, files[i].path, files[i].contents.at, files[i].contents.size))
                        return false;
        return true;
}

// Makes a FAT16 with FILES on a partition, and MARKER (or NULL) in its second sector.
static bool write_volume(struct deployment *deployment, enum layout_partition which, const uint8_t *marker,
                         const struct file *files, size_t count)
{
        const struct gpt_partition *partition = &deployment->partitions[which];
        size_t content = 0;
        for (size_t i = 0; i < count; i++)
                content += files[i].contents.size;
        // A path may need two folders.
        size_t size = fat16_image_size((uint32_t)(partition->last - partition->first + 1), content, 3 * count);
        uint8_t *image = firmware_allocate(size);
        struct fat16 fat;
        bool ok = image && fill_volume(&fat, image, size, partition, marker, files, count);
        ok = ok ? write_blocks(deployment, partition->first, image, fat16_used(&fat))
                : fail(deployment, "cannot make a file system", partition->first);
        firmware_release(image, size);
        return ok;
}

static bool write_esp(struct deployment *deployment)
{
        const struct payload *payload = deployment->payload;
        const struct file files[] = {
                {"EFI/VMware/safeboot64.efi", payload->loader},
                {"EFI/VMware/mboot64.efi", payload->loader},
                {"EFI/BOOT/BOOTAA64.EFI", payload->loader},
                {"EFI/VMware/REHEARSE.CFG", payload->options},
                {"EFI/VMware/ORIGIN.TXT", {.at = deployment->origin, .size = text_length(deployment->origin)}},
        };
        return write_volume(deployment, LAYOUT_ESP, NULL, files, sizeof files / sizeof *files);
}

// A boot bank with a new UUID. BOOTSTATE 0 is the bank that boots, 3 an empty one.
static bool write_boot_bank(struct deployment *deployment, enum layout_partition which, unsigned bootstate,
                            unsigned updated)
{
        char text[BOOT_CFG_SIZE];
        struct span kernelopt = keyvalue_find(deployment->payload->boot_cfg, "kernelopt");
        size_t size = text_format(text, sizeof text,
                                  "bootstate=%u\ntitle=Loading the rehearsal guest (not VMware ESXi)\ntimeout=5\n"
                                  "prefix=\nkernel=b.b00\nkernelopt=%.*s\nmodules=\nbuild=8.0.3-0.0.rehearsal\n"
                                  "updated=%u\n",
                                  bootstate, (int)kernelopt.size, kernelopt.at, updated);
        const struct file file = {"BOOT.CFG", {.at = text, .size = size}};
        uint8_t marker[BANK_MARKER_SIZE];
        struct guid uuid = random_guid();
        bank_mark(marker, &uuid);
        return write_volume(deployment, which, marker, &file, 1);
}

// An upgrade leaves the old system's bank alone.
static bool write_boot_banks(struct deployment *deployment)
{
        if (deployment->way == DEPLOY_UPGRADE)
                return write_boot_bank(deployment, LAYOUT_BOOTBANK2, 0, 2);
        return write_boot_bank(deployment, LAYOUT_BOOTBANK1, 0, 1) &&
               write_boot_bank(deployment, LAYOUT_BOOTBANK2, 3, 0);
}

static bool write_osdata(struct deployment *deployment)
{
        return wipe_blocks(deployment, deployment->partitions[LAYOUT_OSDATA].first);
}

static bool flush(struct deployment *deployment)
{
        return disk_flush(deployment->target) || fail(deployment, "cannot flush the disk", 0);
}

const struct deploy_stage deploy_stages[DEPLOY_STAGES] = {
        {"Clearing the disk", 10, wipe, false},
        {"Writing the partition table", 20, write_partition_table, false},
        {"Writing the EFI system partition", 50, write_esp, true},
        {"Writing the boot banks", 75, write_boot_banks, true},
        {"Preparing OSData", 85, write_osdata, false},
        {"Flushing the disk", 95, flush, true},
};
