"""Where a verdict comes from, and that nothing but a good one grants."""

import re

import pytest

from testenv import House
from testenv.accounts import (OTHER_SERVICE, Accounts, key_of, scope, verdict,
                              verdict_of)
from testenv.images import sha256
from testenv.process import wait_until

DATA = b"held"
DIGEST = sha256(DATA)
NAME = "alice/app"
PATH = "/v2/%s/blobs/%s" % (NAME, DIGEST)


@pytest.fixture(scope="module")
def world(database_server):
    """A registry with the accounts alice and bob, whose zone forgets nothing
    while a test looks."""
    house = House(database_server)
    try:
        made = Accounts(house, "alice", "bob", valid="1h", patience="60s")
        made.client("alice", scope(NAME)).push_blob(NAME, DATA)
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def seen(client):
    answer = client.get(PATH)
    return answer.status, verdict_of(answer)


# --- sources ---------------------------------------------------------------

def test_sources(world):
    client = world.held("alice", scope(NAME, "pull"))
    assert seen(client) == (200, ["memcached", "granted"])
    assert seen(client) == (200, ["zone", "granted"])


def test_the_index_fills_memcached_again(world):
    def refilled():
        """Not by an index that found memcached slow."""
        client = world.client("alice", scope(NAME, "pull"))
        world.memcached[0].flush()
        assert seen(client) == (200, ["index", "granted"])
        assert seen(client) == (200, ["zone", "granted"])
        return world.holds(client.token)
    wait_until(refilled, 60, "memcached to hold a verdict again")


def test_results(world):
    assert seen(world.open) == (401, ["", ""])
    assert seen(world.open.with_token("x"))[1] == ["index", "invalid"]
    assert seen(world.open.with_token("x"))[1] == ["zone", "invalid"]
    assert seen(world.open.with_token("a b"))[1] == ["", "invalid"]
    denied = world.held("bob", scope(NAME, "pull"))
    assert seen(denied) == (401, ["memcached", "denied"])


def test_zone_is_shared_by_workers(world):
    """Every connection may reach another process."""
    client = world.held("alice", scope(NAME, "pull"))
    assert seen(client)[1][0] == "memcached"
    assert len(world.nginx.workers()) == 2
    assert {seen(client)[1][0] for _ in range(8)} == {"zone"}


def test_the_token_is_not_the_key(world):
    client = world.held("alice", scope(NAME, "pull"))
    held = world.memcached[0].ask("get " + key_of(client.token))
    assert held.startswith("VALUE")
    assert client.token not in held
    assert "account alice\n" in held
    assert "grant repository:%s:pull\n" % NAME in held


def test_it_ends_with_its_token(world):
    """memcached forgets the verdict when the token ends, and the index gives
    it no longer life when it fills memcached again."""
    def filled():
        token = world.sign(verdict([scope(NAME)], expires=1000))
        assert seen(world.open.with_token(token))[0] == 200
        return world.holds(token) and token
    token = wait_until(filled, 60, "memcached to hold a verdict")
    held = world.memcached[0].ask("me " + key_of(token))
    assert 800 <= int(re.search(r"exp=-?(\d+)", held)[1]) <= 1000


# --- what memcached may say ------------------------------------------------

GOOD = "grant repository:%s:pull,push\n" % NAME

