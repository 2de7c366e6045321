"""One directory, two servers: Slipway and Debian's docker-registry 2.8.2, each
doing what it can with what the other one stored."""

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import images
from testenv.client import digest, with_query

# http.secret of testenv's DockerRegistry.
SECRET = b"test"


class Pair:
    """Clients of both, on one store."""

    def __init__(self, house):
        house.front = house.standalone()
        self.house = house
        self.ours = house.front.client(8500)
        self.root = Path(house.dir, "store")
        self.store = self.root / "docker/registry/v2"
        self.stock = house.docker_registry(self.root)
        self.theirs = self.stock.client()

    def other(self, client):
        return self.theirs if client is self.ours else self.ours

    def collect(self, *flags):
        return self.stock.collect(*flags)


@pytest.fixture
def pair(house):
    return Pair(house)


both = pytest.mark.parametrize("first", ["ours", "theirs"])


def image_is_there(client, name, tag, image):
    answer = client.manifest(name, tag)
    assert answer.status == 200, answer
    assert answer.body == image.manifest.data
    assert answer.header("Content-Type") == image.manifest.media_type
    assert answer.header("Docker-Content-Digest") == image.manifest.digest
    assert client.manifest(name, image.manifest.digest).status == 200
    for data in image.blobs():
        assert client.blob(name, digest(data)).body == data


def tags(client, name):
    answer = client.get("/v2/%s/tags/list" % name)
    return sorted(answer.json()["tags"] or []) if answer.status == 200 else (
        answer.status)


def names(client):
    return client.get("/v2/_catalog").json()["repositories"]


@pytest.mark.idea(29)
@both
@pytest.mark.parametrize("is_docker", [False, True])
def test_images(pair, first, is_docker):
    """Pushed by one, used by the other."""
    one = getattr(pair, first)
    two = pair.other(one)
    built = [images.Image(seed=n, layers=2, architecture=arch,
                          is_docker=is_docker)
             for n, arch in enumerate(("amd64", "arm64"))]
    for n, image in enumerate(built):
        one.push_image("team/app", "v%d" % n, image)
    index = images.image_index(built, is_docker)
    one.push_manifest("team/app", "multi", index)
    for client in (two, one):
        for n, image in enumerate(built):
            image_is_there(client, "team/app", "v%d" % n, image)
        assert client.manifest("team/app", "multi").body == index.data
        assert tags(client, "team/app") == ["multi", "v0", "v1"]
        assert names(client) == ["team/app"]
    # The second one writes on.
    two.push_manifest("team/app", "v2", built[0].manifest)
    two.push_image("team/other", "latest", built[1])
    wanted = digest(built[0].config)
    answer = two.post("/v2/third/blobs/uploads/?mount=%s&from=team/app"
                      % wanted)
    assert answer.status == 201
    assert one.blob("third", wanted).body == built[0].config
    image_is_there(one, "team/app", "v2", built[0])
    image_is_there(one, "team/other", "latest", built[1])
    # To 2.8 a repository is one that ever had a blob, else a manifest.
    assert names(pair.ours) == ["team/app", "team/other"]
    assert names(pair.theirs) == ["team/app", "team/other", "third"]
    # And deletes.
    assert two.delete("/v2/team/app/manifests/%s" % (
        built[0].manifest.digest)).status == 202
    for client in (one, two):
        assert tags(client, "team/app") == ["multi", "v1"]
        assert client.manifest("team/app", "v0").status == 404
    assert two.delete("/v2/team/app/blobs/" + wanted).status == 202
    assert pair.ours.blob("team/app", wanted).status == 404
    assert pair.ours.blob("third", wanted).status == 200


def test_a_tag_deleted_by_us(pair):
    image = images.Image()
    for tag in ("a", "b"):
        pair.theirs.push_image("app", tag, image)
    assert pair.ours.delete("/v2/app/manifests/a").status == 202
    assert tags(pair.theirs, "app") == ["b"]
    assert pair.theirs.manifest("app", "a").status == 404
    image_is_there(pair.theirs, "app", "b", image)


@both
def test_the_same_image_by_both(pair, first):
    image = images.Image()
    one = getattr(pair, first)
    one.push_image("app", "1", image)
    inodes = {path.stat().st_ino for path in pair.store.glob("blobs/**/data")}
    pair.other(one).push_image("app", "2", image)
    assert {path.stat().st_ino
            for path in pair.store.glob("blobs/**/data")} >= inodes
    for client in (pair.ours, pair.theirs):
        image_is_there(client, "app", "1", image)
        image_is_there(client, "app", "2", image)


