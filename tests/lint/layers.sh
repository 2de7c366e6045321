#!/bin/bash
# layers.sh: who may include whom.
#
#     libc, libcrypto <- common <- ngx_module  (+ nginx)
#                        common <- fcgi_core <- fcgi_registry
#                                  fcgi_core <- fcgi_index  (+ sql)
#
# Inside the two programs a table says which rooms a room may include.  There
# is no circle of files.  Each outside library is included by one file; SQL
# stands in sql/ only.

cd "$(dirname "$0")/../.." || exit 1
status=0

bad() {
    echo "$1"
    status=1
}

# allow DIRECTORY REGEX: what an #include in the directory may name.
allow() {
    local directory=$1 allowed=$2 line
    while IFS= read -r line; do
        bad "$directory may not include this: $line"
    done < <(grep -HnE '^[[:space:]]*#[[:space:]]*include' "$directory"/*.[ch] \
        2>/dev/null |
        grep -vE "include[[:space:]]+($allowed)[[:space:]]*(/\*.*)?$")
}

# What C and POSIX give; each directory may have less.
pure='<(ctype|errno|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|time)\.h>'
posix='<(arpa/inet|assert|dirent|fcntl|ftw|getopt|netdb|netinet/[a-z]+|poll|pwd|grp|signal|stdatomic|sys/[a-z]+|syslog|termios|unistd)\.h>'
libc="$pure|$posix"
own='"[a-z_0-9]+\.(h|def)"'
common='"(\.\./)?common/[a-z_0-9]+\.(h|def)"'
core='"fcgi_core/[a-z_0-9]+\.(h|def)"'

allow common "$pure|$own|<openssl/[a-z_0-9]+\.h>"
allow ngx_module "<ngx_[a-z_0-9]+\.h>|<openssl/(sha|rand)\.h>|$own|$common|$libc"
allow fcgi_core "$libc|$common|$core|<(fcgiapp|fastcgi|jansson|malloc|pcre2)\.h>|<curl/curl\.h>|<openssl/[a-z_0-9]+\.h>|<sanitizer/[a-z_]+\.h>"

registry_libraries='<(yaml|expat|zlib|lzma|bzlib|zstd)\.h>'
index_libraries='<md4c\.h>|<(mysql|errmsg|mysqld_error|sodium|crypt)\.h>|<(mysql|mariadb)/[a-z_]+\.h>|<libmemcached/[a-z]+\.h>|<openssl/[a-z_0-9]+\.h>'

# room PROGRAM ROOM OTHER...: the other rooms that a room may include; what
# has a dot is a file in the program's root.  A program's root ("." as its room)
# may include all.
declare -A rooms
room() {
    local program=$1 room=$2 other allowed
    shift 2
    rooms[$program/$room]=1
    allowed="\"$room/[a-z_0-9]+\\.(h|def)\""
    for other in "$@"; do
        case $other in
            *.h) allowed+="|\"${other/./\\.}\"" ;;
            *) allowed+="|\"$other/[a-z_0-9]+\\.(h|def)\"" ;;
        esac
    done
    case $program in
        fcgi_registry) allowed+="|$registry_libraries" ;;
        fcgi_index) allowed+="|$index_libraries" ;;
    esac
    allow "$program/$room" "$libc|$common|$core|$allowed"
}

room fcgi_registry v2         request repository manifest store
room fcgi_registry v1         layer request repository manifest store
room fcgi_registry gc         upkeep repository spool manifest store
room fcgi_registry fsck       upkeep repository spool manifest store
room fcgi_registry reindex    upkeep repository spool manifest store
room fcgi_registry backup     upkeep repository spool manifest store
room fcgi_registry upkeep     repository manifest store
room fcgi_registry import     v1 layer upkeep repository manifest store
room fcgi_registry deliver    spool repository store
room fcgi_registry adopt      spool
room fcgi_registry request    repository spool manifest store
room fcgi_registry repository manifest store
room fcgi_registry spool      manifest
room fcgi_registry store      s3
room fcgi_registry s3
room fcgi_registry layer
room fcgi_registry manifest
room fcgi_registry token

room fcgi_index api     registry activity community repository markdown mirror search webhook token access account audit db app.h
room fcgi_index v1      registry mirror repository search webhook token access account audit db app.h cache.h
room fcgi_index command registry activity api community repository mirror search webhook token access account audit db app.h
room fcgi_index mirror  activity search webhook token access account audit db app.h
room fcgi_index repository markdown token access account audit search webhook db cache.h
room fcgi_index markdown
room fcgi_index token   access account audit db app.h cache.h
room fcgi_index access  account activity audit search webhook db cache.h
room fcgi_index account audit db cache.h
room fcgi_index audit   db
room fcgi_index activity db
room fcgi_index webhook audit db
room fcgi_index search  db
room fcgi_index community access account activity audit search webhook db cache.h
room fcgi_index registry access account audit webhook db cache.h
room fcgi_index db

# Only endpoints and subcommands name the global: others take what they need.
while IFS= read -r line; do
    bad "only endpoints and subcommands include app.h: $line"
done < <(grep -Hn '^#include "app\.h"' fcgi_index/*/*.[ch] |
    grep -vE '^fcgi_index/(command|api)/|^fcgi_index/[a-z0-9]+/[a-z0-9_]+_endpoint\.c:')

for directory in fcgi_registry/*/ fcgi_index/*/; do
    [ -n "${rooms[${directory%/}]}" ] ||
        bad "$directory is a room that tests/lint/layers.sh does not know"
done

# Two files include each other, or through others: both of a noun, its .h and
# its .c, count as one.
circles() {
    local program=$1 file included
    while IFS=: read -r file included; do
        included=${included##*/}
        file=${file##*/}
        [ "${file%.*}" = "${included%.*}" ] || echo "${file%.*} ${included%.*}"
    done < <(grep -HoE '^#include "[^"]+\.h"' "$program"/*.[ch] "$program"/*/*.[ch] |
        sed -E 's/#include "([^"]+)"/\1/' | grep -vE ':(common|fcgi_core)/') |
        tsort 2>&1 > /dev/null | sed -n 's/^tsort: \(-: \)\?//p'
}
for program in fcgi_registry fcgi_index; do
    found=$(circles "$program")
    [ -z "$found" ] || bad "$program has a circle of files: ${found//$'\n'/ }"
done

# A name tells where a file is.
while IFS= read -r name; do
    bad "two files are called $name"
done < <(find fcgi_core fcgi_registry fcgi_index -name '*.[ch]' \
    ! -name 'main.c' ! -name 'serve.[ch]' -printf '%f\n' | sort | uniq -d)

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
one expat expat "${all[@]}"
one libyaml yaml "${all[@]}"
one zlib zlib "${all[@]}"
one liblzma lzma "${all[@]}"
one libbz2 bzlib "${all[@]}"
one libzstd zstd "${all[@]}"
one MariaDB '(mysql|mariadb)' "${all[@]}"
one memcached libmemcached/ "${all[@]}"
one sodium sodium "${all[@]}"
# In fcgi_core one file reads keys and one hides text.
for directory in common fcgi_core fcgi_registry fcgi_index; do
    mapfile -t sources < <(printf '%s\n' "$directory"/*.[ch] \
        "$directory"/*/*.[ch] | grep -v '^fcgi_core/seal\.c$')
    one "libcrypto in $directory" openssl/ "${sources[@]}" /dev/null
done

# The store is the only door to bytes: keys are no paths elsewhere.  What opens
# local files, and why:
local_files=(
    store/                  # the driver of files, and a store's local directory
    spool/                  # events are local files with every driver
    repository/upload_dir.c # so are uploads in progress
    backup/                 # copies one directory to another
    import/                 # reads the storage of the first registry
    adopt/                  # reads the configuration of registry:2
    s3/                     # reads the file that describes a bucket, and secrets
    deliver/                # reads secrets, and waits for the spool's directory
)
files='f?open(at)?|creat|f?opendir|readdir|nftw|[lf]?stat(at|x)?|access|unlink(at)?'
files+='|(sym)?link(at)?|rename(at2?)?|mkdir(at)?|rmdir|f?truncate|utimensat|futimens'
files+='|flock|lock_take|f?(data)?sync(fs)?|directory_(make[a-z_]*|del)'
files+='|file_(get|put|put_hint|move|rename|make|sync[a-z_]*|touch|del|del_old|is_named)'
mapfile -t closed < <(find fcgi_registry -name '*.c' -printf '%P\n' | sort |
    grep -vE "^($(IFS='|'; echo "${local_files[*]}"))" |
    sed 's,^,fcgi_registry/,')
while IFS= read -r line; do
    bad "a file is reached without the store: $line"
done < <(grep -nE "(^|[^a-z_>.])($files)\(" "${closed[@]}")

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
