// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "launcher/vm/qmp.h"

// As QEMU 7.2 sends it.
static const char greeting[] = "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "
                               "\"package\": \"Debian\"}, \"capabilities\": [\"oob\"]}}\r\n";
static const char answer[] = "{\"return\": {}}\r\n";
static const char event[] =
        "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESET\", \"data\": {\"guest\": true}}\r\n";

// A connection, and the end of it that plays QEMU.
static struct {
        struct qmp qmp;
        int qemu;
} pair;

static int begin(void **state)
{
        (void)state;
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
                return -1;
        qmp_begin(&pair.qmp, ends[0]);
        pair.qemu = ends[1];
        return 0;
}

static void end_qemu(void)
{
        close(pair.qemu);
        pair.qemu = -1;
}

static int end(void **state)
{
        (void)state;
        qmp_end(&pair.qmp);
        if (pair.qemu >= 0)
                end_qemu();
        return pair.qmp.descriptor == -1 ? 0 : -1;
}
#define CONNECTED(name) TEST_WITH(name, begin, end)

// For the next of several connections in one test.
static void begin_again(void)
{
        assert_int_equal(end(NULL), 0);
        assert_int_equal(begin(NULL), 0);
}

static void say_bytes(const void *data, size_t size)
{
        assert_int_equal(send(pair.qemu, data, size, 0), size);
}

static void say(const char *text)
{
        say_bytes(text, strlen(text));
}

// What the launcher has sent so far, freed with free().
static char *heard(void)
{
        char *text = memory_new(4096, 1);
        ssize_t count = recv(pair.qemu, text, 4095, MSG_DONTWAIT);
        assert_true(count >= 0 || errno == EAGAIN);
        return text;
}

// The next message has the member KEY.
static void assert_next(const char *key)
{
        AUTO_ERROR struct error err = {0};
        json_t *message;
        assert_done(qmp_next(&pair.qmp, &message, &err), &err);
        assert_non_null(message);
        assert_non_null(json_object_get(message, key));
        json_decref(message);
}

static void assert_nothing_yet(void)
{
        AUTO_ERROR struct error err = {0};
        json_t *message;
        assert_done(qmp_next(&pair.qmp, &message, &err), &err);
        assert_null(message);
}

static void assert_broken(const char *reason)
{
        AUTO_ERROR struct error err = {0};
        json_t *message;
        assert_false(qmp_next(&pair.qmp, &message, &err));
        assert_null(message);
        assert_error(&err, ERROR_ENVIRONMENT, "QEMU's control channel");
        assert_error(&err, ERROR_ENVIRONMENT, reason);
}

CONNECTED(the_greeting_is_answered_and_not_handed_on)
{
        assert_nothing_yet();
        assert_false(pair.qmp.ready);
        say(greeting);
        assert_nothing_yet();
        assert_true(pair.qmp.ready);
        assert_string_equal(pair.qmp.version, "7.2.22");
        AUTO_FREE char *sent = heard();
        assert_string_equal(sent, "{\"execute\":\"qmp_capabilities\"}\n");
        say(answer);
        assert_next("return");
        assert_nothing_yet();
}

CONNECTED(commands_are_one_line_of_json)
{
        AUTO_ERROR struct error err = {0};
        assert_done(qmp_send(&pair.qmp, "cont", NULL, &err), &err);
        assert_done(qmp_send(&pair.qmp, "qom-set", json_pack("{s:s, s:i}", "path", "a\n\"b\"", "value", -1), &err),
                    &err);
        AUTO_FREE char *sent = heard();
        assert_string_equal(sent,
                            "{\"execute\":\"cont\"}\n"
                            "{\"execute\":\"qom-set\",\"arguments\":{\"path\":\"a\\n\\\"b\\\"\",\"value\":-1}}\n");
}

CONNECTED(several_messages_in_one_read_come_one_by_one)
{
        AUTO_FREE char *all = text_format("%s%s%s%s", greeting, answer, event, answer);
        say(all);
        assert_next("return");
        assert_next("event");
        assert_next("return");
        assert_nothing_yet();
}

