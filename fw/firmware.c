// SPDX-License-Identifier: Apache-2.0
#include "fw/firmware.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void firmware_free(struct firmware *firmware)
{
        char *const owned[] = {
                firmware->name,        firmware->folder,     firmware->code_path,        firmware->vars_template_path,
                firmware->package,     firmware->catalog,    firmware->version,          firmware->architecture,
                firmware->source,      firmware->url,        firmware->deb_sha256,       firmware->verified,
                firmware->code_sha256, firmware->fetched_at, firmware->replaced_because, firmware->vars_template_sha256,
        };
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
                free(owned[i]);
        for (size_t i = 0; i < firmware->file_count; i++) {
                free(firmware->files[i].name);
                free(firmware->files[i].sha256);
        }
        free(firmware->files);
        firmware_drop_links(firmware);
        *firmware = (struct firmware){0};
}

const struct firmware_file *firmware_file_named(const struct firmware *firmware, const char *name)
{
        for (size_t i = 0; i < firmware->file_count; i++) {
                if (strcmp(firmware->files[i].name, name) == 0)
                        return &firmware->files[i];
        }
        return NULL;
}

void firmware_add_file(struct firmware *firmware, const char *name, uint64_t size, const char *sha256)
{
        *MEMORY_ADD(firmware->files, firmware->file_count) =
                (struct firmware_file){.name = memory_text(name), .sha256 = memory_text(sha256), .size = size};
}

void firmware_add_link(struct firmware *firmware, const struct firmware_link *link)
{
        *MEMORY_ADD(firmware->links, firmware->link_count) = (struct firmware_link){
                .kind = memory_text(link->kind),
                .url = memory_text(link->url),
                .sha256 = memory_text(link->sha256),
                .size = link->size,
                .proof = memory_text(link->proof),
        };
}

void firmware_drop_links(struct firmware *firmware)
{
        for (size_t i = 0; i < firmware->link_count; i++) {
                free(firmware->links[i].kind);
                free(firmware->links[i].url);
                free(firmware->links[i].sha256);
                free(firmware->links[i].proof);
        }
        free(firmware->links);
        firmware->links = NULL;
        firmware->link_count = 0;
}
