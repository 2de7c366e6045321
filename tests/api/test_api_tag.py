"""Tags, their history, manifests and referrers in the API: what events have
said."""

import base64
import shutil

import pytest

from testenv import House, images
from testenv.api import API_LOCATION, ApiClient, ApiHouse, Document, encoded
from testenv.client import basic
from testenv.mirror import (Mirror, delete, digest, event, manifests, push,
                            snapshot, tags)
from testenv.mirrored import World
from testenv.process import wait_until

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


def test_the_names_of_all_tags(api, mirror, name):
    alice = api.person("alice")
    for n, tag in enumerate(("1.0", "2.0", "__proto__"), 1):
        mirror.take(at(n, push(name, n, tag, "alice")))
    answer = alice.get(path(name, "tag-names"))
    assert answer.json == {"is_complete": True, "role": "admin", "tags": {
        "1.0": 1785585601, "2.0": 1785585602, "__proto__": 1785585603}}
    assert api.person("bob").get(path(name, "tag-names")).status == 404


def test_tags_by_their_names(api, mirror, name):
    alice = api.person("alice")
    for n in (1, 2, 3):
        mirror.take(at(n, push(name, n, "%d.0" % n, "alice")))

    def named(names):
        answer = alice.get(path(name, "tags?names=" + names))
        assert answer.status == 200, answer
        assert answer.header("Link") is None
        return [tag["name"] for tag in answer.json["items"]]

    assert named("3.0,none,1.0") == ["3.0", "1.0"]
    assert named("3.0") == ["3.0"]
    assert named(",") == []
    assert named("%2C".join(["2.0"] * 50)) == ["2.0"] * 50
    refused = alice.get(path(name, "tags?names=" + ",".join(["x"] * 51)))
    assert (refused.status, refused.json["field"]) == (400, "names")


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
        "pushed_by": "alice", "since_at": stamp(1), "pull_count": 0,
        "pulled_at": None, "visibility": "private"}
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


KINDS = [
    # oras attach, notation, cosign with --registry-referrers-mode, trivy
    ("application/vnd.cncf.notary.signature", [], "signature"),
    ("application/vnd.dev.sigstore.bundle.v0.3+json", [], "signature"),
    ("application/vnd.dev.cosign.artifact.sig.v1+json", [], "signature"),
    ("application/spdx+json", [], "sbom"),
    ("application/vnd.cyclonedx+json", [], "sbom"),
    ("application/vnd.in-toto+json", [], "attestation"),
    ("application/sarif+json", [], "scan"),
    # what a config says is no type of an artifact
    (images.OCI_CONFIG, ["application/vnd.dsse.envelope.v1+json"],
     "attestation"),
    ("application/vnd.oci.empty.v1+json", ["text/spdx"], "sbom"),
    ("sbom/example", ["application/octet-stream"], None),
    (None, [], None),
]


def test_kinds_of_referrers(api, mirror, name):
    for n, (kind, layers, _) in enumerate(KINDS, 2):
        mirror.take(push(name, n, subject=A, artifactType=kind, references=[
            {"digest": digest(100 + i), "mediaType": layer, "size": 1}
            for i, layer in enumerate(layers)]))
    items = api.person("alice").get(path(name, "manifests", A,
                                         "referrers")).items
    assert [(m["artifact_type"], m["kind"], m["tag"]) for m in items] == [
        (kind, wanted, None) for kind, _, wanted in KINDS]


def test_referrers_by_their_tags(api, mirror, name):
    """As cosign pushes by default: no subject, a config of an image, and the
    digest of what is signed in the tag."""
    tag = A.replace(":", "-")
    layer = "application/vnd.dev.cosign.simplesigning.v1+json"
    mirror.take(
        push(name, 1, "1"), push(name, 2, subject=A, artifactType="x/y"),
        push(name, 3, tag + ".sig", artifactType=images.OCI_CONFIG,
             references=[{"digest": C, "mediaType": images.OCI_CONFIG},
                         {"digest": C, "mediaType": layer}]),
        push(name, 4, tag + ".att", artifactType=images.OCI_CONFIG),
        # by both, once
        push(name, 5, tag + ".sbom", subject=A, artifactType="x/y"),
        push(name, 6, subject=A),
        # the list of other clients, and tags of something else
        push(name, 7, tag), push(name, 8, tag + ".sigx"),
        push(name, 9, B.replace(":", "-") + ".sig"),
        push(name + "/other", 10, tag + ".sig"))
    alice = api.person("alice")
    for limit in (1, 2, 3, 25):
        items = alice.every(path(name, "manifests", A, "referrers"),
                            limit=limit)
        assert [(m["digest"], m["kind"], m["tag"]) for m in items] == [
            (digest(2), None, None), (digest(3), "signature", tag + ".sig"),
            (digest(4), "attestation", tag + ".att"),
            (digest(5), "sbom", tag + ".sbom"), (digest(6), None, None)]
    # one that is signed again: the tag moves
    mirror.take(push(name, 11, tag + ".sig"))
    assert [m["digest"] for m in alice.get(
        path(name, "manifests", A, "referrers")).items] == [
            digest(n) for n in (2, 4, 5, 6, 11)]
    long = "sha512:" + "a" * 128
    assert alice.get(path(name, "manifests", long, "referrers")).items == []


