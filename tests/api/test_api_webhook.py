"""Webhooks: made through the API, sent by a real courier to a real receiver,
which hangs, fails, lies and goes away."""

import itertools
import signal
import subprocess
import threading
import time

import pytest

from testenv.api import encoded
from testenv import paths
from testenv.faults import KILL, Fault
from testenv.mirror import delete, push
from testenv.process import WAIT_SECONDS, wait_until
from testenv.webhooks import (LOOPBACK, ORIGIN, Courier, hooks_of,
                              signature)
from testenv.webhooks import site, world  # fixtures


# --- the API ----------------------------------------------------------------

def test_a_webhook_is_made_shown_edited_and_deleted(world):
    alice = world.alice
    answer = alice.post(world.hooks, {
        "url": "https://ci.example/x?secret=1", "form": "harbor",
        "events": ["delete", "push"], "tag_pattern": "v*",
        "authorization": "Basic Zm9vOmJhcg=="})
    assert answer.status == 201
    made = answer.json
    path = "%s/%d" % (world.hooks, made["id"])
    assert answer.header("Location") == "/api/v1" + path
    assert made.pop("secret").startswith("whsec_")
    assert made["events"] == ["push", "delete"]
    assert made["has_authorization"] and made["is_enabled"]
    assert made["last_attempt"] is None
    assert alice.get(path).json == made
    assert alice.every(world.hooks) == [made]
    edited = alice.edit(path, {"events": ["push"], "is_enabled": False,
                               "authorization": None, "tag_pattern": None})
    assert edited.status == 200
    assert edited.json == dict(made, events=["push"], is_enabled=False,
                               has_authorization=False, tag_pattern=None)
    assert alice.patch(path, {}, [("If-Match", '"0-0"')]).status == 412
    assert alice.delete(path).status == 204
    assert alice.get(path).status == 404
    assert [row[0] for row in world.api.sql(
        "SELECT action FROM audit WHERE action LIKE 'webhook.%' AND"
        " repository_id = (SELECT id FROM repository WHERE name = '" +
        world.app + "') ORDER BY id")] == ["webhook.create", "webhook.edit", "webhook.delete"]


@pytest.mark.parametrize("fields, field", [
    ({"url": "ftp://x.example/"}, "url"), ({"url": ""}, "url"),
    ({"url": "http://u:p@x.example/"}, "url"),
    ({"url": "http://x.example:22/"}, "url"),
    ({"url": "http://x.example/#a"}, "url"),
    ({"url": "http://x.example/" + "a" * 2048}, "url"),
    ({"url": None}, "url"), ({"events": []}, "events"),
    ({"events": ["ping"]}, "events"), ({"events": ["pull"]}, "events"),
    ({"form": "slack"}, "form"),
    ({"form": "docker_hub", "events": ["delete"]}, "events"),
    ({"form": "quay", "events": ["push", "star"]}, "events"),
    ({"form": "harbor", "events": ["member"]}, "events"),
    ({"form": "distribution", "events": ["visibility"]}, "events"),
    ({"events": ["push", "member"]}, "events"),
    ({"events": ["remove"]}, "events"),
    ({"host_in_name": True}, "host_in_name"),
    ({"tag_pattern": "a b"}, "tag_pattern"),
    ({"tag_pattern": ""}, "tag_pattern"),
    ({"authorization": "a\u00e4"}, "authorization"),
    ({"secret": "x"}, "secret"), ({"failures": 1}, "failures"),
    ({"namespace_id": 1}, "namespace_id"), ({"is_enabled": False},
                                            "is_enabled")])
def test_bad_fields_make_none(world, fields, field):
    answer = world.alice.post(world.hooks, {
        "url": "https://x.example/", "events": ["push"], **fields})
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert answer.field == field
    assert world.alice.every(world.hooks) == []


