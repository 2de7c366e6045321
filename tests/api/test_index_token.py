"""The token endpoint of slipway-index: what clients send, what they get."""

import base64
import datetime
import hashlib
import hmac
import re
import time

import pytest

from index_house import SERVICE, IndexHouse
from testenv.process import wait_until


@pytest.fixture
def index(house):
    return IndexHouse(house, "alice", "bob")


def test_get_answers_as_docker_has_it(index):
    answer = index.ask("alice", "repository:alice/app:pull,push",
                       service=SERVICE, client_id="docker")
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Cache-Control") == "no-store"
    body = answer.json()
    assert set(body) == {"token", "access_token", "expires_in", "issued_at"}
    assert body["token"] == body["access_token"]
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,4096}", body["token"])
    assert body["expires_in"] == 300
    issued = datetime.datetime.strptime(body["issued_at"],
                                        "%Y-%m-%dT%H:%M:%SZ")
    assert abs((datetime.datetime.utcnow() - issued).total_seconds()) < 60


def test_no_scope_is_a_login(index):
    assert index.grants(index.token("alice")) == {}


@pytest.mark.parametrize("header", [None, "Basic Og==", "Basic "])
def test_without_credentials_the_token_is_anonymous(index, header):
    headers = [("Authorization", header)] if header else []
    answer = index.client.get("/token?scope=repository:alice/app:pull",
                              headers)
    assert answer.status == 200
    token = answer.json()["token"]
    assert index.grants(token) == {"repository:alice/app": ""}
    assert b"account" not in index.verdict(token).body


@pytest.mark.parametrize("header", [
    "Basic " + base64.b64encode(pair).decode() for pair in
    (b"alice:wrong", b"absent:alicealice", b"alice", b":x", b"Alice:x",
     b"alice\0:alicealice", b"alice:" + b"x" * 1025, b"' OR 1=1 --:x",
     b"alice :alicealice", b"\xff\xfe:x")] + [
    "Basic ?", "Basic YWxpY2U6YWxpY2VhbGljZQ", "Bearer x", "Digest x"])
def test_wrong_credentials_are_401(index, header):
    answer = index.client.get("/token", [("Authorization", header)])
    assert answer.status == 401
    assert answer.codes() == ["UNAUTHORIZED"]
    assert answer.header("WWW-Authenticate") == 'Basic realm="registry.test"'


def test_wrong_login_and_wrong_password_read_alike(index):
    one = index.ask("alice", password="wrong")
    two = index.ask("absent", password="wrong")
    assert one.body == two.body
    assert set(one.headers) == set(two.headers)


def test_scopes_in_every_way(index):
    everything = {"repository:alice/a": "pull,push",
                  "repository:alice/b": "pull"}
    for query in (
            "scope=repository:alice/a:pull,push&scope=repository:alice/b:pull",
            "scope=repository:alice/a:push,pull%20repository:alice/b:pull",
            "scope=repository:alice/a:push+repository:alice/b:pull"
            "&scope=repository:alice/a:pull",
            "scope=repository:alice/a:pull,push,shout&scope=garbage&scope="
            "&scope=unknown:x:y&scope=%zz&scope=repository:alice/b:pull"):
        pair = base64.b64encode(b"alice:alicealice").decode()
        answer = index.client.get("/token?" + query,
                                  [("Authorization", "Basic " + pair)])
        assert answer.status == 200
        assert index.grants(answer.json()["token"]) == everything


def test_the_catalogue_is_for_admins(index):
    index.add("root1", "--admin")
    assert index.grants(index.token("root1", "registry:catalog:*")) == {
        "registry:catalog": "*"}
    for login in ("alice", None):
        assert index.grants(index.token(login, "registry:catalog:*")) == {
            "registry:catalog": ""}


def test_another_service_is_refused(index):
    answer = index.ask("alice", service="other.test")
    assert answer.status == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.codes() == ["UNSUPPORTED"]


def test_a_token_is_for_one_service(index):
    token = index.token("alice")
    assert index.verdict(token).status == 200
    assert index.verdict(token, "/other/verdict").status == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_405(index, method):
    answer = index.client.request(method, "/token")
    assert answer.status == 405
    assert answer.header("Allow") == "GET, HEAD, POST"
    assert answer.codes() == ["UNSUPPORTED"]


