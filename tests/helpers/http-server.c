// SPDX-License-Identifier: Apache-2.0
//
// A web server on a free loopback port that can misbehave: http-server FOLDER
//
// It prints `port N`, then a line for every request once it is handled (or has stalled), and serves until it is killed
// or its parent ends. It also handles requests to a proxy, for any host.
//
//   /NAME                 the file, with its length, or the part that a Range requests
//   /no-range/NAME        the whole file, even for a Range
//   /wrong-range/NAME     the part that begins one byte before the requested one
//   /drip/N/NAME          at most N bytes of the requested part, then the end of the connection
//   /reset/N/NAME         the first N bytes, then a reset of the connection
//   /first/N/NAME         status N for every other request, beginning with the first; else the file
//   /page                 a web page, with status 200
//   /no-length/NAME       the file without a length
//   /truncate/N/NAME      the length of the file, but only its first N bytes
//   /stall/N/NAME         the first N bytes, then nothing until the client goes
//   /flip/N/NAME          the file with the lowest bit of byte N flipped
//   /status/N             status N, with a page that says so
//   /retry-after/N        status 503, with Retry-After: N seconds
//   /redirect/NAME        a redirection to /NAME
//   /redirect-to-file/X   a redirection to file:///X
//   /circle               a redirection to itself
//   /endless              bytes without end and without a length
//   /silent               no response
//   /empty                the connection is closed without a response
//   /garbage              a response that is not HTTP
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#ifndef MSG_NOSIGNAL // an older macOS
#define MSG_NOSIGNAL 0
#endif

enum {
        REQUEST_LIMIT = 8192, // bytes
        FILE_LIMIT = 64 << 20,
        STATUS_LIMIT = 600,
        LOOK_MS = 1000, // between checks for the parent
};

static const char *folder;

// Of the current request.
static long range_begin; // where a Range begins; 0 without a Range

// How often /first was requested with each status, over all connections.
static unsigned *first_counts;

struct content {
        unsigned char *data;
        size_t size;
        bool found;
};

static void say(const char *format, ...)
{
        char line[REQUEST_LIMIT];
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        // One write, so that the lines of several connections do not mix.
        if (length > 0 && write(STDOUT_FILENO, line, (size_t)length) != length)
                exit(1);
}

static bool send_all(int client, const void *data, size_t size)
{
        const char *at = data;
        while (size) {
                ssize_t count = send(client, at, size, MSG_NOSIGNAL);
                if (count <= 0)
                        return false;
                at += count;
                size -= (size_t)count;
        }
        return true;
}

static bool send_text(int client, const char *format, ...)
{
        char text[REQUEST_LIMIT];
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        return length > 0 && send_all(client, text, (size_t)length);
}

static void send_head(int client, int status, long length)
{
        send_text(client, "HTTP/1.1 %d Answer\r\nConnection: close\r\n", status);
        if (length >= 0)
                send_text(client, "Content-Length: %ld\r\n", length);
        send_text(client, "\r\n");
}

static void send_status(int client, int status)
{
        send_head(client, status, 16);
        send_text(client, "this is an error");
}

static void wait_for_the_client_to_go(int client)
{
        char block[512];
        while (recv(client, block, sizeof block, 0) > 0)
                ;
}

static struct content read_file(const char *name)
{
        struct content content = {0};
        char path[REQUEST_LIMIT + 256];
        snprintf(path, sizeof path, "%s/%s", folder, name);
        FILE *file = strstr(name, "..") ? NULL : fopen(path, "rb");
        if (!file)
                return content;
        content.data = malloc(FILE_LIMIT);
        content.size = content.data ? fread(content.data, 1, FILE_LIMIT, file) : 0;
        content.found = content.data != NULL;
        fclose(file);
        return content;
}

