/* api_session.c: log-in and log-out of the pages. */

#include "api/api_session.h"
#include "account/login.h"
#include "account/password.h"
#include "api/cookie.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "app.h"
#include "common/name.h"
#include "db/db_account.h"
#include "db/db_login_session.h"
#include "fcgi_core/reply.h"

const field_t api_session_create_body[] = {
    { .name = "login",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 1,
      .max = REG_LOGIN_MAX,
      .help = "The account's login." },
    { .name = "password",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED | FIELD_SECRET,
      .min = 1,
      .max = PASSWORD_MAX,
      .help = "Its password." },
    { .name = NULL },
};

const field_t api_session_confirm_body[] = {
    { .name = "password",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED | FIELD_SECRET,
      .min = 1,
      .max = PASSWORD_MAX,
      .help = "The account's password." },
    { .name = NULL },
};

/* As the setting --sign-up has them. */
static const char *const sign_up_words[] = { "open", "invitation", "closed",
                                             NULL };

static const field_t session_fields[] = {
    { .name = "login",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The account that calls; null for no one." },
    { .name = "is_admin",
      .type = FIELD_BOOLEAN,
      .help = "Whether it is an administrator's." },
    { .name = "csrf_token",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "What X-CSRF-Token must be in changes that come with the "
              "cookie; null without one." },
    { .name = "id",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Number of the session; null without one." },
    { .name = "confirmed_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When the password was last shown; null without a session." },
    { .name = "has_ended",
      .type = FIELD_BOOLEAN,
      .help = "Whether the request had the cookie of a session that is over." },
    { .name = "sign_up",
      .type = FIELD_STRING,
      .values = sign_up_words,
      .help = "Who may sign up: every client, those with an invitation, or "
              "no one but whom administrators make an account for." },
    { .name = NULL },
};

const model_t api_session_model = { "Session", session_fields };

static const field_t item_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Number of the session." },
    { .name = "is_current",
      .type = FIELD_BOOLEAN,
      .help = "Whether it is the one that asks." },
    { .name = "created_at", .type = FIELD_TIME, .help = "When it began." },
    { .name = "used_at",
      .type = FIELD_TIME,
      .help = "When it was last used, five minutes more or less." },
    { .name = "expires_at",
      .type = FIELD_TIME,
      .help = "When it ends at the latest." },
    { .name = "address",
      .type = FIELD_STRING,
      .help = "The address that logged in." },
    { .name = "agent",
      .type = FIELD_STRING,
      .help = "The User-Agent that logged in." },
    { .name = NULL },
};

const model_t api_session_item_model = { "SessionItem", item_fields };


/* What GET answers, and what follows a log-in. */
static int
reply_session(api_t *api, int status)
{
    const caller_t *caller = &api->caller;
    bool is_session = caller->kind == CALLER_SESSION;
    bool has_ended =
        caller->kind == CALLER_ANONYMOUS && cookie_read(api).len != 0;

    return reply_json(
        api->rq, status,
        json_pack(
            "{s:o, s:b, s:o, s:o, s:o, s:b, s:s}", "login",
            api_string_or_null(api_has_account(api) ? caller->account.login
                                                    : NULL),
            "is_admin", api_is_admin(api), "csrf_token",
            api_string_or_null(
                is_session ? cookie_csrf_token(api, caller->key_hash) : NULL),
            "id",
            is_session ? json_integer((json_int_t)caller->session_id)
                       : json_null(),
            "confirmed_at",
            is_session ? api_time(caller->confirmed_at) : json_null(),
            "has_ended", has_ended, "sign_up", app.settings.sign_up));
}


/* The caller becomes the session of a cookie that was just made. */
static int
enter(api_t *api, const char *cookie)
{
    session_t session;

    if (session_find(api->db, &api->session_conf, reg_cstr(cookie), api->now,
                     &session)
        != OK) {
        return problem_database(api);
    }

    cookie_set(api, cookie, api->session_conf.max_seconds);
    api->caller = (caller_t){ .kind = CALLER_SESSION,
                              .account = session.account,
                              .session_id = session.id,
                              .key_hash = session.key_hash,
                              .confirmed_at = session.confirmed_at,
                              .credential = credential_whole };

    return OK;
}


/* --- log-in --------------------------------------------------------------- */

int
api_session_login(api_t *api)
{
    account_t *account = pool_new(api->pool, account_t);
    int rc = login_password(api->rq, api->db, api_text(api, "login"),
                            api_text(api, "password"), account);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_CREDENTIALS, NULL,
                            "incorrect login or password");
    }

    api->prepared = account;

    return rc;
}


/* A session that was there before is not taken over: the new one has another
 * cookie. */
int
api_session_create(api_t *api)
{
    const account_t *account = api->prepared;
    const char *cookie;

    if (account_hold(api->db, account) != OK
        || session_add(api->db, &api->session_conf, account, api->now,
                       api->rq->remote_addr,
                       req_param(api->rq, "HTTP_USER_AGENT"), &cookie)
               != OK
        || db_account_logged_in(api->db, account->id, api->now) != OK) {
        return problem_database(api);
    }

    api->actor.id = account->id;
    api->actor.login = account->login;
    api->actor.kind = audit_kinds[CALLER_PASSWORD];

    if (audit_add(api->db, &api->actor, api->now,
                  &(audit_t){ .action = AUDIT_SESSION_CREATE,
                              .target = account->login })
        != OK) {
        return problem_database(api);
    }

    return enter(api, cookie) == OK ? reply_session(api, 201) : ERROR;
}


int
api_session_get(api_t *api)
{
    return reply_session(api, 200);
}


/* --- confirmation --------------------------------------------------------- */

int
api_session_verify(api_t *api)
{
    account_t account;
    int rc =
        login_password(api->rq, api->db, reg_cstr(api->caller.account.login),
                       api_text(api, "password"), &account);

    return rc == DECLINED ? problem_fail(api, PROBLEM_FIELD, "password",
                                         "the password is not correct")
                          : rc;
}


int
api_session_renew(api_t *api, uint64_t revision)
{
    const char *cookie;

    return session_renew(api->db, api->caller.session_id, revision, api->now,
                         &cookie)
                   == OK
               ? enter(api, cookie)
               : problem_database(api);
}


int
api_session_confirm(api_t *api)
{
    if (api->caller.kind != CALLER_SESSION) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "only a session can be confirmed");
    }

    return api_session_renew(api, api->caller.account.revision) == OK
               ? reply_session(api, 200)
               : ERROR;
}


/* --- list and end --------------------------------------------------------- */

static int
end(api_t *api, uint64_t id)
{
    change_t change = api_change(api);

    if (problem_change(api, session_end(&change, &api->caller.account, id),
                       &change)
        != OK) {
        return ERROR;
    }

    if (id == api->caller.session_id) {
        cookie_set(api, "", 0);
    }

    return reply_empty(api->rq, 204);
}


int
api_session_delete(api_t *api)
{
    if (api->caller.kind != CALLER_SESSION) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "there is no session to end");
    }

    return end(api, api->caller.session_id);
}


int
api_session_end(api_t *api)
{
    return end(api, api_param_number(api, "id"));
}


int
api_session_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_array();
    login_session_list_row_t *rows;
    uint64_t after;

    json_pooled(api->pool, items);

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    if (db_login_session_list(api->db, api->caller.account.id, api->now,
                              api->now - api->session_conf.idle_seconds, after,
                              limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items,
                              session_json(&rows[i], api->caller.session_id));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}
