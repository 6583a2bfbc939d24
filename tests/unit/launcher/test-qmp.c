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
struct pair {
        struct qmp qmp;
        int qemu;
};

static void pair_begin(struct pair *pair)
{
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        qmp_begin(&pair->qmp, ends[0]);
        pair->qemu = ends[1];
}

static void pair_end(struct pair *pair)
{
        qmp_end(&pair->qmp);
        assert_int_equal(pair->qmp.descriptor, -1);
        if (pair->qemu >= 0)
                close(pair->qemu);
}

static void say_bytes(const struct pair *pair, const void *data, size_t size)
{
        assert_int_equal(send(pair->qemu, data, size, 0), size);
}

static void say(const struct pair *pair, const char *text)
{
        say_bytes(pair, text, strlen(text));
}

// What the launcher has sent so far, freed with free().
static char *heard(const struct pair *pair)
{
        char *text = memory_new(4096, 1);
        ssize_t count = recv(pair->qemu, text, 4095, MSG_DONTWAIT);
        assert_true(count >= 0 || errno == EAGAIN);
        return text;
}

// The next message has the member KEY.
static void assert_next(struct pair *pair, const char *key)
{
        AUTO_ERROR struct error err = {0};
        json_t *message;
        assert_done(qmp_next(&pair->qmp, &message, &err), &err);
        assert_non_null(message);
        assert_non_null(json_object_get(message, key));
        json_decref(message);
}

static void assert_nothing_yet(struct pair *pair)
{
        AUTO_ERROR struct error err = {0};
        json_t *message;
        assert_done(qmp_next(&pair->qmp, &message, &err), &err);
        assert_null(message);
}

static void assert_broken(struct pair *pair, const char *reason)
{
        AUTO_ERROR struct error err = {0};
        json_t *message;
        assert_false(qmp_next(&pair->qmp, &message, &err));
        assert_null(message);
        assert_error(&err, ERROR_ENVIRONMENT, "QEMU's control channel");
        assert_error(&err, ERROR_ENVIRONMENT, reason);
}

TEST(the_greeting_is_answered_and_not_handed_on)
{
        struct pair pair;
        pair_begin(&pair);
        assert_nothing_yet(&pair);
        assert_false(pair.qmp.ready);
        say(&pair, greeting);
        assert_nothing_yet(&pair);
        assert_true(pair.qmp.ready);
        assert_string_equal(pair.qmp.version, "7.2.22");
        AUTO_FREE char *sent = heard(&pair);
        assert_string_equal(sent, "{\"execute\":\"qmp_capabilities\"}\n");
        say(&pair, answer);
        assert_next(&pair, "return");
        assert_nothing_yet(&pair);
        pair_end(&pair);
}

TEST(commands_are_one_line_of_json)
{
        AUTO_ERROR struct error err = {0};
        struct pair pair;
        pair_begin(&pair);
        assert_done(qmp_send(&pair.qmp, "cont", NULL, &err), &err);
        assert_done(qmp_send(&pair.qmp, "qom-set", json_pack("{s:s, s:i}", "path", "a\n\"b\"", "value", -1), &err),
                    &err);
        AUTO_FREE char *sent = heard(&pair);
        assert_string_equal(sent,
                            "{\"execute\":\"cont\"}\n"
                            "{\"execute\":\"qom-set\",\"arguments\":{\"path\":\"a\\n\\\"b\\\"\",\"value\":-1}}\n");
        pair_end(&pair);
}

TEST(several_messages_in_one_read_come_one_by_one)
{
        struct pair pair;
        pair_begin(&pair);
        AUTO_FREE char *all = text_format("%s%s%s%s", greeting, answer, event, answer);
        say(&pair, all);
        assert_next(&pair, "return");
        assert_next(&pair, "event");
        assert_next(&pair, "return");
        assert_nothing_yet(&pair);
        pair_end(&pair);
}

TEST(a_message_split_at_every_byte)
{
        AUTO_FREE char *all = text_format("%s%s", greeting, event);
        size_t length = strlen(all);
        for (size_t cut = 0; cut < length; cut++) {
                AUTO_ERROR struct error err = {0};
                struct pair pair;
                json_t *message;
                pair_begin(&pair);
                if (cut)
                        say_bytes(&pair, all, cut);
                assert_done(qmp_next(&pair.qmp, &message, &err), &err);
                assert_null(message);
                say_bytes(&pair, all + cut, length - cut);
                assert_next(&pair, "event");
                pair_end(&pair);
        }
}

TEST(a_message_longer_than_one_read)
{
        struct pair pair;
        pair_begin(&pair);
        AUTO_FREE char *filling = memory_new(50001, 1);
        memset(filling, 'x', 50000);
        AUTO_FREE char *message = text_format("{\"return\": \"%s\"}\r\n%s", filling, event);
        say(&pair, message);
        assert_next(&pair, "return");
        assert_next(&pair, "event");
        pair_end(&pair);
}

