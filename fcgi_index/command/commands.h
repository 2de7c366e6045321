/* commands.h: the subcommands of slipway-index, a table a noun, and what they
 * share. */

#ifndef COMMANDS_H
#define COMMANDS_H

#include "access/change.h"
#include "access/collaborator.h"
#include "fcgi_core/command.h"
#include "fcgi_core/json.h"

#define COMMAND_PAGE 500 /* entries of a list that are read at once */

extern const command_t migrate_commands[];
extern const command_t secret_commands[];
extern const command_t mirror_commands[];
extern const command_t openapi_commands[];
extern const command_t account_commands[];
extern const command_t access_token_commands[];
extern const command_t session_commands[];
extern const command_t robot_commands[];
extern const command_t sign_up_invitation_commands[];
extern const command_t invitation_commands[];
extern const command_t tag_commands[];
extern const command_t manifest_commands[];
extern const command_t blob_commands[];
extern const command_t namespace_commands[];
extern const command_t repository_commands[];
extern const command_t removal_commands[];
extern const command_t organization_commands[];
extern const command_t member_commands[];
extern const command_t team_commands[];
extern const command_t collaborator_commands[];
extern const command_t refresh_token_commands[];
extern const command_t search_commands[];
extern const command_t audit_commands[];
extern const command_t comment_commands[];
extern const command_t star_commands[];
extern const command_t activity_commands[];
extern const command_t restore_check_commands[];
extern const command_t courier_commands[];
extern const command_t webhook_commands[];
extern const command_t registry_commands[];

/* Prints a list: print_page prints at most COMMAND_PAGE entries behind *after,
 * as text or, with --json, an object a line, and moves *after to the last of
 * them, or returns ERROR.  The exit status. */
typedef int (*command_page_fn)(const call_t *call, const char **after);
int command_list(const call_t *call, command_page_fn print_page);

/* The key behind which a list goes on that is ordered by numbers: first where
 * it begins; and a number as such a key. */
uint64_t command_key(const char *after, uint64_t first);
const char *command_key_text(uint64_t id);

/* A time as --json prints it; null where there is none. */
json_t *command_time(const int64_t *seconds);

/* Prints an object, whose reference is taken: with --json as it is; else the
 * members that columns names, with blanks between, in a line.  What is missing
 * or empty is "-"; of "is_..." and "has_..." the word behind that, where it is
 * true. */
void command_print(const call_t *call, json_t *object, const char *columns);

/* The same, but every member, one a line, behind its name. */
void command_show(const call_t *call, json_t *object);

/* An object with a secret, which is shown this once: with --json all of it,
 * else the secret alone, so that a script can take it. */
void command_show_secret(const call_t *call, json_t *object,
                         const char *secret);

/* "a,b" as an array in the pool; NULL for NULL. */
json_t *command_words(const char *text);

/* Checks a text that is one line: UTF-8 without control characters, at most max
 * bytes; NULL is one.  ERROR, and the usage, are printed. */
int command_text(const call_t *call, const char *name, const char *text,
                 size_t max);

/* The number of an object, as the argument or flag called name has it: above
 * 0.  ERROR, and the usage, are printed for anything else. */
int command_number(const call_t *call, const char *word, const char *name,
                   uint64_t *number_r);

/* "repository list", and its flags: command_listing.c. */
typedef struct {
    const char *login; /* NULL: the operator, who sees all */
    const char *sort;
    const char *namespace;
    const char *visibility;
    bool is_mine;
} listing_conf_t;

extern const setting_t listing_settings[];

int command_repository_list(const call_t *call);

#define COMMAND_VISIBILITIES "public|unlisted|internal|private"

/* Reads a visibility; ERROR, printed, for any other word. */
int command_visibility(const char *word, visibility_t *visibility_r);

/* The system's user who runs a subcommand, for the audit log. */
const audit_actor_t *command_operator(void);

/* Connects to the database, for a change of rights by the operator.  ERROR,
 * printed. */
int command_open_change(change_t *change_r);

/* OK where a model has done it and verdicts are published; else ERROR,
 * printed. */
int command_done(const change_t *change, int rc);

/* Runs fn in a transaction, as a change of the operator: it may run twice.  OK,
 * or ERROR, printed. */
int command_change(change_fn fn, void *data);

/* The exit status for what a model returned.  Prints what was done, or why it
 * was not, or that verdicts may still be in memcached. */
int command_finish(const change_t *change, int rc, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The id of a namespace; ERROR, printed, where there is none. */
int command_namespace(const char *name, uint64_t *id_r);

/* The same of a repository and of an account that was not deleted. */
int command_repository(const char *name, uint64_t *id_r);
int command_account(const char *login, account_t *account_r);

/* Both ids of a repository, or that of a namespace; the other one is 0. */
int command_place(const char *name, uint64_t *namespace_id_r,
                  uint64_t *repository_id_r);

/* What words name: "ns/name" or "ns/pattern*", a login or "team:NAME". */
#define COMMAND_TEAM "team:"
collaborator_t command_collaborator(const char *name, const char *subject);

#endif
