/* credential.c: what a token or a robot's secret may be used for. */

#include "access/credential.h"
#include "common/name.h"

const credential_t credential_whole = { .actions = CREDENTIAL_ALL };

const char *const credential_words[] = { "pull",     "push",   "delete",
                                         "describe", "manage", NULL };

static const unsigned bits[] = { CREDENTIAL_PULL, CREDENTIAL_PUSH,
                                 CREDENTIAL_DELETE, CREDENTIAL_DESCRIBE,
                                 CREDENTIAL_MANAGE };


unsigned
credential_bit(const char *word)
{
    for (size_t i = 0; credential_words[i] != NULL; i++) {
        if (strcmp(credential_words[i], word) == 0) {
            return bits[i];
        }
    }

    return 0;
}


/* Only the last star ever has to take more: so the time is bounded by the
 * product of both lengths. */
bool
credential_pattern_matches(str_t pattern, str_t text)
{
    size_t p = 0, t = 0, star = pattern.len, mark = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.data[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && pattern.data[p] == text.data[t]) {
            p++;
            t++;
        } else if (star < pattern.len) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }

    while (p < pattern.len && pattern.data[p] == '*') {
        p++;
    }

    return p == pattern.len;
}


unsigned
credential_actions(const credential_t *credential, const char *name)
{
    const char *line = credential->patterns;

    if (line == NULL || line[0] == '\0') {
        return credential->actions;
    }

    while (*line != '\0') {
        str_t pattern = { strcspn(line, "\n"), (unsigned char *)line };

        if (credential_pattern_matches(pattern, reg_cstr(name))) {
            return credential->actions;
        }

        line += pattern.len;
        line += *line == '\n';
    }

    return 0;
}


bool
credential_is_pattern(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
              || c == '_' || c == '/' || c == '*' || c == '-')) {
            return false;
        }
    }

    return text.len != 0 && text.len <= REG_NAME_MAX;
}
