// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/vm.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/time.h"
#include "launcher/vm/vm-private.h"

enum {
        READ_BLOCK = 8192, // the slowest sequences then take far less than 100 ms to draw (tests/bench/console.sh)
        GATHER_MS = 30,
        PATIENT_MS = 90,   // if output needs no answer
        QUIET_US = 250000, // after this long without output, the last line is complete
        OWN_DESCRIPTORS = 5,
};

const struct vm_state *vm_state(const struct vm *vm)
{
        return &vm->state;
}

struct console *vm_console(struct vm *vm)
{
        return vm->console;
}

void vm_close_console(struct vm *vm)
{
        int *const descriptors[] = {&vm->console_output, &vm->console_input};
        for (size_t i = 0; i < 2; i++) {
                if (*descriptors[i] >= 0)
                        close(*descriptors[i]);
                *descriptors[i] = -1;
        }
}

// A broken terminal does not stop the machine.
static void show(struct vm *vm, const char *bytes, size_t size)
{
        if (vm->echo >= 0 && !descriptor_write(vm->echo, (struct bytes){(const uint8_t *)bytes, size}))
                vm->echo = -1;
}

void vm_echo(struct vm *vm, int descriptor)
{
        vm->echo = descriptor;
        const char *screen = console_text(vm->console);
        for (size_t length; *screen; screen += length + (screen[length] == '\n')) {
                length = strcspn(screen, "\n");
                show(vm, screen, length);
                show(vm, "\r\n", 2);
        }
}

void vm_listen(struct vm *vm, int descriptor)
{
        vm->input = descriptor;
}

// When the last byte read was written: the FIFO's modification time. Its clock ticks every few milliseconds, so it may
// lie shortly before the gathering began. If it is further off (the clock was set, the system does not keep it),
// returns now.
static uint64_t written_us(const struct vm *vm)
{
        struct stat status;
        struct timespec today;
        uint64_t now_us = time_now_us();
        if (fstat(vm->console_output, &status) != 0 || clock_gettime(CLOCK_REALTIME, &today) != 0)
                return now_us;
        struct timespec written = file_modified(&status);
        int64_t age_us = (int64_t)(today.tv_sec - written.tv_sec) * 1000000 + (today.tv_nsec - written.tv_nsec) / 1000;
        uint64_t gathered_us = now_us - vm->gathering_since_us;
        if (age_us < 0 || (uint64_t)age_us > gathered_us + VM_TICK_US)
                return now_us;
        return now_us - ((uint64_t)age_us < gathered_us ? (uint64_t)age_us : gathered_us);
}

// Reads once, and returns the number of bytes.
static size_t read_output(struct vm *vm)
{
        static uint8_t block[READ_BLOCK];
        ssize_t count = read(vm->console_output, block, sizeof block);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
                return 0;
        if (count <= 0) {
                vm_close_console(vm);
                return 0;
        }
        vm->state.last_output_us = written_us(vm);
        vm->quiet = false;
        evidence_console(vm->evidence, block, (size_t)count, vm->state.last_output_us);
        console_feed_at(vm->console, block, (size_t)count, vm->state.last_output_us);
        hub_output(vm->hub, block, (size_t)count);
        show(vm, (const char *)block, (size_t)count);
        return (size_t)count;
}

// Fills POLL_FOR with everything that vm_wait waits for, the console first, and returns the count.
static size_t watch(const struct vm *vm, struct pollfd poll_for[OWN_DESCRIPTORS + HUB_DESCRIPTORS])
{
        const int own[OWN_DESCRIPTORS] = {vm->console_output, vm->qmp.descriptor, vm->qemu.descriptor,
                                          interrupt_descriptor(), vm->input};
        for (size_t i = 0; i < OWN_DESCRIPTORS; i++)
                poll_for[i] = (struct pollfd){own[i], POLLIN, 0};
        return OWN_DESCRIPTORS + (vm->hub ? hub_poll(vm->hub, poll_for + OWN_DESCRIPTORS) : 0);
}

// A UART delivers a few bytes at a time, and waking up for them would be most of the launcher's work. So this waits MS
// for more, or until anything but the console needs attention.
static void gather(struct vm *vm, int ms)
{
        struct pollfd poll_for[OWN_DESCRIPTORS + HUB_DESCRIPTORS];
        size_t count = watch(vm, poll_for);
        for (size_t i = 0; i < count; i++)
                poll_for[i].events = POLLIN; // the hub's output can wait
        vm->gathering_since_us = time_now_us();
        poll(poll_for + 1, (nfds_t)count - 1, ms);
}

