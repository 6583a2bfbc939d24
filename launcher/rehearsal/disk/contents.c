// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/disk/contents.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/disk/layout.h"

#define MBR_RECORDS       446
#define MBR_RECORD_SIZE   16
#define MBR_RECORD_COUNT  4
#define MBR_TYPE_GPT      0xEE
#define MBR_TYPE_VMFS     0xFB
#define MBR_SIGNATURE     510
#define ENTRY_COUNT_AT    80 // in a GPT's header
#define DISK_GUID_AT      56
#define NUMBER_FIRST_BANK 5
#define NUMBER_LAST_BANK  6

static const struct guid type_vmfs = {0xAA31E02A, 0x400F, 0x11DB, {0x95, 0x90, 0x00, 0x0C, 0x29, 0x11, 0xD1, 0xB8}};
static const struct guid type_vsan = {0x381CFCCC, 0x7288, 0x11E0, {0x92, 0xEE, 0x00, 0x0C, 0x29, 0x11, 0xD0, 0xB2}};

static void read_entry(struct contents *contents, unsigned number, const uint8_t *entry)
{
        const struct gpt_partition partition = {
                .number = number,
                .type = guid_load(entry),
                .unique = guid_load(entry + 16),
                .first = load64(entry + 32),
                .last = load64(entry + 40),
                .name = "",
        };
        static const struct guid unused = {0};
        if (guid_equal(&partition.type, &unused))
                return;
        contents->is_occupied = true;
        contents->has_vmfs |= guid_equal(&partition.type, &type_vmfs);
        contents->has_vsan |= guid_equal(&partition.type, &type_vsan);
        if (contents->count < CONTENTS_MAX)
                contents->partitions[contents->count++] = partition;
}

static void read_gpt(struct contents *contents, const uint8_t *start)
{
        const uint8_t *header = start + GPT_BLOCK_SIZE;
        uint32_t count = load32(header + ENTRY_COUNT_AT);
        contents->disk = guid_load(header + DISK_GUID_AT);
        for (unsigned i = 0; i < count && i < GPT_ENTRY_COUNT; i++)
                read_entry(contents, i + 1, start + 2 * GPT_BLOCK_SIZE + i * GPT_ENTRY_SIZE);
}

static void read_mbr(struct contents *contents, const uint8_t *block)
{
        for (size_t i = 0; i < MBR_RECORD_COUNT; i++) {
                uint8_t type = block[MBR_RECORDS + i * MBR_RECORD_SIZE + 4];
                contents->is_occupied |= type && type != MBR_TYPE_GPT;
                contents->has_vmfs |= type == MBR_TYPE_VMFS;
        }
}

void contents_read(struct contents *contents, const uint8_t start[GPT_START_BLOCKS * GPT_BLOCK_SIZE])
{
        *contents = (struct contents){0};
        if (load16(start + MBR_SIGNATURE) != 0xAA55)
                return;
        if (memcmp(start + GPT_BLOCK_SIZE, "EFI PART", 8) == 0)
                read_gpt(contents, start);
        else
                read_mbr(contents, start);
}

const struct gpt_partition *contents_partition(const struct contents *contents, unsigned number)
{
        for (size_t i = 0; i < contents->count; i++)
                if (contents->partitions[i].number == number)
                        return &contents->partitions[i];
        return NULL;
}

const struct gpt_partition *contents_vmfs(const struct contents *contents)
{
        for (size_t i = 0; i < contents->count; i++)
                if (guid_equal(&contents->partitions[i].type, &type_vmfs))
                        return &contents->partitions[i];
        return NULL;
}

bool contents_may_be_bank(const struct gpt_partition *partition)
{
        return partition->number >= NUMBER_FIRST_BANK && partition->number <= NUMBER_LAST_BANK &&
               guid_equal(&partition->type, &layout_bank_type);
}
