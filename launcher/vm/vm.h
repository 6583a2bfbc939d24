// SPDX-License-Identifier: Apache-2.0
//
// A running virtual machine: QEMU, its control channel and its console, in one place that can be waited on.
//
// Everything the console prints is drawn on the screen (console.h) and written to the evidence before vm_wait returns;
// every event of QEMU's is written there, too.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/evidence/evidence.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/settings.h"
#include "launcher/screen/console.h"

struct vm;
#define AUTO_VM __attribute__((cleanup(vm_stop)))

// What is started. Everything is borrowed until vm_stop.
struct vm_input {
        const struct machine *machine; // locked by this program
        const struct settings *settings;
        const char *command;      // "install", "boot-installed": what is being done, for esxiarm status
        const char *code_path;    // the firmware
        const char *payload_path; // attached and booted first; NULL boots the disk alone
        struct evidence *evidence;
};

// Starts QEMU, connects to it and lets the guest run. NULL if that fails: ERR has what QEMU said.
struct vm *vm_start(const struct vm_input *input, struct error *err);

// Stops QEMU (a firmware write that is under way is finished first), waits until it is gone, removes its channels, and
// frees *VM and sets it to NULL.
void vm_stop(struct vm **vm);

enum vm_event {
        VM_DEADLINE, // nothing came until then, or the console has just gone quiet
        VM_OUTPUT,   // the guest printed something
        VM_CHANGED,  // QEMU reported an event, or somebody asked for the machine's end; see vm_state
        VM_INPUT,    // the descriptor of vm_listen is readable
        VM_ENDED,    // QEMU is gone
};

// Waits until something happens, at most until DEADLINE_US on the clock of time_now_us. Fails with ERROR_INTERRUPTED if
// the user interrupts, or asks for the machine's end (esxiarm stop) without vm_accept_stop having been called.
bool vm_wait(struct vm *vm, uint64_t deadline_us, enum vm_event *event, struct error *err);

enum {
        VM_TICK_US = 10000, // between two ticks of the clock that knows when a pipe was written to, at most
};

struct vm_state {
        unsigned resets;      // how often the guest reset itself
        bool paused_at_reset; // and waits for vm_reboot
        bool shut_down;       // the guest powered itself off
        bool panicked;        // QEMU was told so (pvpanic)
        bool stop_asked;      // by a client, who gives the guest STOP_WAIT_S to power off
        uint64_t stop_wait_s;
        bool ended;    // QEMU is gone; EXIT_CODE is its
        int exit_code; // 128 + number of the signal
        const char *qemu_version;
        uint64_t last_output_us; // when the console last printed anything; that may be said to be VM_TICK_US earlier
};
const struct vm_state *vm_state(const struct vm *vm);

struct console *vm_console(struct vm *vm);

enum {
        VM_ECHO_US = 15000, // for the echo of what a person types
};

// Sends SIZE bytes to the guest as if typed. The next vm_wait lets the guest's answer gather for ANSWER_US before it looks
// at it: the shortest that such an answer takes to be whole.
bool vm_send(struct vm *vm, const char *bytes, size_t size, uint64_t answer_us, struct error *err);

// Whether what the guest prints is only watched, and nobody is waiting to answer it: then it gathers for longer before
// vm_wait returns for it (never while somebody is at the console: vm_accept_keys). At first somebody is. When it was
// printed is known all the same.
void vm_be_patient(struct vm *vm, bool patient);

// vm_wait returns for DESCRIPTOR, too; -1 for none.
void vm_listen(struct vm *vm, int descriptor);

// Shows what is on the guest's screen and whatever it prints from now on to DESCRIPTOR as well; -1 ends that.
void vm_echo(struct vm *vm, int descriptor);

// Fills ERR (ERROR_ENVIRONMENT) with how and why QEMU ended. Returns false.
bool vm_fail_ended(const struct vm *vm, struct error *err);

// False with ERROR_PANIC in ERR where QEMU was told that the guest panicked.
bool vm_check_panic(const struct vm *vm, struct error *err);

// Lets a machine that waits at its reset start again, with the payload still attached but no longer booted first: the
// firmware obeys BootOrder.
bool vm_reboot(struct vm *vm, struct error *err);

// The power button (ACPI), which the guest may heed in its own time, and the reset button.
bool vm_power_off(struct vm *vm, struct error *err);
bool vm_reset(struct vm *vm, struct error *err);

// What esxiarm status is told, an object to be added to; it belongs to the machine.
json_t *vm_status(struct vm *vm);

// Whether the clients of the machine's control socket (hub.h) may type and press buttons. Initially false.
void vm_accept_keys(struct vm *vm, bool accept);

// Whether the caller checks stop_asked, so that vm_wait does not fail for it. Initially false.
void vm_accept_stop(struct vm *vm, bool accept);

// How the machine ends, for those who asked for that: "powered off"; "quit" unless told. Not copied.
void vm_tell_how(struct vm *vm, const char *how);

// Saves the screen in the evidence: screen-MS.txt, screen-MS.ansi with its colours, and screen-MS.png where the machine has
// a display. Returns the path without an ending, freed with free().
char *vm_screenshot(struct vm *vm, struct error *err);

// The same for a run that failed: failure-screen.*, and the last 200 lines of the console as failure-console.txt.
void vm_save_failure(struct vm *vm);
