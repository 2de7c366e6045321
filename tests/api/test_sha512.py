"""sha512 from end to end, natively stored, and registry:2's aliases."""

import fcntl
import json
import re
from pathlib import Path

import pytest

from testenv import images
from testenv.client import digest
from testenv.process import memfd
from testenv.uploads import WAYS

EMPTY = images.descriptor("application/vnd.oci.empty.v1+json", b"{}")


def sha512(data):
    return digest(data, "sha512")


@pytest.mark.idea(28)
@pytest.mark.parametrize("size", [0, 1, 111, 112, 127, 128, 129, 300001])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_blob(registry, repo, store, way, size):
    data = images.blob(size, repo)
    wanted = sha512(data)
    answer = way(registry, repo, data, wanted)
    assert answer.status == 201, answer
    assert answer.header("Docker-Content-Digest") == wanted
    assert answer.header("Location") == "/v2/%s/blobs/%s" % (repo, wanted)
    answer = registry.blob(repo, wanted)
    assert answer.body == data
    assert answer.header("Docker-Content-Digest") == wanted
    assert answer.header("ETag") == '"%s"' % wanted
    text = wanted[7:]
    link = store / "repositories" / repo / "_layers/sha512" / text / "link"
    assert link.read_text() == wanted
    path = store / "blobs/sha512" / text[:2] / text / "data"
    assert path.read_bytes() == data


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_wrong_digest(registry, repo, way):
    answer = way(registry, repo, images.blob(5000, repo), sha512(b"other"))
    assert answer.status == 400
    assert answer.codes() == ["DIGEST_INVALID"]


@pytest.mark.parametrize("hint", ["sha256", "sha512"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("chunks", [1, 3])
def test_a_hint_is_no_promise(registry, repo, hint, algorithm, chunks):
    """digest-algorithm only helps to hash in passing."""
    data = images.blob(9000, repo)
    location = registry.start_upload(repo, "?digest-algorithm=" + hint)
    for at in range(0, len(data), len(data) // chunks):
        assert registry.patch(
            location, [], data[at:at + len(data) // chunks]).status == 202
    wanted = digest(data, algorithm)
    assert registry.finish(location, wanted).status == 201
    assert registry.blob(repo, wanted).body == data


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_hint_is_followed(registry, repo, store, algorithm):
    """From answer to answer: the bytes need not be read again."""
    location = registry.start_upload(repo, "?digest-algorithm=" + algorithm)
    for size in (700, 1400):
        answer = registry.patch(location, [("Content-Range", "9-9")], b"x")
        assert answer.status == 416
        location = answer.header("Location")
        answer = registry.patch(location, [], b"x" * 700)
        assert answer.status == 202
        location = answer.header("Location")
        directory = (store / "repositories" / repo / "_uploads" /
                  answer.header("Docker-Upload-UUID") / "hashstates")
        assert [str(path.relative_to(directory)) for path in
                directory.glob("*/*")] == ["%s/%d" % (algorithm, size)]
    wanted = digest(b"x" * 1400, algorithm)
    assert registry.finish(location, wanted).status == 201


def test_both_are_two_blobs(registry, repo):
    data = images.blob(3000, repo)
    one, two = (registry.push_blob(repo, data, algorithm)
                for algorithm in ("sha256", "sha512"))
    assert registry.blob(repo, one).body == registry.blob(repo, two).body
    assert registry.delete("/v2/%s/blobs/%s" % (repo, one)).status == 202
    assert registry.blob(repo, one).status == 404
    assert registry.blob(repo, two).body == data


@pytest.mark.idea(28)
def test_image(registry, repo, store):
    """All of an image: blobs, manifest, index, referrer, ?tag=."""
    layer = images.blob(700, repo)
    registry.push_blob(repo, layer, "sha512")
    registry.push_blob(repo, b"{}", "sha512")
    config = {**EMPTY, "digest": sha512(b"{}")}
    model = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
             "config": config, "layers": [{
                 "mediaType": images.OCI_LAYER, "digest": sha512(layer),
                 "size": len(layer)}]}
    data = json.dumps(model).encode()

    def put(data, kind, reference):
        answer = registry.put("/v2/%s/manifests/%s" % (repo, reference), [
            ("Content-Type", kind)], data)
        assert answer.status == 201, answer
        assert answer.header("Docker-Content-Digest") == sha512(data)
        assert answer.header("Location").endswith(sha512(data))
        return answer

    put(data, images.OCI_MANIFEST, sha512(data) + "?tag=one&tag=two")
    text = sha512(data)[7:]
    directory = store / "repositories" / repo / "_manifests"
    for path in ("revisions/sha512/" + text, "tags/one/current",
                 "tags/one/index/sha512/" + text):
        assert (directory / path / "link").read_text() == sha512(data)
    for reference in ("one", "two", sha512(data)):
        for method in ("GET", "HEAD"):
            answer = registry.request(method, "/v2/%s/manifests/%s" % (
                repo, reference))
            assert answer.status == 200
            assert answer.header("Docker-Content-Digest") == sha512(data)
            assert answer.header("ETag") == '"%s"' % sha512(data)
            assert answer.body == (data if method == "GET" else b"")
    # By tag alone the algorithm is the registry's choice: sha256.
    answer = registry.put("/v2/%s/manifests/three" % repo, [
        ("Content-Type", images.OCI_MANIFEST)], data)
    assert answer.header("Docker-Content-Digest") == digest(data)

    child = {"mediaType": images.OCI_MANIFEST, "digest": sha512(data),
             "size": len(data)}
    index = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_INDEX,
                        "manifests": [child]}).encode()
    put(index, images.OCI_INDEX, sha512(index))
    referrer = json.dumps({**model, "subject": child,
                           "artifactType": "application/x"}).encode()
    answer = put(referrer, images.OCI_MANIFEST, sha512(referrer))
    assert answer.header("OCI-Subject") == sha512(data)
    found = registry.get("/v2/%s/referrers/%s" % (
        repo, sha512(data))).json()["manifests"]
    assert [d["digest"] for d in found] == [sha512(referrer)]
    # A subject is named by one digest; its other name is not asked for.
    for wanted in (sha512(referrer), sha512(index), sha512(data)):
        assert registry.delete("/v2/%s/manifests/%s" % (
            repo, wanted)).status == 202
        assert registry.manifest(repo, wanted).status == 404
    assert registry.manifest(repo, "one").status == 404
    assert registry.manifest(repo, "three").body == data


def test_an_alias_of_registry_2(registry, repo, store):
    """A sha512 link that holds a sha256 digest is followed; the answer names
    what was asked for."""
    data = images.blob(4000, repo)
    plain = registry.push_blob(repo, data)
    text = sha512(data)[7:]
    directory = store / "repositories" / repo / "_layers/sha512" / text
    directory.mkdir(parents=True)
    (directory / "link").write_text(plain)
    for _ in range(2):
        for method in ("GET", "HEAD"):
            answer = registry.request(method, "/v2/%s/blobs/%s" % (
                repo, sha512(data)))
            assert answer.status == 200
            assert answer.header("Docker-Content-Digest") == sha512(data)
            assert answer.header("ETag") == '"%s"' % sha512(data)
            assert answer.body == (data if method == "GET" else b"")
    answer = registry.get("/v2/%s/blobs/%s" % (repo, sha512(data)),
                          [("Range", "bytes=5-9")])
    assert (answer.status, answer.body) == (206, data[5:10])
    # And it is good enough for a mount and for a manifest.
    answer = registry.post("/v2/%s/b/blobs/uploads/?mount=%s&from=%s" % (
        repo, sha512(data), repo))
    assert answer.status == 201
    assert registry.blob(repo + "/b", sha512(data)).body == data
    registry.push_blob(repo, b"{}")
    model = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": EMPTY,
        "layers": [{"mediaType": images.OCI_LAYER, "digest": sha512(data),
                    "size": len(data)}]})
    registry.push_manifest(repo, "1", model)


