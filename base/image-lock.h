// SPDX-License-Identifier: Apache-2.0
//
// Whether QEMU is using an image. QEMU locks single bytes of it (OFD locks): byte 101 while it has it open for writing,
// byte 201 if it allows no other writer. Two QEMUs share a pflash image without a warning, so a program that starts
// QEMU must check itself. Source: QEMU block/file-posix.c.
#pragma once

#include <stdbool.h>

// Whether a running QEMU has the image open for writing. Always false on systems and file systems without such locks.
bool image_is_written(int fd);

// The same for the image at PATH; false if it cannot be opened.
bool image_is_written_at(const char *path);

// Until FD is closed, a QEMU that needs exclusive write access cannot open the image.
void image_bear_no_writer(int fd);
