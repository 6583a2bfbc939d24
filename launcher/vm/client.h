// SPDX-License-Identifier: Apache-2.0
//
// The client's end of a machine's control socket (hub.h), for esxiarm status, console and stop.
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/machine/machine.h"

// Connects to the program that runs MACHINE. -1 with ERROR_NO if the machine is not up, or ERROR_ENVIRONMENT if the
// program does not listen (yet).
int control_connect(const struct machine *machine, struct error *err);

// Sends REQUEST (stolen) as a line.
bool control_send(int fd, json_t *request, struct error *err);

// The next line as JSON, owned by the caller. NULL if none comes within TIMEOUT_MS (ERROR_TIMED_OUT), if the connection
// closes or the answer is {"error": TEXT} (ERROR_ENVIRONMENT, with TEXT), or if the user interrupts.
json_t *control_answer(int fd, uint64_t timeout_ms, struct error *err);
