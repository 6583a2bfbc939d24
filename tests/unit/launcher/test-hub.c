// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <poll.h>

#include "base/time.h"
#include "launcher/vm/hub.h"
#include "launcher/vm/socket.h"

// A machine that only notes what is asked of it.
static struct {
        struct hub *hub;
        struct console *console;
        json_t *status;
        char asked[1024];
} machine;

static json_t *note(const struct hub_request *request, void *context)
{
        (void)context;
        char *at = machine.asked + strlen(machine.asked);
        size_t room = sizeof machine.asked - (size_t)(at - machine.asked);
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
        case HUB_TASK:
                snprintf(at, room, "task %s of %s with %s and %zu;", request->task, request->profile,
                         request->password ? request->password : "nothing", json_array_size(request->texts));
                return NULL;
        }
        return json_pack("{s:b}", "done", true);
}

static void open_hub(const char *folder)
{
        AUTO_ERROR struct error err = {0};
        machine.hub = hub_open(folder, machine.console, machine.status, note, NULL, &err);
        assert_done(machine.hub, &err);
}

static int begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        memset(&machine, 0, sizeof machine);
        machine.console = console_new();
        machine.status = json_pack("{s:s}", "phase", "up");
        open_hub(".");
        return 0;
}

static int end(void **state)
{
        hub_close(&machine.hub, "quit");
        console_free(&machine.console);
        json_decref(machine.status);
        bool closed = !file_exists(HUB_SOCKET);
        return scratch_end(state) == 0 && closed ? 0 : -1;
}
#define WITH_HUB(name) TEST_WITH(name, begin, end)

// Lets the hub do everything that it has to do now.
static void serve(void)
{
        for (;;) {
                struct pollfd fds[HUB_DESCRIPTORS];
                size_t count = hub_poll(machine.hub, fds);
                uint64_t due = hub_due_us(machine.hub);
                uint64_t now = time_now_us();
                bool ready = poll(fds, (nfds_t)count, due == UINT64_MAX || due > now + 50000 ? 0 : 50) > 0;
                if (!ready && due == UINT64_MAX)
                        return;
                hub_serve(machine.hub, fds, count);
        }
}

static int connect_client(void)
{
        int connected = local_socket_connect(".", HUB_SOCKET);
        assert_true(connected >= 0);
        return connected;
}

static void send_to(int fd, const char *text)
{
        assert_int_equal(local_socket_send(fd, text, strlen(text)), strlen(text));
}

// The text that has come, NULL at the connection's end. Freed with free().
static char *receive(int fd)
{
        static char block[1 << 20];
        ssize_t count = read(fd, block, sizeof block - 1);
        if (count == 0)
                return NULL;
        return text_format("%.*s", count > 0 ? (int)count : 0, block);
}

static void assert_received(int fd, const char *expected)
{
        AUTO_FREE char *received = receive(fd);
        assert_non_null(received);
        assert_string_equal(received, expected);
}

WITH_HUB(status_is_reported)
{
        int fd = connect_client();
        // In two pieces, and two requests in one.
        send_to(fd, "{\"command\": \"sta");
        serve();
        send_to(fd, "tus\"}\n{\"command\":\"status\"}\n");
        serve();
        assert_received(fd, "{\"phase\":\"up\"}\n{\"phase\":\"up\"}\n");
        close(fd);
}

WITH_HUB(buttons_are_pressed_and_refusals_reported)
{
        int fd = connect_client();
        send_to(fd, "{\"command\":\"power-off\"}\n{\"command\":\"reset\"}\n{\"command\":\"screenshot\"}\n");
        serve();
        assert_received(fd, "{\"done\":true}\n{\"error\":\"not now\"}\n{\"path\":\"/x\"}\n");
        assert_string_equal(machine.asked, "power-off;reset;");
        close(fd);
}

WITH_HUB(a_request_to_stop_is_answered_at_the_end)
{
        int fd = connect_client();
        send_to(fd, "{\"command\":\"stop\",\"wait\":7}\n");
        serve();
        assert_string_equal(machine.asked, "stop 7;");
        assert_received(fd, "");
        hub_close(&machine.hub, "powered off");
        assert_received(fd, "{\"stopped\":\"powered off\"}\n");
        assert_null(receive(fd));
        close(fd);
}

WITH_HUB(an_invalid_request_ends_only_its_own_connection)
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
        int good = connect_client();
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                int fd = connect_client();
                send_to(fd, cases[i]);
                serve();
                AUTO_FREE char *received = receive(fd);
                assert_true(received && strstr(received, "\"error\""));
                assert_null(receive(fd));
                close(fd);
        }
        // A line without an end.
        int endless = connect_client();
        AUTO_FREE char *long_line = memory_new(1 << 17, 1);
        memset(long_line, 'x', (1 << 17) - 1);
        for (int i = 0; i < 3; i++) {
                ssize_t ignored = local_socket_send(endless, long_line, 1 << 16);
                (void)ignored;
                serve();
        }
        char byte;
        assert_true(read(endless, &byte, 1) <= 0);
        close(endless);
        send_to(good, "{\"command\":\"status\"}\n");
        serve();
        assert_received(good, "{\"phase\":\"up\"}\n");
        close(good);
}