POISON = {
    "another service": verdict([scope(NAME)], service=OTHER_SERVICE),
    "expired": verdict([scope(NAME)], expires=-1),
    "expired long ago": verdict([scope(NAME)], expires=-10 ** 9),
    "another version": verdict([scope(NAME)], version="2"),
    "version 10": verdict([scope(NAME)], version="10"),
    "no version": verdict([scope(NAME)]).split("\n", 1)[1],
    "no end": verdict([scope(NAME)]).replace("expires", "expired"),
    "negative": "slipway-verdict 1\nexpires -1\nservice registry.test\n"
                + GOOD,
    "too many seconds": "slipway-verdict 1\nexpires 9999999999999999999999\n"
                        "service registry.test\n" + GOOD,
    "no service": "slipway-verdict 1\nexpires 9999999999\n" + GOOD,
    "empty service": "slipway-verdict 1\nexpires 9999999999\nservice \n"
                     + GOOD,
    "service first": "slipway-verdict 1\nservice registry.test\n"
                     "expires 9999999999\n" + GOOD,
    "twice": verdict() + verdict([scope(NAME)]),
    "no line end": verdict([scope(NAME)])[:-1],
    "carriage returns": verdict([scope(NAME)]).replace("\n", "\r\n"),
    "nul": verdict([scope(NAME)]).replace("alice\n", "alice\0\n"),
    "space behind": verdict([scope(NAME)]) + " ",
    "a space first": " " + verdict([scope(NAME)]),
    "another grant": verdict(["everything"]),
    "a bad grant": verdict([scope(NAME), "repository::pull"]),
    "an empty line": verdict([scope(NAME)]) + "\n",
    "truncated": verdict([scope(NAME)])[:-5],
    "a byte": "s",
    "empty": "",
    "nothing but lines": "\n" * 100,
    "html": "<html>404</html>",
    "json": '{"grants":["repository:%s:pull"]}' % NAME,
    "bytes": "\0\xff\xfe" * 50,
    "49152 bytes": "x" * 49152,
    "too many grants": verdict([scope(NAME)] * 1025),
    "48 KiB of grants": verdict([scope("alice/%s%d" % ("x" * 60, i))
                                 for i in range(600)] + [scope(NAME)]),
    "64 KiB": verdict([scope(NAME)]) + "grant x\n" * 8192,
    "1 MB": verdict([scope(NAME)]) + "x" * 1000000,
}


@pytest.mark.parametrize("name", POISON)
def test_poison(world, name):
    """A value that is no good verdict grants nothing, not even where the index
    had sealed it: the index is asked."""
    for i, token in enumerate(("poison" + name.replace(" ", "-"),
                               world.sign("not a verdict"))):
        value = POISON[name]
        if i == 0 and len(value) < 100000:
            value = world.seal(value.encode("latin-1"), token)
        world.put(token, value)
        for _ in range(2):
            answer = world.open.with_token(token).get(PATH)
            assert answer.status == 401, answer
            assert answer.codes() == ["UNAUTHORIZED"]
        answer = world.open.with_token(token).post(
            "/v2/%s/blobs/uploads/" % NAME)
        assert answer.status == 401
    assert seen(world.client("alice", scope(NAME, "pull")))[0] == 200


def test_every_truncation(world):
    """What is cut between two lines is a verdict that grants less."""
    text = verdict([scope("alice/other", "pull"), scope(NAME, "pull")])
    for length in range(len(text)):
        token = "cut%d" % length
        world.put(token, world.seal(text[:length], token))
        assert world.open.with_token(token).get(PATH).status == 401


def test_wrong_names_in_a_grant(world):
    """Grants count for the name that they say, to the letter."""
    for i, grant in enumerate((
            "repository:alice/ap:pull", "repository:alice/appp:pull",
            "repository:alice:pull", "repository:*:pull",
            "repository:alice/*:*", "Repository:%s:pull" % NAME,
            "registry:%s:pull" % NAME, "repository:%s:push" % NAME,
            "repository:%s:" % NAME, "repository:%s:pulls" % NAME,
            "registry:catalog:*")):
        token = "grant%d" % i
        world.put(token, world.seal(verdict([grant]), token))
        assert world.open.with_token(token).get(PATH).status == 401, grant


def test_a_flag_says_nothing(world):
    """What another client of memcached wrote, compressed as it says."""
    token = "flagged"
    value = world.seal(verdict([scope("alice/other")]), token)
    world.memcached[0].ask("set %s 2 300 %d\r\n%s" % (
        key_of(token), len(value), value.decode()))
    answer = world.open.with_token(token).get(PATH)
    assert answer.status == 401
    assert answer.header("Content-Encoding") is None


# --- services do not share -------------------------------------------------

