"""Mounts across repositories: 201 only for who may read the source."""

import pytest

from testenv.accounts import scope
from testenv.images import sha256

DATA = b"a layer of bob's"
DIGEST = sha256(DATA)
UNKNOWN = sha256(b"a layer that is not there")
SOURCES = {"private": "bob/closed", "public": "bob/open",
           "missing": "bob/missing", "own": "alice/source"}


@pytest.fixture(scope="module")
def world(accounts):
    for login, name in (("bob", "bob/closed"), ("bob", "bob/open"),
                        ("alice", "alice/source")):
        accounts.client(login, scope(name)).push_blob(name, DATA)
    accounts.index.set_visibility("bob/open", "public")
    return accounts


def mount(client, target, source=None, digest=DIGEST, more=""):
    query = "?mount=" + digest
    if source is not None:
        query += "&from=" + source
    return client.post("/v2/%s/blobs/uploads/%s%s" % (target, query, more))


def is_there(world, name, digest=DIGEST):
    return world.client("alice", scope(name)).head(
        "/v2/%s/blobs/%s" % (name, digest)).status == 200


def is_session(client, answer):
    return (answer.status == 202 and answer.header("Docker-Upload-UUID")
            and client.get(answer.header("Location")).status == 204)


@pytest.mark.idea(13)
@pytest.mark.parametrize("source, status", [
    ("own", 201), ("public", 201), ("private", 202), ("missing", 202)])
def test_asked_for_both(world, repo, source, status):
    """What was asked for and not granted makes an ordinary upload of it."""
    name = "alice/" + repo
    client = world.client("alice", scope(name), scope(SOURCES[source],
                                                      "pull"))
    answer = mount(client, name, SOURCES[source])
    assert answer.status == status
    assert is_there(world, name) == (status == 201)
    if status == 201:
        assert answer.header("Location") == "/v2/%s/blobs/%s" % (name, DIGEST)
        assert answer.header("Docker-Content-Digest") == DIGEST
        assert client.blob(name, DIGEST).body == DATA
    else:
        assert is_session(client, answer)


@pytest.mark.idea(13)
@pytest.mark.parametrize("source", SOURCES)
def test_never_asked_for_the_source(world, repo, source):
    """One challenge with both scopes; the same for all sources."""
    name = "alice/" + repo
    answer = mount(world.client("alice", scope(name)), name, SOURCES[source])
    assert answer.status == 401
    assert answer.challenge()["scope"] == "%s %s" % (
        scope(name), scope(SOURCES[source], "pull"))
    assert answer.challenge()["error"] == "insufficient_scope"
    assert not is_there(world, name)


def test_the_challenge_can_be_followed(world, repo):
    """A client that asks for what the challenge says gets on."""
    name = "alice/" + repo
    for source, status in (("bob/open", 201), ("bob/closed", 202)):
        answer = mount(world.client("alice", scope(name)), name, source)
        wanted = answer.challenge()["scope"].split(" ")
        assert mount(world.client("alice", *wanted), name,
                     source).status == status


@pytest.mark.parametrize("source", ["public", "own"])
def test_no_right_on_the_target(world, source):
    client = world.client("alice", scope("bob/target"),
                          scope(SOURCES[source], "pull"))
    assert mount(client, "bob/target", SOURCES[source]).status == 401
    for login in (None, "alice"):
        client = world.client(login, scope("bob/open", "*"))
        assert mount(client, "bob/open", "bob/open").status == 401


def test_without_from(world, repo):
    """Mounts what the token may read, and says of nothing else that it is
    there."""
    name = "alice/" + repo
    for readable, status in (((), 202), (("bob/closed",), 202),
                             (("bob/missing",), 202),
                             (("bob/open",), 201)):
        client = world.client("alice", scope(name), *[
            scope(source, "pull") for source in readable])
        assert mount(client, name).status == status, readable
    assert is_there(world, name)


@pytest.mark.idea(13)
def test_private_is_as_missing(world, repo):
    """A mount does not reveal whether bob has a layer."""
    name = "alice/" + repo
    client = world.client("alice", scope(name), scope("bob/closed", "pull"),
                          scope("bob/missing", "pull"))
    answers = [mount(client, name, source, digest)
               for source in ("bob/closed", "bob/missing")
               for digest in (DIGEST, UNKNOWN)]
    assert len({(a.status, a.body, a.header("Range"),
                 tuple(sorted(a.headers.keys()))) for a in answers}) == 1


@pytest.mark.parametrize("query", [
    "?mount=" + UNKNOWN + "&from=alice/source",
    "?mount=nonsense&from=alice/source",
    "?mount=&from=alice/source",
    "?mount=%zz&from=alice/source",
    "?mount=" + DIGEST + "&from=Alice//source",
    "?mount=" + DIGEST + "&from=../source",
    "?mount=" + UNKNOWN + "&from=",
    "?mount=" + DIGEST + "&from=%00",
    "?mount=" + DIGEST + "&from=" + "a" * 300,
    "?from=alice/source",
    "?mount=sha256:" + "0" * 63 + "&from=alice/source",
    "?mount=md5:d41d8cd98f00b204e9800998ecf8427e&from=alice/source",
])
def test_odd_arguments(world, repo, query):
    """Never a 4xx: an ordinary upload of it."""
    name = "alice/" + repo
    client = world.client("alice", scope(name), scope("alice/source", "pull"))
    answer = client.post("/v2/%s/blobs/uploads/%s" % (name, query))
    assert is_session(client, answer), answer


@pytest.mark.parametrize("query", [
    "?mount=%s&from=alice/source&from=bob/closed" % DIGEST,
    "?mount=%s&from=bob/closed&from=alice/source" % DIGEST,
    "?mount=%s&from=alice/source&From=bob/closed" % DIGEST,
    "?mount=%s&from=bob%%2Fclosed" % DIGEST,
    "?mount=%s&fr%%6Fm=bob/closed" % DIGEST,
    "?mount=%s&mount=%s&from=bob/closed" % (UNKNOWN, DIGEST),
    "?mount=%s;from=bob/closed" % DIGEST,
])
def test_arguments_twice(world, repo, query):
    """nginx and the worker read the same source out of a query: a token for
    alice's never mounts out of bob's."""
    name = "alice/" + repo
    world.client("alice", scope("alice/empty")).push_blob("alice/empty", b"x")
    client = world.client("alice", scope(name), scope("alice/empty", "pull"))
    query = query.replace("alice/source", "alice/empty")
    answer = client.post("/v2/%s/blobs/uploads/%s" % (name, query))
    assert answer.status in (202, 401)
    assert not is_there(world, name)


@pytest.mark.idea(13)
def test_from_itself(world):
    client = world.client("alice", scope("alice/source"))
    assert mount(client, "alice/source", "alice/source").status == 201


def test_from_means_nothing_elsewhere(world):
    client = world.client("alice", scope("alice/source", "pull"))
    path = "/v2/alice/source/blobs/%s?mount=%s&from=bob/closed" % (DIGEST,
                                                                   DIGEST)
    assert client.get(path).status == 200


def test_more_readable_repositories_than_one_line_holds(world, repo):
    name = "alice/" + repo[:60]
    many = [scope("alice/%s%d" % ("long" * 8, i), "pull") for i in range(50)]
    client = world.client("alice", scope(name), scope("bob/open", "pull"),
                          *many)
    assert mount(client, name).status == 201
