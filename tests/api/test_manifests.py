"""Pushing manifests: what is taken, what is refused, and what it says then."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images
from testenv.client import digest

LIMIT = 4 * 1024 * 1024
EMPTY = {"mediaType": "application/vnd.oci.empty.v1+json",
         "digest": images.sha256(b"{}"), "size": 2}
LAYER = {"mediaType": images.OCI_LAYER, "digest": images.sha256(b"layer"),
         "size": 5}
OCI = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": EMPTY,
       "layers": [LAYER]}
INDEX = {"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": []}
V1 = "application/vnd.docker.distribution.manifest.v1+"
ZERO = "sha256:" + "0" * 64


@pytest.fixture
def put(registry, repo):
    """Puts a manifest; {} and "layer" are there."""
    registry.push_blob(repo, b"{}")
    registry.push_blob(repo, b"layer")

    def put(model, kind=None, reference="1", **how):
        data = model if isinstance(model, bytes) else json.dumps(model).encode()
        if kind is None and not isinstance(model, bytes):
            kind = model.get("mediaType")
        headers = [("Content-Type", kind)] if kind else []
        return registry.put("/v2/%s/manifests/%s" % (repo, reference),
                            headers, data, **how)
    return put


def is_refused(registry, repo, answer, code="MANIFEST_INVALID", reference="1"):
    assert answer.status == 400, answer
    assert answer.codes()[0] == code
    assert registry.manifest(repo, reference).status == 404


# --- what is taken ---------------------------------------------------------

@pytest.mark.parametrize("reference", ["tag", "digest"])
@pytest.mark.parametrize("is_docker", [False, True])
@pytest.mark.parametrize("is_index", [False, True])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_put(registry, repo, store, reference, is_docker, is_index, is_chunked):
    image = images.Image(seed=repo, is_docker=is_docker)
    registry.push_image(repo, "child", image)
    manifest = image.manifest
    if is_index:
        manifest = images.image_index([image], is_docker)
    where = "1.0" if reference == "tag" else manifest.digest
    body = [manifest.data[:100], manifest.data[100:]] if is_chunked else (
        manifest.data)
    answer = registry.put("/v2/%s/manifests/%s" % (repo, where), [
        ("Content-Type", manifest.media_type)], body, is_chunked=is_chunked)
    assert answer.status == 201, answer
    assert answer.header("Location") == "/v2/%s/manifests/%s" % (
        repo, manifest.digest)
    assert answer.header("Docker-Content-Digest") == manifest.digest
    assert answer.header("Content-Length") == "0"
    assert answer.header("OCI-Subject") is None
    for name in {where, manifest.digest}:
        answer = registry.manifest(repo, name)
        assert answer.body == manifest.data
        assert answer.header("Content-Type") == manifest.media_type
    text = manifest.digest[7:]
    directory = store / "repositories" / repo / "_manifests"
    links = [directory / "revisions/sha256" / text / "link"]
    if reference == "tag":
        links += [directory / "tags/1.0/current/link",
                  directory / "tags/1.0/index/sha256" / text / "link"]
    for link in links:
        assert link.read_text() == manifest.digest
    data = store / "blobs/sha256" / text[:2] / text / "data"
    assert data.read_bytes() == manifest.data
    # registry:2's collection gives up on a repository without it.
    assert (store / "repositories" / repo / "_layers").is_dir()


def without(model, *keys):
    return {key: value for key, value in model.items() if key not in keys}


TAKEN = {
    "no mediaType": (without(OCI, "mediaType"), images.OCI_MANIFEST),
    "no mediaType, no Content-Type": (without(OCI, "mediaType"), ""),
    "index without mediaType": (without(INDEX, "mediaType"), images.OCI_INDEX),
    "index, neither": (without(INDEX, "mediaType"), ""),
    "Content-Type missing": (OCI, ""),
    "parameters": (OCI, images.OCI_MANIFEST + "; charset=utf-8"),
    "capitals": (OCI, images.OCI_MANIFEST.replace("oci", "OCI")),
    "no layers": (without(OCI, "layers"), None),
    "empty layers": ({**OCI, "layers": []}, None),
    "empty index": (INDEX, None),
    "artifactType": ({**OCI, "artifactType": "application/x"}, None),
    "unknown fields": ({**OCI, "x": {"y": [1, None, 1.5e300]}}, None),
    "many layers": ({**OCI, "layers": [LAYER] * 20000}, None),
    "many children": ({**INDEX, "manifests": [LAYER] * 20000}, None),
    "many annotations": ({**OCI, "annotations": {
        "k%d" % n: "v" for n in range(200000)}}, None),
    "annotations": ({**OCI, "annotations": {"a": "b", "": "\u00e9\n\u2028"}},
                    None),
    "any layer type": ({**OCI, "layers": [{**LAYER, "mediaType": "text/x"}]},
                       None),
    "any config type": ({**OCI, "config": {**EMPTY, "mediaType": "a/b"}}, None),
    "data": ({**OCI, "config": {**EMPTY, "data": "e30="}}, None),
    "the same layer twice": ({**OCI, "layers": [LAYER, LAYER]}, None),
    "config is a layer": ({**OCI, "layers": [EMPTY]}, None),
    "missing subject": ({**OCI, "subject": {
        "mediaType": images.OCI_MANIFEST, "digest": ZERO, "size": 9}}, None),
    "nondistributable": ({**OCI, "layers": [{
        "mediaType": "application/vnd.oci.image.layer.nondistributable."
        "v1.tar+gzip", "digest": ZERO, "size": 9,
        "urls": ["https://example.com/layer"]}]}, None),
    "foreign": ({**OCI, "mediaType": images.DOCKER_MANIFEST, "layers": [{
        "mediaType": images.DOCKER + "image.rootfs.foreign.diff.tar.gzip",
        "digest": ZERO, "size": 9, "urls": ["https://example.com/l"]}]}, None),
    "layer as child": ({**INDEX, "manifests": [LAYER]}, None),
    "indented": (json.dumps(OCI, indent=7).encode(), images.OCI_MANIFEST),
    "spaces around": (b"\n " + json.dumps(OCI).encode() + b" \r\n\t",
                      images.OCI_MANIFEST),
    "escaped": (json.dumps(OCI).replace("config", "\\u0063onfig").encode(),
                images.OCI_MANIFEST),
    "large numbers": ({**OCI, "x": [2 ** 63 - 1, -2 ** 63, 1e300]}, None),
    "mediaType empty": ({**OCI, "mediaType": ""}, images.OCI_MANIFEST),
    "mediaType null": ({**OCI, "mediaType": None}, images.OCI_MANIFEST),
    "Go's empty list": ({**INDEX, "manifests": None}, None),
    "descriptor without mediaType": (
        {**OCI, "layers": [without(LAYER, "mediaType")]}, None),
}


@pytest.mark.idea(26)
@pytest.mark.parametrize("case", TAKEN)
def test_taken(registry, repo, put, case):
    model, kind = TAKEN[case]
    data = model if isinstance(model, bytes) else json.dumps(model).encode()
    wanted = digest(data)
    answer = put(model, kind)
    assert answer.status == 201, answer
    assert answer.header("Docker-Content-Digest") == wanted
    for reference in ("1", wanted):
        answer = registry.manifest(repo, reference)
        assert answer.body == data
        assert answer.header("Content-Type") == (
            images.OCI_INDEX if b'"manifests"' in data
            else images.DOCKER_MANIFEST if b'docker.dist' in data
            else images.OCI_MANIFEST)


# --- what is refused -------------------------------------------------------

def text(model=OCI, **changes):
    """JSON whose last bytes are raw: text(x='1') adds a member as it stands."""
    whole = json.dumps(model)
    return (whole[:-1] + "".join(
        ', "%s": %s' % pair for pair in changes.items()) + "}").encode()


REFUSED = {
    "empty": (b"", images.OCI_MANIFEST),
    "no JSON": (b"hello", images.OCI_MANIFEST),
    "array": (b"[]", images.OCI_MANIFEST),
    "string": (b'"x"', images.OCI_MANIFEST),
    "null": (b"null", images.OCI_MANIFEST),
    "empty object": (b"{}", images.OCI_MANIFEST),
    "cut": (json.dumps(OCI).encode()[:-1], images.OCI_MANIFEST),
    "two": (json.dumps(OCI).encode() * 2, images.OCI_MANIFEST),
    "rest": (json.dumps(OCI).encode() + b"x", images.OCI_MANIFEST),
    "NUL behind": (json.dumps(OCI).encode() + b"\0", images.OCI_MANIFEST),
    "NUL inside": (text().replace(b'"config"', b'"conf\0g"'),
                   images.OCI_MANIFEST),
    "NUL between": (text().replace(b": 2,", b": 2\0,"), images.OCI_MANIFEST),
    "BOM": (b"\xef\xbb\xbf" + json.dumps(OCI).encode(), images.OCI_MANIFEST),
    "UTF-16": (json.dumps(OCI).encode("utf-16"), images.OCI_MANIFEST),
    "broken UTF-8": (text(x='"\xff"'.encode("latin-1").decode("latin-1"))
                     .replace("ÿ".encode(), b"\xff"), images.OCI_MANIFEST),
    "deep": (b'{"a":' * 100000 + b"1" + b"}" * 100000, images.OCI_MANIFEST),
    "deep array": (text(x="[" * 3000 + "]" * 3000), images.OCI_MANIFEST),
    "open brackets": (b"[" * 4000000, images.OCI_MANIFEST),
    # Each of these would cost a worker a hundred bytes and more.
    "empty objects": (text(x="[" + "{}, " * 900000 + "{}]"),
                      images.OCI_MANIFEST),
    "empty arrays": (text(x="[" + "[], " * 900000 + "[]]"),
                     images.OCI_MANIFEST),
    "gzip": (gzip.compress(json.dumps(OCI).encode()), images.OCI_MANIFEST),
    "no schemaVersion": (without(OCI, "schemaVersion"), None),
    "schemaVersion 1": ({**OCI, "schemaVersion": 1}, None),
    "schemaVersion 3": ({**OCI, "schemaVersion": 3}, None),
    "schemaVersion text": ({**OCI, "schemaVersion": "2"}, None),
    "schemaVersion 2.5": ({**OCI, "schemaVersion": 2.5}, None),
    "wrong Content-Type": (OCI, images.OCI_INDEX),
    "docker Content-Type": (OCI, images.DOCKER_MANIFEST),
    "oci Content-Type": ({**OCI, "mediaType": images.DOCKER_MANIFEST},
                         images.OCI_MANIFEST),
    "index as manifest": (INDEX, images.OCI_MANIFEST),
    "shape of an index": (without(INDEX, "mediaType"), images.OCI_MANIFEST),
    "shape of a manifest": (without(OCI, "mediaType"), images.OCI_INDEX),
    "unknown type": ({**OCI, "mediaType": "application/json"}, None),
    "unknown vnd type": ({**OCI, "mediaType": "application/vnd.x.v1+json"},
                         None),
    "text/html": ({**OCI, "mediaType": "text/html"}, None),
    "header in mediaType": ({**OCI, "mediaType": images.OCI_MANIFEST
                             + "\r\nX: y"}, images.OCI_MANIFEST),
    "mediaType number": ({**OCI, "mediaType": 1}, images.OCI_MANIFEST),
    "manifest with manifests": ({**OCI, "manifests": []}, None),
    "manifest with children": ({**OCI, "manifests": [LAYER]}, None),
    "index with config": ({**INDEX, "config": EMPTY}, None),
    "index with layers": ({**INDEX, "layers": []}, None),
    "duplicate layers": (text(layers="[]"), images.OCI_MANIFEST),
    "duplicate mediaType": (text(mediaType='"%s"' % images.OCI_INDEX),
                            images.OCI_MANIFEST),
    "duplicate escaped": (text(**{"l\\u0061yers": "[]"}), images.OCI_MANIFEST),
    "Layers": (text(Layers="[]"), images.OCI_MANIFEST),
    "MANIFESTS": (text(MANIFESTS="[]"), images.OCI_MANIFEST),
    "mediatype": (text(mediatype='"%s"' % images.OCI_INDEX),
                  images.OCI_MANIFEST),
    "duplicate digest": (text(without(OCI, "layers"), layers=(
        '[{"mediaType": "a/b", "digest": "%s", "digest": "%s", "size": 5}]'
        % (LAYER["digest"], EMPTY["digest"]))), images.OCI_MANIFEST),
    "Digest": ({**OCI, "layers": [{**LAYER, "Digest": EMPTY["digest"]}]},
               None),
    # Go takes U+017F for an "s" as well.
    "long s": ({**OCI, "manife\u017fts": []}, None),
    "long s in a descriptor": ({**OCI, "layers": [
        {**LAYER, "dige\u017ft": EMPTY["digest"]}]}, None),
    "layers is an object": ({**OCI, "layers": {}}, None),
    "layers is text": ({**OCI, "layers": "x"}, None),
    "layers hold text": ({**OCI, "layers": ["x"]}, None),
    "layers hold null": ({**OCI, "layers": [None]}, None),
    "config is null": ({**OCI, "config": None}, None),
    "config is a list": ({**OCI, "config": [EMPTY]}, None),
    "no config": (without(OCI, "config"), None),
    "manifests is an object": ({**INDEX, "manifests": {}}, None),
    "no digest": ({**OCI, "layers": [without(LAYER, "digest")]}, None),
    "no size": ({**OCI, "layers": [without(LAYER, "size")]}, None),
    "negative size": ({**OCI, "layers": [{**LAYER, "size": -1}]}, None),
    "size text": ({**OCI, "layers": [{**LAYER, "size": "5"}]}, None),
    "size 5.5": ({**OCI, "layers": [{**LAYER, "size": 5.5}]}, None),
    "digest number": ({**OCI, "layers": [{**LAYER, "digest": 5}]}, None),
    "digest short": ({**OCI, "layers": [{**LAYER, "digest": "sha256:0"}]},
                     None),
    "digest empty": ({**OCI, "layers": [{**LAYER, "digest": ""}]}, None),
    "digest capitals": ({**OCI, "layers": [{
        **LAYER, "digest": "sha256:" + "A" * 64}]}, None),
    "digest path": ({**OCI, "layers": [{
        **LAYER, "digest": "sha256:" + "../" * 21 + "a"}]}, None),
    "subject text": ({**OCI, "subject": "x"}, None),
    "subject without digest": ({**OCI, "subject": {"size": 1}}, None),
    "subject bad digest": ({**OCI, "subject": {**LAYER, "digest": "x"}}, None),
    "annotations list": ({**OCI, "annotations": []}, None),
    "annotation number": ({**OCI, "annotations": {"a": 1}}, None),
    "artifactType number": ({**OCI, "artifactType": 1}, None),
    "schema 1": ({"schemaVersion": 1, "name": "a", "tag": "1",
                  "fsLayers": [], "history": []}, V1 + "json"),
    "schema 1 signed": ({"schemaVersion": 1, "name": "a", "tag": "1",
                         "fsLayers": [], "history": [], "signatures": []},
                        V1 + "prettyjws"),
}


@pytest.mark.idea(26)
@pytest.mark.parametrize("case", REFUSED)
def test_refused(registry, repo, put, case):
    is_refused(registry, repo, put(*REFUSED[case]))


def test_a_broken_child_of_an_index(registry, repo, put):
    for change in ({"digest": "x"}, {"size": -1}, {"size": "5"},
                   {"mediaType": 5}):
        is_refused(registry, repo, put({**INDEX, "manifests": [
            {**LAYER, **change}]}))


@pytest.mark.idea(26)
@pytest.mark.parametrize("kind", [
    "application/json", "text/plain", "text/html", "application/octet-stream",
    "x", "application/x-www-form-urlencoded", "\xff", "a" * 3000, "/"])
def test_another_content_type(registry, repo, put, kind):
    is_refused(registry, repo, put(OCI, kind))


@pytest.mark.idea(26)
def test_content_encoding(registry, repo, put):
    """A compressed body is not unpacked behind the client's back."""
    answer = registry.put("/v2/%s/manifests/1" % repo, [
        ("Content-Type", images.OCI_MANIFEST), ("Content-Encoding", "gzip")],
        gzip.compress(json.dumps(OCI).encode()))
    assert answer.status in (400, 415), answer
    assert registry.manifest(repo, "1").status == 404


