// SPDX-License-Identifier: Apache-2.0
//
// Installed firmware: the folders below ROOT (fw/firmware.h), found, listed and checked.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fw/firmware.h"

// The installed firmware called NAME, or else the one fetched last for the catalog's entry NAME; if NAME is NULL, the
// one fetched last. CHECK compares CODE and the template with firmware.json, and hashes them if they changed since they
// were last hashed; without it only firmware.json is read. ERROR_USAGE if it is not installed, ERROR_DAMAGED if it has
// changed.
bool firmware_find(const char *root, const char *name, bool check, struct firmware *firmware, struct error *err);

// Every folder in ROOT that looks like firmware, by name.
struct firmware_list {
        struct firmware_entry {
                char *name;
                char *damage; // NULL if firmware.json could be read; FIRMWARE is empty otherwise
                struct firmware firmware;
        } * entries;
        size_t count;
};
#define AUTO_FIRMWARE_LIST __attribute__((cleanup(firmware_list_free)))
bool firmware_list(const char *root, struct firmware_list *list, struct error *err);
void firmware_list_free(struct firmware_list *list);

// Hashes every file of the installed firmware NAME (as in firmware_find) and compares it with firmware.json.
// ERROR_DAMAGED, with the file, if one has changed.
bool firmware_verify(const char *root, const char *name, struct firmware *firmware, struct error *err);
