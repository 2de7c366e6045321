"""Webhooks that are called one behind the other, and what receivers say to the
callback_url of Docker Hub's form."""

import re
import threading

import pytest

from testenv.mirror import delete
from testenv.process import WAIT_SECONDS, wait_until
from testenv.webhooks import LOOPBACK, ORIGIN, hooks_of
from testenv.webhooks import site, world  # fixtures


def path_of(request):
    """The path behind /api/v1 of the callback_url that a receiver got."""
    url = request.json["callback_url"]
    assert re.fullmatch(re.escape(ORIGIN) +
                        "/api/v1/webhook-callbacks/[0-9a-f]{32}", url)
    return url.removeprefix(ORIGIN + "/api/v1")


def chain(world, length=2):
    """(hook, sink) of webhooks that come one after the other."""
    made, after = [], None
    for _ in range(length):
        sink = world.sink()
        hook = world.hook(sink.url, form="docker_hub", after=after)
        assert hook["after"] == after
        made.append((hook, sink))
        after = hook["id"]
    return made


def states(world, hook):
    return [one["state"] for one in world.deliveries(hook)]


def call(world, request, **body):
    return world.api.anonymous.post(path_of(request), body).status


# --- what a callback is -----------------------------------------------------

def test_a_callback_is_shown(world):
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    request = sink.wait(1)[0]
    world.wait_state(hook, "done")
    assert world.deliveries(hook)[0]["callback"] is None
    answer = world.api.anonymous.post(path_of(request), {
        "state": "failure", "description": "1 of 3 \u00e4 <b>failed</b>",
        "context": "ci/1", "target_url": "https://ci.example/1#log",
        "more": [1]})
    assert (answer.status, answer.body) == (200, b"")
    shown = world.log(hook)["callback"]
    assert shown.pop("at") is not None
    assert shown == {"state": "failure", "context": "ci/1",
                     "description": "1 of 3 \u00e4 <b>failed</b>",
                     "target_url": "https://ci.example/1#log"}


@pytest.mark.parametrize("url, shown", [
    ("http://ci.example/", True), ("HTTPS://ci.example/?a=b", True),
    ("javascript:alert(1)", False), ("ftp://ci.example/", False),
    ("//ci.example/", False), ("https:/ci.example", False),
    ("https://ci.example/\"><script>", False), ("https://a b/", False),
    ("https://ci.example/\u00e4", False), ("", False), (None, False)])
def test_only_links_are_shown(world, url, shown):
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    assert call(world, sink.wait(1)[0], state="success", target_url=url) == 200
    callback = world.log(hook)["callback"]
    assert callback["target_url"] == (url if shown else None)
    assert callback["state"] == "success" and callback["description"] is None


BAD = [
    b"", b"x", b"[]", b"null", b'"success"', b"{}", b'{"state": null}',
    b'{"state": "done"}', b'{"state": "Success"}', b'{"state": 1}',
    b'{"state": "success\\u0000"}', b'{"state": "success"} x',
    b'{"state": "success", "state": "failure"}',
    b'{"state": "success", "description": 1}',
    b'{"state": "success", "description": "%s"}' % (b"x" * 256),
    b'{"state": "success", "context": "%s"}' % (b"x" * 101),
    b'{"state": "success", "context": ["x"]}',
    b'{"state": "success", "target_url": "http://%s"}' % (b"x" * 2042),
    b'{"state": "success", "target_url": {}}',
    b'{"state": "success", "x": "%s"}' % (b"x" * 4096),
    b'{"state": "success", "x": "\xff"}', b"[" * 2000]


def test_what_is_no_callback_is_404_and_changes_nothing(world):
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    path = path_of(sink.wait(1)[0])
    anonymous = world.api.anonymous
    for body in BAD:
        assert anonymous.post(path, body).status == 404, body
    for other in ("0" * 32, "a" * 31, "A" * 32, "a%2Fb", "a" * 200):
        assert anonymous.post("/webhook-callbacks/" + other,
                              {"state": "success"}).status == 404
    assert anonymous.get(path).status == 405
    assert world.log(hook)["callback"] is None
    # all that is as large as it may be
    assert anonymous.post(path, {
        "state": "error", "description": "\u00e4" * 255, "context": "x" * 100,
        "target_url": "https://" + "x" * 2040}).status == 200
    assert world.log(hook)["callback"]["description"] == "\u00e4" * 255