# --- references ------------------------------------------------------------

@pytest.mark.parametrize("missing", ["layer", "config", "both"])
def test_blobs_that_are_missing(registry, repo, put, missing):
    other = {**LAYER, "digest": digest(b"elsewhere")}
    registry.push_blob(repo + "/elsewhere", b"elsewhere")
    model = {**OCI}
    absent = []
    if missing != "layer":
        model["config"] = {**EMPTY, "digest": ZERO}
        absent.append(ZERO)
    if missing != "config":
        model["layers"] = [LAYER, other]
        absent.append(other["digest"])
    answer = put(model)
    assert answer.status == 400, answer
    assert answer.codes() == ["MANIFEST_BLOB_UNKNOWN"] * len(absent)
    assert sorted(str(error["detail"]) for error in answer.json()["errors"]
                  ) == sorted(absent)
    assert registry.manifest(repo, "1").status == 404


@pytest.mark.idea(26)
def test_a_blob_of_an_unknown_algorithm(registry, repo, put):
    """It cannot be stored here; said as a missing blob, not as bad JSON."""
    for wanted in ("blake3:" + "0" * 64, "sha999:x", "a+b.c:d=_-"):
        answer = put({**OCI, "layers": [{**LAYER, "digest": wanted}]})
        assert answer.status == 400
        assert answer.codes()[0] in ("MANIFEST_BLOB_UNKNOWN",
                                     "MANIFEST_INVALID")
    # As a subject it may be anything.
    subject = {**LAYER, "digest": "blake3:" + "0" * 64}
    assert put({**OCI, "subject": subject}).status in (201, 400)


