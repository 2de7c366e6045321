"""tags/list and _catalog: order, pages, and what must not be listed."""

import itertools
import json
import re
import shutil
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import House, images

EMPTY = images.descriptor("application/vnd.oci.empty.v1+json", b"{}")
MANIFEST = images.Manifest({
    "schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": EMPTY,
    "layers": []})
TAGS = ["latest", "1.0", "1.0-rc.1", "10", "2", "A", "Z", "a", "a.b", "a_b",
        "a-b", "_x", "z" * 128, "v1", "v10", "v2", "V1", "v1.tmp"]
ORDER = sorted(TAGS)
# Paths that sort otherwise as plain text: "a-b" < "a/b", but a/b comes first.
NAMES = ["a", "a/b", "a/b/c", "a-b", "a-b/c", "a.b", "a0", "b", "b/a", "aa",
         "library/x", "x" * 200, "a.tmp", "b/x.tmp"]
PATH_ORDER = sorted(NAMES, key=lambda name: name.replace("/", "\0"))


@pytest.fixture(scope="module")
def listed(database_server):
    """A registry that holds NAMES, and in "a" the TAGS."""
    built = House(database_server)
    client = built.standalone().client(8500)
    for name in NAMES:
        client.push_blob(name, b"{}")
        for tag in TAGS if name == "a" else ["1"]:
            client.push_manifest(name, tag, MANIFEST)
    client.push_blob("only/blobs", b"{}")
    client.start_upload("only/uploads")
    yield client
    problems = built.problems()
    built.remove()
    assert not problems, "\n".join(problems)


def tags(client, query="", name="a"):
    answer = client.get("/v2/%s/tags/list%s" % (name, query))
    assert answer.status == 200, answer
    assert answer.header("Content-Type").startswith("application/json")
    assert answer.json()["name"] == name
    return answer.json()["tags"], answer.header("Link")


def catalog(client, query=""):
    answer = client.get("/v2/_catalog" + query)
    assert answer.status == 200, answer
    assert list(answer.json()) == ["repositories"]
    return answer.json()["repositories"], answer.header("Link")


def walk(client, path, key):
    """All pages, as a client follows their links."""
    found, pages = [], 0
    while path:
        answer = client.get(path)
        assert answer.status == 200, answer
        found += answer.json()[key] or []
        link = answer.header("Link")
        pages += 1
        assert pages < 100
        path = link and re.fullmatch(
            r'<(/v2/[^>]*)>; rel="next"', link)[1]
    return found, pages


def test_tags(listed):
    assert tags(listed) == (ORDER, None)


def test_head(listed):
    get, head = (listed.request(m, "/v2/a/tags/list") for m in ("GET", "HEAD"))
    assert head.status == 200 and head.body == b""
    assert head.header("Content-Length") == str(len(get.body))


@pytest.mark.idea(23)
@pytest.mark.parametrize("n", [1, 2, 5, 16, 17, 18, 1000])
def test_pages_of_tags(listed, n):
    page, link = tags(listed, "?n=%d" % n)
    assert page == ORDER[:n]
    assert (link is not None) == (n < len(ORDER))
    if link:
        query = dict(urllib.parse.parse_qsl(
            link[1:link.index(">")].split("?")[1]))
        assert query == {"last": ORDER[n - 1], "n": str(n)}
    found, pages = walk(listed, "/v2/a/tags/list?n=%d" % n, "tags")
    assert found == ORDER
    assert pages <= len(ORDER) // n + 1


@pytest.mark.idea(23)
@pytest.mark.parametrize("last", ORDER + ["", "0", "zzzz", "1.0-", "B", "~",
                                          "%00", "%FF", "a%2Fb", "%C3%A9"])
def test_last(listed, last):
    """Strictly behind, whether or not it exists; with n and without."""
    raw = urllib.parse.unquote_to_bytes(last)
    wanted = [tag for tag in ORDER if tag.encode() > raw]
    if last == "%00":
        assert listed.get("/v2/a/tags/list?last=%00").status in (200, 400)
        return
    assert tags(listed, "?last=" + last)[0] == wanted
    assert tags(listed, "?n=3&last=" + last)[0] == wanted[:3]
    assert tags(listed, "?last=%s&n=3" % last)[0] == wanted[:3]


