// SPDX-License-Identifier: Apache-2.0
//
// Keys by name, and the bytes that a serial terminal (VT220) sends for them.
#pragma once

// The bytes of the key called NAME ("Enter", "F11", "Down", "Ctrl-C", "a"); NULL if unknown. A single printable ASCII
// character is its own name.
const char *key_bytes(const char *name);

// All names but those of characters and Ctrl keys, terminated by NULL, for messages.
const char *const *key_names(void);
