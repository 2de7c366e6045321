"""The list of the repositories of all namespaces: who sees which, in which
order, in pages of every size."""

import json

import pytest

from testenv import House
from testenv.api import ApiHouse, encoded
from testenv.mirror import Mirror, push
from testenv.servers import numbers

VISIBILITIES = ("public", "unlisted", "internal", "private")

# alice has her namespace.  acme and corp are organizations of owner: in corp
# members (bob) read everything; in acme they have no role (dave), but bob has
# read on all of it, carol write on lib/*, the team builders (dave) admin on one
# repository.  No one owns "found", which is root's as an administrator.
NAMES = ["%s/%s" % (namespace, name)
         for namespace in ("alice", "acme", "corp", "found")
         for name in VISIBILITIES] + ["acme/lib/private", "acme/lib/public",
                                      "acme/team"]
STARS = {"alice/private": 1, "acme/public": 3, "acme/lib/private": 2,
         "found/public": 1, "alice/public": 1}
PUSHED = ["acme/lib/private", "alice/public", "found/private", "acme/team",
          "alice/internal"]
WITH_ROLE = {
    None: {}, "eve": {},
    "alice": {"alice/*": "admin"},
    "owner": {"acme/*": "admin", "corp/*": "admin"},
    "bob": {"acme/*": "read", "corp/*": "read"},
    "carol": {"acme/lib/*": "write"},
    "dave": {"acme/team": "admin"},
    "root": {"found/*": "admin"}}


def _role(login, name):
    for pattern, role in WITH_ROLE[login].items():
        if name == pattern or (pattern.endswith("*")
                               and name.startswith(pattern[:-1])):
            return role
    return None


def _visibility(name):
    word = name.split("/")[-1]
    return word if word in VISIBILITIES else "private"


def _seen(login):
    """What a list may name to an account."""
    return {name for name in NAMES if _visibility(name) == "public"
            or (login and _visibility(name) == "internal")
            or _role(login, name)}


