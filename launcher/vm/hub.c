// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/screen/view.h"
#include "launcher/vm/socket.h"

enum {
        READ_BLOCK = 4096,
        LINE_LIMIT = 1 << 16,    // bytes of a request
        RAW_LIMIT = 1 << 20,     // bytes queued for a raw console
        DRAW_US = 33000,         // between two pictures
        LARGEST_TERMINAL = 1000, // columns or rows
        FAREWELL_MS = 200,       // for a client to receive the last answer
};

struct client {
        int fd; // -1 if the slot is free
        struct buffer input, output;
        struct view *view; // for a drawn console; else NULL
        bool raw;          // has a raw console
        bool awaits_stop, awaits_task;
        bool leaves; // is dropped once its output is sent
        uint64_t drawn_us;
        bool stale; // the view is older than the console
};

struct hub {
        char *run_folder;
        int listener;
        struct client clients[HUB_CLIENTS];
        struct console *console;
        json_t *status;
        hub_handler *handler;
        void *context;
};

struct hub *hub_open(const char *run_folder, struct console *console, json_t *status, hub_handler *handler,
                     void *context, struct error *err)
{
        int listener = local_socket_listen(run_folder, HUB_SOCKET, err);
        if (listener < 0)
                return NULL;
        struct hub *hub = memory_new(1, sizeof *hub);
        hub->run_folder = memory_text(run_folder);
        hub->listener = listener;
        hub->console = console;
        hub->status = status;
        hub->handler = handler;
        hub->context = context;
        for (size_t i = 0; i < HUB_CLIENTS; i++)
                hub->clients[i].fd = -1;
        return hub;
}

static void drop(struct client *client)
{
        if (client->fd >= 0)
                close(client->fd);
        buffer_free(&client->input);
        buffer_free(&client->output);
        view_free(&client->view);
        *client = (struct client){.fd = -1};
}

// Sends as much as the socket accepts.
static void flush_output(struct client *client)
{
        struct buffer *output = &client->output;
        while (client->fd >= 0 && output->size) {
                ssize_t count = local_socket_send(client->fd, output->data, output->size);
                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0 && errno == EAGAIN)
                        return;
                if (count <= 0) {
                        drop(client);
                        return;
                }
                memmove(output->data, output->data + count, output->size - (size_t)count);
                output->size -= (size_t)count;
        }
        if (client->leaves)
                drop(client);
}

// Sends JSON as a line, and frees it.
static void answer(struct client *client, json_t *json)
{
        AUTO_FREE char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
        json_decref(json);
        buffer_add(&client->output, text, strlen(text));
        buffer_add_u8(&client->output, '\n');
        flush_output(client);
}

static bool has_console(const struct client *client)
{
        return client->view || client->raw;
}

// ---- requests

static void refuse(struct client *client, const char *reason)
{
        if (!has_console(client))
                answer(client, json_pack("{s:s}", "error", reason));
}

static unsigned dimension(const json_t *request, const char *key, unsigned usual)
{
        json_int_t value = json_integer_value(json_object_get(request, key));
        return value > 0 && value <= LARGEST_TERMINAL ? (unsigned)value : usual;
}

static void serve_status(struct hub *hub, struct client *client, const json_t *request)
{
        (void)request;
        answer(client, json_deep_copy(hub->status));
}

static void serve_console(struct hub *hub, struct client *client, const json_t *request)
{
        if (has_console(client)) {
                drop(client);
                return;
        }
        client->raw = json_is_true(json_object_get(request, "raw"));
        if (!client->raw)
                client->view = view_new(dimension(request, "columns", CONSOLE_COLUMNS),
                                        dimension(request, "rows", CONSOLE_ROWS));
        client->stale = client->view != NULL;
        answer(client, json_pack("{s:b}", "console", true));
        // A raw console begins with the screen as it is.
        const char *screen = console_text(hub->console);
        if (client->raw && client->fd >= 0) {
                buffer_add(&client->output, screen, strlen(screen));
                flush_output(client);
        }
}

static void serve_size(struct hub *hub, struct client *client, const json_t *request)
{
        (void)hub;
        if (!client->view) {
                refuse(client, "size: this connection has no drawn console; send console first");
                return;
        }
        view_resize(client->view, dimension(request, "columns", CONSOLE_COLUMNS),
                    dimension(request, "rows", CONSOLE_ROWS));
        client->stale = true;
}

