/* command.h: the subcommands of slipway-index.
 *
 * Each gets the words behind its name and returns the exit status: 0 done,
 * 1 failed (one line on stderr says why), 2 used in a wrong way. */

#ifndef COMMAND_H
#define COMMAND_H

#include "fcgi_core/core.h"

#define COMMAND_HELP                                                           \
    "Subcommands, behind the flags:\n"                                         \
    "  serve                        answer nginx (without a subcommand too)\n" \
    "  migrate                      bring the database's schema up to date\n"  \
    "  secret FILE                  make the key that signs tokens\n"          \
    "  verdict-key                  print what registry_verdict_key needs\n"   \
    "  event-header                 print what deliver --headers needs\n"      \
    "  mirror status                tell whether the mirror was ever filled\n" \
    "  account add LOGIN [--admin] [--password-stdin]\n"                       \
    "  account passwd LOGIN [--password-stdin]\n"                              \
    "  account disable LOGIN        and enable LOGIN\n"                        \
    "  account set-admin LOGIN on|off\n"                                       \
    "  account list\n"                                                         \
    "  namespace set-visibility NAME public|private    of new repositories\n"  \
    "  namespace set-owner NAME LOGIN|-                -: no one\n"            \
    "  namespace list\n"                                                       \
    "  repository set-visibility NAME public|private\n"                        \
    "  repository list\n"                                                      \
    "  refresh-token list\n"                                                   \
    "  refresh-token revoke ID|all\n"                                          \
    "  restore-check                list what to check in a restored "         \
    "database\n"                                                               \
    "Passwords come from SLIPWAY_PASSWORD, the terminal, or the first line "   \
    "of "                                                                      \
    "standard input."

#define COMMAND_USAGE 2
#define COMMAND_PAGE 500 /* entries of a list that are read at once */

/* Whether a subcommand has as many words behind it as it wants; where not,
 * the one that is missing or too many has been printed. */
bool command_words(const char *subcommand, int argc, char **argv, int min,
                   int max);

/* Prints a list: print_page prints at most COMMAND_PAGE entries behind *after
 * and moves that to the last of them, or returns ERROR.  The exit status. */
int command_list(int (*print_page)(const char **after));

/* Reads "public" or "private"; ERROR, printed, for any other word. */
int command_visibility(const char *word, bool *is_private_r);

/* Before a namespace that no one owned is given to somebody, in the same
 * transaction: admins have rights in it, and nothing of it may be there yet for
 * their tokens to hold.  OK or ERROR. */
int command_hold_admins(void);

int command_serve(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_secret(int argc, char **argv);
int command_verdict_key(int argc, char **argv);
int command_event_header(int argc, char **argv);
int command_mirror_status(int argc, char **argv);

int command_account_add(int argc, char **argv);
int command_account_passwd(int argc, char **argv);
int command_account_disable(int argc, char **argv);
int command_account_enable(int argc, char **argv);
int command_account_set_admin(int argc, char **argv);
int command_account_list(int argc, char **argv);

int command_namespace_set_visibility(int argc, char **argv);
int command_namespace_set_owner(int argc, char **argv);
int command_namespace_list(int argc, char **argv);
int command_repository_set_visibility(int argc, char **argv);
int command_repository_list(int argc, char **argv);

int command_refresh_token_list(int argc, char **argv);
int command_refresh_token_revoke(int argc, char **argv);

int command_restore_check(int argc, char **argv);

#endif
