// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/patch-finding.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

void patch_findings_free(struct patch_findings *findings)
{
        for (size_t i = 0; i < findings->count; i++) {
                struct patch_finding *finding = &findings->findings[i];
                free(finding->name);
                free(finding->title);
                free(finding->sha256);
                free(finding->module);
                free(finding->reason);
                free(finding->module_sha256);
        }
        free(findings->findings);
        *findings = (struct patch_findings){0};
}

static struct patch_finding *add(struct patch_findings *findings, const struct patch *patch)
{
        findings->findings = memory_resize(findings->findings, findings->count + 1, sizeof(struct patch_finding));
        struct patch_finding *finding = &findings->findings[findings->count++];
        *finding = (struct patch_finding){
                .name = memory_text(patch->name),
                .title = memory_text(patch->title),
                .sha256 = digest_hex(&patch->digest),
                .status = patch->status,
                .module = memory_text(patch->module_name),
                .state = PATCH_NOT_FOR_THIS,
        };
        return finding;
}

// A module that cannot be unpacked carries no patch.
static bool examine(struct payload_tree *tree, const struct patch *patch, struct patch_finding *finding,
                    struct error *err)
{
        AUTO_BUFFER struct buffer file = {0};
        AUTO_PATCH_MODULE struct patch_module module = {0};
        AUTO_ERROR struct error damage = {0};
        if (!payload_tree_read(tree, patch->module_name, PATCH_MODULE_LIMIT, &file, err))
                return false;
        if (patch_module_unpack(buffer_view(&file), &module, &damage)) {
                finding->state = patch_examine(patch, &module, &finding->reason);
                finding->module_sha256 = digest_hex(&module.file_digest);
                return true;
        }
        if (damage.code != ERROR_DAMAGED)
                return error_set(err, damage.code, "%s: %s", patch->module_name, damage.message);
        finding->reason = text_format("%s cannot be unpacked: %s", patch->module_name, damage.message);
        return true;
}

static bool find(struct payload_tree *tree, const char *build, const struct patch *patch, struct patch_finding *finding,
                 struct error *err)
{
        bool found;
        uint64_t size;
        if (!payload_tree_find(tree, patch->module_name, &found, &size, err))
                return false;
        if (!found)
                finding->reason = text_format("the payload has no %s", patch->module_name);
        else if (size > PATCH_MODULE_LIMIT)
                finding->reason =
                        text_format("%s has more than %" PRIu64 " MiB", patch->module_name, PATCH_MODULE_LIMIT >> 20);
        else if (patch_is_for_build(patch, build, &finding->reason))
                return examine(tree, patch, finding, err);
        return true;
}

bool patch_findings_read(struct payload_tree *tree, const char *build, const struct patch_list *list,
                         struct patch_findings *findings, struct error *err)
{
        for (size_t i = 0; i < list->count; i++) {
                if (!find(tree, build, list->patches[i], add(findings, list->patches[i]), err))
                        return false;
        }
        return true;
}

json_t *patch_findings_to_json(const struct patch_findings *findings, bool only_carried)
{
        json_t *array = json_array();
        for (size_t i = 0; i < findings->count; i++) {
                const struct patch_finding *finding = &findings->findings[i];
                bool carried = finding->state == PATCH_APPLIED || finding->state == PATCH_HALF_APPLIED;
                if (carried || !only_carried)
                        json_array_append_new(
                                array, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?}", "name", finding->name,
                                                 "title", finding->title, "status", patch_status_name(finding->status),
                                                 "sha256", finding->sha256, "module", finding->module, "state",
                                                 patch_state_name(finding->state), "reason", finding->reason,
                                                 "module_sha256", finding->module_sha256));
        }
        return array;
}
