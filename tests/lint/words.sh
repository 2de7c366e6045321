#!/bin/bash
# words.sh: words that pages, comments and messages do not use, with the word
# of the field that stands for them.  CHANGES.md quotes old messages.

cd "$(dirname "$0")/../.." || exit 1

status=0

refuse() {
    local found
    if found=$(git grep -inwE --untracked -e "$1" -- README.md CONTRIBUTING.md \
        docs conf common ngx_module 'fcgi_*' ':!docs/openapi.json'); then
        printf '%s\n--- write "%s"\n' "$found" "$2"
        status=1
    fi
}

refuse 'folders?' 'directory'
refuse 'tells?|told' 'log, report, print or say'
refuse 'whoever' 'a client that, the caller'
refuse 'nobody' 'no one, no client, null'
refuse 'somebody' 'another process, another request, a user'
refuse 'anew' 'again, rebuild'
refuse 'mend(s|ed|ing)?' 'repair'
refuse 'cleaning' 'garbage collection'
refuse 'look(s|ed|ing)? at' 'check, read'

exit $status
