"""Followed repositories, and feeds of what happens: who sees what."""

import datetime
import json

import pytest

from testenv import House
from testenv.api import ApiHouse, encoded
from testenv.mirror import Mirror, delete, digest, manifests, push, snapshot

# an hour ago: what is older than --activity-days is purged
START = datetime.datetime.utcnow().replace(microsecond=0) - \
    datetime.timedelta(hours=1)


class FeedHouse(ApiHouse):
    def __init__(self, house):
        super().__init__(house, "alice", "bob", "carol", "owner",
                         admins=["root"])
        self.mirror = Mirror(self.worker, self.registry)
        command = self.worker.command
        command("organization", "add", "acme", "owner")
        command("member", "set", "acme", "bob", "member")
        self.numbers = 0

    def repository(self, visibility="public", owner="alice", namespace=None):
        """The name of a new one, of which nothing is said yet."""
        self.numbers += 1
        name = "%s/r%d" % (namespace or owner, self.numbers)
        assert self.person(owner).post("/repositories", {
            "name": name, "visibility": visibility}).status == 201
        return name

    @staticmethod
    def moment(seconds):
        return (START + datetime.timedelta(seconds=seconds)).strftime(
            "%Y-%m-%dT%H:%M:%SZ")

    def send(self, *events, seconds=0):
        for event in events:
            event["timestamp"] = self.moment(seconds)
        assert self.mirror.send(*events).status == 200

    def push(self, name, tag, by="alice", seconds=0, n=1):
        self.send(push(name, n, tag=tag, by=by), seconds=seconds)

    def feed(self, client, name, **query):
        return client.every("/repositories/%s/activity" % encoded(name),
                            **query)


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield FeedHouse(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def path_of(name, more=""):
    return "/repositories/" + encoded(name) + more


def events(items):
    return [item["event"] for item in items]


# --- follows -----------------------------------------------------------------

def test_a_repository_is_followed_once(api):
    name = api.repository()
    carol = api.person("carol")
    path = path_of(name, "/follow")
    assert carol.get(path).json == {"is_followed": False}
    for _ in range(2):
        assert carol.put(path).status == 204
    assert carol.get(path).json == {"is_followed": True}
    assert carol.get(path_of(name)).json["is_followed"] is True
    assert api.anonymous.get(path_of(name)).json["is_followed"] is False
    assert api.anonymous.get(path).json == {"is_followed": False}
    assert [item["name"] for item in carol.every("/follows", limit=1)] == [name]
    for _ in range(2):
        assert carol.delete(path).status == 204
    assert carol.get("/follows").items == []


def test_follows_are_bounded(api):
    name, other = api.repository(), api.repository()
    carol = api.person("carol")
    api.sql("INSERT INTO repository (namespace_id, name, is_private, created_at)"
            " VALUES " + ", ".join(
                "(1, 'x/%d', TRUE, 1)" % i for i in range(999)))
    api.sql("INSERT INTO follow (repository_id, account_id, created_at)"
            " SELECT r.id, a.id, 1 FROM repository r, account a"
            " WHERE r.name LIKE 'x/%' AND a.login = 'carol'")
    try:
        assert carol.put(path_of(name, "/follow")).status == 204
        answer = carol.put(path_of(other, "/follow"))
        assert (answer.status, answer.code) == (409, "conflict")
        assert carol.put(path_of(name, "/follow")).status == 204
        # those that it may not read are not named, page after page
        assert [item["name"] for item in carol.every("/follows", limit=100)] \
            == [name]
        api.push(name, "v1")
        assert events(carol.get("/activity").items) == ["push", "create"]
    finally:
        api.sql("DELETE FROM repository WHERE name LIKE 'x/%'")
        carol.delete(path_of(name, "/follow"))


def test_a_token_follows_nothing(api):
    name = api.repository()
    secret = api.person("carol").post("/access-tokens", {
        "name": "x", "actions": ["pull", "push", "delete", "describe",
                                 "manage"]}).json["secret"]
    client = api.bearer(secret)
    assert client.put(path_of(name, "/follow")).status == 403
    assert client.get("/follows").status == 403
    assert client.get("/activity").status == 403
    assert client.get(path_of(name, "/activity")).status == 200


# --- what is said ------------------------------------------------------------

def test_pushes_of_many_tags_are_one_item(api):
    name = api.repository()
    for i in range(12):
        api.push(name, "v%d" % i, seconds=i)
    api.push(name, "v0", seconds=30)
    api.push(name, None, seconds=31, n=2)      # a part of an index
    api.push(name, "by-bob", by="bob", seconds=40)
    api.push(name, "later", by="bob", seconds=700)
    api.push(name, "no-one", by=None, seconds=701)
    items = api.feed(api.anonymous, name)
    assert [(item["event"], item["actor"], item["count"]) for item in items] == [
        ("push", None, 1), ("push", "bob", 1), ("push", "bob", 1),
        ("push", "alice", 13), ("create", "alice", 1)]
    first = items[3]
    assert first["tags"] == ["v0"] + ["v%d" % i for i in range(11, 2, -1)]
    assert first["occurred_at"] == api.moment(30)
    assert (first["repository"], first["namespace"]) == (name, "alice")
    assert items[0]["tags"] == ["no-one"]


def test_an_event_that_comes_twice_is_said_once(api):
    name = api.repository()
    event = push(name, tag="v1", by="alice")
    for _ in range(2):
        api.send(event)
    assert [(item["event"], item["count"])
            for item in api.feed(api.anonymous, name)] == [
        ("push", 1), ("create", 1)]


def test_deleted_tags(api):
    name = api.repository()
    for tag in ("a", "b", "c"):
        api.push(name, tag)
    api.send(delete(name, tag="a"))
    api.send(delete(name, digest=digest(1)))
    api.send(delete(name, digest=digest(7)))     # a blob, or nothing's
    items = api.feed(api.anonymous, name)
    assert events(items) == ["delete", "push", "create"]
    assert items[0]["count"] == 3 and set(items[0]["tags"]) == {"a", "b", "c"}


def test_what_reindex_finds_is_no_news(api):
    name = api.repository()
    api.send(snapshot("begin"), manifests(name, 1, 2), snapshot("end"))
    assert events(api.feed(api.anonymous, name)) == ["create"]


def test_stars_and_comments(api):
    name = api.repository()
    bob = api.person("bob")
    assert bob.put(path_of(name, "/star")).status == 204
    made = bob.post(path_of(name, "/comments"), {"text": "x"}).json
    items = api.feed(api.anonymous, name)
    assert events(items) == ["comment", "star", "create"]
    assert items[0]["comment"] == made["id"]
    assert items[1]["actor"] == "bob"
    # what is taken back, hidden or deleted was nothing
    one = path_of(name, "/comments/%d" % made["id"])
    assert api.person("alice").put(one + "/moderation", {
        "is_hidden": True}).status == 200
    assert events(api.feed(api.anonymous, name)) == ["star", "create"]
    other = bob.post(path_of(name, "/comments"), {"text": "x"}).json
    assert bob.delete(path_of(name, "/comments/%d" % other["id"])).status == 204
    assert bob.delete(path_of(name, "/star")).status == 204
    assert events(api.feed(api.anonymous, name)) == ["create"]


def test_no_burst_of_stars_fills_a_feed(api):
    name = api.repository()
    bob = api.person("bob")
    for _ in range(25):
        bob.put(path_of(name, "/star"))
        bob.delete(path_of(name, "/star"))
    assert events(api.feed(api.anonymous, name)) == ["create"]
    api.sql("INSERT INTO activity (namespace_id, repository_id, kind, began_at,"
            " at, actor) SELECT namespace_id, id, 2, UNIX_TIMESTAMP(),"
            " UNIX_TIMESTAMP(), 'carol' FROM repository, (%s) n"
            " WHERE name = '%s'" % (" UNION ALL ".join(
                "SELECT %d AS n" % i for i in range(20)), name))
    bob.put(path_of(name, "/star"))
    assert len(api.feed(api.anonymous, name, limit=100)) == 21
    api.sql("UPDATE activity SET at = at - 3601 WHERE kind = 2 AND"
            " actor = 'carol'")
    bob.delete(path_of(name, "/star"))
    bob.put(path_of(name, "/star"))
    assert len(api.feed(api.anonymous, name, limit=100)) == 22


def test_visibility_and_roles(api):
    name = api.repository("private")
    alice = api.person("alice")
    assert alice.edit(path_of(name), {"visibility": "public"}).status == 200
    api.worker.command("collaborator", "set", name, "carol", "write")
    items = api.feed(alice, name)
    assert events(items) == ["role", "visibility", "create"]
    assert (items[0]["login"], items[0]["role"]) == ("carol", "write")
    assert items[1]["visibility"] == "public"
    # who has which role is no one else's business
    for client in (api.anonymous, api.person("carol"), api.person("root")):
        assert events(api.feed(client, name)) == ["visibility", "create"]
    api.worker.command("collaborator", "remove", name, "carol")
    assert api.feed(alice, name)[0]["role"] == "none"


# --- namespaces --------------------------------------------------------------

def test_members_see_what_happens_in_their_namespace(api):
    api.worker.command("organization", "add", "corp", "owner")
    owner, bob = api.person("owner"), api.person("bob")
    for path, body in (("bob", {"role": "member"}), ("bob", {"role": "owner"}),
                       ("bob", {"role": "member"})):
        api.worker.command("member", "set", "corp", path, body["role"])
    api.worker.command("member", "set", "corp", "carol", "member")
    api.worker.command("member", "remove", "corp", "carol")
    name = api.repository("private", "owner", "corp")
    api.push(name, "v1", by="owner")
    items = bob.every("/namespaces/corp/activity", limit=2)
    assert events(items)[:3] == ["push", "create", "member"]
    assert items[0]["repository"] == name
    assert [(item["login"], item["role"]) for item in items[2:]] == [
        ("carol", "none"), ("carol", "member"), ("bob", "member"),
        ("bob", "owner"), ("bob", "member")]
    assert owner.delete(path_of(name)).status == 202
    items = bob.every("/namespaces/corp/activity")
    assert (items[0]["event"], items[0]["repository"], items[0]["actor"]) == (
        "remove", name, "owner")
    assert "push" not in events(items)
    # a member without a role learns of members, and of no repository, be it
    # one that was deleted
    api.sql("UPDATE namespace SET base_role = 0 WHERE name = 'corp'")
    hidden = api.repository("private", "owner", "corp")
    public = api.repository("public", "owner", "corp")
    for feed in ("/namespaces/corp/activity", "/activity"):
        seen = [item["repository"] for item in bob.every(feed, limit=1)]
        assert public in seen and not {name, hidden} & set(seen)
    assert name in [item["repository"]
                    for item in owner.every("/namespaces/corp/activity")]
    for client in (api.person("carol"), api.person("root")):
        assert client.get("/namespaces/corp/activity").status == 404


def test_what_a_member_may_not_read_is_not_read_for_long(api):
    """Of 2048 newer events of a private repository: not all for one page."""
    api.worker.command("organization", "add", "deep", "owner")
    api.worker.command("member", "set", "deep", "bob", "member")
    api.sql("UPDATE namespace SET base_role = 0 WHERE name = 'deep'")
    bob, owner = api.person("bob"), api.person("owner")
    older = api.repository("public", "owner", "deep")
    hidden = api.repository("private", "owner", "deep")
    double = ("INSERT INTO activity (namespace_id, repository_id, kind,"
              " began_at, at) SELECT v.namespace_id, v.repository_id, 0, v.at,"
              " v.at FROM activity v JOIN repository r ON r.id ="
              " v.repository_id WHERE r.name = '%s'" % hidden)
    api.sql(";".join([double] * 11))
    newer = api.repository("public", "owner", "deep")
    for feed in ("/namespaces/deep/activity", "/activity"):
        first = bob.get(feed, limit=100)
        assert [item["repository"] for item in first.items] == [newer], feed
        assert first.next, feed
        seen = [item["repository"] for item in bob.every(feed, limit=100)]
        assert (seen.count(newer), seen.count(older)) == (1, 1)
        assert hidden not in seen
    assert len(owner.get("/namespaces/deep/activity", limit=100).items) == 100
    api.sql("DELETE v FROM activity v JOIN repository r"
            " ON r.id = v.repository_id WHERE r.name = '%s'" % hidden)


# --- the caller's own feed ---------------------------------------------------

def test_a_feed_is_of_what_is_followed_owned_or_joined(api):
    bob, carol = api.person("bob"), api.person("carol")
    followed, other = api.repository(), api.repository()
    carols = api.repository("private", "carol")
    acmes = api.repository("private", "owner", "acme")
    assert bob.put(path_of(followed, "/follow")).status == 204
    assert carol.put(path_of(followed, "/follow")).status == 204
    for name, by in ((followed, "alice"), (other, "alice"),
                     (carols, "carol"), (acmes, "owner")):
        api.push(name, "t", by=by)

    def seen(client, **query):
        return [(item["event"], item["repository"])
                for item in client.every("/activity", **query)
                if item["repository"] in (followed, other, carols, acmes)]

    expected = [("push", acmes), ("push", followed),
                ("create", acmes), ("create", followed)]
    for limit in (1, 2, 3, 25):
        assert seen(bob, limit=limit) == expected
    assert seen(carol) == [("push", carols), ("push", followed),
                           ("create", carols), ("create", followed)]
    # what turns private vanishes, and comes back
    api.worker.set_visibility(followed, "private")
    assert [name for _, name in seen(carol)] == [carols] * 2
    assert [name for _, name in seen(bob, limit=1)] == [acmes] * 2
    api.worker.set_visibility(followed, "internal")
    assert [name for _, name in seen(bob, limit=1)].count(followed) == 4
    bob.delete(path_of(followed, "/follow"))
    assert [name for _, name in seen(bob)] == [acmes] * 2
    api.worker.command("member", "remove", "acme", "bob")
    assert seen(bob) == []
    api.worker.command("member", "set", "acme", "bob", "member")


def test_pages_of_many_sources_are_complete(api):
    """More sources than a page has items, each with some."""
    carol = api.person("carol")
    names = [api.repository() for _ in range(7)]
    for name in names:
        carol.put(path_of(name, "/follow"))
    for i in range(3):
        for name in names if i % 2 else reversed(names):
            api.push(name, "t%d" % i, seconds=1000 * i)
    wanted = [(item["id"], item["repository"])
              for name in names for item in api.feed(carol, name)]
    wanted = [name for _, name in sorted(wanted, reverse=True)]
    for limit in (1, 2, 3, 5, 100):
        seen = [item["repository"] for item in carol.every(
            "/activity", limit=limit) if item["repository"] in names]
        assert seen == wanted, limit
    for name in names:
        carol.delete(path_of(name, "/follow"))


def test_a_role_on_one_repository_shows_no_other(api):
    """Many that may not be read stand before one that may."""
    carol = api.person("carol")
    seen = api.repository()
    hidden = [api.repository() for _ in range(4)]
    for name in [seen] + hidden:
        assert carol.put(path_of(name, "/follow")).status == 204
        api.push(name, "v1")
    given = api.repository("private")
    api.worker.command("collaborator", "set", given, "carol", "read")
    for name in hidden:
        api.worker.set_visibility(name, "private")
    for limit in (1, 2, 3, 25):
        names = [item["repository"]
                 for item in carol.every("/activity", limit=limit)]
        assert seen in names and not set(hidden) & set(names), limit
    for name in [seen] + hidden:
        api.worker.set_visibility(name, "public")
        carol.delete(path_of(name, "/follow"))


def test_who_is_deleted_is_not_named(api):
    api.add("ghost")
    name = api.repository()
    assert api.person("ghost").post(path_of(name, "/comments"), {
        "text": "x"}).status == 201
    assert api.feed(api.anonymous, name)[0]["actor"] == "ghost"
    answer = api.person("root").delete(
        "/accounts/ghost", repositories="transfer", to="root")
    assert answer.status == 204, answer
    assert api.feed(api.anonymous, name)[0]["actor"] is None


def test_a_role_of_who_is_deleted_is_not_named(api):
    api.add("shade")
    command, alice = api.worker.command, api.person("alice")
    name = api.repository("private")
    command("collaborator", "set", name, "shade", "write")
    command("organization", "add", "shades", "alice")
    command("member", "set", "shades", "shade", "member")

    def named():
        return {item["event"]: item["login"] for item in
                api.feed(alice, name)
                + alice.every("/namespaces/shades/activity")
                if item["event"] in ("role", "member")
                and item["login"] != "alice"}

    assert named() == {"role": "shade", "member": "shade"}
    assert api.person("root").delete(
        "/accounts/shade", repositories="transfer", to="root").status == 204
    assert named() == {"role": None, "member": None}


def test_the_operator_lists_it(api):
    name = api.repository("private")
    api.push(name, "v1")
    command = api.worker.command
    lines = command("activity", "list", name).splitlines()
    assert [line.split()[1:] for line in lines] == [
        ["push", "alice", "alice", name, "1"],
        ["create", "alice", "alice", name, "1"]]
    first = json.loads(command("activity", "list", "--json").splitlines()[0])
    assert (first["event"], first["repository"], first["data"]) == (
        "push", name, {"tags": ["v1"]})


def test_what_is_old_goes(api):
    name = api.repository()
    api.push(name, "old")
    api.sql("UPDATE activity a JOIN repository r ON r.id = a.repository_id"
            " SET a.at = 1 WHERE a.kind = 0 AND r.name = '%s'" % name)
    api.push(api.repository(), "new")
    assert events(api.feed(api.anonymous, name)) == ["create"]


@pytest.mark.parametrize("query", ["after=!", "after=YQ", "limit=0",
                                   "limit=101", "before=1", "kind=push"])
def test_bad_queries(api, query):
    name = api.repository()
    for path in ("/activity", "/follows", path_of(name, "/activity"),
                 "/namespaces/alice/activity"):
        answer = api.person("alice").get(path + "?" + query)
        assert answer.status == 400, answer
        assert answer.field == query.split("=")[0]
