// SPDX-License-Identifier: Apache-2.0
//
// EFI_LOAD_OPTION: the content of a Boot#### (Driver####, SysPrep####) variable.
//
//         u32 attributes | u16 size of the path list | description, UTF-16 with its NUL | path list | optional data
//
// The path list is one or more whole device paths; the first is what is started. The optional data goes to the program
// that is started. Source: UEFI 2.10, 3.1.3.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
        LOAD_OPTION_ACTIVE = 0x00000001,          // the boot manager tries it by itself
        LOAD_OPTION_FORCE_RECONNECT = 0x00000002, // drivers are reconnected after it was loaded
        LOAD_OPTION_HIDDEN = 0x00000008,          // not in the menu
        LOAD_OPTION_CATEGORY = 0x00001F00,
        LOAD_OPTION_CATEGORY_APP = 0x00000100, // started only when it is chosen
};

struct loadopt {
        uint32_t attributes;
        char *description;          // UTF-8, owned
        struct bytes path;          // the path list, a view
        struct bytes optional_data; // a view
};

void loadopt_free(struct loadopt *option);
#define AUTO_LOADOPT __attribute__((cleanup(loadopt_free)))

// Reads DATA, which must outlive OPTION. Fails where a part is cut off, the description does not end, or the first
// device path is not well-formed; what could be read is then in OPTION none the less, and to be freed.
bool loadopt_read(struct bytes data, struct loadopt *option, struct error *err);

// Adds OPTION in its stored form to BUFFER. Fails, with nothing added, where the description is not valid UTF-8 or the
// path list is longer than 65535 bytes.
bool loadopt_build(const struct loadopt *option, struct buffer *buffer, struct error *err);
