"""Sessions: log-in, log-out, their list, and what protects them."""

import pytest

from testenv.api import ORIGIN, ApiHouse


@pytest.fixture(scope="module")
def api(database_server):
    from testenv import House
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def test_log_in_and_out(api):
    pages = api.session("alice")
    session = pages.get("/session").json
    assert session["login"] == "alice"
    assert session["is_admin"] is False
    assert session["csrf_token"] == pages.token
    cookie = pages.cookie
    assert pages.delete("/session").status == 204
    pages.cookie = cookie
    assert pages.get("/session").json["login"] is None
    assert pages.get("/sessions").status == 401


def test_a_session_that_is_over_is_named(api):
    assert api.anonymous.get("/session").json["has_ended"] is False
    pages = api.session("alice")
    assert pages.get("/session").json["has_ended"] is False
    cookie = pages.cookie
    assert pages.delete("/session").status == 204
    pages.cookie = cookie
    assert pages.get("/session").json["has_ended"] is True
    assert api.person("alice").get("/session").json["has_ended"] is False


@pytest.mark.parametrize("policy", ["open", "invitation", "closed"])
def test_who_may_sign_up_is_said(house, policy):
    api = ApiHouse(house, "alice", SLIPWAY_SIGN_UP=policy)
    for client in api.anonymous, api.person("alice"):
        assert client.get("/session").json["sign_up"] == policy


def test_the_cookie_over_http(api):
    answer = api.anonymous.post("/session", {
        "login": "alice", "password": api.password("alice")})
    name, rest = answer.header("Set-Cookie").split("=", 1)
    assert name == "session"
    value, *words = rest.split("; ")
    assert len(value) == 43
    assert sorted(words) == ["HttpOnly", "Max-Age=2592000", "Path=/",
                             "SameSite=Lax"]


def test_the_cookie_over_https(house):
    api = ApiHouse(house, "alice", origin="https://registry.test")
    answer = api.anonymous.post("/session", {
        "login": "alice", "password": api.password("alice")})
    cookie = answer.header("Set-Cookie")
    assert cookie.startswith("__Host-session=")
    assert cookie.endswith("; HttpOnly; SameSite=Lax; Secure")
    assert "Domain" not in cookie
    value = cookie.split(";")[0]
    assert api.anonymous.request("GET", "/session", headers=[
        ("Cookie", "a=b; %s; c=d" % value)]).json["login"] == "alice"
    # over plain HTTP anyone in between could have set that one
    assert api.anonymous.request("GET", "/session", headers=[
        ("Cookie", value.replace("__Host-", ""))]).json["login"] is None


@pytest.mark.parametrize("login, password", [
    ("alice", "wrong"), ("unknown", "x"), ("Alice", "x"), ("x' OR 1=1", "x")])
def test_wrong_log_ins_read_alike(api, login, password):
    answer = api.anonymous.post("/session", {"login": login,
                                             "password": password})
    assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert answer.json["detail"] == "incorrect login or password"
    assert answer.header("Set-Cookie") is None


