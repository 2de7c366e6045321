"""Events: which event each request makes, and that it arrives (docs/events.md).
"""

import contextlib
import errno
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import pytest

from testenv import House, images, paths
from testenv.client import Registry, digest, with_query
from testenv.events import Deliverer, Receiver, spool, spooled
from testenv.faults import FOR_GOOD, KILL, SHORT, Fault
from testenv.images import sha256
from testenv.process import wait_until

# Where fsync costs nothing.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"

CONF = """
    %%%%GLOBALS%%%%
    events {}
    http {
        %%%%GLOBALS_HTTP%%%%
        server {
            listen 127.0.0.1:8500;
            location /v2/ {
                registry       on;
                registry_root  %%%%DIR%%%%/store;
                fastcgi_pass   unix:%%%%DIR%%%%/registry.sock;
                include        %%%%CONF%%%%/registry_params;
                registry_events on;
                %s
            }
        }
    }"""


def start(house, more="", **worker):
    """A registry with events; its client."""
    house.worker = house.registry_worker(**{"processes": 8, **worker})
    house.front = house.nginx(CONF % more)
    return house.front.client(8500)


@pytest.fixture
def client(house):
    return start(house)


@pytest.fixture
def receiver(house):
    made = Receiver(house).start()
    yield made
    made.stop()


def deliver(house, receiver, *flags, **how):
    return house.keep(Deliverer(house, receiver.url, *flags, **how))


# --- the events of a request -------------------------------------------------

def test_nothing_unless_switched_on(house):
    client = house.standalone().client(8500)
    client.push_image("app", "1", images.Image())
    client.delete("/v2/app/manifests/1")
    assert not spool(house).exists()


def target(event):
    return {key: value for key, value in event["target"].items()
            if key not in ("url", "length")}


def test_every_request(client, house):
    image = images.Image(seed="every")
    layer, config = image.blobs()
    first = image.manifest
    manifest = {"headers": [("Content-Type", first.media_type)],
                "body": first.data}
    client.push_blob("app", layer)
    client.push_blob_at_once("app", config)
    other = images.blob(10, "other")
    assert client.post("/v2/app/blobs/uploads/?digest=" + sha256(other), [],
                       other).status == 201
    big = client.push_blob("app", other, "sha512")
    for path in ("copy/blobs/uploads/?mount=%s&from=app", "two/blobs/uploads/"
                 "?mount=%s", "two/blobs/uploads/?mount=%s&from=none"):
        client.post("/v2/" + path % sha256(layer))
    for reference in ("1", first.digest, first.digest + "?tag=2&tag=3"):
        assert client.put("/v2/app/manifests/" + reference,
                          **manifest).status == 201
    for path in ("manifests/2", "manifests/" + first.digest,
                 "blobs/" + sha256(layer)):
        assert client.delete("/v2/app/" + path).status == 202
    blob = {"mediaType": "application/octet-stream", "repository": "app"}
    pushed = {"mediaType": first.media_type, "size": len(first.data),
              "digest": first.digest, "repository": "app",
              "contentSize": len(layer) + len(config),
              "artifactType": images.OCI_CONFIG,
              "references": [json.loads(first.data)["config"],
                             *json.loads(first.data)["layers"]],
              "platform": {"os": "linux", "architecture": "amd64"}}
    mounted = {**blob, "size": len(layer), "digest": sha256(layer)}
    assert [(e["action"], target(e)) for e in spooled(house)] == [
        ("push", {**blob, "size": len(layer), "digest": sha256(layer)}),
        ("push", {**blob, "size": len(config), "digest": sha256(config)}),
        ("push", {**blob, "size": len(other), "digest": sha256(other)}),
        ("push", {**blob, "size": len(other), "digest": big}),
        ("mount", {**mounted, "repository": "copy", "fromRepository": "app"}),
        ("mount", {**mounted, "repository": "two"}),
        ("push", {**pushed, "tag": "1"}),
        ("push", pushed),
        ("push", {**pushed, "tag": "2"}),
        ("push", {**pushed, "tag": "3"}),
        ("delete", {"repository": "app", "tag": "2"}),
        ("delete", {"repository": "app", "tag": "1"}),
        ("delete", {"repository": "app", "tag": "3"}),
        ("delete", {"repository": "app", "digest": first.digest}),
        ("delete", {"mediaType": "application/octet-stream",
                    "repository": "app", "digest": sha256(layer)})]


