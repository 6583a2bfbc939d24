// SPDX-License-Identifier: Apache-2.0
// The two services that the console can switch, and the file on the ESP that remembers them. Pure.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"

enum service {
        SERVICE_SHELL,
        SERVICE_SSH,
        SERVICES,
};

struct services {
        bool is_enabled[SERVICES];
};

#define SERVICES_TEXT_SIZE 32
#define SERVICE_LABEL_SIZE 40

// Reads the file; what it lacks is disabled.
struct services services_read(struct span text);

// Writes the file, always of the same length, which it returns.
size_t services_write(const struct services *services, char out[SERVICES_TEXT_SIZE]);

// "Enable SSH" or "Disable SSH", what Enter would do; "SSH is Disabled" or "SSH is Enabled".
void service_action(const struct services *services, enum service service, char out[SERVICE_LABEL_SIZE]);
void service_status(const struct services *services, enum service service, char out[SERVICE_LABEL_SIZE]);
