/* db.c: the database, spoken to with libmariadb.  The only file that includes
 * it; MySQL 8 and MariaDB 10.11 are both served. */

/* First: its macros use functions that banned.h takes away. */
#include <mysql.h>
#include <errmsg.h>
#include <mysqld_error.h>

#include "db/db.h"
#include "db/db_gen.h"
#include "db/db_schema.h"
#include "db/db_session.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#define ANSWER_TIMEOUT 5 /* seconds; longer than innodb_lock_wait_timeout */
#define MIGRATION_TIMEOUT 7200
#define BACKOFF_MS (DB_RETRY_SECONDS * 1000)
#define LOST_MS 4500   /* what took longer had no answer for ANSWER_TIMEOUT */
#define ATTEMPTS 6     /* of a transaction that others stood in the way of */
#define PAUSE_MS 8     /* before the second of them; doubled with each */
#define REPEAT_MS 5000 /* no attempt begins later */
#define CHECK_MS 2000  /* between two checks whether it is read only */

/* Not in libmariadb's headers: the server ends an idle connection (MySQL
 * 8.0.24), a connection was killed (MariaDB). */
#define ER_IDLE_TIMEOUT 4031
#define ER_KILLED 1927

struct db_s {
    const db_conf_t *conf;
    pool_t *pool;
    MYSQL *mysql; /* NULL: not connected */
    MYSQL_STMT *prepared[DB_STATEMENTS_N];
    bool is_in_transaction;
    bool is_checking;    /* what the server is, before it is used */
    bool is_commit_lost; /* the last transaction may have been committed */
    db_failure_t failure;
    uint64_t changed;   /* rows, by the last statement */
    int64_t retry_at;   /* ms; no attempt to connect before */
    int64_t checked_at; /* ms; when the server could be written to */
};


db_t *
db_create(pool_t *pool, const db_conf_t *conf)
{
    db_t *db = pool_new(pool, db_t);

    db->conf = conf;
    db->pool = pool;

    return db;
}


void
db_use(db_t *db, pool_t *pool)
{
    db->pool = pool;
}


pool_t *
db_pool(const db_t *db)
{
    return db->pool;
}


void
db_close(db_t *db)
{
    for (size_t i = 0; i < DB_STATEMENTS_N; i++) {
        if (db->prepared[i] != NULL) {
            mysql_stmt_close(db->prepared[i]);
            db->prepared[i] = NULL;
        }
    }

    if (db->mysql != NULL) {
        mysql_close(db->mysql);
        db->mysql = NULL;
    }
}


db_failure_t
db_failure(const db_t *db)
{
    return db->failure;
}


/* --- errors --------------------------------------------------------------- */

static db_failure_t
failure_of(unsigned code)
{
    switch (code) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_SERVER_LOST_EXTENDED:
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_IDLE_TIMEOUT:
    case ER_KILLED:
    case ER_QUERY_INTERRUPTED: /* the server shuts down, or an operator */
    case ER_OPTION_PREVENTS_STATEMENT: /* read only: another one is in charge */
    case ER_READ_ONLY_MODE:
    case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
    case ER_UNKNOWN_COM_ERROR: /* a node of a cluster that is not ready */
        return DB_FAILURE_AWAY;
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_AUTOINC_READ_FAILED: /* a deadlock, where one waits for it */
    case ER_CHECKREAD:           /* the row has changed since it was read */
    case ER_TABLE_DEF_CHANGED:   /* a migration runs */
    case ER_NEED_REPREPARE:
        return DB_FAILURE_CONFLICT;
    case ER_NO_SUCH_TABLE:
    case ER_BAD_FIELD_ERROR:
        return DB_FAILURE_SCHEMA;
    default:
        return DB_FAILURE_STATEMENT;
    }
}


/* Records why a statement failed; only what is not tried again is worth a
 * line at once. */
static int
fail(db_t *db, const char *what, unsigned code, const char *message)
{
    db->failure = failure_of(code);

    if (db->failure == DB_FAILURE_STATEMENT) {
        log_error("database: %s: %s (%u)", what, message, code);
    } else if (!db->is_checking) {
        log_info("database: %s: %s (%u)", what, message, code);
    }

    return ERROR;
}


/* --- connection ----------------------------------------------------------- */

