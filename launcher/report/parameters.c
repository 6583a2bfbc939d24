// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/parameters.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"
#include "launcher/report/html.h"

enum {
        DEPTH_MOST = 6, // of JSON that is shown
        ROWS_MOST = 300,
        FILES_MOST = 60,
};

static void add_figure(struct text *html, const char *name, const char *value)
{
        if (!value || !*value)
                return;
        text_add(html, "<div>");
        html_element(html, "dt", name);
        html_element(html, "dd", value);
        text_add(html, "</div>\n");
}

// "2026-05-04T09:07:12Z" in a readable form; freed with free(). Anything else stays unchanged.
static char *stamp_text(const char *stamp)
{
        uint64_t seconds;
        if (!stamp || !time_parse_stamp(stamp, &seconds))
                return memory_text(stamp ? stamp : "");
        return text_format("%.10s %.8s UTC", stamp, stamp + 11);
}

static char *firmware_of(const struct report_subject *subject)
{
        const json_t *firmware = json_object_get(subject->record->result, "firmware");
        const char *package = json_text(firmware, "package");
        const char *version = json_text(firmware, "version");
        const char *name = json_text(firmware, "name");
        if (package && version)
                return text_format("%s %s", package, version);
        if (!name && subject->machine)
                name = subject->machine->identity.firmware.name;
        return memory_text(name ? name : "");
}

// KEY of the result; for a run without a result, of its first event.
static const char *told(const struct run_record *record, const char *key, const char *key_at_start)
{
        const char *text = json_text(record->result, key);
        return text ? text : json_text(record->start, key_at_start);
}

void figures_to_html(struct text *html, const struct report_subject *subject)
{
        const json_t *result = subject->record->result;
        AUTO_FREE char *duration = text_duration((uint64_t)(subject->record->end * 1000 + 0.5));
        AUTO_FREE char *firmware = firmware_of(subject);
        AUTO_FREE char *began = stamp_text(told(subject->record, "started_at", "started_at"));
        const char *qemu = json_text(result, "qemu");
        AUTO_FREE char *qemu_version = qemu ? text_format("QEMU %s", qemu) : NULL;
        text_add(html, "<dl class=\"figures\">\n");
        add_figure(html, "Command", told(subject->record, "command", "kind"));
        add_figure(html, "Guest", json_text(result, "guest"));
        add_figure(html, "Began", began);
        add_figure(html, "Took", duration);
        add_figure(html, "Firmware", firmware);
        add_figure(html, "Emulator", qemu_version);
        text_add(html, "</dl>\n");
}

// VALUE in a readable form, freed with free(); NULL if it is an object or a list.
static char *scalar(const json_t *value)
{
        switch (json_typeof(value)) {
        case JSON_STRING:
                return memory_text(json_string_value(value));
        case JSON_INTEGER:
                return text_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        case JSON_REAL:
                return text_format("%.6g", json_real_value(value));
        case JSON_TRUE:
                return memory_text("yes");
        case JSON_FALSE:
                return memory_text("no");
        case JSON_NULL:
                return memory_text("\xE2\x80\x93");
        case JSON_OBJECT:
        case JSON_ARRAY:
                break;
        }
        return NULL;
}

static void add_value(struct text *html, const char *name, const json_t *value, unsigned depth, unsigned *rows);

static void add_members(struct text *html, const char *prefix, json_t *object, unsigned depth, unsigned *rows)
{
        const char *key;
        json_t *value;
        json_object_foreach (object, key, value) {
                AUTO_FREE char *name = *prefix ? text_format("%s.%s", prefix, key) : memory_text(key);
                add_value(html, name, value, depth + 1, rows);
        }
}

// A row for VALUE, or for each of its members.
static void add_value(struct text *html, const char *name, const json_t *value, unsigned depth, unsigned *rows)
{
        AUTO_FREE char *text = scalar(value);
        if (depth > DEPTH_MOST || ++*rows > ROWS_MOST)
                return;
        if (text)
                html_row(html, name, text);
        for (size_t i = 0; i < json_array_size(value); i++) {
                AUTO_FREE char *item = text_format("%s[%zu]", name, i);
                add_value(html, item, json_array_get(value, i), depth + 1, rows);
        }
        if (json_is_object(value))
                add_members(html, name, (json_t *)value, depth, rows);
}

// A table of the members of OBJECT; nothing if OBJECT is not an object.
static void add_table(struct text *html, const char *title, const json_t *object)
{
        unsigned rows = 0;
        if (!json_object_size(object))
                return;
        html_element(html, "h3", title);
        text_add(html, "<div class=\"wide\"><table class=\"rows pairs\"><tbody>\n");
        add_members(html, "", (json_t *)object, 0, &rows);
        text_add(html, "</tbody></table></div>\n");
}

// The parts of result.json that have no section of their own.
static void add_rest(struct text *html, const json_t *result)
{
        static const char *const elsewhere[] = {"settings", "firmware", "criteria", "match",  "prediction",
                                                "fact",     "message",  "agrees",   "schema", "steps"};
        if (!json_is_object(result))
                return;
        json_t *rest = json_copy((json_t *)result);
        for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
                json_object_del(rest, elsewhere[i]);
        add_table(html, "Run", rest);
        json_decref(rest);
}

static void add_machine(struct text *html, const struct machine *machine)
{
        json_t *document = machine && machine->document ? json_copy(machine->document) : NULL;
        if (!document)
                return;
        // The run's own settings are shown already.
        json_object_del(document, "settings");
        json_object_del(document, "schema");
        add_table(html, "Machine, as machine.json has it now", document);
        json_decref(document);
}

static void add_file(struct text *html, const char *folder, const char *name)
{
        AUTO_FREE char *path = file_path(folder, name);
        struct stat status;
        if (*name == '.' || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
                return;
        AUTO_FREE char *size = text_size((uint64_t)status.st_size);
        html_row(html, name, size);
}

static void add_files(struct text *html, const char *folder)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        folder_names(folder, &names, NULL);
        html_element(html, "h3", "Files");
        html_element(html, "p class=\"code\"", folder);
        text_add(html, "<div class=\"wide\"><table class=\"rows pairs\"><tbody>\n");
        for (size_t i = 0; i < names.count && i < FILES_MOST; i++)
                add_file(html, folder, names.values[i]);
        text_add(html, "</tbody></table></div>\n");
}

void parameters_to_html(struct text *html, const struct report_subject *subject)
{
        const struct run_record *record = subject->record;
        if (record->qemu_command) {
                text_add(html, "<h3>QEMU's command line</h3>\n");
                html_element(html, "pre class=\"command\"", record->qemu_command);
        }
        text_add(html, "<div class=\"columns\">\n<div>");
        add_table(html, "Settings", json_object_get(record->result, "settings"));
        text_add(html, "</div>\n<div>");
        add_table(html, "Firmware", json_object_get(record->result, "firmware"));
        add_rest(html, record->result);
        text_add(html, "</div>\n<div>");
        add_machine(html, subject->machine);
        text_add(html, "</div>\n<div>");
        add_files(html, record->folder);
        text_add(html, "</div>\n</div>\n");
}
