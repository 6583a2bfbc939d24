// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/qemu-probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/cache.h"
#include "base/cli.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"
#include "launcher/vm/accelerator.h"

enum {
        ANSWER_LIMIT = 1 << 20, // bytes
        ANSWER_TIMEOUT_MS = 20000,
        SHOWN_BYTES = 200, // of the output of a program that is not QEMU
        OLDEST_MAJOR = 6,  // the first with -action, which an installation needs
};

#define CACHE_NAME "qemu.json"

void qemu_abilities_free(struct qemu_abilities *abilities)
{
        free(abilities->program);
        free(abilities->version);
        arguments_free(&abilities->accelerators);
        arguments_free(&abilities->machines);
        arguments_free(&abilities->devices);
        arguments_free(&abilities->processors);
        *abilities = (struct qemu_abilities){0};
}

// ---- reading its output

static void add_span(struct arguments *names, const char *text, size_t length)
{
        if (length)
                arguments_add_format(names, "%.*s", (int)length, text);
}

// "tcg"; "virt-7.2  QEMU 7.2 ARM Virtual Machine". A heading ends with a colon.
static void take_first_word(const char *line, struct arguments *names)
{
        if (!text_ends_with(line, ":"))
                add_span(names, line, strcspn(line, " \t"));
}

// "  cortex-a72", with other lines around.
static void take_indented_word(const char *line, struct arguments *names)
{
        if (text_starts_with(line, "  "))
                add_span(names, line + 2, strcspn(line + 2, " \t"));
}

// name "virtio-net-pci", bus PCI, alias "virtio-net"
static void take_device(const char *line, struct arguments *names)
{
        static const char *const marks[] = {"name \"", ", alias \""};
        if (!text_starts_with(line, marks[0]))
                return;
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
                const char *mark = strstr(line, marks[i]);
                const char *name = mark ? mark + strlen(marks[i]) : "";
                add_span(names, name, strcspn(name, "\""));
        }
}

static const struct question {
        const char *name; // in the cache, and in a message
        const char *option;
        size_t offset;
        void (*take)(const char *line, struct arguments *names);
        bool needed; // an answer without names is an error
} questions[] = {
        {"accelerators", "-accel", offsetof(struct qemu_abilities, accelerators), take_first_word, true},
        {"machines", "-machine", offsetof(struct qemu_abilities, machines), take_first_word, true},
        {"devices", "-device", offsetof(struct qemu_abilities, devices), take_device, true},
        {"processors", "-cpu", offsetof(struct qemu_abilities, processors), take_indented_word, false},
};
static const size_t question_count = sizeof questions / sizeof questions[0];

static struct arguments *names_of(const struct qemu_abilities *abilities, const struct question *question)
{
        return (struct arguments *)(uintptr_t)((const char *)abilities + question->offset);
}

static void take_lines(char *text, const struct question *question, struct arguments *names)
{
        char *rest = NULL;
        for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest))
                question->take(line, names);
}

// The first line of BYTES, fit for a message; freed with free().
static char *first_line(const struct buffer *bytes)
{
        const char *text = bytes->size ? (const char *)bytes->data : "";
        size_t length = 0;
        while (length < bytes->size && length < SHOWN_BYTES && text[length] && text[length] != '\n')
                length++;
        return text_printable(text, length, false);
}

static bool no_qemu(const char *program, const struct process_result *result, struct error *err)
{
        AUTO_FREE char *output = first_line(&result->output);
        AUTO_FREE char *errors = first_line(&result->errors);
        if (result->exit_code > 128)
                error_set(err, ERROR_ENVIRONMENT, "%s does not work as QEMU: --version ended with signal %d", program,
                          result->exit_code - 128);
        else
                error_set(err, ERROR_ENVIRONMENT, "%s is not QEMU: --version ended with exit code %d", program,
                          result->exit_code);
        const char *said = *output ? output : errors;
        return error_append(err, "%s%s%s", *said ? " and printed '" : "", said, *said ? "'" : "");
}