def test_a_tag_that_registry_2_moves(pair):
    """It truncates a link and then writes it; a reader that comes in between
    looks again."""
    built = [images.Image(seed=n) for n in range(2)]
    for image in built:
        pair.theirs.push_image("app", "moves", image)
    client = pair.house.front.client(8500, keep=True)
    known = {image.manifest.digest for image in built}

    def read(job):
        seen = set()
        while not job.done():
            answer = client.manifest("app", "moves")
            seen.add(answer.header("Docker-Content-Digest"))
        return seen

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(lambda: [
            pair.theirs.push_manifest("app", "moves", built[n % 2].manifest)
            for n in range(200)])
        assert read(job) <= known
        assert len(job.result()) == 200


# --- uploads that change hands ---------------------------------------------

def state(location, name, offset, started):
    """The _state that 2.8 wants to see, made as it makes it."""
    name_of_upload = location.split("?")[0].rsplit("/", 1)[1]
    text = json.dumps({"Name": name, "UUID": name_of_upload, "Offset": offset,
                       "StartedAt": started}).encode()
    mac = hmac.new(SECRET, text, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac + text).decode()


def path_of(answer):
    """The path of a Location, which is absolute with 2.8."""
    return "/" + answer.header("Location").split("/", 3)[3]


def upload_directory(pair, name, location):
    return (pair.store / "repositories" / name / "_uploads"
            / location.split("?")[0].rsplit("/", 1)[1])


def drop_states(directory):
    for path in directory.glob("hashstates/*/*"):
        path.unlink()


@pytest.mark.idea(29)
@pytest.mark.parametrize("size", [0, 1, 64, 100001])
@pytest.mark.parametrize("has_states", [True, False])
def test_begun_by_us(pair, has_states, size):
    data = images.blob(size + 50000, size)
    location = pair.ours.start_upload("app")
    assert pair.ours.patch(location, [], data[:size]).status == 202
    directory = upload_directory(pair, "app", location)
    if not has_states:
        drop_states(directory)
    started = (directory / "startedat").read_text()
    location += "?_state=" + state(location, "app", size, started)
    answer = pair.theirs.get(location)
    assert answer.status == 204, answer
    if size > 1:
        assert answer.header("Range") == "0-%d" % (size - 1)
    answer = pair.theirs.patch(path_of(answer), [], data[size:])
    assert answer.status == 202, answer
    answer = pair.theirs.finish(path_of(answer), digest(data))
    assert answer.status == 201, answer
    assert pair.ours.blob("app", digest(data)).body == data
    assert not directory.exists()


@pytest.mark.idea(29)
@pytest.mark.parametrize("size", [0, 1, 64, 100001])
@pytest.mark.parametrize("has_states", [True, False])
def test_begun_by_registry_2(pair, has_states, size):
    data = images.blob(size + 50000, size)
    answer = pair.theirs.post("/v2/app/blobs/uploads/")
    location = path_of(answer)
    answer = pair.theirs.patch(location, [], data[:size])
    assert answer.status == 202, answer
    # Its query stays in the Location, and must not disturb us.
    location = path_of(answer)
    if not has_states:
        drop_states(upload_directory(pair, "app", location))
    answer = pair.ours.get(location)
    assert answer.status == 204, answer
    assert answer.header("Range") == "0-%d" % max(size - 1, 0)
    answer = pair.ours.patch(location, [
        ("Content-Range", "%d-%d" % (size, size + 29999))],
        data[size:size + 30000])
    assert answer.status == 202, answer
    answer = pair.ours.put(with_query(location, digest=digest(data)), [],
                           data[size + 30000:])
    assert answer.status == 201, answer
    for client in (pair.ours, pair.theirs):
        assert client.blob("app", digest(data)).body == data


@pytest.mark.idea(29)
@both
def test_finished_under_sha512(pair, first):
    """The digest at the end may be of another algorithm than the states that
    were kept meanwhile."""
    data = images.blob(50000, first)
    wanted = digest(data, "sha512")
    one = getattr(pair, first)
    location = path_of(one.post("/v2/app/blobs/uploads/")) if (
        one is pair.theirs) else one.start_upload("app")
    answer = one.patch(location, [], data[:20000])
    assert answer.status == 202, answer
    if one is pair.theirs:
        location = path_of(answer)
    else:
        directory = upload_directory(pair, "app", location)
        location += "?_state=" + state(
            location, "app", 20000, (directory / "startedat").read_text())
    answer = pair.other(one).put(with_query(location, digest=wanted), [],
                                 data[20000:])
    assert answer.status == 201, answer
    for client in (pair.ours, pair.theirs):
        assert client.blob("app", wanted).body == data


