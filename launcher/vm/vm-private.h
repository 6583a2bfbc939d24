// SPDX-License-Identifier: Apache-2.0
//
// The inside of a virtual machine (vm.h), for the files that make it up: vm.c waits and types, vm-start.c starts and stops
// QEMU, vm-control.c does what the launcher and its clients ask of it.
#pragma once

#include "base/process.h"
#include "launcher/vm/hub.h"
#include "launcher/vm/qmp.h"
#include "launcher/vm/vm.h"

struct vm {
        struct process qemu;
        struct qmp qmp;
        int console_output, console_input; // the guest's, to be read and to be written; -1 once closed
        struct console *console;
        struct evidence *evidence;
        struct hub *hub;
        json_t *status; // what the hub tells
        const char *how_stopped;
        char *run_folder;
        struct vm_state state;
        bool quiet;                  // the evidence was told so
        bool flooded;                // there was more to read than was read
        uint64_t answer_us;          // something was sent, and the guest's answer is given so long; 0 once it was
        bool gathered;               // what there is to be read had its moment
        uint64_t gathering_since_us; // when the last moment began
        bool patient;                // nobody answers what the guest prints
        bool accepts_keys;           // from the hub's clients
        bool accepts_stop;           // somebody looks at stop_asked
        bool optional_pending;       // a command that may fail has not been answered
        int input, echo;             // -1 if none
};

// QEMU is gone: notes that and its exit code.
void vm_note_end(struct vm *vm);

// Takes what the guest prints. vm.c
void vm_take_output(struct vm *vm);
void vm_close_console(struct vm *vm);

// Does what a client of the hub asks (a hub_handler). vm-control.c
json_t *vm_serve(const struct hub_request *request, void *context);

// From now on a reset is a reset, and a shutdown ends QEMU. vm-control.c
bool vm_let_shut_down(struct vm *vm, struct error *err);
