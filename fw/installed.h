// SPDX-License-Identifier: Apache-2.0
//
// What is installed: the folders below ROOT (fw/firmware.h), found, listed and checked.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fw/firmware.h"

// An installed one: the one called NAME, or else fetched last for the catalog's entry NAME; where NAME is NULL the one
// fetched last. CHECK holds CODE and the template
// against firmware.json, and hashes them where they changed since they were hashed last; without it nothing but firmware.json is read. ERROR_USAGE where it is not
// installed, ERROR_DAMAGED where it is and is not as it was.
bool firmware_find(const char *root, const char *name, bool check, struct firmware *firmware, struct error *err);

// Every folder in ROOT that looks like a firmware, by name.
struct firmware_list {
        struct firmware_entry {
                char *name;
                char *damage; // NULL where firmware.json could be read; FIRMWARE is empty otherwise
                struct firmware firmware;
        } * entries;
        size_t count;
};
#define AUTO_FIRMWARE_LIST __attribute__((cleanup(firmware_list_free)))
bool firmware_list(const char *root, struct firmware_list *list, struct error *err);
void firmware_list_free(struct firmware_list *list);

// Hashes every file of the installed firmware NAME (as firmware_find takes it) and compares it with firmware.json.
// ERROR_DAMAGED, with the file, where one is not as it was.
bool firmware_verify(const char *root, const char *name, struct firmware *firmware, struct error *err);
