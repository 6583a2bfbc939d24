// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/pe.h"

#include <stddef.h>

enum {
        DOS_MAGIC = 0x5A4D, // "MZ"
        PE_OFFSET_AT = 0x3C,
        PE_MAGIC = 0x00004550, // "PE\0\0"
};

static bool check_section(struct cursor *cursor, struct error *err)
{
        cursor_skip(cursor, 16); // name, and size and address in memory
        uint32_t size = cursor_u32(cursor);
        uint32_t offset = cursor_u32(cursor);
        cursor_skip(cursor, 16); // relocations, line numbers, characteristics
        if (!cursor_ok(cursor, "its section table", err))
                return false;
        struct bytes data;
        if (!size || bytes_slice(cursor->view, offset, size, &data))
                return true;
        return error_set(err, ERROR_DAMAGED, "it is cut off: a section ends at byte %llu, but the file has only %zu",
                         (unsigned long long)offset + size, cursor->view.size);
}

bool pe_read(struct bytes image, struct pe *pe, struct error *err)
{
        struct cursor cursor = cursor_at(image, 0);
        uint16_t dos_magic = cursor_u16(&cursor);
        cursor = cursor_at(image, PE_OFFSET_AT);
        uint32_t offset = cursor_u32(&cursor);
        cursor = cursor_at(image, offset);
        uint32_t magic = cursor_u32(&cursor);
        if (dos_magic != DOS_MAGIC || magic != PE_MAGIC)
                return error_set(err, ERROR_DAMAGED, "it is not a PE program");
        pe->machine = cursor_u16(&cursor);
        uint16_t sections = cursor_u16(&cursor);
        cursor_skip(&cursor, 12); // time, symbols
        uint16_t optional_size = cursor_u16(&cursor);
        cursor_skip(&cursor, 2); // characteristics
        cursor_skip(&cursor, optional_size);
        if (!cursor_ok(&cursor, "its PE header", err))
                return false;
        for (uint16_t i = 0; i < sections; i++) {
                if (!check_section(&cursor, err))
                        return false;
        }
        return true;
}

const char *pe_machine_name(uint16_t machine)
{
        static const struct {
                uint16_t machine;
                const char *name;
        } names[] = {
                {PE_MACHINE_AARCH64, "aarch64"},
                {0x8664, "x86-64"},
                {0x014C, "x86"},
                {0x01C0, "arm"},
                {0x01C2, "arm"},
                {0x5064, "riscv64"},
                {0x6264, "loongarch64"},
        };
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                if (names[i].machine == machine)
                        return names[i].name;
        }
        return "unknown";
}
