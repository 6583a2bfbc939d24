// SPDX-License-Identifier: Apache-2.0
// The interrupt controller in ACPI's MADT. ESXi 8 brings down a machine with a GICv3 on reboot, so the guest must know
// which one it has. Pure: every length in the table is checked against the table's end.
// Source: ACPI 6.5, 5.2.12 "Multiple APIC Description Table", tables 5.45 (GICD), 5.47 (GICR) and 5.48 (ITS).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct madt {
        unsigned gic_version;               // of the distributor; 0 if none or it does not say
        unsigned redistributors, its_count; // structures that only a GICv3 or later has
};

// False if TABLE, SIZE bytes from its signature, is not a valid MADT.
bool madt_read(const uint8_t *table, size_t size, struct madt *madt);

// Is it a GICv3 or later?
bool madt_has_gic_v3(const struct madt *madt);
