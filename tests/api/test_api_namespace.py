"""Organizations, members, teams, roles and invitations through the API; and what
docker's tokens are good for then, with pushes and pulls."""

import threading
import time

import pytest

from testenv import House, images
from testenv.accounts import Accounts, scope
from testenv.api import ApiClient, Document, encoded
from testenv.client import basic
from testenv.clients import Failed, Skopeo
from testenv.images import sha256
from testenv.mirror import Mirror, push
from testenv.process import wait_until

VALID = 0.4     # seconds, registry_verdict_valid
PULL, PUSH, ALL = {"pull"}, {"pull", "push"}, {"pull", "push", "delete"}
HOST = "127.0.0.1:%d"

_SERVER = """
    location ^~ /api/ {
        client_max_body_size 256k;
        fastcgi_pass  unix:%%DIR%%/index.sock;
        include       %%CONF%%/index_params;
        fastcgi_param INDEX_ROUTE  api;
        fastcgi_param INDEX_ORIGIN http://registry.test;
        error_page    400          @api_malformed;
        error_page    413          @api_large;
        error_page    502 504 =503 @api_error;
    }
    include %%CONF%%/api_errors;
    location = /_registry/events {
        fastcgi_pass  unix:%%DIR%%/index.sock;
        include       %%CONF%%/index_params;
        fastcgi_param INDEX_ROUTE event;
    }"""


class World:
    """A registry with accounts and the API: alice, bob, carol and dora are
    people, root is an administrator; acme is an organization of alice."""

    def __init__(self, house):
        self.house = house
        self.accounts = Accounts(
            house, "alice", "bob", "carol", "dora", valid="400ms",
            patience="60s", server=_SERVER, SLIPWAY_API_RATE="60000")
        self.accounts.add("root", "--admin")
        self.document = Document()
        self.mirror = Mirror(self.accounts.index, self.accounts.open)
        assert self.person("alice").post("/namespaces", {
            "name": "acme"}).status == 201

    def person(self, login, password=None):
        return ApiClient(self.accounts.open, self.document, basic(
            "%s:%s" % (login, password or self.accounts.password(login))))

    @property
    def anonymous(self):
        return ApiClient(self.accounts.open, self.document)

    def bearer(self, token):
        return ApiClient(self.accounts.open, self.document,
                         [("Authorization", "Bearer " + token)])

    def sql(self, text):
        return self.accounts.index.database.sql(text)

    def stored(self, *names):
        """Repositories that the store has reported."""
        self.mirror.take(*[push(name) for name in names])

    def rights(self, login, name):
        """Found out by trying, with a token of docker's making."""
        token = self.accounts.token(login, scope(name, "pull,push,delete"))
        return self.accounts.rights(token, name)

    def join(self, login, namespace="acme", role="member", **fields):
        """Invited by alice, and accepted."""
        made = self.person("alice").post(
            "/namespaces/%s/invitations" % namespace,
            {"login": login, "role": role, **fields})
        assert made.status == 201, made
        accepted = self.person(login).post(
            "/invitations/%d/acceptance" % made.json["id"])
        assert accepted.status == 204, accepted


@pytest.fixture
def world(house):
    return World(house)


@pytest.fixture(scope="module")
def still(database_server):
    """For tests that leave nothing behind that another one minds."""
    house = House(database_server)
    try:
        world = World(house)
        world.stored("acme/app")
        yield world
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def path(*segments):
    return "".join("/" + encoded(str(one)) for one in segments)


# --- namespaces --------------------------------------------------------------

