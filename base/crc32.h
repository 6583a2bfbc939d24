// SPDX-License-Identifier: Apache-2.0
//
// The CRC-32 that UEFI uses (UEFI 2.10, 4.2 and 5.3.2): polynomial 0x04C11DB7, reflected, as in ISO 3309 and IEEE 802.3.
#pragma once

#include <stdint.h>

#include "base/bytes.h"

// The CRC of what CRC is the CRC of with BYTES behind it; 0 begins.
uint32_t crc32_more(uint32_t crc, struct bytes bytes);
