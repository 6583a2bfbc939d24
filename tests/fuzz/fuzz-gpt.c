// SPDX-License-Identifier: Apache-2.0
//
// The input is a disk. Its first byte selects whether the checksums of both headers and of the primary table are
// corrected first, so that the code behind them is reached.
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "verify/disk/gpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
        SECTOR = 512,
        CHECKSUM = 16, // offsets in a header
        TABLE_AT = 72,
        COUNT = 80,
        ENTRY_SIZE = 84,
        TABLE_CHECKSUM = 88,
        HEADER = 92,
};

static uint64_t number(const uint8_t *at, size_t size)
{
        uint64_t value = 0;
        memcpy(&value, at, size);
        return value;
}

static void put_crc(uint8_t *target, const uint8_t *from, size_t size)
{
        uint32_t crc = ~UINT32_C(0);
        for (size_t i = 0; i < size; i++) {
                crc ^= from[i];
                for (int bit = 0; bit < 8; bit++)
                        crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
        }
        crc = ~crc;
        memcpy(target, &crc, sizeof crc);
}

static void make_right(uint8_t *disk, size_t size, size_t at)
{
        if (size < at + SECTOR)
                return;
        static const uint8_t beginning[] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T', 0, 0, 1, 0, HEADER, 0, 0, 0};
        uint8_t *header = disk + at;
        uint64_t table = number(header + TABLE_AT, 8);
        uint64_t length = number(header + COUNT, 4) * number(header + ENTRY_SIZE, 4);
        memcpy(header, beginning, sizeof beginning);
        if (table < size / SECTOR && length <= size - table * SECTOR)
                put_crc(header + TABLE_CHECKSUM, disk + table * SECTOR, length);
        memset(header + CHECKSUM, 0, 4);
        put_crc(header + CHECKSUM, header, HEADER);
}

static void check(const struct gpt *gpt, uint64_t disk_size)
{
        for (size_t i = 0; i < gpt->count; i++) {
                const struct gpt_partition *partition = &gpt->partitions[i];
                uint64_t at = gpt_partition_offset_bytes(gpt, partition);
                if (at > disk_size || gpt_partition_size_bytes(gpt, partition) > disk_size - at || !partition->name)
                        abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_DISK struct disk *disk = NULL;
        AUTO_GPT struct gpt gpt = {0};
        AUTO_ERROR struct error err = {0};
        if (!size)
                return 0;
        bool right = data[0] & 1;
        AUTO_FREE uint8_t *copy = memory_copy(data + 1, size - 1);
        size--;
        if (right) {
                make_right(copy, size, SECTOR);
                make_right(copy, size, size / SECTOR ? (size / SECTOR - 1) * SECTOR : 0);
        }
        disk = disk_of_bytes("fuzz", (struct bytes){copy, size});
        if (!gpt_read(disk, &gpt, &err))
                return err.code == ERROR_DAMAGED ? 0 : (abort(), 0);
        check(&gpt, size);
        gpt_find_esp(&gpt);
        return 0;
}
