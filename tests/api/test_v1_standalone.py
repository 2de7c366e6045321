"""A registry without an Index, in the original protocol: it answers the Index's
requests itself, and finds images also where a client sends no token that names
their repository (over TLS docker sends a password with every request)."""

import json
import threading
from pathlib import Path

import pytest

from testenv import shared_house
from testenv.client import trusting
from testenv.v1 import V1Client, token_parts
from testenv.v1_images import V1Image, chain_1_6, chain_1_10

CONF = """
    %%GLOBALS%%
    worker_processes 2;
    events {}
    http {
        %%GLOBALS_HTTP%%
        ssl_certificate     %%DIR%%/tls.pem;
        ssl_certificate_key %%DIR%%/tls.key;
        registry_root       %%DIR%%/store;
        client_max_body_size 0;
        server {
            listen 127.0.0.1:8600;
            listen 127.0.0.1:8443 ssl;
            location ^~ /v1/ {
                registry        on;
                registry_layers @layers;
                registry_delete on;
                fastcgi_pass    unix:%%DIR%%/registry.sock;
                include         %%CONF%%/registry_params;
            }
            location @layers {
                registry        on;
                fastcgi_pass    unix:%%DIR%%/layers.sock;
                include         %%CONF%%/registry_params;
            }
        }
        server {
            listen 127.0.0.1:8500;
            location ^~ /v2/ {
                registry        on;
                fastcgi_pass    unix:%%DIR%%/registry.sock;
                include         %%CONF%%/registry_params;
            }
        }
    }"""

NO_ACCOUNTS = {"error": "the registry has no accounts"}


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        house.certificate()
        house.registry_worker()
        house.layers_worker()
        yield house.nginx(CONF)


@pytest.fixture
def plain(site):
    return V1Client("1.6.2", site.house.port(8600))


def over_tls(site, version="1.6.2", login="alice"):
    return V1Client(version, site.house.port(8443), login, "secret",
                    tls=trusting(site.house.dir + "/tls.pem"))


def repositories(site):
    return Path(site.house.dir, "store/docker/registry/v2/repositories")


def same(images, pulled):
    assert [(image.id, image.json, image.layer) for image in images] == [
        (image.id, image.json, image.layer) for image in pulled]


# --- the Index's requests ----------------------------------------------------


def test_a_name_is_allocated_with_a_token_that_names_it(plain):
    answer = plain.allocate("foo/bar", chain_1_6())
    assert (answer.status, answer.body) == (200, b'""')
    token = answer.header("X-Docker-Token")
    assert token_parts(token) == {
        "signature": "standalone", "repository": "foo/bar", "access": "write"}
    assert answer.header("WWW-Authenticate") == "Token " + token
    assert answer.header("X-Docker-Endpoints") == "127.0.0.1:%d" % (
        plain.index[1])
    assert answer.header("Cache-Control") == "private, no-cache"


def test_no_token_for_a_client_that_asks_for_none(plain):
    for headers in ([("X-Docker-Token", None)], [("X-Docker-Token", "yes")],
                    [("Authorization", "Token signature=a")]):
        answer = plain.request("PUT", "/v1/repositories/foo/bar/", body=b"[]",
                               headers=headers)
        assert answer.status == 200
        assert answer.header("X-Docker-Token") is None, headers


@pytest.mark.parametrize("body, text", [
    (b"", "Invalid JSON"), (b"{}", "Invalid JSON"), (b"[", "Invalid JSON"),
    (b'"a"', "Invalid JSON"), (b"[]x", "Invalid JSON"),
    (b"[1]", "Invalid image"), (b"[{}]", "Invalid image"),
    (b'[{"id":1}]', "Invalid image"), (b'[{"id":"abc"}]', "Invalid image"),
    (b'[{"id":"%s"}]' % (b"A" * 64), "Invalid image"),
    (b'[{"id":"%s"},null]' % (b"a" * 64), "Invalid image"),
])
@pytest.mark.parametrize("path", ["/v1/repositories/foo/bar/",
                                  "/v1/repositories/foo/bar/images"])
def test_a_list_of_images_that_is_none(plain, path, body, text):
    answer = plain.request("PUT", path, body=body)
    assert (answer.status, answer.json()) == (400, {"error": text})


def test_a_push_ends_with_204(plain):
    for body in (b"[]", json.dumps(
            [{"id": "a" * 64, "checksum": "tarsum+sha256:x"}]).encode()):
        answer = plain.finalize("foo/bar", body=body)
        assert (answer.status, answer.body) == (204, b"")


def test_images_of_a_repository_that_is_not_there(plain):
    for name in ("foo/none", "none", "library/none"):
        answer = plain.images(name)
        assert (answer.status, answer.json()) == (
            404, {"error": "Repository not found"})


def test_logins(plain):
    assert plain.user_get().body == b'"OK"'
    answer = plain.user_post()
    assert (answer.status, answer.json()) == (401, NO_ACCOUNTS)
    answer = plain.request("PUT", "/v1/users/alice/", body=b"{}")
    assert (answer.status, answer.json()) == (404, NO_ACCOUNTS)
    docker = V1Client("1.6.2", plain.index[1], "alice", "secret")
    assert docker.log_in() is False


def test_tokens_are_good_without_a_look(plain):
    plain.allocate("foo/bar")
    answer = plain.check("foo/bar")
    assert (answer.status, answer.body) == (200, b'"OK"')
    answer = plain.request("DELETE", "/v1/repositories/foo/bar/images",
                           headers=[("X-Docker-Token", "true")])
    assert answer.status == 204
    assert token_parts(answer.header("X-Docker-Token"))["access"] == "delete"


