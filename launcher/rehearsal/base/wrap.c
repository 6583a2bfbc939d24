// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/base/wrap.h"

#include "launcher/rehearsal/base/text.h"

// The characters from AT on up to the next one of STOPS or the end.
static size_t run_length(struct span text, size_t at, const char *stops)
{
        size_t length = 0;
        for (; at + length < text.size; length++)
                for (const char *stop = stops; *stop; stop++)
                        if (text.at[at + length] == *stop)
                                return length;
        return length;
}

// Where to break a line of TEXT that is longer than COLUMNS: the last blank that leaves a whole word for the next row.
static size_t break_at(struct span text, size_t columns)
{
        for (size_t at = columns; at > 0; at--)
                if (text.at[at] == ' ')
                        return run_length(text, at + 1, " \n") > columns ? columns : at;
        return columns;
}

bool wrap_next(struct span *text, size_t columns, struct span *row)
{
        if (!text->size)
                return false;
        size_t line = run_length(*text, 0, "\n");
        *row = (struct span){.at = text->at, .size = line <= columns ? line : break_at(*text, columns)};
        size_t taken = row->size;
        // The blank or newline at which the row ends.
        if (taken < text->size && (text->at[taken] == ' ' || text->at[taken] == '\n'))
                taken++;
        *text = (struct span){.at = text->at + taken, .size = text->size - taken};
        return true;
}

size_t wrap_count(const char *text, size_t columns)
{
        struct span rest = {.at = text, .size = text_length(text)};
        struct span row;
        size_t count = 0;
        while (wrap_next(&rest, columns, &row))
                count++;
        return count;
}
