"""Accounts, as "docker login" of the original protocol asks (docs/v1.md)."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from index_v1_house import V1Index, error, shared_index

EXISTS = b'"Username or email already exists"'
GOOD = {"username": "newcomer", "password": "long enough", "auth": "",
        "email": "new@example.com"}


@pytest.fixture(scope="module")
def closed(database_server):
    yield from shared_index(database_server, "alice", "bob")


@pytest.fixture(scope="module")
def opened(database_server):
    yield from shared_index(database_server, "alice", "bob",
                            SLIPWAY_SIGN_UP="open")


def sign_up(v1, address=None, **fields):
    return v1.call("POST", "users/", None, dict(GOOD, **fields), wants=False,
                   headers=[] if address is None
                   else [("X-Forwarded-For", address)])


def logs_in(v1, login, password):
    return v1.call("GET", "users/", login, password=password, wants=False)


def change(v1, login, body, of=None, **how):
    return v1.call("PUT", "users/%s/" % (of or login), login, body, **how)


# --- logging in --------------------------------------------------------------

def test_a_login_is_checked(closed):
    answer = logs_in(closed, "alice", "alicealice")
    assert (answer.status, answer.body) == (200, b'"OK"')
    assert answer.header("Cache-Control") == "private, no-store"
    texts = {logs_in(closed, login, "not the password").body
             for login in ("alice", "nemo", "no one", "A" * 300, "")}
    assert len(texts) == 1
    for login in ("alice", "nemo"):
        assert error(logs_in(closed, login, "not the password"), 401)
    for header in ("Basic Og==", "Basic", "Basic x", "Basic YWxpY2U=",
                   "Bearer x", "Token x", ""):
        assert error(closed.client.get("/v1/users/", [
            ("Authorization", header)]), 401)
    assert error(closed.client.get("/v1/users/"), 401)


def test_an_account_that_is_disabled_looks_like_none(closed):
    closed.add("carol")
    closed.worker.command("account", "disable", "carol")
    good, other = (logs_in(closed, login, "carolcarol")
                   for login in ("carol", "nemo"))
    assert error(good, 401) and good.body == other.body


def test_robots_log_in(closed):
    secret = closed.worker.command("robot", "add", "alice", "ci", "write",
                                   "--json")
    secret = json.loads(secret)["secret"]
    robot = "alice+ci"
    assert logs_in(closed, robot, secret).status == 200
    assert closed.allocate(robot, "alice/built", password=secret).status == 200
    assert error(closed.allocate(robot, "bob/built", password=secret), 403)
    assert error(logs_in(closed, "alice", secret), 401)
    assert error(change(closed, robot, {"password": "a longer one"},
                        of="alice", password=secret), 403)


def test_wrong_passwords_are_limited(opened):
    """From one address; strangers cannot lock the owner out."""
    here = [("X-Forwarded-For", "192.0.2.1")]
    answers = [opened.call("GET", "users/", "bob", password="wrong %d" % n,
                           headers=here) for n in range(8)]
    assert {one.status for one in answers} == {401, 429}
    assert int(answers[-1].header("Retry-After")) > 0
    assert answers[-1].json() == {"error": "too many wrong passwords"}
    # a sign-up with a name that is taken tries a password as well
    assert sign_up(opened, "192.0.2.1", username="bob").status == 429
    assert logs_in(opened, "bob", "bobbob").status == 200


# --- signing up --------------------------------------------------------------

def test_where_sign_up_is_closed(closed):
    """docker goes on to log in after a 401."""
    for login in ("alice", "nemo"):
        answer = sign_up(closed, username=login, password="alicealice")
        assert error(answer, 401, "Administrators make accounts here")
    assert error(logs_in(closed, "newcomer", GOOD["password"]), 401)


def test_a_sign_up(opened):
    answer = sign_up(opened, username="signer")
    assert (answer.status, answer.body) == (201, b'"User Created"')
    assert logs_in(opened, "signer", GOOD["password"]).status == 200
    assert opened.allocate("signer", "signer/app",
                           password=GOOD["password"]).status == 200
    assert opened.worker.database.sql(
        "SELECT email, is_admin FROM account WHERE login = 'signer'") == [
            ["new@example.com", "0"]]
    assert opened.worker.database.sql(
        "SELECT COUNT(*) FROM audit WHERE action = 'account.create'"
        " AND target = 'signer'") == [["1"]]


@pytest.mark.parametrize("password", ["alicealice", "other password", "x"])
def test_a_name_that_is_taken(opened, password):
    """Byte for byte: docker then logs in."""
    answer = sign_up(opened, username="alice", password=password)
    assert (answer.status, answer.body) == (400, EXISTS)
    opened.worker.command("organization", "add", "taken-%d" % len(password),
                          "alice")
    answer = sign_up(opened, username="taken-%d" % len(password))
    assert (answer.status, answer.body) == (400, EXISTS)


def test_members_that_are_not_asked_for_change_nothing(opened):
    answer = sign_up(opened, username="modest", is_admin=True, isAdmin=True,
                     admin=1, id=1, is_disabled=True, login="alice",
                     display_name="x", password_hash="x", email="")
    assert answer.status == 201
    assert opened.worker.database.sql(
        "SELECT is_admin, is_disabled, display_name IS NULL, email IS NULL"
        " FROM account WHERE login = 'modest'") == [["0", "0", "1", "1"]]


@pytest.mark.parametrize("fields", [
    {"username": ""}, {"username": "a"}, {"username": "UPPER"},
    {"username": "x" * 65}, {"username": "a/b"}, {"username": "host.name"},
    {"username": "localhost"}, {"username": "a b"}, {"username": "a+b"},
    {"username": None}, {"username": 1}, {"username": ["a"]},
    {"password": ""}, {"password": "seven77"}, {"password": None},
    {"password": "newcomer"}, {"password": "x" * 257}, {"password": 12345678},
    {"email": "x"}, {"email": "@"}, {"email": "a@b@c"}, {"email": 1},
    {"email": "x" * 250 + "@a.bc"}], ids=json.dumps)
def test_a_bad_sign_up(opened, fields):
    assert error(sign_up(opened, **fields), 400)
    assert error(logs_in(opened, "newcomer", GOOD["password"]), 401)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"',
                                  b'{"username": "\xff"}', b"[" * 70000])
def test_a_body_that_is_no_object(opened, body):
    assert error(opened.call("POST", "users/", None, body), 400)
    assert error(opened.call("PUT", "users/alice/", "alice", body), 400)


def test_how_many_accounts_a_network_makes(house):
    v1 = V1Index(house, "alice", SLIPWAY_SIGN_UP="open")
    here = "198.51.100.7"
    # what is refused counts as well: it tells that a name is free
    answers = [sign_up(v1, here, username="many%d" % n,
                       password="x" if n < 5 else GOOD["password"])
               for n in range(11)]
    assert [one.status for one in answers] == [400] * 5 + [201] * 5 + [429]
    assert int(answers[-1].header("Retry-After")) > 500
    assert error(answers[-1], 429)
    # but not a login
    answer = sign_up(v1, here, username="alice", password="alicealice")
    assert (answer.status, answer.body) == (400, EXISTS)
    assert sign_up(v1, "198.51.100.8", username="many11").status == 201


def test_an_invitation(house):
    v1 = V1Index(house, "alice", SLIPWAY_SIGN_UP="invitation")
    secret = json.loads(v1.worker.command(
        "sign-up-invitation", "add", "--json"))["secret"]
    assert error(sign_up(v1, username="guest"), 401,
                 "An invitation is needed")
    assert error(sign_up(v1, username="guest", invitation="x"), 401)
    assert error(logs_in(v1, "guest", GOOD["password"]), 401)
    assert sign_up(v1, username="guest", invitation=secret).status == 201
    assert error(sign_up(v1, username="guest2", invitation=secret), 401)
    assert logs_in(v1, "guest", GOOD["password"]).status == 200


# --- changing an account -----------------------------------------------------

def test_a_change_of_ones_own(closed):
    closed.add("dora")
    assert change(closed, "dora", {"email": "dora@example.com"}).status == 204
    header = closed.token("dora", "repository:dora/app:pull")
    answer = change(closed, "dora", {"email": "d@example.com",
                                     "password": "another password",
                                     "is_admin": True, "username": "alice"})
    assert (answer.status, answer.body) == (204, b"")
    assert closed.worker.database.sql(
        "SELECT email, is_admin FROM account WHERE login = 'dora'") == [
            ["d@example.com", "0"]]
    assert error(logs_in(closed, "dora", "doradora"), 401)
    assert logs_in(closed, "dora", "another password").status == 200
    assert closed.verdict(header).status == 403
    assert closed.worker.database.sql(
        "SELECT action FROM audit WHERE actor = 'dora' ORDER BY id") == [
            ["account.edit"], ["account.edit"], ["account.password"]]


def test_a_change_that_is_refused(closed):
    for body in ({}, {"password": "short"}, {"email": "x"}, {"email": 1},
                 {"password": "alice"}, {"password": None, "email": None}):
        assert error(change(closed, "alice", body), 400)
    body = {"password": "another password"}
    assert error(change(closed, "bob", body, of="alice"), 403)
    assert error(change(closed, "bob", body, of="nemo"), 403)
    assert error(change(closed, None, body, of="alice"), 401)
    assert error(change(closed, "alice", body, password="wrong one"), 401)
    assert error(change(closed, "alice", body, of="A"), 400)
    assert logs_in(closed, "alice", "alicealice").status == 200


def test_sign_ups_that_wait_count_once(house):
    """One process checks passwords here: the others' requests are put aside,
    and begin again each few milliseconds."""
    v1 = V1Index(house, "alice", SLIPWAY_SIGN_UP="open", processes=2)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(
            lambda n: sign_up(v1, "198.51.100.9", username="wait%d" % n),
            range(6)))
    assert {one.status for one in answers} <= {201, 503}, answers
    assert sign_up(v1, "198.51.100.9", username="waited").status == 201
