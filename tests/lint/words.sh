#!/bin/bash
# words.sh: words that pages, comments, names and messages do not use, with the
# word of the field that stands for them.  CHANGES.md quotes old messages.

cd "$(dirname "$0")/../.." || exit 1

status=0

# refuse REGEX WORD: also as a part of a name, such as test_nobody_waits.
refuse() {
    local found
    if found=$(git grep -inE --untracked -e "(^|[^a-z])($1)([^a-z]|\$)" -- \
        Makefile '*.md' docs conf common ngx_module 'fcgi_*' sql tests tools \
        web ':!CHANGES.md' ':!docs/openapi.json' ':!tests/lint/words.sh' |
        grep -v CURLOPT_NOBODY); then
        printf '%s\n--- write "%s"\n' "$found" "$2"
        status=1
    fi
}

refuse 'folders?' 'directory'
refuse 'tells?([^a-z(]|$)|told' 'log, report, print or say'
refuse 'whoever' 'a client that, the caller'
refuse 'nobody' 'no one, no client, null'
refuse 'somebody' 'another process, another request, a user'
refuse 'anew' 'again, rebuild'
refuse 'mend(s|ed|ing)?' 'repair'
refuse 'cleaning' 'garbage collection'
refuse 'look(s|ed|ing)?[ _]at' 'check, read'
refuse 'besides?' 'next to, during, in addition to'

exit $status
