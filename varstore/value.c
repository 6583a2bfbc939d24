// SPDX-License-Identifier: Apache-2.0
#include "varstore/value.h"

#include <inttypes.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/devpath.h"
#include "varstore/loadopt.h"
#include "varstore/signatures.h"

static bool read_whole_number(struct bytes data, uint64_t *number)
{
        struct cursor cursor = cursor_at(data, 0);
        switch (data.size) {
        case 1:
                *number = cursor_u8(&cursor);
                return true;
        case 2:
                *number = cursor_u16(&cursor);
                return true;
        case 4:
                *number = cursor_u32(&cursor);
                return true;
        case 8:
                *number = cursor_u64(&cursor);
                return true;
        default:
                return false;
        }
}

static char *number_text(struct bytes data)
{
        uint64_t number;
        return read_whole_number(data, &number) ? text_format("%" PRIu64, number) : NULL;
}

static char *flags_text(struct bytes data)
{
        uint64_t number;
        return read_whole_number(data, &number) ? text_format("0x%0*" PRIx64, (int)(2 * data.size), number) : NULL;
}

static char *switch_text(struct bytes data)
{
        if (data.size != 1 || data.data[0] > 1)
                return NULL;
        return memory_text(data.data[0] ? "on" : "off");
}

static char *ascii_text(struct bytes data)
{
        size_t length = data.size && data.data[data.size - 1] == 0 ? data.size - 1 : data.size;
        AUTO_FREE char *shown = text_printable((const char *)data.data, length, false);
        return text_format("\"%s\"", shown);
}

static char *order_text(struct bytes data)
{
        struct text text = {0};
        if (data.size % 2)
                return NULL;
        struct cursor cursor = cursor_at(data, 0);
        while (cursor_left(&cursor))
                text_add_format(&text, "%s%04X", text.length ? "," : "", cursor_u16(&cursor));
        return text_take(&text);
}

static char *path_text(struct bytes data)
{
        if (!devpath_valid(data, NULL))
                return NULL;
        AUTO_FREE char *text = devpath_text(data);
        return text_printable(text, strlen(text), false);
}

static char *option_text(struct bytes data)
{
        AUTO_LOADOPT struct loadopt option = {0};
        if (!loadopt_read(data, &option, NULL))
                return NULL;
        AUTO_FREE char *path = devpath_text(option.path);
        AUTO_FREE char *text = text_format("\"%s\" %s", option.description, path);
        return text_printable(text, strlen(text), false);
}

// EFI_KEY_OPTION: u32 keys, u32 checksum of the option, u16 number of the option, keys.
static char *key_text(struct bytes data)
{
        struct cursor cursor = cursor_at(data, 8);
        uint16_t number = cursor_u16(&cursor);
        return cursor.overrun ? NULL : text_format("starts Boot%04X", number);
}

static void add_count(struct text *text, struct guid type, size_t count)
{
        const char *kind = signatures_kind(type, count != 1);
        char spelled[37];
        guid_text(type, spelled);
        text_add_format(text, "%s%zu %s%s", text->length ? ", " : "", count, kind ? kind : "of type ",
                        kind ? "" : spelled);
}

// Firmware keeps each certificate in a list of its own; lists of one type that follow each other are counted as one.
static char *signatures_text(struct bytes data)
{
        AUTO_TEXT struct text text = {0};
        struct signature_list list;
        struct guid type = {{0}};
        size_t count = 0;
        size_t offset = 0;
        while (signatures_next(data, &offset, &list)) {
                if (count && !guid_equal(list.type, type)) {
                        add_count(&text, type, count);
                        count = 0;
                }
                type = list.type;
                count += list.count;
        }
        if (count || data.size)
                add_count(&text, type, count);
        return offset == data.size ? text_take(&text) : NULL;
}

// In a name `#` is an upper-case hexadecimal digit.
static const struct meaning {
        const struct guid *vendor;
        const char *name;
        char *(*text)(struct bytes data);
} MEANINGS[] = {
        {&GUID_EFI_GLOBAL_VARIABLE, "Boot####", option_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "BootOrder", order_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "BootNext", order_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "Driver####", option_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "DriverOrder", order_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "SysPrep####", option_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "SysPrepOrder", order_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "PlatformRecovery####", option_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "Key####", key_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "Timeout", number_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "OsIndications", flags_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "Lang", ascii_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "PlatformLang", ascii_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "ConIn", path_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "ConOut", path_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "ErrOut", path_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "PK", signatures_text},
        {&GUID_EFI_GLOBAL_VARIABLE, "KEK", signatures_text},
        {&GUID_EFI_IMAGE_SECURITY_DATABASE, "db", signatures_text},
        {&GUID_EFI_IMAGE_SECURITY_DATABASE, "dbx", signatures_text},
        {&GUID_EFI_IMAGE_SECURITY_DATABASE, "dbt", signatures_text},
        {&GUID_EFI_IMAGE_SECURITY_DATABASE, "dbr", signatures_text},
        {&GUID_SHIM_LOCK, "MokList", signatures_text},
        {&GUID_SHIM_LOCK, "MokListX", signatures_text},
        {&GUID_EFI_SECURE_BOOT_ENABLE_DISABLE, "SecureBootEnable", switch_text},
        {&GUID_EFI_CUSTOM_MODE_ENABLE, "CustomMode", switch_text},
        {&GUID_EFI_VENDOR_KEYS_NV, "VendorKeysNv", switch_text},
        {&GUID_EDKII_VAR_ERROR_FLAG, "VarErrorFlag", flags_text},
        {&GUID_MTC_VENDOR, "MTC", number_text},
};

static bool name_matches(const char *name, const char *pattern)
{
        for (; *pattern; pattern++, name++) {
                bool digit = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'F');
                if (*pattern == '#' ? !digit : *pattern != *name)
                        return false;
        }
        return *name == 0;
}

static const struct meaning *find_meaning(const struct variable *variable)
{
        for (size_t i = 0; i < sizeof MEANINGS / sizeof MEANINGS[0]; i++)
                if (guid_equal(*MEANINGS[i].vendor, variable->vendor) && name_matches(variable->name, MEANINGS[i].name))
                        return &MEANINGS[i];
        return NULL;
}

char *value_text(const struct variable *variable)
{
        const struct meaning *meaning = find_meaning(variable);
        return meaning ? meaning->text(variable->data) : NULL;
}

char *value_summary(const struct variable *variable)
{
        enum {
                SHOWN = 16
        };
        char *value = value_text(variable);
        if (value)
                return value;
        struct bytes start = {variable->data.data, variable->data.size < SHOWN ? variable->data.size : SHOWN};
        AUTO_FREE char *hex = text_hex(start);
        return text_format("%s%s", hex, variable->data.size > SHOWN ? "..." : "");
}

bool value_is_signatures(const struct variable *variable)
{
        const struct meaning *meaning = find_meaning(variable);
        return meaning && meaning->text == signatures_text;
}
