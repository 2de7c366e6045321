"""How each client gets its tokens: what was seen from crane 0.22, cosign 2.6,
oras 1.3, helm 3.22, notation 1.3, regctl 0.11, skopeo 1.9, containerd 2.1,
BuildKit 0.24 and docker 20.10, word for word but for the names."""

import pytest

from testenv.client import basic

FORM = "application/x-www-form-urlencoded"
FORM_UTF_8 = FORM + "; charset=utf-8"
SERVICE = "service=registry.test"
# A name as it stands in a query.
A, B = "repository%3Aalice%2Fa%3A", "repository%3Aalice%2Fb%3A"
PASSWORD = ("client_id=%s&grant_type=password&password=alicealice&scope=%s&"
            + SERVICE + "&username=alice")

PULL, PUSH = {"pull"}, {"pull", "push"}
DELETE = PUSH | {"delete"}

# client, what it does: the query, and what alice may then with a and b.
GETS = {
    "crane pushes": ("scope=" + A + "push%2Cpull&" + SERVICE, PUSH, set()),
    "crane copies": (
        "scope=" + B + "push%2Cpull&scope=" + A + "pull&" + SERVICE,
        PULL, PUSH),
    "crane deletes": (
        "scope=" + A + "push%2Cpull%2Cdelete&" + SERVICE, DELETE, set()),
    "crane lists": ("scope=registry%3Acatalog%3A%2A&" + SERVICE, set(), set()),
    "oras logs in": (SERVICE, set(), set()),
    "oras attaches": ("scope=" + A + "pull%2Cpush&" + SERVICE, PUSH, set()),
    "oras deletes": (
        "scope=" + A + "delete%2Cpull&" + SERVICE, {"pull", "delete"}, set()),
    "oras copies": (
        "scope=" + A + "pull&scope=" + B + "pull%2Cpush&" + SERVICE,
        PULL, PUSH),
    "regctl logs in": (
        "account=alice&client_id=regclient%2Fregctl+%28v0.11.7%29&" + SERVICE,
        set(), set()),
    "regctl copies": (
        "account=alice&client_id=regclient%2Fregctl+%28v0.11.7%29&scope=" + B
        + "pull%2Cpush&scope=" + A + "pull&" + SERVICE, PULL, PUSH),
    "skopeo logs in": ("account=alice&" + SERVICE, set(), set()),
    "skopeo mounts": (
        "account=alice&scope=" + B + "pull%2Cpush&scope=" + A + "pull&"
        + SERVICE, PULL, PUSH),
    "skopeo deletes": (
        "account=alice&scope=" + A + "%2A&" + SERVICE, DELETE, set()),
}

# The form of a POST instead of the query.
POSTS = {
    "helm logs in": (
        FORM, "client_id=oras-go&grant_type=password&password=alicealice&"
        + SERVICE + "&username=alice", set(), set()),
    "containerd pushes": (
        FORM_UTF_8, PASSWORD % ("containerd-client",
                                A + "pull+" + A + "pull%2Cpush"), PUSH, set()),
    "containerd mounts": (
        FORM_UTF_8, PASSWORD % (
            "containerd-client", B + "pull+" + B + "pull%2Cpush+" + A
            + "pull"), PULL, PUSH),
    "BuildKit exports its cache": (
        FORM_UTF_8, PASSWORD % ("buildkit-client",
                                A + "pull+" + B + "pull%2Cpush"), PULL, PUSH),
}


def may(accounts, token):
    return [accounts.rights(token, "alice/" + name) for name in "ab"]


@pytest.mark.parametrize("case", GETS)
def test_get(accounts, case):
    query, *wanted = GETS[case]
    answer = accounts.open.get("/token?" + query, basic("alice:alicealice"))
    assert answer.status == 200
    assert may(accounts, answer.json()["token"]) == wanted
    assert answer.json()["access_token"] == answer.json()["token"]


@pytest.mark.parametrize("case", POSTS)
def test_post(accounts, case):
    content_type, form, *wanted = POSTS[case]
    answer = accounts.open.post("/token", [("Content-Type", content_type)],
                                form.encode())
    assert answer.status == 200
    assert may(accounts, answer.json()["access_token"]) == wanted


def test_docker(accounts):
    """Login gives a refresh token, which it then posts for all that it does;
    it has seen the challenge of /v2/ only."""
    challenge = accounts.open.get("/v2/").challenge()
    assert challenge["scheme"] == "Bearer" and "scope" not in challenge
    answer = accounts.open.get(
        "/token?account=alice&client_id=docker&offline_token=true&" + SERVICE,
        basic("alice:alicealice"))
    login = answer.json()
    assert accounts.open.with_token(login["token"]).get("/v2/").status == 200
    for scopes, *wanted in (
            (A + "push%2Cpull", PUSH, set()),
            (B + "push%2Cpull+" + A + "pull", PULL, PUSH),  # a mount
            (A + "pull", PULL, set())):
        answer = accounts.open.post("/token", [("Content-Type", FORM)], (
            "client_id=docker&grant_type=refresh_token&refresh_token=%s&"
            "scope=%s&%s" % (login["refresh_token"], scopes,
                             SERVICE)).encode())
        assert answer.status == 200
        assert may(accounts, answer.json()["access_token"]) == wanted


@pytest.mark.parametrize("headers", [[], basic(":")],
                         ids=["none", "the conformance suite's"])
def test_an_anonymous_client(accounts, headers):
    answer = accounts.open.get("/token?client_id=regclient&scope=" + A
                               + "pull&" + SERVICE, headers)
    assert answer.status == 200
    assert may(accounts, answer.json()["token"]) == [set(), set()]
