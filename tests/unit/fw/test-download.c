// SPDX-License-Identifier: Apache-2.0
//
// Downloads from tests/helpers/http-server, which misbehaves as asked.
#define _XOPEN_SOURCE 700 // posix_openpt
#include "fw/net/transfer.h"
#include "fw/net/url.h"
#include "tests/unit/base/last-error.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/interrupt.h"
#include "base/time.h"
#include "fw/net/download.h"

enum {
        FILE_SIZE = 300000, // bytes of the file that is served
        AT_ONCE_MS = 900,
};

static struct digest digest; // of that file

static struct server {
        pid_t pid;
        int output;
        char url[64];
} server;

// The next line of the server's, which must come within 10 s.
static void read_line(char *line, size_t size)
{
        size_t length = 0;
        alarm(10);
        while (length < size - 1 && read(server.output, line + length, 1) == 1 && line[length] != '\n')
                length++;
        alarm(0);
        line[length] = '\0';
}

// The server beside this program; freed with free().
static char *server_program(void)
{
        char resolved[PATH_MAX];
        if (!realpath(test_program, resolved))
                return NULL;
        return text_format("%s/../../../tests/http-server", dirname(resolved));
}

static int server_begin(void **state)
{
        int ends[2];
        AUTO_FREE char *program = server_program();
        if (!program || scratch_begin(state) != 0 || pipe(ends) != 0)
                return -1;
        setenv("no_proxy", "127.0.0.1", 1);
        server.pid = fork();
        if (server.pid == 0) {
                dup2(ends[1], 1);
                close(ends[0]);
                close(ends[1]);
                // A server for another processor needs what tests/run runs this test with.
                execl("/bin/sh", "sh", "-c", "exec $EMULATOR \"$0\" .", program, (char *)NULL);
                _exit(127);
        }
        close(ends[1]);
        server.output = ends[0];
        char line[64];
        uint64_t port;
        read_line(line, sizeof line);
        if (!text_starts_with(line, "port ") || !text_parse_number(line + 5, &port))
                return -1;
        snprintf(server.url, sizeof server.url, "http://127.0.0.1:%u", (unsigned)port);
        shell("head -c %d /dev/urandom >file; echo old >there", FILE_SIZE);
        return digest_file("file", &digest, &err) ? 0 : -1;
}

static int server_end(void **state)
{
        kill(server.pid, SIGKILL);
        waitpid(server.pid, NULL, 0);
        close(server.output);
        return scratch_end(state);
}

static struct downloaded downloaded;

// A download that fails does so at once, unless it is the attempts that are tested.
static bool get_url(const char *url, const char *target, struct download download)
{
        download.url = url;
        download.attempts = download.attempts ? download.attempts : 1;
        return download_file(&download, target, &downloaded, &err);
}

static bool get(const char *path, struct download download)
{
        AUTO_FREE char *url = text_format("%s/%s", server.url, path);
        unlink("got");
        return get_url(url, "got", download);
}

static void assert_got(const char *path, struct download download)
{
        assert_done(get(path, download), &err);
        assert_same_file("got", "file");
}

// The download fails so, the target is not there, and a file that is there stays as it was.
static void assert_fails(const char *path, struct download download, enum error_code code, const char *text)
{
        assert_failed(get(path, download), code, text);
        assert_contains(err.message, path);
        assert_null(strchr(err.message, '\n'));
        assert_false(file_exists("got"));
        assert_false(file_exists(".got.partial"));
}

static const struct download anything = {0};

