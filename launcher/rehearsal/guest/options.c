// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/options.h"

#include "launcher/rehearsal/base/text.h"

struct options options_defaults(void)
{
        return (struct options){.pace = 100, .flood_at = STEP_HALFWAY};
}

// Stores VALUE at TO; false if it is invalid.
typedef bool value_reader(struct span value, void *to);

static bool read_step(struct span value, void *to)
{
        return step_named(value.at, value.size, to);
}

static bool read_flag(struct span value, void *to)
{
        if (value.size != 1 || (value.at[0] != '0' && value.at[0] != '1'))
                return false;
        *(bool *)to = value.at[0] == '1';
        return true;
}

static bool read_boxes(struct span value, void *to)
{
        return boxes_read(value, to);
}

static bool read_panic_kind(struct span value, void *to)
{
        return panic_named(value.at, value.size, to);
}

static bool read_loader_end(struct span value, void *to)
{
        return loader_end_named(value.at, value.size, to);
}

// Decimal digits, and K or M for KiB and MiB. Limited: no option needs more than some millions.
static bool read_number(struct span value, void *to)
{
        uint64_t number = 0;
        size_t i = 0;
        for (; i < value.size && value.at[i] >= '0' && value.at[i] <= '9'; i++) {
                number = number * 10 + (uint64_t)(value.at[i] - '0');
                if (number > UINT32_MAX)
                        return false;
        }
        if (!i)
                return false;
        if (i + 1 == value.size && text_lower(value.at[i]) == 'k')
                number <<= 10, i++;
        else if (i + 1 == value.size && text_lower(value.at[i]) == 'm')
                number <<= 20, i++;
        if (i != value.size)
                return false;
        *(uint64_t *)to = number;
        return true;
}

#define ROW(key, reader, member)                                                                                       \
        {                                                                                                              \
                key, reader, offsetof(struct options, member)                                                          \
        }

static const struct {
        const char *key;
        value_reader *read;
        size_t member;
} rows[] = {
        ROW("hang", read_step, hang),
        ROW("panic", read_step, panic),
        ROW("panic-kind", read_panic_kind, panic_kind),
        ROW("loader", read_loader_end, loader),
        ROW("installer-loader", read_loader_end, installer_loader),
        ROW("reset", read_step, reset),
        ROW("poweroff", read_step, poweroff),
        ROW("lose-entry", read_flag, lose_entry),
        ROW("dcui-refuses", read_flag, dcui_refuses),
        ROW("no-dcui", read_flag, no_dcui),
        ROW("swallow-keys", read_flag, swallow_keys),
        ROW("no-usb-screen", read_flag, no_usb_screen),
        ROW("no-warnings", read_flag, no_warnings),
        ROW("ignore-power-button", read_flag, ignore_power_button),
        ROW("clock", read_flag, clock),
        ROW("chatter", read_flag, chatter),
        ROW("swallow", read_number, swallow),
        ROW("flood", read_number, flood),
        ROW("flood-at", read_step, flood_at),
        ROW("garbage", read_number, garbage),
        ROW("box", read_boxes, boxes),
        ROW("line-frames", read_flag, line_frames),
        ROW("only-install", read_flag, only_install),
        ROW("scroll-labels", read_flag, scroll_labels),
        ROW("slow-check", read_number, slow_check),
        ROW("slow-draw", read_number, slow_draw),
        ROW("pace", read_number, pace),
};

static const char *read_pair(struct options *options, const struct keyvalue *pair)
{
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                if (!text_is_word(pair->key.at, pair->key.size, rows[i].key))
                        continue;
                return rows[i].read(pair->value, (char *)options + rows[i].member) ? NULL : "bad value";
        }
        return "unknown key";
}

void options_read(struct options *options, struct span text, options_warning *warning, void *context)
{
        struct keyvalue_reader reader = {.rest = text};
        struct keyvalue pair;
        while (keyvalue_next(&reader, &pair)) {
                const char *wrong = read_pair(options, &pair);
                if (wrong)
                        warning(context, &pair, wrong);
        }
}
