// SPDX-License-Identifier: Apache-2.0
//
// The server of a machine's control socket, MACHINE/run/control.sock, for esxiarm status, console and stop and for the
// user's own programs. docs/console.md describes the protocol: one JSON object a line, and one back; after "console",
// only the screen's bytes are sent.
//
// A slow client never delays the machine: it gets fewer pictures, or loses bytes of a raw console.
#pragma once

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/screen/console.h"

#define HUB_SOCKET "control.sock"

enum {
        HUB_CLIENTS = 16,
        HUB_DESCRIPTORS = HUB_CLIENTS + 1,
};

struct hub_request {
        enum hub_wish {
                HUB_KEYS,
                HUB_POWER_OFF,
                HUB_RESET,
                HUB_SCREENSHOT,
                HUB_STOP,
                HUB_TASK,
        } wish;
        const char *bytes; // HUB_KEYS
        size_t size;
        uint64_t wait_s;                       // HUB_STOP: for the guest to power off
        const char *task, *profile, *password; // HUB_TASK; PASSWORD may be NULL
        const json_t *texts;                   // HUB_TASK: a list of KEY=VALUE; may be NULL
};

// Executes a request. Returns the answer, which the hub frees; NULL if hub_close answers it, or hub_end_task a HUB_TASK.
typedef json_t *hub_handler(const struct hub_request *request, void *context);

struct hub;

// Listens in RUN_FOLDER. CONSOLE and STATUS are borrowed until hub_close.
struct hub *hub_open(const char *run_folder, struct console *console, json_t *status, hub_handler *handler,
                     void *context, struct error *err);

// Answers pending "stop" requests with HOW ("powered off", "quit"), closes all connections, frees *HUB and sets it to
// NULL. Does nothing if it is already NULL.
void hub_close(struct hub **hub, const char *how);

// Answers the request for a task with ANSWER (stolen).
void hub_end_task(struct hub *hub, json_t *answer);

// Whether a client is waiting for a task. It may have left.
bool hub_awaits_task(const struct hub *hub);

// Fills FDS (HUB_DESCRIPTORS of them) for poll(), and returns how many are used.
size_t hub_poll(const struct hub *hub, struct pollfd *fds);

// Serves the COUNT descriptors of hub_poll that are ready, and draws what is due.
void hub_serve(struct hub *hub, const struct pollfd *fds, size_t count);

// Passes on SIZE bytes that the guest printed, after they were fed to the console.
void hub_output(struct hub *hub, const void *bytes, size_t size);

// When hub_serve must be called next at the latest, on the clock of time_now_us; UINT64_MAX for never.
uint64_t hub_due_us(const struct hub *hub);
