/* db.h: the database.  One connection a process; statements are prepared when
 * they are first used, and kept.
 *
 * Statements stand in sql/queries; sql/gen.py makes a typed function of each,
 * and a header "db/db_NOUN.h" of each file NOUN.sql.  The functions call
 * db_exec(), db_one() and db_many() below.  All of them return ERROR where the
 * database failed: the reason has been logged, and db_failure() has its kind.
 * A function that gives rows puts them into the pool of db_use(); there are
 * none after an ERROR. */

#ifndef DB_H
#define DB_H

#include "fcgi_core/pool.h"

#define DB_PARAMS_MAX 64
#define DB_COLUMNS_MAX 24

/* For how long a database that is away is left alone. */
#define DB_RETRY_SECONDS 2

typedef enum { DB_U64, DB_I64, DB_BOOL, DB_STR } db_type_t;

/* A parameter or a column.  Strings of columns are in the pool of db_use(). */
typedef struct {
    db_type_t type;
    bool is_null;
    union {
        uint64_t u64;
        int64_t i64;
        bool boolean;
        const char *str;
    } u;
} db_value_t;

typedef struct {
    db_type_t type;
    bool is_nullable;
} db_column_t;

typedef struct {
    unsigned number; /* below DB_STATEMENTS_N */
    const char *name;
    unsigned n_params;
    unsigned n_columns;
    const db_column_t *columns;
    const char *sql;
} db_statement_t;

/* A file of sql/schema; statements ends in NULL. */
typedef struct {
    unsigned version;
    unsigned oldest; /* whose programs may use it; 0: it cannot say */
    const char *name;
    const char *const *statements;
} db_migration_t;

/* Where the database is: a socket, or a host, port and perhaps the CA that
 * signed its certificate.  Kept, not copied. */
typedef struct {
    const char *socket;
    const char *host;
    long port;
    const char *user;
    const char *password;
    const char *name;
    const char *tls_ca;
    unsigned connect_timeout; /* seconds */
    bool is_migrating; /* any version of the schema, and hours to answer */
} db_conf_t;

typedef enum {
    DB_FAILURE_NONE,
    DB_FAILURE_AWAY,     /* not reached, lost, or silent for too long */
    DB_FAILURE_CONFLICT, /* another transaction stood in the way */
    DB_FAILURE_SCHEMA,   /* another version than this program was made for */
    DB_FAILURE_STATEMENT /* anything else: a bug, or a broken database */
} db_failure_t;

typedef struct db_s db_t;

/* A handle in the pool; nothing is connected yet.  Made after the fork. */
db_t *db_create(pool_t *pool, const db_conf_t *conf);

/* From now on rows go into this pool. */
void db_use(db_t *db, pool_t *pool);
pool_t *db_pool(const db_t *db);

/* Connects where that has not been done, or where the connection was lost while
 * idle, and checks the schema's version and that the server is written to.
 * After a failure there is no new attempt for two seconds: requests fail at
 * once instead of queueing up behind a database that is away. */
int db_connect(db_t *db);
void db_close(db_t *db);

db_failure_t db_failure(const db_t *db);

/* How many rows the last statement without an answer has changed. */
uint64_t db_changed(const db_t *db);

/* Runs fn in a transaction and commits where it returns OK, else rolls back
 * and returns what it returned.  Begins again, for some seconds at the most,
 * where another transaction stood in the way or the connection was lost before
 * the commit: fn must be repeatable. */
int db_transaction(db_t *db, int (*fn)(void *data), void *data);

/* Sends a statement as it stands: for sessions and migrations. */
int db_text(db_t *db, const char *sql);

/* For db_gen.c only.  params and columns are arrays of the statement's size;
 * *columns_r of db_many() has *n_r rows behind each other, none after an
 * ERROR. */
int db_exec(db_t *db, const db_statement_t *statement,
            const db_value_t *params);
int db_one(db_t *db, const db_statement_t *statement, const db_value_t *params,
           db_value_t **columns_r);
int db_many(db_t *db, const db_statement_t *statement, const db_value_t *params,
            db_value_t **columns_r, size_t *n_r);

static inline db_value_t
db_u64(uint64_t v)
{
    return (db_value_t){ .type = DB_U64, .u.u64 = v };
}

static inline db_value_t
db_u64_null(const uint64_t *v)
{
    return v != NULL ? db_u64(*v)
                     : (db_value_t){ .type = DB_U64, .is_null = true };
}

static inline db_value_t
db_i64(int64_t v)
{
    return (db_value_t){ .type = DB_I64, .u.i64 = v };
}

static inline db_value_t
db_i64_null(const int64_t *v)
{
    return v != NULL ? db_i64(*v)
                     : (db_value_t){ .type = DB_I64, .is_null = true };
}

static inline db_value_t
db_bool(bool v)
{
    return (db_value_t){ .type = DB_BOOL, .u.boolean = v };
}

static inline db_value_t
db_bool_null(const bool *v)
{
    return v != NULL ? db_bool(*v)
                     : (db_value_t){ .type = DB_BOOL, .is_null = true };
}

/* NULL is NULL. */
static inline db_value_t
db_str(const char *v)
{
    return (db_value_t){ .type = DB_STR, .is_null = v == NULL, .u.str = v };
}

#endif
