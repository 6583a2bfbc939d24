// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/power-button.h"

#include "launcher/rehearsal/efi/acpi.h"
#include "launcher/rehearsal/efi/aml.h"

#include <stddef.h>

#define POWER_DOWN_EVENT 0x2u

struct power_button power_button_find(void)
{
        size_t size;
        uint64_t address;
        const uint8_t *dsdt = acpi_dsdt(&size);
        if (!dsdt || !aml_event_selector(dsdt, size, &address))
                return (struct power_button){0};
        return (struct power_button){.selector = (volatile uint32_t *)(uintptr_t)address};
}

bool power_button_pressed(const struct power_button *button)
{
        return button->selector && *button->selector & POWER_DOWN_EVENT;
}
