// SPDX-License-Identifier: Apache-2.0
//
// QMP: QEMU's control channel. Commands go out as JSON objects, answers and events come back, one a line.
// Source: QEMU, docs/interop/qmp-spec.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

// A connection. DESCRIPTOR is non-blocking.
struct qmp {
        int descriptor; // -1 once it is closed
        struct buffer input;
        bool ready;       // the greeting came and capabilities were negotiated
        char version[16]; // of QEMU, from its greeting: "7.2.22"
};

// Takes over DESCRIPTOR, a connected socket.
void qmp_begin(struct qmp *qmp, int descriptor);
void qmp_end(struct qmp *qmp);

// Sends COMMAND with ARGUMENTS (stolen; NULL for none). Its answer comes through qmp_next as any other message.
bool qmp_send(struct qmp *qmp, const char *command, json_t *arguments, struct error *err);

// The same for a command that may fail: its answer carries the id QMP_OPTIONAL.
#define QMP_OPTIONAL "optional"
bool qmp_send_optional(struct qmp *qmp, const char *command, json_t *arguments, struct error *err);

// Reads what there is. The next whole message goes to *MESSAGE (the caller's; json_decref), NULL if none is complete
// yet. The greeting is answered and not handed on. False if the connection is broken or speaks no QMP; a connection
// that QEMU closed is DESCRIPTOR -1, no failure.
bool qmp_next(struct qmp *qmp, json_t **message, struct error *err);
