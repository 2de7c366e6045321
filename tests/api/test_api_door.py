"""The door of the API: paths, methods, fields, errors, caches."""

import base64
import json

import pytest

from testenv.api import PREFIX, ApiHouse
from testenv.process import wait_until


@pytest.fixture(scope="module")
def api(database_server):
    from testenv import House
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", [
    "/nothing", "/session/", "//session", "/session/x", "/Session",
    "/sessions/x", "/sessions/-1", "/sessions/99999999999999999999999",
    "/sessions/1/2", ""])
def test_unknown_paths_are_404(api, path):
    answer = api.anonymous.get(path)
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("path", [
    "/session%", "/session%2", "/session%zz", "/x/../session%2e%2e/%2e%2e",
    "/%2e%2e/v1/session"])
def test_malformed_paths_are_400(api, path):
    answer = api.registry.get(PREFIX + path)
    assert answer.status in (400, 404)
    assert b"session" not in answer.body or answer.status == 400


@pytest.mark.parametrize("method", [
    "PUT", "PATCH", "TRACE", "SEARCH", "PROPFIND", "get", "MKCOL"])
def test_other_methods_are_405(api, method):
    answer = api.registry.request(method, PREFIX + "/session")
    if method == "get":   # for nginx, no HTTP at all
        assert answer.status == 400
        return
    assert answer.status == 405
    assert answer.header("Content-Type") == "application/problem+json"
    assert answer.header("Cache-Control") == "private, no-store"
    problem = answer.json()
    assert problem["code"] == "method_not_allowed"
    api.document.validate("Problem", problem)
    if method == "TRACE":   # nginx refuses it itself
        assert problem["request_id"]
        return
    assert answer.header("Allow") == "GET, HEAD, POST, DELETE, OPTIONS"


def test_other_addresses_keep_the_page_of_nginx(api):
    answer = api.registry.request("TRACE", "/token")
    assert answer.status == 405
    assert answer.header("Content-Type") == "text/html"


def test_head_is_get_without_a_body(api):
    answer = api.registry.head(PREFIX + "/session")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.header("Content-Length")) > 10


def test_answers_are_private(api):
    answer = api.anonymous.get("/session")
    assert answer.header("Cache-Control") == "private, no-store"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert "frame-ancestors 'none'" in answer.header("Content-Security-Policy")
    assert api.anonymous.get("/nothing").header("Cache-Control") == (
        "private, no-store")
    assert api.anonymous.get("/openapi.json").header("Cache-Control") == (
        "public, max-age=300")


def test_the_document_is_the_committed_one(api):
    answer = api.anonymous.get("/openapi.json")
    assert answer.json == api.document.text


def test_a_problem_has_all_its_members(api):
    answer = api.anonymous.get("/nothing")
    body = answer.json
    assert body["type"] == "about:blank"
    assert (body["status"], body["title"]) == (404, "There is no such thing")
    assert body["request_id"]


# --- fields -----------------------------------------------------------------

@pytest.mark.parametrize("body, field", [
    ({}, "login"), ({"login": "alice"}, "password"),
    ({"login": None, "password": "x"}, "login"),
    ({"login": 1, "password": "x"}, "login"),
    ({"login": ["alice"], "password": "x"}, "login"),
    ({"login": "alice", "password": ""}, "password"),
    ({"login": "alice", "password": "x" * 1025}, "password"),
    ({"login": "alice", "password": "a\nb"}, "password"),
    ({"login": "a" * 65, "password": "x"}, "login"),
    ({"login": "alice", "password": "x", "is_admin": True}, "is_admin"),
    ({"login": "alice", "password": "x", "y" * 100: 1}, None),
    ([], None)])
def test_invalid_fields_are_422(api, body, field):
    answer = api.anonymous.post("/session", json.dumps(body).encode())
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert answer.field == field


@pytest.mark.parametrize("body", [
    b"", b"{", b"{}x", b'"text"', b"null", b'{"login":"a","login":"b"}', b'{"login":"\xff"}',
    b'{"login":"\\u0000"}', b"[" * 10000, b'{"login":1e999}'])
def test_what_is_no_json_is_400(api, body):
    answer = api.anonymous.post("/session", body)
    assert (answer.status, answer.code) == (400, "malformed_request")


@pytest.mark.parametrize("kind", [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
    "application/jsonx", ""])
def test_another_content_type_is_415(api, kind):
    answer = api.anonymous.post("/session", b"{}", [("Content-Type", kind)])
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_content_type_may_have_parameters(api):
    answer = api.anonymous.post("/session", b"{}", [
        ("Content-Type", "Application/JSON; charset=utf-8")])
    assert answer.status == 422


