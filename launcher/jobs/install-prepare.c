// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/cli.h"
#include "base/memory.h"
#include "launcher/jobs/install-private.h"
#include "launcher/machine/forward.h"
#include "varstore/variable.h"
#include "varstore/varstore.h"

enum {
        TOOL_TIMEOUT_MS = 60000,
        TOOL_OUTPUT = 1 << 16,
};

// Fresh vars: the template, formatted if it is blank, with a Timeout of 0, which saves 5 seconds at every boot.
static bool make_vars(const char *template, const char *vars, struct error *err)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        const struct bytes no_wait = {(const uint8_t[]){0, 0}, 2};
        const uint32_t attributes =
                EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
        if (!varstore_load(template, &store, err))
                return false;
        if (varstore_is_blank(store) && !varstore_format(store, err))
                return error_wrap(err, "%s", template);
        return varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, "Timeout", attributes, no_wait, err) &&
               varstore_save(store, vars, 0666, err);
}

static bool make_disk(const char *path, uint64_t size, struct error *err)
{
        AUTO_ARGUMENTS struct arguments arguments = {0};
        AUTO_PROCESS_RESULT struct process_result result = {0};
        ARGUMENTS_ADD_ALL(&arguments, "qemu-img", "create", "-q", "-f", "qcow2", path);
        arguments_add_format(&arguments, "%" PRIu64, size);
        return process_run_checked(&arguments, TOOL_OUTPUT, TOOL_TIMEOUT_MS, &result, err);
}

static bool make_payload(struct installation *run, struct error *err)
{
        const struct install_input *input = run->in;
        if (input->profile->payload == PROFILE_PAYLOAD_ANY && input->payload.source)
                return payload_make_unchanged(input->payload.source, run->payload_path, &run->payload_info, err);
        if (!payload_make(&input->payload, run->payload_path, &run->payload_info, err))
                return false;
        json_object_set_new(run->result, "patches", patch_findings_to_json(&run->payload_info.patches, true));
        for (size_t i = 0; i < run->payload_info.warnings.count; i++)
                cli_warn("%s", run->payload_info.warnings.values[i]);
        if (!run->payload_info.has_kickstart || input->profile->has_kickstart)
                return true;
        return error_set(err, ERROR_USAGE,
                         "the payload has a kickstart, but the guest profile %s cannot watch one (it has no phase "
                         "'kickstart')",
                         input->profile->name);
}

// The target is found in the installer's list by its size, so the payload must have another.
static bool check_sizes(const struct installation *run, struct error *err)
{
        const struct install_input *input = run->in;
        struct stat status;
        if (stat(run->payload_path, &status) != 0)
                return error_system(err, "%s: cannot examine", run->payload_path);
        if (run->payload_info.has_kickstart || input->disk_name || input->disk_position)
                return true;
        uint64_t difference = (uint64_t)status.st_size > input->settings->disk_size
                                      ? (uint64_t)status.st_size - input->settings->disk_size
                                      : input->settings->disk_size - (uint64_t)status.st_size;
        if (difference > input->settings->disk_size / 100)
                return true;
        return error_set(err, ERROR_USAGE,
                         "the disk is as large as the payload, so they look the same in the installer's list; choose "
                         "another --disk-size, or the disk by --disk-name or --disk-position");
}

static bool is_there(const char *path)
{
        return access(path, F_OK) == 0;
}

bool install_prepare(struct installation *run, struct error *err)
{
        const struct install_input *input = run->in;
        struct machine *machine = input->machine;
        if (machine->installed && !input->force && input->over == WHEN_KEEP)
                return error_set(err, ERROR_USAGE,
                                 "%s is already installed (%s); --force reinstalls it and erases its disk, --overwrite "
                                 "and --upgrade keep the disk",
                                 machine->folder, machine->identity.installed_at);
        if (input->over == WHEN_UPGRADE && (!is_there(machine->disk_path) || !is_there(machine->vars_path)))
                return error_set(err, ERROR_USAGE, "%s has no disk with vars that --upgrade could keep",
                                 machine->folder);
        // Everything that can fail comes before anything of an older installation is lost.
        AUTO_FREE char *qemu_img = process_find("qemu-img", err);
        if (!qemu_img || !forwards_check_host(&input->settings->forwards, err) || !make_payload(run, err) ||
            !check_sizes(run, err))
                return false;
        // The old system stays what the machine has until the upgrade is done.
        if (input->over == WHEN_UPGRADE)
                return true;
        if (!machine_save(machine, input->settings, NULL, err))
                return false;
        unlink(machine->sealed_path);
        bool keeps_disk = input->over == WHEN_OVERWRITE && is_there(machine->disk_path);
        return make_vars(input->firmware->vars_template_path, machine->vars_path, err) &&
               (keeps_disk || make_disk(machine->disk_path, input->settings->disk_size, err));
}
