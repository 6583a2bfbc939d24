// SPDX-License-Identifier: Apache-2.0
#include "varstore/volume.h"

#include <inttypes.h>
#include <string.h>

#include "base/crc32.h"

enum {
        VOLUME_HEADER_SIZE = 0x48,     // with a block map of one entry, as every known firmware writes it
        VOLUME_SIGNATURE = 0x4856465F, // "_FVH"
        VOLUME_REVISION = 2,
        STORE_HEADER_SIZE = 28,
        STORE_FORMATTED = 0x5A,
        STORE_HEALTHY = 0xFE,
        WORKING_HEADER_SIZE = 32,
        WORKING_ALIGNMENT = 0x1000, // no flash has smaller blocks
        WRITE_HEADER_SIZE = 40,
        WRITE_RECORD_SIZE = 40,
};

// Bits of a write header and of a write record. A bit is cleared when its event has happened.
enum {
        HEADER_ALLOCATED = 0x01,
        WRITES_COMPLETE = 0x04,
        SPARE_COMPLETE = 0x02,
        DESTINATION_COMPLETE = 0x04,
};

// The state of a working block: the bit for valid is cleared, the others are reserved.
static const uint32_t WORKING_BLOCK_VALID = 0xFFFFFFFE;

static const uint64_t MIB = 1 << 20;

// The stores of EDK2's firmware for QEMU.
static const struct layout {
        const char *name;
        uint64_t size, variables_end, working_at, working_size, spare_at, spare_size, block_size;
        uint32_t attributes;
        uint64_t padded_size; // to a pflash bank; 0 if the image is not padded
} LAYOUTS[] = {
        {"AAVMF", 0xC0000, 0x40000, 0x40000, 0x40000, 0x80000, 0x40000, 0x40000, 0x00000E36, 64 * (1 << 20)},
        {"OVMF 4M", 0x84000, 0x40000, 0x41000, 0x1000, 0x42000, 0x42000, 0x1000, 0x0004FEFF, 0},
        {"OVMF", 0x20000, 0x0E000, 0x0F000, 0x1000, 0x10000, 0x10000, 0x1000, 0x0004FEFF, 0},
};
enum {
        LAYOUT_COUNT = sizeof LAYOUTS / sizeof LAYOUTS[0]
};

static struct volume volume_of(const struct layout *layout)
{
        return (struct volume){
                .size = layout->size,
                .header_size = VOLUME_HEADER_SIZE,
                .block_size = layout->block_size,
                .block_count = (layout->padded_size ? layout->padded_size : layout->size) / layout->block_size,
                .attributes = layout->attributes,
                .variables_at = VOLUME_HEADER_SIZE + STORE_HEADER_SIZE,
                .variables_end = layout->variables_end,
                .format = VARIABLE_AUTHENTICATED,
                .working_at = layout->working_at,
                .working_size = layout->working_size,
                .spare_at = layout->spare_at,
                .spare_size = layout->spare_size,
                .queue = QUEUE_CLEAN,
        };
}

bool volume_layout(uint64_t image_size, struct volume *volume)
{
        for (size_t i = 0; i < LAYOUT_COUNT; i++) {
                if (image_size == LAYOUTS[i].size || image_size == LAYOUTS[i].padded_size) {
                        *volume = volume_of(&LAYOUTS[i]);
                        return true;
                }
        }
        return false;
}

// ---- reading the headers ----

struct volume_header {
        struct guid file_system;
        uint64_t length;
        uint32_t signature, attributes;
        uint16_t size, extension;
        uint8_t revision;
        uint32_t block_count, block_size;
        uint16_t sum; // of its 16-bit words: 0 in a whole header
};

static struct volume_header read_volume_header(struct bytes image)
{
        struct cursor cursor = cursor_at(image, 16);
        struct volume_header header = {0};
        header.file_system = guid_read(&cursor);
        header.length = cursor_u64(&cursor);
        header.signature = cursor_u32(&cursor);
        header.attributes = cursor_u32(&cursor);
        header.size = cursor_u16(&cursor);
        cursor_skip(&cursor, 2); // the checksum, which is part of the sum
        header.extension = cursor_u16(&cursor);
        cursor_skip(&cursor, 1);
        header.revision = cursor_u8(&cursor);
        header.block_count = cursor_u32(&cursor);
        header.block_size = cursor_u32(&cursor);
        struct bytes whole;
        bytes_slice(image, 0, header.size, &whole);
        header.sum = bytes_sum_words(whole);
        return header;
}

