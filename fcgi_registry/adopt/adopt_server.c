/* adopt_server.c: the server block: where it listens, TLS, headers. */

#include "adopt/adopt_address.h"
#include "adopt/adopt_part.h"

#include <strings.h>

/* Where the system would choose one. */
#define PORT 5000
#define DEBUG_PORT 5001

/* The directive http2 came with 1.25.1, which warns of the old parameter; what
 * is printed is for the nginx that the module was built for. */
#define NGINX_HAS_HTTP2_ON (NGINX_VERSION >= 1025001)

/* Response headers that are the module's own. */
static const char *own_headers[] = {
    "docker-distribution-api-version",
    "content-type",
    "content-length",
    "docker-content-digest",
    "x-content-type-options",
};


/* --- where it listens ---------------------------------------------------- */


/* Without a host Go listens for IPv4 and IPv6 alike.  An address that cannot be
 * carried over is never replaced by another: one on loopback would be opened to
 * the network. */
static void
address_print(adopt_t *adopt, const char **text, const char *path,
              const char *addr, const char *flags, unsigned port)
{
    address_t address;
    const char *error = NULL;

    if (address_parse(adopt->pool, addr, &address, &error) != OK) {
        adopt_fail(adopt, path, "\"%s\": %s", addr, error);
        return;
    }

    if (address.port == 0) {
        adopt_note(adopt, path,
                   "\"%s\" leaves the port to the system; %u is used", addr,
                   port);
        address.port = port;
    }

    if (address.host[0] != '\0') {
        adopt_add(adopt, text, "    listen %s:%u%s;", address.host,
                  address.port, flags);
        return;
    }

    adopt_add(adopt, text, "    listen %u%s;", address.port, flags);
    adopt_add(adopt, text, "    listen [::]:%u%s;", address.port, flags);
}


static void
unix_print(adopt_t *adopt, const char *path, const char *flags)
{
    const char *word =
        value_nginx(adopt->pool, pool_printf(adopt->pool, "unix:%s", path));

    if (word == NULL || path[0] != '/') {
        adopt_fail(
            adopt, "http.addr",
            "\"%s\": nginx.conf cannot express it as the path of a socket",
            path);
        return;
    }

    adopt_add(adopt, &adopt->server, "    listen %s%s;", word, flags);
}


static void
listen_print(adopt_t *adopt)
{
    const char *net = adopt_text(adopt->root, "http.net", "");
    bool has_http2 =
        adopt->is_tls && !adopt_switch(adopt, "http.http2.disabled", false);
    const char *flags = !adopt->is_tls                     ? ""
                        : has_http2 && !NGINX_HAS_HTTP2_ON ? " ssl http2"
                                                           : " ssl";

    if (strcmp(net, "unix") == 0) {
        unix_print(adopt, adopt_text(adopt->root, "http.addr", ""), flags);

    } else if (net[0] == '\0' || strcmp(net, "tcp") == 0) {
        address_print(adopt, &adopt->server, "http.addr",
                      adopt_text(adopt->root, "http.addr", ":5000"), flags,
                      PORT);
    } else {
        adopt_fail(adopt, "http.net", "\"%s\" is neither tcp nor unix", net);
    }

    if (has_http2 && NGINX_HAS_HTTP2_ON) {
        adopt_add(adopt, &adopt->server, "    http2 on;");
    }
}


/* --- TLS ----------------------------------------------------------------- */


static void
protocols_print(adopt_t *adopt)
{
    static const struct {
        const char *minimum, *protocols;
    } rows[] = { { "tls1.0", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3" },
                 { "tls1.1", "TLSv1.1 TLSv1.2 TLSv1.3" },
                 { "tls1.2", "TLSv1.2 TLSv1.3" },
                 { "tls1.3", "TLSv1.3" } };
    const char *minimum =
        adopt_text(adopt->root, "http.tls.minimumtls", "tls1.2");
    const char *protocols = NULL;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(minimum, rows[i].minimum) == 0) {
            protocols = rows[i].protocols;
        }
    }

    if (protocols == NULL) {
        adopt_note(adopt, "http.tls.minimumtls",
                   "\"%s\" is unknown; TLSv1.2 is used", minimum);
        protocols = "TLSv1.2 TLSv1.3";
    }

    adopt_add(adopt, &adopt->server, "    ssl_protocols %s;", protocols);
}


/* Where a client's certificate cannot be asked for as it was, it is
 * required. */
static const char *
verification(adopt_t *adopt)
{
    const char *how = adopt_text(adopt->root, "http.tls.clientauth",
                                 "require-and-verify-client-cert");

    if (strcmp(how, "verify-client-cert-if-given") == 0) {
        return "optional";
    }

    if (strcmp(how, "request-client-cert") == 0) {
        return "optional_no_ca";
    }

    if (strcmp(how, "require-and-verify-client-cert") != 0) {
        adopt_note(adopt, "http.tls.clientauth",
                   "nginx does not know \"%s\"; certificates are required and "
                   "verified",
                   how);
    }

    return "on";
}


/* The first of a list, or a word by itself; NULL where it is neither. */
static const char *
first_of(json_t *value)
{
    return json_string_value(json_is_array(value) ? json_array_get(value, 0)
                                                  : value);
}