static void
set_options(MYSQL *mysql, const db_conf_t *conf)
{
    unsigned answer = conf->is_migrating ? MIGRATION_TIMEOUT : ANSWER_TIMEOUT;
    unsigned tcp = MYSQL_PROTOCOL_TCP, off = 0;
    my_bool on = 1;

    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &conf->connect_timeout);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &answer);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &answer);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    /* else a server could ask for any file of ours */
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);

    if (conf->host != NULL) {
        mysql_options(mysql, MYSQL_OPT_PROTOCOL, &tcp);
    }

    if (conf->host != NULL && conf->tls_ca != NULL) {
        mysql_options(mysql, MYSQL_OPT_SSL_CA, conf->tls_ca);
        mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
        mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
    }
}


/* The connection is of no use; the next one is not tried at once. */
static int
give_up(db_t *db, db_failure_t failure)
{
    db_close(db);
    db->failure = failure;
    db->retry_at = clock_ms() + BACKOFF_MS;

    return ERROR;
}


static int
away(db_t *db, const char *what)
{
    log_error("database: %s: %s (%u)", what, mysql_error(db->mysql),
              mysql_errno(db->mysql));

    return give_up(db, DB_FAILURE_AWAY);
}


static int
open_connection(db_t *db)
{
    const db_conf_t *conf = db->conf;
    bool is_local = conf->host == NULL;

    db->mysql = mysql_init(NULL);

    if (db->mysql == NULL) {
        log_error("database: no memory for a connection");
        abort();
    }

    set_options(db->mysql, conf);
    db->checked_at = clock_ms(); /* it will be, once its schema was */

    if (mysql_real_connect(db->mysql, is_local ? "localhost" : conf->host,
                           conf->user, conf->password, conf->name,
                           is_local ? 0 : (unsigned)conf->port,
                           is_local ? conf->socket : NULL, 0)
        == NULL) {
        return away(db, "cannot connect");
    }

    if (db_text(db, db_text_session_mode) != OK
        || db_text(db, db_text_session_isolation) != OK) {
        return away(db, "cannot set up the session");
    }

    return OK;
}


/* In a rolling upgrade a program of before starts or connects again when the
 * schema is new already. */
static bool
may_go_on(db_t *db, uint64_t version)
{
    static uint64_t logged;
    schema_oldest_row_t row = { 0 };
    int rc;

    if (version < DB_SCHEMA_VERSION) {
        return false;
    }

    db->is_checking = true;
    rc = db_schema_oldest(db, DB_SCHEMA_VERSION, &row);
    db->is_checking = false;

    if (rc != OK || row.oldest == NULL || *row.oldest > DB_SCHEMA_VERSION) {
        return false;
    }

    if (logged != version) {
        logged = version;
        log_info("database: its schema has version %llu, with which this "
                 "program of %u may go on",
                 (unsigned long long)version, DB_SCHEMA_VERSION);
    }

    return true;
}


static int
check_version(db_t *db)
{
    schema_current_row_t row = { 0 };
    int rc;

    db->is_checking = true;
    rc = db_schema_current(db, &row);
    db->is_checking = false;

    if (rc != OK && db->failure != DB_FAILURE_SCHEMA) {
        log_error("database: the version of its schema cannot be read");
        return give_up(db, db->failure);
    }

    if (row.version != DB_SCHEMA_VERSION && !may_go_on(db, row.version)) {
        log_error("database: its schema has version %llu, this program needs "
                  "%u: %s",
                  (unsigned long long)row.version, DB_SCHEMA_VERSION,
                  row.version < DB_SCHEMA_VERSION
                      ? "run slipway-index migrate"
                      : "run the slipway-index that migrated it");
        return give_up(db, DB_FAILURE_SCHEMA);
    }

    return OK;
}


/* One that is read only is a replica, or becomes one: what it says may be old,
 * and rights that were taken away would be there again. */
static int
check_writable(db_t *db)
{
    session_is_read_only_row_t row;
    int rc;

    db->is_checking = true;
    rc = db_session_is_read_only(db, &row);
    db->is_checking = false;

    if (rc != OK) {
        return ERROR;
    }

    if (row.is_read_only) {
        log_error("database: the server is read only: the index needs the one "
                  "that is written to, not a replica");
        return give_up(db, DB_FAILURE_AWAY);
    }

    db->checked_at = clock_ms();

    return OK;
}


/* Whether what is known of the server is new enough. */
static bool
is_checked(const db_t *db)
{
    return db->is_checking || db->is_in_transaction || db->conf->is_migrating
           || clock_ms() < db->checked_at + CHECK_MS;
}


