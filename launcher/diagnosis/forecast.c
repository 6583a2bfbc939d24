// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis/forecast.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/report.h"

// Where qemu_arguments puts things: the USB controller is the first device behind the host bridge, the NVMe disk the
// second; the payload is plugged in before the disk, and ports are counted from 1 by QEMU and from 0 by the firmware.
// The names are what the firmware makes of QEMU's vendor, product and serial number.
static const struct predict_device usb_ports[] = {
        {.path = "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)", .label = "UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-1"},
        {.path = "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x1,0x0)", .label = "UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-2"},
};
static const struct predict_device nvme = {
        .path = "PciRoot(0x0)/Pci(0x2,0x0)/NVMe(0x1,00-00-00-00-00-00-00-00)",
        .label = "UEFI QEMU NVMe Ctrl esxiarm-disk 1",
};

void forecast_attach(struct facts_input *files, const char *disk_bus, enum forecast_payload payload,
                     const char *payload_path)
{
        const char *slash = strrchr(files->disk_path, '/');
        files->disk = strcmp(disk_bus, "nvme") == 0 ? nvme : usb_ports[payload != FORECAST_WITHOUT_PAYLOAD];
        files->disk.name = slash ? slash + 1 : files->disk_path;
        if (payload == FORECAST_WITHOUT_PAYLOAD)
                return;
        files->payload = usb_ports[0];
        files->payload.name = "the payload";
        files->payload.has_bootindex = payload == FORECAST_PAYLOAD_FIRST;
        files->payload_path = payload_path;
}

struct predict_firmware forecast_firmware(const char *code_path, struct code_contents *contents, struct error *err)
{
        struct predict_firmware firmware = {0};
        if (!code_path || !code_contents_of(code_path, contents, err))
                return firmware;
        const char *const *programs = (const char *const *)contents->programs.values;
        const char *const *switches = (const char *const *)contents->switches.values;
        firmware.generation =
                generation_of_code(programs, contents->programs.count, switches, contents->switches.count);
        firmware.programs = programs;
        firmware.program_count = contents->programs.count;
        if (!firmware.generation)
                error_set(err, ERROR_NO, "%s: its programs do not match any known firmware", code_path);
        return firmware;
}

char *forecast_firmware_text(const struct prediction *prediction, const struct error *unread)
{
        if (prediction->generation)
                return text_format("behaves as EDK2 %s (read from %s)", prediction->generation->name,
                                   prediction->is_firmware_told ? "its CODE" : "the vars, which it has written");
        if (unread->code)
                return text_format("unknown (%s)", unread->message);
        return memory_text("unknown (use --code to give its file; the vars have no entry created by a firmware)");
}

const char *forecast_nothing(const struct prediction *prediction)
{
        return prediction->generation ? "no entry can be started: the firmware shows its menu"
                                      : "no entry can be started; what this firmware does then is not known";
}

json_t *forecast_to_json(const struct prediction *prediction)
{
        const struct prediction_step *step = prediction->started;
        json_t *json = json_object();
        bool has_number = step && prediction_step_has_number(step);
        json_object_set_new(json, "entry", has_number ? report_number(step->number) : json_null());
        json_object_set_new(json, "label", report_text(step ? step->label : NULL));
        json_object_set_new(json, "path", report_text(step ? step->path : NULL));
        json_object_set_new(json, "file", report_text(step ? step->file : NULL));
        json_object_set_new(json, "device", report_text(step && step->device ? step->device->name : NULL));
        json_object_set_new(json, "reason", report_text(step ? step->explanation : forecast_nothing(prediction)));
        json_object_set_new(json, "certain", json_boolean(prediction->is_certain));
        json_object_set_new(json, "generation",
                            report_text(prediction->generation ? prediction->generation->name : NULL));
        return json;
}

void forecast_note(json_t *result, struct facts *facts)
{
        AUTO_CODE_CONTENTS struct code_contents contents = {0};
        AUTO_ERROR struct error err = {0};
        if (facts_predict(facts, forecast_firmware(facts->in->code_path, &contents, NULL), &err))
                json_object_set_new(result, "prediction", forecast_to_json(&facts->prediction));
        else
                json_object_set_new(result, "prediction_error", report_text(err.message));
}

// An entry whose number could not be predicted is compared by its path.
static bool agrees(const json_t *prediction, const struct boot_line *booted)
{
        const char *entry = json_string_value(json_object_get(prediction, "entry"));
        const char *path = json_string_value(json_object_get(prediction, "path"));
        uint16_t number;
        if (!entry)
                return path && booted->path && strcmp(booted->path, path) == 0;
        return boot_number_parse(entry, &number) && number == booted->number &&
               (!booted->path || !path || strcmp(booted->path, path) == 0);
}

void forecast_compare(json_t *result, const struct judge *judge)
{
        if (!judge->has_booted)
                return;
        const struct boot_line *booted = &judge->booted;
        json_t *fact = json_object();
        json_object_set_new(fact, "entry", report_number(booted->number));
        json_object_set_new(fact, "label", report_text(booted->label));
        json_object_set_new(fact, "path", report_text(booted->path));
        json_object_set_new(result, "fact", fact);
        const json_t *prediction = json_object_get(result, "prediction");
        if (prediction)
                json_object_set_new(result, "agrees", json_boolean(agrees(prediction, booted)));
}
