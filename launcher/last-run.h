// SPDX-License-Identifier: Apache-2.0
//
// A machine's last run that had a console, as its folder tells it, whether it came to its end or not.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "launcher/machine.h"

struct last_run {
        char *folder; // NULL where there is none
        char *console_log;
        json_t *result;                // of result.json; NULL where the run did not write it
        const char *outcome, *message; // in it
        bool is_install, is_rehearsal;
};
#define AUTO_LAST_RUN __attribute__((cleanup(last_run_free)))

// Never fails: what cannot be read is not there. Free RUN with last_run_free.
void last_run_find(const struct machine *machine, struct last_run *run);
void last_run_free(struct last_run *run);