static unsigned open_descriptors(void)
{
        unsigned count = 0;
        for (int fd = 0; fd < 256; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

TEST_GROUP(server_begin, server_end)

// Runs first: what a download leaves would already be there.
TEST(no_descriptor_and_no_signal_handler_is_left)
{
        struct sigaction before[NSIG] = {0};
        for (int number = 1; number < NSIG; number++)
                sigaction(number, NULL, &before[number]);
        unsigned descriptors = open_descriptors();
        assert_got("file", anything);
        assert_fails("truncate/10/file", anything, ERROR_ENVIRONMENT, "cut after 10");
        assert_int_equal(open_descriptors(), descriptors);
        for (int number = 1; number < NSIG; number++) {
                struct sigaction now = {0};
                sigaction(number, NULL, &now);
                assert_true(now.sa_handler == before[number].sa_handler);
        }
}

TEST(a_file_arrives_unchanged)
{
        assert_got("file", anything);
        assert_got("no-length/file", anything);
        assert_got("file", (struct download){.sha256 = &digest, .size = FILE_SIZE, .limit = FILE_SIZE});
        assert_got("no-length/file", (struct download){.sha256 = &digest, .size = FILE_SIZE, .limit = FILE_SIZE});
        assert_got("redirect/file", (struct download){.sha256 = &digest, .size = FILE_SIZE});
}

TEST(digest_and_size_are_reported)
{
        assert_got("file", anything);
        assert_int_equal(downloaded.size, FILE_SIZE);
        assert_true(digest_equal(&downloaded.sha256, &digest));
}

TEST(a_file_url_is_read)
{
        AUTO_FREE char *url = text_format("file://%s/file", (const char *)*state);
        struct download download = {.sha256 = &digest, .size = FILE_SIZE};
        assert_done(get_url(url, "got", download), &err);
        assert_same_file("got", "file");
        assert_failed(get_url("file:///nowhere/at/all", "got", download), ERROR_USAGE, "file not found");
        assert_same_file("got", "file");
}

TEST(another_digest_is_refused)
{
        struct download download = {.sha256 = &digest};
        static const size_t places[] = {0, 1, 16384, 150000, FILE_SIZE - 1};
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
                AUTO_FREE char *path = text_format("flip/%zu/file", places[i]);
                assert_fails(path, download, ERROR_DAMAGED, "SHA-256");
        }
        struct digest other = digest;
        other.bytes[31] ^= 1;
        assert_fails("file", (struct download){.sha256 = &other}, ERROR_DAMAGED, "SHA-256");
}

TEST(another_size_is_refused)
{
        static const uint64_t sizes[] = {1, FILE_SIZE - 1, FILE_SIZE + 1, UINT64_MAX};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                struct download download = {.size = sizes[i]};
                assert_fails("file", download, ERROR_DAMAGED, "bytes, expected ");
                assert_fails("no-length/file", download, ERROR_DAMAGED, "bytes, expected ");
        }
}

TEST(more_than_the_limit_is_refused)
{
        assert_fails("file", (struct download){.limit = FILE_SIZE - 1}, ERROR_DAMAGED, "more than the limit of");
        assert_fails("no-length/file", (struct download){.limit = FILE_SIZE - 1}, ERROR_DAMAGED, "more than");
        assert_fails("endless", (struct download){.limit = 10 << 20}, ERROR_DAMAGED,
                     "more than the limit of 10.00 MiB");
}

TEST(a_cut_connection_is_reported_with_its_place)
{
        static const size_t places[] = {0, 1, 1000, 150000, FILE_SIZE - 1};
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
                AUTO_FREE char *path = text_format("truncate/%zu/file", places[i]);
                AUTO_FREE char *text = text_format("cut after %zu ", places[i]);
                assert_fails(path, anything, ERROR_ENVIRONMENT, text);
        }
        assert_fails("truncate/1000/file", anything, ERROR_ENVIRONMENT, "1000 of 300000 bytes");
}

TEST(a_stalled_server_times_out)
{
        struct download download = {.stall_seconds = 1};
        assert_fails("stall/10/file", download, ERROR_ENVIRONMENT, "stopped sending after 10 bytes");
        assert_fails("silent", download, ERROR_ENVIRONMENT, "stopped sending after 0 bytes");
}

TEST(a_server_error_is_reported)
{
        assert_fails("nowhere", anything, ERROR_ENVIRONMENT, "404 (file not found)");
        assert_fails("status/410", anything, ERROR_ENVIRONMENT, "410 (file not found)");
        assert_fails("status/403", anything, ERROR_ENVIRONMENT, "403 (access denied)");
        assert_fails("status/503", anything, ERROR_ENVIRONMENT, "503 (server error");
        assert_fails("redirect/nowhere", anything, ERROR_ENVIRONMENT, "404");
        assert_fails("empty", anything, ERROR_ENVIRONMENT, "without a response");
        assert_fails("circle", anything, ERROR_ENVIRONMENT, "too many redirects");
        assert_fails("garbage", anything, ERROR_ENVIRONMENT, "is not HTTP");
}

