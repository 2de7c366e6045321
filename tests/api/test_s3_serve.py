"""Pushes and pulls of a store in a bucket, on a real radosgw: by nginx and
slipway-registry, and in turn by registry:2."""

import http.client
import itertools
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import bucket, images
from testenv.bucket import ACCESS, BUCKET, SECRET, Cut, Refused
from testenv.client import Registry, basic, digest
from testenv.clients import Skopeo
from testenv.images import Image, blob
from testenv.process import WAIT_SECONDS, wait_until

_numbers = itertools.count()
LARGE = 200000  # bytes: more than a redirect needs


class Site:
    """nginx with conf/bucket.conf; its worker sees the bucket by a proxy."""

    def __init__(self, house, more="", processes=4, edit=lambda conf: conf,
                 **settings):
        self.house = house
        self.name = "%d/serve-%d" % (os.getpid(), next(_numbers))
        stores = Path(house.dir, "stores")
        stores.mkdir()
        self.proxy = bucket.Proxy()
        bucket.conf(stores / "images", self.name,
                    endpoint="http://" + self.proxy.address, **settings)
        self.worker = house.registry_worker(
            processes=processes, SLIPWAY_REGISTRY_STORES=str(stores))
        self.nginx = house.example("bucket.conf", more=more, edit=edit)
        self.client = Registry(house.port(8500))

    def objects(self):
        return {key[len(self.name) + 1:] for key in bucket.objects(
            self.name + "/")}


@pytest.fixture
def site(house):
    return Site(house)


def test_push_and_pull(site):
    image = Image(layers=2, size=LARGE)
    client = site.client
    client.push_image("a/b", "t", image)
    got = client.manifest("a/b", "t")
    assert got.status == 200 and got.body == image.manifest.data
    assert got.header("Content-Type") == image.manifest.media_type
    assert got.header("Docker-Content-Digest") == image.manifest.digest
    for layer in image.layers + [image.config]:
        got = client.blob("a/b", digest(layer))
        assert got.status == 200 and got.body == layer, got
        assert got.header("Docker-Content-Digest") == digest(layer)
        assert got.header("ETag") == '"%s"' % digest(layer)
        assert got.header("Content-Type") == "application/octet-stream"
        assert got.header("X-Content-Type-Options") == "nosniff"
        assert got.header("Content-Length") == str(len(layer))
        assert "max-age=31536000" in got.header("Cache-Control")
        for name in got.headers:
            assert not name.lower().startswith(("x-amz", "x-rgw", "x-reg"))
        assert got.header("Last-Modified") is None
    assert client.get("/v2/a/b/tags/list").json()["tags"] == ["t"]


def test_heads_ranges_and_conditions(site):
    client, data = site.client, blob(LARGE)
    name = digest(data)
    path = "/v2/a/blobs/" + name
    client.push_blob("a", data)
    head = client.head(path)
    assert head.status == 200
    assert head.header("Content-Length") == str(LARGE)
    assert head.header("Docker-Content-Digest") == name

    def ranged(text, *more):
        return client.get(path, [("Range", text), *more])

    got = ranged("bytes=100-199")
    assert got.status == 206 and got.body == data[100:200]
    assert got.header("Content-Range") == "bytes 100-199/%d" % LARGE
    assert ranged("bytes=-5").body == data[-5:]
    got = ranged("bytes=%d-" % LARGE)
    assert got.status == 416
    assert got.header("Content-Range") == "bytes */%d" % LARGE
    assert got.codes() and got.header("Docker-Content-Digest") is None
    assert ranged("bytes=1-1", ("If-Range", '"%s"' % name)).status == 206
    assert ranged("bytes=1-1", ("If-Range", '"other"')).status == 200
    site.proxy.requests.clear()
    got = ranged("bytes=0-1,5-6")
    assert got.status == 200 and got.body == data
    assert "Range" not in site.proxy.requests[-1][2]
    for text in '"%s"' % name, name, 'W/"%s"' % name, '"x", "%s"' % name, "*":
        got = client.get(path, [("If-None-Match", text)])
        assert got.status == 304 and got.body == b"", text
        assert got.header("ETag") == '"%s"' % name
    assert client.get(path, [("If-None-Match", '"x"')]).body == data


def test_what_is_private_says_so(house):
    """As the location of the registry says, not that of the store."""
    client = Site(house, more="registry_cache_control private;").client
    client.push_blob("a", b"x")
    path = "/v2/a/blobs/" + digest(b"x")
    for method in client.get, client.head:
        assert method(path).header("Cache-Control") == (
            "private, max-age=31536000")


