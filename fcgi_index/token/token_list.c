/* token_list.c: lists of grants that do not fit into the text of a token. */

#include "token/token_list.h"
#include "db/db_token_list.h"
#include "token/token.h"
#include "fcgi_core/log.h"

#define LINE "list "
#define LINE_LEN (sizeof(LINE) - 1 + TOKEN_HASH_LEN + 1)


static const char *
list_hash(pool_t *pool, str_t account, str_t grants)
{
    return token_hash(pool, reg_cstr(pool_printf(pool, "%.*s\n%.*s",
                                                 STR(account), STR(grants))));
}


size_t
token_lists_max(uint64_t account_id)
{
    return account_id == 0 ? TOKEN_LISTS_ANONYMOUS_MAX : TOKEN_LISTS_MAX;
}


token_list_t
token_list(pool_t *pool, str_t verdict)
{
    token_list_t list = { .head = verdict };
    reg_verdict_t parsed;

    if (reg_verdict_parse_head(verdict, &parsed) == REG_OK) {
        list.grants = parsed.grants;
        list.head.len -= parsed.grants.len;
        list.hash = list_hash(pool, parsed.account, parsed.grants);
    }

    return list;
}


str_t
token_list_text(pool_t *pool, const token_list_t *list)
{
    return reg_cstr(
        pool_printf(pool, "%.*s" LINE "%s\n", STR(list->head), list->hash));
}


/* Kept for twice as long as the token is good, so that of many tokens with one
 * list few have to write. */
static int
store(db_t *db, const token_list_t *list, const grant_list_t *grants)
{
    int64_t expires_at = 2 * list->expires_at - list->now;

    if (db_token_list_add(db, list->hash, list->account_id,
                          pool_strndup(db_pool(db), list->grants),
                          list->grants.len, expires_at)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < grants->n; i++) {
        const grant_t *grant = &grants->grants[i];

        if (!grant->is_catalog
            && db_token_list_name_add(db, list->hash, grant->name) != OK) {
            return ERROR;
        }
    }

    return OK;
}


int
token_list_store(db_t *db, const token_list_t *list, const grant_list_t *grants)
{
    token_list_expiry_row_t row;
    token_list_used_row_t used;
    int rc = db_token_list_expiry(db, list->hash, &row);

    if (rc == ERROR || (rc == OK && row.expires_at >= list->expires_at)) {
        return rc;
    }

    if (rc == DECLINED || row.expires_at <= list->now) {
        if (db_token_list_used(db, list->account_id, list->now, &used) != OK) {
            return ERROR;
        }

        if (used.size + list->grants.len > token_lists_max(list->account_id)) {
            return DECLINED;
        }
    }

    return store(db, list, grants);
}


int
token_list_split(pool_t *pool, str_t text, str_t *head_r, const char **hash_r)
{
    str_t line;

    if (text.len < LINE_LEN) {
        return DECLINED;
    }

    line = (str_t){ LINE_LEN, text.data + text.len - LINE_LEN };

    if (memcmp(line.data, LINE, sizeof(LINE) - 1) != 0) {
        return DECLINED;
    }

    *head_r = (str_t){ text.len - LINE_LEN, text.data };
    *hash_r = pool_strndup(
        pool, (str_t){ TOKEN_HASH_LEN, line.data + sizeof(LINE) - 1 });

    return OK;
}


int
token_list_load(db_t *db, str_t head, const char *hash, str_t *verdict_r)
{
    pool_t *pool = db_pool(db);
    token_list_grants_row_t row;
    reg_verdict_t parsed;
    int rc = db_token_list_grants(db, hash, &row);

    if (rc != OK) {
        return rc;
    }

    *verdict_r = reg_cstr(pool_printf(pool, "%.*s%s", STR(head), row.grants));

    if (reg_verdict_parse(*verdict_r, &parsed) != REG_OK
        || strcmp(list_hash(pool, parsed.account, parsed.grants), hash) != 0) {
        log_error("the list of grants %s was changed in the database", hash);
        return DECLINED;
    }

    return OK;
}