@pytest.mark.idea(23)
@pytest.mark.parametrize("path", ["/v2/a/tags/list", "/v2/_catalog"])
@pytest.mark.parametrize("n", ["-1", "x", "1x", "1.5", "+1", "0x10", "%00",
                               "99999999999999999999", "-", "1e3", "%C2%B2",
                               "1" * 3000])
def test_bad_n(listed, path, n):
    answer = listed.get("%s?n=%s" % (path, n))
    assert answer.status == 400, answer
    assert answer.codes() == ["PAGINATION_NUMBER_INVALID"]
    assert "n" in answer.json()["errors"][0]["detail"]


@pytest.mark.idea(23)
@pytest.mark.parametrize("path,key", [("/v2/a/tags/list", "tags"),
                                      ("/v2/_catalog", "repositories")])
def test_n_is_zero(listed, path, key):
    answer = listed.get(path + "?n=0")
    assert answer.status == 200
    assert answer.json()[key] == []
    assert answer.header("Link") is None


@pytest.mark.parametrize("query", ["?n", "?n=", "?n=&n=5", "?last", "?last=",
                                   "?last=&n=", "?%6e="])
def test_an_argument_without_a_value_counts_as_absent(listed, query):
    assert tags(listed, query) == (ORDER, None)
    assert catalog(listed, query) == (PATH_ORDER, None)


def test_one_without_a_value_is_not_in_the_link(listed):
    assert tags(listed, "?n=2&last=")[1] == (
        '</v2/a/tags/list?last=%s&n=2>; rel="next"' % ORDER[1])


@pytest.mark.parametrize("query", ["?x=y", "?&&", "?ns=a",
                                   "?n=5&n=3", "?last=a&last=b"])
def test_odd_queries(listed, query):
    assert listed.get("/v2/a/tags/list" + query).status in (200, 400)
    assert listed.get("/v2/_catalog" + query).status in (200, 400)


def test_an_unknown_repository(listed):
    for name in ("absent", "a/absent", "aaa"):
        answer = listed.get("/v2/%s/tags/list" % name)
        assert answer.status == 404
        assert answer.codes() == ["NAME_UNKNOWN"]
        assert answer.json()["errors"][0]["detail"] == {"name": name}


def test_a_directory_of_repositories_is_none(listed):
    assert listed.get("/v2/library/tags/list").status == 404


def test_catalog(listed):
    assert catalog(listed) == (PATH_ORDER, None)


@pytest.mark.parametrize("n", [1, 2, 5, len(NAMES), 1000])
def test_pages_of_the_catalog(listed, n):
    page, link = catalog(listed, "?n=%d" % n)
    assert page == PATH_ORDER[:n]
    assert (link is not None) == (n < len(NAMES))
    if link and "/" in page[-1]:
        assert page[-1].replace("/", "%2F") in link or (
            page[-1].replace("/", "%2f") in link)
    found, _ = walk(listed, "/v2/_catalog?n=%d" % n, "repositories")
    assert found == PATH_ORDER


@pytest.mark.parametrize("last", NAMES + ["", "0", "zzz", "a/", "a/bb", "A",
                                          "a%2Fb", "absent/here", "a/b/c/d"])
def test_last_of_the_catalog(listed, last):
    name = urllib.parse.unquote(last)
    wanted = [other for other in PATH_ORDER
              if other.replace("/", "\0") > name.replace("/", "\0")]
    assert catalog(listed, "?last=" + last)[0] == wanted
    assert catalog(listed, "?n=2&last=" + last)[0] == wanted[:2]


def test_an_empty_store(house):
    client = house.standalone().client(8500)
    assert catalog(client) == ([], None)
    assert client.get("/v2/a/tags/list").status == 404


# --- what comes and goes ---------------------------------------------------

def test_without_tags(registry, repo):
    """A repository with a manifest but no tag has an empty list."""
    registry.push_blob(repo, b"{}")
    registry.push_manifest(repo, MANIFEST.digest, MANIFEST)
    assert tags(registry, name=repo) == ([], None)
    assert repo in catalog(registry, "?n=1000")[0]


