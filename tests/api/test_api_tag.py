"""Tags, their history, manifests and referrers in the API: what events have
said."""

import pytest

from testenv import House
from testenv.api import ApiHouse, encoded
from testenv.mirror import (Mirror, delete, digest, manifests, push, snapshot,
                            tags)

PATH = "/repositories/"
A, B, C = digest(1), digest(2), digest(3)


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob")
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def mirror(api):
    return Mirror(api.worker, api.registry)


@pytest.fixture
def name():
    """A name that no other test has."""
    name.count = getattr(name, "count", 0) + 1
    return "alice/t%d" % name.count


def at(second, event):
    event["timestamp"] = "2026-08-01T12:00:%02dZ" % second
    return event


def stamp(second):
    return "2026-08-01T12:00:%02dZ" % second


def path(name, *words):
    return PATH + "/".join([encoded(name), *words])


def test_a_tag(api, mirror, name):
    mirror.take(at(1, push(name, 1, "1.0", "alice", contentSize=2 ** 40,
                           artifactType="application/x")))
    answer = api.person("alice").get(path(name, "tags", "1.0"))
    assert answer.status == 200
    assert answer.json == {
        "name": "1.0", "digest": A,
        "media_type": "application/vnd.oci.image.manifest.v1+json",
        "artifact_type": "application/x", "platforms": [],
        "compressed_size": 2 ** 40, "pushed_at": stamp(1),
        "pushed_by": "alice", "since_at": stamp(1)}
    assert api.person("alice").get(path(name, "tags")).items == [answer.json]
    assert api.person("alice").get(path(name, "tags", "1")).status == 404


def test_pages_of_tags(api, mirror, name):
    mirror.take(*[at(n % 7, push(name, n, "v%02d" % n)) for n in range(1, 20)])
    alice = api.person("alice")
    by_name = [t["name"] for t in alice.every(path(name, "tags"))]
    assert by_name == sorted(by_name) and len(by_name) == 19
    whole = alice.every(path(name, "tags"), sort="updated")
    assert [(t["pushed_at"], t["name"]) for t in whole] == sorted(
        ((t["pushed_at"], t["name"]) for t in whole), reverse=True)
    for limit in (1, 3, 19):
        assert alice.every(path(name, "tags"), sort="updated",
                           limit=limit) == whole


def test_the_history_of_a_tag(api, mirror, name):
    mirror.take(at(1, push(name, 1, "x", "alice")),
                at(2, push(name, 2, "x", "bob")),
                at(3, push(name, 2, "x", "alice")),
                at(4, push(name, 1, "x", "bob")),
                at(5, delete(name, tag="x")))
    alice = api.person("alice")
    ended = [
        {"digest": A, "began_at": stamp(4), "began_by": "bob",
         "ended_at": stamp(5), "ended_by": None},
        {"digest": B, "began_at": stamp(2), "began_by": "bob",
         "ended_at": stamp(4), "ended_by": "bob"},
        {"digest": A, "began_at": stamp(1), "began_by": "alice",
         "ended_at": stamp(2), "ended_by": "bob"}]
    assert alice.every(path(name, "tags", "x", "history")) == ended
    assert alice.get(path(name, "tags", "x")).status == 404
    mirror.take(at(6, push(name, 3, "x", "alice")))
    whole = [{"digest": C, "began_at": stamp(6), "began_by": "alice",
              "ended_at": None, "ended_by": None}] + ended
    for limit in (1, 2, 3, 4, 5):
        assert alice.every(path(name, "tags", "x", "history"),
                           limit=limit) == whole
    assert alice.get(path(name, "tags", "y", "history")).status == 404


def test_a_tag_goes_with_its_manifest(api, mirror, name):
    mirror.take(at(1, push(name, 1, "x", "alice")), at(2, delete(
        name, digest=A)))
    [item] = api.person("alice").every(path(name, "tags", "x", "history"))
    assert (item["began_at"], item["ended_at"]) == (stamp(1), stamp(2))


def test_a_push_of_the_same_is_no_change(api, mirror, name):
    mirror.take(at(1, push(name, 1, "x", "alice")),
                at(9, push(name, 1, "x", "bob")))
    tag = api.person("alice").get(path(name, "tags", "x")).json
    assert (tag["since_at"], tag["pushed_at"], tag["pushed_by"]) == (
        stamp(1), stamp(9), "bob")
    [item] = api.person("alice").every(path(name, "tags", "x", "history"))
    assert item["began_by"] == "alice"


def test_a_run_of_reindex_has_a_history_too(api, mirror, name):
    mirror.take(at(1, push(name, 1, "x", "alice")), snapshot("begin"),
                manifests(name, 2), at(3, tags(name, x=2)))
    assert api.person("alice").every(path(name, "tags", "x", "history")) == [
        {"digest": B, "began_at": None, "began_by": None, "ended_at": None,
         "ended_by": None},
        {"digest": A, "began_at": stamp(1), "began_by": "alice",
         "ended_at": stamp(3), "ended_by": None}]
    mirror.take(at(4, tags(name)))
    [gone, _] = api.person("alice").every(path(name, "tags", "x", "history"))
    assert (gone["digest"], gone["ended_at"]) == (B, stamp(4))


def test_an_event_that_comes_twice_is_one(api, mirror, name):
    first, second = push(name, 1, "x"), push(name, 2, "x")
    for _ in range(2):
        mirror.take(first, second)
    assert len(api.person("alice").every(
        path(name, "tags", "x", "history"))) == 2


def test_manifests_and_referrers(api, mirror, name):
    mirror.take(push(name, 1, "x"), push(name, 2, subject=A,
                                         artifactType="application/sig"),
                push(name, 3, subject=A), push(name, 4, subject=digest(9)))
    alice = api.person("alice")
    for limit in (1, 2, 25):
        assert [m["digest"] for m in alice.every(
            path(name, "manifests"), limit=limit)] == [
                A, B, C, digest(4)]
        found = alice.every(path(name, "manifests", A, "referrers"),
                            limit=limit)
        assert [m["digest"] for m in found] == [B, C]
    assert found[0]["artifact_type"] == "application/sig"
    whole = alice.get(path(name, "manifests", A)).json
    assert (whole["tags"], whole["parts"], whole["children"]) == (["x"], [], [])
    assert alice.get(path(name, "manifests", digest(9))).status == 404
    assert [m["digest"] for m in alice.get(
        path(name, "manifests", digest(9), "referrers")).items] == [digest(4)]
    assert alice.get(path(name, "manifests", "latest")).status == 404


def test_a_repository_called_like_a_route(api, mirror):
    mirror.take(push("alice/tags/b", 1, "1", "alice"),
                push("alice", 2, "b", "alice"))
    alice = api.person("alice")
    assert alice.get(path("alice/tags/b")).json["name"] == "alice/tags/b"
    assert alice.get(path("alice", "tags", "b")).json["digest"] == B
    assert alice.get(path("alice/tags/b", "tags", "1")).json["digest"] == A
    assert api.person("bob").get(path("alice/tags/b")).status == 404
