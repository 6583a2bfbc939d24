// SPDX-License-Identifier: Apache-2.0
//
// A PE/COFF program, as UEFI firmware starts it: its processor, and whether it is complete.
// Source: Microsoft PE Format, "COFF File Header" and "Section Table"; UEFI 2.10, 2.1.1.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
        PE_MACHINE_AARCH64 = 0xAA64,
};

struct pe {
        uint16_t machine;
};

// Reads IMAGE, the whole file. Fails with ERROR_DAMAGED if it is not a PE program or its sections are truncated.
bool pe_read(struct bytes image, struct pe *pe, struct error *err);

// "aarch64", "x86-64", ...; "unknown" for a machine that UEFI does not name.
const char *pe_machine_name(uint16_t machine);
