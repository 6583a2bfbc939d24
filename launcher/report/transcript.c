// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/transcript.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "launcher/report/html.h"
#include "verify/log/log.h"

enum {
        WHOLE = 1 << 20, // bytes: a larger file is shown in parts
        HEAD = 256 << 10,
        TAIL = 512 << 10,
        AROUND = 6 << 10, // bytes before and after an anchor
        PARTS_MOST = 24,
        LINE_SHOWN = 2000,
        BLOCK = LOG_LINE_LIMIT + 8192, // a line with its time always fits
        LINES_OF_GROUP = 200,          // the unit of a browser's layout
};

// The largest difference, in seconds, between an anchor's time and its line's.
static const double TOLERANCE = 0.1;

struct part {
        off_t from, to;
};

struct writer {
        struct text *html;
        int fd;
        struct console_anchors *anchors;
        unsigned lines_in_group;
};

static void write_id(char id[32], const char *prefix, size_t number)
{
        snprintf(id, 32, "%s-%zu", prefix, number);
}

struct console_anchor *console_anchors_add(struct console_anchors *anchors, const char *prefix, size_t number)
{
        struct console_anchor *anchor = MEMORY_ADD(anchors->items, anchors->count);
        write_id(anchor->id, prefix, number);
        return anchor;
}

bool console_anchors_has(const struct console_anchors *anchors, const char *prefix, size_t number)
{
        char id[32];
        write_id(id, prefix, number);
        for (size_t i = 0; i < anchors->count; i++) {
                if (anchors->items[i].found && !strcmp(anchors->items[i].id, id))
                        return true;
        }
        return false;
}

void console_anchors_free(struct console_anchors *anchors)
{
        free(anchors->items);
        *anchors = (struct console_anchors){0};
}

// Reads the time at the start of a line; its text begins at *TEXT. False if it has no time.
static bool read_time(const char *line, size_t length, double *time, size_t *text)
{
        AUTO_FREE char *start = text_format("%.*s", length < 40 ? (int)length : 40, line);
        char *end;
        if (*start != '[')
                return false;
        *time = strtod(start + 1, &end);
        if (end == start + 1 || end[0] != ']' || end[1] != ' ')
                return false;
        *text = (size_t)(end - start) + 2;
        return true;
}

// The place and time of the first line that begins at or after AT. BUFFER has BLOCK bytes.
static bool line_from(int fd, off_t at, char *buffer, off_t *begin, double *time)
{
        ssize_t size = pread(fd, buffer, BLOCK, at);
        const char *newline = size > 0 && at ? memchr(buffer, '\n', (size_t)size) : NULL;
        size_t skipped = newline ? (size_t)(newline - buffer) + 1 : 0;
        size_t text;
        *begin = at + (off_t)skipped;
        return size > 0 && (newline || !at) && read_time(buffer + skipped, (size_t)size - skipped, time, &text);
}

// Roughly where the lines with the time WANTED begin.
static off_t find_time(int fd, off_t size, double wanted)
{
        AUTO_FREE char *buffer = memory_new(BLOCK, 1);
        off_t low = 0;
        off_t high = size;
        while (high - low > AROUND / 2) {
                off_t middle = low + (high - low) / 2;
                off_t begin;
                double time;
                if (line_from(fd, middle, buffer, &begin, &time) && begin < high && time < wanted - TOLERANCE)
                        low = begin;
                else
                        high = middle;
        }
        return low;
}

static int by_place(const void *a, const void *b)
{
        const struct part *one = a;
        const struct part *other = b;
        return (one->from > other->from) - (one->from < other->from);
}

// Chooses the parts of a file of SIZE bytes to show, ordered and without overlaps. Returns their number.
static size_t choose_parts(const struct writer *writer, off_t size, struct part parts[PARTS_MOST])
{
        if (size <= WHOLE) {
                parts[0] = (struct part){0, size};
                return 1;
        }
        size_t count = 0;
        parts[count++] = (struct part){0, HEAD};
        parts[count++] = (struct part){size - TAIL, size};
        for (size_t i = 0; i < writer->anchors->count && count < PARTS_MOST; i++) {
                if (!writer->anchors->items[i].text)
                        continue;
                off_t at = find_time(writer->fd, size, writer->anchors->items[i].time);
                parts[count++] = (struct part){at > AROUND ? at - AROUND : 0, at + AROUND < size ? at + AROUND : size};
        }
        qsort(parts, count, sizeof *parts, by_place);
        size_t kept = 0;
        for (size_t i = 1; i < count; i++) {
                if (parts[i].from > parts[kept].to)
                        parts[++kept] = parts[i];
                else if (parts[i].to > parts[kept].to)
                        parts[kept].to = parts[i].to;
        }
        return kept + 1;
}

