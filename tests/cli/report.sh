#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# esxiarm report: what it refuses, and its page, which xmllint must find well-formed. soak/report.sh uses a browser.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/report.sh"

# The result of an XPath query on the page.
query() {
        xmllint --nonet --xpath "$2" "$1"
}

assert_query() {
        found=$(query "$1" "$2") || fail "$1 is not well-formed"
        [ "$found" = "$3" ] || fail "$2 in $1 is '$found', not '$3'"
}

# Only the program's own markup: one script, one style, no event handler, no external address.
assert_safe() {
        xmllint --nonet --noout "$1" || fail "$1 is not well-formed"
        assert_query "$1" 'count(//script)' 1
        assert_query "$1" 'count(//style)' 1
        assert_query "$1" 'count(//img | //iframe | //object | //embed | //link | //base | //form | //input | //image | //use)' 0
        assert_query "$1" 'count(//@*[starts-with(name(), "on")])' 0
        assert_query "$1" 'count(//@src | //@srcset | //@action | //@srcdoc | //@xlink)' 0
        assert_query "$1" 'count(//@href[not(starts-with(., "#"))])' 0
        # Every link has a target, and no id occurs twice.
        assert_query "$1" 'count(//a[@href and not(substring(@href, 2) = //@id)])' 0
        assert_query "$1" 'count(//*[@id = following::*/@id])' 0
        assert_query "$1" "contains(//meta[@http-equiv]/@content, \"default-src 'none'\")" true
        # The policy has the digest of the page's own script.
        sum=$(openssl dgst -sha256 -binary "$ROOT/launcher/report/report.js" | base64)
        assert_query "$1" "contains(//meta[@http-equiv]/@content, \"script-src 'sha256-$sum'\")" true
}

test_hostile_evidence_stays_text() {
        make_machine
        expect_exit 0 "$ESXIARM" report machine -o page.html
        assert_safe page.html
        grep -q 'document.title=&quot;taken&quot;' page.html || fail 'the attack is not in the page as text'
        # It occurs in each part of the page.
        for part in timeline criteria prediction chain disk screens console parameters failure; do
                assert_query page.html "contains(string(//section[@id='$part']), 'script')" true
        done
        assert_query page.html "contains(string(//aside[@class='rehearsal']), 'not VMware ESXi')" true
        ! LC_ALL=C grep -q "$(printf '[\001\033\007\177\015]')" page.html || fail 'control characters are in the page'
}

test_the_page_describes_the_run() {
        make_machine
        expect_exit 0 "$ESXIARM" report machine evil -o page.html --json
        [ "$(jq -r '.report + " " + (.rehearsal | tostring)' stdout)" = 'page.html true' ] || fail "$(cat stdout)"
        # What changed between the two stores, and the entry's partition.
        assert_query page.html "count(//section[@id='chain']//li[contains(@class, 'entry new')])" 1
        assert_query page.html "contains(string(//section[@id='chain']), 'BootOrder is 0007,0004, was 0004')" true
        assert_query page.html "count(//section[@id='disk']//span[. = 'the boot entry leads here'])" 1
        assert_query page.html "count(//section[@id='disk']//*[name() = 'rect'][ancestor::div])" 2
        assert_query page.html "count(//figure)" 3
        assert_query page.html "count(//table[@class='timeline']/tbody/tr)" 8
        # A criterion links to its line in the console.
        assert_query page.html "count(//section[@id='criteria']//a[starts-with(@href, '#line-')])" 2
        assert_query page.html "count(//div[contains(@class, 'broken')]/a[starts-with(@id, 'line-')])" 2
}

test_a_killed_run_has_a_page() {
        make_machine
        rm machine/runs/evil/result.json
        head -c 700 machine/runs/evil/events.jsonl >cut
        cp cut machine/runs/evil/events.jsonl
        expect_exit 0 "$ESXIARM" report machine/runs/evil
        contains stdout 'unfinished'
        assert_safe machine/runs/evil/report.html
        contains machine/runs/evil/report.html 'Unfinished'
        # The run alone, without its machine.
        mv machine/runs/evil away
        rm -r machine
        expect_exit 0 "$ESXIARM" report away -o page.html
        assert_safe page.html
        contains page.html 'was not found'
        # With hardly any evidence.
        mkdir bare
        : >bare/events.jsonl
        expect_exit 0 "$ESXIARM" report bare -o page.html
        assert_safe page.html
}

test_the_page_reports_unreadable_files() {
        make_machine
        head -c 1000 machine/disk.qcow2 >cut
        cp cut machine/disk.qcow2
        head -c 200000 machine/vars.fd >cut
        cp cut machine/vars.fd
        expect_exit 0 "$ESXIARM" report machine -o page.html
        assert_safe page.html
        assert_query page.html "contains(string(//section[@id='disk']), 'disk.qcow2')" true
        assert_query page.html "contains(string(//section[@id='chain']), 'vars.fd')" true
}

test_the_newest_run_is_used() {
        make_machine
        mkdir machine/runs/older machine/runs/junk
        cp machine/runs/evil/events.jsonl machine/runs/older
        touch -t 202001010000 machine/runs/older/events.jsonl
        expect_exit 0 "$ESXIARM" report machine -o page.html --json
        contains stdout '/evil"'
        expect_exit 0 "$ESXIARM" report machine older -o page.html --json
        contains stdout '/older"'
        contains stdout '"outcome": "unfinished"'
}

test_a_file_other_than_a_report_is_not_replaced() {
        make_machine
        echo precious >page.html
        expect_exit 2 "$ESXIARM" report machine -o page.html
        contains stderr '--force'
        [ "$(cat page.html)" = precious ] || fail 'it was replaced'
        expect_exit 0 "$ESXIARM" report machine -o page.html --force
        expect_exit 0 "$ESXIARM" report machine -o page.html
        expect_exit 2 "$ESXIARM" report machine -o nowhere/page.html
        [ -z "$(ls -A machine/runs/evil | grep html)" ] || fail 'a page was left in the run'
}

test_usage() {
        make_machine
        expect_exit 2 "$ESXIARM" report
        expect_exit 2 "$ESXIARM" report nowhere
        contains stderr 'nowhere'
        expect_exit 2 "$ESXIARM" report machine nothing
        contains stderr 'nothing is not a run'
        rm -r machine/runs
        expect_exit 2 "$ESXIARM" report machine
        contains stderr 'no run yet'
}

# The page reports what is left out, and memory use does not grow. (unit/launcher/test-report has 4 GiB.)
test_a_large_console_is_cut() {
        make_machine
        cp machine/runs/evil/console.txt small
        {
                cat small
                yes '[   3.000] the guest says this again and again, and nobody reads it' | head -c 100000000
                printf '\n[9999.000] the end of it\n'
        } >machine/runs/evil/console.txt
        # Sanitizers take address space, so the program as shipped is tested.
        (
                # macOS does not limit address space.
                # shellcheck disable=SC3045 # dash and bash have it
                ulimit -v 131072 2>/dev/null || [ "$(uname -s)" = Darwin ]
                expect_exit 0 "$BUILD/esxiarm" report machine -o page.html
        )
        rm machine/runs/evil/console.txt
        [ "$(stat -c %s page.html)" -lt 6000000 ] || fail "$(ls -l page.html)"
        assert_safe page.html
        contains page.html 'the end of it'
        contains page.html 'left out here'
}

run_tests