// Gathers first, unless the last read left output unread.
void vm_take_output(struct vm *vm)
{
        if (!vm->flooded && !vm->gathered)
                gather(vm, vm->patient && !vm->accepts_keys ? PATIENT_MS : GATHER_MS);
        vm->gathered = false;
        vm->flooded = read_output(vm) == READ_BLOCK;
}

// With `-action reboot=shutdown`, QEMU reports a reset as a shutdown.
static void note_shutdown(struct vm *vm, const char *reason)
{
        if (reason && strcmp(reason, "guest-reset") == 0) {
                vm->state.resets++;
                vm->state.paused_at_reset = true;
        } else {
                vm->state.shut_down = true;
        }
}

static void note_event(struct vm *vm, const char *name, const json_t *data)
{
        if (strcmp(name, "RESET") == 0 && json_is_true(json_object_get(data, "guest")))
                vm->state.resets++;
        if (strcmp(name, "SHUTDOWN") == 0 && json_is_true(json_object_get(data, "guest")))
                note_shutdown(vm, json_string_value(json_object_get(data, "reason")));
        if (strcmp(name, "GUEST_PANICKED") == 0)
                vm->state.panicked = true;
}

// If the host's file system is full, QEMU stops the guest and would wait forever.
static bool check_disk(const char *event, const json_t *data, struct error *err)
{
        const char *action = json_string_value(json_object_get(data, "action"));
        const char *reason = json_string_value(json_object_get(data, "reason"));
        if (strcmp(event, "BLOCK_IO_ERROR") != 0 || !action || strcmp(action, "stop") != 0)
                return true;
        return error_set(err, ERROR_ENVIRONMENT,
                         "QEMU cannot write to the machine's disk and has stopped the guest: %s",
                         reason ? reason : "no reason given");
}

// Every command must succeed, unless it is optional.
static bool take_answer(struct vm *vm, const json_t *message, struct error *err)
{
        const json_t *refusal = json_object_get(message, "error");
        bool optional = json_object_get(message, "id") != NULL;
        if (optional)
                vm->optional_pending = false;
        if (!refusal)
                return true;
        const char *reason = json_string_value(json_object_get(refusal, "desc"));
        evidence_event(vm->evidence, "qmp-error", json_pack("{s:s?}", "reason", reason));
        return optional ||
               error_set(err, ERROR_ENVIRONMENT, "QEMU refused a command: %s", reason ? reason : "(no reason given)");
}

// Handles all pending messages. *EVENTS becomes true if one was an event.
static bool take_messages(struct vm *vm, bool *events, struct error *err)
{
        for (;;) {
                json_t *message;
                if (!qmp_next(&vm->qmp, &message, err))
                        return false;
                if (!message)
                        return true;
                const char *name = json_string_value(json_object_get(message, "event"));
                const json_t *data = json_object_get(message, "data");
                bool refused = name && !check_disk(name, data, err);
                if (name) {
                        note_event(vm, name, data);
                        evidence_event(vm->evidence, "qmp", json_pack("{s:O}", "message", message));
                        *events = true;
                }
                refused = refused || !take_answer(vm, message, err);
                json_decref(message);
                if (refused)
                        return false;
        }
}

// macOS may fail to report a FIFO while more is written to it than it can hold, and reports it at the next poll.
#ifdef __APPLE__
#define LONGEST_SLEEP_MS 500
#else
#define LONGEST_SLEEP_MS 60000
#endif

// The time for poll, rounded up so that it does not wake before the deadline.
static int milliseconds_until(uint64_t deadline_us)
{
        uint64_t now = time_now_us();
        if (deadline_us <= now)
                return 0;
        uint64_t left = (deadline_us - now + 999) / 1000;
        return left < LONGEST_SLEEP_MS ? (int)left : LONGEST_SLEEP_MS;
}

static void tell_quiet(struct vm *vm)
{
        if (!vm->quiet && time_now_us() >= vm->state.last_output_us + QUIET_US) {
                vm->quiet = true;
                evidence_quiet(vm->evidence);
        }
}

