// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis/target.h"

#include <string.h>

#include "fw/digest-cache.h"
#include "fw/flash-image.h"

static const char DEFAULT_LABEL[] = "VMware ESXi";
static const char LATER_LABEL[] = "VMware ESX"; // from version 9 on

static bool check_request(const struct subject_request *request, int count, bool needs_vars, struct error *err)
{
        if (!count == !request->disk)
                return error_set(err, ERROR_USAGE, "give either a MACHINE or --disk IMG%s",
                                 needs_vars ? " and --vars FILE" : "");
        if (request->disk && needs_vars && !request->vars)
                return error_set(err, ERROR_USAGE, "--disk IMG needs --vars FILE");
        const char *bus = request->disk_bus;
        if (bus && strcmp(bus, "usb") != 0 && strcmp(bus, "nvme") != 0)
                return error_set(err, ERROR_USAGE, "--disk-bus: invalid value '%s' (expected usb or nvme)", bus);
        return true;
}

static const char *first_of(const char *one, const char *other)
{
        return one ? one : other;
}

const char *target_label(const struct profile *profile, const struct bootchain *chain)
{
        for (size_t i = 0; i < profile->boot_label_count; i++) {
                if (bootchain_find_label(chain, profile->boot_labels[i]))
                        return profile->boot_labels[i];
        }
        return profile->boot_labels[0];
}

struct facts_input machine_files(const struct machine *machine)
{
        return (struct facts_input){
                .vars_path = machine->vars_path,
                .vars_size = FLASH_BANK_SIZE,
                .disk_path = machine->disk_path,
                .disk_format = machine->disk_format,
                .label = first_of(machine->identity.entry.label, DEFAULT_LABEL),
                .code_path = machine->identity.firmware.code_path,
                .expected_code = machine->identity.firmware.code_sha256,
                .is_machine = true,
                .is_installed = machine->installed,
                .installed_disk = machine->identity.disk.guid,
                .machine_options = machine->settings.machine_options,
        };
}

// The label of the system's entry in the vars of FILES, for which no machine remembers it.
static const char *label_in_vars(const struct facts_input *files)
{
        AUTO_FACTS struct facts facts = {.in = files};
        bool is_later = files->vars_path && facts_read_vars(&facts, NULL) &&
                        !bootchain_find_label(&facts.chain, DEFAULT_LABEL) &&
                        bootchain_find_label(&facts.chain, LATER_LABEL);
        return is_later ? LATER_LABEL : DEFAULT_LABEL;
}

bool subject_open(const struct subject_request *request, int count, char **operands, bool needs_vars,
                  struct subject *subject, struct error *err)
{
        *subject = (struct subject){.machine = {.lock = -1}};
        if (!check_request(request, count, needs_vars, err) ||
            (count && !machine_open(operands[0], false, &subject->machine, err)))
                return false;
        struct facts_input *files = &subject->files;
        *files = count ? machine_files(&subject->machine) : (struct facts_input){.disk_path = request->disk};
        files->vars_path = first_of(request->vars, files->vars_path);
        files->vars_size = request->vars ? 0 : files->vars_size;
        files->code_path = first_of(request->code, files->code_path);
        if (!subject->machine.identity.entry.label)
                files->label = label_in_vars(files);
        subject->sealed_path = subject->machine.sealed_path;
        subject->disk_bus = first_of(request->disk_bus, first_of(subject->machine.settings.disk_bus, "usb"));
        return true;
}

void subject_close(struct subject *subject)
{
        if (subject->files.is_machine)
                machine_close(&subject->machine);
        *subject = (struct subject){.machine = {.lock = -1}};
}

char *subject_code_sha256(const struct subject *subject, struct error *err)
{
        struct digest digest;
        if (!subject->files.code_path || !digest_remembered(subject->files.code_path, &digest, err))
                return NULL;
        return digest_hex(&digest);
}
