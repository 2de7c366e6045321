/* param.c: the parameters of paths, and what names look like. */

#include "api/param.h"
#include "access/credential.h"
#include "common/digest.h"
#include "common/name.h"
#include "common/utc.h"
#include "registry/registry_map.h"
#include "webhook/callback.h"

#define COMPONENT "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*"


static bool
is_namespace(str_t text)
{
    return reg_name_is_valid(text) && memchr(text.data, '/', text.len) == NULL;
}


static bool
is_digest(str_t text)
{
    reg_digest_t digest;

    return reg_digest_parse(text, &digest) == REG_OK;
}


static bool
consists_of(str_t text, const char *set)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\0' || strchr(set, text.data[i]) == NULL) {
            return false;
        }
    }

    return true;
}


static bool
is_login_prefix(str_t text)
{
    return consists_of(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
}


static bool
is_address(str_t text)
{
    return consists_of(text, "0123456789abcdefABCDEF.:");
}


static bool
is_time(str_t text)
{
    int64_t at;

    return text.len == PARAM_TIME_LEN && text.data[text.len - 1] == 'Z'
           && reg_utc_parse(text, &at) == REG_OK;
}


const grammar_t grammar_login_prefix = { "^[a-z0-9._-]+$", is_login_prefix };
const grammar_t grammar_address = { "^[0-9a-fA-F.:]+$", is_address };
const grammar_t grammar_time = {
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", is_time
};
const grammar_t grammar_account = { "^" COMPONENT "(?:\\+" COMPONENT ")?$",
                                    reg_actor_is_valid };
const grammar_t grammar_login = { "^" COMPONENT "$", reg_login_is_valid };
const grammar_t grammar_namespace = { "^" COMPONENT "$", is_namespace };
const grammar_t grammar_repository = { "^" COMPONENT "(?:/" COMPONENT ")*$",
                                       reg_name_is_valid };
const grammar_t grammar_tag = { "^[a-zA-Z0-9_][a-zA-Z0-9._-]*$",
                                reg_tag_is_valid };
const grammar_t grammar_digest = {
    "^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$", is_digest
};
const grammar_t grammar_registry = { "^[a-z0-9][a-z0-9-]*$",
                                     registry_name_is_valid };
const grammar_t grammar_pattern = { "^[a-z0-9._/*-]+$", credential_is_pattern };

static const grammar_t grammar_callback = { "^[0-9a-f]{32}$",
                                            callback_is_token };

static const path_param_t params[] = {
    { "login", FIELD_STRING, REG_LOGIN_MAX, &grammar_login,
      "Login of an account." },
    { "namespace", FIELD_STRING, REG_NAME_MAX, &grammar_namespace,
      "Name of a namespace: the first component of its repositories' names." },
    { "repository", FIELD_STRING, REG_NAME_MAX, &grammar_repository,
      "Name of a repository, its slashes encoded as %2F." },
    { "account", FIELD_STRING, REG_LOGIN_MAX, &grammar_account,
      "Login of an account, or of a robot." },
    { "team", FIELD_STRING, REG_LOGIN_MAX, &grammar_login, "Name of a team." },
    { "tag", FIELD_STRING, REG_TAG_MAX, &grammar_tag, "Name of a tag." },
    { "robot", FIELD_STRING, REG_LOGIN_MAX, &grammar_login,
      "Name of a robot in its namespace." },
    { "digest", FIELD_STRING, REG_DIGEST_MAX, &grammar_digest,
      "Digest of a manifest." },
    { "callback", FIELD_STRING, CALLBACK_TOKEN_LEN, &grammar_callback,
      "The random part of a callback_url." },
    { "registry", FIELD_STRING, REGISTRY_NAME_MAX, &grammar_registry,
      "Name of a registry of the map." },
    { "delivery", FIELD_INTEGER, 0, NULL, "Number of the delivery." },
    { "id", FIELD_INTEGER, 0, NULL, "Number of the thing in its list." },
};


const path_param_t *
path_param_find(str_t name)
{
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        if (reg_str_eq(reg_cstr(params[i].name), name)) {
            return &params[i];
        }
    }

    return NULL;
}