WITH_HUB(several_clients_see_the_screen_and_type)
{
        console_feed(machine.console, "hello", 5);
        int one = connect_client();
        int other = connect_client();
        send_to(one, "{\"command\":\"console\",\"columns\":80,\"rows\":24}\n");
        send_to(other, "{\"command\":\"console\",\"columns\":40,\"rows\":12}\n");
        serve();
        AUTO_FREE char *first = receive(one);
        AUTO_FREE char *second = receive(other);
        assert_true(text_starts_with(first, "{\"console\":true}\n") && strstr(first, "hello"));
        assert_non_null(strstr(second, "hello"));
        console_feed(machine.console, " world", 6);
        hub_output(machine.hub, " world", 6);
        send_to(one, "{\"command\":\"keys\",\"hex\":\"1b5b42\"}\n{\"command\":\"keys\",\"hex\":\"zz\"}\n");
        serve();
        assert_string_equal(machine.asked, "keys \033[B;");
        AUTO_FREE char *more = receive(other);
        assert_non_null(strstr(more, "hello world"));
        close(one);
        close(other);
        serve();
}

WITH_HUB(a_client_that_does_not_read_does_not_delay_others)
{
        int raw = connect_client();
        int drawn = connect_client();
        send_to(raw, "{\"command\":\"console\",\"raw\":true}\n");
        send_to(drawn, "{\"command\":\"console\"}\n");
        serve();
        AUTO_FREE char *block = memory_new(1 << 16, 1);
        memset(block, 'a', 1 << 16);
        for (int i = 0; i < 40; i++) {
                console_feed(machine.console, block, 1 << 16);
                hub_output(machine.hub, block, 1 << 16);
                serve();
        }
        // It gets what was kept for it, and then what comes.
        size_t total = 0;
        AUTO_FREE char *some = receive(raw);
        for (; some && *some; some = receive(raw)) {
                total += strlen(some);
                free(some);
                serve();
        }
        assert_true(total > 1 << 16 && total < 3 << 20);
        hub_output(machine.hub, "the end", 7);
        serve();
        assert_received(raw, "the end");
        close(raw);
        close(drawn);
}

WITH_HUB(too_many_clients_are_refused)
{
        int fds[HUB_CLIENTS];
        for (size_t i = 0; i < HUB_CLIENTS; i++) {
                fds[i] = connect_client();
                serve();
        }
        int late = connect_client();
        serve();
        AUTO_FREE char *received = receive(late);
        assert_non_null(strstr(received, "too many"));
        close(late);
        close(fds[3]);
        serve();
        fds[3] = connect_client();
        send_to(fds[3], "{\"command\":\"status\"}\n");
        serve();
        assert_received(fds[3], "{\"phase\":\"up\"}\n");
        for (size_t i = 0; i < HUB_CLIENTS; i++)
                close(fds[i]);
}

WITH_HUB(a_socket_that_was_left_is_replaced)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *folder = text_format("%0100d/%0100d", 1, 2);
        shell("mkdir -p '%s' && : >'%s/" HUB_SOCKET "'", folder, folder);
        assert_int_equal(local_socket_connect(folder, HUB_SOCKET), -1);
        hub_close(&machine.hub, "quit");
        open_hub(folder);
        int fd = local_socket_connect(folder, HUB_SOCKET);
        assert_true(fd >= 0);
        close(fd);
        assert_null(hub_open("nowhere", machine.console, NULL, note, NULL, &err));
        assert_error(&err, ERROR_USAGE, "nowhere/" HUB_SOCKET);
}

WITH_HUB(a_task_is_answered_when_it_ends)
{
        int fd = connect_client();
        send_to(fd, "{\"command\":\"task\",\"task\":\"ssh\"}\n");
        serve();
        assert_received(fd, "{\"error\":\"task: task or profile is missing\"}\n");
        assert_false(hub_awaits_task(machine.hub));
        send_to(fd,
                "{\"command\":\"task\",\"task\":\"ssh\",\"profile\":\"esxi8\",\"password\":\"p\",\"set\":[\"a=b\"]}\n"
                "{\"command\":\"status\"}\n");
        serve();
        assert_string_equal(machine.asked, "task ssh of esxi8 with p and 1;");
        assert_received(fd, "{\"phase\":\"up\"}\n");
        assert_true(hub_awaits_task(machine.hub));
        hub_end_task(machine.hub, json_pack("{s:b}", "done", true));
        assert_received(fd, "{\"done\":true}\n");
        assert_false(hub_awaits_task(machine.hub));
        // A client that leaves does not wait.
        send_to(fd, "{\"command\":\"task\",\"task\":\"ssh\",\"profile\":\"esxi8\"}\n");
        serve();
        assert_true(hub_awaits_task(machine.hub));
        close(fd);
        serve();
        assert_false(hub_awaits_task(machine.hub));
        hub_end_task(machine.hub, json_object());
}
