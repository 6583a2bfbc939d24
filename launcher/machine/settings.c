// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/settings.h"

#include <inttypes.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"
#include "launcher/machine/forward.h"
#include "launcher/machine/setting-list.h"

enum kind {
        TEXT,
        NUMBER,
        LIST,
};

// The option that sets NAME, freed with free().
static char *option_of(const char *name)
{
        static const char *const others[][2] = {{"memory_mb", "--memory"},
                                                {"reboot_observe_s", "--reboot-observe"},
                                                {"boot_timeout_s", "--boot-timeout"},
                                                {"forwards", "--forward"},
                                                {"qemu_args", "--qemu-arg"}};
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                if (strcmp(name, others[i][0]) == 0)
                        return memory_text(others[i][1]);
        }
        char *option = text_format("--%s", name);
        for (char *at = strchr(option, '_'); at; at = strchr(at, '_'))
                *at = '-';
        return option;
}

static bool refuse(const char *name, const char *value, const char *why, struct error *err)
{
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        AUTO_FREE char *option = option_of(name);
        return error_set(err, ERROR_USAGE, "%s: '%s' %s", option, shown, why);
}

static bool check_filled(const char *name, const char *value, struct error *err)
{
        return *value || refuse(name, value, "is empty", err);
}

// A QEMU device without properties, which begin with a comma.
static bool check_device(const char *name, const char *value, struct error *err)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
        return (*value && !value[strspn(value, letters)]) ||
               refuse(name, value, "is not the name of a device, such as vmxnet3 (--qemu-arg passes anything to QEMU)",
                      err);
}

// Six bytes, the first one even: odd ones are multicast addresses.
static bool check_mac(const char *name, const char *value, struct error *err)
{
        AUTO_BUFFER struct buffer bytes = {0};
        AUTO_TEXT struct text digits = {0};
        bool formed = strlen(value) == 17;
        for (size_t i = 0; formed && i < 17; i++) {
                if (i % 3 == 2)
                        formed = value[i] == ':';
                else
                        text_add_char(&digits, value[i]);
        }
        if (!formed || !text_parse_hex(text_string(&digits), &bytes))
                return refuse(name, value, "is not a network card address, such as 52:54:00:12:34:56", err);
        if (bytes.data[0] & 1)
                return refuse(name, value, "is a multicast address; the first byte must be even", err);
        return true;
}

// Every setting, as machine.json spells it.
static const struct row {
        const char *name;
        enum kind kind;
        size_t offset;
        const char *choices[5]; // if only these values are valid
        uint64_t most; // of a number, so that a duration in microseconds or a size in an off_t does not overflow
        bool (*check)(const char *name, const char *value, struct error *err); // for a text without CHOICES; else NULL
} rows[] = {
        {"accel", TEXT, offsetof(struct settings, accel), {"tcg", "kvm", "hvf", SETTINGS_AUTO_ACCEL, NULL}, 0, NULL},
        {"machine_options", TEXT, offsetof(struct settings, machine_options), {NULL}, 0, check_filled},
        {"cpu", TEXT, offsetof(struct settings, cpu), {NULL}, 0, check_filled},
        {"disk_bus", TEXT, offsetof(struct settings, disk_bus), {"usb", "nvme", NULL}, 0, NULL},
        {"reboot_action", TEXT, offsetof(struct settings, reboot_action), {"enter", "poweroff", NULL}, 0, NULL},
        {"nic", TEXT, offsetof(struct settings, nic), {NULL}, 0, check_device},
        {"mac", TEXT, offsetof(struct settings, mac), {NULL}, 0, check_mac},
        {"qemu", TEXT, offsetof(struct settings, qemu), {NULL}, 0, check_filled},
        {"memory_mb", NUMBER, offsetof(struct settings, memory_mb), {NULL}, UINT64_C(1) << 30, NULL},
        {"cpus", NUMBER, offsetof(struct settings, cpus), {NULL}, 512, NULL},
        {"disk_size", NUMBER, offsetof(struct settings, disk_size), {NULL}, UINT64_C(1) << 62, NULL},
        {"reboot_observe_s", NUMBER, offsetof(struct settings, reboot_observe_s), {NULL}, 1000000, NULL},
        {"boot_timeout_s", NUMBER, offsetof(struct settings, boot_timeout_s), {NULL}, 1000000, NULL},
        {"forwards", LIST, offsetof(struct settings, forwards), {NULL}, 0, NULL},
        {"qemu_args", LIST, offsetof(struct settings, qemu_args), {NULL}, 0, NULL},
};
static const size_t row_count = sizeof rows / sizeof rows[0];

