// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/setting-list.h"
#include "tests/unit/scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "launcher/machine/forward.h"

#define LIST(...)                                                                                                      \
        ((struct settings_list){.given = {(char **)(const char *[]){__VA_ARGS__},                                      \
                                          sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)}})

static void assert_forward(const struct forward *forward, const char *text)
{
        AUTO_FREE char *shown = forward_text(forward);
        assert_string_equal(shown, text);
}

TEST(single_forwards_and_lists_are_read)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FORWARDS struct forwards forwards = {0};
        const struct settings_list list = LIST("2222:22,8443:443", "0.0.0.0:65535:1", "192.168.7.1:2222:22");
        assert_done(forwards_read(&list, &forwards, &err), &err);
        assert_int_equal(forwards.count, 4);
        assert_forward(&forwards.items[0], "127.0.0.1:2222 -> 22");
        assert_forward(&forwards.items[1], "127.0.0.1:8443 -> 443");
        assert_forward(&forwards.items[2], "0.0.0.0:65535 -> 1");
        assert_forward(&forwards.items[3], "192.168.7.1:2222 -> 22");
}

TEST(an_empty_list_has_no_forwards)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FORWARDS struct forwards forwards = {0};
        const struct settings_list none = {0};
        const struct settings_list emptied = LIST("");
        assert_done(forwards_read(&none, &forwards, &err), &err);
        assert_int_equal(forwards.count, 0);
        assert_done(forwards_read(&emptied, &forwards, &err), &err);
        assert_int_equal(forwards.count, 0);
}

TEST(invalid_forwards_are_refused)
{
        static const struct {
                const char *text, *message;
        } cases[] = {
                {"22", "'22' is not [ADDR:]HOST:GUEST, such as 2222:22"},
                {"ssh", "'ssh' is not [ADDR:]HOST:GUEST"},
                {",", "'' is not"},
                {"2222:22,", "'' is not"},
                {":", "needs two ports"},
                {"2222:", "needs two ports"},
                {":22", "needs two ports"},
                {"0:22", "needs two ports from 1 to 65535"},
                {"2222:0", "needs two ports"},
                {"65536:22", "needs two ports"},
                {"2222:65536", "needs two ports"},
                {"18446744073709551617:22", "needs two ports"},
                {"-1:22", "needs two ports"},
                {" 2222:22", "needs two ports"},
                {"2222:22\n", "needs two ports"},
                {"2222:22:", "needs two ports"},
                {":2222:22", "has no IPv4 address"},
                {"localhost:2222:22", "'localhost:2222:22' has no IPv4 address"},
                {"256.0.0.1:2222:22", "has no IPv4 address"},
                {"[::1]:2222:22", "has no IPv4 address"},
                {"127.0.0.1:2222:22:1", "has no IPv4 address"},
                {"1.2.3.4-:5:6", "has no IPv4 address"},
                {"\033[31m:22", "needs two ports"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct forwards forwards;
                const struct settings_list list = LIST("1:1", cases[i].text);
                assert_false(forwards_read(&list, &forwards, &err));
                assert_error(&err, ERROR_USAGE, cases[i].message);
                assert_null(strchr(err.message, '\033'));
                assert_null(forwards.items);
        }
}

TEST(a_port_of_the_host_can_be_forwarded_only_once)
{
        static const char *const pairs[] = {"2222:22,2222:22", "2222:22,2222:23", "2222:22,127.0.0.1:2222:22",
                                            "2222:22,0.0.0.0:2222:22", "0.0.0.0:1:1,192.168.7.1:1:2"};
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct forwards forwards;
                const struct settings_list list = LIST(pairs[i]);
                assert_false(forwards_read(&list, &forwards, &err));
                assert_error(&err, ERROR_USAGE, "uses a port of the host that another forward uses");
        }
}

TEST(a_port_in_use_is_refused)
{
        AUTO_ERROR struct error err = {0};
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(fd, 1), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
        AUTO_FREE char *text = text_format("%d:22", ntohs(address.sin_port));
        AUTO_FREE char *message =
                text_format("--forward: cannot use port %d of the host on 127.0.0.1: ", ntohs(address.sin_port));
        const struct settings_list list = LIST(text);
        assert_false(forwards_check_host(&list, &err));
        assert_error(&err, ERROR_ENVIRONMENT, message);
        error_clear(&err);
        close(fd);
        assert_done(forwards_check_host(&list, &err), &err);
        // An address that no host has (RFC 5737).
        const struct settings_list elsewhere = LIST("192.0.2.1:2222:22");
        assert_false(forwards_check_host(&elsewhere, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "on 192.0.2.1: ");
}
