"""/v1/search, as docker and podman ask it, of conf/index.conf."""

import pytest

from testenv import House
from testenv.client import Registry, basic

PATH = "/v1/search"


class V1House:

    def __init__(self, house):
        self.nginx, self.index = house.with_index()
        for login in ("alice", "bob"):
            self.index.add_account(login, login + login + "-password")
        for name, visibility in (("alice/found-public", "public"),
                                 ("alice/found-private", "private"),
                                 ("alice/found-internal", "internal")):
            self.index.set_visibility(name, "private")
            self.index.database.sql(
                "UPDATE repository SET is_stored = TRUE WHERE name = '%s'"
                % name)
            self.index.set_visibility(name, visibility)
        self.client = Registry(house.port(8500))

    def get(self, query, headers=()):
        return self.client.get(PATH + query, list(headers))

    def found(self, query, headers=()):
        answer = self.get(query, headers)
        assert answer.status == 200, answer
        body = answer.json()
        assert body["num_results"] == len(body["results"])
        return sorted(result["name"][6:] for result in body["results"])

    def bought(self, login, secret=None):
        """What docker buys with its refresh token."""
        answer = self.client.ask_token(
            ["registry:catalog:search"], login,
            secret or login + login + "-password")
        assert answer.status == 200, answer
        return [("Authorization", "Bearer " + answer.json()["token"])]


@pytest.fixture(scope="module")
def v1(database_server):
    house = House(database_server)
    try:
        yield V1House(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def test_the_shape_that_clients_read(v1):
    body = v1.get("?q=found&n=25").json()
    assert body == {
        "query": "found", "num_results": 1, "num_pages": 1, "page": 1,
        "page_size": 25,
        "results": [{"name": "alice/found-public", "description": "",
                     "star_count": 0, "is_official": False,
                     "is_trusted": False, "is_automated": False}]}
    ping = v1.client.get("/v1/_ping")
    assert ping.status == 200 and ping.json() == {"standalone": True}
    assert ping.header("X-Docker-Registry-Standalone") == "true"


def test_pages(v1):
    """Each repository on one of them; the number of all grows with what was
    read."""
    alice = basic("alice:alicealice-password")
    found = []
    for number, seen in ((1, (2, 2)), (2, (3, 3)), (3, (3, 3))):
        body = v1.get("?q=found&n=1&page=%d" % number, alice).json()
        assert (body["page"], body["page_size"]) == (number, 1)
        assert (body["num_pages"], body["num_results"]) == seen
        found += [one["name"] for one in body["results"]]
    assert sorted(found) == ["alice/found-internal", "alice/found-private",
                             "alice/found-public"]
    body = v1.get("?q=found&n=2&page=9", alice).json()
    assert (body["results"], body["num_results"]) == ([], 3)
    for query in "page=0", "page=1":
        assert v1.found("?q=found&" + query) == ["found-public"]
    assert v1.get("?q=found&page=1000000").json()["page"] == 10
    assert v1.get("?q=found&page=x").status == 400
    empty = v1.get("?q=nothing-of-that-name").json()
    assert (empty["num_pages"], empty["num_results"]) == (0, 0)


def test_who_finds_what(v1):
    every = ["found-internal", "found-private", "found-public"]
    assert v1.found("?q=found") == ["found-public"]
    assert v1.found("?q=found", basic("bob:bobbob-password")) == [
        "found-internal", "found-public"]
    assert v1.found("?q=found", basic("alice:alicealice-password")) == every
    assert v1.found("?q=found", v1.bought("alice")) == every
    assert v1.found("?q=found", v1.bought("bob")) == [
        "found-internal", "found-public"]


def test_a_token_that_is_not_good(v1):
    for headers in (basic("alice:wrong"), basic("nemo:nemo"),
                    [("Authorization", "Bearer x")],
                    [("Authorization", "Digest x")]):
        answer = v1.get("?q=found", headers)
        assert answer.status == 401, answer
    bought = v1.bought("alice")
    v1.index.command("account", "passwd", "alice", "--password-stdin",
                     stdin="alicealice-password\n")
    assert v1.get("?q=found", bought).status == 401


def test_what_is_asked_for_is_bounded(v1):
    assert v1.found("?q=found&n=0") == ["found-public"]
    assert v1.found("?q=found&n=100000") == ["found-public"]
    assert v1.found("?q=") == ["found-public"]
    assert v1.found("") == ["found-public"]
    assert v1.found("?q=found+public") == ["found-public"]
    assert v1.found("?q=%ff%fe") == []
    assert v1.get("?q=found&n=x").status == 400
    assert v1.get("?q=" + "x" * 256).status == 400
    assert v1.get("?q=%zz").status == 400
    assert v1.client.request("POST", PATH + "?q=x").status == 405