def test_a_hook_is_found_only_where_it_belongs(world):
    """Also its deliveries, by the path of another of the same owner."""
    world.push(world.other, "1")
    hook = world.hook("http://127.0.0.1:9999/")
    other = world.hook("http://127.0.0.1:9999/",
                       path=hooks_of(world.other))
    mine = world.alice.post("%s/%d/test" % (world.hooks, hook["id"]))
    assert mine.status == 202
    delivery = mine.json["id"]
    for path in ("/namespaces/alice/webhooks/%d" % hook["id"],
                 "%s/%d" % (hooks_of(world.other), hook["id"]),
                 "%s/%d/deliveries/%d" % (world.hooks, other["id"], delivery),
                 "%s/%d/deliveries/%d" % (
                     hooks_of(world.other), other["id"], delivery)):
        assert world.alice.get(path).status == 404, path
    assert world.root.get("/webhooks/%d" % hook["id"]).status == 404
    assert world.api.person("bob").get(
        "%s/%d" % (world.hooks, hook["id"])).status in (403, 404)


def test_there_are_only_so_many(world):
    for _ in range(20):
        world.hook("https://x.example/")
    answer = world.alice.post(world.hooks, {"url": "https://x.example/",
                                      "events": ["push"]})
    assert (answer.status, answer.code) == (409, "conflict")


def test_secrets_are_in_no_table_and_no_log(world):
    sink = world.sink()
    hook = world.hook(sink.url, authorization="Bearer swordfish")
    world.courier()
    world.push(world.app, "1")
    assert sink.wait(1)[0].headers["Authorization"] == "Bearer swordfish"
    world.wait_state(hook, "done")
    secret = hook["secret"].removeprefix("whsec_")
    for table in ("webhook", "webhook_event", "webhook_attempt", "audit",
                  "webhook_delivery", "idempotency"):
        text = str(world.api.sql("SELECT * FROM " + table))
        assert secret not in text and "swordfish" not in text, table
    headers = world.log(hook)["log"][0]["request_headers"]
    assert "Authorization: ***" in headers


# --- what is sent -----------------------------------------------------------

def test_a_push_is_sent_with_signatures(world):
    sink = world.sink()
    hook = world.hook(sink.url)
    world.courier()
    pushed = world.push(world.app, "v1")
    request = sink.wait(1)[0]
    body = request.json
    assert body["event"] == "push" and body["id"] == request.id
    assert (body["repository"], body["namespace"], body["tag"]) == (
        world.app, "alice", "v1")
    assert (body["digest"], body["actor"], body["registry"]) == (
        pushed, "alice", "registry.test")
    assert body["occurred_at"] == "2026-08-01T12:00:00Z"
    assert request.headers["webhook-signature"] == signature(
        hook["secret"], request)
    world.wait_state(hook, "done")
    log = world.log(hook)
    assert log["log"][0]["status"] == 200
    assert log["log"][0]["response_body"] == "ok"
    assert log["log"][0]["request_body"] == request.body.decode()


def test_numbers_order_the_events_of_a_repository(world):
    sink = world.sink()
    world.hook(sink.url, events=["push", "delete"])
    world.courier()
    for tag in ("1", "2", "3"):
        world.push(world.app, tag)
    world.mirror.take(delete(world.app, tag="1"))
    bodies = sorted((r.json for r in sink.wait(4)), key=lambda b: b["number"])
    assert [(b["number"], b["event"], b["tag"]) for b in bodies] == [
        (1, "push", "1"), (2, "push", "2"), (3, "push", "3"),
        (4, "delete", "1")]