int
db_connect(db_t *db)
{
    if (db->mysql != NULL && (is_checked(db) || check_writable(db) == OK)) {
        return OK;
    }

    /* The check may have found that the connection was lost while idle: then
     * there is a new one at once.  Else db->failure says what was wrong. */
    if (db->mysql != NULL) {
        return ERROR;
    }

    /* A transaction ends with its connection: what it still sends must not
     * run outside it. */
    if (db->is_in_transaction || clock_ms() < db->retry_at) {
        return ERROR;
    }

    if (open_connection(db) != OK) {
        return ERROR;
    }

    if (db->conf->is_migrating) {
        return OK;
    }

    return check_version(db) == OK ? check_writable(db) : ERROR;
}


int
db_text(db_t *db, const char *sql)
{
    if (db_connect(db) != OK) {
        return ERROR;
    }

    if (mysql_real_query(db->mysql, sql, strlen(sql)) != 0) {
        return fail(db, "statement", mysql_errno(db->mysql),
                    mysql_error(db->mysql));
    }

    return OK;
}


/* --- statements ----------------------------------------------------------- */

static int
fail_statement(db_t *db, const db_statement_t *statement, MYSQL_STMT *stmt)
{
    return fail(db, statement->name, mysql_stmt_errno(stmt),
                mysql_stmt_error(stmt));
}


static int
prepare(db_t *db, const db_statement_t *statement)
{
    MYSQL_STMT *stmt = mysql_stmt_init(db->mysql);

    if (stmt == NULL) {
        log_error("database: no memory for a statement");
        abort();
    }

    if (mysql_stmt_prepare(stmt, statement->sql, strlen(statement->sql)) != 0) {
        fail_statement(db, statement, stmt);
        mysql_stmt_close(stmt);
        return ERROR;
    }

    if (mysql_stmt_param_count(stmt) != statement->n_params
        || mysql_stmt_field_count(stmt) != statement->n_columns) {
        log_error("database: %s: does not match its declaration",
                  statement->name);
        mysql_stmt_close(stmt);
        db->failure = DB_FAILURE_STATEMENT;
        return ERROR;
    }

    db->prepared[statement->number] = stmt;

    return OK;
}


/* value outlives the bind: MYSQL_BIND only points at it. */
static void
bind_param(MYSQL_BIND *bind, db_value_t *value, long long *number)
{
    switch (value->is_null ? DB_U64 : value->type) {
    case DB_STR:
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = (void *)(uintptr_t)value->u.str;
        bind->buffer_length = strlen(value->u.str);
        return;
    case DB_BOOL:
        *number = value->u.boolean;
        break;
    case DB_I64:
        *number = value->u.i64;
        break;
    case DB_U64:
        *number = (long long)value->u.u64;
        bind->is_unsigned = 1;
        break;
    }

    bind->buffer_type = value->is_null ? MYSQL_TYPE_NULL : MYSQL_TYPE_LONGLONG;
    bind->buffer = number;
}


/* Reads the result, too: a connection may be lost in the middle of it. */
static int
execute_once(db_t *db, const db_statement_t *statement,
             const db_value_t *params, MYSQL_STMT **stmt_r)
{
    MYSQL_BIND binds[DB_PARAMS_MAX] = { 0 };
    db_value_t values[DB_PARAMS_MAX];
    long long numbers[DB_PARAMS_MAX];
    MYSQL_STMT *stmt;

    if (db_connect(db) != OK) {
        return ERROR;
    }

    if (db->prepared[statement->number] == NULL
        && prepare(db, statement) != OK) {
        return ERROR;
    }

    stmt = db->prepared[statement->number];

    for (unsigned i = 0; i < statement->n_params; i++) {
        values[i] = params[i];
        bind_param(&binds[i], &values[i], &numbers[i]);
    }

    if ((statement->n_params > 0 && mysql_stmt_bind_param(stmt, binds) != 0)
        || mysql_stmt_execute(stmt) != 0
        || (statement->n_columns > 0 && mysql_stmt_store_result(stmt) != 0)) {
        if (mysql_stmt_errno(stmt) == ER_DUP_ENTRY) {
            return DECLINED;
        }
        return fail_statement(db, statement, stmt);
    }

    *stmt_r = stmt;

    return OK;
}


