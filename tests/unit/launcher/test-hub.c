// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <poll.h>

#include "base/time.h"
#include "launcher/vm/hub.h"
#include "launcher/vm/socket.h"

// A machine that only notes what is asked of it.
struct machine_double {
        struct hub *hub;
        struct console *console;
        json_t *status;
        char asked[1024];
};

static json_t *note(const struct hub_request *request, void *context)
{
        struct machine_double *machine = context;
        char *at = machine->asked + strlen(machine->asked);
        size_t room = sizeof machine->asked - (size_t)(at - machine->asked);
        switch (request->wish) {
        case HUB_KEYS:
                snprintf(at, room, "keys %.*s;", (int)request->size, request->bytes);
                break;
        case HUB_STOP:
                snprintf(at, room, "stop %d;", (int)request->wait_s);
                return NULL;
        case HUB_POWER_OFF:
                snprintf(at, room, "power-off;");
                break;
        case HUB_RESET:
                snprintf(at, room, "reset;");
                return json_pack("{s:s}", "error", "not now");
        case HUB_SCREENSHOT:
                return json_pack("{s:s}", "path", "/x");
        }
        return json_pack("{s:b}", "done", true);
}

static void begin(struct machine_double *machine)
{
        AUTO_ERROR struct error err = {0};
        *machine = (struct machine_double){.console = console_new(), .status = json_pack("{s:s}", "phase", "up")};
        machine->hub = hub_open(".", machine->console, machine->status, note, machine, &err);
        assert_non_null(machine->hub);
}

static void end(struct machine_double *machine, const char *how)
{
        hub_close(&machine->hub, how);
        console_free(&machine->console);
        json_decref(machine->status);
        assert_false(file_exists(HUB_SOCKET));
}

// Lets the hub do all that it has to do now.
static void serve(struct machine_double *machine)
{
        for (;;) {
                struct pollfd fds[HUB_DESCRIPTORS];
                size_t count = hub_poll(machine->hub, fds);
                uint64_t due = hub_due_us(machine->hub);
                uint64_t now = time_now_us();
                bool ready = poll(fds, (nfds_t)count, due == UINT64_MAX || due > now + 50000 ? 0 : 50) > 0;
                if (!ready && due == UINT64_MAX)
                        return;
                hub_serve(machine->hub, fds, count);
        }
}

static int client(void)
{
        int fd = local_socket_connect(".", HUB_SOCKET);
        assert_true(fd >= 0);
        return fd;
}

static void say(int fd, const char *text)
{
        assert_int_equal(local_socket_send(fd, text, strlen(text)), strlen(text));
}

// What has come, as text; NULL at the connection's end. Freed with free().
static char *hear(int fd)
{
        static char block[1 << 20];
        ssize_t count = read(fd, block, sizeof block - 1);
        if (count == 0)
                return NULL;
        return text_format("%.*s", count > 0 ? (int)count : 0, block);
}

static void assert_heard(int fd, const char *expected)
{
        AUTO_FREE char *heard = hear(fd);
        assert_non_null(heard);
        assert_string_equal(heard, expected);
}

TEST_IN_SCRATCH(status_is_told)
{
        struct machine_double machine;
        begin(&machine);
        int fd = client();
        // In two pieces, and two requests in one.
        say(fd, "{\"command\": \"sta");
        serve(&machine);
        say(fd, "tus\"}\n{\"command\":\"status\"}\n");
        serve(&machine);
        assert_heard(fd, "{\"phase\":\"up\"}\n{\"phase\":\"up\"}\n");
        close(fd);
        end(&machine, "quit");
}

TEST_IN_SCRATCH(buttons_are_pressed_and_refusals_told)
{
        struct machine_double machine;
        begin(&machine);
        int fd = client();
        say(fd, "{\"command\":\"power-off\"}\n{\"command\":\"reset\"}\n{\"command\":\"screenshot\"}\n");
        serve(&machine);
        assert_heard(fd, "{\"done\":true}\n{\"error\":\"not now\"}\n{\"path\":\"/x\"}\n");
        assert_string_equal(machine.asked, "power-off;reset;");
        close(fd);
        end(&machine, "quit");
}

TEST_IN_SCRATCH(who_asks_for_the_end_hears_of_it_at_the_end)
{
        struct machine_double machine;
        begin(&machine);
        int fd = client();
        say(fd, "{\"command\":\"stop\",\"wait\":7}\n");
        serve(&machine);
        assert_string_equal(machine.asked, "stop 7;");
        assert_heard(fd, "");
        end(&machine, "powered off");
        assert_heard(fd, "{\"stopped\":\"powered off\"}\n");
        assert_null(hear(fd));
        close(fd);
}

