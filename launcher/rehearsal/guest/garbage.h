// SPDX-License-Identifier: Apache-2.0
// Console output of a broken program: every byte value, invalid UTF-8, control sequences that are cut off, too long or
// unterminated, C1 controls, noise. The same bytes each time. Pure.
#pragma once

#include <stddef.h>

#define GARBAGE_PIECE_MAX 256

// Writes piece NUMBER (from 0; the pieces repeat) to OUT and returns its size, at least 1.
size_t garbage_piece(unsigned number, char out[GARBAGE_PIECE_MAX]);

// To print after the last piece: ends any open sequence and resets the terminal (ECMA-48, 8.3.6 CAN, 8.3.143 ST,
// 8.3.105 RIS).
extern const char garbage_end[];
