#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The report in headless Chromium, which is too large to install for every `make test`: it renders with an empty browser
# console, its search works, and a guest that prints `<script>` gains nothing. cli/report.sh has the same pages.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/report.sh"

# Sets $browser.
find_browser() {
        for browser in chromium chromium-browser google-chrome-stable google-chrome; do
                ! command -v "$browser" >/dev/null || return 0
        done
        fail "This test needs Chromium, which make deps does not install: apt-get install chromium (dnf: chromium)"
}

# Renders the page at this width: ./dom is the page after its script ran, ./said the browser's console.
browse() {
        find_browser
        profile=$(mktemp -d)
        HOME=$profile timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
                --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
                --user-data-dir="$profile" --host-resolver-rules='MAP * ~NOTFOUND' --enable-logging=stderr \
                --window-size="$2",1000 --virtual-time-budget=5000 --dump-dom "file://$PWD/$1" >dom 2>chatter ||
                fail "$browser: $(cat chatter)"
        rm -rf "$profile"
        grep 'CONSOLE' chatter >said || :
}

assert_quiet() {
        [ ! -s said ] || fail "the browser's console: $(cat said)"
}

test_a_hostile_run_renders_as_text() {
        make_machine
        expect_exit 0 "$ESXIARM" report machine -o page.html
        browse page.html 1200
        assert_quiet
        contains dom '<title>evil: fail</'
        lacks dom '<title>taken'
        lacks dom '<img'
        [ "$(grep -c '<script>' dom)" = 1 ] || fail 'there is another script'
        # The page's own script has run: the policy allows its digest.
        contains dom '<input type="search"'
}

# Modified pages, on which the browser must complain: these tests notice that.
test_the_checks_notice_errors() {
        make_machine
        expect_exit 0 "$ESXIARM" report machine -o page.html
        sed "s,</main>,</main><script>document.title='taken'</script><img src='http://127.0.0.1:1/x.png'>," page.html >changed.html
        browse changed.html 1200
        [ "$(grep -c 'Content Security Policy' said)" -ge 2 ] || fail "the policy stopped nothing: $(cat said)"
        lacks dom '<title>taken'
}

# Queries the page by the test's own script, in a copy without the policy.
ask() {
        {
                sed -e 's,<meta http-equiv[^>]*>,,' -e '/^<\/body>/,$d' "$1"
                echo "<script>addEventListener('load', () => { $2 })</script></body></html>"
        } >asked.html
        browse asked.html "$3"
        assert_quiet
}

test_the_search_finds_lines() {
        make_machine
        seq 1 5000 | sed 's/.*/[   3.000] line & of <many>/' >>machine/runs/evil/console.txt
        expect_exit 0 "$ESXIARM" report machine -o page.html
        ask page.html "const field = document.querySelector('input[type=search]'); field.value = 'LINE 42 OF <M';
                field.dispatchEvent(new Event('input')); setTimeout(() => { const of = document.querySelector('output').textContent;
                const shown = [...document.querySelectorAll('.l')].filter(l => getComputedStyle(l).display != 'none');
                document.title = of + ' / ' + shown.length + ' / ' + document.querySelector('mark').textContent }, 1000);" 1200
        contains dom '<title>1 of 5002 lines / 1 / line 42 of &lt;m<'
}

# On a phone, nothing overflows the page; and a screen of 80 columns fits into its frame at any width.
test_the_page_fits() {
        make_machine
        expect_exit 0 "$ESXIARM" report machine -o page.html
        for width in 500 1200; do
                ask page.html "document.title = [document.documentElement.scrollWidth <= innerWidth,
                        document.querySelectorAll('.screen').length].join(' ')" "$width"
                contains dom '<title>true 3<'
        done
}

run_tests
