"""Repositories in the API: made, listed, described; who sees which."""

import pytest

from testenv import House
from testenv.api import ApiHouse, encoded
from testenv.mirror import Mirror, event, push

PATH = "/repositories/"


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def mirror(api):
    return Mirror(api.worker, api.registry)


@pytest.fixture
def name(request):
    """A name that no other test has."""
    name.count = getattr(name, "count", 0) + 1
    return "alice/r%d" % name.count


name.count = 0


def make(client, name, **fields):
    answer = client.post("/repositories", dict(fields, name=name))
    assert answer.status == 201, answer
    return answer.json


def names(client, namespace, **query):
    return [item["name"] for item in client.every(
        "/namespaces/%s/repositories" % namespace, **query)]


def audited(api, name):
    return [row[0] for row in api.sql(
        "SELECT action FROM audit WHERE target = '%s' ORDER BY id" % name)]


def test_one_is_made_before_its_first_push(api, name):
    alice = api.person("alice")
    answer = alice.post("/repositories", {
        "name": name, "description": "An app \u2603", "topics": ["web", "c"],
        "links": ["https://example.com/a?b=c"], "page": "# App\n\nText"})
    assert answer.status == 201
    assert answer.header("Location") == "/api/v1" + PATH + encoded(name)
    made = answer.json
    assert made["namespace"] == "alice"
    assert made["visibility"] == "private"
    assert made["description"] == "An app \u2603"
    assert made["topics"] == ["web", "c"]
    assert made["links"] == ["https://example.com/a?b=c"]
    assert made["page"] == "# App\n\nText"
    assert made["page_html"] == (
        '<h1 id="user-content-app">App</h1>\n<p>Text</p>\n')
    assert made["role"] == "admin"
    assert (made["is_stored"], made["pushed_at"]) == (False, None)
    shown = alice.get(PATH + encoded(name))
    assert shown.json == made
    assert shown.header("ETag") == answer.header("ETag")
    assert audited(api, name) == ["repository.create"]


def test_a_name_is_taken_once(api, name):
    alice = api.person("alice")
    make(alice, name)
    answer = alice.post("/repositories", {"name": name})
    assert (answer.status, answer.code) == (409, "already_exists")


@pytest.mark.parametrize("field", [
    {"name": "Alice/app"}, {"name": "alice//app"}, {"name": "alice/" + "a" * 250},
    {"description": "x" * 256}, {"description": "a\nb"}, {"description": None},
    {"topics": ["UPPER"]}, {"topics": ["-a"]}, {"topics": ["a" * 41]},
    {"topics": ["a"] * 21}, {"topics": "a"},
    {"links": ["javascript:alert(1)"]}, {"links": ["https://"]},
    {"links": ["https://a b"]}, {"links": ["https://a"] * 11},
    {"page": "x" * 65537}, {"page": ">" * 100}, {"page": "\u2603" * 30000},
    {"visibility": "secret"}, {"id": 1}, {"is_stored": True},
    {"namespace_id": 1}])
def test_bad_fields_make_none(api, name, field):
    answer = api.person("alice").post(
        "/repositories", {"name": name, **field})
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert answer.field == next(iter(field))
    assert api.person("alice").get(PATH + encoded(name)).status == 404


def test_an_account_that_may_push_there_makes_one(api):
    for login, name, status in [("bob", "alice/b", 403),
                                ("bob", "unknown/b", 403),
                                ("alice", "alice", 201)]:
        answer = api.person(login).post("/repositories", {"name": name})
        assert answer.status == status, answer


def test_an_administrator_makes_none_without_a_namespace(api):
    """It was answered as if the database were away."""
    for name in ("unknown", "unknown/b"):
        answer = api.person("root").post("/repositories", {"name": name})
        assert (answer.status, answer.code, answer.field) == (
            422, "invalid_field", "name")
        assert audited(api, name) == []


def test_the_namespace_says_who_sees_a_new_one(api, name):
    api.worker.command("namespace", "set-visibility", "alice", "unlisted")
    try:
        assert make(api.person("alice"), name)["visibility"] == "unlisted"
        other = make(api.person("alice"), name + "/x", visibility="public")
        assert other["visibility"] == "public"
    finally:
        api.worker.command("namespace", "set-visibility", "alice", "private")


# --- edit ----------------------------------------------------------------------

def test_fields_that_are_not_sent_stay(api, name):
    alice = api.person("alice")
    make(alice, name, description="one", page="two", topics=["three"])
    path = PATH + encoded(name)
    answer = alice.edit(path, {"topics": []})
    assert answer.status == 200
    assert answer.json["description"] == "one"
    assert answer.json["page"] == "two"
    assert answer.json["topics"] == []
    assert answer.json == alice.get(path).json
    assert audited(api, name)[-1] == "repository.edit"


def test_no_one_overwrites_what_another_has_changed(api, name):
    alice = api.person("alice")
    make(alice, name)
    path = PATH + encoded(name)
    seen = alice.get(path).header("ETag")
    assert alice.patch(path, {"page": "a"}).status == 428
    for other in ({"description": "x"}, {"visibility": "public"}):
        assert alice.edit(path, other).status == 200
        answer = alice.patch(path, {"page": "a"}, [("If-Match", seen)])
        assert (answer.status, answer.code) == (412, "changed")
        seen = alice.get(path).header("ETag")
    assert alice.get(path).json["page"] is None
    assert alice.request("GET", path, headers=[
        ("If-None-Match", seen)]).status == 304


