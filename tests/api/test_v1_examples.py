"""The configurations in conf/ with their line for the original protocol."""

import pathlib
import ssl

import pytest

from testenv import paths
from testenv.client import trusting
from testenv.v1 import V1Client, token_parts
from testenv.v1_images import chain_1_6

PASSWORD = "a good password"


@pytest.fixture(params=["index.conf", "standalone.conf", "tls.conf"])
def nginx(house, request):
    house.registry_worker()
    if request.param != "standalone.conf":
        house.index_worker(memcached=[house.memcached()])
    house.tls = None
    if request.param == "tls.conf":
        house.tls = trusting(house.certificate())
    return house.example(request.param, v1=True)


def test_it_is_off(house):
    """Without the line nothing listens at the port, and /v1/ has what a v2
    client searches with, nothing else."""
    nginx, _ = house.with_index()
    client = nginx.client(8500)
    assert client.get("/v1/_ping").json() == {"standalone": True}
    for path in "/v1/users/", "/v1/images/%s/json" % (64 * "a"):
        assert client.get(path).status == 404
    with pytest.raises(ConnectionRefusedError):
        nginx.client(8600).get("/v1/_ping")


@pytest.mark.parametrize("example", ["index.conf", "tls.conf"])
def test_pages_are_no_log_in(house, example):
    """Every other path is a page: docker takes a 200 for a log-in."""
    house.index_worker(memcached=[house.memcached()])
    pages = pathlib.Path(house.dir) / "web"
    pages.mkdir()
    (pages / "index.html").write_text("a page")
    tls = None
    if example == "tls.conf":
        tls = ssl.create_default_context(cafile=house.certificate())
    nginx = house.example(example, edit=lambda conf: conf.replace(
        "/usr/share/slipway/web", str(pages)))
    client = nginx.client(8443 if tls else 8500, tls=tls)
    assert client.get("/repositories/x").body == b"a page"
    for path in ("/v1/users/", "/v1/users", "/v1/repositories/a/images",
                 "/v1/", "/v1/_ping/", "/v1/images/%s/json" % (64 * "a")):
        answer = client.get(path, [("Authorization", "Basic YTpi")])
        assert (answer.status, answer.json()) == (
            404, {"error": "Not found"}), path


def test_nothing_of_v2(house, nginx):
    """docker goes on with /v1/ at once only if the error is this one, and the
    header is missing."""
    client = nginx.client(8600, tls=house.tls)
    for method in "GET", "HEAD", "PUT", "DELETE", "POST", "PATCH":
        for path in ("/v2/", "/v2", "/v2/a/b/manifests/latest",
                     "/v2/_catalog", "/v2//", "/v2/a/blobs/uploads/"):
            answer = client.request(method, path)
            assert answer.status == 404
            assert answer.header("Docker-Distribution-API-Version") is None
            assert answer.header("WWW-Authenticate") is None
            assert method == "HEAD" or answer.codes() == ["UNAUTHORIZED"]
            assert answer.header("Content-Type") == "application/json"
    for line in (b"GET /v2/%zz HTTP/1.1", b"GET /v2/" + 200000 * b"a",
                 b"GET /v2/ HTTP/1.1\r\nX: " + 200000 * b"a"):
        said = client.raw(line + b"\r\nHost: a\r\n\r\n")
        assert b" 40" in said[:20] or b" 41" in said[:20]
        assert b"Docker-Distribution" not in said
    answer = nginx.client(8443 if house.tls else 8500, tls=house.tls).get(
        "/v2/")
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"


def test_the_ping_tells_who_checks(house, nginx):
    is_alone = "registry_realm" not in nginx.conf.read_text()
    answer = nginx.client(8600, tls=house.tls).get("/v1/_ping")
    assert answer.body == b"true"
    assert answer.header("X-Docker-Registry-Standalone") == (
        "true" if is_alone else "false")


def test_both_servers_with_an_index_are_the_same():
    """But for TLS and what stands above them."""
    plain, tls = ((paths.CONF / name).read_text().partition("\nmap ")[2]
                  for name in ("v1_server", "v1_tls"))
    begin, end = tls.index("    listen "), tls.index("    # Tokens are long")
    assert "ssl_certificate_key" in tls[begin:end]
    assert plain == tls[:begin] + "    listen 5001;\n\n" + tls[end:]


def test_over_tls(house):
    """A push and pulls, the password and the token encrypted."""
    house.registry_worker()
    index = house.index_worker(memcached=[house.memcached()])
    index.add_account("alice", PASSWORD)
    house.layers_worker()
    tls = trusting(house.certificate())
    house.example("tls.conf", v1=True)
    for version in "1.6.2", "1.10.3":
        docker = V1Client(version, house.port(8600), "alice", PASSWORD,
                          tls=tls)
        assert not docker.log_in()
        images = chain_1_6(seed=version)
        docker.push("alice/" + version, images)
        found = docker.pull("alice/" + version)
        assert [image.layer for image in found] == [
            image.layer for image in images]
        assert not docker.is_standalone
    plain = V1Client("1.6.2", house.port(8600), "alice", PASSWORD)
    assert plain.request("GET", "/v1/_ping").status == 400


def test_index_and_registry_on_one_host(house):
    """Each request reaches the one that it is for."""
    house.registry_worker()
    index = house.index_worker(memcached=[house.memcached()])
    index.add_account("alice", PASSWORD)
    house.layers_worker()
    house.example("index.conf", v1=True)
    docker = V1Client("1.6.2", house.port(8600), "alice", PASSWORD)
    docker.ping()
    assert not docker.log_in()
    images = chain_1_6()
    docker.push("alice/pushed", images)
    assert docker.pull("alice/pushed", "latest")
    assert docker.layer(images[-1].id).body == images[-1].layer
    assert docker.files(images[-1].id).status == 200
    assert docker.allocate("alice/app").status in (200, 201)
    parts = token_parts(docker.tokens[0])
    assert (parts["repository"], parts["access"]) == ("alice/app", "write")
    assert docker.json(64 * "a").status == 404
    assert docker.finalize("alice/app").status == 204
    assert docker.check("alice/app").status == 200
    answer = docker.search("app")
    assert answer.status == 200 and "results" in answer.json()
    assert V1Client("1.6.2", house.port(8600), "alice", "wrong") \
        .user_get().status == 401
    index.stop()
    house.expect("index.sock failed")
    answer = docker.user_get()
    assert answer.status == 503 and set(answer.json()) == {"error"}
