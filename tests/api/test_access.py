"""Who may do what: people, repositories and actions, all with all."""

import itertools

import pytest

from testenv import images
from testenv.accounts import scope, verdict_of
from testenv.images import sha256

DATA = b"held by all repositories"
DIGEST = sha256(DATA)
NOWHERE = "8ae4ba40-6e31-44a1-b1c7-ffffffffffff"

OWNED = "bob/private", "bob/public", "bob/deep/private"
MISSING = "bob/missing"


@pytest.fixture(scope="module")
def world(accounts):
    """bob's repositories with an image, a blob and an open session each."""
    bob = accounts.client("bob", *[scope(name, "*") for name in OWNED])
    accounts.image = images.Image()
    accounts.sessions = {}
    for name in OWNED:
        bob.push_image(name, "1", accounts.image)
        bob.push_blob(name, DATA)
        accounts.sessions[name] = bob.start_upload(name)
    accounts.index.set_visibility("bob/public", "public")
    return accounts


def requests(name, session):
    """action -> method, path, headers, body"""
    base = "/v2/%s/" % name
    tail = session or base + "blobs/uploads/" + NOWHERE
    return {
        "tags": ("GET", base + "tags/list"),
        "manifest": ("GET", base + "manifests/1"),
        "manifest head": ("HEAD", base + "manifests/1"),
        "blob": ("GET", base + "blobs/" + DIGEST),
        "blob head": ("HEAD", base + "blobs/" + DIGEST),
        "referrers": ("GET", base + "referrers/" + DIGEST),
        "status": ("GET", tail),
        "start": ("POST", base + "blobs/uploads/"),
        "at once": ("POST", base + "blobs/uploads/?digest=" + DIGEST),
        "mount": ("POST", base + "blobs/uploads/?mount=" + DIGEST),
        "patch": ("PATCH", tail),
        "put": ("PUT", tail + "?digest=" + DIGEST),
        "cancel": ("DELETE", tail),
        "manifest put": ("PUT", base + "manifests/2"),
        "manifest delete": ("DELETE", base + "manifests/none"),
        "blob delete": ("DELETE", base + "blobs/" + sha256(b"none")),
    }


PULL = {"tags", "manifest", "manifest head", "blob", "blob head",
        "referrers", "status"}
PEOPLE = "alice", None, "root"


def seen(answer):
    """What a stranger sees of an answer, but for what every answer has of
    its own (the date, and where this house found its verdict)
    and what it was asked for (the name)."""
    return (answer.status, answer.body, verdict_of(answer)[1], sorted(
        (name, value) for name, value in answer.headers.items()
        if name not in ("Date", "X-Verdict")))


@pytest.mark.parametrize("login", PEOPLE)
def test_strangers(world, login):
    """Others may pull what is public, and nothing else; what they asked for
    when they took their token changes nothing."""
    for name in OWNED + (MISSING,):
        allowed = PULL if name == "bob/public" else set()
        clients = [world.client(login, *scopes) for scopes in
                   ((), (scope(name, "pull"),), (scope(name, "*"),),
                    (scope(name, "pull,push,delete"),))]
        asked = requests(name, world.sessions.get(name))
        for client, action in itertools.product(clients[1:], asked):
            answer = client.request(*asked[action])
            is_allowed = answer.status != 401
            assert is_allowed == (action in allowed), (name, action, answer)
        for action in asked:
            assert clients[0].request(*asked[action]).status == 401


@pytest.mark.parametrize("login", PEOPLE)
def test_private_is_as_missing(world, login):
    """Same status, headers and body, whatever is asked."""
    both = []
    for name in ("bob/private", "bob/missing"):
        client = world.client(login, scope(name, "*"))
        both.append([seen(client.request(method, path)) for method, path in
                     requests(name, None).values()])
    for private, missing in zip(*both):
        assert repr(private).replace("bob/private", "bob/missing") \
            == repr(missing)


@pytest.mark.parametrize("login", PEOPLE)
def test_private_and_missing_tokens(world, login):
    """Neither says more of itself in a token's answer."""
    answers = [world.ask(login, scope(name, "*"))
               for name in ("bob/private", "bob/missing")]
    assert len({(a.status, tuple(sorted(a.json()))) for a in answers}) == 1
    assert len({len(a.json()["token"]) for a in answers}) == 1


