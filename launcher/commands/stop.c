// SPDX-License-Identifier: Apache-2.0
//
// esxiarm stop: ends a machine that is up, by its power button first.
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/time.h"
#include "launcher/commands/commands.h"
#include "launcher/screen/display.h"
#include "launcher/vm/client.h"
#include "launcher/vm/recovery.h"

enum {
        USUAL_WAIT_S = 60,
        MOST_WAIT_S = 86400,
        MARGIN_MS = 30000, // for QEMU to end and the evidence to be written
        SLICE_MS = 100,
};

struct values {
        uint64_t wait_s;
        bool now, json;
};

// Waits for the answer to a request to stop, which the caller frees. A live line shows the elapsed time.
static json_t *await_end(int fd, uint64_t wait_s, struct error *err)
{
        AUTO_DISPLAY struct display *display = display_begin("stop");
        uint64_t deadline = time_now_ms() + wait_s * 1000 + MARGIN_MS;
        display_waiting(display, wait_s ? "waiting for the guest to power off ..." : "ending the machine ...");
        for (;;) {
                json_t *answer = control_answer(fd, SLICE_MS, err);
                if (answer || err->code != ERROR_TIMED_OUT || time_now_ms() >= deadline)
                        return answer;
                error_clear(err);
                display_tick(display);
        }
}

// The message that it is down may arrive before the lock is free.
static bool await_lock(const struct machine *machine, struct error *err)
{
        uint64_t owner;
        uint64_t deadline = time_now_ms() + MARGIN_MS;
        while (machine_is_held(machine, &owner)) {
                if (time_now_ms() >= deadline)
                        return error_set(err, ERROR_TIMED_OUT, "%s is down, but process %" PRIu64 " still holds it",
                                         machine->folder, owner);
                time_sleep_ms(SLICE_MS / 10);
        }
        return true;
}

// How the machine ended, freed with free(); NULL, with ERR filled, on failure.
static char *stop(const struct machine *machine, uint64_t wait_s, struct error *err)
{
        AUTO_CLOSE int fd = control_connect(machine, err);
        if (fd < 0 || !control_send(fd, json_pack("{s:s, s:I}", "command", "stop", "wait", (json_int_t)wait_s), err))
                return NULL;
        json_t *answer = await_end(fd, wait_s, err);
        const char *how = json_string_value(json_object_get(answer, "stopped"));
        char *copy = answer && await_lock(machine, err) ? memory_text(how ? how : "ended") : NULL;
        json_decref(answer);
        return copy;
}

// A machine without an owner is down, once the leftovers of a dead owner are removed.
static bool clear_away(const char *folder, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        return machine_open(folder, false, &machine, err) && machine_lock(&machine, err) && recovery_run(&machine, err);
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = given;
        uint64_t wait_s = values->now ? 0 : values->wait_s ? values->wait_s : USUAL_WAIT_S;
        AUTO_MACHINE struct machine machine = {.lock = -1};
        if (wait_s > MOST_WAIT_S)
                error_set(err, ERROR_USAGE, "--wait: invalid value %" PRIu64 " (expected 1 to %d seconds)", wait_s,
                          MOST_WAIT_S);
        if (err->code || !machine_open(operands[0], false, &machine, err))
                return (int)err->code;
        AUTO_FREE char *how = stop(&machine, wait_s, err);
        bool was_up = how != NULL;
        if (err->code == ERROR_NO) {
                error_clear(err);
                if (clear_away(operands[0], err))
                        how = memory_text("was not up");
        }
        if (!how)
                return (int)err->code;
        if (values->json)
                cli_print_json(json_pack("{s:b, s:s}", "was_up", was_up, "how", how));
        else
                printf("%s: %s\n", operands[0], how);
        return 0;
}

static const struct cli_option options[] = {
        {"wait", "SECONDS", CLI_NUMBER, offsetof(struct values, wait_s),
         "for the guest to power itself off (default 60)"},
        {"now", NULL, CLI_FLAG, offsetof(struct values, now), "do not wait for the guest"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_stop = {
        .name = "stop",
        .operands = "MACHINE",
        .summary = "ends a machine that is up: its power button, and QEMU's end if that does not help",
        .details = "Returns once the machine is down. A machine that is not up is not a failure; what a launcher\n"
                   "that died has left is removed. An installation in progress is lost.\n\n"
                   "Exit codes: 0 the machine is down, 2 no such machine, 4 it could not be ended.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
