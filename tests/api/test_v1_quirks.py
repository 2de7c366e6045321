"""What docker 1.x depends on, of what nginx does: each request on a connection
of its own, bodies without a length, answers that no filter touches."""

import gzip
import http.client
import io
import json
import tarfile

import pytest

from testenv import images, shared_house
from testenv.v1 import V1Client
from testenv.v1_images import V1Image, chain_1_6
from testenv.v1_site import V1Site

NAME = "alice/quirks"


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        made = V1Site(house, "alice", "bob", http="""
            gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;""")
        made.chain = chain_1_6()
        made.docker("1.6.2", "alice").push(NAME, made.chain)
        yield made


@pytest.fixture
def docker(site):
    """With a token to push."""
    made = site.docker("1.6.2", "alice")
    assert made.allocate(NAME).status == 200
    return made


def image(letter, layer):
    image_id = 64 * letter
    return V1Image(image_id, None, b'{"id":"%s"}' % image_id.encode(), layer)


def layer(seed, size):
    """A file in a tar in gzip."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo("file")
        entry.size = size
        tar.addfile(entry, io.BytesIO(images.blob(size, seed)))
    return gzip.compress(out.getvalue(), 0)


def large(seed):
    """A layer of more than any other body may have."""
    return layer(seed, 6 << 20)


def test_a_layer_without_a_length(docker):
    """Chunks, more than client_max_body_size has by default and than a
    manifest may have; nothing answers 411."""
    made = image("1", large("chunked"))
    assert docker.put_json(made).status == 200
    answer = docker.put_layer(made)
    assert answer.status == 200, answer
    assert docker.put_checksum(made).status == 200
    got = docker.layer(made.id)
    assert got.status == 200 and got.body == made.layer


def test_a_layer_with_a_length_or_without_a_type(docker):
    """Other clients say how long it is; docker before 1.2 not what."""
    for letter, headers, is_chunked in (
            ("2", [], False), ("3", [("Content-Type", None)], True)):
        made = image(letter, large(letter))
        assert docker.put_json(made).status == 200
        answer = docker._registry(
            "PUT", "/v1/images/%s/layer" % made.id, None, headers, made.layer,
            is_chunked=is_chunked)
        assert answer.status == 200, answer
        assert docker.put_checksum(made).status == 200


def test_a_checksum_without_a_body(docker):
    made = image("4", layer("small", 10))
    assert docker.put_json(made).status == 200
    assert docker.put_layer(made).status == 200
    answer = docker.put_checksum(made)
    assert answer.status == 200, answer
    sent = dict(docker.steps[-1].headers)
    assert docker.steps[-1].body is None and "Content-Type" not in sent


def test_each_request_has_its_connection(site, docker):
    """nginx closes it, with the answer whole."""
    leaf = site.chain[-1]
    assert docker.pull(NAME, "latest")
    for step in docker.steps:
        assert step.header("Connection") == ["close"]
        assert step.answer.header("Connection") == "close"
    assert docker.layer(leaf.id).body == leaf.layer


def test_a_refusal_is_read_while_the_layer_is_sent(site):
    """docker sends all of it first; a connection that is reset would be a
    network error and not a 401."""
    stranger = site.docker("1.6.2", "bob")
    stranger.tokens = ['signature=x,repository="%s",access=write' % NAME]
    made = image("5", large("refused"))
    for put in stranger.put_json, stranger.put_layer, stranger.put_checksum:
        answer = put(made)
        assert answer.status == 401
        assert answer.json() == {"error": "Requires authorization"}
        assert answer.header("WWW-Authenticate") == "Token"


def test_gzip_of_the_server_spares_layers(site, docker):
    """And X-Docker-Size is the layer's, whatever the JSON's length is."""
    for made in site.chain:
        got = docker.layer(made.id)
        assert "Accept-Encoding" in dict(docker.steps[-1].headers)
        assert got.header("Content-Encoding") is None
        assert got.body == made.layer
        assert int(got.header("Content-Length")) == len(made.layer)
        text = docker.json(made.id)
        assert text.header("X-Docker-Size") == str(len(made.layer))
        assert text.body == made.json


def test_nothing_is_redirected(site, docker):
    """docker would send no token to where a redirect leads."""
    leaf = site.chain[-1].id
    for path in ("/v1/images/%s/layer", "/v1/images/%s/layer/",
                 "/v1/images/%s/json/", "/v1/images/%s/ancestry/"):
        assert docker._registry("GET", path % leaf).status == 200
    for path in "tags/", "tags/latest/":
        assert docker._registry(
            "GET", "/v1/repositories/%s/%s" % (NAME, path)).status == 200


def test_a_tag_that_is_missing_is_no_refusal(site, docker):
    """docker would say that it cannot reach any endpoint."""
    assert docker.tag(NAME, "none").status == 404
    empty = site.docker("1.6.2", "alice")
    assert empty.allocate("alice/empty").status == 200
    assert empty.tags("alice/empty").status == 404


def test_a_tag_is_a_string(site, docker):
    """In quotes; all of them are a flat object of strings."""
    leaf = site.chain[-1].id
    assert docker.tag(NAME, "latest").body == b'"%s"' % leaf.encode()
    assert docker.tags(NAME).json() == {"latest": leaf}


def test_a_push_by_id(site):
    """docker up to 1.5 asks no Index then, and has no token."""
    made, docker = image("6", layer("by id", 10)), site.docker("1.6.2", "alice")
    for put in docker.put_json, docker.put_layer, docker.put_checksum:
        answer = put(made)
        assert docker.steps[-1].header("Authorization") == ["Token "]
        assert answer.status == 401, answer


def test_what_docker2aci_asks(site):
    """All tags of the first endpoint, with what cookies came."""
    site.publish(NAME)
    client = V1Client("1.10.3", site.port)
    assert "Docker-Distribution-API-Version" not in client.request(
        "GET", "/v2/").headers
    assert client.request("GET", "/v1/_ping").status == 200
    answer = client.images(NAME)
    assert answer.status == 200
    cookies = [("Cookie", value)
               for value in answer.headers.get_all("Set-Cookie") or []]
    leaf = client.request("GET", "/v1/repositories/%s/tags" % NAME, headers=[
        *client._token(), *cookies]).json()["latest"]
    found = client.ancestry(leaf).json()
    assert found == [one.id for one in reversed(site.chain)]
    for made in site.chain:
        assert client.json(made.id).status == 200
        assert client.layer(made.id).body == made.layer


def test_endpoints_have_no_scheme(site, docker):
    """docker takes the one of the Index."""
    assert docker.endpoints == [("127.0.0.1", site.port)]
    for step in docker.steps:
        for value in step.answer.headers.get_all("X-Docker-Endpoints") or []:
            assert "/" not in value


def test_anonymous_basic(site):
    """What docker 1.6 sends without a login: no error on what is public."""
    site.publish(NAME)
    client = http.client.HTTPConnection("127.0.0.1", site.port)
    client.request("GET", "/v1/repositories/%s/images" % NAME, headers={
        "Authorization": "Basic Og==", "X-Docker-Token": "true"})
    answer = client.getresponse()
    assert answer.status == 200
    assert isinstance(json.loads(answer.read()), list)
    client.close()
    anonymous = V1Client("1.6.2", site.port)
    assert anonymous.pull(NAME, "latest")
