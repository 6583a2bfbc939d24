// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/volume.h"

#include "launcher/rehearsal/efi/firmware.h"

static struct efi_file *open_file(efi_handle device, const efi_char16 *path, uint64_t mode)
{
        static const struct guid protocol = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL;
        struct efi_file_system *file_system = firmware_protocol(device, &protocol);
        struct efi_file *root;
        struct efi_file *file;
        if (!file_system || efi_failed(file_system->open_volume(file_system, &root)))
                return NULL;
        efi_status status = root->open(root, &file, path, mode, 0);
        root->close(root);
        return efi_failed(status) ? NULL : file;
}

static bool read_whole(struct efi_file *file, struct span *contents)
{
        uint64_t size;
        if (efi_failed(file->set_position(file, EFI_FILE_END)) || efi_failed(file->get_position(file, &size)) ||
            efi_failed(file->set_position(file, 0)))
                return false;
        char *bytes = firmware_allocate(size + 1);
        size_t read = size;
        if (!bytes || efi_failed(file->read(file, &read, bytes)) || read != size)
                return false;
        *contents = (struct span){.at = bytes, .size = read};
        return true;
}

bool volume_read(efi_handle device, const efi_char16 *path, struct span *contents)
{
        *contents = (struct span){0};
        struct efi_file *file = open_file(device, path, EFI_FILE_MODE_READ);
        if (!file)
                return false;
        bool ok = read_whole(file, contents);
        file->close(file);
        return ok;
}

#define PATH_MAX_LENGTH 128

// Converts a name in ASCII to a path for the firmware. False if it is too long.
static bool make_path(efi_char16 path[PATH_MAX_LENGTH], const char *name, size_t size)
{
        if (size + 2 > PATH_MAX_LENGTH)
                return false;
        size_t used = 0;
        if (!size || (name[0] != '/' && name[0] != '\\'))
                path[used++] = '\\';
        for (size_t i = 0; i < size; i++)
                path[used++] = name[i] == '/' ? '\\' : (unsigned char)name[i];
        path[used] = 0;
        return true;
}

bool volume_read_named(efi_handle device, const char *name, size_t size, struct span *contents)
{
        efi_char16 path[PATH_MAX_LENGTH];
        *contents = (struct span){0};
        return make_path(path, name, size) && volume_read(device, path, contents);
}

bool volume_has(efi_handle device, const char *name, size_t size)
{
        efi_char16 path[PATH_MAX_LENGTH];
        struct efi_file *file = make_path(path, name, size) ? open_file(device, path, EFI_FILE_MODE_READ) : NULL;
        if (file)
                file->close(file);
        return file;
}

bool volume_write(efi_handle device, const efi_char16 *path, struct span contents)
{
        uint64_t mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE;
        struct efi_file *file = open_file(device, path, mode);
        if (!file)
                return false;
        size_t written = contents.size;
        bool ok = !efi_failed(file->write(file, &written, contents.at)) && written == contents.size &&
                  !efi_failed(file->flush(file));
        file->close(file);
        return ok;
}
