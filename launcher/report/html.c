// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/html.h"

#include <string.h>

#include "base/memory.h"

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; // U+FFFD

// Ranges of characters that are replaced, in UTF-8; both ends of a range have the same length.
static const struct {
        const char *first, *last;
} forbidden[] = {
        {"\x01", "\x08"},                 // C0 but tab and newline
        {"\x0B", "\x1F"},                 //
        {"\x7F", "\x7F"},                 //
        {"\xC2\x80", "\xC2\x9F"},         // C1
        {"\xE2\x80\xAA", "\xE2\x80\xAE"}, // embeddings and overrides
        {"\xE2\x81\xA6", "\xE2\x81\xA9"}, // isolates
        {"\xEF\xB7\x90", "\xEF\xB7\xAF"}, // noncharacters
        {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}, //
};

static const char *const references['>' + 1] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};

// The length of the replaced character at TEXT; 0 if the character is allowed.
static size_t forbidden_at(const char *text, size_t left)
{
        if (!*text)
                return 1;
        for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
                size_t length = strlen(forbidden[i].first);
                if (length <= left && memcmp(text, forbidden[i].first, length) >= 0 &&
                    memcmp(text, forbidden[i].last, length) <= 0)
                        return length;
        }
        return 0;
}

void html_add_span(struct text *html, const char *text, size_t length)
{
        AUTO_TEXT struct text valid = {0};
        bool cut = text_add_repaired(&valid, text, length) < length;
        const char *bytes = text_string(&valid);
        for (size_t i = 0; i < valid.length;) {
                size_t replaced = forbidden_at(bytes + i, valid.length - i);
                unsigned char byte = (unsigned char)bytes[i];
                if (replaced)
                        text_add(html, REPLACEMENT);
                else if (byte <= '>' && references[byte])
                        text_add(html, references[byte]);
                else
                        text_add_char(html, bytes[i]);
                i += replaced ? replaced : 1;
        }
        if (cut)
                text_add(html, REPLACEMENT);
}

void html_add(struct text *html, const char *text)
{
        html_add_span(html, text, strlen(text));
}

void html_add_format(struct text *html, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *text = text_format_list(format, arguments);
        va_end(arguments);
        html_add(html, text);
}

void html_element(struct text *html, const char *tag, const char *text)
{
        if (!text || !*text)
                return;
        text_add_format(html, "<%s>", tag);
        html_add(html, text);
        text_add_format(html, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

void html_row(struct text *html, const char *heading, const char *value)
{
        if (!value || !*value)
                return;
        text_add(html, "<tr>");
        html_element(html, "th scope=\"row\"", heading);
        html_element(html, "td", value);
        text_add(html, "</tr>\n");
}