def test_a_repository_stays_without_its_last_manifest(registry, repo, store):
    """Lists are empty, in pages and at once, until its directory is gone; a
    tag and a manifest are unknown."""
    registry.push_blob(repo, b"{}")
    registry.push_manifest(repo, "1", MANIFEST)
    path = "/v2/%s/manifests/" % repo
    assert registry.delete(path + MANIFEST.digest).status == 202
    for query in ("", "?n=5", "?last=a", "?n="):
        assert tags(registry, query, repo) == ([], None)
    assert repo in catalog(registry, "?n=1000")[0]
    answer = registry.get("/v2/%s/referrers/%s" % (repo, MANIFEST.digest))
    assert (answer.status, answer.json()["manifests"]) == (200, [])
    for reference in ("1", MANIFEST.digest):
        answer = registry.get(path + reference)
        assert (answer.status, answer.codes()) == (404, ["MANIFEST_UNKNOWN"])
    # also where only the tag went, and where gc or a hand took what was empty
    registry.push_manifest(repo, "2", MANIFEST)
    assert registry.delete(path + "2").status == 202
    assert tags(registry, name=repo) == ([], None)
    directory = store / "repositories" / repo / "_manifests"
    shutil.rmtree(directory / "tags")
    assert tags(registry, name=repo) == ([], None)
    shutil.rmtree(directory)
    assert registry.get("/v2/%s/tags/list" % repo).status == 404
    assert repo not in catalog(registry, "?n=1000")[0]
    # a push brings it back
    registry.push_manifest(repo, "3", MANIFEST)
    assert tags(registry, name=repo) == (["3"], None)


def test_blobs_alone_make_no_repository(listed):
    """In neither list, as registry 3 has it."""
    for name in ("only/blobs", "only/uploads"):
        answer = listed.get("/v2/%s/tags/list" % name)
        assert (answer.status, answer.codes()) == (404, ["NAME_UNKNOWN"])


def test_strays(registry, repo, store):
    """What other servers and crashes leave is not listed, breaks nothing."""
    registry.push_blob(repo, b"{}")
    for tag in ("1", "2"):
        registry.push_manifest(repo, tag, MANIFEST)
    directory = store / "repositories" / repo / "_manifests/tags"
    (directory / "stray").write_text("x")
    (directory / "dangling").mkdir()
    (directory / "half/index").mkdir(parents=True)
    (directory / "no.tmp/current").mkdir(parents=True)
    (directory / "-bad/current").mkdir(parents=True)
    (directory / "-bad/current/link").write_text(MANIFEST.digest)
    (directory / ("t" * 200)).mkdir()
    (directory / "link.1234.tmp").write_text("x")
    listed = tags(registry, name=repo)[0]
    assert [tag for tag in listed if tag in ("1", "2")] == ["1", "2"]
    assert "-bad" not in listed and "stray" not in listed
    assert "t" * 200 not in listed
    root = store / "repositories"
    (root / "stray").write_text("x")
    (root / "UPPER/_manifests").mkdir(parents=True)
    (root / "lost+found/_manifests").mkdir(parents=True)
    (root / "a" / ("b" * 250) / "_manifests").mkdir(parents=True)
    names = catalog(registry, "?n=1000")[0]
    assert repo in names
    assert not {"UPPER", "lost+found", "stray"} & set(names)


@pytest.mark.idea(23)
def test_many_tags(registry, repo, store):
    """1500 tags, in pages and at once."""
    registry.push_blob(repo, b"{}")
    registry.push_manifest(repo, "t0000", MANIFEST)
    directory = store / "repositories" / repo / "_manifests/tags"
    for i in range(1, 1500):
        (directory / ("t%04d" % i) / "current").mkdir(parents=True)
        (directory / ("t%04d" % i) / "current/link").write_text(MANIFEST.digest)
    wanted = ["t%04d" % i for i in range(1500)]
    assert tags(registry, name=repo) == (wanted, None)
    assert walk(registry, "/v2/%s/tags/list?n=700" % repo, "tags")[0] == wanted
    page, link = tags(registry, "?n=1499", repo)
    assert len(page) <= 1499 and link


