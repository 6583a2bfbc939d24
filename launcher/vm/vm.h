// SPDX-License-Identifier: Apache-2.0
//
// A running virtual machine: QEMU, its control channel and its console, with one function that waits for all of them.
//
// Before vm_wait returns, console output is drawn on the screen (console.h), and both output and QEMU's events are
// written to the evidence.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arguments.h"
#include "base/error.h"
#include "launcher/evidence/evidence.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/settings.h"
#include "launcher/screen/console.h"

struct vm;
#define AUTO_VM __attribute__((cleanup(vm_stop)))

// Everything is borrowed until vm_stop.
struct vm_input {
        const struct machine *machine; // locked by this program
        const struct settings *settings;
        const char *command;      // "install", "boot-installed", for esxiarm status
        const char *code_path;    // the firmware
        const char *payload_path; // attached and booted first; NULL boots the disk alone
        struct evidence *evidence;
};

// Starts QEMU, connects to it and lets the guest run. NULL if that fails; ERR then has QEMU's output.
struct vm *vm_start(const struct vm_input *input, struct error *err);

// Stops QEMU (after a firmware write in progress), waits until it has exited, removes its channels, frees *VM and sets
// it to NULL.
void vm_stop(struct vm **vm);

enum vm_event {
        VM_DEADLINE, // nothing happened until then, or the console has just gone quiet
        VM_OUTPUT,   // the guest printed something
        VM_CHANGED,  // QEMU reported an event, or a client sent stop; see vm_state
        VM_INPUT,    // the descriptor of vm_listen is readable
        VM_ENDED,    // QEMU exited
};

// Waits until something happens, at most until DEADLINE_US on the clock of time_now_us. Fails with ERROR_INTERRUPTED if
// the user interrupts, or runs esxiarm stop without vm_accept_stop.
bool vm_wait(struct vm *vm, uint64_t deadline_us, enum vm_event *event, struct error *err);

enum {
        VM_TICK_US = 10000, // the resolution of a FIFO's modification time, at worst
};

struct vm_state {
        unsigned resets;      // how often the guest reset itself
        bool paused_at_reset; // until vm_reboot
        bool shut_down;       // the guest powered itself off
        bool panicked;        // the guest reported a panic (pvpanic)
        bool stop_asked;      // by a client; the guest has STOP_WAIT_S to power off
        uint64_t stop_wait_s;
        bool ended;    // QEMU exited with EXIT_CODE
        int exit_code; // 128 plus the signal's number if a signal ended it
        const char *qemu_version;
        uint64_t last_output_us; // when the console last printed anything, or up to VM_TICK_US earlier
};
const struct vm_state *vm_state(const struct vm *vm);

struct console *vm_console(struct vm *vm);

enum {
        VM_ECHO_US = 15000, // for the echo of a typed key
};

// Sends SIZE bytes to the guest as if typed. The next vm_wait gathers output for ANSWER_US, the least time in which
// such an answer is complete, before it reads any.
bool vm_send(struct vm *vm, const char *bytes, size_t size, uint64_t answer_us, struct error *err);

// If PATIENT, output does not need an answer and is gathered for longer, except while clients may type
// (vm_accept_keys). Its times stay exact. Initially false.
void vm_be_patient(struct vm *vm, bool patient);

// Makes vm_wait also return if DESCRIPTOR is readable; -1 for none.
void vm_listen(struct vm *vm, int descriptor);

// Copies the guest's screen and everything it prints from now on to DESCRIPTOR; -1 ends that.
void vm_echo(struct vm *vm, int descriptor);

// Fills ERR (ERROR_ENVIRONMENT) with how and why QEMU ended. Returns false.
bool vm_fail_ended(const struct vm *vm, struct error *err);

// Fails with ERROR_PANIC if the guest reported a panic to QEMU.
bool vm_check_panic(const struct vm *vm, struct error *err);

// Continues a machine that is paused at its reset. The payload stays attached but loses its bootindex, so that the
// firmware follows BootOrder.
bool vm_reboot(struct vm *vm, struct error *err);

// Press the power button (ACPI; the guest shuts down by itself) and the reset button.
bool vm_power_off(struct vm *vm, struct error *err);
bool vm_reset(struct vm *vm, struct error *err);

// The status that esxiarm status gets. The caller may add members; it belongs to the machine.
json_t *vm_status(struct vm *vm);

// Whether the clients of the machine's control socket (hub.h) may type and press buttons. Initially false.
void vm_accept_keys(struct vm *vm, bool accept);

// Whether the caller checks stop_asked, so that vm_wait does not fail for it. Initially false.
void vm_accept_stop(struct vm *vm, bool accept);

// A task (profile.h) that a client asks for.
struct vm_task {
        const char *name, *profile;
        const char *password;   // "" if the client sent none
        struct arguments texts; // KEY=VALUE for the texts that it types
};

// Whether clients may ask for a task. Initially false.
void vm_accept_tasks(struct vm *vm, bool accept);

// The task that a client waits for; NULL if none. If the client leaves before vm_end_task, vm_wait fails with
// ERROR_INTERRUPTED.
const struct vm_task *vm_begin_task(struct vm *vm);

// Sends the client ANSWER (stolen), and forgets the task.
void vm_end_task(struct vm *vm, json_t *answer);

// Sets how the machine ended ("powered off"; initially "quit"), for clients that sent stop. HOW is not copied.
void vm_tell_how(struct vm *vm, const char *how);

// Saves the screen in the evidence: screen-MS.txt, screen-MS.ansi with colours, and screen-MS.png if the machine has a
// display. Returns the path without extension, freed with free(); NULL on failure.
char *vm_screenshot(struct vm *vm, struct error *err);

// The same for a failed run: failure-screen.*, and the last 200 lines of the console as failure-console.txt.
void vm_save_failure(struct vm *vm);
