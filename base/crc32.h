// SPDX-License-Identifier: Apache-2.0
//
// The CRC-32 that UEFI uses (UEFI 2.10, 4.2 and 5.3.2): polynomial 0x04C11DB7, reflected, as in ISO 3309 and IEEE 802.3.
#pragma once

#include <stdint.h>

#include "base/bytes.h"

// Continues CRC, the CRC of the bytes so far, with BYTES; start from 0.
uint32_t crc32_more(uint32_t crc, struct bytes bytes);
