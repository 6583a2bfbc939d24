// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/disk/disks.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/device-path.h"
#include "launcher/rehearsal/efi/firmware.h"

// The device path nodes of buses, and the name of a disk's number on each.
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
        for (size_t i = 0; i < sizeof buses / sizeof *buses; i++)
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

// Appends a space and a field of INQUIRY data (padded with spaces) to OUT.
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

#define PLACE_SIZE 40

struct place {
        char text[PLACE_SIZE];
        size_t used;
};

// Adds TEXT, after SEPARATOR unless it is the first.
static void add_text(struct place *place, const char *separator, const char *text)
{
        place->used += text_format(place->text + place->used, sizeof place->text - place->used, "%s%s",
                                   place->used ? separator : "", text);
}

static void add_pci(struct place *place, const struct efi_device_path *node)
{
        char text[16];
        text_format(text, sizeof text, "%s%x.%x", place->used ? "" : "PCI ", ((const uint8_t *)node)[5],
                    ((const uint8_t *)node)[4]);
        add_text(place, "/", text);
}

// A disk behind a hub has a node for each port on the way.
static void add_bus(struct place *place, const struct bus *bus, const struct bus *before,
                    const struct efi_device_path *node)
{
        char text[32];
        if (bus == before)
                text_format(text, sizeof text, "%u", bus_number(bus, node));
        else
                text_format(text, sizeof text, "%s %s %u", bus->name, bus->number, bus_number(bus, node));
        add_text(place, bus == before ? "." : ", ", text);
}

static bool is_pci(const struct efi_device_path *node)
{
        return node->type == EFI_NODE_HARDWARE && node->subtype == EFI_HARDWARE_PCI && device_path_node_size(node) >= 6;
}

// Where the disk is: "PCI 1.0, USB port 1"; behind a bridge and a hub "PCI 2.0/0.0, USB port 1.3"; only the PCI
// functions for a PCI disk, such as virtio's. Returns its bus, NULL for a PCI disk.
static const struct bus *format_place(struct place *place, const struct efi_device_path *path)
{
        const struct bus *before = NULL;
        for (const struct efi_device_path *node = path; node; node = device_path_next(node)) {
                const struct bus *bus = node->type == EFI_NODE_MESSAGING ? find_bus(node) : NULL;
                if (is_pci(node))
                        add_pci(place, node);
                if (!bus)
                        continue;
                add_bus(place, bus, before, node);
                before = bus;
        }
        return before;
}

// If a name is too long, the model is shortened, never the place, which makes the name unique.
static void describe(struct disk *disk)
{
        char model[32];
        struct place place = {.used = 0};
        const struct bus *bus = format_place(&place, device_path_of(disk->handle));
        if (!read_inquiry(disk->handle, model))
                text_format(model, sizeof model, "%s disk", bus ? bus->name : "PCI");
        text_format(disk->name, sizeof disk->name, "%.*s (%s)", (int)(sizeof disk->name - place.used - sizeof " ()"),
                    model, place.text);
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

const struct disk *disks_boot_medium(const struct disks *disks)
{
        for (size_t i = 0; i < disks->count; i++)
                if (disks->list[i].is_boot_medium)
                        return &disks->list[i];
        return NULL;
}

uint64_t disk_bytes(const struct disk *disk)
{
        return disk->blocks * disk->block_size;
}

bool disk_read(const struct disk *disk, uint64_t lba, void *bytes, size_t size)
{
        return !efi_failed(disk->io->read_blocks(disk->io, disk->io->media->media_id, lba, size, bytes));
}

bool disk_write(const struct disk *disk, uint64_t lba, const void *bytes, size_t size)
{
        return !efi_failed(disk->io->write_blocks(disk->io, disk->io->media->media_id, lba, size, bytes));
}

bool disk_flush(const struct disk *disk)
{
        return !efi_failed(disk->io->flush_blocks(disk->io));
}
