"""Accounts: sign-up, profile, password, disabled, deleted; and what
administrators may do."""

import os
import pwd
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import House
from testenv.api import ORIGIN, ApiHouse

GOOD = "long enough"
OPERATOR = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", admins=["root"],
                       SLIPWAY_SIGN_UP="open")
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def login(request):
    """A login that no other test has."""
    login.count = getattr(login, "count", 0) + 1
    return "new%d" % login.count


login.count = 0


def sign_up(client, login, password=GOOD, headers=(), **more):
    return client.post("/accounts", dict(more, login=login,
                                         password=password), headers)


def stored(api, name):
    """A repository that the store has reported."""
    api.sql("INSERT INTO repository (namespace_id, name, is_private, created_at,"
            " is_stored) SELECT id, '%s', TRUE, 1, TRUE FROM namespace"
            " WHERE name = '%s'" % (name, name.split("/")[0]))


def owner(api, namespace):
    return api.sql("SELECT a.login FROM namespace n LEFT JOIN account a"
                   " ON a.id = n.account_id WHERE n.name = '%s'" % namespace)


# --- sign-up ----------------------------------------------------------------

def test_sign_up(api, login):
    answer = sign_up(api.anonymous, login, display_name="Näme \u2603",
                     email="a@b.example")
    assert answer.status == 201
    assert answer.header("Location") == "/api/v1/accounts/" + login
    assert answer.json["is_admin"] is False
    me = api.person(login, GOOD).get("/account")
    assert me.json["display_name"] == "Näme \u2603"
    assert me.json["email"] == "a@b.example"
    assert api.session(login, GOOD).get("/account").json["login_at"]
    assert owner(api, login) == [[login]]
    token = api.registry.ask_token(
        ["repository:%s/app:pull,push" % login], login, GOOD)
    assert token.status == 200


@pytest.mark.parametrize("fields, field", [
    ({"login": "A"}, "login"), ({"login": "a"}, "login"),
    ({"login": "a b"}, "login"), ({"login": "a/b"}, "login"),
    ({"login": "x" * 65}, "login"), ({"login": "registry.example"}, "login"),
    ({"login": "localhost"}, "login"), ({"login": "a+b"}, "login"),
    ({"password": "short"}, "password"), ({"password": "x" * 257}, "password"),
    ({"password": "new-login"}, "password"),
    ({"display_name": ""}, "display_name"),
    ({"display_name": "a\u0007"}, "display_name"),
    ({"email": "a"}, "email"), ({"email": "a@b@c"}, "email"),
    ({"email": "a b@c"}, "email"), ({"email": "@b"}, "email"),
    ({"id": 1}, "id"), ({"revision": 1}, "revision")])
def test_bad_fields_make_no_account(api, fields, field):
    body = dict({"login": "new-login", "password": GOOD}, **fields)
    answer = api.anonymous.post("/accounts", body)
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert answer.field == field


def test_no_one_makes_himself_an_administrator(api, login):
    for client in (api.anonymous, api.person("alice")):
        answer = sign_up(client, login, is_admin=True)
        assert (answer.status, answer.field) == (403, "is_admin")
    assert sign_up(api.anonymous, login, is_admin=False).status == 201
    assert api.person(login, GOOD).get("/account").json["is_admin"] is False


def test_administrators_make_administrators(api, login):
    assert sign_up(api.person("root"), login, is_admin=True).status == 201
    assert api.person(login, GOOD).get("/accounts").status == 200


@pytest.mark.parametrize("taken", ["alice", "ownerless"])
def test_a_login_that_is_taken(api, taken):
    # a new account takes no namespace, not even one without an owner
    api.sql("INSERT IGNORE INTO namespace (name, created_at)"
            " VALUES ('ownerless', 1)")
    answer = sign_up(api.anonymous, taken)
    assert (answer.status, answer.code) == (409, "already_exists")
    assert answer.field == "login"
    if taken == "ownerless":
        assert api.person(taken, GOOD).get("/account").status == 401


def test_other_sites_sign_no_one_up(api, login):
    for headers in ([("Sec-Fetch-Site", "cross-site")],
                    [("Origin", "https://evil.example")]):
        answer = sign_up(api.anonymous, login, headers=headers)
        assert (answer.status, answer.code) == (403, "cross_origin")
    assert sign_up(api.anonymous, login,
                   headers=[("Origin", ORIGIN)]).status == 201


def test_a_session_needs_its_token_to_make_accounts(api, login):
    root = api.session("root")
    root.token = None
    assert sign_up(root, login).code == "csrf_token_invalid"


def test_closed_is_the_default(house):
    api = ApiHouse(house, "alice", admins=["root"])
    for client in (api.anonymous, api.person("alice")):
        answer = sign_up(client, "new")
        assert (answer.status, answer.code) == (403, "closed")
    assert sign_up(api.person("root"), "new").status == 201