def test_the_log_names_the_account(house):
    """Of a request that ends in the location of the store, too."""
    Path(house.dir, "users").write_text("alice:{PLAIN}secret\n")
    site = Site(house, more="auth_basic a; auth_basic_user_file %s/users;"
                % house.dir, edit=lambda conf: conf.replace(
                    "server_tokens off;", "server_tokens off; log_format who"
                    " '$request_method $registry_account';"
                    " access_log %s/who.log who;" % house.dir))
    alice, client = basic("alice:secret"), site.client
    path = "/v2/a/blobs/uploads/?digest=" + digest(b"x")
    assert client.request("POST", path, alice, b"x").status == 201
    assert client.blob("a", digest(b"x")).status == 401
    assert client.blob("a", digest(b"x"), alice).body == b"x"
    log = Path(house.dir, "who.log")
    wait_until(lambda: log.read_text().count("GET") == 2, WAIT_SECONDS,
               "the lines")
    assert log.read_text().splitlines()[-1] == "GET alice"


def test_no_filter_changes_a_blob(house):
    site = Site(house, edit=lambda conf: conf.replace(
        "server_tokens off;", "server_tokens off; sub_filter_types *;"
        " sub_filter_once off; sub_filter layer LAYER;"))
    data = b"layer " * 100
    site.client.push_blob("a", data)
    assert site.client.blob("a", digest(data)).body == data


def test_what_is_not_there(site):
    client = site.client
    client.push_blob("a", b"x")
    for name in digest(b"x"), digest(b"y"):
        for method in client.get, client.head:
            assert method("/v2/b/blobs/" + name).status == 404
    got = client.blob("b", digest(b"x"))
    assert got.codes() == ["BLOB_UNKNOWN"]
    for reference in "t", digest(b"x"):
        got = client.manifest("a", reference)
        assert got.status == 404 and got.codes() == ["MANIFEST_UNKNOWN"]
    assert client.get("/v2/c/tags/list").codes() == ["NAME_UNKNOWN"]


def test_deletes_and_mounts(site):
    client, image = site.client, Image()
    client.push_image("a", "t", image)
    got = client.post("/v2/b/blobs/uploads/?mount=%s&from=a"
                      % digest(image.layers[0]))
    assert got.status == 201
    assert client.blob("b", digest(image.layers[0])).body == image.layers[0]
    path = "/v2/a/manifests/"
    assert client.delete(path + "t").status == 202
    assert client.manifest("a", "t").status == 404
    assert client.manifest("a", image.manifest.digest).status == 200
    assert client.delete(path + image.manifest.digest).status == 202
    assert client.manifest("a", image.manifest.digest).status == 404
    layer = "/v2/a/blobs/" + digest(image.layers[0])
    assert client.delete(layer).status == 202
    assert client.get(layer).status == 404


def test_a_head_by_who_may_push_is_a_use(site):
    client = site.client
    client.push_blob("a", b"x" * 100)
    mark = "slipway/used/sha256/%s/%s" % (
        digest(b"x" * 100)[7:9], digest(b"x" * 100)[7:])
    assert mark in site.objects()
    bucket.request("DELETE", site.name + "/" + mark)
    client.blob("a", digest(b"x" * 100))
    assert mark not in site.objects()
    client.head("/v2/a/blobs/" + digest(b"x" * 100))
    assert mark in site.objects()


def test_an_old_client_gets_an_image_of_a_list(site):
    image = Image(is_docker=True)
    client = site.client
    client.push_image("a", "one", image)
    client.push_manifest("a", "all", images.image_index(
        [image], is_docker=True))
    got = client.manifest("a", "all", [images.DOCKER_MANIFEST])
    assert got.status == 200 and got.body == image.manifest.data
    assert client.manifest("a", "all").header("Content-Type") == (
        images.DOCKER_LIST)


# --- redirects ----------------------------------------------------------------


def test_a_redirect_leads_to_the_bucket(house):
    site = Site(house, more="registry_store_redirect on min=1000 valid=60s;")
    client = site.client
    small, large = blob(999), blob(1000)
    for data in small, large:
        client.push_blob("a", data)
    host = [("Host", "registry.example:5000")]
    assert client.blob("a", digest(small), host).body == small
    got = client.blob("a", digest(large), host)
    assert got.status == 307 and got.body == b""
    assert got.header("Docker-Content-Digest") == digest(large)
    assert "max-age" not in got.header("Cache-Control")
    where = got.header("Location")
    assert where.startswith("http://%s/" % site.proxy.address)
    assert "X-Amz-Expires=60&" in where
    passed, = [path for method, path, _ in site.proxy.requests
               if "X-Amz-Expires" in path]
    assert "X-Amz-Expires=1200&" in passed
    there = Registry(int(site.proxy.address.rpartition(":")[2]))
    path = where.partition(site.proxy.address)[2]
    assert there.get(path).body == large
    assert there.get(path.replace("Expires=60", "Expires=61")).status == 403
    assert client.head("/v2/a/blobs/" + digest(large), host).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1:1", "0.0.1", "127.0.0.1"])
