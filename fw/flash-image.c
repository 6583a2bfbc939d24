// SPDX-License-Identifier: Apache-2.0
#include "fw/flash-image.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/memory.h"

enum {
        GUID_SIZE = 16,
        SIGNATURE_AT = 0x28,      // of a firmware volume
        HEADER_SIZE_LEAST = 0x48, // bytes, with a block map of one entry and its end
};

// EFI_SYSTEM_NV_DATA_FV_GUID: the volume contains variables.
static const uint8_t variables_guid[GUID_SIZE] = {0x8D, 0x2B, 0xF1, 0xFF, 0x96, 0x76, 0x8B, 0x4C,
                                                  0xA9, 0x85, 0x27, 0x47, 0x07, 0x5B, 0x4F, 0x50};

// The header of a firmware volume.
struct volume {
        uint32_t vector; // the first word of the ZeroVector
        struct bytes guid;
        uint64_t size;
        bool valid; // signature, sizes and checksum are right
};

static struct volume read_volume(struct bytes head, uint64_t at, uint64_t image_size)
{
        static const uint8_t signature[] = {'_', 'F', 'V', 'H'};
        struct volume volume = {0};
        struct cursor cursor = cursor_at(head, at);
        volume.vector = cursor_u32(&cursor);
        cursor_skip(&cursor, GUID_SIZE - sizeof volume.vector);
        volume.guid = cursor_bytes(&cursor, GUID_SIZE);
        volume.size = cursor_u64(&cursor);
        struct bytes found = cursor_bytes(&cursor, sizeof signature);
        cursor_skip(&cursor, sizeof(uint32_t)); // attributes
        uint16_t header_size = cursor_u16(&cursor);
        struct bytes header;
        volume.valid = !cursor.overrun && bytes_equal(found, (struct bytes){signature, sizeof signature}) &&
                       header_size >= HEADER_SIZE_LEAST && volume.size >= header_size &&
                       volume.size <= image_size - at && bytes_slice(head, at, header_size, &header) &&
                       bytes_sum_words(header) == 0;
        return volume;
}

// The target of the A64 instruction B at AT; false if WORD is another instruction.
static bool follow_branch(uint32_t word, uint64_t at, uint64_t *target)
{
        // Six bits of operation, then a signed distance in words. Backward branches are rejected.
        uint64_t distance = (uint64_t)(word & 0x03FFFFFF) * 4;
        *target = at + distance;
        return (word & 0xFC000000) == 0x14000000 && distance && distance < UINT64_C(1) << 27;
}

static bool refuse(const char *what, struct error *err)
{
        return error_set(err, ERROR_DAMAGED, "is not firmware for 64-bit Arm: %s", what);
}

static bool refuse_volume(const struct volume *volume, struct error *err)
{
        if (bytes_equal(volume->guid, (struct bytes){variables_guid, GUID_SIZE}))
                return refuse("it contains UEFI variables, like a template AAVMF_VARS.fd", err);
        return refuse("it is a firmware volume, but does not begin with A64 code; it may be for x86", err);
}

bool flash_image_check_head(struct bytes head, uint64_t size, struct error *err)
{
        struct cursor cursor = cursor_at(head, 0);
        uint32_t word = cursor_u32(&cursor);
        uint64_t target;
        if (bytes_all(head, 0) || bytes_all(head, 0xFF))
                return refuse("it is blank", err);
        struct volume volume = read_volume(head, 0, size);
        bool branches = follow_branch(word, 0, &target);
        if (volume.valid && !branches)
                return refuse_volume(&volume, err);
        if ((word & 0xFF000000) == 0xEA000000)
                return refuse("it begins with code for 32-bit Arm", err);
        if (!branches)
                return refuse("it does not begin with a branch in A64 code", err);
        if (!volume.valid) {
                uint64_t inside;
                volume = read_volume(head, target, size);
                if (!volume.valid)
                        return refuse("its first instruction does not branch into an EDK2 firmware volume", err);
                if (!follow_branch(volume.vector, target, &inside) || inside - target >= volume.size)
                        return refuse("its firmware volume does not begin with a branch in A64 code", err);
        }
        return target < size || refuse("its first instruction branches out of the image", err);
}

bool flash_image_check_code(const char *path, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        AUTO_FREE uint8_t *head = memory_new(FLASH_HEAD_SIZE, 1);
        if (fd < 0 || fstat(fd, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        ssize_t count = descriptor_read_at(fd, head, FLASH_HEAD_SIZE, 0);
        if (count < 0)
                return error_system(err, "%s: cannot read", path);
        return flash_image_check_head((struct bytes){head, (size_t)count}, (uint64_t)status.st_size, err) ||
               error_wrap(err, "%s", path);
}

bool flash_image_check_size(const char *name, uint64_t size, struct error *err)
{
        if (size && size <= FLASH_BANK_SIZE)
                return true;
        return error_set(err, ERROR_DAMAGED,
                         "%s: has %" PRIu64 " bytes; a flash bank of QEMU's virt machine takes at most %" PRIu64, name,
                         size, FLASH_BANK_SIZE);
}

bool flash_image_pad(const char *path, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
        struct stat status;
        if (fd < 0 || fstat(fd, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        if (!flash_image_check_size(path, (uint64_t)status.st_size, err))
                return false;
        return (uint64_t)status.st_size == FLASH_BANK_SIZE ||
               (ftruncate(fd, (off_t)FLASH_BANK_SIZE) == 0 && file_sync(fd)) ||
               error_system(err, "%s: cannot extend", path);
}
