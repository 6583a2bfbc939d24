// SPDX-License-Identifier: Apache-2.0
//
// A forecast: which boot entry the firmware will start in a machine as the launcher makes it (qemu.h), made before it
// starts and afterwards compared with what BdsDxe printed.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "fw/code-contents.h"
#include "launcher/evidence/judge.h"
#include "varstore/predict.h"
#include "verify/facts.h"

enum forecast_payload {
        FORECAST_WITHOUT_PAYLOAD,
        FORECAST_WITH_PAYLOAD,  // attached, without a bootindex: as after an installation's reset
        FORECAST_PAYLOAD_FIRST, // with bootindex=0: as an installation begins
};

// Puts into FILES how the firmware finds their disk, on DISK_BUS ("usb" or "nvme"), and the payload before it.
// PAYLOAD_PATH is its image; NULL if not available.
void forecast_attach(struct facts_input *files, const char *disk_bus, enum forecast_payload payload,
                     const char *payload_path);

// What the firmware CODE_PATH (NULL if not known) is. CONTENTS must be empty, receives its identity, and must outlive
// the result. If CODE cannot be read, the result is all zero and ERR is filled.
struct predict_firmware forecast_firmware(const char *code_path, struct code_contents *contents, struct error *err);

// "behaves as EDK2 2026.08 (read from its CODE)", or "unknown (...)" with what forecast_firmware put into UNREAD; freed
// with free().
char *forecast_firmware_text(const struct prediction *prediction, const struct error *unread);

// If PREDICTION starts nothing, the reason as a clause.
const char *forecast_nothing(const struct prediction *prediction);

// What is started, as an object: entry, label, path, file, device, reason, certain, generation. Members are null if
// nothing starts.
json_t *forecast_to_json(const struct prediction *prediction);

// For a run's result: predicts from FACTS, whose input has been through forecast_attach, and puts `prediction` into
// RESULT (or `prediction_error`: a failed forecast does not stop a run).
void forecast_note(json_t *result, struct facts *facts);

// Then adds `fact`, the entry that JUDGE saw the firmware start, and `agrees`. Adds nothing if it saw none.
void forecast_compare(json_t *result, const struct judge *judge);
