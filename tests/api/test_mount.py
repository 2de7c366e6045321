"""Mounting: a blob of one repository appears in another without its bytes."""

import pytest

from testenv import images
from testenv.client import digest


def mount(client, repo, wanted, source=None, more=""):
    query = "?mount=" + wanted + more
    if source is not None:
        query += "&from=" + source
    return client.post("/v2/%s/blobs/uploads/%s" % (repo, query))


def is_mounted(registry, repo, wanted, answer, data):
    assert answer.status == 201, answer
    assert answer.header("Location") == "/v2/%s/blobs/%s" % (repo, wanted)
    assert answer.header("Docker-Content-Digest") == wanted
    assert answer.header("Content-Length") == "0"
    assert answer.header("Docker-Upload-UUID") is None
    assert registry.blob(repo, wanted).body == data


def is_started(registry, repo, answer, data=b"instead"):
    """An ordinary upload, that takes its body."""
    assert answer.status == 202, answer
    location = answer.header("Location")
    assert location.startswith("/v2/%s/blobs/uploads/" % repo)
    assert answer.header("Docker-Upload-UUID")
    assert answer.header("Range") == "0-0"
    assert registry.finish(location, digest(data), [], data).status == 201
    assert registry.blob(repo, digest(data)).body == data


@pytest.mark.idea(1)
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("size", [0, 1, 70000])
def test_mount(registry, repo, store, algorithm, size):
    data = images.blob(size, repo)
    wanted = registry.push_blob(repo + "/a", data, algorithm)
    answer = mount(registry, repo + "/b", wanted, repo + "/a")
    is_mounted(registry, repo + "/b", wanted, answer, data)
    kind, text = wanted.split(":")
    link = (store / "repositories" / repo / "b/_layers" / kind / text / "link")
    assert link.read_text() == wanted


def test_order_of_the_arguments(registry, repo):
    data = b"order"
    wanted = registry.push_blob(repo + "/a", data)
    for i, query in enumerate((
            "from={a}&mount={d}", "mount={d}&from={a}&origin=other.example",
            "ns=docker.io&from={a}&mount={d}",
            "mount={e}&from={f}")):
        target = "%s/b%d" % (repo, i)
        answer = registry.post("/v2/%s/blobs/uploads/?%s" % (
            target, query.format(a=repo + "/a", d=wanted,
                                 e=wanted.replace(":", "%3A"),
                                 f=(repo + "/a").replace("/", "%2F"))))
        is_mounted(registry, target, wanted, answer, data)


@pytest.mark.idea(13)
def test_mount_from_itself(registry, repo):
    data = b"itself"
    wanted = registry.push_blob(repo, data)
    is_mounted(registry, repo, wanted,
               mount(registry, repo, wanted, repo), data)


def test_mount_without_from(registry, repo):
    """Standalone everybody may read everything, so it is found."""
    data = images.blob(100, repo)
    wanted = registry.push_blob(repo + "/a", data)
    is_mounted(registry, repo + "/b", wanted,
               mount(registry, repo + "/b", wanted), data)
    answer = mount(registry, repo + "/b", digest(b"nowhere at all"))
    is_started(registry, repo + "/b", answer)


@pytest.mark.idea(13)
@pytest.mark.parametrize("wanted,source", [
    ("sha256:" + "0" * 64, "{a}"), ("{d}", "{a}/none"), ("{d}", "absent"),
    ("{d}", "UPPER"), ("{d}", "../{a}"), ("{d}", "{a}/"),
    ("{d}", "/{a}"), ("{d}", "a" * 256), ("{d}", "%00"), ("{d}", "{a}%00"),
    ("{d}", "_uploads"), ("{d}", "{a}/_layers"),
    ("", "{a}"), ("x", "{a}"), ("sha256:", "{a}"), ("sha256:x", "{a}"),
    ("md5:" + "0" * 32, "{a}"), ("sha512:" + "0" * 128, "{a}"),
    ("sha256:" + "../" * 22, "{a}"), ("%00", "{a}"), ("%", "{a}"),
    ("sha256:" + "0" * 6000, "{a}")])
def test_a_miss_is_an_upload(registry, repo, wanted, source):
    """Never a 4xx, whatever is asked for."""
    known = registry.push_blob(repo + "/a", images.blob(10, repo))
    fields = {"a": repo + "/a", "d": known}
    answer = mount(registry, repo + "/b", wanted.format(**fields),
                   source.format(**fields))
    is_started(registry, repo + "/b", answer)


@pytest.mark.idea(14)
def test_a_deleted_source(registry, repo):
    data = images.blob(50, repo)
    wanted = registry.push_blob(repo + "/a", data)
    assert registry.delete("/v2/%s/a/blobs/%s" % (repo, wanted)).status == 202
    is_started(registry, repo + "/b",
               mount(registry, repo + "/b", wanted, repo + "/a"))


def test_a_mounted_blob_outlives_its_source(registry, repo):
    data = images.blob(60, repo)
    wanted = registry.push_blob(repo + "/a", data)
    assert mount(registry, repo + "/b", wanted, repo + "/a").status == 201
    assert registry.delete("/v2/%s/a/blobs/%s" % (repo, wanted)).status == 202
    assert registry.blob(repo + "/a", wanted).status == 404
    assert registry.blob(repo + "/b", wanted).body == data


def test_a_source_whose_content_is_gone(registry, repo, store):
    """A link without its data is nothing to promise a blob by."""
    data = images.blob(70, repo)
    wanted = registry.push_blob(repo + "/a", data)
    (store / "blobs/sha256" / wanted[7:9] / wanted[7:] / "data").unlink()
    is_started(registry, repo + "/b",
               mount(registry, repo + "/b", wanted, repo + "/a"), data)


def test_a_manifest_is_no_blob(registry, repo):
    image = images.Image(seed=repo)
    registry.push_image(repo + "/a", "1", image)
    is_started(registry, repo + "/b", mount(
        registry, repo + "/b", image.manifest.digest, repo + "/a"))


def test_digest_and_mount_together(registry, repo):
    """The mount counts; the body of a POST that fails to mount is a push."""
    data = images.blob(80, repo)
    wanted = registry.push_blob(repo + "/a", data)
    answer = mount(registry, repo + "/b", wanted, repo + "/a",
                   "&digest=" + wanted)
    assert answer.status == 201
    assert registry.blob(repo + "/b", wanted).body == data
