"""What a store of registry:2 may hold that no server writes on purpose, each
in a repository that docker-registry 2.8.2 filled: whatever it is, all else in
the store works, every command comes to an end, and a push repairs what can be.

A function damages the image under the tag "bad", or adds something to it;
its docstring names the irregularity, its row says what follows."""

import json
import shutil

import pytest

from testenv import images
from testenv.client import digest
from testenv.store import Store

ROWS = []


def irregular(findings=(), bad=404, tags=("bad",), gc=0, untagged=0,
              repositories=()):
    """findings: words of fsck; bad: what GET of the image's tag answers; tags
    that are listed in addition to "good"; gc: its exit status; untagged: the
    same with --delete-untagged; repositories that are listed, too."""
    def add(function):
        ROWS.append(pytest.param(function, {
            "findings": set(findings), "bad": bad, "tags": set(tags),
            "gc": gc, "untagged": max(gc, untagged),
            "repositories": repositories}, id=function.__name__))
        return function
    return add


class Place:
    def __init__(self, shared, stock, repo):
        self.store = Store(shared.dir + "/store")
        self.ours = shared.front.client(8500)
        self.theirs = stock.client()
        self.repo = repo
        self.good, self.bad, self.new = (
            images.Image(seed="%s %s" % (repo, kind))
            for kind in ("good", "bad", "new"))
        for tag in ("good", "bad"):
            self.theirs.push_image(repo, tag, getattr(self, tag))
        self.layer = digest(self.bad.layers[0])
        self.top = self.bad.manifest.digest

    def link(self, kind, *which):
        return getattr(self.store, kind)(self.repo, *which)

    def below(self, *parts):
        return self.store.repository(self.repo, *parts)

    def is_whole(self, client, tag, image=None):
        image = image or getattr(self, tag)
        answer = client.manifest(self.repo, tag)
        assert answer.status == 200, answer
        assert answer.body == image.manifest.data
        for data in image.blobs():
            assert client.blob(self.repo, digest(data)).body == data

    def tags(self):
        return set(self.ours.get(
            "/v2/%s/tags/list" % self.repo).json()["tags"])


@pytest.fixture(scope="module")
def stock(shared):
    return shared.docker_registry(shared.dir + "/store")


@pytest.fixture
def place(shared, stock, repo):
    for name in ("blobs", "repositories"):
        shutil.rmtree(shared.dir + "/store/docker/registry/v2/" + name,
                      ignore_errors=True)
    return Place(shared, stock, repo)


# --- missing and broken data -----------------------------------------------

@irregular({"missing-blob"}, bad=200)
def layer_gone(place):
    """missing data of a layer"""
    place.store.blob(place.layer).unlink()


@irregular({"dangling-link", "dangling-tag"}, gc=1)
def manifest_gone(place):
    """missing data of a manifest"""
    place.store.blob(place.top).unlink()


@irregular({"missing-blob"}, bad=200)
def blob_directory_empty(place):
    """a blob's directory with an unfinished file instead of its data"""
    data = place.store.blob(place.layer)
    data.rename(data.with_name("data.0123.tmp"))


@irregular({"corrupt-blob"}, bad=200)
def layer_truncated(place):
    """data that a crash has cut short"""
    data = place.store.blob(place.layer)
    data.write_bytes(data.read_bytes()[:-5])


@irregular({"corrupt-blob"}, bad=200)
def layer_empty(place):
    """data that a crash has left empty"""
    place.store.blob(place.layer).write_bytes(b"")


# --- links -----------------------------------------------------------------

@irregular({"bad-link", "missing-link"}, bad=200)
def layer_link_empty(place):
    """empty link of a layer"""
    place.link("layer", place.layer).write_bytes(b"")


@irregular({"bad-link", "missing-link"}, bad=200)
def revision_link_empty(place):
    """empty link of a manifest"""
    place.link("revision", place.top).write_bytes(b"")


@irregular({"bad-link"}, untagged=1)
def tag_link_empty(place):
    """empty link of a tag"""
    place.link("tag", "bad").write_bytes(b"")


@irregular({"bad-link"}, untagged=1)
def tag_link_short(place):
    """a link of which only the beginning was written"""
    place.link("tag", "bad").write_bytes(place.top[:40].encode())


@irregular(bad=200)
def link_with_blanks(place):
    """a link with white space around it"""
    for link in (place.link("tag", "bad"), place.link("revision", place.top),
                 place.link("layer", place.layer)):
        link.write_bytes(b" " + link.read_bytes() + b"\n")


