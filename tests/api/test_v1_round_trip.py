"""One store, two protocols: what one of them pushes, the other one pulls, and
every layer has the same bytes."""

import gzip
import hashlib
import json

import pytest

from testenv import images, shared_house
from testenv.clients import Skopeo
from testenv.v1 import Refused
from testenv.v1_images import V1Image, chain_1_6, chain_1_10
from testenv.v1_site import V1Site

CHAINS = {"1.6.2": chain_1_6, "1.10.3": chain_1_10}


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        yield V1Site(house, "alice")


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layers(pulled):
    return [image.layer for image in pulled]


def skopeo_of(site):
    skopeo = Skopeo(site.house)
    skopeo.login("127.0.0.1:%d" % site.house.port(8500), "alice",
                 site.accounts.password("alice"))
    return skopeo


def place(site, name):
    return "127.0.0.1:%d/%s" % (site.house.port(8500), name)


def layout_blobs(directory):
    """The manifest of a layout of one image, and its blobs by digest."""
    blobs = {"sha256:" + path.name: path.read_bytes()
             for path in (directory / "blobs/sha256").iterdir()}
    top = json.loads((directory / "index.json").read_text())["manifests"][0]
    return json.loads(blobs[top["digest"]]), blobs


def push_v2(site, name, tag, image):
    """The client; the Index knows the repository then."""
    client = site.v2("alice", name)
    client.push_image(name, tag, image)
    site.wait_for(name)
    return client


# --- v1 to v2 --------------------------------------------------------------


@pytest.mark.parametrize("version", sorted(CHAINS))
def test_what_a_docker_pushes_skopeo_pulls(site, tmp_path, version):
    name = "alice/up-" + version
    chain = CHAINS[version](seed=version)
    site.docker(version, "alice").push(name, chain)
    # skopeo verifies every digest, and diff_ids where it decompresses
    skopeo_of(site).pull(place(site, name) + ":latest",
                         "oci:%s:latest" % (tmp_path / "out"))
    manifest, blobs = layout_blobs(tmp_path / "out")
    config = json.loads(blobs[manifest["config"]["digest"]])
    assert [blobs[layer["digest"]] for layer in manifest["layers"]] == [
        image.layer for image in chain]
    assert config["rootfs"]["diff_ids"] == [
        sha256(gzip.decompress(image.layer)) for image in chain]
    assert len(config["history"]) == len(chain)
    assert config["config"] == json.loads(chain[-1].json)["config"]
    assert not {"id", "parent", "Size"} & set(config)
    # and back: the same ids, the bytes that were sent
    pulled = site.docker(version, "alice").pull(name)
    assert [(image.id, image.json, image.layer) for image in pulled] == [
        (image.id, image.json, image.layer) for image in chain]


def test_the_same_image_has_the_same_manifest(site):
    """With another tag, and in another repository."""
    chain = chain_1_6(seed="same")
    for name in ("alice/same-a", "alice/same-b"):
        site.docker("1.6.2", "alice").push(name, chain, ("one", "two"))
    digests = {
        site.v2("alice", name).manifest(name, tag).header(
            "Docker-Content-Digest")
        for name in ("alice/same-a", "alice/same-b")
        for tag in ("one", "two")}
    assert len(digests) == 1


# --- v2 to v1 --------------------------------------------------------------


@pytest.mark.parametrize("version", sorted(CHAINS))
@pytest.mark.parametrize("is_docker", [False, True])
def test_what_version_2_pushes_a_docker_pulls(site, version, is_docker):
    name = "alice/down-%s-%s" % (version, str(is_docker).lower())
    image = images.Image(layers=3, seed=name, is_docker=is_docker,
                         created="2020-01-02T03:04:05Z",
                         config={"Env": ["A=1"]})
    push_v2(site, name, "latest", image)
    pulled = site.docker(version, "alice").pull(name)
    assert layers(pulled) == image.layers
    leaf = json.loads(pulled[-1].json)
    assert leaf["config"] == {"Env": ["A=1"]}
    assert leaf["created"] == "2020-01-02T03:04:05Z"
    assert leaf["parent"] == pulled[-2].id
    assert "parent" not in json.loads(pulled[0].json)
    again = site.docker(version, "alice").pull(name)
    assert [(i.id, i.json) for i in again] == [(i.id, i.json) for i in pulled]


