// SPDX-License-Identifier: Apache-2.0
//
// What a person sees while a machine runs, on standard error: a line for every step that was taken, and on a terminal a
// last line that lives: the elapsed time, what is waited for, the installer's own percentage, the console's last line. Or the
// guest's screen with that line below it; the steps then come when it is over.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "launcher/screen/console.h"

struct display;
#define AUTO_DISPLAY __attribute__((cleanup(display_end)))

// WHAT is being done: "install", "boot". Never NULL.
struct display *display_begin(const char *what);

// A step was taken or reached.
void display_step(struct display *display, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What is waited for now; shown on a terminal only.
void display_waiting(struct display *display, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The installer's own progress, 0 to 100; -1 for none.
void display_percent(struct display *display, int percent);

// The last line that the console printed. It is copied as far as it can be shown.
void display_console_line(struct display *display, const char *line);

// Shows CONSOLE's screen if there is a terminal; NULL ends that. CONSOLE is borrowed until then.
void display_watch(struct display *display, struct console *console);

// Takes everything off the screen for somebody else to draw there, until display_resume.
void display_pause(struct display *display);
void display_resume(struct display *display);

// Draws the living line anew where it is time to.
void display_tick(struct display *display);

// When it is time to, on the clock of time_now_us; UINT64_MAX where nobody sees it.
uint64_t display_due_us(const struct display *display);

// Takes the living line off the screen and frees *DISPLAY and sets it to NULL.
void display_end(struct display **display);
