"""Pulling: GET and HEAD of blobs and manifests, ranges, conditions."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images
from testenv.accounts import scope
from testenv.client import digest

SIZE = 2048
DATA = images.blob(SIZE, "pull")
BIG = images.blob(3000000, "big")


@pytest.fixture(scope="module")
def pushed(shared):
    """A client of a registry that holds the blobs and images of this file."""
    client = shared.front.client(8500)
    for data in (DATA, BIG, b"", b"x"):
        client.push_blob("pull", data)
    client.push_image("pull", "latest", images.Image())
    return client


@pytest.fixture
def blob(pushed):
    """Asks for DATA, or for other data, with headers."""
    def ask(headers=(), data=DATA, method="GET"):
        return pushed.request(method, "/v2/pull/blobs/" + digest(data),
                              headers)
    return ask


# --- whole -----------------------------------------------------------------

@pytest.mark.parametrize("data", [DATA, BIG, b"", b"x"],
                         ids=["2048", "3000000", "0", "1"])
def test_blob(blob, data):
    get, head = blob(data=data), blob(data=data, method="HEAD")
    assert get.status == head.status == 200
    assert get.body == data
    assert head.body == b""
    wanted = {"Content-Type": "application/octet-stream",
              "Content-Length": str(len(data)),
              "Docker-Content-Digest": digest(data),
              "ETag": '"%s"' % digest(data),
              "Cache-Control": "max-age=31536000",
              "Accept-Ranges": "bytes",
              "Docker-Distribution-API-Version": "registry/2.0"}
    for name, value in wanted.items():
        assert get.header(name) == value, name
        assert head.header(name) == value, name
    assert set(get.headers.keys()) == set(head.headers.keys())
    for name in ("Last-Modified", "Content-Encoding", "Transfer-Encoding"):
        assert get.header(name) is None, name


@pytest.mark.parametrize("reference", ["tag", "digest"])
def test_manifest(pushed, reference):
    manifest = images.Image().manifest
    path = "/v2/pull/manifests/" + (
        "latest" if reference == "tag" else manifest.digest)
    get, head = pushed.get(path), pushed.head(path)
    assert get.status == head.status == 200
    assert get.body == manifest.data
    assert head.body == b""
    wanted = {"Content-Type": images.OCI_MANIFEST,
              "Content-Length": str(len(manifest.data)),
              "Docker-Content-Digest": manifest.digest,
              "ETag": '"%s"' % manifest.digest,
              "Docker-Distribution-API-Version": "registry/2.0"}
    for name, value in wanted.items():
        assert get.header(name) == value, name
        assert head.header(name) == value, name
    assert set(get.headers.keys()) == set(head.headers.keys())
    # A tag may move: no cache may keep its answer for a year.
    assert "31536000" not in (get.header("Cache-Control") or "") or (
        reference == "digest")


@pytest.mark.parametrize("encoding", [
    "gzip", "zstd;q=1.0, gzip;q=0.8, deflate;q=0.5", "*", "identity;q=0"])
def test_never_compressed(pushed, blob, encoding):
    header = [("Accept-Encoding", encoding)]
    for answer in (blob(header, BIG),
                   pushed.get("/v2/pull/manifests/latest", header)):
        assert answer.status == 200
        assert answer.header("Content-Encoding") is None
        assert answer.header("Content-Length") == str(len(answer.body))


@pytest.mark.parametrize("accept", [
    [], ["*/*"], ["text/html"], [images.OCI_MANIFEST], [images.OCI_INDEX],
    [images.DOCKER_MANIFEST], [images.DOCKER_LIST], [""], [",;,"],
    ["a" * 3000], ["application/json;q=0.1", "*/*;q=0"],
    [images.OCI_INDEX + ", " + images.OCI_MANIFEST + ";q=0.5"]])
def test_any_accept(pushed, accept):
    answer = pushed.manifest("pull", "latest", accept)
    assert answer.status == 200
    assert answer.body == images.Image().manifest.data
    assert answer.header("Content-Type") == images.OCI_MANIFEST


@pytest.mark.parametrize("path,code,status", [
    ("blobs/sha256:" + "0" * 64, "BLOB_UNKNOWN", 404),
    ("blobs/sha512:" + "0" * 128, "BLOB_UNKNOWN", 404),
    ("blobs/sha256:" + "0" * 63, "DIGEST_INVALID", 400),
    ("blobs/sha256:" + "A" * 64, "DIGEST_INVALID", 400),
    ("blobs/latest", "DIGEST_INVALID", 400),
    ("manifests/sha256:" + "0" * 64, "MANIFEST_UNKNOWN", 404),
    ("manifests/sha256:baddigeststring", "DIGEST_INVALID", 400),
    ("manifests/none", "MANIFEST_UNKNOWN", 404),
    ("manifests/LATEST", "MANIFEST_UNKNOWN", 404),
    ("manifests/-x", "MANIFEST_UNKNOWN", 404)])
def test_misses(pushed, path, code, status):
    get, head = (pushed.request(method, "/v2/pull/" + path)
                 for method in ("GET", "HEAD"))
    assert get.status == head.status == status
    assert get.codes() == [code]
    assert head.body == b""
    for answer in (get, head):
        assert answer.header("Docker-Distribution-API-Version") == (
            "registry/2.0")
        assert answer.header("Content-Type").startswith("application/json")
    last = path.rsplit("/", 1)[1]
    assert last in get.body.decode()


def test_a_blob_of_another_repository(pushed):
    """What is stored is not what may be read."""
    answer = pushed.blob("other", digest(DATA))
    assert answer.status == 404
    assert answer.codes() == ["BLOB_UNKNOWN"]


def test_manifests_are_no_blobs(pushed):
    answer = pushed.blob("pull", images.Image().manifest.digest)
    assert answer.status == 404


def test_a_blob_is_no_manifest(pushed):
    answer = pushed.manifest("pull", digest(DATA))
    assert answer.status == 404
    assert answer.codes() == ["MANIFEST_UNKNOWN"]


# --- one range -------------------------------------------------------------

@pytest.mark.idea(25)
@pytest.mark.parametrize("ranged,first,last", [
    ("0-0", 0, 0), ("0-", 0, 2047), ("0-2047", 0, 2047), ("500-1499", 500, 1499),
    ("500-", 500, 2047), ("-500", 1548, 2047), ("-1", 2047, 2047),
    ("2047-", 2047, 2047), ("2047-2047", 2047, 2047), ("2000-5000", 2000, 2047),
    ("0-99999999999", 0, 2047), ("-5000", 0, 2047), ("-2048", 0, 2047),
    ("1-1", 1, 1), (" 5-6", 5, 6), ("5-6 ", 5, 6)])
def test_range(blob, ranged, first, last):
    answer = blob([("Range", "bytes=" + ranged)])
    assert answer.status == 206
    assert answer.header("Content-Range") == "bytes %d-%d/2048" % (first, last)
    assert answer.header("Content-Length") == str(last - first + 1)
    assert answer.body == DATA[first:last + 1]
    assert answer.header("Docker-Content-Digest") == digest(DATA)
    assert answer.header("Content-Type") == "application/octet-stream"


@pytest.mark.idea(25)
@pytest.mark.parametrize("ranged", [
    "2048-", "2048-2050", "5000-10000", "500-0", "2047-2046", "-0",
    "9223372036854775807-", "4096-8192,5000-6000"])
def test_range_not_satisfiable(blob, ranged):
    answer = blob([("Range", "bytes=" + ranged)])
    assert answer.status == 416
    assert answer.header("Content-Range") == "bytes */2048"
    assert answer.codes() == ["RANGE_INVALID"]
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"


@pytest.mark.idea(25)
@pytest.mark.parametrize("value", [
    "lines=0-5", "bytes", "bytes=", "bytes=x", "bytes=1", "bytes=a-b", "0-5",
    "bytes=1-2-3", "bytes=--5", "bytes=-", "bytes=1-2,", "bytes=,1-2",
    "bytes=99999999999999999999-", "bytes=0-99999999999999999999999",
    "bytes=1-0x5", "bytes=0-1;2-3", "bytes=" + "0-0," * 900 + "x"])
def test_a_senseless_range(blob, value):
    """The whole blob, or a refusal; never an error of ours."""
    answer = blob([("Range", value)])
    assert answer.status in (200, 206, 416), answer
    if answer.status == 200:
        assert answer.body == DATA


@pytest.mark.idea(25)
def test_range_of_nothing(blob):
    for value in ("bytes=0-0", "bytes=-1", "bytes=0-"):
        answer = blob([("Range", value)], b"")
        assert answer.status in (200, 416), answer
        assert answer.status == 416 or answer.body == b""


def test_range_of_a_manifest(pushed):
    data = images.Image().manifest.data
    answer = pushed.get("/v2/pull/manifests/latest", [("Range", "bytes=1-9")])
    assert (answer.status, answer.body) in ((206, data[1:10]), (200, data))


@pytest.mark.parametrize("size", [1, 65536, 1000003])
def test_a_blob_in_ranges(blob, size):
    """As a client with parallel downloads: the parts make the whole."""
    parts = [blob([("Range", "bytes=%d-%d" % (at, at + size - 1))], BIG)
             for at in range(0, len(BIG), size)[:40]]
    assert {part.status for part in parts} == {206}
    assert b"".join(part.body for part in parts) == BIG[:40 * size]


def test_head_with_a_range(blob):
    get = blob([("Range", "bytes=5-9")])
    head = blob([("Range", "bytes=5-9")], method="HEAD")
    assert head.body == b""
    assert head.status in (200, 206)
    if head.status == 206:
        for name in ("Content-Range", "Content-Length"):
            assert head.header(name) == get.header(name)


# --- several ranges --------------------------------------------------------

def parts_of(answer):
    """[(first, last, bytes)] of multipart/byteranges."""
    kind = answer.header("Content-Type")
    boundary = re.fullmatch(r"multipart/byteranges; boundary=(\S+)", kind)[1]
    pieces = answer.body.split(b"\r\n--" + boundary.encode())
    assert pieces[0] == b"" and pieces[-1] == b"--\r\n"
    found = []
    for piece in pieces[1:-1]:
        head, data = piece.split(b"\r\n\r\n", 1)
        assert b"Content-Type: application/octet-stream" in head
        first, last, total = map(int, re.search(
            rb"Content-Range: bytes (\d+)-(\d+)/(\d+)", head).groups())
        assert total == SIZE
        found.append((first, last, data))
    return found


@pytest.mark.idea(25)
@pytest.mark.parametrize("ranged,wanted", [
    ("0-9,100-199", [(0, 9), (100, 199)]),
    ("0-0,-1", [(0, 0), (2047, 2047)]),
    ("2000-3000,5-6,0-0", [(2000, 2047), (5, 6), (0, 0)]),
    ("0-9,5-20", [(0, 9), (5, 20)]),
    ("0-9, 20-29 ,40-49", [(0, 9), (20, 29), (40, 49)]),
    (",".join("%d-%d" % (i * 4, i * 4) for i in range(500)),
     [(i * 4, i * 4) for i in range(500)])],
    ids=lambda x: str(x)[:30])
def test_ranges(blob, ranged, wanted):
    answer = blob([("Range", "bytes=" + ranged)])
    assert answer.status == 206
    assert answer.header("Content-Length") == str(len(answer.body))
    assert parts_of(answer) == [
        (first, last, DATA[first:last + 1]) for first, last in wanted]
    assert answer.header("Docker-Content-Digest") == digest(DATA)


def test_one_of_several_is_beyond(blob):
    answer = blob([("Range", "bytes=0-9,5000-6000")])
    assert answer.status == 206
    assert DATA[:10] in answer.body


@pytest.mark.idea(25)
def test_a_range_bomb(blob):
    """1300 times the whole blob, asked for with one small header."""
    answer = blob([("Range", "bytes=" + ",".join(["0-"] * 1300))])
    assert answer.status in (200, 206, 416)
    assert len(answer.body) <= 2 * SIZE


# --- conditions ------------------------------------------------------------

TAG = '"%s"' % digest(DATA)
MATCHES = [TAG, digest(DATA), "W/" + TAG, "*", '"x", ' + TAG, TAG + ', "x"',
           '"x",%s,"y"' % TAG, 'W/"x", W/' + TAG, "  " + TAG]
DIFFERS = ['"x"', "x", '"sha256:%s"' % ("0" * 64), '""', "", '"', "W/", ",",
           digest(DATA)[:-1], digest(DATA)[7:], '"x", "y"',
           "sha256:" + digest(DATA)[7:].upper()]


@pytest.mark.idea(31)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("value", MATCHES)
def test_if_none_match(blob, method, value):
    answer = blob([("If-None-Match", value)], method=method)
    assert answer.status == 304
    assert answer.body == b""
    assert answer.header("ETag") == TAG
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"


@pytest.mark.parametrize("value", DIFFERS)
def test_if_none_match_differs(blob, value):
    assert blob([("If-None-Match", value)]).body == DATA


@pytest.mark.parametrize("reference", ["latest", "digest"])
@pytest.mark.parametrize("form", ['"%s"', "%s", 'W/"%s"', '"x", "%s"'])
def test_if_none_match_of_a_manifest(pushed, reference, form):
    wanted = images.Image().manifest.digest
    path = "/v2/pull/manifests/" + (
        wanted if reference == "digest" else reference)
    answer = pushed.get(path, [("If-None-Match", form % wanted)])
    assert answer.status == 304
    assert pushed.get(path, [
        ("If-None-Match", form % digest(b""))]).status == 200


@pytest.mark.idea(25)
def test_if_range(blob):
    ranged = ("Range", "bytes=5-9")
    assert blob([ranged, ("If-Range", TAG)]).body == DATA[5:10]
    assert blob([ranged, ("If-Range", '"x"')]).body == DATA
    assert blob([ranged, ("If-Range", "W/" + TAG)]).status in (200, 206)
    assert blob([ranged, ("If-Range",
                          "Tue, 15 Nov 1994 12:45:26 GMT")]).status == 200


@pytest.mark.parametrize("name", ["If-Match", "If-Unmodified-Since",
                                  "If-Modified-Since"])
@pytest.mark.parametrize("value", [TAG, '"x"', "*", "garbage",
                                   "Tue, 15 Nov 1994 12:45:26 GMT"])
def test_other_conditions_break_nothing(blob, name, value):
    answer = blob([(name, value)])
    assert answer.status in (200, 304, 412), answer
    if answer.status == 412:
        assert answer.codes()


# --- the store -------------------------------------------------------------

def test_an_aborted_download_is_no_error(shared, pushed):
    for _ in range(5):
        with pushed.connect() as s:
            s.sendall(b"GET /v2/pull/blobs/%s HTTP/1.1\r\nHost: a\r\n\r\n"
                      % digest(BIG).encode())
            s.recv(1000)
    assert pushed.blob("pull", digest(BIG)).body == BIG
    assert "[error]" not in shared.front.log_text().split(digest(BIG), 1)[-1]


@pytest.mark.parametrize("content,status", [
    ("{d}", 200), ("{d}\n", 200), ("  {d}\r\n", 200), ("", 404), ("\n", 404),
    ("x", 404), ("sha256:", 404), ("sha256:../../../../../etc/passwd", 404),
    ("{d}{d}", 404), ("sha256:" + "0" * 64, 404), ("x" * 10000, 404),
    ("\x00" * 71, 404)])
def test_a_strange_link(registry, repo, store, content, status):
    """Read leniently, never believed, never an error."""
    wanted = registry.push_blob(repo, b"strange link")
    link = store / "repositories" / repo / "_layers/sha256" / wanted[7:] / "link"
    link.write_text(content.format(d=wanted))
    answer = registry.blob(repo, wanted)
    assert answer.status == status, answer
    if status == 404:
        assert answer.codes() == ["BLOB_UNKNOWN"]


@pytest.mark.parametrize("kind", ["layer", "revision", "tag"])
def test_a_link_that_is_a_directory(registry, repo, store, kind):
    image = images.Image()
    registry.push_image(repo, "1", image)
    directory = store / "repositories" / repo
    path, link = {
        "layer": ("blobs/" + images.sha256(image.config),
                  directory / "_layers/sha256" / images.sha256(image.config)[7:]),
        "revision": ("manifests/" + image.manifest.digest, directory
                     / "_manifests/revisions/sha256"
                     / image.manifest.digest[7:]),
        "tag": ("manifests/1", directory / "_manifests/tags/1/current")}[kind]
    (link / "link").unlink()
    (link / "link").mkdir()
    answer = registry.get("/v2/%s/%s" % (repo, path))
    assert answer.status in (404, 500), answer
    assert answer.codes()


def test_a_symbolic_link_is_no_link(registry, repo, store):
    """A link file that leads out of the store hands out nothing."""
    data = images.blob(30, repo)
    wanted = registry.push_blob(repo, data)
    link = store / "repositories" / repo / "_layers/sha256" / wanted[7:] / "link"
    link.rename(link.parent / "other")
    link.symlink_to(link.parent / "other")
    assert registry.blob(repo, wanted).status in (404, 500)


@pytest.mark.idea(21)
def test_a_tag_moves_under_readers(registry, repo):
    """Readers see one complete manifest or the other."""
    pair = [images.Image(seed="%s%d" % (repo, i)) for i in range(2)]
    for i, image in enumerate(pair):
        registry.push_image(repo, "tag%d" % i, image)
    registry.push_manifest(repo, "moves", pair[0].manifest)
    known = {image.manifest.digest: image.manifest.data for image in pair}

    def write(i):
        return registry.push_manifest(repo, "moves", pair[i % 2].manifest)

    def read(_):
        answer = registry.manifest(repo, "moves")
        return answer.body == known.get(
            answer.header("Docker-Content-Digest"), "")

    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write, i) for i in range(60)]
        seen = list(pool.map(read, range(200)))
        assert {job.result() for job in written} == set(known)
    assert all(seen)


# --- Docker's lists --------------------------------------------------------

OLD = [images.DOCKER_MANIFEST]
IF = """
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
                include        %%CONF%%/registry_params;
                if ($request_method = GET) {
                    set $is_reading 1;
                }
            }
        }
    }"""


def push_list(client, repo, tag, *architectures):
    """A Docker manifest list; (list, images)."""
    made = [images.Image(seed=repo + a, architecture=a, is_docker=True)
            for a in architectures]
    for image in made:
        client.push_image(repo, image.architecture, image)
    top = images.image_index(made, is_docker=True)
    client.push_manifest(repo, tag, top)
    return top, made


def test_a_list_for_who_knows_none(registry, repo):
    """By tag, as registry:2 does it: the image for linux/amd64."""
    _, made = push_list(registry, repo, "1", "arm64", "amd64")
    amd64 = made[1].manifest
    for accept in (OLD, [images.DOCKER_MANIFEST.upper()],
                   ["text/html", "a/b, %s;q=0.5" % images.DOCKER_MANIFEST]):
        for method in ("GET", "HEAD"):
            answer = registry.request(
                method, "/v2/%s/manifests/1" % repo,
                [("Accept", line) for line in accept])
            assert answer.status == 200, answer
            assert answer.body == (amd64.data if method == "GET" else b"")
            assert answer.header("Content-Type") == images.DOCKER_MANIFEST
            assert answer.header("Content-Length") == str(len(amd64.data))
            assert answer.headers.get_all("Docker-Content-Digest") == [
                amd64.digest]
            assert answer.headers.get_all("ETag") == ['"%s"' % amd64.digest]
            assert answer.header("X-Accel-Redirect") is None
    answer = registry.get("/v2/%s/manifests/1" % repo, [
        ("Accept", OLD[0]), ("If-None-Match", '"%s"' % amd64.digest)])
    assert answer.status == 304


def test_a_list_for_the_others(registry, repo):
    top, _ = push_list(registry, repo, "1", "amd64")
    for accept in ([], [images.DOCKER_LIST], OLD + [images.DOCKER_LIST],
                   [OLD[0] + "," + images.DOCKER_LIST], OLD + ["*/*"],
                   ["text/html"], [images.OCI_MANIFEST]):
        assert registry.manifest(repo, "1", accept).body == top.data
    # Who asks by digest knows what it gets; indexes do not filter.
    assert registry.manifest(repo, top.digest, OLD).body == top.data
    index = images.image_index([images.Image(seed=repo)])
    for data in images.Image(seed=repo).blobs():
        registry.push_blob(repo, data)
    registry.push_manifest(repo, "one", images.Image(seed=repo).manifest)
    registry.push_manifest(repo, "index", index)
    assert registry.manifest(repo, "index", OLD).body == index.data


def test_a_list_without_the_image(registry, repo):
    push_list(registry, repo, "1", "arm64")
    _, made = push_list(registry, repo, "2", "amd64")
    assert registry.delete("/v2/%s/manifests/%s" % (
        repo, made[0].manifest.digest)).status == 202
    for tag in "12":
        for method in ("GET", "HEAD"):
            answer = registry.request(method, "/v2/%s/manifests/%s" % (
                repo, tag), [("Accept", OLD[0])])
            assert answer.status == 404
            assert method == "HEAD" or answer.codes() == ["MANIFEST_UNKNOWN"]
            assert answer.header("ETag") is None
            assert answer.header("Docker-Content-Digest") is None


def test_a_list_that_is_too_long_to_be_parsed_for_a_pull(registry, repo):
    top, _ = push_list(registry, repo, "1", "amd64")
    long = images.Manifest({**json.loads(top.data), "long": "x" * 1100000})
    registry.push_manifest(repo, "2", long)
    assert registry.manifest(repo, "1", OLD).status == 200
    assert registry.manifest(repo, "2", OLD).status == 404
    assert registry.manifest(repo, "2").body == long.data


def test_a_list_where_an_if_holds(house):
    """nginx gives its block no handler of its own."""
    house.registry_worker()
    client = house.nginx(IF).client(8500)
    _, made = push_list(client, "app", "1", "amd64")
    assert client.manifest("app", "1", OLD).body == made[0].manifest.data


def test_a_list_of_an_account(accounts):
    client = accounts.client("alice", scope("alice/lists"))
    _, made = push_list(client, "alice/lists", "1", "amd64")
    assert client.manifest("alice/lists", "1", OLD).body == (
        made[0].manifest.data)
    assert accounts.open.manifest("alice/lists", "1", OLD).status == 401


def test_a_page_is_no_page(registry, repo):
    """A client that may push must not run scripts on the registry's origin."""
    page = b"<!doctype html><script>alert(document.domain)</script>"
    wanted = registry.push_blob(repo, page)
    image = images.Image(seed=repo)
    registry.push_image(repo, "1", image)
    blob = "/v2/%s/blobs/%s" % (repo, wanted)
    for path, headers, status in [
            (blob, [], 200), (blob, [("Range", "bytes=1-5")], 206),
            (blob, [("If-None-Match", '"%s"' % wanted)], 304),
            (blob, [("Range", "bytes=100-")], 416),
            ("/v2/%s/manifests/1" % repo, [], 200),
            ("/v2/%s/manifests/sha256:<script>" % repo, [], 400),
            ("/v2/%s/referrers/%s" % (repo, wanted), [], 200),
            ("/v2/%s/tags/list" % repo, [], 200),
            ("/v2/<script>", [], 404), ("/v2/", [], 200)]:
        answer = registry.get(path, headers)
        assert answer.status == status, (path, answer)
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
        assert answer.headers.get_all("Content-Security-Policy") == [
            "default-src 'none'; sandbox"]
        kind = answer.header("Content-Type", "application/octet-stream")
        assert kind.startswith("application/"), (path, answer)
