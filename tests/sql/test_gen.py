"""gen.py refuses what it would else turn into wrong C."""

import sys

import pytest

from testenv import paths

sys.path.insert(0, str(paths.TOP / "sql"))

import gen  # noqa: E402

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


def test_migrations_are_numbered_from_one(tmp_path, monkeypatch):
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "0001_a.sql").write_text(
        "-- a comment; with a semicolon\nCREATE TABLE a (\n  -- why\n  i INT\n"
        ");\nCREATE TABLE b (i INT);\n")
    monkeypatch.setattr(gen, "HERE", tmp_path)
    assert gen.migrations() == [
        (1, "0001_a.sql", ["CREATE TABLE a (\n  i INT\n)",
                           "CREATE TABLE b (i INT)"])]
    (tmp_path / "schema" / "0003_c.sql").write_text("")
    with pytest.raises(SystemExit, match="0003_c.sql is not number 2"):
        gen.migrations()
