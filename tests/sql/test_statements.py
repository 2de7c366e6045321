"""Every statement of sql/queries against a fresh MariaDB, and a MySQL: it can
be prepared, gives the columns that it declares, and scans no table that is
large."""

import re
import sys

import pytest

from testenv import paths
from testenv.servers import numbers

sys.path.insert(0, str(paths.TOP / "sql"))

import gen  # noqa: E402
import schema  # noqa: E402

STATEMENTS = [s for s in gen.statements() if s.kind != "text"]
JSON = {"blobs": "'[[\"x1\", 1, 1, \"x1\"]]'",
        "images": "'[[\"x1\", \"x1\", 1]]'",
        "postings": "'[[\"1\", \"x\", 1, 1]]'",
        "candidates": "'[[1, 1]]'",
        "pulls": "'[[\"x1\", \"x1\", \"x1\", 1, 1]]'"}
# Statements that may sort: at which table, which the servers do not choose
# alike, and what bounds its rows.
SORTED = {
    "activity_followed": ("<derived>|f", "what one account follows"),
    "activity_joined": ("<derived>", "namespaces of one account"),
    "access_list_repository": ("c", "roles on one repository"),
    "catalog_shared": ("<derived>", "namespaces of one account"),
    "delivery_behind": ("webhook_delivery", "one webhook, one state: ids"),
    "delivery_claim": ("webhook_delivery", "what is due of one webhook"),
    "delivery_hooks": ("<derived>", "a page of webhooks"),
    "delivery_last_attempt": ("<derived>", "50 deliveries of one webhook"),
    "delivery_late": ("webhook_delivery", "what is due of one webhook"),
    "delivery_surplus": ("webhook_delivery", "one webhook, one state: ids"),
    "listing_heads_named": ("<derived>|n", "1000 namespaces of an account"),
    "listing_heads_pulled": ("<derived>", "1000 namespaces of an account"),
    "listing_heads_starred": ("<derived>", "1000 namespaces of an account"),
    "listing_heads_updated": ("<derived>", "1000 namespaces of an account"),
    "listing_rows": ("j", "the candidates"),
    "member_list": ("m", "members of one namespace"),
    "namespace_of_account": ("<derived>", "namespaces of one account"),
    "referrer_tag": ("t", "three tags"),
    "search_check": ("j", "the candidates"),
    "search_heads": ("<derived>", "1000 namespaces of an account"),
    "tag_list": ("<derived>", "one page"),
    "tag_list_updated": ("<derived>", "one page"),
    "team_member_list": ("m", "members of one team"),
}
LITERALS = {"u64": "1", "i64": "1", "bool": "TRUE", "str": "'x1'"}
TYPES = {"u64": {"LONGLONG", "LONG", "TINY", "SHORT"},
         "i64": {"LONGLONG", "LONG", "TINY", "SHORT"},
         "bool": {"TINY", "LONG", "LONGLONG"},
         "str": {"VAR_STRING", "STRING", "BLOB"}}
ROWS = 3000


def _large_tables():
    text = "".join(path.read_text() for path in
                   sorted((paths.TOP / "sql" / "schema").glob("*.sql")))
    return {name for line in re.findall(r"^-- large: (.*)$", text, re.M)
            for name in line.split()}


LARGE = _large_tables()


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def database(request):
    """A database with the schema, and rows enough for an optimizer."""
    server = request.getfixturevalue(request.param + "_server")()
    server.sql("CREATE DATABASE statements")
    server.sql(";\n".join(s.sql for s in gen.statements()
                          if s.sql.startswith("CREATE TABLE")), "statements")
    server.sql(";\n".join(sql for _, _, steps in schema.migrations()
                          for sql in steps), "statements")
    _fill(server)
    yield server
    server.sql("DROP DATABASE statements")


def _value(kind, number):
    """SQL of a value that differs where the number does."""
    if "tinyint(1)" in kind:
        return "seq % 2"
    if "tinyint" in kind:
        return "seq % 4"
    width = re.search(r"\((\d+)\)", kind)
    if kind.startswith("char"):
        return "LPAD(HEX(%s), %s, '0')" % (number, width[1])
    if "blob" in kind or "text" in kind or "char" in kind:
        return "CONCAT('x', %s)" % number
    return number