TEST(a_redirection_never_leads_to_a_local_file)
{
        assert_fails("redirect-to-file/etc/passwd", anything, ERROR_USAGE, "only http, https and file");
}

// A socket on a port that was free, which ADDRESS is.
static int bind_free_port(struct sockaddr_in *address)
{
        *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof *address;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)address, size), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)address, &size), 0);
        return fd;
}

TEST(a_refused_connection_is_reported)
{
        // A port that was free a moment ago.
        struct sockaddr_in address;
        int fd = bind_free_port(&address);
        close(fd);
        AUTO_FREE char *url = text_format("http://127.0.0.1:%u/file", (unsigned)ntohs(address.sin_port));
        assert_failed(get_url(url, "there", anything), ERROR_ENVIRONMENT, "refuses the connection");
        shell("test \"$(cat there)\" = old");
}

#ifdef __linux__
// A server that accepts no connection: Linux drops what comes when the queue of a listening socket is full.
struct deaf {
        int server, clients[8];
        unsigned port;
        char url[64];
};

static void deaf_begin(struct deaf *deaf)
{
        struct sockaddr_in address;
        deaf->server = bind_free_port(&address);
        deaf->port = ntohs(address.sin_port);
        snprintf(deaf->url, sizeof deaf->url, "http://127.0.0.1:%u/file", deaf->port);
        assert_int_equal(listen(deaf->server, 0), 0);
        for (int i = 0; i < 8; i++) {
                deaf->clients[i] = socket(AF_INET, SOCK_STREAM, 0);
                fcntl(deaf->clients[i], F_SETFL, O_NONBLOCK);
                (void)connect(deaf->clients[i], (struct sockaddr *)&address, sizeof address);
        }
}

static void deaf_end(const struct deaf *deaf)
{
        for (int i = 0; i < 8; i++)
                close(deaf->clients[i]);
        close(deaf->server);
}

TEST(an_unaccepted_connection_times_out)
{
        struct deaf deaf;
        deaf_begin(&deaf);
        assert_failed(get_url(deaf.url, "got", (struct download){.connect_seconds = 1}), ERROR_ENVIRONMENT,
                      "did not respond in time");
        deaf_end(&deaf);
}

// libcurl's lookups: lost.invalid gets no answer, and other names are not known.
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
        (void)service;
        (void)hints;
        *result = NULL;
        if (strcmp(name, "lost.invalid") != 0)
                return EAI_NONAME;
        fprintf(stderr, "looking up %s\n", name);
        for (;;)
                pause();
}

TEST(an_unknown_name_is_reported)
{
        assert_failed(get_url("http://nowhere.invalid/file", "got", anything), ERROR_ENVIRONMENT,
                      "nowhere.invalid/file: the server's name cannot be resolved");
}

TEST(a_slow_lookup_times_out)
{
        assert_failed(get_url("http://lost.invalid/file", "got", (struct download){.connect_seconds = 1}),
                      ERROR_ENVIRONMENT, "did not respond in time");
}
#endif

TEST(other_protocols_and_invalid_urls_are_usage_errors)
{
        static const struct {
                const char *url, *text;
        } urls[] = {
                {"ftp://127.0.0.1/file", "only http, https and file"},
                {"scp://127.0.0.1/file", "only http, https and file"},
                {"gopher://127.0.0.1/file", "only http, https and file"},
                {"http://", "not a URL"},
                {"http://127.0.0.1:port/", "not a URL"},
                {"", "not a URL"},
        };
        for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
                assert_failed(get_url(urls[i].url, "got", anything), ERROR_USAGE, urls[i].text);
}

TEST(an_unwritable_target_is_reported)
{
        AUTO_FREE char *url = text_format("%s/file", server.url);
        assert_false(get_url(url, "/proc/nothing/here", anything));
        assert_contains(err.message, "/proc/nothing/here");
}

TEST(a_password_in_a_url_is_never_printed)
{
        AUTO_FREE char *url = text_format("http://me:secret@%s/status/404", server.url + strlen("http://"));
        assert_failed(get_url(url, "got", anything), ERROR_ENVIRONMENT, "/status/404");
        assert_null(strstr(err.message, "secret"));
        assert_null(strstr(err.message, "me:"));
}