def test_only_what_a_webhook_waits_for_is_sent(world):
    """By event, tag, repository, namespace, installation; never twice."""
    tags, names, all_ = world.sink(), world.sink(), world.sink()
    world.hook(tags.url, tag_pattern="v*")
    world.hook(names.url, path="/namespaces/alice/webhooks",
               events=["delete"])
    world.hook(all_.url, path="/webhooks", client=world.root,
               events=["push", "delete"])
    world.no_courier()
    event = push(world.app, 50, "v1")
    world.mirror.take(event)
    world.mirror.take(event)
    world.push(world.app, "latest")
    world.push(world.app)
    world.push(world.other, "v1")
    world.push(world.bobs, "v1")
    world.mirror.take(delete(world.other, tag="v1"),
                      delete(world.bobs, tag="v1"))
    world.courier()
    all_.wait(7)
    tags.wait(1)
    names.wait(1)
    assert [r.json["tag"] for r in tags.requests] == ["v1"]
    assert [(r.json["event"], r.json["repository"])
            for r in names.requests] == [("delete", world.other)]
    assert len(all_.requests) == 7 and len(all_.ids()) == 7


def test_visibility_and_members_are_sent(world):
    sink = world.sink()
    world.hook(sink.url, path="/webhooks", client=world.root,
               events=["visibility", "member"])
    world.courier()
    world.api.worker.set_visibility(world.app, "public")
    body = sink.wait(1)[0].json
    assert (body["event"], body["repository"]) == ("visibility", world.app)
    assert body["data"]["visibility"] == "public"


@pytest.mark.parametrize("form,kind", [
    ("slipway", "remove"), ("cloudevents", "io.slipway.repository.deleted")])
def test_the_deletion_of_a_repository_is_sent(world, form, kind):
    sink = world.sink()
    hook = world.hook(sink.url, path="/namespaces/alice/webhooks", form=form,
                      events=["remove", "push"])
    assert hook["events"] == ["push", "remove"]
    world.courier()
    assert world.alice.delete("/repositories/" + encoded(world.app)).status \
        == 202
    body = sink.wait(1)[0].json
    assert body["event" if form == "slipway" else "type"] == kind
    assert (body if form == "slipway" else body["data"])["repository"] \
        == world.app


@pytest.mark.parametrize("form", ["docker_hub", "distribution", "harbor",
                                  "quay"])
def test_forms_without_a_word_for_a_deletion_refuse_it(world, form):
    answer = world.alice.post(world.hooks, {
        "url": "https://x.example/", "form": form, "events": ["remove"]})
    assert (answer.status, answer.field) == (422, "events")
    assert answer.json["detail"] == "the form %s cannot express remove" % form


def test_docker_hub_is_given_what_people_said(world):
    path = "/repositories/" + encoded(world.app)
    sink = world.sink()
    world.hook(sink.url, form="docker_hub")
    world.courier()
    assert world.alice.edit(path, {"description": "An app \u2603"}).status == 200
    assert world.alice.put(path + "/star").status == 204
    for _ in range(2):
        assert world.alice.post(path + "/comments", {"text": "x"}).status == 201
    world.push(world.app, "1.0")
    shown = sink.wait(1)[0].json["repository"]
    assert (shown["description"], shown["star_count"],
            shown["comment_count"]) == ("An app \u2603", 1, 2)


@pytest.mark.parametrize("form", ["slipway", "cloudevents", "docker_hub",
                                  "distribution", "harbor", "quay"])
def test_forms_are_what_receivers_read(world, form):
    sink = world.sink()
    world.hook(sink.url, form=form)
    world.courier()
    pushed = world.push(world.app, "1.0")
    request = sink.wait(1)[0]
    FORMS[form](request, request.json, world.app, pushed)


def _slipway(request, body, app, pushed):
    assert request.headers["Content-Type"] == "application/json"
    assert (body["tag"], body["digest"]) == ("1.0", pushed)


def _cloudevents(request, body, app, pushed):
    """As Argo CD Image Updater reads it."""
    assert request.headers["Content-Type"].startswith(
        "application/cloudevents+json")
    assert body["specversion"] == "1.0" and body["id"] == request.id
    assert body["type"] == "io.slipway.image.pushed"
    assert body["source"] == "https://registry.test/" + app
    assert body["subject"] == app + ":1.0"
    assert body["data"]["repository"] == app
    assert (body["data"]["tag"], body["data"]["digest"]) == ("1.0", pushed)


