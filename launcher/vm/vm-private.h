// SPDX-License-Identifier: Apache-2.0
//
// The internals of vm.h, shared by vm.c (waits and types), vm-start.c (starts and stops QEMU) and vm-control.c
// (executes requests of the launcher and its clients).
#pragma once

#include "base/process.h"
#include "launcher/vm/hub.h"
#include "launcher/vm/qmp.h"
#include "launcher/vm/vm.h"

struct vm {
        struct process qemu;
        struct qmp qmp;
        int console_output, console_input; // the guest's output, read here, and its input; -1 once closed
        struct console *console;
        struct evidence *evidence;
        struct hub *hub;
        json_t *status; // the hub's answer to "status"
        const char *how_stopped;
        char *run_folder;
        struct vm_state state;
        bool quiet;                  // the console is silent, and the evidence was told
        bool flooded;                // the last read left output unread
        uint64_t answer_us;          // after a key: how long to gather the guest's answer; 0 once done
        bool gathered;               // waited already for more output to arrive
        uint64_t gathering_since_us; // when the last such wait began
        bool patient;                // see vm_be_patient
        bool accepts_keys;           // from the hub's clients
        bool accepts_stop;           // the caller checks stop_asked
        bool accepts_tasks;          // from the hub's clients
        struct vm_task task;         // that a client waits for; its texts are NULL if none does
        bool in_task;                // between vm_begin_task and vm_end_task
        bool optional_pending;       // a command that may fail has not been answered
        int input, echo;             // -1 if none
};

// Records that QEMU has exited, and its exit code. vm-start.c
void vm_note_end(struct vm *vm);

// Reads what the guest printed. vm.c
void vm_take_output(struct vm *vm);
void vm_close_console(struct vm *vm);

// A hub_handler: executes a client's request. vm-control.c
json_t *vm_serve(const struct hub_request *request, void *context);

// Frees the task that a client asked for, and overwrites its password. vm-control.c
void vm_forget_task(struct vm *vm);

// From now on a reset restarts the guest, and a shutdown ends QEMU, instead of pausing it. vm-control.c
bool vm_let_shut_down(struct vm *vm, struct error *err);