def push_artifact(client, *artifact):
    manifest, blobs = images.artifact(*artifact)
    for data in blobs:
        client.push_blob("app", data)
    client.push_manifest("app", manifest.digest, manifest)
    return manifest


def test_what_a_manifest_says_of_itself(client, house):
    """A type that is too long is left out."""
    image = images.Image(seed="says")
    client.push_image("app", "1", image)
    subject = image.manifest
    pushed = [images.image_index([image])]
    client.push_manifest("app", pushed[0].digest, pushed[0])
    pushed += [push_artifact(client, b"sbom", kind, subject) for kind in (
        "a/sbom", "\u20ac" * 85, "\u20ac" * 86, "\x01" * 255)]
    targets = {event["target"]["digest"]: event["target"]
            for event in spooled(house)}
    targets = [{key: targets[each.digest].get(key) for key in (
        "contentSize", "artifactType", "subject")} for each in pushed]
    about = {"contentSize": 6, "subject": subject.digest}
    assert targets == [
        {"contentSize": None, "artifactType": None, "subject": None},
        {**about, "artifactType": "a/sbom"},
        {**about, "artifactType": "\u20ac" * 85},
        {**about, "artifactType": None},
        {**about, "artifactType": "\x01" * 255}]


def test_nothing_of_what_was_refused_or_read(client, house):
    image = images.Image(seed="refused")
    client.push_image("app", "1", image)
    before = len(spooled(house))
    session = client.start_upload("app")
    for answer in (
            client.finish(session, sha256(b"other"), [], b"x"),
            client.delete(session),
            client.put("/v2/app/manifests/1", [
                ("Content-Type", images.OCI_MANIFEST)], b"{}"),
            client.put("/v2/none/manifests/1", [
                ("Content-Type", images.OCI_MANIFEST)], image.manifest.data),
            client.delete("/v2/app/manifests/none"),
            client.delete("/v2/app/manifests/" + sha256(b"none")),
            client.delete("/v2/app/blobs/" + sha256(b"none")),
            client.post("/v2/app/blobs/uploads/?mount=" + sha256(b"none")),
            client.manifest("app", "1"), client.get("/v2/app/tags/list")):
        assert answer.status != 201
    assert len(spooled(house)) == before


def test_the_other_fields(client, house):
    before = datetime.now(timezone.utc)
    answer = client.post(
        "/v2/app/blobs/uploads/?digest=" + sha256(b"x"),
        [("Host", "reg.example:5000"), ("User-Agent", 'do"cker\\ \u00e9'),
         ("Authorization", "Basic YWxpY2U6c2VjcmV0")], b"x")
    assert answer.status == 201
    after = datetime.now(timezone.utc)
    event, = spooled(house)
    uuid.UUID(event["id"], version=4)
    assert re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}\.\d{9}Z",
                        event["timestamp"])
    at = datetime.fromisoformat(event["timestamp"][:26] + "+00:00")
    assert before <= at <= after
    assert event["target"]["url"] == (
        "http://reg.example:5000/v2/app/blobs/" + sha256(b"x"))
    assert event["target"]["length"] == event["target"]["size"] == 1
    request = event["request"]
    assert re.fullmatch("[0-9a-f]{32}", request["id"])
    assert re.fullmatch(r"127\.0\.0\.1:\d+", request["addr"])
    assert request["host"] == "reg.example:5000"
    assert request["method"] == "POST"
    assert request["useragent"] == 'do"cker\\ \ufffd'
    assert event["actor"] == {"name": "alice"}
    assert re.fullmatch(r".+:%d" % house.port(8500), event["source"]["addr"])
    uuid.UUID(event["source"]["instanceID"], version=4)
    client.push_blob("app", b"y")
    assert spooled(house)[1]["source"] == event["source"]
    assert spooled(house)[1]["actor"] == {}


def test_a_base_url(house):
    client = start(house,
                  "registry_url https://registry.example;")
    client.push_blob("app", b"x")
    assert spooled(house)[0]["target"]["url"].startswith(
        "https://registry.example/v2/app/blobs/sha256:")


