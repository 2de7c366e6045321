/* command_print.h: what the tables of commands print about themselves. */

#ifndef COMMAND_PRINT_H
#define COMMAND_PRINT_H

#include "fcgi_core/command.h"

#include <stdio.h>

/* The rows of a program in one list; NULL behind the last. */
typedef struct {
    const program_t *program;
    const char *name; /* what the caller typed for the program */
    const command_t *const *rows;
} manual_t;

/* "account add LOGIN [--admin]", without a line's end. */
void command_usage(FILE *to, const manual_t *manual, const command_t *command);

/* The usage of each command of a noun. */
void noun_usage(FILE *to, const manual_t *manual, const char *noun);

/* --help: of the program, of a noun, of a command. */
void program_help(const manual_t *manual);
void noun_help(const manual_t *manual, const char *noun);
void command_help(const manual_t *manual, const command_t *command);

/* --settings: Markdown, a table for each set of flags that the environment can
 * set too; of one command, the rows of its table. */
void program_settings(const manual_t *manual);
void command_settings(const command_t *command);

/* --commands: Markdown, a section for each command. */
void program_commands(const manual_t *manual);

/* --completion: the rows that conf/completion.bash reads. */
void program_completion(const manual_t *manual);

#endif