OTHER = """
    server {
        listen 127.0.0.1:8501;
        registry_realm         http://$http_host/token;
        registry_service       other.test;
        registry_verdict       /_verdict;
        registry_verdict_valid 10s;
        registry_verdict_key   %%DIR%%/verdict.key;
        location /v2/ {
            registry      on;
            registry_root %%DIR%%/store;
            fastcgi_pass  unix:%%DIR%%/registry.sock;
            include       %%CONF%%/registry_params;
        }
        location = /_verdict {
            internal;
            set                $memcached_key $registry_token_key;
            memcached_pass     memcached;
            error_page         404 502 504 = @verify;
        }
        location @verify {
            fastcgi_pass  unix:%%DIR%%/index.sock;
            include       %%CONF%%/index_params;
            fastcgi_param INDEX_ROUTE verdict;
        }
    }
"""


def test_a_token_is_its_services(house):
    """Two services with one zone, one memcached and one secret."""
    world = Accounts(house, "alice", valid="10s",
                     server="}" + OTHER.rstrip().removesuffix("}"))
    client = world.client("alice", scope(NAME))
    client.push_blob(NAME, DATA)
    other = world.nginx.client(8501, token=client.token)
    for _ in range(2):
        assert client.get(PATH).status == 200
        assert other.get(PATH).status == 401
        assert other.get("/v2/").challenge()["error"] == "invalid_token"
    world.memcached[0].flush()
    fresh = world.client("alice", scope(NAME))
    world.memcached[0].flush()
    assert world.nginx.client(8501, token=fresh.token).get(PATH).status == 401
    assert fresh.get(PATH).status == 200


# --- a fleet ---------------------------------------------------------------

def test_a_fleet_of_three(house):
    """nginx and the index choose the same server for every key."""
    world = Accounts(house, "alice", fleet=3, patience="60s")
    world.client("alice", scope(NAME)).push_blob(NAME, DATA)
    held = [0, 0, 0]
    while sum(held) < 24 or not all(held):
        client = world.held("alice", scope(NAME, "pull"))
        for i, server in enumerate(world.memcached):
            held[i] += "VALUE" in server.ask("get " + key_of(client.token))
        assert seen(client) == (200, ["memcached", "granted"])
        assert sum(held) < 240


def test_one_of_a_fleet_is_down(house):
    """Its keys are asked of the index; those of the others stay theirs."""
    house.expect("memcached|fleet|connect|upstream")
    world = Accounts(house, "alice", fleet=3, patience="60s")
    world.client("alice", scope(NAME)).push_blob(NAME, DATA)
    world.memcached[1].stop()
    sources = []

    def ask():
        client = world.client("alice", scope(NAME, "pull"))
        is_held = any("VALUE" in server.ask("get " + key_of(client.token))
                      for server in world.memcached[::2])
        sources.append("memcached" if is_held else "index")
        assert seen(client) == (200, [sources[-1], "granted"])
        return sources.count("memcached") >= 6 and "index" in sources
    wait_until(ask, 60, "both sources")


# --- another zone ----------------------------------------------------------

def test_a_full_zone(house):
    """More tokens than the zone holds: the oldest give way."""
    world = Accounts(house, "alice", valid="1h",
                     http="registry_zone small:128k;")
    world.client("alice", scope(NAME)).push_blob(NAME, DATA)
    grants = [scope("alice/%d" % i) for i in range(50)] + [scope(NAME)]
    for _ in range(150):
        token = world.sign(verdict(grants))
        assert seen(world.open.with_token(token))[0] == 200
    assert seen(world.open.with_token(token))[1][0] == "zone"


def test_no_zone(house):
    """registry_verdict_valid 0: every request is asked."""
    world = Accounts(house, "alice", valid="0", patience="60s")
    world.client("alice", scope(NAME)).push_blob(NAME, DATA)
    client = world.held("alice", scope(NAME, "pull"))
    assert [seen(client)[1][0] for _ in range(4)] == ["memcached"] * 4
    world.disable("alice")
    assert seen(client)[0] == 401


# --- other verdict locations -----------------------------------------------

