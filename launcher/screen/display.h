// SPDX-License-Identifier: Apache-2.0
//
// Progress on standard error while a machine runs: a line for each step and, on a terminal, a status line with the
// elapsed time, what is awaited, the installer's percentage and the console's last line. With display_watch, the
// guest's screen with the status line below it; the steps are then printed at the end.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "launcher/screen/console.h"

struct display;
#define AUTO_DISPLAY __attribute__((cleanup(display_end)))

// WHAT is the job: "install", "boot"; NULL shows nothing. Never returns NULL.
struct display *display_begin(const char *what);

// A step was taken or reached.
void display_step(struct display *display, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What is awaited now; shown on a terminal only.
void display_waiting(struct display *display, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The installer's own progress, 0 to 100; -1 for none.
void display_percent(struct display *display, int percent);

// The last line that the console printed, shown without the frame of a box. Copied.
void display_console_line(struct display *display, const char *line);

// Shows CONSOLE's screen if there is a terminal; NULL ends that. CONSOLE is borrowed until then.
void display_watch(struct display *display, struct console *console);

// Clears its output, so that the caller can use the terminal until display_resume.
void display_pause(struct display *display);
void display_resume(struct display *display);

// Redraws the status line if it is time to.
void display_tick(struct display *display);

// When it is, on the clock of time_now_us; UINT64_MAX if it is not shown.
uint64_t display_due_us(const struct display *display);

// Erases the status line, frees *DISPLAY and sets it to NULL.
void display_end(struct display **display);
