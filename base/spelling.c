// SPDX-License-Identifier: Apache-2.0
#include "base/spelling.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

// Optimal string alignment distance; three rows are enough.
size_t spelling_distance(const char *a, const char *b)
{
        size_t width = strlen(b) + 1;
        size_t *rows = memory_new(3 * width, sizeof *rows);
        size_t *before = rows;
        size_t *above = rows + width;
        size_t *row = rows + 2 * width;
        for (size_t j = 0; j < width; j++)
                above[j] = j;
        for (size_t i = 1; a[i - 1]; i++) {
                row[0] = i;
                for (size_t j = 1; j < width; j++) {
                        row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = least(row[j], before[j - 2] + 1);
                }
                size_t *oldest = before;
                before = above;
                above = row;
                row = oldest;
        }
        size_t distance = above[width - 1];
        free(rows);
        return distance;
}

const char *spelling_nearest(const char *word, const char *const *names)
{
        const char *nearest = NULL;
        // A third of the letters may be wrong; more is another word.
        size_t best = strlen(word) / 3 + 2;
        for (; *names; names++) {
                size_t distance = spelling_distance(word, *names);
                if (distance < best) {
                        best = distance;
                        nearest = *names;
                }
        }
        return nearest;
}