def test_ids_are_those_of_every_host(site):
    """Also in another repository, and after all was forgotten."""
    image = images.Image(layers=2, seed="ids")
    found = set()
    for name in ("alice/ids-a", "alice/ids-b"):
        push_v2(site, name, "latest", image)
        pulled = site.docker("1.10.3", "alice").pull(name)
        found.add(tuple(i.id for i in pulled))
    assert len(found) == 1
    assert found == {derived_ids(image)}


def derived_ids(image):
    """Those of an image of two layers, the root first."""
    parent = hashlib.sha256(
        (sha256(image.layers[0]) + " ").encode()).hexdigest()
    leaf = hashlib.sha256(("%s %s " % (sha256(image.layers[1]), parent))
                          .encode() + image.config).hexdigest()
    return parent, leaf


def squat(image, seed):
    """Other images under the ids of image, as a client could push them."""
    found, parent = [], None
    for image_id, other in zip(derived_ids(image), chain_1_6(2, seed=seed)):
        text = {"id": image_id, "config": {"Cmd": ["/bin/evil"]}}
        if parent:
            text["parent"] = parent
        found.append(V1Image(image_id, parent, json.dumps(text).encode(),
                             other.layer))
        parent = image_id
    return found


@pytest.mark.parametrize("is_complete", [False, True])
def test_no_client_decides_what_the_ids_of_a_manifest_are(site, is_complete):
    """They are known before; a client that may push took them."""
    name = "alice/taken-" + str(is_complete).lower()
    image = images.Image(layers=2, seed=name)
    taken = squat(image, name)
    docker = site.docker("1.10.3", "alice")
    if is_complete:
        docker.push(name, taken, ("taken",))
    else:
        docker.push(name, chain_1_6(1, seed="begins"), ("begins",))
        for each in taken:
            assert docker.put_json(each).status == 200
        assert docker.put_layer(taken[0]).status == 200
    push_v2(site, name, "latest", image)
    for _ in range(2):
        pulled = site.docker("1.6.2", "alice").pull(name)
        assert layers(pulled) == image.layers
        assert tuple(each.id for each in pulled) == derived_ids(image)
        assert b"evil" not in b"".join(each.json for each in pulled)
    # nothing of the other image is left
    files = docker.files(pulled[0].id).json()
    assert [entry[0] for entry in files] == ["file0"]
    assert docker.put_json(taken[1]).status == 409


def test_a_lost_layer_comes_again_in_other_bytes(site):
    """An old docker compresses what it has again, and not to the same bytes:
    the manifest of before names a layer that is gone."""
    name = "alice/again"
    chain = chain_1_6(2, seed="again")
    docker = site.docker("1.6.2", "alice")
    docker.push(name, chain)
    site.wait_for(name)
    client = site.v2("alice", name)
    before = client.manifest(name, "latest").header("Docker-Content-Digest")
    lost = sha256(chain[1].layer)
    assert client.delete("/v2/%s/blobs/%s" % (name, lost)).status == 202
    chain[1].layer = gzip.compress(gzip.decompress(chain[1].layer), 1, mtime=0)
    assert sha256(chain[1].layer) != lost
    docker.push(name, chain)
    answer = client.manifest(name, "latest")
    assert answer.header("Docker-Content-Digest") != before
    assert [layer["digest"] for layer in answer.json()["layers"]] == [
        sha256(each.layer) for each in chain]
    assert layers(docker.pull(name)) == layers(chain)


def test_jsons_that_are_too_large_together(site):
    """A worker has all of them in memory when it makes the manifest."""
    chain = chain_1_6(17, seed="large")
    for each in chain:
        each.json = json.dumps({**json.loads(each.json),
                                "pad": "x" * 1000000}).encode()
    docker = site.docker("1.6.2", "alice")
    with pytest.raises(Refused):
        docker.push("alice/large", chain)
    assert docker.steps[-1].method == "PUT"
    assert docker.steps[-1].answer.status == 400
    assert docker.steps[-1].answer.json() == {
        "error": "the jsons of the image and its ancestors are too large"}
    docker.push("alice/large", chain[:15])


