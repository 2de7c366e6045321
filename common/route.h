/* route.h: the action that a request to a registry location asks for (OCI
 * distribution, "Endpoints", and the original protocol; the rows are in
 * actions.def). */

#ifndef REG_ROUTE_H
#define REG_ROUTE_H

#include "digest.h"
#include "error.h"
#include "name.h"

typedef enum {
#define REG_ACT(NAME, name, path, methods, right) REG_ACT_##NAME,
#include "actions.def"
#undef REG_ACT
    REG_ACT_NONE /* no such thing; also the number of actions */
} reg_act_t;

typedef enum {
    REG_PATH_KIND_BASE,      /* /v2/ */
    REG_PATH_KIND_CATALOG,   /* /v2/_catalog */
    REG_PATH_KIND_TAGS,      /* /v2/N/tags/list */
    REG_PATH_KIND_MANIFEST,  /* /v2/N/manifests/R */
    REG_PATH_KIND_BLOB,      /* /v2/N/blobs/D */
    REG_PATH_KIND_UPLOADS,   /* /v2/N/blobs/uploads/ */
    REG_PATH_KIND_UPLOAD,    /* /v2/N/blobs/uploads/U */
    REG_PATH_KIND_REFERRERS, /* /v2/N/referrers/D */

    /* the original protocol; I is the id of an image */
    REG_PATH_KIND_V1_PING,            /* /v1/_ping, /_ping */
    REG_PATH_KIND_V1_IMAGE_JSON,      /* /v1/images/I/json */
    REG_PATH_KIND_V1_IMAGE_LAYER,     /* /v1/images/I/layer */
    REG_PATH_KIND_V1_IMAGE_CHECKSUM,  /* /v1/images/I/checksum */
    REG_PATH_KIND_V1_IMAGE_ANCESTRY,  /* /v1/images/I/ancestry */
    REG_PATH_KIND_V1_IMAGE_FILES,     /* /v1/images/I/files */
    REG_PATH_KIND_V1_IMAGE_DIFF,      /* /v1/images/I/diff */
    REG_PATH_KIND_V1_TAGS,            /* /v1/repositories/N/tags */
    REG_PATH_KIND_V1_TAG,             /* /v1/repositories/N/tags/T */
    REG_PATH_KIND_V1_TAG_JSON,        /* /v1/repositories/N/tags/T/json */
    REG_PATH_KIND_V1_REPOSITORY,      /* /v1/repositories/N */
    REG_PATH_KIND_V1_REPOSITORY_JSON, /* /v1/repositories/N/json */
    REG_PATH_KIND_V1_PROPERTIES,      /* /v1/repositories/N/properties */
    REG_PATH_KIND_V1_USERS,           /* /v1/users */
    REG_PATH_KIND_V1_USER,            /* /v1/users/L */
    REG_PATH_KIND_V1_IMAGE_LIST,      /* /v1/repositories/N/images */
    REG_PATH_KIND_V1_AUTH,            /* /v1/repositories/N/auth */
    REG_PATH_KIND_V1_LAYER_ACCESS,    /* /v1/repositories/N/layer/I/access */
    REG_PATH_KIND_V1_SEARCH,          /* /v1/search */
    REG_PATH_KIND_N
} reg_path_kind_t;

typedef enum {
    REG_RIGHT_TOKEN, /* any valid token */
    REG_RIGHT_PULL,
    REG_RIGHT_PUSH, /* pull and push */
    REG_RIGHT_DELETE,
    REG_RIGHT_CATALOG, /* registry:catalog:* */
    REG_RIGHT_NONE,    /* a client needs no token */
    REG_RIGHT_INDEX    /* the index decides; a registry without an index
                          answers by itself */
} reg_right_t;

#define REG_M_GET 0x01
#define REG_M_HEAD 0x02
#define REG_M_POST 0x04
#define REG_M_PUT 0x08
#define REG_M_PATCH 0x10
#define REG_M_DELETE 0x20

typedef struct {
    reg_act_t act;
    reg_path_kind_t kind;
    reg_right_t right;
    reg_str_t name;      /* repository, where the path has one */
    reg_str_t reference; /* tag or digest of a manifest, digest of a blob or
                            referrers' subject, id of an upload; in /v1/ a tag
                            or a login */
    reg_str_t image_id;  /* of the original protocol */
    reg_digest_t digest; /* parsed, where the reference is one */
    bool has_digest;
} reg_route_t;

/* The name of an action: the value of $registry_action. */
const char *reg_act_name(reg_act_t act);
int reg_act_parse(reg_str_t name, reg_act_t *act_r);

typedef enum {
    REG_ALLOW_ALL,
    REG_ALLOW_KEEPING, /* those that need no REG_RIGHT_DELETE */
    REG_ALLOW_READING, /* those that change nothing */
    REG_ALLOW_N
} reg_allow_t;

/* The methods that a path knows, or some of them, for the Allow header:
 * "GET, HEAD"; "" where there is none, and for REG_PATH_KIND_N. */
const char *reg_path_allow(reg_path_kind_t kind, reg_allow_t allow);

/* True for a path of the original protocol, also for one that it does not
 * know: "/v1", "/v1/..." and "/_ping". */
bool reg_path_is_v1(reg_str_t path);

/* Reads a path that has been decoded once (views into it) and a method (one
 * REG_M_ bit, 0 for any other).  A name may itself hold "blobs", "tags" or
 * "manifests" as a component, so the path is split at the last of those.
 * Both /v2/N/blobs/uploads and .../uploads/ start an upload; /v2 is /v2/.
 *
 * REG_OK; REG_DECLINED where the path is none of ours (404); REG_ERROR with
 * *err_r for a path of ours with a bad name (NAME_INVALID), digest
 * (DIGEST_INVALID), tag (TAG_INVALID, or MANIFEST_UNKNOWN where it is only
 * read; a reference with a colon is a digest), upload id
 * (BLOB_UPLOAD_UNKNOWN), or a method that it does not know (UNSUPPORTED),
 * looked for in that order.  After REG_ERROR route_r holds what was found
 * valid, and always kind; after REG_DECLINED kind is REG_PATH_KIND_N and act
 * REG_ACT_NONE.
 *
 * A path of the original protocol may have a slash at its end, and is also
 * read from there; "tags" comes before the other words, so that every tag can
 * be named: /v1/repositories/N/tags/images is a tag.  "library/" is left out
 * in front of a name of one component.  An invalid tag is TAG_INVALID with
 * every method, an invalid id IMAGE_ID_INVALID, an invalid login
 * NAME_INVALID. */
int reg_route_parse(unsigned method, reg_str_t path, reg_route_t *route_r,
                    reg_err_t *err_r);

/* REG_OK with *plain_r, a view, where path is one of ours with a slash behind
 * it that does not belong there ("/v2/N/tags/list/"): the path without it,
 * which is valid in all its parts.  REG_DECLINED for every other path: "/v2/"
 * and ".../uploads/" have their slash, those of /v1/ may have it. */
int reg_route_plain(reg_str_t path, reg_str_t *plain_r);

#endif
