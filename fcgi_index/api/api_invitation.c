/* api_invitation.c: invitations to sign up. */

#include "api/api_invitation.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "fcgi_core/reply.h"
#include "token/sign_up.h"

const field_t api_invitation_create_body[] = {
    { .name = "note",
      .type = FIELD_STRING,
      .max = SIGN_UP_NOTE_MAX,
      .help = "Whom it is for; administrators see it." },
    { .name = "expires_in_days",
      .type = FIELD_INTEGER,
      .min = 1,
      .max = SIGN_UP_DAYS_MAX,
      .help = "How long it is valid; 7 by default." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "note", .type = FIELD_STRING, .help = "Whom it is for." },
    { .name = "created_by",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of the administrator that made it; null: the operator." },
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
        json_array_append_new(items, sign_up_json(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


int
api_invitation_create(api_t *api)
{
    const char *note = api_has(api, "note") ? api_str(api, "note") : "";
    int64_t days = api_integer(api, "expires_in_days", SIGN_UP_DAYS);
    change_t change = api_change(api);
    int64_t expires_at;
    const char *secret;
    json_t *model;
    uint64_t id;
    int rc = sign_up_invite(&change, note, days, &secret, &id, &expires_at);

    if (problem_change(api, rc, &change) != OK) {
        return ERROR;
    }

    api_location(api, "/sign-up-invitations/%llu", (unsigned long long)id);
    model = sign_up_new_json(id, note, expires_at);
    json_object_set_new(model, "secret", json_string(secret));

    return reply_json(api->rq, 201, model);
}


int
api_invitation_delete(api_t *api)
{
    change_t change = api_change(api);

    return problem_change(
               api, sign_up_withdraw(&change, api_param_number(api, "id")),
               &change)
                   == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}