def _unique_columns(server):
    """(table, column) of the last column of each unique key: no two rows have
    the same there."""
    last = {}
    for table, key, column in server.sql(
            "SELECT table_name, index_name, column_name"
            " FROM information_schema.statistics"
            " WHERE table_schema = 'statements' AND non_unique = 0"
            " ORDER BY seq_in_index"):
        last[table, key] = column
    return {(table, column) for (table, _), column in last.items()}


def _fill(server):
    columns = server.sql(
        "SELECT table_name, column_name, column_type, extra"
        " FROM information_schema.columns"
        " WHERE table_schema = 'statements' ORDER BY ordinal_position")
    unique = _unique_columns(server)

    def number(table, column):
        """What statements ask for, 1, is in many rows where it may be."""
        return "seq" if (table, column) in unique else (
            "IF(seq % 20 = 0, 1, seq)")

    for table in sorted(LARGE):
        mine = [row for row in columns if row[0] == table
                and "GENERATED" not in row[3]]
        assert mine, "-- large: names a table that is not there: " + table
        server.sql(
            "SET foreign_key_checks = 0;"
            "INSERT INTO %s (%s) SELECT %s FROM %s;"
            "ANALYZE TABLE %s" % (
                table, ", ".join(row[1] for row in mine),
                ", ".join(_value(row[2], number(table, row[1]))
                          for row in mine), numbers(ROWS), table),
            "statements")


def _literal(param):
    return JSON.get(param.name, LITERALS[param.type])


def _with_literals(statement):
    values = {p.name: _literal(p) for p in statement.params}
    return gen.PARAM.sub(lambda m: values[m[1]] if m[1] else m[0],
                         statement.sql)


def _fields(text):
    """(name, type, flags) from what the client prints of each column."""
    return re.findall(r"^Field +\d+: +`(\w+)`.*?^Type: +(\w+).*?^Flags: *(.*?)$",
                      text, re.M | re.S)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.name)
def test_prepares_with_declared_columns(database, statement):
    quoted = statement.text().replace("\\", "\\\\").replace("'", "\\'")
    arguments = ["@p%d" % i for i in range(len(statement.bound))]
    values = ", ".join("%s = %s" % (name, _literal(p)) for name, p
                       in zip(arguments, statement.bound))
    lines = ["SET %s;" % values] if values else []
    lines.append("PREPARE s FROM '%s';" % quoted)
    if statement.columns:
        # twice: the server may have changed it the first time
        execute = "EXECUTE s%s;" % (
            " USING " + ", ".join(arguments) if arguments else "")
        lines += ["START TRANSACTION;", execute, execute, "ROLLBACK;"]
    # gen.py counts "?" where it writes them; the server must agree.
    assert quoted.count("?") == len(statement.bound)
    rows = _fields(database.sql_with_types("\n".join(lines), "statements"))
    assert [name for name, _, _ in rows] == 2 * [
        column.name for column in statement.columns]
    for (name, kind, flags), column in zip(rows, statement.columns):
        assert kind in TYPES[column.type], name
        if column.type == "u64":
            assert "UNSIGNED" in flags, name
        if "NOT_NULL" not in flags and database.KNOWS_NOT_NULL:
            assert column.is_nullable, name + " may be NULL"


def _reads(server, statement):
    """(alias, how it is read) of each table, as the server explains it.  A
    table that is only written to is not read."""
    return [(row[2], row[server.ACCESS]) for row in server.sql(
        "EXPLAIN FORMAT=TRADITIONAL " + statement, "statements")
        if row[1] != "INSERT"]


def test_a_scan_is_seen(database):
    assert _reads(database, "SELECT id FROM account WHERE created_at = 1") == [
        ("account", "ALL")]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.name)
def test_scans_no_large_table(database, statement):
    if re.match(r"\s*SELECT GET_LOCK", statement.sql) or \
            not re.search(r"\b(FROM|UPDATE)\b", statement.sql):
        return
    named = {}
    for table, alias in re.findall(
            r"\b(?:FROM|JOIN|UPDATE) +(\w+)(?: +(?!WHERE|SET|ON|ORDER|JOIN|"
            r"LOCK|FOR|LIMIT|USING)(\w+))?", statement.sql):
        named[alias or table] = table
    for alias, access in _reads(database, _with_literals(statement)):
        is_bounded = "LIMIT" in statement.sql and access == "index"
        if named.get(alias) in LARGE and access in ("ALL", "index"):
            assert is_bounded, "%s of %s" % (access, alias)


