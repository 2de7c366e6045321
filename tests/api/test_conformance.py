"""The assertions of the OCI conformance suites, one by one: 1 to 50 those of
the suite of distribution-spec's main branch, 51 to 61 what the suite of
v1.1.1 asks beyond them.  The number is in the name of the test."""

import json
import re
from pathlib import Path

import pytest

from testenv import images
from testenv.client import digest, with_query

ZERO = "sha256:" + "0" * 64
EMPTY = images.descriptor("application/vnd.oci.empty.v1+json", b"{}")
INDEX = images.OCI_INDEX
CODES = {"BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN",
         "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID",
         "MANIFEST_UNKNOWN", "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID",
         "UNAUTHORIZED", "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS"}

both = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])


def start(registry, repo, query=""):
    """A session as the suite begins one: its absolute path."""
    answer = registry.post("/v2/%s/blobs/uploads/%s" % (repo, query),
                           [("Content-Length", "0")])
    assert answer.status == 202, answer
    return answer.header("Location")


def is_created(registry, repo, answer, data, wanted):
    """17: the Location of a finished blob gives its bytes."""
    assert answer.status == 201, answer
    assert answer.header("Docker-Content-Digest") == wanted
    location = answer.header("Location")
    got = registry.get(location)
    assert (got.status, got.body) == (200, data)
    assert got.header("Docker-Content-Digest") == wanted


def patch(registry, location, first, data):
    return registry.patch(location, [
        ("Content-Type", "application/octet-stream"),
        ("Content-Range", "%d-%d" % (first, first + len(data) - 1))], data)


# --- base ------------------------------------------------------------------

def test_cf_01_ping(registry):
    assert registry.get("/v2/").status == 200


def test_cf_02_tags_of_a_new_repository(registry, repo):
    answer = registry.get("/v2/%s/tags/list" % repo)
    assert answer.status in (200, 404)
    answer.json()


def test_cf_03_referrers_of_a_new_repository(registry, repo):
    answer = registry.get("/v2/%s/referrers/%s" % (repo, digest(b"random")))
    assert answer.status == 200
    assert answer.header("Content-Type") == INDEX
    assert answer.json()["mediaType"] == INDEX
    assert answer.json()["schemaVersion"] == 2


# --- blobs -----------------------------------------------------------------

@both
def test_cf_04_unknown_blob(registry, repo, algorithm):
    assert registry.blob(repo, digest(b"unknown", algorithm)).status == 404


@both
def test_cf_05_single_post(registry, repo, algorithm):
    data = images.blob(512, repo)
    wanted = digest(data, algorithm)
    is_created(registry, repo, registry.post(
        "/v2/%s/blobs/uploads/?digest=%s" % (repo, wanted),
        [("Content-Type", "application/octet-stream")], data), data, wanted)


@both
def test_cf_06_post_put(registry, repo, algorithm):
    data = images.blob(512, repo)
    wanted = digest(data, algorithm)
    is_created(registry, repo, registry.finish(
        start(registry, repo), wanted, [], data), data, wanted)


@both
def test_cf_07_one_chunk(registry, repo, algorithm):
    data = images.blob(512, repo)
    wanted = digest(data, algorithm)
    answer = patch(registry, start(registry, repo), 0, data)
    assert answer.status == 202
    assert answer.header("Range") == "0-511"
    is_created(registry, repo, registry.finish(
        answer.header("Location"), wanted, [("Content-Length", "0")]), data,
        wanted)


@both
def test_cf_08_streamed(registry, repo, algorithm):
    data = images.blob(512, repo)
    wanted = digest(data, algorithm)
    answer = registry.patch(start(registry, repo), [], [data[:200], data[200:]],
                            is_chunked=True)
    assert answer.status == 202
    is_created(registry, repo, registry.finish(
        answer.header("Location"), wanted), data, wanted)


@both
@pytest.mark.parametrize("source", ["from", "anonymous"],
                         ids=["09_from", "10_anonymous"])