def test_a_pull_and_a_push_and_skopeo(site, tmp_path):
    """v2 to v1 to v2: the docker pushes what it pulled to another name."""
    image = images.Image(layers=3, seed="there and back")
    push_v2(site, "alice/there", "v", image)
    pulled = site.docker("1.10.3", "alice").pull("alice/there", "v")
    site.docker("1.10.3", "alice").push("alice/back", pulled, ("v",))
    skopeo_of(site).pull(place(site, "alice/back:v"),
                         "oci:%s:v" % (tmp_path / "out"))
    manifest, blobs = layout_blobs(tmp_path / "out")
    assert [blobs[layer["digest"]] for layer in manifest["layers"]] == \
        image.layers


def test_another_tag_of_it_is_the_same_manifest(site):
    image = images.Image(layers=2, seed="another tag")
    client = push_v2(site, "alice/retag", "one", image)
    pulled = site.docker("1.10.3", "alice").pull("alice/retag", "one")
    site.docker("1.10.3", "alice").push("alice/retag", pulled, ("two",))
    answer = client.manifest("alice/retag", "two")
    assert answer.header("Docker-Content-Digest") == image.manifest.digest
    # an image below has a config of its own
    site.docker("1.10.3", "alice").push("alice/retag", pulled[:1], ("base",))
    model = client.manifest("alice/retag", "base").json()
    assert [layer["digest"] for layer in model["layers"]] == [
        sha256(image.layers[0])]


def test_an_index_of_platforms_is_linux_amd64(site):
    name = "alice/platforms"
    client = site.v2("alice", name)
    parts = [images.Image(seed=a, architecture=a)
             for a in ("arm64", "amd64", "s390x")]
    for part in parts:
        client.push_image(name, part.manifest.digest, part)
    client.push_manifest(name, "latest", images.image_index(parts))
    client.push_manifest(name, "others", images.image_index(parts[::2]))
    site.wait_for(name)
    docker = site.docker("1.6.2", "alice")
    assert layers(docker.pull(name)) == parts[1].layers
    assert layers(docker.pull(name, "others")) == parts[0].layers


def test_an_image_without_layers(site):
    name = "alice/empty"
    image = images.Image(layers=0, seed="empty")
    push_v2(site, name, "latest", image)
    pulled = site.docker("1.6.2", "alice").pull(name)
    assert [gzip.decompress(layer) for layer in layers(pulled)] == [
        bytes(1024)]


def test_what_docker_1_cannot_read_is_refused(site):
    """With a sentence; other tags of the repository go on."""
    name = "alice/modern"
    image = images.Image(seed="modern")
    client = push_v2(site, name, "good", image)
    model = json.loads(image.manifest.data)
    for layer in model["layers"]:
        layer["mediaType"] = "application/vnd.oci.image.layer.v1.tar+zstd"
    client.push_manifest(name, "zstd", images.Manifest(model))
    chart, blobs = images.artifact(b"x", "application/x.test")
    for data in blobs:
        client.push_blob(name, data)
    client.push_manifest(name, "chart", chart)
    docker = site.docker("1.10.3", "alice")
    assert len(docker.pull(name, "good")) == 1
    answer = docker.tag(name, "zstd")
    assert answer.status == 400
    assert answer.json() == {
        "error": "docker 1.x cannot read a layer of the type "
                 '"application/vnd.oci.image.layer.v1.tar+zstd"'}
    answer = docker.tag(name, "chart")
    assert answer.json() == {
        "error": "this is no image that docker 1.x could run"}
    assert set(docker.tags(name).json()) == {"good"}
    with pytest.raises(Refused):
        site.docker("1.6.2", "alice").pull(name, "zstd")


def test_files_and_diff_of_what_version_2_pushed(site):
    name = "alice/files"
    image = images.Image(layers=2, seed="files")
    push_v2(site, name, "latest", image)
    docker = site.docker("1.10.3", "alice")
    pulled = docker.pull(name)
    files = docker.files(pulled[1].id).json()
    assert [entry[:4] for entry in files] == [["file1", "f", False, 1024]]
    assert list(docker.diff(pulled[1].id).json()["created"]) == ["file1"]
