// SPDX-License-Identifier: Apache-2.0
#include "launcher/settings.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum kind {
        TEXT,
        NUMBER,
};

// Every setting, as machine.json spells it.
static const struct row {
        const char *name;
        enum kind kind;
        size_t offset;
        const char *choices[4]; // where only some words are valid
        uint64_t most;          // of a number; beyond it a duration in microseconds or a size in an off_t would not fit
} rows[] = {
        {"accel", TEXT, offsetof(struct settings, accel), {"tcg", "kvm", "hvf", NULL}, 0},
        {"machine_options", TEXT, offsetof(struct settings, machine_options), {NULL}, 0},
        {"cpu", TEXT, offsetof(struct settings, cpu), {NULL}, 0},
        {"disk_bus", TEXT, offsetof(struct settings, disk_bus), {"usb", "nvme", NULL}, 0},
        {"reboot_action", TEXT, offsetof(struct settings, reboot_action), {"enter", "poweroff", NULL}, 0},
        {"qemu", TEXT, offsetof(struct settings, qemu), {NULL}, 0},
        {"memory_mb", NUMBER, offsetof(struct settings, memory_mb), {NULL}, UINT64_C(1) << 30},
        {"cpus", NUMBER, offsetof(struct settings, cpus), {NULL}, 512},
        {"disk_size", NUMBER, offsetof(struct settings, disk_size), {NULL}, UINT64_C(1) << 62},
        {"reboot_observe_s", NUMBER, offsetof(struct settings, reboot_observe_s), {NULL}, 1000000},
        {"boot_timeout_s", NUMBER, offsetof(struct settings, boot_timeout_s), {NULL}, 1000000},
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

void settings_complete(struct settings *into, const struct settings *fallback)
{
        for (const struct row *row = rows; row < rows + row_count; row++) {
                if (row->kind == TEXT && !*text_of(into, row))
                        *text_of(into, row) = *text_of(fallback, row);
                if (row->kind == NUMBER && !*number_of(into, row))
                        *number_of(into, row) = *number_of(fallback, row);
        }
}

static bool check_choice(const struct settings *settings, const struct row *row, struct error *err)
{
        if (!row->choices[0])
                return true;
        const char *value = *text_of(settings, row);
        for (const char *const *choice = row->choices; *choice; choice++) {
                if (strcmp(value, *choice) == 0)
                        return true;
        }
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        error_set(err, ERROR_USAGE, "%s: '%s' is none of", row->name, shown);
        for (const char *const *choice = row->choices; *choice; choice++)
                error_append(err, " %s", *choice);
        return false;
}

static bool check_number(uint64_t number, const struct row *row, struct error *err)
{
        if (!number)
                return error_set(err, ERROR_USAGE, "%s: 0 is too little", row->name);
        if (number > row->most)
                return error_set(err, ERROR_USAGE, "%s: %" PRIu64 " is too much, the most is %" PRIu64, row->name,
                                 number, row->most);
        return true;
}

bool settings_finish(struct settings *settings, struct error *err)
{
        static const struct settings defaults = {
                .accel = "tcg",
                .machine_options = "virt,virtualization=off,gic-version=2",
                .disk_bus = "usb",
                .reboot_action = "enter",
                .qemu = "qemu-system-aarch64",
        };
        settings_complete(settings, &defaults);
        if (!settings->cpu)
                settings->cpu = strcmp(settings->accel, "tcg") == 0 ? "max,pauth-impdef=on" : "host";
        for (const struct row *row = rows; row < rows + row_count; row++) {
                if (row->kind == TEXT && !check_choice(settings, row, err))
                        return false;
                if (row->kind == NUMBER && !check_number(*number_of(settings, row), row, err))
                        return false;
        }
        return true;
}

json_t *settings_to_json(const struct settings *settings)
{
        json_t *json = json_object();
        for (const struct row *row = rows; row < rows + row_count; row++) {
                if (row->kind == TEXT && *text_of(settings, row))
                        json_object_set_new(json, row->name, json_string(*text_of(settings, row)));
                if (row->kind == NUMBER && *number_of(settings, row))
                        json_object_set_new(json, row->name, json_integer((json_int_t)*number_of(settings, row)));
        }
        return json;
}

struct settings settings_from_json(const json_t *json)
{
        struct settings settings = {0};
        for (const struct row *row = rows; row < rows + row_count; row++) {
                const json_t *value = json_object_get(json, row->name);
                if (row->kind == TEXT)
                        *text_of(&settings, row) = json_string_value(value);
                else if (json_integer_value(value) > 0)
                        *number_of(&settings, row) = (uint64_t)json_integer_value(value);
        }
        return settings;
}
