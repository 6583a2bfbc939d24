// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <errno.h>
#include <time.h>

#include "base/memory.h"

// A clock that stops while the computer sleeps, so that no wait has expired when it wakes up. CLOCK_MONOTONIC stops on
// Linux, not on macOS.
#ifdef CLOCK_UPTIME_RAW
#define CLOCK CLOCK_UPTIME_RAW
#else
#define CLOCK CLOCK_MONOTONIC
#endif

uint64_t time_now_us(void)
{
        struct timespec now;
        clock_gettime(CLOCK, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t time_now_ms(void)
{
        return time_now_us() / 1000;
}

void time_sleep_ms(unsigned milliseconds)
{
        struct timespec left = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
        while (nanosleep(&left, &left) != 0 && errno == EINTR)
                ;
}

// Exactly DIGITS digits at *AT, then the character AFTER.
static bool take_number(const char **at, unsigned digits, char after, int *number)
{
        for (*number = 0; digits; digits--, ++*at) {
                if (**at < '0' || **at > '9')
                        return false;
                *number = *number * 10 + (**at - '0');
        }
        return *(*at)++ == after;
}

bool time_parse_stamp(const char *stamp, uint64_t *seconds)
{
        struct tm utc = {0};
        const char *at = stamp;
        if (!take_number(&at, 4, '-', &utc.tm_year) || !take_number(&at, 2, '-', &utc.tm_mon) ||
            !take_number(&at, 2, 'T', &utc.tm_mday) || !take_number(&at, 2, ':', &utc.tm_hour) ||
            !take_number(&at, 2, ':', &utc.tm_min) || !take_number(&at, 2, 'Z', &utc.tm_sec) || *at)
                return false;
        utc.tm_year -= 1900;
        utc.tm_mon--;
        time_t time = timegm(&utc);
        *seconds = time > 0 ? (uint64_t)time : 0;
        return time > 0;
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