static void
clients_print(adopt_t *adopt)
{
    json_t *files = adopt_at(adopt->root, "http.tls.clientcas");
    const char *first = first_of(files);
    const char *word;

    if (files == NULL || json_is_null(files)
        || (json_is_array(files) && json_array_size(files) == 0)) {
        return;
    }

    if (json_array_size(files) > 1) {
        adopt_note(adopt, "http.tls.clientcas",
                   "nginx reads one file, so write all of them into one; only "
                   "the first is trusted");
    }

    word =
        first == NULL ? NULL : adopt_word(adopt, "http.tls.clientcas", first);

    if (word == NULL) {
        adopt_note(adopt, "http.tls.clientcas", "all access is denied");
        adopt_add(adopt, &adopt->location, "        deny all;");
        return;
    }

    adopt_add(adopt, &adopt->server, "    ssl_client_certificate %s;", word);
    adopt_add(adopt, &adopt->server, "    ssl_verify_client %s;",
              verification(adopt));
}


/* A file that is not known is left to the operator: nginx does not start
 * without it, rather than speak plain HTTP. */
static void
tls_print(adopt_t *adopt)
{
    static const char *files[][2] = {
        { "http.tls.certificate", "ssl_certificate" },
        { "http.tls.key", "ssl_certificate_key" },
    };

    for (size_t i = 0; i < 2; i++) {
        const char *file = adopt_text(adopt->root, files[i][0], NULL);
        const char *word =
            file == NULL ? NULL : adopt_word(adopt, files[i][0], file);

        if (word == NULL) {
            adopt_note(adopt, files[i][0],
                       "write it into the server block: %s FILE", files[i][1]);
            continue;
        }

        adopt_add(adopt, &adopt->server, "    %s %s;", files[i][1], word);
    }

    protocols_print(adopt);
    clients_print(adopt);
}


/* --- headers ------------------------------------------------------------- */


static bool
header_is_valid(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    return name[0] != '\0' && name[strspn(name, letters)] == '\0';
}


static bool
header_is_own(const char *name)
{
    for (size_t i = 0; i < sizeof(own_headers) / sizeof(own_headers[0]); i++) {
        if (strcasecmp(name, own_headers[i]) == 0) {
            return true;
        }
    }

    return false;
}


static void
header_print(adopt_t *adopt, const char *name, json_t *value)
{
    const char *path = pool_printf(adopt->pool, "http.headers.%s", name);
    const char *word;

    if (header_is_own(name)) {
        adopt_note(adopt, path, "the registry always sends it");
        return;
    }

    if (!header_is_valid(name) || !json_is_string(value)) {
        adopt_note(adopt, path, "it is not a header with values");
        return;
    }

    word = adopt_word(adopt, path, json_string_value(value));

    if (word != NULL) {
        adopt_add(adopt, &adopt->server, "    add_header %s %s always;", name,
                  word);
    }
}


static void
headers_print(adopt_t *adopt)
{
    const char *name;
    json_t *values, *value;
    size_t i;

    json_object_foreach(adopt_at(adopt->root, "http.headers"), name, values)
    {
        if (!json_is_array(values)) {
            header_print(adopt, name, values);
        }

        json_array_foreach(values, i, value)
        {
            header_print(adopt, name, value);
        }
    }
}


/* --- the rest ------------------------------------------------------------ */


/* Prometheus had a port of its own. */
static void
debug_print(adopt_t *adopt)
{
    const char *addr = adopt_text(adopt->root, "http.debug.addr", "");
    const char *path =
        adopt_text(adopt->root, "http.debug.prometheus.path", "/metrics");
    const char *word = adopt_word(adopt, "http.debug.prometheus.path", path);

    if (addr[0] == '\0') {
        return;
    }

    if (!adopt_switch(adopt, "http.debug.prometheus.enabled", false)
        || word == NULL || path[0] != '/') {
        adopt_note(adopt, "http.debug.addr",
                   "only metrics are available: registry_metrics");
        return;
    }

    adopt_note(adopt, "http.debug.addr",
               "only the metrics are available, with other names, and nothing "
               "below /debug; use / of the registry for health checks");

    adopt_add(adopt, &adopt->debug, "\nserver {");
    address_print(adopt, &adopt->debug, "http.debug.addr", addr, "",
                  DEBUG_PORT);
    adopt_add(adopt, &adopt->debug,
              "\n    location = %s {\n        registry_metrics;\n    }\n\n"
              "    location / {\n        return 404;\n    }\n}",
              word);
}


static void
rest_print(adopt_t *adopt)
{
    const char *prefix = adopt_text(adopt->root, "http.prefix", "");

    if (prefix[strspn(prefix, "/")] != '\0') {
        adopt_note(adopt, "http.prefix",
                   "a registry is served at /v2/ of its host, "
                   "not below %s",
                   prefix);
    }

    if (!adopt_switch(adopt, "http.relativeurls", true)) {
        adopt_note(adopt, "http.relativeurls", "every Location is a path");
    }

    if (adopt_switch(adopt, "log.accesslog.disabled", false)) {
        adopt_add(adopt, &adopt->server, "    access_log off;");
    }
}


void
adopt_server(adopt_t *adopt)
{
    adopt->is_tls =
        adopt_text(adopt->root, "http.tls.certificate", NULL) != NULL
        || adopt_text(adopt->root, "http.tls.key", NULL) != NULL
        || json_is_object(adopt_at(adopt->root, "http.tls.letsencrypt"));
    listen_print(adopt);

    if (adopt->is_tls) {
        tls_print(adopt);
    }

    headers_print(adopt);
    debug_print(adopt);
    rest_print(adopt);
}
