// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/random.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/efi/firmware.h"

// The finalizer of SplitMix64 (Steele, Lea, Flood, 2014): every bit of the input changes half of the output.
static uint64_t mix(uint64_t value)
{
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
        value = (value ^ value >> 27) * 0x94D049BB133111EBu;
        return value ^ value >> 31;
}

static uint64_t seconds_of(const struct efi_time *time)
{
        uint64_t days = ((uint64_t)time->year * 12 + time->month) * 31 + time->day;
        return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

static uint64_t entropy(void)
{
        static const struct guid protocol = EFI_RNG_PROTOCOL;
        static uint64_t state;
        struct efi_time time = {0};
        RS->get_time(&time, NULL);
        state = mix(state + 0x9E3779B97F4A7C15u) ^ mix(seconds_of(&time)) ^ mix(firmware_counter()) ^ time.nanosecond;

        uint8_t bytes[8];
        struct efi_rng *rng = firmware_any_protocol(&protocol);
        if (rng && !efi_failed(rng->get_rng(rng, NULL, sizeof bytes, bytes)))
                state ^= load64(bytes);
        return mix(state);
}

struct guid random_guid(void)
{
        uint8_t bytes[GUID_SIZE];
        store64(bytes, entropy());
        store64(bytes + 8, entropy());
        return guid_from_random(bytes);
}
