// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/findings.h"

static const char *kind_of(const struct criterion *criterion)
{
        static const char *const texts[] = {
                [CRITERION_REQUIRED] = "required",
                [CRITERION_FORBIDDEN] = "forbidden",
                [CRITERION_OPTIONAL] = "optional",
        };
        return texts[criterion->kind];
}

static json_t *finding_to_json(const struct criterion_finding *finding, bool timed)
{
        json_t *row = json_pack("{s:s, s:s, s:b}", "name", finding->criterion->name, "kind",
                                kind_of(finding->criterion), "met", finding->met);
        if (finding->met) {
                json_object_set_new(row, "line", json_integer((json_int_t)finding->line_number));
                json_object_set_new(row, "time", timed ? json_real((double)finding->time_ms / 1000) : json_null());
                json_object_set_new(row, "text", json_string(finding->text));
        }
        if (finding->given_up)
                json_object_set_new(row, "given_up", json_integer((json_int_t)finding->given_up));
        return row;
}

json_t *findings_to_json(const struct criterion_finding *findings, size_t count, bool timed)
{
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
                json_array_append_new(list, finding_to_json(&findings[i], timed));
        return list;
}
