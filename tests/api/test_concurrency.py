"""Many clients at once: no client reads a wrong byte, and when all is done the
store holds together."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import images
from testenv.client import digest
from testenv.uploads import WAYS

BLOBS = {digest(data): data for data in (
    images.blob(size, "shared%d" % n)
    for n, size in enumerate((0, 1, 2, 500, 70000, 300000)))}
IMAGES = [images.Image(seed="shared%d" % n) for n in range(3)]
MANIFESTS = {image.manifest.digest: image.manifest.data for image in IMAGES}
REPOS = ["stress/a", "stress/b"]
TAGS = ["t1", "t2", "t3"]


class Client:
    """One of them: does so many things in an order of its own."""

    def __init__(self, front, seed):
        self.registry = front.client(8500)
        self.choose = random.Random(seed)
        self.strange = []       # answers that are never right

    def run(self, steps):
        acts = [self.push, self.push, self.wrong, self.pull, self.pull,
                self.mount, self.image, self.tag, self.read, self.read,
                self.list, self.cut, self.cancel, self.delete_blob,
                self.delete_tag, self.delete_manifest, self.artifact,
                self.referrers]
        for _ in range(steps):
            self.choose.choice(acts)()
        return self.strange

    def seen(self, answer, *allowed):
        if answer.status not in allowed:
            self.strange.append((allowed, answer))
        return answer

    def _any(self):
        wanted = self.choose.choice(sorted(BLOBS))
        return self.choose.choice(REPOS), wanted, BLOBS[wanted]

    def push(self):
        repo, wanted, data = self._any()
        way = self.choose.choice(WAYS)
        self.seen(way(self.registry, repo, data, wanted), 201, 202)

    def wrong(self):
        repo, wanted, _ = self._any()
        self.seen(self.choose.choice(WAYS)(
            self.registry, repo, b"something else", wanted), 400)

    def pull(self):
        repo, wanted, data = self._any()
        answer = self.seen(self.registry.blob(repo, wanted), 200, 404)
        if answer.status == 200 and answer.body != data:
            self.strange.append(("bytes", answer))

    def mount(self):
        repo, wanted, _ = self._any()
        self.seen(self.registry.post(
            "/v2/%s/blobs/uploads/?mount=%s&from=%s" % (
                repo, wanted, self.choose.choice(REPOS))), 201, 202)

    def image(self):
        image, repo = self.choose.choice(IMAGES), self.choose.choice(REPOS)
        for data in image.blobs():
            self.registry.push_blob_at_once(repo, data)
        self._put(repo, image.manifest)

    def tag(self):
        self._put(self.choose.choice(REPOS),
                  self.choose.choice(IMAGES).manifest)

    def _put(self, repo, manifest):
        reference = self.choose.choice(TAGS + [manifest.digest])
        self.seen(self.registry.put(
            "/v2/%s/manifests/%s" % (repo, reference), [
                ("Content-Type", manifest.media_type)], manifest.data),
            201, 400)

    def read(self):
        repo = self.choose.choice(REPOS)
        reference = self.choose.choice(TAGS + sorted(MANIFESTS))
        answer = self.seen(self.registry.manifest(repo, reference), 200, 404)
        if answer.status == 200 and answer.body != MANIFESTS.get(
                answer.header("Docker-Content-Digest")):
            self.strange.append(("bytes", answer))

    def list(self):
        answer = self.seen(self.registry.get(
            "/v2/%s/tags/list" % self.choose.choice(REPOS)), 200, 404)
        if answer.status == 200:
            tags = answer.json()["tags"]
            if tags != sorted(tags) or not set(tags) <= set(TAGS):
                self.strange.append(("tags", answer))
        self.seen(self.registry.get("/v2/_catalog"), 200)

    def cut(self):
        repo, _, data = self._any()
        location = self.registry.start_upload(repo)
        self.registry.cut("PATCH", location, {
            "Content-Length": str(len(data) + 10)}, data)

    def cancel(self):
        location = self.registry.start_upload(self.choose.choice(REPOS))
        self.seen(self.registry.patch(location, [], b"some"), 202)
        self.seen(self.registry.delete(location), 204)

    def delete_blob(self):
        repo, wanted, _ = self._any()
        self.seen(self.registry.delete(
            "/v2/%s/blobs/%s" % (repo, wanted)), 202, 404)

    def delete_tag(self):
        self._delete(self.choose.choice(TAGS))

    def delete_manifest(self):
        self._delete(self.choose.choice(sorted(MANIFESTS)))

    def _delete(self, reference):
        self.seen(self.registry.delete("/v2/%s/manifests/%s" % (
            self.choose.choice(REPOS), reference)), 202, 404)

    def artifact(self):
        repo = self.choose.choice(REPOS)
        manifest, blobs = images.artifact(
            b"sbom", "application/x", self.choose.choice(IMAGES).manifest)
        for data in blobs:
            self.registry.push_blob_at_once(repo, data)
        path = "/v2/%s/manifests/%s" % (repo, manifest.digest)
        self.seen(self.registry.put(path, [
            ("Content-Type", manifest.media_type)], manifest.data), 201, 400)
        if self.choose.randrange(2):
            self.seen(self.registry.delete(path), 202, 404)

    def referrers(self):
        self.seen(self.registry.get("/v2/%s/referrers/%s" % (
            self.choose.choice(REPOS),
            self.choose.choice(sorted(MANIFESTS)))), 200)


def links_below(directory):
    return {path: path.read_text() for path in directory.glob("**/link")}


def holds_together(store):
    """Each link leads to data that it names; each tag to a revision."""
    for path in store.glob("blobs/*/*/*/data"):
        algorithm, text = path.parts[-4], path.parts[-2]
        assert digest(path.read_bytes(), algorithm) == (
            "%s:%s" % (algorithm, text)), path
    for repo in REPOS:
        directory = store / "repositories" / repo
        revisions = set(links_below(directory / "_manifests/revisions").values())
        for wanted in revisions | set(links_below(
                directory / "_layers").values()):
            algorithm, text = wanted.split(":")
            assert (store / "blobs" / algorithm / text[:2] / text
                    / "data").exists(), wanted
        for path in directory.glob("_manifests/tags/*/current/link"):
            assert path.read_text() in revisions, path
        for path in directory.glob("_referrers/*/*/*/*/link"):
            assert path.read_text() in revisions, path
    assert not list(store.glob("repositories/**/*.tmp"))
    assert not list(store.glob("blobs/**/*.tmp"))


@pytest.mark.parametrize("seed", range(3))
def test_everything_at_once(house, seed):
    house.registry_worker(processes=4)
    front = house.example("standalone.conf")
    with ThreadPoolExecutor(8) as pool:
        strange = sum(pool.map(
            lambda n: Client(front, "%d/%d" % (seed, n)).run(60), range(8)),
            [])
    assert strange == []
    holds_together(Path(house.dir, "store/docker/registry/v2"))


def test_pushes_of_a_tag_race_deletes_of_its_manifest(house):
    """A tag that is there leads to a manifest, at every moment."""
    house.registry_worker(processes=4)
    front = house.example("standalone.conf")
    client = front.client(8500)
    image = IMAGES[0]
    client.push_image("stress/a", "t1", image)

    def push(_):
        return client.push_manifest("stress/a", "t1", image.manifest)

    def delete(_):
        return client.delete("/v2/stress/a/manifests/"
                             + image.manifest.digest).status

    def read(_):
        answer = client.manifest("stress/a", "t1")
        return answer.status in (200, 404) and (
            answer.status == 404 or answer.body == image.manifest.data)

    with ThreadPoolExecutor(6) as pool:
        jobs = [[pool.submit(act, n) for n in range(60)]
                for act in (push, delete, read)]
        assert {job.result() for job in jobs[0]} == {image.manifest.digest}
        assert {job.result() for job in jobs[1]} <= {202, 404}
        assert {job.result() for job in jobs[2]} == {True}
    holds_together(Path(house.dir, "store/docker/registry/v2"))


@pytest.mark.idea(21)
def test_fifty_writers_move_a_tag(house):
    """Readers see one complete manifest at every moment, the tag points to
    one of them, and its history has them all."""
    house.registry_worker(processes=8)
    front = house.example("standalone.conf")
    client = front.client(8500)
    client.push_blob("stress/a", b"{}")
    wanted = {}
    for n in range(50):
        manifest = images.Manifest({
            "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
            "config": images.descriptor(images.OCI_CONFIG, b"{}"),
            "layers": [], "annotations": {"n": "x" * 100 * n}})
        wanted[manifest.digest] = manifest
    client.push_manifest("stress/a", "moves", manifest)
    is_over = threading.Event()

    def write(manifest):
        for _ in range(3):
            front.client(8500).push_manifest("stress/a", "moves", manifest)

    def read(_):
        reader, seen = front.client(8500, keep=True), 0
        while not is_over.is_set():
            answer = reader.manifest("stress/a", "moves")
            found = answer.header("Docker-Content-Digest")
            assert answer.status == 200 and answer.body == wanted[found].data
            head = reader.head("/v2/stress/a/manifests/moves")
            found = head.header("Docker-Content-Digest")
            assert head.header("Content-Length") == str(
                len(wanted[found].data))
            seen += 1
        return seen

    with ThreadPoolExecutor(54) as pool:
        readers = [pool.submit(read, n) for n in range(4)]
        writers = [pool.submit(write, m) for m in wanted.values()]
        try:
            for writer in writers:
                writer.result()
        finally:
            is_over.set()
        assert all(reader.result() for reader in readers)
    store = Path(house.dir, "store/docker/registry/v2")
    tag = store / "repositories/stress/a/_manifests/tags/moves"
    assert {path.read_text() for path in tag.glob(
        "index/sha256/*/link")} == set(wanted)
    assert (tag / "current/link").read_text() in wanted
    holds_together(store)
