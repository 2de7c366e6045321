"""A token is good for every scope that was asked for and allowed, hundreds of
them too; what is too much is an error, and never a silent cut."""

import base64
import urllib.parse

import pytest

from testenv import House
from testenv.accounts import SERVICE, Accounts, scope, verdict, verdict_of
from testenv.images import sha256
from testenv.process import wait_until

DATA = b"of hundreds"
DIGEST = sha256(DATA)
FORM = [("Content-Type", "application/x-www-form-urlencoded")]


def names(owner, n=300, length=44):
    return [owner + "/" + ("%03d" % i).rjust(length - len(owner) - 1, "r")
            for i in range(n)]


OWN, PUBLIC = names("alice"), names("bob")


@pytest.fixture(scope="module")
def world(database_server):
    """alice has OWN, bob has PUBLIC, and the last of each has a blob."""
    house = House(database_server)
    try:
        made = Accounts(house, "alice", "bob", valid="0", patience="60s")
        made.index.command("namespace", "set-visibility", "bob", "public")
        for owner, last in (("alice", OWN[-1]), ("bob", PUBLIC[-1])):
            made.client(owner, scope(last)).push_blob(last, DATA)
        made.index.database.sql("".join(
            "INSERT IGNORE INTO repository (namespace_id, name, is_private, "
            "created_at) SELECT id, '%s', FALSE, 1 FROM namespace "
            "WHERE name = 'bob';" % name for name in PUBLIC))
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def pulls(client, *repositories):
    """How they answer to a pull."""
    return [client.get("/v2/%s/blobs/%s" % (name, DIGEST)).status
            for name in repositories]


def by_get(world, login, scopes, is_one=False):
    """The answer to a query with one field, or with one for each scope."""
    fields = [("service", SERVICE)] + [
        ("scope", s) for s in ([" ".join(scopes)] if is_one else scopes)]
    headers = []
    if login:
        pair = "%s:%s" % (login, world.password(login))
        headers = [("Authorization",
                    "Basic " + base64.b64encode(pair.encode()).decode())]
    return world.open.get("/token?" + urllib.parse.urlencode(
        fields, safe=":/,"), headers)


def by_post(world, login, scopes):
    return world.open.post("/token", FORM, urllib.parse.urlencode({
        "grant_type": "password", "service": SERVICE, "username": login,
        "password": world.password(login),
        "scope": " ".join(scopes)}).encode())


def token_of(answer):
    assert answer.status == 200, answer
    token = answer.json()["access_token"]
    assert len(token) <= 4096
    return token


ASKED = {
    "get, one field": lambda *a: by_get(*a, is_one=True),
    "get, many fields": by_get,
    "post": by_post,
}


@pytest.mark.parametrize("repositories", [OWN, PUBLIC], ids=["own", "foreign"])
@pytest.mark.parametrize("how", ASKED)
def test_300_repositories(world, how, repositories):
    """The first, the last and one in the middle; with memcached and after it has
    forgotten all; and nothing that was not asked for."""
    scopes = [scope(name, "pull") for name in repositories]
    answer = ASKED[how](world, "alice", scopes)
    client = world.open.with_token(token_of(answer))
    if how == "post":
        assert answer.json()["scope"].split() == scopes
    wanted = [404, 404, 200]
    asked = repositories[0], repositories[150], repositories[-1]
    assert pulls(client, *asked) == wanted
    world.memcached[0].flush()
    assert pulls(client, *asked) == wanted
    assert pulls(client, "alice/other", "bob/other") == [401, 401]
    assert client.post("/v2/%s/blobs/uploads/" % asked[2]).status == 401