def test_values_that_a_client_makes_long(client, house):
    """They are cut, between characters, and cannot end a line."""
    for agent in ("x" * 5000, "\u20ac" * 1000, "\x01\x1f\x7f\xff", '"},{"'):
        answer = client.post(
            "/v2/app/blobs/uploads/?digest=" + sha256(b"x"),
            [("Host", "h" * 3000), ("User-Agent",
                                    agent.encode().decode("latin-1"))], b"x")
        assert answer.status == 201, answer
    events = spooled(house)
    assert len(events) == 4
    assert events[0]["request"]["useragent"] == "x" * 512
    assert events[1]["request"]["useragent"] == "\u20ac" * 170
    assert events[3]["request"]["useragent"] == '"},{"'
    assert len(events[0]["request"]["host"]) == 255
    assert "url" not in events[0]["target"]


PARTS = ("addr", "host", "id", "url", "timestamp", "instanceID")
# Not in the events of registry:2.
OWN = ("contentSize", "artifactType", "references", "platform")


def shape(event):
    """An event without what differs between two servers."""
    def strip(value):
        if not isinstance(value, dict):
            return value
        return {key: strip(part) if key not in PARTS else type(part).__name__
                for key, part in value.items() if key not in OWN}
    return strip(event)


def test_the_same_as_docker_registry(house, client, receiver):
    """One way through all requests that both know; the order alone of what
    goes with a manifest is another one."""
    deliver(house, receiver)
    peer_receiver = Receiver(house, 8601).start()
    peer = house.docker_registry(house.dir + "/peer")
    peer.process.stop()
    conf = house.dir + "/docker-registry.yml"
    with open(conf, "a") as f:
        f.write("notifications:\n  endpoints:\n    - name: x\n"
                "      url: %s\n      timeout: 5s\n"
                "      ignore: {actions: [pull]}\n" % peer_receiver.url)
    peer.start()
    image = images.Image(seed="peer")
    for each in (client, peer.client()):
        each.push_image("app/a", "1", image)
        each.push_manifest("app/a", image.manifest.digest, image.manifest)
        each.post("/v2/b/blobs/uploads/?mount=%s&from=app/a"
                  % sha256(image.config))
        each.delete("/v2/b/blobs/" + sha256(image.config))
        each.delete("/v2/app/a/manifests/" + image.manifest.digest)
    receiver.wait(8)
    peer_receiver.wait(8)
    ours = [shape(e) for e in receiver.events]
    theirs = [shape(e) for e in peer_receiver.events]
    # registry:2 does not say what was deleted: a manifest, or a blob
    assert ours[5]["target"].pop("mediaType") == "application/octet-stream"
    assert ours[:6] == theirs[:6]
    assert ours[6:] == [theirs[7], theirs[6]]
    kinds = {r.requests[0][0]["Content-Type"]
             for r in (receiver, peer_receiver)}
    assert kinds == {"application/vnd.docker.distribution.events.v1+json"}
    peer_receiver.stop()


# --- delivery ------------------------------------------------------------------

def push_tags(client, repo, names, image=None):
    """One event for each, behind those of the blobs."""
    image = image or images.Image(seed=repo)
    for data in image.blobs():
        client.push_blob(repo, data)
    for name in names:
        client.push_manifest(repo, name, image.manifest)


def test_one_after_the_other(client, house, receiver):
    push_tags(client, "app", ["a", "b", "c"])
    deliver(house, receiver)
    receiver.wait(5)
    assert receiver.events == spooled(house)
    assert [len(json.loads(body)["events"])
            for _, body in receiver.requests] == [1] * 5
    push_tags(client, "two", "d")
    receiver.wait(8)
    assert receiver.events == spooled(house)
    assert receiver.repeated == 0


def test_headers_from_a_file(client, house, receiver):
    secret = house.dir + "/headers"
    with open(secret, "w") as f:
        f.write("# of the example\nAuthorization: Bearer s3cr3t\r\n\n"
                "X-More: a: b\n")
    linked = house.dir + "/linked"
    subprocess.run(["ln", "-s", secret, linked], check=True)
    one = deliver(house, receiver, "--headers", linked)
    client.push_blob("app", b"x")
    receiver.wait(1)
    headers, _ = receiver.requests[0]
    assert headers["Authorization"] == "Bearer s3cr3t"
    assert headers["X-More"] == "a: b"
    assert headers["Content-Type"].startswith("application/vnd.docker.")
    assert headers["User-Agent"].startswith("Slipway/")
    assert "s3cr3t" not in one.text()