@pytest.mark.parametrize("headers", [
    [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
    [("Origin", "https://evil.example")], [("Origin", "null")],
    [("Origin", ORIGIN + ".evil.example")]])
def test_other_sites_log_no_one_in(api, headers):
    answer = api.anonymous.post("/session", {
        "login": "alice", "password": api.password("alice")}, headers)
    assert (answer.status, answer.code) == (403, "cross_origin")
    assert answer.json["detail"] == (
        "Sec-Fetch-Site must be same-origin or none"
        if headers[0][0] == "Sec-Fetch-Site" else
        "Origin must be %s (INDEX_ORIGIN in nginx.conf)" % ORIGIN)


@pytest.mark.parametrize("headers, code", [
    ([("Sec-Fetch-Site", "cross-site")], "cross_origin"),
    ([("Sec-Fetch-Site", "same-site")], "cross_origin"),
    ([("Origin", "https://evil.example")], "cross_origin"),
    ([("Origin", "http://registry.test:81")], "cross_origin"),
    ([("Origin", "")], "cross_origin"),
    ([("Sec-Fetch-Site", "same-origin"), ("X-CSRF-Token", "")],
     "csrf_token_invalid"),
    ([("Sec-Fetch-Site", "same-origin"), ("X-CSRF-Token", "0" * 64)],
     "csrf_token_invalid")])
def test_a_cookie_alone_changes_nothing(api, headers, code):
    pages = api.session("alice")
    answer = pages.delete("/session", headers)
    assert (answer.status, answer.code) == (403, code)
    assert pages.get("/session").json["login"] == "alice"


def test_a_csrf_token_is_for_one_session(api):
    one, two = api.session("alice"), api.session("alice")
    assert one.token != two.token
    one.token = two.token
    assert one.delete("/session").code == "csrf_token_invalid"


def test_origin_will_do_where_a_browser_has_no_sec_fetch_site(api):
    pages = api.session("alice")
    assert pages.delete("/session", [("Origin", ORIGIN)]).status == 204


def test_each_log_in_has_another_cookie(api):
    pages = api.session("alice")
    old, number = pages.cookie, pages.get("/session").json["id"]
    again = pages.post("/session", {"login": "alice",
                                    "password": api.password("alice")})
    assert again.status == 201
    assert pages.cookie != old
    assert pages.get("/session").json["id"] != number


def test_sessions_are_listed_and_ended_one_by_one(api):
    one = api.session("bob")
    two = api.session("bob")
    other = api.session("alice")
    items = one.every("/sessions", limit=1)
    assert len(items) == 2
    assert [item["is_current"] for item in items] == [True, False]
    assert items[0]["address"] == "127.0.0.1"
    number = items[1]["id"]
    # another's session is none
    assert other.delete("/sessions/%d" % number).code == "not_found"
    assert two.get("/session").json["login"] == "bob"
    assert one.delete("/sessions/%d" % number).status == 204
    assert two.get("/session").json["login"] is None
    assert one.delete("/sessions/%d" % number).status == 404
    assert len(one.every("/sessions")) == 1


def test_the_user_agent_is_kept_as_plain_text(api):
    answer = api.anonymous.post("/session", {
        "login": "root", "password": api.password("root")},
        [("User-Agent", "x\x7f<script>" + "y" * 400)])
    assert answer.status == 201
    item = api.person("root").every("/sessions")[-1]
    assert item["agent"].startswith("x?<script>yyy")
    assert len(item["agent"]) == 255


@pytest.mark.parametrize("change", ["passwd", "disable", "admin"])
def test_a_change_of_the_account_ends_its_sessions(house, change):
    api = ApiHouse(house, "alice")
    pages = api.session("alice")
    if change == "passwd":
        api.worker.command("account", "passwd", "alice", "--password-stdin",
                           stdin="another password\n")
    elif change == "disable":
        api.worker.command("account", "disable", "alice")
    else:
        api.worker.command("account", "set-admin", "alice", "on")
    assert pages.get("/session").json["login"] is None


def test_a_session_ends_when_it_is_not_used(house):
    api = ApiHouse(house, "alice")
    pages = api.session("alice")
    api.sql("UPDATE session SET used_at = used_at - 43000")
    assert pages.get("/session").json["login"] == "alice"
    # which was a use
    api.sql("UPDATE session SET used_at = used_at - 43000")
    assert pages.get("/session").json["login"] == "alice"
    api.sql("UPDATE session SET used_at = used_at - 43300")
    assert pages.get("/session").json["login"] is None


def test_a_session_ends_when_it_is_old(house):
    api = ApiHouse(house, "alice")
    pages = api.session("alice")
    api.sql("UPDATE session SET expires_at = UNIX_TIMESTAMP()")
    assert pages.get("/session").json["login"] is None


def test_the_password_is_shown_again(api):
    pages = api.session("alice")
    old = pages.cookie
    answer = pages.post("/session/confirmation", {"password": "wrong"})
    assert (answer.status, answer.field) == (422, "password")
    answer = pages.post("/session/confirmation",
                        {"password": api.password("alice")})
    assert answer.status == 200
    assert pages.cookie != old
    assert pages.get("/session").json["login"] == "alice"
    pages.cookie = old
    assert pages.get("/session").json["login"] is None


def test_the_database_has_no_cookie(api):
    pages = api.session("alice")
    value = pages.cookie.split("=")[1]
    rows = api.sql("SELECT * FROM session")
    assert not any(value in str(row) for row in rows)


def test_log_ins_are_limited(house):
    house.expect("logins are limited")
    api = ApiHouse(house, "alice")
    forwarded = [("X-Forwarded-For", "192.0.2.7")]
    answers = [api.anonymous.post("/session", {
        "login": "alice", "password": "wrong%d" % i}, forwarded)
        for i in range(7)]
    assert [a.status for a in answers] == [401] * 5 + [429] * 2
    assert answers[-1].code == "too_many_requests"
    assert int(answers[-1].header("Retry-After")) > 0
