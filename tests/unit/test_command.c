/* test_command.c: command lines and the tables that read them. */

#include "reg_unit.h"
#include "fcgi_core/command.h"

#define WORDS_MAX 8
#define FAILED 9 /* of a command that gives wrong words its own status */

typedef struct {
    const char *socket;
    bool is_verbose;
} program_conf_t;

typedef struct {
    long grace;
    bool is_dry_run;
} conf_t;

/* What ran last, in words. */
static char ran[256];
static program_conf_t program_conf;


static int
note(const call_t *call, const char *name)
{
    const conf_t *conf = call->conf;
    size_t len = (size_t)snprintf(ran, sizeof(ran), "%s", name);

    for (size_t i = 0; call->words[i] != NULL; i++) {
        len += (size_t)snprintf(ran + len, sizeof(ran) - len, " %s",
                                call->words[i]);
    }

    snprintf(ran + len, sizeof(ran) - len, "; grace %ld%s%s, socket %s%s",
             conf->grace, conf->is_dry_run ? ", dry run" : "",
             call->is_json ? ", JSON" : "", program_conf.socket,
             program_conf.is_verbose ? ", verbose" : "");

    return EXIT_SUCCESS;
}


static int
serve(const call_t *call)
{
    return note(call, "serve");
}


static int
gc(const call_t *call)
{
    return note(call, "gc");
}


static int
account_add(const call_t *call)
{
    return note(call, "account add");
}


static int
account_list(const call_t *call)
{
    return note(call, "account list");
}


static int
picky(const call_t *call)
{
    return call_misused(call, "%s is wrong", call->words[0]);
}


static const setting_t program_settings_table[] = {
    { "socket", "TEST_SOCKET", SETTING_STRING, offsetof(program_conf_t, socket),
      0, 0, "/s", "A path." },
    { "verbose", NULL, SETTING_FLAG, offsetof(program_conf_t, is_verbose), 0, 0,
      NULL, "A flag." },
    { .name = NULL },
};

static const setting_t settings[] = {
    { "grace", NULL, SETTING_NUMBER, offsetof(conf_t, grace), 0, 64, "4",
      "A number." },
    { "dry-run", NULL, SETTING_FLAG, offsetof(conf_t, is_dry_run), 0, 0, NULL,
      "A flag." },
    { .name = NULL },
};

#define CONF .settings = settings, .conf_size = sizeof(conf_t)

static const command_t plain[] = {
    { .noun = "serve", .summary = "Serve.", CONF, .run = serve },
    { .noun = "gc",
      .words = "ROOT [DEST]",
      .summary = "Collect.",
      CONF,
      .usage_status = FAILED,
      .run = gc },
    { .noun = "picky", .words = "WORD", .summary = "Refuse.", .run = picky },
    { .noun = NULL },
};

static const command_t account[] = {
    { .noun = "account",
      .verb = "add",
      .words = "LOGIN on|off",
      .summary = "Add.",
      CONF,
      .run = account_add },
    { .noun = "account",
      .verb = "list",
      .summary = "List.",
      CONF,
      .has_json = true,
      .run = account_list },
    { .noun = NULL },
};

static const command_t *const tables[] = { plain, account, NULL };

static const program_t program = { .name = "program",
                                   .summary = "A program.",
                                   .settings = program_settings_table,
                                   .conf = &program_conf,
                                   .tables = tables };

static const struct {
    const char *line[WORDS_MAX];
    const char *ran;
    int status;
} cases[] = {
    { { NULL }, "serve; grace 4, socket /s", 0 },
    { { "serve" }, "serve; grace 4, socket /s", 0 },
    { { "--grace", "5" }, "serve; grace 5, socket /s", 0 },
    { { "--socket", "--verbose" }, "serve; grace 4, socket --verbose", 0 },
    { { "gc", "r" }, "gc r; grace 4, socket /s", 0 },
    { { "gc", "--grace=7", "r", "--dry-run", "d" },
      "gc r d; grace 7, dry run, socket /s",
      0 },
    { { "--verbose", "gc", "-", "--socket=", "--", "--grace" },
      "gc - --grace; grace 4, socket , verbose",
      0 },
    { { "gc", "r", "--dry-run=off", "--grace", "1", "--grace", "2" },
      "gc r; grace 2, socket /s",
      0 },
    { { "account", "add", "a", "on" },
      "account add a on; grace 4, socket /s",
      0 },
    { { "account", "--verbose", "list", "--json" },
      "account list; grace 4, JSON, socket /s, verbose",
      0 },

    { { "" }, "", COMMAND_USAGE },
    { { "nonsense" }, "", COMMAND_USAGE },
    { { "account" }, "", COMMAND_USAGE },
    { { "account", "gc" }, "", COMMAND_USAGE },
    { { "account", "add", "a" }, "", COMMAND_USAGE },
    { { "account", "add", "a", "on", "c" }, "", COMMAND_USAGE },
    { { "account", "add", "a", "on", "--json" }, "", COMMAND_USAGE },
    { { "account", "--grace", "1", "list" }, "", COMMAND_USAGE },
    { { "--grace", "1", "gc", "r" }, "", COMMAND_USAGE },
    { { "--nonsense" }, "", COMMAND_USAGE },
    { { "-socket", "/x" }, "", COMMAND_USAGE },
    { { "--=x" }, "", COMMAND_USAGE },
    { { "--sock", "/x" }, "", COMMAND_USAGE },
    { { "picky", "x" }, "", COMMAND_USAGE },
    { { "gc" }, "", FAILED },
    { { "gc", "r", "--grace" }, "", FAILED },
    { { "gc", "r", "--grace", "65" }, "", FAILED },
    { { "gc", "r", "d", "x" }, "", FAILED },
};


static int
run(const char *const *line)
{
    char *argv[WORDS_MAX + 2] = { (char *)"/usr/sbin/program" };
    int argc = 1;

    for (; argc <= WORDS_MAX && line[argc - 1] != NULL; argc++) {
        argv[argc] = (char *)line[argc - 1];
    }

    ran[0] = '\0';
    memset(&program_conf, 0, sizeof(program_conf));

    return program_run(&program, argc, argv);
}


static void
lines(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const char *first = cases[i].line[0];

        check(run(cases[i].line) == cases[i].status, i, first);
        check(strcmp(ran, cases[i].ran) == 0, i, first);
    }
}


static void
a_flag_wins_over_the_environment(void **state)
{
    const char *none[] = { NULL };
    const char *flag[] = { "--socket", "/flag", NULL };

    (void)state;

    setenv("TEST_SOCKET", "/env", 1);

    assert_int_equal(run(none), EXIT_SUCCESS);
    assert_string_equal(program_conf.socket, "/env");
    assert_int_equal(run(flag), EXIT_SUCCESS);
    assert_string_equal(program_conf.socket, "/flag");

    unsetenv("TEST_SOCKET");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(a_flag_wins_over_the_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