/* A statement that is a transaction of its own and met a conflict is tried
 * again, once.  A connection that died while no one used it is opened again,
 * once; one that the server kept waiting is not, nor one that had a transaction
 * or was just made. */
static int
execute(db_t *db, const db_statement_t *statement, const db_value_t *params,
        MYSQL_STMT **stmt_r)
{
    int64_t begun = clock_ms();
    bool was_connected = db->mysql != NULL;
    int rc = execute_once(db, statement, params, stmt_r);

    if (rc == ERROR && db->failure == DB_FAILURE_CONFLICT
        && !db->is_in_transaction) {
        rc = execute_once(db, statement, params, stmt_r);
    }

    if (rc != ERROR || db->failure != DB_FAILURE_AWAY || db->mysql == NULL) {
        return rc;
    }

    db_close(db);

    if (clock_ms() - begun >= LOST_MS) {
        log_error("database: %s: no answer", statement->name);
        db->retry_at = clock_ms() + BACKOFF_MS;
        return ERROR;
    }

    if (db->is_in_transaction || db->is_checking || !was_connected) {
        return ERROR;
    }

    return execute_once(db, statement, params, stmt_r);
}


int
db_exec(db_t *db, const db_statement_t *statement, const db_value_t *params)
{
    MYSQL_STMT *stmt;
    int rc = execute(db, statement, params, &stmt);

    db->changed = rc == OK ? mysql_stmt_affected_rows(stmt) : 0;

    return rc;
}


uint64_t
db_changed(const db_t *db)
{
    return db->changed;
}


/* --- rows ----------------------------------------------------------------- */

static void
bind_column(MYSQL_BIND *bind, const db_column_t *column, db_value_t *value,
            unsigned long *length, my_bool *is_null)
{
    value->type = column->type;
    bind->is_null = is_null;
    bind->length = length;

    if (column->type == DB_STR) {
        bind->buffer_type = MYSQL_TYPE_STRING;
        return;
    }

    bind->buffer_type = MYSQL_TYPE_LONGLONG;
    bind->is_unsigned = column->type == DB_U64;
    bind->buffer = &value->u;
}


/* What could not be fetched before its length was known. */
static int
fetch_string(db_t *db, MYSQL_STMT *stmt, unsigned i, unsigned long length,
             db_value_t *value)
{
    MYSQL_BIND bind = { 0 };
    char *text = pool_alloc(db->pool, length + 1);

    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = text;
    bind.buffer_length = length;
    value->u.str = text;

    return mysql_stmt_fetch_column(stmt, &bind, i, 0) == 0 ? OK : ERROR;
}


