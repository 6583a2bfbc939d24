// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // O_NOATIME
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/image-lock.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/machine/forward.h"
#include "launcher/vm/qemu.h"
#include "launcher/vm/socket.h"
#include "launcher/vm/vm-private.h"

enum {
        START_TIMEOUT_MS = 30000,
        FIRST_LOOK_MS = 15,   // for QEMU to load, before it creates its socket
        RETRY_MS = 5,         // between two attempts to connect to it
        LAST_WORDS_MS = 1000, // for QEMU to exit after it closed its socket
        QUIT_TIMEOUT_MS = 5000,
        KILL_TIMEOUT_MS = 2000,
        LOG_TAIL = 2000, // bytes of QEMU's output in an error message
};

static const char console_pipe[] = "console";
static const char qmp_socket[] = "qmp.sock";

// The end of what QEMU printed, freed with free().
static char *qemu_words(const struct vm *vm)
{
        AUTO_FREE char *path = evidence_path(vm->evidence, "qemu.log");
        AUTO_BUFFER struct buffer log = {0};
        file_read_end(path, LOG_TAIL, &log, NULL);
        size_t length = log.size;
        while (length && log.data[length - 1] == '\n')
                length--;
        return text_printable(length ? (const char *)log.data : "", length, true);
}

bool vm_fail_ended(const struct vm *vm, struct error *err)
{
        AUTO_FREE char *words = qemu_words(vm);
        int code = vm->state.exit_code;
        if (code > 128)
                error_set(err, ERROR_ENVIRONMENT, "QEMU was killed by signal %d", code - 128);
        else
                error_set(err, ERROR_ENVIRONMENT, "QEMU ended with exit code %d", code);
        return error_append(err, "%s%s", *words ? "; it printed: " : "", words);
}

void vm_note_end(struct vm *vm)
{
        vm->state.ended = true;
        vm->state.exit_code = vm->qemu.exit_code;
        evidence_event(vm->evidence, "qemu-ended", json_pack("{s:i}", "exit_code", vm->qemu.exit_code));
        evidence_fact(vm->evidence, "qemu_cpu", json_real(vm->qemu.cpu_s));
        evidence_fact(vm->evidence, "qemu_memory", json_integer((json_int_t)vm->qemu.memory));
}

// Connects to the socket NAME once QEMU has created it.
static int connect_when_there(struct vm *vm, const char *name, uint64_t deadline_ms, struct error *err)
{
        for (int wait_ms = FIRST_LOOK_MS;; wait_ms = RETRY_MS) {
                if (process_wait(&vm->qemu, wait_ms)) {
                        vm_note_end(vm);
                        vm_fail_ended(vm, err);
                        return -1;
                }
                int fd = local_socket_connect(vm->run_folder, name);
                if (fd >= 0)
                        return fd;
                if (errno != ENOENT && errno != ECONNREFUSED) {
                        error_system(err, "%s/%s: cannot connect", vm->run_folder, name);
                        return -1;
                }
                if (!interrupt_check(err))
                        return -1;
                if (time_now_ms() > deadline_ms) {
                        error_set(err, ERROR_ENVIRONMENT, "QEMU did not create %s/%s within %d s", vm->run_folder, name,
                                  START_TIMEOUT_MS / 1000);
                        return -1;
                }
        }
}

static void add_arguments(const struct vm_input *input, struct arguments *arguments)
{
        AUTO_FREE char *log = evidence_path(input->evidence, "serial.log");
        struct qemu_machine machine = {
                .name = machine_name(input->machine),
                .settings = input->settings,
                .code_path = input->code_path,
                .vars_path = input->machine->vars_path,
                .disk_path = input->machine->disk_path,
                .disk_format = input->machine->disk_format,
                .payload_path = input->payload_path,
                .console_log = log,
                .console_pipe = console_pipe,
                .qmp_socket = qmp_socket,
        };
        qemu_arguments(&machine, arguments);
}

static void remove_channels(const struct vm *vm)
{
        AUTO_FREE char *input = text_format("%s/%s.in", vm->run_folder, console_pipe);
        AUTO_FREE char *output = text_format("%s/%s.out", vm->run_folder, console_pipe);
        AUTO_FREE char *qmp = file_path(vm->run_folder, qmp_socket);
        unlink(input);
        unlink(output);
        unlink(qmp);
}

// A FIFO, opened for reading and writing, so that it never reports an end and opening it does not wait for QEMU.
static int make_pipe(const struct vm *vm, const char *ending, struct error *err)
{
        AUTO_FREE char *path = text_format("%s/%s%s", vm->run_folder, console_pipe, ending);
        int fd = mkfifo(path, 0600) == 0 ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
        if (fd < 0)
                error_system(err, "%s: cannot create", path);
#ifdef O_NOATIME
        // Updating the access time takes a third of the time of a read.
        if (fd >= 0)
                fcntl(fd, F_SETFL, O_NONBLOCK | O_NOATIME);
#endif
        return fd;
}

static bool make_console(struct vm *vm, struct error *err)
{
        vm->console_output = make_pipe(vm, ".out", err);
        vm->console_input = vm->console_output >= 0 ? make_pipe(vm, ".in", err) : -1;
        return vm->console_input >= 0;
}

static bool start_qemu(struct vm *vm, const struct vm_input *input, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        add_arguments(input, &arguments);
        AUTO_FREE char *command = arguments_quoted(&arguments);
        evidence_event(vm->evidence, "qemu-start", json_pack("{s:s}", "command", command));
        remove_channels(vm);
        if (!make_console(vm, err))
                return false;
        AUTO_FREE char *log = evidence_path(vm->evidence, "qemu.log");
        return process_start(&arguments, vm->run_folder, log, &vm->qemu, err);
}

