// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/list-walk.h"

#include <string.h>

#include "base/text.h"

enum {
        PATIENCE_PART = 4, // the fraction of the resend time for a key at the end of a list
};

// Moves the selection by one. *MOVED is false at the end of the list, when two keys had no effect.
static bool move(struct typing *typing, const char *key, bool *moved, struct error *err)
{
        uint64_t patience_us = typing->resend_us / PATIENCE_PART;
        if (!typing_try_key(typing, key, patience_us, moved, err))
                return false;
        return *moved || typing_try_key(typing, key, patience_us, moved, err);
}

bool list_walk(struct typing *typing, const char *key, list_visitor *visit, void *context, struct error *err)
{
        bool stop = false;
        for (unsigned moves = 0; !stop && moves < LIST_LIMIT; moves++) {
                bool moved;
                if (!move(typing, key, &moved, err))
                        return false;
                if (!moved)
                        return true;
                if (visit && !visit(context, &stop, err))
                        return false;
        }
        return stop || typing_fail(typing, ERROR_NO, err, "the list did not end after %d rows", LIST_LIMIT);
}

char *list_words(const char *text)
{
        static const char edges[] = " |";
        text += strspn(text, edges);
        size_t length = strlen(text);
        while (length && strchr(edges, text[length - 1]))
                length--;
        return text_format("%.*s", (int)length, text);
}
