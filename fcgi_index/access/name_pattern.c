/* name_pattern.c: patterns of repositories' names. */

#include "access/name_pattern.h"

#define CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789._-/*"


/* Of the characters of names, LIKE has a meaning of its own for "_" only. */
int
name_pattern_like(pool_t *pool, const char *pattern, const char **like_r)
{
    size_t len = strlen(pattern), stars = 0, n = 0;
    char *like;

    if (len == 0 || len > NAME_PATTERN_MAX || strspn(pattern, CHARACTERS) != len
        || pattern[0] == '/' || pattern[len - 1] == '/'
        || strstr(pattern, "//") != NULL || strstr(pattern, "**") != NULL) {
        return DECLINED;
    }

    like = pool_alloc(pool, 2 * len + 1);

    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '_') {
            like[n++] = '\\';
        }

        stars += pattern[i] == '*';
        like[n++] = (char)(pattern[i] == '*' ? '%' : pattern[i]);
    }

    *like_r = like;

    return stars <= NAME_PATTERN_STARS ? OK : DECLINED;
}


const char *
name_pattern_print(pool_t *pool, const char *like)
{
    char *pattern = pool_alloc(pool, strlen(like) + 1);
    size_t n = 0;

    for (; *like != '\0'; like++) {
        if (*like != '\\') {
            pattern[n++] = (char)(*like == '%' ? '*' : *like);
        }
    }

    return pattern;
}