def test_own_and_foreign_scopes_and_denied_ones(world):
    """What is not allowed is known as asked for: a mount of it goes on as an
    ordinary upload."""
    scopes = ([scope(name) for name in OWN[:150] + [OWN[-1]]]
              + [scope(name) for name in PUBLIC[:150]])
    client = world.open.with_token(token_of(by_post(world, "alice", scopes)))
    own, public = "/v2/%s/blobs/uploads/" % OWN[-1], PUBLIC[7]
    assert client.post(own).status == 202
    assert client.post("/v2/%s/blobs/uploads/" % public).status == 401
    assert pulls(client, public) == [404]
    mount = own + "?mount=%s&from=" % DIGEST
    assert client.post(mount + public).status == 202
    assert client.post(mount + PUBLIC[151]).status == 401


def test_anonymous_tokens_share_their_list(world):
    scopes = [scope(name, "pull") for name in PUBLIC]

    def lists():
        return world.index.database.sql(
            "SELECT COUNT(*) FROM token_list WHERE account_id = 0")
    before = int(lists()[0][0])
    tokens = {token_of(by_get(world, None, scopes)) for _ in range(3)}
    assert len(tokens) == 3
    assert int(lists()[0][0]) - before <= 1
    world.memcached[0].flush()
    for token in tokens:
        assert pulls(world.open.with_token(token), PUBLIC[-1]) == [200]


def test_memcached_restarts(house):
    house.expect("memcached|connect|upstream")
    world = Accounts(house, "alice", valid="0")
    client = world.open.with_token(token_of(by_post(
        world, "alice", [scope(name) for name in OWN])))
    client.push_blob(OWN[-1], DATA)
    world.memcached[0].kill()
    assert pulls(client, OWN[0], OWN[-1]) == [404, 200]
    world.memcached[0].start()
    assert pulls(client, OWN[0], OWN[-1]) == [404, 200]
    wait_until(lambda: pulls(client, OWN[-1]) == [200]
               and world.holds(client.token), 60, "memcached to be filled")


def test_long_lists_in_a_zone_full_of_short_ones(house):
    """20 KB each in 256 KB: they find room, whatever was there before, and the
    short ones behind them as well."""
    world = Accounts(house, "alice", valid="1h",
                     http="registry_zone small:256k;")

    def sources(token):
        client = world.open.with_token(token)
        return [verdict_of(client.get("/v2/"))[0] for _ in range(2)]
    short = [world.sign(verdict([scope(OWN[0])])) for _ in range(1200)]
    for token in short:
        world.open.with_token(token).get("/v2/")
    scopes = [scope(name) for name in OWN]
    for _ in range(60):
        assert sources(token_of(by_post(world, "alice", scopes)))[1] == "zone"
    for token in short[:100]:
        assert sources(token)[1] == "zone"
    text = world.nginx.client(8500).get("/metrics").body.decode()
    assert "\nslipway_zone_full_total 0\n" in text, text
    assert "\nslipway_zone_evictions_total 0\n" not in text, text


# --- revocation ------------------------------------------------------------

def test_a_list_is_revoked(house):
    """By one of its repositories, by its account, and by an owner who comes."""
    world = Accounts(house, "alice", "bob", valid="0")
    world.index.command("namespace", "set-visibility", "bob", "public")
    world.index.database.sql(
        "INSERT INTO repository (namespace_id, name, is_private, created_at) "
        "SELECT id, '%s', FALSE, 1 FROM namespace WHERE name = 'bob'"
        % PUBLIC[40])
    scopes = [scope(name, "pull") for name in PUBLIC]

    def get(login=None):
        return world.open.with_token(token_of(by_get(world, login, scopes)))
    anonymous, alice, bob = get(), get("alice"), get("bob")
    clients = [anonymous, alice, bob]
    assert [pulls(c, PUBLIC[40]) for c in clients] == [[404]] * 3
    world.index.set_visibility(PUBLIC[40], "private")
    assert [pulls(c, PUBLIC[40]) for c in clients] == [[401], [401], [404]]
    world.passwd("bob", "bobbobbob")
    assert pulls(bob, PUBLIC[40]) == [401]
    carol = world.open.with_token(token_of(by_get(
        world, "alice", [scope(name, "pull") for name in names("carol")])))
    assert carol.get("/v2/").status == 200
    world.add("carol")
    assert carol.get("/v2/").status == 401


