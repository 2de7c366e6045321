/* command.h: the subcommands of slipway-index.
 *
 * Each gets the words behind its name and returns the exit status: 0 done,
 * 1 failed (one line on stderr says why), 2 used in a wrong way. */

#ifndef COMMAND_H
#define COMMAND_H

#include "../fcgi_core/core.h"

#define COMMAND_HELP                                                           \
    "Subcommands, behind the flags:\n"                                         \
    "  serve                        answer nginx (without a subcommand too)\n" \
    "  migrate                      bring the database's schema up to date\n"  \
    "  secret FILE                  make the key that signs tokens\n"          \
    "  account add LOGIN [--admin] [--password-stdin]\n"                       \
    "  account passwd LOGIN [--password-stdin]\n"                              \
    "  account disable LOGIN        and enable LOGIN\n"                        \
    "  account set-admin LOGIN on|off\n"                                       \
    "  account list\n"                                                         \
    "  namespace set-visibility NAME public|private    of new repositories\n"  \
    "  namespace set-owner NAME LOGIN|-                -: nobody\n"            \
    "  namespace list\n"                                                       \
    "  repository set-visibility NAME public|private\n"                        \
    "  repository list\n"                                                      \
    "Passwords come from SLIPWAY_PASSWORD, the terminal, or the first line "   \
    "of "                                                                      \
    "standard input."

#define COMMAND_USAGE 2

/* Reads "public" or "private"; ERROR, printed, for any other word. */
int command_visibility(const char *word, bool *is_private_r);

int command_serve(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_secret(int argc, char **argv);

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

#endif
