/* edge_map.c: the Index's map of registries as configuration of nginx. */

#include "registry/edge_map.h"
#include "fcgi_core/log.h"
#include "registry/allocation.h"
#include "registry/endpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define VARIABLE "$registry_endpoint"

typedef struct {
    const char *pattern;
    bool has_owner;
    size_t n_literals;
} rule_t;

typedef struct {
    FILE *out;
    const registry_row_t *rows;
    size_t n;
    rule_t *rules;
    size_t n_rules;
    int64_t now;
} map_t;


/* --- edges ---------------------------------------------------------------- */

static void
edges_check(const registry_row_t *rows, size_t n, const char *edges)
{
    str_t rest = reg_cstr(edges), word;

    while ((word = endpoint_next(&rest)).len != 0) {
        size_t i = 0;

        while (i < n && !reg_str_eq(word, reg_cstr(rows[i].name))) {
            i++;
        }

        if (i == n) {
            log_error("--edges: there is no registry %.*s", (int)word.len,
                      (const char *)word.data);
        }
    }
}


/* Weight 0 takes the others out, and leaves them what they own.  Characters
 * that nginx would interpret are in no valid endpoint. */
static void
edges_select(registry_row_t *rows, size_t n, const char *edges)
{
    for (size_t i = 0; i < n; i++) {
        if (!endpoint_is_valid(reg_cstr(rows[i].endpoint))) {
            log_error("the endpoint of registry %s is neither HOST nor "
                      "HOST:PORT",
                      rows[i].name);
            rows[i].weight = 0;
        }

        if (edges != NULL && !endpoint_is_listed(edges, rows[i].name)) {
            rows[i].weight = 0;
        }
    }
}


/* --- rules ---------------------------------------------------------------- */

/* A pattern that another one covers comes before it: it has more characters
 * that stand for themselves, and is owned where the other one is. */
static int
compare(const void *a, const void *b)
{
    const rule_t *x = a, *y = b;

    if (x->has_owner != y->has_owner) {
        return x->has_owner ? -1 : 1;
    }

    if (x->n_literals != y->n_literals) {
        return x->n_literals > y->n_literals ? -1 : 1;
    }

    return strcmp(x->pattern, y->pattern);
}


static void
rule_add(map_t *map, const char *pattern)
{
    rule_t *rule = &map->rules[map->n_rules++];

    rule->pattern = pattern;
    rule->has_owner = allocation_has_owner(map->rows, map->n, pattern);

    for (const char *p = pattern; *p != '\0'; p++) {
        rule->n_literals += *p != '*';
    }
}


/* Several registries may have the same pattern. */
static void
rules_sort(map_t *map)
{
    size_t n = 0;

    qsort(map->rules, map->n_rules, sizeof(rule_t), compare);

    for (size_t i = 0; i < map->n_rules; i++) {
        if (n == 0 || compare(&map->rules[n - 1], &map->rules[i]) != 0) {
            map->rules[n++] = map->rules[i];
        }
    }

    map->n_rules = n;
}


static void
rules_find(pool_t *pool, map_t *map)
{
    size_t max = 1;

    for (size_t i = 0; i < map->n; i++) {
        max += strlen(map->rows[i].patterns);
    }

    map->rules = pool_alloc(pool, max * sizeof(rule_t));

    for (size_t i = 0; i < map->n; i++) {
        char *rest = pool_strdup(pool, map->rows[i].patterns);
        char *pattern;

        while ((pattern = strsep(&rest, "\n")) != NULL) {
            if (*pattern != '\0') {
                rule_add(map, pattern);
            }
        }
    }

    rules_sort(map);
}


/* --- text ----------------------------------------------------------------- */

/* Characters up to the next star; those that a regular expression or nginx may
 * interpret as their codes. */
static const char *
literals_print(FILE *out, const char *p)
{
    for (; *p != '\0' && *p != '*'; p++) {
        unsigned char c = (unsigned char)*p;

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
            || strchr("/_-", c) != NULL) {
            fputc(c, out);
        } else {
            fprintf(out, "\\x%02x", c);
        }
    }

    return p;
}


/* What stands between two stars is taken where it is first found, for good: a
 * pattern of many stars does not try all their combinations. */