/* The row that was fetched last, from its binds into values. */
static int
take_row(db_t *db, const db_statement_t *statement, MYSQL_STMT *stmt,
         const unsigned long *lengths, const my_bool *nulls, db_value_t *values)
{
    for (unsigned i = 0; i < statement->n_columns; i++) {
        values[i].is_null = nulls[i];

        if (nulls[i]) {
            if (!statement->columns[i].is_nullable) {
                log_error("database: %s: column %u is NULL", statement->name,
                          i);
                return ERROR;
            }
            values[i].u.u64 = 0;

        } else if (values[i].type == DB_BOOL) {
            values[i].u.boolean = values[i].u.i64 != 0;

        } else if (values[i].type == DB_STR
                   && fetch_string(db, stmt, i, lengths[i], &values[i]) != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* Reads up to max rows of a result that has been stored. */
static int
take_rows(db_t *db, const db_statement_t *statement, MYSQL_STMT *stmt,
          db_value_t *rows, size_t max)
{
    MYSQL_BIND binds[DB_COLUMNS_MAX] = { 0 };
    unsigned long lengths[DB_COLUMNS_MAX];
    my_bool nulls[DB_COLUMNS_MAX];
    db_value_t values[DB_COLUMNS_MAX];
    int rc;

    for (unsigned i = 0; i < statement->n_columns; i++) {
        bind_column(&binds[i], &statement->columns[i], &values[i], &lengths[i],
                    &nulls[i]);
    }

    if (mysql_stmt_bind_result(stmt, binds) != 0) {
        return fail_statement(db, statement, stmt);
    }

    for (size_t n = 0; n < max; n++, rows += statement->n_columns) {
        rc = mysql_stmt_fetch(stmt);

        /* strings are always cut: they have no buffer yet */
        if ((rc != 0 && rc != MYSQL_DATA_TRUNCATED)
            || take_row(db, statement, stmt, lengths, nulls, values) != OK) {
            db->failure = DB_FAILURE_STATEMENT;
            return ERROR;
        }

        memcpy(rows, values, sizeof(db_value_t) * statement->n_columns);
    }

    return OK;
}


static int
rows_of(db_t *db, const db_statement_t *statement, const db_value_t *params,
        size_t max, db_value_t **columns_r, size_t *n_r)
{
    MYSQL_STMT *stmt;
    int rc = execute(db, statement, params, &stmt);

    *n_r = 0;

    if (rc != OK) {
        return ERROR;
    }

    *n_r = (size_t)mysql_stmt_num_rows(stmt);
    *n_r = *n_r < max ? *n_r : max;
    *columns_r = pool_alloc(db->pool, sizeof(db_value_t) * (*n_r + 1)
                                          * statement->n_columns);
    rc = take_rows(db, statement, stmt, *columns_r, *n_r);
    mysql_stmt_free_result(stmt);
    *n_r = rc == OK ? *n_r : 0;

    return rc;
}


int
db_one(db_t *db, const db_statement_t *statement, const db_value_t *params,
       db_value_t **columns_r)
{
    size_t n;

    if (rows_of(db, statement, params, 1, columns_r, &n) != OK) {
        return ERROR;
    }

    return n == 1 ? OK : DECLINED;
}


int
db_many(db_t *db, const db_statement_t *statement, const db_value_t *params,
        db_value_t **columns_r, size_t *n_r)
{
    return rows_of(db, statement, params, SIZE_MAX, columns_r, n_r);
}


/* --- transactions --------------------------------------------------------- */

/* As execute(): a connection that died while idle is opened again, once. */
static int
begin(db_t *db)
{
    bool was_connected = db->mysql != NULL;

    if (db_text(db, db_text_session_begin) == OK) {
        return OK;
    }

    if (!was_connected || db->failure != DB_FAILURE_AWAY) {
        return ERROR;
    }

    db_close(db);

    return db_text(db, db_text_session_begin);
}


static int
transaction_once(db_t *db, int (*fn)(void *data), void *data)
{
    int rc;

    if (begin(db) != OK) {
        return ERROR;
    }

    db->is_in_transaction = true;
    db->is_commit_lost = false;
    db->failure = DB_FAILURE_NONE;
    rc = fn(data);
    db->is_in_transaction = false;

    if (db->mysql == NULL) {
        return ERROR;
    }

    if (rc != OK) {
        if (mysql_rollback(db->mysql) != 0) {
            db_close(db); /* which rolls back as well */
        }
        return rc;
    }

    if (mysql_commit(db->mysql) != 0) {
        fail(db, "commit", mysql_errno(db->mysql), mysql_error(db->mysql));
        db_close(db);
        db->failure = DB_FAILURE_AWAY;
        db->is_commit_lost = true;
        return ERROR;
    }

    return OK;
}


/* Whether a transaction that failed left nothing behind and may do better: it
 * was in conflict with another one, or its connection was lost before the
 * commit and a new one may be tried at once. */
static bool
may_repeat(const db_t *db)
{
    if (db->failure == DB_FAILURE_CONFLICT) {
        return true;
    }

    return db->failure == DB_FAILURE_AWAY && db->mysql == NULL
           && !db->is_commit_lost && clock_ms() >= db->retry_at;
}


/* Two that met would meet again: each pauses for another while. */
static void
pause_before(int attempt)
{
    uint32_t most = (uint32_t)(PAUSE_MS << attempt) * 1000 * 1000, part = 0;
    struct timespec pause;

    if (getrandom(&part, sizeof(part), 0) < 0) {
        log_error("no random bytes: %s", strerror(errno));
    }

    pause = (struct timespec){ .tv_nsec = most / 2 + part % (most / 2) };
    nanosleep(&pause, NULL);
}


int
db_transaction(db_t *db, int (*fn)(void *data), void *data)
{
    int64_t until = clock_ms() + REPEAT_MS;
    int rc = transaction_once(db, fn, data);

    for (int n = 0; rc == ERROR && may_repeat(db) && n < ATTEMPTS - 1
                    && clock_ms() < until;
         n++) {
        pause_before(n);
        rc = transaction_once(db, fn, data);
    }

    if (rc == ERROR && may_repeat(db)) {
        log_warn("database: other transactions stood in the way for too long");
    }

    return rc;
}
