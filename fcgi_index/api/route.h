/* route.h: what a row of the table of routes says, and what its fields and
 * models are made of.  How a route is added: docs/api.md. */

#ifndef ROUTE_H
#define ROUTE_H

#include "fcgi_core/core.h"

typedef struct api_s api_t; /* one request to the API: api.h */
typedef struct field_s field_t;

/* --- fields --------------------------------------------------------------- */

typedef enum {
    FIELD_STRING,  /* one line: no control characters */
    FIELD_TEXT,    /* newlines and tabs are allowed */
    FIELD_INTEGER, /* signed, 64 bits */
    FIELD_BOOLEAN,
    FIELD_TIME,    /* in answers only: seconds since 1970 become RFC 3339 */
    FIELD_STRINGS, /* an array; values and grammar hold for each */
    FIELD_OBJECT,  /* in answers only, of a model; without one: any object */
    FIELD_OBJECTS  /* in answers only: an array of them */
} field_type_t;

#define FIELD_REQUIRED 0x01 /* of a request; an answer has all its fields */
#define FIELD_NULLABLE 0x02
#define FIELD_SECRET 0x04 /* a password: only ever in requests */

/* What a string must look like, as a predicate and as the regular expression
 * that the OpenAPI document shows. */
typedef struct {
    const char *pattern;
    bool (*is_valid)(str_t value);
} grammar_t;

/* A named object of an answer. */
typedef struct {
    const char *name;
    const field_t *fields;
} model_t;

/* A table of fields ends in a row without a name. */
struct field_s {
    const char *name;
    field_type_t type;
    unsigned flags;
    long min, max;             /* characters, the value, or items of an array;
                                  characters of an item are bounded by
                                  FIELD_ITEM_MAX */
    const char *const *values; /* the only ones allowed, ends in NULL */
    const grammar_t *grammar;
    const model_t *model;
    const char *help; /* one sentence */
};

#define FIELD_ITEM_MAX 255
#define FIELD_LIST_MAX 100 /* items of any array of strings */

/* --- routes --------------------------------------------------------------- */

typedef enum {
    RIGHT_NONE,    /* every client, without an account too */
    RIGHT_ACCOUNT, /* any account */
    RIGHT_ADMIN,   /* an administrator of the installation */
    /* of the repository that the path names */
    RIGHT_REPOSITORY_READ,
    RIGHT_REPOSITORY_WRITE,
    RIGHT_REPOSITORY_ADMIN,
    /* of the namespace that the path names */
    RIGHT_NAMESPACE_READ,
    RIGHT_NAMESPACE_WRITE,
    RIGHT_NAMESPACE_ADMIN,
    RIGHT_NAMESPACE_OWNER, /* who may also say who else has rights in it */
    RIGHT_N
} right_t;

#define ROUTE_LIST 0x01     /* pages: {"items":[model]}, limit, after, Link */
#define ROUTE_ETAG 0x02     /* the answer has an ETag: etag.h */
#define ROUTE_IF_MATCH 0x04 /* changes only what If-Match names: etag.h */
#define ROUTE_ONCE 0x08     /* takes an Idempotency-Key: idempotency.h */
#define ROUTE_SECRET 0x10   /* its answer has a secret, which is never kept */
#define ROUTE_FRESH 0x20    /* a session must have shown its password lately */
#define ROUTE_ORIGIN 0x40   /* has no session yet: checks where it comes from */
#define ROUTE_PUBLIC 0x80   /* anyone may keep the answer for some minutes */
/* For programs of others: the door checks no credentials, query or body.  The
 * body of the row is for the document alone. */
#define ROUTE_RAW 0x100

/* A list whose page is also there as lines, an item each, for a client that
 * accepts application/x-ndjson. */
#define ROUTE_LINES 0x200

#define ROUTE_STATUSES_MAX 6
#define ROUTE_PARAMS_MAX 4

typedef struct {
    const char *method; /* GET answers HEAD as well */
    const char *path;   /* behind /api/v1: "/repositories/{repository}/tags" */
    const char *id;     /* operationId */
    const char *noun;   /* the chapter of the document */
    right_t right;
    unsigned action; /* CREDENTIAL_* that a token needs; 0: as the right says */
    unsigned flags;
    const field_t *query; /* NULL: none; limit and after of a list come by
                             themselves */
    const field_t *body;  /* NULL: the request has no body */
    const model_t *model; /* NULL: the answer has no body */
    int status;           /* of a success */
    /* of failures that only its handler finds, ends in 0; what the door
     * answers is known from the other columns */
    int failures[ROUTE_STATUSES_MAX];
    /* Before the transaction: what takes long, or may defer.  May be NULL. */
    int (*prepare)(api_t *api);
    /* In a transaction, but for GET; may be called again: api.h */
    int (*handler)(api_t *api);
    const char *summary;
} route_t;

/* A table and its length. */
typedef struct {
    const route_t *rows;
    size_t n;
} route_table_t;

#endif
