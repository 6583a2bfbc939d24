// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/signature.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"

enum {
        STATUS_LIMIT = 1 << 20, // bytes
        TIMEOUT_MS = 60 * 1000,
        VALIDSIG_PRIMARY = 9, // the place of the primary key's fingerprint in VALIDSIG, counted without the first word
};

#define PREFIX "[GNUPG:] "

// The word at PLACE in WORDS, counted without the first, freed with free(); NULL if there are fewer.
static char *word_at(const char *words, int place)
{
        for (int i = 0; i <= place; i++) {
                words += strcspn(words, " \n");
                if (*words != ' ')
                        return NULL;
                words++;
        }
        return text_format("%.*s", (int)strcspn(words, " \r\n"), words);
}

static bool is_word(const char *line, const char *word)
{
        size_t length = strlen(word);
        return strncmp(line, word, length) == 0 && strchr(" \r\n", line[length]);
}

static bool is_pinned(const char *fingerprint, const struct signers *signers)
{
        for (size_t i = 0; fingerprint && i < signers->count; i++) {
                if (strcmp(fingerprint, signers->fingerprints[i]) == 0)
                        return true;
        }
        return false;
}

// The meaning of a status if no good signature follows. The first one in this table that gpgv prints is reported.
static const struct {
        const char *word;
        const char *sentence;
} faults[] = {
        {"BADSIG", "its signature is wrong: it was changed after it was signed"},
        {"REVKEYSIG", "it is signed with a key that was revoked"},
        {"EXPKEYSIG", "it is signed with a key that has expired"},
        {"EXPSIG", "its signature has expired"},
        {"ERRSIG", "it is not signed with any of the archive's keys, but with another one"},
        {"NO_PUBKEY", "it is not signed with any of the archive's keys, but with another one"},
        {"NODATA", "it is not signed"},
};

enum {
        FAULT_COUNT = sizeof faults / sizeof faults[0]
};

char *signature_read_status(const char *status, const struct signers *signers, struct error *err)
{
        bool seen[FAULT_COUNT] = {0};
        bool good = false;
        AUTO_FREE char *signer = NULL;
        for (const char *line = status; line && *line; line = strchr(line, '\n'), line += line != NULL) {
                if (!text_starts_with(line, PREFIX))
                        continue;
                const char *words = line + strlen(PREFIX);
                for (size_t i = 0; i < FAULT_COUNT; i++)
                        seen[i] |= is_word(words, faults[i].word);
                if (is_word(words, "NEWSIG"))
                        good = false;
                good |= is_word(words, "GOODSIG");
                AUTO_FREE char *primary = is_word(words, "VALIDSIG") ? word_at(words, VALIDSIG_PRIMARY) : NULL;
                if (good && !signer && is_pinned(primary, signers))
                        signer = MEMORY_TAKE(primary);
        }
        // A wrong signature next to a good one: the file was tampered with.
        if (signer && !seen[0])
                return MEMORY_TAKE(signer);
        for (size_t i = 0; i < FAULT_COUNT; i++) {
                if (seen[i]) {
                        error_set(err, ERROR_DAMAGED, "%s: refused", faults[i].sentence);
                        return NULL;
                }
        }
        error_set(err, ERROR_DAMAGED, "it is not signed: refused");
        return NULL;
}

bool signature_check(const char *path, const struct signers *signers, const char *text_path, char **signer,
                     struct error *err)
{
        AUTO_FREE char *program = process_find("gpgv", err);
        if (!program)
                return false;
        AUTO_FREE char *keyring = memory_text(signers->keyring);
        AUTO_FREE char *folder = memory_text(signers->keyring);
        AUTO_ARGUMENTS struct arguments arguments = {0};
        // A home without keys, so that the user's trustedkeys.gpg is not used.
        const char *const words[] = {program, "--homedir", dirname(folder), "--status-fd", "1", "--keyring",
                                     keyring, "--output",  text_path,       "--",          path};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
                arguments_add(&arguments, words[i]);
        AUTO_PROCESS_RESULT struct process_result result = {0};
        if (!process_run(&arguments, STATUS_LIMIT, TIMEOUT_MS, &result, err))
                return false;
        // gpgv's exit code is not used: it reports whether all signatures could be checked, and archives sign with
        // several keys.
        AUTO_FREE char *status = text_format("%.*s", (int)result.output.size,
                                             result.output.size ? (const char *)result.output.data : "");
        *signer = signature_read_status(status, signers, err);
        return *signer != NULL;
}
