// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/attach.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/screen/terminal.h"
#include "launcher/screen/view.h"

enum {
        TICK_US = 250000, // between two checks of the terminal's size
        DRAW_US = 33000,  // between two pictures
        READ_BLOCK = 256,
        HINT_US = 3000000, // how long the menu's hint covers the last row of a terminal of 24 rows
};

struct attachment {
        struct vm *vm;
        const struct attach_input *in;
        struct terminal terminal; // taken over if `foreground`
        struct menu menu;
        struct view *view;
        bool stale; // the view is older than the console
        uint64_t drawn_us;
        uint64_t hint_until_us; // 0 once it is gone
        uint64_t stop_at_us;    // 0 until a client sends stop
        bool ended;
        enum attach_end end;
};

static void end_with(struct attachment *attachment, enum attach_end end)
{
        attachment->ended = true;
        attachment->end = end;
}

// ---- the terminal

static void show_line(struct attachment *attachment, const char *message)
{
        AUTO_FREE char *text = message ? memory_text(message) : menu_text(&attachment->menu);
        view_status(attachment->view, text, message || attachment->menu.open || attachment->hint_until_us);
        attachment->stale = true;
}

static void take_terminal(struct attachment *attachment)
{
        if (!attachment->in->foreground)
                return;
        if (!terminal_take(&attachment->terminal)) {
                fputs("Ctrl-C stops the machine.\n", stderr);
                vm_echo(attachment->vm, STDOUT_FILENO);
                return;
        }
        attachment->view = view_new(attachment->terminal.columns, attachment->terminal.rows);
        attachment->hint_until_us = time_now_us() + HINT_US;
        show_line(attachment, NULL);
        vm_listen(attachment->vm, STDIN_FILENO);
}

static void give_terminal_back(struct attachment *attachment)
{
        vm_listen(attachment->vm, -1);
        vm_echo(attachment->vm, -1);
        terminal_give_back(&attachment->terminal);
        view_free(&attachment->view);
}

static bool draw(struct attachment *attachment, struct error *err)
{
        struct terminal *terminal = &attachment->terminal;
        uint64_t now = time_now_us();
        if (!attachment->view)
                return true;
        if (terminal_resized(terminal)) {
                view_resize(attachment->view, terminal->columns, terminal->rows);
                attachment->stale = true;
        }
        if (attachment->hint_until_us && now >= attachment->hint_until_us) {
                attachment->hint_until_us = 0;
                show_line(attachment, NULL);
        }
        if (!attachment->stale || now < attachment->drawn_us + DRAW_US)
                return true;
        AUTO_TEXT struct text picture = {0};
        view_draw(attachment->view, vm_console(attachment->vm), &picture);
        attachment->stale = false;
        attachment->drawn_us = now;
        return terminal_write(text_string(&picture), picture.length) ||
               error_set(err, ERROR_INTERRUPTED, "the terminal is gone");
}

static void take_screenshot(struct attachment *attachment)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *path = vm_screenshot(attachment->vm, &err);
        AUTO_FREE char *message = path ? text_format("saved as %s.txt and .ansi", path) : memory_text(err.message);
        show_line(attachment, message);
}

static bool follow(struct attachment *attachment, enum menu_choice choice, struct error *err)
{
        switch (choice) {
        case MENU_NONE:
                return true;
        case MENU_LEAVE:
                end_with(attachment, ATTACH_LEFT);
                return true;
        case MENU_RESUME:
                end_with(attachment, ATTACH_RESUME);
                return true;
        case MENU_POWER_OFF:
                return vm_power_off(attachment->vm, err);
        case MENU_RESET:
                return vm_reset(attachment->vm, err);
        case MENU_SCREENSHOT:
                take_screenshot(attachment);
                return true;
        }
        return true;
}

static bool take_typed(struct attachment *attachment, struct error *err)
{
        char typed[READ_BLOCK];
        ssize_t count = read(STDIN_FILENO, typed, sizeof typed);
        if (count <= 0)
                return error_set(err, ERROR_INTERRUPTED, "the terminal is gone");
        for (size_t at = 0; at < (size_t)count && !attachment->ended;) {
                AUTO_BUFFER struct buffer keys = {0};
                size_t taken = 0;
                enum menu_choice choice = menu_typed(&attachment->menu, typed + at, (size_t)count - at, &keys, &taken);
                at += taken;
                show_line(attachment, NULL);
                if (!vm_send(attachment->vm, (const char *)keys.data, keys.size, VM_ECHO_US, err) ||
                    !follow(attachment, choice, err))
                        return false;
        }
        return true;
}

