"""Manifests that a client made to be in the way: of pushes, of gc, of fsck and
reindex.  What a push takes, all of them read, in a time that grows with what
was pushed."""

import errno
import json

import pytest

from testenv import images
from testenv.client import digest
from testenv.faults import Fault
from testenv.hostile import DEPTH, REFERENCES_MAX, UNKNOWN, bordering
from testenv.images import Manifest
from testenv.store import Store

EMPTY = images.descriptor(images.OCI_CONFIG, b"{}")
MODEL = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
         "config": EMPTY, "layers": [EMPTY]}

class World:
    def __init__(self, house):
        self.fault = Fault(house)
        self.worker = house.registry_worker(processes=2,
                                            **self.fault.environment())
        self.front = house.example("standalone.conf",
                                   more=" registry_sparse index;")
        self.client = self.front.client(8500)
        self.store = Store(house.dir + "/store", self.fault)
        self.client.push_blob("a", b"{}")

    def put(self, content, reference="v1"):
        kind = images.OCI_INDEX if b'"manifests"' in content \
            else images.OCI_MANIFEST
        return self.client.put("/v2/a/manifests/" + reference,
                               [("Content-Type", kind)], content)

    def is_in_no_ones_way(self, content):
        assert self.client.manifest("a", digest(content)).body == content
        self.client.push_blob("orphan", b"orphan")
        self.store.age()
        assert self.store.gc().digests() == {digest(b"orphan")}
        self.store.gc("--delete-untagged")
        self.store.fsck(status=0)
        for command in ("reindex", "export-referrers"):
            run = self.store.command(command)
            assert run.status == 0, run


@pytest.fixture
def world(house):
    return World(house)


def said(answer):
    return answer.body.decode()


@pytest.mark.idea(26)
@pytest.mark.parametrize("piece", ["[]", "{}", "0"])
@pytest.mark.parametrize("size", [250000, 250015, 1000000, 4 << 20])
def test_a_manifest_at_the_border(world, piece, size):
    """The answer is that of its bytes, whatever a worker did before."""
    small, large = bordering(MODEL, piece, size), bordering(MODEL, piece, size, 1)
    for turn in range(6):
        assert world.put(small).status == 201, turn
        answer = world.put(large)
        assert answer.status == 400, turn
        assert "too many small values" in said(answer)
        world.put(bordering(
            MODEL, "[]", 300000 << turn % 3, -turn * 100), "other")
    world.is_in_no_ones_way(small)


@pytest.mark.idea(26)
def test_the_depth_of_a_manifest(world):
    head = json.dumps(MODEL)[:-1]
    for open_, close in ("[", "]"), ('{"a":', "}"):
        for depth in (DEPTH, DEPTH + 1):
            content = (head + ',"x":' + open_ * (depth - 1) + "1"
                       + close * (depth - 1) + "}").encode()
            answer = world.put(content)
            assert answer.status == (201 if depth == DEPTH else 400), answer
            if depth == DEPTH:
                world.is_in_no_ones_way(content)
            else:
                assert "nested too deep" in said(answer)


INDEX = {"schemaVersion": 2, "mediaType": images.OCI_INDEX}


def with_unknown(kind, value):
    """A manifest that has it in an unknown field."""
    layer = json.dumps(EMPTY)[:-1]
    if kind == "manifest":
        return json.dumps(MODEL)[:-1] + ', "x.y": %s}' % value
    if kind == "twice":
        return '{"x": %s, %s, "x": %s}' % (
            value, json.dumps(MODEL)[1:-1], value)
    if kind == "descriptor":
        return json.dumps({**MODEL, "layers": []}).replace(
            "[]", '[%s, "x": %s, "x": 1}]' % (layer, value))
    if kind == "subject":
        return json.dumps(MODEL)[:-1] + ', "subject": %s, "x": %s}}' % (
            layer, value)
    assert kind == "platform"
    return json.dumps(INDEX)[:-1] + (
        ', "manifests": [%s, "platform": {"os": "a", "x": %s}}]}' % (
            layer, value))


@pytest.mark.idea(26)
@pytest.mark.parametrize("kind", ["manifest", "twice", "descriptor",
                                  "subject", "platform"])
def test_unknown_fields_may_have_any_value(world, kind):
    for value in UNKNOWN.values():
        content = with_unknown(kind, value).encode()
        answer = world.put(content)
        assert answer.status == 201, (value, answer)
        assert world.client.manifest("a", "v1").body == content
    world.is_in_no_ones_way(content)


@pytest.mark.parametrize("what", [
    '"schemaVersion": 2', '"config": null', '"mediaType": "a"',
    '"layers": []', '"subject": null', '"annotations": {}'])
def test_a_field_that_we_know_stands_once(world, what):
    text = json.dumps({**MODEL, "subject": None, "annotations": {}})
    answer = world.put((text[:-1] + ", %s}" % what).encode())
    assert answer.status == 400 and "duplicate" in said(answer), answer


@pytest.mark.parametrize("key", ["schemaVersion", "mediaType",
                                 "artifactType"])
@pytest.mark.parametrize("value", [r'"\u0000"', r'"\ud800"', "1e999",
                                   "99999999999999999999"])
def test_a_field_that_we_know_says_something(world, key, value):
    model = {k: v for k, v in MODEL.items() if k != key}
    answer = world.put((json.dumps(model)[:-1] + ', "%s": %s}' % (
        key, value)).encode())
    assert answer.status == 400, answer


