// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/disk-list.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/drive/list-walk.h"
#include "launcher/drive/screen-match.h"

enum {
        END_ROWS = 3,    // rows below the last disk in which the end of the list is looked for
        NAME_SHOWN = 60, // columns of a row in a message
};

struct disk {
        char *text; // of its row
        struct screen_disk shown;
};

// The list as far as it is known.
struct listing {
        struct disk disks[LIST_LIMIT];
        size_t count;
};

static void listing_free(struct listing **listing)
{
        for (size_t i = 0; i < (*listing)->count; i++)
                free((*listing)->disks[i].text);
        free(*listing);
}
#define AUTO_LISTING __attribute__((cleanup(listing_free)))

struct choice {
        struct typing *typing;
        struct pattern *row, *end, *name;
        const struct drive_disk *target;
        uint64_t payload_size;
        struct listing *listing;
        unsigned at; // row of the disk that was selected last
};

// The part of the list that is on the screen.
struct view {
        struct screen_disk disks[CONSOLE_ROWS];
        unsigned count;
        int selected; // index in DISKS; -1 if the list does not show it
};

static struct view look(const struct choice *choice)
{
        struct view view = {.selected = -1};
        struct console *console = typing_console(choice->typing);
        view.count = screen_disks(console, choice->row, view.disks, CONSOLE_ROWS);
        if (!view.count)
                return view;
        int row = console_selected_row(console, view.disks[0].row, view.disks[view.count - 1].row);
        for (unsigned i = 0; i < view.count; i++) {
                if ((int)view.disks[i].row == row)
                        view.selected = (int)i;
        }
        return view;
}

// Whether there may be disks that the screen does not show: always, unless the end of the list is below the last one.
static bool may_scroll(const struct choice *choice, const struct view *view)
{
        AUTO_TEXT struct text below = {0};
        unsigned row = view->disks[view->count - 1].row;
        for (unsigned i = 0; i < END_ROWS && ++row < CONSOLE_ROWS; i++)
                text_add_format(&below, "%s\n", console_row(typing_console(choice->typing), row));
        return !choice->end || !pattern_matches(choice->end, text_string(&below));
}

static void note(struct choice *choice, const struct screen_disk *shown)
{
        struct listing *listing = choice->listing;
        if (listing->count == LIST_LIMIT)
                return;
        char *text = list_words(console_row(typing_console(choice->typing), shown->row));
        listing->disks[listing->count++] = (struct disk){.text = text, .shown = *shown};
}

static void forget(struct choice *choice)
{
        for (size_t i = 0; i < choice->listing->count; i++)
                free(choice->listing->disks[i].text);
        choice->listing->count = 0;
}

static bool fail(const struct choice *choice, struct error *err, const char *what)
{
        AUTO_TEXT struct text all = {0};
        for (size_t i = 0; i < choice->listing->count; i++)
                text_add_format(&all, "%s%zu: %.*s", i ? "; " : "", i + 1, NAME_SHOWN, choice->listing->disks[i].text);
        return typing_fail(choice->typing, ERROR_NO, err, "%s. The list has %s", what, text_string(&all));
}

// The target, for messages.
static char *described(const struct drive_disk *target)
{
        AUTO_FREE char *size = text_size(target->size);
        if (target->name)
                return text_format("named '%s'", target->name);
        return target->position ? text_format("at position %u", target->position) : text_format("of %s", size);
}

static bool fits(const struct choice *choice, size_t i)
{
        const struct disk *disk = &choice->listing->disks[i];
        if (choice->name)
                return pattern_matches(choice->name, disk->text);
        if (choice->target->position)
                return i + 1 == choice->target->position;
        return screen_disk_fits(&disk->shown, choice->target->size);
}

// Whether disk I may be the payload. A disk that the user chose is not if it also has the size of the target.
static bool may_be_payload(const struct choice *choice, size_t i)
{
        const struct screen_disk *shown = &choice->listing->disks[i].shown;
        bool pointed_out = choice->name || choice->target->position;
        return choice->payload_size && screen_disk_fits(shown, choice->payload_size) &&
               !(pointed_out && choice->target->size && screen_disk_fits(shown, choice->target->size));
}

enum finding {
        NOT_FOUND,
        FOUND,
        REFUSED,
};

static enum finding pick(const struct choice *choice, size_t *place, struct error *err)
{
        size_t count = 0;
        AUTO_TEXT struct text several = {0};
        AUTO_FREE char *wanted = described(choice->target);
        for (size_t i = 0; i < choice->listing->count; i++) {
                if (!fits(choice, i))
                        continue;
                *place = i;
                text_add_format(&several, "%s%zu", count++ ? " and " : "", i + 1);
        }
        if (!count)
                return NOT_FOUND;
        if (count > 1) {
                AUTO_FREE char *what = text_format("more than one disk %s is in the list, at the positions %s; choose "
                                                   "one with --disk-name or --disk-position",
                                                   wanted, text_string(&several));
                fail(choice, err, what);
                return REFUSED;
        }
        if (may_be_payload(choice, *place)) {
                AUTO_FREE char *what =
                        text_format("the disk %s may be the installer's own medium, which has the same size", wanted);
                fail(choice, err, what);
                return REFUSED;
        }
        return FOUND;
}

static bool fail_missing(const struct choice *choice, struct error *err)
{
        AUTO_FREE char *wanted = described(choice->target);
        AUTO_FREE char *what = text_format("no disk %s is in the list", wanted);
        return fail(choice, err, what);
}