CONNECTED(a_message_may_be_split_at_any_byte)
{
        AUTO_FREE char *all = text_format("%s%s", greeting, event);
        size_t length = strlen(all);
        for (size_t cut = 0; cut < length; cut++) {
                begin_again();
                if (cut)
                        say_bytes(all, cut);
                assert_nothing_yet();
                say_bytes(all + cut, length - cut);
                assert_next("event");
        }
}

CONNECTED(a_message_may_be_longer_than_one_read)
{
        AUTO_FREE char *filling = memory_new(50001, 1);
        memset(filling, 'x', 50000);
        AUTO_FREE char *message = text_format("{\"return\": \"%s\"}\r\n%s", filling, event);
        say(message);
        assert_next("return");
        assert_next("event");
}

CONNECTED(anything_but_json_breaks_the_connection)
{
        static const char *const garbage[] = {
                "HTTP/1.1 400 Bad Request\r\n", "{\"return\": \r\n", "\r\n", "42\r\n", "\"text\"\r\n", "{} {}\r\n",
                "{\"a\": \"\xFF\"}\r\n",        "\033[31m\r\n",
        };
        for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
                begin_again();
                say(greeting);
                say(garbage[i]);
                assert_broken("not JSON");
        }
        begin_again();
        say_bytes("{\"a\"\0: 1}\r\n", 11);
        assert_broken("not JSON");
        // Shown without its control characters.
        begin_again();
        say("\033[2Jboo\n");
        assert_broken("not JSON: \\x1b[2Jboo");
}

CONNECTED(strange_but_valid_json_does_no_harm)
{
        static const char *const strange[] = {
                "{\"QMP\": {}}\r\n",
                "{\"QMP\": 7}\r\n",
                "{\"QMP\": {\"version\": {\"qemu\": {\"major\": \"x\"}}}}\r\n",
                ("{\"QMP\": {\"version\": {\"qemu\": {\"major\": 2147483647, \"minor\": -2147483648, \"micro\": "
                 "9999999999}}}}\r\n"),
        };
        for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
                begin_again();
                say(strange[i]);
                assert_nothing_yet();
                assert_true(strlen(pair.qmp.version) < sizeof pair.qmp.version);
        }
        AUTO_ERROR struct error err = {0};
        json_t *message;
        begin_again();
        say("[1, 2]\r\n");
        assert_done(qmp_next(&pair.qmp, &message, &err), &err);
        assert_true(json_is_array(message));
        json_decref(message);
}

CONNECTED(messages_before_the_end_are_still_handed_on)
{
        say(answer);
        say(event);
        say("{\"half\": ");
        end_qemu();
        assert_next("return");
        assert_int_equal(pair.qmp.descriptor, -1);
        assert_next("event");
        assert_nothing_yet();
        assert_nothing_yet();
}

CONNECTED(a_closed_connection_takes_no_command)
{
        end_qemu();
        // QEMU is gone, but this end does not know it yet.
        AUTO_ERROR struct error broken = {0};
        assert_false(qmp_send(&pair.qmp, "quit", NULL, &broken));
        assert_error(&broken, ERROR_ENVIRONMENT, "cannot send quit");
        assert_nothing_yet();
        assert_int_equal(pair.qmp.descriptor, -1);
        AUTO_ERROR struct error closed = {0};
        errno = ENOENT;
        assert_false(qmp_send(&pair.qmp, "quit", json_object(), &closed));
        assert_error(&closed, ERROR_ENVIRONMENT, "cannot send quit");
}

CONNECTED(a_greeting_from_a_dead_qemu_is_an_error_and_not_a_signal)
{
        say(greeting);
        end_qemu();
        assert_broken("cannot send qmp_capabilities");
}

CONNECTED(a_message_that_is_too_long_is_an_error)
{
        AUTO_FREE char *block = memory_new(65537, 1);
        memset(block, 'x', 65536);
        bool given_up = false;
        for (unsigned i = 0; i < 64 && !given_up; i++) {
                AUTO_ERROR struct error err = {0};
                json_t *message;
                say(block);
                given_up = !qmp_next(&pair.qmp, &message, &err);
                if (given_up)
                        assert_error(&err, ERROR_ENVIRONMENT, "a message is too long");
        }
        assert_true(given_up);
        assert_true(pair.qmp.input.size < 2 << 20);
}