TEST_IN_SCRATCH(nonsense_ends_the_connection_of_its_sender_alone)
{
        static const char *const cases[] = {
                "\n",
                "{}\n",
                "[1]\n",
                "{\"command\":7}\n",
                "{\"command\":\"nothing\"}\n",
                "\xFF\xFE\n",
                "GET / HTTP/1.1\r\n\r\n",
        };
        struct machine_double machine;
        begin(&machine);
        int good = client();
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                int fd = client();
                say(fd, cases[i]);
                serve(&machine);
                AUTO_FREE char *heard = hear(fd);
                assert_true(heard && strstr(heard, "\"error\""));
                assert_null(hear(fd));
                close(fd);
        }
        // A line without an end.
        int endless = client();
        AUTO_FREE char *long_line = memory_new(1 << 17, 1);
        memset(long_line, 'x', (1 << 17) - 1);
        for (int i = 0; i < 3; i++) {
                ssize_t ignored = local_socket_send(endless, long_line, 1 << 16);
                (void)ignored;
                serve(&machine);
        }
        char byte;
        assert_true(read(endless, &byte, 1) <= 0);
        close(endless);
        say(good, "{\"command\":\"status\"}\n");
        serve(&machine);
        assert_heard(good, "{\"phase\":\"up\"}\n");
        close(good);
        end(&machine, "quit");
}

TEST_IN_SCRATCH(several_see_the_screen_and_type)
{
        struct machine_double machine;
        begin(&machine);
        console_feed(machine.console, "hello", 5);
        int one = client();
        int other = client();
        say(one, "{\"command\":\"console\",\"columns\":80,\"rows\":24}\n");
        say(other, "{\"command\":\"console\",\"columns\":40,\"rows\":12}\n");
        serve(&machine);
        AUTO_FREE char *first = hear(one);
        AUTO_FREE char *second = hear(other);
        assert_true(text_starts_with(first, "{\"console\":true}\n") && strstr(first, "hello"));
        assert_non_null(strstr(second, "hello"));
        console_feed(machine.console, " world", 6);
        hub_output(machine.hub, " world", 6);
        say(one, "{\"command\":\"keys\",\"hex\":\"1b5b42\"}\n{\"command\":\"keys\",\"hex\":\"zz\"}\n");
        serve(&machine);
        assert_string_equal(machine.asked, "keys \033[B;");
        AUTO_FREE char *more = hear(other);
        assert_non_null(strstr(more, "hello world"));
        close(one);
        close(other);
        serve(&machine);
        end(&machine, "quit");
}

TEST_IN_SCRATCH(a_client_that_does_not_read_holds_nobody_up)
{
        struct machine_double machine;
        begin(&machine);
        int raw = client();
        int drawn = client();
        say(raw, "{\"command\":\"console\",\"raw\":true}\n");
        say(drawn, "{\"command\":\"console\"}\n");
        serve(&machine);
        AUTO_FREE char *block = memory_new(1 << 16, 1);
        memset(block, 'a', 1 << 16);
        for (int i = 0; i < 40; i++) {
                console_feed(machine.console, block, 1 << 16);
                hub_output(machine.hub, block, 1 << 16);
                serve(&machine);
        }
        // It gets what was kept for it, and then what comes.
        size_t total = 0;
        AUTO_FREE char *some = hear(raw);
        for (; some && *some; some = hear(raw)) {
                total += strlen(some);
                free(some);
                serve(&machine);
        }
        assert_true(total > 1 << 16 && total < 3 << 20);
        hub_output(machine.hub, "the end", 7);
        serve(&machine);
        assert_heard(raw, "the end");
        close(raw);
        close(drawn);
        end(&machine, "quit");
}

TEST_IN_SCRATCH(more_than_the_places_are_refused)
{
        struct machine_double machine;
        begin(&machine);
        int fds[HUB_CLIENTS];
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                fds[i] = client();
                serve(&machine);
        }
        int late = client();
        serve(&machine);
        AUTO_FREE char *heard = hear(late);
        assert_non_null(strstr(heard, "too many"));
        close(late);
        close(fds[3]);
        serve(&machine);
        fds[3] = client();
        say(fds[3], "{\"command\":\"status\"}\n");
        serve(&machine);
        assert_heard(fds[3], "{\"phase\":\"up\"}\n");
        for (size_t i = 0; i < HUB_CLIENTS; i++)
                close(fds[i]);
        end(&machine, "quit");
}

TEST_IN_SCRATCH(a_socket_that_was_left_is_replaced)
{
        shell("mkdir -p '%0100d/%0100d' && cd '%0100d/%0100d' && : >" HUB_SOCKET, 1, 2, 1, 2);
        AUTO_FREE char *folder = text_format("%0100d/%0100d", 1, 2);
        AUTO_ERROR struct error err = {0};
        AUTO_CONSOLE struct console *console = console_new();
        struct machine_double machine = {.status = json_object()};
        assert_int_equal(local_socket_connect(folder, HUB_SOCKET), -1);
        machine.hub = hub_open(folder, console, machine.status, note, &machine, &err);
        assert_non_null(machine.hub);
        int fd = local_socket_connect(folder, HUB_SOCKET);
        assert_true(fd >= 0);
        close(fd);
        hub_close(&machine.hub, "quit");
        json_decref(machine.status);
        assert_null(hub_open("nowhere", console, NULL, note, NULL, &err));
        assert_error(&err, ERROR_USAGE, "nowhere/" HUB_SOCKET);
}
