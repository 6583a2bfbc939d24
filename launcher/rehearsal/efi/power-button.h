// SPDX-License-Identifier: Apache-2.0
// The machine's power button: what QMP's system_powerdown presses. On QEMU's virt machine it is an event of the generic
// event device, whose selector tells which events are pending and forgets them when it is read.
// Source: QEMU, docs/specs/acpi_hw_reduced_hotplug.rst and hw/acpi/generic_event_device.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct power_button {
        volatile uint32_t *selector; // NULL if the machine has no such device
};

// Finds the button by the ACPI tables. Without such tables (acpi=off) or without the button in them, it is never
// pressed.
struct power_button power_button_find(void);

// Was it pressed since the last time that this was asked?
bool power_button_pressed(const struct power_button *button);
