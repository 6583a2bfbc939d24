// SPDX-License-Identifier: Apache-2.0
// Calls the firmware: time, memory, protocols, variables, reset. Its tables are global, because there is only one
// firmware.
#pragma once

#include "launcher/rehearsal/efi/uefi.h"

extern struct efi_boot_services *BS;
extern struct efi_runtime_services *RS;

// Call it first, once. Also disables the watchdog that would reset the machine after five minutes.
void firmware_open(efi_handle image, struct efi_system_table *system);

// CNTVCT_EL0 (Arm ARM): counts from the machine's start, at tens of megahertz.
uint64_t firmware_counter(void);

// The same in milliseconds.
uint64_t firmware_milliseconds(void);

// Waits with a resolution of the firmware's timer tick (10 ms), without using the host's processor; interrupts and the
// firmware's timers continue. It ends by the counter and stops the processor only while the tick's timer is set, so a
// lost wake-up costs one tick at most.
void firmware_sleep(uint64_t milliseconds);

// Waits forever.
_Noreturn void firmware_halt(void);

_Noreturn void firmware_reset(enum efi_reset_type type);

// Zeroed memory in whole pages that every device may access. NULL if there is not enough. Release it with the same
// SIZE.
void *firmware_allocate(size_t size);
void firmware_release(void *memory, size_t size);

// A protocol of a handle, or NULL.
void *firmware_protocol(efi_handle handle, const struct guid *protocol);

// Opens a protocol exclusively, which stops the drivers that use it. NULL on failure.
void *firmware_protocol_exclusive(efi_handle handle, const struct guid *protocol);

// The first protocol of its kind, or NULL.
void *firmware_any_protocol(const struct guid *protocol);

// The handles that have a protocol; freed with BS->free_pool().
efi_handle *firmware_handles(const struct guid *protocol, size_t *count);

// Starts drivers for all devices. If the host names a boot device (QEMU's bootindex), the firmware starts drivers only
// for that one, and other disks are not visible.
void firmware_connect_all(void);

// The system configuration table of that vendor, or NULL.
const void *firmware_configuration(const struct guid *vendor);

// How this program was loaded.
const struct efi_loaded_image *firmware_loaded_image(void);

// Prints a line on the firmware's console, if it still has one.
void firmware_print(const char *line);

// Reads the global variable NAME (EFI_GLOBAL_VARIABLE) into DATA, *SIZE bytes; *SIZE becomes its size. False if it does
// not exist or does not fit.
bool firmware_get_variable(const efi_char16 *name, void *data, size_t *size);

// Writes it, non-volatile and accessible at runtime; SIZE 0 deletes it.
bool firmware_set_variable(const efi_char16 *name, const void *data, size_t size);
