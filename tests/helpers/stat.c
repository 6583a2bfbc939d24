// SPDX-License-Identifier: Apache-2.0
//
// stat -c FORMAT FILE...
//
// Like GNU's; macOS' has other options. FORMAT supports %a %A %b %i %n %s %y and %Y; -Lc follows links.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

static void print_mode(mode_t mode)
{
        static const char letters[] = "rwxrwxrwx";
        putchar(S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : '-');
        for (int i = 0; i < 9; i++)
                putchar(mode & (0400U >> i) ? letters[i] : '-');
}

static bool print(char letter, const char *path, const struct stat *status)
{
        switch (letter) {
        case 'a':
                printf("%o", (unsigned)status->st_mode & 07777U);
                break;
        case 'A':
                print_mode(status->st_mode);
                break;
        case 'b':
                printf("%jd", (intmax_t)status->st_blocks);
                break;
        case 'i':
                printf("%ju", (uintmax_t)status->st_ino);
                break;
        case 'n':
                fputs(path, stdout);
                break;
        case 's':
                printf("%jd", (intmax_t)status->st_size);
                break;
        case 'y':
                printf("%jd.%09ld", (intmax_t)status->st_mtime, status->st_mtim.tv_nsec);
                break;
        case 'Y':
                printf("%jd", (intmax_t)status->st_mtime);
                break;
        default:
                return false;
        }
        return true;
}

int main(int count, char **arguments)
{
        bool follows = count > 3 && strcmp(arguments[1], "-Lc") == 0;
        if (count < 4 || (!follows && strcmp(arguments[1], "-c") != 0)) {
                fputs("usage: stat -c|-Lc FORMAT FILE...\n", stderr);
                return 2;
        }
        for (int i = 3; i < count; i++) {
                struct stat status;
                if ((follows ? stat(arguments[i], &status) : lstat(arguments[i], &status)) != 0) {
                        perror(arguments[i]);
                        return 1;
                }
                for (const char *at = arguments[2]; *at; at++) {
                        if (*at != '%')
                                putchar(*at);
                        else if (!print(*++at, arguments[i], &status))
                                return 2;
                }
                putchar('\n');
        }
        return 0;
}