static void serve_line(struct hub *hub, struct client *client, const json_t *request)
{
        (void)hub;
        const char *text = json_string_value(json_object_get(request, "text"));
        if (!client->view || !text) {
                refuse(client, text ? "line: this connection has no drawn console; send console first"
                                    : "line: text is missing");
                return;
        }
        AUTO_FREE char *shown = text_printable(text, strlen(text), false);
        view_status(client->view, shown, json_is_true(json_object_get(request, "insists")));
        client->stale = true;
}

// A console gets no answers: errors and a screenshot's path are shown in the line below the screen.
static void show_reply(struct client *client, json_t *reply)
{
        const char *path = json_string_value(json_object_get(reply, "path"));
        const char *reason = json_string_value(json_object_get(reply, "error"));
        AUTO_FREE char *text =
                path ? text_format("saved as %s.txt and .ansi", path) : memory_text(reason ? reason : "");
        if (client->view && *text) {
                view_status(client->view, text, true);
                client->stale = true;
        }
        json_decref(reply);
}

static void ask(struct hub *hub, struct client *client, const struct hub_request *request)
{
        json_t *reply = hub->handler(request, hub->context);
        if (!reply)
                *(request->wish == HUB_TASK ? &client->awaits_task : &client->awaits_stop) = true;
        else if (has_console(client))
                show_reply(client, reply);
        else
                answer(client, reply);
}

static void serve_keys(struct hub *hub, struct client *client, const json_t *request)
{
        AUTO_BUFFER struct buffer keys = {0};
        const char *hex = json_string_value(json_object_get(request, "hex"));
        if (!hex || !text_parse_hex(hex, &keys) || !keys.size)
                refuse(client, "keys: hex must be one or more bytes in hexadecimal");
        else
                ask(hub, client,
                    &(struct hub_request){.wish = HUB_KEYS, .bytes = (const char *)keys.data, .size = keys.size});
}

static void serve_power_off(struct hub *hub, struct client *client, const json_t *request)
{
        (void)request;
        ask(hub, client, &(struct hub_request){.wish = HUB_POWER_OFF});
}

static void serve_reset(struct hub *hub, struct client *client, const json_t *request)
{
        (void)request;
        ask(hub, client, &(struct hub_request){.wish = HUB_RESET});
}

static void serve_screenshot(struct hub *hub, struct client *client, const json_t *request)
{
        (void)request;
        ask(hub, client, &(struct hub_request){.wish = HUB_SCREENSHOT});
}

static void serve_stop(struct hub *hub, struct client *client, const json_t *request)
{
        json_int_t wait = json_integer_value(json_object_get(request, "wait"));
        ask(hub, client, &(struct hub_request){.wish = HUB_STOP, .wait_s = wait > 0 ? (uint64_t)wait : 0});
}

static void serve_task(struct hub *hub, struct client *client, const json_t *request)
{
        const struct hub_request wish = {
                .wish = HUB_TASK,
                .task = json_string_value(json_object_get(request, "task")),
                .profile = json_string_value(json_object_get(request, "profile")),
                .password = json_string_value(json_object_get(request, "password")),
                .texts = json_object_get(request, "set"),
        };
        if (!wish.task || !wish.profile || has_console(client))
                refuse(client, "task: task or profile is missing");
        else
                ask(hub, client, &wish);
}

static const struct {
        const char *command;
        void (*serve)(struct hub *hub, struct client *client, const json_t *request);
} services[] = {
        {"status", serve_status}, {"console", serve_console},
        {"size", serve_size},     {"line", serve_line},
        {"keys", serve_keys},     {"power-off", serve_power_off},
        {"reset", serve_reset},   {"screenshot", serve_screenshot},
        {"stop", serve_stop},     {"task", serve_task},
};

static void serve_line_of(struct hub *hub, struct client *client, const char *line, size_t length)
{
        json_t *request = json_loadb(line, length, 0, NULL);
        const char *command = json_string_value(json_object_get(request, "command"));
        for (size_t i = 0; command && i < sizeof services / sizeof services[0]; i++) {
                if (strcmp(services[i].command, command) == 0) {
                        services[i].serve(hub, client, request);
                        json_decref(request);
                        return;
                }
        }
        json_decref(request);
        client->leaves = true;
        answer(client, json_pack("{s:s}", "error", "unknown command"));
}

static void serve_input(struct hub *hub, struct client *client)
{
        for (;;) {
                const uint8_t *data = client->input.data;
                const uint8_t *end = client->input.size ? memchr(data, '\n', client->input.size) : NULL;
                if (!end)
                        break;
                size_t length = (size_t)(end - data);
                AUTO_FREE char *line = memory_copy(data, length + 1);
                memmove(client->input.data, end + 1, client->input.size - length - 1);
                client->input.size -= length + 1;
                serve_line_of(hub, client, line, length);
        }
        if (client->input.size > LINE_LIMIT)
                drop(client);
}