def test_children_that_are_missing(registry, repo, put):
    image = images.Image(seed=repo)
    answer = put({**INDEX, "manifests": [image.manifest.descriptor()]})
    is_refused(registry, repo, answer, "MANIFEST_BLOB_UNKNOWN")
    registry.push_image(repo, "child", image)
    assert put({**INDEX, "manifests": [
        image.manifest.descriptor()]}).status == 201


def test_blobs_are_asked_of_this_repository(registry, repo):
    image = images.Image(seed=repo)
    registry.push_image(repo + "/a", "1", image)
    answer = registry.put("/v2/%s/b/manifests/1" % repo, [
        ("Content-Type", image.manifest.media_type)], image.manifest.data)
    is_refused(registry, repo + "/b", answer, "MANIFEST_BLOB_UNKNOWN")


@pytest.mark.idea(26)
@pytest.mark.parametrize("change", [-1, 1, 10 ** 12])
def test_a_size_that_is_not_the_blobs(registry, repo, put, change):
    """Clients would fail to pull it; registry:2 takes it: either, no more."""
    answer = put({**OCI, "layers": [{**LAYER, "size": 5 + change}]})
    assert answer.status in (201, 400), answer


@pytest.mark.parametrize("reference,code", [
    (ZERO, "DIGEST_INVALID"), ("sha512:" + "0" * 128, "DIGEST_INVALID"),
    ("sha256:baddigeststring", "DIGEST_INVALID"), ("sha256:", "DIGEST_INVALID"),
    ("sha256:" + "A" * 64, "DIGEST_INVALID"), ("x:y", "DIGEST_INVALID"),
    ("md5:" + "0" * 32, "DIGEST_INVALID"), (":", "DIGEST_INVALID"),
    ("-x", "TAG_INVALID"), (".x", "TAG_INVALID"), ("a" * 129, "TAG_INVALID"),
    ("a%20b", "TAG_INVALID"), ("a+b", "TAG_INVALID"), ("%C3%A9", "TAG_INVALID"),
    ("a@b", "TAG_INVALID"), ("a~b", "TAG_INVALID"), ("a%0Ab", "TAG_INVALID")])
