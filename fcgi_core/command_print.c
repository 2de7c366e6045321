/* command_print.c: what the tables of commands print about themselves. */

#include "fcgi_core/command_print.h"

#define COLUMNS 80
#define INDENT 6
#define USAGE_FLAGS 4 /* more of them are "[flags]" */
#define JSON_HELP "Print JSON: one object per line."


/* --- what help and Markdown share ----------------------------------------- */

static void
name_print(FILE *to, const command_t *command)
{
    fprintf(to, "%s%s%s", command->noun, command->verb == NULL ? "" : " ",
            command->verb == NULL ? "" : command->verb);
}


static size_t
name_len(const command_t *command)
{
    return strlen(command->noun)
           + (command->verb == NULL ? 0 : 1 + strlen(command->verb));
}


static bool
is_setting(const setting_t *s)
{
    return s != NULL && s->name != NULL;
}


static size_t
settings_count(const setting_t *table)
{
    size_t n = 0;

    while (is_setting(table)) {
        n++;
        table++;
    }

    return n;
}


/* Whether the environment can set one of them. */
static bool
has_env(const setting_t *table)
{
    for (const setting_t *s = table; is_setting(s); s++) {
        if (s->env != NULL) {
            return true;
        }
    }

    return false;
}


static const char *
value_of(const setting_t *setting)
{
    return setting->type == SETTING_FLAG ? "" : " VALUE";
}


static bool
is_needed(const command_t *command, const setting_t *setting)
{
    const char *p = command->needs == NULL ? "" : command->needs;

    while (*p != '\0') {
        size_t len = strcspn(p, " ");

        if (len == strlen(setting->name)
            && strncmp(p, setting->name, len) == 0) {
            return true;
        }

        p += len + (p[len] == ' ');
    }

    return false;
}


static void
flags_usage(FILE *to, const command_t *command)
{
    bool are_many = settings_count(command->settings) > USAGE_FLAGS;

    for (const setting_t *s = command->settings; is_setting(s); s++) {
        if (is_needed(command, s)) {
            fprintf(to, " --%s%s", s->name, value_of(s));
        } else if (!are_many) {
            fprintf(to, " [--%s%s]", s->name, value_of(s));
        }
    }

    if (are_many) {
        fprintf(to, " [flags]");
    }
}


void
command_usage(FILE *to, const manual_t *manual, const command_t *command)
{
    fprintf(to, "%s ", manual->name);
    name_print(to, command);

    if (command->words != NULL) {
        fprintf(to, " %s", command->words);
    }

    flags_usage(to, command);

    if (command->has_json) {
        fprintf(to, " [--json]");
    }
}


void
noun_usage(FILE *to, const manual_t *manual, const char *noun)
{
    const char *before = "usage: ";

    for (const command_t *const *row = manual->rows; *row != NULL; row++) {
        if (strcmp((*row)->noun, noun) == 0) {
            fprintf(to, "%s", before);
            command_usage(to, manual, *row);
            fprintf(to, "\n");
            before = "       ";
        }
    }
}


/* --- help ----------------------------------------------------------------- */

/* Prints words from a column on, in lines that begin at another one. */
static void
wrap_print(size_t at, size_t indent, const char *text)
{
    const char *space = "";

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (*space != '\0' && at + 1 + len >= COLUMNS) {
            printf("\n%*s", (int)indent, "");
            at = indent;
            space = "";
        }

        printf("%s%.*s", space, (int)len, text);
        at += strlen(space) + len;
        space = " ";
        text += len;
        text += strspn(text, " ");
    }

    printf("\n");
}


static void
setting_help(const setting_t *setting)
{
    printf("  --%s%s\n%*s", setting->name, value_of(setting), INDENT, "");
    wrap_print(INDENT, INDENT, setting->help);

    if (setting->env != NULL || setting->fallback != NULL) {
        printf("%*s(%s%s%s%s)\n", INDENT, "",
               setting->env == NULL ? "" : setting->env,
               setting->env != NULL && setting->fallback != NULL ? ", " : "",
               setting->fallback == NULL ? "" : "default: ",
               setting->fallback == NULL ? "" : setting->fallback);
    }
}


static void
settings_help(const char *title, const setting_t *table, bool has_json)
{
    if (is_setting(table) || has_json) {
        printf("\n%s:\n", title);
    }

    for (const setting_t *s = table; is_setting(s); s++) {
        setting_help(s);
    }

    if (has_json) {
        printf("  --json\n%*s%s\n", INDENT, "", JSON_HELP);
    }
}


void
command_help(const manual_t *manual, const command_t *command)
{
    printf("usage: ");
    command_usage(stdout, manual, command);
    printf("\n\n");
    wrap_print(0, 0, command->summary);

    if (command->detail != NULL) {
        wrap_print(0, 0, command->detail);
    }

    settings_help("Flags", command->settings, command->has_json);

    if (manual->program->settings != NULL) {
        printf("\nSettings of every command: %s --help\n", manual->name);
    }
}


