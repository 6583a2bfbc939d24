// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis/forecast.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/report.h"
#include "varstore/store-file.h"

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

struct predict_device forecast_disk(const char *disk_path, const char *disk_bus, bool beside_payload)
{
        const char *slash = strrchr(disk_path, '/');
        struct predict_device device = strcmp(disk_bus, "nvme") == 0 ? nvme : usb_ports[beside_payload];
        device.name = slash ? slash + 1 : disk_path;
        return device;
}

static bool add_image(struct devices *devices, const struct predict_device *device, const char *path,
                      const char *format, const struct bootchain *chain, struct error *err)
{
        AUTO_DISK struct disk *disk = NULL;
        return disk_open(path, format, &disk, err) && devices_add_disk(devices, device, disk, chain, err);
}

static bool add_payload(const struct forecast_input *input, const struct bootchain *chain, struct devices *devices,
                        struct error *err)
{
        struct predict_device device = usb_ports[0];
        device.name = "the payload";
        device.has_bootindex = input->payload == FORECAST_PAYLOAD_FIRST;
        if (input->payload_path)
                return add_image(devices, &device, input->payload_path, "raw", chain, err);
        devices_add_payload(devices, &device);
        return true;
}

bool forecast_devices(const struct forecast_input *input, const struct bootchain *chain, struct devices *devices,
                      struct error *err)
{
        if (input->payload != FORECAST_WITHOUT_PAYLOAD && !add_payload(input, chain, devices, err))
                return false;
        const struct predict_device disk =
                forecast_disk(input->disk_path, input->disk_bus, input->payload != FORECAST_WITHOUT_PAYLOAD);
        return input->disk ? devices_add_disk(devices, &disk, input->disk, chain, err)
                           : add_image(devices, &disk, input->disk_path, input->disk_format, chain, err);
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

bool forecast_make(const struct forecast_input *input, struct forecast *forecast, struct error *err)
{
        *forecast = (struct forecast){0};
        if (!store_load(input->vars_path, &forecast->store, err) ||
            !bootchain_read(forecast->store, &forecast->chain, err) ||
            !forecast_devices(input, &forecast->chain, &forecast->devices, err))
                return false;
        const struct predict_machine machine = {
                .chain = &forecast->chain,
                .devices = forecast->devices.items,
                .device_count = forecast->devices.count,
                .checks_signatures = predict_checks_signatures(forecast->store),
                .firmware = forecast_firmware(input->code_path, &forecast->contents, &forecast->code_error),
        };
        prediction_make(&machine, &forecast->prediction);
        return true;
}

void forecast_free(struct forecast *forecast)
{
        prediction_free(&forecast->prediction);
        code_contents_free(&forecast->contents);
        error_clear(&forecast->code_error);
        devices_free(&forecast->devices);
        bootchain_free(&forecast->chain);
        varstore_free(&forecast->store);
        *forecast = (struct forecast){0};
}

char *forecast_firmware_text(const struct forecast *forecast)
{
        const struct prediction *prediction = &forecast->prediction;
        if (prediction->generation)
                return text_format("behaves as EDK2 %s (read from %s)", prediction->generation->name,
                                   prediction->is_firmware_told ? "its CODE" : "the vars, which it has written");
        if (forecast->code_error.code)
                return text_format("unknown (%s)", forecast->code_error.message);
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

void forecast_note(json_t *result, const struct forecast_input *input)
{
        AUTO_FORECAST struct forecast forecast = {0};
        AUTO_ERROR struct error err = {0};
        if (forecast_make(input, &forecast, &err))
                json_object_set_new(result, "prediction", forecast_to_json(&forecast.prediction));
        else
                json_object_set_new(result, "prediction_error", report_text(err.message));
}

// An entry whose number could not be told is known by its path.
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
