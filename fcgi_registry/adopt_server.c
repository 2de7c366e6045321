/* adopt_server.c: the server block: where it listens, TLS, headers. */

#include "adopt_part.h"

#include <strings.h>

/* Response headers that are the module's own. */
static const char *own_headers[] = {
    "docker-distribution-api-version",
    "content-type",
    "content-length",
    "docker-content-digest",
    "x-content-type-options",
};


/* --- where it listens ---------------------------------------------------- */


/* "host:1", "[::]:1" or ":1"; the port in *port_r. */
static bool
address_is_valid(const char *addr, const char **port_r)
{
    const char *colon = strrchr(addr, ':');
    size_t host_len = colon == NULL ? 0 : (size_t)(colon - addr);
    char *end;
    long port;

    if (colon == NULL || colon[1] < '1' || colon[1] > '9'
        || strspn(addr, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789.-:[]")
               < host_len) {
        return false;
    }

    port = strtol(colon + 1, &end, 10);
    *port_r = colon + 1;

    return *end == '\0' && port <= 65535;
}


/* Without a host Go listens for IPv4 and IPv6 alike. */
static void
address_print(adopt_t *adopt, const char **text, const char *path,
              const char *addr, const char *flags)
{
    const char *port;

    if (!address_is_valid(addr, &port)) {
        adopt_note(adopt, path,
                   "\"%s\" is no address with a port; it is 5000 now", addr);
        addr = ":5000";
        port = "5000";
    }

    if (addr[0] != ':' && strncmp(addr, "[::]:", 5) != 0) {
        adopt_add(adopt, text, "    listen %s%s;", addr, flags);
        return;
    }

    adopt_add(adopt, text, "    listen %s%s;", port, flags);
    adopt_add(adopt, text, "    listen [::]:%s%s;", port, flags);
}


static void
listen_print(adopt_t *adopt)
{
    const char *addr = adopt_text(adopt->root, "http.addr", ":5000");
    const char *net = adopt_text(adopt->root, "http.net", "tcp");
    bool has_http2 = !adopt_switch(adopt, "http.http2.disabled", false);
    const char *flags = !adopt->is_tls ? "" : has_http2 ? " ssl http2" : " ssl";

    if (strcmp(net, "unix") == 0) {
        const char *word = adopt_word(
            adopt, "http.addr", pool_printf(adopt->pool, "unix:%s", addr));

        if (word != NULL) {
            adopt_add(adopt, &adopt->server, "    listen %s%s;", word, flags);
            return;
        }

        addr = ":5000";
    }

    address_print(adopt, &adopt->server, "http.addr", addr, flags);
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
                   "\"%s\" is unknown; it is TLSv1.2", minimum);
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
        adopt_note(adopt, "http.tls.clientcas", "nobody is let in");
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
        adopt_note(adopt, path, "the registry sends it by itself");
        return;
    }

    if (!header_is_valid(name) || !json_is_string(value)) {
        adopt_note(adopt, path, "it is no header with values");
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
                   "there is nothing to see but metrics: "
                   "registry_metrics");
        return;
    }

    adopt_note(adopt, "http.debug.addr",
               "of its pages it has the metrics, by other names, and none "
               "below /debug; a probe of health may ask / of the registry");

    adopt_add(adopt, &adopt->debug, "\nserver {");
    address_print(adopt, &adopt->debug, "http.debug.addr", addr, "");
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