// "7.2.22 (Debian ...)"
static bool take_version(const char *text, struct qemu_abilities *abilities)
{
        if (sscanf(text, "%5u.%5u", &abilities->major, &abilities->minor) != 2) // NOLINT(cert-err34-c): bounded
                return false;
        abilities->version = text_format("%.*s", (int)strspn(text, "0123456789."), text);
        return true;
}

// ---- asking

// Any failure of a program that should be QEMU is ERROR_ENVIRONMENT.
static bool run(const char *program, const char *first, const char *second, int timeout_ms,
                struct process_result *result, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        arguments_add(&arguments, program);
        arguments_add(&arguments, first);
        if (second)
                arguments_add(&arguments, second);
        if (process_run(&arguments, ANSWER_LIMIT, timeout_ms, result, err)) {
                buffer_add_u8(&result->output, 0);
                result->output.size--;
                return true;
        }
        if (err && err->code != ERROR_INTERRUPTED)
                err->code = ERROR_ENVIRONMENT;
        return error_wrap(err, "cannot determine whether %s is QEMU", program);
}

static bool ask_version(int timeout_ms, struct qemu_abilities *abilities, struct error *err)
{
        AUTO_PROCESS_RESULT struct process_result result = {0};
        if (!run(abilities->program, "--version", NULL, timeout_ms, &result, err))
                return false;
        static const char head[] = "QEMU emulator version ";
        const char *answer = (const char *)result.output.data;
        if (!result.exit_code && text_starts_with(answer, head) && take_version(answer + strlen(head), abilities))
                return true;
        return no_qemu(abilities->program, &result, err);
}

static bool ask(const struct question *question, int timeout_ms, struct qemu_abilities *abilities, struct error *err)
{
        AUTO_PROCESS_RESULT struct process_result result = {0};
        struct arguments *names = names_of(abilities, question);
        if (!run(abilities->program, question->option, "help", timeout_ms, &result, err))
                return false;
        if (!result.exit_code)
                take_lines((char *)result.output.data, question, names);
        if (names->count || !question->needed)
                return true;
        AUTO_FREE char *words = first_line(result.errors.size ? &result.errors : &result.output);
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s (QEMU %s) does not list its %s: `%s help` ended with exit code %d%s%s", abilities->program,
                         abilities->version, question->name, question->option, result.exit_code, *words ? ": " : "",
                         words);
}

bool qemu_ask(const char *program, int timeout_ms, struct qemu_abilities *abilities, struct error *err)
{
        *abilities = (struct qemu_abilities){.program = process_find(program, err)};
        bool answered = abilities->program && ask_version(timeout_ms, abilities, err);
        for (size_t i = 0; answered && i < question_count; i++)
                answered = ask(&questions[i], timeout_ms, abilities, err);
        if (!answered)
                qemu_abilities_free(abilities);
        return answered;
}

// ---- remembering

static json_t *to_json(const struct qemu_abilities *abilities)
{
        json_t *json = json_pack("{s:s}", "version", abilities->version);
        for (size_t i = 0; i < question_count; i++) {
                const struct arguments *names = names_of(abilities, &questions[i]);
                json_t *array = json_array();
                for (size_t j = 0; j < names->count; j++)
                        json_array_append_new(array, json_string(names->values[j]));
                json_object_set_new(json, questions[i].name, array);
        }
        return json;
}

static bool from_json(const json_t *json, struct qemu_abilities *abilities)
{
        const char *version = json_string_value(json_object_get(json, "version"));
        if (!version || !take_version(version, abilities))
                return false;
        for (size_t i = 0; i < question_count; i++) {
                const json_t *array = json_object_get(json, questions[i].name);
                struct arguments *names = names_of(abilities, &questions[i]);
                for (size_t j = 0; j < json_array_size(array); j++) {
                        const char *name = json_string_value(json_array_get(array, j));
                        if (name)
                                arguments_add(names, name);
                }
                if (!names->count && questions[i].needed)
                        return false;
        }
        abilities->remembered = true;
        return true;
}

