// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/fill.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

// The value of the name of LENGTH characters at NAME, freed with free(); NULL if it has none.
static char *value_of(const struct fill *fill, const char *name, size_t length)
{
        for (size_t i = 0; fill->given && i < fill->given->count; i++) {
                const char *pair = fill->given->values[i];
                if (strncmp(pair, name, length) == 0 && pair[length] == '=')
                        return memory_text(pair + length + 1);
        }
        const struct {
                const char *name, *value;
        } usual[] = {{"hostname", fill->hostname}, {"label", fill->label}};
        for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
                if (usual[i].value && strlen(usual[i].name) == length && strncmp(usual[i].name, name, length) == 0)
                        return memory_text(usual[i].value);
        }
        return NULL;
}

// The length of the name at TEXT, after a brace; 0 if it is not one.
static size_t name_length(const char *text)
{
        size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
        return text[length] == '}' ? length : 0;
}

// Adds the value of the name at TEXT; a name without FILL stands for itself.
static bool add_value(struct text *filled, const char *name, size_t length, const struct fill *fill, struct error *err)
{
        if (length == strlen("password") && strncmp(name, "password", length) == 0)
                return error_set(err, ERROR_USAGE, "{password} is not typed as text: use the key <password>");
        AUTO_FREE char *value = fill ? value_of(fill, name, length) : text_format("%.*s", (int)length, name);
        if (!value)
                return error_set(err, ERROR_USAGE,
                                 "the guest profile types {%.*s}, which has no value: use --set %.*s=VALUE",
                                 (int)length, name, (int)length, name);
        text_add(filled, value);
        return true;
}

char *fill_text(const char *text, const struct fill *fill, struct error *err)
{
        AUTO_TEXT struct text filled = {0};
        for (const char *at = text; *at; at++) {
                if (*at < ' ' || *at > '~') {
                        error_set(err, ERROR_DAMAGED, "a text has a character that is not printable ASCII");
                        return NULL;
                }
                bool is_brace = *at != '{' || at[1] == '{';
                if (is_brace) {
                        at += *at == '{';
                        text_add_char(&filled, *at);
                        continue;
                }
                size_t length = name_length(at + 1);
                if (!length) {
                        error_set(err, ERROR_DAMAGED, "a brace must be followed by a name and '}', or doubled");
                        return NULL;
                }
                if (!add_value(&filled, at + 1, length, fill, err))
                        return NULL;
                at += length + 1;
        }
        return text_take(&filled);
}

bool fill_check_text(const char *text, struct error *err)
{
        AUTO_FREE char *filled = fill_text(text, NULL, err);
        return filled != NULL;
}

static bool check_steps(const struct profile_step *steps, size_t count, const struct fill *fill, struct error *err)
{
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j < steps[i].key_count; j++) {
                        AUTO_FREE char *text = profile_argument(steps[i].keys[j], "text");
                        AUTO_FREE char *filled = text ? fill_text(text, fill, err) : NULL;
                        if (text && !filled)
                                return false;
                }
        }
        return true;
}

static bool uses(const struct profile_step *steps, size_t count, const char *name)
{
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j < steps[i].key_count; j++) {
                        AUTO_FREE char *text = profile_argument(steps[i].keys[j], "text");
                        if (text && strstr(text, name))
                                return true;
                }
        }
        return false;
}

static bool check_given(const struct profile_phase *phase, const char *pair, struct error *err)
{
        size_t length = strcspn(pair, "=");
        AUTO_FREE char *name = text_format("{%.*s}", (int)length, pair);
        if (!pair[length] || name_length(name + 1) != length || !length)
                return error_set(err, ERROR_USAGE, "--set: invalid value '%s' (expected KEY=VALUE)", pair);
        for (const char *at = pair + length; *at; at++) {
                if (*at < ' ' || *at > '~')
                        return error_set(err, ERROR_USAGE, "--set %.*s: the value must be printable ASCII", (int)length,
                                         pair);
        }
        return uses(phase->steps, phase->step_count, name) || uses(phase->anytime, phase->anytime_count, name) ||
               error_set(err, ERROR_USAGE, "--set %s: no text of the guest profile has %s", pair, name);
}

bool fill_check(const struct profile_phase *phase, const struct arguments *given, struct error *err)
{
        const struct fill fill = {.hostname = "", .label = "", .given = given};
        for (size_t i = 0; i < given->count; i++) {
                if (!check_given(phase, given->values[i], err))
                        return false;
        }
        return check_steps(phase->steps, phase->step_count, &fill, err) &&
               check_steps(phase->anytime, phase->anytime_count, &fill, err);
}