def test_a_network_makes_few_accounts(house):
    api = ApiHouse(house, SLIPWAY_SIGN_UP="open")
    there = [("X-Forwarded-For", "192.0.2.7")]
    answers = [sign_up(api.anonymous, "new%d" % i, headers=there)
               for i in range(11)]
    assert [a.status for a in answers] == [201] * 10 + [429]
    assert sign_up(api.anonymous, "other", headers=[
        ("X-Forwarded-For", "192.0.2.8")]).status == 201


def test_sign_ups_that_wait_count_once(house):
    """One process checks passwords here: the others' requests are put aside,
    and begin again each few milliseconds."""
    api = ApiHouse(house, SLIPWAY_SIGN_UP="open", SLIPWAY_API_RATE="25",
                   processes=2)
    there = [("X-Forwarded-For", "192.0.2.9")]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(
            lambda n: sign_up(api.anonymous, "wait%d" % n, headers=there),
            range(6)))
    assert {one.status for one in answers} <= {201, 503}, answers
    assert sign_up(api.anonymous, "waited", headers=there).status == 201


def test_by_invitation(house):
    api = ApiHouse(house, admins=["root"], SLIPWAY_SIGN_UP="invitation")
    root = api.person("root")
    assert sign_up(api.anonymous, "new").field == "invitation"
    answer = sign_up(api.anonymous, "new", invitation="sli_" + "a" * 36)
    assert (answer.status, answer.code) == (403, "closed")
    made = root.post("/sign-up-invitations", {"note": "for Ann"}).json
    assert made["secret"].startswith("sli_")
    assert sign_up(api.anonymous, "ann",
                   invitation=made["secret"]).status == 201
    # once
    assert sign_up(api.anonymous, "ben",
                   invitation=made["secret"]).code == "closed"
    assert api.sql("SELECT 1 FROM account WHERE login = 'ben'") == []
    item = root.every("/sign-up-invitations")[0]
    assert (item["used_by"], item["note"]) == ("ann", "for Ann")
    other = root.post("/sign-up-invitations", {}).json
    api.sql("UPDATE sign_up_invitation SET expires_at = UNIX_TIMESTAMP()"
            " WHERE id = %d" % other["id"])
    assert sign_up(api.anonymous, "ben",
                   invitation=other["secret"]).code == "closed"
    third = root.post("/sign-up-invitations", {}).json
    root.delete("/sign-up-invitations/%d" % third["id"])
    assert sign_up(api.anonymous, "ben",
                   invitation=third["secret"]).code == "closed"


# --- profile ----------------------------------------------------------------

def test_a_profile_is_edited(api):
    alice = api.person("alice")
    answer = alice.edit("/account", {"display_name": "Alice"})
    assert answer.json["display_name"] == "Alice"
    answer = alice.edit("/account", {"email": "alice@example.com"})
    assert answer.json["display_name"] == "Alice"
    assert answer.json["email"] == "alice@example.com"
    assert alice.edit("/account", {"email": None}).json["email"] is None
    assert api.person("bob").get("/accounts/alice/profile").json == {
        "login": "alice", "display_name": "Alice"}
    assert alice.patch("/account", {"display_name": "x"}).status == 428
    assert alice.patch("/account", {"display_name": "x"},
                       [("If-Match", '"1.1"')]).status == 412


@pytest.mark.parametrize("field", ["is_admin", "login", "password",
                                   "is_disabled", "created_at"])
def test_nothing_else_of_it_is(api, field):
    answer = api.person("alice").edit("/account", {field: True})
    assert (answer.status, answer.field) == (422, field)


def test_an_address_wants_the_password(api):
    pages = api.session("bob")
    api.sql("UPDATE session SET confirmed_at = confirmed_at - 601")
    assert pages.edit("/account", {"display_name": "B"}).status == 200
    answer = pages.edit("/account", {"email": "b@example.com"})
    assert (answer.status, answer.code) == (403, "confirmation_required")


# --- password ---------------------------------------------------------------

def change(client, old, new):
    return client.put("/account/password", {"current_password": old,
                                            "new_password": new})


def test_a_password_is_changed(api, login):
    sign_up(api.anonymous, login)
    pages, other = api.session(login, GOOD), api.session(login, GOOD)
    token = pages.post("/access-tokens", {"name": "x",
                                          "actions": ["pull"]}).json["secret"]
    bearer = api.registry.ask_token([], login, GOOD).json()["token"]
    answer = change(pages, "wrong", "another one")
    assert (answer.status, answer.field) == (422, "current_password")
    old = pages.cookie
    answer = change(pages, GOOD, "another one")
    assert answer.status == 204
    # this browser goes on with another cookie, others are logged out
    assert answer.header("Set-Cookie")
    assert pages.cookie != old
    pages.token = pages.get("/session").json["csrf_token"]
    assert pages.get("/account").json["login"] == login
    assert other.get("/session").json["login"] is None
    assert api.person(login, GOOD).get("/account").status == 401
    assert api.person(login, "another one").get("/account").status == 200
    assert api.registry.get("/verdict", [
        ("Authorization", "Bearer " + bearer)]).status == 403
    # tokens are revoked one by one
    assert api.bearer(token).get("/account").status == 200


