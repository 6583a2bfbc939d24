// SPDX-License-Identifier: Apache-2.0
//
// The commands' JSON output. The keys are stable; aavmf-vars(1) documents them.
#pragma once

#include <jansson.h>

#include "varstore/bootchain.h"
#include "varstore/remark.h"
#include "varstore/varstore.h"

// Text that a file or the user wrote, as JSON: always valid UTF-8. NULL becomes null.
json_t *report_text(const char *text);

// "0004": the number of a boot entry.
json_t *report_number(uint16_t number);

json_t *report_entry(const struct boot_entry *entry);

// Timeout, BootNext and BootOrder, and the entries.
json_t *report_bootchain(const struct bootchain *chain);

json_t *report_variable(const struct variable *variable);
json_t *report_remarks(const struct remarks *remarks);

// "sound", "remarks", "damaged".
const char *report_verdict(enum varstore_verdict verdict);