def test_cf_mount(registry, repo, algorithm, source):
    data = images.blob(512, repo)
    wanted = registry.push_blob(repo + "/two", data, algorithm)
    answer = registry.post("/v2/%s/one/blobs/uploads/?mount=%s%s" % (
        repo, wanted, "&from=%s/two" % repo if source == "from" else ""))
    is_created(registry, repo + "/one", answer, data, wanted)


@both
def test_cf_11_mount_of_what_is_missing(registry, repo, algorithm):
    data = images.blob(512, repo)
    wanted = digest(data, algorithm)
    answer = registry.post("/v2/%s/blobs/uploads/?mount=%s&from=%s/two" % (
        repo, wanted, repo))
    assert answer.status == 202
    is_created(registry, repo, registry.finish(
        answer.header("Location"), wanted, [], data), data, wanted)


def test_cf_12_cancel(registry, repo):
    assert registry.delete(start(registry, repo)).status == 204


@both
@pytest.mark.parametrize("end", ["patch", "put"],
                         ids=["13_by_patch", "14_by_put"])
def test_cf_three_chunks(registry, repo, algorithm, end):
    data = images.blob(1024 + 1024 + 1019, repo)
    wanted = digest(data, algorithm)
    location = start(registry, repo)
    for first in (0, 1024):
        answer = patch(registry, location, first, data[first:first + 1024])
        assert answer.status == 202
        location = answer.header("Location")
    if end == "patch":
        answer = patch(registry, location, 2048, data[2048:])
        assert answer.status == 202
        answer = registry.finish(answer.header("Location"), wanted)
    else:
        answer = registry.finish(location, wanted, [
            ("Content-Range", "2048-3066")], data[2048:])
    is_created(registry, repo, answer, data, wanted)


@both
def test_cf_15_out_of_order_patch(registry, repo, algorithm):
    data = images.blob(3067, repo)
    wanted = digest(data, algorithm)
    location = start(registry, repo)
    chunks = [data[:1024], data[1024:2048], data[2048:]]
    have = 0
    for i, chunk in enumerate(chunks):
        wrong, first = ((chunks[i + 1], have + 1024) if i < 2
                        else (chunks[0], 0))
        answer = patch(registry, location, first, wrong)
        assert answer.status == 416
        answer = registry.get(location)
        assert answer.status == 204
        assert answer.header("Location")
        if have:
            assert answer.header("Range") == "0-%d" % (have - 1)
        answer = patch(registry, answer.header("Location"), have, chunk)
        assert answer.status == 202
        location = answer.header("Location")
        have += len(chunk)
    is_created(registry, repo, registry.finish(location, wanted), data, wanted)


@both
def test_cf_16_out_of_order_put(registry, repo, algorithm):
    data = images.blob(3067, repo)
    wanted = digest(data, algorithm)
    location = patch(registry, start(registry, repo), 0,
                     data[:1024]).header("Location")
    answer = registry.finish(location, wanted, [
        ("Content-Range", "2048-3066")], data[2048:])
    assert answer.status == 416
    answer = registry.get(with_query(location, digest=wanted))
    assert answer.status == 204
    assert answer.header("Range") == "0-1023"
    location = patch(registry, answer.header("Location"), 1024,
                     data[1024:2048]).header("Location")
    is_created(registry, repo, registry.finish(location, wanted, [
        ("Content-Range", "2048-3066")], data[2048:]), data, wanted)


@both
def test_cf_17_18_19_location_head_get(registry, repo, algorithm):
    data = images.blob(2048, repo)
    wanted = registry.push_blob(repo, data, algorithm)
    head = registry.head("/v2/%s/blobs/%s" % (repo, wanted))
    get = registry.blob(repo, wanted)
    assert head.status == get.status == 200
    assert (head.body, get.body) == (b"", data)
    for answer in (head, get):
        assert answer.header("Content-Length") == "2048"
        assert answer.header("Docker-Content-Digest") == wanted