def test_programs_of_others_may_send_what_they_like_with_it(world):
    """Credentials, types and parameters that the door would refuse."""
    sink = world.sink()
    world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    answer = world.api.anonymous.request(
        "POST", path_of(sink.wait(1)[0]) + "?a=b", b'{"state": "success"}',
        [("Content-Type", "application/x-www-form-urlencoded"),
         ("Authorization", "Basic eDp5"), ("Origin", "https://evil.example"),
         ("Cookie", "__Host-session=x")])
    assert answer.status == 200


def test_control_characters_do_not_come_in(world):
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    assert call(world, sink.wait(1)[0], state="success",
                description="a\x1b[31mb\r\nc") == 200
    assert world.log(hook)["callback"]["description"] == "a?[31mb\nc"


def test_a_url_is_good_once(world):
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    request = sink.wait(1)[0]
    results = []
    threads = [threading.Thread(target=lambda: results.append(
        call(world, request, state="success"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [200, 404, 404, 404]
    assert call(world, request, state="failure") == 404
    assert world.log(hook)["callback"]["state"] == "success"


def test_a_url_is_good_for_an_hour(world):
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    request = sink.wait(1)[0]
    [[left]] = world.api.sql(
        "SELECT valid_until - UNIX_TIMESTAMP() FROM webhook_callback"
        " JOIN webhook_delivery d ON d.id = delivery_id"
        " WHERE d.webhook_id = %d" % hook["id"])
    assert 3500 < int(left) <= 3600
    world.api.sql("UPDATE webhook_callback SET valid_until = UNIX_TIMESTAMP()")
    assert call(world, request, state="success") == 404
    assert world.log(hook)["callback"] is None


def test_each_attempt_has_a_url_and_one_callback_ends_all(world):
    sink = world.sink(lambda request: 500 if len(sink.requests) < 2 else 200)
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    world.attempted(hook, 1)
    world.due_now(hook)
    first, second = sink.wait(2)[:2]
    assert path_of(first) != path_of(second) and first.id == second.id
    assert call(world, first, state="error") == 200
    assert call(world, second, state="success") == 404


def test_the_url_is_in_no_table(world):
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    request = sink.wait(1)[0]
    world.wait_state(hook, "done")
    token = path_of(request).split("/")[-1]
    for table in ("webhook_callback", "webhook_delivery", "webhook_attempt",
                  "webhook_event"):
        assert token not in str(world.api.sql("SELECT * FROM " + table)), table
    logged = world.log(hook)["log"][0]["request_body"]
    assert logged == request.body.decode().replace(token, "***")


def test_old_urls_are_purged(world):
    sink = world.sink()
    world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    sink.wait(1)
    world.no_courier()
    world.api.sql("UPDATE webhook_callback SET valid_until = 1")
    world.courier()
    wait_until(lambda: world.api.sql("SELECT 1 FROM webhook_callback") == [],
               WAIT_SECONDS, "a purge")


# --- chains -----------------------------------------------------------------

def test_the_next_is_called_after_success(world):
    (a, first), (b, second), (c, third) = chain(world, 3)
    world.courier()
    pushed = world.push(world.app, "1")
    request = first.wait(1)[0]
    world.wait_state(a, "done")
    assert states(world, b) == states(world, c) == ["waiting"]
    assert world.deliveries(b)[0]["after"] == world.deliveries(a)[0]["id"]
    assert call(world, request, state="success") == 200
    request = second.wait(1)[0]
    assert request.json["push_data"]["tag"] == "1"
    world.wait_state(b, "done")
    assert third.requests == []
    assert call(world, request, state="success") == 200
    third.wait(1)
    world.wait_state(c, "done")
    assert [len(s.requests) for s in (first, second, third)] == [1, 1, 1]
    assert len(first.ids() | second.ids() | third.ids()) == 1
    assert pushed


@pytest.mark.parametrize("state", ["failure", "error"])
def test_anything_else_breaks_the_chain(world, state):
    (a, first), (b, second), (c, third) = chain(world, 3)
    world.courier()
    world.push(world.app, "1")
    assert call(world, first.wait(1)[0], state=state) == 200
    assert states(world, b) == states(world, c) == ["broken"]
    assert world.deliveries(b)[0]["finished_at"] is not None
    world.push(world.app, "2")
    assert call(world, first.wait(2)[1], state="success") == 200
    second.wait(1)
    assert third.requests == []


def test_no_callback_breaks_the_chain(world):
    (a, first), (b, second), (c, _) = chain(world, 3)
    world.courier()
    world.push(world.app, "1")
    first.wait(1)
    world.wait_state(a, "done")
    [[left]] = world.api.sql(
        "SELECT next_at - UNIX_TIMESTAMP() FROM webhook_delivery"
        " WHERE webhook_id = %d" % b["id"])
    assert 3500 < int(left) <= 3600
    assert states(world, b) == ["waiting"]
    world.api.sql("UPDATE webhook_delivery SET next_at = 1 WHERE webhook_id ="
                  " %d" % b["id"])
    world.wait_state(c, "broken")
    assert states(world, b) == ["broken"] and second.requests == []


def test_the_last_waits_for_as_long_as_the_one_before_it_is_tried(world):
    (a, first), (b, second), (c, _) = chain(world, 3)
    second.answer = lambda request: 500
    world.courier()
    world.push(world.app, "1")
    request = first.wait(1)[0]
    world.wait_state(a, "done")
    # the receiver of the first one was away for nearly five days
    world.api.sql("UPDATE webhook_delivery SET next_at = UNIX_TIMESTAMP() + 60"
                  " WHERE webhook_id = %d" % c["id"])
    assert call(world, request, state="success") == 200
    world.attempted(b, 1)
    [[left]] = world.api.sql(
        "SELECT next_at - UNIX_TIMESTAMP() FROM webhook_delivery"
        " WHERE webhook_id = %d" % c["id"])
    assert int(left) > 431000
    assert states(world, c) == ["waiting"]


def test_a_callback_may_come_before_the_answer(world):
    first, second = world.sink(), world.sink()
    first.answer = lambda request: call(world, request, state="success")
    hook = world.hook(first.url, form="docker_hub")
    world.hook(second.url, form="slipway", after=hook["id"])
    world.courier()
    world.push(world.app, "1")
    assert second.wait(1)[0].json["event"] == "push"
    world.wait_state(hook, "done")
    assert world.log(hook)["log"][0]["status"] == 200


def test_a_dead_delivery_breaks_the_chain_and_redelivery_starts_it_again(world):
    (a, first), (b, second), (c, _) = chain(world, 3)
    first.answer = lambda request: 410
    world.courier()
    world.push(world.app, "1")
    world.wait_state(c, "broken")
    assert states(world, a) == ["dead"] and states(world, b) == ["broken"]
    first.answer = lambda request: 200
    path = "%s/%d" % (world.hooks, a["id"])
    assert world.alice.edit(path, {"is_enabled": True}).status == 200
    assert world.alice.post(path + "/redelivery").status == 202
    assert states(world, b) == states(world, c) == ["waiting"]
    waiting = "%s/%d/deliveries/%d/redelivery" % (
        world.hooks, b["id"], world.deliveries(b)[0]["id"])
    assert world.alice.post(waiting).status == 409
    assert call(world, first.wait(2)[1], state="success") == 200
    second.wait(1)


def test_a_broken_one_is_sent_again_on_request(world):
    (a, first), (b, second) = chain(world)
    world.courier()
    world.push(world.app, "1")
    assert call(world, first.wait(1)[0], state="failure") == 200
    path = "%s/%d" % (world.hooks, b["id"])
    assert world.alice.post(path + "/redelivery").status == 202
    assert states(world, b) == ["broken"]  # those are the dead ones
    assert world.alice.post("%s/deliveries/%d/redelivery" % (
        path, world.deliveries(b)[0]["id"])).status == 202
    second.wait(1)


def test_one_that_is_off_breaks_the_chain(world):
    (a, first), (b, second), (c, _) = chain(world, 3)
    world.no_courier()
    world.push(world.app, "1")
    assert world.alice.edit("%s/%d" % (world.hooks, a["id"]),
                            {"is_enabled": False}).status == 200
    world.push(world.app, "2")
    world.courier()
    world.wait_state(c, "broken")
    assert states(world, a) == ["dead"] and states(world, b) == ["broken"]


def test_it_gets_what_the_one_before_it_gets(world):
    """By the tag pattern of both."""
    first, second = world.sink(), world.sink()
    a = world.hook(first.url, form="docker_hub", tag_pattern="v*")
    b = world.hook(second.url, after=a["id"], tag_pattern="*1")
    world.no_courier()
    for tag in ("v1", "v2", "w1"):
        world.push(world.app, tag)
    world.push(world.app)
    assert states(world, b) == ["waiting"]
    world.courier()
    assert {r.json["push_data"]["tag"] for r in first.wait(2)} == {"v1", "v2"}


def test_a_chain_survives_couriers_that_are_killed(world):
    """Between the answer and its row, too."""
    (a, first), (b, second) = chain(world)
    courier = world.courier(timeout="1s")
    answered = threading.Event()
    hangs = threading.Event()

    def answer(request):
        if not answered.is_set():
            assert call(world, request, state="success") == 200
            answered.set()
            hangs.wait(WAIT_SECONDS)
        return 200

    first.answer = answer
    world.push(world.app, "1")
    assert answered.wait(WAIT_SECONDS)
    courier.kill()
    hangs.set()
    world.leases_end(timeout=1)
    courier.start()
    second.wait(1)
    first.wait(2)
    world.wait_state(a, "done")
    world.wait_state(b, "done")
    assert len(first.ids() | second.ids()) == 1


# --- how they are made ------------------------------------------------------

def test_what_may_come_after_what(world):
    alice, url = world.alice, {"url": "https://x.example/"}
    a = world.hook("https://a.example/", form="docker_hub")
    plain = world.hook("https://p.example/")
    world.push(world.other, "1")
    elsewhere = world.hook("https://o.example/", form="docker_hub",
                           path=hooks_of(world.other))
    wide = world.hook("https://n.example/", form="docker_hub",
                      path="/namespaces/alice/webhooks")
    for after in (0, -1, 1 << 60, 999999, "1", plain["id"], elsewhere["id"],
                  wide["id"]):
        answer = alice.post(world.hooks, {
            "events": ["push"], "after": after, **url})
        assert (answer.status, answer.field) == (422, "after"), after
    answer = alice.post(world.hooks, {"events": ["push", "delete"],
                                      "after": a["id"], **url})
    assert (answer.status, answer.field) == (422, "events")
    assert alice.delete("/namespaces/alice/webhooks/%d" % wide["id"]
                        ).status == 204


def test_no_circle_can_be_made(world):
    alice = world.alice
    hooks = [hook for hook, _ in chain(world, 3)]
    paths = ["%s/%d" % (world.hooks, hook["id"]) for hook in hooks]
    for at, after in ((0, 0), (0, 1), (0, 2), (1, 2), (1, 1)):
        answer = alice.edit(paths[at], {"after": hooks[after]["id"]})
        assert (answer.status, answer.field) == (422, "after"), (at, after)
    assert alice.edit(paths[2], {"after": hooks[0]["id"]}).status == 200
    answer = alice.edit(paths[2], {"after": None})
    assert answer.status == 200 and answer.json["after"] is None
    assert alice.edit(paths[0], {"after": hooks[2]["id"]}).status == 200


def test_one_that_others_come_after_stays_as_they_need_it(world):
    alice = world.alice
    (a, _), (b, _) = chain(world)
    first, second = ("%s/%d" % (world.hooks, h["id"]) for h in (a, b))
    answer = alice.edit(first, {"form": "quay"})
    assert (answer.status, answer.field) == (422, "form")
    assert alice.delete(first).status == 409
    assert alice.edit(first, {"tag_pattern": "v*"}).status == 200
    assert alice.delete(second).status == 204
    assert alice.edit(first, {"form": "quay"}).status == 200
    assert alice.delete(first).status == 204


def test_edits_at_once_make_no_circle(world):
    (a, _), (b, _) = ((hook, sink) for hook, sink in (
        (world.hook("https://x.example/", form="docker_hub"), None),
        (world.hook("https://y.example/", form="docker_hub"), None)))
    for _ in range(5):
        threads = [threading.Thread(target=world.alice.edit, args=(
            "%s/%d" % (world.hooks, one["id"]), {"after": other["id"]}))
            for one, other in ((a, b), (b, a))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        afters = [world.get(one)["after"] for one in (a, b)]
        assert afters.count(None) == 1, afters
        for one in (a, b):
            world.alice.edit("%s/%d" % (world.hooks, one["id"]),
                             {"after": None})
