// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/base/text.h"

size_t text_length(const char *text)
{
        size_t length = 0;
        while (text[length])
                length++;
        return length;
}

bool text_equal(const char *a, const char *b)
{
        while (*a && *a == *b) {
                a++;
                b++;
        }
        return *a == *b;
}

char text_lower(char character)
{
        return character >= 'A' && character <= 'Z' ? (char)(character + ('a' - 'A')) : character;
}

bool text_is_word(const char *text, size_t size, const char *word)
{
        for (size_t i = 0; i < size; i++)
                if (!word[i] || text_lower(text[i]) != text_lower(word[i]))
                        return false;
        return word[size] == '\0';
}

// Where formatted text goes. Characters beyond the buffer are dropped.
struct output {
        char *at;
        size_t room; // without the final NUL
        size_t used;
};

static void output_put(struct output *output, char character)
{
        if (output->used < output->room)
                output->at[output->used++] = character;
}

static void output_repeat(struct output *output, char character, size_t count)
{
        while (count--)
                output_put(output, character);
}

// One conversion of a format: %[-0][width][.precision|.*][l|ll]conversion
struct conversion {
        bool left, zeros, long_long;
        bool precision_is_argument;
        size_t width, precision;
        char kind;
};

static const char *read_number(const char *format, size_t *number)
{
        *number = 0;
        while (*format >= '0' && *format <= '9')
                *number = *number * 10 + (size_t)(*format++ - '0');
        return format;
}

static const char *read_conversion(const char *format, struct conversion *conversion)
{
        *conversion = (struct conversion){.precision = SIZE_MAX};
        for (; *format == '-' || *format == '0'; format++) {
                conversion->left |= *format == '-';
                conversion->zeros |= *format == '0';
        }
        format = read_number(format, &conversion->width);
        conversion->precision_is_argument = format[0] == '.' && format[1] == '*';
        if (conversion->precision_is_argument)
                format += 2;
        else if (*format == '.')
                format = read_number(format + 1, &conversion->precision);
        // A long is as wide as a long long on the host, but as an int on UEFI: only `ll` is 64 bits on both.
        size_t longs = 0;
        for (; *format == 'l'; format++)
                longs++;
        conversion->long_long = longs == 2 || (longs == 1 && sizeof(long) == sizeof(long long));
        conversion->kind = *format;
        return *format ? format + 1 : format;
}

static void put_padded(struct output *output, const struct conversion *conversion, const char *text, size_t length)
{
        size_t padding = conversion->width > length ? conversion->width - length : 0;
        if (!conversion->left)
                output_repeat(output, conversion->zeros ? '0' : ' ', padding);
        for (size_t i = 0; i < length; i++)
                output_put(output, text[i]);
        if (conversion->left)
                output_repeat(output, ' ', padding);
}

static void put_string(struct output *output, struct conversion *conversion, const char *text)
{
        size_t length = 0;
        while (length < conversion->precision && text[length])
                length++;
        conversion->zeros = false;
        put_padded(output, conversion, text, length);
}

static void put_number(struct output *output, const struct conversion *conversion, uint64_t value, bool negative)
{
        const char *digits = conversion->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
        unsigned base = conversion->kind == 'x' || conversion->kind == 'X' ? 16 : 10;
        char text[24];
        size_t at = sizeof text;
        do {
                text[--at] = digits[value % base];
                value /= base;
        } while (value);
        if (negative)
                text[--at] = '-';
        put_padded(output, conversion, text + at, sizeof text - at);
}

size_t text_vformat(char *out, size_t size, const char *format, va_list arguments)
{
        struct output output = {.at = out, .room = size - 1};
        while (*format) {
                if (*format != '%') {
                        output_put(&output, *format++);
                        continue;
                }
                struct conversion conversion;
                format = read_conversion(format + 1, &conversion);
                if (conversion.precision_is_argument)
                        conversion.precision = (size_t)va_arg(arguments, int);
                long long number;
                switch (conversion.kind) {
                case 's':
                        put_string(&output, &conversion, va_arg(arguments, const char *));
                        break;
                case 'c':
                        put_padded(&output, &conversion, (char[]){(char)va_arg(arguments, int)}, 1);
                        break;
                case 'd':
                        number = conversion.long_long ? va_arg(arguments, long long) : va_arg(arguments, int);
                        put_number(&output, &conversion, number < 0 ? 0 - (uint64_t)number : (uint64_t)number,
                                   number < 0);
                        break;
                case 'u':
                case 'x':
                case 'X':
                        put_number(&output, &conversion,
                                   conversion.long_long ? va_arg(arguments, unsigned long long)
                                                        : va_arg(arguments, unsigned),
                                   false);
                        break;
                default:
                        output_put(&output, conversion.kind);
                        break;
                }
        }
        out[output.used] = '\0';
        return output.used;
}

size_t text_format(char *out, size_t size, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        size_t length = text_vformat(out, size, format, arguments);
        va_end(arguments);
        return length;
}

size_t text_format_capacity(char *out, size_t size, uint64_t bytes)
{
        static const char *const units[] = {"MiB", "GiB", "TiB"};
        size_t unit = 0;
        uint64_t kibibytes = bytes >> 10;
        while (kibibytes >= 1024 * 1024 && unit + 1 < sizeof units / sizeof *units) {
                kibibytes >>= 10;
                unit++;
        }
        return text_format(out, size, "%llu.%02llu %s", (unsigned long long)(kibibytes >> 10),
                           (unsigned long long)((kibibytes & 1023) * 100 >> 10), units[unit]);
}
