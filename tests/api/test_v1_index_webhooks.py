"""Webhooks get what a push of the original protocol did at its end, once."""

import json

import pytest

from testenv.client import basic
from testenv.mirror import digest, push
from testenv.webhooks import site, world  # noqa: F401 -- fixtures


class V1Push:
    """The Index's part of a push by alice; what the registry does is reported by
    its events."""

    def __init__(self, world, name):
        self.world, self.name = world, name

    def _put(self, path, body):
        return self.world.api.registry.put(
            "/v1/repositories/%s%s" % (self.name, path),
            basic("alice:" + self.world.api.password("alice")),
            json.dumps(body).encode())

    def begin(self):
        assert self._put("/", []).status == 200

    def end(self):
        assert self._put("/images", []).status == 204


def tags(requests):
    return [request.json["tag"] for request in requests]


def deliveries(world, hook):
    return len(world.deliveries(hook))


def held(world):
    return [row[0] for row in world.api.sql(
        "SELECT tag FROM webhook_held ORDER BY id")]


@pytest.fixture
def v1(world):  # noqa: F811
    world.courier()
    yield V1Push(world, world.app)
    world.api.sql("DELETE FROM webhook_hold")
    world.api.sql("DELETE FROM webhook_held")


def test_the_end_of_a_push_fires_what_it_did_once(world, v1):  # noqa: F811
    sink = world.sink()
    hook = world.hook(sink.url)
    v1.begin()
    first = world.push(world.app, "one")
    world.push(world.app, "two")
    # it is in the mirror, and can be pulled
    assert world.mirror.held()[world.app][1]["one"] == first
    assert held(world) == ["one", "two"] and deliveries(world, hook) == 0
    v1.end()
    # deliveries keep no order
    assert sorted(tags(sink.wait(2))) == ["one", "two"]
    one = sink.requests[tags(sink.requests).index("one")].json
    assert one["digest"] == first and one["actor"] == "alice"
    assert one["occurred_at"] == "2026-08-01T12:00:00Z"
    v1.end()
    assert deliveries(world, hook) == 2 and held(world) == []
    # an event that comes after the end waits for nothing
    world.push(world.app, "late")
    assert sorted(tags(sink.wait(3))) == ["late", "one", "two"]
    assert deliveries(world, hook) == 3


def test_an_event_that_comes_twice_fires_once(world, v1):  # noqa: F811
    hook = world.hook(world.sink().url)
    v1.begin()
    event = push(world.app, 901, "same", by="alice")
    world.mirror.take(event)
    world.mirror.take(event)
    v1.end()
    world.mirror.take(event)
    assert deliveries(world, hook) == 1


def test_others_do_not_wait(world, v1):  # noqa: F811
    """Neither what another account pushes there, nor the account elsewhere,
    nor a deletion."""
    sink = world.sink()
    hook = world.hook(sink.url, events=["push", "delete"])
    other = world.hook(sink.url, "/repositories/%s/webhooks"
                       % world.other.replace("/", "%2F")
                       ) if world.push(world.other, "0") else None
    v1.begin()
    world.mirror.take(push(world.app, 801, "theirs", by="bob"))
    world.mirror.take(push(world.app, 802, "no-ones"))
    world.push(world.other, "elsewhere")
    assert sorted(tags(sink.wait(3))) == ["elsewhere", "no-ones", "theirs"]
    world.mirror.take({
        "id": "00000000-0000-4000-8000-%012d" % world.n, "action": "delete",
        "timestamp": "2026-08-01T12:00:00Z", "actor": {"name": "alice"},
        "target": {"repository": world.app, "tag": "theirs"}})
    assert tags(sink.wait(4))[3] == "theirs"
    assert other is not None and deliveries(world, hook) == 3


def test_a_push_that_is_never_ended(world, v1):  # noqa: F811
    sink = world.sink()
    world.hook(sink.url)
    v1.begin()
    world.push(world.app, "alone")
    [[left]] = world.api.sql(
        "SELECT until_at - UNIX_TIMESTAMP() FROM webhook_hold")
    assert 0 < int(left) <= 900
    world.api.sql("UPDATE webhook_hold SET until_at = UNIX_TIMESTAMP() - 1")
    world.api.sql("UPDATE webhook_held SET due_at = UNIX_TIMESTAMP() - 1")
    assert tags(sink.wait(1)) == ["alone"]
    world.push(world.app, "next")
    assert tags(sink.wait(2)) == ["alone", "next"]
    assert held(world) == []


def test_a_push_of_many_tags(world, v1):  # noqa: F811
    """More than a request should do: the courier has the rest."""
    sink = world.sink()
    world.hook(sink.url)
    v1.begin()
    names = ["t%03d" % n for n in range(130)]
    world.mirror.take(*(push(world.app, n + 1000, name, by="alice")
                        for n, name in enumerate(names)))
    assert world.mirror.held()[world.app][1]["t129"] == digest(1129)
    v1.end()
    assert sorted(tags(sink.wait(130))) == names
    v1.end()
    assert held(world) == []