def test_a_walk_while_tags_come(registry, repo):
    """No tag twice, none missing that was there from the start."""
    registry.push_blob(repo, b"{}")
    for i in range(0, 40, 2):
        registry.push_manifest(repo, "t%02d" % i, MANIFEST)
    found, path = [], "/v2/%s/tags/list?n=3" % repo
    for i in itertools.count(1, 2):
        answer = registry.get(path)
        found += answer.json()["tags"]
        if answer.header("Link") is None:
            break
        path = answer.header("Link")[1:].split(">")[0]
        registry.push_manifest(repo, "t%02d" % i, MANIFEST)
        registry.push_manifest(repo, "t%02d" % (99 - i), MANIFEST)
    assert found == sorted(set(found))
    assert set(found) >= {"t%02d" % i for i in range(0, 40, 2)}


@pytest.mark.idea(23)
def test_walks_while_many_come_and_go(registry, repo):
    """Tags, and with them the repositories of the catalogue: each walk has
    all that stays, each once and in order."""
    stay = ["%s/s%d" % (repo, i) for i in range(4)]
    for name in stay:
        registry.push_blob(name, b"{}")
        for i in range(12):
            registry.push_manifest(name, "s%02d" % i, MANIFEST)
    is_over = threading.Event()

    def change(number):
        for i in range(30):
            name = "%s/g%d-%d" % (repo, number, i)
            registry.push_blob(name, b"{}")
            for where, tag in ((name, "1"), (stay[0], "r%d-%d" % (number, i)),
                               (stay[0], "t%d-%d" % (number, i))):
                registry.push_manifest(where, tag, MANIFEST)
            tag = "/v2/%s/manifests/r%d-%d" % (stay[0], number, i)
            assert registry.delete(tag).status == 202
            if is_over.is_set():
                return

    with ThreadPoolExecutor(3) as pool:
        changes = [pool.submit(change, number) for number in range(3)]
        try:
            for _ in range(5):
                found, _ = walk(registry, "/v2/%s/tags/list?n=3" % stay[0],
                                "tags")
                assert found == sorted(set(found))
                assert set(found) >= {"s%02d" % i for i in range(12)}
                found, _ = walk(registry, "/v2/_catalog?n=5&last=" + repo,
                                "repositories")
                assert len(found) == len(set(found))
                assert [name for name in found if name in stay] == stay
        finally:
            is_over.set()
        for done in changes:
            done.result()


@pytest.mark.idea(23)
def test_many_repositories(house, tmp_path):
    """1200 repositories: the default page has 100, and the pages make all."""
    root = tmp_path.__class__(
        house.dir, "store/docker/registry/v2/repositories")
    for i in range(1200):
        (root / ("r%04d" % i) / "_manifests").mkdir(parents=True)
    client = house.standalone().client(8500)
    page, link = catalog(client)
    assert len(page) == 100 and link
    assert walk(client, "/v2/_catalog", "repositories")[0] == [
        "r%04d" % i for i in range(1200)]
    assert len(catalog(client, "?n=1000")[0]) == 1000
    assert client.get("/v2/_catalog?n=1001").status == 400


def test_json_escapes_nothing_it_need_not(listed):
    answer = listed.get("/v2/a/tags/list")
    assert json.loads(answer.body) == {"name": "a", "tags": ORDER}


def test_a_page_of_the_catalog_ends_where_much_was_read(house):
    """Directories of uploads that are never finished are no repositories."""
    house.registry_worker()
    client = house.example("standalone.conf").client(8500)
    repositories = Path(house.dir, "store/docker/registry/v2/repositories")
    for n in range(11000):
        (repositories / ("m/%05d/_uploads" % n)).mkdir(parents=True)
    for name in ("a", "m", "m/05500", "z"):
        client.push_image(name, "v1", images.Image(seed=name))
    assert walk(client, "/v2/_catalog?n=1000", "repositories") == (
        ["a", "m", "m/05500", "z"], 3)