STANDS = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8500;
            registry_realm   http://$http_host/token;
            registry_service registry.test;
            registry_verdict /_verdict;
            location /v2/ {
                registry      on;
                registry_root %%DIR%%/store;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                add_header    X-Verdict
                    "$registry_verdict_source,$registry_verdict_result" always;
            }
            {verdict}
        }
    }"""

INDEX = """
    fastcgi_pass  unix:%%DIR%%/index.sock;
    include       %%CONF%%/index_params;
    fastcgi_param INDEX_ROUTE {route};
"""

FOREVER = ("slipway-verdict 1\\nexpires 99999999999\\n"
           "service registry.test\\ngrant repository:%s:pull,push\\n" % NAME)


def with_verdict(house, verdict_location, name="nginx"):
    return house.nginx(STANDS.replace("{verdict}", verdict_location),
                       name=name).client(8500)


def test_without_memcached(house):
    """The index alone: slower, and nothing else changes."""
    house.registry_worker()
    index = house.index_worker()
    index.add_account("alice", "alicealice")
    client = with_verdict(
        house, "location = /token {%s} location = /_verdict { internal; %s }"
        % (INDEX.replace("{route}", "token"),
           INDEX.replace("{route}", "verdict")))
    alice = client.login([scope(NAME)], "alice", "alicealice")
    alice.push_blob(NAME, DATA)
    bob = client.with_token("unknown")
    assert seen(alice) == (200, ["zone", "granted"])
    assert seen(bob) == (401, ["index", "invalid"])
    assert client.get("/_verdict").status == 404


@pytest.mark.parametrize("text", [
    'return 200 "%s";' % FOREVER,
    "root %%DIR%%; try_files /verdict.txt =404;"])
def test_a_verdict_written_by_hand(house, text):
    house.registry_worker()
    with open(house.dir + "/verdict.txt", "w") as f:
        f.write(FOREVER.replace("\\n", "\n"))
    client = with_verdict(house, "location = /_verdict { internal; %s }"
                          % text).with_token("any")
    client.push_blob(NAME, DATA)
    assert seen(client) == (200, ["zone", "granted"])
    assert client.get("/v2/bob/app/tags/list").status == 401


# What stands for the verdict's location, and what a client then gets.
STRANGE = {
    "return 200;": 503,
    'return 200 "hello";': 503,
    'return 201 "%s";' % FOREVER: 503,
    "return 204;": 503,
    "return 206;": 503,
    'return 301 /v2/;': 503,
    "return 302 http://127.0.0.1/;": 503,
    "return 400;": 503,
    "return 401;": 503,
    "return 403;": 401,
    "deny all;": 503,    # of no meaning in a subrequest
    "return 404;": 503,
    "return 418;": 503,
    "return 429;": 503,
    "return 500;": 503,
    "return 503;": 503,
    "proxy_pass http://127.0.0.1:1;": 503,
    "proxy_pass http://127.0.0.1:8599/dead;": 503,
    "fastcgi_pass unix:%%DIR%%/absent.sock;": 503,
    "set $memcached_key x; memcached_pass 127.0.0.1:1;": 503,
    "rewrite ^ /v2/ last;": 503,
    "rewrite ^ /_verdict last;": 503,
    "error_page 404 = /_verdict; return 404;": 503,
    'auth_request /_verdict; return 403;': 401,
    "mirror /v2/; return 403;": 401,
}


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_strange_locations(house, text):
    """Whatever it answers, nothing is granted, and nginx lives."""
    house.expect(r"connect\(\)|rewrite or internal redirection cycle|"
                 "no verdict|upstream")
    house.registry_worker()
    client = with_verdict(house, "location = /_verdict { internal; %s }"
                          % text)
    for _ in range(2):
        for token in ("any", client.token):
            answer = client.with_token(token).get(PATH)
            wanted = STRANGE[text] if token else 401
            assert answer.status == wanted, answer
            assert answer.codes() == [
                "UNAUTHORIZED" if wanted == 401 else "UNAVAILABLE"]


def test_no_location_for_the_verdict(house):
    house.registry_worker()
    client = with_verdict(house, "").with_token("any")
    house.expect("No such file")
    answer = client.get(PATH)
    assert (answer.status, answer.codes()) == (503, ["UNAVAILABLE"])