def test_the_owner_may_everything(world):
    name = "bob/all"
    client = world.client("bob", scope(name, "*"))
    client.push_blob(name, DATA)
    asked = requests(name, None)
    for action, request in asked.items():
        assert client.request(*request).status != 401, action


# The actions of a token, and the requests that it is good for.
TOKENS = {
    "pull": PULL,
    "push": set(),
    "pull,push": PULL | {"start", "at once", "mount", "patch", "put",
                         "cancel", "manifest put"},
    "delete": {"manifest delete", "blob delete"},
    "pull,push,delete": set(requests("x", None)),
    "*": set(requests("x", None)),
}


@pytest.mark.parametrize("actions", TOKENS)
def test_a_token_is_good_for_what_it_was_asked_for(world, actions):
    client = world.client("bob", scope("bob/private", actions))
    for action, request in requests("bob/private", None).items():
        answer = client.request(*request)
        assert (answer.status != 401) == (action in TOKENS[actions]), action


@pytest.mark.parametrize("tag", ["latest", "v1", "_", "a" * 128,
                                 "sha256-" + "0" * 64 + ".sig"])
def test_no_tag_is_special(world, tag):
    client = world.client("alice", scope("bob/private"))
    path = "/v2/bob/private/manifests/" + tag
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert client.request(method, path).status == 401
        assert world.open.request(method, path).status == 401


# Names that are not alice's, though they begin or end so.
@pytest.mark.parametrize("name", [
    "alicea/app", "alice-x/app", "alice.x/app", "a/alice", "alic/app",
    "bob/alice", "library/app", "alice"])
def test_namespaces(world, name):
    client = world.client("alice", scope(name, "*"))
    assert (client.post("/v2/%s/blobs/uploads/" % name).status == 202) \
        == (name == "alice")


def test_what_is_pushed_first_is_private(world):
    name = "alice/first"
    world.client("alice", scope(name, "pull,push")).push_blob(name, DATA)
    assert world.client("alice", scope(name, "pull")).blob(
        name, DIGEST).body == DATA
    for login in ("bob", None, "root"):
        client = world.client(login, scope(name, "pull"))
        assert client.blob(name, DIGEST).status == 401


# --- sessions --------------------------------------------------------------

STEPS = [("GET", ""), ("HEAD", ""), ("PATCH", ""),
         ("PUT", "?digest=" + DIGEST), ("DELETE", "")]


@pytest.mark.idea(10)
@pytest.mark.parametrize("method, query", STEPS)
def test_the_session_of_another(world, method, query):
    """alice knows bob's session, and has every right in her own repository:
    the session is neither there nor hers."""
    bob = world.client("bob", scope("bob/private"))
    location = bob.start_upload("bob/private")
    assert bob.patch(location, [], b"12345").status == 202
    alice = world.client("alice", scope("alice/app", "*"),
                         scope("bob/private", "*"))
    body = DATA if method in ("PATCH", "PUT") else None
    assert alice.request(method, location + query, [], body).status == 401
    moved = location.replace("bob/private", "alice/app")
    answer = alice.request(method, moved + query, [], body)
    assert answer.status == 404
    if method != "HEAD":
        assert answer.codes()[0].startswith("BLOB_UPLOAD_")
    assert bob.get(location).header("Range") == "0-4"


@pytest.mark.idea(10)
def test_a_public_repositorys_session_is_its_owners(world):
    location = world.sessions["bob/public"]
    alice = world.client("alice", scope("bob/public", "*"))
    for method, query in STEPS[2:]:
        assert alice.request(method, location + query).status == 401
    assert world.client("bob", scope("bob/public")).get(
        location).status == 204


def test_ids_are_not_guessed(world):
    bob = world.client("bob", scope("bob/private"))
    ids = {bob.start_upload("bob/private").rsplit("/", 1)[1]
           for _ in range(20)}
    assert len(ids) == 20
    assert len({i[:8] for i in ids}) == 20
    assert all(len(i) == 36 and i[14] == "4" for i in ids)


