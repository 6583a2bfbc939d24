// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/setting-list.h"

const char *settings_list_at(const struct settings_list *list, size_t index)
{
        size_t count = list->given.count ? list->given.count : json_array_size(list->stored);
        for (size_t i = 0; i < count; i++) {
                const char *text =
                        list->given.count ? list->given.values[i] : json_string_value(json_array_get(list->stored, i));
                if (*text && !index--)
                        return text;
        }
        return NULL;
}