def _docker_hub(request, body, app, pushed):
    """As Keel and Argo CD read it: integers, not floats."""
    assert body["repository"]["repo_name"] == app
    assert body["push_data"]["tag"] == "1.0"
    for number in (body["push_data"]["pushed_at"],
                   body["repository"]["date_created"],
                   body["repository"]["star_count"],
                   body["repository"]["comment_count"]):
        assert type(number) is int


def _distribution(request, body, app, pushed):
    event = body["events"][0]
    assert (event["action"], event["request"]["host"]) == (
        "push", "registry.test")
    target = event["target"]
    assert (target["repository"], target["tag"], target["digest"]) == (
        app, "1.0", pushed)


def _harbor(request, body, app, pushed):
    assert body["type"] == "PUSH_ARTIFACT" and type(body["occur_at"]) is int
    resource = body["event_data"]["resources"][0]
    assert resource == {"digest": pushed, "tag": "1.0",
                        "resource_url": "registry.test/%s:1.0" % app}
    assert body["event_data"]["repository"]["repo_full_name"] == app


def _quay(request, body, app, pushed):
    assert body["docker_url"] == "registry.test/" + app
    assert body["updated_tags"] == ["1.0"] and body["repository"] == app


FORMS = {"slipway": _slipway, "cloudevents": _cloudevents,
         "docker_hub": _docker_hub, "distribution": _distribution,
         "harbor": _harbor, "quay": _quay}


def test_the_host_may_stand_before_the_name(world):
    sink = world.sink()
    world.hook(sink.url, form="docker_hub", host_in_name=True)
    world.courier()
    world.push(world.app, "1")
    assert sink.wait(1)[0].json["repository"]["repo_name"] == (
        "registry.test/" + world.app)


def test_the_old_secret_signs_after_a_rotation(world):
    sink = world.sink()
    hook = world.hook(sink.url)
    path = "%s/%d/rotation" % (world.hooks, hook["id"])
    new = world.alice.post(path, {"grace_hours": 1}).json["secret"]
    assert new != hook["secret"]
    world.courier()
    world.push(world.app, "1")
    request = sink.wait(1)[0]
    assert request.headers["webhook-signature"].split() == [
        signature(new, request), signature(hook["secret"], request)]
    world.alice.post(path, {"grace_hours": 0})
    world.push(world.app, "2")
    assert " " not in sink.wait(2)[1].headers["webhook-signature"]


# --- failures ---------------------------------------------------------------

def test_a_failure_is_sent_again_with_the_same_id(world):
    sink = world.sink(lambda request: 500 if len(sink.requests) < 2 else 204)
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    first, second = sink.wait(2)[:2]
    assert 3 <= second.at - first.at <= 20
    assert first.id == second.id and first.body == second.body
    world.wait_state(hook, "done")
    assert [a["status"] for a in world.log(hook)["log"]] == [204, 500]
    assert world.get(hook)["failures"] == 0


def test_after_ten_attempts_it_is_dead_and_may_be_sent_again(world):
    sink = world.sink(lambda request: 500)
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    for n in range(1, 11):
        sink.wait(n)
        world.attempted(hook, n)
        world.due_now(hook)
    world.wait_state(hook, "dead")
    assert len(sink.requests) == 10 and len(sink.ids()) == 1
    assert world.deliveries(hook)[0]["attempts"] == 10
    sink.answer = lambda request: 200
    path = "%s/%d/deliveries/%d/redelivery" % (
        world.hooks, hook["id"], world.deliveries(hook)[0]["id"])
    assert world.alice.post(path).status == 202
    world.due_now(hook)
    world.wait_state(hook, "done")
    assert len(sink.ids()) == 1
    assert world.alice.post(path).status == 202


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304])
def test_redirects_are_failures(world, status):
    other = world.sink()
    sink = world.sink(lambda request: (status, {"Location": other.url}, b""))
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    assert world.attempted(hook, 1)["log"][0]["status"] == status
    assert world.deliveries(hook)[0]["state"] == "due"
    assert other.requests == []