@pytest.mark.parametrize("size", [256 * 1024 + 1, 1 << 20])
def test_a_body_that_is_too_large_is_413(api, size):
    answer = api.anonymous.post("/session", b" " * size)
    assert (answer.status, answer.code) == (413, "too_large")


def test_a_body_where_none_belongs_is_400(api):
    answer = api.session("alice").request("DELETE", "/session", {})
    assert (answer.status, answer.code) == (400, "malformed_request")


@pytest.mark.parametrize("query, field", [
    ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"),
    ("limit=", "limit"), ("limit=1.0", "limit"), ("limit=+1", "limit"),
    ("limit= 1", "limit"), ("limit=1&limit=2", "limit"),
    ("limit=99999999999999999999", "limit"), ("other=1", "other"),
    ("LIMIT=1", None), ("after=", "after"), ("after=%21", "after"),
    ("after=AA", "after"), ("after=eA", "after"), ("after=%00", None),
    ("%zz=1", None), ("limit", "limit"), ("sort=id;drop", "sort")])
def test_invalid_parameters_are_400(api, query, field):
    answer = api.person("alice").get("/sessions?" + query.replace(" ", "%20"))
    assert answer.status == 400
    assert answer.code in ("invalid_parameter", "invalid_cursor",
                           "malformed_request")
    assert answer.field == field


@pytest.mark.parametrize("query, detail", [
    ("/sessions?limit=x", "limit must be an integer"),
    ("/repositories?mine=yes", "mine must be true or false"),
    ("/repositories?sort=size",
     "sort must be one of name, updated, stars, pulls")])
def test_a_refused_parameter_says_what_it_must_be(api, query, detail):
    answer = api.person("alice").get(query)
    assert (answer.status, answer.json["detail"]) == (400, detail)


@pytest.mark.parametrize("field, value, detail", [
    ("actions", ["pull", "fly"], "actions has a wrong item: it must be one of "
     "pull, push, delete, describe, manage"),
    ("repositories", ["A"], "repositories has a wrong item: it must match "
     "^[a-z0-9._/*-]+$")])
def test_a_refused_field_says_what_it_must_be(api, field, value, detail):
    body = {"name": "x", "actions": ["pull"], field: value}
    answer = api.person("alice").post("/access-tokens", body)
    assert (answer.status, answer.json["detail"]) == (422, detail)


CURSORS = [b"\xff", "\u00e9".encode(), b"1 \xff", "1 1 \u00e9".encode(), b"a\nb"]


def test_a_cursor_of_other_characters_is_400_in_every_list(api):
    """None of them reaches the database, which would fail to compare it."""
    alice = api.person("alice")
    made = alice.post("/repositories", {"name": "alice/cursors"})
    assert made.status == 201
    names = {"{repository}": "alice%2Fcursors", "{namespace}": "alice",
             "{digest}": "sha256:" + "0" * 64, "{tag}": "v1", "{id}": "1"}
    refused = set()
    for path, item in api.document.text["paths"].items():
        parameters = item.get("get", {}).get("parameters", [])
        if not any(one.get("name") == "after" for one in parameters):
            continue
        short = path.replace(PREFIX, "")
        for name, value in names.items():
            short = short.replace(name, value)
        for client in (alice, api.person("root")):
            for cursor in CURSORS:
                key = base64.urlsafe_b64encode(cursor).decode().rstrip("=")
                answer = client.get(short, after=key)
                assert answer.status in (400, 403, 404), (path, answer)
                if answer.status == 400:
                    assert answer.code == "invalid_cursor"
                    refused.add(path)
    assert len(refused) > 20, refused


def test_a_whole_number_may_have_a_point(api):
    answer = api.person("alice").post("/access-tokens", b"""{"name": "x",
        "actions": ["pull"], "expires_in_days": 30.0}""")
    assert answer.status == 201
    for number in (b"30.5", b"1e300", b"-1e300"):
        answer = api.person("alice").post("/access-tokens", b"""{"name": "x",
            "actions": ["pull"], "expires_in_days": %b}""" % number)
        assert (answer.status, answer.field) == (422, "expires_in_days")


# --- callers ----------------------------------------------------------------

@pytest.mark.parametrize("header", [
    "Basic", "Basic x", "Basic YWxpY2U6d3Jvbmc=", "Bearer", "Bearer x",
    "Bearer sw1.x.y", "Digest x", "Bearer slp_" + "a" * 36])
