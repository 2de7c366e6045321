"""Deleting manifests, tags and blobs, and the switch that forbids it."""

import json

import pytest

from testenv import images
from testenv.client import digest

ZERO = "sha256:" + "0" * 64


@pytest.fixture
def image(registry, repo):
    """An image with three tags; another one has a tag of its own."""
    built = images.Image(layers=2, seed=repo)
    for tag in ("a", "b", "c.tmp"):
        registry.push_image(repo, tag, built)
    registry.push_image(repo, "other", images.Image(seed=repo + "other"))
    return built


def delete(registry, repo, reference, kind="manifests"):
    return registry.delete("/v2/%s/%s/%s" % (repo, kind, reference))


def tags(registry, repo):
    answer = registry.get("/v2/%s/tags/list" % repo)
    return answer.json()["tags"] if answer.status == 200 else answer.status


def is_gone(registry, repo, reference, kind="manifests"):
    path = "/v2/%s/%s/%s" % (repo, kind, reference)
    return {registry.head(path).status, registry.get(path).status} == {404}


@pytest.mark.idea(22)
def test_a_tag(registry, repo, image, store):
    answer = delete(registry, repo, "b")
    assert answer.status == 202
    assert answer.body == b""
    assert is_gone(registry, repo, "b")
    assert tags(registry, repo) == ["a", "c.tmp", "other"]
    for reference in ("a", "c.tmp", image.manifest.digest):
        assert registry.manifest(repo, reference).body == image.manifest.data
    assert not (store / "repositories" / repo / "_manifests/tags/b").exists()
    answer = delete(registry, repo, "b")
    assert answer.status == 404
    assert answer.codes() == ["MANIFEST_UNKNOWN"]


def test_the_last_tag(registry, repo):
    registry.push_image(repo, "only", images.Image(seed=repo))
    assert delete(registry, repo, "only").status == 202
    assert tags(registry, repo) in ([], 404)
    assert not is_gone(registry, repo, images.Image(seed=repo).manifest.digest)


@pytest.mark.idea(22)
def test_a_manifest_takes_its_tags(registry, repo, image):
    answer = delete(registry, repo, image.manifest.digest)
    assert answer.status == 202
    assert answer.body == b""
    for reference in ("a", "b", "c.tmp", image.manifest.digest):
        assert is_gone(registry, repo, reference)
    assert tags(registry, repo) == ["other"]
    # Its blobs stay until they are cleaned.
    for data in image.blobs():
        assert registry.blob(repo, digest(data)).body == data
    answer = delete(registry, repo, image.manifest.digest)
    assert answer.status == 404
    assert answer.codes() == ["MANIFEST_UNKNOWN"]


def test_pushed_again(registry, repo, image):
    delete(registry, repo, image.manifest.digest)
    registry.push_manifest(repo, "a", image.manifest)
    for reference in ("a", image.manifest.digest):
        assert registry.manifest(repo, reference).body == image.manifest.data
    for reference in ("b", "c.tmp"):
        assert is_gone(registry, repo, reference)


@pytest.mark.idea(22)
def test_a_tag_that_moved_on(registry, repo, image):
    """A tag that once pointed to the manifest stays."""
    other = images.Image(seed=repo + "other").manifest
    registry.push_manifest(repo, "a", other)
    assert delete(registry, repo, image.manifest.digest).status == 202
    assert registry.manifest(repo, "a").body == other.data
    assert tags(registry, repo) == ["a", "other"]


def test_in_another_repository(registry, repo, image):
    registry.push_image(repo + "/copy", "a", image)
    assert delete(registry, repo, image.manifest.digest).status == 202
    assert registry.manifest(repo + "/copy", "a").body == image.manifest.data
    assert delete(registry, repo + "/none", "a").status == 404


@pytest.mark.idea(22)
def test_a_child_of_an_index(registry, repo, image):
    index = images.image_index([image])
    registry.push_manifest(repo, "index", index)
    assert delete(registry, repo, image.manifest.digest).status == 202
    assert registry.manifest(repo, "index").body == index.data
    assert delete(registry, repo, index.digest).status == 202
    assert is_gone(registry, repo, "index")


