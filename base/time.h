// SPDX-License-Identifier: Apache-2.0
//
// Two clocks: one that never jumps, for waiting and measuring, and the calendar, for naming and dating.
#pragma once

#include <stdint.h>

// Milliseconds on a clock that only goes forward, from no particular beginning.
uint64_t time_now_ms(void);

// The same in microseconds.
uint64_t time_now_us(void);

// Now, in UTC, as ISO 8601 writes it: "2026-05-04T09:07:12Z"; freed with free().
char *time_stamp(void);

// The same without punctuation, for file names: "20260504T090712Z"; freed with free().
char *time_tag(void);