def test_a_redirect_to_the_same_host_is_none(house, host):
    """Some clients would send Authorization along."""
    site = Site(house, more="registry_store_redirect on min=0;")
    site.client.push_blob("a", b"x")
    assert site.client.blob("a", digest(b"x"), [("Host", host)]).body == b"x"


def test_a_variable_decides(house):
    site = Site(house, more="registry_store_redirect $arg_r min=0;")
    client = site.client
    client.push_blob("a", b"x")
    path = "/v2/a/blobs/" + digest(b"x")
    host = [("Host", "registry.example")]
    assert client.get(path + "?r=1", host).status == 307
    for off in "", "?r=0", "?r=off":
        assert client.get(path + off, host).status == 200


# --- a store that fails ---------------------------------------------------------


def test_a_store_that_is_busy(site):
    client, image = site.client, Image()
    client.push_image("a", "t", image)
    site.house.expect("SlowDown")
    busy = Refused(503, "SlowDown")
    with site.proxy.failing("GET", "/tags/t/", busy, times=5):
        got = client.manifest("a", "t")
    assert got.status == 503 and got.codes() == ["UNAVAILABLE"]
    assert got.header("Retry-After") == "5"
    with site.proxy.failing("GET", "/tags/t/", busy, times=2):
        assert client.manifest("a", "t").status == 200


def test_a_blob_that_the_store_refuses(site):
    client, data = site.client, blob(LARGE)
    client.push_blob("a", data)
    for fault, status, code in (
            (Refused(503, "SlowDown"), 503, "UNAVAILABLE"),
            (Refused(403, "AccessDenied"), 503, "UNAVAILABLE"),
            (Refused(404, "NoSuchKey"), 404, "BLOB_UNKNOWN")):
        with site.proxy.failing("GET", "/data", fault):
            got = client.blob("a", digest(data))
        assert got.status == status and got.codes() == [code]
        assert b"AccessDenied" not in got.body
        assert not got.header("Docker-Content-Digest")
    assert client.blob("a", digest(data)).body == data


def test_a_blob_that_is_cut(site):
    client, data = site.client, blob(LARGE)
    client.push_blob("a", data)
    with site.proxy.failing("GET", "/data", Cut(1000)):
        with pytest.raises(http.client.IncompleteRead):
            client.blob("a", digest(data))
    line, = [line for line in site.nginx.error_log.read_text().splitlines()
             if "prematurely closed" in line]
    assert "%s/data\"" % digest(data)[7:] in line and "X-Amz" not in line
    assert client.blob("a", digest(data)).body == data


def test_a_store_that_is_away(site):
    client = site.client
    client.push_blob("a", b"x")
    site.house.expect("store .*images")

    def hang_up():
        raise OSError

    site.proxy.arrive = hang_up
    got = client.blob("a", digest(b"x"))
    assert got.status == 503 and got.codes() == ["UNAVAILABLE"]
    got = client.put("/v2/a/manifests/t", [
        ("Content-Type", images.OCI_MANIFEST)], Image().manifest.data)
    assert got.status == 503
    assert client.get("/v2/").status == 200


def test_no_store_of_that_name(house):
    house.expect("nowhere")
    house.registry_worker(SLIPWAY_REGISTRY_STORES=house.dir + "/nowhere")
    house.example("bucket.conf")
    got = Registry(house.port(8500)).manifest("a", "t")
    assert got.status == 503 and got.codes() == ["UNAVAILABLE"]


def test_wrong_bytes_are_refused(site):
    """The digest is part of what is signed: the store checks it, too."""
    client = site.client
    client.push_blob("a", b"x")
    where = client.start_upload("a")
    got = client.finish(where, digest(b"other"), body=b"bytes")
    assert got.status == 400 and got.codes() == ["DIGEST_INVALID"]
    assert not any(digest(b"other")[7:] in key for key in site.objects())


def test_a_hanging_store_leaves_processes_to_others(house):
    """Four processes: three at the most wait for one bucket."""
    site = Site(house)
    site.client.push_blob("a", b"x")
    release = threading.Event()
    site.proxy.requests.clear()
    site.proxy.arrive = lambda: release.wait(WAIT_SECONDS)
    other = house.example("standalone.conf", edit=lambda conf: (
        conf.replace("127.0.0.1:8500", "127.0.0.1:8700")))
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(site.client.blob, "a", digest(b"x"))
                   for _ in range(8)]
        wait_until(lambda: len(site.proxy.requests) >= 3, WAIT_SECONDS,
                   "requests to the store")
        assert other.client(8700).get("/v2/_catalog").status == 200
        release.set()
        for answer in waiting:
            assert answer.result().status in (200, 503)


