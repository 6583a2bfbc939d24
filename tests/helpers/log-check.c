// SPDX-License-Identifier: Apache-2.0
//
// log-check FILE: the lines of a log and the criteria, alone. Exit code 0 where they are met.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/helpers/markers.h"

enum {
        BLOCK = 1 << 18
};

static uint8_t block[BLOCK];

static int check(const char *path)
{
        AUTO_CRITERIA struct criteria *criteria = criteria_new(markers, sizeof markers / sizeof *markers, NULL);
        AUTO_LOG struct log *log = log_new(judge_line, criteria);
        int fd = open(path, O_RDONLY);
        for (ssize_t count; (count = read(fd, block, sizeof block)) > 0;)
                log_feed(log, block, (size_t)count);
        log_finish(log);
        return verdict_exit_code(criteria_judge(criteria).outcome);
}

int main(int count, char **arguments)
{
        if (count == 2)
                return check(arguments[1]);
        fputs("usage: log-check FILE\n", stderr);
        return 2;
}