def test_an_organization(world):
    alice = world.person("alice")
    made = alice.post("/namespaces", {"name": "beta", "description": "A b\u2603"})
    assert made.status == 201
    assert made.header("Location") == "/api/v1/namespaces/beta"
    assert made.json == {
        "name": "beta", "kind": "organization", "owner": None,
        "description": "A b\u2603", "created_at": made.json["created_at"],
        "role": "admin", "is_member": True, "is_owner": True,
        "visibility": "private", "base_role": "read", "writers_delete": False}
    shown = alice.get("/namespaces/beta")
    assert shown.json == made.json
    assert shown.header("ETag") == made.header("ETag")
    edited = alice.edit("/namespaces/beta", {
        "visibility": "internal", "base_role": "write", "writers_delete": True,
        "description": ""})
    assert edited.status == 200
    assert edited.json == dict(made.json, visibility="internal",
                               base_role="write", writers_delete=True,
                               description="")
    stale = alice.patch("/namespaces/beta", {"description": "x"},
                        [("If-Match", made.header("ETag"))])
    assert (stale.status, stale.code) == (412, "changed")
    assert [item["name"] for item in alice.every("/namespaces", limit=1)] == [
        "acme", "alice", "beta"]
    world.stored("beta/app")
    full = alice.delete("/namespaces/beta")
    assert (full.status, full.code) == (409, "conflict")
    assert alice.delete("/namespaces/acme").status == 204
    assert alice.get("/namespaces/acme").status == 404
    assert [row[0] for row in world.sql(
        "SELECT action FROM audit WHERE target IN ('beta', 'acme')"
        " ORDER BY id")] == [
            "organization.create", "organization.create", "namespace.edit",
            "namespace.edit", "organization.delete"]


@pytest.mark.parametrize("name, status, code", [
    ("bob", 409, "already_exists"), ("acme", 409, "already_exists"),
    ("registry.example", 422, "invalid_field"),
    ("localhost", 422, "invalid_field"), ("a", 422, "invalid_field"),
    ("Acme", 422, "invalid_field"), ("a/b", 422, "invalid_field"),
    ("a+b", 422, "invalid_field"), ("x" * 65, 422, "invalid_field")])
def test_names_that_no_organization_gets(still, name, status, code):
    answer = still.person("alice").post("/namespaces", {"name": name})
    assert (answer.status, answer.code, answer.field) == (status, code, "name")


@pytest.mark.parametrize("fields, field", [
    ({"owner": "bob"}, "owner"), ({"is_owner": True}, "is_owner"),
    ({"kind": "personal"}, "kind"), ({"base_role": "owner"}, "base_role"),
    ({"revision": 1}, "revision"), ({"visibility": None}, "visibility"),
    ({"description": "a\nb"}, "description"),
    ({"description": "x" * 256}, "description")])
def test_only_the_settings_are_set(still, fields, field):
    answer = still.person("alice").edit("/namespaces/acme", fields)
    assert (answer.status, answer.field) == (422, field)


def test_a_personal_namespace_has_no_members(still):
    alice = still.person("alice")
    answer = alice.edit("/namespaces/alice", {"base_role": "write"})
    assert (answer.status, answer.field) == (409, "base_role")
    assert alice.post("/namespaces/alice/teams", {"name": "them"}).status == 409
    answer = alice.post("/namespaces/alice/invitations", {
        "login": "bob", "role": "member"})
    assert (answer.status, answer.code) == (409, "conflict")
    assert alice.delete("/namespaces/alice").status == 409
    assert alice.edit("/namespaces/alice", {
        "visibility": "public"}).json["visibility"] == "public"


def test_what_one_may_not_see_is_not_there(world):
    """On no path does acme differ from what is not there."""
    world.stored("acme/app")
    alice = world.person("alice")
    alice.post("/namespaces/acme/teams", {"name": "builders"})
    rest = ("", "/members", "/teams", "/teams/builders", "/roles",
            "/teams/builders/members", "/invitations")

    def seen(client, method, name, tail):
        answer = client.request(method, "/namespaces/" + name + tail)
        return answer.status, [answer.json[key] for key in (
            "title", "code", "detail", "field")]

    for client in (world.person("bob"), world.anonymous):
        for tail in rest:
            for method in ("GET", "DELETE"):
                if method == "DELETE" and tail not in (
                        "", "/teams/builders"):
                    continue
                there = seen(client, method, "acme", tail)
                assert there == seen(client, method, "none", tail)
                assert there[0] in (401, 404)


