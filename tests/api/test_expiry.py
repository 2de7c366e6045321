"""A token that ends in the middle of a push or a pull does not end it."""

import time

import pytest

from testenv import images
from testenv.accounts import Accounts, scope, verdict
from testenv.images import sha256
from testenv.process import wait_until

NAME = "alice/app"
DATA = images.blob(1500000, "expiry")
DIGEST = sha256(DATA)


@pytest.fixture(scope="module")
def world(accounts):
    accounts.client("alice", scope(NAME)).push_blob(NAME, b"held")
    return accounts


def short(world, seconds=2):
    """A client whose token ends soon, and the time when it does."""
    until = int(time.time()) + seconds
    token = world.sign(verdict([scope(NAME)], expires=0).replace(
        "expires %d" % (until - seconds), "expires %d" % until))
    return world.open.with_token(token), until


def wait_for(until):
    wait_until(lambda: time.time() > until + 0.1, 5, "the token's end")


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_body_that_outlasts_its_token(world, is_chunked):
    client, until = short(world)
    location = client.start_upload(NAME)
    begun = []

    def pieces():
        yield DATA[:500000]
        begun.append(time.time())
        wait_for(until)
        yield DATA[500000:]

    headers = [] if is_chunked else [("Content-Length", str(len(DATA)))]
    answer = client.patch(location, headers, pieces(), is_chunked=is_chunked)
    assert begun[0] < until
    assert answer.status == 202, answer
    # The next request needs a token that holds; the session is as it was.
    answer = client.put(location + "?digest=" + DIGEST)
    assert answer.status == 401
    assert answer.challenge()["error"] == "invalid_token"
    assert answer.challenge()["scope"] == scope(NAME)
    fresh = world.client("alice", scope(NAME))
    assert fresh.put(location + "?digest=" + DIGEST).status == 201
    assert fresh.blob(NAME, DIGEST).body == DATA


def test_a_commit_with_a_body(world):
    client, until = short(world)
    data = DATA + b"put"
    location = client.start_upload(NAME)

    def pieces():
        yield data[:500000]
        wait_for(until)
        yield data[500000:]

    answer = client.put(location + "?digest=" + sha256(data), [
        ("Content-Length", str(len(data)))], pieces())
    assert answer.status == 201, answer


def test_a_manifest(world):
    """Its body goes another way than that of an upload."""
    image = images.Image(size=200000)
    fresh = world.client("alice", scope(NAME))
    for data in image.blobs():
        fresh.push_blob(NAME, data)
    client, until = short(world)
    body = image.manifest.data

    def pieces():
        yield body[:50]
        wait_for(until)
        yield body[50:]

    answer = client.put("/v2/%s/manifests/slow" % NAME, [
        ("Content-Type", image.manifest.media_type),
        ("Content-Length", str(len(body)))], pieces())
    assert answer.status == 201, answer


def test_a_pull(house):
    world = Accounts(house, "alice", location="limit_rate 400k;")
    world.client("alice", scope(NAME)).push_blob(NAME, DATA)
    client, until = short(world)
    answer = client.blob(NAME, DIGEST)
    assert time.time() > until
    assert answer.body == DATA
    assert client.blob(NAME, DIGEST).status == 401


def test_the_clock_of_a_kept_connection(world):
    """Each request is judged by itself."""
    client, until = short(world)
    kept = type(client)(client.port, token=client.token, keep=True)
    path = "/v2/%s/blobs/%s" % (NAME, sha256(b"held"))
    assert kept.get(path).status == 200
    wait_for(until)
    assert kept.get(path).status == 401
