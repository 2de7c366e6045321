/* manifest_put.c: a manifest is pushed.  docs/storage.md has the order of
 * writes. */

#include "v2/manifest_put.h"
#include "request/event.h"
#include "request/manifest_push.h"

#include "common/query.h"


/* --- what comes in ------------------------------------------------------- */


/* The reference or, where that is a digest, ?tag= as often as it comes. */
static int
tags_read(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);
    str_t query = reg_cstr(rq->query);
    size_t pos = 0;

    for (;;) {
        unsigned char *buf = pool_alloc(rq->pool, REG_TAG_MAX + 1);
        str_t tag = { 0, NULL };
        int rc = reg_query_next(REG_QUERY_URI, query, "tag", &pos, buf,
                                REG_TAG_MAX, &tag);

        if (rc == DECLINED) {
            break;
        }

        if (rc != OK || !registry->has_digest || !reg_tag_is_valid(tag)) {
            return req_fail_detail(rq, REG_ERR_TAG_INVALID, tag, "invalid tag");
        }

        if (push->n == MANIFEST_PUSH_TAGS_MAX) {
            rq->err_status = 414;
            return req_fail(rq, REG_ERR_TAG_INVALID,
                            "more than %d tags in one request",
                            MANIFEST_PUSH_TAGS_MAX);
        }

        push->tags[push->n++] = tag;
    }

    if (!registry->has_digest) {
        push->tags[push->n++] = registry->reference;
    }

    return OK;
}


static int
manifest_receive(req_t *rq, manifest_push_t *push)
{
    const char *error = NULL;

    if (req_body(rq, REQ_BODY_MAX, &push->content) != OK) {
        return ERROR;
    }

    return manifest_parse(rq->pool, push->content, rq->content_type,
                          &push->manifest, &error)
                   == OK
               ? OK
               : req_fail(rq, REG_ERR_MANIFEST_INVALID, "manifest invalid: %s",
                          error);
}


/* The digest of the bytes, which must be the one in the path if there is
 * one. */
static int
digest_set(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);

    manifest_push_hash(push, registry->has_digest ? registry->digest.algorithm
                                                  : REG_SHA256);

    return !registry->has_digest
                   || reg_digest_eq(&push->digest, &registry->digest)
               ? OK
               : req_fail_detail(rq, REG_ERR_DIGEST_INVALID,
                                 registry->reference, NULL);
}


/* --- the answer ---------------------------------------------------------- */


/* OCI-Tag: the tags that ?tag= has set. */
static void
tags_print(req_t *rq, const manifest_push_t *push)
{
    const char *list = "";

    for (size_t i = 0; i < push->n; i++) {
        list = pool_printf(rq->pool, "%s%s%.*s", list, i == 0 ? "" : ", ",
                           STR(push->tags[i]));
    }

    if (registry_of(rq)->has_digest && push->n != 0) {
        reply_header(rq, "OCI-Tag", "%s", list);
    }
}


static int
push_reply(req_t *rq, manifest_push_t *push)
{
    const manifest_t *manifest = &push->manifest;
    str_t name = registry_of(rq)->name;
    char text[REG_DIGEST_MAX + 1];

    reg_digest_print(&push->digest, text);
    reply_header(rq, "Location", "/v2/%.*s/manifests/%s", STR(name), text);
    reply_header(rq, "Docker-Content-Digest", "%s", text);
    tags_print(rq, push);

    if (manifest->has_subject && manifest->subject.is_known) {
        reply_header(rq, "OCI-Subject", "%.*s", STR(manifest->subject.text));
    }

    return reply_empty(rq, 201);
}


/* --- PUT ----------------------------------------------------------------- */


static int
room_check(req_t *rq, manifest_push_t *push)
{
    (void)push;

    return event_check(rq);
}


static int
push_store(req_t *rq, manifest_push_t *push)
{
    int rc = manifest_push(rq, push);

    if (rc == DECLINED) {
        return reply_json(rq, 400, json_pack("{s:O}", "errors", push->missing));
    }

    return rc == OK ? push_reply(rq, push) : ERROR;
}


static int (*const steps[])(req_t *rq, manifest_push_t *push) = {
    room_check,       /* is there room for its events? */
    tags_read,        /* of the path, or ?tag= */
    manifest_receive, /* the body, and what it says */
    digest_set,       /* is it that of the path? */
    push_store,       /* 201, or what is missing */
};


int
manifest_put(req_t *rq)
{
    manifest_push_t push = { .n = 0 };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i](rq, &push) != OK) {
            return ERROR;
        }
    }

    return OK;
}
