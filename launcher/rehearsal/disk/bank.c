// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/disk/bank.h"

#include "launcher/rehearsal/base/memory.h"

static const char magic[] = "VMWARE FAT16    ";

#define MAGIC_SIZE (sizeof magic - 1)
_Static_assert(MAGIC_SIZE + GUID_SIZE == BANK_MARKER_SIZE, "magic and UUID");

void bank_mark(uint8_t sector[BANK_MARKER_SIZE], const struct guid *uuid)
{
        memcpy(sector, magic, MAGIC_SIZE);
        guid_store(sector + MAGIC_SIZE, uuid);
}

bool bank_is_marked(const uint8_t sector[BANK_MARKER_SIZE], struct guid *uuid)
{
        if (memcmp(sector, magic, MAGIC_SIZE))
                return false;
        *uuid = guid_load(sector + MAGIC_SIZE);
        return true;
}
