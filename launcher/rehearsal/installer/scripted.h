// SPDX-License-Identifier: Apache-2.0
// The screens of an installation by kickstart, which ESXi leaves to another program: boxes of 58 columns, whose text is
// cut into rows of 54. No box has keys; what needs an answer says so in its text.
#pragma once

#include "launcher/rehearsal/guest/dialog.h"

#define SCRIPTED_COLUMNS 58

// A box with room for LINES lines.
struct dialog scripted_open(struct guest *guest, size_t lines);

// Shows a text.
void scripted_show(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Shows warnings, for half a minute.
void scripted_warn(struct guest *guest, const char *text);

// Waits for Enter.
void scripted_wait(struct guest *guest);

// Shows why the installation is over, waits for Enter, and reboots.
_Noreturn void scripted_fail(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));
