// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/drive/drive.h"
#include "launcher/vm/client.h"

enum {
        SLICE_MS = 200, // between two looks at the launcher's status
        STATUS_MS = 5000,
};

// The steps taken since the evidence had BEFORE of them.
static json_t *steps_since(const struct evidence *evidence, size_t before)
{
        const json_t *all = json_object_get(evidence_facts(evidence), "steps");
        json_t *steps = json_array();
        for (size_t i = before; i < json_array_size(all); i++) {
                const json_t *step = json_array_get(all, i);
                json_array_append_new(steps, json_pack("{s:O, s:O}", "step", json_object_get(step, "step"), "title",
                                                       json_object_get(step, "title")));
        }
        return steps;
}

static json_t *result_of(const char *name, const struct error *err)
{
        json_t *result =
                json_pack("{s:b, s:s, s:i}", "done", err->code == 0, "task", name, "exit_code", (int)err->code);
        if (err->message)
                json_object_set_new(result, "message", json_string(err->message));
        return result;
}

json_t *task_refused(const char *name, const struct error *err)
{
        return result_of(name, err);
}

json_t *task_run(const struct task_input *input, struct error *err)
{
        const struct drive_input drive_input = {
                .vm = input->vm,
                .evidence = input->evidence,
                .display = input->display,
                .judge = input->judge,
                .profile = input->profile,
                .task = input->task,
                .password = input->password,
                .fill = &input->fill,
        };
        AUTO_DRIVE struct drive *drive = drive_new(&drive_input);
        json_t *status = vm_status(input->vm);
        size_t before = json_array_size(json_object_get(evidence_facts(input->evidence), "steps"));
        uint64_t began_us = time_now_us();
        evidence_event(input->evidence, "task", json_pack("{s:s}", "task", input->task->name));
        json_object_set_new(status, "task", json_string(input->task->name));
        json_object_set_new(status, "steps", json_array());
        if (!drive_task(drive, err) && !vm_state(input->vm)->ended)
                free(vm_screenshot(input->vm, NULL));
        json_object_del(status, "task");
        json_object_del(status, "step");
        json_object_del(status, "steps");
        json_t *result = result_of(input->task->name, err);
        json_object_set_new(result, "steps", steps_since(input->evidence, before));
        json_object_set_new(result, "seconds", json_real((double)(time_now_us() - began_us) / 1e6));
        json_object_set_new(result, "evidence", json_string(evidence_folder(input->evidence)));
        evidence_event(input->evidence, "task-end", json_deep_copy(result));
        return result;
}

// ---- the client

// Shows the titles in STEPS from *SHOWN on.
static void show_steps(struct display *display, const json_t *steps, size_t *shown)
{
        for (; *shown < json_array_size(steps); ++*shown) {
                const json_t *step = json_array_get(steps, *shown);
                const char *title = json_string_value(json_is_object(step) ? json_object_get(step, "title") : step);
                display_step(display, "%s", title ? title : "");
        }
}

static void follow(int fd, struct display *display, size_t *shown)
{
        if (!control_send(fd, json_pack("{s:s}", "command", "status"), NULL))
                return;
        json_t *status = control_answer(fd, STATUS_MS, NULL);
        show_steps(display, json_object_get(status, "steps"), shown);
        json_decref(status);
}

static json_t *await_result(int fd, int status_fd, const struct profile_task *task, struct error *err)
{
        size_t shown = 0;
        AUTO_DISPLAY struct display *display = display_begin("task");
        display_waiting(display, "%s ...", task->title);
        for (;;) {
                json_t *answer = control_answer(fd, SLICE_MS, err);
                show_steps(display, json_object_get(answer, "steps"), &shown);
                if (answer || err->code != ERROR_TIMED_OUT)
                        return answer;
                error_clear(err);
                follow(status_fd, display, &shown);
                display_tick(display);
        }
}

static json_t *list_of(const struct arguments *texts)
{
        json_t *list = json_array();
        for (size_t i = 0; i < texts->count; i++)
                json_array_append_new(list, json_string(texts->values[i]));
        return list;
}

json_t *task_request(const struct machine *machine, const char *profile, const struct profile_task *task,
                     const struct arguments *texts, const char *password, struct error *err)
{
        AUTO_CLOSE int fd = control_connect(machine, err);
        AUTO_CLOSE int status_fd = fd >= 0 ? control_connect(machine, err) : -1;
        if (status_fd < 0 || !control_send(fd,
                                           json_pack("{s:s, s:s, s:s, s:s, s:o}", "command", "task", "task", task->name,
                                                     "profile", profile, "password", password, "set", list_of(texts)),
                                           err))
                return NULL;
        return await_result(fd, status_fd, task, err);
}
