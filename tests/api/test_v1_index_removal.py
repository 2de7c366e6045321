"""A repository is deleted by the calls of the original protocol: at the Index,
in the registry, and at the Index again (docs/scenarios/c-delete.md)."""

import pytest

from index_v1_house import by, error, token_of
from testenv import images
from testenv.api import API_LOCATION, ApiClient, Document
from testenv.client import basic
from testenv.faults import KILL, Fault
from testenv.mirrored import World
from testenv.process import wait_until
from testenv.removals import (NAME, PATH, finish, nothing_is_left,
                              revisions)

REPOSITORY = "/v1/repositories/%s/" % NAME
LOCATION = """
    location ^~ /v1/ {
        fastcgi_pass  unix:%%DIR%%/index.sock;
        include       %%CONF%%/index_params;
        fastcgi_param INDEX_ROUTE v1;
    }"""


class Deletion:
    """A client that deletes alice/app, which has two images."""

    def __init__(self, house, **how):
        self.world = World(house, "alice", "bob",
                           server=API_LOCATION + LOCATION, **how)
        self.world.deliver()
        client = self.world.pusher(NAME)
        for n in range(2):
            client.push_image(NAME, "v%d" % n, images.Image(seed=n))
        self.world.settle()
        self.http = self.world.accounts.open
        self.api = ApiClient(self.http, Document(), basic("alice:alicealice"))

    def _basic(self, login):
        return [] if login is None else basic("%s:%s" % (login, login * 2))

    def first(self, login="alice"):
        return self.http.delete(REPOSITORY, self._basic(login) + [
            ("X-Docker-Token", "true")])

    def last(self, login="alice"):
        return self.http.delete(REPOSITORY, self._basic(login) + [
            ("X-Docker-Endpoints", "registry.test:5000")])

    def allocate(self, login="alice"):
        return self.http.put(REPOSITORY, self._basic(login), b"[]")

    def begun(self):
        answer = self.first()
        assert (answer.status, answer.body) == (202, b'""'), answer
        assert token_of(answer)[1:] == (NAME, "delete")
        assert answer.header("X-Docker-Endpoints") is not None
        return answer

    def ended(self):
        answer = self.last()
        assert (answer.status, answer.body) == (200, b'""'), answer

    def registry(self, answer, count=2):
        """What the registry does with the token: it verifies it, and deletes
        so many images."""
        assert self.verify(by(answer)) == [200, 200]
        client = self.http.with_token(token_of(answer)[0])
        for link in revisions(self.world)[:count]:
            digest = "sha256:" + link.parent.name
            assert client.delete("/v2/%s/manifests/%s" % (
                NAME, digest)).status == 202

    def verify(self, header):
        return [self.http.request(method, REPOSITORY + what, header).status
                for method, what in (("GET", "images"), ("PUT", "auth"))]

    def is_hidden(self):
        for login in (None, "alice", "bob"):
            assert self.http.get(REPOSITORY + "images",
                                 self._basic(login)).status == 404
        assert self.allocate().status == 403
        assert self.api.get(PATH).status == 404
        assert self.first("bob").status == 404
        assert self.last("bob").status == 404

    def is_there(self):
        assert self.http.get(REPOSITORY + "images",
                             self._basic("alice")).status == 200
        assert self.api.get(PATH).status == 200
        assert len(revisions(self.world)) == 2

    def forgotten(self):
        finish(self.world)
        nothing_is_left(self.world, self.api)


def test_from_the_first_call_to_the_last(house):
    it = Deletion(house)
    old = it.world.accounts.token("alice", "repository:%s:pull" % NAME)
    answer = it.begun()
    it.is_hidden()
    it.registry(answer)
    it.is_hidden()
    wait_until(lambda: it.world.accounts.rights(old, NAME) == set(), 60,
               "tokens of before to be refused")
    it.ended()
    assert it.verify(by(answer)) == [401, 403]
    it.is_hidden()
    # the answer may have been lost; but it does not begin again
    it.ended()
    assert error(it.first(), 404, "Repository not found")
    it.forgotten()
    it.ended()
    assert error(it.first(), 404)
    assert error(it.last("bob"), 404)
    assert error(it.last(None), 401)
    # the name is free, and nothing of before is there
    assert it.allocate().status == 200
    assert it.http.get(REPOSITORY + "images", basic("alice:alicealice")
                       ).body == b"[]"
    it.ended()
    assert it.api.get(PATH).status == 200
    assert it.world.index.database.sql(
        "SELECT actor FROM audit WHERE action = 'repository.delete'") == [
            ["alice"]]