class ListingHouse(ApiHouse):
    def __init__(self, house):
        super().__init__(house, "alice", "bob", "carol", "dave", "eve", "frank",
                         "owner", admins=["root"])
        command = self.worker.command
        for name in ("acme", "corp"):
            command("organization", "add", name, "owner")
            command("member", "set", name, "bob", "member")
        command("team", "add", "acme", "builders")
        command("member", "set", "acme", "dave", "member")
        self.sql("UPDATE namespace SET base_role = 0 WHERE name = 'acme'")
        command("team", "add-member", "acme", "builders", "dave")
        mirror = Mirror(self.worker, self.registry)
        for name in NAMES:
            if name.startswith("found/"):
                self.worker.set_visibility(name, _visibility(name))
            else:
                owner = "alice" if name.startswith("alice/") else "owner"
                made = self.person(owner).post("/repositories", {
                    "name": name, "visibility": _visibility(name),
                    "description": "of " + name})
                assert made.status == 201, made
        command("collaborator", "set", "acme/*", "bob", "read")
        command("collaborator", "set", "acme/lib/*", "carol", "write")
        command("collaborator", "set", "acme/team", "team:builders", "admin")
        self.ids = dict(self.sql("SELECT name, id FROM repository"))
        for second, name in enumerate(PUSHED):
            event = push(name, tag="1")
            event["timestamp"] = "2026-08-01T12:00:%02dZ" % second
            assert mirror.send(event).status == 200
        for name, stars in STARS.items():
            self.worker.set_visibility(name, "public")
            for who in ("bob", "carol", "dave")[:stars]:
                assert self.person(who).put(
                    "/repositories/%s/star" % encoded(name)).status == 204
            self.worker.set_visibility(name, _visibility(name))

    def client(self, login):
        return self.anonymous if login is None else self.person(login)

    def order(self, names, sort):
        def key(name):
            number = (PUSHED.index(name) + 1 if name in PUSHED else 0) \
                if sort == "updated" else STARS.get(name, 0)
            return (-number, -int(self.ids[name]))
        return sorted(names, key=None if sort == "name" else key)


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ListingHouse(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def listed(client, **query):
    return [item["name"] for item in client.every("/repositories", **query)]


@pytest.mark.parametrize("sort", ["name", "updated", "stars"])
@pytest.mark.parametrize("login", sorted(WITH_ROLE, key=str))
def test_each_sees_what_it_may_in_order(api, login, sort):
    client = api.client(login)
    expected = api.order(_seen(login), sort)
    for limit in (1, 4, 100):
        assert listed(client, sort=sort, limit=limit) == expected
    assert listed(client, limit=4) == api.order(expected, "name")


@pytest.mark.parametrize("login", ["bob", "carol", "dave", "eve", "root",
                                   "alice"])
def test_filters(api, login):
    client = api.client(login)
    seen = _seen(login)
    for visibility in VISIBILITIES:
        assert listed(client, visibility=visibility, sort="stars", limit=2) == \
            api.order({n for n in seen if _visibility(n) == visibility},
                      "stars")
    for namespace in ("acme", "alice", "found", "none"):
        inside = {n for n in seen if n.startswith(namespace + "/")}
        for sort in ("name", "updated", "stars"):
            assert listed(client, namespace=namespace, sort=sort, limit=2) == \
                api.order(inside, sort)
            assert [item["name"] for item in client.every(
                "/namespaces/%s/repositories" % namespace, sort=sort,
                limit=2)] == api.order(inside, sort)
    mine = {n for n in seen if _role(login, n) in ("write", "admin")}
    assert listed(client, mine="true", limit=2) == sorted(mine)
    assert listed(client, mine="true", namespace="acme",
                  visibility="private") == sorted(
        n for n in mine if n.startswith("acme/")
        and _visibility(n) == "private")


def test_an_item_is_what_its_namespace_shows(api):
    alice = api.person("alice")
    one = alice.get("/repositories", namespace="alice", visibility="private")
    assert one.items[0]["star_count"] == 1
    assert one.items[0]["description"] == "of alice/private"
    assert not one.items[0]["is_stored"]
    assert one.items[0] == alice.get(
        "/namespaces/alice/repositories", sort="stars").items[-1] \
        or one.items[0] in alice.get("/namespaces/alice/repositories").items
    shown = alice.get("/repositories/alice%2Fprivate").json
    assert {key: shown[key] for key in one.items[0]} == one.items[0]


def test_who_is_no_one_has_none(api):
    answer = api.anonymous.get("/repositories?mine=true")
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert listed(api.anonymous, mine="false") == sorted(_seen(None))
    assert listed(api.anonymous, visibility="private") == []
    assert listed(api.anonymous, visibility="internal") == []


@pytest.mark.parametrize("query", [
    "sort=random", "sort=name;", "sort=stars,name", "visibility=secret",
    "mine=2", "namespace=a%2Fb", "namespace=", "namespace=%27", "after=!",
    "sort=updated&after=YQ", "sort=stars&after=MSB4", "limit=0", "limit=101",
    "owner=alice"])
def test_bad_queries(api, query):
    answer = api.anonymous.get("/repositories?" + query)
    assert answer.status == 400, answer
    assert answer.field == query.split("&")[-1].split("=")[0]


def test_a_token_sees_no_more_than_its_patterns(api):
    secret = api.person("owner").post("/access-tokens", {
        "name": "x", "actions": ["pull"],
        "repositories": ["acme/lib/*"]}).json["secret"]
    public = {n for n in NAMES if _visibility(n) == "public"}
    assert listed(api.bearer(secret), limit=3) == sorted(
        public | {"acme/lib/private"})


def test_changes_are_seen_at_once(api):
    alice = api.person("alice")
    assert alice.post("/repositories", {
        "name": "alice/changing", "visibility": "public"}).status == 201
    path = "/repositories/alice%2Fchanging"
    assert listed(api.anonymous)[-2:] != []
    assert "alice/changing" in listed(api.anonymous, sort="stars")
    assert alice.edit(path, {"visibility": "private"}).status == 200
    assert "alice/changing" not in listed(api.anonymous, sort="stars")
    assert "alice/changing" in listed(alice, visibility="private")
    assert alice.edit(path, {"visibility": "internal"}).status == 200
    assert "alice/changing" in listed(api.person("eve"), sort="updated")
    assert alice.delete(path).status == 202
    for client in (alice, api.person("eve"), api.person("root")):
        assert "alice/changing" not in listed(client)


def test_what_an_older_program_changed_is_repaired(api):
    """It writes the repository and not the copy: no right comes of the copy,
    and a rebuild makes it true."""
    api.sql("UPDATE repository SET is_private = TRUE, privacy = 3"
            " WHERE name = 'acme/lib/public'")
    try:
        assert "acme/lib/public" not in listed(api.anonymous)
        assert "acme/lib/public" not in listed(
            api.person("carol"), visibility="public")
        api.sql("DELETE FROM repository_listing")
        api.worker.command("search", "rebuild")
        assert listed(api.anonymous, sort="stars") == api.order(
            _seen(None) - {"acme/lib/public"}, "stars")
    finally:
        api.worker.set_visibility("acme/lib/public", "public")
    assert listed(api.anonymous, sort="updated") == api.order(
        _seen(None), "updated")


def test_a_push_repairs_what_an_older_program_wrote(api):
    alice, mirror = api.person("alice"), Mirror(api.worker, api.registry)
    name = "alice/old"
    assert alice.post("/repositories", {
        "name": name, "visibility": "public"}).status == 201
    api.sql("DELETE FROM repository_listing WHERE name = '%s'" % name)
    assert name not in listed(api.anonymous)
    event = push(name, tag="1")
    event["timestamp"] = "2026-08-02T12:00:00Z"
    assert mirror.send(event).status == 200
    assert listed(api.anonymous, sort="updated")[0] == name
    api.sql("UPDATE repository SET is_private = TRUE, privacy = 2"
            " WHERE name = '%s'" % name)
    assert name not in listed(api.person("eve"), visibility="internal")
    assert mirror.send(push(name, tag="2")).status == 200
    assert name in listed(api.person("eve"), visibility="internal")
    assert [item["name"] for item in api.person("eve").every(
        "/search", q="old")] == [name]
    assert alice.delete("/repositories/alice%2Fold").status == 202


def test_the_operator_lists_what_an_account_sees(api):
    command = api.worker.command

    def seen(*flags):
        return [line.split()[0] for line in
                command("repository", "list", *flags).splitlines()]

    assert seen("--as", "carol", "--sort", "stars") == api.order(
        _seen("carol"), "stars")
    assert seen("--as", "carol", "--mine", "--visibility", "private") == [
        "acme/lib/private"]
    assert seen("--as", "bob", "--namespace", "acme") == sorted(
        name for name in _seen("bob") if name.startswith("acme/"))
    first = json.loads(command("repository", "list", "--as", "alice", "--json",
                               "--sort", "updated").splitlines()[0])
    assert first["name"] == "alice/internal" and first["star_count"] == 0
    assert set(NAMES) <= set(seen())
    assert "--as is missing" in api.worker.fails("repository", "list", "--mine")
    assert "no order" in api.worker.fails(
        "repository", "list", "--as", "bob", "--sort", "size")
    assert "zed" in api.worker.fails("repository", "list", "--as", "zed")


def _private(api, n, names):
    """Organizations with private repositories: SQL of the name of the
    organization and of the repository, of seq from 1 to n."""
    api.sql(
        "INSERT IGNORE INTO namespace (name, kind, base_role, created_at)"
        " SELECT SUBSTRING_INDEX({0}, '/', 1), 1, 1, 1 FROM {1};"
        "INSERT INTO repository (namespace_id, name, is_private, created_at)"
        " SELECT s.id, {0}, TRUE, 1 FROM {1} JOIN namespace s"
        " ON s.name = SUBSTRING_INDEX({0}, '/', 1);"
        "INSERT INTO repository_listing (repository_id, namespace_id, name,"
        " visibility, updated_at, stars) SELECT id, namespace_id, name, 3,"
        " id % 7, id % 5 FROM repository WHERE id NOT IN"
        " (SELECT repository_id FROM repository_listing)".format(
            names, numbers(n)))


def _listed_in_pages(client, names, sort):
    """Whether lists with pages of any size are the same, and have these."""
    whole = listed(client, sort=sort, limit=100, visibility="private")
    assert sorted(whole) == sorted(names)
    assert listed(client, sort=sort, limit=13, visibility="private") == whole
    return whole


def test_more_namespaces_than_are_read_at_once(api):
    """Lists of many namespaces become one, without a gap at the pages; and one
    in which little may be seen has short pages."""
    _private(api, 480, "CONCAT('many', seq % 160, '/app', seq)")
    api.sql("INSERT INTO namespace_member (namespace_id, account_id, joined_at)"
            " SELECT n.id, a.id, 1 FROM namespace n JOIN account a"
            " WHERE n.name LIKE 'many%' AND n.id % 2 = 0 AND a.login = 'frank'")
    names = [row[0] for row in api.sql(
        "SELECT name FROM repository WHERE name LIKE 'many%'"
        " AND namespace_id % 2 = 0")]
    frank, ids = api.person("frank"), dict(api.sql(
        "SELECT name, id FROM repository"))
    assert len(names) == 240
    assert _listed_in_pages(frank, names, "name") == sorted(names)
    for sort, modulus in (("updated", 7), ("stars", 5)):
        assert _listed_in_pages(frank, names, sort) == sorted(
            names, key=lambda name: (-(int(ids[name]) % modulus),
                                     -int(ids[name])))
    _private(api, 1300, "CONCAT('wide/app', seq)")
    api.worker.command("collaborator", "set", "wide/app77*", "frank", "read")
    seen = ["wide/app77"] + ["wide/app77%d" % i for i in range(10)]
    for sort, limit in (("name", 2), ("updated", 25), ("stars", 25)):
        assert sorted(item["name"] for item in frank.every(
            "/namespaces/wide/repositories", sort=sort, limit=limit)) == seen
    assert api.anonymous.get("/namespaces/wide/repositories").next is None
