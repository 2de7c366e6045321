/* gc.c: garbage collection during pushes: the command. */

#include "gc/gc.h"
#include "upkeep/upkeep.h"

#include "fcgi_core/json.h"
#include "fcgi_core/log.h"

#include <stdio.h>
#include <stdlib.h>

#define GRACE_MAX (10L * 365 * 86400)

typedef struct {
    const char *store;
    long grace;
    bool is_dry_run;
    bool has_delete_untagged;
    bool is_quiet;
} gc_conf_t;

static const setting_t gc_settings[] = {
    UPKEEP_STORE(gc_conf_t),
    { "grace", NULL, SETTING_SECONDS, offsetof(gc_conf_t, grace), 0, GRACE_MAX,
      "2h",
      "Grace time: content that a push has used within it is kept, whether or "
      "not a manifest refers to it. It must be longer than the longest push." },
    { "delete-untagged", NULL, SETTING_FLAG,
      offsetof(gc_conf_t, has_delete_untagged), 0, 0, NULL,
      "Also remove manifests that are older than the grace time and that no "
      "tag reaches, directly, as a part of an image index or as a referrer." },
    { "dry-run", NULL, SETTING_FLAG, offsetof(gc_conf_t, is_dry_run), 0, 0,
      NULL, "Remove nothing; print what would be removed and why." },
    { "quiet", NULL, SETTING_FLAG, offsetof(gc_conf_t, is_quiet), 0, 0, NULL,
      "Print only the summary, no progress and no line for each removal." },
    { .name = NULL },
};


void
gc_incomplete(gc_t *gc)
{
    gc->is_incomplete = true;
}


reg_digest_t
gc_digest_copy(pool_t *pool, const reg_digest_t *digest)
{
    return (reg_digest_t){ digest->algorithm,
                           { digest->hex.len, (unsigned char *)pool_strndup(
                                                  pool, digest->hex) } };
}


void
gc_progress(gc_t *gc, const char *doing)
{
    const gc_count_t *n = &gc->n;

    if (!gc->is_quiet && upkeep_is_time(&gc->reported)) {
        log_info("gc: %s: %llu repositories, %llu manifests, %zu blobs marked, "
                 "%llu swept",
                 doing, (unsigned long long)n->repositories,
                 (unsigned long long)n->manifests, digest_set_count(gc->marked),
                 (unsigned long long)n->swept);
    }
}


void
gc_report(const gc_t *gc, const char *format, ...)
{
    va_list args;

    if (gc->is_quiet) {
        return;
    }

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}


static void
summary_print(const gc_t *gc)
{
    const gc_count_t *n = &gc->n;
    const char *would = gc->is_dry_run ? "would be " : "";

    printf("%llu repositories, %llu manifests\n",
           (unsigned long long)n->repositories,
           (unsigned long long)n->manifests);

    if (n->unclear != 0) {
        printf("%llu manifests could not be read or understood: what they may "
               "need is kept\n",
               (unsigned long long)n->unclear);
    }

    if (gc->has_delete_untagged) {
        printf("%llu untagged manifests %sremoved\n",
               (unsigned long long)n->revisions, would);
    }

    if (n->images != 0) {
        printf("%llu images of the original protocol %sremoved\n",
               (unsigned long long)n->images, would);
    }

    if (gc->is_incomplete) {
        printf("nothing swept\n");
        return;
    }

    printf("%llu blobs kept, %llu more within the grace time\n"
           "%llu blobs %sswept, %llu bytes; %llu links to nothing %sremoved\n",
           (unsigned long long)n->kept, (unsigned long long)n->young,
           (unsigned long long)n->swept, would, (unsigned long long)n->bytes,
           (unsigned long long)n->links, would);
}


static int
collect(gc_t *gc)
{
    gc->pool = pool_create();
    gc->marked = digest_set_create();
    gc->read = digest_set_create();
    gc->others = digest_set_create();
    gc->lost = digest_set_create();
    upkeep_is_time(&gc->reported); /* a second from now */

    gc_mark(gc);

    if (gc->n.unclear != 0) {
        log_error("gc: %llu manifests could not be read or understood; "
                  "`slipway-registry fsck` reports more",
                  (unsigned long long)gc->n.unclear);
    }

    if (gc->is_incomplete) {
        log_error("gc: not everything could be read, so nothing is swept; "
                  "`slipway-registry fsck` reports more");

    } else {
        gc_sweep(gc);
    }

    summary_print(gc);
    digest_set_destroy(gc->lost);
    digest_set_destroy(gc->others);
    digest_set_destroy(gc->read);
    digest_set_destroy(gc->marked);
    pool_destroy(gc->op.pool);
    pool_destroy(gc->pool);

    return gc->is_incomplete || gc->has_failed || gc->n.unclear != 0
                   || fflush(stdout) != 0
               ? EXIT_FAILURE
               : EXIT_SUCCESS;
}


static int
gc_run(const call_t *call)
{
    const gc_conf_t *conf = call->conf;
    gc_t gc = { .is_incomplete = false };
    int rc = upkeep_open(call->words[0], conf->store, &gc.store);

    if (rc != OK
        || upkeep_lock(gc.store.root, conf->is_dry_run, &gc.cutoff) != OK
        || record_open() != OK) {
        return rc == DECLINED ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    json_open();
    gc.op = store_op_begin(&gc.store, pool_create());
    gc.is_dry_run = conf->is_dry_run;
    gc.is_quiet = conf->is_quiet;
    gc.has_delete_untagged = conf->has_delete_untagged;
    gc.cutoff.tv_sec -= conf->grace;

    return collect(&gc);
}


const command_t gc_commands[] = {
    { .noun = "gc",
      .words = "ROOT",
      .summary = "Remove blobs that no manifest needs.",
      .detail = "Can run while the registry is in use; docs/gc.md.",
      .settings = gc_settings,
      .conf_size = sizeof(gc_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = gc_run },
    { .noun = NULL },
};