// ---- the machine's end

// On the first stop, presses the power button; the guest then has stop_wait_s to power off.
static bool heed_stop(struct attachment *attachment, struct error *err)
{
        const struct vm_state *state = vm_state(attachment->vm);
        if (!state->stop_asked || attachment->ended)
                return true;
        uint64_t now = time_now_us();
        if (!attachment->stop_at_us) {
                attachment->stop_at_us = now + state->stop_wait_s * 1000000;
                if (state->stop_wait_s && !vm_power_off(attachment->vm, err))
                        return false;
        }
        if (now >= attachment->stop_at_us)
                end_with(attachment, ATTACH_STOPPED);
        return true;
}

// Checks whether the guest ended by itself. During an installation QEMU pauses then; otherwise it exits.
static bool heed_guest(struct attachment *attachment, struct error *err)
{
        const struct vm_state *state = vm_state(attachment->vm);
        if (state->paused_at_reset)
                end_with(attachment, ATTACH_RESET);
        if (state->shut_down) {
                vm_tell_how(attachment->vm, "powered off");
                end_with(attachment, ATTACH_POWERED_OFF);
        }
        return attachment->ended || !state->ended || vm_fail_ended(attachment->vm, err);
}

// ---- tasks

// Clients may type, press buttons and stop the machine, except while a task is done.
static void accept(struct vm *vm, bool wishes)
{
        vm_accept_stop(vm, wishes);
        vm_accept_keys(vm, wishes);
}

static void heed_task(struct attachment *attachment)
{
        struct vm *vm = attachment->vm;
        const struct vm_task *task = attachment->in->task ? vm_begin_task(vm) : NULL;
        if (!task)
                return;
        AUTO_FREE char *message = text_format("doing the task %s ...", task->name);
        accept(vm, false);
        vm_listen(vm, -1);
        if (attachment->view) {
                show_line(attachment, message);
                attachment->drawn_us = 0;
                draw(attachment, NULL);
        }
        vm_end_task(vm, attachment->in->task(vm, task, attachment->in->context));
        accept(vm, true);
        if (attachment->view) {
                vm_listen(vm, STDIN_FILENO);
                show_line(attachment, NULL);
        }
}

static uint64_t wake_us(const struct attachment *attachment)
{
        uint64_t wake = time_now_us() + TICK_US;
        if (attachment->view && attachment->stale && attachment->drawn_us + DRAW_US < wake)
                wake = attachment->drawn_us + DRAW_US;
        if (attachment->stop_at_us && attachment->stop_at_us < wake)
                wake = attachment->stop_at_us;
        return wake;
}

static bool attend(struct attachment *attachment, struct error *err)
{
        while (!attachment->ended) {
                enum vm_event event;
                if (!draw(attachment, err) || !vm_wait(attachment->vm, wake_us(attachment), &event, err))
                        return false;
                attachment->stale = attachment->stale || event == VM_OUTPUT;
                if (attachment->in->look)
                        attachment->in->look(attachment->in->context);
                if (event == VM_INPUT && !take_typed(attachment, err))
                        return false;
                if (!heed_guest(attachment, err) || !heed_stop(attachment, err))
                        return false;
                if (!attachment->ended)
                        heed_task(attachment);
        }
        return true;
}

bool attach_run(struct vm *vm, const struct attach_input *input, enum attach_end *end, struct error *err)
{
        struct attachment attachment = {
                .vm = vm,
                .in = input,
                .menu = {.offered = input->offered, .leave_text = input->leave_text},
        };
        accept(vm, true);
        vm_accept_tasks(vm, input->task);
        take_terminal(&attachment);
        bool attended = attend(&attachment, err);
        give_terminal_back(&attachment);
        accept(vm, false);
        vm_accept_tasks(vm, false);
        *end = attachment.end;
        return attended;
}
