// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/deb-content.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum {
        MOST_ENTRIES = 20000, // of a package
        MOST_LINKS = 32,      // followed for one file
};

char *deb_plain_name(const char *name)
{
        struct text plain = {0};
        if (*name == '/')
                return NULL;
        while (*name) {
                size_t length = strcspn(name, "/");
                if (length == 2 && name[0] == '.' && name[1] == '.') {
                        text_free(&plain);
                        return NULL;
                }
                if (length && !(length == 1 && *name == '.')) {
                        if (plain.length)
                                text_add_char(&plain, '/');
                        text_add_span(&plain, name, length);
                }
                name += length + (name[length] == '/');
        }
        text_add(&plain, "");
        return text_take(&plain);
}

void deb_content_free(struct deb_content *content)
{
        for (size_t i = 0; i < content->count; i++) {
                free(content->entries[i].name);
                free(content->entries[i].link);
        }
        free(content->entries);
}

const struct deb_entry *deb_content_find(const struct deb_content *content, const char *name)
{
        for (size_t i = 0; i < content->count; i++) {
                if (strcmp(content->entries[i].name, name) == 0)
                        return &content->entries[i];
        }
        return NULL;
}

static bool bad_name(const struct deb_member *member, const char *what, const char *name, struct error *err)
{
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        return error_set(err, ERROR_DAMAGED, "%s: %s '%s', which leads out of the package: refused", member->path, what,
                         shown);
}

const struct deb_entry *deb_content_add(struct deb_content *content, const struct deb_member *member,
                                        struct archive_entry *entry, struct error *err)
{
        if (content->count == MOST_ENTRIES) {
                error_set(err, ERROR_DAMAGED, "%s: has more than %d files: refused", member->path, MOST_ENTRIES);
                return NULL;
        }
        const char *given = archive_entry_pathname(entry);
        AUTO_FREE char *name = deb_plain_name(given);
        if (!name) {
                bad_name(member, "has the name", given, err);
                return NULL;
        }
        const char *symlink = archive_entry_symlink(entry);
        const char *hardlink = archive_entry_hardlink(entry);
        AUTO_FREE char *linked = hardlink ? deb_plain_name(hardlink) : NULL;
        if (hardlink && !linked) {
                bad_name(member, "has a hard link to", hardlink, err);
                return NULL;
        }
        struct deb_entry *added = MEMORY_ADD(content->entries, content->count);
        *added = (struct deb_entry){
                .name = MEMORY_TAKE(name),
                .link = linked    ? text_format("/%s", linked)
                        : symlink ? memory_text(symlink)
                                  : NULL,
                .regular = !symlink && !hardlink && archive_entry_filetype(entry) == AE_IFREG,
        };
        return added;
}

static void drop_last(struct text *path)
{
        const char *slash = path->length ? strrchr(path->data, '/') : NULL;
        text_truncate(path, slash ? (size_t)(slash - path->data) : 0);
}

char *deb_content_resolve(const struct deb_content *content, const char *path, const char *name, struct error *err)
{
        AUTO_TEXT struct text resolved = {0};
        AUTO_FREE char *pending = memory_text(name);
        int links = 0;
        while (*pending) {
                size_t length = strcspn(pending, "/");
                AUTO_FREE char *part = text_format("%.*s", (int)length, pending);
                AUTO_FREE char *rest = memory_text(pending + length + (pending[length] == '/'));
                free(pending);
                pending = MEMORY_TAKE(rest);
                if (!*part || strcmp(part, ".") == 0)
                        continue;
                if (strcmp(part, "..") == 0) {
                        if (!resolved.length) {
                                error_set(err, ERROR_DAMAGED, "%s: %s is a link that leads out of the package: refused",
                                          path, name);
                                return NULL;
                        }
                        drop_last(&resolved);
                        continue;
                }
                AUTO_FREE char *here = text_format("%s%s%s", text_string(&resolved), resolved.length ? "/" : "", part);
                const struct deb_entry *entry = deb_content_find(content, here);
                if (!entry || !entry->link) {
                        text_clear(&resolved);
                        text_add(&resolved, here);
                        continue;
                }
                if (++links > MOST_LINKS) {
                        error_set(err, ERROR_DAMAGED, "%s: %s is a link that leads in a circle: refused", path, name);
                        return NULL;
                }
                if (*entry->link == '/')
                        text_clear(&resolved);
                char *onward = text_format("%s/%s", entry->link, pending);
                free(pending);
                pending = onward;
        }
        return memory_text(text_string(&resolved));
}
