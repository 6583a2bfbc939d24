// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/keys.h"

#include <string.h>

static const struct {
        const char *name, *bytes;
} keys[] = {
        {"Enter", "\r"},     {"Tab", "\t"},         {"Escape", "\033"},      {"Backspace", "\177"},
        {"Space", " "},      {"Up", "\033[A"},      {"Down", "\033[B"},      {"Right", "\033[C"},
        {"Left", "\033[D"},  {"Home", "\033[1~"},   {"Insert", "\033[2~"},   {"Delete", "\033[3~"},
        {"End", "\033[4~"},  {"PageUp", "\033[5~"}, {"PageDown", "\033[6~"}, {"F1", "\033OP"},
        {"F2", "\033OQ"},    {"F3", "\033OR"},      {"F4", "\033OS"},        {"F5", "\033[15~"},
        {"F6", "\033[17~"},  {"F7", "\033[18~"},    {"F8", "\033[19~"},      {"F9", "\033[20~"},
        {"F10", "\033[21~"}, {"F11", "\033[23~"},   {"F12", "\033[24~"},
};
enum {
        KEY_COUNT = sizeof keys / sizeof keys[0]
};

// "Ctrl-A" to "Ctrl-Z": the bytes 1 to 26.
static const char *control_bytes(const char *name)
{
        static char bytes[26][2];
        static const char control[] = "Ctrl-";
        char letter = strncmp(name, control, strlen(control)) == 0 ? name[strlen(control)] : '\0';
        if (letter < 'A' || letter > 'Z' || name[strlen(control) + 1])
                return NULL;
        bytes[letter - 'A'][0] = (char)(letter - 'A' + 1);
        return bytes[letter - 'A'];
}

const char *key_bytes(const char *name)
{
        for (size_t i = 0; i < KEY_COUNT; i++) {
                if (strcmp(keys[i].name, name) == 0)
                        return keys[i].bytes;
        }
        return name[0] > ' ' && name[0] < 0x7F && !name[1] ? name : control_bytes(name);
}

const char *const *key_names(void)
{
        static const char *names[KEY_COUNT + 1];
        for (size_t i = 0; i < KEY_COUNT; i++)
                names[i] = keys[i].name;
        return names;
}
