// SPDX-License-Identifier: Apache-2.0
//
// Moves the selection of a list or menu, which may be longer than the screen. An end is where it no longer moves.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/drive/typing.h"

enum {
        LIST_LIMIT = 256 // rows; a longer list is an error
};

// Looks at the screen after a move. *STOP ends the walk.
typedef bool list_visitor(void *context, bool *stop, struct error *err);

// Presses KEY ("Up", "Down") and calls VISIT after each move (NULL for nothing), to the end of the list or until it
// stops. ERROR_NO if the list does not end; or fails as VISIT and typing_key do.
bool list_walk(struct typing *typing, const char *key, list_visitor *visit, void *context, struct error *err);

// TEXT without the blanks and frames around it, freed with free().
char *list_words(const char *text);
