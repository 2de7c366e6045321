"""The configurations of conf/, each started as it stands there but for paths
and ports."""

import json
import re
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import images, paths
from testenv.client import basic, trusting
from testenv.events import Deliverer
from testenv.process import wait_until

PASSWORD = "correct horse"


def _push_and_pull(client, name="admin/app"):
    image = images.Image(layers=2)
    client.push_image(name, "1", image)
    assert client.manifest(name, "1").body == image.manifest.data
    for data in image.blobs():
        assert client.blob(name, images.sha256(data)).body == data


def test_no_pattern_takes_a_path():
    """Wherever a location of a registry is shown, it stands before patterns."""
    shown = [path for path in (
        *paths.CONF.glob("*.*"), *(paths.TOP / "docs").glob("*.md"),
        *(paths.TOP / "fcgi_registry").glob("adopt*.c"),
        paths.TOP / "README.md") if "/v2/" in path.read_text()]
    assert len(shown) > 9
    for path in shown:
        assert not re.search(r"location +/v2/", path.read_text()), path


def test_standalone(house):
    client = house.standalone().client(8500)
    _push_and_pull(client, "app")
    answer = client.get("/")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Cache-Control") == "no-cache"
    assert client.get("/other").status == 404
    assert client.get("/v2").header("Location") == "/v2/"
    metrics = client.get("/metrics")
    assert metrics.status == 200
    assert b"slipway_requests_total" in metrics.body


def test_standalone_serves_without_a_worker(house):
    worker = house.registry_worker()
    client = house.example("standalone.conf").client(8500)
    _push_and_pull(client, "app")
    house.expect("connect.. to unix:")
    worker.stop()
    image = images.Image(layers=2)
    assert client.manifest("app", "1").body == image.manifest.data
    for data in image.blobs():
        assert client.blob("app", images.sha256(data)).body == data
    answer = client.get("/v2/app/tags/list")
    assert answer.status == 503
    assert answer.codes() == ["UNAVAILABLE"]
    assert answer.header("Retry-After")


@pytest.mark.parametrize("name", [
    path.name for path in paths.CONF.glob("*.conf")
    if "registry_realm" in path.read_text()])
def test_no_client_decides_where_tokens_come_from(name):
    text = (paths.CONF / name).read_text()
    realms = re.findall(r"registry_realm\s+(\S+);", text)
    assert realms
    assert all(re.fullmatch(r"https://[a-z]+\.(\$tenant\.|alpha\.|beta\.)?example(\.com)?/token",
                            realm) for realm in realms)


@pytest.mark.parametrize("name", [
    path.name for path in paths.CONF.glob("*.conf")
    if "registry_realm" in path.read_text()])
def test_every_example_takes_long_tokens_and_reads_as_json(name):
    text = (paths.CONF / name).read_text()
    assert "large_client_header_buffers 4 40k;" in text
    assert len(re.findall(r"location = /(?:token|v1/search) {", text)) == len(
        re.findall(r"error_page +400 413 +@token_malformed;", text))


def test_index(house):
    nginx, index = house.with_index()
    index.add_account("admin", PASSWORD, "--admin")
    realm = nginx.client(8500).get(
        "/v2/", [("Host", "evil.example")]).challenge()["realm"]
    assert realm == "http://127.0.0.1:%d/token" % house.port(8500)
    client = nginx.client(8500).login(
        ["repository:admin/app:pull,push"], "admin", PASSWORD,
        service="registry.example")
    _push_and_pull(client)


def test_the_index_lists_what_deliver_sends(house):
    nginx, index = house.with_index()
    index.add_account("admin", PASSWORD, "--admin")
    headers = house.dir + "/headers"
    with open(headers, "w") as f:
        f.write(index.command("event-header"))
    house.keep(Deliverer(house, "http://127.0.0.1:%d/_registry/events"
                         % house.port(8085), "--headers", headers))
    _push_and_pull(nginx.client(8500).login(
        ["repository:admin/app:pull,push"], "admin", PASSWORD))

    def catalog(*who):
        client = nginx.client(8500).login(["registry:catalog:*"], *who)
        return client.get("/v2/_catalog").json()["repositories"]
    wait_until(lambda: catalog("admin", PASSWORD) == ["admin/app"], 60,
               "the catalogue")
    assert catalog() == []
    # the events' location is on loopback alone
    assert nginx.client(8500).post("/_registry/events").status == 404


