"""Referrers: what points to a manifest, filtered and in pages."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from testenv import images, paths
from testenv.client import digest
from testenv.store import Store

ZERO = "sha256:" + "0" * 64
SBOM, SIG = "application/vnd.example.sbom", "application/vnd.example.sig"
EMPTY = images.descriptor("application/vnd.oci.empty.v1+json", b"{}")
LONG = ("&artifactType=" + 440 * "+") * 3   # three times as long when encoded


def listed(client, repo, subject, query=""):
    """(descriptors, Link, OCI-Filters-Applied), its form checked."""
    answer = client.get("/v2/%s/referrers/%s%s" % (repo, subject, query))
    assert answer.status == 200, answer
    # oras compares the raw header.
    assert answer.header("Content-Type") == images.OCI_INDEX
    body = answer.json()
    assert body["schemaVersion"] == 2
    assert body["mediaType"] == images.OCI_INDEX
    return (body["manifests"], answer.header("Link"),
            answer.header("OCI-Filters-Applied"))


def walked(client, repo, subject, query=""):
    """All pages, each a list of descriptors."""
    pages = []
    while query is not None:
        page, link, _ = listed(client, repo, subject.digest, query)
        pages.append(page)
        query = link and link[link.index("?"):].split(">")[0]
    return pages


def artifact(subject, kind=None, **changes):
    model = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
             "config": EMPTY, "layers": [EMPTY], "subject": subject}
    if kind:
        model["artifactType"] = kind
    return images.Manifest({**model, **changes})


@pytest.fixture
def subject(registry, repo):
    """A pushed image; its manifest."""
    image = images.Image(seed=repo)
    registry.push_image(repo, "subject", image)
    registry.push_blob(repo, b"{}")
    return image.manifest


def push(registry, repo, *manifests):
    for manifest in manifests:
        registry.push_manifest(repo, manifest.digest, manifest)


@pytest.mark.parametrize("wanted", [
    ZERO, "sha512:" + "0" * 128, digest(b"random")])
def test_nothing(registry, repo, wanted):
    """Also of a repository that was never pushed to."""
    assert listed(registry, repo, wanted) == ([], None, None)
    head = registry.head("/v2/%s/referrers/%s" % (repo, wanted))
    assert head.status == 200 and head.body == b""
    assert head.header("Content-Type") == images.OCI_INDEX


@pytest.mark.parametrize("wanted", [
    "latest", "sha256:x", "sha256:" + "0" * 63, "sha256:" + "A" * 64,
    "md5:" + "0" * 32, "%2e%2e", "sha256:" + "..%2f" * 13])
def test_bad_digests(registry, repo, wanted):
    answer = registry.get("/v2/%s/referrers/%s" % (repo, wanted))
    assert answer.status == 400, answer
    assert answer.codes()[0] in ("DIGEST_INVALID", "NAME_INVALID",
                                 "UNSUPPORTED")


def test_one(registry, repo, subject, store):
    """A descriptor holds these members, and no others."""
    notes = {"org.example.key": "value", "": "\u00e9 \" \\ \n\u2028"}
    manifest = artifact(subject.descriptor(), SBOM, annotations=notes)
    answer = registry.put("/v2/%s/manifests/%s" % (repo, manifest.digest), [
        ("Content-Type", manifest.media_type)], manifest.data)
    assert answer.header("OCI-Subject") == subject.digest
    found, link, _ = listed(registry, repo, subject.digest)
    assert found == [{
        "mediaType": images.OCI_MANIFEST, "digest": manifest.digest,
        "size": len(manifest.data), "artifactType": SBOM,
        "annotations": notes}]
    assert link is None
    assert list((store / "repositories" / repo).glob("_referrers/sha256/*"))


def test_the_kind_of_each(registry, repo, subject):
    """artifactType is the manifest's own, else its config's, else none."""
    of = subject.descriptor()
    config = images.descriptor("application/x.config", b"{}")
    index = {"schemaVersion": 2, "mediaType": images.OCI_INDEX,
             "manifests": [], "subject": of}
    cases = [(artifact(of, SIG), SIG),
             (artifact(of, config=config), "application/x.config"),
             (artifact(of, config=config, artifactType=""),
              "application/x.config"),
             (images.Manifest(index), None),
             (images.Manifest({**index, "artifactType": SBOM}), SBOM)]
    push(registry, repo, *(manifest for manifest, _ in cases))
    found = {d["digest"]: d for d in listed(registry, repo, subject.digest)[0]}
    assert len(found) == len(cases)
    for manifest, kind in cases:
        descriptor = found[manifest.digest]
        assert descriptor.get("artifactType") == kind
        assert ("artifactType" in descriptor) == (kind is not None)
        assert descriptor["mediaType"] == manifest.media_type
        assert "annotations" not in descriptor


def test_filter(registry, repo, subject):
    of = subject.descriptor()
    kinds = [SBOM, SIG, SBOM, "application/x+json"]
    manifests = [artifact(of, kind, annotations={"n": str(n)})
                 for n, kind in enumerate(kinds)]
    push(registry, repo, *manifests)

    def ask(query):
        found, _, applied = listed(registry, repo, subject.digest, query)
        return sorted(int(d["annotations"]["n"]) for d in found), applied

    assert ask("") == ([0, 1, 2, 3], None)
    assert ask("?artifactType=" + SBOM) == ([0, 2], "artifactType")
    assert ask("?artifactType=" + SIG) == ([1], "artifactType")
    assert ask("?artifactType=a/b") == ([], "artifactType")
    assert ask("?artifactType=" + SBOM.upper()) == ([], "artifactType")
    assert ask("?artifactType=application%2Fx%2Bjson") == ([3], "artifactType")
    assert ask("?artifactType=application/x+json") == ([3], "artifactType")
    assert ask("?artifactType=application/x%20json") == ([], "artifactType")
    assert ask("?artifactType=") == ([0, 1, 2, 3], None)
    assert ask("?artifactType=%s&artifactType=%s" % (SBOM, SIG)) == (
        [0, 1, 2], "artifactType")
    assert ask("?ns=x&artifactType=%s&n=100" % SIG) == ([1], "artifactType")


def test_an_argument_without_a_value_counts_as_absent(registry, repo, subject):
    push(registry, repo, artifact(subject.descriptor()))
    for query in ("?n=", "?n", "?last=", "?n=&last=&artifactType="):
        found, link, applied = listed(registry, repo, subject.digest, query)
        assert (len(found), link, applied) == (1, None, None)


def test_pages(registry, repo, subject):
    of = subject.descriptor()
    manifests = [artifact(of, (SBOM, SIG)[n % 2], annotations={"n": str(n)})
                 for n in range(9)]
    push(registry, repo, *manifests)
    whole = [d["digest"] for d in listed(registry, repo, subject.digest)[0]]
    assert sorted(whole) == sorted(m.digest for m in manifests)
    for n, query, wanted in ((4, "", 9), (1, "", 9), (9, "", 9), (100, "", 9),
                             (2, "&artifactType=" + SBOM, 5),
                             (2, LONG + "&artifactType=" + SBOM, 5)):
        found = []
        path = "?n=%d%s" % (n, query)
        while path:
            page, link, applied = listed(registry, repo, subject.digest, path)
            assert len(page) <= n
            assert (applied is not None) == ("artifactType" in query)
            found += [d["digest"] for d in page]
            path = link and re.fullmatch(
                r'</v2/%s/referrers/%s(\?[^>]*)>; rel="next"' % (
                    repo, subject.digest), link)[1]
        assert len(found) == len(set(found)) == wanted


def test_more_filters_than_a_link_has_room_for(registry, repo, subject):
    answer = registry.get("/v2/%s/referrers/%s?%s" % (
        repo, subject.digest, LONG + LONG))
    assert answer.status == 414, answer
    assert answer.codes() == ["UNSUPPORTED"]


def test_a_page_is_full_by_its_size(registry, repo, subject):
    """Clients read about 4 MiB; without n, too, the next page is linked."""
    manifests = [artifact(subject.descriptor(), SIG, annotations={
        "n": str(n), "long": "x" * 1500000}) for n in range(4)]
    push(registry, repo, *manifests)
    pages = walked(registry, repo, subject)
    for page in pages:
        assert len(json.dumps(page)) < 4 * 1024 * 1024
    assert sorted(d["digest"] for page in pages for d in page) == sorted(
        m.digest for m in manifests)
    assert len(pages) > 1


@pytest.mark.parametrize("query,wanted,n_pages", [
    ("", 3, 3), ("?artifactType=" + SIG, 2, 3), ("?artifactType=a/b", 0, 3),
    ("?n=1", 3, 5)])
def test_a_page_ends_where_too_much_was_read(
        registry, repo, subject, store, query, wanted, n_pages):
    """No query makes us read a whole repository for a list of nothing."""
    manifests = [artifact(subject.descriptor(), kind, n=n)
                 for n, kind in enumerate((SIG, SIG, SBOM))]
    push(registry, repo, *manifests)
    directory = (store / "repositories" / repo / "_referrers/sha256"
              / subject.digest[7:] / "sha256")
    for n in range(2500):
        (directory / digest(b"%d" % n)[7:]).mkdir()
    pages = walked(registry, repo, subject, query)
    assert len(pages) >= 3
    assert sum(map(len, pages)) == wanted
    assert len(pages) <= n_pages


def notes(store, repo):
    """What is kept next to manifests, so that no list has to read them."""
    return list((store / "repositories" / repo / "_manifests/revisions").glob(
        "*/*/descriptor"))


def forget(paths):
    assert paths
    for path in paths:
        path.unlink()


@pytest.mark.idea(42)
def test_no_manifest_is_read_for_a_list(registry, repo, subject, store):
    """Its content may be anything, as long as it is there."""
    manifests = [artifact(subject.descriptor(), kind, annotations={"k": kind})
                 for kind in (SIG, SBOM)]
    push(registry, repo, *manifests)
    before = listed(registry, repo, subject.digest)
    assert len(before[0]) == len(notes(store, repo)) == 2
    for manifest in manifests:
        hexed = manifest.digest[7:]
        (store / "blobs/sha256" / hexed[:2] / hexed / "data").write_bytes(b"x")
    assert listed(registry, repo, subject.digest) == before
    found, _, _ = listed(registry, repo, subject.digest,
                         "?artifactType=" + SIG)
    assert [d["annotations"] for d in found] == [{"k": SIG}]


@pytest.mark.parametrize("text", [
    None, b"", b"{", b"[]", b'{"subject":"%s"}' % ZERO.encode(),
    b'{"descriptor":{}}', b'{"subject":1,"descriptor":{}}',
    b'{"subject":"","descriptor":[]}'])
def test_a_note_that_is_missing_or_makes_no_sense(
        registry, repo, subject, store, text):
    """A store that has none yet, and what a crash leaves: it is made again."""
    manifest = artifact(subject.descriptor(), SIG, annotations={"a": "b"})
    push(registry, repo, manifest)
    before = listed(registry, repo, subject.digest)
    path, = notes(store, repo)
    good = path.read_bytes()
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text)
    assert listed(registry, repo, subject.digest) == before
    assert path.read_bytes() == good


def test_a_store_without_notes(registry, repo, subject, store):
    """A page parses a few MiB of manifests, or one; the next walk none."""
    manifests = [artifact(subject.descriptor(), SIG, n=n, long="x" * size)
                 for n, size in enumerate(5 * [1500000] + [4000000] + 9 * [1])]
    push(registry, repo, *manifests)
    forget(notes(store, repo))
    pages = walked(registry, repo, subject)
    sizes = {m.digest: len(m.data) for m in manifests}
    for page in pages:
        assert (len(page) == 1 or sum(sizes[d["digest"]] for d in page)
                <= 4 * 1024 * 1024)
    assert sorted(d["digest"] for page in pages for d in page) == sorted(sizes)
    assert len(walked(registry, repo, subject)) == 1


def test_a_store_that_may_only_be_read(house):
    """Each list would write notes and cannot: it is whole, and no client can
    fill the log."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a filesystem")
    house.expect("cannot write")
    root = Path(house.dir, "store")
    root.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "slipway", root],
                          capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no tmpfs may be mounted: " + done.stderr.strip())
    try:
        worker = house.registry_worker()
        client = house.example("standalone.conf").client(8500)
        image = images.Image()
        client.push_image("a", "v1", image)
        client.push_blob("a", b"{}")
        push(client, "a", *(artifact(image.manifest.descriptor(), SIG,
                                     annotations={"n": str(n)})
                            for n in range(20)))
        forget(notes(root / "docker/registry/v2", "a"))
        subprocess.run(["mount", "-o", "remount,ro", root], check=True)
        for _ in range(4):
            assert len(listed(client, "a", image.manifest.digest)[0]) == 20
        lines = worker.process.text().count("cannot write")
        assert 1 <= lines <= len(worker.workers())
    finally:
        subprocess.run(["umount", "-l", root], check=True)


