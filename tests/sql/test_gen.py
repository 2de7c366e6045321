"""gen.py refuses what it would else turn into wrong C."""

import sys

import pytest

from testenv import paths

sys.path.insert(0, str(paths.TOP / "sql"))

import gen  # noqa: E402
import schema  # noqa: E402

GOOD = "-- What it is for.\n-- thing(id u64) one {name str?}\nSELECT name FROM" \
       " thing\nWHERE id = :id OR id = :id + 1 OR name = ':no';\n"


def parsed(tmp_path, text):
    path = tmp_path / "thing.sql"
    path.write_text(text)
    return gen.parse(path)


def test_a_statement_is_read(tmp_path):
    [thing] = parsed(tmp_path, "-- thing.sql: things.\n\n" + GOOD)
    assert (thing.name, thing.kind) == ("thing", "one")
    assert thing.comment == ["What it is for."]
    assert thing.text() == ("SELECT name FROM thing\n"
                            "WHERE id = ? OR id = ? + 1 OR name = ':no'")
    assert thing.prototype() == (
        "int db_thing(db_t *db, uint64_t id, thing_row_t *row_r)")


@pytest.mark.parametrize("old, new, says", [
    ("id u64", "id uint", "unknown type"),
    ("name str?", "name text", "unknown type"),
    ("(id u64)", "()", "parameters and :names differ"),
    ("(id u64)", "(id u64, more str)", "parameters and :names differ"),
    (" {name str?}", "", "columns do not fit"),
    (" one ", " exec ", "columns do not fit"),
    (" one ", " some ", "not understood"),
    ("+ 1", "; SELECT 1", "not understood"),
    (";", "", "not understood"),
    ("-- thing", "thing", "not understood"),
])
def test_mistakes_are_refused(tmp_path, old, new, says):
    with pytest.raises(SystemExit, match=says):
        parsed(tmp_path, GOOD.replace(old, new))


MANY = "-- things(after u64, limit u64) many {id u64}\nSELECT id FROM" \
       " thing WHERE id > :after ORDER BY id LIMIT :limit;\n"


def test_a_statement_of_many_rows_gives_them_and_their_number(tmp_path):
    [things] = parsed(tmp_path, MANY)
    assert things.prototype() == (
        "int db_things(db_t *db, uint64_t after, uint64_t limit,"
        " things_row_t **rows_r, size_t *n_r)")


@pytest.mark.parametrize("end", [
    "", " LIMIT :limit OFFSET 1", " LIMIT :limit) AS t JOIN u"])
def test_a_limit_bounds_many_rows(tmp_path, end):
    text = MANY.replace(" LIMIT :limit", end)
    text = text if ":limit" in end else text.replace(", limit u64", "")
    with pytest.raises(SystemExit, match="nothing bounds its rows"):
        parsed(tmp_path, text)
    assert parsed(tmp_path, MANY.replace(
        "LIMIT :limit", "LIMIT :limit FOR UPDATE"))


def test_statements_may_share_a_type_of_rows(tmp_path):
    text = MANY.replace("many {", "many thing {") + "\n" + \
        MANY.replace("-- things", "-- others").replace("many {", "many thing {")
    both = parsed(tmp_path, text)
    header = "\n".join(gen.header(both))
    assert header.count("} thing_row_t;") == 1
    assert header.count("thing_row_t **rows_r") == 2
    both[1].columns = both[0].columns * 2
    with pytest.raises(SystemExit, match="other columns than thing_row_t"):
        list(gen.header(both))


def test_a_header_that_stays_is_left_alone(tmp_path):
    gen.main(tmp_path)
    headers = sorted((tmp_path / "db").glob("*.h"))
    assert {"db_gen.h", "db_account.h"} <= {path.name for path in headers}
    before = {path: path.stat().st_mtime_ns for path in headers}
    gen.main(tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in headers}


def test_migrations_are_numbered_from_one(tmp_path):
    (tmp_path / "0001_a.sql").write_text(
        "-- a comment; with a semicolon\nCREATE TABLE a (\n  -- why\n  i INT\n"
        ");\nCREATE TABLE b (i INT);\n")
    assert schema.migrations(tmp_path) == [
        (1, "0001_a.sql", ["CREATE TABLE a (\n  i INT\n)",
                           "CREATE TABLE b (i INT)"])]
    (tmp_path / "0003_c.sql").write_text("")
    with pytest.raises(SystemExit, match="0003_c.sql is not number 2"):
        schema.migrations(tmp_path)


@pytest.mark.parametrize("text, cut", [
    ("SET @a = 'x;y'; DO 0;", ["SET @a = 'x;y'", "DO 0"]),
    ("SET @a = 'it''s; so'; DO 0;", ["SET @a = 'it''s; so'", "DO 0"]),
    (r"SET @a = 'it\'s; so'; DO 0;", [r"SET @a = 'it\'s; so'", "DO 0"]),
    ('SET @a = "x;\'y"; DO 0;', ['SET @a = "x;\'y"', "DO 0"]),
    ("SELECT `a;b` FROM c; DO 0;", ["SELECT `a;b` FROM c", "DO 0"]),
    ("DO 0; -- it's; so\nDO 1;", ["DO 0", "DO 1"]),
    ("DO 0; # it's; so\nDO 1;", ["DO 0", "DO 1"]),
    ("DO /* it's; so */ 0; DO 1;", ["DO /* it's; so */ 0", "DO 1"]),
    ("SET @a = '-- no; comment'; DO 0;",
     ["SET @a = '-- no; comment'", "DO 0"]),
    ("SET @a = 'x\n-- a line; of it\ny'; DO 0;",
     ["SET @a = 'x\n-- a line; of it\ny'", "DO 0"]),
    ("SET @a = 2--1; DO 0;", ["SET @a = 2--1", "DO 0"]),
    (";; DO 0; ;", ["DO 0"]),
    ("-- nothing; else", []),
])
def test_a_migration_is_cut_where_statements_end(text, cut):
    assert schema.statements(text, "0001_a.sql") == cut


@pytest.mark.parametrize("text, says", [
    ("DO 0;\nSET @a = 'x; DO 1;", "0001_a.sql:2: nothing ends this '"),
    ("DO `a; DO 1;", "nothing ends this `"),
    ("DO 0; /* DO 1;", r"nothing ends this /\*"),
    ("DO 0;\nDO 1", "no semicolon ends its last statement"),
])
def test_a_migration_that_is_cut_short_is_refused(text, says):
    with pytest.raises(SystemExit, match=says):
        schema.statements(text, "0001_a.sql")


@pytest.mark.parametrize("line, is_good", [
    ("-- works with: 25", True), ("-- works with: 27", True),
    ("-- works with: 24", False), ("-- works with: 28", False),
    ("", False), ("-- works with: all", False)])
def test_a_migration_says_which_programs_may_go_on(tmp_path, line, is_good):
    path = tmp_path / "0027_x.sql"
    path.write_text("-- 0027_x.sql: x.\n%s\nDO 0;\n" % line)
    if is_good:
        assert schema.oldest(27, path) == int(line.split()[-1])
    else:
        with pytest.raises(SystemExit, match="works with"):
            schema.oldest(27, path)
    assert schema.oldest(25, path) == 0
