// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/system/services.h"

#include "launcher/rehearsal/base/text.h"

static const struct {
        const char *key, *name;
} known[SERVICES] = {
        [SERVICE_SHELL] = {"shell", "ESXi Shell"},
        [SERVICE_SSH] = {"ssh", "SSH"},
};

struct services services_read(struct span text)
{
        struct services services = {0};
        struct keyvalue_reader reader = {.rest = text};
        struct keyvalue pair;
        while (keyvalue_next(&reader, &pair)) {
                for (size_t i = 0; i < SERVICES; i++) {
                        if (text_is_word(pair.key.at, pair.key.size, known[i].key))
                                services.is_enabled[i] = text_is_word(pair.value.at, pair.value.size, "1");
                }
        }
        return services;
}

size_t services_write(const struct services *services, char out[SERVICES_TEXT_SIZE])
{
        size_t used = 0;
        for (size_t i = 0; i < SERVICES; i++)
                used += text_format(out + used, SERVICES_TEXT_SIZE - used, "%s=%u\n", known[i].key,
                                    (unsigned)services->is_enabled[i]);
        return used;
}

void service_action(const struct services *services, enum service service, char out[SERVICE_LABEL_SIZE])
{
        text_format(out, SERVICE_LABEL_SIZE, "%s %s", services->is_enabled[service] ? "Disable" : "Enable",
                    known[service].name);
}

void service_status(const struct services *services, enum service service, char out[SERVICE_LABEL_SIZE])
{
        text_format(out, SERVICE_LABEL_SIZE, "%s is %s", known[service].name,
                    services->is_enabled[service] ? "Enabled" : "Disabled");
}
