
/*
 * Counters, updated when a request is logged, and printed as Prometheus text.
 */


#include "ngx_http_registry_module.h"


/* the longest line, with its labels and a number */

#define NGX_HTTP_REGISTRY_LINE  128

#define NGX_HTTP_REGISTRY_LINES                                               \
    ((REG_ACT_NONE + 1) * (NGX_HTTP_REGISTRY_CLASSES + 1)                     \
     + NGX_HTTP_REGISTRY_SOURCE_N * NGX_HTTP_REGISTRY_RESULT_N                \
     + 3 * 12)


typedef struct {
    const char                  *name;
    const char                  *type;
    const char                  *help;
    size_t                       offset;
} ngx_http_registry_metric_t;


static u_char *ngx_http_registry_print_requests(u_char *p,
    ngx_http_registry_counters_t *counters);
static u_char *ngx_http_registry_print_sent(u_char *p,
    ngx_http_registry_counters_t *counters);
static u_char *ngx_http_registry_print_verdicts(u_char *p,
    ngx_http_registry_counters_t *counters);
static u_char *ngx_http_registry_print_uploads(u_char *p,
    ngx_http_registry_counters_t *counters);
static u_char *ngx_http_registry_print_plain(u_char *p,
    ngx_http_registry_counters_t *counters);
static u_char *ngx_http_registry_print_head(u_char *p, const char *name,
    const char *type, const char *help);
static const char *ngx_http_registry_action(ngx_uint_t act);


static ngx_http_registry_metric_t  ngx_http_registry_metrics[] = {

    { "slipway_received_bytes_total", "counter",
      "Bytes of requests received.",
      offsetof(ngx_http_registry_counters_t, received) },

    { "slipway_zone_entries", "gauge",
      "Verdicts, links, manifests and media types in the zone.",
      offsetof(ngx_http_registry_counters_t, zone_entries) },

    { "slipway_zone_evictions_total", "counter",
      "Entries that were removed for newer ones.",
      offsetof(ngx_http_registry_counters_t, zone_evictions) },

    { "slipway_zone_full_total", "counter",
      "Entries that did not fit.",
      offsetof(ngx_http_registry_counters_t, zone_full) },

    { "slipway_pulls_total", "counter",
      "Pulls of manifests where registry_pulls is on.",
      offsetof(ngx_http_registry_counters_t, pulls) },

    { "slipway_pulls_waiting", "gauge",
      "Tags and digests whose pulls were not written yet.",
      offsetof(ngx_http_registry_counters_t, pulls_waiting) },

    { "slipway_pulls_dropped_total", "counter",
      "Pulls that were not counted, as the zone had no room.",
      offsetof(ngx_http_registry_counters_t, pulls_dropped) },

    { NULL, NULL, NULL, 0 }
};


void
ngx_http_registry_count_upload(ngx_http_request_t *r, ngx_int_t n)
{
    ngx_http_registry_counters_t  *counters;

    counters = ngx_http_registry_counters(r);

    (void) ngx_atomic_fetch_add(&counters->uploads_open[ngx_process_slot], n);
}


ngx_int_t
ngx_http_registry_log_handler(ngx_http_request_t *r)
{
    ngx_uint_t                      class, status;
    ngx_http_registry_ctx_t        *ctx;
    ngx_http_registry_counters_t   *counters;

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx == NULL || r != r->main) {
        return NGX_OK;
    }

    counters = ngx_http_registry_counters(r);

    status = r->err_status ? r->err_status : r->headers_out.status;
    class = status / 100 - 2;

    if (class < NGX_HTTP_REGISTRY_CLASSES) {
        (void) ngx_atomic_fetch_add(
                          &counters->requests[ctx->route.act][class], 1);
    }

    (void) ngx_atomic_fetch_add(&counters->sent[ctx->route.act],
                                r->connection->sent);
    (void) ngx_atomic_fetch_add(&counters->received, r->request_length);

    ngx_http_registry_count_pull(r, ctx);

    return NGX_OK;
}