def test_a_note_goes_with_its_manifest(registry, repo, subject, store):
    manifest = artifact(subject.descriptor(), SIG)
    push(registry, repo, manifest)
    assert len(notes(store, repo)) == 1
    assert registry.delete("/v2/%s/manifests/%s" % (
        repo, manifest.digest)).status == 202
    assert notes(store, repo) == []


def test_annotations_that_no_client_could_read(registry, repo, subject):
    """More than a page has room for: the rest of the descriptor is listed."""
    manifest = artifact(subject.descriptor(), SIG, annotations={
        "long": "x" * 3500000})
    other = artifact(subject.descriptor(), SIG, annotations={"a": "b"})
    push(registry, repo, manifest, other)
    found = {d["digest"]: d for d in listed(registry, repo, subject.digest)[0]}
    assert "annotations" not in found[manifest.digest]
    assert found[manifest.digest]["size"] == len(manifest.data)
    assert found[other.digest]["annotations"] == {"a": "b"}


def test_a_fallback_tag_that_is_too_long(shared, registry, repo, subject):
    """registry:2, for which such lists are made, takes none of more than
    4 MiB."""
    manifest = artifact(subject.descriptor(), SIG)
    push(registry, repo, manifest)
    index = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX,
        "manifests": [subject.descriptor()],
        "annotations": {"long": "x" * 4200000}})
    made = Store(Path(shared.dir, "store"))
    made.put_blob(index.digest, index.data)
    for link in (made.revision(repo, index.digest),
                 made.tag(repo, subject.digest.replace(":", "-"))):
        made.put(link, index.digest.encode())
    assert len(listed(registry, repo, subject.digest)[0]) == 1
    log = "".join(path.read_text() for path in shared.worker.logs())
    assert "too long for a list of referrers" in log


