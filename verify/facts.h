// SPDX-License-Identifier: Apache-2.0
//
// Everything that the files of a machine contain, each read once: the vars, the disk, whether they match, what the
// firmware will start, and the console logs. Nothing is started or written.
//
//      AUTO_FACTS struct facts facts = {.in = &input};
//      if (facts_compare(&facts, NULL, err) && facts_predict(&facts, input.firmware, err))
//              ... facts.match, facts.prediction ...
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/bootchain.h"
#include "varstore/predict.h"
#include "verify/disk/devices.h"
#include "verify/disk/disk.h"
#include "verify/disk/gpt.h"
#include "verify/log/lastboot.h"
#include "verify/match.h"

// The evidence of the machine's last run that had a console. Everything is borrowed.
struct facts_run {
        const char *folder; // NULL if none
        bool is_install, is_finished;
        const char *outcome, *message; // from its result.json; NULL if missing
};

// What the vars have to be; reading others fails.
enum facts_vars {
        FACTS_ANY_VARS,   // a variable store, raw or in a qcow2 image
        FACTS_SOUND_VARS, // and not damaged
        FACTS_QEMU_VARS,  // and raw, as QEMU gets them
};

// Everything is borrowed; unknown members are NULL.
struct facts_input {
        const char *vars_path, *disk_path, *disk_format;
        enum facts_vars vars;
        uint64_t vars_size; // bytes that the vars file must have, or QEMU refuses it; 0: any
        const char *label;  // of the boot entry
        const char *code_path, *expected_code, *actual_code; // firmware, and its SHA-256: of the installation, and now
        struct predict_firmware firmware;                    // its identity
        struct predict_device payload;                       // attached before the disk; its name is NULL if none
        const char *payload_path;                            // its raw image; NULL: one that has a fallback loader
        struct predict_device disk;                          // as it is attached; its partitions are ignored
        bool is_machine, is_installed, is_running;           // false for loose files
        const char *installed_disk;                          // GUID of the disk that it was installed on
        struct facts_run run;
        const char *const *logs; // console logs, the newest last
        size_t log_count;
        const char *boot_cfg_name;   // of the payload's BOOT.CFG, as the evidence names it
        struct bytes boot_cfg;       // its content
        const char *machine_options; // QEMU's -machine, as the machine's settings have it
};

enum {
        FACTS_BOOT_CFG_LIMIT = 64 << 10 // bytes that a BOOT.CFG may have
};

// A step of reading fills some of the members; the others are zero.
struct facts {
        const struct facts_input *in;
        struct varstore *store;
        struct bootchain chain;
        struct error vars_error;
        struct disk *disk;
        struct error disk_error;
        struct gpt gpt;
        struct error gpt_error;
        bool has_gpt; // and the firmware sees it
        bool has_loader;
        bool has_match;
        struct match match;
        struct devices devices;
        struct prediction prediction;
        struct lastboot *logs; // one for each
        size_t log_count;
};

// The steps. FACTS starts from {.in = &input}, and INPUT must outlive it. A step first takes the ones before it that it
// needs, unless they were taken already. It fails if a file is missing, unreadable, or not what INPUT requires. Free
// FACTS with facts_free, on failure too.
bool facts_read_vars(struct facts *facts, struct error *err); // and the boot chain
bool facts_open_disk(struct facts *facts, struct error *err);

// Compares vars and disk; and, unless CODE_SHA256 is NULL, this firmware with the expected one.
bool facts_compare(struct facts *facts, const char *code_sha256, struct error *err);

// What FIRMWARE will start with these vars, payload and disk.
bool facts_predict(struct facts *facts, struct predict_firmware firmware, struct error *err);

// All of them, and the rest of INPUT. Here damage or a missing file is a fact, too: fails only if an input cannot be
// read because of the host (no qemu-img, no permission), or if a log is missing.
bool facts_read_all(const struct facts_input *input, struct facts *facts, struct error *err);

void facts_free(struct facts *facts);
#define AUTO_FACTS __attribute__((cleanup(facts_free)))

// Whether the firmware will start the system's own entry.
bool facts_boot_themselves(const struct facts *facts);