static void judge_volume_header(const struct volume_header *header, uint64_t size, struct remarks *remarks)
{
        if (header->signature != VOLUME_SIGNATURE)
                remarks_add(remarks, 0x28, REMARK_DAMAGE, "the signature of the volume header is not \"_FVH\"");
        if (!guid_equal(header->file_system, GUID_EFI_SYSTEM_NV_DATA_FV))
                remarks_add(remarks, 0x10, REMARK_DAMAGE, "the volume is not marked as one for variables");
        if (header->size != size)
                remarks_add(remarks, 0x30, REMARK_DAMAGE,
                            "the volume header's length is given as 0x%x bytes, but the store follows at 0x%" PRIx64,
                            header->size, size);
        else if (header->sum)
                remarks_add(remarks, 0x32, REMARK_DAMAGE,
                            "the checksum of the volume header is wrong: part of it has changed");
        else if (header->revision != VOLUME_REVISION)
                remarks_add(remarks, 0x37, REMARK_ODD, "the volume header is of revision %u", header->revision);
        // The map of AAVMF covers its whole flash bank, which begins with the volume.
        if ((uint64_t)header->block_count * header->block_size < header->length)
                remarks_add(remarks, 0x38, REMARK_ODD, "the block map is shorter than the volume");
}

static bool store_format(struct bytes image, uint64_t offset, enum variable_format *format)
{
        struct cursor cursor = cursor_at(image, offset);
        struct guid guid = guid_read(&cursor);
        *format = guid_equal(guid, GUID_EFI_VARIABLE) ? VARIABLE_PLAIN : VARIABLE_AUTHENTICATED;
        return guid_equal(guid, GUID_EFI_VARIABLE) || guid_equal(guid, GUID_EFI_AUTHENTICATED_VARIABLE);
}

// The store header follows the volume header; if that is damaged, the store header is searched where every firmware
// puts it.
static bool find_store_header(struct bytes image, const struct volume_header *header, struct volume *volume,
                              struct error *err)
{
        volume->header_size = header->size;
        if (store_format(image, volume->header_size, &volume->format))
                return true;
        volume->header_size = VOLUME_HEADER_SIZE;
        if (store_format(image, volume->header_size, &volume->format))
                return true;
        if (header->signature != VOLUME_SIGNATURE)
                return error_set(err, ERROR_DAMAGED,
                                 "not a UEFI variable store: no firmware volume begins at offset 0x0 (its signature "
                                 "\"_FVH\" is missing at 0x28)");
        char found[37];
        struct cursor cursor = cursor_at(image, header->size);
        guid_text(guid_read(&cursor), found);
        return error_set(
                err, ERROR_DAMAGED,
                "a firmware volume without a variable store: no store header at offset 0x%x (%s is not a format "
                "of variables)",
                header->size, found);
}

static const struct layout *layout_of_size(uint64_t volume_size)
{
        for (size_t i = 0; i < LAYOUT_COUNT; i++)
                if (LAYOUTS[i].size == volume_size)
                        return &LAYOUTS[i];
        return NULL;
}

