#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A machine whose installer was patched says so: in the evidence of its installation and of every boot.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../machine.sh"

test_the_evidence_names_the_patches() {
        cat >mine.yaml <<-END
		name: mine
		title: another sentence
		status: tried
		module: K.B00
		build: 8.0.3-0.0.rehearsal
		pieces:
		  - {offset: 0xE, expected: 6E 65 65 64 73, bytes: 6C 61 63 6B 73, why: a test}
	END
        # shellcheck disable=SC2086 # a list of words
        expect_exit 0 "$ESXIARM" install machine $quickly --patch mine.yaml --run-tag install
        jq -S .patches machine/runs/install/result.json >patches
        [ "$(jq -r '.[] | .name, .state, .module' patches | paste -sd ' ' -)" = 'mine applied K.B00' ] || fail 'not named'
        [ "$(jq -r .[0].sha256 patches)" = "$(sha256sum <mine.yaml | cut -d ' ' -f 1)" ] || fail 'another digest'
        module=$(echo 'The rehearsal lacks no kernel.' | sha256sum | cut -d ' ' -f 1)
        [ "$(jq -r .[0].module_sha256 patches)" = "$module" ] || fail 'another module'
        jq -S .patches machine/machine.json | diff patches -
        expect_exit 0 "$ESXIARM" boot-installed machine --check --run-tag boot
        jq -S .patches machine/runs/boot/result.json | diff patches -
}

test_the_evidence_names_no_patch_without_one() {
        use_fixture
        [ "$(jq -c .patches "$fixture/machine.json")" = '[]' ] || fail 'there are patches'
}

run_tests
