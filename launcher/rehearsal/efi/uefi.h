// SPDX-License-Identifier: Apache-2.0
// The part of UEFI that the guest calls: tables, protocols, device path nodes and status codes. Unused members have the
// specification's names and the type void *.
// Source: UEFI Specification 2.10 (sections in the comments); UEFI PI 1.8 for EFI_DISK_INFO_PROTOCOL.
// On AArch64 a UEFI call is an ordinary C call (2.3.6.3), so EFIAPI is not needed.
#pragma once

#include "launcher/rehearsal/efi/guid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t efi_char16; // of u"" literals
typedef uint8_t efi_boolean;
typedef uint64_t efi_status;
typedef void *efi_handle;

// Appendix D "Status Codes".
#define EFI_ERROR_BIT (UINT64_C(1) << 63)
#define EFI_SUCCESS   UINT64_C(0)
#define EFI_NOT_FOUND (EFI_ERROR_BIT | 14)

static inline bool efi_failed(efi_status status)
{
        return status & EFI_ERROR_BIT;
}

// 4.2 "EFI Table Header".
struct efi_table_header {
        uint64_t signature;
        uint32_t revision, header_size, crc32, reserved;
};

// 8.3 "Time Services".
struct efi_time {
        uint16_t year;
        uint8_t month, day, hour, minute, second, pad1;
        uint32_t nanosecond;
        int16_t time_zone;
        uint8_t daylight, pad2;
};

enum efi_reset_type {
        EFI_RESET_COLD,
        EFI_RESET_WARM,
        EFI_RESET_SHUTDOWN,
};

// 8.2 "Variable Services".
#define EFI_VARIABLE_NON_VOLATILE       0x00000001u
#define EFI_VARIABLE_BOOTSERVICE_ACCESS 0x00000002u
#define EFI_VARIABLE_RUNTIME_ACCESS     0x00000004u

#define EFI_GLOBAL_VARIABLE                                                                                            \
        {                                                                                                              \
                0x8BE4DF61, 0x93CA, 0x11D2,                                                                            \
                {                                                                                                      \
                        0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C                                                 \
                }                                                                                                      \
        }

// 4.5 "EFI Runtime Services Table".
struct efi_runtime_services {
        struct efi_table_header header;
        efi_status (*get_time)(struct efi_time *time, void *capabilities);
        void *set_time, *get_wakeup_time, *set_wakeup_time, *set_virtual_address_map, *convert_pointer;
        efi_status (*get_variable)(const efi_char16 *name, const struct guid *vendor, uint32_t *attributes,
                                   size_t *size, void *data);
        efi_status (*get_next_variable_name)(size_t *size, efi_char16 *name, struct guid *vendor);
        efi_status (*set_variable)(const efi_char16 *name, const struct guid *vendor, uint32_t attributes, size_t size,
                                   const void *data);
        void *get_next_high_monotonic_count;
        void (*reset_system)(enum efi_reset_type type, efi_status status, size_t size, const void *data);
};

// 7.2 "Memory Allocation Services".
enum efi_allocate_type {
        EFI_ALLOCATE_ANY_PAGES,
};

#define EFI_LOADER_DATA 2
#define EFI_PAGE_SIZE   4096

// 7.3 "Protocol Handler Services".
enum efi_locate_search_type {
        EFI_LOCATE_ALL_HANDLES,
        EFI_LOCATE_BY_REGISTER_NOTIFY,
        EFI_LOCATE_BY_PROTOCOL,
};

#define EFI_OPEN_PROTOCOL_EXCLUSIVE 0x00000020u

// 10.2 "EFI Device Path Protocol": nodes one after the other, each with its own size.
struct efi_device_path {
        uint8_t type, subtype;
        uint8_t size[2]; // little-endian, header included
};

#define EFI_DEVICE_PATH_PROTOCOL                                                                                       \
        {                                                                                                              \
                0x09576E91, 0x6D3F, 0x11D2,                                                                            \
                {                                                                                                      \
                        0x8E, 0x39, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B                                                 \
                }                                                                                                      \
        }

#define EFI_NODE_HARDWARE  0x01
#define EFI_HARDWARE_PCI   0x01 // function and device in bytes 4 and 5 (10.3.2.1)
#define EFI_NODE_MESSAGING 0x03
#define EFI_NODE_END       0x7F