def test_410_switches_it_off(world):
    sink = world.sink(lambda request: 410)
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    world.wait_state(hook, "dead")
    shown = world.get(hook)
    assert not shown["is_enabled"] and "410" in shown["off_reason"]
    world.push(world.app, "2")
    assert len(world.deliveries(hook)) == 1
    sink.answer = lambda request: 200
    path = "%s/%d" % (world.hooks, hook["id"])
    assert world.alice.post(path + "/test").status == 409
    assert world.alice.post(path + "/redelivery").status == 409
    on = world.alice.edit(path, {"is_enabled": True})
    assert on.json["off_reason"] is None
    assert world.alice.post(path + "/redelivery").status == 202
    world.wait_state(hook, "done")


def test_a_delivery_that_failed_does_not_wait_if_it_is_sent_again(world):
    """Its receiver was repaired."""
    sink = world.sink(lambda request: 500)
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    delivery = world.attempted(hook, 1)
    world.api.sql("UPDATE webhook_delivery SET next_at = UNIX_TIMESTAMP()"
                  " + 3600 WHERE state = 0 AND lease IS NULL")
    path = "%s/%d/deliveries/%d/redelivery" % (world.hooks, hook["id"],
                                               delivery["id"])
    sink.answer = lambda request: 200
    assert world.alice.post(path).status == 202
    world.wait_state(hook, "done")


def test_lists_say_how_the_last_attempt_went(world):
    sink = world.sink(lambda request: 500)
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    delivery = world.attempted(hook, 1)
    attempt = delivery["log"][0]
    said = ("milliseconds", "status", "error")
    listed = world.alice.every("%s/%d/deliveries" % (world.hooks, hook["id"]))
    assert [{key: one[key] for key in said} for one in listed] == [
        {key: attempt[key] for key in said}]
    assert listed[0]["status"] == 500
    assert listed[0]["attempted_at"] == attempt["at"] == delivery["attempted_at"]
    last = world.get(hook)["last_attempt"]
    assert last == {"delivery": delivery["id"], "at": attempt["at"],
                    **{key: attempt[key] for key in said}}
    assert [one["last_attempt"] for one in world.alice.every(world.hooks)] == [
        last]


def test_administrators_see_the_webhooks_that_fail(world):
    """But not what may be a secret of others in their URLs."""
    sink = world.sink(lambda request: 500)
    hook = world.hook(sink.url + "/secret?token=1")
    other = world.sink(lambda request: 410)
    gone = world.hook(other.url, path="/namespaces/alice/webhooks")
    good = world.sink()
    world.hook(good.url)
    world.courier()
    world.push(world.app, "1")
    good.wait(1)
    world.attempted(hook, 1)
    wait_until(lambda: world.alice.get("/namespaces/alice/webhooks/%d" %
                                       gone["id"]).json["off_reason"],
               WAIT_SECONDS, "a webhook that is off")
    items = {one["id"]: one for one in world.root.every(
        "/failing-webhooks", limit=1)}
    assert set(items) == {hook["id"], gone["id"]}
    fails, off = items[hook["id"]], items[gone["id"]]
    assert (fails["repository"], fails["namespace"]) == (world.app, None)
    assert (off["repository"], off["namespace"]) == (None, "alice")
    assert fails["origin"] == sink.url.removesuffix("/hook")
    assert "secret" not in str(items) and fails["failures"] >= 1
    assert fails["last_attempt"]["status"] == 500
    assert not off["is_enabled"] and "410" in off["off_reason"]
    sink.answer = lambda request: 200
    world.due_now(hook)
    world.wait_state(hook, "done")
    assert [one["id"] for one in world.root.every("/failing-webhooks")] == [
        gone["id"]]


def test_retry_after_slows_the_whole_hook_down(world):
    sink = world.sink(lambda request: (429, {"Retry-After": "600"}, b"slow"))
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    world.attempted(hook, 1)
    shown = world.get(hook)
    assert shown["paused_until"] is not None
    world.push(world.app, "2")
    other = world.sink()
    world.hook(other.url)
    world.push(world.app, "3")
    other.wait(1)
    assert len(sink.requests) == 1


