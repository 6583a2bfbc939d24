// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/device-path.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"

const struct efi_device_path *device_path_of(efi_handle handle)
{
        static const struct guid protocol = EFI_DEVICE_PATH_PROTOCOL;
        return firmware_protocol(handle, &protocol);
}

size_t device_path_node_size(const struct efi_device_path *node)
{
        return load16(node->size);
}

static bool is_end(const struct efi_device_path *node)
{
        return node->type == EFI_NODE_END || device_path_node_size(node) < sizeof *node;
}

const struct efi_device_path *device_path_next(const struct efi_device_path *node)
{
        if (is_end(node))
                return NULL;
        node = (const struct efi_device_path *)((const uint8_t *)node + device_path_node_size(node));
        return is_end(node) ? NULL : node;
}

bool device_path_begins_with(const struct efi_device_path *path, const struct efi_device_path *prefix)
{
        if (!path || !prefix)
                return false;
        for (; prefix; prefix = device_path_next(prefix), path = device_path_next(path)) {
                size_t size = device_path_node_size(prefix);
                if (!path || device_path_node_size(path) != size || memcmp(path, prefix, size))
                        return false;
        }
        return true;
}

void device_path_format(char *out, size_t size, const struct efi_device_path *path)
{
        static const struct guid protocol = EFI_DEVICE_PATH_TO_TEXT_PROTOCOL;
        const struct efi_device_path_to_text *converter = path ? firmware_any_protocol(&protocol) : NULL;
        efi_char16 *text = converter ? converter->path_to_text(path, false, false) : NULL;
        if (!text) {
                text_format(out, size, "(no device path)");
                return;
        }
        size_t used = 0;
        for (; text[used] && used + 1 < size; used++)
                out[used] = text[used] < 0x7F ? (char)text[used] : '?';
        out[used] = '\0';
        BS->free_pool(text);
}
