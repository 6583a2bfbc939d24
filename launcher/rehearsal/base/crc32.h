// SPDX-License-Identifier: Apache-2.0
// The CRC-32 of ISO 3309 (polynomial 0x04C11DB7, reflected), the checksum of GPT headers.
// Source: UEFI 2.10, 5.3.2 "GPT Header"; EFI_BOOT_SERVICES.CalculateCrc32() is the same function.
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t crc32(const void *bytes, size_t size);
