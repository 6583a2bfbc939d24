// SPDX-License-Identifier: Apache-2.0
//
// Choosing a disk in the installer's list.
//
// The list is what the profile's disk_row matches; the selected row is drawn on another background. Where text follows
// right below many rows the list may be longer than the screen: then it is walked from end to end first, and its ends are
// where the selection does not move any more.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/drive/typing.h"
#include "launcher/machine/pattern.h"

// Which disk is meant: by name where there is one, else by position, else by size.
struct drive_disk {
        uint64_t size;     // bytes
        const char *name;  // pattern that is found in its row; NULL for none
        unsigned position; // in the list, from 1; 0 for none
};

// Whether TARGET can be looked for: it says anything, and its name is a pattern. ERROR_USAGE if not.
bool disk_list_check(const struct drive_disk *target, struct error *err);

// Selects TARGET in the list on the screen. PAYLOAD_SIZE (bytes; 0 if it is not known) is that of the installer's own
// medium, which is never chosen. ERROR_NO if there is no such disk, or more than one, or it may be the payload: ERR
// tells what is in the list. Otherwise fails as typing_key does.
bool disk_list_choose(struct typing *typing, struct pattern *row, const struct drive_disk *target,
                      uint64_t payload_size, struct error *err);
