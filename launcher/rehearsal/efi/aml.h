// SPDX-License-Identifier: Apache-2.0
// Finds the event selector of QEMU's generic event device in a DSDT, by the bytes of its declaration. Pure.
// Source: ACPI 6.5, 20.2.5.2 "Named Objects Encoding" (DefOpRegion), 20.2.3 "Data Objects Encoding"; QEMU,
// hw/acpi/generic_event_device.c, which declares OperationRegion (EREG, SystemMemory, ADDRESS, 4).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Finds the address of the region EREG in TABLE, SIZE bytes from its signature. False if not found, or if it is not a
// constant that is suitable for a 32-bit register.
bool aml_event_selector(const uint8_t *table, size_t size, uint64_t *address);