def test_five_days_without_success_switch_it_off(world):
    sink = world.sink(lambda request: 500)
    hook = world.hook(sink.url)
    world.no_courier()
    world.push(world.app, "1")
    world.api.sql("UPDATE webhook SET failures = 9,"
                  " failing_since = UNIX_TIMESTAMP() - 432001")
    world.courier()
    world.wait_state(hook, "dead")
    assert "five days" in world.get(hook)["off_reason"]


def test_the_breaker_opens_after_several_failures(world):
    sink = world.sink(lambda request: 500)
    hook = world.hook(sink.url)
    world.courier()
    for tag in range(8):
        world.push(world.app, str(tag))
    wait_until(lambda: world.get(hook)["paused_until"] is not None,
               WAIT_SECONDS, "a pause")
    count = len(sink.requests)
    assert 5 <= count <= 8
    sink.answer = lambda request: 200
    world.due_now(hook)
    world.wait_state(hook, "done", 8)
    assert world.get(hook)["failures"] == 0


def test_one_that_is_off_is_sent_nothing(world):
    sink = world.sink()
    hook = world.hook(sink.url)
    world.no_courier()
    world.push(world.app, "1")
    assert world.alice.edit("%s/%d" % (world.hooks, hook["id"]),
                            {"is_enabled": False}).status == 200
    world.courier()
    world.wait_state(hook, "dead")
    assert sink.requests == []


def test_a_large_answer_is_cut(world):
    text = b"\xc3\xa4\x00\xff" + b"x" * 100000
    sink = world.sink(lambda request: (500, {"X-A": "b"}, text))
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    attempt = world.attempted(hook, 1)["log"][0]
    assert attempt["status"] == 500
    assert attempt["response_body"].startswith("\u00e4??xxx")
    assert len(attempt["response_body"].encode()) <= 4096
    assert "X-A: b" in attempt["response_headers"]


# --- where it may connect ---------------------------------------------------

@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0",
                                  "[::ffff:127.0.0.1]", "2130706433",
                                  "0x7f.1", "127.1"])
def test_private_networks_are_refused(world, host):
    sink = world.sink()
    hook = world.hook("http://%s:%d/" % (host, sink.port))
    world.courier(allow="")
    world.push(world.app, "1")
    attempt = world.attempted(hook, 1)["log"][0]
    assert attempt["status"] is None and sink.requests == []
    assert attempt["error"] == "its address is neither public nor in --allow"
    assert attempt["response_body"] == attempt["response_headers"] == ""


def test_no_proxy_is_used(world):
    proxy, sink = world.sink(), world.sink()
    world.hook(sink.url)
    address = "http://127.0.0.1:%d" % proxy.port
    world.courier(http_proxy=address, ALL_PROXY=address)
    world.push(world.app, "1")
    sink.wait(1)
    assert proxy.requests == []


# --- the process ------------------------------------------------------------

def test_a_receiver_that_hangs_delays_no_other(world):
    slow = world.sink(lambda request: None)
    fast = world.sink()
    hook = world.hook(slow.url)
    world.hook(fast.url)
    world.courier(timeout="30s")
    for tag in range(40):
        world.push(world.app, str(tag))
    begin = time.monotonic()
    fast.wait(40)
    assert time.monotonic() - begin < 15
    assert len(slow.requests) <= 16
    assert all(d["state"] == "due" for d in world.deliveries(hook))