@pytest.mark.idea(29)
def test_in_turns(pair):
    """Six chunks, one by each in turn, hash states and all."""
    data = images.blob(60000, "turns")
    location = pair.ours.start_upload("app")
    directory = upload_directory(pair, "app", location)
    started = (directory / "startedat").read_text()
    for i, at in enumerate(range(0, 60000, 10000)):
        client = (pair.ours, pair.theirs)[i % 2]
        answer = client.patch("%s?_state=%s" % (
            location, state(location, "app", at, started)), [],
            data[at:at + 10000])
        assert answer.status == 202, (i, answer)
    answer = pair.ours.finish(location, digest(data))
    assert answer.status == 201, answer
    assert pair.theirs.blob("app", digest(data)).body == data


def test_a_state_of_the_tail_is_not_believed(pair):
    """registry:2 that resumed without a usable state keeps one of the tail,
    under the tail's own length: only a state at the right offset counts."""
    data = images.blob(30000, "tail")
    location = pair.ours.start_upload("app")
    assert pair.ours.patch(location, [], data[:10000]).status == 202
    directory = upload_directory(pair, "app", location)
    state_file = directory / "hashstates/sha256/10000"
    assert len(state_file.read_bytes()) == 108
    (directory / "hashstates/sha256/20000").write_bytes(
        state_file.read_bytes())
    (directory / "hashstates/sha256/5").write_bytes(b"x" * 108)
    (directory / "hashstates/sha256/x.tmp").write_bytes(b"")
    assert pair.ours.patch(location, [], data[10000:20000]).status == 202
    assert pair.ours.finish(location, digest(data), [],
                            data[20000:]).status == 201


@pytest.mark.parametrize("content", [
    b"", b"x", b"sha\x03" + b"\0" * 104, b"\0" * 108, b"sha\x03" * 27,
    b"x" * 5000])
def test_a_broken_state_is_not_believed(pair, content):
    """A wrong state at the right offset would refuse a good blob."""
    data = images.blob(30000, "broken")
    location = pair.ours.start_upload("app")
    assert pair.ours.patch(location, [], data[:10000]).status == 202
    directory = upload_directory(pair, "app", location)
    (directory / "hashstates/sha256/10000").write_bytes(content)
    assert pair.ours.patch(location, [], data[10000:]).status == 202
    assert pair.ours.finish(location, digest(data)).status == 201


# --- sha512 ----------------------------------------------------------------

# Members of descriptors that we pass over.
MISFITS = [{"urls": "u"}, {"urls": [1]}, {"annotations": []},
           {"annotations": {"a": 1}}, {"platform": "linux"},
           {"platform": {"os": 1}}, {"platform": {"OS": 1}},
           {"platform": {"o\u017f": 1}}, {"platform": {"architecture": []}},
           {"platform": {"os.features": "f"}}, {"platform": {"variant": 1}}]
FITS = [{"urls": None, "annotations": {"a": None}, "platform": None},
        {"platform": {"os": None, "os.features": [None], "more": 1}}]


def test_what_registry_2_cannot_read_is_refused(pair):
    """It would answer 500 for it, and collect no garbage any more."""
    image = images.Image(seed="misfits")
    pair.ours.push_image("misfits", "1", image)
    model = json.loads(image.manifest.data)
    index = {"schemaVersion": 2, "mediaType": images.OCI_INDEX}
    for i, more in enumerate(MISFITS + FITS):
        for made in (
                {**model, "layers": [{**model["layers"][0], **more}]},
                {**model, "config": {**model["config"], **more}},
                {**index, "manifests": [image.manifest.descriptor(**more)]}):
            manifest = images.Manifest(made)
            for client in (pair.ours, pair.theirs):
                answer = client.put(
                    "/v2/misfits/manifests/t%d" % i,
                    [("Content-Type", manifest.media_type)], manifest.data)
                if more in FITS:
                    assert answer.status == 201, (more, answer)
                else:
                    assert (answer.status, answer.codes()) == (
                        400, ["MANIFEST_INVALID"]), (more, answer)
    pair.collect("--dry-run")


@pytest.mark.idea(28)
def test_sha512_by_registry_2(pair):
    """It stores an alias: we serve it under the name that is asked for."""
    data = images.blob(5000, "alias")
    wanted = digest(data, "sha512")
    answer = pair.theirs.post("/v2/app/blobs/uploads/")
    location = path_of(answer)
    answer = pair.theirs.put(with_query(location, digest=wanted), [], data)
    assert answer.status == 201, answer
    for name in (wanted, digest(data)):
        answer = pair.ours.blob("app", name)
        assert answer.body == data
        assert answer.header("Docker-Content-Digest") == name


