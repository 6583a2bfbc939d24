// SPDX-License-Identifier: Apache-2.0
//
// Text from files, servers and guests on standard output, made safe for a terminal (base/text.h).
#pragma once

void print_safely(const char *text);

// "label     value", the label WIDTH columns wide; nothing if VALUE is NULL.
void print_row(int width, const char *label, const char *value);