def test_who_knows_of_a_namespace(world):
    """By what everyone may see in it, or by a role on anything."""
    def status(client):
        return client.get("/namespaces/acme").status

    world.stored("acme/app", "acme/other", "acmes/app", "acme-2/app")
    people = [world.person(login) for login in ("alice", "bob")]

    def seen():
        return [status(client) for client in (*people, world.anonymous)]

    for name in ("acmes/app", "acme-2/app"):
        world.accounts.index.set_visibility(name, "public")
    assert seen() == [200, 404, 404]
    for visibility, wanted in (("unlisted", [200, 404, 404]),
                               ("internal", [200, 200, 404]),
                               ("public", [200, 200, 200])):
        world.accounts.index.set_visibility("acme/app", visibility)
        assert seen() == wanted, visibility
    shown = world.anonymous.get("/namespaces/acme").json
    assert shown["role"] == "none"
    assert (shown["visibility"], shown["base_role"],
            shown["writers_delete"]) == (None, None, None)
    world.accounts.index.set_visibility("acme/app", "private")
    world.join("bob", role="read", pattern="x*")
    assert seen() == [200, 200, 404]
    assert people[1].get("/namespaces/acme/members").status == 404
    assert world.person("root").get("/namespaces/acme").status == 200


def test_lists_of_namespaces(world):
    names = ["beta", "acme/app", "acme/b/c", "acme-2/app", "gamma/app", "zoo"]
    world.stored(*names, "hidden/app")
    for name in names:
        world.accounts.index.set_visibility(name, "public")

    def listed(client, **query):
        return [item["name"] for item in client.every("/namespaces", **query)]

    public = ["acme", "acme-2", "beta", "gamma", "zoo"]
    bob, root = world.person("bob"), world.person("root")
    for limit in (1, 2, 25):
        # the order of the catalogue, in which a slash is below all
        assert listed(world.anonymous, limit=limit) == public
        assert listed(bob, list="public", limit=limit) == public
    assert listed(bob) == ["bob"]
    world.join("bob")
    assert listed(bob) == ["acme", "bob"]
    assert world.anonymous.get("/namespaces", list="mine").status == 401
    assert world.anonymous.get("/namespaces", list="all").status == 401
    assert bob.get("/namespaces", list="all").status == 403
    assert listed(root, list="all", limit=3) == sorted(
        public + ["alice", "bob", "carol", "dora", "hidden", "root"])


# --- members -----------------------------------------------------------------

def test_members_come_and_go(world):
    alice, bob = world.person("alice"), world.person("bob")
    members = "/namespaces/acme/members"
    offered = alice.post("/namespaces/acme/invitations", {
        "login": "bob", "role": "member"})
    assert offered.status == 201
    invitation = offered.json
    assert invitation == dict(
        invitation, namespace="acme", login="bob", role="member",
        repository=None, pattern=None, invited_by="alice")
    # it grants nothing yet
    world.stored("acme/app")
    assert bob.get("/namespaces/acme").status == 404
    assert world.rights("bob", "acme/app") == set()
    assert bob.every("/invitations") == [invitation]
    assert alice.every("/namespaces/acme/invitations") == [invitation]
    assert bob.post(path("invitations", invitation["id"],
                         "acceptance")).status == 204
    assert bob.every("/invitations") == []
    assert world.rights("bob", "acme/app") == PULL
    assert [(item["login"], item["role"]) for item in bob.every(
        members, limit=1)] == [("alice", "owner"), ("bob", "member")]
    answer = alice.post("/namespaces/acme/invitations", {
        "login": "bob", "role": "owner"})
    assert (answer.status, answer.field) == (409, "login")

    promoted = alice.put(members + "/bob", {"role": "owner"})
    assert (promoted.status, promoted.json["role"]) == (200, "owner")
    assert world.rights("bob", "acme/app") == ALL
    assert bob.put(members + "/alice", {"role": "member"}).status == 200
    # an organization keeps an owner
    for answer in (bob.put(members + "/bob", {"role": "member"}),
                   bob.delete(members + "/bob")):
        assert (answer.status, answer.code) == (409, "conflict")
    assert alice.put(members + "/alice", {"role": "owner"}).status == 403
    assert alice.delete(members + "/bob").status == 403
    # who leaves leaves all behind
    assert alice.delete(members + "/alice").status == 204
    assert alice.get("/namespaces/acme").status == 404
    assert world.rights("alice", "acme/app") == set()
    answer = bob.put(members + "/alice", {"role": "owner"})
    assert (answer.status, answer.code) == (404, "not_found")


