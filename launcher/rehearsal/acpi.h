// SPDX-License-Identifier: Apache-2.0
// Finding the MADT among the ACPI tables that the firmware left in memory.
// Source: ACPI 6.5, 5.2.5 "Root System Description Pointer", 5.2.8 "Extended System Description Table".
#pragma once

#include "madt.h"

// False where the machine has no ACPI, or no MADT that is sound.
bool acpi_madt(struct madt *madt);