static bool probe(const char *program, bool anew, struct qemu_abilities *abilities, struct error *err)
{
        AUTO_CACHE struct cache cache = {0};
        *abilities = (struct qemu_abilities){0};
        AUTO_FREE char *path = process_find(program, err);
        if (!path)
                return false;
        cache_open(CACHE_NAME, path, &cache);
        if (!anew && from_json(cache.known, abilities)) {
                abilities->program = MEMORY_TAKE(path);
                return true;
        }
        qemu_abilities_free(abilities);
        if (!qemu_ask(path, ANSWER_TIMEOUT_MS, abilities, err))
                return false;
        cache_keep(&cache, to_json(abilities));
        return true;
}

bool qemu_probe(const char *program, struct qemu_abilities *abilities, struct error *err)
{
        return probe(program, false, abilities, err);
}

// ---- comparing

static bool among(const char *name, const struct arguments *names)
{
        for (size_t i = 0; i < names->count; i++) {
                if (strcmp(names->values[i], name) == 0)
                        return true;
        }
        return false;
}

// Fills ERR: QEMU has no KIND called NAME, with the nearest name or the package to install. Returns false.
static bool lacks(const struct qemu_abilities *abilities, const char *kind, const char *name,
                  const struct arguments *names, struct error *err)
{
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        error_set(err, ERROR_ENVIRONMENT, "%s (QEMU %s) has no %s '%s'", abilities->program, abilities->version, kind,
                  shown);
        const char *nearest = names->count && *name ? spelling_nearest(name, (const char *const *)names->values) : NULL;
        if (nearest)
                return error_append(err, "; did you mean '%s'?", nearest);
        return error_append(err, "; install the package with a full QEMU: %s", process_packages("qemu-system-aarch64"));
}

static bool check_version(const struct qemu_abilities *abilities, struct error *err)
{
        if (abilities->major >= OLDEST_MAJOR)
                return true;
        return error_set(err, ERROR_ENVIRONMENT, "%s is QEMU %s, but %d.0 or later is needed (for -action)",
                         abilities->program, abilities->version, OLDEST_MAJOR);
}

// The machine type in QEMU's -machine: the first part, or the one with type=. Freed with free(); NULL if none.
static char *machine_type(const char *options)
{
        static const char key[] = "type=";
        for (bool first = true; *options; first = false) {
                size_t length = strcspn(options, ",");
                bool typed = strncmp(options, key, sizeof key - 1) == 0;
                size_t skipped = typed ? sizeof key - 1 : 0;
                if (typed || (first && !memchr(options, '=', length)))
                        return text_format("%.*s", (int)(length - skipped), options + skipped);
                options += length + (options[length] == ',');
        }
        return NULL;
}

static bool check_machine(const struct settings *settings, const struct qemu_abilities *abilities, struct error *err)
{
        AUTO_FREE char *type = machine_type(settings->machine_options);
        if (!type)
                return error_set(err, ERROR_USAGE,
                                 "--machine-options: '%s' does not name a machine, such as virt,gic-version=2",
                                 settings->machine_options);
        return among(type, &abilities->machines) || lacks(abilities, "machine", type, &abilities->machines, err);
}

