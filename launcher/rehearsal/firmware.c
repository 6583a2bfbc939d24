// SPDX-License-Identifier: Apache-2.0
#include "firmware.h"

#include "memory.h"

struct efi_boot_services *BS;
struct efi_runtime_services *RS;

static const struct efi_system_table *system_table;
static efi_handle image_handle;
static efi_event timer;

static const struct guid global_variable = EFI_GLOBAL_VARIABLE;

bool firmware_open(efi_handle image, struct efi_system_table *system)
{
        BS = system->boot_services;
        RS = system->runtime_services;
        system_table = system;
        image_handle = image;
        BS->set_watchdog_timer(0, 0, 0, NULL);
        return !efi_failed(BS->create_event(EFI_EVENT_TIMER, 0, NULL, NULL, &timer));
}

void firmware_sleep(uint64_t milliseconds)
{
        if (!milliseconds)
                return;
        size_t index;
        BS->set_timer(timer, EFI_TIMER_RELATIVE, milliseconds * 10000);
        BS->wait_for_event(1, &timer, &index);
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