TEST(what_is_no_json_breaks_the_connection)
{
        static const char *const garbage[] = {
                "HTTP/1.1 400 Bad Request\r\n", "{\"return\": \r\n", "\r\n", "42\r\n", "\"text\"\r\n", "{} {}\r\n",
                "{\"a\": \"\xFF\"}\r\n",        "\033[31m\r\n",
        };
        for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
                struct pair pair;
                pair_begin(&pair);
                say(&pair, greeting);
                say(&pair, garbage[i]);
                assert_broken(&pair, "not JSON");
                pair_end(&pair);
        }
        struct pair pair;
        pair_begin(&pair);
        say_bytes(&pair, "{\"a\"\0: 1}\r\n", 11);
        assert_broken(&pair, "not JSON");
        pair_end(&pair);
}

TEST(garbage_is_shown_without_its_control_characters)
{
        struct pair pair;
        pair_begin(&pair);
        say(&pair, "\033[2Jboo\n");
        assert_broken(&pair, "not JSON: \\x1b[2Jboo");
        pair_end(&pair);
}

TEST(strange_but_valid_json_is_survived)
{
        static const char *const strange[] = {
                "{\"QMP\": {}}\r\n",
                "{\"QMP\": 7}\r\n",
                "{\"QMP\": {\"version\": {\"qemu\": {\"major\": \"x\"}}}}\r\n",
                ("{\"QMP\": {\"version\": {\"qemu\": {\"major\": 2147483647, \"minor\": -2147483648, \"micro\": "
                 "9999999999}}}}\r\n"),
        };
        for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
                struct pair pair;
                pair_begin(&pair);
                say(&pair, strange[i]);
                assert_nothing_yet(&pair);
                assert_true(strlen(pair.qmp.version) < sizeof pair.qmp.version);
                pair_end(&pair);
        }
        AUTO_ERROR struct error err = {0};
        struct pair pair;
        json_t *message;
        pair_begin(&pair);
        say(&pair, "[1, 2]\r\n");
        assert_done(qmp_next(&pair.qmp, &message, &err), &err);
        assert_true(json_is_array(message));
        json_decref(message);
        pair_end(&pair);
}

TEST(what_came_before_the_end_is_still_handed_on)
{
        struct pair pair;
        pair_begin(&pair);
        say(&pair, answer);
        say(&pair, event);
        say(&pair, "{\"half\": ");
        close(pair.qemu);
        pair.qemu = -1;
        assert_next(&pair, "return");
        assert_int_equal(pair.qmp.descriptor, -1);
        assert_next(&pair, "event");
        assert_nothing_yet(&pair);
        assert_nothing_yet(&pair);
        pair_end(&pair);
}

TEST(a_closed_connection_takes_no_command)
{
        struct pair pair;
        pair_begin(&pair);
        close(pair.qemu);
        pair.qemu = -1;
        // QEMU is gone and this end does not know it yet.
        AUTO_ERROR struct error broken = {0};
        assert_false(qmp_send(&pair.qmp, "quit", NULL, &broken));
        assert_error(&broken, ERROR_ENVIRONMENT, "cannot send quit");
        assert_nothing_yet(&pair);
        assert_int_equal(pair.qmp.descriptor, -1);
        AUTO_ERROR struct error closed = {0};
        errno = ENOENT;
        assert_false(qmp_send(&pair.qmp, "quit", json_object(), &closed));
        assert_error(&closed, ERROR_ENVIRONMENT, "cannot send quit");
        pair_end(&pair);
}

TEST(a_greeting_from_a_dead_qemu_is_an_error_and_no_signal)
{
        struct pair pair;
        pair_begin(&pair);
        say(&pair, greeting);
        close(pair.qemu);
        pair.qemu = -1;
        assert_broken(&pair, "cannot send qmp_capabilities");
        pair_end(&pair);
}

TEST(a_message_without_an_end_is_given_up)
{
        struct pair pair;
        pair_begin(&pair);
        AUTO_FREE char *block = memory_new(65537, 1);
        memset(block, 'x', 65536);
        bool given_up = false;
        for (unsigned i = 0; i < 64 && !given_up; i++) {
                AUTO_ERROR struct error err = {0};
                json_t *message;
                say(&pair, block);
                given_up = !qmp_next(&pair.qmp, &message, &err);
                if (given_up)
                        assert_error(&err, ERROR_ENVIRONMENT, "a message is too long");
        }
        assert_true(given_up);
        assert_true(pair.qmp.input.size < 2 << 20);
        pair_end(&pair);
}
