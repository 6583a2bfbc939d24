// SPDX-License-Identifier: Apache-2.0
//
// The other end of a machine's control socket (hub.h): what esxiarm status, console and stop ask of the program that has the
// machine up.
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/machine/machine.h"

// Connects to the program that runs MACHINE. -1 with ERROR_NO if the machine is not up, with ERROR_ENVIRONMENT if the
// program does not listen (yet).
int control_connect(const struct machine *machine, struct error *err);

// Sends REQUEST (stolen) as a line.
bool control_send(int fd, json_t *request, struct error *err);

// The next line as JSON, the caller's. NULL if it does not come within TIMEOUT_MS (ERROR_TIMED_OUT), where the
// connection closes (ERROR_ENVIRONMENT), where it is {"error": ...} (ERROR_ENVIRONMENT, with its words), and where the
// user interrupts.
json_t *control_answer(int fd, uint64_t timeout_ms, struct error *err);