// Waits for QMP's greeting, which must come before any command, and starts the guest.
static bool negotiate(struct vm *vm, uint64_t deadline_ms, struct error *err)
{
        while (!vm->qmp.ready) {
                json_t *message;
                if (!interrupt_check(err) || !qmp_next(&vm->qmp, &message, err))
                        return false;
                json_decref(message);
                if (vm->qmp.descriptor < 0 || time_now_ms() > deadline_ms)
                        return error_set(err, ERROR_ENVIRONMENT, "QEMU's control channel did not answer within %d s",
                                         START_TIMEOUT_MS / 1000);
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
        return negotiate(vm, deadline, err);
}

static json_t *forwards_of(const struct settings *settings)
{
        AUTO_FORWARDS struct forwards forwards = {0};
        json_t *texts = json_array();
        forwards_read(&settings->forwards, &forwards, NULL);
        for (size_t i = 0; i < forwards.count; i++) {
                AUTO_FREE char *text = forward_text(&forwards.items[i]);
                json_array_append_new(texts, json_string(text));
        }
        return texts;
}

// The job that runs the machine adds to it.
static json_t *new_status(const struct vm *vm, const struct vm_input *input)
{
        AUTO_FREE char *now = time_stamp();
        return json_pack("{s:b, s:s, s:s, s:i, s:i, s:s, s:o, s:s}", "up", true, "machine", input->machine->folder,
                         "command", input->command, "pid", (int)getpid(), "qemu_pid", (int)vm->qemu.pid, "up_since",
                         now, "forwards", forwards_of(input->settings), "evidence", evidence_folder(input->evidence));
}

static bool open_hub(struct vm *vm, const struct vm_input *input, struct error *err)
{
        vm->status = new_status(vm, input);
        vm->hub = hub_open(vm->run_folder, vm->console, vm->status, vm_serve, vm, err);
        return vm->hub != NULL;
}

// QEMU opens its socket before it checks all arguments, so it may exit while we connect. The error is then that it
// exited, whatever the failed connection looked like.
static void explain_end(struct vm *vm, struct error *err)
{
        if (vm->state.ended || (err && err->code == ERROR_INTERRUPTED) || !process_wait(&vm->qemu, LAST_WORDS_MS))
                return;
        vm_note_end(vm);
        vm_fail_ended(vm, err);
}

// QEMU does not lock the variable store: two of them would write into it.
static bool check_vars(const char *path, struct error *err)
{
        return !image_is_written_at(path) ||
               error_set(err, ERROR_ENVIRONMENT,
                         "%s: another QEMU has it open for writing; shut that machine down first, or use a copy", path);
}

struct vm *vm_start(const struct vm_input *input, struct error *err)
{
        if (!check_vars(input->machine->vars_path, err))
                return NULL;
        AUTO_VM struct vm *vm = memory_new(1, sizeof *vm);
        vm->qmp.descriptor = -1;
        vm->console_output = vm->console_input = -1;
        vm->input = -1;
        vm->echo = -1;
        vm->evidence = input->evidence;
        vm->run_folder = memory_text(input->machine->run_folder);
        vm->console = console_new();
        vm->how_stopped = "quit";
        vm->state.last_output_us = time_now_us();
        if (!start_qemu(vm, input, err))
                return NULL;
        if (!connect_to_qemu(vm, err)) {
                explain_end(vm, err);
                return NULL;
        }
        return open_hub(vm, input, err) ? MEMORY_TAKE(vm) : NULL;
}

// Reads what QEMU wrote before it exited.
static void drain_console(struct vm *vm)
{
        struct pollfd poll_for = {vm->console_output, POLLIN, 0};
        while (vm->console_output >= 0 && poll(&poll_for, 1, 0) > 0)
                vm_take_output(vm);
        evidence_quiet(vm->evidence);
        evidence_flush(vm->evidence);
        vm_close_console(vm);
}

// Waits until QEMU exits, and reads the console meanwhile: QEMU blocks if its output is not read.
static bool wait_for_end(struct vm *vm, uint64_t timeout_ms)
{
        uint64_t deadline = time_now_ms() + timeout_ms;
        for (;;) {
                uint64_t now = time_now_ms();
                if (process_wait(&vm->qemu, 0))
                        return true;
                if (now >= deadline)
                        return false;
                struct pollfd poll_for[] = {{vm->console_output, POLLIN, 0}, {vm->qemu.descriptor, POLLIN, 0}};
                poll(poll_for, 2, (int)(deadline - now));
                if (vm->console_output >= 0 && poll_for[0].revents)
                        vm_take_output(vm);
        }
}

void vm_stop(struct vm **vm)
{
        struct vm *stopped = *vm;
        if (!stopped)
                return;
        if (stopped->qemu.pid) {
                bool asked = vm_let_shut_down(stopped, NULL) && qmp_send(&stopped->qmp, "quit", NULL, NULL);
                if (!asked || !wait_for_end(stopped, QUIT_TIMEOUT_MS))
                        process_end(&stopped->qemu, KILL_TIMEOUT_MS);
                vm_note_end(stopped);
        }
        drain_console(stopped);
        hub_close(&stopped->hub, stopped->how_stopped);
        vm_forget_task(stopped);
        json_decref(stopped->status);
        remove_channels(stopped);
        qmp_end(&stopped->qmp);
        console_free(&stopped->console);
        free(stopped->run_folder);
        free(stopped);
        *vm = NULL;
}
