// SPDX-License-Identifier: Apache-2.0
//
// Patterns on the guest's screen.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "launcher/console.h"

// Whether PATTERN (checked when the profile was read) is found in TEXT. `^` and `$` match at every line.
bool screen_matches(const char *pattern, const char *text);

// The number that PATTERN's first group spells in TEXT; -1 where there is none.
int screen_number(const char *pattern, const char *text);

// A disk in the installer's list.
struct screen_disk {
        unsigned row;
        uint64_t size;  // bytes, as far as the list tells
        uint64_t grain; // bytes that the last digit shown stands for
};

// The rows of the screen that PATTERN (profile's disk_row) matches, at most LIMIT; returns how many.
unsigned screen_disks(struct console *console, const char *pattern, struct screen_disk *disks, unsigned limit);

// Whether the list can mean a disk of SIZE bytes: rounded or cut at its last digit.
bool screen_disk_fits(const struct screen_disk *disk, uint64_t size);