def test_an_index_leaves_its_children(registry, repo, image):
    index = images.image_index([image])
    registry.push_manifest(repo, "index", index)
    assert delete(registry, repo, index.digest).status == 202
    assert registry.manifest(repo, "a").body == image.manifest.data


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_blob(registry, repo, store, algorithm):
    data = images.blob(500, repo)
    wanted = registry.push_blob(repo, data, algorithm)
    registry.push_blob(repo + "/other", data, algorithm)
    answer = delete(registry, repo, wanted, "blobs")
    assert answer.status == 202
    assert answer.header("Content-Length") == "0"
    assert is_gone(registry, repo, wanted, "blobs")
    assert registry.blob(repo + "/other", wanted).body == data
    answer = delete(registry, repo, wanted, "blobs")
    assert answer.status == 404
    assert answer.codes() == ["BLOB_UNKNOWN"]
    registry.push_blob(repo, data, algorithm)
    assert registry.blob(repo, wanted).body == data


def test_a_blob_that_a_manifest_needs(registry, repo, image):
    """Allowed, as in registry:2; the manifest cannot be pushed any more."""
    wanted = digest(image.config)
    assert delete(registry, repo, wanted, "blobs").status == 202
    answer = registry.put("/v2/%s/manifests/a" % repo, [
        ("Content-Type", image.manifest.media_type)], image.manifest.data)
    assert answer.codes() == ["MANIFEST_BLOB_UNKNOWN"]


@pytest.mark.parametrize("kind,reference,status,code", [
    ("manifests", ZERO, 404, "MANIFEST_UNKNOWN"),
    ("manifests", "none", 404, "MANIFEST_UNKNOWN"),
    ("manifests", "sha256:x", 400, "DIGEST_INVALID"),
    ("manifests", ".x", 400, "TAG_INVALID"),
    ("blobs", ZERO, 404, "BLOB_UNKNOWN"),
    ("blobs", "sha256:x", 400, "DIGEST_INVALID"),
    ("blobs", "latest", 400, "DIGEST_INVALID")])
def test_misses(registry, repo, image, kind, reference, status, code):
    answer = delete(registry, repo, reference, kind)
    assert answer.status == status, answer
    assert answer.codes() == [code]
    answer = delete(registry, "absent/" + repo, reference, kind)
    assert answer.status == status, answer


def test_a_manifest_is_no_blob_to_delete(registry, repo, image):
    assert delete(registry, repo, image.manifest.digest,
                  "blobs").status == 404
    assert not is_gone(registry, repo, "a")


def test_dangling_tags(registry, repo, image, store):
    """Tags that point nowhere, as others leave them, are no obstacle."""
    directory = store / "repositories" / repo / "_manifests/tags"
    (directory / "empty").mkdir()
    (directory / "stray").write_text("x")
    (directory / "broken/current").mkdir(parents=True)
    (directory / "broken/current/link").write_text("x")
    assert delete(registry, repo, image.manifest.digest).status == 202
    assert "a" not in tags(registry, repo)
    assert delete(registry, repo, "broken").status in (202, 404)


def test_switched_off(house):
    """On every route: each was forgotten in some registry once."""
    house.registry_worker()
    nginx = house.nginx("""
        %%GLOBALS%%
        events {}
        http {
            %%GLOBALS_HTTP%%
            server {
                listen 127.0.0.1:8500;
                location /v2/ {
                    registry       on;
                    registry_root  %%DIR%%/store;
                    fastcgi_pass   unix:%%DIR%%/registry.sock;
                    registry_delete off;
                    include        %%CONF%%/registry_params;
                }
            }
        }""")
    client = nginx.client(8500)
    image = images.Image()
    client.push_image("app", "1", image)
    for path in ("manifests/1", "manifests/" + image.manifest.digest,
                 "blobs/" + digest(image.config), "manifests/none",
                 "blobs/" + ZERO):
        answer = client.delete("/v2/app/" + path)
        assert answer.status == 405, (path, answer)
        assert answer.codes() == ["UNSUPPORTED"]
        assert "DELETE" not in answer.header("Allow")
    assert client.manifest("app", "1").json() == json.loads(
        image.manifest.data)
    # Uploads may be cancelled all the same.
    assert client.delete(client.start_upload("app")).status == 204