@pytest.mark.parametrize("new, field", [
    ("short", "new_password"), ("x" * 257, "new_password"),
    ("alice", "new_password"), (None, "new_password"), (1, "new_password")])
def test_bad_passwords_are_refused(api, new, field):
    answer = change(api.person("alice"), api.password("alice"), new)
    assert (answer.status, answer.field) == (422, field)


# --- disabled, administrator ------------------------------------------------

def test_a_disabled_account_is_out(api, login):
    sign_up(api.anonymous, login)
    pages = api.session(login, GOOD)
    root = api.person("root")
    assert root.patch("/accounts/" + login, {
        "is_disabled": True}).json["is_disabled"] is True
    assert pages.get("/session").json["login"] is None
    assert api.person(login, GOOD).get("/account").status == 401
    assert api.registry.ask_token([], login, GOOD).status == 401
    root.patch("/accounts/" + login, {"is_disabled": False})
    assert api.person(login, GOOD).get("/account").status == 200


def test_an_administrator_stays(house):
    api = ApiHouse(house, "alice", admins=["root"])
    root = api.person("root")
    for body in ({"is_admin": False}, {"is_disabled": True}):
        answer = root.patch("/accounts/root", body)
        assert (answer.status, answer.code) == (409, "conflict")
    assert root.delete("/account").code == "conflict"
    assert root.patch("/accounts/alice", {"is_admin": True}).status == 200
    assert root.patch("/accounts/root", {"is_admin": False}).status == 200
    assert root.get("/accounts").status == 403


def test_administrators_see_all_accounts(api):
    items = api.person("root").every("/accounts", limit=2)
    logins = [item["login"] for item in items]
    assert logins == sorted(logins)
    assert {"alice", "bob", "root"} <= set(logins)


def test_accounts_are_found_by_how_their_logins_begin(api):
    root = api.person("root")
    for login in ("find-one", "find-two", "finer"):
        assert sign_up(root, login).status == 201
    logins = [i["login"] for i in root.every("/accounts", limit=1,
                                             prefix="find")]
    assert logins == ["find-one", "find-two"]
    assert root.get("/accounts", prefix="find-one").json["items"][0][
        "login"] == "find-one"
    assert root.get("/accounts", prefix="nothing").json["items"] == []
    for wrong in ("", "A", "a%", "x" * 65):
        answer = root.get("/accounts", prefix=wrong)
        assert (answer.status, answer.field) == (400, "prefix")


# --- deleted ----------------------------------------------------------------

def test_an_account_is_deleted(api, login):
    sign_up(api.anonymous, login, email="x@example.com")
    pages = api.session(login, GOOD)
    token = pages.post("/access-tokens", {"name": "x",
                                          "actions": ["pull"]}).json["secret"]
    answer = pages.delete("/account")
    assert answer.status == 204
    assert "Max-Age=0" in answer.header("Set-Cookie")
    assert api.person(login, GOOD).get("/account").status == 401
    assert api.bearer(token).get("/account").status == 401
    root = api.person("root")
    assert root.get("/accounts/" + login).status == 404
    assert login not in [i["login"] for i in root.every("/accounts")]
    assert api.sql("SELECT email FROM account WHERE login = '%s'"
                   % login) == [["NULL"]]
    # no one else gets the login, and with it what was there
    assert sign_up(api.anonymous, login).code == "already_exists"
    assert "there is no account" in api.worker.fails("account", "enable", login)


def test_one_says_what_happens_to_repositories(api, login):
    sign_up(api.anonymous, login)
    stored(api, login + "/app")
    me = api.person(login, GOOD)
    answer = me.delete("/account")
    assert (answer.status, answer.field) == (409, "repositories")
    for to in ("unknown", login):
        answer = me.delete("/account", repositories="transfer", to=to)
        assert (answer.status, answer.field) == (409, "to")
    assert me.delete("/account", repositories="transfer").field == "to"
    assert me.delete("/account", repositories="burn").status == 400
    assert me.delete("/account", repositories="transfer",
                     to="bob").status == 204
    assert owner(api, login) == [["bob"]]
    granted = api.registry.ask_token(
        ["repository:%s/app:pull" % login], "bob", api.password("bob"))
    verdict = api.registry.get("/verdict", [
        ("Authorization", "Bearer " + granted.json()["token"])]).body.decode()
    assert "grant repository:%s/app:pull\n" % login in verdict