def peak(pid):
    """The most memory that a process has had, in MiB."""
    status = Path("/proc/%d/status" % pid).read_text()
    return int(re.search(r"VmHWM:\s*(\d+)", status)[1]) // 1024


@pytest.mark.skipif(paths.IS_ASAN, reason="a sanitizer keeps what is freed")
def test_one_is_read_at_a_time(shared, registry, repo, subject, store):
    """The memory of a list is that of its answer, however large the
    manifests are that had to be read for it."""
    manifests = [artifact(subject.descriptor(), SIG, n=n, long="x" * 4000000)
                 for n in range(18)]
    push(registry, repo, *manifests)
    before = max(map(peak, shared.worker.workers()))
    for is_noted, query, wanted in (
            (False, "", 18 * [1]), (True, "", [18]),
            (False, "?artifactType=a/b", 18 * [0]),
            (True, "?artifactType=a/b", [0])):
        if not is_noted:
            forget(notes(store, repo))
        pages = walked(registry, repo, subject, query)
        assert list(map(len, pages)) == wanted
    assert max(map(peak, shared.worker.workers())) < before + 24


def test_chains(registry, repo, subject):
    """A signature of an SBOM of an image."""
    sbom = artifact(subject.descriptor(), SBOM)
    sig = artifact(sbom.descriptor(), SIG)
    push(registry, repo, sbom, sig)
    for of, wanted in ((subject, [sbom]), (sbom, [sig]), (sig, [])):
        assert [d["digest"] for d in listed(registry, repo, of.digest)[0]] == [
            manifest.digest for manifest in wanted]


