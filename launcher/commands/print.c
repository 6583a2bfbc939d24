// SPDX-License-Identifier: Apache-2.0
#include "launcher/commands/print.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void print_safely(const char *text)
{
        AUTO_FREE char *shown = text_printable(text, strlen(text), false);
        fputs(shown, stdout);
}

void print_row(int width, const char *label, const char *value)
{
        if (!value)
                return;
        printf("%-*s ", width, label);
        print_safely(value);
        putchar('\n');
}
