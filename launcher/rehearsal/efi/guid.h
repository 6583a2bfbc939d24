// SPDX-License-Identifier: Apache-2.0
// GUIDs as UEFI stores them: the first three fields little-endian, the last eight bytes in order.
// Source: UEFI 2.10, appendix A "GUID and Time Formats".
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guid {
        uint32_t a;
        uint16_t b, c;
        uint8_t d[8];
};

#define GUID_SIZE 16
_Static_assert(sizeof(struct guid) == GUID_SIZE, "a GUID has 16 bytes");

// C12A7328-F81F-11D2-BA4B-00A0C93EC93B and its NUL.
#define GUID_TEXT_SIZE 37

bool guid_equal(const struct guid *a, const struct guid *b);

// Stores GUID as the 16 bytes it has on a disk.
void guid_store(uint8_t *at, const struct guid *guid);

// The GUID in 16 bytes of a disk.
struct guid guid_load(const uint8_t *at);

// A version 4 GUID from 16 random bytes (RFC 4122, 4.4).
struct guid guid_from_random(const uint8_t random[GUID_SIZE]);

// Writes GUID in capitals, as the firmware prints it.
void guid_format(char out[GUID_TEXT_SIZE], const struct guid *guid);
