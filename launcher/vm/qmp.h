// SPDX-License-Identifier: Apache-2.0
//
// QMP, QEMU's control channel: commands are sent, and answers and events received, as one JSON object a line.
// Source: QEMU, docs/interop/qmp-spec.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

// A connection. DESCRIPTOR is non-blocking.
struct qmp {
        int descriptor; // -1 once closed
        struct buffer input;
        bool ready;       // after the greeting and the negotiation of capabilities
        char version[16]; // of QEMU, from its greeting: "7.2.22"
};

// Takes over DESCRIPTOR, a connected socket.
void qmp_begin(struct qmp *qmp, int descriptor);
void qmp_end(struct qmp *qmp);

// Sends COMMAND with ARGUMENTS (freed here; NULL for none). qmp_next returns its answer.
bool qmp_send(struct qmp *qmp, const char *command, json_t *arguments, struct error *err);

// The same for a command that may fail: its answer carries the id QMP_OPTIONAL.
#define QMP_OPTIONAL "optional"
bool qmp_send_optional(struct qmp *qmp, const char *command, json_t *arguments, struct error *err);

// Reads without waiting. *MESSAGE is the next message (free it with json_decref), or NULL if none is complete yet.
// Handles the greeting itself. False if the connection is broken or is not QMP. If QEMU closed it, DESCRIPTOR is -1;
// that is not a failure.
bool qmp_next(struct qmp *qmp, json_t **message, struct error *err);
