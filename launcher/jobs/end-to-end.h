// SPDX-License-Identifier: Apache-2.0
//
// An installation and a boot of what it left: esxiarm e2e and rehearse.
#pragma once

#include "base/error.h"
#include "launcher/jobs/request.h"

// Does both in FOLDER and prints a summary (or JSON). Returns the exit code; fills ERR on failure.
int end_to_end_run(const struct request *request, const char *folder, struct error *err);