def test_referrers_of_real_pushes(house):
    """An attached SBOM, an old list of them, and a signature by its tag."""
    world = World(house, "alice", server=API_LOCATION)
    world.deliver()
    name = "alice/app"
    client = world.pusher(name)
    image = images.Image()
    client.push_image(name, "1", image)
    sbom, blobs = images.artifact(b"{}", "application/spdx+json",
                                  image.manifest)
    signature = images.Image(seed=2)
    signature.manifest.model["layers"][0]["mediaType"] = (
        "application/vnd.dev.cosign.simplesigning.v1+json")
    signature.manifest = images.Manifest(signature.manifest.model)
    for blob in blobs:
        client.push_blob(name, blob)
    client.push_manifest(name, sbom.digest, sbom)
    tag = image.manifest.digest.replace(":", "-")
    client.push_image(name, tag + ".sig", signature)
    client.push_manifest(name, tag, images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX,
        "manifests": [sbom.descriptor(artifactType="application/spdx+json")]}))
    world.settle()
    alice = ApiClient(world.accounts.open, Document(), basic("alice:alicealice"))
    found = {m["digest"]: (m["kind"], m["tag"]) for m in alice.get(
        path(name, "manifests", image.manifest.digest, "referrers")).items}
    assert found == {sbom.digest: ("sbom", None),
                     signature.manifest.digest: ("signature", tag + ".sig")}


def test_a_repository_called_like_a_route(api, mirror):
    mirror.take(push("alice/tags/b", 1, "1", "alice"),
                push("alice", 2, "b", "alice"))
    alice = api.person("alice")
    assert alice.get(path("alice/tags/b")).json["name"] == "alice/tags/b"
    assert alice.get(path("alice", "tags", "b")).json["digest"] == B
    assert alice.get(path("alice/tags/b", "tags", "1")).json["digest"] == A
    assert api.person("bob").get(path("alice/tags/b")).status == 404


def test_an_event_with_strange_references(api, mirror, name):
    """What is only shown may be malformed: the rest is there."""
    for n, references in enumerate([
            [], {}, None, "x", [None], [{"digest": "sha256:1"}],
            [{"digest": A, "size": -1, "mediaType": 5, "platform": []}],
            [{"digest": A, "platform": {"os": "a\nb", "architecture": "c"}}],
            [{"digest": A}] * 1001], 1):
        for kind in ("manifest", "index"):
            mirror.take(push(
                name, n, "1", references=references,
                mediaType="application/vnd.oci.image.%s.v1+json" % kind,
                platform={"os": "x" * 65, "architecture": "y"}))
            answer = api.person("alice").get(path(name, "tags", "1"))
            assert answer.json["digest"] == digest(n)
            assert answer.json["platforms"] == []
            assert api.person("alice").get(
                path(name, "manifests", digest(n))).status == 200


# --- from the store ------------------------------------------------------------

def described(client, name, found):
    """(the tag, its manifest)."""
    tag = client.get(path(name, "tags", found)).json
    return tag, client.get(path(name, "manifests", tag["digest"])).json


def check_image(image, tag, manifest):
    size = sum(len(data) for data in image.blobs())
    assert tag["platforms"] == ["linux/" + image.architecture]
    assert tag["compressed_size"] == manifest["compressed_size"] == size
    assert manifest["parts"] == [
        {"digest": each["digest"], "media_type": each["mediaType"],
         "size": each["size"]} for each in (
            images.descriptor(images.OCI_CONFIG, image.config),
            *[images.descriptor(images.OCI_LAYER, layer)
              for layer in image.layers])]
    assert manifest["children"] == []


