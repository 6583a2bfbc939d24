// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <time.h>

#include "base/memory.h"

uint64_t time_now_us(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t time_now_ms(void)
{
        return time_now_us() / 1000;
}

static char *stamp(const char *format)
{
        enum {
                LONGEST = 32
        };
        char *text = memory_new(LONGEST, 1);
        time_t now = time(NULL);
        struct tm utc;
        gmtime_r(&now, &utc);
        strftime(text, LONGEST, format, &utc);
        return text;
}

char *time_stamp(void)
{
        return stamp("%Y-%m-%dT%H:%M:%SZ");
}

char *time_tag(void)
{
        return stamp("%Y%m%dT%H%M%SZ");
}