def test_a_member_without_a_role_may_leave(world):
    world.person("alice").edit("/namespaces/acme", {"base_role": "none"})
    world.join("bob")
    world.stored("acme/app")
    bob = world.person("bob")
    assert world.rights("bob", "acme/app") == set()
    assert bob.get("/namespaces/acme").json["role"] == "none"
    assert len(bob.every("/namespaces/acme/members")) == 2
    assert bob.delete("/namespaces/acme/members/bob").status == 204
    assert bob.get("/namespaces/acme").status == 404


def test_who_is_gone_has_no_invitations_left(world):
    """Neither theirs nor those that they have sent."""
    world.join("bob", role="owner")
    bob = world.person("bob")
    offered = bob.post("/namespaces/acme/invitations", {
        "login": "carol", "role": "owner"})
    assert offered.status == 201
    world.person("alice").delete("/namespaces/acme/members/bob")
    assert world.person("carol").every("/invitations") == []


# --- roles -------------------------------------------------------------------

def test_what_teams_may_push_and_pull(world):
    """With real pushes; each change counts for the next token, and what is
    taken away ends within registry_verdict_valid."""
    alice = world.person("alice")
    for login in ("bob", "carol"):
        world.join(login)
    image = images.Image()
    world.accounts.client("alice", scope("acme/app")).push_image(
        "acme/app", "1", image)
    world.stored("acme/app", "acme/web/a")
    assert alice.post("/namespaces/acme/teams", {"name": "builders"}).status \
        == 201
    assert alice.put("/namespaces/acme/teams/builders/members/bob").status \
        == 204
    assert world.rights("bob", "acme/app") == PULL
    role = {"team": "builders", "pattern": "web/*", "role": "write"}
    put = alice.put("/namespaces/acme/roles", role)
    assert put.status == 200
    assert put.json == dict(role, login=None, repository=None,
                              granted_at=put.json["granted_at"])
    assert world.rights("bob", "acme/web/a") == PUSH
    assert world.rights("bob", "acme/app") == PULL
    assert world.rights("carol", "acme/web/a") == PULL
    assert alice.put(path("repositories", "acme/app", "teams", "builders"),
                     {"role": "write"}).status == 200
    bob = world.accounts.client("bob", scope("acme/app"))
    bob.push_image("acme/app", "2", images.Image(seed=1))
    assert world.accounts.client("carol", scope("acme/app")).manifest(
        "acme/app", "2").status == 200
    carol = world.accounts.client("carol", scope("acme/app"))
    assert carol.post("/v2/acme/app/blobs/uploads/").status == 401
    assert alice.edit("/namespaces/acme", {"writers_delete": True}).status \
        == 200
    assert world.rights("bob", "acme/app") == ALL


def _leave(world):
    return world.person("bob").delete("/namespaces/acme/members/bob")


def _remove(world):
    return world.person("alice").delete("/namespaces/acme/members/bob")


def _out_of_team(world):
    return world.person("alice").delete(
        "/namespaces/acme/teams/builders/members/bob")


def _no_team(world):
    return world.person("alice").delete("/namespaces/acme/teams/builders")


def _no_role(world):
    return world.person("alice").delete(
        "/namespaces/acme/roles", team="builders", pattern="*")


def _less(world):
    return world.person("alice").put("/namespaces/acme/roles", {
        "team": "builders", "pattern": "*", "role": "read"})


@pytest.mark.parametrize("change", [_leave, _remove, _out_of_team, _no_team,
                                    _no_role, _less])
def test_what_is_taken_away_is_gone_everywhere(world, change):
    alice = world.person("alice")
    alice.edit("/namespaces/acme", {"base_role": "none"})
    world.join("bob")
    alice.post("/namespaces/acme/teams", {"name": "builders"})
    alice.put("/namespaces/acme/teams/builders/members/bob")
    alice.put("/namespaces/acme/roles", {
        "team": "builders", "pattern": "*", "role": "write"})
    bob = world.accounts.client("bob", scope("acme/app"))
    data = b"held"
    bob.push_blob("acme/app", data)
    answer = change(world)
    assert answer.status in (200, 204), answer
    done = time.monotonic()
    wait_until(lambda: bob.blob("acme/app", sha256(data)).status != 200, 60,
               "the end of a token")
    assert time.monotonic() < done + VALID + 1
    assert "push" not in world.rights("bob", "acme/app")


