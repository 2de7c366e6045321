/* manifest_reduce.c: a manifest without the members that mean nothing to a
 * registry. */

#include "manifest_reduce.h"
#include "json_scan.h"

#define KEY_SIZE 64 /* of a buffer; a longer key is none of ours */

/* What an object is, or the objects of a list. */
typedef enum {
    OPAQUE, /* anything, which stays as it is */
    MANIFEST,
    DESCRIPTOR,
    PLATFORM,
    SCHEMA1_LAYER
} role_t;

typedef struct {
    role_t in;
    const char *key;
    role_t value;
} member_t;

static const member_t members[] = {
    { MANIFEST, "schemaVersion", OPAQUE },
    { MANIFEST, "mediaType", OPAQUE },
    { MANIFEST, "artifactType", OPAQUE },
    { MANIFEST, "annotations", OPAQUE },
    { MANIFEST, "config", DESCRIPTOR },
    { MANIFEST, "layers", DESCRIPTOR },
    { MANIFEST, "manifests", DESCRIPTOR },
    { MANIFEST, "subject", DESCRIPTOR },
    { MANIFEST, "fsLayers", SCHEMA1_LAYER },
    { DESCRIPTOR, "mediaType", OPAQUE },
    { DESCRIPTOR, "digest", OPAQUE },
    { DESCRIPTOR, "size", OPAQUE },
    { DESCRIPTOR, "urls", OPAQUE },
    { DESCRIPTOR, "annotations", OPAQUE },
    { DESCRIPTOR, "data", OPAQUE },
    { DESCRIPTOR, "artifactType", OPAQUE },
    { DESCRIPTOR, "platform", PLATFORM },
    { PLATFORM, "architecture", OPAQUE },
    { PLATFORM, "os", OPAQUE },
    { PLATFORM, "os.version", OPAQUE },
    { PLATFORM, "os.features", OPAQUE },
    { PLATFORM, "variant", OPAQUE },
    { PLATFORM, "features", OPAQUE },
    { SCHEMA1_LAYER, "blobSum", OPAQUE },
};


static unsigned
fold(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20u : c;
}


/* U+212A is folded into "k", which none of ours has. */
bool
reg_manifest_key_is(const char *key, const char *known)
{
    while (*key != '\0' && *known != '\0') {
        bool is_long_s = strncmp(key, "\xc5\xbf", 2) == 0;
        unsigned c = is_long_s ? 's' : fold((unsigned char)*key);

        if (c != fold((unsigned char)*known)) {
            return false;
        }

        key += is_long_s ? 2 : 1;
        known++;
    }

    return *key == *known;
}


/* Whether a member stays, and what its value is. */
static bool
is_kept(const reg_json_scan_t *scan, const reg_json_token_t *token, role_t role,
        role_t *value_r)
{
    char key[KEY_SIZE];

    if (reg_json_key(scan->text, token, key, sizeof(key)) != REG_OK) {
        return false;
    }

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].in == role && reg_manifest_key_is(key, members[i].key)) {
            *value_r = members[i].value;
            return true;
        }
    }

    return false;
}


/* Line ends stay, so that an error's line and column are those of the text. */
static void
blank(reg_json_scan_t *scan, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (scan->text.data[i] != '\n') {
            scan->text.data[i] = ' ';
        }
    }
}


static int object_reduce(reg_json_scan_t *scan, role_t role);


static int
list_reduce(reg_json_scan_t *scan, role_t role)
{
    reg_json_token_t token;
    int rc;

    while ((rc = reg_json_next(scan, &token)) == REG_OK
           && token.type != REG_JSON_END) {
        rc = token.type == REG_JSON_OBJECT ? object_reduce(scan, role)
                                           : reg_json_skip(scan, &token);

        if (rc != REG_OK) {
            return rc;
        }
    }

    return rc;
}


static int
value_reduce(reg_json_scan_t *scan, role_t role)
{
    reg_json_token_t token;

    if (reg_json_next(scan, &token) != REG_OK) {
        return REG_ERROR;
    }

    if (role == OPAQUE || token.type == REG_JSON_SCALAR) {
        return reg_json_skip(scan, &token);
    }

    return token.type == REG_JSON_OBJECT ? object_reduce(scan, role)
                                         : list_reduce(scan, role);
}


/* No deeper than roles are within each other.  Of the commas, those stay that
 * are between two members that stay. */
static int
object_reduce(reg_json_scan_t *scan, role_t role)
{
    bool has_kept = false;
    size_t comma = 0;
    reg_json_token_t token;
    int rc;

    while ((rc = reg_json_next(scan, &token)) == REG_OK
           && token.type != REG_JSON_END) {
        role_t value = OPAQUE;

        if (token.type == REG_JSON_COMMA) {
            comma = token.from;
            blank(scan, token.from, token.to);
            continue;
        }

        if (!is_kept(scan, &token, role, &value)) {
            rc = value_reduce(scan, OPAQUE);
            blank(scan, token.from, scan->pos);

        } else {
            if (has_kept) {
                scan->text.data[comma] = ',';
            }

            has_kept = true;
            rc = value_reduce(scan, value);
        }

        if (rc != REG_OK) {
            return rc;
        }
    }

    return rc;
}


int
reg_manifest_reduce(reg_str_t text, const char **error_r, size_t *pos_r)
{
    reg_json_scan_t scan;
    reg_json_token_t token;
    int rc;

    reg_json_scan_init(&scan, text);
    rc = value_reduce(&scan, MANIFEST);

    if (rc == REG_OK) {
        rc = reg_json_next(&scan, &token) == REG_DECLINED ? REG_OK : REG_ERROR;
    }

    if (rc != REG_OK) {
        *error_r = scan.error;
        *pos_r = scan.pos;
    }

    return rc;
}