@pytest.mark.parametrize("value", ["{]", "[1,]", "01", "tru", r'"\x"',
                                   '"\x01"', "{1: 2}", "'a'", "1 2", ""])
def test_an_unknown_field_must_be_json(world, value):
    for kind in ("manifest", "descriptor", "platform"):
        answer = world.put(with_unknown(kind, value).encode())
        assert answer.status == 400, answer
        assert answer.codes() == ["MANIFEST_INVALID"]


@pytest.mark.idea(19)
@pytest.mark.parametrize("case", UNKNOWN)
def test_an_adopted_manifest_with_unknown_fields(world, case):
    """And deeper than a push may bring it."""
    value = "[" * 5000 + UNKNOWN[case] + "]" * 5000
    layer = world.client.push_blob("a", b"layer of it")
    text = with_unknown("manifest", value).replace(
        '"layers": [', '"layers": [%s, ' % json.dumps(
            images.descriptor(images.OCI_LAYER, b"layer of it")))
    content = text.encode() + b"\n"
    world.store.put_blob(digest(content), content)
    world.store.put(world.store.revision("a", digest(content)),
                    digest(content).encode())
    world.store.put(world.store.tag("a", "v1"), digest(content).encode())
    world.is_in_no_ones_way(content)
    assert world.store.blob(layer).exists()


# --- how often what is read ------------------------------------------------


def reads(calls, store, wanted):
    """How often the data of each of these blobs was read."""
    paths = {str(store.blob(each)): each for each in wanted}
    found = dict.fromkeys(wanted, 0)
    for name, path in calls:
        if name == "read" and path in paths:
            found[paths[path]] += 1
    return found


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("flags", [(), ("--delete-untagged",)],
                         ids=["all", "untagged"])
def test_a_chain_of_indexes_is_read_once(world, algorithm, flags):
    """Each of ten names all ten of the next: 10^8 ways to the end."""
    store, level, all_of_it = world.store, [], []
    for depth in range(8):
        children, level = level, []
        for n in range(10):
            model = {**INDEX, "manifests": children,
                     "annotations": {"n": "%d %d" % (depth, n)}}
            manifest = Manifest(model)
            name = digest(manifest.data, algorithm)
            assert world.put(manifest.data, name).status == 201
            level.append({**manifest.descriptor(), "digest": name})
            all_of_it.append(name)
    assert world.put(Manifest({**INDEX, "manifests": level}).data).status == 201
    # and once more for each repository that has the beginning of it
    for name in ("b", "c"):
        for each in level:
            store.put(store.revision(name, each["digest"]),
                      each["digest"].encode())
    store.age()
    with world.fault.traced() as calls:
        run = store.gc(*flags)
    assert run.digests() == {EMPTY["digest"]}
    found = reads(calls, store, all_of_it)
    assert min(found.values()) >= 1
    # once for what to keep, and where untagged ones go, once for what keeps
    # them, in each repository; file_get() reads until there is no more
    once = 2
    assert max(found.values()) <= (4 if flags else 1) * once, found
    assert sum(found.values()) <= (
        len(all_of_it) * 2 + 20 if flags else len(all_of_it)) * once
    for command in ("fsck", "reindex", "export-referrers"):
        with world.fault.traced() as calls:
            store.command(command)
        found = reads(calls, store, all_of_it)
        assert max(found.values()) <= 6 * once, (command, found)


@pytest.mark.parametrize("key", ["layers", "manifests"])
def test_one_digest_many_times_is_looked_for_once(world, key):
    """With a size of its own each time, and without."""
    link = str(world.store.layer("a", EMPTY["digest"]))

    def put(layers):
        with world.fault.traced() as calls:
            assert world.put(json.dumps({
                **(MODEL if key == "layers" else INDEX),
                key: layers}).encode()).status == 201
        assert 1 <= [path for _, path in calls].count(link) <= 20
        assert len(calls) < 200

    put([EMPTY] * REFERENCES_MAX)
    with world.fault.traced() as calls:
        world.store.fsck(status=0)
    assert 1 <= [path for _, path in calls].count(link) <= 20
    assert len(calls) < 300
    put([{**EMPTY, "size": n} for n in range(3000)])
    world.store.age()
    world.store.gc()


def test_more_references_than_a_manifest_may_have(world):
    for model, key in (MODEL, "layers"), (INDEX, "manifests"):
        answer = world.put(json.dumps({
            **model, key: [EMPTY] * (REFERENCES_MAX + 1)}).encode())
        assert answer.status == 400
        assert answer.codes() == ["MANIFEST_INVALID"]
        assert "more than %d %s" % (REFERENCES_MAX, key) in said(answer)


def test_looking_ends_where_an_answer_is_full(world):
    """A hundred missing blobs are named; the rest are not searched for."""
    absent = [images.descriptor(images.OCI_LAYER, b"absent %d" % n)
              for n in range(10000)]
    with world.fault.at(2000, errno.EIO) as it:
        answer = world.put(json.dumps({**MODEL, "layers": absent}).encode())
    assert not it.is_reached
    assert answer.status == 400
    assert set(answer.codes()) == {"MANIFEST_BLOB_UNKNOWN"}
    assert len(answer.codes()) == 100
    assert [error["detail"] for error in answer.json()["errors"]] == [
        layer["digest"] for layer in absent[:100]]


def test_a_missing_blob_is_named_once(world):
    layer = images.descriptor(images.OCI_LAYER, b"absent")
    answer = world.put(json.dumps({**MODEL, "layers": [layer] * 5}).encode())
    assert answer.codes() == ["MANIFEST_BLOB_UNKNOWN"]