def check_index(pair, tag, manifest):
    sizes = [sum(len(data) for data in image.blobs()) for image in pair]
    assert tag["platforms"] == ["linux/amd64", "linux/arm64"]
    assert tag["compressed_size"] == sum(sizes)
    assert manifest["parts"] == []
    assert manifest["children"] == [
        {"digest": image.manifest.digest, "media_type": images.OCI_MANIFEST,
         "size": len(image.manifest.data), "compressed_size": size,
         "platform": "linux/" + image.architecture}
        for image, size in zip(pair, sizes)]


@pytest.mark.parametrize("is_reindexed", [False, True])
def test_what_was_really_pushed(house, is_reindexed):
    """An image, a multi-arch image and a signature; and a database that knows
    of them by reindex alone."""
    world = World(house, "alice", server=API_LOCATION)
    client = world.pusher("alice/app")
    pair = [images.Image(2, seed=1), images.Image(seed=2,
                                                  architecture="arm64")]
    for image in pair:
        client.push_image("alice/app", image.architecture, image)
    client.push_manifest("alice/app", "multi", images.image_index(pair))
    signature, blobs = images.artifact(b"sig", "application/sig",
                                       pair[0].manifest)
    for data in blobs:
        client.push_blob("alice/app", data)
    client.push_manifest("alice/app", signature.digest, signature)
    if is_reindexed:
        shutil.rmtree(world.store.root / "slipway" / "events")
        assert world.store.command("reindex").status == 0
    world.deliver("--snapshots")
    world.settle()
    alice = ApiClient(world.accounts.open, Document(), basic("alice:alicealice"))
    for image in pair:
        check_image(image, *described(alice, "alice/app", image.architecture))
    check_index(pair, *described(alice, "alice/app", "multi"))
    [referrer] = alice.get(path("alice/app", "manifests",
                                pair[0].manifest.digest, "referrers")).items
    assert referrer["digest"] == signature.digest
    assert referrer["artifact_type"] == "application/sig"
    who = None if is_reindexed else "alice"
    assert alice.get(path("alice/app", "tags", "multi")).json[
        "pushed_by"] == who
    client.push_image("alice/app", "multi", pair[1])
    world.settle()
    history = alice.every(path("alice/app", "tags", "multi", "history"))
    assert [(item["digest"], item["began_by"], item["ended_by"])
            for item in history] == [
        (pair[1].manifest.digest, "alice", None),
        (images.image_index(pair).digest, who, "alice")]


# --- blobs ----------------------------------------------------------------


def test_blobs_in_pages(api, mirror, name):
    blob = "application/octet-stream"
    digests = [digest(n) for n in range(1, 6)]
    mirror.take(*(at(n, push(name, n, by="alice" if n % 2 else None,
                             mediaType=blob, size=n))
                  for n in range(5, 0, -1)),
                push(name + "/other", 9, mediaType=blob))
    alice = api.person("alice")
    answer = alice.get(path(name, "blobs"))
    assert answer.items == [
        {"digest": digest(n), "size": n, "pushed_at": stamp(n),
         "pushed_by": "alice" if n % 2 else None} for n in range(1, 6)]
    assert [item["digest"] for item in alice.every(
        path(name, "blobs"), limit=2)] == digests
    mirror.take(delete(name, digest=C, mediaType=blob))
    assert [item["digest"] for item in alice.get(path(name, "blobs")).items
            ] == digests[:2] + digests[3:]
    assert alice.get(path(name, "blobs") + "?after=x").status == 400
    assert alice.get(path(name, "blobs") + "?limit=0").status == 400


def test_blobs_of_those_who_may_read(api, mirror, name):
    """One that was mounted says nothing of where it came from."""
    blob = {"mediaType": "application/octet-stream"}
    mirror.take(push(name, 1, by="alice", **blob),
                event("mount", target={
                    "repository": name + "/to", "digest": A, "size": 1,
                    "fromRepository": name, **blob}, actor={"name": "alice"}))
    bob = api.person("bob")
    assert bob.get(path(name, "blobs")).status == 404
    assert api.anonymous.get(path(name, "blobs")).status == 401
    api.worker.set_visibility(name + "/to", "public")
    answer = api.anonymous.get(path(name + "/to", "blobs"))
    assert [item["digest"] for item in answer.items] == [A]
    assert name.encode() not in answer.body


