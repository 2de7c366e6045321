"""Personal access tokens: made, used for docker and for the API, narrowed,
rotated, revoked."""

import re

import pytest

from testenv import House
from testenv.api import ApiHouse

PULL = {"name": "ci", "actions": ["pull"]}


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def make(client, **fields):
    answer = client.post("/access-tokens", dict(PULL, **fields))
    assert answer.status == 201, answer
    return answer.json


def bought(api, login, secret, *scopes):
    """The answer of the token endpoint to docker."""
    return api.registry.ask_token(scopes, login, secret)


def grants(api, token):
    """{name: actions} of a bearer token in force; None of another."""
    answer = api.registry.get("/verdict", [("Authorization",
                                            "Bearer " + token)])
    if answer.status != 200:
        return None
    return dict(re.findall(r"^grant repository:(\S+):(\S*)$",
                           answer.body.decode(), re.M))


def test_a_token_is_shown_once(api):
    alice = api.person("alice")
    answer = alice.post("/access-tokens", {
        "name": "Jenkins \u2603", "actions": ["push", "pull"],
        "repositories": ["alice/*", "alice/app"], "expires_in_days": 30})
    assert answer.status == 201
    made = answer.json
    assert re.fullmatch(r"slp_[0-9A-Za-z]{36}", made["secret"])
    assert made["hint"] == "slp_..." + made["secret"][-4:]
    assert made["actions"] == ["pull", "push"]
    assert made["repositories"] == ["alice/*", "alice/app"]
    assert made["used_at"] is None
    path = "/access-tokens/%d" % made["id"]
    assert answer.header("Location") == "/api/v1" + path
    shown = alice.get(path)
    assert shown.header("ETag") == answer.header("ETag")
    assert shown.json == {k: v for k, v in made.items() if k != "secret"}
    assert shown.json in alice.every("/access-tokens")
    assert not any(made["secret"] in str(row)
                   for row in api.sql("SELECT * FROM access_token"))


@pytest.mark.parametrize("fields, field", [
    ({"name": ""}, "name"), ({"name": "x" * 101}, "name"),
    ({"name": "a\nb"}, "name"), ({"name": None}, "name"),
    ({"actions": []}, "actions"), ({"actions": ["account"]}, "actions"),
    ({"actions": ["*"]}, "actions"), ({"actions": "pull"}, "actions"),
    ({"actions": ["pull", 1]}, "actions"), ({"actions": None}, "actions"),
    ({"repositories": ["Alice/*"]}, "repositories"),
    ({"repositories": ["a b"]}, "repositories"),
    ({"repositories": [""]}, "repositories"),
    ({"repositories": ["a\n*"]}, "repositories"),
    ({"repositories": ["a"] * 21}, "repositories"),
    ({"expires_in_days": 0}, "expires_in_days"),
    ({"expires_in_days": 3651}, "expires_in_days"),
    ({"expires_in_days": 1.5}, "expires_in_days"),
    ({"expires_in_days": "30"}, "expires_in_days"),
    ({"account_id": 1}, "account_id"), ({"secret": "slp_x"}, "secret")])
def test_bad_fields_make_none(api, fields, field):
    answer = api.person("alice").post("/access-tokens", dict(PULL, **fields))
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert answer.field == field


def test_it_is_the_password_of_docker_login(api):
    secret = make(api.person("alice"), actions=["pull", "push"])["secret"]
    answer = bought(api, "alice", secret,
                    "repository:alice/app:pull,push,delete",
                    "repository:bob/app:pull")
    assert answer.status == 200
    assert grants(api, answer.json()["token"]) == {
        "alice/app": "pull,push", "bob/app": ""}


def test_docker_keeps_the_token_itself(api):
    secret = make(api.person("alice"))["secret"]
    answer = api.registry.ask_token([], "alice", secret, offline_token="true")
    assert "refresh_token" not in answer.json()


