// SPDX-License-Identifier: Apache-2.0
//
// EFI_LOAD_OPTION: the content of a Boot#### (Driver####, SysPrep####) variable.
//
//         u32 attributes | u16 size of the path list | description, UTF-16 with its NUL | path list | optional data
//
// The path list is one or more whole device paths; the first is started. The optional data is passed to the started
// program. Source: UEFI 2.10, 3.1.3.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
        LOAD_OPTION_ACTIVE = 0x00000001,          // the boot manager tries it automatically
        LOAD_OPTION_FORCE_RECONNECT = 0x00000002, // drivers are reconnected after it was loaded
        LOAD_OPTION_HIDDEN = 0x00000008,          // not in the menu
        LOAD_OPTION_CATEGORY = 0x00001F00,
        LOAD_OPTION_CATEGORY_APP = 0x00000100, // started only if the user chooses it
};

struct loadopt {
        uint32_t attributes;
        char *description;          // UTF-8, owned
        struct bytes path;          // the path list, a view
        struct bytes optional_data; // a view
};

void loadopt_free(struct loadopt *option);
#define AUTO_LOADOPT __attribute__((cleanup(loadopt_free)))

// Reads DATA, which must outlive OPTION. Fails if a part is cut off, the description does not end, or the first device
// path is not well-formed; OPTION then still has what could be read, and must be freed.
bool loadopt_read(struct bytes data, struct loadopt *option, struct error *err);

// Adds OPTION in its stored form to BUFFER. Fails, with nothing added, if the description is not valid UTF-8 or the
// path list is longer than 65535 bytes.
bool loadopt_build(const struct loadopt *option, struct buffer *buffer, struct error *err);