static bool fits(const struct console_anchor *anchor, double time, const char *text)
{
        if (anchor->found)
                return false;
        if (!anchor->text)
                return time >= anchor->time - 0.0005;
        return time >= anchor->time - TOLERANCE && time <= anchor->time + TOLERANCE && strstr(text, anchor->text);
}

// Adds the anchors of a line as elements; returns the line's class, or NULL.
static const char *add_anchors(struct writer *writer, struct text *html, double time, const char *text)
{
        const char *class = NULL;
        for (size_t i = 0; i < writer->anchors->count; i++) {
                struct console_anchor *anchor = &writer->anchors->items[i];
                if (!fits(anchor, time, text))
                        continue;
                anchor->found = true;
                text_add_format(html, "<a id=\"%s\"></a>", anchor->id);
                class = anchor->class ? anchor->class : class;
        }
        return class;
}

static void add_line(struct writer *writer, const char *line, size_t length)
{
        double time = 0;
        size_t begin = 0;
        AUTO_TEXT struct text anchors = {0};
        const char *class = NULL;
        bool has_time = read_time(line, length, &time, &begin);
        AUTO_FREE char *text = text_format("%.*s", (int)(length - begin), line + begin);
        if (has_time)
                class = add_anchors(writer, &anchors, time, text);
        if (writer->lines_in_group++ % LINES_OF_GROUP == 0)
                text_add(writer->html,
                         writer->lines_in_group == 1 ? "<div class=\"group\">\n" : "</div><div class=\"group\">\n");
        text_add_format(writer->html, "<div class=\"l%s%s\">%s", class ? " " : "", class ? class : "",
                        text_string(&anchors));
        if (has_time)
                text_add_format(writer->html, "<i>%.3f</i> ", time);
        size_t shown = length - begin < LINE_SHOWN ? length - begin : LINE_SHOWN;
        html_add_span(writer->html, line + begin, shown);
        if (shown < length - begin)
                text_add_format(writer->html, "<em> \xE2\x80\xA6 %zu more bytes</em>", length - begin - shown);
        text_add(writer->html, "</div>\n");
}

static void end_group(struct writer *writer)
{
        if (writer->lines_in_group)
                text_add(writer->html, "</div>\n");
        writer->lines_in_group = 0;
}

static void add_gap(struct writer *writer, off_t from, off_t to)
{
        AUTO_FREE char *size = text_size((uint64_t)(to - from));
        end_group(writer);
        text_add_format(writer->html, "<p class=\"gap\">%s left out here; they are in console.txt</p>\n", size);
}

// Adds the lines that begin in PART, without an incomplete first one. The last line may lack a newline.
static void add_part(struct writer *writer, struct part part)
{
        AUTO_FREE char *buffer = memory_new(BLOCK, 1);
        size_t held = 0;
        bool skips = part.from > 0;
        for (off_t at = part.from; at < part.to;) {
                size_t room = BLOCK - held;
                size_t wanted = part.to - at < (off_t)room ? (size_t)(part.to - at) : room;
                ssize_t got = pread(writer->fd, buffer + held, wanted, at);
                if (got <= 0)
                        break;
                at += got;
                held += (size_t)got;
                size_t begin = 0;
                for (const char *newline; (newline = memchr(buffer + begin, '\n', held - begin));) {
                        size_t end = (size_t)(newline - buffer);
                        if (!skips)
                                add_line(writer, buffer + begin, end - begin);
                        skips = false;
                        begin = end + 1;
                }
                // A line longer than the buffer is split.
                if (!begin && held == BLOCK) {
                        if (!skips)
                                add_line(writer, buffer, held);
                        begin = held;
                }
                held -= begin;
                memmove(buffer, buffer + begin, held);
        }
        if (held && !skips)
                add_line(writer, buffer, held);
}

void console_to_html(struct text *html, const char *path, struct console_anchors *anchors)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        struct stat status;
        if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !status.st_size) {
                text_add(html, "<p>The console printed nothing, or console.txt is missing.</p>\n");
                return;
        }
        struct writer writer = {.html = html, .fd = fd, .anchors = anchors};
        struct part parts[PARTS_MOST];
        size_t part_count = choose_parts(&writer, status.st_size, parts);
        text_add(html, "<div class=\"console\" id=\"lines\">\n");
        for (size_t i = 0; i < part_count; i++) {
                if (i)
                        add_gap(&writer, parts[i - 1].to, parts[i].from);
                add_part(&writer, parts[i]);
        }
        end_group(&writer);
        text_add(html, "</div>\n");
}
