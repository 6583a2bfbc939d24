// SPDX-License-Identifier: Apache-2.0
#include "verify/log/logfile.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "verify/log/log.h"

enum {
        BLOCK = 1 << 16,         // bytes per read
        HEAD = 4096,             // bytes from which the kind is recognised
        EVENT_LIMIT = 4 << 20,   // bytes of one event of a recording
        QUIET_MS = 100,          // after a pause this long in a recording the current line is complete
        TIME_LIMIT_S = 10000000, // no run takes longer, and no time has more digits
};

// The file as it lies on disk.
struct source {
        const char *path;
        int descriptor;
        uint8_t *block;
        size_t size;   // of the unread content
        uint64_t done; // bytes of the file
        struct progress *progress;
        int problem; // errno of a read that failed
};

struct reader {
        logfile_handler *handler; // NULL if the output is played
        logfile_output *output;   // NULL if not
        void *context;
        struct logfile *file;
        struct source source;
        struct log *log;
        bool knows_kind;
        struct buffer head; // until the kind is known; later the current event of a recording

        uint64_t events; // lines of a recording
        bool is_relative;
        double time_s;
        uint64_t time_ms; // of the last event, or of the last line that had one
        bool has_time;
};

const char *logfile_kind_text(enum logfile_kind kind)
{
        static const char *const texts[] = {
                [LOGFILE_RAW] = "raw log",
                [LOGFILE_LINES] = "log with times",
                [LOGFILE_RECORDING] = "recording",
        };
        return texts[kind];
}

// ---- lines ----

static bool is_digit(char character)
{
        return character >= '0' && character <= '9';
}

// `[ 12.345] ` at the start of TEXT: how long it is, and the milliseconds; 0 if it is not there.
static size_t parse_time(const char *text, uint64_t *ms)
{
        const char *at = text;
        if (*at++ != '[')
                return 0;
        while (*at == ' ')
                at++;
        if (!is_digit(*at))
                return 0;
        uint64_t seconds = 0;
        for (; is_digit(*at) && seconds < TIME_LIMIT_S; at++)
                seconds = seconds * 10 + (uint64_t)(*at - '0');
        if (at[0] != '.' || !is_digit(at[1]) || !is_digit(at[2]) || !is_digit(at[3]) || at[4] != ']')
                return 0;
        *ms = seconds * 1000 + (uint64_t)(at[1] - '0') * 100 + (uint64_t)(at[2] - '0') * 10 + (uint64_t)(at[3] - '0');
        at += 5;
        return (size_t)(at - text) + (*at == ' ');
}

static void take_line(const struct log_line *line, void *context)
{
        struct reader *reader = context;
        size_t skipped = 0;
        if (reader->file->kind == LOGFILE_LINES)
                skipped = parse_time(line->text, &reader->time_ms);
        reader->has_time = reader->has_time || skipped;
        const struct logfile_line handed = {
                .number = line->number,
                .text = line->text + skipped,
                .length = line->length - skipped,
                .has_time = reader->has_time,
                .time_ms = reader->has_time ? reader->time_ms : 0,
        };
        if (!handed.length)
                return;
        reader->file->lines++;
        if (!reader->handler)
                return;
        reader->handler(&handed, reader->context);
}

// ---- recordings ----

static bool event_is_wrong(const struct reader *reader, struct error *err)
{
        return error_set(err, ERROR_DAMAGED, "%s: line %" PRIu64 " is not an event of an asciicast recording",
                         reader->source.path, reader->events);
}

static void play(struct reader *reader, double time_s, const char *text, size_t length)
{
        time_s = reader->is_relative ? reader->time_s + time_s : time_s;
        reader->time_s = time_s >= 0 && time_s < TIME_LIMIT_S ? time_s : reader->time_s;
        uint64_t ms = (uint64_t)(reader->time_s * 1000);
        if (ms >= reader->time_ms + QUIET_MS)
                log_finish(reader->log);
        reader->time_ms = ms;
        if (reader->output)
                reader->output(text, length, reader->time_s, reader->context);
        log_feed(reader->log, text, length);
        reader->file->bytes += length;
}

// [TIME, "o", TEXT]; other kinds of events are skipped.
static bool take_event(struct reader *reader, const char *line, size_t length, struct error *err)
{
        reader->events++;
        if (reader->events == 1 || !length || *line == '#')
                return true; // the header was read, and v3 has comments
        json_t *event = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
        const json_t *time = json_array_get(event, 0), *kind = json_array_get(event, 1),
                     *text = json_array_get(event, 2);
        bool is_event = json_is_number(time) && isfinite(json_number_value(time)) && json_is_string(kind);
        bool is_output = is_event && strcmp(json_string_value(kind), "o") == 0;
        if (is_output && json_is_string(text))
                play(reader, json_number_value(time), json_string_value(text), json_string_length(text));
        else if (is_event && reader->is_relative && json_number_value(time) > 0)
                reader->time_s += json_number_value(time);
        bool understood = is_event && (!is_output || json_is_string(text));
        json_decref(event);
        return understood || event_is_wrong(reader, err);
}

