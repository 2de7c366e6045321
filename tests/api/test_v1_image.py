"""An image of the original protocol: json, layer, checksum, and every refusal
on the way."""

import json

import pytest

from testenv import shared_house
from testenv.v1_images import V1Image, chain_1_6, chain_1_10
from testenv.v1_site import V1Site

NAME = "alice/app"


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        yield V1Site(house, "alice", "bob")


@pytest.fixture
def docker(site):
    client = site.docker("1.6.2", "alice")
    assert client.allocate(NAME).status == 200
    return client


def error(answer, status, text):
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "application/json"
    assert answer.json() == {"error": text}


def true(answer):
    assert (answer.status, answer.body) == (200, b"true"), answer


def push(docker, image):
    true(docker.put_json(image))
    true(docker.put_layer(image))
    true(docker.put_checksum(image))


@pytest.mark.parametrize("chain", [chain_1_6, chain_1_10])
def test_a_chain(docker, chain):
    images = chain(seed="chain")
    for image in images:
        error(docker.json(image.id), 404, "Image not found")
        push(docker, image)
    for at, image in enumerate(images):
        answer = docker.json(image.id)
        assert (answer.status, answer.body) == (200, image.json)
        assert answer.header("X-Docker-Size") == str(len(image.layer))
        assert answer.header("X-Docker-Checksum-Payload") == image.payload()
        assert answer.header("X-Docker-Checksum") == image.tarsum()
        assert docker.layer(image.id).body == image.layer
        assert docker.ancestry(image.id).json() == [
            one.id for one in reversed(images[:at + 1])]


def test_while_it_is_uploaded(docker):
    [image] = chain_1_6(1, seed="uploading")
    text = "Image is being uploaded, retry later"
    error(docker.put_layer(image), 404, "Image not found")
    error(docker.put_checksum(image), 404, "Image not found")
    for _ in range(2):
        true(docker.put_json(image))
        for get in (docker.json, docker.ancestry, docker.layer, docker.files,
                    docker.diff):
            error(get(image.id), 400, text)
    error(docker.put_checksum(image), 400, "Checksum mismatch")
    for _ in range(2):
        true(docker.put_layer(image))
        error(docker.json(image.id), 400, text)
    true(docker.put_checksum(image))
    error(docker.put_json(image), 409, "Image already exists")
    error(docker.put_layer(image), 409, "Image already exists")
    error(docker.put_checksum(image), 409, "Cannot set this image checksum")
    assert docker.json(image.id).body == image.json


def test_checksums(docker):
    [image] = chain_1_6(1, seed="sums")
    wrong = "sha256:" + 64 * "0"
    none = [("X-Docker-Checksum", None), ("X-Docker-Checksum-Payload", None)]
    true(docker.put_json(image))
    true(docker.put_layer(image))
    error(docker.put_checksum(image, payload=wrong), 400, "Checksum mismatch")
    answer = docker.request(
        "PUT", "/v1/images/%s/checksum" % image.id, headers=docker._token())
    error(answer, 400, "Missing Image's checksum")
    error(docker.put_checksum(image, more=none[1:], tarsum="tarsum+" + wrong),
          400, "Checksum mismatch")
    error(docker.json(image.id), 400, "Image is being uploaded, retry later")
    # The tar's sum alone, as before docker 0.10.
    answer = docker.request(
        "PUT", "/v1/images/%s/checksum" % image.id,
        headers=[*docker._token(), ("X-Docker-Checksum", image.tarsum())])
    true(answer)


def test_another_json_after_the_layer(docker):
    """The sums are of both."""
    [image] = chain_1_6(1, seed="other json")
    other = V1Image(image.id, None, b'{"id":"%s"}' % image.id.encode(),
                    image.layer)
    true(docker.put_json(image))
    true(docker.put_layer(image))
    true(docker.put_json(other))
    error(docker.put_checksum(image), 400, "Checksum mismatch")
    error(docker.put_checksum(other), 400, "Checksum mismatch")
    true(docker.put_layer(other))
    true(docker.put_checksum(other))
    assert docker.json(image.id).body == other.json


@pytest.mark.parametrize("body, text", [
    (b"", "Invalid JSON"), (b"[]", "Invalid JSON"), (b'"x"', "Invalid JSON"),
    (b'{"id":', "Invalid JSON"), (b"{}", "Missing key `id' in JSON"),
    (b'{"id":null}', "Missing key `id' in JSON"),
    (b'{"id":7}', "JSON data contains invalid id"),
    (b'{"id":"%s"}' % (64 * b"e"), "JSON data contains invalid id"),
    (b'{"id":"%s","parent":"%s"}' % (64 * b"f", 64 * b"e"),
     "Image depends on a non existing parent"),
    (b'{"id":"%s","parent":"%s"}' % (64 * b"f", 64 * b"f"),
     "Image depends on a non existing parent"),
    (b'{"id":"%s","parent":"../x"}' % (64 * b"f"),
     "Image depends on a non existing parent"),
    (b'{"id":"%s","parent":[]}' % (64 * b"f"),
     "Image depends on a non existing parent")])
def test_bad_json(docker, body, text):
    image = V1Image(64 * "f", None, body, b"")
    error(docker.put_json(image), 400, text)
    error(docker.json(image.id), 404, "Image not found")


def test_a_large_json(docker):
    image = V1Image(64 * "f", None, json.dumps(
        {"id": 64 * "f", "comment": "x" * (1 << 20)}).encode(), b"")
    assert docker.put_json(image).status == 413


@pytest.mark.parametrize("image_id", ["x", 15 * "a", 63 * "a", 65 * "a",
                                      64 * "A"])
def test_bad_ids(docker, image_id):
    assert docker.json(image_id).status == 404
    assert docker.put_json(V1Image(image_id, None, b"{}", b"")).status == 404


def test_an_id_belongs_to_its_repository(site, docker):
    """Another repository may have other bytes under it."""
    [image] = chain_1_6(1, seed="scoped")
    push(docker, image)
    bob = site.docker("1.6.2", "bob")
    assert bob.allocate("bob/app").status == 200
    error(bob.json(image.id), 404, "Image not found")
    error(bob.put_json(chain_1_6(2, seed="child")[1]), 400,
          "Image depends on a non existing parent")
    [other] = chain_1_6(1, size=77, seed="theirs")
    other = V1Image(image.id, None, b'{"id":"%s"}' % image.id.encode(),
                    other.layer)
    push(bob, other)
    assert bob.layer(image.id).body == other.layer
    assert docker.layer(image.id).body == image.layer


def test_a_token_to_read_writes_nothing(docker):
    docker.images(NAME)
    [image] = chain_1_6(1, seed="reader")
    for put in (docker.put_json, docker.put_layer, docker.put_checksum):
        answer = put(image)
        error(answer, 401, "Requires authorization")
        assert answer.header("WWW-Authenticate") == "Token"
    error(docker.registry_delete(NAME), 401, "Requires authorization")


def test_no_token(docker):
    docker.tokens = []
    error(docker.json(64 * "a"), 401, "Requires authorization")