ngx_int_t
ngx_http_registry_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_buf_t                     *b;
    ngx_chain_t                    out;
    ngx_http_registry_counters_t  *counters;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    counters = ngx_http_registry_counters(r);

    b = ngx_create_temp_buf(r->pool, NGX_HTTP_REGISTRY_LINES
                                     * NGX_HTTP_REGISTRY_LINE);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_http_registry_print_requests(b->last, counters);
    b->last = ngx_http_registry_print_sent(b->last, counters);
    b->last = ngx_http_registry_print_verdicts(b->last, counters);
    b->last = ngx_http_registry_print_uploads(b->last, counters);
    b->last = ngx_http_registry_print_plain(b->last, counters);

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    ngx_str_set(&r->headers_out.content_type, "text/plain; version=0.0.4");
    r->headers_out.content_type_len = sizeof("text/plain") - 1;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static u_char *
ngx_http_registry_print_requests(u_char *p,
    ngx_http_registry_counters_t *counters)
{
    ngx_uint_t  act, class;

    p = ngx_http_registry_print_head(p, "slipway_requests_total", "counter",
                                     "Requests by action and status.");

    for (act = 0; act <= REG_ACT_NONE; act++) {
        for (class = 0; class < NGX_HTTP_REGISTRY_CLASSES; class++) {
            p = ngx_sprintf(p, "slipway_requests_total{action=\"%s\","
                            "status=\"%uixx\"} %uA\n",
                            ngx_http_registry_action(act), class + 2,
                            counters->requests[act][class]);
        }
    }

    return p;
}


static u_char *
ngx_http_registry_print_sent(u_char *p,
    ngx_http_registry_counters_t *counters)
{
    ngx_uint_t  act;

    p = ngx_http_registry_print_head(p, "slipway_sent_bytes_total", "counter",
                                     "Bytes of responses sent.");

    for (act = 0; act <= REG_ACT_NONE; act++) {
        p = ngx_sprintf(p, "slipway_sent_bytes_total{action=\"%s\"} %uA\n",
                        ngx_http_registry_action(act), counters->sent[act]);
    }

    return p;
}


static u_char *
ngx_http_registry_print_verdicts(u_char *p,
    ngx_http_registry_counters_t *counters)
{
    ngx_uint_t  source, result;

    p = ngx_http_registry_print_head(p, "slipway_verdicts_total", "counter",
                                     "Verdicts by source and result.");

    for (source = 1; source < NGX_HTTP_REGISTRY_SOURCE_N; source++) {
        for (result = 1; result < NGX_HTTP_REGISTRY_RESULT_N; result++) {
            p = ngx_sprintf(p, "slipway_verdicts_total{source=\"%V\","
                            "result=\"%V\"} %uA\n",
                            &ngx_http_registry_sources[source],
                            &ngx_http_registry_results[result],
                            counters->verdicts[source][result]);
        }
    }

    return p;
}


static u_char *
ngx_http_registry_print_uploads(u_char *p,
    ngx_http_registry_counters_t *counters)
{
    ngx_uint_t        i;
    ngx_atomic_int_t  n;

    n = 0;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        n += (ngx_atomic_int_t) counters->uploads_open[i];
    }

    p = ngx_http_registry_print_head(p, "slipway_uploads_open", "gauge",
                          "Requests that have the file of an upload open.");

    return ngx_sprintf(p, "slipway_uploads_open %A\n", n);
}


static u_char *
ngx_http_registry_print_plain(u_char *p,
    ngx_http_registry_counters_t *counters)
{
    ngx_atomic_t                *counter;
    ngx_http_registry_metric_t  *m;

    for (m = ngx_http_registry_metrics; m->name; m++) {
        p = ngx_http_registry_print_head(p, m->name, m->type, m->help);

        counter = (ngx_atomic_t *) ((u_char *) counters + m->offset);

        p = ngx_sprintf(p, "%s %A\n", m->name, (ngx_atomic_int_t) *counter);
    }

    return p;
}


static u_char *
ngx_http_registry_print_head(u_char *p, const char *name, const char *type,
    const char *help)
{
    return ngx_sprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                       type);
}


static const char *
ngx_http_registry_action(ngx_uint_t act)
{
    return (act == REG_ACT_NONE) ? "none" : reg_act_name(act);
}
