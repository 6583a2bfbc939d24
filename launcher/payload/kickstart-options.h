// SPDX-License-Identifier: Apache-2.0
//
// What an automatic kickstart (--kickstart auto) sets up besides the usual: network, name and licence of the host.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"
#include "base/text.h"

// NULL or empty: not given. Without IP the host uses DHCP.
struct kickstart_options {
        const char *hostname;
        const char *ip, *netmask, *gateway; // all or none
        struct arguments dns;               // at most 2 addresses
        const char *vlan;                   // 1 to 4094; 0 is none
        const char *license;                // secret
};

// The rows for a command's table of options: STRUCT is the type of its values, MEMBER its struct kickstart_options.
#define KICKSTART_OPTIONS(STRUCT, MEMBER)                                                                              \
        {"hostname",                                                                                                   \
         "NAME",                                                                                                       \
         CLI_TEXT,                                                                                                     \
         offsetof(STRUCT, MEMBER.hostname),                                                                            \
         "for --kickstart auto: the host's name (default: from DHCP)",                                                 \
         NULL},                                                                                                        \
                {"ip",                                                                                                 \
                 "ADDRESS",                                                                                            \
                 CLI_TEXT,                                                                                             \
                 offsetof(STRUCT, MEMBER.ip),                                                                          \
                 "for --kickstart auto: its IPv4 address, with --netmask and --gateway (default: DHCP)",               \
                 NULL},                                                                                                \
                {"netmask", "MASK", CLI_TEXT, offsetof(STRUCT, MEMBER.netmask), "with --ip: 255.255.255.0", NULL},     \
                {"gateway",                                                                                            \
                 "ADDRESS",                                                                                            \
                 CLI_TEXT,                                                                                             \
                 offsetof(STRUCT, MEMBER.gateway),                                                                     \
                 "with --ip: the router, in the same network",                                                         \
                 NULL},                                                                                                \
                {"dns",                                                                                                \
                 "ADDRESS",                                                                                            \
                 CLI_LIST,                                                                                             \
                 offsetof(STRUCT, MEMBER.dns),                                                                         \
                 "with --ip: a name server; twice for two (default none)",                                             \
                 NULL},                                                                                                \
                {"vlan",                                                                                               \
                 "ID",                                                                                                 \
                 CLI_TEXT,                                                                                             \
                 offsetof(STRUCT, MEMBER.vlan),                                                                        \
                 "for --kickstart auto: the VLAN of the management network, 1 to 4094 (default 0: none)",              \
                 NULL},                                                                                                \
        {                                                                                                              \
                "license", "KEY", CLI_TEXT, offsetof(STRUCT, MEMBER.license),                                          \
                        "for --kickstart auto: the licence key (default: evaluation mode)", NULL                       \
        }

// Fails (ERROR_USAGE) with the option and its value, but never the licence key, if a value is invalid or an option lacks
// another; and if any is given and the kickstart is not AUTOMATIC.
bool kickstart_options_check(const struct kickstart_options *options, bool automatic, struct error *err);

// Adds the installer's commands for OPTIONS, which were checked, to TEXT.
void kickstart_options_commands(const struct kickstart_options *options, struct text *text);

// Adds what a script at the first boot does for them.
void kickstart_options_firstboot(const struct kickstart_options *options, struct text *text);
