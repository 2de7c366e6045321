/* commands.h: the subcommands of slipway-index, a table a noun, and what they
 * share. */

#ifndef COMMANDS_H
#define COMMANDS_H

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
extern const command_t refresh_token_commands[];
extern const command_t restore_check_commands[];

/* Prints a list: print_page prints at most COMMAND_PAGE entries behind *after,
 * as text or, with --json, an object a line, and moves *after to the last of
 * them, or returns ERROR.  The exit status. */
typedef int (*command_page_fn)(const call_t *call, const char **after);
int command_list(const call_t *call, command_page_fn print_page);

/* A time as --json prints it; null where there is none. */
json_t *command_time(const int64_t *seconds);

/* Reads "public" or "private"; ERROR, printed, for any other word. */
int command_visibility(const char *word, bool *is_private_r);

/* Before a namespace that no one owned is given to somebody, in the same
 * transaction: admins have rights in it, and nothing of it may be there yet for
 * their tokens to hold.  OK or ERROR. */
int command_hold_admins(void);

#endif
