// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/acpi.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/efi/firmware.h"

#define TABLE_HEADER_SIZE 36
#define TABLE_SIZE_MAX    (1 << 20) // a larger table is damaged

#define RSDP_XSDT_AT     24
#define RSDP_SIZE        36
#define RSDP_REVISION_AT 15

#define FADT_DSDT_AT   40
#define FADT_X_DSDT_AT 140

static const uint8_t *table_at(uint64_t address, const char *signature, size_t *size)
{
        const uint8_t *table = (const uint8_t *)(uintptr_t)address;
        if (!table || memcmp(table, signature, 4))
                return NULL;
        *size = load32(table + 4);
        return *size < TABLE_HEADER_SIZE || *size > TABLE_SIZE_MAX ? NULL : table;
}

static const uint8_t *find_xsdt(size_t *size)
{
        static const struct guid acpi_20 = EFI_ACPI_20_TABLE_GUID;
        const uint8_t *rsdp = firmware_configuration(&acpi_20);
        if (!rsdp || memcmp(rsdp, "RSD PTR ", 8) || rsdp[RSDP_REVISION_AT] < 2 || load32(rsdp + 20) < RSDP_SIZE)
                return NULL;
        return table_at(load64(rsdp + RSDP_XSDT_AT), "XSDT", size);
}

// The first table in the XSDT with that signature.
static const uint8_t *find_table(const char *signature, size_t *size)
{
        size_t xsdt_size;
        const uint8_t *xsdt = find_xsdt(&xsdt_size);
        if (!xsdt)
                return NULL;
        for (size_t at = TABLE_HEADER_SIZE; xsdt_size - at >= 8; at += 8) {
                const uint8_t *table = table_at(load64(xsdt + at), signature, size);
                if (table)
                        return table;
        }
        return NULL;
}

bool acpi_madt(struct madt *madt)
{
        *madt = (struct madt){0};
        size_t size;
        const uint8_t *table = find_table("APIC", &size);
        return table && madt_read(table, size, madt);
}

// X_DSDT takes precedence if it exists and is not 0.
const uint8_t *acpi_dsdt(size_t *size)
{
        size_t fadt_size;
        const uint8_t *fadt = find_table("FACP", &fadt_size);
        if (!fadt || fadt_size < FADT_DSDT_AT + 4)
                return NULL;
        uint64_t address = fadt_size >= FADT_X_DSDT_AT + 8 ? load64(fadt + FADT_X_DSDT_AT) : 0;
        return table_at(address ? address : load32(fadt + FADT_DSDT_AT), "DSDT", size);
}