def test_killed_at_any_point_nothing_is_lost(world):
    sink = world.sink()
    hook = world.hook(sink.url)
    world.no_courier()
    for tag in range(30):
        world.push(world.app, str(tag))
    numbers, hanging = itertools.count(1), []

    def answer(request):
        # the courier is killed while it waits for this answer
        if next(numbers) % 7 == 3 and len(hanging) < 3:
            hanging.append(request.id)
            return None
        return 200

    sink.answer = answer
    courier = world.courier(timeout="1s")
    for count in range(1, 4):
        wait_until(lambda: len(hanging) >= count or len(sink.ids()) == 30,
                   WAIT_SECONDS, "a request that hangs")
        if len(hanging) >= count:
            courier.kill()
            world.leases_end(timeout=1)
            courier.start()
    world.wait_state(hook, "done", 30)
    assert len(sink.ids()) == 30 and hanging


def run_until_killed(courier, fault, number):
    """A courier that dies before its number-th statement or request."""
    with fault.at(number, KILL):
        with subprocess.Popen(
                [paths.BUILD / "slipway-index", "courier"],
                env=dict(courier.environment, FAULT_SENDS="1",
                         **fault.environment()),
                stderr=subprocess.DEVNULL) as process:
            try:
                assert process.wait(WAIT_SECONDS) == -signal.SIGKILL
            finally:
                process.kill()


def test_killed_before_every_statement_nothing_is_lost(world):
    """Couriers that die a statement or a request later each, until they have
    sent an event to the first of two, with its callback."""
    first, second = world.sink(), world.sink()
    first.answer = lambda request: world.api.anonymous.post(
        request.json["callback_url"].removeprefix(ORIGIN + "/api/v1"),
        {"state": "success"}).status
    before = world.hook(first.url, form="docker_hub")
    after = world.hook(second.url, after=before["id"])
    world.no_courier()
    world.push(world.app, "1")
    fault = Fault(world.site.house)
    courier = Courier(world.api.worker, LOOPBACK, timeout="1s")
    number, found = 4, "0"  # behind those that log in to the database
    while found == "0":
        run_until_killed(courier, fault, number)
        number += 1
        [[found]] = world.api.sql(
            "UPDATE webhook_delivery SET next_at = 0"
            " WHERE state = 0 AND lease IS NOT NULL;"
            "SELECT COUNT(*) FROM webhook_delivery WHERE state = 1"
            " AND webhook_id = %d" % before["id"])
    assert number > 20
    world.courier()
    world.wait_state(after, "done")
    assert len(first.requests) > 1
    assert len(first.ids() | second.ids()) == 1
    assert world.log(before)["callback"]["state"] == "success"


def test_two_couriers_send_each_once(world):
    sink = world.sink()
    hook = world.hook(sink.url)
    world.courier()
    world.site.add_courier({"allow": LOOPBACK, "name": "second"})
    for tag in range(40):
        world.push(world.app, str(tag))
    world.wait_state(hook, "done", 40)
    assert len(sink.requests) == len(sink.ids()) == 40


def test_a_late_answer_changes_nothing_that_another_courier_has(world):
    may_answer = threading.Event()
    sink = world.sink(lambda request: may_answer.wait(WAIT_SECONDS) and 200)
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    sink.wait(1)
    world.api.sql("UPDATE webhook_delivery SET lease = 'another'"
                  " WHERE webhook_id = %d" % hook["id"])
    may_answer.set()
    world.attempted(hook, 1)
    one = world.deliveries(hook)[0]
    assert (one["state"], one["attempts"]) == ("due", 0)


def test_it_ends_with_what_it_began(world):
    sink = world.sink(lambda request: time.sleep(0.5) or 200)
    hook = world.hook(sink.url)
    courier = world.courier()
    world.push(world.app, "1")
    sink.wait(1)
    courier.stop()
    assert world.deliveries(hook)[0]["state"] == "done"


