// SPDX-License-Identifier: Apache-2.0
#include "launcher/last-run.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "launcher/qemu.h"

static bool is_later(struct timespec a, struct timespec b)
{
        return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

// The folder whose console was written to last; freed with free().
static char *newest(const char *runs)
{
        DIR *stream = opendir(runs);
        char *found = NULL;
        struct timespec latest = {0};
        for (const struct dirent *entry; stream && (entry = readdir(stream));) {
                if (entry->d_name[0] == '.')
                        continue;
                AUTO_FREE char *folder = file_path(runs, entry->d_name);
                AUTO_FREE char *log = file_path(folder, "serial.log");
                struct stat status;
                if (stat(log, &status) != 0 || (found && !is_later(status.st_mtim, latest)))
                        continue;
                latest = status.st_mtim;
                free(found);
                found = MEMORY_TAKE(folder);
        }
        if (stream)
                closedir(stream);
        return found;
}

// The command line of QEMU is in the first of the events.
static bool had_payload(const char *folder)
{
        enum {
                START = 8192
        };
        char start[START + 1] = "";
        AUTO_FREE char *path = file_path(folder, "events.jsonl");
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t size = fd < 0 ? 0 : read(fd, start, START);
        start[size > 0 ? size : 0] = '\0';
        return strstr(start, QEMU_PAYLOAD) != NULL;
}

void last_run_find(const struct machine *machine, struct last_run *run)
{
        *run = (struct last_run){.folder = newest(machine->runs_folder)};
        if (!run->folder)
                return;
        run->console_log = file_path(run->folder, "serial.log");
        AUTO_FREE char *path = file_path(run->folder, "result.json");
        run->result = json_load_file(path, 0, NULL);
        run->outcome = json_string_value(json_object_get(run->result, "outcome"));
        run->message = json_string_value(json_object_get(run->result, "message"));
        run->is_rehearsal = json_is_true(json_object_get(run->result, "rehearsal"));
        run->is_install = had_payload(run->folder);
}

void last_run_free(struct last_run *run)
{
        free(run->folder);
        free(run->console_log);
        json_decref(run->result);
        *run = (struct last_run){0};
}