@both
def test_cf_20_46_delete_blob(registry, repo, algorithm):
    wanted = registry.push_blob(repo, images.blob(512, repo), algorithm)
    path = "/v2/%s/blobs/%s" % (repo, wanted)
    assert registry.delete(path).status == 202
    assert registry.head(path).status == 404


@both
@pytest.mark.parametrize("ranged,status,first,last", [
    ("500-1499", 206, 500, 1499), ("500-", 206, 500, 2047),
    ("-500", 206, 1548, 2047), ("2000-5000", 206, 2000, 2047),
    ("500-0", 416, 0, 0), ("5000-10000", 416, 0, 0)],
    ids=["21", "22", "23", "24", "25", "26"])
def test_cf_range(registry, repo, algorithm, ranged, status, first, last):
    data = images.blob(2048, repo)
    wanted = registry.push_blob(repo, data, algorithm)
    answer = registry.blob(repo, wanted, [("Range", "bytes=" + ranged)])
    assert answer.status == status
    if status == 206:
        assert answer.header("Content-Range") == "bytes %d-%d/2048" % (
            first, last)
        assert answer.header("Content-Length") == str(last - first + 1)
        assert answer.body == data[first:last + 1]


@both
@pytest.mark.parametrize("data", [b"", b"{}"], ids=["27_empty", "28_object"])
def test_cf_small_blobs(registry, repo, algorithm, data):
    wanted = digest(data, algorithm)
    is_created(registry, repo, registry.finish(
        start(registry, repo), wanted, [], data), data, wanted)
    path = "/v2/%s/blobs/%s" % (repo, wanted)
    head = registry.head(path)
    assert (head.status, head.header("Content-Length")) == (
        200, str(len(data)))
    assert registry.get(path).body == data
    assert registry.delete(path).status == 202
    assert registry.head(path).status == 404


@both
@pytest.mark.parametrize("way", [
    "29_post", "30_post_put", "31_chunks", "32_last_in_put", "33_stream"])
def test_cf_wrong_digest(registry, repo, algorithm, way):
    data = images.blob(2048, repo)
    wrong = digest(b"wrong", algorithm)
    if way == "29_post":
        answer = registry.post("/v2/%s/blobs/uploads/?digest=%s" % (
            repo, wrong), [], data)
    elif way == "30_post_put":
        answer = registry.finish(start(registry, repo), wrong, [], data)
    elif way == "33_stream":
        answer = registry.patch(start(registry, repo), [], [data],
                                is_chunked=True)
        answer = registry.finish(answer.header("Location"), wrong)
    else:
        location = patch(registry, start(registry, repo), 0,
                         data[:1024]).header("Location")
        if way == "31_chunks":
            location = patch(registry, location, 1024,
                             data[1024:]).header("Location")
            answer = registry.finish(location, wrong)
        else:
            answer = registry.finish(location, wrong, [
                ("Content-Range", "1024-2047")], data[1024:])
    assert answer.status == 400
    assert registry.blob(repo, wrong).status == 404


# --- data sets -------------------------------------------------------------

class Set:
    """Blobs and manifests, in the order in which they are pushed."""

    def __init__(self, algorithm="sha256"):
        self.algorithm = algorithm
        self.blobs = []
        self.manifests = []     # (bytes, model)

    def blob(self, content, kind="application/octet-stream", **more):
        if content not in self.blobs:
            self.blobs.append(content)
        return {"mediaType": kind, "digest": digest(content, self.algorithm),
                "size": len(content), **more}

    def manifest(self, model):
        data = json.dumps(model).encode()
        self.manifests.append((data, model))
        return {"mediaType": model["mediaType"], "size": len(data),
                "digest": digest(data, self.algorithm)}

    def image(self, seed="", config=None, layers=None, **more):
        config = config or self.blob(json.dumps({
            "architecture": "amd64", "os": "linux", "seed": seed,
            "rootfs": {"type": "layers", "diff_ids": []}}).encode(),
            images.OCI_CONFIG)
        if layers is None:
            layers = [self.blob(images.blob(300, "%s%d" % (seed, i)),
                                images.OCI_LAYER) for i in range(2)]
        return self.manifest({
            "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
            "config": config, "layers": layers, **more})

    def index(self, *children, **more):
        return self.manifest({
            "schemaVersion": 2, "mediaType": INDEX,
            "manifests": list(children), **more})

    def artifact(self, kind, **more):
        empty = self.blob(b"{}", EMPTY["mediaType"])
        return self.image(config=empty, layers=[empty], artifactType=kind,
                          **more)


