/* api_invitation.c: invitations to sign up. */

#include "api/api_invitation.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "db/db_sign_up_invitation.h"
#include "fcgi_core/reply.h"
#include "token/secret_text.h"
#include "token/token.h"

#define DAY 86400
#define DAYS_DEFAULT 7
#define DAYS_MAX 90
#define NOTE_CHARACTERS 255

const field_t api_invitation_create_body[] = {
    { .name = "note",
      .type = FIELD_STRING,
      .max = NOTE_CHARACTERS,
      .help = "Whom it is for; administrators see it." },
    { .name = "expires_in_days",
      .type = FIELD_INTEGER,
      .min = 1,
      .max = DAYS_MAX,
      .help = "How long it is valid; 7 by default." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "note", .type = FIELD_STRING, .help = "Whom it is for." },
    { .name = "created_by",
      .type = FIELD_STRING,
      .help = "Login of the administrator that made it." },
    { .name = "created_at", .type = FIELD_TIME, .help = "When it was made." },
    { .name = "expires_at", .type = FIELD_TIME, .help = "When it ends." },
    { .name = "used_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When an account was created with it." },
    { .name = "used_by",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The login that signed up with it." },
    { .name = NULL },
};

static const field_t secret_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "note", .type = FIELD_STRING, .help = "Whom it is for." },
    { .name = "expires_at", .type = FIELD_TIME, .help = "When it ends." },
    { .name = "secret",
      .type = FIELD_STRING,
      .help = "What signs up with it: shown this once." },
    { .name = NULL },
};

const model_t api_invitation_model = { "SignUpInvitation", model_fields };
const model_t api_invitation_secret_model = { "SignUpInvitationWithSecret",
                                              secret_fields };


static json_t *
model_of(const sign_up_invitation_list_row_t *row)
{
    return json_pack(
        "{s:I, s:o, s:s, s:o, s:o, s:o, s:o}", "id", (json_int_t)row->id,
        "note", api_string_or_null(row->note), "created_by", row->created_by,
        "created_at", api_time(row->created_at), "expires_at",
        api_time(row->expires_at), "used_at", api_time_or_null(row->used_at),
        "used_by", api_string_or_null(row->used_by));
}


static int
record(api_t *api, audit_action_t action, uint64_t id)
{
    const audit_t audit = { .action = action,
                            .target = "",
                            .data = json_pack("{s:I}", "invitation",
                                              (json_int_t)id) };

    return audit_add(api->db, &api->actor, api->now, &audit) == OK
               ? OK
               : problem_database(api);
}


int
api_invitation_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    sign_up_invitation_list_row_t *rows;
    uint64_t after;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    if (db_sign_up_invitation_list(api->db, after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, model_of(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


int
api_invitation_create(api_t *api)
{
    const char *secret = secret_text_make(api->pool, SECRET_TEXT_INVITATION);
    const char *key_hash = token_hash(api->pool, reg_cstr(secret));
    const char *note = api_has(api, "note") ? api_str(api, "note") : "";
    int64_t expires_at =
        api->now + api_integer(api, "expires_in_days", DAYS_DEFAULT) * DAY;
    sign_up_invitation_id_row_t row;

    if (db_sign_up_invitation_add(api->db, key_hash, note,
                                  api->caller.account.id, api->now, expires_at)
            != OK
        || db_sign_up_invitation_id(api->db, key_hash, &row) != OK) {
        return problem_database(api);
    }

    if (record(api, AUDIT_INVITATION_CREATE, row.id) != OK) {
        return ERROR;
    }

    api_location(api, "/sign-up-invitations/%llu", (unsigned long long)row.id);

    return reply_json(api->rq, 201,
                      json_pack("{s:I, s:o, s:o, s:s}", "id",
                                (json_int_t)row.id, "note",
                                api_string_or_null(note), "expires_at",
                                api_time(expires_at), "secret", secret));
}


int
api_invitation_delete(api_t *api)
{
    uint64_t id = api_param_number(api, "id");
    sign_up_invitation_lock_row_t row;
    int rc = db_sign_up_invitation_lock(api->db, id, &row);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    if (rc != OK || db_sign_up_invitation_delete(api->db, id) != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_INVITATION_REVOKE, id) == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}