@pytest.mark.parametrize("login", ["bob", "Alice", "", "unknown", "root"])
def test_another_login_has_no_use_of_it(api, login):
    secret = make(api.person("alice"))["secret"]
    assert bought(api, login, secret).status == 401
    answer = api.person(login, secret).get("/session")
    assert (answer.status, answer.code) == (401, "invalid_credentials")


def statements_of_tokens(api):
    """What the index has asked of access tokens since the log was on.  It is a
    log of the server, which other databases use as well."""
    return [argument for argument, in api.sql(
        "SELECT g.argument FROM mysql.general_log g "
        "WHERE g.command_type = 'Execute' AND g.thread_id IN ("
        "SELECT id FROM information_schema.processlist "
        "WHERE db = DATABASE())") if "access_token" in argument]


def test_one_that_is_made_up_is_refused_without_a_query(api):
    secret = make(api.person("alice"))["secret"]
    api.sql("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1")
    try:
        for _ in range(3):
            assert bought(api, "alice", "slp_" + "a" * 36).status == 401
        assert statements_of_tokens(api) == []
        assert bought(api, "alice", secret).status == 200
        assert statements_of_tokens(api) != []
    finally:
        api.sql("SET GLOBAL general_log = 0")


@pytest.mark.parametrize("patterns, granted", [
    ([], {"alice/app": "pull", "alice/b/c": "pull"}),
    (["alice/app"], {"alice/app": "pull", "alice/b/c": ""}),
    (["alice/*"], {"alice/app": "pull", "alice/b/c": "pull"}),
    (["*/c"], {"alice/app": "", "alice/b/c": "pull"}),
    (["bob/*"], {"alice/app": "", "alice/b/c": ""}),
    (["alice/a", "*"], {"alice/app": "pull", "alice/b/c": "pull"})])
def test_patterns_narrow_it(api, patterns, granted):
    secret = make(api.person("alice"), repositories=patterns)["secret"]
    answer = bought(api, "alice", secret, "repository:alice/app:pull,push",
                    "repository:alice/b/c:pull")
    assert grants(api, answer.json()["token"]) == granted


def test_it_grants_nothing_that_its_account_has_not(api):
    secret = make(api.person("alice"), actions=["pull", "push", "delete"],
                  repositories=["bob/*"])["secret"]
    answer = bought(api, "alice", secret, "repository:bob/app:pull,push")
    assert grants(api, answer.json()["token"]) == {"bob/app": ""}


def test_the_catalogue_needs_all_names(api):
    for patterns, status in (([], "*"), (["*"], "*"), (["alice/*"], "")):
        secret = make(api.person("root"), repositories=patterns)["secret"]
        token = bought(api, "root", secret,
                       "registry:catalog:*").json()["token"]
        verdict = api.registry.get("/verdict", [
            ("Authorization", "Bearer " + token)]).body.decode()
        assert "grant registry:catalog:%s\n" % status in verdict


def test_it_is_a_bearer_of_the_api(api):
    secret = make(api.person("alice"))["secret"]
    session = api.bearer(secret).get("/session").json
    assert session["login"] == "alice"
    assert session["csrf_token"] is None
    assert api.person("alice", secret).get("/session").json == session


def test_the_account_itself_is_not_for_tokens(api):
    secret = make(api.person("alice"), actions=[
        "pull", "push", "delete", "describe", "manage"])["secret"]
    client = api.bearer(secret)
    for answer in (client.get("/access-tokens"),
                   client.post("/access-tokens", PULL),
                   client.delete("/sessions/1")):
        assert (answer.status, answer.code) == (403, "insufficient_scope")
        assert answer.json["detail"] == "this needs a session or the password"


def test_a_token_needs_no_csrf_token(api):
    made = make(api.person("alice"))
    answer = api.person("alice").delete("/access-tokens/%d" % made["id"])
    assert answer.status == 204


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_password_that_a_browser_sends_by_itself_changes_nothing(api, site):
    answer = api.person("alice").post("/access-tokens", PULL,
                                      [("Sec-Fetch-Site", site)])
    assert (answer.status, answer.code) == (403, "cross_origin")