def image(s):
    s.image()


def image_uncompressed(s):
    s.image(layers=[s.blob(b"tar" * 999,
                           "application/vnd.oci.image.layer.v1.tar")])


def large_manifest(s):
    s.image(annotations={"%05d" % i: "x" * 10000 for i in range(390)})


def index(s):
    s.index(s.image("a"), s.image("b"))


def nested_index(s):
    s.index(s.index(s.image("a")), s.index(s.image("b"), s.image("c")))


def empty_index(s):
    s.index()


def artifact(s):
    s.artifact("application/vnd.example")


def artifact_index(s):
    s.index(s.artifact("application/vnd.example.a"),
            artifactType="application/vnd.example.index")


def artifact_without_layers(s):
    s.image(config=s.blob(b"{}", EMPTY["mediaType"]), layers=[],
            artifactType="application/vnd.example")


def artifacts_with_subject(s):
    of = s.image()
    for i in range(3):
        s.artifact("application/vnd.example.%d" % (i % 2), subject=of,
                   annotations={"org.example.n": str(i), "other": "x"})


def index_with_subject(s):
    of = s.image()
    parent = s.index(s.image("a", subject=of), s.image("b", subject=of),
                     subject=of, annotations={"index": "yes"})
    s.artifact("application/vnd.example.sbom", subject=parent)


def missing_subject(s):
    of = {"mediaType": images.OCI_MANIFEST, "size": 5,
          "digest": digest(b"never pushed", s.algorithm)}
    s.artifact("application/vnd.example", subject=of)


def data_field(s):
    empty = s.blob(b"{}", EMPTY["mediaType"], data="e30=")
    s.image(config=empty, layers=[empty])


def nondistributable(s):
    kind = "application/vnd.oci.image.layer.nondistributable.v1.tar"
    s.image(layers=[{
        "mediaType": kind + end, "size": 123456, "digest": digest(
            end.encode(), s.algorithm), "urls": ["https://store.example/x"]}
        for end in ("", "+gzip", "+zstd")])


def custom_fields(s):
    s.image(**{"org.example.field": {"nested": [1, 2, None, True]}})
    s.index(s.image("x"), **{"org.example.field": "value"})


def no_layers(s):
    s.image(layers=[])


SETS = [image, image_uncompressed, large_manifest, index, nested_index,
        empty_index, artifact, artifact_index, artifact_without_layers,
        artifacts_with_subject, index_with_subject, missing_subject,
        data_field, nondistributable, custom_fields, no_layers]


def push_blobs(registry, repo, s):
    """34: through each way in turn."""
    for i, data in enumerate(s.blobs):
        wanted = digest(data, s.algorithm)
        location = start(registry, repo)
        if i % 3 == 0:
            answer = registry.finish(location, wanted, [], data)
        elif i % 3 == 1:
            location = patch(registry, location, 0, data).header("Location")
            answer = registry.finish(location, wanted)
        else:
            location = registry.patch(location, [], [data],
                                      is_chunked=True).header("Location")
            answer = registry.finish(location, wanted)
        assert answer.status == 201, answer


def is_pulled(registry, location, data, model, wanted):
    """40, 41: HEAD and GET of a manifest."""
    for method in ("HEAD", "GET"):
        answer = registry.request(method, location, [
            ("Accept", images.OCI_MANIFEST), ("Accept", INDEX)])
        assert answer.status == 200, answer
        assert answer.header("Content-Type") == model["mediaType"]
        assert answer.header("Content-Length") == str(len(data))
        assert answer.header("Docker-Content-Digest") == wanted
        assert answer.body == (data if method == "GET" else b"")


