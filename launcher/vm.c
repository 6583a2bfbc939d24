// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/qemu.h"
#include "launcher/qmp.h"

enum {
        READ_BLOCK = 1 << 18,
        START_TIMEOUT_MS = 30000,
        RETRY_MS = 5,         // between two looks for a socket that QEMU is about to make
        LAST_WORDS_MS = 1000, // for a QEMU that closes its sockets to end
        QUIT_TIMEOUT_MS = 5000,
        KILL_TIMEOUT_MS = 2000,
        GATHER_MS = 5,
        MANY_BYTES = 4096,
        QUIET_US = 100000, // a console that prints nothing for so long has finished its line
        LOG_TAIL = 2000,   // bytes of QEMU's own words in an error message
};

static const char console_socket[] = "console.sock";
static const char qmp_socket[] = "qmp.sock";

struct vm {
        struct process qemu;
        struct qmp qmp;
        int console_socket; // -1 once closed
        struct console *console;
        struct evidence *evidence;
        char *run_folder;
        struct vm_state state;
        bool quiet;      // the evidence was told so
        bool flooded;    // much came at once
        int input, echo; // -1 where there is none
};

const struct vm_state *vm_state(const struct vm *vm)
{
        return &vm->state;
}

struct console *vm_console(struct vm *vm)
{
        return vm->console;
}

// The end of what QEMU printed, freed with free().
static char *qemu_words(const struct vm *vm)
{
        AUTO_FREE char *path = evidence_path(vm->evidence, "qemu.log");
        AUTO_BUFFER struct buffer log = {0};
        file_read(path, 1 << 20, &log, NULL);
        size_t skipped = log.size > LOG_TAIL ? log.size - LOG_TAIL : 0;
        size_t length = log.size - skipped;
        while (length && log.data[skipped + length - 1] == '\n')
                length--;
        return text_printable(length ? (const char *)log.data + skipped : "", length, true);
}

bool vm_fail_ended(const struct vm *vm, struct error *err)
{
        AUTO_FREE char *words = qemu_words(vm);
        int code = vm->state.exit_code;
        if (code > 128)
                error_set(err, ERROR_ENVIRONMENT, "QEMU was ended by signal %d", code - 128);
        else
                error_set(err, ERROR_ENVIRONMENT, "QEMU ended with exit code %d", code);
        return error_append(err, "%s%s", *words ? "; it said: " : "", words);
}

static void note_end(struct vm *vm)
{
        vm->state.ended = true;
        vm->state.exit_code = vm->qemu.exit_code;
        evidence_event(vm->evidence, "qemu-ended", json_pack("{s:i}", "exit_code", vm->qemu.exit_code));
}

// Connects to the socket NAME in the folder FD stands for. The path of a machine may be longer than a socket's address
// may be, so the address is relative and the working folder is changed for the call.
static int connect_in(const char *folder, const char *name)
{
        AUTO_CLOSE int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (here < 0 || chdir(folder) != 0)
                return -1;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, name, strlen(name) + 1);
        AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
        int number = errno;
        if (fchdir(here) != 0 || !connected) {
                errno = number;
                return -1;
        }
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        return DESCRIPTOR_TAKE(fd);
}

// The same, once QEMU has made the socket.
static int connect_when_there(struct vm *vm, const char *name, uint64_t deadline_ms, struct error *err)
{
        for (;;) {
                int fd = connect_in(vm->run_folder, name);
                if (fd >= 0)
                        return fd;
                if (errno != ENOENT && errno != ECONNREFUSED) {
                        error_system(err, "%s/%s: cannot connect", vm->run_folder, name);
                        return -1;
                }
                if (process_wait(&vm->qemu, RETRY_MS)) {
                        note_end(vm);
                        vm_fail_ended(vm, err);
                        return -1;
                }
                if (!interrupt_check(err))
                        return -1;
                if (time_now_ms() > deadline_ms) {
                        error_set(err, ERROR_ENVIRONMENT, "QEMU does not open %s/%s", vm->run_folder, name);
                        return -1;
                }
        }
}

