// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/password.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        LONGEST = 128
};

char *password_copy(const char *password)
{
        return OPENSSL_strdup(password);
}

void password_free(char **password)
{
        if (*password)
                OPENSSL_clear_free(*password, strlen(*password));
        *password = NULL;
}

static char *checked(char *password, const char *from, struct error *err)
{
        bool typeable = *password && strlen(password) <= LONGEST;
        for (const char *at = password; *at; at++)
                typeable = typeable && *at >= ' ' && *at <= '~';
        if (typeable)
                return password;
        password_free(&password);
        error_set(err, ERROR_USAGE, "the password from %s must have 1 to %d printable ASCII characters", from, LONGEST);
        return NULL;
}

static char *from_file(const char *file, struct error *err)
{
        AUTO_BUFFER struct buffer content = {0};
        if (!file_read(file, 1 << 16, &content, err)) {
                error_wrap(err, "the password");
                return NULL;
        }
        const char *text = (const char *)content.data;
        size_t length = 0;
        while (length < content.size && text[length] != '\n' && text[length] != '\r')
                length++;
        if (length && memchr(text, '\0', length)) {
                OPENSSL_cleanse(content.data, content.size);
                error_set(err, ERROR_USAGE, "the password from %s contains a NUL byte", file);
                return NULL;
        }
        char *password = OPENSSL_zalloc(length + 1);
        if (length)
                memcpy(password, text, length);
        if (content.size)
                OPENSSL_cleanse(content.data, content.size);
        return checked(password, file, err);
}

// Waits until the user has typed a line. False on an interrupt, even one before the wait began.
static bool wait_for_line(void)
{
        struct pollfd poll_for[2] = {{STDIN_FILENO, POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
        while (poll(poll_for, 2, -1) < 0 && errno == EINTR)
                ;
        return !interrupt_pending();
}

// One line from the terminal, not shown while it is typed; NULL at the end of input.
static char *ask(const char *question)
{
        struct termios shown;
        char line[LONGEST + 2];
        if (tcgetattr(STDIN_FILENO, &shown) != 0)
                return NULL;
        struct termios hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        fputs(question, stderr);
        const char *typed = wait_for_line() ? fgets(line, sizeof line, stdin) : NULL;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
        if (!typed)
                return NULL;
        line[strcspn(line, "\n")] = '\0';
        char *answer = OPENSSL_strdup(line);
        OPENSSL_cleanse(line, sizeof line);
        return answer;
}

// IS_NEW: it is typed twice.
static char *from_terminal(bool is_new, struct error *err)
{
        if (!isatty(STDIN_FILENO)) {
                error_set(err, ERROR_USAGE, "no root password given: set ROOT_PASSWORD or use --root-password-file");
                return NULL;
        }
        AUTO_PASSWORD char *first = ask(is_new ? "Root password for the new system: " : "Root password: ");
        AUTO_PASSWORD char *second = first && is_new ? ask("Again: ") : NULL;
        if (!interrupt_check(err))
                return NULL;
        if (!first || (is_new && !second)) {
                error_set(err, ERROR_USAGE, "no password was typed");
                return NULL;
        }
        if (is_new && strcmp(first, second) != 0) {
                error_set(err, ERROR_USAGE, "the two passwords differ");
                return NULL;
        }
        return checked(MEMORY_TAKE(first), "the terminal", err);
}

static char *get(const char *file, bool is_new, struct error *err)
{
        if (file)
                return from_file(file, err);
        const char *given = getenv("ROOT_PASSWORD");
        if (given && *given)
                return checked(OPENSSL_strdup(given), "ROOT_PASSWORD", err);
        return from_terminal(is_new, err);
}

char *password_get(const char *file, struct error *err)
{
        return get(file, true, err);
}

char *password_get_existing(const char *file, struct error *err)
{
        return get(file, false, err);
}
