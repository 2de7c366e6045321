/* verdict.c: the text that says what a token grants. */

#include "verdict.h"
#include "encode.h"
#include "hash.h"
#include "range.h"
#include "writer.h"


/* Takes a line and its LF off the front of text; false where no LF is left. */
static bool
take_line(reg_str_t *text, reg_str_t *line_r)
{
    unsigned char *end;

    if (text->len == 0) {
        return false;
    }

    end = memchr(text->data, '\n', text->len);

    if (end == NULL) {
        return false;
    }

    *line_r = (reg_str_t){ (size_t)(end - text->data), text->data };
    text->len -= line_r->len + 1;
    text->data = end + 1;

    return true;
}


/* Takes a line that begins with key off the front of text and gives what
 * stands behind the key; leaves text alone where there is none. */
static bool
take_field(reg_str_t *text, const char *key, reg_str_t *value_r)
{
    size_t len = strlen(key);
    reg_str_t rest = *text, line;

    if (!take_line(&rest, &line) || line.len < len
        || memcmp(line.data, key, len) != 0) {
        return false;
    }

    *value_r = (reg_str_t){ line.len - len, line.data + len };
    *text = rest;

    return true;
}


static bool
grants_are_valid(reg_str_t grants)
{
    reg_scope_t scope;
    reg_str_t value;

    for (int n = 0; n <= REG_VERDICT_GRANTS_MAX; n++) {
        if (grants.len == 0) {
            return true;
        }

        if (!take_field(&grants, "grant ", &value)
            || reg_scope_parse(value, &scope) != REG_OK) {
            return false;
        }
    }

    return false;
}


int
reg_verdict_parse_head(reg_str_t text, reg_verdict_t *verdict_r)
{
    reg_verdict_t verdict = { 0, { 0, NULL }, { 0, NULL }, { 0, NULL } };
    reg_str_t version, expires;
    uint64_t seconds;

    if (text.len > REG_VERDICT_MAX
        || !take_field(&text, "slipway-verdict ", &version)
        || !reg_str_eq(version, reg_str("1"))
        || !take_field(&text, "expires ", &expires)
        || reg_number_parse(expires, &seconds) != REG_OK
        || !take_field(&text, "service ", &verdict.service)
        || !reg_service_is_valid(verdict.service)) {
        return REG_ERROR;
    }

    if (take_field(&text, "account ", &verdict.account)
        && !reg_account_is_valid(verdict.account)) {
        return REG_ERROR;
    }

    verdict.expires = (int64_t)seconds;
    verdict.grants = text;
    *verdict_r = verdict;

    return REG_OK;
}


int
reg_verdict_parse(reg_str_t text, reg_verdict_t *verdict_r)
{
    reg_verdict_t verdict;

    if (reg_verdict_parse_head(text, &verdict) != REG_OK
        || !grants_are_valid(verdict.grants)) {
        return REG_ERROR;
    }

    *verdict_r = verdict;

    return REG_OK;
}


int
reg_verdict_next_grant(const reg_verdict_t *verdict, size_t *pos,
                       reg_scope_t *scope_r)
{
    reg_str_t rest, value;

    if (*pos >= verdict->grants.len) {
        return REG_DECLINED;
    }

    rest =
        (reg_str_t){ verdict->grants.len - *pos, verdict->grants.data + *pos };

    if (!take_field(&rest, "grant ", &value)
        || reg_scope_parse(value, scope_r) != REG_OK) {
        return REG_DECLINED;
    }

    *pos = verdict->grants.len - rest.len;

    return REG_OK;
}


/* Whether a grant may be of that name, which stands between the first colon
 * and the last one: a look that is cheap for the many that are not. */
static bool
may_name(reg_str_t grant, reg_str_t name)
{
    unsigned char *colon =
        grant.len != 0 ? memchr(grant.data, ':', grant.len) : NULL;
    size_t rest =
        colon != NULL ? (size_t)(grant.data + grant.len - (colon + 1)) : 0;

    return name.len != 0 && rest > name.len && colon[1 + name.len] == ':'
           && memcmp(colon + 1, name.data, name.len) == 0;
}


int
reg_verdict_actions(const reg_verdict_t *verdict, reg_str_t type,
                    reg_str_t name, unsigned *actions_r)
{
    int rc = REG_DECLINED;
    reg_str_t rest = verdict->grants, grant;
    reg_scope_t scope;

    *actions_r = 0;

    while (take_field(&rest, "grant ", &grant)) {
        if (may_name(grant, name) && reg_scope_parse(grant, &scope) == REG_OK
            && reg_str_eq(scope.type, type) && reg_str_eq(scope.name, name)) {
            *actions_r |= scope.actions;
            rc = REG_OK;
        }
    }

    return rc;
}