@pytest.mark.parametrize("upload_id", [
    "..", ".", "../../bob/private", "%2e%2e", "..%2f..", "x", "A" * 36,
    "8AE4BA40-6E31-44A1-B1C7-FFFFFFFFFFFF", "0" * 300, "a b", "%00"])
def test_other_ids(world, upload_id):
    client = world.client("alice", scope("alice/app"))
    for method, query in STEPS:
        answer = client.request(method, "/v2/alice/app/blobs/uploads/%s%s" % (
            upload_id.replace(" ", "%20"), query))
        assert answer.status in (400, 401, 404, 405), (method, answer)


# --- paths that mean to be another one -------------------------------------

@pytest.mark.parametrize("path", [
    "/v2/alice/app/../../bob/private/tags/list",
    "/v2/alice/app/%2e%2e/%2e%2e/bob/private/tags/list",
    "/v2/alice/app/..%2f..%2fbob/private/tags/list",
    "/v2//bob/private/tags/list",
    "/v2/bob//private/tags/list",
    "/v2/bob%2fprivate/tags/list",
    "/v2/alice%2f..%2fbob/private/tags/list",
    "/v2/./bob/private/tags/list",
    "/v2/bob/private/tags/list%00",
    "/v2/alice/app/manifests/../../../bob/private/manifests/1",
    "/v2/alice/app/blobs/..%2f..%2f..%2fbob%2fprivate%2fblobs%2f" + DIGEST,
    "/v2/bob/private;x/tags/list",
    "/V2/bob/private/tags/list",
    "//v2/bob/private/tags/list",
    "/x/../v2/bob/private/tags/list",
    "/v2/%62ob/private/tags/list?x=/v2/alice/app",
])
def test_traversal(world, path):
    client = world.client("alice", scope("alice/app", "*"))
    answer = client.get(path)
    if answer.status == 301:    # a slash at the end, of any path that is valid
        assert answer.header("Location") == "http://127.0.0.1:%d%s" % (
            client.port, path.rstrip("/"))
        answer = client.get(path.rstrip("/"))
    assert answer.status in (400, 401, 404), answer


def test_a_slash_at_the_end_does_not_say_what_is_there(world):
    """It is answered before rights are asked for, from the path alone."""
    client = world.client("alice", scope("alice/app", "*"))
    for name in ("bob/private", "bob/nothing"):
        answer = client.get("/v2/%s/tags/list/" % name)
        assert answer.status == 301, answer
        assert answer.header("Location").endswith(
            "/v2/%s/tags/list" % name)


@pytest.mark.parametrize("headers", [
    [("X-Original-URL", "/v2/alice/app/tags/list")],
    [("X-Forwarded-User", "bob"), ("X-Remote-User", "bob"),
     ("Remote-User", "bob"), ("X-Forwarded-For", "127.0.0.1")],
    [("REGISTRY_ACCOUNT", "bob"), ("REGISTRY-ACCOUNT", "bob")],
    [("X-HTTP-Method-Override", "GET")],
    [("Proxy", "x"), ("Content-Location", "/v2/alice/app/tags/list")],
])
def test_headers_grant_nothing(world, headers):
    client = world.client("alice", scope("alice/app", "*"))
    assert client.get("/v2/bob/private/tags/list", headers).status == 401


def test_a_blob_is_read_through_its_repository(world):
    """Its bytes are in the store; without a link that is no access."""
    alice = world.client("alice", scope("alice/none", "*"))
    alice.push_blob("alice/none", b"something else")
    for method in ("GET", "HEAD", "DELETE"):
        answer = alice.request(method, "/v2/alice/none/blobs/" + DIGEST)
        assert answer.status == 404
    answer = alice.get("/v2/alice/none/manifests/"
                       + world.image.manifest.digest)
    assert answer.status == 404
    assert alice.get("/v2/alice/none/blobs/"
                     + world.image.manifest.digest).status == 404


def test_layers_of_others_are_no_layers_of_a_manifest(world):
    """A manifest may not name what its repository does not hold."""
    alice = world.client("alice", scope("alice/thief", "*"))
    answer = alice.put("/v2/alice/thief/manifests/1", [
        ("Content-Type", world.image.manifest.media_type)],
        world.image.manifest.data)
    assert answer.status == 400
    assert set(answer.codes()) == {"MANIFEST_BLOB_UNKNOWN"}