// Only the model is checked, not its properties. `host` depends on the accelerator.
static bool check_processor(const struct settings *settings, const struct qemu_abilities *abilities, struct error *err)
{
        AUTO_FREE char *model = text_format("%.*s", (int)strcspn(settings->cpu, ","), settings->cpu);
        if (!abilities->processors.count)
                return true;
        // QEMU for 32-bit Arm also has a machine called virt.
        static const char *const signs[] = {"cortex-a53", "cortex-a57", "cortex-a72", "neoverse-n1", "host"};
        bool is_64_bit = false;
        for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
                is_64_bit = is_64_bit || among(signs[i], &abilities->processors);
        if (!is_64_bit)
                return error_set(err, ERROR_ENVIRONMENT,
                                 "%s (QEMU %s) has no 64-bit Arm processor; use qemu-system-aarch64",
                                 abilities->program, abilities->version);
        return strcmp(model, "host") == 0 || among(model, &abilities->processors) ||
               lacks(abilities, "processor", model, &abilities->processors, err);
}

static bool check_device(const char *name, const struct qemu_abilities *abilities, struct error *err)
{
        return among(name, &abilities->devices) || lacks(abilities, "device", name, &abilities->devices, err);
}

static bool check_devices(const struct settings *settings, const struct qemu_abilities *abilities, struct error *err)
{
        bool networked = strcmp(settings->nic, SETTINGS_NO_NIC) != 0;
        // The payload is always on USB.
        return check_device("qemu-xhci", abilities, err) && check_device("usb-storage", abilities, err) &&
               (strcmp(settings->disk_bus, "nvme") != 0 || check_device("nvme", abilities, err)) &&
               (!networked || check_device(settings->nic, abilities, err));
}

static bool accelerates(const struct settings *settings, const struct qemu_abilities *abilities, struct error *err)
{
        if (!among(settings->accel, &abilities->accelerators))
                return accelerator_fits_host(settings->accel, err) &&
                       lacks(abilities, "accelerator", settings->accel, &(const struct arguments){0}, err);
        return strcmp(settings->accel, "kvm") != 0 || accelerator_try_kvm(settings, err);
}

static bool check_accelerator(const struct settings *settings, const struct qemu_abilities *abilities,
                              struct error *err)
{
        if (accelerates(settings, abilities, err))
                return true;
        if (strcmp(settings->accel, "tcg") != 0 && err && err->code == ERROR_ENVIRONMENT)
                error_append(err, "; --accel tcg runs it on any host");
        return error_wrap(err, "--accel %s", settings->accel);
}

bool qemu_check(const struct settings *settings, const struct qemu_abilities *abilities, struct error *err)
{
        return check_version(abilities, err) && check_machine(settings, abilities, err) &&
               check_processor(settings, abilities, err) && check_devices(settings, abilities, err) &&
               check_accelerator(settings, abilities, err);
}

bool qemu_ready(const struct settings *settings, struct error *err)
{
        AUTO_QEMU_ABILITIES struct qemu_abilities abilities = {0};
        if (!probe(settings->qemu, false, &abilities, err))
                return false;
        if (!abilities.remembered)
                return qemu_check(settings, &abilities, err);
        if (qemu_check(settings, &abilities, NULL))
                return true;
        qemu_abilities_free(&abilities);
        return probe(settings->qemu, true, &abilities, err) && qemu_check(settings, &abilities, err);
}

static bool has_kvm(const struct settings *settings, struct error *err)
{
        AUTO_QEMU_ABILITIES struct qemu_abilities abilities = {0};
        return probe(settings->qemu, false, &abilities, err) && accelerates(settings, &abilities, err);
}

bool qemu_choose_accelerator(struct settings *settings, struct error *err)
{
        AUTO_ERROR struct error why = {0};
        struct settings with_kvm = *settings;
        if (!settings->accel || strcmp(settings->accel, SETTINGS_AUTO_ACCEL) != 0)
                return true;
        with_kvm.accel = "kvm";
        if (!settings_finish(&with_kvm, err))
                return false;
        bool kvm = has_kvm(&with_kvm, &why);
        if (why.code == ERROR_INTERRUPTED)
                return error_set(err, why.code, "%s", why.message);
        if (!kvm && accelerator_host_is_arm())
                cli_note("--accel auto: tcg, because %s", why.message);
        settings->accel = kvm ? "kvm" : "tcg";
        return true;
}
