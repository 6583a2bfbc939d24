// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/accelerator.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/arguments.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "launcher/vm/qemu.h"

enum {
        TRY_LIMIT = 1 << 16, // bytes of output
        TRY_TIMEOUT_MS = 20000,
        SHOWN_BYTES = 200, // of what QEMU reports
};

// ---- the host

static bool is_arm(const struct utsname *host)
{
        return strcmp(host->machine, "aarch64") == 0 || strcmp(host->machine, "arm64") == 0;
}

bool accelerator_host_is_arm(void)
{
        struct utsname host;
        return uname(&host) >= 0 && is_arm(&host);
}

bool accelerator_fits_host(const char *name, struct error *err)
{
        static const struct {
                const char *name, *shown, *system, *home;
        } homes[] = {
                {"kvm", "KVM", "Linux", "Linux on an arm64 processor"},
                {"hvf", "HVF", "Darwin", "macOS on an Apple processor"},
        };
        struct utsname host;
        if (uname(&host) < 0)
                return error_system(err, "cannot determine what host this is");
        for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
                if (strcmp(homes[i].name, name) == 0 && (strcmp(homes[i].system, host.sysname) != 0 || !is_arm(&host)))
                        return error_set(err, ERROR_ENVIRONMENT,
                                         "%s runs an arm64 guest only on %s, and this host is %s on %s", homes[i].shown,
                                         homes[i].home, host.sysname, host.machine);
        }
        return true;
}

// ---- the machine

// What QEMU 6 to 11 prints, what it means, and what to do.
static const struct refusal {
        const char *reported[2];
        const char *reason, *advice; // ADVICE may be NULL
} refusals[] = {
        {{"Could not access KVM kernel module: Permission denied"},
         "permission to open /dev/kvm is denied",
         "add yourself to the group that owns it (sudo usermod -aG kvm \"$USER\") and log in again"},
        {{"Could not access KVM kernel module: No such file"},
         "this host has no /dev/kvm",
         "load the kernel's kvm module, or enable virtualization for this host"},
        {{"Could not access KVM kernel module"}, "/dev/kvm cannot be opened", NULL},
        {{"not support in-kernel GICv2 emulation", "not support GICv2 emulation"},
         "this host's GICv3 cannot provide gic-version=2 under KVM",
         NULL},
        {{"not support in-kernel GICv3 emulation", "not support GICv3 emulation"},
         "this host's GICv2 cannot provide gic-version=3 under KVM",
         NULL},
        {{"providing Virtualization extensions"},
         "virtualization=on needs nested virtualization, and KVM on this host does not provide it",
         "use virtualization=off in --machine-options"},
        {{"is not supported for this guest CPU type"},
         "KVM provides only the host's own processor model",
         "use --cpu host"},
        {{"kvm_arch_init_vcpu failed"}, "KVM cannot provide this processor", "use --cpu host"},
        {{"can't apply global"}, "a property of --cpu does not exist under KVM", "use --cpu host"},
};

static bool reports(const char *line, const struct refusal *refusal)
{
        return strstr(line, refusal->reported[0]) || (refusal->reported[1] && strstr(line, refusal->reported[1]));
}

static const struct refusal *find_refusal(const char *line)
{
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
                if (reports(line, &refusals[i]))
                        return &refusals[i];
        }
        return NULL;
}

// The most useful line of ERRORS: a known one, else the first that is not a warning. Modifies ERRORS and points into
// it.
static const char *telling_line(char *errors, const struct refusal **refusal)
{
        char *rest = NULL;
        const char *first = NULL;
        for (char *line = strtok_r(errors, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
                *refusal = find_refusal(line);
                if (*refusal)
                        return line;
                if (!first && !strstr(line, "warning: "))
                        first = line;
        }
        return first;
}

static bool refuse(const struct settings *settings, struct process_result *result, struct error *err)
{
        const struct refusal *refusal = NULL;
        buffer_add_u8(&result->errors, 0);
        const char *line = telling_line((char *)result->errors.data, &refusal);
        error_set(err, ERROR_ENVIRONMENT, "KVM on this host cannot run %s with --cpu %s: %s", settings->machine_options,
                  settings->cpu, refusal ? refusal->reason : "QEMU does not start");
        if (line) {
                AUTO_FREE char *shown = text_printable(line, strnlen(line, SHOWN_BYTES), false);
                error_append(err, " (QEMU reports: %s)", shown);
        } else {
                error_append(err, " (QEMU ended with exit code %d)", result->exit_code);
        }
        return refusal && refusal->advice ? error_append(err, "; %s", refusal->advice) : false;
}

bool accelerator_try_kvm(const struct settings *settings, struct error *err)
{
        static const char quit[] = "{\"execute\": \"qmp_capabilities\"}\n{\"execute\": \"quit\"}\n";
        AUTO_ARGUMENTS struct arguments arguments = {0};
        AUTO_PROCESS_RESULT struct process_result result = {0};
        arguments_add(&arguments, settings->qemu);
        qemu_machine_arguments(settings, &arguments);
        arguments_add(&arguments, "-S");
        arguments_add(&arguments, "-qmp");
        arguments_add(&arguments, "stdio");
        if (!process_run_with_input(&arguments, quit, TRY_LIMIT, TRY_TIMEOUT_MS, &result, err)) {
                if (err && err->code != ERROR_INTERRUPTED)
                        err->code = ERROR_ENVIRONMENT;
                return error_wrap(err, "cannot determine whether KVM on this host runs %s", settings->machine_options);
        }
        return result.exit_code == 0 || refuse(settings, &result, err);
}
