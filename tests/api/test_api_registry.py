"""The map of registries, through the API."""

import pytest

from testenv import House
from testenv.api import ApiHouse

GOOD = {"name": "eu", "kind": "sponsor", "endpoint": "eu.example:5000"}


@pytest.fixture(scope="module")
def made(database_server):
    house = House(database_server)
    api = ApiHouse(house, "alice", admins=["root"])
    api.root = api.person("root")
    yield api
    problems = house.problems()
    house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def api(made):
    made.sql("DELETE FROM registry")
    return made


def test_a_registry_is_added_shown_edited_and_removed(api):
    answer = api.root.post("/registries", dict(
        GOOD, weight=0, patterns=["a/*", "b"],
        check_url="https://eu.example:5000/v1/_ping"))
    assert answer.status == 201
    assert answer.header("Location") == "/api/v1/registries/eu"
    made = answer.json
    assert made["state"] == "unknown" and made["message"] is None
    assert made["patterns"] == ["a/*", "b"] and made["weight"] == 0
    shown = api.root.get("/registries/eu")
    assert shown.json == made
    assert api.root.every("/registries") == [made]
    etag = shown.header("ETag")
    assert api.root.request("GET", "/registries/eu", None, [
        ("If-None-Match", etag)]).status == 304
    edited = api.root.patch("/registries/eu", {
        "weight": 5, "check_url": None}, [("If-Match", etag)])
    assert edited.status == 200
    assert edited.json == dict(made, weight=5, check_url=None)
    assert api.root.patch("/registries/eu", {"weight": 6}).status == 428
    assert api.root.patch("/registries/eu", {"weight": 6},
                          [("If-Match", etag)]).status == 412
    # the command of the operator has the same
    assert api.worker.command("registry", "list") == (
        "eu sponsor eu.example:5000 5 unknown - -\n")
    assert api.root.delete("/registries/eu").status == 204
    for answer in (api.root.get("/registries/eu"),
                   api.root.delete("/registries/eu"),
                   api.root.patch("/registries/eu", {"weight": 6},
                                  [("If-Match", "*")])):
        assert answer.status == 404
    assert [row[0] for row in api.sql(
        "SELECT action FROM audit WHERE target = 'eu' ORDER BY id")] == [
            "registry.add", "registry.edit", "registry.remove"]


@pytest.mark.parametrize("fields, field", [
    ({"name": "Eu"}, "name"), ({"name": "a.b"}, "name"),
    ({"name": "localhost"}, "name"), ({"name": ""}, "name"),
    ({"name": "a" * 65}, "name"), ({"kind": "cdn"}, "kind"),
    ({"kind": None}, "kind"), ({"endpoint": "http://a"}, "endpoint"),
    ({"endpoint": "a/b"}, "endpoint"), ({"endpoint": "a\nb"}, "endpoint"),
    ({"endpoint": None}, "endpoint"), ({"weight": -1}, "weight"),
    ({"weight": 1001}, "weight"), ({"weight": "1"}, "weight"),
    ({"patterns": []}, "patterns"), ({"patterns": ["A"]}, "patterns"),
    ({"patterns": ["a\nb"]}, "patterns"), ({"patterns": ["a"] * 17}, "patterns"),
    ({"kind": "vendor"}, "patterns"),
    ({"kind": "private", "patterns": ["*"]}, "patterns"),
    ({"check_url": "ftp://a/"}, "check_url"),
    ({"check_url": "http://a:22/"}, "check_url"),
    ({"check_url": "http://u:p@a/"}, "check_url"),
    ({"state": "up"}, "state"),
])
def test_a_bad_field_is_named(api, fields, field):
    answer = api.root.post("/registries", dict(GOOD, **fields))
    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == field if (
        "errors" in answer.json) else answer.json["field"] == field
    assert api.root.every("/registries") == []


def test_a_name_is_taken_once(api):
    assert api.root.post("/registries", GOOD).status == 201
    answer = api.root.post("/registries", GOOD)
    assert answer.status == 409


def test_a_list_has_pages(api):
    for n in range(5):
        assert api.root.post("/registries", dict(
            GOOD, name="r%d" % n)).status == 201
    assert [row["name"] for row in api.root.every("/registries", limit=2)] == [
        "r%d" % n for n in range(5)]


def test_there_is_a_limit(api):
    api.sql("INSERT INTO registry (name, kind, endpoint, weight, patterns,"
            " created_at) SELECT CONCAT('x', seq), 0, 'a', 1, '*', 1"
            " FROM (SELECT ROW_NUMBER() OVER () AS seq FROM"
            " information_schema.columns LIMIT 100) AS numbers")
    answer = api.root.post("/registries", GOOD)
    assert answer.status == 409
    assert "100 registries" in answer.json["detail"]
