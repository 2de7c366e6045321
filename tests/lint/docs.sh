#!/bin/bash
# docs.sh: the reference names every directive and variable of the module, the
# page of events every word of an event, links between pages lead somewhere, and
# tests that a page names are there.

cd "$(dirname "$0")/../.." || exit 1
status=0

bad() {
    echo "$1"
    status=1
}

mentions() {
    [ ! -f "$1" ] || grep -qF -- "$2" "$1" || bad "$1 does not tell of $2"
}

# Directives: rows of the command table.
while IFS= read -r name; do
    mentions docs/module.md "$name"
done < <(grep -hoE 'ngx_string\("registry[a-z_]*"\),$' ngx_module/*.c 2>/dev/null |
    grep -oE 'registry[a-z_]*' | sort -u)

while IFS= read -r name; do
    mentions docs/module.md "\$$name"
done < <(grep -hoE 'ngx_string\("registry_[a-z_]+"\), (NULL|ngx_http_)' \
    ngx_module/*.c 2>/dev/null | grep -oE '"registry_[a-z_]+"' | tr -d '"' | sort -u)

# Words of events.
while IFS= read -r word; do
    grep -qw -- "$word" docs/events.md ||
        bad "docs/events.md does not tell of $word"
done < <(sed -nE 's/^EVENT_[A-Z]+\([A-Za-z_]+, "?([A-Za-z]+)"?\).*/\1/p' \
    common/event.def | sort -u)

while IFS=: read -r page link; do
    target=${link%%#*}
    [ -z "$target" ] || [ -e "$(dirname "$page")/$target" ] ||
        bad "$page: no such page: $link"
done < <(grep -HoE '\]\([^)]+\)' ./*.md docs/*.md docs/*/*.md 2>/dev/null |
    sed -E 's/\]\(([^)]*)\)$/\1/' | grep -vE ':(https?|mailto):')

# test_x.py::test_y[words]: the function, and each word in its file or in that
# of the operations.
while IFS= read -r name; do
    file=$(ls tests/*/"${name%%::*}" 2>/dev/null)
    test=${name#*::}
    words=${test#*[}
    if [ -z "$file" ] || ! grep -q "^def ${test%%[*}(" "$file"; then
        bad "a page names a test that is not there: $name"
    elif [ "$words" != "$test" ]; then
        for word in $(tr -- '-]' '  ' <<< "$words"); do
            grep -qw -- "$word" "$file" tests/testenv/operations*.py ||
                bad "a page names a test that is not there: $name ($word)"
        done
    fi
done < <(grep -hoE '\btest_[a-z0-9_]+\.py::test_[a-z0-9_]+(\[[A-Za-z-]+\])?' \
    ./*.md docs/*.md docs/*/*.md 2>/dev/null | sort -u)

exit $status