def test_head_has_no_body(index):
    answer = index.client.head("/token")
    assert (answer.status, answer.body) == (200, b"")


def test_post_with_a_password(index):
    answer = index.post(
        kind="application/x-www-form-urlencoded; charset=utf-8",
        grant_type="password", username="alice", password="alicealice",
        service=SERVICE, client_id="containerd-client",
        scope="repository:alice/a:pull,push repository(plugin):alice/b:pull "
              "repository:bob/c:pull")
    assert answer.status == 200
    body = answer.json()
    assert set(body) == {"access_token", "expires_in", "issued_at", "scope",
                         "token_type"}
    assert body["scope"] == ("repository:alice/a:pull,push "
                             "repository(plugin):alice/b:pull")
    assert index.grants(body["access_token"]) == {
        "repository:alice/a": "pull,push", "repository:alice/b": "pull",
        "repository:bob/c": ""}


@pytest.mark.parametrize("fields", [
    {}, {"grant_type": ""}, {"grant_type": "client_credentials"},
    {"grant_type": "password"},
    {"grant_type": "password", "username": "alice"},
    {"grant_type": "password", "password": "x"},
    {"grant_type": "password", "username": "a" * 300, "password": "x"},
    {"grant_type": "refresh_token"},
    {"grant_type": "refresh_token", "refresh_token": "x" * 300},
    {"grant_type": "password", "username": "alice", "password": "alicealice",
     "service": "other.test"}])
def test_malformed_posts_are_400(index, fields):
    answer = index.post(**fields)
    assert answer.status == 400
    assert answer.json()["error"] in ("invalid_request",
                                      "unsupported_grant_type")
    assert answer.json()["errors"][0]["message"]


def test_a_post_that_is_no_form_is_400(index):
    answer = index.post(kind="application/json", grant_type="password")
    assert answer.status == 400


def test_a_form_that_is_too_long_is_413(index):
    answer = index.post(grant_type="password", username="x" * 70000)
    assert answer.status == 413


@pytest.mark.parametrize("fields", [
    {"grant_type": "password", "username": "alice", "password": "wrong"},
    {"grant_type": "password", "username": "absent", "password": "wrong"},
    {"grant_type": "refresh_token", "refresh_token": "sr1.x"}])
def test_wrong_credentials_in_a_post_are_401(index, fields):
    answer = index.post(**fields)
    assert answer.status == 401
    assert answer.codes() == ["UNAUTHORIZED"]


def refresh_token(index, login="alice"):
    answer = index.ask(login, offline_token="true")
    return answer.json()["refresh_token"]


def test_a_refresh_token_gets_tokens(index):
    refresh = refresh_token(index)
    for scope in ("repository:alice/a:pull", "repository:alice/b:push"):
        answer = index.post(grant_type="refresh_token", refresh_token=refresh,
                            service=SERVICE, scope=scope, client_id="other")
        assert answer.status == 200
        assert answer.json()["scope"] == scope
        assert "refresh_token" not in answer.json()


def test_a_refresh_token_is_kept_when_offline_is_asked_again(index):
    refresh = refresh_token(index)
    answer = index.post(grant_type="refresh_token", refresh_token=refresh,
                        access_type="offline")
    assert answer.json()["refresh_token"] == refresh


def test_an_anonymous_client_gets_no_refresh_token(index):
    assert "refresh_token" not in index.ask(None, offline_token="true").json()


def test_a_refresh_token_is_for_one_service(index):
    refresh = refresh_token(index)
    assert index.post("/other/token", grant_type="refresh_token",
                      refresh_token=refresh).status == 401


def test_a_refresh_token_is_stored_as_its_hash(index):
    refresh = refresh_token(index)
    rows = index.worker.database.sql("SELECT * FROM refresh_token")
    assert len(rows) == 1
    assert refresh not in "".join(rows[0])


def test_a_refresh_token_ends(index):
    refresh = refresh_token(index)
    index.worker.database.sql("UPDATE refresh_token SET expires_at = 1")
    assert index.post(grant_type="refresh_token",
                      refresh_token=refresh).status == 401