@pytest.mark.idea(28)
def test_sha512_by_us(pair):
    """Stored natively: registry:2 reads it, and its collection knows it."""
    layer, config = images.blob(5000, "native"), b'{"rootfs":{}}'
    for data in (layer, config):
        pair.ours.push_blob("app", data, "sha512")
    model = json.dumps({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "config": {"mediaType": images.OCI_CONFIG, "size": len(config),
                   "digest": digest(config, "sha512")},
        "layers": [{"mediaType": images.OCI_LAYER, "size": len(layer),
                    "digest": digest(layer, "sha512")}]}).encode()
    wanted = digest(model, "sha512")
    answer = pair.ours.put("/v2/app/manifests/%s?tag=1" % wanted, [
        ("Content-Type", images.OCI_MANIFEST)], model)
    assert answer.status == 201, answer
    for data in (layer, config):
        assert pair.theirs.blob("app", digest(data, "sha512")).body == data
    for reference in ("1", wanted):
        assert pair.theirs.manifest("app", reference).body == model
    assert pair.collect("--dry-run") == set()
    pair.ours.delete("/v2/app/manifests/" + wanted)
    assert pair.collect() == {wanted, digest(layer, "sha512"),
                              digest(config, "sha512")}


# --- garbage collection ----------------------------------------------------

def test_the_collection_of_registry_2_spares_what_we_keep(pair):
    """Images, indexes and referrers of ours survive garbage-collect; what we
    deleted goes; nothing we write makes it stop."""
    built = [images.Image(seed=n) for n in range(3)]
    for n, image in enumerate(built):
        pair.ours.push_image("app", "v%d" % n, image)
    index = images.image_index(built[:2])
    pair.ours.push_manifest("app", "multi", index)
    empty = images.Manifest({"schemaVersion": 2, "manifests": [],
                             "mediaType": images.OCI_INDEX})
    # A repository of which only an index was ever pushed has its _layers.
    pair.ours.push_manifest("indexes/only", "1", empty)
    artifact, blobs = images.artifact(b"sbom", "application/x",
                                      built[0].manifest)
    for data in blobs:
        pair.ours.push_blob("app", data)
    pair.ours.push_manifest("app", artifact.digest, artifact)
    orphan = pair.ours.push_blob("app", b"orphan")
    pair.ours.start_upload("app")
    pair.ours.delete("/v2/app/manifests/" + built[2].manifest.digest)
    gone = {orphan, built[2].manifest.digest} | {
        digest(data) for data in built[2].blobs()}
    assert pair.collect("--dry-run") == gone
    assert pair.collect() == gone
    for n, image in enumerate(built[:2]):
        image_is_there(pair.ours, "app", "v%d" % n, image)
    assert pair.ours.manifest("app", "multi").body == index.data
    assert pair.ours.manifest("app", artifact.digest).body == artifact.data
    assert pair.ours.manifest("app", built[2].manifest.digest).status == 404
    assert pair.ours.get("/v2/app/referrers/" + built[0].manifest.digest
                         ).json()["manifests"][0]["digest"] == artifact.digest


@pytest.mark.idea(17)
def test_after_the_collection_of_registry_2(pair):
    """What it swept is gone for us, too, and may be pushed again."""
    image = images.Image()
    pair.theirs.push_image("app", "1", image)
    assert pair.ours.delete(
        "/v2/app/manifests/" + image.manifest.digest).status == 202
    assert pair.collect() == {image.manifest.digest} | {
        digest(data) for data in image.blobs()}
    for data in image.blobs():
        answer = pair.ours.head("/v2/app/blobs/" + digest(data))
        assert answer.status == 404, "a link without its data"
    pair.ours.push_image("app", "1", image)
    image_is_there(pair.ours, "app", "1", image)


@pytest.mark.idea(35)
def test_fallback_tags_of_clients(pair):
    """Signatures that were pushed to registry:2 appear as referrers."""
    image = images.Image()
    pair.theirs.push_image("app", "1", image)
    artifact, blobs = images.artifact(b"sig", "application/vnd.sig",
                                      image.manifest)
    for data in blobs:
        pair.theirs.push_blob("app", data)
    pair.theirs.push_manifest("app", artifact.digest, artifact)
    index = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX,
        "manifests": [artifact.descriptor(
            artifactType="application/vnd.sig")]})
    pair.theirs.push_manifest(
        "app", image.manifest.digest.replace(":", "-"), index)
    shown = pair.ours.get(
        "/v2/app/referrers/" + image.manifest.digest).json()["manifests"]
    assert [d["digest"] for d in shown] == [artifact.digest]
    assert shown[0]["artifactType"] == "application/vnd.sig"
