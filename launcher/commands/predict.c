// SPDX-License-Identifier: Apache-2.0
//
// esxiarm predict: which boot entry the firmware will start, and why not the others.
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/commands/print.h"
#include "launcher/diagnosis/forecast.h"
#include "launcher/diagnosis/target.h"
#include "varstore/report.h"

struct values {
        struct subject_request subject;
        const char *payload;
        bool with_payload, payload_first, json;
};

static enum forecast_payload payload_of(const struct values *values)
{
        if (values->payload_first)
                return FORECAST_PAYLOAD_FIRST;
        return values->with_payload || values->payload ? FORECAST_WITH_PAYLOAD : FORECAST_WITHOUT_PAYLOAD;
}

static void print_step(const struct prediction_step *step)
{
        AUTO_FREE char *name = prediction_step_name(step);
        AUTO_FREE char *head =
                text_format("%s %-12s \"%s\"", name, predict_reason_id(step->reason), step->label ? step->label : "");
        print_safely(head);
        printf(": ");
        print_safely(step->explanation ? step->explanation : "");
        printf("%s\n", step->is_next ? " (BootNext)" : "");
}

static const char *doubt(const struct prediction *prediction)
{
        if (prediction->is_certain)
                return "";
        if (prediction->may_be_refused)
                return " (if Secure Boot, which is on, accepts its signature)";
        return prediction->generation ? " (unless a network boot before it succeeds)"
                                      : " (as far as possible without knowing the firmware)";
}

static void print_text(const struct prediction *prediction, const struct error *unread)
{
        const struct prediction_step *started = prediction->started;
        if (!started) {
                printf("nothing starts: %s\n", forecast_nothing(prediction));
        } else {
                AUTO_FREE char *name = prediction_step_name(started);
                AUTO_FREE char *headline =
                        text_format("%s \"%s\" starts%s%s%s%s", name, started->label ? started->label : "",
                                    started->file ? ": " : "", started->file ? started->file : "",
                                    started->device ? " of " : "", started->device ? started->device->name : "");
                print_safely(headline);
                printf("%s\n", doubt(prediction));
        }
        for (size_t i = 0; i < prediction->count; i++)
                print_step(&prediction->steps[i]);
        AUTO_FREE char *firmware = forecast_firmware_text(prediction, unread);
        print_row(9, "firmware:", firmware);
}

static json_t *step_json(const struct prediction_step *step)
{
        json_t *json = json_object();
        json_object_set_new(json, "entry",
                            prediction_step_has_number(step) ? report_number(step->number) : json_null());
        json_object_set_new(json, "label", report_text(step->label));
        json_object_set_new(json, "path", report_text(step->path));
        json_object_set_new(json, "next", json_boolean(step->is_next));
        json_object_set_new(json, "ordered", json_boolean(step->is_ordered));
        json_object_set_new(json, "new", json_boolean(!step->entry));
        json_object_set_new(json, "reason", json_string(predict_reason_id(step->reason)));
        json_object_set_new(json, "explanation", report_text(step->explanation));
        return json;
}

static json_t *device_json(const struct predict_device *device)
{
        json_t *json = json_object();
        json_object_set_new(json, "name", report_text(device->name));
        json_object_set_new(json, "path", report_text(device->path));
        json_object_set_new(json, "bootindex", device->has_bootindex ? json_integer(device->bootindex) : json_null());
        return json;
}

static void print_json(const struct facts *facts)
{
        const struct prediction *prediction = &facts->prediction;
        json_t *json = json_object();
        json_t *steps = json_array();
        json_t *devices = json_array();
        for (size_t i = 0; i < prediction->count; i++)
                json_array_append_new(steps, step_json(&prediction->steps[i]));
        for (size_t i = 0; i < facts->devices.count; i++)
                json_array_append_new(devices, device_json(&facts->devices.items[i]));
        json_object_set_new(json, "starts", forecast_to_json(prediction));
        json_object_set_new(json, "entries", steps);
        json_object_set_new(json, "devices", devices);
        cli_print_json(json);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        const struct values *values = parsed;
        AUTO_SUBJECT struct subject subject = {0};
        AUTO_CODE_CONTENTS struct code_contents contents = {0};
        AUTO_ERROR struct error unread = {0};
        if (!subject_open(&values->subject, count, operands, true, &subject, err))
                return (int)err->code;
        AUTO_FACTS struct facts facts = {.in = &subject.files};
        forecast_attach(&subject.files, subject.disk_bus, payload_of(values), values->payload);
        if (!facts_predict(&facts, forecast_firmware(subject.files.code_path, &contents, &unread), err))
                return (int)err->code;
        // A file given by the user must be a firmware.
        if (values->subject.code && unread.code && unread.code != ERROR_NO)
                return error_set(err, unread.code, "--code: %s", unread.message), (int)err->code;
        if (values->json)
                print_json(&facts);
        else
                print_text(&facts.prediction, &unread);
        return 0;
}

static const struct cli_option options[] = {
        {"with-payload", NULL, CLI_FLAG, offsetof(struct values, with_payload),
         "with the installer's payload attached, as after its reset"},
        {"payload-first", NULL, CLI_FLAG, offsetof(struct values, payload_first),
         "the same with bootindex=0, as an installation begins"},
        {"payload", "IMG", CLI_TEXT, offsetof(struct values, payload),
         "its raw image (default: one that has a fallback loader)"},
        SUBJECT_OPTIONS,
        SUBJECT_BUS_OPTION,
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_predict = {
        .name = "predict",
        .operands = "MACHINE",
        .summary = "predicts which boot entry the firmware will start, and why not the others",
        .details = "Reads the vars file and the disk, and follows what the firmware does with them at its next\n"
                   "start. The first line is what starts; then each entry in the order in which it is tried, with\n"
                   "the reason why it is skipped.\n\n"
                   "Which entries a firmware creates by itself, and under which numbers, is read from its CODE, or\n"
                   "from the entries that it has written into the vars. If neither identifies the firmware, the last\n"
                   "line reports that.\n\n"
                   "Instead of MACHINE: --disk IMG --vars FILE [--code FILE].\n\n"
                   "Exit codes: 0 predicted, 2 an input is missing, 3 one is damaged.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