def test_blobs_of_real_pushes(house):
    """Layers, configs and what no manifest names, until it is deleted."""
    world = World(house, "alice", server=API_LOCATION)
    world.deliver()
    name = "alice/app"
    client = world.pusher(name, name + "/to")
    image = images.Image(layers=2)
    client.push_image(name, "1", image)
    alone = client.push_blob(name, b"no manifest")
    assert client.post("/v2/%s/to/blobs/uploads/?mount=%s&from=%s" % (
        name, alone, name)).status == 201
    alice = ApiClient(world.accounts.open, Document(), basic("alice:alicealice"))

    def listed(of=name):
        answer = alice.get(path(of, "blobs"))
        return {(item["digest"], item["size"], item["pushed_by"])
                for item in answer.items} if answer.status == 200 else None
    parts = {(images.sha256(data), len(data), "alice")
             for data in image.blobs()}
    wait_until(lambda: listed(name + "/to") == {(alone, 11, "alice")}, 60,
               "the mount")
    assert listed() == parts | {(alone, 11, "alice")}
    assert client.delete("/v2/%s/blobs/%s" % (name, alone)).status == 202
    wait_until(lambda: listed() == parts, 60, "the delete")
    assert listed(name + "/to") == {(alone, 11, "alice")}


# --- pulls ---------------------------------------------------------------------

def pulled(second, name, count=1, **target):
    return at(second, event("pull", target={"repository": name, **target},
                            count=count))


def counts(api, name):
    """Of the repository, and of its tags: (pulls, when)."""
    alice = api.person("alice")
    repository = alice.get(path(name)).json
    return ((repository["pull_count"], repository["pulled_at"]),
            {t["name"]: (t["pull_count"], t["pulled_at"])
             for t in alice.every(path(name, "tags"))})


def test_pulls(api, mirror, name):
    """By tag, and by a digest that tags point to; what is not known is not
    counted."""
    mirror.take(push(name, 1, "1"), push(name, 1, "1.0"), push(name, 2, "2"))
    assert counts(api, name) == ((0, None), {
        "1": (0, None), "1.0": (0, None), "2": (0, None)})
    mirror.take(pulled(5, name, 3, tag="1"), pulled(9, name, 4, digest=A),
                pulled(7, name, tag="2"), pulled(8, name, tag="none"),
                pulled(8, name, digest=digest(9)),
                pulled(8, "unknown/app", tag="1"))
    assert counts(api, name) == ((10, stamp(9)), {
        "1": (7, stamp(9)), "1.0": (4, stamp(9)), "2": (1, stamp(7))})
    mirror.take(pulled(6, name, 2, tag="1"))
    assert counts(api, name) == ((12, stamp(9)), {
        "1": (9, stamp(9)), "1.0": (4, stamp(9)), "2": (1, stamp(7))})


def test_a_part_of_an_index_is_no_pull_of_its_own(api, mirror, name):
    """Even where a tag points to it, unless it is asked for by that tag."""
    mirror.take(push(name, 1, "amd64"), push(
        name, 3, "1", mediaType="application/vnd.oci.image.index.v1+json",
        references=[{"digest": A, "size": 1}, {"digest": B, "size": 1}]))
    mirror.take(pulled(1, name, digest=C), pulled(2, name, digest=A),
                pulled(2, name, digest=B))
    assert counts(api, name) == ((1, stamp(1)), {
        "1": (1, stamp(1)), "amd64": (0, None)})
    mirror.take(pulled(3, name, tag="amd64"))
    assert counts(api, name) == ((2, stamp(3)), {
        "1": (1, stamp(1)), "amd64": (1, stamp(3))})


def test_pulls_that_come_twice_count_once(api, mirror, name):
    mirror.take(push(name, 1, "1"))
    events = [pulled(1, name, 2, tag="1"), pulled(1, name, 3, digest=A)]
    mirror.take(*events, events[0])
    mirror.take(*events)
    assert counts(api, name) == ((5, stamp(1)), {"1": (5, stamp(1))})


def test_pulls_of_registry_2(api, mirror, name):
    """It sends one for each GET and HEAD, and for each blob."""
    mirror.take(push(name, 1, "1"))

    def one(method, **target):
        return at(4, event("pull", target={"repository": name, **target},
                           request={"method": method}))

    mirror.take(one("GET", digest=A, tag="1"), one("HEAD", digest=A, tag="1"),
                one("GET", digest=B, mediaType="application/octet-stream"))
    assert counts(api, name) == ((1, stamp(4)), {"1": (1, stamp(4))})


@pytest.mark.parametrize("count", (0, -1, "1", 1.5, None, 10 ** 12 + 1))
def test_counts_that_are_none(api, mirror, name, count):
    api.house.expect("an event is skipped")
    mirror.take(push(name, 1, "1"), pulled(1, name, count, tag="1"))
    assert counts(api, name)[0] == (0, None)