TEST(public_urls)
{
        static const struct {
                const char *url, *expected;
        } urls[] = {
                // Without a user: as they are.
                {"http://host/a/b%2bc.deb", "http://host/a/b%2bc.deb"},
                {"HTTP://Host:80", "HTTP://Host:80"},
                {"file:///a/b", "file:///a/b"},
                {"not/a url at all", "not/a url at all"},
                {"", ""},
                {"http://", "http://"},
                // An @ behind the authority is one of the path, the query or the fragment.
                {"https://host:8443/@scope/a@1.deb", "https://host:8443/@scope/a@1.deb"},
                {"https://host?to=me@other", "https://host?to=me@other"},
                {"https://host#me@other", "https://host#me@other"},
                {"file:///a/b@c", "file:///a/b@c"},
                {"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
                {"http://[v1.fe80]/a@b", "http://[v1.fe80]/a@b"},
                // With one.
                {"https://me:secret@host:8443/a?b=c", "https://host:8443/a?b=c"},
                {"https://me@host/a", "https://host/a"},
                {"https://:secret@host", "https://host"},
                {"https://@host/a", "https://host/a"},
                {"http://me:secret@[fe80::1]/a", "http://[fe80::1]/a"},
                {"http://me:secret@host/a@b", "http://host/a@b"},
                {"http://me:sec@ret@host/a", "http://host/a"},
                {"http://me:%40se%2Fcret@host/a", "http://host/a"},
                {"http://me:se cret\\\n@host/a", "http://host/a"},
                {"mirror+http://me:secret@host/a", "mirror+http://host/a"},
                {"file://me:secret@/a/b", "file:///a/b"},
                {"http://me:secret@host/?u=http://me:other@host/", "http://host/?u=http://me:other@host/"},
                // What is not a URL: the last @ decides.
                {"me:secret@nothing else", "nothing else"},
                {"me:secret@host/a@b", "b"},
                {"http:me:secret@host/a", "host/a"},
                {"http:/me:secret@host/a", "host/a"},
                {"//me:secret@host/a", "host/a"},
                {"://me:secret@host/a", "host/a"},
                {"1http://me:secret@host/a", "host/a"},
                {"ht tp://me:secret@host/a", "host/a"},
                {"http://me:se/cret@host/a", "host/a"},
                {"http://me:se?cret@host/a", "host/a"},
                {"http://me:se#cret@host/a", "host/a"},
                {"http://me:secret@ho st/a@b", "b"},
                {"http://me:secret@host:port/a", "host:port/a"},
                {"http://x@me:se/cret@host/a", "host/a"},
                {"http://[::1/a@b", "b"},
                {"http://[::1]x/a@b", "b"},
                {"http://[/a@b", "b"},
                {"http://a:1:2/a@b", "b"},
                {"me@", ""},
        };
        for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
                AUTO_FREE char *public_url = download_public_url(urls[i].url);
                assert_string_equal(public_url, urls[i].expected);
        }
}

// ---- interrupts

// How often the server has printed WHAT since the last time.
static unsigned served(const char *what)
{
        char line[256];
        unsigned count = 0;
        AUTO_FREE char *url = text_format("%s/end", server.url);
        get_url(url, "nothing", anything);
        do {
                read_line(line, sizeof line);
                count += strcmp(line, what) == 0;
        } while (strcmp(line, "served /end") != 0 && *line);
        return count;
}

// The server's next line that begins with TEXT.
static void wait_for_line(const char *text)
{
        char line[256];
        do {
                read_line(line, sizeof line);
                assert_true(*line);
        } while (!text_starts_with(line, text));
}

// A process of its own, because a signal once noted stays noted.
struct downloader {
        pid_t pid;
        int printed; // what it prints on standard error
};

// Begins one whose standard error is ERRORS, which is read from PRINTED; it prints END last.
static struct downloader begin_download_into(int errors, int printed, const char *url, struct download download)
{
        fflush(NULL);
        struct downloader downloader = {fork(), printed};
        if (downloader.pid == 0) {
                dup2(errors, STDERR_FILENO);
                setenv("TERM", "xterm", 1);
                interrupt_catch();
                download.url = url;
                download_file(&download, "got", &downloaded, &err);
                fputs("END", stderr);
                _exit((int)err.code);
        }
        close(errors);
        return downloader;
}

