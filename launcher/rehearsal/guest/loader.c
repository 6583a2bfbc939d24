// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/loader.h"

#include "launcher/rehearsal/efi/firmware.h"

void loader_finish(struct guest *guest, enum loader_end end)
{
        if (end == LOADER_STARTS)
                return;
        if (loader_text(end))
                guest_log(guest, "%s", loader_text(end));
        firmware_halt();
}