def test_a_tag_that_goes_takes_its_pulls_with_it(api, mirror, name):
    mirror.take(push(name, 1, "1"), push(name, 1, "2"), push(name, 2, "3"),
                *[pulled(1, name, tag=t) for t in "123"])
    mirror.take(push(name, 2, "1"))
    assert counts(api, name)[1]["1"] == (1, stamp(1))
    mirror.take(delete(name, tag="3"), delete(name, digest=A))
    mirror.take(*[push(name, 1, t) for t in "123"])
    assert counts(api, name) == ((3, stamp(1)), {
        "1": (1, stamp(1)), "2": (0, None), "3": (0, None)})


def test_sorted_by_pulls(api, mirror, name):
    mirror.take(*[push(name, n, "v%02d" % n) for n in range(1, 20)])
    mirror.take(*[pulled(1, name, 1 + n % 4, tag="v%02d" % n)
                  for n in range(1, 20, 2)])
    alice = api.person("alice")
    whole = alice.every(path(name, "tags"), sort="pulls")
    by_name = sorted(whole, key=lambda t: t["name"])
    assert len(whole) == 19 and whole == sorted(
        reversed(by_name), key=lambda t: -t["pull_count"])[:10] + [
            t for t in by_name if t["pull_count"] == 0]
    for limit in (1, 3, 9, 10, 11, 19):
        assert alice.every(path(name, "tags"), sort="pulls",
                           limit=limit) == whole


def test_tags_without_pulls_are_not_looked_for_for_long(api, mirror, name):
    """Behind 2100 tags with pulls: a page is short, and the next one goes on."""
    mirror.take(push(name, 1, "zz", "alice"))
    alice = api.person("alice")
    [[id]] = api.sql("SELECT id FROM repository WHERE name = '%s'" % name)
    names = ["t%04d" % i for i in range(2100)]
    api.sql("INSERT INTO tag (repository_id, name, digest) VALUES "
            + ", ".join("(%s, '%s', '%s')" % (id, one, A) for one in names))
    api.sql("INSERT INTO tag_pull VALUES " + ", ".join(
        "(%s, '%s', 1, 1)" % (id, one) for one in names))
    cursor = base64.urlsafe_b64encode(b"0 ").decode().rstrip("=")
    first = alice.get(path(name, "tags"), sort="pulls", after=cursor)
    assert first.items == [] and first.next
    seen = alice.every(path(name, "tags"), sort="pulls", limit=100)
    assert [tag["name"] for tag in seen] == names[::-1] + ["zz"]


def test_pulls_wait_for_no_row(api, mirror, name):
    """Of a repository, a tag or a manifest that others hold."""
    mirror.take(push(name, 1, "1"), pulled(1, name, tag="1"))
    database = api.worker.database
    with database.held("SELECT r.id FROM repository r"
                       " JOIN mirror_repository m ON m.repository_id = r.id"
                       " JOIN tag t ON t.repository_id = r.id"
                       " JOIN manifest f ON f.repository_id = r.id"
                       " WHERE r.name = '%s' FOR UPDATE" % name):
        mirror.take(pulled(2, name, tag="1"), pulled(2, name, digest=A))
    assert counts(api, name) == ((3, stamp(2)), {"1": (3, stamp(2))})


def test_blobs_that_are_collected(house):
    """More than one write of events has; of what stays, and of another
    repository that has it, nothing is reported."""
    world = World(house, "alice", server=API_LOCATION)
    world.deliver()
    name = "alice/app"
    client = world.pusher(name, "alice/b")
    image = images.Image()
    client.push_image(name, "1", image)
    client.push_image("alice/b", "1", image)
    alone = [client.push_blob(name, b"alone %d" % n) for n in range(130)]
    client.push_blob("alice/b", b"alone 7")
    alice = ApiClient(world.accounts.open, Document(), basic("alice:alicealice"))

    def listed(of):
        answer = alice.get(path(of, "blobs"))
        return {item["digest"] for item in alice.every(
            path(of, "blobs"), limit=100)} if answer.status == 200 else None
    parts = {images.sha256(data) for data in image.blobs()}
    wait_until(lambda: listed("alice/b") == parts | {alone[7]}, 60,
               "the last push")
    assert listed(name) == parts | set(alone)
    world.store.age()
    assert world.store.gc().links == 131
    for of in (name, "alice/b"):
        wait_until(lambda: listed(of) == parts, 60, "the collection")
    world.settle()