// 4.4 "EFI Boot Services Table".
struct efi_boot_services {
        struct efi_table_header header;
        void *raise_tpl, *restore_tpl;
        efi_status (*allocate_pages)(enum efi_allocate_type type, uint32_t memory_type, size_t pages,
                                     uint64_t *address);
        efi_status (*free_pages)(uint64_t address, size_t pages);
        void *get_memory_map, *allocate_pool;
        efi_status (*free_pool)(void *buffer);
        void *create_event, *set_timer, *wait_for_event, *signal_event, *close_event, *check_event;
        void *install_protocol_interface, *reinstall_protocol_interface, *uninstall_protocol_interface;
        efi_status (*handle_protocol)(efi_handle handle, const struct guid *protocol, void **interface);
        void *reserved, *register_protocol_notify, *locate_handle, *locate_device_path, *install_configuration_table;
        void *load_image, *start_image, *exit, *unload_image, *exit_boot_services;
        void *get_next_monotonic_count;
        void *stall;
        efi_status (*set_watchdog_timer)(size_t seconds, uint64_t code, size_t size, const efi_char16 *data);
        efi_status (*connect_controller)(efi_handle controller, efi_handle *drivers, struct efi_device_path *remaining,
                                         efi_boolean recursive);
        void *disconnect_controller;
        efi_status (*open_protocol)(efi_handle handle, const struct guid *protocol, void **interface, efi_handle agent,
                                    efi_handle controller, uint32_t attributes);
        void *close_protocol, *open_protocol_information;
        void *protocols_per_handle;
        efi_status (*locate_handle_buffer)(enum efi_locate_search_type type, const struct guid *protocol, void *key,
                                           size_t *count, efi_handle **handles);
        efi_status (*locate_protocol)(const struct guid *protocol, void *registration, void **interface);
};

// 12.4 "Simple Text Output Protocol".
struct efi_text_output {
        void *reset;
        efi_status (*output_string)(struct efi_text_output *self, const efi_char16 *text);
};

// 4.6 "EFI Configuration Table".
struct efi_configuration_table {
        struct guid vendor;
        void *table;
};

#define EFI_ACPI_20_TABLE_GUID                                                                                         \
        {                                                                                                              \
                0x8868E871, 0xE4F1, 0x11D3,                                                                            \
                {                                                                                                      \
                        0xBC, 0x22, 0x00, 0x80, 0xC7, 0x3C, 0x88, 0x81                                                 \
                }                                                                                                      \
        }

// 4.3 "EFI System Table".
struct efi_system_table {
        struct efi_table_header header;
        const efi_char16 *firmware_vendor;
        uint32_t firmware_revision;
        efi_handle console_in_handle;
        void *con_in;
        efi_handle console_out_handle;
        struct efi_text_output *con_out;
        efi_handle standard_error_handle;
        struct efi_text_output *std_err;
        struct efi_runtime_services *runtime_services;
        struct efi_boot_services *boot_services;
        size_t configuration_table_count;
        struct efi_configuration_table *configuration_tables;
};

// 10.6.2 "Device Path to Text Protocol". The text is freed with free_pool().
struct efi_device_path_to_text {
        void *node_to_text;
        efi_char16 *(*path_to_text)(const struct efi_device_path *path, efi_boolean display_only,
                                    efi_boolean allow_shortcuts);
};

#define EFI_DEVICE_PATH_TO_TEXT_PROTOCOL                                                                               \
        {                                                                                                              \
                0x8B843E20, 0x8132, 0x4852,                                                                            \
                {                                                                                                      \
                        0x90, 0xCC, 0x55, 0x1A, 0x4E, 0x4A, 0x7F, 0x1C                                                 \
                }                                                                                                      \
        }

// 9.1 "EFI Loaded Image Protocol".
struct efi_loaded_image {
        uint32_t revision;
        efi_handle parent;
        struct efi_system_table *system_table;
        efi_handle device;
        struct efi_device_path *file_path;
};

#define EFI_LOADED_IMAGE_PROTOCOL                                                                                      \
        {                                                                                                              \
                0x5B1B31A1, 0x9562, 0x11D2,                                                                            \
                {                                                                                                      \
                        0x8E, 0x3F, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B                                                 \
                }                                                                                                      \
        }

// 12.8 "Serial I/O Protocol".
struct efi_serial_io {
        uint32_t revision;
        void *reset, *set_attributes, *set_control;
        efi_status (*get_control)(struct efi_serial_io *self, uint32_t *control);
        efi_status (*write)(struct efi_serial_io *self, size_t *size, const void *bytes);
        efi_status (*read)(struct efi_serial_io *self, size_t *size, void *bytes);
};