static void
pattern_print(FILE *out, const char *pattern)
{
    const char *p = pattern;

    fputs("\"~^", out);
    p = literals_print(out, p);

    while (*p == '*') {
        bool is_last = strchr(p + 1, '*') == NULL;

        fputs(is_last ? ".*" : "(?>.*?", out);
        p = literals_print(out, p + 1);
        fputs(is_last ? "" : ")", out);
    }

    fputs("$\"", out);
}


/* By client and blob: one that resumes a blob gets it from where it was. A
 * share is 0.01 % at least, and the heaviest of REGISTRIES_MAX, which has what
 * the others leave, is worth more than all that this adds. */
static void
split_print(FILE *out, const char *name, size_t rule,
            const registry_row_t *const *edges, size_t n)
{
    uint64_t sum = 0;
    size_t heaviest = 0;

    for (size_t i = 0; i < n; i++) {
        sum += edges[i]->weight;
        heaviest = edges[i]->weight > edges[heaviest]->weight ? i : heaviest;
    }

    fprintf(out,
            "split_clients \"$remote_addr $registry_reference\" " VARIABLE
            "_%s_%zu {\n",
            name, rule);

    for (size_t i = 0; i < n; i++) {
        uint64_t share = edges[i]->weight * 10000 / sum;

        share = share != 0 ? share : 1;

        if (i != heaviest) {
            fprintf(out, "    %u.%02u%%  \"%s\";\n", (unsigned)(share / 100),
                    (unsigned)(share % 100), edges[i]->endpoint);
        }
    }

    fprintf(out, "    *  \"%s\";\n}\n\n", edges[heaviest]->endpoint);
}


static size_t
rule_edges(const map_t *map, size_t rule, bool is_private,
           const registry_row_t **edges)
{
    const allocation_ask_t ask = { .repository = map->rules[rule].pattern,
                                   .is_private = is_private };

    return allocation_first(map->rows, map->n, &ask, map->now, edges);
}


/* A block for each rule whose names several edges serve, then the map. */
static void
map_print(const map_t *map, const char *name, bool is_private)
{
    const registry_row_t *edges[REGISTRIES_MAX];

    for (size_t i = 0; i < map->n_rules; i++) {
        size_t n = rule_edges(map, i, is_private, edges);

        if (n > 1) {
            split_print(map->out, name, i, edges, n);
        }
    }

    fprintf(map->out,
            "map $registry_repository " VARIABLE "_%s {\n"
            "    default  \"\";\n",
            name);

    for (size_t i = 0; i < map->n_rules; i++) {
        size_t n = rule_edges(map, i, is_private, edges);

        fputs("    ", map->out);
        pattern_print(map->out, map->rules[i].pattern);

        if (n > 1) {
            fprintf(map->out, "  " VARIABLE "_%s_%zu;\n", name, i);
        } else {
            fprintf(map->out, "  \"%s\";\n", n != 0 ? edges[0]->endpoint : "");
        }
    }

    fputs("}\n\n", map->out);
}


static void
all_print(const map_t *map)
{
    fputs("# Made by \"slipway registry nginx-map\", which replaces it.\n\n",
          map->out);
    map_print(map, "public", false);
    map_print(map, "private", true);
    fputs("# What is pulled without an account is public.\n"
          "map $registry_account " VARIABLE " {\n"
          "    default  \"" VARIABLE "_private\";\n"
          "    \"\"       \"" VARIABLE "_public\";\n"
          "}\n",
          map->out);
}


const char *
edge_map_text(pool_t *pool, registry_row_t *rows, size_t n, const char *edges,
              int64_t now)
{
    map_t map = { .rows = rows, .n = n, .now = now };
    const char *copy = NULL;
    char *text = NULL;
    size_t len;

    if (edges != NULL) {
        edges_check(rows, n, edges);
    }

    edges_select(rows, n, edges);
    rules_find(pool, &map);

    map.out = open_memstream(&text, &len);

    if (map.out == NULL) {
        return NULL;
    }

    all_print(&map);

    if (fclose(map.out) == 0) {
        copy = pool_strdup(pool, text);
    }

    free(text);

    return copy;
}