def test_a_list_that_is_gone_or_changed_grants_nothing(house):
    house.expect("was changed in the database")
    world = Accounts(house, "alice", valid="0")
    client = world.open.with_token(token_of(by_post(
        world, "alice", [scope(name) for name in OWN])))
    sql = world.index.database.sql
    sql("UPDATE token_list SET grants = REPLACE(grants, 'alice/', 'malic/')")
    world.memcached[0].flush()
    assert client.get("/v2/").status == 401
    sql("UPDATE token_list SET grants = REPLACE(grants, 'malic/', 'alice/')")
    assert client.get("/v2/").status == 200
    sql("DELETE FROM token_list")
    assert sql("SELECT COUNT(*) FROM token_list_name") == [["0"]]
    world.memcached[0].flush()
    assert client.get("/v2/").status == 401


# --- bounds ----------------------------------------------------------------

def is_refused(answer, words, code="invalid_scope"):
    return (answer.status == 400 and answer.codes() == ["UNSUPPORTED"]
            and answer.json()["error"] == code
            and words in answer.json()["error_description"])


def test_more_scopes_than_a_token_has(world):
    scopes = ["repository:a/%d:pull" % i for i in range(1024)]
    assert len(token_of(by_get(world, "alice", scopes))) < 4096
    for ask in ASKED.values():
        answer = ask(world, "alice", scopes + ["repository:a/x:pull"])
        assert is_refused(answer, "more than 1024 scopes"), answer
    # the same one twice is one
    assert by_get(world, "alice", scopes + scopes[:9]).status == 200


def test_more_bytes_than_a_verdict_has(world):
    scopes = [scope(name, "pull") for name in names("bob", 700, 60)]
    assert is_refused(by_post(world, "alice", scopes),
                      "more than 49152 bytes")
    assert by_post(world, "alice", scopes[:300]).status == 200


def test_a_form_that_is_too_long(world):
    answer = by_post(world, "alice", [scope("alice/" + 70000 * "x")])
    assert answer.status == 413
    assert answer.codes() == ["SIZE_INVALID"]


def test_lists_are_bounded(house):
    """For anonymous clients together and for each account; what fits into a
    token's text, and lists that are there already, are not concerned."""
    world = Accounts(house, "alice", "bob", valid="0")
    sql = world.index.database.sql
    account = sql("SELECT id FROM account WHERE login = 'bob'")[0][0]
    first, second = ([scope(name, "pull") for name in names("x", 300, length)]
                     for length in (44, 45))
    for login, number, bound in ((None, "0", 16 << 20),
                                 ("bob", account, 64 << 20)):
        token_of(by_get(world, login, first))
        sql("INSERT INTO token_list (list_hash, account_id, grants, size, "
            "expires_at) VALUES ('%s', %s, '', %d, 1 << 40)"
            % (number, number, bound - 30000))
        answer = by_get(world, login, second)
        assert answer.status == 429, answer
        assert answer.codes() == ["TOOMANYREQUESTS"]
        assert answer.header("Retry-After") == "300"
        assert str(bound) in answer.body.decode()
        token_of(by_get(world, login, first))
        token_of(by_get(world, login, second[:20]))
        token_of(by_get(world, "alice", second))
        sql("UPDATE token_list SET expires_at = 1 WHERE size > 100000")
        token_of(by_get(world, login, second))


def test_lists_end_with_their_tokens(house):
    world = Accounts(house, "alice", processes=1)
    token_of(by_post(world, "alice", [scope(name) for name in OWN]))
    sql = world.index.database.sql
    ends = sql("SELECT MAX(expires_at) FROM token")[0][0]
    assert sql("SELECT expires_at - %s FROM token_list" % ends) == [["300"]]
    sql("UPDATE token_list SET expires_at = 1")
    for _ in range(64):
        world.token("alice")
    assert sql("SELECT COUNT(*) FROM token_list") == [["0"]]
    assert sql("SELECT COUNT(*) FROM token_list_name") == [["0"]]