@irregular(bad=200)
def unfinished_links(place):
    """unfinished links that end in .tmp"""
    for link in (place.link("tag", "bad"), place.link("revision", place.top),
                 place.link("layer", place.layer)):
        link.with_name("link.0123.tmp").write_bytes(b"")
    place.store.put(place.link("layer", digest(b"t")).with_name("link.9.tmp"),
                    b"sha256:")


@irregular({"dangling-link"}, bad=200)
def link_to_nothing(place):
    """a dangling link of a layer"""
    place.store.put(place.link("layer", digest(b"nothing")),
                    digest(b"nothing").encode())


@irregular(bad=200)
def alias_of_sha512(place):
    """a link whose content is another digest than its path"""
    place.store.put(place.link("layer", digest(place.bad.layers[0], "sha512")),
                    place.layer.encode())


# --- tags ------------------------------------------------------------------

@irregular({"unfinished-tag"}, tags=())
def tag_without_current(place):
    """a dangling tag directory, with a history and no link"""
    place.link("tag", "bad").unlink()
    place.link("tag", "bad").parent.rmdir()


@irregular({"unfinished-tag"}, bad=200)
def tag_directory_empty(place):
    """an empty tag directory"""
    place.below("_manifests/tags/nothing").mkdir()


@irregular({"unknown-file"}, bad=200)
def stray_files_in_tags(place):
    """stray files in tags"""
    for name in ("README", ".DS_Store", "a name", "x" * 200):
        place.store.put(place.below("_manifests/tags", name), b"x")
    place.store.put(place.below("_manifests/tags", "a directory", "x"), b"x")


@irregular(bad=200)
def history_gone(place):
    """a tag without a history"""
    shutil.rmtree(place.below("_manifests/tags/bad/index"))


@irregular({"dangling-tag"})
def tag_of_nothing(place):
    """a tag that points to what was never there"""
    place.link("tag", "bad").write_bytes(digest(b"nothing").encode())


@irregular({"missing-link"})
def tag_of_another_repository(place):
    """a tag whose manifest is not linked in the repository"""
    place.link("revision", place.top).unlink()


# --- manifests -------------------------------------------------------------

def put_manifest(place, content, tag="bad"):
    name = digest(content)
    place.store.put_blob(name, content)
    place.store.put(place.link("revision", name), name.encode())
    place.link("tag", tag).write_bytes(name.encode())


@irregular(bad=200)
def schema_1(place):
    """a manifest of schema 1 with a directory of signatures"""
    put_manifest(place, json.dumps({
        "schemaVersion": 1, "name": place.repo, "tag": "bad",
        "architecture": "amd64", "fsLayers": [{"blobSum": place.layer}],
        "history": [{"v1Compatibility": "{}"}],
        "signatures": [{"protected": "x"}]}).encode())
    place.store.put(place.link("revision", place.top).with_name("signatures")
                    / "sha256" / ("0" * 64) / "link", b"sha256:" + b"0" * 64)


@irregular(bad=200)
def unknown_types(place):
    """unknown media types of config and layers"""
    put_manifest(place, json.dumps({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "artifactType": "application/x.new", "more": {"x": [1, None]},
        "config": dict(images.descriptor("application/x.config",
                                         place.bad.config)),
        "layers": [dict(images.descriptor("x/y+zstd", place.bad.layers[0]))]
        }).encode())


@irregular({"wrong-size"}, bad=200)
def broken_in_fields_that_are_not_read(place):
    """sizes, subject, annotations and artifactType that registry:2 took as they
    came, and that say nothing of what the manifest needs"""
    layer = images.descriptor("x/y", place.bad.layers[0])
    del layer["size"]
    config = {**images.descriptor("x/y", place.bad.config), "size": -1}
    put_manifest(place, json.dumps({
        "schemaVersion": 2, "mediaType": images.DOCKER_MANIFEST,
        "config": config, "layers": [layer], "subject": "x",
        "annotations": {"a": None, "b": 1}, "artifactType": 1}).encode())


@irregular({"bad-manifest"}, bad=200, gc=1)
def unknown_manifest_type(place):
    """an unknown media type of a manifest: a collection keeps what it names"""
    put_manifest(place, b'{"schemaVersion":2,"mediaType":'
                        b'"application/vnd.example.thing.v9+json"}')


