// SPDX-License-Identifier: Apache-2.0
//
// console-stream KIND BYTES: prints like a guest, the same each time. Kinds: kernel (lines of a log), redraws (an
// installer's screens, drawn by cursor placement), mixed (one tenth redraws, and a boot at the end), binary, broken
// (invalid UTF-8), line (a single endless one), costly (DECALN, three bytes that fill the screen).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 1;

static uint32_t below(uint32_t limit)
{
        state = state * 1664525 + 1013904223;
        return (state >> 8) % limit;
}

static size_t print_kernel(void)
{
        static const char *const sources[] = {"pci", "usb", "nvme", "vmkernel", "cpu0:65536", "storage-path"};
        static unsigned long time;
        time += below(2000);
        return (size_t)printf("[%5lu.%06lu] %s 0000:%02x:%02x.%u: BAR %u: assigned [mem 0x%08x-0x%08x 64bit pref]\r\n",
                              time / 1000000, time % 1000000, sources[below(6)], below(256), below(32), below(8),
                              below(6), below(1 << 24), below(1 << 24));
}

// A screen, every twentieth time drawn completely.
static size_t print_redraws(void)
{
        static const char *const looks[] = {"0;37;44", "0;1;33;44", "0;30;47", "0;1;34;47", "0;30;47;7", "0;37;40"};
        static const char text[] = "Installing ESXi 8.0.3 from esx-base.v00 onto the disk (please wait)";
        static unsigned times;
        size_t size = 0;
        if (times++ % 20 == 0)
                size += (size_t)printf("\033[0m\033[2J\033[1;1H\033[?25l");
        for (unsigned row = 1; row <= 24; row++) {
                for (unsigned column = 1, length; column < 79; column += length) {
                        length = 4 + below(30);
                        length = length < 79 - column ? length : 79 - column;
                        size += (size_t)printf("\033[%u;%uH\033[%sm%.*s", row, column, looks[below(6)], (int)length,
                                               text + below(20));
                }
        }
        return size;
}

static size_t print_mixed(void)
{
        return below(300) ? print_kernel() : print_redraws();
}

static size_t print_binary(void)
{
        putchar((int)below(256));
        return 1;
}

static size_t print_broken(void)
{
        static const char *const pieces[] = {"\xE2\x94\x80", "\xE6\x97", "\xC3\xA9", "\xF0\x9F",
                                             "plain text ",  "\x80",     "\r\n"};
        const char *piece = pieces[below(7)];
        return fwrite(piece, 1, strlen(piece), stdout);
}

static size_t print_line(void)
{
        return fwrite("a line without an end ", 1, 22, stdout);
}

static size_t print_costly(void)
{
        return fwrite("\033#8", 1, 3, stdout);
}

static const struct {
        const char *name;
        size_t (*print)(void);
} kinds[] = {
        {"kernel", print_kernel}, {"redraws", print_redraws}, {"mixed", print_mixed},   {"binary", print_binary},
        {"broken", print_broken}, {"line", print_line},       {"costly", print_costly},
};

int main(int count, char **arguments)
{
        for (size_t i = 0; count == 3 && i < sizeof kinds / sizeof *kinds; i++) {
                if (strcmp(kinds[i].name, arguments[1]) != 0)
                        continue;
                uint64_t size = strtoull(arguments[2], NULL, 10);
                for (uint64_t printed = 0; printed < size;)
                        printed += kinds[i].print();
                if (strcmp(kinds[i].name, "mixed") == 0)
                        fputs("BdsDxe: starting Boot0004 \"VMware ESXi\" from HD(1,GPT)\r\nVMware ESXi 8.0.3 "
                              "[Releasebuild-1]\r\n"
                              "Starting VMKernel initialization\r\nBoot complete (2/2)\r\nStarting service DCUI\r\n",
                              stdout);
                return fflush(stdout) == 0 ? 0 : 1;
        }
        fputs("usage: console-stream kernel|redraws|mixed|binary|broken|line|costly BYTES\n", stderr);
        return 2;
}