def push_manifest(registry, repo, reference, data, model, wanted):
    """35, 36: without a Content-Length, as the suite does."""
    answer = registry.put("/v2/%s/manifests/%s" % (repo, reference), [
        ("Content-Type", model["mediaType"])], [data], is_chunked=True)
    assert answer.status == 201, answer
    assert answer.header("Location")
    assert answer.header("Docker-Content-Digest") == wanted
    assert answer.header("OCI-Subject") == (
        model["subject"]["digest"] if "subject" in model else None)
    is_pulled(registry, answer.header("Location"), data, model, wanted)


def referrers_of(s):
    """{subject: {digest: descriptor}} as the API must show them."""
    found = {}
    for data, model in s.manifests:
        if "subject" not in model:
            continue
        wanted = digest(data, s.algorithm)
        entry = {"mediaType": model["mediaType"], "size": len(data),
                 "digest": wanted}
        kind = model.get("artifactType") or model.get(
            "config", {}).get("mediaType")
        if kind:
            entry["artifactType"] = kind
        if "annotations" in model:
            entry["annotations"] = model["annotations"]
        found.setdefault(model["subject"]["digest"], {})[wanted] = entry
    return found


# A tag alone does not say the algorithm, so those manifests are of sha256.
@pytest.mark.parametrize("algorithm,reference", [
    ("sha256", "digest"), ("sha256", "tag"), ("sha512", "digest")])
@pytest.mark.parametrize("fill", SETS, ids=lambda fill: fill.__name__)
def test_cf_34_35_36_38_40_41_42_43_44_45_46_data(registry, repo, fill,
                                                  algorithm, reference):
    """A whole set: push, list, pull, referrers, delete."""
    s = Set(algorithm)
    fill(s)
    push_blobs(registry, repo, s)
    tags = []
    for i, (data, model) in enumerate(s.manifests):
        wanted = digest(data, algorithm)
        push_manifest(registry, repo, wanted, data, model, wanted)      # 35
        if reference == "tag":
            push_manifest(registry, repo, "t%d" % i, data, model, wanted)  # 36
            tags.append("t%d" % i)
            is_pulled(registry, "/v2/%s/manifests/t%d" % (repo, i), data,
                      model, wanted)                                # 40, 41
    if tags:
        answer = registry.get("/v2/%s/tags/list" % repo)
        assert answer.json()["tags"] == sorted(tags)                    # 38
    for subject, wanted in referrers_of(s).items():                  # 42, 43
        path = "/v2/%s/referrers/%s" % (repo, subject)
        shown = registry.get(path).json()["manifests"]
        assert {d["digest"]: d for d in shown} == wanted
        for kind in {d.get("artifactType") for d in wanted.values()} - {None}:
            answer = registry.get(
                path + "?artifactType=" + kind.replace("+", "%2B"))
            assert answer.header("OCI-Filters-Applied") == "artifactType"
            assert {d["digest"] for d in answer.json()["manifests"]} == {
                d["digest"] for d in wanted.values()
                if d.get("artifactType") == kind}
    for tag in tags:                                                    # 44
        path = "/v2/%s/manifests/%s" % (repo, tag)
        assert registry.delete(path).status == 202
        assert registry.head(path).status == 404
    for data, _ in reversed(s.manifests):                            # 45
        path = "/v2/%s/manifests/%s" % (repo, digest(data, algorithm))
        assert registry.delete(path).status == 202
        assert registry.head(path).status == 404
    for subject in referrers_of(s):
        assert registry.get("/v2/%s/referrers/%s" % (
            repo, subject)).json()["manifests"] == []
    for data in s.blobs:                                                # 46
        path = "/v2/%s/blobs/%s" % (repo, digest(data, algorithm))
        assert registry.delete(path).status == 202
        assert registry.head(path).status == 404