// A client sent stop, and the caller does not check for it.
static bool check_stop(const struct vm *vm, struct error *err)
{
        return !vm->state.stop_asked || vm->accepts_stop ||
               error_set(err, ERROR_INTERRUPTED, "stopped by `esxiarm stop`");
}

// The client that waits for the task has left.
static bool check_task(const struct vm *vm, struct error *err)
{
        return !vm->in_task || hub_awaits_task(vm->hub) ||
               error_set(err, ERROR_INTERRUPTED, "the client that asked for the task has left");
}

// If several things happened, one is reported; the others show in the state.
static enum vm_event event_of(const struct vm *vm, bool typed, bool output, bool changed)
{
        return typed ? VM_INPUT : output ? VM_OUTPUT : changed ? VM_CHANGED : vm->state.ended ? VM_ENDED : VM_DEADLINE;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

// After a key, gathers the guest's answer without waking up for its first byte.
static void gather_answer(struct vm *vm, uint64_t deadline_us)
{
        if (!vm->answer_us)
                return;
        uint64_t until_us = time_now_us() + vm->answer_us;
        vm->answer_us = 0;
        vm->gathered = true;
        gather(vm, milliseconds_until(earlier(until_us, deadline_us)));
}

bool vm_wait(struct vm *vm, uint64_t deadline_us, enum vm_event *event, struct error *err)
{
        uint64_t quiet_us = vm->quiet ? UINT64_MAX : vm->state.last_output_us + QUIET_US;
        gather_answer(vm, deadline_us);
        for (;;) {
                struct pollfd poll_for[OWN_DESCRIPTORS + HUB_DESCRIPTORS];
                size_t count = watch(vm, poll_for);
                int sleep_ms = milliseconds_until(earlier(earlier(quiet_us, deadline_us), hub_due_us(vm->hub)));
                if (sleep_ms)
                        evidence_flush(vm->evidence);
                if (poll(poll_for, (nfds_t)count, sleep_ms) < 0 && errno != EINTR)
                        return error_system(err, "cannot wait for QEMU");
                if (!interrupt_check(err))
                        return false;
                bool output = vm->console_output >= 0 && poll_for[0].revents;
                bool changed = false;
                if (output)
                        vm_take_output(vm);
                tell_quiet(vm);
                if (vm->qmp.descriptor >= 0 && poll_for[1].revents && !take_messages(vm, &changed, err))
                        return false;
                bool stop_was_asked = vm->state.stop_asked;
                hub_serve(vm->hub, poll_for + OWN_DESCRIPTORS, count - OWN_DESCRIPTORS);
                if (!check_stop(vm, err) || !check_task(vm, err))
                        return false;
                changed = changed || vm->state.stop_asked != stop_was_asked || (vm->task.name && !vm->in_task);
                // All output is read before QEMU's exit is reported.
                if (!output && !vm->state.ended && vm->qemu.pid && poll_for[2].revents && process_wait(&vm->qemu, 0)) {
                        evidence_quiet(vm->evidence);
                        vm_note_end(vm);
                }
                *event = event_of(vm, poll_for[4].revents, output, changed);
                if (*event != VM_DEADLINE || time_now_us() >= earlier(deadline_us, quiet_us))
                        return true;
        }
}

void vm_be_patient(struct vm *vm, bool patient)
{
        vm->patient = patient;
}

bool vm_send(struct vm *vm, const char *bytes, size_t size, uint64_t answer_us, struct error *err)
{
        vm->answer_us = answer_us;
        while (size) {
                if (vm->console_input < 0 || vm->state.ended)
                        return error_set(err, ERROR_ENVIRONMENT, "QEMU closed the console");
                ssize_t count = write(vm->console_input, bytes, size);
                if (count < 0 && errno == EAGAIN) {
                        struct pollfd poll_for[] = {{vm->console_input, POLLOUT, 0},
                                                    {interrupt_descriptor(), POLLIN, 0}};
                        poll(poll_for, 2, -1);
                        if (!interrupt_check(err))
                                return false;
                        continue;
                }
                if (count < 0 && errno != EINTR)
                        return error_system(err, "cannot write to the console");
                bytes += count > 0 ? count : 0;
                size -= count > 0 ? (size_t)count : 0;
        }
        return true;
}