static struct downloader begin_download(const char *url, struct download download)
{
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        return begin_download_into(ends[1], ends[0], url, download);
}

static void assert_interrupted(const struct downloader *downloader)
{
        int status = 0;
        uint64_t began = time_now_ms();
        kill(downloader->pid, SIGINT);
        assert_int_equal(waitpid(downloader->pid, &status, 0), downloader->pid);
        assert_true(time_now_ms() - began < AT_ONCE_MS);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), ERROR_INTERRUPTED);
        assert_false(file_exists("got"));
        assert_false(file_exists(".got.partial"));
        close(downloader->printed);
}

TEST(an_interrupt_ends_a_download)
{
        static const struct {
                const char *path, *line;
        } cases[] = {{"silent", "silent"}, {"stall/1000/file", "stalled"}};
        unlink("got");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_FREE char *url = text_format("%s/%s", server.url, cases[i].path);
                served("");
                struct downloader downloader = begin_download(url, anything);
                wait_for_line(cases[i].line);
                assert_interrupted(&downloader);
        }
}

// libcurl reads a file without a pause, and this one without an end.
TEST(an_interrupt_ends_the_reading_of_a_file)
{
        struct downloader downloader = begin_download("file:///dev/zero", anything);
        while (access(".got.partial", F_OK) != 0 || file_allocated(".got.partial") == 0)
                usleep(1000);
        assert_interrupted(&downloader);
}

// Reads from the terminal into DRAWN until TEXT is there.
static void read_until(int terminal, struct buffer *drawn, const char *text)
{
        alarm(20);
        for (;;) {
                char block[256];
                ssize_t count = read(terminal, block, sizeof block);
                assert_true(count > 0);
                buffer_add(drawn, block, (size_t)count);
                AUTO_FREE char *so_far = text_format("%.*s", (int)drawn->size, (const char *)drawn->data);
                if (strstr(so_far, text))
                        break;
        }
        alarm(0);
}

TEST(an_interrupt_ends_the_pause_between_attempts)
{
        AUTO_FREE char *url = text_format("%s/retry-after/30", server.url);
        AUTO_BUFFER struct buffer printed = {0};
        struct downloader downloader = begin_download(url, anything);
        read_until(downloader.printed, &printed, "(server error); trying again in 30");
        assert_interrupted(&downloader);
}

#ifdef __linux__
TEST(an_interrupt_ends_a_lookup)
{
        AUTO_BUFFER struct buffer printed = {0};
        struct downloader downloader = begin_download("http://lost.invalid/file", anything);
        read_until(downloader.printed, &printed, "looking up lost.invalid");
        assert_interrupted(&downloader);
}

TEST(an_interrupt_ends_a_connection_that_is_not_accepted)
{
        struct deaf deaf;
        deaf_begin(&deaf);
        AUTO_FREE char *waiting = text_format("grep -c ' 0100007F:%04X 02 ' /proc/net/tcp || :", deaf.port);
        AUTO_FREE char *before = shell_output("%s", waiting);
        struct downloader downloader = begin_download(deaf.url, anything);
        shell("while test $(%s) = %s; do sleep 0.01; done", waiting, before);
        assert_interrupted(&downloader);
        deaf_end(&deaf);
}
#endif

