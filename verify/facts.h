// SPDX-License-Identifier: Apache-2.0
//
// Facts from the files of a machine: the vars, the disk, whether they match, what the firmware will start, and the
// console logs. An unreadable file is a fact too. Nothing is started or written.
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

// Everything is borrowed; unknown members are NULL.
struct facts_input {
        const char *vars_path, *disk_path, *disk_format;
        const char *label;                                   // of the boot entry
        const char *code_path, *expected_code, *actual_code; // firmware, and its SHA-256: of the installation, and now
        struct predict_firmware firmware;                    // its identity
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
        struct prediction prediction; // of the disk alone
        struct lastboot *logs;        // one for each
        size_t log_count;
};

// INPUT must outlive FACTS. Fails if an input cannot be read because of the host (no qemu-img, no permission), or if a
// log is missing. Free FACTS with facts_free, on failure too.
bool facts_read(const struct facts_input *input, struct facts *facts, struct error *err);
void facts_free(struct facts *facts);
#define AUTO_FACTS __attribute__((cleanup(facts_free)))

// Whether the firmware will start the system's own entry.
bool facts_boot_themselves(const struct facts *facts);
