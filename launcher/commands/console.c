// SPDX-License-Identifier: Apache-2.0
//
// esxiarm console: the console of a machine that another program runs.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/commands/commands.h"
#include "launcher/screen/menu.h"
#include "launcher/screen/terminal.h"
#include "launcher/vm/client.h"

enum {
        ANSWER_MS = 5000,
        HINT_MS = 3000,
        TICK_MS = 250, // until a change of the terminal's size is noticed
        READ_BLOCK = 16384,
};

struct values {
        bool read_only, raw;
};

struct session {
        int fd;
        uint64_t hint_until_ms; // until then the hint to the menu may cover the last row; 0 once it is gone
        bool read_only;
        struct terminal terminal;
        struct menu menu;
        bool left, closed;
};

static bool open_console(struct session *session, bool raw, struct error *err)
{
        json_t *request = raw ? json_pack("{s:s, s:b}", "command", "console", "raw", true)
                              : json_pack("{s:s, s:i, s:i}", "command", "console", "columns",
                                          (int)session->terminal.columns, "rows", (int)session->terminal.rows);
        json_t *answer = control_send(session->fd, request, err) ? control_answer(session->fd, ANSWER_MS, err) : NULL;
        json_decref(answer);
        return answer != NULL;
}

// The line below the guest's screen.
static bool show_line(struct session *session, struct error *err)
{
        AUTO_FREE char *text = menu_text(&session->menu);
        AUTO_FREE char *line = text_format("%s%s", text, session->read_only ? "   (read-only)" : "");
        return control_send(session->fd,
                            json_pack("{s:s, s:s, s:b}", "command", "line", "text", line, "insists",
                                      session->menu.open || session->hint_until_ms),
                            err);
}

static bool follow(struct session *session, enum menu_choice choice, struct error *err)
{
        static const char *const commands[] = {[MENU_POWER_OFF] = "power-off",
                                               [MENU_RESET] = "reset",
                                               [MENU_SCREENSHOT] = "screenshot",
                                               [MENU_RESUME] = NULL};
        session->left = session->left || choice == MENU_LEAVE;
        const char *command = commands[choice];
        return !command || control_send(session->fd, json_pack("{s:s}", "command", command), err);
}

static bool send_typed(struct session *session, struct error *err)
{
        char typed[256];
        ssize_t count = read(STDIN_FILENO, typed, sizeof typed);
        if (count <= 0) {
                session->left = true;
                return true;
        }
        for (size_t at = 0; at < (size_t)count && !session->left;) {
                AUTO_BUFFER struct buffer keys = {0};
                size_t taken = 0;
                enum menu_choice choice = menu_typed(&session->menu, typed + at, (size_t)count - at, &keys, &taken);
                at += taken;
                AUTO_FREE char *hex = text_hex(buffer_view(&keys));
                bool types = keys.size && !session->read_only;
                if (types && !control_send(session->fd, json_pack("{s:s, s:s}", "command", "keys", "hex", hex), err))
                        return false;
                if (!follow(session, choice, err) || !show_line(session, err))
                        return false;
        }
        return true;
}

static bool take_output(struct session *session, struct error *err)
{
        static char block[READ_BLOCK];
        ssize_t count = read(session->fd, block, sizeof block);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
                return true;
        session->closed = count <= 0;
        return session->closed || terminal_write(block, (size_t)count) ||
               error_set(err, ERROR_ENVIRONMENT, "cannot write to standard output");
}

static bool relay(struct session *session, struct error *err)
{
        bool interactive = session->terminal.taken;
        while (!session->left && !session->closed) {
                struct pollfd poll_for[] = {{session->fd, POLLIN, 0},
                                            {interactive ? STDIN_FILENO : -1, POLLIN, 0},
                                            {interrupt_descriptor(), POLLIN, 0}};
                poll(poll_for, 3, interactive ? TICK_MS : -1);
                if (interrupt_pending())
                        return true;
                if (poll_for[0].revents && !take_output(session, err))
                        return false;
                if (poll_for[1].revents && !session->closed && !send_typed(session, err))
                        return false;
                if (session->hint_until_ms && time_now_ms() >= session->hint_until_ms) {
                        session->hint_until_ms = 0;
                        if (!show_line(session, err))
                                return false;
                }
                if (interactive && terminal_resized(&session->terminal) &&
                    !control_send(session->fd,
                                  json_pack("{s:s, s:i, s:i}", "command", "size", "columns",
                                            (int)session->terminal.columns, "rows", (int)session->terminal.rows),
                                  err))
                        return false;
        }
        return true;
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = given;
        AUTO_MACHINE struct machine machine = {.lock = -1};
        if (!machine_open(operands[0], false, &machine, err))
                return (int)err->code;
        AUTO_CLOSE int fd = control_connect(&machine, err);
        struct session session = {
                .fd = fd,
                .read_only = values->read_only,
                .hint_until_ms = time_now_ms() + HINT_MS,
                .menu = {.offered = MENU_OFFER(MENU_LEAVE) | MENU_OFFER(MENU_SCREENSHOT),
                         .leave_text = "leave it running"},
        };
        if (!values->read_only)
                session.menu.offered |= MENU_OFFER(MENU_POWER_OFF) | MENU_OFFER(MENU_RESET);
        if (fd < 0)
                return (int)err->code;
        bool drawn = !values->raw && terminal_take(&session.terminal);
        bool relayed =
                open_console(&session, !drawn, err) && (!drawn || show_line(&session, err)) && relay(&session, err);
        terminal_give_back(&session.terminal);
        if (relayed && drawn)
                fprintf(stderr, "%s: %s\n", operands[0], session.closed ? "the machine is down" : "still running");
        return (int)err->code;
}

static const struct cli_option options[] = {
        {"read-only", NULL, CLI_FLAG, offsetof(struct values, read_only), "show the console without sending keys"},
        {"raw", NULL, CLI_FLAG, offsetof(struct values, raw),
         "print the guest's output unchanged (default if this is not a terminal)"},
        {0},
};

const struct cli_command cmd_console = {
        .name = "console",
        .operands = "MACHINE",
        .summary = "connects to the console of a machine that is up; Ctrl-] opens a menu",
        .details = "Up to 16 terminals may be connected; each shows as much of the screen as fits. While a\n"
                   "machine is being installed or has not come up yet, its launcher accepts no keys from here.\n\n"
                   "Exit codes: 0 you left it, or the machine ended; 1 the machine is not up.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
