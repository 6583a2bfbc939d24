// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "launcher/screen/console.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Any output of a guest, in one piece or two, gives a screen, and the same bytes give the same screen.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_CONSOLE struct console *first = console_new();
        AUTO_CONSOLE struct console *second = console_new();
        struct console *const both[] = {first, second};
        size_t middle = size ? data[0] * size / 256 : 0;
        for (size_t i = 0; i < 2; i++) {
                console_feed(both[i], data, middle);
                console_text(both[i]);
                console_feed(both[i], data + middle, size - middle);
                console_text_ansi(both[i]);
        }
        if (console_picture(first) != console_picture(second))
                abort();
        return 0;
}