def test_batches(client, house, receiver):
    push_tags(client, "app", "abcdefgh")
    deliver(house, receiver, "--batch", "4", "--media-type", "text/x")
    receiver.wait(10)
    assert [len(json.loads(body)["events"])
            for _, body in receiver.requests] == [4, 4, 2]
    assert receiver.events == spooled(house)
    assert receiver.requests[0][0]["Content-Type"] == "text/x"


def test_ignored(client, house, receiver):
    push_tags(client, "app", "ab")
    client.delete("/v2/app/manifests/a")
    deliver(house, receiver, "--ignore-actions", "mount,delete",
            "--ignore-media-types", "x,application/octet-stream")
    receiver.wait(2)
    push_tags(client, "app", "c")
    receiver.wait(3)
    assert receiver.of("app") == [("push", "a"), ("push", "b"), ("push", "c")]


def test_a_receiver_that_was_away(client, house, receiver):
    receiver.stop()
    one = deliver(house, receiver)
    push_tags(client, "app", "abc")
    wait_until(lambda: "does not accept events" in one.text(), 60, "a warning")
    time.sleep(2)
    assert one.text().count("warn") == 1, one.text()
    receiver.start()
    receiver.wait(5)
    assert receiver.events == spooled(house)
    wait_until(lambda: "accepts events again" in one.text(), 60, "the good news")


@pytest.mark.parametrize("bad", [
    500, 503, 404, 400, 304, (302, {"Location": "/other"}),
    (307, {"Location": "http://127.0.0.1:1/"}),
    (503, {"Retry-After": "1"}), (429, {"Retry-After": "100000"}), None],
    ids=str)
def test_only_2xx_is_success(client, house, receiver, bad):
    """Whatever else it is, the event comes again, and no redirect leads
    elsewhere."""
    receiver.answer = lambda count: bad if count <= 2 else 202
    one = deliver(house, receiver)
    push_tags(client, "app", "a")
    receiver.wait(3)
    assert receiver.repeated == 2
    assert receiver.events == spooled(house)
    assert {headers["Host"] for headers, _ in receiver.requests} == {
        "127.0.0.1:%d" % receiver.port}
    assert all(body for _, body in receiver.requests)
    assert one.text().count(" warn: ") == 1, one.text()


def test_a_receiver_says_how_long_to_wait(client, house, receiver):
    """Again and again: to double that would take a minute."""
    receiver.answer = lambda count: (503, {"Retry-After": "1"})
    deliver(house, receiver, backoff="60s")
    push_tags(client, "app", "a")
    wait_until(lambda: len(receiver.requests) >= 7, 55, "seven attempts")


@pytest.mark.idea(30)
def test_a_slow_receiver(client, house, receiver):
    """One that takes longer than allowed has not taken it."""
    def answer(count):
        if count <= 2:
            time.sleep(3)
        return 200
    receiver.answer = answer
    one = deliver(house, receiver, "--timeout", "1s")
    client.push_blob("app", b"x")
    wait_until(lambda: len(receiver.requests) >= 3, 60, "a third attempt")
    receiver.wait(1)
    assert receiver.repeated >= 2
    assert "timed out" in one.text().lower()


def test_a_stop_does_not_wait_for_the_receiver(client, house, receiver):
    released = threading.Event()
    receiver.answer = lambda count: released.wait() and 200
    one = deliver(house, receiver, "--timeout", "300s")
    client.push_blob("app", b"x")
    wait_until(lambda: receiver.requests, 60, "the request")
    one.stop()
    assert not receiver.taken
    released.set()
    receiver.answer = lambda count: 200
    deliver(house, receiver, consumer=one.consumer)
    receiver.wait(1)
    assert receiver.events == spooled(house)


def test_tls_is_verified(client, house):
    receiver = Receiver(house, certificate=house.certificate()).start()
    client.push_blob("app", b"x")
    one = deliver(house, receiver, consumer="a")
    wait_until(lambda: "certificate" in one.text(), 60, "a warning")
    assert not receiver.requests
    deliver(house, receiver, "--ca", house.dir + "/tls.pem", consumer="b")
    receiver.wait(1)
    receiver.stop()


def test_a_url_that_cannot_be_reached(client, house):
    client.push_blob("app", b"x")
    one = house.keep(Deliverer(house, "http://["))
    wait_until(lambda: "does not accept events" in one.text(), 60, "a warning")


def run(*words):
    return subprocess.run(
        [paths.BUILD / "slipway-registry", "deliver", *words], text=True,
        env=paths.environment(), capture_output=True, timeout=60)


