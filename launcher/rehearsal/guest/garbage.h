// SPDX-License-Identifier: Apache-2.0
// What a console shows where a program went wrong: every byte value, broken UTF-8, control sequences that are cut, too
// long or without an end, C1 controls, noise. The same bytes each time. Pure.
#pragma once

#include <stddef.h>

#define GARBAGE_PIECE_MAX 256

// Writes piece NUMBER (from 0) to OUT and returns its size, at least 1. After some numbers the pieces begin again.
size_t garbage_piece(unsigned number, char out[GARBAGE_PIECE_MAX]);

// Ends whatever sequence is open and resets the terminal (ECMA-48, 8.3.6 CAN, 8.3.143 ST, 8.3.105 RIS): print it after
// the last piece.
extern const char garbage_end[];
