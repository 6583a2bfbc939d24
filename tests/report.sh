# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# A machine with a disk, variables and the evidence of two runs, in which every text that a guest, a profile, a file or
# a user can write tries to break out of the page: out of content, attributes, comments, CDATA, SVG, scripts and style
# sheets.

ATTACK='</pre></script></style></svg></title>--></a><script>document.title="taken"</script><img src="x" onerror="document.title=0"><!--'\''" onload="x" ]]> &lt;b&gt; {{x}} </td></table>'

# The attack, as JSON, after $1: with terminal sequences and invalid characters.
evil=$(printf '%s \033[31m\033]0;t\007 \342\200\256 \302\233' "$ATTACK" | jq -Rs .)
line=$(printf 't%s' "$ATTACK" | jq -Rs .)
attack() {
        printf '"%s%s' "$1" "${evil#?}"
}

make_machine() {
        mkdir -p machine/runs/evil machine/run
        touch machine/run/lock
        truncate -s 24M machine/disk.img
        sgdisk -a 1 -n 1:64:20543 -t 1:EF00 -u 1:0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8 -c '1:</svg><script>' \
                machine/disk.img >/dev/null
        qemu-img convert -f raw -O qcow2 machine/disk.img machine/disk.qcow2
        rm machine/disk.img
        "$AAVMF_VARS" format machine/vars.sealed.fd --timeout 3 --boot-add 'VMware ESXi' --bootnum 0004 \
                --loader '\EFI\VMware\safeboot64.efi' --hd 1,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,64,20480
        "$AAVMF_VARS" clone machine/vars.sealed.fd machine/vars.fd --boot-add "$ATTACK" --bootnum 0007 \
                --loader '\<script>.efi' --hd 2,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,64,20480
        cat >machine/machine.json <<END
{"schema": 1, "settings": {"accel": "tcg", "cpu": $(attack cpu)}, "rehearsal": true, "profile": $(attack p),
 "firmware": {"name": $(attack fw), "code_path": $(attack /code), "code_sha256": $(attack sha)},
 "disk": {"format": "qcow2"}, "boot_entry": {"label": "VMware ESXi", "path": $(attack path), "number": "0004"}}
END
        make_run machine/runs/evil
}

make_run() {
        cat >"$1/result.json" <<END
{"schema": 1, "command": $(attack c), "program": $(attack p), "started_at": $(attack s), "machine": $(attack m), "guest": $(attack g),
 "rehearsal": true, "qemu": $(attack q), "settings": {"accel": $(attack tcg), $(attack key): [1, $(attack list), {"x": null}]},
 "firmware": {"name": $(attack n), "package": $(attack pk), "version": $(attack v)}, "stopped_at": $(attack at),
 "criteria": {$(attack phase): [{"name": $(attack n), "kind": $(attack k), "met": true, "line": 3, "time": 1.5, "text": $line},
                           {"name": $(attack n), "kind": "required", "met": false}],
              "boot": [{"name": $(attack n), "kind": "forbidden", "met": true, "line": 3, "time": 1.5, "text": $line}]},
 "match": {"holds": false, "reason": "x", "explanation": $(attack e), "found": $(attack f), "expected": $(attack x), "remark": $(attack r)},
 "prediction": {"entry": $(attack e), "label": $(attack l), "path": $(attack p), "reason": $(attack r)}, "prediction_error": $(attack pe),
 "fact": {"entry": $(attack e), "label": $(attack l), "path": $(attack p)}, "agrees": false, "booted": $(attack b),
 "duration": 12.5, "outcome": "fail", "exit_code": 1, "message": $(attack "It failed. ")}
END
        {
                echo "{\"time\":0.1,\"event\":\"qemu-start\",\"command\":$(attack qemu)}"
                echo "{\"time\":0.5,\"event\":\"firmware\",\"verb\":\"starting\",\"entry\":4,\"label\":$(attack l),\"path\":$(attack p)}"
                echo "{\"time\":1.5,\"event\":\"step\",\"step\":\"s\",\"title\":$(attack title),\"screen\":$(attack s),\"screen_ansi\":$(attack a)}"
                echo "{\"time\":2.5,\"event\":\"timeout\",\"step\":$(attack s),\"action\":\"skip\"}"
                echo "{\"time\":12.5,\"event\":\"step\",\"step\":\"t\",\"title\":\"$(printf '\\ufffe')\",\"screen\":$(attack s)}"
        } | jq -c . >"$1/events.jsonl"
        {
                printf '[   1.500] t%s\n' "$ATTACK"
                printf '[   2.500] \001\033[2J\377\376 %s\n' "$ATTACK"
        } >"$1/console.txt"
        printf '\033[0;31m%s\033[0m\n' "$ATTACK" >"$1/failure-screen.ansi"
        echo x >"$1/<script>.txt"
}