# --- images ------------------------------------------------------------------


@pytest.mark.parametrize("chain", [chain_1_6, chain_1_10])
@pytest.mark.parametrize("version", ["1.6.2", "1.10.3"])
@pytest.mark.parametrize("is_tls", [False, True])
def test_a_push_and_a_pull(site, is_tls, version, chain):
    name = "push/%s-%s-%d" % (version, chain.__name__.replace("_", "-"),
                              is_tls)
    docker = over_tls(site, version) if is_tls else V1Client(
        version, site.house.port(8600))
    images = chain()
    docker.push(name, images, ["latest", "other"])
    same(images, docker.pull(name))
    same(images, docker.pull(name, "other"))
    ids = {item["id"] for item in docker.images(name).json()}
    assert ids == {image.id for image in images}
    assert docker.layer_access(name, images[0].id).json() == {"access": True}
    assert docker.layer_access(name, "f" * 64).json() == {"access": False}
    uploads = repositories(site) / "_v1" / "_uploads"
    assert not uploads.exists() or not list(uploads.iterdir())


def test_what_was_pushed_over_http_is_pulled_over_tls_and_back(site, plain):
    images = chain_1_6()
    plain.push("mixed/http", images)
    same(images, over_tls(site).pull("mixed/http"))
    over_tls(site).push("mixed/tls", images)
    same(images, plain.pull("mixed/tls"))


def test_a_password_with_every_request_names_no_repository(site):
    """What is found without a name, and what is not."""
    docker = over_tls(site)
    docker._hello()
    image = chain_1_6()[0]
    image = V1Image("1" * 64, None, image.json.replace(
        image.id.encode(), b"1" * 64), image.layer)
    assert docker.json(image.id).status == 404
    assert docker.put_json(image).status == 200
    assert docker.json(image.id).status == 400
    assert docker.layer(image.id).status == 400
    assert docker.put_layer(image).status == 200
    assert docker.put_checksum(image).status == 200
    assert docker.json(image.id).body == image.json
    assert docker.put_json(image).status == 409
    assert docker.layer(image.id).status == 404     # until it has a tag
    assert docker.put_tag("unnamed/a", "latest", image.id).status == 200
    assert docker.layer(image.id).body == image.layer
    more = [("Range", "bytes=2-4")]
    assert docker.layer(image.id, more=more).body == image.layer[2:5]


def test_a_parent_that_is_there_already(site):
    """docker does not send again what the registry has."""
    base, *rest = chain_1_6()
    docker = over_tls(site)
    docker.push("parent/base", [base])
    docker.push("parent/app", [base, *rest])
    assert not [step for step in docker.steps[-30:]
                if step.line() == "PUT /v1/images/%s/layer" % base.id
                and step.answer.status != 200]
    same([base, *rest], docker.pull("parent/app"))


def test_a_repository_that_was_deleted_is_not_found_by_its_images(site):
    docker = over_tls(site)
    image = chain_1_6()[0]
    other = V1Image("2" * 64, None, image.json.replace(
        image.id.encode(), b"2" * 64), image.layer)
    docker.push("gone/a", [other])
    assert docker.registry_delete("gone/a").status == 200
    assert docker.registry_delete("gone/a").status == 404
    assert docker.tags("gone/a").status == 404


def test_no_name_leads_to_what_waits(site, plain):
    for name in ("_v1", "_v1/_v1"):
        assert plain.tags(name).status == 400
        answer = plain.json("3" * 64, more=[
            ("Authorization", 'Token signature=a,repository="%s"' % name)])
        assert answer.status == 404
    client = site.client(8500)
    assert client.get("/v2/_v1/tags/list").json()["errors"][0]["code"] == (
        "NAME_INVALID")
    assert "_v1" not in client.get("/v2/_catalog").body.decode()


def test_two_clients_at_once(site):
    """Each image is received by one of them, or by one after the other."""
    images = chain_1_10()
    clients = [over_tls(site, "1.10.3") for _ in range(2)]
    failed = []

    def push(client, name):
        try:
            client.push(name, images)
        except Exception as error:      # shown below
            failed.append(error)

    threads = [threading.Thread(target=push, args=(client, "both/%d" % i))
               for i, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    for i, client in enumerate(clients):
        same(images, client.pull("both/%d" % i))


# --- search ------------------------------------------------------------------


def test_search(site, plain):
    images = chain_1_6()[:1]
    for name in ("find/alpha", "find/beta", "find/alphabet"):
        plain.push(name, images)
    answer = plain.search("ALPHA").json()
    assert [item["name"] for item in answer.pop("results")] == [
        "find/alpha", "find/alphabet"]
    assert answer == {"query": "ALPHA", "num_results": 2, "num_pages": 1,
                      "page": 1, "page_size": 25}
    one = plain.request("GET", "/v1/search?q=find/&n=1&page=2").json()
    assert [item["name"] for item in one["results"]] == ["find/alphabet"]
    assert (one["num_results"], one["num_pages"]) == (3, 3)
    assert one["results"][0] == {
        "name": "find/alphabet", "description": "", "star_count": 0,
        "is_official": False, "is_trusted": False, "is_automated": False}
    assert plain.search("no such name").json()["results"] == []
    assert plain.request("GET", "/v1/search?n=1000").json()["page_size"] == 100
    for query in ("n=x", "page=-1", "q=%", "q=" + 256 * "a"):
        assert plain.request("GET", "/v1/search?" + query).status == 400, query
