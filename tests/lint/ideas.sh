#!/bin/bash
# ideas.sh: each idea of tests/ideas.md has a test or says what is missing, and
# each number at a test is one of these.

cd "$(dirname "$0")/../.." || exit 1
status=0

bad() {
    echo "$1"
    status=1
}

proven=$(grep -hoE '^@pytest\.mark\.idea\([0-9, ]+\)$' -r tests/api |
    grep -oE '[0-9]+' | sort -un)

while IFS='|' read -r _ number _ open; do
    number=${number// /}
    if grep -qx "$number" <<< "$proven"; then
        continue
    fi
    [[ "$open" =~ [a-z] ]] || bad "tests/ideas.md: no test proves idea $number"
done < <(grep -E '^\| [0-9]+ \|' tests/ideas.md)

while read -r number; do
    grep -q "^| $number |" tests/ideas.md ||
        bad "tests/ideas.md has no idea $number"
done <<< "$proven"

exit $status
