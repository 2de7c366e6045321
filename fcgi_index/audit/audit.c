/* audit.c: who did what. */

#include "audit/audit.h"
#include "common/name.h"
#include "fcgi_core/log.h"

#define PURGE_BATCH 1024 /* more than come between two purges */
#define FOLD_SECONDS 600
#define TARGET_MAX 512 /* bytes; the column holds as many characters */

const char *const audit_words[] = {
#define AUDIT(name, word, help) word,
#include "audit/audit.def"
#undef AUDIT
    NULL
};

const char *const audit_kinds[] = { "anonymous", "session",  "password",
                                    "token",     "operator", NULL };


static const uint64_t *
id_or_null(const uint64_t *id)
{
    return *id != 0 ? id : NULL;
}


/* Cut between characters. */
static const char *
target_of(pool_t *pool, const char *target)
{
    str_t text = reg_cstr(target != NULL ? target : "");

    if (text.len > TARGET_MAX) {
        text.len = TARGET_MAX;

        while (text.len != 0 && (text.data[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }

    return pool_strndup(pool, text);
}


/* What is too long is left out: the rest of the row is worth more. */
static const char *
data_print(pool_t *pool, json_t *data)
{
    char *text = pool_alloc(pool, AUDIT_DATA_MAX + 1);
    size_t len;

    if (data == NULL) {
        return "{}";
    }

    json_pooled(pool, data);
    len = json_dumpb(data, text, AUDIT_DATA_MAX, JSON_COMPACT);

    return len != 0 && len <= AUDIT_DATA_MAX ? text : "{}";
}


int
audit_add(db_t *db, const audit_actor_t *actor, int64_t now,
          const audit_t *audit)
{
    pool_t *pool = db_pool(db);

    return db_audit_add(
        db, now, id_or_null(&actor->id), actor->login, actor->kind,
        id_or_null(&actor->token_id), actor->address,
        audit_words[audit->action], id_or_null(&audit->namespace_id),
        id_or_null(&audit->repository_id), target_of(pool, audit->target),
        data_print(pool, audit->data));
}


/* What is no login may be a password that was typed in the wrong place. */
void
audit_login_failure(db_t *db, str_t login, const char *address, int64_t now)
{
    pool_t *pool = db_pool(db);
    const char *word = audit_words[AUDIT_SESSION_FAIL];
    const char *target =
        reg_actor_is_valid(login) ? pool_strndup(pool, login) : "";
    const char *key = pool_printf(pool, "%s %s %s %lld", word, target, address,
                                  (long long)(now / FOLD_SECONDS));

    if (db_audit_fold(db, key, now, audit_kinds[0], address, word, target)
        == ERROR) {
        log_info("a wrong password was not written to the audit log");
    }
}


int
audit_purge(db_t *db, int64_t before)
{
    return db_audit_purge(db, before, PURGE_BATCH);
}


json_t *
audit_json(const audit_item_row_t *row)
{
    json_t *data = json_loads(row->data, 0, NULL);

    return json_pack(
        "{s:I, s:o, s:o, s:s, s:o, s:s, s:s, s:o, s:I, s:o, s:o}", "id",
        (json_int_t)row->id, "at", json_time(row->at), "actor",
        json_text_or_null(row->actor), "actor_kind", row->actor_kind,
        "access_token", json_number_or_null(row->token_id), "address",
        row->address, "action", row->action, "target",
        json_text_or_null(row->target), "count", (json_int_t)row->n, "last_at",
        json_time(row->last_at != NULL ? *row->last_at : row->at), "data",
        data != NULL ? data : json_object());
}