// A list that fits on the screen.

// When a list whose end has not appeared is walked. It may not be drawn completely yet.
static uint64_t walk_at(const struct choice *choice)
{
        const struct typing *typing = choice->typing;
        return time_now_us() + (choice->end ? typing->resend_us : TYPING_RESTLESS_FACTOR * typing->settle_us);
}

static bool read_whole(struct choice *choice, struct view *view, size_t *place, struct error *err)
{
        uint64_t walk_us = walk_at(choice);
        uint64_t deadline = time_now_us() + choice->typing->resend_us;
        for (;;) {
                *view = look(choice);
                forget(choice);
                for (unsigned i = 0; i < view->count; i++)
                        note(choice, &view->disks[i]);
                bool is_whole = view->count && !may_scroll(choice, view);
                if (view->count && !is_whole && time_now_us() >= walk_us)
                        return true;
                enum finding finding = is_whole ? pick(choice, place, err) : NOT_FOUND;
                if (finding != NOT_FOUND)
                        return finding == FOUND;
                // It may not be drawn completely yet.
                if (time_now_us() >= deadline)
                        return view->count ? fail_missing(choice, err)
                                           : typing_fail(choice->typing, ERROR_TIMED_OUT, err,
                                                         "no list of disks found on the screen");
                if (!typing_look(choice->typing, deadline, err))
                        return false;
        }
}

// If the list does not show which row is selected, it is the first one, and the moves are counted.
static bool move_blindly(const struct choice *choice, size_t moves, struct error *err)
{
        while (moves--) {
                if (!typing_silent_key(choice->typing, "Down", err))
                        return false;
        }
        return true;
}

static bool select_whole(struct choice *choice, size_t place, struct error *err)
{
        for (unsigned moves = 0; moves < LIST_LIMIT; moves++) {
                struct view view = look(choice);
                if (view.count != choice->listing->count)
                        break;
                if (view.selected < 0)
                        return move_blindly(choice, place, err);
                if (view.selected == (int)place)
                        return true;
                if (!typing_key(choice->typing, view.selected > (int)place ? "Up" : "Down", err))
                        return false;
        }
        return fail(choice, err, "the list changed while a disk was being chosen");
}

// A list that may be longer than the screen.

// A list_visitor: adds the selected disk to the listing. A list that only scrolled, to show a label below its last disk, has
// the same disk in a higher row.
static bool note_selected(void *context, bool *stop, struct error *err)
{
        struct choice *choice = context;
        const struct listing *listing = choice->listing;
        struct view view = look(choice);
        if (view.selected < 0)
                return fail(choice, err, "the list does not show which disk is selected");
        const struct screen_disk *disk = &view.disks[view.selected];
        AUTO_FREE char *text = list_words(console_row(typing_console(choice->typing), disk->row));
        bool scrolled =
                listing->count && disk->row < choice->at && strcmp(listing->disks[listing->count - 1].text, text) == 0;
        choice->at = disk->row;
        if (!scrolled)
                note(choice, disk);
        *stop = false;
        return true;
}

static bool walk(struct choice *choice, struct error *err)
{
        bool stop;
        forget(choice);
        return list_walk(choice->typing, "Up", NULL, NULL, err) && note_selected(choice, &stop, err) &&
               list_walk(choice->typing, "Down", note_selected, choice, err);
}

// Moves from the lower end up to PLACE, and checks that the disk there is the one seen before.
static bool select_walked(struct choice *choice, size_t place, struct error *err)
{
        for (size_t i = choice->listing->count - 1; i > place; i--) {
                if (!typing_key(choice->typing, "Up", err))
                        return false;
        }
        struct view view = look(choice);
        if (view.selected >= 0) {
                const char *row = console_row(typing_console(choice->typing), view.disks[view.selected].row);
                AUTO_FREE char *text = list_words(row);
                if (strcmp(text, choice->listing->disks[place].text) == 0)
                        return true;
        }
        return fail(choice, err, "the list changed while a disk was being chosen");
}

bool disk_list_check(const struct drive_disk *target, struct error *err)
{
        AUTO_ERROR struct error reason = {0};
        if (!target->name)
                return target->position || target->size ||
                       error_set(err, ERROR_USAGE,
                                 "no target disk given: use --disk-name, --disk-position or --disk-size");
        AUTO_PATTERN struct pattern *name = pattern_new(target->name, &reason);
        return name || error_set(err, ERROR_USAGE, "--disk-name: %s", reason.message);
}

bool disk_list_choose(struct typing *typing, struct pattern *row, struct pattern *end, const struct drive_disk *target,
                      uint64_t payload_size, struct error *err)
{
        struct view view;
        size_t place = 0;
        AUTO_LISTING struct listing *listing = memory_new(1, sizeof *listing);
        AUTO_PATTERN struct pattern *name = target->name ? pattern_new(target->name, err) : NULL;
        struct choice choice = {.typing = typing,
                                .row = row,
                                .end = end,
                                .name = name,
                                .target = target,
                                .payload_size = payload_size,
                                .listing = listing};
        if (target->name && !name)
                return false;
        if (!read_whole(&choice, &view, &place, err))
                return false;
        if (!may_scroll(&choice, &view))
                return select_whole(&choice, place, err);
        if (!walk(&choice, err))
                return false;
        enum finding finding = pick(&choice, &place, err);
        if (finding == NOT_FOUND)
                return fail_missing(&choice, err);
        return finding == FOUND && select_walked(&choice, place, err);
}
