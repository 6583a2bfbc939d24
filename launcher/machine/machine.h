// SPDX-License-Identifier: Apache-2.0
//
// A machine: a folder with a disk, the variable store that belongs to it, and the records of both.
//
//     machine.json    settings, identities, digests; see docs/machine.md
//     disk.qcow2      the system disk
//     vars.fd         the live variable store
//     vars.sealed.fd  the variable store as the installation left it
//     profile.yaml    the guest profile that it was installed with
//     runs/TAG/       the evidence of one run
//     run/            the lock, and the sockets and FIFOs while the machine is up
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/machine/settings.h"

enum {
        MACHINE_SCHEMA = 1
};

// The id of the payload's device, on QEMU's command line and in the evidence.
#define MACHINE_PAYLOAD_DEVICE "payload-device"

// The installation as recorded in machine.json. Texts belong to the machine's document; all members are NULL or 0 if
// the machine is not installed.
struct machine_identity {
        const char *profile; // name of the guest profile
        bool rehearsal;      // the guest is the rehearsal guest, not ESXi
        const char *installed_at;
        struct {
                const char *name, *package, *version, *source, *verified;
                const char *code_path, *code_sha256, *template_sha256;
        } firmware;
        struct {
                const char *format, *guid, *esp_guid;
                uint64_t size;
        } disk;
        struct {
                const char *label, *path;
                uint16_t number;
        } entry;
        json_t *patches;         // list of the module patches that its installer carried; NULL if it is not known
        const char *vars_sha256; // of the firmware volume in vars.sealed.fd, without the padding after it
};

struct machine {
        char *folder;      // absolute
        char *disk_format; // "qcow2"
        char *json_path, *disk_path, *vars_path, *sealed_path, *profile_path, *runs_folder, *run_folder;
        json_t *document;         // the content of machine.json; NULL for a new machine
        json_t *documents;        // every document read: texts of SETTINGS and IDENTITY stay valid until machine_close
        struct settings settings; // from the document
        struct machine_identity identity;
        bool installed;
        int lock;            // descriptor of run/lock; -1 if it is not held
        uint64_t died_owner; // once locked: the process that died while it held the lock; 0 if none
        bool is_loose;       // loose files (machine_of_files): RUN_FOLDER is temporary
};
#define AUTO_MACHINE __attribute__((cleanup(machine_close)))

// Opens the machine in FOLDER. If FOLDER is not a machine, fails with ERROR_USAGE, or with CREATE creates the folder
// and a new machine. Fails with ERROR_DAMAGED if machine.json is invalid.
bool machine_open(const char *folder, bool create, struct machine *machine, struct error *err);

// The same, but creates nothing: if FOLDER is not a machine, MACHINE is a new one with the paths it would have.
bool machine_look(const char *folder, struct machine *machine, struct error *err);

// The last part of the path of MACHINE's folder; never empty.
const char *machine_name(const struct machine *machine);

// Takes over TEXT until machine_close, for a setting that is determined later.
const char *machine_keep(struct machine *machine, char *text);

// A machine for one boot, from a disk and a variable store anywhere. It counts as installed, has no identity, and keeps
// its runs beside the disk. Fails if a file is missing.
bool machine_of_files(const char *disk, const char *vars, struct machine *machine, struct error *err);

// Uses PATH as the live variable store instead of MACHINE/vars.fd. It need not exist.
bool machine_use_vars(struct machine *machine, const char *path, struct error *err);

// Locks the machine for this program until machine_close. ERROR_ENVIRONMENT if another program holds it.
bool machine_lock(struct machine *machine, struct error *err);

// Unlocks it before machine_close.
void machine_unlock(struct machine *machine);

// Whether another program holds the machine; *OWNER is its process id (0 if unknown). If none does but the last owner
// died, *OWNER is the dead process's id.
bool machine_is_held(const struct machine *machine, uint64_t *owner);

// Writes machine.json from SETTINGS and IDENTITY (NULL during an installation), and reads it back into the machine.
bool machine_save(struct machine *machine, const struct settings *settings, const struct machine_identity *identity,
                  struct error *err);

// Also unlocks it.
void machine_close(struct machine *machine);
