#!/bin/bash
# layers.sh: who may include whom.
#
#     libc, libcrypto <- common <- ngx_module  (+ nginx)
#                        common <- fcgi_core <- fcgi_registry
#                                  fcgi_core <- fcgi_index  (+ sql)
#
# Each outside library is included by one file; SQL stands in sql/ only.

cd "$(dirname "$0")/../.." || exit 1
status=0

bad() {
    echo "$1"
    status=1
}

# allow FOLDER REGEX: what an #include of the folder may name.
allow() {
    local folder=$1 allowed=$2 line
    while IFS= read -r line; do
        bad "$folder may not include this: $line"
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$folder"/*.[ch] \
        2>/dev/null |
        grep -vE "include[[:space:]]+($allowed)[[:space:]]*(/\*.*)?$")
}

# What C and POSIX give; each folder may have less.
pure='<(ctype|errno|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|time)\.h>'
posix='<(arpa/inet|assert|dirent|fcntl|ftw|getopt|netdb|netinet/[a-z]+|poll|pwd|grp|signal|stdatomic|sys/[a-z]+|syslog|termios|unistd)\.h>'
libc="$pure|$posix"
own='"[a-z_0-9]+\.(h|def)"'
common='"(\.\./)?common/[a-z_0-9]+\.(h|def)"'
core='"(\.\./)?fcgi_core/[a-z_0-9]+\.(h|def)"'

allow common "$pure|$own|<openssl/[a-z_0-9]+\.h>"
allow ngx_module "<ngx_[a-z_0-9]+\.h>|<openssl/(sha|rand)\.h>|$own|$common|$libc"
allow fcgi_core "$libc|$own|$common|<(fcgiapp|fastcgi|jansson|malloc|pcre2)\.h>|<curl/curl\.h>|<openssl/[a-z_0-9]+\.h>|<sanitizer/[a-z_]+\.h>"
allow fcgi_registry "$libc|$own|$common|$core|<yaml\.h>|<openssl/[a-z_0-9]+\.h>"
allow fcgi_index "$libc|$own|$common|$core|<(mysql|errmsg|mysqld_error|sodium|crypt)\.h>|<(mysql|mariadb)/[a-z_]+\.h>|<libmemcached/[a-z]+\.h>|<openssl/[a-z_0-9]+\.h>"

# one LIBRARY REGEX FILE...: at most one of the files includes it.
one() {
    local library=$1 header=$2 found
    shift 2
    mapfile -t found < <(grep -lE \
        "^[[:space:]]*#[[:space:]]*include[[:space:]]+<$header" "$@")
    [ ${#found[@]} -le 1 ] ||
        bad "$library is included by more than one file: ${found[*]}"
}

shopt -s nullglob
all=(common/*.[ch] fcgi_*/*.[ch] fcgi_*/*/*.[ch] ngx_module/*.[ch])
one libfcgi '(fcgiapp|fastcgi)' "${all[@]}"
one jansson jansson "${all[@]}"
one curl curl/ "${all[@]}"
one pcre2 pcre2 "${all[@]}"
one libyaml yaml "${all[@]}"
one MariaDB '(mysql|mariadb)' "${all[@]}"
one memcached libmemcached/ "${all[@]}"
one sodium sodium "${all[@]}"
for folder in common fcgi_core fcgi_registry fcgi_index; do
    one "libcrypto in $folder" openssl/ "$folder"/*.[ch] /dev/null
done

# common/ is pure: bytes in, bytes out.
while IFS= read -r line; do
    bad "common/ allocates or does I/O: $line"
done < <(grep -nE '\b(malloc|calloc|realloc|free|fopen|open|read|write|printf|fprintf|perror|getenv|exit|abort)[[:space:]]*\(' \
    common/*.c 2>/dev/null | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/?\*|//)')

while IFS= read -r line; do
    bad "SQL outside of sql/: $line"
done < <(grep -nE '"[^"]*\b(SELECT .* FROM|INSERT (IGNORE )?INTO|UPDATE [a-z_]+ SET|DELETE FROM|CREATE TABLE)\b' \
    common/*.c fcgi_*/*.c fcgi_*/*/*.c ngx_module/*.c 2>/dev/null)

exit $status
