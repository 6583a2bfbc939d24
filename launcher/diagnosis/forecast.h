// SPDX-License-Identifier: Apache-2.0
//
// A forecast: which boot entry the firmware will start in a machine as the launcher makes it (qemu.h), told before it is
// started and afterwards held against what BdsDxe printed.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "fw/code-contents.h"
#include "launcher/evidence/judge.h"
#include "varstore/predict.h"
#include "verify/disk/devices.h"

enum forecast_payload {
        FORECAST_WITHOUT_PAYLOAD,
        FORECAST_WITH_PAYLOAD,  // attached, without a bootindex: as after an installation's reset
        FORECAST_PAYLOAD_FIRST, // with bootindex=0: as an installation begins
};

// Everything is borrowed.
struct forecast_input {
        const char *vars_path;
        const char *code_path;               // the firmware; NULL if not known
        const char *disk_path, *disk_format; // the format may be NULL
        struct disk *disk;                   // the same, where it is open already; else NULL
        const char *disk_bus;                // "usb" or "nvme"
        enum forecast_payload payload;
        const char *payload_path; // its image; NULL for one that is not at hand
};

struct forecast {
        struct varstore *store;
        struct bootchain chain;
        struct devices devices;
        struct code_contents contents;
        struct error code_error; // why CODE does not tell what the firmware is
        struct prediction prediction;
};
#define AUTO_FORECAST __attribute__((cleanup(forecast_free)))

// Reads vars, disk and firmware and predicts; a CODE that cannot be read is a firmware that is not known. Free FORECAST with
// forecast_free, on failure too.
bool forecast_make(const struct forecast_input *input, struct forecast *forecast, struct error *err);
void forecast_free(struct forecast *forecast);

// The disks in the order in which the firmware finds them, added to DEVICES.
bool forecast_devices(const struct forecast_input *input, const struct bootchain *chain, struct devices *devices,
                      struct error *err);

// The system disk as the firmware finds it: on DISK_BUS, by itself or with a payload attached before it. Its name is in
// DISK_PATH, the rest static.
struct predict_device forecast_disk(const char *disk_path, const char *disk_bus, bool beside_payload);

// What the firmware CODE_PATH (NULL if not known) is. CONTENTS, which is empty, gets what it is known by and has to live as long
// as the result. All zero, with ERR filled, if CODE cannot be read.
struct predict_firmware forecast_firmware(const char *code_path, struct code_contents *contents, struct error *err);

// "behaves as EDK2 2026.08 (read from its CODE)", or "unknown (...)"; freed with free().
char *forecast_firmware_text(const struct forecast *forecast);

// If PREDICTION starts nothing, the reason as a clause.
const char *forecast_nothing(const struct prediction *prediction);

// What is started, as an object: entry, label, path, file, device, reason, certain, generation. Members are null if
// nothing starts.
json_t *forecast_to_json(const struct prediction *prediction);

// For a run's result: puts `prediction` there (or `prediction_error`; a forecast that cannot be made stops no run).
void forecast_note(json_t *result, const struct forecast_input *input);

// Then adds `fact`, what JUDGE saw the firmware start, and `agrees`. Adds nothing if it saw nothing start.
void forecast_compare(json_t *result, const struct judge *judge);
