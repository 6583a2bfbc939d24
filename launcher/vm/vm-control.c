// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/machine/machine.h"
#include "launcher/vm/qemu.h"
#include "launcher/vm/vm-private.h"

enum {
        TAIL_LINES = 200,
        TAIL_LIMIT = 1 << 20,    // bytes that are read for them
        LAST_WORDS_US = 2000000, // for a failing guest to finish printing
        PICTURE_US = 2000000,    // for QEMU to write the picture of its display
        LOOK_US = 20000,         // between two checks for it
};

bool vm_let_shut_down(struct vm *vm, struct error *err)
{
        return qmp_send(&vm->qmp, "set-action", json_pack("{s:s, s:s}", "reboot", "reset", "shutdown", "poweroff"),
                        err);
}

bool vm_reboot(struct vm *vm, struct error *err)
{
        vm->state.paused_at_reset = false;
        return vm_let_shut_down(vm, err) &&
               qmp_send(&vm->qmp, "qom-set",
                        json_pack("{s:s, s:s, s:i}", "path", "/machine/peripheral/" MACHINE_PAYLOAD_DEVICE, "property",
                                  "bootindex", "value", -1),
                        err) &&
               qmp_send(&vm->qmp, "system_reset", NULL, err) && qmp_send(&vm->qmp, "cont", NULL, err);
}

bool vm_check_panic(const struct vm *vm, struct error *err)
{
        return !vm->state.panicked || error_set(err, ERROR_PANIC, "the guest reported a panic to QEMU");
}

bool vm_power_off(struct vm *vm, struct error *err)
{
        return qmp_send(&vm->qmp, "system_powerdown", NULL, err);
}

bool vm_reset(struct vm *vm, struct error *err)
{
        return qmp_send(&vm->qmp, "system_reset", NULL, err);
}

json_t *vm_status(struct vm *vm)
{
        return vm->status;
}

void vm_accept_keys(struct vm *vm, bool accept)
{
        vm->accepts_keys = accept;
}

void vm_accept_stop(struct vm *vm, bool accept)
{
        vm->accepts_stop = accept;
}

void vm_tell_how(struct vm *vm, const char *how)
{
        vm->how_stopped = how;
}

// Saves the screen as text, with and without colours, and has QEMU save a picture of its display, if any. Returns
// NAME's path without extension, freed with free(); NULL if it could not be written.
static char *save_screen(struct vm *vm, const char *name, struct error *err)
{
        AUTO_FREE char *base = evidence_path(vm->evidence, name);
        AUTO_FREE char *plain = text_format("%s.txt", base);
        AUTO_FREE char *coloured = text_format("%s.ansi", base);
        AUTO_FREE char *picture = text_format("%s.png", base);
        const char *text = console_text(vm->console);
        if (!file_replace(plain, 0666, (struct bytes){(const uint8_t *)text, strlen(text)}, err))
                return NULL;
        const char *ansi = console_text_ansi(vm->console);
        if (!file_replace(coloured, 0666, (struct bytes){(const uint8_t *)ansi, strlen(ansi)}, err))
                return NULL;
        vm->optional_pending = qmp_send_optional(&vm->qmp, "screendump",
                                                 json_pack("{s:s, s:s}", "filename", picture, "format", "png"), NULL);
        evidence_event(vm->evidence, "screenshot", json_pack("{s:s}", "name", name));
        return MEMORY_TAKE(base);
}

char *vm_screenshot(struct vm *vm, struct error *err)
{
        AUTO_FREE char *name = text_format("screen-%" PRIu64, evidence_elapsed_ms(vm->evidence));
        return save_screen(vm, name, err);
}

static struct bytes last_lines(struct bytes text, unsigned count)
{
        size_t at = text.size;
        while (at && (text.data[at - 1] != '\n' || at == text.size || --count))
                at--;
        return bytes_from(text, at);
}

static bool save_tail(struct vm *vm, struct error *err)
{
        AUTO_FREE char *lines = evidence_path(vm->evidence, "console.txt");
        AUTO_FREE char *tail = evidence_path(vm->evidence, "failure-console.txt");
        AUTO_BUFFER struct buffer end = {0};
        evidence_flush(vm->evidence);
        return file_read_end(lines, TAIL_LIMIT, &end, err) &&
               file_replace(tail, 0666, last_lines(buffer_view(&end), TAIL_LINES), err);
}

