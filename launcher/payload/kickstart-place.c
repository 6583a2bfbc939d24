// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/kickstart-place.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum kickstart_place kickstart_place(const char *value, const char **name)
{
        static const char usb[] = "usb", disc[] = "cdrom:";
        *name = NULL;
        if (strcasecmp(value, usb) == 0) {
                *name = "KS.CFG";
                return KICKSTART_ON_PAYLOAD;
        }
        bool on_payload = strncasecmp(value, usb, strlen(usb)) == 0 && value[strlen(usb)] == ':';
        if (!on_payload && strncasecmp(value, disc, strlen(disc)) != 0)
                return KICKSTART_ELSEWHERE;
        *name = strchr(value, ':') + 1;
        *name += strspn(*name, "/");
        return on_payload ? KICKSTART_ON_PAYLOAD : KICKSTART_ON_DISC;
}