def test_skopeo_with_an_access_token(world, tmp_path):
    """A collaborator from outside, by docker login; first to read, then to
    write."""
    alice = world.person("alice")
    world.stored("acme/app")
    image = images.Image()
    world.accounts.client("alice", scope("acme/app")).push_image(
        "acme/app", "1", image)
    secret = world.person("bob").post("/access-tokens", {
        "name": "ci", "actions": ["pull", "push"]}).json["secret"]
    host = HOST % world.house.port(8500)
    skopeo = Skopeo(world.house)
    skopeo.login(host, "bob", secret)
    target = host + "/acme/app:"
    with pytest.raises(Failed):
        skopeo.tags(host + "/acme/app")
    offered = alice.post(path("repositories", "acme/app", "invitations"), {
        "login": "bob", "role": "read"}).json
    assert (offered["repository"], offered["pattern"]) == ("acme/app", None)
    world.person("bob").post(path("invitations", offered["id"], "acceptance"))
    assert skopeo.tags(host + "/acme/app") == ["1"]
    with pytest.raises(Failed):
        skopeo.copy(target + "1", target + "2")
    answer = alice.put(path("repositories", "acme/app", "collaborators", "bob"),
                       {"role": "write"})
    assert answer.status == 200
    skopeo.copy(target + "1", target + "2")
    assert skopeo.tags(host + "/acme/app") == ["1", "2"]


def test_no_one_from_outside_gets_a_role_unasked(world):
    alice = world.person("alice")
    world.stored("acme/app")
    collaborator = path("repositories", "acme/app", "collaborators", "bob")
    role = {"login": "bob", "pattern": "*", "role": "read"}
    for answer in (alice.put(collaborator, {"role": "read"}),
                   alice.put("/namespaces/acme/roles", role)):
        assert (answer.status, answer.field) == (409, "login")
    world.join("bob", role="read", pattern="app")
    assert world.rights("bob", "acme/app") == PULL
    # what was accepted may be changed
    assert alice.put("/namespaces/acme/roles", dict(
        role, pattern="app", role="write")).status == 200
    assert world.rights("bob", "acme/app") == PUSH
    answer = alice.put("/namespaces/acme/roles", role)
    assert (answer.status, answer.field) == (409, "login")
    world.join("carol")
    assert alice.put(collaborator.replace("bob", "carol"), {
        "role": "admin"}).status == 200
    # who is an admin of a repository decides there, and nowhere else
    carol = world.person("carol")
    world.stored("acme/other")
    assert carol.post(path("repositories", "acme/app", "invitations"), {
        "login": "dora", "role": "admin"}).status == 201
    assert carol.post(path("repositories", "acme/other", "invitations"), {
        "login": "dora", "role": "admin"}).status == 403
    assert carol.put("/namespaces/acme/roles", role).status == 403


@pytest.mark.parametrize("fields, status, field", [
    ({"login": "carol"}, 422, "pattern"),
    ({"pattern": "*"}, 422, "login"),
    ({"login": "carol", "team": "builders", "pattern": "*"}, 422, "login"),
    ({"login": "carol", "pattern": "*", "repository": "acme/app"}, 422,
     "pattern"),
    ({"login": "carol", "pattern": "a**"}, 422, "pattern"),
    ({"login": "carol", "pattern": "A*"}, 422, "pattern"),
    ({"login": "unknown", "pattern": "*"}, 404, "login"),
    ({"team": "none", "pattern": "*"}, 404, "team"),
    ({"login": "carol", "repository": "alice/app"}, 422, "repository"),
    ({"login": "carol", "repository": "acme/none"}, 404, None),
    ({"login": "carol", "pattern": "*", "role": "owner"}, 422, "role"),
    ({"login": "carol", "pattern": "*", "role": "none"}, 422, "role"),
    ({"login": "carol", "pattern": "*", "granted_by": 1}, 422, "granted_by")])
