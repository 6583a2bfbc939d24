// SPDX-License-Identifier: Apache-2.0
//
// A machine: a folder with a disk, the variable store that belongs to it, and what is known of both.
//
//     machine.json    settings, identities, digests; see docs/machine.md
//     disk.qcow2      the system disk
//     vars.fd         the live variable store
//     vars.sealed.fd  the same as the installation left it
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

// What QEMU calls the payload's device, on the command line and in the evidence.
#define MACHINE_PAYLOAD_DEVICE "payload-device"

// What machine.json says of the installation. Texts belong to the machine's document; all are NULL or 0 in a machine
// that was not installed yet.
struct machine_identity {
        const char *profile; // name of the guest profile
        bool rehearsal;      // what is installed is the rehearsal guest, not ESXi
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
        const char *vars_sha256; // of the firmware volume in vars.sealed.fd; behind it is padding
};

struct machine {
        char *folder;      // absolute
        char *disk_format; // "qcow2"
        char *json_path, *disk_path, *vars_path, *sealed_path, *runs_folder, *run_folder;
        json_t *document;         // what machine.json holds; NULL for a new machine
        json_t *documents;        // every one that was read: texts of SETTINGS and IDENTITY stay valid until the end
        struct settings settings; // from it
        struct machine_identity identity;
        bool installed;
        int lock; // descriptor of run/lock; -1 where it is not held
        uint64_t
                died_owner; // once it is held: the process that had it before and never gave it back; 0 where there is none
        bool is_loose;      // files that are no machine's (machine_of_files): RUN_FOLDER is temporary
};
#define AUTO_MACHINE __attribute__((cleanup(machine_close)))

// Opens the machine in FOLDER. Where there is none, ERROR_USAGE, unless CREATE: then the folder is made, and the machine
// is new. Fails with ERROR_DAMAGED where machine.json cannot be understood.
bool machine_open(const char *folder, bool create, struct machine *machine, struct error *err);

// The same, but nothing is made: a machine that is not there is a new one, whose paths say where it would be.
bool machine_look(const char *folder, struct machine *machine, struct error *err);

// Keeps TEXT (freed here) as long as the machine, for a setting that is found out anew.
const char *machine_keep(struct machine *machine, char *text);

// A machine of a disk and a variable store that lie anywhere, for one boot. It is installed as far as anyone can tell, has no
// identity, and keeps its runs beside the disk. Fails where one of the files is missing.
bool machine_of_files(const char *disk, const char *vars, struct machine *machine, struct error *err);

// From now on PATH is the live variable store, instead of MACHINE/vars.fd. It need not exist.
bool machine_use_vars(struct machine *machine, const char *path, struct error *err);

// Takes the machine for this program alone, until machine_close. Where another one has it, ERROR_ENVIRONMENT.
bool machine_lock(struct machine *machine, struct error *err);

// Gives it back before machine_close does.
void machine_unlock(struct machine *machine);

// Whether another program has the machine, and which (0 where that is not known). A machine that is not held but whose last
// owner died is told by its OWNER, too.
bool machine_is_held(const struct machine *machine, uint64_t *owner);

// Writes machine.json from SETTINGS and IDENTITY, and reads it back into the machine. IDENTITY is NULL for a machine that
// is being installed.
bool machine_save(struct machine *machine, const struct settings *settings, const struct machine_identity *identity,
                  struct error *err);

// Gives the lock back and frees what the machine holds.
void machine_close(struct machine *machine);
