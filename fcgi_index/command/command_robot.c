/* command_robot.c: the subcommands of robot. */

#include "access/credential.h"
#include "app.h"
#include "command/commands.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "token/robot.h"

#define COLUMNS                                                                \
    "login is_disabled hint expires_at used_at repository description"
#define DAY 86400

typedef struct {
    const char *description;
    const char *repositories;
    long days;
    long grace;
} robot_conf_t;

/* What a subcommand does to a robot. */
typedef struct {
    const call_t *call;
    const robot_conf_t *conf; /* of "add", "set" and "rotate" */
    uint64_t namespace_id;
    uint64_t repository_id; /* 0: the word is a namespace */
    int64_t expires_at;
    robot_item_row_t row;
    const char *secret;
} work_t;


static int
work_open(const call_t *call, work_t *work_r)
{
    *work_r = (work_t){ .call = call, .conf = call->conf };

    return app_open() == OK
                   && command_place(call->words[0], &work_r->namespace_id,
                                    &work_r->repository_id)
                          == OK
               ? OK
               : ERROR;
}


static const char *
namespace_of(const call_t *call)
{
    return pool_strndup(app.pool, reg_name_namespace(reg_cstr(call->words[0])));
}


/* NULL: never. */
static const int64_t *
expiry_of(work_t *work)
{
    work->expires_at = clock_now() + work->conf->days * DAY;

    return work->conf->days > 0 ? &work->expires_at : NULL;
}


static int
take_in_transaction(change_t *change, void *data)
{
    work_t *work = data;
    const char *login =
        robot_login(app.pool, namespace_of(work->call), work->call->words[1]);

    return robot_take(change, work->namespace_id,
                      work->repository_id != 0 ? &work->repository_id : NULL,
                      login, &work->row);
}


/* Runs fn for the robot that the words name, and finds it again. */
static int
run(const call_t *call, change_fn fn, work_t *work)
{
    return work_open(call, work) == OK && command_change(fn, work) == OK
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}


/* --- add ------------------------------------------------------------------ */

static int
new_read(const call_t *call, robot_new_t *new)
{
    const robot_conf_t *conf = call->conf;
    const char *name = call->words[1], *role = call->words[2];
    json_t *pattern;
    size_t i;

    *new = (robot_new_t){
        .name = name,
        .description = conf->description != NULL ? conf->description : "",
        .repository =
            strchr(call->words[0], '/') != NULL ? call->words[0] : NULL,
        .patterns = command_words(conf->repositories),
        .address = ""
    };

    if (!reg_login_is_valid(reg_cstr(name))) {
        call_misused(call, "%s is no name of a robot", name);
        return ERROR;
    }

    if (role_parse(reg_cstr(role), &new->role) != OK
        || new->role == ROLE_NONE) {
        call_misused(call, "%s is neither read, write nor admin", role);
        return ERROR;
    }

    if (new->repository != NULL &&new->patterns != NULL) {
        call_misused(call, "--repositories is for a robot of a namespace");
        return ERROR;
    }

    json_array_foreach(new->patterns, i, pattern)
    {
        if (!credential_is_pattern(reg_cstr(json_string_value(pattern)))) {
            call_misused(call, "%s is no pattern of repositories",
                         json_string_value(pattern));
            return ERROR;
        }
    }

    if (new->patterns != NULL && (i == 0 || i > ROBOT_PATTERNS_MAX)) {
        call_misused(call, "there are 1 to %d patterns", ROBOT_PATTERNS_MAX);
        return ERROR;
    }

    return command_text(call, "description", conf->description,
                        ROBOT_DESCRIPTION_MAX);
}


