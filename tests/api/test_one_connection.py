"""What nginx remembers of a connection's token: no more than its verdict, and
no longer."""

import http.client

import pytest

from testenv import House
from testenv.accounts import Accounts, scope, verdict
from testenv.http2 import Http2
from testenv.images import sha256
from testenv.process import wait_until

DATA = b"held"
NAME, SHORT = "alice/app", "short/app"

HTTP = """log_format who "$request_uri $registry_account";"""

# Where a verdict is kept for a moment, and not for an hour; and where tokens
# of another service count.
SERVER = """
    listen     127.0.0.1:8501 http2;
    access_log %%DIR%%/who.log who;
    location ^~ /v2/short/ {
        registry               on;
        registry_root          %%DIR%%/store;
        registry_verdict_valid 300ms;
        fastcgi_pass           unix:%%DIR%%/registry.sock;
        include                %%CONF%%/registry_params;
    }
    location ^~ /v2/other/ {
        registry         on;
        registry_root    %%DIR%%/store;
        registry_service other.test;
        fastcgi_pass     unix:%%DIR%%/registry.sock;
        include          %%CONF%%/registry_params;
    }"""


def blob(name):
    return "/v2/%s/blobs/%s" % (name, sha256(DATA))


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    try:
        made = Accounts(house, "alice", valid="1h", patience="60s",
                        http=HTTP, server=SERVER)
        for name in (NAME, SHORT):
            grant = verdict([scope(name)])
            made.open.with_token(made.sign(grant)).push_blob(name, DATA)
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


class Connection:
    """Requests of a single connection, which must not end."""

    def __init__(self, world):
        self._http = http.client.HTTPConnection(
            "127.0.0.1", world.house.port(8500), timeout=60)
        self._http.connect()
        self._socket = self._http.sock

    def get(self, name, token):
        self._http.request("GET", blob(name), headers={
            "Authorization": "Bearer " + token})
        answer = self._http.getresponse()
        answer.read()
        assert self._http.sock is self._socket
        return answer.status


def granted(world, name, account="alice", **how):
    return world.sign(verdict([scope(name, "pull")], account=account, **how))


def test_tokens_in_turns(world):
    """Of one length, a longer one, and one that is wrong at its end."""
    good, other = granted(world, NAME), granted(world, "other/app")
    long, huge = (world.sign(verdict(n * [scope("more/app")] + [scope(NAME)]))
                  for n in (9, 150))
    assert len(good) == len(other) < len(long) < len(huge)
    end = "A" if good[-1] != "A" else "B"
    connection = Connection(world)
    for _ in range(4):
        for token, status in ((good, 200), (good, 200), (other, 401),
                              (other, 401), (long, 200), (long, 200),
                              (good[:-1] + end, 401), (good[:-1], 401),
                              (good + "A", 401), (good, 200), (good, 200),
                              (end + good[1:], 401)):
            assert connection.get(NAME, token) == status, token


def test_another_location(world):
    """What is good in one location need not be in another one."""
    token = world.sign(verdict([scope(NAME), scope("other/app")]))
    connection = Connection(world)
    for _ in range(4):
        assert connection.get(NAME, token) == 200
        assert connection.get(NAME, token) == 200
        assert connection.get("other/app", token) == 401


def test_a_token_that_ends(world):
    token = granted(world, NAME, expires=3)
    connection = Connection(world)
    assert connection.get(NAME, token) == connection.get(NAME, token) == 200
    wait_until(lambda: connection.get(NAME, token) == 401, 30,
               "the token to end")


def test_a_verdict_that_changes(world):
    """Requests do not make it stay longer than the zone would keep it."""
    token = granted(world, SHORT)
    connection = Connection(world)

    def put(*grants):
        world.put(token, world.seal(verdict(grants), token))
    put(scope(SHORT))
    for _ in range(50):
        assert connection.get(SHORT, token) == 200
    put()
    wait_until(lambda: connection.get(SHORT, token) == 401, 30,
               "the other verdict")


def test_streams_with_two_tokens(world):
    """A request keeps its verdict while another one brings its own."""
    tokens = [granted(world, NAME, account=name) for name in ("first",
                                                              "other")]
    link = world.house.dir + (
        "/store/docker/registry/v2/repositories/%s/_layers/sha256/%s/link"
        % (NAME, sha256(DATA)[7:]))
    waits, base = blob(NAME) + "?waits", "/v2/%s/tags/list" % NAME

    def request(c, stream, path, token):
        c.request(stream, "GET", path, [("authorization", "Bearer " + token)],
                  is_whole=True)

    with Http2(world.house.port(8501)) as c:
        for stream in (1, 3, 5, 7):
            request(c, stream, blob(NAME), tokens[stream < 5])
            assert c.answers(stream)[stream][0] == 200
        with open(link, "w"):
            pass
        try:
            request(c, 9, waits, tokens[0])
            for stream in (11, 13):
                request(c, stream, base, tokens[1])
            assert c.answers(9)[9][0] == 404
        finally:
            with open(link, "w") as f:
                f.write(sha256(DATA))
    log = world.house.dir + "/who.log"
    wait_until(lambda: waits in open(log).read(), 30, "the request's line")
    assert waits + " first\n" in open(log).read()