def test_bad_references(put, reference, code):
    answer = put(OCI, reference=reference)
    assert answer.status == 400, answer
    assert answer.codes() == [code]


@pytest.mark.parametrize("tag", [
    "a", "_", "0", "a..b", "_a-b.c", "A", "latest", "a" * 128,
    "sha256-" + "0" * 64 + ".sig", "list", "uploads", "tags"])
def test_good_tags(registry, repo, put, tag):
    assert put(OCI, reference=tag).status == 201
    assert registry.manifest(repo, tag).json() == OCI


@pytest.mark.idea(37)
def test_tags_keep_their_case(registry, repo, put):
    other = {**OCI, "annotations": {"a": "b"}}
    assert put(OCI, reference="Tag").status == 201
    assert put(other, reference="tag").status == 201
    assert registry.manifest(repo, "Tag").json() == OCI
    assert registry.manifest(repo, "tag").json() == other


def test_bytes_are_kept(registry, repo, put):
    """The same manifest in other words is another one."""
    one, two = json.dumps(OCI).encode(), json.dumps(OCI, indent=1).encode()
    assert put(one, images.OCI_MANIFEST, digest(one)).status == 201
    assert put(two, images.OCI_MANIFEST, digest(one)).status == 400
    assert put(two, images.OCI_MANIFEST, digest(two)).status == 201
    assert registry.manifest(repo, digest(one)).body == one
    assert registry.manifest(repo, digest(two)).body == two