def test_roles_that_are_none(still, fields, status, field):
    alice = still.person("alice")
    answer = alice.put("/namespaces/acme/roles", {"role": "read", **fields})
    assert (answer.status, answer.field) == (status, field)
    if "role" not in fields and "granted_by" not in fields:
        answer = alice.delete("/namespaces/acme/roles", **fields)
        assert answer.status in (400, 404)


def test_lists_of_roles(world):
    alice = world.person("alice")
    world.stored("acme/app", "acme/other")
    for login in ("bob", "carol"):
        world.join(login)
    for team in ("builders", "testers"):
        alice.post("/namespaces/acme/teams", {"name": team})
    roles = [
        {"login": "bob", "pattern": "*"}, {"login": "bob", "pattern": "a_*p"},
        {"login": "bob", "repository": "acme/app"},
        {"login": "carol", "repository": "acme/app"},
        {"login": "carol", "pattern": "o*"},
        {"team": "builders", "pattern": "a*"},
        {"team": "builders", "repository": "acme/other"},
        {"team": "testers", "pattern": "*"}]
    for role in roles:
        assert alice.put("/namespaces/acme/roles", dict(
            role, role="read")).status == 200

    def granted(items):
        return sorted(sorted(
            (key, item[key]) for key in
            ("login", "team", "repository", "pattern")
            if item[key] is not None) for item in items)

    def expected(of):
        return sorted(sorted(role.items()) for role in of)

    for limit in (1, 2, 3, 100):
        listed = "/namespaces/acme/roles"
        assert granted(alice.every(listed, limit=limit)) == expected(roles)
        assert granted(alice.every(listed, limit=limit, login="bob")) == \
            expected(roles[:3])
        assert granted(alice.every(listed, limit=limit, team="builders")) == \
            expected(roles[5:7])
        assert granted(alice.every(
            path("repositories", "acme/app", "collaborators"),
            limit=limit)) == expected(
                [roles[0]] + roles[2:4] + [roles[5], roles[7]])
    for query in ({"login": "unknown"}, {"team": "none"},
                  {"login": "bob", "team": "builders"}):
        assert alice.get("/namespaces/acme/roles", **query).status == 400
    for cursor in ("MQ", "MSAy", "MSAyIHgg", "!"):
        answer = alice.get("/namespaces/acme/roles", after=cursor)
        assert (answer.status, answer.code) == (400, "invalid_cursor")


# --- others' things ----------------------------------------------------------

@pytest.fixture
def two(world):
    """acme and beta, both of alice; zeta of bob."""
    alice, bob = world.person("alice"), world.person("bob")
    alice.post("/namespaces", {"name": "beta"})
    bob.post("/namespaces", {"name": "zeta"})
    for client, name in ((alice, "beta"), (bob, "zeta")):
        client.post(path("namespaces", name, "teams"), {"name": "team-" + name})
    return world


def test_things_of_another_namespace_are_not_there(two):
    """By no name and no number, be one the owner of both."""
    alice, bob = two.person("alice"), two.person("bob")
    two.stored("acme/app", "beta/app")
    for name in ("beta", "zeta"):
        team = path("namespaces", "acme", "teams", "team-" + name)
        assert alice.get(team).status == 404
        assert alice.get(team + "/members").status == 404
        assert alice.put(team + "/members/alice").status == 404
        assert alice.delete(team).status == 404
        answer = alice.put("/namespaces/acme/roles", {
            "team": "team-" + name, "pattern": "*", "role": "admin"})
        assert (answer.status, answer.field) == (404, "team")
        assert alice.put(path("repositories", "acme/app", "teams",
                              "team-" + name), {"role": "read"}).status == 404
    offers = {
        "zeta": bob.post("/namespaces/zeta/invitations", {
            "login": "carol", "role": "member"}).json["id"],
        "beta": alice.post("/namespaces/beta/invitations", {
            "login": "carol", "role": "member"}).json["id"],
        "app": alice.post(path("repositories", "beta/app", "invitations"), {
            "login": "carol", "role": "read"}).json["id"]}
    for number in offers.values():
        for owner in (path("namespaces", "acme"),
                      path("repositories", "acme/app")):
            answer = alice.delete(owner + path("invitations", number))
            assert (answer.status, answer.code) == (404, "not_found")
    # an invitation to the whole is none to a repository in it
    assert alice.delete(path("repositories", "beta/app", "invitations",
                             offers["beta"])).status == 404
    # those that have sent one cannot answer it, nor can strangers
    for login in ("alice", "bob", "dora", "root"):
        for number in offers.values():
            client = two.person(login)
            assert client.post(path("invitations", number,
                                    "acceptance")).status == 404
            assert client.delete(path("invitations", number)).status == 404
    assert len(two.person("carol").every("/invitations", limit=2)) == 3
    assert alice.delete(path("repositories", "beta/app", "invitations",
                             offers["app"])).status == 204
    assert alice.delete(path("namespaces", "beta", "invitations",
                             offers["beta"])).status == 204
    assert two.person("carol").delete(
        path("invitations", offers["zeta"])).status == 204
    assert two.person("carol").every("/invitations") == []


