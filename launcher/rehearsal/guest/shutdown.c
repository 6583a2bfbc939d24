// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/shutdown.h"

#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/panic.h"
#include "launcher/rehearsal/guest/trouble.h"

#define STAGES         43 // as ESXi 8 has
#define PANICKED_STAGE 40
#define STAGE_PAUSE_MS 10 // after every fourth
#define HALT_PAUSE_MS  100

_Noreturn void shutdown_run(struct guest *guest, enum efi_reset_type type)
{
        guest_reach(guest, STEP_SHUTDOWN);
        screen_close(&guest->screen);
        guest_log(guest, GUEST_BANNER);
        guest_log(guest, "Starting VMKernel shutdown");
        for (unsigned stage = 1; stage <= STAGES; stage++) {
                guest_log(guest, "VMK shutdown(%u/%u)", stage, STAGES);
                if (stage % 4 == 0)
                        guest_pause(guest, STAGE_PAUSE_MS);
                if (stage == PANICKED_STAGE && guest->has_gic_v3)
                        panic_show(guest, PANIC_ITS);
        }
        guest_log(guest, "This system has been halted");
        guest_pause(guest, HALT_PAUSE_MS);
        firmware_reset(type);
}