#define EFI_SERIAL_IO_PROTOCOL                                                                                         \
        {                                                                                                              \
                0xBB25CF6F, 0xF1D4, 0x11D2,                                                                            \
                {                                                                                                      \
                        0x9A, 0x0C, 0x00, 0x90, 0x27, 0x3F, 0xC1, 0xFD                                                 \
                }                                                                                                      \
        }

#define EFI_SERIAL_INPUT_BUFFER_EMPTY 0x00000100u

// 13.4 "Simple File System Protocol" and 13.5 "File Protocol".
struct efi_file {
        uint64_t revision;
        efi_status (*open)(struct efi_file *self, struct efi_file **opened, const efi_char16 *name, uint64_t mode,
                           uint64_t attributes);
        efi_status (*close)(struct efi_file *self);
        void *delete;
        efi_status (*read)(struct efi_file *self, size_t *size, void *buffer);
        efi_status (*write)(struct efi_file *self, size_t *size, const void *buffer);
        efi_status (*get_position)(struct efi_file *self, uint64_t *position);
        efi_status (*set_position)(struct efi_file *self, uint64_t position);
        void *get_info, *set_info;
        efi_status (*flush)(struct efi_file *self);
};

struct efi_file_system {
        uint64_t revision;
        efi_status (*open_volume)(struct efi_file_system *self, struct efi_file **root);
};

#define EFI_SIMPLE_FILE_SYSTEM_PROTOCOL                                                                                \
        {                                                                                                              \
                0x964E5B22, 0x6459, 0x11D2,                                                                            \
                {                                                                                                      \
                        0x8E, 0x39, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B                                                 \
                }                                                                                                      \
        }

#define EFI_FILE_MODE_READ   UINT64_C(1)
#define EFI_FILE_MODE_WRITE  UINT64_C(2)
#define EFI_FILE_MODE_CREATE (UINT64_C(1) << 63)
#define EFI_FILE_END         UINT64_MAX // set_position(): to the end

// 13.9 "Block I/O Protocol".
struct efi_block_media {
        uint32_t media_id;
        efi_boolean removable, present, logical_partition, read_only, write_caching;
        uint32_t block_size, io_align;
        uint64_t last_block;
};

struct efi_block_io {
        uint64_t revision;
        struct efi_block_media *media;
        void *reset;
        efi_status (*read_blocks)(struct efi_block_io *self, uint32_t media_id, uint64_t lba, size_t size,
                                  void *buffer);
        efi_status (*write_blocks)(struct efi_block_io *self, uint32_t media_id, uint64_t lba, size_t size,
                                   const void *buffer);
        efi_status (*flush_blocks)(struct efi_block_io *self);
};

#define EFI_BLOCK_IO_PROTOCOL                                                                                          \
        {                                                                                                              \
                0x964E5B21, 0x6459, 0x11D2,                                                                            \
                {                                                                                                      \
                        0x8E, 0x39, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B                                                 \
                }                                                                                                      \
        }

// UEFI PI 1.8, volume 5, "Disk Info Protocol": the answer to the SCSI INQUIRY of a USB or SCSI disk.
struct efi_disk_info {
        struct guid interface;
        efi_status (*inquiry)(struct efi_disk_info *self, void *data, uint32_t *size);
};

#define EFI_DISK_INFO_PROTOCOL                                                                                         \
        {                                                                                                              \
                0xD432A67F, 0x14DC, 0x484B,                                                                            \
                {                                                                                                      \
                        0xB3, 0xBB, 0x3F, 0x02, 0x91, 0x84, 0x93, 0x27                                                 \
                }                                                                                                      \
        }

// 37.5 "Random Number Generator Protocol".
struct efi_rng {
        void *get_info;
        efi_status (*get_rng)(struct efi_rng *self, const struct guid *algorithm, size_t size, uint8_t *bytes);
};

#define EFI_RNG_PROTOCOL                                                                                               \
        {                                                                                                              \
                0x3152BCA5, 0xEADE, 0x433D,                                                                            \
                {                                                                                                      \
                        0x86, 0x2E, 0xC0, 0x1C, 0xDC, 0x29, 0x1F, 0x44                                                 \
                }                                                                                                      \
        }
