// SPDX-License-Identifier: Apache-2.0
//
// What is read off the guest's screen: whether it is the one that a step waits for, a percentage, the disks of a list.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launcher/machine/pattern.h"
#include "launcher/screen/console.h"

// Whether all COUNT PATTERNS are found in TEXT; false if there are none.
bool screen_matches(struct pattern *const *patterns, size_t count, const char *text);

// The number that PATTERN's first group spells in TEXT; -1 if not found.
int screen_number(struct pattern *pattern, const char *text);

// A disk in the installer's list.
struct screen_disk {
        unsigned row;   // of the screen
        uint64_t size;  // bytes, as far as the list tells
        uint64_t grain; // bytes that the last digit shown stands for
};

// The rows of the screen that PATTERN (profile's disk_row) matches, at most LIMIT; returns how many.
unsigned screen_disks(struct console *console, struct pattern *pattern, struct screen_disk *disks, unsigned limit);

// Whether the list can mean a disk of SIZE bytes: rounded or cut at its last digit.
bool screen_disk_fits(const struct screen_disk *disk, uint64_t size);
