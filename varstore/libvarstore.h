// SPDX-License-Identifier: Apache-2.0
//
// libvarstore: UEFI variable stores as values. Installed as <varstore.h>. Each of the headers below covers one subject
// and can be included by itself as "varstore/NAME.h".
//
//         struct varstore *store;
//         struct error err = {0};
//         if (!varstore_load("AAVMF_VARS.fd", &store, &err))
//                 ... err.message says what failed, where, and what to do; error_clear frees it
//         struct bootchain chain;
//         bootchain_read(store, &chain, &err);
//
// The library does not print or exit, unless memory runs out. A function that can fail returns false or NULL and fills
// its last argument. The caller owns what a header describes as freed with free(). A store may be used by one thread at
// a time; different stores share nothing. Compile with `pkg-config --cflags --libs libvarstore`.
#pragma once

#include "base/bytes.h" // bounded views, cursors and buffers
#include "base/error.h" // what went wrong, and the exit code for it
#include "base/file.h"  // files, mapped and replaced atomically

#include "varstore/bootchain.h"   // BootNext, BootOrder and the entries
#include "varstore/devpath.h"     // device paths, and their text as the firmware spells it
#include "varstore/difference.h"  // what two stores do not have in common
#include "varstore/edit.h"        // changes as the commands make them, all or nothing
#include "varstore/generation.h"  // the entries that a firmware creates itself
#include "varstore/guid.h"        // names of vendors and formats
#include "varstore/interchange.h" // JSON and efivarfs folders
#include "varstore/loadopt.h"     // the content of Boot####
#include "varstore/naming.h"      // entries and variables as users name them
#include "varstore/predict.h"     // what the firmware will start
#include "varstore/remark.h"      // problems and oddities found while reading
#include "varstore/signatures.h"  // Secure Boot keys
#include "varstore/value.h"       // what a variable's data says, in words
#include "varstore/variable.h"    // one record of a store
#include "varstore/varstore.h"    // a store: read, look up, change, write
#include "varstore/volume.h"      // the firmware volume around the records