def test_the_command_line(house, receiver):
    root = house.dir + "/store"
    os.mkdir(root)
    Path(root, "file").touch()
    for words, said in [
            ((), "--spool"),
            (("--spool", "relative", "--url", "x"), "--spool"),
            (("--spool", root + "/no", "--url", "x"), "--url"),
            (("--spool", root + "/file", "--url", "http://x"),
             "is not a directory"),
            (("--spool", root + "/file/x", "--url", "http://x"),
             "Not a directory"),
            (("--spool", root), "--url"),
            (("--spool", root, "--url", "file:///etc/passwd"), "http://"),
            (("--spool", root, "--url", "gopher://127.0.0.1/"), "http://"),
            (("--spool", root, "--url", "127.0.0.1/x"), "http://"),
            (("--spool", root, "--url", "http://x", "--consumer", "../x"),
             "--consumer"),
            (("--spool", root, "--url", "http://x", "--consumer", ""),
             "--consumer"),
            (("--spool", root, "--url", "http://x", "--headers", "/none"),
             "/none"),
            (("--spool", root, "--url", "http://x", "--batch", "0"), "batch")]:
        done = run(*words)
        assert done.returncode != 0
        assert said in done.stderr and done.stderr.count("\n") == 1, done
    done = run("--spool", root, "--url", "http://x", "y")
    assert done.returncode == 1 and "unexpected argument y" in done.stderr
    one = deliver(house, receiver, consumer="me")
    done = run("--spool", root, "--url", "http://x", "--consumer", "me")
    assert done.returncode != 0 and "another process" in done.stderr
    one.stop()


def test_deliver_waits_for_the_first_push(house, receiver):
    """What starts it again where it ends would do so for ever."""
    one = deliver(house, receiver, has_root=False)
    assert not Path(house.dir, "store").exists()
    client = start(house)
    push_tags(client, "app", ["a"])
    receiver.wait(3)
    assert receiver.events == spooled(house)
    assert one.text().count("does not exist yet") == 1


def test_stopped_before_there_is_a_store(house, receiver):
    one = deliver(house, receiver, has_root=False)
    one.stop()
    assert not Path(house.dir, "store").exists()


# --- crashes -------------------------------------------------------------------

def in_order(receiver, events):
    """All came, nothing else did, and the first of each in order."""
    assert [e["id"] for e in receiver.events] == [e["id"] for e in events]
    assert receiver.events == events


def test_killed_at_random(client, house, receiver):
    """Of the deliverer, of a receiver that fails, and of both at once."""
    dice = random.Random(7)
    receiver.answer = lambda count: dice.choice(
        [200, 200, 200, 500, None])
    one = deliver(house, receiver, backoff="1s")
    stopped = threading.Event()

    def push():
        image = images.Image(seed="killed")
        for repo in ("a", "b"):
            for data in image.blobs():
                client.push_blob(repo, data)
        for n in itertools.count():
            if stopped.is_set():
                return
            client.push_manifest(dice.choice("ab"), "t%d" % n, image.manifest)
            time.sleep(0.005)
    pusher = threading.Thread(target=push)
    pusher.start()
    end = time.monotonic() + 120
    for n in itertools.count():
        if n >= 25 and receiver.repeated or time.monotonic() > end:
            break
        time.sleep(dice.random() * 0.3)
        one.kill()
        one.start()
    stopped.set()
    pusher.join()
    receiver.answer = lambda count: 200
    events = spooled(house)
    receiver.wait(len(events), 600)
    in_order(receiver, events)
    assert receiver.repeated > 0
    leftovers = list(spool(house).rglob("*.tmp"))
    assert len(leftovers) <= 1, leftovers


