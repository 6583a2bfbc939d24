// SPDX-License-Identifier: Apache-2.0
//
// put-variable TARGET NAME GUID ATTRIBUTES HEX [STATE]
//
// Writes a variable for the tests, from the specifications, without the code under test. TARGET is a formatted store of
// authenticated records, where the record is put at the first 16-bit word that does not begin a record; or a folder,
// which gets a file as in Linux's efivarfs (u32 attributes, data). ATTRIBUTES and STATE (default 3f) are hexadecimal.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
        FIRST_RECORD = 100,
        HEADER = 60,
        MOST = 65536,
};

static void die(const char *what)
{
        perror(what);
        exit(1);
}

static void little_endian(uint8_t *target, uint64_t value, int size)
{
        for (int i = 0; i < size; i++)
                target[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t number_at(const uint8_t *source, int size)
{
        uint64_t value = 0;
        for (int i = size; i-- > 0;)
                value = value << 8 | source[i];
        return value;
}

static size_t unhex(const char *hex, uint8_t *target)
{
        size_t size = 0;
        for (; hex[0] && hex[1] && size < MOST; hex += 2) {
                char digits[3] = {hex[0], hex[1], 0};
                target[size++] = (uint8_t)strtoul(digits, NULL, 16);
        }
        return size;
}

static void guid_bytes(const char *text, uint8_t guid[16])
{
        char digits[33] = "";
        size_t count = 0;
        for (; *text && count < 32; text++)
                if (*text != '-')
                        digits[count++] = *text;
        uint8_t straight[16] = {0};
        unhex(digits, straight);
        static const int order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
        for (int i = 0; i < 16; i++)
                guid[i] = straight[order[i]];
}

static void put_file(const char *folder, const char *name, const char *guid, uint32_t attributes, const uint8_t *data,
                     size_t size)
{
        char path[4096];
        snprintf(path, sizeof path, "%s/%s-%s", folder, name, guid);
        for (char *at = path + strlen(folder) + 1 + strlen(name); *at; at++)
                *at = (char)(*at >= 'A' && *at <= 'F' ? *at - 'A' + 'a' : *at);
        uint8_t head[4];
        little_endian(head, attributes, 4);
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(head, 4, 1, file) != 1 || (size && fwrite(data, size, 1, file) != 1) || fclose(file) != 0)
                die(path);
}

static long free_place(FILE *file)
{
        long at = FIRST_RECORD;
        uint8_t header[HEADER];
        while (fseek(file, at, SEEK_SET) == 0 && fread(header, sizeof header, 1, file) == 1 &&
               number_at(header, 2) == 0x55AA)
                at = (at + HEADER + (long)number_at(header + 36, 4) + (long)number_at(header + 40, 4) + 3) / 4 * 4;
        return at;
}

static void put_record(const char *path, const char *name, const char *guid, uint32_t attributes, const uint8_t *data,
                       size_t size, uint8_t state)
{
        uint8_t header[HEADER] = {0xAA, 0x55, state};
        size_t name_size = 2 * (strlen(name) + 1);
        little_endian(header + 4, attributes, 4);
        little_endian(header + 36, name_size, 4);
        little_endian(header + 40, size, 4);
        guid_bytes(guid, header + 44);
        FILE *file = fopen(path, "r+b");
        if (!file || fseek(file, free_place(file), SEEK_SET) != 0 || fwrite(header, sizeof header, 1, file) != 1)
                die(path);
        for (size_t i = 0; i < name_size / 2; i++) {
                uint8_t unit[2] = {(uint8_t)name[i], 0};
                if (fwrite(unit, 2, 1, file) != 1)
                        die(path);
        }
        if ((size && fwrite(data, size, 1, file) != 1) || fclose(file) != 0)
                die(path);
}

int main(int count, char **arguments)
{
        static uint8_t data[MOST];
        if (count < 6) {
                fputs("usage: put-variable TARGET NAME GUID ATTRIBUTES HEX [STATE]\n", stderr);
                return 2;
        }
        uint32_t attributes = (uint32_t)strtoul(arguments[4], NULL, 16);
        size_t size = unhex(arguments[5], data);
        uint8_t state = count > 6 ? (uint8_t)strtoul(arguments[6], NULL, 16) : 0x3F;
        struct stat status;
        if (stat(arguments[1], &status) == 0 && S_ISDIR(status.st_mode))
                put_file(arguments[1], arguments[2], arguments[3], attributes, data, size);
        else
                put_record(arguments[1], arguments[2], arguments[3], attributes, data, size, state);
        return 0;
}
