// SPDX-License-Identifier: Apache-2.0
//
// The control socket of a machine that is up: MACHINE/run/control.sock. The program that has the machine listens on it;
// esxiarm status, console and stop are its clients.
//
// A client sends one JSON object a line and gets one back, {"error": "..."} where it cannot be served:
//
//     {"command": "status"}                          what the machine is doing (vm_status)
//     {"command": "power-off"}, {"command": "reset"} at once, as buttons would
//     {"command": "screenshot"}                      {"path": "..."}: where the screen was saved
//     {"command": "stop", "wait": SECONDS}           {"stopped": "..."}, once the machine is down
//     {"command": "console", "columns": C, "rows": R}  the guest's screen drawn for a terminal of that size (view.h), from
//                                                    then on, as bytes and not as JSON
//     {"command": "console", "raw": true}            the screen as text, then what the guest prints, as it comes
//     {"command": "keys", "hex": "..."}              what was typed
//
// and once it has a console "size" (columns, rows) and "line" (text, insists: the line below the screen); then nothing is
// answered any more. No client can hold the machine up: one that reads too slowly is shown fewer pictures, or loses bytes
// of a raw console. docs/console.md tells it to those who write a client.
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

// What a client asks of the machine.
struct hub_request {
        enum hub_wish {
                HUB_KEYS,
                HUB_POWER_OFF,
                HUB_RESET,
                HUB_SCREENSHOT,
                HUB_STOP,
        } wish;
        const char *bytes; // HUB_KEYS: what was typed
        size_t size;
        uint64_t wait_s; // HUB_STOP: how long the guest may take to power off
};

// Does what is asked. Returns the answer (stolen), NULL if it comes later (hub_stopped).
typedef json_t *hub_handler(const struct hub_request *request, void *context);

struct hub;

// Listens in RUN_FOLDER. CONSOLE and STATUS are borrowed until hub_close.
struct hub *hub_open(const char *run_folder, struct console *console, json_t *status, hub_handler *handler,
                     void *context, struct error *err);

// Tells those who wait for the machine's end that it is down, and HOW ("powered off", "quit"); closes everything and
// frees *HUB and sets it to NULL. Nothing where it is NULL already.
void hub_close(struct hub **hub, const char *how);

// Fills FDS (room for HUB_DESCRIPTORS) with what is to be polled, and returns how many.
size_t hub_poll(const struct hub *hub, struct pollfd *fds);

// Serves those of the COUNT descriptors of hub_poll that are ready, and draws what is due.
void hub_serve(struct hub *hub, const struct pollfd *fds, size_t count);

// The guest has printed SIZE bytes, which its console shows already.
void hub_output(struct hub *hub, const void *bytes, size_t size);

// When hub_serve is to be called next at the latest, on the clock of time_now_us; UINT64_MAX for never.
uint64_t hub_due_us(const struct hub *hub);
