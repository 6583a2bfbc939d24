// SPDX-License-Identifier: Apache-2.0
//
// libarchive, loaded when it is first called. With what it brings along (libxml2, ICU, the C++ library) it is half of the memory
// that starting the program takes, and few commands read or write an archive. Whoever needs it includes <archive.h> as usual: the
// functions that are used are defined here, and each hands on to the library's own.
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __APPLE__
static const char library_name[] = "libarchive.13.dylib";
#else
static const char library_name[] = "libarchive.so.13";
#endif

// The function NAME of the library. There is nobody who could be told that it is missing: it belongs to the program as
// the libraries do that are loaded with it, and the program ends as it would without one of those.
static void *find(const char *name)
{
        static void *library;
        if (!library)
                library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
        void *function = library ? dlsym(library, name) : NULL;
        if (function)
                return function;
        fprintf(stderr, "esxiarm: %s cannot be loaded: %s\n", library_name, dlerror());
        exit(4);
}

// One function: its type, name, parameters and the same as arguments.
// NOLINTBEGIN(bugprone-macro-parentheses): types and parameters cannot be put into parentheses
#define HAND_ON(type, name, parameters, arguments)                                                                     \
        type name parameters                                                                                           \
        {                                                                                                              \
                static type(*own) parameters;                                                                          \
                if (!own)                                                                                              \
                        *(void **)&own = find(#name);                                                                  \
                return own arguments;                                                                                  \
        }
#define HAND_ON_VOID(name, parameters, arguments)                                                                      \
        void name parameters                                                                                           \
        {                                                                                                              \
                static void(*own) parameters;                                                                          \
                if (!own)                                                                                              \
                        *(void **)&own = find(#name);                                                                  \
                own arguments;                                                                                         \
        }
#define HAND_ON_PLAIN(name) HAND_ON(int, name, (struct archive * a), (a))
// NOLINTEND(bugprone-macro-parentheses)

HAND_ON(const char *, archive_version_details, (void), ())
HAND_ON(const char *, archive_error_string, (struct archive * a), (a))
HAND_ON_PLAIN(archive_errno)
HAND_ON(int, archive_filter_code, (struct archive * a, int filter), (a, filter))
HAND_ON(la_int64_t, archive_filter_bytes, (struct archive * a, int filter), (a, filter))

void archive_set_error(struct archive *a, int number, const char *format, ...)
{
        enum {
                LONGEST = 1024
        };
        static void (*own)(struct archive * a, int number, const char *format, ...);
        char message[LONGEST];
        va_list list;
        va_start(list, format);
        vsnprintf(message, sizeof message, format, list);
        va_end(list);
        if (!own)
                *(void **)&own = find("archive_set_error");
        own(a, number, "%s", message);
}

HAND_ON(struct archive *, archive_read_new, (void), ())
HAND_ON_PLAIN(archive_read_free)
HAND_ON_PLAIN(archive_read_data_skip)
HAND_ON_PLAIN(archive_read_support_filter_bzip2)
HAND_ON_PLAIN(archive_read_support_filter_gzip)
HAND_ON_PLAIN(archive_read_support_filter_lz4)
HAND_ON_PLAIN(archive_read_support_filter_lzma)
HAND_ON_PLAIN(archive_read_support_filter_xz)
HAND_ON_PLAIN(archive_read_support_filter_zstd)
HAND_ON_PLAIN(archive_read_support_format_ar)
HAND_ON_PLAIN(archive_read_support_format_empty)
HAND_ON_PLAIN(archive_read_support_format_iso9660)
HAND_ON_PLAIN(archive_read_support_format_raw)
HAND_ON_PLAIN(archive_read_support_format_tar)
HAND_ON(int, archive_read_open,
        (struct archive * a, void *context, archive_open_callback *open, archive_read_callback *read,
         archive_close_callback *close),
        (a, context, open, read, close))
HAND_ON(int, archive_read_open_memory, (struct archive * a, const void *data, size_t size), (a, data, size))
HAND_ON(int, archive_read_open_fd, (struct archive * a, int fd, size_t block), (a, fd, block))
HAND_ON(int, archive_read_open_filename, (struct archive * a, const char *name, size_t block), (a, name, block))
HAND_ON(int, archive_read_next_header, (struct archive * a, struct archive_entry **entry), (a, entry))
HAND_ON(la_ssize_t, archive_read_data, (struct archive * a, void *data, size_t size), (a, data, size))
HAND_ON(int, archive_read_data_block, (struct archive * a, const void **data, size_t *size, la_int64_t *offset),
        (a, data, size, offset))

HAND_ON(struct archive *, archive_write_new, (void), ())
HAND_ON_PLAIN(archive_write_set_format_pax_restricted)
HAND_ON_PLAIN(archive_write_add_filter_zstd)
HAND_ON_PLAIN(archive_write_close)
HAND_ON_PLAIN(archive_write_fail)
HAND_ON_PLAIN(archive_write_free)
HAND_ON(int, archive_write_set_bytes_per_block, (struct archive * a, int size), (a, size))
HAND_ON(int, archive_write_open,
        (struct archive * a, void *context, archive_open_callback *open, archive_write_callback *write,
         archive_close_callback *close),
        (a, context, open, write, close))
HAND_ON(int, archive_write_header, (struct archive * a, struct archive_entry *entry), (a, entry))
HAND_ON(la_ssize_t, archive_write_data, (struct archive * a, const void *data, size_t size), (a, data, size))

HAND_ON(struct archive_entry *, archive_entry_new, (void), ())
HAND_ON_VOID(archive_entry_free, (struct archive_entry * e), (e))
HAND_ON(const char *, archive_entry_pathname, (struct archive_entry * e), (e))
HAND_ON(const char *, archive_entry_pathname_utf8, (struct archive_entry * e), (e))
HAND_ON(const char *, archive_entry_hardlink, (struct archive_entry * e), (e))
HAND_ON(const char *, archive_entry_hardlink_utf8, (struct archive_entry * e), (e))
HAND_ON(const char *, archive_entry_symlink, (struct archive_entry * e), (e))
HAND_ON(__LA_MODE_T, archive_entry_filetype, (struct archive_entry * e), (e))
HAND_ON(la_int64_t, archive_entry_size, (struct archive_entry * e), (e))
HAND_ON_VOID(archive_entry_set_pathname, (struct archive_entry * e, const char *path), (e, path))
HAND_ON_VOID(archive_entry_set_filetype, (struct archive_entry * e, unsigned type), (e, type))
HAND_ON_VOID(archive_entry_set_perm, (struct archive_entry * e, __LA_MODE_T mode), (e, mode))
HAND_ON_VOID(archive_entry_set_size, (struct archive_entry * e, la_int64_t size), (e, size))
HAND_ON_VOID(archive_entry_set_mtime, (struct archive_entry * e, time_t seconds, long nanoseconds),
             (e, seconds, nanoseconds))
HAND_ON_VOID(archive_entry_sparse_add_entry, (struct archive_entry * e, la_int64_t offset, la_int64_t length),
             (e, offset, length))