def test_clients_can_read_what_nginx_answers_for_the_index(house):
    nginx, index = house.with_index()
    house.expect("connect.. to unix:|limiting requests")
    client = nginx.client(8500)

    def is_json(answer, code):
        return (answer.codes() == [code]
                and answer.header("Retry-After") is not None
                and answer.header("Content-Type") == "application/json")

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda _: client.get("/token"), range(200)))
    assert {answer.status for answer in answers} == {200, 429}
    assert all(is_json(a, "TOOMANYREQUESTS") for a in answers
               if a.status == 429)
    index.stop()
    wait_until(lambda: answers.append(client.get("/token"))
               or answers[-1].status == 503, 60, "a request to pass the limit")
    assert is_json(answers[-1], "UNAVAILABLE")


@pytest.mark.parametrize("conf", ["index.conf", "tls.conf"])
def test_clients_can_read_what_nginx_refuses_for_the_index(house, conf):
    """400, 413 and 414 that come before the index is asked."""
    house.expect("too large|too long|client sent")
    house.certificate()
    house.index_worker()
    nginx = house.example(conf)
    client = (nginx.client(8500) if conf == "index.conf"
              else nginx.client(8443, tls=trusting()))
    # short addresses have a location of their own
    answer = client.get("/r/none/app:1", [("Accept", "text/html")])
    assert answer.status == 404
    assert answer.header("Content-Type") == "application/problem+json"
    assert answer.header("Vary") == "Accept"
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    for status, answer in (
            (200, client.get("/token?scope=" + 30000 * "x")),
            (414, client.get("/token?scope=" + 50000 * "x")),
            (400, client.get("/token", [("X", 50000 * "x")])),
            (400, client.get("/token?x", [("Content-Length", "x")])),
            (413, client.post("/token", form, 70000 * b"x")),
            (413, client.post("/token", form, 2000000 * b"x"))):
        assert answer.status == status, answer
        assert answer.header("Content-Type") == "application/json", answer
        assert status == 200 or len(answer.codes()) == 1
    # what is no client's of a registry stays a page
    assert client.get("/tokens?" + 50000 * "x").header(
        "Content-Type") == "text/html"


def test_json_log(house):
    nginx, index = house.with_index()
    index.add_account("admin", PASSWORD, "--admin")
    client = nginx.client(8500).login(
        ["repository:admin/app:pull,push"], "admin", PASSWORD)
    log = Path(house.dir, "registry.json.log")

    def blobs():
        return [json.loads(line) for line in log.read_text().splitlines()
                if '"blob_get"' in line]

    def is_seen():
        """What memcached does not answer in time comes from elsewhere."""
        before = len(blobs()) if log.exists() else 0
        _push_and_pull(client)
        wait_until(lambda: len(blobs()) == before + 3, 60, "the log")
        return (blobs()[-1]["verdict_source"] == "zone"
                and '"verdict_source":"memcached"' in log.read_text())
    wait_until(is_seen, 60, "verdicts from the zone and from memcached")
    last = blobs()[-1]
    nginx.stop()
    text = log.read_text()
    assert client.token not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert last["repository"] == "admin/app"
    assert last["account"] == "admin"
    assert last["digest"].startswith("sha256:")
    assert last["verdict_source"] == "zone"
    assert {line["verdict_source"] for line in lines} >= {"", "zone",
                                                          "memcached"}


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_tls(house, version):
    authority = house.certificate()
    house.registry_worker()
    index = house.index_worker(memcached=[house.memcached()])
    nginx = house.example("tls.conf")
    index.add_account("admin", PASSWORD, "--admin")
    context = trusting(authority)
    context.minimum_version = getattr(ssl.TLSVersion, version)
    context.maximum_version = context.minimum_version
    client = nginx.client(8443, tls=context)
    asked = client.get("/v2/")
    assert asked.status == 401
    assert asked.challenge()["realm"] == (
        "https://127.0.0.1:%d/token" % client.port)
    _push_and_pull(client.login(["repository:admin/app:pull,push"], "admin",
                                PASSWORD))