static const char **text_of(const struct settings *settings, const struct row *row)
{
        return (const char **)(uintptr_t)((const char *)settings + row->offset);
}

static uint64_t *number_of(const struct settings *settings, const struct row *row)
{
        return (uint64_t *)(uintptr_t)((const char *)settings + row->offset);
}

static struct settings_list *list_of(const struct settings *settings, const struct row *row)
{
        return (struct settings_list *)(uintptr_t)((const char *)settings + row->offset);
}

static bool list_is_there(const struct settings_list *list)
{
        return list->given.count || list->stored;
}

static bool has_nic(const struct settings *settings)
{
        return !settings->nic || strcmp(settings->nic, SETTINGS_NO_NIC) != 0;
}

static void complete_row(struct settings *into, const struct settings *fallback, const struct row *row)
{
        switch (row->kind) {
        case TEXT:
                if (!*text_of(into, row))
                        *text_of(into, row) = *text_of(fallback, row);
                return;
        case NUMBER:
                if (!*number_of(into, row))
                        *number_of(into, row) = *number_of(fallback, row);
                return;
        case LIST:
                if (!list_is_there(list_of(into, row)))
                        *list_of(into, row) = *list_of(fallback, row);
                return;
        }
}

static const char *usual_cpu(const char *accel)
{
        return strcmp(accel, "tcg") == 0 ? "max,pauth-impdef=on" : "host";
}

// Whether SETTINGS have their accelerator's default processor, which another accelerator may not support.
static bool has_usual_cpu(const struct settings *settings)
{
        return settings->accel && settings->cpu && strcmp(settings->cpu, usual_cpu(settings->accel)) == 0;
}

void settings_complete(struct settings *into, const struct settings *fallback)
{
        struct settings fitting = *fallback;
        if (into->accel && has_usual_cpu(fallback))
                fitting.cpu = NULL;
        // Without a network, stored forwards are dropped.
        if (!has_nic(into))
                fitting.forwards = (struct settings_list){0};
        for (const struct row *row = rows; row < rows + row_count; row++)
                complete_row(into, &fitting, row);
}

static bool check_choice(const char *value, const struct row *row, struct error *err)
{
        for (const char *const *choice = row->choices; *choice; choice++) {
                if (strcmp(value, *choice) == 0)
                        return true;
        }
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        AUTO_FREE char *option = option_of(row->name);
        error_set(err, ERROR_USAGE, "%s: invalid value '%s' (expected %s", option, shown, row->choices[0]);
        for (const char *const *choice = row->choices + 1; *choice; choice++)
                error_append(err, "%s %s", choice[1] ? "," : " or", *choice);
        error_append(err, ")");
        const char *nearest = *value ? spelling_nearest(value, row->choices) : NULL;
        return nearest ? error_append(err, "; did you mean '%s'?", nearest) : false;
}

// machine.json is UTF-8.
static bool check_encoding(const char *value, const struct row *row, struct error *err)
{
        AUTO_BUFFER struct buffer ignored = {0};
        return text_to_utf16(value, &ignored) || refuse(row->name, value, "is not UTF-8", err);
}

static bool check_text(const char *value, const struct row *row, struct error *err)
{
        if (!check_encoding(value, row, err))
                return false;
        return row->check ? row->check(row->name, value, err) : check_choice(value, row, err);
}

static bool check_list(const struct settings_list *list, const struct row *row, struct error *err)
{
        const char *text;
        for (size_t i = 0; (text = settings_list_at(list, i)); i++) {
                if (!check_encoding(text, row, err))
                        return false;
        }
        return true;
}

static bool check_number(uint64_t number, const struct row *row, struct error *err)
{
        AUTO_FREE char *option = option_of(row->name);
        return (number && number <= row->most) ||
               error_set(err, ERROR_USAGE, "%s: invalid value %" PRIu64 " (expected 1 to %" PRIu64 ")", option, number,
                         row->most);
}

static bool check_row(const struct settings *settings, const struct row *row, struct error *err)
{
        switch (row->kind) {
        case TEXT:
                return check_text(*text_of(settings, row), row, err);
        case NUMBER:
                return check_number(*number_of(settings, row), row, err);
        case LIST:
                return check_list(list_of(settings, row), row, err);
        }
        return true;
}

