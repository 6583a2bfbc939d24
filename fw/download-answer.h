// SPDX-License-Identifier: Apache-2.0
//
// What the process that downloads tells the one that waits for it, as bytes: an error code (0 where it is done), HTTP's status,
// whether a part was taken up, size and SHA-256 of what came, and the error's message.
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fw/download.h"

enum {
        DOWNLOAD_ANSWER_LIMIT = 1 << 13, // bytes; a longer message is cut off
};

// ERR is empty where the download is done.
void download_answer_write(const struct downloaded *downloaded, const struct error *err, struct buffer *answer);

// DOWNLOADED and ERR as they were written, the message fit for a terminal. False where the download has failed, and with
// ERROR_ENVIRONMENT where ANSWER is none.
bool download_answer_read(struct bytes answer, struct downloaded *downloaded, struct error *err);