/* A text longer than REG_VERDICT_MAX would be refused by the parser. */
static reg_writer_t
verdict_writer(char *buf, size_t size)
{
    return reg_writer(buf, size < REG_VERDICT_MAX ? size : REG_VERDICT_MAX);
}


static void
put_field(reg_writer_t *w, const char *key, reg_str_t value)
{
    reg_put_cstr(w, key);
    reg_put(w, value);
    reg_put_char(w, '\n');
}


int
reg_verdict_print(char *buf, size_t size, const reg_verdict_t *verdict)
{
    reg_writer_t w = verdict_writer(buf, size);

    if (verdict->expires < 0 || !reg_service_is_valid(verdict->service)
        || (verdict->account.len != 0
            && !reg_account_is_valid(verdict->account))) {
        return REG_ERROR;
    }

    reg_put_cstr(&w, "slipway-verdict 1\nexpires ");
    reg_put_number(&w, (uint64_t)verdict->expires);
    put_field(&w, "\nservice ", verdict->service);

    if (verdict->account.len != 0) {
        put_field(&w, "account ", verdict->account);
    }

    return reg_writer_len(&w);
}


static void
put_scope(reg_writer_t *w, const reg_scope_t *scope)
{
    char actions[REG_ACTIONS_MAX + 1];

    reg_put(w, scope->type);

    if (scope->klass.len != 0) {
        reg_put_char(w, '(');
        reg_put(w, scope->klass);
        reg_put_char(w, ')');
    }

    reg_put_char(w, ':');
    reg_put(w, scope->name);
    reg_put_char(w, ':');
    reg_actions_print(scope->actions, actions);
    reg_put_cstr(w, actions);
}


/* True where the text is read as that scope: a name with a LF in it, or a
 * type with a colon, would grant something else. */
static bool
scope_reads_back(reg_str_t text, const reg_scope_t *scope)
{
    reg_scope_t read;

    return reg_scope_parse(text, &read) == REG_OK
           && reg_str_eq(read.type, scope->type)
           && reg_str_eq(read.klass, scope->klass)
           && reg_str_eq(read.name, scope->name);
}


int
reg_verdict_print_grant(char *buf, size_t size, size_t len, size_t n,
                        const reg_scope_t *scope)
{
    reg_writer_t w = verdict_writer(buf, size);
    reg_str_t text;
    size_t start;

    if (len > w.size || n >= REG_VERDICT_GRANTS_MAX) {
        return REG_ERROR;
    }

    w.len = len;
    reg_put_cstr(&w, "grant ");
    start = w.len;
    put_scope(&w, scope);
    text = (reg_str_t){ w.len - start, (unsigned char *)buf + start };

    if (!w.is_full && !scope_reads_back(text, scope)) {
        return REG_DECLINED;
    }

    reg_put_char(&w, '\n');

    return reg_writer_len(&w);
}


/* In hex.  The inner MAC is a secret for this key alone, so that a verdict
 * counts for no other token. */
static void
seal_print(reg_str_t secret, reg_str_t key, reg_str_t text, char *hex)
{
    unsigned char own[REG_HMAC_SIZE], mac[REG_HMAC_SIZE];

    reg_hmac(secret, key, own);
    reg_hmac((reg_str_t){ sizeof(own), own }, text, mac);
    reg_hex_encode(mac, sizeof(mac), hex);
}


int
reg_verdict_seal(char *buf, size_t size, size_t len, reg_str_t secret,
                 reg_str_t key)
{
    reg_writer_t w = reg_writer(buf, size);
    reg_str_t text = { len, (unsigned char *)buf };
    char hex[2 * REG_HMAC_SIZE];

    if (len > REG_VERDICT_MAX || len > size) {
        return REG_ERROR;
    }

    seal_print(secret, key, text, hex);
    w.len = len;
    put_field(&w, "seal ", (reg_str_t){ sizeof(hex), (unsigned char *)hex });

    return reg_writer_len(&w);
}


int
reg_verdict_unseal(reg_str_t sealed, reg_str_t secret, reg_str_t key,
                   reg_str_t *text_r)
{
    char hex[2 * REG_HMAC_SIZE];
    reg_str_t text = sealed, line, seal;
    unsigned char differs = 0;

    if (sealed.len < REG_VERDICT_SEAL_LEN
        || sealed.len > REG_VERDICT_SEALED_MAX) {
        return REG_DECLINED;
    }

    text.len -= REG_VERDICT_SEAL_LEN;
    line = (reg_str_t){ REG_VERDICT_SEAL_LEN, text.data + text.len };

    if (!take_field(&line, "seal ", &seal) || seal.len != sizeof(hex)) {
        return REG_DECLINED;
    }

    seal_print(secret, key, text, hex);

    for (size_t i = 0; i < sizeof(hex); i++) {
        differs |= seal.data[i] ^ (unsigned char)hex[i];
    }

    if (differs != 0) {
        return REG_DECLINED;
    }

    *text_r = text;

    return REG_OK;
}