@irregular({"bad-manifest"}, bad=200, gc=1)
def no_manifest(place):
    """a manifest that is no JSON: a collection keeps what it names"""
    put_manifest(place, b"\x00\x01 nothing of the kind")


# --- repositories ----------------------------------------------------------

@irregular(bad=200, repositories={"%s/child", "%s/child/of/it"})
def nested(place):
    """nested repositories"""
    for child in ("child", "child/of/it"):
        place.theirs.push_image(place.repo + "/" + child, "1", place.bad)


@irregular(bad=200)
def only_uploads(place):
    """a repository with only _uploads"""
    place.theirs.post("/v2/%s/other/blobs/uploads/" % place.repo)
    place.store.put(place.below("old/_uploads/no-uuid/startedat"), b"never")


@irregular(bad=200)
def only_layers(place):
    """a repository with only _layers"""
    place.theirs.push_blob(place.repo + "/blobs", place.bad.layers[0])


@irregular(bad=200)
def no_tags_directory(place):
    """a repository without a directory of tags"""
    place.theirs.push_image(place.repo + "/untagged", place.top, place.bad)
    assert not place.below("untagged/_manifests/tags").exists()


@irregular(bad=200)
def orphan(place):
    """a blob that is linked nowhere"""
    place.store.put_blob(digest(b"orphan"), b"orphan")


@irregular({"bad-name"}, bad=200)
def illegal_name(place):
    """a directory whose name is none of a repository"""
    shutil.copytree(place.below(), place.below("Upper"))


@irregular({"unknown-file"}, bad=200)
def foreign_directories(place):
    """directories of a file system or of an administrator"""
    for name in ("blobs/lost+found/x", "blobs/sha256/lost+found/x",
                 "blobs/sha256/00/.snapshot/x", "blobs/blake3/00/x/data",
                 "repositories/README"):
        place.store.put(place.store.v2 / name, b"x")
    place.store.put(place.below("notes.txt"), b"x")
    place.store.put(place.store.root / "scheduler-state.json", b"{}")
    place.store.put(place.store.root / "lost+found/x", b"x")


# --- what follows ----------------------------------------------------------

def judged_by_fsck(place, row):
    run = place.store.fsck(status=1 if row["findings"] else 0)
    assert {line.split()[0] for line in run.lines()} == row["findings"], run
    assert len(set(run.lines())) == len(run.lines()), "reported twice"


@pytest.mark.parametrize("hurt,row", ROWS)
def test_all_else_works(place, hurt, row):
    hurt(place)
    repo = place.repo
    place.is_whole(place.ours, "good")
    assert place.ours.manifest(repo, "bad").status == row["bad"]
    tags = place.tags()
    assert tags == {"good"} | row["tags"]
    listed = place.ours.get("/v2/_catalog").json()["repositories"]
    assert {repo} | {name % repo for name in row["repositories"]} <= set(
        listed)
    assert place.ours.get("/v2/%s/referrers/%s" % (
        repo, place.top)).json()["manifests"] == []
    place.ours.push_image(repo, "new", place.new)
    place.is_whole(place.theirs, "new")
    judged_by_fsck(place, row)
    # Nothing that is needed goes, and nothing stops half way.
    place.store.age()
    place.store.gc("--dry-run", "--delete-untagged", status=row["untagged"])
    place.store.gc(status=row["gc"])
    place.store.purge()
    assert place.store.command("export-referrers").status == 0
    for tag in ("good", "new"):
        place.is_whole(place.ours, tag)
        place.is_whole(place.theirs, tag)
    # What a push brings again is whole, after a repairing or without one.
    place.store.fsck("--repair")
    place.ours.push_image(repo, "bad", place.bad)
    for client in (place.ours, place.theirs):
        place.is_whole(client, "bad")
    for tag in ("good", "new"):
        assert place.ours.delete(
            "/v2/%s/manifests/%s" % (repo, tag)).status == 202
    assert "bad" in place.tags()


@pytest.mark.parametrize("hurt", [
    pytest.param(row.values[0], id=row.id) for row in ROWS
    if row.values[1]["findings"] and row.values[1]["findings"].isdisjoint(
        ("unknown-file", "bad-name"))])
def test_a_push_alone_repairs(place, hurt):
    """Without any of the commands."""
    hurt(place)
    place.ours.push_image(place.repo, "bad", place.bad)
    place.is_whole(place.ours, "bad")
    place.is_whole(place.theirs, "bad")
