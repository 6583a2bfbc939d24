// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/madt.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"

#define HEADER_SIZE 44 // the common header of 36 bytes, then address and flags

#define TYPE_GICD 0x0C
#define TYPE_GICR 0x0E
#define TYPE_ITS  0x0F

#define GICD_SIZE       24
#define GICD_VERSION_AT 20

static bool checksum_holds(const uint8_t *table, size_t size)
{
        uint8_t sum = 0;
        for (size_t i = 0; i < size; i++)
                sum = (uint8_t)(sum + table[i]);
        return sum == 0;
}

static void read_structure(const uint8_t *structure, size_t size, struct madt *madt)
{
        switch (structure[0]) {
        case TYPE_GICD:
                if (size >= GICD_SIZE)
                        madt->gic_version = structure[GICD_VERSION_AT];
                break;
        case TYPE_GICR:
                madt->redistributors++;
                break;
        case TYPE_ITS:
                madt->its_count++;
                break;
        default:
                break;
        }
}

bool madt_read(const uint8_t *table, size_t size, struct madt *madt)
{
        *madt = (struct madt){0};
        if (size < HEADER_SIZE || memcmp(table, "APIC", 4))
                return false;
        size_t length = load32(table + 4);
        if (length < HEADER_SIZE || length > size || !checksum_holds(table, length))
                return false;
        for (size_t at = HEADER_SIZE; at < length;) {
                if (length - at < 2 || table[at + 1] < 2 || table[at + 1] > length - at)
                        return false;
                read_structure(table + at, table[at + 1], madt);
                at += table[at + 1];
        }
        return true;
}

bool madt_has_gic_v3(const struct madt *madt)
{
        return madt->gic_version >= 3 || madt->redistributors || madt->its_count;
}
