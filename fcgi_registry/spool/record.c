/* record.c: an event as it is written down. */

#include "spool/record.h"
#include "manifest/manifest_schema1.h"
#include "spool/spool.h"

#include "common/manifest_scan.h"

#include "fcgi_core/log.h"
#include "fcgi_core/uuid.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define TIME_MAX 32
#define NODE_MAX 256

static char instance_id[UUID_LEN + 1];


int
record_open(void)
{
    if (uuid_make(instance_id) != OK) {
        log_error("cannot draw a random number: %s", strerror(errno));
        return ERROR;
    }

    return OK;
}


/* RFC 3339 with nanoseconds. */
static json_t *
time_now(pool_t *pool)
{
    char text[TIME_MAX];
    struct timespec ts;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);

    return json_string(pool_printf(pool, "%s.%09ldZ", text, ts.tv_nsec));
}


json_t *
record_make(pool_t *pool, reg_event_t action)
{
    char id[UUID_LEN + 1];

    if (uuid_make(id) != OK) {
        return NULL;
    }

    return json_pack("{s:s, s:o, s:s}", "id", id, "timestamp", time_now(pool),
                     "action", reg_event_name(action));
}


json_t *
record_source(pool_t *pool, const char *port)
{
    char node[NODE_MAX] = "";
    const char *addr;

    gethostname(node, sizeof(node) - 1);
    addr = pool_printf(pool, "%s%s%s", node, port[0] == '\0' ? "" : ":", port);

    return json_pack("{s:o, s:s}", "addr", json_str(reg_cstr(addr)),
                     "instanceID", instance_id);
}


/* --- manifests ----------------------------------------------------------- */


/* The sizes of config and layers; false where it gives none.  A sum that no
 * store can hold stays the largest number. */
static bool
content_size(const manifest_t *manifest, uint64_t *size_r)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < manifest->n; i++) {
        uint64_t size = manifest->references[i].size;

        if (size == MANIFEST_SIZE_UNKNOWN) {
            return false;
        }

        sum = size > INT64_MAX - sum ? INT64_MAX : sum + size;
    }

    *size_r = sum;

    return !manifest->is_index && manifest->n != 0;
}


void
record_manifest(json_t *object, const manifest_t *manifest)
{
    str_t type = manifest->artifact_type;
    char digest[REG_DIGEST_MAX + 1];
    uint64_t size;

    if (content_size(manifest, &size)) {
        json_object_set_new(object, "contentSize",
                            json_integer((json_int_t)size));
    }

    if (type.len != 0 && type.len <= REG_MEDIA_TYPE_MAX) {
        json_object_set_new(object, "artifactType", json_str(type));
    }

    if (manifest->has_subject && manifest->subject.is_known) {
        reg_digest_print(&manifest->subject.digest, digest);
        json_object_set_new(object, "subject", json_string(digest));
    }
}


/* --- lines --------------------------------------------------------------- */


/* The model goes at once: there may be many. */
int
record_print(pool_t *pool, json_t *event, str_t *line_r)
{
    size_t len = json_dumpb(event, NULL, 0, JSON_COMPACT);

    *line_r = (str_t){ len + 1, pool_alloc(pool, len + 1) };
    json_dumpb(event, (char *)line_r->data, len, JSON_COMPACT);
    line_r->data[len] = '\n';
    json_decref(event);

    if (len != 0 && len < SPOOL_LINE_MAX) {
        return OK;
    }

    log_error("an event of %zu bytes cannot be written", len);

    return ERROR;
}


str_t
record_join(pool_t *pool, const str_t *lines, size_t n)
{
    str_t all = { 0, NULL };

    for (size_t i = 0; i < n; i++) {
        all.len += lines[i].len;
    }

    all.data = pool_alloc(pool, all.len);
    all.len = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(all.data + all.len, lines[i].data, lines[i].len);
        all.len += lines[i].len;
    }

    return all;
}