static void add_arguments(const struct vm_input *input, struct arguments *arguments)
{
        AUTO_FREE char *log = evidence_path(input->evidence, "serial.log");
        const char *name = strrchr(input->machine->folder, '/') + 1;
        struct qemu_machine machine = {
                .name = *name ? name : "esxiarm",
                .settings = input->settings,
                .code_path = input->code_path,
                .vars_path = input->machine->vars_path,
                .disk_path = input->machine->disk_path,
                .disk_format = "qcow2",
                .payload_path = input->payload_path,
                .console_log = log,
                .console_socket = console_socket,
                .qmp_socket = qmp_socket,
        };
        qemu_arguments(&machine, arguments);
}

static void remove_sockets(const struct vm *vm)
{
        AUTO_FREE char *console = file_path(vm->run_folder, console_socket);
        AUTO_FREE char *qmp = file_path(vm->run_folder, qmp_socket);
        unlink(console);
        unlink(qmp);
}

static bool start_qemu(struct vm *vm, const struct vm_input *input, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        add_arguments(input, &arguments);
        AUTO_FREE char *command = arguments_quoted(&arguments);
        evidence_event(vm->evidence, "qemu-start", json_pack("{s:s}", "command", command));
        remove_sockets(vm);
        AUTO_FREE char *log = evidence_path(vm->evidence, "qemu.log");
        return process_start(&arguments, vm->run_folder, log, &vm->qemu, err);
}

// QMP answers in its own time; until it has, nothing else can be asked of it.
static bool negotiate(struct vm *vm, uint64_t deadline_ms, struct error *err)
{
        while (!vm->qmp.ready) {
                json_t *message;
                if (!interrupt_check(err) || !qmp_next(&vm->qmp, &message, err))
                        return false;
                json_decref(message);
                if (vm->qmp.descriptor < 0 || time_now_ms() > deadline_ms)
                        return error_set(err, ERROR_ENVIRONMENT, "QEMU's control channel does not answer");
                struct pollfd poll_for = {vm->qmp.descriptor, POLLIN, 0};
                if (!vm->qmp.ready)
                        poll(&poll_for, 1, RETRY_MS);
        }
        vm->state.qemu_version = vm->qmp.version;
        return qmp_send(&vm->qmp, "cont", NULL, err);
}

static bool connect_to_qemu(struct vm *vm, struct error *err)
{
        uint64_t deadline = time_now_ms() + START_TIMEOUT_MS;
        int qmp = connect_when_there(vm, qmp_socket, deadline, err);
        if (qmp < 0)
                return false;
        qmp_begin(&vm->qmp, qmp);
        vm->console_socket = connect_when_there(vm, console_socket, deadline, err);
        return vm->console_socket >= 0 && negotiate(vm, deadline, err);
}

// QEMU opens its sockets before it looks at all of its arguments, so that it may end at any moment of the connecting.
// Whatever that looked like, the reason is that it ended.
static void explain_end(struct vm *vm, struct error *err)
{
        if (vm->state.ended || (err && err->code == ERROR_INTERRUPTED) || !process_wait(&vm->qemu, LAST_WORDS_MS))
                return;
        note_end(vm);
        vm_fail_ended(vm, err);
}

struct vm *vm_start(const struct vm_input *input, struct error *err)
{
        AUTO_VM struct vm *vm = memory_new(1, sizeof *vm);
        vm->qmp.descriptor = -1;
        vm->console_socket = -1;
        vm->input = -1;
        vm->echo = -1;
        vm->evidence = input->evidence;
        vm->run_folder = memory_text(input->machine->run_folder);
        vm->console = console_new();
        vm->state.last_output_us = time_now_us();
        if (!start_qemu(vm, input, err))
                return NULL;
        if (!connect_to_qemu(vm, err)) {
                explain_end(vm, err);
                return NULL;
        }
        return MEMORY_TAKE(vm);
}

static void close_console(struct vm *vm)
{
        if (vm->console_socket >= 0)
                close(vm->console_socket);
        vm->console_socket = -1;
}

