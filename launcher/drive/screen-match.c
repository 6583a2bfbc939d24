// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/screen-match.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

bool screen_matches(struct pattern *const *patterns, size_t count, const char *text)
{
        for (size_t i = 0; i < count; i++) {
                if (!pattern_matches(patterns[i], text))
                        return false;
        }
        return count > 0;
}

int screen_number(struct pattern *pattern, const char *text)
{
        uint64_t number;
        AUTO_FREE char *digits = pattern_matches(pattern, text) ? pattern_group(pattern, 1) : NULL;
        return digits && text_parse_number(digits, &number) && number <= INT32_MAX ? (int)number : -1;
}

void screen_cells(struct console *console, unsigned row, char cells[CONSOLE_COLUMNS + 1])
{
        const char *text = console_row(console, row);
        unsigned column = 0;
        for (; *text && column < CONSOLE_COLUMNS; text++) {
                if (((uint8_t)*text & 0xC0) == 0x80)
                        continue;
                cells[column++] = (char)((uint8_t)*text < 0x80 ? *text : '|');
        }
        memset(cells + column, ' ', CONSOLE_COLUMNS - column);
        cells[CONSOLE_COLUMNS] = '\0';
}

// The value of the last of DECIMALS decimals of a unit, rounded up.
static uint64_t last_digit(uint64_t unit, size_t decimals)
{
        for (; decimals && unit > 1; decimals--)
                unit = (unit + 9) / 10;
        return unit;
}

unsigned screen_disks(struct console *console, struct pattern *pattern, struct screen_disk *disks, unsigned limit)
{
        unsigned count = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS && count < limit; row++) {
                if (!pattern_matches(pattern, console_row(console, row)))
                        continue;
                AUTO_FREE char *size = pattern_named_group(pattern, "size");
                AUTO_FREE char *unit = pattern_named_group(pattern, "unit");
                uint64_t factor;
                AUTO_FREE char *one = text_format("1%s", unit ? unit : "");
                if (!size || !text_parse_size(one, &factor))
                        continue;
                double bytes = strtod(size, NULL) * (double)factor;
                // Not a disk's size, and beyond the range of an integer.
                if (!(bytes >= 0 && bytes < 0x1p63))
                        continue;
                const char *point = strchr(size, '.');
                disks[count++] = (struct screen_disk){
                        .row = row,
                        .size = (uint64_t)bytes,
                        .grain = last_digit(factor, point ? strlen(point + 1) : 0),
                };
        }
        return count;
}

bool screen_disk_fits(const struct screen_disk *disk, uint64_t size)
{
        uint64_t difference = disk->size > size ? disk->size - size : size - disk->size;
        return difference <= disk->grain;
}
