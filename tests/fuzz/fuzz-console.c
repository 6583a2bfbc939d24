// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "launcher/console.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Whatever a guest prints, the screen has its rows, and does not depend on where the stream was cut.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_CONSOLE struct console *whole = console_new();
        AUTO_CONSOLE struct console *cut = console_new();
        size_t middle = size ? data[0] * size / 256 : 0;
        console_feed(whole, data, size);
        console_feed(cut, data, middle);
        console_text(cut);
        console_feed(cut, data + middle, size - middle);
        console_text_ansi(whole);
        if (console_picture(whole) != console_picture(cut))
                abort();
        return 0;
}
