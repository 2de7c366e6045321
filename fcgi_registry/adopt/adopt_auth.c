/* adopt_auth.c: who is let in. */

#include "adopt/adopt_part.h"

#include <sys/stat.h>


static bool
is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}


static void
htpasswd_print(adopt_t *adopt)
{
    const char *path = adopt_text(adopt->root, "auth.htpasswd.path", "");
    const char *realm =
        adopt_text(adopt->root, "auth.htpasswd.realm", "Registry");
    const char *realm_word = adopt_word(adopt, "auth.htpasswd.realm", realm);
    const char *path_word = adopt_word(adopt, "auth.htpasswd.path", path);

    if (path_word == NULL || path[0] != '/') {
        adopt_note(adopt, "auth.htpasswd",
                   "it has no absolute path; all access is denied");
        adopt_add(adopt, &adopt->location, "        deny all;");
        return;
    }

    if (!is_file(path)) {
        adopt_note(adopt, "auth.htpasswd.path",
                   "the file does not exist: all access is denied until "
                   "htpasswd -cB creates it");
    }

    adopt_add(adopt, &adopt->location, "        auth_basic %s;",
              realm_word != NULL ? realm_word : "Registry");
    adopt_add(adopt, &adopt->location, "        auth_basic_user_file %s;",
              path_word);
}


/* --- tokens -------------------------------------------------------------- */


/* A setting of auth.token as a word; NULL where it is missing. */
static const char *
token_word(adopt_t *adopt, const char *name)
{
    const char *path = pool_printf(adopt->pool, "auth.token.%s", name);
    const char *text = adopt_text(adopt->root, path, "");

    return text[0] == '\0' ? NULL : adopt_word(adopt, path, text);
}


/* What clients call the registry: http.host without its path. */
static const char *
base_url(adopt_t *adopt)
{
    const char *host = adopt_text(adopt->root, "http.host", "");
    const char *authority = strstr(host, "://");

    if (authority == NULL) {
        adopt_note(adopt, "auth.token.autoredirect",
                   "write the name of the registry into registry_realm: a "
                   "client's Host must not decide where passwords go");
        return "https://registry.example";
    }

    authority += strlen("://");

    return pool_printf(
        adopt->pool, "%.*s",
        (int)(authority - host + (ptrdiff_t)strcspn(authority, "/?#")), host);
}


/* The URL where clients get tokens; NULL where there is none. */
static const char *
realm_word(adopt_t *adopt)
{
    const char *path;

    if (!adopt_switch(adopt, "auth.token.autoredirect", false)) {
        return token_word(adopt, "realm");
    }

    path =
        adopt_text(adopt->root, "auth.token.autoredirectpath", "/auth/token");

    return path[0] == '/' ? adopt_word(
               adopt, "auth.token.autoredirectpath",
               pool_printf(adopt->pool, "%s%s", base_url(adopt), path))
                          : NULL;
}


/* The parameter of a file with keys, if there is one. */
static bool
keys_print(adopt_t *adopt, const char *name, const char *param)
{
    const char *path = pool_printf(adopt->pool, "auth.token.%s", name);
    const char *file = adopt_text(adopt->root, path, "");
    const char *word = token_word(adopt, name);

    if (word == NULL) {
        return false;
    }

    if (file[0] != '/' || !is_file(file)) {
        adopt_note(adopt, path,
                   "slipway-registry must be able to read it, by its absolute "
                   "path");
    }

    adopt_add(adopt, &adopt->locations, "        fastcgi_param %s %s;", param,
              word);

    return true;
}


/* The location that answers what a token grants. */
static bool
verdict_print(adopt_t *adopt, const char *issuer)
{
    bool has_certificates, has_keys;

    adopt_add(adopt, &adopt->locations,
              "    location = /_registry/verdict {\n"
              "        internal;\n"
              "        fastcgi_pass unix:/run/slipway/registry/registry.sock;\n"
              "        include registry_params;\n"
              "        fastcgi_param REGISTRY_ROUTE verdict;\n"
              "        fastcgi_param REGISTRY_SERVICE $registry_service;\n"
              "        fastcgi_param REGISTRY_TOKEN_ISSUER %s;",
              issuer);
    has_certificates =
        keys_print(adopt, "rootcertbundle", "REGISTRY_TOKEN_CERTIFICATES");
    has_keys = keys_print(adopt, "jwks", "REGISTRY_TOKEN_KEYS");
    adopt_add(adopt, &adopt->locations, "    }\n");

    return has_certificates || has_keys;
}


static void
token_print(adopt_t *adopt)
{
    const char *realm = realm_word(adopt);
    const char *service = token_word(adopt, "service");
    const char *issuer = token_word(adopt, "issuer");

    if (realm == NULL || service == NULL || issuer == NULL
        || !verdict_print(adopt, issuer)) {
        adopt_note(adopt, "auth.token",
                   "a realm, a service, an issuer and its keys are needed; all "
                   "access is denied");
        adopt->locations = "";
        adopt_add(adopt, &adopt->location, "        deny all;");
        return;
    }

    adopt_add(adopt, &adopt->server,
              "    large_client_header_buffers 4 40k;\n"
              "    registry_realm %s;\n"
              "    registry_service %s;\n"
              "    registry_verdict /_registry/verdict;",
              realm, service);
}


/* --- which --------------------------------------------------------------- */


/* The rules report each setting that is not carried over. */
void
adopt_auth(adopt_t *adopt)
{
    static const struct {
        const char *name;
        void (*print)(adopt_t *adopt);
    } rows[] = { { "htpasswd", htpasswd_print }, { "token", token_print } };
    json_t *auth = adopt_at(adopt->root, "auth");

    if (auth == NULL || json_is_null(auth)
        || (json_is_object(auth) && json_object_size(auth) == 0)) {
        return;
    }

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (json_object_size(auth) == 1
            && json_object_get(auth, rows[i].name) != NULL) {
            rows[i].print(adopt);
            return;
        }
    }

    if (json_object_size(auth) > 1) {
        adopt_note(adopt, "auth",
                   "there is more than one; all access is denied");
    }

    adopt_add(adopt, &adopt->location, "        deny all;");
}
