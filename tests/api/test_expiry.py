"""A token that ends in the middle of a push or a pull does not end it."""

import http.client
import re
import time

import pytest

from testenv import Response, images
from testenv.accounts import scope, verdict
from testenv.images import sha256
from testenv.process import wait_until

NAME = "alice/app"
DATA = images.blob(1500000, "expiry")
DIGEST = sha256(DATA)


@pytest.fixture(scope="module")
def world(accounts):
    accounts.client("alice", scope(NAME)).push_blob(NAME, b"held")
    return accounts


def short(world, seconds):
    """A client whose token ends soon, and the time when it does."""
    until = int(time.time()) + seconds
    token = world.sign(re.sub(r"(?m)^expires \d+$", "expires %d" % until,
                              verdict([scope(NAME)])))
    return world.open.with_token(token), until


def outlast(world, ask):
    """ask(client, wait) is a request in the middle of which wait() waits for
    the end of the client's token: the client and its answer.  On a slow
    machine a token may end before nginx has seen it; then the next one lives
    longer."""
    for seconds in (2, 5, 15, 45):
        client, until = short(world, seconds)
        answer = ask(client, lambda: wait_for(until))
        if answer.status != 401:
            break
    assert time.time() > until
    return client, answer


def wait_for(until):
    wait_until(lambda: time.time() > until + 0.1, 60, "the token's end")


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_body_that_outlasts_its_token(world, is_chunked):
    fresh = world.client("alice", scope(NAME))
    location = fresh.start_upload(NAME)

    def patch(client, wait):
        def pieces():
            yield DATA[:500000]
            wait()
            yield DATA[500000:]
        headers = [] if is_chunked else [("Content-Length", str(len(DATA)))]
        return client.patch(location, headers, pieces(),
                            is_chunked=is_chunked)

    client, answer = outlast(world, patch)
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
    data = DATA + b"put"
    location = world.client("alice", scope(NAME)).start_upload(NAME)

    def put(client, wait):
        def pieces():
            yield data[:500000]
            wait()
            yield data[500000:]
        return client.put(location + "?digest=" + sha256(data), [
            ("Content-Length", str(len(data)))], pieces())

    _, answer = outlast(world, put)
    assert answer.status == 201, answer


def test_a_manifest(world):
    """Its body goes another way than that of an upload."""
    image = images.Image(size=200000)
    fresh = world.client("alice", scope(NAME))
    for data in image.blobs():
        fresh.push_blob(NAME, data)
    body = image.manifest.data

    def put(client, wait):
        def pieces():
            yield body[:50]
            wait()
            yield body[50:]
        return client.put("/v2/%s/manifests/slow" % NAME, [
            ("Content-Type", image.manifest.media_type),
            ("Content-Length", str(len(body)))], pieces())

    _, answer = outlast(world, put)
    assert answer.status == 201, answer


def test_a_pull(world):
    """Of more than sockets hold, so nginx still sends when the token ends."""
    big = images.blob(32 << 20, "pull")
    path = "/v2/%s/blobs/%s" % (NAME, sha256(big))
    world.client("alice", scope(NAME)).push_blob(NAME, big)

    def pull(client, wait):
        with client.connect() as s:
            s.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                      b"Authorization: Bearer %s\r\n\r\n" % (
                          path.encode(), client.token.encode()))
            answer = http.client.HTTPResponse(s)
            answer.begin()
            wait()
            return Response(answer.status, answer.headers, answer.read())

    client, answer = outlast(world, pull)
    assert answer.body == big
    assert client.get(path).status == 401


def test_the_clock_of_a_kept_connection(world):
    """Each request is judged by itself."""
    path = "/v2/%s/blobs/%s" % (NAME, sha256(b"held"))

    def get(client, wait):
        nonlocal kept
        kept = type(client)(client.port, token=client.token, keep=True)
        answer = kept.get(path)
        wait()
        return answer

    kept = None
    _, answer = outlast(world, get)
    assert answer.status == 200
    assert kept.get(path).status == 401
