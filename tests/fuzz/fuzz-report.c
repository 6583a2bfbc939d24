// SPDX-License-Identifier: Apache-2.0
//
// The input is a screen and a text in a run's files. The only markup in the page is the program's own, and it is
// well-formed.
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "launcher/report/html.h"
#include "launcher/report/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *html)
{
        for (; *html; html++) {
                unsigned char byte = (unsigned char)*html;
                if (strchr("<>\"'", byte) || (byte < ' ' && byte != '\t' && byte != '\n') || byte == 0x7F)
                        abort();
        }
}

// Every '<' begins one of the program's own tags, and spans are balanced.
static void check_screen(const char *html)
{
        static const char *const tags[] = {"<pre class=\"screen\">", "</pre>", "<span class=\"", "<span style=\"",
                                           "</span>"};
        bool is_open = false;
        for (; (html = strchr(html, '<')); html++) {
                size_t i = 0;
                while (i < sizeof tags / sizeof *tags && !text_starts_with(html, tags[i]))
                        i++;
                bool opens = i == 2 || i == 3;
                if (i == sizeof tags / sizeof *tags || (opens && is_open) || (i == 4 && !is_open))
                        abort();
                is_open = opens || (is_open && i != 4);
        }
        if (is_open)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AUTO_TEXT struct text text = {0};
        AUTO_TEXT struct text screen = {0};
        AUTO_FREE char *ansi = text_format("%.*s", (int)size, size ? (const char *)data : "");
        html_add_span(&text, (const char *)data, size);
        check_text(text_string(&text));
        screen_to_html(&screen, ansi);
        check_screen(text_string(&screen));
        return 0;
}