@both
def test_cf_37_tag_parameters(registry, repo, algorithm):
    """Pull by tag must show the digest of the algorithm that was pushed."""
    s = Set(algorithm)
    s.image(repo)
    push_blobs(registry, repo, s)
    data, model = s.manifests[0]
    wanted = digest(data, algorithm)
    tags = ["tag%d" % i for i in range(10)]
    answer = registry.put("/v2/%s/manifests/%s?%s" % (
        repo, wanted, "&".join("tag=" + tag for tag in tags)), [
            ("Content-Type", model["mediaType"])], data)
    assert answer.status == 201
    shown = ",".join(answer.headers.get_all("OCI-Tag"))
    assert sorted(re.split(r"\s*,\s*", shown)) == tags
    for tag in tags:
        is_pulled(registry, "/v2/%s/manifests/%s" % (repo, tag), data, model,
                  wanted)


def test_cf_38_39_tags(registry, repo):
    s = Set()
    s.index()
    data, model = s.manifests[0]
    tags = ["B", "a", "b", "_c", "1", "a.1", "a-1"]
    for tag in tags:
        push_manifest(registry, repo, tag, data, model, digest(data))
    path = "/v2/%s/tags/list" % repo
    assert registry.get(path).json() == {"name": repo, "tags": sorted(tags)}
    for last in tags:
        assert registry.get("%s?last=%s" % (path, last)).json()["tags"] == [
            tag for tag in sorted(tags) if tag > last]


@both
def test_cf_bad_digest_image(registry, repo, algorithm):
    """The last of the data sets: two spaces behind the manifest."""
    s = Set(algorithm)
    s.image(repo)
    push_blobs(registry, repo, s)
    data, model = s.manifests[0]
    answer = registry.put("/v2/%s/manifests/%s" % (
        repo, digest(data, algorithm)), [
            ("Content-Type", model["mediaType"])], data + b"  ")
    assert answer.status == 400
    assert registry.manifest(repo, digest(data, algorithm)).status == 404


# --- errors ----------------------------------------------------------------

@pytest.mark.parametrize("reference,method,statuses", [
    (digest(b"random"), "GET", (404,)), ("random", "GET", (404,)),
    ("sha256:baddigeststring", "PUT", (400,)),
    ("sha256:baddigeststring", "GET", (400, 404))],
    ids=["47", "48", "49", "50"])
def test_cf_errors(registry, repo, reference, method, statuses):
    s = Set()
    s.index()
    body = s.manifests[0][0] if method == "PUT" else None
    answer = registry.request(method, "/v2/%s/manifests/%s" % (
        repo, reference), [("Content-Type", INDEX)] if body else [], body)
    assert answer.status in statuses
    assert answer.codes()[0] in CODES


# --- v1.1.1 ----------------------------------------------------------------

def test_cf_51_range_is_content_range(registry, repo):
    answer = patch(registry, start(registry, repo), 0, b"x" * 3)
    assert answer.header("Range") == "0-2"


def test_cf_52_the_first_chunk_again(registry, repo):
    data = b"first and second"
    first = start(registry, repo)
    second = patch(registry, first, 0, data[:5]).header("Location")
    assert patch(registry, first, 0, data[:5]).status == 416
    answer = registry.get(first)
    assert answer.status == 204
    assert answer.header("Range") == "0-4"
    assert answer.header("Location")
    answer = patch(registry, second, 5, data[5:])
    assert answer.status == 202
    assert registry.finish(answer.header("Location"),
                           digest(data)).status == 201


def test_cf_53_anonymous_mount_of_the_unknown(registry, repo):
    answer = registry.post("/v2/%s/blobs/uploads/?mount=%s" % (
        repo, digest(b"not in the store")))
    assert answer.status == 202


def test_cf_54_location_of_a_mount(registry, repo):
    wanted = registry.push_blob(repo + "/two", b"mounted")
    for source, status, location in (
            ("two", 201, "/v2/%s/blobs/%s" % (repo, wanted)),
            ("three", 202, "/v2/%s/blobs/uploads/" % repo)):
        answer = registry.post("/v2/%s/blobs/uploads/?mount=%s&from=%s/%s" % (
            repo, wanted, repo, source))
        assert answer.status == status
        assert answer.header("Location").startswith(location)
        assert status == 202 or answer.header("Location") == location


