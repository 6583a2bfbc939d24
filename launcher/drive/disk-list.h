// SPDX-License-Identifier: Apache-2.0
//
// Chooses a disk in the installer's list: the rows that the profile's disk_row matches, of which the selected one has
// another background. Unless the screen shows the end of the list, there may be more disks than it shows: the list is
// then walked from end to end first. An end is where the selection no longer moves.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/drive/typing.h"
#include "launcher/machine/pattern.h"

// Which disk to choose: by name if given, else by position, else by size.
struct drive_disk {
        uint64_t size;     // bytes
        const char *name;  // pattern for its row; NULL if not given
        unsigned position; // in the list, from 1; 0 if not given
};

// Whether TARGET has a name that is a valid pattern, a position or a size. ERROR_USAGE if not.
bool disk_list_check(const struct drive_disk *target, struct error *err);

// Selects TARGET in the list on the screen, whose disks ROW matches. END matches the rows below the last disk of a list
// that is shown whole; NULL if the profile does not know how that looks. PAYLOAD_SIZE (bytes; 0 if unknown) is the size of the installer's own
// medium, which is never chosen. ERROR_NO, with the list, if no disk or several match, or if it may be the payload.
// Otherwise fails as typing_key does.
bool disk_list_choose(struct typing *typing, struct pattern *row, struct pattern *end, const struct drive_disk *target,
                      uint64_t payload_size, struct error *err);
