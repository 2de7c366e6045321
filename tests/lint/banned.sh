#!/bin/bash
# banned.sh: functions that this tree does without (see common/banned.h), and
# that the programs get that header.

cd "$(dirname "$0")/../.." || exit 1

names='strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gmtime|localtime|asctime|ctime|atoi|rand|system|popen|alloca'
status=0

if grep -nE "(^|[^a-zA-Z0-9_>.\"])($names)[[:space:]]*\(" \
    common/*.[ch] fcgi_*/*.[ch] fcgi_*/*/*.[ch] ngx_module/*.[ch] tests/unit/*.c \
    tests/fuzz/*.c 2>/dev/null; then
    echo "banned functions are called"
    status=1
fi

if grep -nE '\b(TODO|FIXME|XXX|HACK)\b' common/* fcgi_*/*.[ch] fcgi_*/*/*.[ch] ngx_module/* \
    sql/*.py sql/*/* tools/* tests/*/*.py Makefile 2>/dev/null; then
    echo "something is left open"
    status=1
fi

exit $status
