// SPDX-License-Identifier: Apache-2.0
//
// fill-store TARGET COUNT SIZE
//
// Appends COUNT variables of SIZE bytes each (or as many as fit) to a formatted AAVMF store of authenticated records,
// and prints how many. Written from the specifications, without the code under test.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        FIRST_RECORD = 100,
        HEADER = 60,
        NAME = 14, // "V00000" in UTF-16 with its NUL
        END = 0x40000,
};

static void little_endian(uint8_t *target, uint64_t value, int size)
{
        for (int i = 0; i < size; i++)
                target[i] = (uint8_t)(value >> (8 * i));
}

static size_t number_at(const uint8_t *source)
{
        return source[0] | (size_t)source[1] << 8 | (size_t)source[2] << 16 | (size_t)source[3] << 24;
}

int main(int count, char **arguments)
{
        static uint8_t store[END];
        FILE *file = count == 4 ? fopen(arguments[1], "r+b") : NULL;
        if (!file || fread(store, sizeof store, 1, file) != 1) {
                perror("usage: fill-store TARGET COUNT SIZE");
                return 2;
        }
        size_t at = FIRST_RECORD;
        while (store[at] == 0xAA && store[at + 1] == 0x55)
                at = (at + HEADER + number_at(store + at + 36) + number_at(store + at + 40) + 3) / 4 * 4;
        size_t size = strtoul(arguments[3], NULL, 10);
        long wanted = strtol(arguments[2], NULL, 10);
        long written = 0;
        for (; written < wanted && at + HEADER + NAME + size + 3 < END; written++) {
                uint8_t *record = store + at;
                memset(record, 0, HEADER + NAME + size);
                memcpy(record, (const uint8_t[]){0xAA, 0x55, 0x3F}, 3);
                record[4] = 7;
                little_endian(record + 36, NAME, 4);
                little_endian(record + 40, size, 4);
                memset(record + 44, 0x11, 16);
                char name[32];
                snprintf(name, sizeof name, "V%05ld", written);
                for (int i = 0; i < 6; i++)
                        record[HEADER + 2 * i] = (uint8_t)name[i];
                at = (at + HEADER + NAME + size + 3) / 4 * 4;
        }
        printf("%ld\n", written);
        return fseek(file, 0, SEEK_SET) != 0 || fwrite(store, sizeof store, 1, file) != 1 || fclose(file) != 0;
}