def test_the_visibility_is_for_admins(api, name):
    alice, bob = api.person("alice"), api.person("bob")
    make(alice, name, visibility="internal")
    api.worker.command("collaborator", "set", name, "bob", "write")
    path = PATH + encoded(name)
    assert bob.edit(path, {"description": "of bob"}).status == 200
    answer = bob.edit(path, {"visibility": "public"})
    assert (answer.status, answer.field) == (403, "visibility")
    assert bob.edit(path, {"visibility": "internal"}).status == 200
    assert alice.edit(path, {"visibility": "public"}).status == 200
    assert api.anonymous.get(path).json["description"] == "of bob"
    assert audited(api, name)[-1] == "repository.visibility"


def test_a_token_for_descriptions_changes_no_visibility(api, name):
    alice = api.person("alice")
    make(alice, name)
    secret = alice.post("/access-tokens", {
        "name": "x", "actions": ["pull", "describe"],
        "repositories": [name]}).json["secret"]
    token, path = api.bearer(secret), PATH + encoded(name)
    assert token.edit(path, {"description": "y"}).status == 200
    answer = token.edit(path, {"visibility": "public"})
    assert (answer.status, answer.code) == (403, "insufficient_scope")
    assert token.post("/repositories", {"name": name + "x"}).status == 403
    assert token.get(PATH + "alice%2Felse").status == 403


# --- lists ---------------------------------------------------------------------

@pytest.fixture(scope="module")
def many(api):
    """Repositories of carol's: of each visibility, and shared with bob."""
    api.add("carol")
    carol = api.person("carol")
    for visibility in ("public", "unlisted", "internal", "private"):
        make(carol, "carol/" + visibility, visibility=visibility)
    for shared in ("carol/one", "carol/lib/two", "carol/lib/three"):
        make(carol, shared)
    api.worker.command("collaborator", "set", "carol/one", "bob", "read")
    api.worker.command("collaborator", "set", "carol/lib/*", "bob", "read")
    return api


def test_a_list_names_what_its_reader_may_see(many):
    assert names(many.anonymous, "carol") == ["carol/public"]
    assert names(many.person("root"), "carol") == [
        "carol/internal", "carol/public"]
    assert names(many.person("bob"), "carol") == [
        "carol/internal", "carol/lib/three", "carol/lib/two", "carol/one",
        "carol/public"]
    assert names(many.person("carol"), "carol") == [
        "carol/internal", "carol/lib/three", "carol/lib/two", "carol/one",
        "carol/private", "carol/public", "carol/unlisted"]
    assert names(many.anonymous, "nothing-there") == []


def test_a_list_of_a_token_is_narrow(many):
    secret = many.person("carol").post("/access-tokens", {
        "name": "x", "actions": ["pull"],
        "repositories": ["carol/lib/*"]}).json["secret"]
    assert names(many.bearer(secret), "carol") == [
        "carol/lib/three", "carol/lib/two", "carol/public"]


@pytest.mark.parametrize("sort", ["name", "updated", "pulls"])
def test_pages_have_each_once(many, mirror, sort):
    mirror.take(*[event("pull", target={"repository": "carol/" + name,
                                        "tag": "1"}, count=count)
                  for name, count in (("one", 2), ("private", 3),
                                      ("lib/two", 2))])
    for login in ("carol", "bob"):
        whole = names(many.person(login), "carol", sort=sort)
        assert len(set(whole)) == len(whole)
        for limit in (1, 2, 3):
            assert names(many.person(login), "carol", sort=sort,
                         limit=limit) == whole


def test_the_last_push_is_first(many, mirror):
    def at(repository, second):
        event = push(repository, 1, "1", "carol")
        event["timestamp"] = "2026-08-01T12:00:%02dZ" % second
        return event
    mirror.take(at("carol/private", 3), at("carol/one", 5),
                at("carol/public", 4))
    carol = many.person("carol")
    assert names(carol, "carol", sort="updated")[:3] == [
        "carol/one", "carol/public", "carol/private"]
    shown = carol.get(PATH + "carol%2Fone").json
    assert (shown["pushed_at"], shown["pushed_by"], shown["is_stored"]) == (
        "2026-08-01T12:00:05Z", "carol", True)


def test_the_most_pulls_are_first(api, mirror):
    """And only those are shown that the reader may see."""
    api.add("dora")
    dora = api.person("dora")
    for name in ("a", "b", "c", "d", "e"):
        make(dora, "dora/" + name, visibility="private" if name == "b"
             else "public")
    mirror.take(*[event("pull", target={"repository": "dora/" + name,
                                        "tag": "none"}, count=count)
                  for name, count in (("b", 9), ("c", 8), ("d", 10))])
    assert names(dora, "dora", sort="pulls") == [
        "dora/d", "dora/b", "dora/c", "dora/e", "dora/a"]
    assert names(api.anonymous, "dora", sort="pulls") == [
        "dora/d", "dora/c", "dora/e", "dora/a"]
    shown = api.anonymous.get(PATH + "dora%2Fc").json
    assert (shown["pull_count"], shown["pulled_at"]) == (
        8, "2026-08-01T12:00:00Z")


@pytest.mark.parametrize("sort", ["updated", "pulls"])
@pytest.mark.parametrize("cursor", ["x", "!", "MQ", "YSBi"])
def test_a_bad_cursor(many, sort, cursor):
    answer = many.anonymous.get("/namespaces/carol/repositories",
                                sort=sort, after=cursor)
    assert (answer.status, answer.code) == (400, "invalid_cursor")


@pytest.mark.parametrize("query", ["sort=id", "sort=name%20DESC", "sort=",
                                   "order=desc"])
def test_a_sort_key_is_a_word_of_the_document(many, query):
    answer = many.anonymous.get("/namespaces/carol/repositories?" + query)
    assert answer.status == 400
