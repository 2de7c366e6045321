/* commands.h: the subcommands of slipway-index, a table a noun, and what they
 * share. */

#ifndef COMMANDS_H
#define COMMANDS_H

#include "access/change.h"
#include "fcgi_core/command.h"
#include "fcgi_core/json.h"

#define COMMAND_PAGE 500 /* entries of a list that are read at once */

extern const command_t migrate_commands[];
extern const command_t secret_commands[];
extern const command_t mirror_commands[];
extern const command_t openapi_commands[];
extern const command_t account_commands[];
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
extern const command_t restore_check_commands[];
extern const command_t courier_commands[];

/* Prints a list: print_page prints at most COMMAND_PAGE entries behind *after,
 * as text or, with --json, an object a line, and moves *after to the last of
 * them, or returns ERROR.  The exit status. */
typedef int (*command_page_fn)(const call_t *call, const char **after);
int command_list(const call_t *call, command_page_fn print_page);

/* A time as --json prints it; null where there is none. */
json_t *command_time(const int64_t *seconds);

#define COMMAND_VISIBILITIES "public|unlisted|internal|private"

/* Reads a visibility; ERROR, printed, for any other word. */
int command_visibility(const char *word, visibility_t *visibility_r);

/* The system's user who runs a subcommand, for the audit log. */
const audit_actor_t *command_operator(void);

/* Connects to the database, for a change of rights by the operator.  ERROR,
 * printed. */
int command_open_change(change_t *change_r);

/* The exit status for what a model returned.  Prints what was done, or why it
 * was not, or that verdicts may still be in memcached. */
int command_finish(const change_t *change, int rc, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The id of a namespace; ERROR, printed, where there is none. */
int command_namespace(const char *name, uint64_t *id_r);

#endif