def test_revoked_is_revoked_everywhere(api):
    made = make(api.person("alice"))
    token = bought(api, "alice", made["secret"],
                   "repository:alice/app:pull").json()["token"]
    other = bought(api, "alice", api.password("alice"),
                   "repository:alice/app:pull").json()["token"]
    assert grants(api, token) == {"alice/app": "pull"}
    path = "/access-tokens/%d" % made["id"]
    assert api.person("alice").delete(path).status == 204
    assert grants(api, token) is None
    assert grants(api, other) == {"alice/app": "pull"}
    assert bought(api, "alice", made["secret"]).status == 401
    assert api.bearer(made["secret"]).get("/session").status == 401
    assert api.person("alice").get(path).status == 404
    assert api.person("alice").delete(path).status == 404


def test_an_edit_ends_what_was_bought(api):
    made = make(api.person("alice"), actions=["pull", "push"])
    scope = "repository:alice/app:pull,push"
    token = bought(api, "alice", made["secret"], scope).json()["token"]
    path = "/access-tokens/%d" % made["id"]
    answer = api.person("alice").edit(path, {"actions": ["pull"]})
    assert answer.status == 200
    assert answer.json["actions"] == ["pull"]
    assert grants(api, token) is None
    token = bought(api, "alice", made["secret"], scope).json()["token"]
    assert grants(api, token) == {"alice/app": "pull"}


def test_no_one_overwrites_what_he_has_not_seen(api):
    alice = api.person("alice")
    made = make(alice)
    path = "/access-tokens/%d" % made["id"]
    answer = alice.patch(path, {"name": "x"})
    assert (answer.status, answer.code) == (428, "if_match_required")
    old = alice.get(path).header("ETag")
    assert alice.patch(path, {"name": "x"}, [("If-Match", old)]).status == 200
    answer = alice.patch(path, {"name": "y"}, [("If-Match", old)])
    assert (answer.status, answer.code) == (412, "changed")
    assert alice.get(path).json["name"] == "x"
    new = alice.get(path).header("ETag")
    answer = alice.request("GET", path, headers=[("If-None-Match", new)])
    assert (answer.status, answer.body) == (304, b"")


def test_rotation_leaves_no_one_outside(api):
    alice = api.person("alice")
    made = make(alice)
    path = "/access-tokens/%d/rotation" % made["id"]
    new = alice.post(path, {"grace_hours": 1}).json
    assert new["id"] == made["id"]
    assert new["secret"] != made["secret"]
    assert bought(api, "alice", made["secret"]).status == 200
    assert bought(api, "alice", new["secret"]).status == 200
    api.sql("UPDATE access_token SET old_until = UNIX_TIMESTAMP()"
            " WHERE id = %d" % made["id"])
    assert bought(api, "alice", made["secret"]).status == 401
    assert bought(api, "alice", new["secret"]).status == 200


def test_rotation_without_grace_is_at_once(api):
    alice = api.person("alice")
    made = make(alice)
    alice.post("/access-tokens/%d/rotation" % made["id"], {"grace_hours": 0})
    assert bought(api, "alice", made["secret"]).status == 401


def test_a_token_that_has_ended_is_none(api):
    made = make(api.person("alice"))
    api.sql("UPDATE access_token SET expires_at = UNIX_TIMESTAMP()"
            " WHERE id = %d" % made["id"])
    assert bought(api, "alice", made["secret"]).status == 401
    assert api.bearer(made["secret"]).get("/session").status == 401


def test_what_is_bought_ends_with_it(api):
    made = make(api.person("alice"))
    api.sql("UPDATE access_token SET expires_at = UNIX_TIMESTAMP() + 100"
            " WHERE id = %d" % made["id"])
    answer = bought(api, "alice", made["secret"]).json()
    assert 90 < answer["expires_in"] <= 100


def test_a_disabled_account_has_no_tokens(house):
    api = ApiHouse(house, "alice")
    secret = make(api.person("alice"))["secret"]
    api.worker.command("account", "disable", "alice")
    assert bought(api, "alice", secret).status == 401
    assert api.bearer(secret).get("/session").status == 401


