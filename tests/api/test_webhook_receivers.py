"""Receivers that the courier must not trust: certificates, names that resolve
to something else, and answers that never end."""

import os
import time
from pathlib import Path

import pytest

from testenv.certificates import Authority
from testenv.process import WAIT_SECONDS, wait_until
from testenv.webhooks import LOOPBACK, RawSink
from testenv.webhooks import site, world  # fixtures

REFUSED = "its address is neither public nor in --allow"
KEPT = 4096  # fcgi_core/http.h


# --- certificates -----------------------------------------------------------

@pytest.fixture(scope="module")
def authority(site):
    return Authority(site.house.dir)


def send(world, sink, **courier):
    """(status, error) of the first attempt."""
    hook = world.hook(sink.url)
    world.courier(**courier)
    world.push(world.app, "1")
    attempt = world.attempted(hook, 1)["log"][0]
    return attempt["status"], attempt["error"]


def test_a_certificate_of_the_operators_ca_is_accepted(world, authority):
    sink = world.sink(tls=authority.issue("good"))
    assert send(world, sink, SLIPWAY_COURIER_CA=str(authority.file)) == (
        200, None)


@pytest.mark.parametrize("how, error", [
    ({"days": -1}, "expired"),
    ({"names": ["other.example"]}, "match"),
    ({"names": ["127.0.0.2", "localhost"]}, "match"),
    ({"names": []}, "match")])
def test_a_bad_certificate_is_refused(world, authority, how, error):
    sink = world.sink(tls=authority.issue("bad", **how))
    status, text = send(world, sink, SLIPWAY_COURIER_CA=str(authority.file))
    assert status is None and error in text
    assert sink.requests == []


def test_an_unknown_ca_is_refused(world, authority):
    """Another one than the operator's, and the operator's where it is not
    set."""
    other = Authority(world.site.house.dir, "Other CA")
    sink = world.sink(tls=other.issue("other"))
    assert send(world, sink, SLIPWAY_COURIER_CA=str(authority.file))[0] is None
    sink = world.sink(tls=authority.issue("good"))
    status, text = send(world, sink)
    assert status is None and "certificate" in text
    assert sink.requests == []


def test_a_self_signed_certificate_is_refused(world, authority):
    world.site.house.certificate()
    directory = world.site.house.dir
    sink = world.sink(tls=(directory + "/tls.pem", directory + "/tls.key"))
    status, text = send(world, sink, SLIPWAY_COURIER_CA=str(authority.file))
    assert status is None and "certificate" in text
    assert sink.requests == []


# --- names ------------------------------------------------------------------

AS_ROOT = pytest.mark.skipif(os.getuid() != 0,
                             reason="a network of its own needs root")


class Network:
    """A courier in a network where names resolve as resolver.py says."""

    def __init__(self, world, **how):
        self.world = world
        self.directory = Path(world.site.house.dir)
        for name in ("requests", "queries"):
            (self.directory / name).unlink(missing_ok=True)
        self.courier = world.courier(names=True, allow="", **how)

    def lines(self, name):
        path = self.directory / name
        return path.read_text().splitlines() if path.exists() else []

    def send(self, host):
        """The first attempt."""
        hook = self.world.hook("http://%s/" % host)
        self.world.push(self.world.app, "1")
        try:
            return self.world.attempted(hook, 1)["log"][0]
        finally:
            self.world.alice.delete("%s/%d" % (self.world.hooks, hook["id"]))


@AS_ROOT
def test_a_name_is_resolved_once_and_that_address_is_used(world):
    """The next answer would be 127.0.0.1; once it is, it is refused."""
    network = Network(world)
    assert network.send("flips.test")["status"] == 204
    assert network.lines("requests") == ["8.8.8.8"]
    assert network.lines("queries").count("flips.test 1") == 1
    network.courier.kill()
    network.courier.start()
    attempt = network.send("flips.test")
    assert (attempt["status"], attempt["error"]) == (None, REFUSED)
    assert network.lines("requests") == ["8.8.8.8"]


@AS_ROOT
def test_names_of_private_addresses_are_refused(world):
    network = Network(world)
    assert network.send("public.test")["status"] == 204
    for name in ("flipped", "both", "local", "mapped", "compatible", "nat64",
                 "sixtofour", "loopback6"):
        attempt = network.send(name + ".test")
        assert (attempt["status"], attempt["error"]) == (None, REFUSED), name
        assert attempt["response_body"] == attempt["response_headers"] == ""
    assert network.lines("requests") == ["8.8.8.8"]


# --- answers ----------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"


def _forever(connection, bytes_, pause=0.0):
    while True:
        connection.sendall(bytes_)
        time.sleep(pause)


def _drip_headers(connection):
    connection.sendall(HEAD)
    _forever(connection, b"X", 0.05)


def _drip_body(connection):
    connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
    _forever(connection, b"x", 0.05)


def _long_line(connection):
    connection.sendall(HEAD + b"X: ")
    _forever(connection, b"x" * 4096)


def _many_headers(connection):
    connection.sendall(HEAD)
    _forever(connection, b"X-Y: z\r\n" * 512)


def _continue(connection):
    _forever(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 64)


def _chunks(connection):
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")


def _short(connection):
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nabc")


HOSTILE = {
    "hangs": lambda connection: time.sleep(WAIT_SECONDS),
    "drips headers": _drip_headers, "drips a body": _drip_body,
    "a line without an end": _long_line, "headers without an end": _many_headers,
    "100 without an end": _continue, "broken chunks": _chunks,
    "a short body": _short, "closes": lambda connection: None,
    "no HTTP": lambda connection: connection.sendall(b"SSH-2.0-x\r\n" * 9)}


def test_hostile_answers_delay_no_other(world):
    sinks = {name: RawSink(serve) for name, serve in HOSTILE.items()}
    hooks = {name: world.hook(sink.url) for name, sink in sinks.items()}
    fast = world.sink()
    world.hook(fast.url)
    courier = world.courier(timeout="2s")
    begin = time.monotonic()
    for tag in ("1", "2", "3"):
        world.push(world.app, tag)
    fast.wait(3)
    assert time.monotonic() - begin < 2, "a timeout was waited for"
    for name, hook in hooks.items():
        for n in range(3):
            wait_until(lambda: world.log(hook, n)["log"], WAIT_SECONDS, name)
            attempt = world.log(hook, n)["log"][0]
            assert attempt["status"] is None and attempt["error"], name
            assert attempt["milliseconds"] < 4000, name
            assert len(attempt["response_headers"]) <= KEPT, name
            assert len(attempt["response_body"]) <= KEPT, name
        assert sinks[name].n >= 3
    assert courier.is_running()
    for sink in sinks.values():
        sink.stop()


def test_a_body_without_an_end_is_cut_off(world):
    def serve(connection):
        connection.sendall(HEAD + b"\r\n")
        _forever(connection, b"x" * 65536)

    sink = RawSink(serve)
    hook = world.hook(sink.url)
    world.courier(timeout="2s")
    world.push(world.app, "1")
    attempt = world.attempted(hook, 1)["log"][0]
    assert attempt["status"] == 200 and attempt["milliseconds"] < 2000
    assert attempt["response_body"] == "x" * KEPT
    sink.stop()