TEST(an_interrupt_takes_the_progress_off_the_terminal)
{
        // A server that accepts connections and sends nothing.
        struct sockaddr_in address;
        int fd = bind_free_port(&address);
        assert_int_equal(listen(fd, 4), 0);
        AUTO_FREE char *url = text_format("http://me:secret@127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
        AUTO_FREE char *label = text_format("downloading %s", strchr(url, '@') + 1);
        int terminal = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
        int line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
        assert_true(line >= 0);
        struct downloader downloader = begin_download_into(dup(line), dup(terminal), url, anything);
        AUTO_BUFFER struct buffer drawn = {0};
        read_until(terminal, &drawn, label);
        assert_interrupted(&downloader);
        read_until(terminal, &drawn, "END");
        buffer_add_u8(&drawn, 0);
        assert_contains((const char *)drawn.data, "\r\033[KEND");
        assert_null(strstr((const char *)drawn.data, "secret"));
        close(line);
        close(terminal);
        close(fd);
}

// ---- retries and resumed downloads

TEST(temporary_errors_are_retried)
{
        static const char *const paths[] = {"first/408/file", "first/429/file", "first/503/file"};
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
                assert_got(paths[i], (struct download){.attempts = 2});
        // A final answer is not asked for twice.
        served("");
        assert_fails("first/404/file", (struct download){.attempts = 3}, ERROR_ENVIRONMENT, "404");
        assert_int_equal(served("served /first/404/file"), 1);
        assert_fails("first/403/file", (struct download){.attempts = 3}, ERROR_ENVIRONMENT, "403");
        assert_int_equal(served("served /first/403/file"), 1);
        assert_fails("status/503", (struct download){.attempts = 2}, ERROR_ENVIRONMENT, "503");
        assert_int_equal(served("served /status/503"), 2);
}

TEST(a_cut_download_is_resumed)
{
        served("");
        assert_got("drip/120000/file", (struct download){.sha256 = &digest, .size = FILE_SIZE, .attempts = 3});
        assert_int_equal(served("served /drip/120000/file from 240000"), 1);
        assert_fails("drip/120000/file", (struct download){.sha256 = &digest, .attempts = 2}, ERROR_ENVIRONMENT,
                     "240000 of 300000 bytes");
        // Without a digest the second half might be of another file.
        assert_fails("drip/120000/file", (struct download){.attempts = 2}, ERROR_ENVIRONMENT, "120000 of 300000 bytes");
        assert_fails("reset/1000/file", (struct download){.attempts = 2}, ERROR_ENVIRONMENT, "");
}

TEST(a_part_is_kept_and_resumed)
{
        struct download download = {.sha256 = &digest, .part = "part"};
        assert_fails("truncate/100000/file", download, ERROR_ENVIRONMENT, "cut after 100000");
        shell("head -c 100000 file | cmp - part");
        served("");
        assert_got("file", download);
        assert_int_equal(served("served /file from 100000"), 1);
        assert_false(file_exists("part"));
}

TEST(a_server_that_cannot_go_on_sends_all_of_it)
{
        static const char *const paths[] = {"no-range/file", "wrong-range/file", "no-length/file"};
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
                shell("head -c 100000 file >part");
                assert_got(paths[i], (struct download){.sha256 = &digest, .size = FILE_SIZE, .part = "part"});
        }
}

TEST(a_wrong_part_does_no_harm)
{
        static const char *const parts[] = {
                "head -c 100000 /dev/zero >part", // of another file
                "cp file part",                   // all of it
                "cat file file >part",            // more than all of it
                ": >part",
        };
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
                for (uint64_t size = 0; size <= FILE_SIZE; size += FILE_SIZE) {
                        shell("%s", parts[i]);
                        assert_got("file", (struct download){.sha256 = &digest, .size = size, .part = "part"});
                }
        }
        // If the file is another one, no part of it is kept.
        shell("head -c 1000 file >part");
        assert_fails("flip/5/file", (struct download){.sha256 = &digest, .part = "part"}, ERROR_DAMAGED, "SHA-256");
        assert_false(file_exists("part"));
}

TEST(a_web_page_is_reported_as_one)
{
        assert_fails("page", (struct download){.sha256 = &digest}, ERROR_DAMAGED, "received a web page instead");
        assert_fails("page", (struct download){.size = 5}, ERROR_DAMAGED, "received a web page instead");
}

TEST(an_interrupt_keeps_the_part)
{
        AUTO_FREE char *url = text_format("%s/stall/1000/file", server.url);
        unlink("got");
        struct downloader downloader = begin_download(url, (struct download){.sha256 = &digest, .part = "part"});
        while (access("part", F_OK) != 0 || file_allocated("part") == 0)
                usleep(1000);
        assert_interrupted(&downloader);
        shell("for f in part file; do head -c 1000 $f >$f.head; done; cmp part.head file.head; rm part");
}

TEST(a_proxy_is_used_if_set)
{
        setenv("http_proxy", server.url, 1);
        bool got = get_url("http://nowhere.invalid/file", "got", anything);
        unsetenv("http_proxy");
        assert_done(got, &err);
        assert_same_file("got", "file");
}
