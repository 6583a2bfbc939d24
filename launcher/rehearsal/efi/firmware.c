// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/firmware.h"

#include "launcher/rehearsal/base/memory.h"

struct efi_boot_services *BS;
struct efi_runtime_services *RS;

static const struct efi_system_table *system_table;
static efi_handle image_handle;

static const struct guid global_variable = EFI_GLOBAL_VARIABLE;

void firmware_open(efi_handle image, struct efi_system_table *system)
{
        BS = system->boot_services;
        RS = system->runtime_services;
        system_table = system;
        image_handle = image;
        BS->set_watchdog_timer(0, 0, 0, NULL);
}

// Arm ARM, D13.8 "Generic Timer registers". The firmware's tick is the virtual timer.
#define READ_REGISTER(name)                                                                                            \
        __extension__({                                                                                                \
                uint64_t value;                                                                                        \
                __asm__ volatile("isb\n\tmrs %0, " name : "=r"(value)::"memory");                                      \
                value;                                                                                                 \
        })

#define TIMER_ENABLED  1u // of ENABLE, IMASK and ISTATUS only the first two are configuration
#define TIMER_MASK     3u
#define TICKS_A_SECOND 2u // fewer than the firmware has: a timer set further ahead is not its tick

uint64_t firmware_counter(void)
{
        return READ_REGISTER("cntvct_el0");
}

static uint64_t counter_frequency(void)
{
        return READ_REGISTER("cntfrq_el0");
}

uint64_t firmware_milliseconds(void)
{
        return firmware_counter() / (counter_frequency() / 1000);
}

// Whether the timer will interrupt this processor soon.
static bool tick_is_coming(void)
{
        uint64_t ahead = READ_REGISTER("cntv_cval_el0") - firmware_counter();
        bool enabled = (READ_REGISTER("cntv_ctl_el0") & TIMER_MASK) == TIMER_ENABLED;
        return enabled && (int64_t)ahead < (int64_t)(counter_frequency() / TICKS_A_SECOND);
}

void firmware_sleep(uint64_t milliseconds)
{
        uint64_t began = firmware_counter();
        uint64_t counts = milliseconds * (counter_frequency() / 1000);
        while (firmware_counter() - began < counts)
                if (tick_is_coming())
                        __asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

_Noreturn void firmware_halt(void)
{
        for (;;)
                firmware_sleep(1000);
}

_Noreturn void firmware_reset(enum efi_reset_type type)
{
        RS->reset_system(type, EFI_SUCCESS, 0, NULL);
        firmware_halt();
}

static size_t pages_of(size_t size)
{
        return (size + EFI_PAGE_SIZE - 1) / EFI_PAGE_SIZE;
}

void *firmware_allocate(size_t size)
{
        uint64_t address;
        if (efi_failed(BS->allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, pages_of(size), &address)))
                return NULL;
        return memset((void *)(uintptr_t)address, 0, pages_of(size) * EFI_PAGE_SIZE);
}

void firmware_release(void *memory, size_t size)
{
        if (memory)
                BS->free_pages((uintptr_t)memory, pages_of(size));
}

void *firmware_protocol(efi_handle handle, const struct guid *protocol)
{
        void *interface;
        return efi_failed(BS->handle_protocol(handle, protocol, &interface)) ? NULL : interface;
}

void *firmware_protocol_exclusive(efi_handle handle, const struct guid *protocol)
{
        void *interface;
        efi_status status =
                BS->open_protocol(handle, protocol, &interface, image_handle, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE);
        return efi_failed(status) ? NULL : interface;
}

void *firmware_any_protocol(const struct guid *protocol)
{
        void *interface;
        return efi_failed(BS->locate_protocol(protocol, NULL, &interface)) ? NULL : interface;
}

efi_handle *firmware_handles(const struct guid *protocol, size_t *count)
{
        efi_handle *handles;
        *count = 0;
        if (efi_failed(BS->locate_handle_buffer(EFI_LOCATE_BY_PROTOCOL, protocol, NULL, count, &handles)))
                return NULL;
        return handles;
}

void firmware_connect_all(void)
{
        size_t count;
        efi_handle *handles;
        if (efi_failed(BS->locate_handle_buffer(EFI_LOCATE_ALL_HANDLES, NULL, NULL, &count, &handles)))
                return;
        for (size_t i = 0; i < count; i++)
                BS->connect_controller(handles[i], NULL, NULL, true);
        BS->free_pool(handles);
}

const void *firmware_configuration(const struct guid *vendor)
{
        for (size_t i = 0; i < system_table->configuration_table_count; i++)
                if (guid_equal(&system_table->configuration_tables[i].vendor, vendor))
                        return system_table->configuration_tables[i].table;
        return NULL;
}

const struct efi_loaded_image *firmware_loaded_image(void)
{
        static const struct guid protocol = EFI_LOADED_IMAGE_PROTOCOL;
        return firmware_protocol(image_handle, &protocol);
}

void firmware_print(const char *line)
{
        struct efi_text_output *output = system_table->con_out;
        if (!output)
                return;
        efi_char16 character[2] = {0};
        for (; *line; line++) {
                character[0] = (unsigned char)*line;
                output->output_string(output, character);
        }
        output->output_string(output, u"\r\n");
}

bool firmware_get_variable(const efi_char16 *name, void *data, size_t *size)
{
        return !efi_failed(RS->get_variable(name, &global_variable, NULL, size, data));
}

bool firmware_set_variable(const efi_char16 *name, const void *data, size_t size)
{
        uint32_t attributes = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
        return !efi_failed(RS->set_variable(name, &global_variable, attributes, size, data));
}
