// SPDX-License-Identifier: Apache-2.0
#include "disks.h"

#include "bytes.h"
#include "device-path.h"
#include "firmware.h"
#include "memory.h"
#include "text.h"

// The nodes that say what a disk hangs on, and the number that tells it from its neighbours.
// Source: UEFI 2.10, 10.3.4 "Messaging Device Path".
static const struct bus {
        uint8_t subtype;
        const char *name, *number; // "USB" "port"
        size_t number_at, number_size;
        bool is_usb;
} buses[] = {
        {0x05, "USB", "port", 4, 1, true},
        {0x17, "NVMe", "namespace", 4, 4, false},
        {0x12, "SATA", "port", 4, 2, false},
        {0x02, "SCSI", "target", 4, 2, false},
};

static const struct bus *find_bus(const struct efi_device_path *node)
{
        for (size_t i = 0; node && i < sizeof buses / sizeof *buses; i++)
                if (node->subtype == buses[i].subtype &&
                    device_path_node_size(node) >= buses[i].number_at + buses[i].number_size)
                        return &buses[i];
        return NULL;
}

static unsigned bus_number(const struct bus *bus, const struct efi_device_path *node)
{
        unsigned number = 0;
        for (size_t i = bus->number_size; i-- > 0;)
                number = number << 8 | ((const uint8_t *)node)[bus->number_at + i];
        return number;
}

// Copies a field of INQUIRY data (padded with spaces) behind what OUT holds, with a space before it.
static size_t append_field(char *out, size_t used, const uint8_t *field, size_t size)
{
        while (size && (field[size - 1] == ' ' || !field[size - 1]))
                size--;
        if (size && used)
                out[used++] = ' ';
        for (size_t i = 0; i < size; i++)
                out[used++] = field[i] >= ' ' && field[i] < 0x7F ? (char)field[i] : '?';
        out[used] = '\0';
        return used;
}

// Vendor and product from the standard INQUIRY data (SPC-4, 6.6.2): bytes 8 to 15 and 16 to 31.
static bool read_inquiry(efi_handle handle, char out[32])
{
        static const struct guid protocol = EFI_DISK_INFO_PROTOCOL;
        struct efi_disk_info *info = firmware_protocol(handle, &protocol);
        uint8_t data[96] = {0};
        uint32_t size = sizeof data;
        if (!info || efi_failed(info->inquiry(info, data, &size)))
                return false;
        size_t used = append_field(out, 0, data + 8, 8);
        return append_field(out, used, data + 16, 16) > 0;
}

// Where the disk is: "PCI 1.0, USB port 1". The PCI function alone for a disk that is one, such as virtio's.
static void format_place(char *out, size_t size, const struct bus *bus, const struct efi_device_path *bus_node,
                         const struct efi_device_path *pci)
{
        size_t used = text_format(out, size, "PCI %x.%x", pci ? ((const uint8_t *)pci)[5] : 0,
                                  pci ? ((const uint8_t *)pci)[4] : 0);
        if (bus)
                text_format(out + used, size - used, ", %s %s %u", bus->name, bus->number, bus_number(bus, bus_node));
}

static void describe(struct disk *disk)
{
        const struct efi_device_path *path = device_path_of(disk->handle);
        const struct efi_device_path *node = device_path_last(path, EFI_NODE_MESSAGING);
        const struct bus *bus = find_bus(node);
        char model[32];
        char place[40];
        if (!read_inquiry(disk->handle, model))
                text_format(model, sizeof model, "%s disk", bus ? bus->name : "PCI");
        format_place(place, sizeof place, bus, node, device_path_last(path, EFI_NODE_HARDWARE));
        text_format(disk->name, sizeof disk->name, "%s (%s)", model, place);
        disk->is_usb = bus && bus->is_usb;
}

static bool is_whole_disk(const struct efi_block_io *io)
{
        return io && io->media->present && !io->media->logical_partition && io->media->block_size &&
               io->media->last_block;
}

static void add(struct disks *disks, efi_handle handle, struct efi_block_io *io, efi_handle boot_device)
{
        struct disk *disk = &disks->list[disks->count++];
        *disk = (struct disk){
                .handle = handle,
                .io = io,
                .blocks = io->media->last_block + 1,
                .block_size = io->media->block_size,
                .is_boot_medium = device_path_begins_with(device_path_of(boot_device), device_path_of(handle)),
        };
        describe(disk);
}

void disks_find(struct disks *disks, efi_handle boot_device)
{
        static const struct guid protocol = EFI_BLOCK_IO_PROTOCOL;
        size_t count;
        efi_handle *handles = firmware_handles(&protocol, &count);
        disks->count = 0;
        for (size_t i = 0; i < count && disks->count < DISKS_MAX; i++) {
                struct efi_block_io *io = firmware_protocol(handles[i], &protocol);
                if (is_whole_disk(io))
                        add(disks, handles[i], io, boot_device);
        }
        if (handles)
                BS->free_pool(handles);
}

uint64_t disk_bytes(const struct disk *disk)
{
        return disk->blocks * disk->block_size;
}

bool disk_write(const struct disk *disk, uint64_t lba, const void *bytes, size_t size)
{
        return !efi_failed(disk->io->write_blocks(disk->io, disk->io->media->media_id, lba, size, bytes));
}

bool disk_flush(const struct disk *disk)
{
        return !efi_failed(disk->io->flush_blocks(disk->io));
}
