// SPDX-License-Identifier: Apache-2.0
//
// Two clocks: one that never jumps, for waiting and measuring, and the calendar, for naming and dating.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Milliseconds on a clock that only goes forward, from an arbitrary start.
uint64_t time_now_ms(void);

// The same in microseconds.
uint64_t time_now_us(void);

// Now, in UTC, as ISO 8601 writes it: "2026-05-04T09:07:12Z"; freed with free().
char *time_stamp(void);

// The seconds since 1970 of such a STAMP. False if it is not one.
bool time_parse_stamp(const char *stamp, uint64_t *seconds);

void time_sleep_ms(unsigned milliseconds);

// The same without punctuation, for file names: "20260504T090712Z"; freed with free().
char *time_tag(void);