def test_workers_killed_while_clients_push(house, receiver):
    """What was answered with success arrives; in each repository in order."""
    client = start(house, processes=4)
    deliver(house, receiver)
    image = images.Image(seed="workers")
    answered = {}
    stopped = threading.Event()

    def push(repo):
        for n in itertools.count():
            if stopped.is_set():
                return
            answer = client.put("/v2/%s/manifests/t%d" % (repo, n), [
                ("Content-Type", image.manifest.media_type)],
                image.manifest.data)
            if answer.status == 201:
                answered.setdefault(repo, []).append("t%d" % n)
    def is_enough():
        return all(len(answered.get(repo, ())) > 3 for repo in "abc")

    house.expect("ended by signal 9|prematurely closed|reset by peer")
    for repo, data in itertools.product("abc", image.blobs()):
        client.push_blob(repo, data)
    with ThreadPoolExecutor(3) as pool:
        pushes = [pool.submit(push, repo) for repo in "abc"]
        end = time.monotonic() + 60
        for n in itertools.count():
            if n >= 15 and is_enough() or time.monotonic() > end:
                break
            time.sleep(0.1)
            for pid in house.worker.workers()[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        stopped.set()
        for each in pushes:
            each.result()
    events = spooled(house)
    receiver.wait(len(events), 300)
    in_order(receiver, events)
    assert is_enough()
    for repo, tags in answered.items():
        heard = [name for action, name in receiver.of(repo)
                 if name.startswith("t")]
        assert [name for name in heard if name in set(tags)] == tags


KINDS = {"killed": KILL, "full": errno.ENOSPC | SHORT | FOR_GOOD,
         "broken": errno.EIO}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ["push", "delete", "blob", "mount"])
def test_at_every_step(database_server, action, kind):
    """A success has its event, and so has a delete that is repeated until
    it succeeds, wherever the first attempt stopped."""
    house = House(database_server, FAST)
    house.expect("ended by signal 9|prematurely closed|reset by peer")
    try:
        fault = Fault(house)
        client = start(house, processes=16, **fault.environment())
        image = images.Image(seed="steps")
        for number in range(1, 80):
            repo = "app/%d" % number
            client.push_image(repo, "it", image)
            data = images.blob(50, number)
            session = client.start_upload(repo)
            client.patch(session, [], data)
            before = len(spooled(house))
            do = {
                "push": lambda: client.put(
                    "/v2/%s/manifests/new" % repo,
                    [("Content-Type", image.manifest.media_type)],
                    image.manifest.data),
                "delete": lambda: client.delete(
                    "/v2/%s/manifests/it" % repo),
                "blob": lambda: client.finish(session, sha256(data)),
                "mount": lambda: client.post(
                    "/v2/to/%s/blobs/uploads/?mount=%s&from=%s" % (
                        repo, sha256(image.config), repo))}[action]
            with fault.at(number, KINDS[kind]) as it:
                answer = do()
            if answer.status >= 300:
                assert it.is_reached, answer
                assert answer.status in (500, 503)
                do()    # or it is done already
            heard = lines(house)[before:]
            gone = client.manifest(repo, "it").status == 404
            if action == "delete":
                assert gone
            if action != "blob" or answer.status < 300:
                assert heard, (number, answer)
            if not it.is_reached:
                return
        raise AssertionError("more than 80 calls")
    finally:
        problems = house.problems()
        house.remove()
        assert not problems, "\n".join(problems)


def test_durable_before_it_is_answered(house):
    """A new segment's name as well."""
    fault = Fault(house)
    client = start(house, **fault.environment())
    for is_first in (True, False):
        with fault.traced() as calls:
            client.push_blob_at_once("app", b"%d" % is_first)
        calls = [(name, path[path.index("/slipway"):])
                 for name, path in calls if "/slipway/events" in path]
        segment = "/slipway/events/0000000001.jsonl"
        first = [("fsync", "/slipway/events")] if is_first else []
        assert calls[-2 - len(first):] == first + [
            ("write", segment), ("fdatasync", segment)]


