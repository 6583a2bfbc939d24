// SPDX-License-Identifier: Apache-2.0
// Finds the firmware's ACPI tables in memory.
// Source: ACPI 6.5, 5.2.5 "Root System Description Pointer", 5.2.8 "Extended System Description Table", 5.2.9 "Fixed
// ACPI Description Table".
#pragma once

#include "launcher/rehearsal/efi/madt.h"

// False if the machine has no ACPI or no valid MADT.
bool acpi_madt(struct madt *madt);

// The DSDT, *SIZE bytes from its signature. NULL if none.
const uint8_t *acpi_dsdt(size_t *size);