static int
add(const call_t *call)
{
    robot_new_t new;
    const char *secret;
    change_t change;
    work_t work;
    int rc;

    if (new_read(call, &new) != OK) {
        return COMMAND_USAGE;
    }

    if (work_open(call, &work) != OK || command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    new.expires_at = expiry_of(&work);
    rc = robot_add(&change, namespace_of(call), &new, &secret);

    if (command_done(&change, rc) != OK
        || command_change(take_in_transaction, &work) != OK) {
        return EXIT_FAILURE;
    }

    command_show_secret(call, robot_json(&work.row), secret);

    return EXIT_SUCCESS;
}


/* --- lists ---------------------------------------------------------------- */

static int
print_page(const call_t *call, const char **after)
{
    robot_item_row_t *rows;
    uint64_t namespace_id, repository_id;
    size_t n;
    int rc = command_place(call->words[0], &namespace_id, &repository_id);

    if (rc == OK && repository_id != 0) {
        rc = db_robot_list_repository(app.db, repository_id, *after,
                                      COMMAND_PAGE, &rows, &n);
    } else if (rc == OK) {
        rc = db_robot_list(app.db, namespace_id, *after, COMMAND_PAGE, &rows,
                           &n);
    }

    if (rc != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, robot_json(&rows[i]), COLUMNS);
        *after = rows[i].login;
    }

    return OK;
}


static int
list(const call_t *call)
{
    return command_list(call, print_page);
}


static int
show(const call_t *call)
{
    work_t work;
    int status = run(call, take_in_transaction, &work);

    if (status == EXIT_SUCCESS) {
        command_show(call, robot_json(&work.row));
    }

    return status;
}


/* --- changes -------------------------------------------------------------- */

static int
edit(work_t *work, change_t *change, const robot_edit_t *edit)
{
    int rc = take_in_transaction(change, work);

    return rc == OK ? robot_edit(change, &work->row, edit) : rc;
}


static int
set_in_transaction(change_t *change, void *data)
{
    work_t *work = data;

    return edit(work, change,
                &(robot_edit_t){ .description = work->conf->description,
                                 .has_expiry = work->conf->days >= 0,
                                 .expires_at = expiry_of(work) });
}


static int
set(const call_t *call)
{
    const robot_conf_t *conf = call->conf;
    work_t work;
    int status;

    if (command_text(call, "description", conf->description,
                     ROBOT_DESCRIPTION_MAX)
        != OK) {
        return COMMAND_USAGE;
    }

    status = run(call, set_in_transaction, &work);

    if (status == EXIT_SUCCESS) {
        printf("robot %s is changed\n", work.row.login);
    }

    return status;
}


static int
disable_in_transaction(change_t *change, void *data)
{
    static const bool is_disabled = true;

    return edit(data, change, &(robot_edit_t){ .is_disabled = &is_disabled });
}


static int
disable(const call_t *call)
{
    work_t work;
    int status = run(call, disable_in_transaction, &work);

    if (status == EXIT_SUCCESS) {
        printf("robot %s is disabled\n", work.row.login);
    }

    return status;
}


static int
enable_in_transaction(change_t *change, void *data)
{
    static const bool is_disabled = false;

    return edit(data, change, &(robot_edit_t){ .is_disabled = &is_disabled });
}


static int
enable(const call_t *call)
{
    work_t work;
    int status = run(call, enable_in_transaction, &work);

    if (status == EXIT_SUCCESS) {
        printf("robot %s is enabled\n", work.row.login);
    }

    return status;
}


static int
rotate_in_transaction(change_t *change, void *data)
{
    work_t *work = data;
    int rc = take_in_transaction(change, work);

    if (rc == OK) {
        rc = robot_rotate(change, &work->row, work->conf->grace * 3600,
                          expiry_of(work), &work->secret);
    }

    return rc == OK ? take_in_transaction(change, work) : rc;
}


static int
rotate(const call_t *call)
{
    work_t work;
    int status = run(call, rotate_in_transaction, &work);

    if (status == EXIT_SUCCESS) {
        command_show_secret(call, robot_json(&work.row), work.secret);
    }

    return status;
}


static int
delete_in_transaction(change_t *change, void *data)
{
    work_t *work = data;
    int rc = take_in_transaction(change, work);

    return rc == OK ? robot_delete(change, &work->row) : rc;
}


static int
delete_robot(const call_t *call)
{
    work_t work;
    int status = run(call, delete_in_transaction, &work);

    if (status == EXIT_SUCCESS) {
        printf("robot %s is deleted\n", work.row.login);
    }

    return status;
}


