"""What each client sends, replayed: docs of the clients say little, so these
are the requests of their sources, in their order and with their headers."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images
from testenv.client import digest, with_query

GZIP = ("Accept-Encoding", "gzip")
OCTETS = ("Content-Type", "application/octet-stream")
SCHEMA_1 = ["application/vnd.docker.distribution.manifest.v1+prettyjws",
            "application/vnd.docker.distribution.manifest.v1+json"]
TYPES = [images.DOCKER_MANIFEST, images.DOCKER_LIST, images.OCI_MANIFEST,
         images.OCI_INDEX]
EMPTY = images.descriptor("application/vnd.oci.empty.v1+json", b"{}")
ZERO = "sha256:" + "0" * 64


def of_client(agent):
    """Headers that a client adds to each request."""
    return [("User-Agent", agent), GZIP]


def exists(registry, repo, wanted, headers):
    return registry.head("/v2/%s/blobs/%s" % (repo, wanted), headers).status


def put_manifest(registry, repo, reference, manifest, headers):
    answer = registry.put("/v2/%s/manifests/%s" % (repo, reference), headers + [
        ("Content-Type", manifest.media_type)], manifest.data)
    assert answer.status == 201, answer
    assert answer.header("Docker-Content-Digest") == manifest.digest
    return answer


def resolve(registry, repo, reference, headers):
    """HEAD, as containerd, ggcr, oras and docker want it; (type, digest)."""
    answer = registry.head("/v2/%s/manifests/%s" % (repo, reference), headers)
    assert answer.status == 200, answer
    assert int(answer.header("Content-Length")) > 0
    return answer.header("Content-Type"), answer.header(
        "Docker-Content-Digest")


# --- docker, classic store -------------------------------------------------

DOCKER = of_client("docker/20.10.24 go/go1.19.8 git-commit/5d6db84 kernel/6.1 "
                   "os/linux arch/amd64 UpstreamClient(Docker-Client/20.10)")
DOCKER_ACCEPT = [("Accept", kind) for kind in [
    *SCHEMA_1, images.DOCKER_MANIFEST, images.DOCKER_LIST,
    images.OCI_INDEX, images.OCI_MANIFEST]]


def docker_push_layer(registry, repo, data, sources=()):
    wanted = digest(data)
    if exists(registry, repo, wanted, DOCKER) == 200:
        return
    for source in sources:
        answer = registry.post(
            "/v2/%s/blobs/uploads/?from=%s&mount=%s" % (
                repo, source.replace("/", "%2F"), wanted.replace(":", "%3A")),
            DOCKER)
        if answer.status == 201:
            return
        assert answer.status == 202
        cancelled = registry.delete(answer.header("Location"), DOCKER)
        assert cancelled.status == 204
    answer = registry.post("/v2/%s/blobs/uploads/" % repo, DOCKER)
    assert answer.status == 202
    assert answer.header("Docker-Upload-UUID")
    answer = registry.patch(answer.header("Location"), DOCKER,
                            [data[:5000], data[5000:]], is_chunked=True)
    assert answer.status == 202
    # Sscanf(Range, "%d-%d"); an end before the start is an error.
    first, last = map(int, re.match(
        r"(\d+)-(\d+)", answer.header("Range")).groups())
    assert first == 0 and last >= first
    assert last == max(len(data) - 1, 0)
    assert answer.header("Docker-Upload-UUID")
    answer = registry.put(with_query(
        answer.header("Location"), digest=wanted.replace(":", "%3A")), DOCKER)
    assert answer.status == 201
    assert answer.header("Docker-Content-Digest") == wanted
    # The client checks at once, and must find it.
    head = registry.head("/v2/%s/blobs/%s" % (repo, wanted), DOCKER)
    assert head.status == 200
    assert head.header("Content-Length") == str(len(data))


def test_docker(registry, repo):
    assert registry.get("/v2/", DOCKER).status == 200
    image = images.Image(layers=3, seed=repo, size=20000, is_docker=True)
    for data in image.blobs():
        docker_push_layer(registry, repo, data)
    put_manifest(registry, repo, "1", image.manifest, DOCKER)
    # A second push of the same, into another repository, by mounts.
    for data in image.blobs():
        docker_push_layer(registry, repo + "/copy", data,
                          ["none/such", repo])
    put_manifest(registry, repo + "/copy", "1", image.manifest, DOCKER)
    # docker pull
    kind, wanted = resolve(registry, repo, "1", DOCKER + DOCKER_ACCEPT)
    assert kind == images.DOCKER_MANIFEST
    answer = registry.get("/v2/%s/manifests/%s" % (repo, wanted),
                          DOCKER + DOCKER_ACCEPT)
    assert answer.body == image.manifest.data
    for data in image.layers:
        # Interrupted after 1000 bytes, and resumed.
        answer = registry.blob(repo, digest(data), DOCKER + [
            ("Range", "bytes=1000-")])
        assert answer.status == 206
        first, last, size = map(int, re.fullmatch(
            r"bytes (\d+)-(\d+)/(\d+)",
            answer.header("Content-Range")).groups())
        assert (first, last, size) == (1000, len(data) - 1, len(data))
        assert answer.body == data[1000:]


def test_docker_asks_for_a_missing_image(registry, repo):
    """MANIFEST_UNKNOWN is "not found" to it, other codes are retried."""
    answer = registry.get("/v2/%s/manifests/1" % repo, DOCKER + DOCKER_ACCEPT)
    assert answer.status == 404
    assert answer.codes() == ["MANIFEST_UNKNOWN"]


def test_docker_manifest_list(registry, repo):
    """docker manifest push: the list by tag, its children by digest."""
    built = [images.Image(seed=repo + arch, architecture=arch, is_docker=True)
             for arch in ("amd64", "arm64")]
    for image in built:
        for data in image.blobs():
            docker_push_layer(registry, repo, data)
        put_manifest(registry, repo, image.manifest.digest, image.manifest,
                     DOCKER)
    put_manifest(registry, repo, "multi",
                 images.image_index(built, is_docker=True), DOCKER)
    assert resolve(registry, repo, "multi", DOCKER + DOCKER_ACCEPT)[0] == (
        images.DOCKER_LIST)


# --- containerd, nerdctl, kubelet ------------------------------------------

CONTAINERD = of_client("containerd/1.6.20")[:1] + [
    ("Accept-Encoding", "zstd;q=1.0, gzip;q=0.8, deflate;q=0.5")]
CONTAINERD_ACCEPT = [("Accept", ", ".join(TYPES + ["*/*"]))]


def containerd_push(registry, repo, data, source=None):
    wanted = digest(data)
    if exists(registry, repo, wanted, CONTAINERD + [
            ("Accept", images.OCI_LAYER + ", */*")]) == 200:
        return
    query = "?mount=%s&from=%s" % (wanted, source) if source else ""
    answer = registry.post("/v2/%s/blobs/uploads/%s" % (repo, query),
                           CONTAINERD)
    if answer.status == 201:
        return
    assert answer.status == 202
    # The whole body at once; of length 0 it is sent in chunked coding.
    body = data if data else []
    answer = registry.put(with_query(answer.header("Location"), digest=wanted),
                          CONTAINERD + [OCTETS], body, is_chunked=not data)
    assert answer.status == 201, answer
    assert answer.header("Docker-Content-Digest") == wanted


def test_containerd(registry, repo):
    image = images.Image(layers=2, seed=repo, size=30000)
    for data in [*image.blobs(), b""]:
        containerd_push(registry, repo, data)
        containerd_push(registry, repo + "/copy", data, repo)
    assert registry.head("/v2/%s/manifests/1" % repo, CONTAINERD
                         + CONTAINERD_ACCEPT).status == 404
    put_manifest(registry, repo, "1", image.manifest, CONTAINERD)
    # By way of a mirror, each request names the registry it stands for.
    kind, wanted = resolve(registry, repo, "1?ns=docker.io",
                           CONTAINERD + CONTAINERD_ACCEPT)
    assert kind == images.OCI_MANIFEST
    answer = registry.get("/v2/%s/manifests/%s?ns=docker.io" % (repo, wanted),
                          CONTAINERD + CONTAINERD_ACCEPT)
    assert answer.body == image.manifest.data
    for data in image.blobs():
        answer = registry.get("/v2/%s/blobs/%s?ns=docker.io" % (
            repo, digest(data)), CONTAINERD)
        assert answer.body == data
        assert answer.header("Content-Encoding") is None


def test_containerd_fetches_in_parallel(registry, repo):
    """The first range has no end, and its connection is dropped."""
    data = images.blob(3000000, repo)
    wanted = registry.push_blob(repo, data)
    with registry.connect() as s:
        s.sendall(b"GET /v2/%s/blobs/%s HTTP/1.1\r\nHost: a\r\n"
                  b"Range: bytes=0-\r\n\r\n" % (repo.encode(),
                                                wanted.encode()))
        assert s.recv(1000).startswith(b"HTTP/1.1 206 ")
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(
            lambda at: registry.blob(repo, wanted, CONTAINERD + [
                ("Range", "bytes=%d-%d" % (at, at + 499999))]).body,
            range(0, len(data), 500000)))
    assert b"".join(parts) == data


def test_containerd_looks_for_a_manifest_among_blobs(registry, repo):
    """A digest that is no manifest is asked for as a blob next."""
    wanted = registry.push_blob(repo, b"a blob")
    assert registry.head("/v2/%s/manifests/%s" % (repo, wanted),
                         CONTAINERD + CONTAINERD_ACCEPT).status == 404
    assert exists(registry, repo, wanted, CONTAINERD) == 200
    image = images.Image(seed=repo)
    registry.push_image(repo, "1", image)
    assert exists(registry, repo, image.manifest.digest, CONTAINERD) == 404


# --- BuildKit --------------------------------------------------------------

BUILDKIT = of_client("buildkit/v0.11")


@pytest.mark.parametrize("form", ["index", "image"])
def test_buildkit_cache(registry, repo, form):
    """A cache manifest lists its layers as children of an index, in old
    versions, or as those of an image."""
    layers = [images.blob(3000, "%s%d" % (repo, n)) for n in range(3)]
    config = json.dumps({"layers": [], "records": []}).encode()
    for data in [*layers, config]:
        containerd_push(registry, repo, data)
    described = [images.descriptor(images.OCI_LAYER, data, annotations={
        "containerd.io/uncompressed": digest(data)}) for data in layers]
    last = images.descriptor("application/vnd.buildkit.cacheconfig.v0", config)
    if form == "index":
        model = {"schemaVersion": 2, "mediaType": images.OCI_INDEX,
                 "manifests": described + [last]}
    else:
        model = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
                 "config": last, "layers": described}
    manifest = images.Manifest(model)
    put_manifest(registry, repo, "cache", manifest, BUILDKIT)
    assert registry.manifest(repo, "cache").body == manifest.data


def test_buildkit_attestations(registry, repo):
    """Children first and by digest, in parallel, then the tag; attestations
    are images of an unknown platform."""
    image = images.Image(seed=repo)
    statement = b'{"_type":"https://in-toto.io/Statement/v0.1"}'
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda data: containerd_push(registry, repo, data),
                      [*image.blobs(), statement, image.config] * 3))
    attestation = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "config": images.descriptor(images.OCI_CONFIG, image.config),
        "layers": [images.descriptor(
            "application/vnd.in-toto+json", statement, annotations={
                "in-toto.io/predicate-type":
                    "https://slsa.dev/provenance/v0.2"})]})
    index = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [
            image.manifest.descriptor(platform={
                "architecture": "amd64", "os": "linux"}),
            attestation.descriptor(platform={
                "architecture": "unknown", "os": "unknown"}, annotations={
                    "vnd.docker.reference.type": "attestation-manifest",
                    "vnd.docker.reference.digest": image.manifest.digest})]})
    for manifest in (image.manifest, attestation, index):
        put_manifest(registry, repo, manifest.digest, manifest, BUILDKIT)
    put_manifest(registry, repo, "1", index, BUILDKIT)
    assert registry.manifest(repo, "1").body == index.data


# --- podman, buildah, skopeo -----------------------------------------------

PODMAN = of_client("containers/5.23.1 (github.com/containers/image)")[:1] + [
    ("Docker-Distribution-Api-Version", "registry/2.0")]
PODMAN_ACCEPT = [("Accept", kind) for kind in [
    images.OCI_MANIFEST, images.DOCKER_MANIFEST, *reversed(SCHEMA_1),
    images.DOCKER_LIST, images.OCI_INDEX]]


@pytest.mark.parametrize("has_length", [True, False])
def test_podman(registry, repo, has_length):
    assert registry.get("/v2/", PODMAN).status == 200
    image = images.Image(layers=2, seed=repo, size=50000)
    for data in image.blobs():
        wanted = digest(data)
        assert exists(registry, repo, wanted, PODMAN) == 404
        answer = registry.post("/v2/%s/blobs/uploads/" % repo, PODMAN)
        assert answer.status == 202
        location = answer.header("Location")
        answer = (registry.patch(location, PODMAN + [OCTETS], data)
                  if has_length else registry.patch(
                      location, PODMAN + [OCTETS], [data], is_chunked=True))
        assert answer.status == 202
        answer = registry.put(with_query(
            answer.header("Location"), digest=wanted), PODMAN + [OCTETS])
        assert answer.status == 201
        # A candidate of another repository.
        answer = registry.post(
            "/v2/%s/copy/blobs/uploads/?mount=%s&from=%s" % (
                repo, wanted, repo), PODMAN)
        assert answer.status == 201
    put_manifest(registry, repo, "1", image.manifest, PODMAN)
    answer = registry.get("/v2/%s/manifests/1" % repo, PODMAN + PODMAN_ACCEPT)
    assert answer.body == image.manifest.data
    # skopeo delete: GET, then DELETE of the digest of the answer.
    answer = registry.delete("/v2/%s/manifests/%s" % (
        repo, answer.header("Docker-Content-Digest")), PODMAN)
    assert answer.status == 202


def test_podman_pulls_parts(registry, repo):
    """zstd:chunked: a hundred ranges in one header, a multipart in answer."""
    data = images.blob(400000, repo)
    wanted = registry.push_blob(repo, data)
    ranges = [(at, at + 99) for at in range(0, 400000, 4000)]
    answer = registry.blob(repo, wanted, PODMAN + [
        ("Range", "bytes=" + ",".join("%d-%d" % pair for pair in ranges))])
    assert answer.status == 206
    assert answer.header("Content-Type").startswith(
        "multipart/byteranges; boundary=")
    for first, last in ranges:
        head = b"Content-Range: bytes %d-%d/400000\r\n\r\n" % (first, last)
        at = answer.body.index(head) + len(head)
        assert answer.body[at:at + 100] == data[first:last + 1]


def test_podman_gives_up(registry, repo):
    location = registry.start_upload(repo)
    registry.patch(location, PODMAN, b"half of it")
    assert registry.delete(location, PODMAN).status == 204


def test_podman_signature(registry, repo):
    """The tag of a signature, and X-R-S-S, which we do not have."""
    image = images.Image(seed=repo)
    registry.push_image(repo, "1", image)
    tag = image.manifest.digest.replace(":", "-") + ".sig"
    answer = registry.get("/v2/%s/manifests/%s" % (repo, tag),
                          PODMAN + PODMAN_ACCEPT)
    assert (answer.status, answer.codes()) == (404, ["MANIFEST_UNKNOWN"])
    put_manifest(registry, repo, tag, image.manifest, PODMAN)
    path = "/extensions/v2/%s/signatures/%s" % (repo, image.manifest.digest)
    assert registry.get(path, PODMAN).status == 404


# --- crane, ko, kaniko, flux -----------------------------------------------

GGCR = of_client("go-containerregistry/v0.13.0")


def crane_push(registry, repo, data, source=None):
    wanted = digest(data)
    if exists(registry, repo, wanted, GGCR) == 200:
        return 200
    query = "?mount=%s&from=%s&origin=registry.example%%3A5000" % (
        wanted, source) if source else ""
    answer = registry.post("/v2/%s/blobs/uploads/%s" % (repo, query), GGCR + [
        ("Content-Type", "application/json")])
    if answer.status == 201:
        return 201
    assert answer.status == 202
    answer = registry.patch(answer.header("Location"), GGCR, [data],
                            is_chunked=True)
    assert answer.status == 202
    answer = registry.put(with_query(answer.header("Location"), digest=wanted),
                          GGCR + [OCTETS])
    assert answer.status == 201
    return 202


def test_crane(registry, repo):
    assert registry.get("/v2/", GGCR).status == 200
    image = images.Image(layers=2, seed=repo)
    for data in image.blobs():
        assert crane_push(registry, repo, data) == 202
        assert crane_push(registry, repo, data) == 200
        assert crane_push(registry, repo + "/copy", data, repo) == 201
        assert crane_push(registry, repo + "/miss", data, repo + "/x") == 202
    put_manifest(registry, repo, "1", image.manifest, GGCR)
    kind, wanted = resolve(registry, repo, "1", GGCR + [
        ("Accept", ",".join(SCHEMA_1 + TYPES))])
    assert (kind, wanted) == (images.OCI_MANIFEST, image.manifest.digest)


def test_crane_attaches(registry, repo):
    """After a manifest with a subject it asks for the referrers: 200 and the
    exact type mean that no tag is to be written."""
    image = images.Image(seed=repo)
    registry.push_image(repo, "1", image)
    artifact, blobs = images.artifact(b"x", "application/x", image.manifest)
    for data in blobs:
        crane_push(registry, repo, data)
    put_manifest(registry, repo, artifact.digest, artifact, GGCR)
    answer = registry.get("/v2/%s/referrers/%s" % (
        repo, image.manifest.digest), GGCR + [("Accept", images.OCI_INDEX)])
    assert answer.status == 200
    assert answer.header("Content-Type") == images.OCI_INDEX
    assert [d["digest"] for d in answer.json()["manifests"]] == [
        artifact.digest]


def test_crane_catalog_and_ls(registry, repo):
    registry.push_image(repo, "1", images.Image(seed=repo))
    answer = registry.get("/v2/_catalog?n=1000", GGCR)
    assert repo in answer.json()["repositories"]
    answer = registry.get("/v2/%s/tags/list?n=1000" % repo, GGCR)
    assert answer.json()["tags"] == ["1"]
    assert answer.header("Link") is None


# --- oras, helm, notation --------------------------------------------------

ORAS = of_client("oras/1.0.0")


def oras_push(registry, repo, data):
    wanted = digest(data)
    if exists(registry, repo, wanted, ORAS) == 200:
        return
    answer = registry.post("/v2/%s/blobs/uploads/" % repo, ORAS)
    assert answer.status == 202
    answer = registry.put(with_query(answer.header("Location"), digest=wanted),
                          ORAS + [OCTETS], data)
    assert answer.status == 201


def test_oras(registry, repo):
    """attach and discover: the probe, OCI-Subject, seeks, pages."""
    answer = registry.get("/v2/%s/referrers/%s" % (repo, ZERO), ORAS)
    assert answer.status == 200
    assert answer.header("Content-Type") == images.OCI_INDEX
    image = images.Image(seed=repo, size=9000)
    for data in image.blobs():
        oras_push(registry, repo, data)
    put_manifest(registry, repo, "1", image.manifest, ORAS)
    for n in range(3):
        artifact, blobs = images.artifact(
            b"%d" % n, "application/x", image.manifest)
        for data in blobs:
            oras_push(registry, repo, data)
        answer = put_manifest(registry, repo, artifact.digest, artifact, ORAS)
        assert answer.header("OCI-Subject") == image.manifest.digest
    found, path = [], "/v2/%s/referrers/%s?artifactType=application%%2Fx&n=2" % (
        repo, image.manifest.digest)
    while path:
        answer = registry.get(path, ORAS)
        found += answer.json()["manifests"]
        link = answer.header("Link")
        path = link and re.match(r'<([^>]+)>; rel="?next"?', link)[1]
    assert len(found) == 3
    answer = registry.blob(repo, digest(image.layers[0]), ORAS)
    assert answer.header("Accept-Ranges") == "bytes"
    answer = registry.blob(repo, digest(image.layers[0]), ORAS + [
        ("Range", "bytes=5-%d" % (len(image.layers[0]) - 1))])
    assert (answer.status, answer.body) == (206, image.layers[0][5:])


def test_helm(registry, repo):
    """A chart: "+" of its version becomes "_" in the tag."""
    config = b'{"name":"chart","version":"1.0.0+build.5"}'
    chart, provenance = images.blob(4000, repo), b"signed"
    for data in (config, chart, provenance):
        oras_push(registry, repo, data)
    helm = "application/vnd.cncf.helm."
    manifest = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "config": images.descriptor(helm + "config.v1+json", config),
        "layers": [
            images.descriptor(helm + "chart.content.v1.tar+gzip", chart),
            images.descriptor(helm + "chart.provenance.v1.prov", provenance)],
        "annotations": {"org.opencontainers.image.version": "1.0.0+build.5"}})
    for tag in ("1.0.0_build.5", "0.9.0", "0.10.0"):
        put_manifest(registry, repo, tag, manifest, ORAS)
    answer = registry.put("/v2/%s/manifests/1.0.0+build.5" % repo, ORAS + [
        ("Content-Type", manifest.media_type)], manifest.data)
    assert (answer.status, answer.codes()) == (400, ["TAG_INVALID"])
    answer = registry.get("/v2/%s/tags/list?n=100" % repo, ORAS)
    assert answer.json()["tags"] == ["0.10.0", "0.9.0", "1.0.0_build.5"]


def test_notation(registry, repo):
    image = images.Image(seed=repo)
    registry.push_image(repo, "1", image)
    kind = "application/vnd.cncf.notary.signature"
    envelope = b'{"payload":"x"}'
    for data in (b"{}", envelope):
        oras_push(registry, repo, data)
    signature = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "artifactType": kind, "config": EMPTY,
        "layers": [images.descriptor("application/jose+json", envelope)],
        "subject": image.manifest.descriptor(),
        "annotations": {"io.cncf.notary.x509chain.thumbprint#S256": "[]"}})
    put_manifest(registry, repo, signature.digest, signature, ORAS)
    answer = registry.get("/v2/%s/referrers/%s?artifactType=%s" % (
        repo, image.manifest.digest, kind.replace("/", "%2F")), ORAS)
    assert [d["artifactType"] for d in answer.json()["manifests"]] == [kind]
    assert registry.delete("/v2/%s/manifests/%s" % (
        repo, signature.digest), ORAS).status == 202


# --- cosign ----------------------------------------------------------------

COSIGN = of_client("cosign/v2.0.0 (linux; amd64)")


@pytest.mark.parametrize("suffix", ["sig", "att", "sbom"])
def test_cosign_tags(registry, repo, suffix):
    """A second signature moves the tag to a manifest with one layer more."""
    image = images.Image(seed=repo)
    registry.push_image(repo, "1", image)
    tag = "%s.%s" % (image.manifest.digest.replace(":", "-"), suffix)
    layers = []
    for n in range(2):
        payload = b'{"critical":%d}' % n
        config = b'{"architecture":"","n":%d}' % n
        for data in (payload, config):
            crane_push(registry, repo, data)
        layers.append(images.descriptor(
            "application/vnd.dev.cosign.simplesigning.v1+json", payload,
            annotations={"dev.cosignproject.cosign/signature": "x" * 90}))
        manifest = images.Manifest({
            "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
            "config": images.descriptor(images.OCI_CONFIG, config),
            "layers": layers})
        put_manifest(registry, repo, tag, manifest, COSIGN)
        assert registry.manifest(repo, tag).body == manifest.data


def test_cosign_writes_the_manifest_first(registry, repo):
    """One of its paths does; strict as registry:2, and no harm is done.  With
    registry_sparse it is taken: test_sparse.py."""
    artifact, blobs = images.artifact(b"bundle", "application/vnd.dev."
                                      "sigstore.bundle.v0.3+json")
    path = "/v2/%s/manifests/%s" % (repo, artifact.digest)
    headers = COSIGN + [("Content-Type", artifact.media_type)]
    answer = registry.put(path, headers, artifact.data)
    assert answer.status == 400
    assert set(answer.codes()) == {"MANIFEST_BLOB_UNKNOWN"}
    for data in blobs:
        crane_push(registry, repo, data)
    assert registry.put(path, headers, artifact.data).status == 201


# --- docker search, browsers, load balancers -------------------------------

@pytest.mark.parametrize("path", ["/v1/search?q=x&n=25", "/v1/_ping", "/",
                                  "/favicon.ico", "/v2"])
def test_others(registry, path):
    assert registry.get(path).status in (200, 301, 404)
