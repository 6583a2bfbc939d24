// SPDX-License-Identifier: Apache-2.0
//
// An installation and a boot of what it left, as one: the whole of esxiarm e2e and rehearse.
#pragma once

#include "base/error.h"
#include "launcher/jobs/request.h"

// Does both in FOLDER, with a summary of a few lines on standard output (or JSON). Returns the exit code; ERR is filled on
// failure.
int end_to_end_run(const struct request *request, const char *folder, struct error *err);
