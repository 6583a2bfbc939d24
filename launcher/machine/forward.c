// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/forward.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/text.h"

#define LOOPBACK "127.0.0.1"
#define ANY      "0.0.0.0"

void forwards_free(struct forwards *forwards)
{
        free(forwards->items);
        *forwards = (struct forwards){0};
}

char *forward_text(const struct forward *forward)
{
        return text_format("%s:%" PRIu16 " -> %" PRIu16, forward->address, forward->host, forward->guest);
}

static bool refuse(const char *text, const char *why, struct error *err)
{
        AUTO_FREE char *shown = text_printable(text, strlen(text), false);
        return error_set(err, ERROR_USAGE, "--forward: '%s' %s", shown, why);
}

static bool read_port(const char *text, uint16_t *port)
{
        uint64_t number;
        if (!text_parse_number(text, &number) || !number || number > UINT16_MAX)
                return false;
        *port = (uint16_t)number;
        return true;
}

// Splits TEXT at its last colon and returns the part after it; NULL if it has none.
static char *cut_last(char *text)
{
        char *colon = strrchr(text, ':');
        if (!colon)
                return NULL;
        *colon = '\0';
        return colon + 1;
}

static bool read_forward(const char *text, struct forward *forward, struct error *err)
{
        struct in_addr address;
        AUTO_FREE char *rest = memory_text(text);
        const char *guest = cut_last(rest);
        const char *host = guest ? cut_last(rest) : NULL;
        if (!guest)
                return refuse(text, "is not [ADDR:]HOST:GUEST, such as 2222:22", err);
        const char *where = host ? rest : LOOPBACK;
        if (!read_port(host ? host : rest, &forward->host) || !read_port(guest, &forward->guest))
                return refuse(text, "needs two ports from 1 to 65535, such as 2222:22", err);
        if (inet_pton(AF_INET, where, &address) != 1)
                return refuse(text, "has no IPv4 address of the host before the ports", err);
        inet_ntop(AF_INET, &address, forward->address, sizeof forward->address);
        return true;
}

static bool collide(const struct forward *a, const struct forward *b)
{
        return a->host == b->host &&
               (strcmp(a->address, b->address) == 0 || strcmp(a->address, ANY) == 0 || strcmp(b->address, ANY) == 0);
}

static bool add(struct forwards *forwards, const char *text, struct error *err)
{
        struct forward forward = {0};
        if (!read_forward(text, &forward, err))
                return false;
        for (size_t i = 0; i < forwards->count; i++) {
                if (collide(&forwards->items[i], &forward))
                        return refuse(text, "uses a port of the host that another forward uses", err);
        }
        *MEMORY_ADD(forwards->items, forwards->count) = forward;
        return true;
}

bool forwards_read(const struct settings_list *list, struct forwards *forwards, struct error *err)
{
        const char *texts;
        *forwards = (struct forwards){0};
        for (size_t i = 0; (texts = settings_list_at(list, i)); i++) {
                for (;;) {
                        size_t length = strcspn(texts, ",");
                        AUTO_FREE char *text = text_format("%.*s", (int)length, texts);
                        if (!add(forwards, text, err)) {
                                forwards_free(forwards);
                                return false;
                        }
                        if (!texts[length])
                                break;
                        texts += length + 1;
                }
        }
        return true;
}

bool forwards_check_host(const struct settings_list *list, struct error *err)
{
        AUTO_FORWARDS struct forwards forwards = {0};
        if (!forwards_read(list, &forwards, err))
                return false;
        for (size_t i = 0; i < forwards.count; i++) {
                const struct forward *forward = &forwards.items[i];
                AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM, 0);
                struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(forward->host)};
                inet_pton(AF_INET, forward->address, &address.sin_addr);
                // As in QEMU: a port whose connection has just closed counts as free.
                if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
                    bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
                        continue;
                error_system(err, "--forward: cannot use port %" PRIu16 " of the host on %s", forward->host,
                             forward->address);
                if (err)
                        err->code = ERROR_ENVIRONMENT;
                return error_append(err, "; use another port");
        }
        return true;
}