# --- size ------------------------------------------------------------------

def sized(size):
    """A good manifest of exactly so many bytes."""
    model = {**OCI, "annotations": {"a": ""}}
    model["annotations"]["a"] = "x" * (size - len(json.dumps(model)))
    data = json.dumps(model).encode()
    assert len(data) == size
    return data


@pytest.mark.idea(26)
@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1, LIMIT * 3])
def test_size(registry, repo, put, size, is_chunked):
    data = sized(size)
    body = [data[at:at + 50000] for at in range(0, size, 50000)]
    answer = put(data, images.OCI_MANIFEST) if not is_chunked else (
        registry.put("/v2/%s/manifests/1" % repo, [
            ("Content-Type", images.OCI_MANIFEST)], body, is_chunked=True))
    if size <= LIMIT:
        assert answer.status == 201, answer
        assert registry.manifest(repo, "1").body == data
        assert registry.head("/v2/%s/manifests/1" % repo).header(
            "Content-Length") == str(size)
    else:
        assert answer.status == 413, answer
        assert answer.codes()
        assert registry.manifest(repo, "1").status == 404


def test_a_media_type_at_the_end(registry, repo, put):
    """The type of a stored manifest is looked for in all of its bytes."""
    model = {"annotations": {"a": "x" * 3000000}, "schemaVersion": 2,
             "manifests": [], "mediaType": images.DOCKER_LIST}
    assert put(model).status == 201
    for _ in range(2):
        answer = registry.head("/v2/%s/manifests/1" % repo)
        assert answer.header("Content-Type") == images.DOCKER_LIST