def test_http2(house, tmp_path):
    house.certificate()
    house.registry_worker()
    index = house.index_worker(memcached=[house.memcached()])
    nginx = house.example("tls.conf")
    index.add_account("admin", PASSWORD, "--admin")
    client = nginx.client(8443, tls=trusting()).login(
        ["repository:admin/app:pull,push"], "admin", PASSWORD)
    data = images.blob(3000000)
    (tmp_path / "data").write_bytes(data)
    location = client.start_upload("admin/app")

    def curl(*words):
        return subprocess.run(
            ["/usr/bin/curl", "-sk", "--http2", "-H",
             "Authorization: Bearer " + client.token, "-w",
             "%{http_version} %{http_code}", *words], check=True,
            capture_output=True, text=True).stdout

    base = "https://127.0.0.1:%d" % client.port
    joint = "&" if "?" in location else "?"
    assert curl("-T", tmp_path / "data", base + location + joint + "digest="
                + images.sha256(data)).endswith("2 201")
    assert curl("-o", tmp_path / "back", "%s/v2/admin/app/blobs/%s" % (
        base, images.sha256(data))) == "2 200"
    assert (tmp_path / "back").read_bytes() == data


def _verdict_keys(house):
    """verdict.key with the keys of all indexes."""
    path = Path(house.dir, "verdict.key")
    path.touch(0o600)
    path.write_text("".join(sorted(
        key.read_text() for key in Path(house.dir).glob("verdict-*.key"))))


@pytest.mark.parametrize("example", ["tenants.conf", "tenants_map.conf"])
def test_tenants(house, example):
    house.registry_worker()
    memcached = house.memcached()
    for name in ("alpha", "beta"):
        index = house.index_worker(memcached=[memcached],
                                   name=name + "-index")
        index.add_account("admin", PASSWORD, "--admin")
        Path(house.dir, "store", name).mkdir(parents=True)
    _verdict_keys(house)
    nginx = house.example(example)
    client = nginx.client(8500)
    hosts = {name: [("Host", "registry.%s.example" % name)]
             for name in ("alpha", "beta")}

    def token(name):
        answer = client.get(
            "/token?scope=repository:admin/app:pull,push", hosts[name] + [
                ("Authorization", "Basic YWRtaW46Y29ycmVjdCBob3JzZQ==")])
        assert answer.status == 200, answer
        return [("Authorization", "Bearer " + answer.json()["token"])]

    alpha, beta = token("alpha"), token("beta")
    path = "/v2/admin/app/manifests/1"
    data = images.blob(1000)
    wanted = images.sha256(data)
    uploaded = client.post("/v2/admin/app/blobs/uploads/?digest=" + wanted,
                           hosts["alpha"] + alpha, data)
    assert uploaded.status == 201, uploaded
    blob = "/v2/admin/app/blobs/" + wanted
    assert client.get(blob, hosts["alpha"] + alpha).body == data
    assert client.get(blob, hosts["beta"] + beta).status == 404
    # A token of one is nothing to the other.
    assert client.get(blob, hosts["alpha"] + beta).status == 401
    assert client.get(path, hosts["beta"] + alpha).status == 401
    assert client.get("/v2/").status == 404
    assert client.get("/metrics").status == 200
    assert client.get("/metrics", hosts["alpha"]).status == 404
    log = Path(house.dir, "registry.json.log")
    wait_until(lambda: len(log.read_text().splitlines()) == 9, 60,
               "the log of nine requests")
    # In no order: several workers write it.
    servers = [json.loads(line)["server"]
               for line in log.read_text().splitlines()]
    beta = "alpha" if example == "tenants_map.conf" else "beta"
    assert sorted(servers) == sorted(
        [""] + 5 * ["registry.alpha.example"]
        + 3 * ["registry.%s.example" % beta])


def test_a_tenant_of_the_map_without_a_directory(house):
    """It has an index, which lets it push, but its store does not exist."""
    house.registry_worker()
    index = house.index_worker(memcached=[house.memcached()],
                               name="alpha-index")
    index.add_account("admin", PASSWORD, "--admin")
    _verdict_keys(house)
    client = house.example("tenants_map.conf").client(8500)
    host = [("Host", "registry.alpha.example")]
    answer = client.get("/token?scope=repository:admin/app:pull,push",
                        host + basic("admin:" + PASSWORD))
    host.append(("Authorization", "Bearer " + answer.json()["token"]))
    answer = client.post("/v2/admin/app/blobs/uploads/", host)
    assert (answer.status, answer.codes()) == (404, ["NAME_UNKNOWN"])
    assert not Path(house.dir, "store").exists()
    Path(house.dir, "store/alpha").mkdir(parents=True)
    assert client.post("/v2/admin/app/blobs/uploads/", host).status == 202