def test_before_the_subject(registry, repo):
    """The subject may come later, or never."""
    image = images.Image(seed=repo)
    registry.push_blob(repo, b"{}")
    early = artifact(image.manifest.descriptor(), SIG)
    push(registry, repo, early)
    for _ in range(2):
        assert [d["digest"] for d in listed(
            registry, repo, image.manifest.digest)[0]] == [early.digest]
        registry.push_image(repo, "late", image)


def test_of_this_repository_only(registry, repo, subject):
    push(registry, repo, artifact(subject.descriptor(), SIG))
    assert listed(registry, repo + "/other", subject.digest)[0] == []


def test_by_tag_and_again(registry, repo, subject):
    manifest = artifact(subject.descriptor(), SIG)
    for reference in ("sig", "other", manifest.digest):
        registry.push_manifest(repo, reference, manifest)
    assert len(listed(registry, repo, subject.digest)[0]) == 1


@pytest.mark.idea(22)
def test_deleted(registry, repo, subject):
    of = subject.descriptor()
    kept, gone = artifact(of, SIG), artifact(of, SBOM)
    push(registry, repo, kept, gone)
    assert registry.delete("/v2/%s/manifests/%s" % (
        repo, gone.digest)).status == 202
    assert [d["digest"] for d in listed(
        registry, repo, subject.digest)[0]] == [kept.digest]
    # A subject may go; its referrers stay where they are.
    assert registry.delete("/v2/%s/manifests/%s" % (
        repo, subject.digest)).status == 202
    assert [d["digest"] for d in listed(
        registry, repo, subject.digest)[0]] == [kept.digest]
    push(registry, repo, gone)
    assert len(listed(registry, repo, subject.digest)[0]) == 2