# --- ?tag= -----------------------------------------------------------------

def tags_of(answer):
    return sorted(tag.strip() for line in answer.headers.get_all(
        "OCI-Tag", []) for tag in line.split(","))


@pytest.mark.idea(34)
@pytest.mark.parametrize("tags", [["one"], ["b", "a"], ["a", "a"],
                                  ["t%d" % i for i in range(10)],
                                  ["%0128d" % i for i in range(32)]],
                         ids=["one", "two", "twice", "ten", "longest"])
def test_tag_parameters(registry, repo, put, tags):
    wanted = digest(json.dumps(OCI).encode())
    answer = put(OCI, reference="%s?%s" % (
        wanted, "&".join("tag=" + tag for tag in tags)))
    assert answer.status == 201, answer
    assert set(tags_of(answer)) == set(tags)
    assert answer.header("Docker-Content-Digest") == wanted
    for tag in tags:
        answer = registry.manifest(repo, tag)
        assert answer.header("Docker-Content-Digest") == wanted
    assert registry.get("/v2/%s/tags/list" % repo).json()["tags"] == sorted(
        set(tags))


@pytest.mark.idea(34)
@pytest.mark.parametrize("query", [
    "tag=", "tag", "tag=a&tag=", "tag=a&tag=-b", "tag=" + "a" * 129,
    "tag=a%2Fb", "tag=a,b", "tag=%00", "tag=..", "tag=sha256:x"])
def test_bad_tag_parameters(registry, repo, put, query):
    wanted = digest(json.dumps(OCI).encode())
    answer = put(OCI, reference=wanted + "?" + query)
    assert answer.status == 400, answer
    assert answer.codes()
    assert registry.manifest(repo, "a").status == 404


