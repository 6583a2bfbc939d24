// SPDX-License-Identifier: Apache-2.0
// The firmware, as one set of calls: time, memory, protocols, variables, reset. There is one firmware under a program,
// so its tables are kept in one place and not handed around.
#pragma once

#include "launcher/rehearsal/efi/uefi.h"

extern struct efi_boot_services *BS;
extern struct efi_runtime_services *RS;

// Called once, first. Also switches off the watchdog that would reset the machine five minutes after the start.
void firmware_open(efi_handle image, struct efi_system_table *system);

// Arm ARM, CNTVCT_EL0: counts since the machine was started, at tens of megahertz.
uint64_t firmware_counter(void);

// The same in milliseconds.
uint64_t firmware_milliseconds(void);

// Waits, to the firmware's next timer tick (they come every 10 ms), without burning the host's processor; interrupts and
// the firmware's own timers go on. The counter alone says when it is over, and the processor stops only while the tick's
// timer is set, so a wake-up that is lost costs a tick and no more.
void firmware_sleep(uint64_t milliseconds);

// Waits forever.
_Noreturn void firmware_halt(void);

_Noreturn void firmware_reset(enum efi_reset_type type);

// Cleared memory in whole pages, which every device may read and write. NULL if none. Release it with the
// size that was asked for.
void *firmware_allocate(size_t size);
void firmware_release(void *memory, size_t size);

// A protocol of a handle, or NULL.
void *firmware_protocol(efi_handle handle, const struct guid *protocol);

// Opens a protocol exclusively: the firmware stops the drivers that use it. NULL on failure.
void *firmware_protocol_exclusive(efi_handle handle, const struct guid *protocol);

// The first protocol of its kind, or NULL.
void *firmware_any_protocol(const struct guid *protocol);

// The handles that have a protocol. The caller frees them with BS->free_pool().
efi_handle *firmware_handles(const struct guid *protocol, size_t *count);

// Has drivers started for every device there is. With a boot device named by the host (QEMU's bootindex) the firmware
// starts drivers for that one alone, and no other disk can be seen.
void firmware_connect_all(void);

// A table of the system's configuration tables, or NULL.
const void *firmware_configuration(const struct guid *vendor);

// How this program was loaded.
const struct efi_loaded_image *firmware_loaded_image(void);

// Prints a line on whatever console the firmware still has.
void firmware_print(const char *line);

// Reads the variable NAME of the specification's own namespace into DATA, SIZE bytes; SIZE becomes its size. False if
// it is not there or does not fit.
bool firmware_get_variable(const efi_char16 *name, void *data, size_t *size);

// Writes it, non-volatile and visible at runtime; SIZE 0 deletes it.
bool firmware_set_variable(const efi_char16 *name, const void *data, size_t size);