void
noun_help(const manual_t *manual, const char *noun)
{
    printf("usage: %s %s COMMAND ...\n", manual->name, noun);

    for (const command_t *const *row = manual->rows; *row != NULL; row++) {
        if (strcmp((*row)->noun, noun) == 0) {
            printf("\n  ");
            command_usage(stdout, manual, *row);
            printf("\n%*s", INDENT, "");
            wrap_print(INDENT, INDENT, (*row)->summary);
        }
    }
}


static size_t
name_width(const manual_t *manual)
{
    size_t width = 0;

    for (const command_t *const *row = manual->rows; *row != NULL; row++) {
        width = name_len(*row) > width ? name_len(*row) : width;
    }

    return width;
}


void
program_help(const manual_t *manual)
{
    const program_t *program = manual->program;
    size_t width = name_width(manual);

    printf("usage: %s COMMAND ...\n\n", manual->name);
    wrap_print(0, 0, program->summary);
    printf("\nCommands; COMMAND --help prints more:\n");

    for (const command_t *const *row = manual->rows; *row != NULL; row++) {
        printf("  ");
        name_print(stdout, *row);
        printf("%*s", (int)(width - name_len(*row) + 2), "");
        wrap_print(width + 4, width + 4, (*row)->summary);
    }

    printf("\nWithout a command: ");
    name_print(stdout, manual->rows[0]);
    printf(".\n");
    settings_help("Settings of every command", program->settings, false);
    printf("\nOther flags:\n"
           "  --help, --version\n"
           "      Print this, the version.\n"
           "  --settings, --commands\n"
           "      Print what the environment can set, and all commands, as "
           "Markdown.\n"
           "  --completion\n"
           "      Print commands and flags for the completion of a shell.\n");
}


/* --- Markdown ------------------------------------------------------------- */

static void
settings_rows(const setting_t *table)
{
    printf("| flag | environment | default | meaning |\n|---|---|---|---|\n");

    for (const setting_t *s = table; is_setting(s); s++) {
        const char *quote = s->env == NULL ? "" : "`";

        printf("| `--%s%s` | %s%s%s | %s | %s |\n", s->name, value_of(s), quote,
               s->env == NULL ? "" : s->env, quote,
               s->fallback == NULL ? "" : s->fallback, s->help);
    }
}


void
command_settings(const command_t *command)
{
    settings_rows(command->settings);
}


void
program_settings(const manual_t *manual)
{
    const program_t *program = manual->program;

    if (program->settings != NULL) {
        printf("\n## %s\n\n", program->name);
        settings_rows(program->settings);
    }

    for (const command_t *const *row = manual->rows; *row != NULL; row++) {
        if (has_env((*row)->settings)) {
            printf("\n## %s ", program->name);
            name_print(stdout, *row);
            printf("\n\n");
            settings_rows((*row)->settings);
        }
    }
}


static void
flags_rows(const command_t *command)
{
    printf("\n| flag | default | meaning |\n|---|---|---|\n");

    for (const setting_t *s = command->settings; is_setting(s); s++) {
        printf("| `--%s%s` | %s | %s |\n", s->name, value_of(s),
               s->fallback == NULL ? "" : s->fallback, s->help);
    }

    if (command->has_json) {
        printf("| `--json` | | %s |\n", JSON_HELP);
    }
}


static void
command_section(const manual_t *manual, const command_t *command)
{
    printf("\n### %s ", manual->program->name);
    name_print(stdout, command);
    printf("\n\n    ");
    command_usage(stdout, manual, command);
    printf("\n\n%s%s%s\n", command->summary, command->detail == NULL ? "" : " ",
           command->detail == NULL ? "" : command->detail);

    if (has_env(command->settings)) {
        printf("\nFlags and their environment: "
               "[settings.md](settings.md#%s-%s%s%s).\n",
               manual->program->name, command->noun,
               command->verb == NULL ? "" : "-",
               command->verb == NULL ? "" : command->verb);
    } else if (is_setting(command->settings) || command->has_json) {
        flags_rows(command);
    }
}


void
program_commands(const manual_t *manual)
{
    printf("\n## %s\n\n%s\n", manual->program->name, manual->program->summary);

    for (const command_t *const *row = manual->rows; *row != NULL; row++) {
        command_section(manual, *row);
    }
}


/* --- completion ----------------------------------------------------------- */

static void
flags_words(const setting_t *table)
{
    for (const setting_t *s = table; is_setting(s); s++) {
        printf("--%s%s ", s->name, s->type == SETTING_FLAG ? "" : "=");
    }
}


void
program_completion(const manual_t *manual)
{
    printf(";; --help --version ");
    flags_words(manual->program->settings);
    printf("\n");

    for (const command_t *const *row = manual->rows; *row != NULL; row++) {
        name_print(stdout, *row);
        printf(";%s; ", (*row)->words == NULL ? "" : (*row)->words);
        flags_words((*row)->settings);
        printf("%s\n", (*row)->has_json ? "--json " : "");
    }
}
