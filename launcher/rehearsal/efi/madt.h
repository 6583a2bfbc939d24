// SPDX-License-Identifier: Apache-2.0
// The interrupt controller in ACPI's MADT: ESXi 8 panics at its reboot with a GICv3, and so does the guest. Every
// length is checked against the table's end. Pure.
// Source: ACPI 6.5, 5.2.12 "Multiple APIC Description Table", tables 5.45 (GICD), 5.47 (GICR) and 5.48 (ITS).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct madt {
        unsigned gic_version;               // of the distributor; 0 if not found or not given
        unsigned redistributors, its_count; // which only a GICv3 or later has
};

// False if TABLE, SIZE bytes from its signature, is not a valid MADT.
bool madt_read(const uint8_t *table, size_t size, struct madt *madt);

// Whether it is a GICv3 or later.
bool madt_has_gic_v3(const struct madt *madt);