def push_until_it_fails(client, tag, image):
    for data in image.layers + [image.config]:
        where = client.post("/v2/a/blobs/uploads/")
        if where.status != 202 or client.finish(
                where.header("Location"), digest(data),
                body=data).status != 201:
            return
    client.put("/v2/a/manifests/" + tag, [
        ("Content-Type", image.manifest.media_type)], image.manifest.data)


def test_a_push_that_is_killed_at_any_request(house):
    """Nothing is acknowledged that is not there, and the next push succeeds."""
    site = Site(house)
    client, number = site.client, 0
    is_reached = True
    while is_reached:
        number += 1
        image = Image(seed=number, size=10)
        with site.proxy.at(number, lambda _: site.worker.kill()) as at:
            push_until_it_fails(client, "t%d" % number, image)
            is_reached = at.is_reached
        if is_reached:
            site.worker.start()
        client.push_image("a", "t%d" % number, image)
        got = client.manifest("a", "t%d" % number)
        assert got.body == image.manifest.data
        for layer in image.layers + [image.config]:
            assert client.blob("a", digest(layer)).body == layer
    assert number > 20


STOCK = """version: 0.1
log: {level: warn}
storage:
  s3: {regionendpoint: "http://%s", region: us-east-1, bucket: %s,
       rootdirectory: /%s/, accesskey: %s, secretkey: %s, v4auth: true,
       secure: false}
  delete: {enabled: true}
  redirect: {disable: true}
http: {addr: "127.0.0.1:%d", secret: test}
"""


# --- others -----------------------------------------------------------------------


def test_registry_2_on_the_same_bucket(site):
    """What we push it pulls, and the other way."""
    stock = site.house.docker_registry(None, conf=STOCK % (
        bucket.ADDRESS, BUCKET, site.name, ACCESS, SECRET,
        site.house.port(8900)))
    there, here = stock.client(), site.client
    ours, other = Image(seed="ours"), Image(seed="theirs")
    here.push_image("a/b", "ours", ours)
    there.push_image("a/b", "theirs", other)
    for client in there, here:
        for tag, image in ("ours", ours), ("theirs", other):
            assert client.manifest("a/b", tag).body == image.manifest.data
            for layer in image.layers:
                assert client.blob("a/b", digest(layer)).body == layer
        assert sorted(client.get("/v2/a/b/tags/list").json()["tags"]) == [
            "ours", "theirs"]
        assert client.get("/v2/_catalog").json() == {"repositories": ["a/b"]}


def test_skopeo(site, tmp_path):
    skopeo, image = Skopeo(site.house), Image(layers=3, size=LARGE)
    images.write_layout(tmp_path / "image", "t", [image])
    name = "127.0.0.1:%d/a/b:t" % site.house.port(8500)
    skopeo.push("oci:%s:t" % (tmp_path / "image"), name)
    skopeo.pull(name, "oci:%s:t" % (tmp_path / "back"))
    for data in image.blobs() + [image.manifest.data]:
        path = Path("blobs/sha256", digest(data)[7:])
        assert (tmp_path / "back" / path).read_bytes() == data


@pytest.mark.parametrize("edit, message", [
    (lambda c: c.replace("registry_store_pass  @store;", ""),
     'needs "registry_store_pass"'),
    (lambda c: c.replace("registry_store_proxy on;", ""),
     'needs a location "@store"'),
    (lambda c: c.replace("@store;", "@other;"), 'needs a location "@other"'),
    (lambda c: re.sub(r"include +\S*registry_store_params;", "", c),
     '"@store" would send tokens and passwords'),
    (lambda c: c.replace("store       images", "store ../images"),
     "is no name"),
    (lambda c: c.replace("/store;", "/store/$host;"),
     '"registry_root" has variables'),
    (lambda c: re.sub(r"(location )(\^~ /v2/ \{[^}]*\})", lambda m: (
        m[0] + m[1] + m[2].replace("/v2/", "/v2/b/").replace(
            "/store;", "/other;")), c), "need one \"registry_root\""),
    (lambda c: c.replace("images;", "images; registry_store_redirect on x=1;"),
     'invalid parameter "x=1"'),
    (lambda c: c.replace("images;",
                         "images; registry_store_redirect on valid=8d;"),
     'invalid parameter "valid=8d"')])
def test_what_nginx_refuses(house, edit, message):
    house.expect("emerg")
    house.registry_worker()
    nginx = house.example("bucket.conf")
    nginx.conf.write_text(edit(nginx.conf.read_text()))
    code, said = nginx.test()
    assert code != 0 and message in said
