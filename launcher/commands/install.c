// SPDX-License-Identifier: Apache-2.0
//
// esxiarm install: turns an installer into a sealed machine (install.h).
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/jobs/request.h"

static int run(const void *values, int count, char **operands, struct error *err)
{
        (void)count;
        const struct request *request = values;
        if (request->print_command)
                return request_print_install(request, operands[0], err) ? 0 : (int)err->code;
        AUTO_FIRMWARE struct firmware firmware = {0};
        AUTO_INSTALL_OUTCOME struct install_outcome outcome = {0};
        bool installed = request_install(request, operands[0], &firmware, &outcome, err);
        if (request->json) {
                json_t *json = json_pack("{s:b, s:b, s:i, s:s?, s:s?, s:s?, s:f}", "installed",
                                         installed && !outcome.stopped, "stopped", outcome.stopped, "exit_code",
                                         (int)err->code, "accel", outcome.accel, "boot_entry", outcome.entry,
                                         "evidence", outcome.evidence, "seconds", (double)outcome.duration_ms / 1000);
                if (err->message)
                        json_object_set_new(json, "message", json_string(err->message));
                cli_print_json(json);
        } else if (outcome.stopped) {
                printf("stopped at the step '%s', as requested; %s is not installed\nevidence: %s\n", request->until,
                       operands[0], outcome.evidence);
        } else if (installed) {
                AUTO_FREE char *time = text_duration(outcome.duration_ms);
                printf("installed in %s: %s\nevidence: %s\n", time, outcome.entry, outcome.evidence);
        }
        if (!request->json)
                request_tell_evidence(outcome.evidence, err);
        return (int)err->code;
}

static const struct cli_option options[] = {
        REQUEST_PAYLOAD_OPTIONS, REQUEST_UNTIL_OPTIONS, REQUEST_ALL_INSTALL_OPTIONS, REQUEST_PRINT_OPTION, {0},
};

const struct cli_command cmd_install = {
        .name = "install",
        .operands = "MACHINE",
        .summary = "drives the installer in QEMU and seals disk, vars and firmware as one machine",
        .details = "MACHINE is a folder, created if missing. The installer is driven on its serial console by a guest\n"
                   "profile, to 'Installation Complete' and through the reboot. Then its boot entry is read back and\n"
                   "compared with the disk, and everything is recorded in MACHINE/machine.json.\n\n"
                   "A name in [brackets] is the environment variable of a setting.\n\n"
                   "Exit codes: 0 installed, 1 the installation failed a check, 4 QEMU or the host failed, 5 a step\n"
                   "timed out, 6 the guest panicked, 130 interrupted.",
        .options = options,
        .values_size = sizeof(struct request),
        .least = 1,
        .most = 1,
        .run = run,
        .stored = request_stored,
};