@pytest.mark.idea(28)
@pytest.mark.parametrize("algorithm,length", [
    ("sha384", 96), ("blake3", 64), ("md5", 32), ("sha1", 40)])
def test_other_algorithms(registry, repo, algorithm, length):
    wanted = algorithm + ":" + "0" * length
    location = registry.start_upload(repo)
    for answer in (registry.finish(location, wanted, [], b"x"),
                   registry.blob(repo, wanted),
                   registry.manifest(repo, wanted)):
        assert answer.status in (400, 404)
        assert answer.codes()
    assert registry.get(location).status == 204


def bytes_read(shared):
    """By all processes of the worker, as the kernel counts them."""
    return sum(int(re.search(r"rchar: (\d+)", Path(
        "/proc/%d/io" % pid).read_text())[1])
        for pid in shared.worker.workers())


@pytest.mark.parametrize("hashed,wanted", [
    ("sha256", "sha512"), ("sha512", "sha256")])
def test_bytes_are_read_again_once(shared, registry, repo, hashed, wanted):
    """However often a client tries an upload with digests of the other
    algorithm, with a last body or without."""
    size = 8 << 20
    data = images.blob(size, repo)
    location = registry.start_upload(repo, "?digest-algorithm=" + hashed)
    assert registry.patch(location, [], data).status == 202
    for turn in range(6):
        before = bytes_read(shared)
        answer = registry.finish(location, digest(b"other", wanted), [],
                                 b"x" if turn % 2 else None)
        assert answer.status == 400, answer
        assert bytes_read(shared) - before < (2 * size if turn == 0
                                              else size // 8)
    rest = images.blob(1000, repo + "rest")
    other = images.blob(1000, repo + "other")
    whole = digest(data + rest, wanted)
    assert registry.finish(location, whole, [], other).status == 400
    assert registry.finish(location, whole, [], rest).status == 201
    assert registry.blob(repo, whole).body == data + rest


def test_half_of_the_processes_read_again(shared, registry, repo):
    """With all of the places held, as by others: 503, and the upload stays."""
    data = images.blob(17 << 20, repo)
    location = registry.start_upload(repo)
    assert registry.patch(location, [], data).status == 202
    whole, small = sha512(data), images.blob(1000, repo + "small")
    with open(memfd(shared.worker.pid, "semaphore"), "r+b") as file:
        for place in range(4):
            fcntl.lockf(file, fcntl.LOCK_EX, 1, place)
        answer = registry.finish(location, whole, [], None)
        assert answer.status == 503
        assert answer.codes() == ["UNAVAILABLE"]
        assert answer.header("Retry-After") == "5"
        other = registry.start_upload(repo)
        assert registry.patch(other, [], small).status == 202
        assert registry.finish(other, sha512(small), [], None).status == 201
    assert registry.finish(location, whole, [], None).status == 201
    assert registry.blob(repo, whole).body == data
