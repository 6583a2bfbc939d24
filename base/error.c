// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
        if (!err)
                return false;
        va_list arguments;
        va_start(arguments, format);
        char *message = text_format_list(format, arguments);
        va_end(arguments);
        free(err->message);
        err->message = message;
        err->code = code;
        return false;
}

bool error_system(struct error *err, const char *format, ...)
{
        int number = errno;
        if (!err)
                return false;
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *what = text_format_list(format, arguments);
        va_end(arguments);
        return error_set(err, number == ENOENT ? ERROR_USAGE : ERROR_ENVIRONMENT, "%s: %s", what, strerror(number));
}

bool error_wrap(struct error *err, const char *format, ...)
{
        if (!err)
                return false;
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *context = text_format_list(format, arguments);
        va_end(arguments);
        char *message = text_format("%s: %s", context, err->message ? err->message : "failed");
        free(err->message);
        err->message = message;
        return false;
}

bool error_append(struct error *err, const char *format, ...)
{
        if (!err)
                return false;
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *addition = text_format_list(format, arguments);
        va_end(arguments);
        char *message = text_format("%s%s", err->message ? err->message : "", addition);
        free(err->message);
        err->message = message;
        return false;
}

void error_clear(struct error *err)
{
        free(err->message);
        *err = (struct error){0};
}
