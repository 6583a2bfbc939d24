// SPDX-License-Identifier: Apache-2.0
//
// What QEMU does with an image at this moment. It says so by OFD locks on single bytes of it: byte 101 is locked by who
// writes, byte 201 by who bears no writer beside him. Source: QEMU block/file-posix.c. Two QEMUs share a pflash image
// without a word, so that whoever starts one has to look himself.
#pragma once

#include <stdbool.h>

// Whether a running QEMU has the image open for writing. Systems and file systems without such locks have none that says so.
bool image_is_written(int fd);

// The same for the image at PATH; false where it cannot be opened.
bool image_is_written_at(const char *path);

// From now on, until FD is closed, no QEMU opens it for writing that bears nobody beside it.
void image_bear_no_writer(int fd);
