// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/steps.h"

#include "launcher/rehearsal/base/text.h"

static const char *const names[STEP_COUNT] = {
        [STEP_NONE] = "none",
        [STEP_WELCOME] = "welcome",
        [STEP_EULA] = "eula",
        [STEP_DISK] = "disk",
        [STEP_OSDATA] = "osdata",
        [STEP_USB] = "usb",
        [STEP_KEYBOARD] = "keyboard",
        [STEP_PASSWORD] = "password",
        [STEP_WARNINGS] = "warnings",
        [STEP_CONFIRM] = "confirm",
        [STEP_PROGRESS] = "progress",
        [STEP_HALFWAY] = "halfway",
        [STEP_COMPLETE] = "complete",
        [STEP_SHUTDOWN] = "shutdown",
        [STEP_BOOT] = "boot",
        [STEP_DCUI] = "dcui",
        [STEP_UP] = "up",
};

const char *step_name(enum step step)
{
        return names[step];
}

bool step_named(const char *name, size_t size, enum step *step)
{
        for (unsigned i = STEP_NONE; i < STEP_COUNT; i++) {
                if (!text_is_word(name, size, names[i]))
                        continue;
                *step = (enum step)i;
                return true;
        }
        return false;
}
