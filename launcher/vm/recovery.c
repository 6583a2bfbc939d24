// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/recovery.h"

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/time.h"
#include "launcher/vm/qmp.h"
#include "launcher/vm/socket.h"

enum {
        QUIT_TIMEOUT_MS = 10000
};

// Makes the QEMU at the other end of QMP exit, and waits until it has.
static bool quit(struct qmp *qmp, struct error *err)
{
        uint64_t deadline = time_now_ms() + QUIT_TIMEOUT_MS;
        bool asked = false;
        while (qmp->descriptor >= 0) {
                json_t *message;
                if (!qmp_next(qmp, &message, err))
                        return false;
                json_decref(message);
                // During an installation, QEMU would only pause at a shutdown.
                if (qmp->ready && !asked)
                        asked = qmp_send_optional(qmp, "set-action", json_pack("{s:s}", "shutdown", "poweroff"),
                                                  NULL) &&
                                qmp_send_optional(qmp, "quit", NULL, NULL);
                uint64_t now = time_now_ms();
                if (now >= deadline)
                        return error_set(err, ERROR_ENVIRONMENT,
                                         "the QEMU of a launcher that died does not exit; end that process by hand");
                struct pollfd poll_for = {qmp->descriptor, POLLIN, 0};
                if (qmp->descriptor >= 0)
                        poll(&poll_for, 1, (int)(deadline - now));
        }
        return true;
}

static bool end_qemu(const struct machine *machine, struct error *err)
{
        int fd = local_socket_connect(machine->run_folder, "qmp.sock");
        if (fd < 0)
                return true;
        struct qmp qmp;
        qmp_begin(&qmp, fd);
        bool ended = quit(&qmp, err);
        qmp_end(&qmp);
        return ended || error_wrap(err, "%s", machine->folder);
}

// Deletes everything in MACHINE/run except the lock.
static void clear_run_folder(const struct machine *machine)
{
        DIR *stream = opendir(machine->run_folder);
        if (!stream)
                return;
        for (const struct dirent *entry; (entry = readdir(stream));) {
                static const char *const kept[] = {".", "..", "lock"};
                bool keep = false;
                for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
                        keep = keep || strcmp(entry->d_name, kept[i]) == 0;
                AUTO_FREE char *path = file_path(machine->run_folder, entry->d_name);
                if (!keep)
                        unlink(path);
        }
        closedir(stream);
}

bool recovery_run(const struct machine *machine, struct error *err)
{
        if (!machine->died_owner)
                return true;
        if (!end_qemu(machine, err))
                return false;
        clear_run_folder(machine);
        cli_note("%s: process %" PRIu64 " died while it ran this machine; its leftovers were removed", machine->folder,
                 machine->died_owner);
        return true;
}