static bool check_forwards(const struct settings *settings, struct error *err)
{
        AUTO_FORWARDS struct forwards forwards = {0};
        if (!forwards_read(&settings->forwards, &forwards, err))
                return false;
        if (forwards.count && !has_nic(settings))
                return error_set(err, ERROR_USAGE, "--forward: needs a network card, but --nic is none");
        return true;
}

bool settings_finish(struct settings *settings, struct error *err)
{
        static const struct settings defaults = {
                .accel = "tcg",
                .machine_options = "virt,virtualization=off,gic-version=2",
                .disk_bus = "usb",
                .reboot_action = "enter",
                .nic = "vmxnet3",
                .mac = "52:54:00:12:34:56",
                .qemu = "qemu-system-aarch64",
        };
        settings_complete(settings, &defaults);
        if (!settings->cpu)
                settings->cpu = usual_cpu(settings->accel);
        for (const struct row *row = rows; row < rows + row_count; row++) {
                if (!check_row(settings, row, err))
                        return false;
        }
        return check_forwards(settings, err);
}

static char *show_list(const struct settings_list *list)
{
        const char *value;
        struct text text = {0};
        for (size_t i = 0; (value = settings_list_at(list, i)); i++)
                text_add_format(&text, "%s%s", i ? " " : "", value);
        return text.length ? text_take(&text) : NULL;
}

static char *show_row(const struct settings *settings, const struct row *row)
{
        switch (row->kind) {
        case TEXT:
                return *text_of(settings, row) ? memory_text(*text_of(settings, row)) : NULL;
        case NUMBER:
                return *number_of(settings, row) ? text_format("%" PRIu64, *number_of(settings, row)) : NULL;
        case LIST:
                return show_list(list_of(settings, row));
        }
        return NULL;
}

char *settings_show(const struct settings *settings, size_t offset)
{
        for (const struct row *row = rows; row < rows + row_count; row++) {
                if (row->offset == offset)
                        return show_row(settings, row);
        }
        return NULL;
}

// ---- machine.json

static json_t *list_to_json(const struct settings_list *list)
{
        const char *text;
        json_t *array = json_array();
        for (size_t i = 0; (text = settings_list_at(list, i)); i++)
                json_array_append_new(array, json_string(text));
        return array;
}

// NULL if the setting is missing.
static json_t *row_to_json(const struct settings *settings, const struct row *row)
{
        switch (row->kind) {
        case TEXT:
                return *text_of(settings, row) ? json_string(*text_of(settings, row)) : NULL;
        case NUMBER:
                return *number_of(settings, row) ? json_integer((json_int_t)*number_of(settings, row)) : NULL;
        case LIST:
                return settings_list_at(list_of(settings, row), 0) ? list_to_json(list_of(settings, row)) : NULL;
        }
        return NULL;
}

json_t *settings_to_json(const struct settings *settings)
{
        json_t *json = json_object();
        for (const struct row *row = rows; row < rows + row_count; row++) {
                json_t *value = row_to_json(settings, row);
                if (value)
                        json_object_set_new(json, row->name, value);
        }
        return json;
}

static bool all_texts(const json_t *array)
{
        size_t index;
        const json_t *text;
        json_array_foreach (array, index, text) {
                if (!json_is_string(text))
                        return false;
        }
        return json_is_array(array);
}

static const char *row_from_json(struct settings *settings, const struct row *row, const json_t *value)
{
        switch (row->kind) {
        case TEXT:
                *text_of(settings, row) = json_string_value(value);
                return json_is_string(value) ? NULL : "a text";
        case NUMBER:
                *number_of(settings, row) = (uint64_t)json_integer_value(value);
                return json_integer_value(value) > 0 ? NULL : "a whole number above 0";
        case LIST:
                list_of(settings, row)->stored = value;
                return all_texts(value) ? NULL : "a list of texts";
        }
        return NULL;
}

bool settings_from_json(const json_t *json, struct settings *settings, struct error *err)
{
        *settings = (struct settings){0};
        if (json && !json_is_object(json))
                return error_set(err, ERROR_DAMAGED, "\"settings\" is not an object");
        for (const struct row *row = rows; row < rows + row_count; row++) {
                const json_t *value = json_object_get(json, row->name);
                const char *expected = value ? row_from_json(settings, row, value) : NULL;
                if (!expected)
                        continue;
                *settings = (struct settings){0};
                return error_set(err, ERROR_DAMAGED, "\"%s\" in \"settings\" is not %s", row->name, expected);
        }
        return true;
}