def test_it_is_taken_up_where_it_was_cut(house):
    """After the first call, and in the middle of the registry."""
    it = Deletion(house)
    lost = it.begun()
    again = it.begun()
    assert token_of(again)[0] != token_of(lost)[0]
    it.registry(lost, count=1)
    it.registry(it.begun(), count=1)
    it.ended()
    it.forgotten()


def test_a_client_that_does_not_ask_the_registry(house):
    """The index deletes there itself what the client has left."""
    it = Deletion(house)
    it.begun()
    it.ended()
    assert len(revisions(it.world)) == 2
    it.forgotten()


def test_a_client_that_does_not_come_back(house):
    it = Deletion(house)
    answer = it.begun()
    it.registry(answer, count=1)
    it.forgotten()
    assert it.verify(by(answer)) == [404, 404]
    it.ended()
    assert error(it.first(), 404)


def test_begun_by_the_api(house):
    it = Deletion(house)
    assert it.api.delete(PATH).status == 202
    it.is_hidden()
    answer = it.begun()
    it.registry(answer)
    it.ended()
    it.forgotten()


def test_ended_by_the_api(house):
    """It says that there is nothing to delete any more, and the run ends it."""
    it = Deletion(house)
    it.begun()
    assert it.api.delete(PATH).status == 404
    it.forgotten()


def test_the_last_call_begins_nothing(house):
    it = Deletion(house)
    assert error(it.last(), 404)
    it.is_there()
    for header in ([], [("X-Docker-Token", "true")]):
        assert error(it.http.delete(REPOSITORY, header), 401)
    for login, status in (("bob", 404),):
        assert error(it.first(login), status)
    it.world.index.command("collaborator", "set", NAME, "bob", "write")
    assert error(it.first("bob"), 403, "Permission denied")
    it.is_there()
    # without any header the first call is the first one, and has no token
    answer = it.http.delete(REPOSITORY, basic("alice:alicealice"))
    assert (answer.status, token_of(answer)) == (202, None)
    answer = it.http.delete(REPOSITORY, basic("alice:alicealice"))
    assert (answer.status, answer.body) == (200, b'""')
    it.forgotten()


def test_what_is_held_goes_with_it(house):
    it = Deletion(house)
    assert it.allocate().status == 200
    it.world.pusher(NAME).push_image(NAME, "held", images.Image(seed=3))
    sql = it.world.index.database.sql
    wait_until(lambda: sql("SELECT COUNT(*) FROM webhook_held") == [["1"]], 60,
               "the event")
    it.registry(it.begun(), count=3)
    it.ended()
    it.forgotten()
    for table in ("webhook_hold", "webhook_held", "image_v1"):
        assert sql("SELECT COUNT(*) FROM " + table) == [["0"]]


@pytest.mark.parametrize("call", ["first", "last"])
def test_killed_at_every_step(house, call):
    """The process that serves the call is killed before each statement and
    each request that it sends: the repository is there or it is marked, and
    the same call takes it up."""
    fault = Fault(house)
    # a process that died at once is started again after a while
    it = Deletion(house, processes=12, **fault.environment(), FAULT_SENDS="1")
    house.expect("killed|died|signal 9")
    if call == "last":
        it.registry(it.begun())
    before = it.world.index.database.sql("SELECT * FROM removal")
    step, killed, answer = 1, 0, None
    while True:
        with fault.at(step, KILL) as reached:
            answer = getattr(it, call)()
        if not reached.is_reached:
            break
        killed += 1
        step += 1
        after = it.world.index.database.sql("SELECT * FROM removal")
        assert answer.status in (502, 202, 200)
        if call == "first" and after == before:
            it.is_there()
        else:
            assert it.api.get(PATH).status == 404
    assert answer.status == {"first": 202, "last": 200}[call]
    assert killed > 8
    if call == "first":
        it.registry(answer)
    it.ended()
    it.forgotten()
