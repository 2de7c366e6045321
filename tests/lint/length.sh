#!/bin/bash
# length.sh: functions of more than 100 lines fail, of more than 60 are named.
# nginx's style is longer, so its directory is not measured.

cd "$(dirname "$0")/../.." || exit 1

pmccabe common/*.c fcgi_*/*.c fcgi_*/*/*.c 2>/dev/null | awk -F '\t' '
    $5 > 60 { printf "%s: %s, %d lines\n", $6, $7, $5 }
    $5 > 100 { long++ }
    END { if (long) { print long " functions of more than 100 lines"; exit 1 } }'