// Sends the file from BEGIN on, at most MOST bytes.
static void send_part(int client, struct content content, size_t begin, size_t most)
{
        if (begin >= content.size && begin) {
                send_text(client,
                          "HTTP/1.1 416 Answer\r\nConnection: close\r\nContent-Range: bytes */%zu\r\n"
                          "Content-Length: 0\r\n\r\n",
                          content.size);
                return;
        }
        size_t size = content.size - begin;
        if (begin)
                send_text(client,
                          "HTTP/1.1 206 Answer\r\nConnection: close\r\nContent-Range: bytes %zu-%zu/%zu\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          begin, content.size - 1, content.size, size);
        else
                send_head(client, 200, (long)size);
        send_all(client, content.data + begin, size < most ? size : most);
}

static void serve_file(int client, const char *rest, long number)
{
        (void)number;
        struct content content = read_file(rest);
        if (content.found)
                send_part(client, content, (size_t)range_begin, FILE_LIMIT);
        else
                send_status(client, 404);
}

static void serve_whole(int client, const char *rest, long number)
{
        range_begin = 0;
        serve_file(client, rest, number);
}

static void serve_wrong_range(int client, const char *rest, long number)
{
        range_begin -= range_begin > 1;
        serve_file(client, rest, number);
}

static void serve_dripping(int client, const char *rest, long number)
{
        struct content content = read_file(rest);
        send_part(client, content, (size_t)range_begin, (size_t)number);
}

static void serve_reset(int client, const char *rest, long number)
{
        struct content content = read_file(rest);
        struct linger linger = {1, 0};
        send_part(client, content, 0, (size_t)number);
        say("reset /%s\n", rest);
        setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close(client);
        _exit(0);
}

static void serve_first(int client, const char *rest, long number)
{
        if (number > 0 && number < STATUS_LIMIT &&
            __atomic_fetch_add(&first_counts[number], 1, __ATOMIC_SEQ_CST) % 2 == 0)
                send_status(client, (int)number);
        else
                serve_file(client, rest, number);
}

static void serve_page(int client, const char *rest, long number)
{
        (void)rest;
        (void)number;
        static const char page[] = "<!DOCTYPE html><html><body>please log in</body></html>";
        send_head(client, 200, sizeof page - 1);
        send_text(client, "%s", page);
}

static void serve_without_length(int client, const char *rest, long number)
{
        (void)number;
        struct content content = read_file(rest);
        send_head(client, 200, -1);
        send_all(client, content.data, content.size);
}

static void serve_truncated(int client, const char *rest, long number)
{
        struct content content = read_file(rest);
        send_head(client, 200, (long)content.size);
        send_all(client, content.data, (size_t)number < content.size ? (size_t)number : content.size);
}

static void serve_stalling(int client, const char *rest, long number)
{
        serve_truncated(client, rest, number);
        say("stalled /%s\n", rest);
        wait_for_the_client_to_go(client);
}

static void serve_flipped(int client, const char *rest, long number)
{
        struct content content = read_file(rest);
        if ((size_t)number < content.size)
                content.data[number] ^= 1;
        send_head(client, 200, (long)content.size);
        send_all(client, content.data, content.size);
}

static void serve_status(int client, const char *rest, long number)
{
        (void)rest;
        send_status(client, (int)number);
}

static void serve_later(int client, const char *rest, long number)
{
        (void)rest;
        send_text(client, "HTTP/1.1 503 Answer\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: %ld\r\n\r\n",
                  number);
}

static void serve_redirection(int client, const char *rest, long number)
{
        (void)number;
        send_text(client, "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /%s\r\n\r\n",
                  rest);
}

static void serve_redirection_to_file(int client, const char *rest, long number)
{
        (void)number;
        send_text(client,
                  "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: file:///%s\r\n\r\n", rest);
}

static void serve_circle(int client, const char *rest, long number)
{
        (void)rest;
        serve_redirection(client, "circle", number);
}

static void serve_endlessly(int client, const char *rest, long number)
{
        (void)rest;
        (void)number;
        static char block[65536];
        send_head(client, 200, -1);
        while (send_all(client, block, sizeof block))
                ;
}

static void serve_silence(int client, const char *rest, long number)
{
        (void)rest;
        (void)number;
        say("silent\n");
        wait_for_the_client_to_go(client);
}

static void serve_nothing(int client, const char *rest, long number)
{
        (void)client;
        (void)rest;
        (void)number;
}

static void serve_garbage(int client, const char *rest, long number)
{
        (void)rest;
        (void)number;
        send_text(client, "\x01\x02\x03 what is this\r\n\r\n");
}

static const struct mode {
        const char *prefix;
        bool numbered; // followed by N/
        void (*serve)(int client, const char *rest, long number);
} modes[] = {
        {"no-length/", false, serve_without_length},
        {"truncate/", true, serve_truncated},
        {"stall/", true, serve_stalling},
        {"flip/", true, serve_flipped},
        {"no-range/", false, serve_whole},
        {"wrong-range/", false, serve_wrong_range},
        {"drip/", true, serve_dripping},
        {"reset/", true, serve_reset},
        {"first/", true, serve_first},
        {"page", false, serve_page},
        {"status/", true, serve_status},
        {"retry-after/", true, serve_later},
        {"redirect/", false, serve_redirection},
        {"redirect-to-file/", false, serve_redirection_to_file},
        {"circle", false, serve_circle},
        {"endless", false, serve_endlessly},
        {"silent", false, serve_silence},
        {"empty", false, serve_nothing},
        {"garbage", false, serve_garbage},
        {"", false, serve_file},
};

static void serve_path(int client, char *path)
{
        for (const struct mode *mode = modes;; mode++) {
                size_t length = strlen(mode->prefix);
                if (strncmp(path, mode->prefix, length) != 0)
                        continue;
                char *rest = path + length;
                long number = 0;
                if (mode->numbered) {
                        number = strtol(rest, &rest, 10);
                        rest += *rest == '/';
                }
                mode->serve(client, rest, number);
                return;
        }
}

// Turns the %XX of a request into bytes, in place.
static void decode(char *path)
{
        char *to = path;
        for (char *from = path; *from; from++, to++) {
                char digits[3] = {0};
                if (*from == '%' && from[1] && from[2]) {
                        memcpy(digits, from + 1, 2);
                        *to = (char)strtol(digits, NULL, 16);
                        from += 2;
                } else {
                        *to = *from;
                }
        }
        *to = '\0';
}

static void serve(int client)
{
        char request[REQUEST_LIMIT] = {0};
        size_t length = 0;
        while (!strstr(request, "\r\n\r\n") && length < sizeof request - 1) {
                ssize_t count = recv(client, request + length, sizeof request - 1 - length, 0);
                if (count <= 0)
                        return;
                length += (size_t)count;
        }
        char *path = strchr(request, '/');
        if (!path)
                return;
        const char *range = strcasestr(path, "\r\nRange: bytes=");
        range_begin = range ? strtol(range + strlen("\r\nRange: bytes="), NULL, 10) : 0;
        path[strcspn(path, " ?\r\n")] = '\0';
        // A request to a proxy begins with http://HOST.
        if (path > request && path[-1] == ':' && strchr(path + 2, '/'))
                path = strchr(path + 2, '/');
        decode(path);
        long begin = range_begin;
        serve_path(client, path + 1);
        if (begin)
                say("served %s from %ld\n", path, begin);
        else
                say("served %s\n", path);
        // Reads the rest of the request before closing; otherwise the client may see a reset.
        shutdown(client, SHUT_WR);
        wait_for_the_client_to_go(client);
}

static int listen_on_loopback(void)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof address;
        int server = socket(AF_INET, SOCK_STREAM, 0);
        if (server < 0 || bind(server, (struct sockaddr *)&address, size) != 0 || listen(server, 16) != 0 ||
            getsockname(server, (struct sockaddr *)&address, &size) != 0) {
                perror("http-server");
                exit(1);
        }
        say("port %d\n", ntohs(address.sin_port));
        return server;
}

static void end_with_parent(void)
{
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

int main(int count, char **arguments)
{
        if (count != 2) {
                fputs("usage: http-server FOLDER\n", stderr);
                return 2;
        }
        folder = arguments[1];
        end_with_parent();
        pid_t parent = getppid();
        signal(SIGCHLD, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        first_counts = mmap(NULL, STATUS_LIMIT * sizeof *first_counts, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (first_counts == MAP_FAILED)
                return 1;
        int server = listen_on_loopback();
        // Not every system can signal the end of the parent.
        while (getppid() == parent) {
                struct pollfd poll_for = {server, POLLIN, 0};
                int client = poll(&poll_for, 1, LOOK_MS) > 0 ? accept(server, NULL, NULL) : -1;
                if (client < 0)
                        continue;
                if (fork() == 0) {
                        end_with_parent();
                        close(server);
                        serve(client);
                        _exit(0);
                }
                close(client);
        }
}