def test_a_tag_parameter_and_a_tag(registry, repo, put):
    answer = put(OCI, reference="1?tag=2")
    assert answer.status == 400, answer
    assert registry.manifest(repo, "2").status == 404


# Of 33 the worker has too many, of 2000 nginx has too long a line.
@pytest.mark.idea(34)
@pytest.mark.parametrize("n", [33, 2000])
def test_too_many_tag_parameters(registry, repo, put, n):
    wanted = digest(json.dumps(OCI).encode())
    answer = put(OCI, reference=wanted + "?" + "&".join(
        "tag=t%d" % i for i in range(n)))
    assert answer.status == 414, answer
    assert answer.codes()
    assert registry.manifest(repo, "t0").status == 404


# --- subject ---------------------------------------------------------------

def test_oci_subject(registry, repo, put):
    for wanted in (ZERO, "sha512:" + "0" * 128, digest(b"layer")):
        subject = {**LAYER, "digest": wanted}
        for model in ({**OCI, "subject": subject},
                      {**INDEX, "subject": subject}):
            answer = put(model)
            assert answer.status == 201, answer
            assert answer.header("OCI-Subject") == wanted
    assert put({**OCI, "subject": None}).header("OCI-Subject") is None


# --- again and at once -----------------------------------------------------

def test_again(registry, repo, put, store):
    for _ in range(3):
        assert put(OCI).status == 201
    directory = store / "repositories" / repo / "_manifests/tags/1/index/sha256"
    assert len(list(directory.iterdir())) == 1


def test_a_tag_moves(registry, repo, put, store):
    models = [{**OCI, "annotations": {"n": str(n)}} for n in range(3)]
    for model in models:
        assert put(model).status == 201
        assert registry.manifest(repo, "1").json() == model
    directory = store / "repositories" / repo / "_manifests/tags/1/index/sha256"
    assert {entry.name for entry in directory.iterdir()} == {
        digest(json.dumps(model).encode())[7:] for model in models}


def test_many_push_at_once(registry, repo, put):
    models = [{**OCI, "annotations": {"n": str(n)}} for n in range(30)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda pair: put(pair[1], reference=(
                "same" if pair[0] % 2 else "tag%d" % pair[0])),
            enumerate(models)))
    assert {answer.status for answer in answers} == {201}
    assert registry.manifest(repo, "same").json() in models
    for n in range(0, 30, 2):
        assert registry.manifest(repo, "tag%d" % n).json() == models[n]


# --- what others stored ----------------------------------------------------

STORED = {
    "schema 1": (b'{"schemaVersion": 1, "signatures": []}', V1 + "prettyjws"),
    "schema 1 unsigned": (b'{"schemaVersion": 1}', V1 + "json"),
    "no JSON": (b"hello", images.OCI_MANIFEST),
    "empty": (b"", images.OCI_MANIFEST),
    "hostile type": (b'{"schemaVersion":2,"mediaType":"text/html"}',
                     images.OCI_MANIFEST),
    "header": (b'{"schemaVersion":2,"mediaType":"application/vnd.a+json'
               b'\\r\\nX: y"}', images.OCI_MANIFEST),
    "artifact manifest": (
        b'{"mediaType":"application/vnd.oci.artifact.manifest.v1+json"}',
        "application/vnd.oci.artifact.manifest.v1+json"),
}


@pytest.mark.parametrize("case", STORED)
def test_stored_by_others(registry, repo, store, case):
    """Served as it is, under a type that is safe to send."""
    data, kind = STORED[case]
    data += b" " * len(repo)
    wanted = digest(data)
    directory = store / "blobs/sha256" / wanted[7:9] / wanted[7:]
    directory.mkdir(parents=True)
    (directory / "data").write_bytes(data)
    for where in ("revisions/sha256/" + wanted[7:], "tags/1/current"):
        link = store / "repositories" / repo / "_manifests" / where
        link.mkdir(parents=True)
        (link / "link").write_text(wanted)
    for reference in ("1", wanted):
        answer = registry.manifest(repo, reference)
        assert answer.status == 200, answer
        assert answer.body == data
        assert answer.header("Content-Type") == kind