def lines(house):
    """The events, without what a crash has cut short."""
    found = []
    for path in sorted(spool(house).glob("*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
    return found


@pytest.mark.parametrize("torn", [
    b'{"id":"torn', b"\0" * 5000, b"x" * 300000, b'{"a":1}{"b":2}', b"[]",
    b"\n\n\n", b"\xff\xfe"], ids=lambda torn: repr(torn[:8]))
def test_a_line_that_a_crash_has_cut(client, house, receiver, torn):
    """It is no event; those around it are."""
    client.push_blob("app", b"x")
    with open(spool(house) / "0000000001.jsonl", "ab") as f:
        f.write(torn)
    client.push_blob("app", b"y")
    one = deliver(house, receiver)
    receiver.wait(2)
    assert [e["target"]["digest"] for e in receiver.events] == [
        sha256(b"x"), sha256(b"y")]
    assert ("not an event" in one.text()) == bool(torn.strip(b"\n"))
    client.push_blob("app", b"z")
    receiver.wait(3)


@pytest.mark.parametrize("cursor", [
    None, "", "x", "1", "7 0\n", "0 0\n", "1 99999999\n",
    "99999999999999999999 1\n"])
def test_a_cursor_that_is_lost(client, house, receiver, cursor):
    """Some come twice; none is left out."""
    one = deliver(house, receiver)
    push_tags(client, "app", "ab")
    receiver.wait(4)
    one.stop()
    path = spool(house) / "consumers" / one.consumer / "cursor"
    if cursor is None:
        path.unlink()
    else:
        path.write_text(cursor)
    push_tags(client, "app", "cd")
    deliver(house, receiver, consumer=one.consumer)
    receiver.wait(8)
    in_order(receiver, spooled(house))


def test_a_spool_that_was_removed(client, house, receiver):
    """All of it, while no process delivers: a new one begins."""
    one = deliver(house, receiver)
    push_tags(client, "app", "ab")
    receiver.wait(4)
    one.stop()
    shutil.rmtree(spool(house))
    push_tags(client, "app", "cd")
    deliver(house, receiver, consumer=one.consumer)
    receiver.wait(8)


# --- room ----------------------------------------------------------------------

def fill(client, house):
    """Pushes until the registry refuses; the answer."""
    for n in range(100000):
        answer = client.post("/v2/app/blobs/uploads/?digest=" + sha256(b"x"),
                             [("User-Agent", "x" * 500)], b"x")
        if answer.status != 201:
            return answer
    raise AssertionError("never full")


@pytest.mark.idea(30)
def test_a_full_spool(house, receiver):
    """Writes are refused before they change anything, reads go on, and room
    comes back with a receiver."""
    client = start(house, "registry_events_size 1m;")
    image = images.Image(seed="full")
    client.push_image("app", "1", image)
    session = client.start_upload("app")
    other = images.blob(2000, "session")
    answer = fill(client, house)
    assert answer.status == 503 and answer.codes() == ["UNAVAILABLE"]
    assert int(answer.header("Retry-After")) > 0
    assert "registry_events_size" in house.worker.process.text()
    size = sum(p.stat().st_size for p in spool(house).glob("*.jsonl"))
    assert 1 << 20 <= size < (1 << 20) + 20000
    for answer in (
            client.put("/v2/app/manifests/2", [
                ("Content-Type", image.manifest.media_type)],
                image.manifest.data),
            client.delete("/v2/app/manifests/1"),
            client.delete("/v2/app/manifests/" + image.manifest.digest),
            client.delete("/v2/app/blobs/" + sha256(image.config)),
            client.post("/v2/b/blobs/uploads/?mount=%s&from=app"
                        % sha256(image.config)),
            client.finish(session, sha256(other), [], other)):
        assert answer.status == 503, answer
    assert client.manifest("app", "2").status == 404
    assert client.manifest("app", "1").status == 200
    assert client.blob("app", sha256(image.config)).status == 200
    assert client.head("/v2/b/blobs/" + sha256(image.config)).status == 404
    # The body of the PUT was taken back, and may come again.
    assert client.get(session).header("Range") == "0-0"
    count = len(spooled(house))
    deliver(house, receiver, "--batch", "100")
    receiver.wait(count)
    wait_until(lambda: client.finish(session, sha256(other), [], other
                                     ).status == 201, 60, "room")
    receiver.wait(count + 1)
    wait_until(lambda: len(segments(house)) == 1, 60, "the segments to go")


def segments(house):
    """The numbers of those that are there."""
    return sorted(int(path.stem) for path in spool(house).glob("*.jsonl"))


def test_segments_go_when_all_are_behind_them(house, receiver):
    client = start(house, "registry_events_size 1m;")
    slow = Receiver(house, 8601).start()
    slow.answer = lambda count: 500
    fast_one = deliver(house, receiver, "--batch", "50", consumer="fast")
    slow_one = deliver(house, slow, "--batch", "50", consumer="slow")
    ids = []

    def push(count):
        """Until there were so many segments more, gone again or not."""
        wanted = segments(house)[-1] + count if segments(house) else count
        while not segments(house) or segments(house)[-1] < wanted:
            assert client.post(
                "/v2/app/blobs/uploads/?digest=" + sha256(b"x"),
                [("User-Agent", "x" * 500)], b"x").status == 201
            ids.append(1)
    push(3)
    receiver.wait(len(ids), 60)
    assert (spool(house) / "0000000001.jsonl").exists()
    slow.answer = lambda count: 200
    slow.wait(len(ids), 60)
    wait_until(lambda: len(segments(house)) == 1, 60, "the segments to go")
    assert slow.events == receiver.events
    # One that does not come back is forgotten by hand.
    slow_one.stop()
    push(2)
    receiver.wait(len(ids), 60)
    assert len(segments(house)) == 3
    shutil.rmtree(spool(house) / "consumers/slow")
    push(1)
    receiver.wait(len(ids), 60)
    wait_until(lambda: len(segments(house)) == 1, 60, "the segments to go")
    assert fast_one.is_running()
    slow.stop()


def test_a_new_consumer_begins_with_the_oldest(client, house, receiver):
    push_tags(client, "app", "ab")
    deliver(house, receiver, consumer="old")
    receiver.wait(4)
    late = Receiver(house, 8601).start()
    deliver(house, late, consumer="late")
    late.wait(4)
    assert late.events == receiver.events
    late.stop()


@pytest.mark.parametrize("more", [
    "fastcgi_param REGISTRY_EVENTS_SIZE 0;",
    "fastcgi_param REGISTRY_EVENTS_SIZE many;"])
def test_a_bad_size_refuses(house, more):
    client = start(house, more)
    answer = client.post("/v2/app/blobs/uploads/?digest=" + sha256(b"x"), [],
                         b"x")
    assert answer.status == 500
    assert "REGISTRY_EVENTS_SIZE" in house.worker.process.text()
    assert client.head("/v2/app/blobs/" + sha256(b"x")).status == 404


def test_a_bad_switch_refuses(house):
    house.registry_worker()
    client = house.nginx((CONF % "").replace(
        "registry_events on", "fastcgi_param REGISTRY_EVENTS yes")).client(8500)
    answer = client.post("/v2/app/blobs/uploads/?digest=" + sha256(b"x"), [],
                         b"x")
    assert answer.status == 500


def test_docker_registry_does_not_see_it(client, house, receiver):
    """Neither when it serves the store nor when it cleans it."""
    image = images.Image(seed="during")
    client.push_image("app", "1", image)
    one = deliver(house, receiver)
    receiver.wait(3)
    one.stop()
    peer = house.docker_registry(house.dir + "/store")
    assert peer.client().get("/v2/_catalog").json() == {
        "repositories": ["app"]}
    peer.client().push_image("app", "2", image)
    done = subprocess.run(
        ["docker-registry", "garbage-collect",
         house.dir + "/docker-registry.yml"], capture_output=True, text=True,
        env=paths.environment(), timeout=60)
    assert done.returncode == 0, done.stderr
    assert "3 blobs marked, 0 blobs and 0 manifests eligible" in done.stdout
    assert len(spooled(house)) == 3


# --- many at once --------------------------------------------------------------

def test_the_last_event_of_a_tag_is_where_it_points(client, house, receiver):
    """Many move one tag at the same moment, and delete it."""
    deliver(house, receiver)
    made = [images.Image(seed="race%d" % n) for n in range(4)]
    for image in made:
        for data in image.blobs():
            client.push_blob("app", data)

    def move(n):
        image = made[n % 4]
        if n % 7 == 6:
            return client.delete("/v2/app/manifests/it").status
        return client.put("/v2/app/manifests/it", [
            ("Content-Type", image.manifest.media_type)],
            image.manifest.data).status
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(move, range(80)))
    assert set(statuses) <= {201, 202, 404}
    events = spooled(house)
    receiver.wait(len(events))
    in_order(receiver, events)
    state = None
    for event in events:
        if event["target"].get("tag") == "it":
            state = event["target"].get("digest")
    answer = client.manifest("app", "it")
    assert state == answer.header("Docker-Content-Digest")


def test_many_writers(client, house, receiver):
    """No line is lost or mixed with another."""
    def push(n):
        data = b"%d" % n
        client.push_blob_at_once("app/%d" % (n % 5), data)
        return sha256(data)
    with ThreadPoolExecutor(16) as pool:
        pushed = list(pool.map(push, range(200)))
    assert sorted(e["target"]["digest"] for e in spooled(house)
                  ) == sorted(pushed)
    deliver(house, receiver, "--batch", "7")
    receiver.wait(200)
    in_order(receiver, spooled(house))
