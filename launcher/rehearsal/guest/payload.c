// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/payload.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/volume.h"

#define LOADING_MS 200 // for all modules together
#define SEPARATOR  "---"

bool payload_read(efi_handle device, struct payload *payload)
{
        *payload = (struct payload){0};
        if (!volume_read(device, u"\\BOOT.CFG", &payload->boot_cfg))
                return false;
        volume_read(device, u"\\EFI\\BOOT\\BOOTAA64.EFI", &payload->loader);
        volume_read(device, u"\\REHEARSE.CFG", &payload->options);
        return true;
}

// Reads the next word of LIST. Modules are separated by "---", and their arguments follow their names.
static bool next_word(struct span *list, struct span *word)
{
        while (list->size && list->at[0] == ' ') {
                list->at++;
                list->size--;
        }
        *word = (struct span){.at = list->at};
        while (word->size < list->size && list->at[word->size] != ' ')
                word->size++;
        list->at += word->size;
        list->size -= word->size;
        return word->size;
}

// The next module's name: the first word, and every word after a separator.
static bool next_module(struct span *list, struct span *name)
{
        if (!next_word(list, name))
                return false;
        struct span word;
        while (next_word(list, &word) && !text_is_word(word.at, word.size, SEPARATOR))
                ;
        return true;
}

static size_t count_modules(struct span list)
{
        struct span name;
        size_t count = 0;
        while (next_module(&list, &name))
                count++;
        return count;
}

static struct span without_slashes(struct span path)
{
        while (path.size && path.at[0] == '/') {
                path.at++;
                path.size--;
        }
        while (path.size && path.at[path.size - 1] == '/')
                path.size--;
        return path;
}

static void show_file(struct guest *guest, struct span prefix, struct span name)
{
        char path[120];
        name = without_slashes(name);
        size_t length = text_format(path, sizeof path, "%.*s%s%.*s", (int)prefix.size, prefix.at,
                                    prefix.size ? "/" : "", (int)name.size, name.at);
        bool there = volume_has(guest->device, path, length);
        guest_log(guest, "Loading /%s%s", path, there ? "" : " (missing; the rehearsal does not need it)");
}

void payload_show_loading(struct guest *guest, const struct payload *payload)
{
        struct span title = keyvalue_find(payload->boot_cfg, "title");
        struct span kernel = keyvalue_find(payload->boot_cfg, "kernel");
        struct span kernelopt = keyvalue_find(payload->boot_cfg, "kernelopt");
        struct span modules = keyvalue_find(payload->boot_cfg, "modules");
        struct span prefix = without_slashes(keyvalue_find(payload->boot_cfg, "prefix"));

        guest_log(guest, "Loading the installer: %.*s", (int)title.size, title.at);
        guest_log(guest, "kernelopt=%.*s", (int)kernelopt.size, kernelopt.at);
        uint64_t pause = LOADING_MS / (count_modules(modules) + 1);
        if (kernel.size)
                show_file(guest, prefix, kernel);
        guest_pause(guest, pause);
        struct span name;
        while (next_module(&modules, &name)) {
                show_file(guest, prefix, name);
                guest_pause(guest, pause);
        }
}
