// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/boot-entry.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/efi/firmware.h"

#define ENTRIES_MAX  256  // in BootOrder, and deleted at once
#define OPTION_MAX   1024 // bytes of a load option
#define NAME_LENGTH  8    // of "Boot0004"
#define NUMBER_FIRST 4    // the lowest that is used
#define VARIABLE_MAX 256  // characters of any variable's name

static uint8_t option_bytes[OPTION_MAX];

static void name_of(efi_char16 name[NAME_LENGTH + 1], uint16_t number)
{
        memcpy(name, u"Boot", 4 * sizeof *name);
        for (size_t i = 0; i < 4; i++)
                name[4 + i] = (efi_char16) "0123456789ABCDEF"[number >> (12 - 4 * i) & 15];
        name[NAME_LENGTH] = 0;
}

static bool read_digit(efi_char16 character, uint16_t *number)
{
        unsigned digit;
        if (character >= '0' && character <= '9')
                digit = character - '0';
        else if (character >= 'A' && character <= 'F')
                digit = character - 'A' + 10u;
        else
                return false;
        *number = (uint16_t)(*number << 4 | digit);
        return true;
}

// Whether NAME is Boot#### (and not BootOrder, for instance).
static bool number_of(const efi_char16 *name, uint16_t *number)
{
        *number = 0;
        if (memcmp(name, u"Boot", 4 * sizeof *name))
                return false;
        for (size_t i = 4; i < NAME_LENGTH; i++)
                if (!read_digit(name[i], number))
                        return false;
        return name[NAME_LENGTH] == 0;
}

static bool is_called(uint16_t number, const char *description)
{
        efi_char16 name[NAME_LENGTH + 1];
        name_of(name, number);
        size_t size = sizeof option_bytes;
        return firmware_get_variable(name, option_bytes, &size) &&
               load_option_is_called(option_bytes, size, description);
}

// Collects the entries with that description, because nothing may be deleted while the variables are enumerated.
static size_t find_called(const char *description, uint16_t found[ENTRIES_MAX])
{
        static efi_char16 name[VARIABLE_MAX];
        static const struct guid global_variable = EFI_GLOBAL_VARIABLE;
        struct guid vendor = {0};
        size_t count = 0;
        name[0] = 0;
        for (;;) {
                size_t size = sizeof name;
                if (efi_failed(RS->get_next_variable_name(&size, name, &vendor)))
                        return count;
                uint16_t number;
                if (guid_equal(&vendor, &global_variable) && number_of(name, &number) &&
                    is_called(number, description) && count < ENTRIES_MAX)
                        found[count++] = number;
        }
}

static bool contains(const uint16_t *numbers, size_t count, uint16_t number)
{
        for (size_t i = 0; i < count; i++)
                if (numbers[i] == number)
                        return true;
        return false;
}

static bool is_free(uint16_t number)
{
        efi_char16 name[NAME_LENGTH + 1];
        name_of(name, number);
        size_t size = 0;
        return RS->get_variable(name, &(struct guid)EFI_GLOBAL_VARIABLE, NULL, &size, NULL) == EFI_NOT_FOUND;
}

static bool find_free(uint16_t *number)
{
        for (unsigned i = NUMBER_FIRST; i <= UINT16_MAX; i++) {
                *number = (uint16_t)i;
                if (is_free(*number))
                        return true;
        }
        return false;
}

// Moves FIRST to the front of BootOrder, and removes the GONE ones.
static bool put_first(uint16_t first, const uint16_t *gone, size_t gone_count)
{
        static uint16_t old[ENTRIES_MAX];
        static uint16_t order[ENTRIES_MAX + 1];
        size_t size = sizeof old;
        size_t count = firmware_get_variable(u"BootOrder", old, &size) ? size / sizeof *old : 0;
        size_t used = 0;
        order[used++] = first;
        for (size_t i = 0; i < count; i++)
                if (old[i] != first && !contains(gone, gone_count, old[i]))
                        order[used++] = old[i];
        return firmware_set_variable(u"BootOrder", order, used * sizeof *order);
}

bool boot_entry_replace(const struct load_option *option, uint16_t *number)
{
        static uint16_t gone[ENTRIES_MAX];
        efi_char16 name[NAME_LENGTH + 1];
        size_t gone_count = find_called(option->description, gone);
        for (size_t i = 0; i < gone_count; i++) {
                name_of(name, gone[i]);
                if (!firmware_set_variable(name, NULL, 0))
                        return false;
        }

        size_t size = load_option_build(option, option_bytes, sizeof option_bytes);
        if (!size || !find_free(number))
                return false;
        name_of(name, *number);
        return firmware_set_variable(name, option_bytes, size) && put_first(*number, gone, gone_count);
}

bool boot_entry_current(uint16_t *number)
{
        size_t size = sizeof *number;
        return firmware_get_variable(u"BootCurrent", number, &size) && size == sizeof *number;
}