// A terminal that takes nothing more is no reason to stop the machine.
static void show(struct vm *vm, const char *bytes, size_t size)
{
        while (vm->echo >= 0 && size) {
                ssize_t count = write(vm->echo, bytes, size);
                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        vm->echo = -1;
                bytes += count > 0 ? count : 0;
                size -= count > 0 ? (size_t)count : 0;
        }
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

// Reads once, and returns how many bytes came.
static size_t read_output(struct vm *vm)
{
        static uint8_t block[READ_BLOCK];
        ssize_t count = read(vm->console_socket, block, sizeof block);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
                return 0;
        if (count <= 0) {
                close_console(vm);
                return 0;
        }
        vm->state.last_output_us = time_now_us();
        vm->quiet = false;
        evidence_console(vm->evidence, block, (size_t)count);
        console_feed(vm->console, block, (size_t)count);
        show(vm, (const char *)block, (size_t)count);
        return (size_t)count;
}

// Takes what the guest prints. A UART's bytes come a few at a time, and waking up for each of them costs more than all
// the rest of the launcher; so they are given a moment to gather, unless there were many the last time.
static void take_output(struct vm *vm)
{
        struct pollfd poll_for = {interrupt_descriptor(), POLLIN, 0};
        if (!vm->flooded)
                poll(&poll_for, 1, GATHER_MS);
        vm->flooded = read_output(vm) >= MANY_BYTES;
}

// With `-action reboot=shutdown` a reset comes as a shutdown, too.
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

// Every command that is sent has to succeed.
static bool take_answer(struct vm *vm, const json_t *message, struct error *err)
{
        const json_t *refusal = json_object_get(message, "error");
        if (!refusal)
                return true;
        const char *reason = json_string_value(json_object_get(refusal, "desc"));
        evidence_event(vm->evidence, "qmp-error", json_pack("{s:s?}", "reason", reason));
        return error_set(err, ERROR_ENVIRONMENT, "QEMU refused a command: %s", reason ? reason : "(no reason)");
}

// Takes every message there is. EVENTS tells whether one of them was an event.
static bool take_messages(struct vm *vm, bool *events, struct error *err)
{
        for (;;) {
                json_t *message;
                if (!qmp_next(&vm->qmp, &message, err))
                        return false;
                if (!message)
                        return true;
                const char *name = json_string_value(json_object_get(message, "event"));
                if (name) {
                        note_event(vm, name, json_object_get(message, "data"));
                        evidence_event(vm->evidence, "qmp", json_pack("{s:O}", "message", message));
                        *events = true;
                }
                bool refused = !take_answer(vm, message, err);
                json_decref(message);
                if (refused)
                        return false;
        }
}

// How long poll may sleep, rounded up so that it does not wake before the deadline.
static int milliseconds_until(uint64_t deadline_us)
{
        uint64_t now = time_now_us();
        if (deadline_us <= now)
                return 0;
        uint64_t left = (deadline_us - now + 999) / 1000;
        return left < 60000 ? (int)left : 60000;
}

static void tell_quiet(struct vm *vm)
{
        if (!vm->quiet && time_now_us() >= vm->state.last_output_us + QUIET_US) {
                vm->quiet = true;
                evidence_quiet(vm->evidence);
        }
}

bool vm_wait(struct vm *vm, uint64_t deadline_us, enum vm_event *event, struct error *err)
{
        uint64_t quiet_us = vm->quiet ? UINT64_MAX : vm->state.last_output_us + QUIET_US;
        for (;;) {
                uint64_t wake_us = quiet_us < deadline_us ? quiet_us : deadline_us;
                struct pollfd poll_for[] = {
                        {vm->console_socket, POLLIN, 0},  {vm->qmp.descriptor, POLLIN, 0},
                        {vm->qemu.descriptor, POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0},
                        {vm->input, POLLIN, 0},
                };
                int sleep_ms = milliseconds_until(wake_us);
                if (sleep_ms)
                        evidence_flush(vm->evidence);
                if (poll(poll_for, sizeof poll_for / sizeof poll_for[0], sleep_ms) < 0 && errno != EINTR)
                        return error_system(err, "cannot wait for QEMU");
                if (!interrupt_check(err))
                        return false;
                bool output = vm->console_socket >= 0 && poll_for[0].revents;
                bool events = false;
                if (output)
                        take_output(vm);
                tell_quiet(vm);
                if (vm->qmp.descriptor >= 0 && poll_for[1].revents && !take_messages(vm, &events, err))
                        return false;
                // The console is read to its end before the end of QEMU is told.
                if (!output && !vm->state.ended && vm->qemu.pid && poll_for[2].revents && process_wait(&vm->qemu, 0)) {
                        evidence_quiet(vm->evidence);
                        note_end(vm);
                }
                *event = poll_for[4].revents ? VM_INPUT
                         : output            ? VM_OUTPUT
                         : events            ? VM_CHANGED
                         : vm->state.ended   ? VM_ENDED
                                             : VM_DEADLINE;
                if (*event != VM_DEADLINE || time_now_us() >= deadline_us || quiet_us < deadline_us)
                        return true;
        }
}

bool vm_send(struct vm *vm, const char *bytes, size_t size, struct error *err)
{
        while (size) {
                ssize_t count = vm->console_socket < 0 ? -1 : send(vm->console_socket, bytes, size, MSG_NOSIGNAL);
                if (count < 0 && (vm->console_socket < 0 || errno == EPIPE || errno == ECONNRESET))
                        return error_set(err, ERROR_ENVIRONMENT, "QEMU closed the console");
                if (count < 0 && errno == EAGAIN) {
                        struct pollfd poll_for[] = {{vm->console_socket, POLLOUT, 0},
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

// What QEMU still wrote before it went.
static void drain_console(struct vm *vm)
{
        struct pollfd poll_for = {vm->console_socket, POLLIN, 0};
        while (vm->console_socket >= 0 && poll(&poll_for, 1, 0) > 0)
                take_output(vm);
        evidence_quiet(vm->evidence);
        evidence_flush(vm->evidence);
        close_console(vm);
}

// From now on a reset is a reset, and a shutdown ends QEMU.
static bool let_shut_down(struct vm *vm, struct error *err)
{
        return qmp_send(&vm->qmp, "set-action", json_pack("{s:s, s:s}", "reboot", "reset", "shutdown", "poweroff"),
                        err);
}

// Waits for QEMU's end, reading the console meanwhile: a guest that prints holds QEMU up until somebody reads it.
static bool wait_for_end(struct vm *vm, uint64_t timeout_ms)
{
        uint64_t deadline = time_now_ms() + timeout_ms;
        for (;;) {
                uint64_t now = time_now_ms();
                if (process_wait(&vm->qemu, 0))
                        return true;
                if (now >= deadline)
                        return false;
                struct pollfd poll_for[] = {{vm->console_socket, POLLIN, 0}, {vm->qemu.descriptor, POLLIN, 0}};
                poll(poll_for, 2, (int)(deadline - now));
                if (vm->console_socket >= 0 && poll_for[0].revents)
                        take_output(vm);
        }
}

void vm_stop(struct vm **vm)
{
        struct vm *stopped = *vm;
        if (!stopped)
                return;
        if (stopped->qemu.pid) {
                bool asked = let_shut_down(stopped, NULL) && qmp_send(&stopped->qmp, "quit", NULL, NULL);
                if (!asked || !wait_for_end(stopped, QUIT_TIMEOUT_MS))
                        process_end(&stopped->qemu, KILL_TIMEOUT_MS);
                note_end(stopped);
        }
        drain_console(stopped);
        remove_sockets(stopped);
        qmp_end(&stopped->qmp);
        console_free(&stopped->console);
        free(stopped->run_folder);
        free(stopped);
        *vm = NULL;
}

bool vm_reboot(struct vm *vm, struct error *err)
{
        vm->state.paused_at_reset = false;
        return let_shut_down(vm, err) &&
               qmp_send(&vm->qmp, "qom-set",
                        json_pack("{s:s, s:s, s:i}", "path", "/machine/peripheral/" QEMU_PAYLOAD, "property",
                                  "bootindex", "value", -1),
                        err) &&
               qmp_send(&vm->qmp, "system_reset", NULL, err) && qmp_send(&vm->qmp, "cont", NULL, err);
}