def test_bad_credentials_are_401_everywhere(api, header):
    for path in ("/session", "/sessions"):
        answer = api.anonymous.request("GET", path,
                                       headers=[("Authorization", header)])
        assert (answer.status, answer.code) == (401, "invalid_credentials")
        assert answer.header("WWW-Authenticate") == 'Bearer realm="slipway"'


def test_no_credentials_are_401(api):
    answer = api.anonymous.get("/sessions")
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_authorization_makes_cookies_nothing(api):
    pages = api.session("alice")
    answer = pages.request("GET", "/session", headers=[
        ("Authorization", "Bearer nonsense")])
    assert answer.status == 401
    root = api.person("root").request("GET", "/session", headers=[
        ("Cookie", pages.cookie)])
    assert root.json["login"] == "root"
    assert root.json["csrf_token"] is None


# --- other sites ------------------------------------------------------------

def test_other_sites_read_nothing(api):
    answer = api.anonymous.request("GET", "/session", headers=[
        ("Origin", "https://evil.example")])
    assert answer.status == 200
    assert answer.header("Access-Control-Allow-Origin") is None
    answer = api.anonymous.request("OPTIONS", "/session", headers=[
        ("Origin", "https://evil.example")])
    assert answer.status == 204
    assert answer.header("Allow") == "GET, HEAD, POST, DELETE, OPTIONS"
    assert answer.header("Access-Control-Allow-Methods") is None


def test_sites_that_the_operator_names_may_read(house):
    api = ApiHouse(house, "alice", more=(
        'fastcgi_param INDEX_CORS "https://one.example https://two.example";'))
    for origin in ("https://one.example", "https://two.example"):
        answer = api.anonymous.request("GET", "/session",
                                       headers=[("Origin", origin)])
        assert answer.header("Access-Control-Allow-Origin") == origin
        assert answer.header("Access-Control-Allow-Credentials") is None
        assert answer.header("Vary") == "Origin"
        answer = api.anonymous.request("OPTIONS", "/session",
                                       headers=[("Origin", origin)])
        assert answer.header("Access-Control-Allow-Methods") == (
            "GET, HEAD, POST, DELETE, OPTIONS")
    for origin in ("https://one", "https://one.example https://two.example",
                   "https://one.example.evil.example", "null"):
        answer = api.anonymous.request("GET", "/session",
                                       headers=[("Origin", origin)])
        assert answer.header("Access-Control-Allow-Origin") is None
        assert answer.header("Vary") == "Origin"


# --- limits and outages -----------------------------------------------------

def test_requests_are_counted(house):
    api = ApiHouse(house, "alice", "bob", SLIPWAY_API_RATE="5")
    alice = api.person("alice")
    left = [alice.get("/session").header("RateLimit") for _ in range(5)]
    assert left[0] == '"caller";r=4;t=60'
    assert left[-1] == '"caller";r=0;t=60'
    answer = alice.get("/session")
    assert (answer.status, answer.code) == (429, "too_many_requests")
    assert 0 < int(answer.header("Retry-After")) <= 12
    assert answer.header("RateLimit-Policy") == '"caller";q=5;w=60'
    assert api.person("bob").get("/session").status == 200


def test_requests_without_an_account_are_counted_by_address(house):
    api = ApiHouse(house, SLIPWAY_API_RATE="2")

    def status(address):
        return api.anonymous.request("GET", "/session", headers=[
            ("X-Forwarded-For", address)]).status

    assert [status("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert status("192.0.2.2") == 200


def test_without_the_database_it_is_503(house):
    house.expect("database:|starting without")
    server = house.mariadb()
    from testenv.servers import Database
    database = Database(server, "away")
    worker = house.index_worker(database=database)
    from testenv.api import ApiClient, Document, configuration
    from testenv import Registry
    house.nginx(configuration())
    client = ApiClient(Registry(house.port(8600)), Document())
    worker.add_account("alice", "alicealice")
    server.stop()
    answer = client.post("/session", {"login": "alice", "password": "x"})
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.header("Retry-After") == "2"
    server.start()
    wait_until(lambda: client.post("/session", {
        "login": "alice", "password": "alicealice"}).status == 201, 30,
        "the database to be back")


def test_without_the_index_it_is_a_problem_too(house):
    house.expect("connect.. to unix:")
    api = ApiHouse(house)
    api.worker.stop()
    answer = api.anonymous.get("/session")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.header("Retry-After") == "2"
    assert answer.json["request_id"]
