// SPDX-License-Identifier: Apache-2.0
//
// Forwarded ports: a TCP port of the host that QEMU's user network connects to a port of the guest.
//
// Written [ADDR:]HOST:GUEST, separated by commas: "2222:22,0.0.0.0:8443:443". ADDR is an IPv4 address of the host;
// without it only the host itself can use the port.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/machine/setting-list.h"

struct forward {
        char address[16]; // of the host, dotted
        uint16_t host, guest;
};

// Start from {0}; free with forwards_free.
struct forwards {
        struct forward *items;
        size_t count;
};
#define AUTO_FORWARDS __attribute__((cleanup(forwards_free)))
void forwards_free(struct forwards *forwards);

// Fails (ERROR_USAGE) on a malformed forward, a port outside 1..65535, or two forwards of the same port of the host.
bool forwards_read(const struct settings_list *list, struct forwards *forwards, struct error *err);

// Whether the host's ports are free now. Fails like forwards_read, and with ERROR_ENVIRONMENT on the first port that is
// in use, that this user may not open, or whose address is not the host's.
bool forwards_check_host(const struct settings_list *list, struct error *err);

// "127.0.0.1:2222 -> 22"; freed with free().
char *forward_text(const struct forward *forward);
