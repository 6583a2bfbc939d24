// SPDX-License-Identifier: Apache-2.0
//
// Reads the guest's screen: whether a step's patterns match, a percentage, the disks in a list.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launcher/machine/pattern.h"
#include "launcher/screen/console.h"

// Whether all COUNT PATTERNS are found in TEXT; false if there are none.
bool screen_matches(struct pattern *const *patterns, size_t count, const char *text);

// The number in PATTERN's first group in TEXT; -1 if not found.
int screen_number(struct pattern *pattern, const char *text);

// A row of the screen, a character for each column. A character that is not ASCII is part of a frame: '|'.
void screen_cells(struct console *console, unsigned row, char cells[CONSOLE_COLUMNS + 1]);

// A disk in the installer's list.
struct screen_disk {
        unsigned row;   // of the screen
        uint64_t size;  // bytes, as precise as the list shows it
        uint64_t grain; // the value of the last digit shown, in bytes
};

// Finds the rows of the screen that PATTERN (the profile's disk_row) matches, at most LIMIT; returns how many.
unsigned screen_disks(struct console *console, struct pattern *pattern, struct screen_disk *disks, unsigned limit);

// Whether a disk of SIZE bytes would be listed like this, rounded or truncated at the last digit.
bool screen_disk_fits(const struct screen_disk *disk, uint64_t size);
