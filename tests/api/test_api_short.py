"""Short addresses: /r/NAME, /r/NAME:TAG, /r/NAME@DIGEST."""

import json

import pytest

from testenv import House
from testenv.api import ApiHouse
from testenv.client import basic
from testenv.mirror import Mirror, digest, push

BROWSER = ("text/html,application/xhtml+xml,application/xml;q=0.9,"
           "image/avif,*/*;q=0.8")
NAMES = {"public": "alice/app", "internal": "alice/internal",
         "private": "alice/secret", "unlisted": "alice/a/tags/b"}


class ShortHouse(ApiHouse):
    def __init__(self, house):
        super().__init__(house, "alice", "bob", more="""
            fastcgi_param INDEX_CORS "https://pages.example";
            fastcgi_param INDEX_PAGES $http_x_test_pages;""")
        mirror = Mirror(self.worker, self.registry)
        for visibility, name in NAMES.items():
            assert mirror.send(push(name, tag="1.0")).status == 200
            self.worker.set_visibility(name, visibility)

    def ask(self, path, accept=None, login=None, method="GET", headers=()):
        lines = list(headers)
        if login:
            lines += basic("%s:%s" % (login, self.password(login)))
        if accept is not None:
            lines.append(("Accept", accept))
        answer = self.registry.request(method, path, lines)
        assert "Accept" in answer.headers.get("Vary", ""), answer
        assert answer.headers["Cache-Control"] == "private, no-store"
        return answer


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ShortHouse(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


ADDRESSES = [
    ("alice/app", "/repositories/alice%2Fapp"),
    ("alice%2Fapp", "/repositories/alice%2Fapp"),
    ("alice/app?utm_source=x&limit=1", "/repositories/alice%2Fapp"),
    ("alice/app:1.0", "/repositories/alice%2Fapp/tags/1.0"),
    ("alice/app%3A1.0", "/repositories/alice%2Fapp/tags/1.0"),
    ("alice/app@" + digest(1),
     "/repositories/alice%2Fapp/manifests/" + digest(1)),
    ("alice/a/tags/b", "/repositories/alice%2Fa%2Ftags%2Fb"),
    ("alice/a/tags/b:1.0", "/repositories/alice%2Fa%2Ftags%2Fb/tags/1.0")]


@pytest.mark.parametrize("address,path", ADDRESSES)
def test_programs_get_what_the_api_answers(api, address, path):
    same = api.anonymous.get(path)
    assert same.status == 200
    for accept in (None, "*/*", "application/json", "image/png",
                   "application/json, text/html;q=0.9"):
        answer = api.ask("/r/" + address, accept)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert json.loads(answer.body) == same.json
        assert answer.headers.get("ETag") == same.header("ETag")
    assert api.ask("/r/" + address, method="HEAD").status == 200


@pytest.mark.parametrize("address,path", ADDRESSES)
def test_browsers_are_sent_to_the_page(api, address, path):
    for accept in (BROWSER, "text/html", "TEXT/HTML;charset=utf-8",
                   "application/json;q=0.5, text/html ;q=0.5"):
        answer = api.ask("/r/" + address, accept)
        assert (answer.status, answer.body) == (303, b"")
        assert answer.headers["Location"].replace("%3A", ":") == path
        assert "ETag" not in answer.headers


@pytest.mark.parametrize("accept", [
    "text/html;q=0", "text/html; q=0.000", "text/html;q=x",
    "text/html;q=0.4, application/json;q=0.5", "text/*", "", ",;=",
    "text/htmlx", ";".join(["text/html"] + ["q=0"] * 100)])
def test_who_does_not_ask_for_a_page_gets_none(api, accept):
    assert api.ask("/r/alice/app", accept).status == 200


def test_rights_are_those_of_the_api(api):
    missing = {}
    for login, hidden in [(None, ("internal", "private")),
                          ("bob", ("private",)), ("alice", ())]:
        for visibility, name in NAMES.items():
            for suffix in ("", ":1.0", "@" + digest(1)):
                for accept in (None, BROWSER):
                    answer = api.ask("/r/" + name + suffix, accept, login)
                    expected = (404 if visibility in hidden
                                else 303 if accept else 200)
                    assert answer.status == expected, (login, name, answer)
                    if expected == 404:
                        problem = json.loads(answer.body)
                        problem.pop("request_id")
                        missing[json.dumps(problem, sort_keys=True)] = answer
    for path in ("alice/none", "none/app", "alice/app:none"):
        problem = json.loads(api.ask("/r/" + path).body)
        problem.pop("request_id")
        missing[json.dumps(problem, sort_keys=True)] = path
    # one body for all: nothing tells what is there
    assert len(missing) == 1, missing


def test_wrong_credentials_are_401(api):
    for accept in (None, BROWSER):
        answer = api.ask("/r/alice/app", accept,
                         headers=basic("alice:wrong password"))
        assert answer.status == 401
        assert json.loads(answer.body)["code"] == "invalid_credentials"


@pytest.mark.parametrize("address", [
    "", "alice", "alice/", "alice/app/", "/alice/app", "alice//app", "Alice/app",
    "alice/app:", "alice/app@", "alice/app:1.0:2", "alice/app@sha256:12",
    "alice/app@" + digest(9), "alice/app:1.0@" + digest(1), ":1.0",
    "@" + digest(1), "alice/app:%2e%2e", "%5Cevil.example", "/evil.example",
    "//evil.example/%2F..", "https:evil.example", "https://evil.example/",
    "javascript:alert(1)", "%09/evil.example", "%3Csvg%3E", "alice%252Fapp",
    "alice/app:1.0%0d%0aLocation:%20//evil.example", "a" * 256,
    "alice/app:" + "t" * 129, "%ff", "alice/app%20"])
def test_what_is_no_name_is_404(api, address):
    for accept in (None, BROWSER):
        answer = api.ask("/r/" + address, accept)
        assert answer.status == 404, answer
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "Location" not in answer.headers


def test_dots_lead_nowhere(api):
    for path in ("/r/../r/alice/app", "/x/../r/alice/app", "//r/alice/app",
                 "/r/./alice/app", "/r/alice/x/%2e%2e/app"):
        assert api.ask(path, BROWSER).status == 404, path


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE",
                                    "OPTIONS"])
def test_nothing_is_changed_here(api, method):
    answer = api.ask("/r/alice/app", login="alice", method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert api.ask("/r/alice/app").status == 200


def test_a_known_edition_is_not_sent_again(api):
    etag = api.ask("/r/alice/app").headers["ETag"]
    answer = api.ask("/r/alice/app", headers=[("If-None-Match", etag)])
    assert (answer.status, answer.body) == (304, b"")


def test_pages_of_named_sites_may_read_it(api):
    answer = api.ask("/r/alice/app", headers=[
        ("Origin", "https://pages.example")])
    assert answer.headers["Access-Control-Allow-Origin"] == \
        "https://pages.example"


def test_the_operator_says_where_the_pages_are(api):
    """Here by a header, so that one nginx will do."""
    answer = api.ask("/r/alice/app:1.0", "text/html",
                     headers=[("X-Test-Pages", "/ui/")])
    assert answer.status == 303
    assert answer.headers["Location"] == "/ui/repositories/alice%2Fapp/tags/1.0"
