// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/qmp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/vm/socket.h"

enum {
        MESSAGE_LIMIT = 1 << 20, // QEMU's events are a few hundred bytes
        READ_BLOCK = 4096,
};

void qmp_begin(struct qmp *qmp, int descriptor)
{
        *qmp = (struct qmp){.descriptor = descriptor};
}

void qmp_end(struct qmp *qmp)
{
        if (qmp->descriptor >= 0)
                close(qmp->descriptor);
        buffer_free(&qmp->input);
        *qmp = (struct qmp){.descriptor = -1};
}

static bool send_command(struct qmp *qmp, const char *command, json_t *arguments, const char *id, struct error *err)
{
        json_t *json = json_pack("{s:s, s:o*, s:s*}", "execute", command, "arguments", arguments, "id", id);
        AUTO_FREE char *text = json_dumps(json, JSON_COMPACT);
        json_decref(json);
        AUTO_FREE char *line = text_format("%s\n", text);
        errno = ENOTCONN;
        // A command is far smaller than the socket's buffer: a partial write means that the connection is broken.
        if (qmp->descriptor < 0 || local_socket_send(qmp->descriptor, line, strlen(line)) != (ssize_t)strlen(line))
                return error_system(err, "QEMU's control channel: cannot send %s", command);
        return true;
}

bool qmp_send(struct qmp *qmp, const char *command, json_t *arguments, struct error *err)
{
        return send_command(qmp, command, arguments, NULL, err);
}

bool qmp_send_optional(struct qmp *qmp, const char *command, json_t *arguments, struct error *err)
{
        return send_command(qmp, command, arguments, QMP_OPTIONAL, err);
}

static bool fill(struct qmp *qmp, struct error *err)
{
        uint8_t block[READ_BLOCK];
        for (;;) {
                ssize_t count = read(qmp->descriptor, block, sizeof block);
                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0 && errno == EAGAIN)
                        return true;
                if (count <= 0) {
                        close(qmp->descriptor);
                        qmp->descriptor = -1;
                        return true;
                }
                buffer_add(&qmp->input, block, (size_t)count);
                if (qmp->input.size > MESSAGE_LIMIT)
                        return error_set(err, ERROR_ENVIRONMENT, "QEMU's control channel: a message is too long");
        }
}

// Removes the first complete line from the input; NULL if no line is complete yet.
static char *take_line(struct qmp *qmp)
{
        const uint8_t *end = qmp->input.size ? memchr(qmp->input.data, '\n', qmp->input.size) : NULL;
        if (!end)
                return NULL;
        size_t length = (size_t)(end - qmp->input.data) + 1;
        char *line = text_format("%.*s", (int)length, (const char *)qmp->input.data);
        memmove(qmp->input.data, qmp->input.data + length, qmp->input.size - length);
        qmp->input.size -= length;
        return line;
}

static void note_version(struct qmp *qmp, const json_t *greeting)
{
        const json_t *version = json_object_get(json_object_get(greeting, "version"), "qemu");
        snprintf(qmp->version, sizeof qmp->version, "%d.%d.%d",
                 (int)json_integer_value(json_object_get(version, "major")),
                 (int)json_integer_value(json_object_get(version, "minor")),
                 (int)json_integer_value(json_object_get(version, "micro")));
}

bool qmp_next(struct qmp *qmp, json_t **message, struct error *err)
{
        *message = NULL;
        if (qmp->descriptor >= 0 && !fill(qmp, err))
                return false;
        for (char *line; (line = take_line(qmp));) {
                json_error_t fault;
                json_t *json = json_loads(line, 0, &fault);
                AUTO_FREE char *shown = text_printable(line, strlen(line) < 200 ? strlen(line) : 200, false);
                memory_free_pointer(&line);
                if (!json)
                        return error_set(err, ERROR_ENVIRONMENT, "QEMU's control channel: not JSON: %s", shown);
                if (!json_object_get(json, "QMP")) {
                        *message = json;
                        return true;
                }
                note_version(qmp, json_object_get(json, "QMP"));
                json_decref(json);
                if (!qmp_send(qmp, "qmp_capabilities", NULL, err))
                        return false;
                qmp->ready = true;
        }
        return true;
}
