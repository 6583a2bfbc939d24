// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/client.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/vm/hub.h"
#include "launcher/vm/socket.h"

enum {
        ANSWER_LIMIT = 1 << 20 // bytes
};

int control_connect(const struct machine *machine, struct error *err)
{
        int fd = local_socket_connect(machine->run_folder, HUB_SOCKET);
        if (fd >= 0)
                return fd;
        uint64_t owner;
        if (!machine_is_held(machine, &owner))
                error_set(err, ERROR_NO, "%s is not up; `esxiarm boot-installed` starts it", machine->folder);
        else
                error_set(err, ERROR_ENVIRONMENT, "%s is in use by process %" PRIu64 ", which has not started it yet",
                          machine->folder, owner);
        return -1;
}

static bool wait_for(int fd, short events, uint64_t deadline_ms, struct error *err)
{
        for (;;) {
                uint64_t now = time_now_ms();
                if (now >= deadline_ms)
                        return error_set(err, ERROR_TIMED_OUT,
                                         "the program that runs the machine did not answer in time");
                struct pollfd poll_for[2] = {{fd, events, 0}, {interrupt_descriptor(), POLLIN, 0}};
                poll(poll_for, 2, (int)(deadline_ms - now));
                if (!interrupt_check(err))
                        return false;
                if (poll_for[0].revents)
                        return true;
        }
}

bool control_send(int fd, json_t *request, struct error *err)
{
        AUTO_FREE char *text = json_dumps(request, JSON_COMPACT | JSON_ENSURE_ASCII);
        json_decref(request);
        AUTO_FREE char *line = text_format("%s\n", text);
        size_t size = strlen(line);
        // A request is far smaller than the socket's buffer: a partial write means that the other end does not read.
        bool sent = local_socket_send(fd, line, size) == (ssize_t)size;
        // It may have a password.
        OPENSSL_cleanse(text, strlen(text));
        OPENSSL_cleanse(line, size);
        if (sent)
                return true;
        return error_set(err, ERROR_ENVIRONMENT, "cannot send a request to the program that runs the machine: %s",
                         strerror(errno));
}

// Reads byte by byte, so as not to consume console output after the line.
static bool read_line(int fd, uint64_t deadline_ms, struct buffer *line, struct error *err)
{
        while (line->size < ANSWER_LIMIT) {
                uint8_t byte;
                ssize_t count = read(fd, &byte, 1);
                if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
                        if (!wait_for(fd, POLLIN, deadline_ms, err))
                                return false;
                        continue;
                }
                if (count <= 0)
                        return error_set(err, ERROR_ENVIRONMENT, "the program that ran the machine has ended");
                if (byte == '\n')
                        return true;
                buffer_add_u8(line, byte);
        }
        return error_set(err, ERROR_ENVIRONMENT, "the program that runs the machine sent an answer that is too long");
}

json_t *control_answer(int fd, uint64_t timeout_ms, struct error *err)
{
        AUTO_BUFFER struct buffer line = {0};
        if (!read_line(fd, time_now_ms() + timeout_ms, &line, err))
                return NULL;
        json_t *answer = json_loadb(line.size ? (const char *)line.data : "", line.size, 0, NULL);
        const char *refusal = json_string_value(json_object_get(answer, "error"));
        if (answer && !refusal)
                return answer;
        error_set(err, ERROR_ENVIRONMENT, "%s",
                  refusal ? refusal : "the program that runs the machine sent an invalid answer");
        json_decref(answer);
        return NULL;
}
