// SPDX-License-Identifier: Apache-2.0
#include "verify/diagnose.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/predict.h"
#include "verify/causes.h"

static void finding_free(struct finding *finding)
{
        for (size_t i = 0; i < finding->count; i++) {
                free(finding->items[i].where);
                free(finding->items[i].found);
                free(finding->items[i].expected);
        }
        free(finding->items);
        *finding = (struct finding){0};
}

void diagnosis_free(struct diagnosis *diagnosis)
{
        for (size_t i = 0; i < diagnosis->count; i++)
                finding_free(&diagnosis->findings[i]);
        free(diagnosis->findings);
        free(diagnosis->boots);
        *diagnosis = (struct diagnosis){0};
}

static void look_for_causes(const struct facts *facts, struct diagnosis *diagnosis)
{
        uint64_t found = 0;
        for (enum cause cause = 0; cause < CAUSES; cause++) {
                struct finding finding = {.cause = cause};
                if (!cause_find(cause, facts, found, &finding)) {
                        finding_free(&finding);
                        continue;
                }
                found |= UINT64_C(1) << cause;
                *MEMORY_ADD(diagnosis->findings, diagnosis->count) = finding;
        }
}

static void tell_what_boots(const struct facts *facts, struct diagnosis *diagnosis)
{
        const struct prediction_step *started = facts->prediction.started;
        diagnosis->has_entry = facts->has_match && facts->match.has_entry;
        diagnosis->entry = facts->match.entry;
        diagnosis->has_loader = facts->has_loader;
        diagnosis->boots_itself = facts_boot_themselves(facts);
        if (!started)
                return;
        AUTO_FREE char *name = prediction_step_name(started);
        AUTO_FREE char *line = text_format("%s \"%s\": %s", name, started->label, started->explanation);
        diagnosis->boots = text_printable(line, strlen(line), false);
}

bool diagnose(const struct facts_input *input, struct diagnosis *diagnosis, struct error *err)
{
        AUTO_FACTS struct facts facts = {0};
        *diagnosis = (struct diagnosis){0};
        if (!facts_read_all(input, &facts, err))
                return false;
        look_for_causes(&facts, diagnosis);
        tell_what_boots(&facts, diagnosis);
        return true;
}