def _sorted(server, statement):
    """The tables at which the server sorts rows."""
    return {re.sub(r"\d+", "", row[2]) for row in server.sql(
        "EXPLAIN FORMAT=TRADITIONAL " + statement, "statements")
        if "Using filesort" in row[-1]}


@pytest.mark.parametrize("statement", [
    s for s in STATEMENTS if "ORDER BY" in s.sql], ids=lambda s: s.name)
def test_sorts_only_what_is_bounded(database, statement):
    tables, _ = SORTED.get(statement.name, ("", ""))
    assert _sorted(database, _with_literals(statement)) <= set(
        tables.split("|"))


def test_statements_that_sort_are_there():
    assert set(SORTED) <= {s.name for s in STATEMENTS}


# --- rows that are read ------------------------------------------------------

MANY = 2000  # rows that come before and behind a cursor, all alike
EVEN = """
SET foreign_key_checks = 0;
INSERT INTO repository_listing (repository_id, namespace_id, name, visibility,
    updated_at, stars, pulls)
SELECT 100000 + seq, 9001, CONCAT('even/', 10000 + seq), 0, 7, 7, 7 FROM {0};
INSERT INTO search_posting (scope_id, term, place, repository_id)
SELECT 9001, 'even', 7, 100000 + seq FROM {0};
INSERT INTO tag (repository_id, name, digest, pushed_at, since_at)
SELECT 9001, CONCAT('even', 10000 + seq), 'x', 7, 7 FROM {0};
INSERT INTO tag_pull (repository_id, name, pulls, pulled_at)
SELECT 9001, CONCAT('even', 10000 + seq), 7, 7 FROM {0};
INSERT INTO namespace (id, name, kind, created_at) VALUES (9001, 'even', 1, 1);
INSERT INTO namespace_member (namespace_id, account_id, joined_at)
VALUES (9001, 9001, 1);
ANALYZE TABLE repository_listing, search_posting, tag, tag_pull, namespace,
    namespace_member;
"""
MIDDLE = 100000 + MANY // 2
_PLACE = {"visibility": 0, "namespace_id": 9001, "at": 7, "id": MIDDLE,
          "limit": 10}
_NAME = {"visibility": 0, "namespace_id": 9001, "limit": 10,
         "after": "'even/%d'" % (10000 + MANY // 2)}
_TAG = {"repository_id": 9001, "at": 7, "pulls": 7, "limit": 10,
        "name": "'even%d'" % (10000 + MANY // 2)}
_ME = {"me": 9001, "is_admin": "FALSE", "namespace_id": 0, "limit": 10}
FEW_READ = {
    **{"listing_" + name: _PLACE for name in (
        "updated", "starred", "pulled", "in_updated", "in_starred",
        "in_pulled")},
    "listing_named": _NAME, "listing_in_named": _NAME,
    "tag_list_updated": _TAG, "tag_list_pulled": _TAG,
    "listing_heads_named": {**_NAME, **_ME, "low": 0, "high": 3,
                            "is_open": "TRUE"},
    "search_heads": {**_ME, "term": "'even'", "place": 0, "id": 0},
    "search_candidates": {"scope_id": 9001, "term": "'even'", "place": 7,
                          "id": MIDDLE, "last_place": 255, "last_id": 2 ** 62,
                          "limit": 10},
}


@pytest.fixture(scope="module")
def even(database):
    database.sql(EVEN.format(numbers(MANY)), "statements")
    return database


@pytest.mark.parametrize("name", sorted(FEW_READ))
def test_a_page_far_behind_reads_few_rows(even, name):
    """Also where all rows in front of it have the same number."""
    statement, = (s for s in STATEMENTS if s.name == name)
    text = gen.PARAM.sub(
        lambda m: str(FEW_READ[name][m[1]]) if m[1] else m[0], statement.sql)
    rows = even.sql("SELECT '--'; %s; SELECT '--'; SHOW SESSION STATUS"
                    " LIKE 'Handler_%%'" % text, "statements")
    ends = [i for i, row in enumerate(rows) if row == ["--"]]
    assert 0 < ends[1] - ends[0] - 1 <= 10, rows[:3]
    read = {key: int(value) for key, value in rows[ends[1] + 1:]}
    assert read["Handler_read_next"] + read["Handler_read_prev"] + read.get(
        "Handler_icp_attempts", 0) < 200, read
