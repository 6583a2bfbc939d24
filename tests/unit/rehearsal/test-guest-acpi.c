// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rehearsal/guest.h"

#include "launcher/rehearsal/efi/aml.h"
#include "launcher/rehearsal/efi/madt.h"

// The generic event device in QEMU 7.2's DSDT for its virt machine (hw/acpi/generic_event_device.c), behind a header.
static const char dsdt[] = "DSDT\x6B\x00\x00\x00\x02\x00"
                           "BOCHS BXPC    \x01\x00\x00\x00"
                           "BXPC\x01\x00\x00\x00"
                           // Device (\_SB.GED), _HID "ACPI0013", _UID "GED"
                           "\x5B\x82\x4A\x06\\._SB_GED_"
                           "\x08_HID\x0D"
                           "ACPI0013\x00"
                           "\x08_UID\x0DGED\x00"
                           // OperationRegion (EREG, SystemMemory, 0x09080000, 0x04)
                           "\x5B\x80"
                           "EREG\x00\x0C\x00\x00\x08\x09\x0A\x04"
                           // Field (EREG, DWordAcc, NoLock, WriteAsZeros) { ESEL, 32 }
                           "\x5B\x81\x0B"
                           "EREG\x43"
                           "ESEL\x20";

#define DSDT_SIZE (sizeof dsdt - 1)
#define REGION    (DSDT_SIZE - 13 - 14)

static bool find(const void *bytes, size_t size, uint64_t *address)
{
        uint8_t *copy = exact_copy(bytes, size);
        bool found = aml_event_selector(copy, size, address);
        free(copy);
        return found;
}

TEST(the_selector_of_qemu_is_found)
{
        uint64_t address;
        assert_true(find(dsdt, DSDT_SIZE, &address));
        assert_int_equal(address, 0x09080000);
}

TEST(a_cut_table_has_no_selector)
{
        uint64_t address;
        for (size_t size = 0; size < DSDT_SIZE; size++)
                assert_int_equal(find(dsdt, size, &address), size >= REGION + 12);
}

TEST(constants_of_every_size_are_read)
{
        static const struct {
                uint8_t bytes[9];
                size_t size;
                uint64_t address; // 0: refused
        } constants[] = {
                {{0x0A, 0x40}, 2, 0x40},
                {{0x0B, 0x00, 0x90}, 3, 0x9000},
                {{0x0C, 0x00, 0x00, 0x08, 0x09}, 5, 0x09080000},
                {{0x0E, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00}, 9, UINT64_C(0x4000000000)},
                {{0x0C, 0x00, 0x00, 0x00, 0x00}, 5, 0}, // nowhere
                {{0x0C, 0x02, 0x00, 0x08, 0x09}, 5, 0}, // not aligned for a register
                {{0x01}, 1, 0},                         // OneOp
                {{0x70, 0x00, 0x00, 0x08, 0x09}, 5, 0}, // not a constant
                {{0x0C, 0x00, 0x00, 0x08}, 4, 0},       // the table ends in it
        };
        for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
                uint8_t table[REGION + 7 + 9];
                memcpy(table, dsdt, REGION + 7);
                memcpy(table + REGION + 7, constants[i].bytes, constants[i].size);
                uint64_t address = 0;
                assert_int_equal(find(table, REGION + 7 + constants[i].size, &address), constants[i].address != 0);
                if (constants[i].address)
                        assert_int_equal(address, constants[i].address);
        }
}

TEST(other_tables_have_no_selector)
{
        uint8_t table[DSDT_SIZE];
        uint64_t address;
        memcpy(table, dsdt, DSDT_SIZE);
        table[0] = 'S';
        assert_false(find(table, sizeof table, &address));
        for (size_t i = 0; i < 7; i++) {
                memcpy(table, dsdt, DSDT_SIZE);
                table[REGION + i] ^= 0x20;
                assert_false(find(table, sizeof table, &address));
        }
}

// A MADT of a header and STRUCTURES, with the checksum that it needs.
static size_t make_madt(uint8_t *table, const uint8_t *structures, size_t size)
{
        memset(table, 0, 44);
        memcpy(table, (const char[]){'A', 'P', 'I', 'C'}, 4);
        table[4] = (uint8_t)(44 + size);
        memcpy(table + 44, structures, size);
        uint8_t sum = 0;
        for (size_t i = 0; i < 44 + size; i++)
                sum = (uint8_t)(sum + table[i]);
        table[9] = (uint8_t)-sum;
        return 44 + size;
}

TEST(a_madt_names_the_interrupt_controller)
{
        uint8_t table[128];
        struct madt madt;
        uint8_t distributor[24] = {0x0C, 24, [20] = 2};
        size_t size = make_madt(table, distributor, sizeof distributor);
        assert_true(madt_read(table, size, &madt));
        assert_false(madt_has_gic_v3(&madt));
        distributor[20] = 3;
        make_madt(table, distributor, sizeof distributor);
        assert_true(madt_read(table, size, &madt));
        assert_true(madt_has_gic_v3(&madt));

        for (size_t cut = 0; cut < size; cut++) {
                uint8_t *copy = exact_copy(table, cut);
                assert_false(madt_read(copy, cut, &madt));
                free(copy);
        }
        for (size_t bit = 0; bit < size * 8; bit++) {
                table[bit / 8] ^= (uint8_t)(1 << bit % 8);
                assert_false(madt_read(table, size, &madt));
                table[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

TEST(structures_without_a_length_end_the_reading)
{
        uint8_t table[64];
        struct madt madt;
        static const uint8_t wrong[][4] = {{0x0C, 0, 0, 0}, {0x0C, 1, 0, 0}, {0x0C, 5, 0, 0}, {0x0C, 3, 0, 0}};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
                assert_false(madt_read(table, make_madt(table, wrong[i], 4), &madt));
}