def test_a_deleted_tag_of_a_referrer(registry, repo, subject):
    manifest = artifact(subject.descriptor(), SIG)
    registry.push_manifest(repo, "sig", manifest)
    assert registry.delete("/v2/%s/manifests/sig" % repo).status == 202
    assert len(listed(registry, repo, subject.digest)[0]) == 1


@pytest.mark.idea(35)
def test_a_fallback_tag_of_another_registry(registry, repo, subject, store):
    """Referrers that came with registry:2's files: listed by an index under
    the fallback tag, without a link of ours."""
    manifests = [artifact(subject.descriptor(), kind) for kind in (SIG, SBOM)]
    push(registry, repo, *manifests)
    stray = images.Image(seed=repo + "x").manifest
    index = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX,
        "manifests": [m.descriptor() for m in manifests]})
    registry.push_manifest(repo, subject.digest.replace(":", "-"), index)
    directory = store / "repositories" / repo / "_referrers"
    for link in directory.glob("**/link"):
        link.unlink()
    found = {d["digest"] for d in listed(registry, repo, subject.digest)[0]}
    assert found == {m.digest for m in manifests}
    assert stray.digest not in found
    # The tag is the client's, and stays.
    assert registry.manifest(
        repo, subject.digest.replace(":", "-")).body == index.data


def test_strays(registry, repo, subject, store):
    """Links of ours without a manifest, and what a crash left."""
    manifest = artifact(subject.descriptor(), SIG)
    push(registry, repo, manifest)
    directory = (store / "repositories" / repo / "_referrers/sha256"
              / subject.digest[7:])
    for name in ("sha256/" + "0" * 64, "sha256/x", "sha256/y.tmp", "md5/0"):
        (directory / name).mkdir(parents=True)
        (directory / name / "link").write_text(ZERO)
    (directory / "stray").write_text("x")
    assert [d["digest"] for d in listed(
        registry, repo, subject.digest)[0]] == [manifest.digest]


def test_an_artifact_is_read_for_its_annotations(registry, repo, subject):
    """The manifest itself is read: a large one is listed in full."""
    notes = {"k%03d" % i: "v" * 5000 for i in range(100)}
    push(registry, repo, artifact(subject.descriptor(), SIG, annotations=notes))
    found = listed(registry, repo, subject.digest)[0]
    assert json.dumps(found[0]["annotations"]) == json.dumps(notes)