def test_use_is_noted(api):
    made = make(api.person("alice"))
    path = "/access-tokens/%d" % made["id"]
    bought(api, "alice", made["secret"])
    shown = api.person("alice").get(path).json
    assert shown["used_at"] is not None
    assert shown["used_from"] == "127.0.0.1"


def test_the_operator_may_bound_lifetimes(house):
    api = ApiHouse(house, "alice", SLIPWAY_ACCESS_TOKEN_DAYS="30")
    alice = api.person("alice")
    for days in (31, None):
        answer = alice.post("/access-tokens", dict(PULL, expires_in_days=days))
        assert (answer.status, answer.field) == (422, "expires_in_days")
    assert make(alice)["expires_at"] is not None
    assert make(alice, expires_in_days=30)["expires_at"] is not None


def test_an_account_has_so_many(house):
    api = ApiHouse(house, "alice")
    alice = api.person("alice")
    last = [make(alice) for _ in range(100)][-1]
    assert alice.post("/access-tokens", PULL).code == "conflict"
    alice.delete("/access-tokens/%d" % last["id"])
    make(alice)
    assert len(alice.every("/access-tokens", limit=7)) == 100


# --- sent again -------------------------------------------------------------

def test_a_creation_that_is_sent_again_is_done_once(api):
    alice = api.person("alice")
    key = [("Idempotency-Key", "key-1")]
    made = alice.post("/access-tokens", PULL, key)
    count = len(alice.every("/access-tokens"))
    again = alice.post("/access-tokens", PULL, key)
    # a secret is shown once
    assert (again.status, again.code) == (409, "already_done")
    assert len(alice.every("/access-tokens")) == count
    other = alice.post("/access-tokens", dict(PULL, name="other"), key)
    assert (other.status, other.field) == (422, "Idempotency-Key")
    assert api.person("bob").post("/access-tokens", PULL, key).status == 201
    assert made.status == 201
    for bad in ("x" * 256, "a\x7f", "a\tb", "\xe4"):
        answer = alice.post("/access-tokens", PULL, [("Idempotency-Key", bad)])
        assert (answer.status, answer.field) == (400, "Idempotency-Key")


def test_one_that_failed_may_be_sent_again(house):
    api = ApiHouse(house, "alice")
    alice = api.person("alice")
    for _ in range(100):
        last = make(alice)
    key = [("Idempotency-Key", "key")]
    assert alice.post("/access-tokens", PULL, key).status == 409
    alice.delete("/access-tokens/%d" % last["id"])
    assert alice.post("/access-tokens", PULL, key).status == 201


# --- sessions must show the password ----------------------------------------

def test_an_old_session_must_show_the_password(api):
    pages = api.session("alice")
    assert pages.post("/access-tokens", PULL).status == 201
    api.sql("UPDATE session SET confirmed_at = confirmed_at - 601")
    answer = pages.post("/access-tokens", PULL)
    assert (answer.status, answer.code) == (403, "confirmation_required")
    pages.post("/session/confirmation", {"password": api.password("alice")})
    assert pages.post("/access-tokens", PULL).status == 201


def test_every_change_is_in_the_audit_log(house):
    api = ApiHouse(house, "alice")
    alice = api.person("alice")
    made = make(alice)
    path = "/access-tokens/%d" % made["id"]
    alice.edit(path, {"name": "x"})
    alice.post(path + "/rotation", {})
    alice.delete(path)
    rows = api.sql("SELECT action, actor, actor_kind, data FROM audit"
                   " WHERE actor_kind <> 'operator' ORDER BY id")
    assert [row[0] for row in rows] == [
        "token.create", "token.edit", "token.rotate", "token.revoke"]
    assert {row[1] for row in rows} == {"alice"}
    assert {row[2] for row in rows} == {"password"}
    assert {row[3] for row in rows} == {
        '{"access_token":%d}' % made["id"]}
