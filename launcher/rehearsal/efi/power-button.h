// SPDX-License-Identifier: Apache-2.0
// The machine's power button, which QMP's system_powerdown presses. On QEMU's virt it is an event of the generic event
// device; reading the device's selector returns and clears the pending events.
// Source: QEMU, docs/specs/acpi_hw_reduced_hotplug.rst and hw/acpi/generic_event_device.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct power_button {
        volatile uint32_t *selector; // NULL if the machine has no such device
};

// Finds the button in the ACPI tables. If they are missing (acpi=off) or do not have it, it is never pressed.
struct power_button power_button_find(void);

// Whether it was pressed since the last call.
bool power_button_pressed(const struct power_button *button);
