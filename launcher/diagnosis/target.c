// SPDX-License-Identifier: Apache-2.0
#include "launcher/diagnosis/target.h"

#include <string.h>

#include "fw/digest-cache.h"

static const char DEFAULT_LABEL[] = "VMware ESXi";

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

static void take_machine(struct subject *subject)
{
        const struct machine *machine = &subject->machine;
        subject->is_machine = true;
        subject->disk_path = machine->disk_path;
        subject->disk_format = machine->disk_format;
        subject->vars_path = machine->vars_path;
        subject->sealed_path = machine->sealed_path;
        subject->code_path = machine->identity.firmware.code_path;
        subject->expected_code = machine->identity.firmware.code_sha256;
        subject->label = first_of(machine->identity.entry.label, DEFAULT_LABEL);
        subject->disk_bus = first_of(machine->settings.disk_bus, "usb");
}

bool subject_open(const struct subject_request *request, int count, char **operands, bool needs_vars,
                  struct subject *subject, struct error *err)
{
        *subject = (struct subject){.machine = {.lock = -1}, .label = DEFAULT_LABEL, .disk_bus = "usb"};
        if (!check_request(request, count, needs_vars, err))
                return false;
        if (count && !machine_open(operands[0], false, &subject->machine, err))
                return false;
        if (count)
                take_machine(subject);
        else
                subject->disk_path = request->disk;
        subject->vars_path = first_of(request->vars, subject->vars_path);
        subject->code_path = first_of(request->code, subject->code_path);
        subject->disk_bus = first_of(request->disk_bus, subject->disk_bus);
        return true;
}

void subject_close(struct subject *subject)
{
        if (subject->is_machine)
                machine_close(&subject->machine);
        *subject = (struct subject){.machine = {.lock = -1}};
}

char *subject_code_sha256(const struct subject *subject, struct error *err)
{
        struct digest digest;
        if (!subject->code_path || !digest_remembered(subject->code_path, &digest, err))
                return NULL;
        return digest_hex(&digest);
}