static uint64_t least(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static void measure_volume(struct bytes image, const struct volume_header *header, struct volume *volume,
                           struct remarks *remarks)
{
        struct volume usual;
        volume->size = header->length;
        volume->block_size = header->block_size;
        volume->block_count = header->block_count;
        volume->attributes = header->attributes;
        if (header->sum && volume_layout(image.size, &usual)) {
                // A field has changed. The size of the image determines what the length must be.
                volume->size = usual.size;
                volume->block_size = usual.block_size;
                volume->block_count = usual.block_count;
        }
        if (volume->size > image.size)
                remarks_add(remarks, image.size, REMARK_DAMAGE,
                            "the image ends here, but its volume is 0x%" PRIx64 " bytes long", volume->size);
        if (volume->size < volume->header_size + STORE_HEADER_SIZE)
                remarks_add(remarks, 0x20, REMARK_DAMAGE, "the volume cannot be 0x%" PRIx64 " bytes long",
                            volume->size);
        if (volume->size > image.size || volume->size < volume->header_size + STORE_HEADER_SIZE)
                volume->size = image.size;
}

static void read_store_header(struct bytes image, struct volume *volume, struct remarks *remarks)
{
        uint64_t at = volume->header_size;
        struct cursor cursor = cursor_at(image, at + sizeof(struct guid));
        uint32_t size = cursor_u32(&cursor);
        uint8_t format = cursor_u8(&cursor);
        uint8_t state = cursor_u8(&cursor);
        struct bytes reserved = cursor_bytes(&cursor, 6);
        if (format != STORE_FORMATTED)
                remarks_add(remarks, at + 20, REMARK_DAMAGE, "the store is not marked as formatted (0x%02x, not 0x5a)",
                            format);
        if (state != STORE_HEALTHY)
                remarks_add(remarks, at + 21, REMARK_DAMAGE, "the store is not marked as healthy (0x%02x, not 0xfe)",
                            state);
        if (!bytes_all(reserved, 0))
                remarks_add(remarks, at + 22, REMARK_ODD, "reserved bytes of the store header are not zero");
        const struct layout *layout = layout_of_size(volume->size);
        uint64_t end = at + size;
        if (layout && end != layout->variables_end) {
                remarks_add(remarks, at + 16, REMARK_DAMAGE,
                            "the store is 0x%" PRIx32 " bytes long; in a volume of %s it is 0x%" PRIx64, size,
                            layout->name, layout->variables_end - at);
                end = layout->variables_end;
        }
        volume->variables_at = at + STORE_HEADER_SIZE;
        if (end > volume->size || end < volume->variables_at) {
                remarks_add(remarks, at + 16, REMARK_DAMAGE,
                            "the store cannot be 0x%" PRIx32 " bytes long; the volume ends at 0x%" PRIx64, size,
                            volume->size);
                end = volume->size;
        }
        volume->variables_end = end;
}

// ---- fault-tolerant writes ----

// The header's checksum covers the header with the checksum and state fields erased.
static uint32_t working_checksum(uint64_t queue_size)
{
        AUTO_BUFFER struct buffer header = {0};
        buffer_add(&header, GUID_EDKII_WORKING_BLOCK_SIGNATURE.bytes, sizeof(struct guid));
        buffer_fill(&header, 0xFF, 8);
        buffer_add_u64(&header, queue_size);
        return crc32_more(0, buffer_view(&header));
}

static bool has_working_signature(struct bytes image, uint64_t at)
{
        struct cursor cursor = cursor_at(image, at);
        return guid_equal(guid_read(&cursor), GUID_EDKII_WORKING_BLOCK_SIGNATURE);
}

// A working block at AT of at most LIMIT bytes; *SIZE is the size in its header.
static bool read_working_header(struct bytes image, uint64_t at, uint64_t limit, uint64_t *size)
{
        struct cursor cursor = cursor_at(image, at);
        struct guid signature = guid_read(&cursor);
        uint32_t checksum = cursor_u32(&cursor);
        uint32_t state = cursor_u32(&cursor);
        uint64_t queue_size = cursor_u64(&cursor);
        *size = WORKING_HEADER_SIZE + queue_size;
        return !cursor.overrun && guid_equal(signature, GUID_EDKII_WORKING_BLOCK_SIGNATURE) &&
               checksum == working_checksum(queue_size) && state == WORKING_BLOCK_VALID &&
               limit >= WORKING_HEADER_SIZE && queue_size <= limit - WORKING_HEADER_SIZE;
}

// Where the working and spare blocks are: known for the usual layouts, else found by the working block's signature.
static void locate_working_block(struct bytes image, struct volume *volume)
{
        const struct layout *layout = layout_of_size(volume->size);
        if (layout && layout->variables_end == volume->variables_end) {
                volume->working_at = layout->working_at;
                volume->working_size = layout->working_size;
                volume->spare_at = layout->spare_at;
                volume->spare_size = layout->spare_size;
                return;
        }
        uint64_t at = (volume->variables_end + WORKING_ALIGNMENT - 1) / WORKING_ALIGNMENT * WORKING_ALIGNMENT;
        for (; at + WORKING_HEADER_SIZE <= volume->size; at += WORKING_ALIGNMENT) {
                uint64_t size;
                if (!has_working_signature(image, at) || !read_working_header(image, at, volume->size - at, &size))
                        continue;
                volume->working_at = at;
                volume->working_size = size;
                volume->spare_at = at + size;
                volume->spare_size = volume->size - volume->spare_at;
                return;
        }
}

struct write_header {
        uint64_t at, count, private_size;
        uint8_t state;
};

struct write_record {
        uint64_t at, offset, length;
        int64_t relative; // offset of the target from the spare
        uint8_t state;
};

static struct write_header read_write_header(struct bytes queue, uint64_t at)
{
        struct cursor cursor = cursor_at(queue, at);
        struct write_header header = {.at = at, .state = cursor_u8(&cursor)};
        cursor_skip(&cursor, 3 + sizeof(struct guid) + 4); // padding, who wrote it, padding
        header.count = cursor_u64(&cursor);
        header.private_size = cursor_u64(&cursor);
        return header;
}

static struct write_record read_write_record(struct bytes queue, uint64_t at)
{
        struct cursor cursor = cursor_at(queue, at);
        struct write_record record = {.at = at, .state = cursor_u8(&cursor)};
        cursor_skip(&cursor, 7 + 8); // padding, block number
        record.offset = cursor_u64(&cursor);
        record.length = cursor_u64(&cursor);
        record.relative = (int64_t)cursor_u64(&cursor);
        return record;
}

static bool is_done(uint8_t state, uint8_t bit)
{
        return !(state & bit);
}

// The size of a write in the queue; 0 if that exceeds LEFT.
static uint64_t write_size(const struct write_header *header, uint64_t left)
{
        if (left < WRITE_HEADER_SIZE || header->private_size > left || header->count > left)
                return 0;
        uint64_t record_size = WRITE_RECORD_SIZE + header->private_size;
        left -= WRITE_HEADER_SIZE;
        return header->count <= left / record_size ? WRITE_HEADER_SIZE + header->count * record_size : 0;
}

// The target of the pending write. False if it is not in the volume or does not fit the spare.
static bool locate_target(const struct write_record *record, struct volume *volume)
{
        uint64_t block = volume->block_size;
        if (!block || record->offset > volume->size || record->length > volume->size)
                return false;
        if (record->relative > (int64_t)volume->size || record->relative < -(int64_t)volume->spare_at)
                return false;
        volume->pending_target = (uint64_t)((int64_t)volume->spare_at + record->relative);
        volume->pending_size = (record->offset + record->length + block - 1) / block * block;
        return volume->pending_size <= volume->spare_size && volume->pending_target <= volume->size &&
               volume->pending_size <= volume->size - volume->pending_target;
}

static void judge_open_write(struct bytes queue, const struct write_header *header, struct volume *volume,
                             struct remarks *remarks)
{
        uint64_t header_at = volume->working_at + header->at;
        uint64_t record_at = header->at + WRITE_HEADER_SIZE;
        struct write_record record = {0};
        uint64_t i = 0;
        for (; i < header->count; i++, record_at += WRITE_RECORD_SIZE + header->private_size) {
                record = read_write_record(queue, record_at);
                if (!is_done(record.state, DESTINATION_COMPLETE))
                        break;
        }
        if (i == header->count) {
                remarks_add(remarks, header_at, REMARK_NOTE,
                            "the last write of the firmware is done but not yet marked as done");
                return;
        }
        if (!is_done(record.state, SPARE_COMPLETE)) {
                volume->queue = QUEUE_ABORTED;
                remarks_add(remarks, header_at, REMARK_NOTE,
                            "a write of the firmware was cut off before it changed anything");
                return;
        }
        if (!locate_target(&record, volume)) {
                volume->queue = QUEUE_DAMAGED;
                remarks_add(remarks, volume->working_at + record.at, REMARK_DAMAGE,
                            "a write of the firmware is pending, but its target is not in the volume");
                return;
        }
        volume->queue = QUEUE_PENDING;
        volume->pending_header = header_at;
        volume->pending_record = volume->working_at + record.at;
        remarks_add(remarks, volume->pending_record, REMARK_NOTE,
                    "a write of the firmware is pending: 0x%" PRIx64 " bytes at 0x%" PRIx64
                    " are read from the spare block at 0x%" PRIx64,
                    volume->pending_size, volume->pending_target, volume->spare_at);
}

static void read_queue(struct bytes image, struct volume *volume, struct remarks *remarks)
{
        struct bytes queue;
        bytes_slice(image, volume->working_at, volume->working_size, &queue);
        uint64_t at = WORKING_HEADER_SIZE;
        volume->queue = QUEUE_CLEAN;
        while (at + WRITE_HEADER_SIZE <= queue.size) {
                struct write_header header = read_write_header(queue, at);
                if (!is_done(header.state, HEADER_ALLOCATED))
                        break;
                uint64_t size = write_size(&header, queue.size - at);
                if (!size) {
                        volume->queue = QUEUE_DAMAGED;
                        remarks_add(remarks, volume->working_at + at, REMARK_DAMAGE,
                                    "a record of the write queue exceeds the working block");
                        return;
                }
                if (!is_done(header.state, WRITES_COMPLETE)) {
                        judge_open_write(queue, &header, volume, remarks);
                        return;
                }
                at += size;
        }
        if (!bytes_all(bytes_from(queue, at), 0xFF))
                remarks_add(remarks, volume->working_at + at, REMARK_ODD,
                            "the free part of the write queue is not erased");
}

static void read_working_block(struct bytes image, struct volume *volume, struct remarks *remarks)
{
        volume->queue = QUEUE_ABSENT;
        locate_working_block(image, volume);
        if (!volume->working_size) {
                remarks_add(remarks, volume->variables_end, REMARK_NOTE,
                            "no working block of fault-tolerant writes follows the variables");
                return;
        }
        volume->queue = QUEUE_DAMAGED;
        struct bytes block;
        bytes_slice(image, volume->working_at, volume->working_size, &block);
        uint64_t size;
        if (read_working_header(image, volume->working_at, volume->working_size, &size)) {
                if (size == volume->working_size) {
                        read_queue(image, volume, remarks);
                        return;
                }
                remarks_add(remarks, volume->working_at + 0x18, REMARK_DAMAGE,
                            "the write queue is 0x%" PRIx64 " bytes long, not 0x%" PRIx64, size - WORKING_HEADER_SIZE,
                            volume->working_size - WORKING_HEADER_SIZE);
        } else if (block.size && bytes_all(block, 0xFF)) {
                volume->queue = QUEUE_CLEAN;
                remarks_add(remarks, volume->working_at, REMARK_NOTE,
                            "the working block is erased; the firmware writes it when it next starts");
        } else if (read_working_header(image, volume->spare_at, volume->working_size, &size)) {
                volume->queue = QUEUE_CLEAN;
                remarks_add(remarks, volume->working_at, REMARK_NOTE,
                            "the working block was being rewritten; the firmware restores it from the spare block");
        } else {
                remarks_add(remarks, volume->working_at, REMARK_DAMAGE,
                            "the header of the working block is damaged; the firmware creates a new one and loses any "
                            "pending write");
        }
}

// If the image is cut off within a part, the rest of the part is kept.
static void clip_parts(struct volume *volume)
{
        volume->working_size =
                volume->working_at < volume->size ? least(volume->working_size, volume->size - volume->working_at) : 0;
        volume->spare_size =
                volume->spare_at < volume->size ? least(volume->spare_size, volume->size - volume->spare_at) : 0;
}

static bool is_blank(struct bytes image, const struct volume *volume)
{
        struct bytes part;
        return bytes_slice(image, 0, volume->size, &part) && (bytes_all(part, 0x00) || bytes_all(part, 0xFF));
}

static void judge_image_size(struct bytes image, const struct volume *volume, struct remarks *remarks)
{
        const struct layout *layout = layout_of_size(volume->size);
        if (layout && layout->padded_size && image.size != layout->size && image.size != layout->padded_size)
                remarks_add(remarks, image.size, REMARK_NOTE,
                            "the image is 0x%zx bytes long; QEMU's virt machine takes one of %" PRIu64 " MiB",
                            image.size, layout->padded_size / MIB);
}

bool volume_read(struct bytes image, struct volume *volume, struct remarks *remarks, struct error *err)
{
        if (volume_layout(image.size, volume) && is_blank(image, volume)) {
                volume->kind = VOLUME_BLANK;
                volume->queue = QUEUE_ABSENT;
                return true;
        }
        *volume = (struct volume){.kind = VOLUME_FORMATTED};
        struct bytes headers;
        if (!bytes_slice(image, 0, VOLUME_HEADER_SIZE + STORE_HEADER_SIZE, &headers))
                return error_set(err, ERROR_DAMAGED, "not a UEFI variable store: %zu bytes, too few for its headers",
                                 image.size);
        if (bytes_all(headers, 0x00) || bytes_all(headers, 0xFF))
                return error_set(err, ERROR_DAMAGED,
                                 "not a UEFI variable store: blank at offset 0x0, but not a blank image of a size that "
                                 "a firmware formats (AAVMF 64 MiB, OVMF 528 or 128 KiB)");
        struct volume_header header = read_volume_header(image);
        if (!find_store_header(image, &header, volume, err))
                return false;
        judge_volume_header(&header, volume->header_size, remarks);
        measure_volume(image, &header, volume, remarks);
        read_store_header(image, volume, remarks);
        read_working_block(image, volume, remarks);
        clip_parts(volume);
        judge_image_size(image, volume, remarks);
        return true;
}

// ---- making a store ----

static void set_u16(uint8_t *bytes, uint16_t value)
{
        bytes[0] = (uint8_t)value;
        bytes[1] = (uint8_t)(value >> 8);
}

static void add_volume_header(const struct volume *volume, struct buffer *buffer)
{
        enum {
                CHECKSUM_AT = 0x32
        };
        size_t start = buffer->size;
        buffer_fill(buffer, 0, 16);
        buffer_add(buffer, GUID_EFI_SYSTEM_NV_DATA_FV.bytes, sizeof(struct guid));
        buffer_add_u64(buffer, volume->size);
        buffer_add_u32(buffer, VOLUME_SIGNATURE);
        buffer_add_u32(buffer, volume->attributes);
        buffer_add_u16(buffer, VOLUME_HEADER_SIZE);
        buffer_fill(buffer, 0, 5); // checksum, no extension, reserved
        buffer_add_u8(buffer, VOLUME_REVISION);
        buffer_add_u32(buffer, (uint32_t)volume->block_count);
        buffer_add_u32(buffer, (uint32_t)volume->block_size);
        buffer_fill(buffer, 0, 8);
        uint8_t *header = buffer->data + start;
        set_u16(header + CHECKSUM_AT,
                (uint16_t)(0x10000 - bytes_sum_words((struct bytes){header, VOLUME_HEADER_SIZE})));
}

static void add_store_header(const struct volume *volume, struct buffer *buffer)
{
        const struct guid *format =
                volume->format == VARIABLE_PLAIN ? &GUID_EFI_VARIABLE : &GUID_EFI_AUTHENTICATED_VARIABLE;
        buffer_add(buffer, format->bytes, sizeof format->bytes);
        buffer_add_u32(buffer, (uint32_t)(volume->variables_end - volume->header_size));
        buffer_add_u8(buffer, STORE_FORMATTED);
        buffer_add_u8(buffer, STORE_HEALTHY);
        buffer_fill(buffer, 0, 6);
}

static void add_working_header(const struct volume *volume, struct buffer *buffer)
{
        uint64_t queue_size = volume->working_size - WORKING_HEADER_SIZE;
        buffer_add(buffer, GUID_EDKII_WORKING_BLOCK_SIGNATURE.bytes, sizeof(struct guid));
        buffer_add_u32(buffer, working_checksum(queue_size));
        buffer_add_u32(buffer, WORKING_BLOCK_VALID);
        buffer_add_u64(buffer, queue_size);
}

bool volume_can_build(const struct volume *volume)
{
        return volume->header_size == VOLUME_HEADER_SIZE &&
               volume->variables_at == VOLUME_HEADER_SIZE + STORE_HEADER_SIZE &&
               volume->variables_end <= volume->working_at && volume->working_size > WORKING_HEADER_SIZE &&
               volume->working_at <= volume->size && volume->working_size <= volume->size - volume->working_at;
}

void volume_build(const struct volume *volume, struct buffer *buffer)
{
        size_t start = buffer->size;
        add_volume_header(volume, buffer);
        add_store_header(volume, buffer);
        buffer_fill(buffer, 0xFF, (size_t)volume->working_at - (buffer->size - start));
        add_working_header(volume, buffer);
        buffer_fill(buffer, 0xFF, (size_t)volume->size - (buffer->size - start));
}

void volume_settle(struct volume *volume, uint8_t *bytes)
{
        memmove(bytes + volume->pending_target, bytes + volume->spare_at, (size_t)volume->pending_size);
        bytes[volume->pending_record] &= (uint8_t)~DESTINATION_COMPLETE;
        bytes[volume->pending_header] &= (uint8_t)~WRITES_COMPLETE;
        volume->queue = QUEUE_CLEAN;
}
