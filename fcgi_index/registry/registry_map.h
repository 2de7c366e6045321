/* registry_map.h: the registries that clients may be sent to: the Index's map
 * of them, and its changes.
 *
 * The functions that change it are models as access/change.h describes them.
 */

#ifndef REGISTRY_MAP_H
#define REGISTRY_MAP_H

#include "access/change.h"
#include "access/credential.h"
#include "db/db_registry.h"

#define REGISTRIES_MAX 100
#define REGISTRY_NAME_MAX 64
#define REGISTRY_WEIGHT_MAX 1000
#define REGISTRY_PATTERNS_MAX 16 /* each of REG_NAME_MAX bytes at most */
#define REGISTRY_CHECK_URL_MAX 512

typedef enum {
    REGISTRY_SPONSOR, /* reads and writes of everybody */
    REGISTRY_MIRROR,  /* reads of what is not private */
    REGISTRY_VENDOR,  /* the repositories of a vendor, alone */
    REGISTRY_PRIVATE, /* those of a company, alone */
    REGISTRY_KIND_N
} registry_kind_t;

typedef enum {
    REGISTRY_UNKNOWN, /* not checked, or not yet */
    REGISTRY_UP,
    REGISTRY_DOWN,
    REGISTRY_STATE_N
} registry_state_t;

/* Words of the kinds and states, in their order; both end in NULL. */
extern const char *const registry_kind_words[];
extern const char *const registry_state_words[];

/* The kind of a word; DECLINED for none. */
int registry_kind_parse(const char *word, registry_kind_t *kind_r);

/* Whether a text can be the name of a registry: lower-case letters, digits and
 * dashes; "localhost" would be an endpoint. */
bool registry_name_is_valid(str_t name);

/* A registry as it is wanted. */
typedef struct {
    registry_kind_t kind;
    const char *endpoint;
    uint64_t weight;
    const char *patterns;  /* with newlines between them */
    const char *check_url; /* NULL: is not checked */
} registry_wanted_t;

/* A registry as it is. */
registry_wanted_t registry_wanted(const registry_row_t *row);

/* A new registry.  patterns NULL: "*" of a sponsor or a mirror; a vendor's and
 * a private one need some, of one namespace each. */
int registry_add(change_t *change, const char *name,
                 const registry_wanted_t *wanted);

/* Changes a registry that registry_take() found, all of it.  Another kind of
 * check or another endpoint makes its state unknown. */
int registry_edit(change_t *change, const registry_row_t *row,
                  const registry_wanted_t *wanted);

int registry_remove(change_t *change, const registry_row_t *row);

/* Finds a registry, and holds its row: OK, ERROR, or DECLINED by change_fail().
 */
int registry_take(change_t *change, const char *name, registry_row_t *row_r);

/* A registry as the API and --json show it: the state is unknown where the last
 * check is too old. */
json_t *registry_json(const registry_row_t *row, int64_t now);

/* The state as of now: REGISTRY_UNKNOWN where no check has said anything for
 * five minutes. */
registry_state_t registry_state(const registry_row_t *row, int64_t now);

#endif
