# SPDX-License-Identifier: Apache-2.0
#
# The straightforward way to judge a console log: log.py FILE.
import re
import sys

MARKERS = [
    r"BdsDxe: (?:loading|starting) Boot[0-9A-F]{4}", r"VMware ESXi [0-9.]+ \[Releasebuild",
    r"Starting VMKernel initialization", r"Boot complete \(2/2\)", r"Starting service DCUI|To manage this host,? go to:",
    r"its\.c:2934", r"VERIFY bora/", r"Module\(s\) involved in panic", r"PanicvPanicInt", r"PSOD",
]
SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-_])")

found = set()
with open(sys.argv[1], encoding="utf-8", errors="replace", newline="") as log:
    for line in log:
        text = SEQUENCE.sub("", line)
        for marker in MARKERS:
            if re.search(marker, text):
                found.add(marker)
sys.exit(0 if len(found) == 5 else 1)