// Waits until the guest has finished printing, a panic for instance.
static void let_finish(struct vm *vm)
{
        enum vm_event event;
        uint64_t deadline = time_now_us() + LAST_WORDS_US;
        while (!vm->quiet && !vm->state.ended && time_now_us() < deadline && vm_wait(vm, deadline, &event, NULL))
                ;
}

void vm_save_failure(struct vm *vm)
{
        let_finish(vm);
        evidence_quiet(vm->evidence);
        free(save_screen(vm, "failure-screen", NULL));
        save_tail(vm, NULL);
        // QEMU writes the picture in the background.
        uint64_t deadline = time_now_us() + PICTURE_US;
        enum vm_event event;
        while (vm->optional_pending && !vm->state.ended && time_now_us() < deadline &&
               vm_wait(vm, time_now_us() + LOOK_US, &event, NULL))
                ;
}

static json_t *done(bool worked, const struct error *err)
{
        return worked ? json_pack("{s:b}", "done", true) : json_pack("{s:s}", "error", err->message);
}

static json_t *serve_screenshot(struct vm *vm)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *path = vm_screenshot(vm, &err);
        return path ? json_pack("{s:s}", "path", path) : done(false, &err);
}

// The wish is kept until vm_begin_task.
static json_t *serve_task(struct vm *vm, const struct hub_request *request)
{
        if (!vm->accepts_tasks || vm->task.name)
                return json_pack("{s:s}", "error",
                                 vm->task.name ? "the launcher is doing another task on the machine"
                                               : "the launcher is driving the machine and takes no task");
        vm->task = (struct vm_task){
                .name = memory_text(request->task),
                .profile = memory_text(request->profile),
                .password = memory_text(request->password ? request->password : ""),
        };
        size_t i;
        const json_t *text;
        json_array_foreach ((json_t *)request->texts, i, text) {
                if (json_is_string(text))
                        arguments_add(&vm->task.texts, json_string_value(text));
        }
        return NULL;
}

void vm_accept_tasks(struct vm *vm, bool accept)
{
        vm->accepts_tasks = accept;
}

void vm_forget_task(struct vm *vm)
{
        if (vm->task.password)
                OPENSSL_cleanse((char *)vm->task.password, strlen(vm->task.password));
        free((char *)vm->task.name);
        free((char *)vm->task.profile);
        free((char *)vm->task.password);
        arguments_free(&vm->task.texts);
        vm->task = (struct vm_task){0};
        vm->in_task = false;
}

const struct vm_task *vm_begin_task(struct vm *vm)
{
        if (vm->task.name && !hub_awaits_task(vm->hub))
                vm_forget_task(vm);
        vm->in_task = vm->task.name != NULL;
        return vm->in_task ? &vm->task : NULL;
}

void vm_end_task(struct vm *vm, json_t *answer)
{
        hub_end_task(vm->hub, answer);
        vm_forget_task(vm);
}

json_t *vm_serve(const struct hub_request *request, void *context)
{
        struct vm *vm = context;
        AUTO_ERROR struct error err = {0};
        if (request->wish == HUB_STOP) {
                vm->state.stop_asked = true;
                vm->state.stop_wait_s = request->wait_s;
                return NULL;
        }
        if (request->wish == HUB_SCREENSHOT)
                return serve_screenshot(vm);
        if (request->wish == HUB_TASK)
                return serve_task(vm, request);
        if (!vm->accepts_keys)
                return json_pack("{s:s}", "error",
                                 "the launcher is driving the machine and accepts no keys or buttons");
        switch (request->wish) {
        case HUB_KEYS:
                return done(vm_send(vm, request->bytes, request->size, VM_ECHO_US, &err), &err);
        case HUB_POWER_OFF:
                return done(vm_power_off(vm, &err), &err);
        case HUB_RESET:
                return done(vm_reset(vm, &err), &err);
        case HUB_SCREENSHOT:
        case HUB_STOP:
        case HUB_TASK:
                break;
        }
        return NULL;
}
