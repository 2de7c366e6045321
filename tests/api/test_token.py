"""The token endpoint: GET as Docker has it, POST as OAuth2."""

import base64
import datetime
import itertools
import time
import urllib.parse

import pytest

from testenv.accounts import SERVICE, scope
from testenv.client import basic
from testenv.process import wait_until

FORM = "application/x-www-form-urlencoded"


def get(accounts, query="", headers=()):
    return accounts.open.get("/token?" + query, headers)


def post(accounts, fields, content_type=FORM, **more):
    if not isinstance(fields, bytes):
        fields = urllib.parse.urlencode(fields).encode()
    return accounts.open.post("/token", [("Content-Type", content_type)],
                              fields, **more)


def password_form(**more):
    return {"grant_type": "password", "client_id": "test", "service": SERVICE,
            "username": "alice", "password": "alicealice", **more}


# --- GET -------------------------------------------------------------------

def test_reply(accounts):
    answer = get(accounts, "service=%s&scope=%s" % (
        SERVICE, scope("alice/reply")), basic("alice:alicealice"))
    assert answer.status == 200
    assert answer.header("Content-Type").startswith("application/json")
    assert "no-store" in answer.header("Cache-Control")
    body = answer.json()
    assert body["token"] == body["access_token"]
    assert body["expires_in"] >= 60
    issued = datetime.datetime.strptime(
        body["issued_at"], "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=datetime.timezone.utc).timestamp()
    assert abs(issued - time.time()) < 30
    assert "refresh_token" not in body
    assert len(body["token"]) <= 4096


# Credentials of GET, and whether they are good; None is anonymous.
CREDENTIALS = [
    ([], None),
    (basic(":"), None),
    ([("Authorization", "Basic Og==")], None),
    ([("Authorization", "basic " + base64.b64encode(
        b"alice:alicealice").decode())], True),
    (basic("alice:alicealice"), True),
    (basic("alice:wrong"), False),
    (basic("alice:"), False),
    (basic("alice"), False),
    (basic(":alicealice"), False),
    (basic("absent:alicealice"), False),
    (basic("Alice:alicealice"), False),
    (basic("alice :alicealice"), False),
    (basic("alice%00:alicealice"), False),
    (basic("alice\x00:alicealice"), False),
    (basic("' OR 1=1 -- :x"), False),
    (basic("alice:" + "x" * 2000), False),
    (basic("x" * 2000 + ":x"), False),
    ([("Authorization", "Basic !!!!")], False),
    ([("Authorization", "Bearer x")], False),
    ([("Authorization", "Digest x")], False),
]


@pytest.mark.parametrize("headers, is_good", CREDENTIALS,
                         ids=range(len(CREDENTIALS)))
def test_credentials(accounts, headers, is_good):
    answer = get(accounts, "scope=" + scope("alice/credentials"), headers)
    if is_good is False:
        assert answer.status == 401
        assert answer.codes() == ["UNAUTHORIZED"]
        assert "incorrect" in answer.json()["errors"][0]["message"]
        return
    assert answer.status == 200
    found = accounts.rights(answer.json()["token"], "alice/credentials")
    assert found == ({"pull", "push"} if is_good else set())


def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(accounts):
    answers = [get(accounts, "", basic(pair)) for pair in
               ("alice:wrong", "absent:wrong", "x" * 65 + ":wrong")]
    assert len({(a.status, a.body, a.header("WWW-Authenticate"))
                for a in answers}) == 1


def test_a_wrong_password_takes_as_long_for_a_wrong_name(accounts):
    """The shortest of many: whatever else the machine does makes single ones
    longer."""
    best = {"alice:wrong": 99, "absent:wrong": 99}
    tries = itertools.count(1)

    def is_alike():
        for pair in best:
            start = time.monotonic()
            get(accounts, "", basic(pair))
            best[pair] = min(best[pair], time.monotonic() - start)
        wrong, absent = best.values()
        return next(tries) >= 5 and 0.5 < wrong / absent < 2
    wait_until(is_alike, 60, "both to take as long")


# A query, and the rights that alice has then on each name.
SCOPES = [
    ("", {"alice/s": ""}),
    ("scope=", {"alice/s": ""}),
    ("scope=repository:alice/s:pull", {"alice/s": "pull"}),
    ("scope=repository:alice/s:push,pull", {"alice/s": "pull push"}),
    ("scope=repository:alice/s:pull,push,delete",
     {"alice/s": "pull push delete"}),
    ("scope=repository:alice/s:*", {"alice/s": "pull push delete"}),
    ("scope=repository:alice/s:pull,pull,fly", {"alice/s": "pull"}),
    ("scope=repository:alice/s:", {"alice/s": ""}),
    ("scope=repository(plugin):alice/s:pull", {"alice/s": "pull"}),
    ("scope=repository%3Aalice%2Fs%3Apull", {"alice/s": "pull"}),
    ("scope=repository:alice/s:pull%20repository:alice/t:pull,push",
     {"alice/s": "pull", "alice/t": "pull push"}),
    ("scope=repository:alice/s:pull+repository:alice/t:pull",
     {"alice/s": "pull", "alice/t": "pull"}),
    ("scope=repository:alice/s:pull&scope=repository:alice/t:pull",
     {"alice/s": "pull", "alice/t": "pull"}),
    ("scope=repository:alice/s:pull&scope=repository:alice/s:push",
     {"alice/s": "pull push"}),
    # Others' and what is none is left out, and takes nothing else away.
    ("scope=repository:bob/s:pull,push%20repository:alice/s:pull",
     {"bob/s": "", "alice/s": "pull"}),
    ("scope=nonsense&scope=repository:alice/s:pull", {"alice/s": "pull"}),
    ("scope=repository&scope=repository:alice/s:pull", {"alice/s": "pull"}),
    ("scope=repository::pull&scope=repository:alice/s:pull",
     {"alice/s": "pull"}),
    ("scope=repository:Alice/S:pull&scope=repository:alice/s:pull",
     {"alice/s": "pull"}),
    ("scope=:::&scope=%00&scope=%ff&scope=%zz&scope=repository:alice/s:pull",
     {"alice/s": "pull"}),
    ("scope=namespace:alice/s:push", {"alice/s": ""}),
    ("scope=repository:../alice/s:pull", {"alice/s": ""}),
    ("scope=repository:alice/s:pull%0agrant%20repository:bob/s:pull",
     {"bob/s": ""}),
    ("scope=repository:alice/s%0agrant%20repository:bob/s:pull",
     {"alice/s": "", "bob/s": ""}),
    ("account=bob&scope=repository:bob/s:pull,push", {"bob/s": ""}),
    ("client_id=x&unknown=1&scope=repository:alice/s:pull",
     {"alice/s": "pull"}),
]


@pytest.mark.parametrize("query, expected", SCOPES,
                         ids=range(len(SCOPES)))
def test_scopes(accounts, query, expected):
    answer = get(accounts, query, basic("alice:alicealice"))
    assert answer.status == 200
    token = answer.json()["token"]
    for name, actions in expected.items():
        assert accounts.rights(token, name) == set(actions.split())


def test_more_scopes_than_a_token_holds(accounts):
    """All of them are granted, by a token that a header can carry."""
    scopes = [scope("alice/many%d" % i) for i in range(100)]
    answer = accounts.ask("alice", *scopes)
    assert answer.status == 200
    token = answer.json()["token"]
    assert len(token) <= 4096
    for name in ("alice/many0", "alice/many99"):
        assert accounts.rights(token, name) == {"pull", "push"}
    answer = post(accounts, password_form(scope=" ".join(scopes)))
    assert answer.status == 200
    assert answer.json()["scope"].split() == scopes


def test_a_long_name(accounts):
    longest = "alice/" + "a" * 249
    assert accounts.rights(accounts.token("alice", scope(longest)),
                  longest) == {"pull", "push"}
    assert accounts.ask("alice", scope(longest + "a")).status == 200


def test_service(accounts):
    for query in ("service=" + SERVICE, "service=", ""):
        assert get(accounts, query).status == 200
    for query in ("service=other.test", "service=" + "x" * 300,
                  "service=%00", "service=%zz"):
        answer = get(accounts, query)
        assert answer.status == 400
        assert answer.json()["errors"][0]["message"]


def test_catalog_is_the_admins(accounts):
    for login, status in (("root", 200), ("alice", 401), (None, 401)):
        client = accounts.client(login, "registry:catalog:*")
        assert client.get("/v2/_catalog").status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(accounts, method):
    answer = accounts.open.request(method, "/token")
    assert answer.status == 405
    assert "GET" in answer.header("Allow")
    assert "POST" in answer.header("Allow")


def test_head(accounts):
    answer = accounts.open.head("/token")
    assert answer.status == 200
    assert answer.body == b""


# --- refresh tokens --------------------------------------------------------

def test_offline_token(accounts):
    assert "refresh_token" not in accounts.ask(
        offline_token="true").json()
    assert "refresh_token" not in accounts.ask(
        "alice", offline_token="false").json()
    refresh = accounts.ask("alice", offline_token="true").json()[
        "refresh_token"]
    for name in ("alice/refresh", "alice/refresh2"):
        body = post(accounts, {
            "grant_type": "refresh_token", "service": SERVICE,
            "client_id": "other", "scope": scope(name),
            "refresh_token": refresh}).json()
        assert accounts.rights(body["access_token"], name) == {
            "pull", "push"}
        assert body.get("refresh_token", refresh) == refresh


def test_an_unknown_refresh_token_is_refused(accounts):
    for value in ("x", "sr1.", "sr1." + "A" * 43, accounts.token("alice"),
                  "%00", "' OR 1=1 -- "):
        answer = post(accounts, {"grant_type": "refresh_token",
                                 "service": SERVICE, "client_id": "x",
                                 "refresh_token": value})
        assert answer.status in (400, 401), value
        assert answer.json()["errors"]


# --- POST ------------------------------------------------------------------

def test_password_grant(accounts):
    answer = post(accounts, password_form(
        scope="%s %s" % (scope("alice/post"), scope("bob/post"))))
    assert answer.status == 200
    body = answer.json()
    assert body["expires_in"] >= 60
    assert body["issued_at"].endswith("Z")
    assert body["scope"] == scope("alice/post")
    assert "refresh_token" not in body
    assert accounts.rights(body["access_token"], "alice/post") == {
        "pull", "push"}


def test_the_class_comes_back(accounts):
    body = post(accounts, password_form(
        scope="repository(plugin):alice/plugin:pull")).json()
    assert body["scope"] == "repository(plugin):alice/plugin:pull"


def test_offline_access(accounts):
    body = post(accounts, password_form(access_type="offline")).json()
    again = post(accounts, {
        "grant_type": "refresh_token", "refresh_token": body["refresh_token"],
        "service": SERVICE, "client_id": "x"})
    assert again.status == 200
    assert again.json()["scope"] == ""


@pytest.mark.parametrize("content_type", [
    FORM, FORM + "; charset=utf-8", FORM + ";charset=UTF-8", FORM.title()])
def test_form(accounts, content_type):
    assert post(accounts, password_form(), content_type).status == 200


def test_form_in_chunks(accounts):
    body = urllib.parse.urlencode(password_form()).encode()
    answer = accounts.open.post("/token", [("Content-Type", FORM)],
                                iter([body[:10], body[10:]]),
                                is_chunked=True)
    assert answer.status == 200


# A form that is refused, and the statuses that may say so.
BAD_FORMS = [
    ({}, 400),
    (password_form(grant_type="client_credentials"), 400),
    (password_form(grant_type=""), 400),
    (password_form(username=""), 400),
    (password_form(password=""), 400),
    (password_form(password="wrong"), 401),
    (password_form(username="absent"), 401),
    (password_form(username="a" * 256), 400),
    (password_form(password="a" * 1025), 400),
    (password_form(service="other.test"), 400),
    ({"grant_type": "refresh_token"}, 400),
    ({"grant_type": "refresh_token", "refresh_token": "a" * 256}, 400),
    (b"\x00\xff\xfe", 400),
    (b"&&&===%%%", 400),
    (b"{\"grant_type\":\"password\"}", 400),
    (b"a=" + b"x" * 60000, 400),
    (b"a=" + b"x" * 70000, 413),
]


@pytest.mark.parametrize("fields, status", BAD_FORMS,
                         ids=range(len(BAD_FORMS)))
def test_bad_form(accounts, fields, status):
    answer = post(accounts, fields)
    assert answer.status == status
    assert answer.json()["errors"][0]["code"]


def test_other_content_types(accounts):
    for kind in ("application/json", "text/plain", "multipart/form-data", ""):
        answer = post(accounts, password_form(), kind)
        assert answer.status in (400, 415), kind
        assert answer.json()["errors"]


def test_a_form_does_not_hear_basic(accounts):
    """Credentials of POST are those of the form."""
    answer = accounts.open.post(
        "/token", [("Content-Type", FORM), *basic("bob:bobbob")],
        urllib.parse.urlencode(password_form(
            scope=scope("bob/form") + " " + scope("alice/form"))).encode())
    token = answer.json()["access_token"]
    assert accounts.rights(token, "bob/form") == set()
    assert accounts.rights(token, "alice/form") == {"pull", "push"}


def test_tokens_differ(accounts):
    assert len({accounts.token("alice") for _ in range(5)}) == 5


def test_the_verdict_is_nginxs_only(accounts):
    client = accounts.client("alice", scope("alice/app"))
    for path in ("/_verdict", "/@verify", "/token/../_verdict", "/%5Fverdict",
                 "/v2/../_verdict", "//_verdict"):
        assert client.get(path).status in (400, 404), path