/* --- the table ------------------------------------------------------------ */

#define DESCRIPTION                                                            \
    {                                                                          \
        "description", NULL, SETTING_STRING,                                   \
            offsetof(robot_conf_t, description), 0, 0, NULL, "What it is for." \
    }
#define DAYS(least, fallback, sentence)                                        \
    {                                                                          \
        "days", NULL, SETTING_NUMBER, offsetof(robot_conf_t, days), least,     \
            ROBOT_DAYS_MAX, fallback, sentence                                 \
    }

static const setting_t add_settings[] = {
    DESCRIPTION,
    { "repositories", NULL, SETTING_STRING,
      offsetof(robot_conf_t, repositories), 0, 0, NULL,
      "Where it has the role: names behind NAMESPACE/, with * for any "
      "characters and commas between; without: everywhere in the namespace." },
    DAYS(0, "0", "Days until its secret ends; 0: never."),
    { .name = NULL },
};

static const setting_t set_settings[] = {
    DESCRIPTION,
    DAYS(-1, "-1",
         "Days until its secret ends, from now on; 0: never; -1: as it is."),
    { .name = NULL },
};

static const setting_t rotate_settings[] = {
    DAYS(0, "0", "Days until the new secret ends; 0: never."),
    { "grace-hours", NULL, SETTING_NUMBER, offsetof(robot_conf_t, grace), 0,
      ROBOT_GRACE_MAX, "24", "How long the old secret stays valid." },
    { .name = NULL },
};

const command_t robot_commands[] = {
    { .noun = "robot",
      .verb = "add",
      .words = "NAMESPACE|REPOSITORY NAME read|write|admin",
      .summary = "Create a robot of a namespace or of a repository, and print "
                 "its secret.",
      .detail = "Its login is NAMESPACE+NAME.  The secret is printed this "
                "once.  Roles are changed by collaborator set and remove; "
                "those of a robot of a repository count there only.",
      .settings = add_settings,
      .conf_size = sizeof(robot_conf_t),
      .has_json = true,
      .run = add },
    { .noun = "robot",
      .verb = "list",
      .words = "NAMESPACE|REPOSITORY",
      .summary = "List the robots of a namespace, or those of a repository.",
      .detail =
          "Login, \"disabled\", start and end of the secret, expiry, last use "
          "(within five minutes), repository that it belongs to, "
          "description: one robot per line.  Of a namespace also those of its "
          "repositories.",
      .has_json = true,
      .run = list },
    { .noun = "robot",
      .verb = "show",
      .words = "NAMESPACE|REPOSITORY NAME",
      .summary = "Show a robot, without its secret.",
      .has_json = true,
      .run = show },
    { .noun = "robot",
      .verb = "set",
      .words = "NAMESPACE|REPOSITORY NAME",
      .summary = "Describe a robot, or say when its secret ends.",
      .settings = set_settings,
      .conf_size = sizeof(robot_conf_t),
      .run = set },
    { .noun = "robot",
      .verb = "disable",
      .words = "NAMESPACE|REPOSITORY NAME",
      .summary = "Forbid logins of a robot, and revoke its tokens.",
      .run = disable },
    { .noun = "robot",
      .verb = "enable",
      .words = "NAMESPACE|REPOSITORY NAME",
      .summary = "Allow logins again.",
      .run = enable },
    { .noun = "robot",
      .verb = "rotate",
      .words = "NAMESPACE|REPOSITORY NAME",
      .summary = "Give a robot a new secret, and print it.",
      .detail = "The old one stays valid for a while, so that clients can "
                "change over.",
      .settings = rotate_settings,
      .conf_size = sizeof(robot_conf_t),
      .has_json = true,
      .run = rotate },
    { .noun = "robot",
      .verb = "delete",
      .words = "NAMESPACE|REPOSITORY NAME",
      .summary = "Delete a robot and its roles, and revoke its tokens.",
      .run = delete_robot },
    { .noun = NULL },
};