def test_a_token_manages_what_it_is_for(two):
    alice = two.person("alice")
    two.stored("acme/app", "beta/app")
    offered = alice.post("/namespaces/beta/invitations", {
        "login": "carol", "role": "member"}).json["id"]

    def client(*actions, names=("*",)):
        made = alice.post("/access-tokens", {
            "name": "x", "actions": list(actions),
            "repositories": list(names)}).json
        return two.bearer(made["secret"])

    narrow = client("pull", "push", "manage", names=["acme/*"])
    assert narrow.get("/namespaces/acme/teams").status == 200
    assert narrow.post("/namespaces/acme/teams", {"name": "new"}).status == 201
    for answer in (
            narrow.post("/namespaces/beta/teams", {"name": "new"}),
            narrow.get("/namespaces/beta/members"),
            narrow.delete(path("namespaces", "beta", "invitations", offered)),
            narrow.put(path("repositories", "beta/app", "collaborators",
                            "alice"), {"role": "read"}),
            narrow.post("/namespaces", {"name": "delta"})):
        assert (answer.status, answer.code) == (403, "insufficient_scope")
    answer = narrow.delete(path("namespaces", "acme", "invitations", offered))
    assert answer.status == 404
    # a part of a namespace is not the namespace
    part = client("manage", names=["acme/app"])
    assert part.get("/namespaces/acme/roles").status == 403
    assert part.get(path("repositories", "acme/app",
                         "collaborators")).status == 200
    # and what pulls and pushes manages nothing; people accept for themselves
    weak = client("pull", "push", "delete", "describe")
    assert weak.get("/namespaces/acme/teams").status == 200
    for answer in (weak.post("/namespaces/acme/teams", {"name": "new2"}),
                   weak.delete("/namespaces/acme/members/alice"),
                   weak.get("/namespaces/acme/roles"),
                   weak.delete(path("repositories", "acme/app")),
                   client("manage").get("/invitations"),
                   client("manage").post("/invitations/1/acceptance")):
        assert (answer.status, answer.code) == (403, "insufficient_scope")
    for answer, name in ((narrow.get("/namespaces/beta/members"), "beta/*"),
                         (part.get("/namespaces/acme/members"), "acme/*")):
        assert answer.json["detail"] == \
            "the token needs the action pull on " + name
    assert client("manage").post("/namespaces", {"name": "delta"}).status == 201


# --- invitations -------------------------------------------------------------

def test_an_invitation_ends(world):
    alice, bob = world.person("alice"), world.person("bob")
    offer = {"login": "bob", "role": "write", "pattern": "web/*"}
    first = alice.post("/namespaces/acme/invitations", offer).json
    again = alice.post("/namespaces/acme/invitations", dict(
        offer, role="admin")).json
    # another one for the same thing takes its place
    assert again == dict(first, role="admin", invited_at=again["invited_at"],
                         expires_at=again["expires_at"])
    world.sql("UPDATE invitation SET expires_at = UNIX_TIMESTAMP()")
    for answer in (bob.post(path("invitations", first["id"], "acceptance")),
                   bob.delete(path("invitations", first["id"])),
                   alice.delete(path("namespaces", "acme", "invitations",
                                     first["id"]))):
        assert answer.status == 404
    assert bob.every("/invitations") == []
    assert alice.every("/namespaces/acme/invitations") == []