static bool take_recording(struct reader *reader, struct bytes data, struct error *err)
{
        while (data.size) {
                const uint8_t *end = memchr(data.data, '\n', data.size);
                size_t length = end ? (size_t)(end - data.data) : data.size;
                if (reader->head.size + length > EVENT_LIMIT) {
                        reader->events++;
                        return event_is_wrong(reader, err);
                }
                buffer_add(&reader->head, data.data, length);
                if (end && !take_event(reader, (const char *)reader->head.data, reader->head.size, err))
                        return false;
                if (end)
                        reader->head.size = 0;
                data = bytes_from(data, length + (end != NULL));
        }
        return true;
}

// Handles the last event if its line is incomplete.
static bool finish_recording(struct reader *reader)
{
        reader->file->is_cut =
                reader->head.size && !take_event(reader, (const char *)reader->head.data, reader->head.size, NULL);
        return true;
}

// ---- kinds ----

// Whether HEAD begins with the header of a recording.
static bool begins_recording(struct reader *reader, struct bytes head)
{
        const uint8_t *end = head.size ? memchr(head.data, '\n', head.size) : NULL;
        if (!end || *head.data != '{')
                return false;
        json_t *header = json_loadb((const char *)head.data, (size_t)(end - head.data), 0, NULL);
        json_int_t version = json_integer_value(json_object_get(header, "version"));
        json_decref(header);
        reader->is_relative = version == 3;
        return version == 2 || version == 3;
}

static bool begins_with_a_time(struct bytes head)
{
        char start[32] = "";
        uint64_t ms;
        memcpy(start, head.data, head.size < sizeof start - 1 ? head.size : sizeof start - 1);
        return parse_time(start, &ms) > 0;
}

static bool take(struct reader *reader, struct bytes data, struct error *err)
{
        if (reader->file->kind == LOGFILE_RECORDING)
                return take_recording(reader, data, err);
        log_feed(reader->log, data.data, data.size);
        reader->file->bytes += data.size;
        return true;
}

static bool recognise(struct reader *reader, struct error *err)
{
        AUTO_BUFFER struct buffer head = reader->head;
        reader->head = (struct buffer){0};
        reader->knows_kind = true;
        struct bytes view = buffer_view(&head);
        if (begins_recording(reader, view))
                reader->file->kind = LOGFILE_RECORDING;
        else if (view.size && begins_with_a_time(view))
                reader->file->kind = LOGFILE_LINES;
        reader->has_time = reader->file->kind == LOGFILE_RECORDING;
        return take(reader, view, err);
}

// The next bytes of the log, unpacked.
static bool take_unpacked(struct reader *reader, const void *data, size_t size, struct error *err)
{
        struct bytes bytes = {data, size};
        if (reader->knows_kind)
                return take(reader, bytes, err);
        size_t part = size < HEAD - reader->head.size ? size : HEAD - reader->head.size;
        buffer_add(&reader->head, data, part);
        if (reader->head.size < HEAD)
                return true;
        return recognise(reader, err) && take(reader, bytes_from(bytes, part), err);
}

static bool finish(struct reader *reader, struct error *err)
{
        bool taken = (reader->knows_kind || recognise(reader, err)) &&
                     (reader->file->kind != LOGFILE_RECORDING || finish_recording(reader));
        log_finish(reader->log);
        return taken;
}

// ---- the file ----

// Reads into the block until it has LEAST bytes or the file ends.
static bool fill(struct source *source, size_t least)
{
        while (source->size < least) {
                ssize_t count = read(source->descriptor, source->block + source->size, BLOCK - source->size);
                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        source->problem = errno;
                if (count <= 0)
                        return count == 0;
                source->size += (size_t)count;
                source->done += (uint64_t)count;
                if (source->progress)
                        progress_update(source->progress, source->done);
        }
        return true;
}

static bool fail_to_read(const struct source *source, struct error *err)
{
        errno = source->problem;
        return error_system(err, "cannot read the log %s", source->path);
}

static bool read_plain(struct reader *reader, struct error *err)
{
        struct source *source = &reader->source;
        do {
                if (!take_unpacked(reader, source->block, source->size, err))
                        return false;
                source->size = 0;
                if (!fill(source, 1))
                        return fail_to_read(source, err);
        } while (source->size);
        return true;
}

// libarchive's read callback.
static la_ssize_t read_packed(struct archive *archive, void *context, const void **data)
{
        struct source *source = context;
        if (!source->size && !fill(source, 1)) {
                archive_set_error(archive, source->problem, "%s", strerror(source->problem));
                return -1;
        }
        *data = source->block;
        la_ssize_t size = (la_ssize_t)source->size;
        source->size = 0;
        return size;
}