def test_repositories_may_be_left_to_administrators(api, login):
    sign_up(api.anonymous, login)
    stored(api, login + "/app")
    assert api.person("root").delete("/accounts/" + login,
                                     repositories="keep").status == 204
    assert owner(api, login) == [["NULL"]]


def test_an_organization_keeps_an_owner(api, login):
    sign_up(api.anonymous, login)
    api.sql("INSERT INTO namespace (name, created_at, kind)"
            " VALUES ('org-%s', 1, 1)" % login)
    api.sql("INSERT INTO namespace_member (namespace_id, account_id, is_owner,"
            " joined_at) SELECT n.id, a.id, TRUE, 1 FROM namespace n, account a"
            " WHERE n.name = 'org-%s' AND a.login = '%s'" % (login, login))
    answer = api.person(login, GOOD).delete("/account")
    assert answer.code == "conflict"
    assert "org-" + login in answer.json["detail"]


# --- audit ------------------------------------------------------------------

def test_the_audit_log(house):
    api = ApiHouse(house, "alice", admins=["root"], SLIPWAY_SIGN_UP="open")
    sign_up(api.anonymous, "new", headers=[("X-Forwarded-For", "192.0.2.7")])
    new, root = api.session("new", GOOD), api.person("root")
    new.edit("/account", {"display_name": "x"})
    root.patch("/accounts/alice", {"is_disabled": True})
    items = root.every("/audit-events", limit=1)
    assert [(i["action"], i["actor"], i["actor_kind"], i["target"])
            for i in items] == [
        ("account.disable", "root", "password", "alice"),
        ("account.edit", "new", "session", "new"),
        ("session.create", "new", "password", "new"),
        ("account.create", "", "anonymous", "new"),
        # by subcommands
        ("account.create", OPERATOR, "operator", "root"),
        ("account.create", OPERATOR, "operator", "alice")]
    assert items[3]["address"] == "192.0.2.7"
    assert items[3]["data"] == {"is_admin": False}
    # others see what they did
    assert [i["action"] for i in new.every("/audit-events")] == [
        "account.edit", "session.create"]
    assert new.get("/audit-events", actor="root").status == 403
    assert [i["action"] for i in root.every("/audit-events", actor="new")] == [
        "account.edit", "session.create"]
    assert root.get("/audit-events", actor="no-one").status == 400


def test_no_secret_is_in_the_audit_log_or_in_logs(house):
    api = ApiHouse(house, admins=["root"], SLIPWAY_SIGN_UP="open")
    sign_up(api.anonymous, "new", "a very secret one")
    pages = api.session("new", "a very secret one")
    token = pages.post("/access-tokens", {
        "name": "x", "actions": ["pull"]}).json["secret"]
    change(pages, "a very secret one", "another secret one")
    invitation = api.person("root").post(
        "/sign-up-invitations", {}).json["secret"]
    text = str(api.sql("SELECT * FROM audit"))
    for server in house._servers:
        for log in server.logs():
            text += log.read_text(errors="replace") if hasattr(
                log, "read_text") else open(log, errors="replace").read()
    for secret in ("a very secret one", "another secret one", token,
                   invitation, pages.cookie.split("=")[1], pages.token or "-"):
        assert secret == "-" or secret not in text


def test_old_rows_of_the_audit_log_go(house):
    api = ApiHouse(house, "alice", SLIPWAY_AUDIT_DAYS="30", processes=1)
    api.sql("INSERT INTO audit (at, actor, actor_kind, address, action, target,"
            " data) SELECT UNIX_TIMESTAMP() - 40 * 86400 + seq * 864, 'x', 'x',"
            " '', 'x', '', '{}' FROM seq_1_to_2000")
    # the first change of a process purges
    api.person("alice").post("/access-tokens", {"name": "x",
                                                "actions": ["pull"]})
    count, is_young = api.sql(
        "SELECT COUNT(*), MIN(at) >= UNIX_TIMESTAMP() - 31 * 86400"
        " FROM audit")[0]
    assert is_young == "1"
    # alice, her token, and those that are young
    assert 1000 <= int(count) <= 1003


# --- outages ----------------------------------------------------------------

def test_what_is_not_committed_was_not_done(house):
    """A change waits for a lock, and gives up: nothing of it is there."""
    house.expect("gave up|Lock wait")
    api = ApiHouse(house, "alice", SLIPWAY_SIGN_UP="open")
    with api.worker.database.held(
            "SELECT * FROM account WHERE login = 'alice' FOR UPDATE"):
        answer = api.person("alice").post("/access-tokens", {
            "name": "x", "actions": ["pull"]})
    assert (answer.status, answer.code) == (503, "unavailable")
    assert api.sql("SELECT 1 FROM access_token") == []
    assert api.sql("SELECT 1 FROM audit WHERE actor_kind <> 'operator'") == []