def test_many_scopes_are_never_cut(index):
    """Longer than a token, and longer than 8192 bytes in one field."""
    scopes = ["repository:alice/%s%02d:pull" % ("x" * 80, i)
              for i in range(90)]
    answer = index.post(grant_type="password", username="alice",
                        password="alicealice", scope=" ".join(scopes))
    assert answer.status == 200
    token = answer.json()["access_token"]
    assert len(token) <= 4096
    assert len(index.grants(token)) == 90
    assert answer.json()["scope"].split() == scopes


def test_expired_and_foreign_tokens_are_403(index):
    token = index.token("alice")
    for bad in ("", "x", token[:-1], token + "A", "sw1." + token,
                token.replace("sw1.", "sw2."), token.split(".")[1]):
        assert index.verdict(bad).status == 403
    assert index.client.get("/verdict").status == 403


def test_a_token_ends(house):
    """Signed as the index does it, with an end in the past."""
    index = IndexHouse(house, "alice")
    with open(house.dir + "/index.secret", "rb") as f:
        secret = f.read()

    def signed(expires):
        text = ("slipway-verdict 1\nexpires %d\nservice registry.test\n"
                "account alice\n" % expires)
        head = b"sw1." + base64.urlsafe_b64encode(
            b"0" * 16 + text.encode()).rstrip(b"=")
        mac = hmac.new(secret, head, hashlib.sha256).digest()
        return (head + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")
                ).decode()

    assert index.verdict(signed(time.time() + 60)).status == 200
    assert index.verdict(signed(time.time() - 1)).status == 403


def test_a_route_that_is_not_known_is_the_operators_mistake(index):
    assert index.client.get("/unknown").status == 500
    assert "INDEX_ROUTE" in index.worker.process.text()


@pytest.mark.parametrize("ahead,says", [
    (3600.5, "3600 seconds ahead of"), (-3600, "3600 seconds behind"),
    (5, None), (-5, None)])
def test_clocks_that_differ_are_a_line_in_the_log(index, ahead, says):
    for wrong in ("", "x", "-1", "9" * 30):
        assert index.client.get("/clock/token", [
            ("X-Time", wrong)]).status == 200
    assert index.ask("alice").status == 200  # nginx's own clock
    assert "clock" not in index.worker.process.text()
    for _ in range(20):
        assert index.client.get("/clock/token", [
            ("X-Time", "%.3f" % (time.time() + ahead))]).status == 200
    lines = [line for line in index.worker.process.text().splitlines()
             if "clock" in line]
    if says is None:
        assert lines == []
    else:  # once a minute for each process
        assert 1 <= len(lines) <= 2
        assert re.search("warn: nginx's clock is (3600|3599|3601) seconds "
                         + says.split(" ", 2)[2], lines[0])


def test_no_log_has_a_secret(index):
    token = index.token("alice", offline_token="true")
    refresh = refresh_token(index)
    index.verdict(token)
    index.ask("alice", password="a-wrong-password")
    index.post(grant_type="refresh_token", refresh_token=refresh)
    index.post(grant_type="refresh_token", refresh_token=refresh + "x")
    index.passwd("alice", "a-new-password")
    logs = index.worker.process.text()
    for secret in (token, token.split(".")[1], refresh, "alicealice",
                   "a-wrong-password", "a-new-password",
                   base64.b64encode(b"alice:alicealice").decode()):
        assert secret not in logs


def test_who_exists_cannot_be_timed(index):
    index.add("carol")
    index.worker.command("account", "disable", "carol")
    quickest = dict.fromkeys(("alice", "absent", "carol", "No Login!"), 60)

    def are_alike():
        """What other programs take of the machine, they do not take of every
        attempt."""
        for login in quickest:
            begun = time.perf_counter()
            assert index.ask(login, password="wrong").status == 401
            quickest[login] = min(quickest[login],
                                  time.perf_counter() - begun)
        return max(quickest.values()) < 2 * min(quickest.values())

    for _ in range(9):
        are_alike()
    wait_until(are_alike, 60, "answers that take as long")