static const struct packing {
        const char *name;
        size_t at, length; // of the magic
        const char *magic;
        int (*support)(struct archive *archive);
} packings[] = {
        {"gzip", 0, 3, "\x1F\x8B\x08", archive_read_support_filter_gzip},
        {"zstd", 0, 4, "\x28\xB5\x2F\xFD", archive_read_support_filter_zstd},
        {"xz", 0, 6,
         "\xFD"
         "7zXZ\0",
         archive_read_support_filter_xz},
        {"bzip2", 4, 6, "1AY&SY", archive_read_support_filter_bzip2},
        {"lz4", 0, 4, "\x04\x22\x4D\x18", archive_read_support_filter_lz4},
};

static const struct packing *packing_of(const struct source *source)
{
        for (size_t i = 0; i < sizeof packings / sizeof packings[0]; i++) {
                const struct packing *packing = &packings[i];
                if (source->size >= packing->at + packing->length &&
                    memcmp(source->block + packing->at, packing->magic, packing->length) == 0)
                        return packing;
        }
        return NULL;
}

static bool fail_to_unpack(const struct reader *reader, struct archive *archive, struct error *err)
{
        if (reader->source.problem)
                return fail_to_read(&reader->source, err);
        const char *says = archive_error_string(archive);
        return error_set(
                err, ERROR_DAMAGED, "%s: the %s file is damaged or cut off after %" PRIu64 " bytes of the log: %s",
                reader->source.path, reader->file->compression, reader->file->bytes, says ? says : "too short");
}

static bool unpack(struct reader *reader, struct archive *archive, struct error *err)
{
        struct archive_entry *entry;
        const void *data;
        size_t size;
        la_int64_t offset;
        archive_read_support_format_raw(archive);
        archive_read_support_format_empty(archive);
        int status = archive_read_open(archive, &reader->source, NULL, read_packed, NULL);
        if (status == ARCHIVE_OK)
                status = archive_read_next_header(archive, &entry);
        // Too short for libarchive to recognise it.
        if (status == ARCHIVE_OK && archive_filter_code(archive, 0) == ARCHIVE_FILTER_NONE)
                status = ARCHIVE_FATAL;
        while (status == ARCHIVE_OK) {
                status = archive_read_data_block(archive, &data, &size, &offset);
                if (status == ARCHIVE_OK && !take_unpacked(reader, data, size, err))
                        return false;
        }
        return status == ARCHIVE_EOF || fail_to_unpack(reader, archive, err);
}

static bool read_source(struct reader *reader, struct error *err)
{
        if (!fill(&reader->source, HEAD))
                return fail_to_read(&reader->source, err);
        const struct packing *packing = packing_of(&reader->source);
        if (!packing)
                return read_plain(reader, err);
        reader->file->compression = packing->name;
        struct archive *archive = archive_read_new();
        packing->support(archive);
        bool unpacked = unpack(reader, archive, err);
        archive_read_free(archive);
        return unpacked;
}

static bool open_source(const char *path, struct source *source, struct error *err)
{
        bool is_input = strcmp(path, "-") == 0;
        source->path = is_input ? "standard input" : path;
        source->descriptor = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        struct stat status;
        if (source->descriptor < 0 || fstat(source->descriptor, &status) != 0)
                return error_system(err, "cannot open the log %s", source->path);
        if (S_ISDIR(status.st_mode))
                return error_set(err, ERROR_DAMAGED, "%s is a directory, not a log; a run's log is its serial.log",
                                 source->path);
        if (source->progress && S_ISREG(status.st_mode))
                progress_total(source->progress, (uint64_t)status.st_size);
        return true;
}

static bool read_all(struct reader *reader, const char *path, struct error *err)
{
        reader->source.descriptor = -1;
        reader->log = log_new(take_line, reader);
        reader->source.block = memory_new(BLOCK, 1);
        bool read = open_source(path, &reader->source, err) && read_source(reader, err);
        // Lines read before an error count, too.
        bool finished = finish(reader, read ? err : NULL);
        memory_close_descriptor(&reader->source.descriptor);
        free(reader->source.block);
        buffer_free(&reader->head);
        log_free(&reader->log);
        return read && finished;
}

bool logfile_read(const char *path, struct progress *progress, logfile_handler *handler, void *context,
                  struct logfile *file, struct error *err)
{
        *file = (struct logfile){0};
        struct reader reader = {.handler = handler, .context = context, .file = file, .source = {.progress = progress}};
        return read_all(&reader, path, err);
}

bool logfile_play(const char *path, logfile_output *output, void *context, struct logfile *file, struct error *err)
{
        *file = (struct logfile){0};
        struct reader reader = {.output = output, .context = context, .file = file};
        if (!read_all(&reader, path, err))
                return false;
        return file->kind == LOGFILE_RECORDING ||
               error_set(err, ERROR_DAMAGED,
                         "%s is a %s, not an asciicast recording; a run's recording is its console.cast", path,
                         logfile_kind_text(file->kind));
}