static void read_client(struct hub *hub, struct client *client)
{
        uint8_t block[READ_BLOCK];
        ssize_t count = read(client->fd, block, sizeof block);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
                return;
        if (count <= 0) {
                drop(client);
                return;
        }
        buffer_add(&client->input, block, (size_t)count);
        serve_input(hub, client);
}

static void accept_client(struct hub *hub)
{
        AUTO_CLOSE int fd = accept(hub->listener, NULL, NULL);
        if (fd < 0)
                return;
        local_socket_prepare(fd);
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                if (hub->clients[i].fd < 0) {
                        hub->clients[i].fd = DESCRIPTOR_TAKE(fd);
                        return;
                }
        }
        static const char full[] = "{\"error\": \"too many clients are connected to this machine\"}\n";
        local_socket_send(fd, full, sizeof full - 1);
}

bool hub_awaits_task(const struct hub *hub)
{
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                if (hub->clients[i].awaits_task)
                        return true;
        }
        return false;
}

void hub_end_task(struct hub *hub, json_t *json)
{
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                struct client *client = &hub->clients[i];
                if (!client->awaits_task)
                        continue;
                client->awaits_task = false;
                answer(client, json_incref(json));
        }
        json_decref(json);
}

// ---- consoles

void hub_output(struct hub *hub, const void *bytes, size_t size)
{
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                struct client *client = &hub->clients[i];
                client->stale = client->view != NULL;
                if (!client->raw || client->output.size + size > RAW_LIMIT)
                        continue;
                buffer_add(&client->output, bytes, size);
                flush_output(client);
        }
}

// The next picture is drawn only once the last one was sent, so that a slow client skips pictures.
static bool may_draw(const struct client *client)
{
        return client->fd >= 0 && client->view && client->stale && !client->output.size;
}

uint64_t hub_due_us(const struct hub *hub)
{
        uint64_t due = UINT64_MAX;
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                uint64_t at = hub->clients[i].drawn_us + DRAW_US;
                if (may_draw(&hub->clients[i]) && at < due)
                        due = at;
        }
        return due;
}

static void draw(struct hub *hub, struct client *client, uint64_t now)
{
        AUTO_TEXT struct text picture = {0};
        view_draw(client->view, hub->console, &picture);
        client->stale = false;
        client->drawn_us = now;
        buffer_add(&client->output, text_string(&picture), picture.length);
        flush_output(client);
}

// ---- serving

size_t hub_poll(const struct hub *hub, struct pollfd *fds)
{
        size_t count = 0;
        fds[count++] = (struct pollfd){hub->listener, POLLIN, 0};
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                const struct client *client = &hub->clients[i];
                short events = (short)(POLLIN | (client->output.size ? POLLOUT : 0));
                fds[count++] = (struct pollfd){client->fd, events, 0};
        }
        return count;
}

void hub_serve(struct hub *hub, const struct pollfd *fds, size_t count)
{
        for (size_t i = 1; i < count; i++) {
                struct client *client = &hub->clients[i - 1];
                if (client->fd >= 0 && (fds[i].revents & POLLOUT))
                        flush_output(client);
                if (client->fd >= 0 && (fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
                        read_client(hub, client);
        }
        if (count && fds[0].revents)
                accept_client(hub);
        uint64_t now = time_now_us();
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                if (may_draw(&hub->clients[i]) && now >= hub->clients[i].drawn_us + DRAW_US)
                        draw(hub, &hub->clients[i], now);
        }
}

// The last answer is short: a client that does not receive it soon is gone or hangs.
static void say_farewell(struct client *client, const char *how)
{
        if (client->awaits_stop)
                answer(client, json_pack("{s:s}", "stopped", how));
        struct pollfd poll_for = {client->fd, POLLOUT, 0};
        if (client->fd >= 0 && client->output.size && poll(&poll_for, 1, FAREWELL_MS) > 0)
                flush_output(client);
}

void hub_close(struct hub **hub, const char *how)
{
        if (!*hub)
                return;
        uint64_t now = time_now_us();
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                struct client *client = &(*hub)->clients[i];
                if (may_draw(client))
                        draw(*hub, client, now);
                if (client->fd >= 0)
                        say_farewell(client, how);
                drop(client);
        }
        close((*hub)->listener);
        AUTO_FREE char *path = text_format("%s/" HUB_SOCKET, (*hub)->run_folder);
        unlink(path);
        free((*hub)->run_folder);
        free(*hub);
        *hub = NULL;
}
