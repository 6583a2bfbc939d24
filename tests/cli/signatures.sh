#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# aavmf-vars reports on Secure Boot keys what `openssl x509` reports for the same bytes, in the stores of distributions
# and in certificates made for this test.
. "$(dirname "$0")/../lib.sh"
. "$TESTS/store.sh"

owner=77fa9abd-0359-4d32-bd60-28f4e78f784b
owner_hex=bd9afa775903324dbd6028f4e78f784b
x509_hex=a159c0a5e494a74a87b5ab155c2bf072
database=d719b2cb-3d3a-4596-a3bc-dad00e67656f

# The offsets of certificates' signature lists in a file, found by their type.
list_offsets() {
        LC_ALL=C grep -aobF "$(printf '\241\131\300\245\344\224\247\112\207\265\253\025\134\053\360\162')" "$1" | cut -d: -f1
}

# A certificate (DER, from standard input) as a line of aavmf-vars.
openssl_line() {
        openssl x509 -inform DER -noout -subject -issuer -dates -fingerprint -sha256 \
                -nameopt RFC2253,-esc_msb -dateopt iso_8601 |
                sed -n "s/^subject=/$tab/p; s/^issuer=/${tab}issued by /p; s/^notBefore=\(.*\) .*/$tab\1/p
                        s/^notAfter=\(.*\) .*/ to \1/p; s/^sha256 Fingerprint=/${tab}SHA-256 /p" |
                tr -d '\n' | awk '{
                        at = index($0, "SHA-256 ") + length("SHA-256 ")
                        sum = tolower(substr($0, at))
                        gsub(":", "", sum)
                        print substr($0, 1, at - 1) sum
                }'
}

test_certificates_of_shipped_stores_are_those_that_openssl_reads() {
        use_firmware
        for file in /usr/share/OVMF/OVMF_VARS*.fd "${AAVMF_VARS_TEMPLATE%.fd}".*.fd; do
                [ -e "$file" ] || continue
                list_offsets "$file" | while read -r at; do
                        tail -c +$((at + 28 + 16 + 1)) "$file" | head -c 8192 | openssl_line
                done | sort -u >theirs
                expect_exit 0 "$AAVMF_VARS" list --all "$file"
                grep "^$tab" stdout | sort -u >ours || :
                diff theirs ours
                [ "$(grep -c "^$tab" stdout || :)" -eq "$(list_offsets "$file" | wc -l)" ] || fail "$file: not every certificate"
                cat ours >>all
        done
        contains all 'CN=Microsoft Corporation UEFI CA 2011'
}

# The certificate in FILE (DER) as a signature list, in hexadecimal.
list_of() {
        size=$(stat -c %s "$1")
        printf '%s%s00000000%s%s' $x509_hex "$(word $((28 + 16 + size)))" "$(word $((16 + size)))" $owner_hex
        od -An -v -tx1 "$1" | tr -d ' \n'
}

word() {
        printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24))
}

test_names_beyond_ascii_are_kept_without_terminal_sequences() {
        formatted vars.fd
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -days 400 -outform DER \
                -utf8 -subj "/C=DE/O=Prüfstelle, a\\/b/CN=red $(printf '\033')[31m" -out cert.der 2>/dev/null
        "$put" vars.fd db $database 27 "$(list_of cert.der)"
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all
        lacks stdout "$(printf '\033')"
        contains stdout "${tab}CN=red \\1B[31m,O=Prüfstelle\\, a/b,C=DE${tab}issued by"
        contains stdout "SHA-256 $(sha256sum cert.der | cut -d' ' -f1)"
}

test_json_has_each_list_and_certificate() {
        formatted vars.fd
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -outform DER \
                -subj /CN=Test -days 1 -out cert.der 2>/dev/null
        hashes=2616c4c14c509240aca941f936934328$(word 124)00000000$(word 48)
        hashes=$hashes$owner_hex$(printf '%064d' 1)$owner_hex$(printf '%064d' 2)
        "$put" vars.fd db $database 27 "$(list_of cert.der)$hashes"
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all --json
        contains stdout '"value": "1 certificate, 2 SHA-256 hashes"'
        contains stdout '"kind": "EFI_CERT_SHA256"'
        contains stdout '"owner": "'"$(echo $owner | tr a-f A-F)"'"'
        contains stdout '"owner_name": "MICROSOFT_OWNER"'
        contains stdout '"subject": "CN=Test"'
        contains stdout '"not_after": "'"$(openssl x509 -inform DER -in cert.der -noout -enddate -dateopt iso_8601 | sed 's/notAfter=//; s/ /T/')"'"'
        for key in signatures type kind count certificates owner owner_name subject issuer not_before not_after sha256; do
                contains stdout "\"$key\":"
                contains "$ROOT/docs/aavmf-vars.1" "$key"
        done
}

test_an_invalid_certificate_is_reported() {
        formatted vars.fd
        printf 'not a certificate' >bad.der
        "$put" vars.fd db $database 27 "$(list_of bad.der)"
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all
        contains stdout "${tab}17 bytes that are not an X.509 certificate"
        expect_exit 0 "$AAVMF_VARS" list vars.fd --all --json
        contains stdout '"subject": null'
}

run_tests