@pytest.mark.parametrize("fields, status, field", [
    ({"login": "unknown"}, 404, "login"),
    ({"login": "acme+robot"}, 422, "login"),
    ({"role": "none"}, 422, "role"), ({"role": None}, 422, "role"),
    ({"role": "owner", "pattern": "*"}, 422, "pattern"),
    ({"role": "read", "pattern": "/x"}, 422, "pattern"),
    ({"role": "read", "is_owner": True}, 422, "is_owner"),
    ({"login": "alice", "role": "member"}, 409, "login")])
def test_invitations_that_are_none(still, fields, status, field):
    answer = still.person("alice").post("/namespaces/acme/invitations", {
        "login": "bob", "role": "member", **fields})
    assert (answer.status, answer.field) == (status, field)


# --- at once -----------------------------------------------------------------

def test_changes_at_once_are_all_done(world):
    """They wait for each other, or begin again; none of them fails."""
    alice = world.person("alice")
    names = ["team%d" % i for i in range(12)]
    answers = []

    def make(name):
        answers.append(alice.post("/namespaces/acme/teams", {"name": name}))

    threads = [threading.Thread(target=make, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [201] * len(names)
    assert [item["name"] for item in alice.every(
        "/namespaces/acme/teams", limit=5)] == sorted(names)


def test_two_owners_cannot_end_each_other(world):
    world.join("bob", role="owner")
    clients = {login: world.person(login) for login in ("alice", "bob")}
    for round_ in range(4):
        gone = []

        def leave(login):
            gone.append(clients[login].delete(
                "/namespaces/acme/members/" + login).status)

        threads = [threading.Thread(target=leave, args=(login,))
                   for login in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(gone) == [204, 409]
        [[left]] = world.sql(
            "SELECT a.login FROM namespace_member m JOIN account a"
            " ON a.id = m.account_id WHERE m.is_owner")
        other = "bob" if left == "alice" else "alice"
        world.accounts.index.command("member", "set", "acme", other, "owner")
        assert round_ < 4


def test_an_accepted_invitation_says_what_the_account_became(world):
    alice = world.person("alice")
    for login, role in (("bob", "owner"), ("carol", "member")):
        world.join(login, role=role)
        newest = alice.get("/namespaces/acme/activity").items[0]
        assert (newest["event"], newest["login"], newest["role"]) == (
            "member", login, role)


def test_every_change_is_in_the_audit_log(world):
    alice, bob = world.person("alice"), world.person("bob")
    world.join("bob")
    alice.post("/namespaces/acme/teams", {"name": "builders"})
    alice.put("/namespaces/acme/teams/builders/members/bob")
    alice.put("/namespaces/acme/roles", {
        "team": "builders", "pattern": "*", "role": "read"})
    alice.delete("/namespaces/acme/roles", team="builders", pattern="*")
    alice.delete("/namespaces/acme/teams/builders/members/bob")
    alice.delete("/namespaces/acme/teams/builders")
    alice.put("/namespaces/acme/members/bob", {"role": "owner"})
    bob.delete("/namespaces/acme/members/bob")
    rows = world.sql("SELECT action, actor, target FROM audit"
                     " WHERE actor_kind <> 'operator' ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("organization.create", "alice", "acme"),
        ("member.invite", "alice", "bob"), ("member.accept", "bob", "bob"),
        ("team.create", "alice", "builders"), ("team.add", "alice", "builders"),
        ("role.set", "alice", "builders"), ("role.remove", "alice", "builders"),
        ("team.remove", "alice", "builders"),
        ("team.delete", "alice", "builders"), ("member.set", "alice", "bob"),
        ("member.remove", "bob", "bob")]
    # also of what is named after a person or a team
    [[others]] = world.sql(
        "SELECT COUNT(*) FROM audit WHERE actor_kind <> 'operator' AND target <>"
        " 'acme' AND COALESCE(JSON_VALUE(data, '$.namespace'), '') <> 'acme'")
    assert int(others) == 0