def test_old_deliveries_go(world):
    """By when they were written: the store's events may be older."""
    sink = world.sink()
    hook = world.hook(sink.url)
    world.no_courier()
    world.api.sql("DELETE FROM webhook_delivery")
    world.api.sql("DELETE FROM webhook_event")
    world.push(world.app, "1")
    world.push(world.app, "2")
    world.push(world.app, "3")
    world.api.sql("UPDATE webhook_delivery SET state = 1, created_at = 1"
                  " ORDER BY id LIMIT 1")
    world.api.sql("UPDATE webhook_delivery SET created_at ="
                  " UNIX_TIMESTAMP() - 90000 WHERE created_at > 1"
                  " ORDER BY id LIMIT 1")
    world.courier()
    assert {r.json["tag"] for r in sink.wait(2)} == {"2", "3"}
    wait_until(lambda: len(world.deliveries(hook)) == 2, WAIT_SECONDS,
               "a purge")
    wait_until(lambda: len(world.api.sql("SELECT 1 FROM webhook_event")) == 2,
               WAIT_SECONDS, "a purge of events")


def test_the_log_has_only_so_many(world):
    """Accepted ones by number, whatever their age; dead ones may be more."""
    hook = world.hook("http://127.0.0.1:9999/")
    world.no_courier()
    world.push(world.app, "1")
    world.api.sql("UPDATE webhook_delivery SET state = 1 WHERE webhook_id ="
                  " %d" % hook["id"])
    world.api.sql(
        "INSERT INTO webhook_delivery (webhook_id, event_id, state, next_at,"
        " created_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
        " SELECT i + 1 FROM n WHERE i < 900)"
        " SELECT webhook_id, event_id, state.i, 0, created_at"
        " FROM webhook_delivery, n, (SELECT 1 AS i UNION ALL SELECT 1"
        " UNION ALL SELECT 2 UNION ALL SELECT 2) state WHERE webhook_id = %d"
        % hook["id"])
    world.api.sql(
        "INSERT INTO webhook_attempt (delivery_id, at, milliseconds, status,"
        " request_headers, request_body, response_headers, response_body)"
        " SELECT id, UNIX_TIMESTAMP(), 1, 200, '', '', '', ''"
        " FROM webhook_delivery WHERE state = 1 AND webhook_id = %d"
        % hook["id"])
    [[oldest]] = world.api.sql(
        "SELECT id FROM webhook_delivery WHERE state = 1 AND webhook_id = %d"
        " ORDER BY id DESC LIMIT 1 OFFSET 999" % hook["id"])
    world.courier()

    def log():
        return world.api.sql(
            "SELECT state, COUNT(DISTINCT d.id), COUNT(a.id), MIN(d.id) = %s"
            " FROM webhook_delivery d LEFT JOIN webhook_attempt a"
            " ON a.delivery_id = d.id WHERE webhook_id = %d"
            " GROUP BY state ORDER BY state" % (oldest, hook["id"]))

    wait_until(lambda: log()[0] == ["1", "1000", "1000", "1"], 9,
               "a shorter log: %r" % log())
    assert log()[1][:3] == ["2", "1800", "0"]


def test_the_log_is_listed_by_state(world):
    sink = world.sink(lambda request: 410 if "dead" in request.json["tag"]
                      else 200)
    hook = world.hook(sink.url)
    world.courier()
    for tag in ("1", "2"):
        world.push(world.app, tag)
    world.wait_state(hook, "done", 2)
    world.push(world.app, "dead")
    world.wait_state(hook, "dead")
    path = "%s/%d/deliveries" % (world.hooks, hook["id"])
    for state, count in (("dead", 1), ("done", 2), ("due", 0), ("waiting", 0)):
        shown = world.alice.every(path, state=state, limit=1)
        assert [one["state"] for one in shown] == [state] * count
    assert world.alice.get(path, state="x").status == 400


@pytest.mark.parametrize("form", ["slipway", "docker_hub", "quay"])
def test_the_test_button(world, form):
    sink = world.sink()
    hook = world.hook(sink.url, form=form)
    answer = world.alice.post("%s/%d/test" % (world.hooks, hook["id"]))
    assert answer.status == 202 and answer.json["event"] == "ping"
    world.courier()
    body = sink.wait(1)[0].json
    if form == "slipway":
        assert body["event"] == "ping"
    world.wait_state(hook, "done")