def test_cf_55_exactly_n_tags(registry, repo):
    s = Set()
    s.index()
    data, model = s.manifests[0]
    for i in range(5):
        push_manifest(registry, repo, "t%d" % i, data, model, digest(data))
    for n in range(1, 6):
        answer = registry.get("/v2/%s/tags/list?n=%d" % (repo, n))
        assert len(answer.json()["tags"]) == n


def test_cf_56_exact_referrers(registry, repo):
    s = Set()
    of = s.image()
    for i in range(5):
        s.artifact("application/vnd.example.%s" % ("a" if i < 2 else "b"),
                   subject=of, annotations={"k%d" % k: "v" for k in range(i)},
                   n=i)
    push_blobs(registry, repo, s)
    for data, model in s.manifests:
        push_manifest(registry, repo, digest(data), data, model, digest(data))
    path = "/v2/%s/referrers/%s" % (repo, of["digest"])
    answer = registry.get(path)
    assert answer.header("OCI-Filters-Applied") is None
    assert sorted(len(d.get("annotations", {})) for d in
                  answer.json()["manifests"]) == [0, 1, 2, 3, 4]
    answer = registry.get(path + "?artifactType=application/vnd.example.a")
    assert answer.header("OCI-Filters-Applied") == "artifactType"
    assert len(answer.json()["manifests"]) == 2


def test_cf_57_58_deletes(registry, repo):
    s = Set()
    s.index()
    data, model = s.manifests[0]
    for tag in ("a", "b", "c"):
        push_manifest(registry, repo, tag, data, model, digest(data))
    assert registry.delete("/v2/%s/manifests/b" % repo).status == 202
    assert registry.get("/v2/%s/tags/list" % repo).json()["tags"] == ["a", "c"]
    assert registry.delete("/v2/%s/manifests/%s" % (
        repo, digest(data))).status == 202
    answer = registry.get("/v2/%s/tags/list" % repo)
    assert answer.status == 404 or answer.json()["tags"] == []


def test_cf_59_totally_wrong(registry, repo):
    answer = registry.get("/v2/%s/manifests/sha256:totallywrong" % repo)
    assert answer.status in (400, 404)
    assert answer.codes()[0] in CODES


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_cf_48_59_a_tag_that_cannot_be(registry, repo, method):
    """What v1.1.1 asks for where it wants something that is not there."""
    assert registry.request(method, "/v2/%s/manifests/.INVALID_MANIFEST_NAME"
                            % repo).status == 404


def test_cf_60_post_and_get_agree(registry, repo):
    data = images.blob(100, repo)
    answer = registry.post("/v2/%s/blobs/uploads/?digest=%s" % (
        repo, digest(data)), [], data)
    assert answer.status == 201
    assert registry.blob(repo, digest(data)).status == 200


@pytest.mark.parametrize("drop", ["layers", "mediaType"])
def test_cf_61_sparse_manifests(registry, repo, drop):
    registry.push_blob(repo, b"{}")
    model = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
             "config": EMPTY, "layers": []}
    if drop == "mediaType":
        del model[drop]
    data = json.dumps(model).encode()
    answer = registry.put("/v2/%s/manifests/1" % repo, [
        ("Content-Type", images.OCI_MANIFEST)], data)
    assert answer.status == 201
    is_pulled(registry, "/v2/%s/manifests/1" % repo, data,
              {"mediaType": images.OCI_MANIFEST}, digest(data))


def test_every_assertion_has_its_number():
    """In the name of a test, or in an id of its cases."""
    found = re.findall(r'(?:def test_cf_|")((?:\d\d_)*\d\d)(?=[_"])',
                       Path(__file__).read_text())
    numbers = {int(n) for name in found for n in name.split("_")}
    assert numbers == set(range(1, 62))
