"""Pulls are counted in nginx's memory, and reach the receivers of events in
batches (docs/events.md, "Pulls")."""

import calendar
import errno
import os
import random
import re
import shutil
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images
from testenv.api import API_LOCATION, ApiClient, Document
from testenv.client import basic
from testenv.clients import Skopeo
from testenv.events import Deliverer, Receiver, spool, spooled
from testenv.faults import FOR_GOOD, KILL, SHORT, Fault
from testenv.mirrored import World
from testenv.process import WAIT_SECONDS, wait_until

CONF = """
    %%%%GLOBALS%%%%
    worker_processes 2;
    events {}
    http {
        %%%%GLOBALS_HTTP%%%%
        registry_events on;
        registry_pulls on;
        %s
        server {
            listen 127.0.0.1:8500 reuseport;
            location /v2/ {
                registry       on;
                registry_root  %%%%DIR%%%%/store;
                fastcgi_pass   unix:%%%%DIR%%%%/registry.sock;
                include        %%%%CONF%%%%/registry_params;
            }
            location /metrics {
                registry_metrics;
            }
        }
        server {
            listen 127.0.0.1:8501;
            location /v2/ {
                registry       on;
                registry_root  %%%%DIR%%%%/tenants/$http_x_tenant;
                fastcgi_pass   unix:%%%%DIR%%%%/registry.sock;
                include        %%%%CONF%%%%/registry_params;
            }
        }
    }"""
OFTEN = "registry_pulls_interval 100ms;"
NEVER = "registry_pulls_interval 1h;"


def counting(house, http=OFTEN, pulls="on", **environment):
    house.worker = house.registry_worker(processes=2)
    house.front = house.nginx(CONF.replace(
        "registry_pulls on", "registry_pulls " + pulls) % http, **environment)
    return house.front.client(8500)


@pytest.fixture
def client(house):
    return counting(house)


@pytest.fixture
def receiver(house):
    made = Receiver(house).start()
    yield made
    made.stop()


def deliver(house, receiver, *flags, **how):
    return house.keep(Deliverer(house, receiver.url, "--ignore-actions",
                                "push", "--batch", "100", *flags, **how))


def pulls_of(receiver):
    return [e for e in list(receiver.events) if e["action"] == "pull"]


def pulls(receiver):
    """{(repository, tag or digest): pulls} of what was received."""
    found = {}
    for event in pulls_of(receiver):
        target = event["target"]
        key = (target["repository"], target.get("tag") or target["digest"])
        found[key] = found.get(key, 0) + event["count"]
    return found


def wait_for(receiver, expected):
    try:
        wait_until(lambda: pulls(receiver) == expected, WAIT_SECONDS, "pulls")
    except TimeoutError:
        assert pulls(receiver) == expected
        raise


def metric(house, name):
    text = house.front.client(8500).get("/metrics").body.decode()
    return int(re.search(r"^slipway_%s (\d+)$" % name, text, re.M)[1])


def wait_counted(house, total):
    """A request is counted after its answer was sent."""
    wait_until(lambda: metric(house, "pulls_total") == total, WAIT_SECONDS,
               "%d pulls" % total)


def batches(house):
    return sorted(p.name for p in spool(house).glob("pulls-*"))


def push(client, seed, *tags, repository="app"):
    image = images.Image(seed=seed)
    client.push_image(repository, tags[0], image)
    for tag in tags[1:]:
        client.push_manifest(repository, tag, image.manifest)
    return image


def pull(client, reference, times=1, repository="app", headers=()):
    for _ in range(times):
        assert client.get("/v2/%s/manifests/%s" % (repository, reference),
                          [("Accept", "*/*"), *headers]).status == 200


def batch(*lines, name="0" * 32, end="end\n"):
    return "".join(line + "\n" for line in (
        "slipway-pulls 1 %s 1048576" % name, *lines)) + end


def test_what_is_a_pull(client, house, receiver):
    """Only a whole manifest that was asked for by GET."""
    image = images.Image(seed="what")
    client.push_image("app", "1", image)
    digest = image.manifest.digest
    accept = [("Accept", image.manifest.media_type)]
    path = "/v2/app/manifests/"
    for _ in range(3):
        assert client.get(path + "1", accept).status == 200
    assert client.get(path + digest, accept).status == 200
    for answer, status in (
            (client.head(path + "1", accept), 200),
            (client.get(path + "1", accept + [("If-None-Match", digest)]),
             304),
            (client.get(path + "1", accept + [("Range", "bytes=0-9")]), 206),
            (client.get(path + "2", accept), 404),
            (client.get("/v2/app/tags/list"), 200),
            (client.get("/v2/app/blobs/" + images.sha256(image.blobs()[0])),
             200)):
        assert answer.status == status, answer
    before = int(time.time()) - 60
    deliver(house, receiver)
    wait_for(receiver, {("app", "1"): 3, ("app", digest): 1})
    assert metric(house, "pulls_total") == 4
    assert metric(house, "pulls_waiting") == 0
    for event in pulls_of(receiver):
        assert set(event) == {"id", "timestamp", "action", "count", "target",
                              "request", "actor", "source"}
        uuid.UUID(event["id"])
        assert event["request"] == event["actor"] == {}
        stamp = time.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
        assert before < calendar.timegm(stamp) <= time.time()


def test_off(house, receiver):
    client = counting(house, pulls="off")
    push(client, "off", "1")
    pull(client, "1")
    assert metric(house, "pulls_total") == 0
    house.front.stop()
    assert batches(house) == []


def test_a_list_that_became_an_image(client, house, receiver):
    """A client of before lists asked for the tag, and did not see the list."""
    image = images.Image(seed="old", is_docker=True)
    client.push_image("app", "amd64", image)
    client.push_manifest("app", "1", images.image_index([image], True))
    answer = client.get("/v2/app/manifests/1", [
        ("Accept", images.DOCKER_MANIFEST)])
    assert answer.body == image.manifest.data
    deliver(house, receiver)
    wait_for(receiver, {("app", "1"): 1})


def test_many_at_once(client, house, receiver):
    """From two workers, while batches leave."""
    push(client, "many", "1", "2")
    push(client, "many", "1", repository="other/app")
    deliver(house, receiver)

    def some(n):
        fresh = house.front.client(8500)
        pull(fresh, "1", 100 + n)
        pull(fresh, "2", 10)
        pull(fresh, "1", 20, "other/app")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(8)))
    wait_for(receiver, {("app", "1"): 828, ("app", "2"): 80,
                        ("other/app", "1"): 160})
    assert metric(house, "pulls_total") == 1068
    assert metric(house, "pulls_waiting") == 0


def test_what_waits_survives(house, receiver):
    """A worker that is killed, a reload, and an end of nginx."""
    house.expect("exited on signal 9")
    client = counting(house, NEVER)
    push(client, "waits", "1")
    pull(client, "1", 3)
    wait_counted(house, 3)
    before = house.front.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(house.front.workers()) - {before[0]}) == 2,
               WAIT_SECONDS, "another worker")
    client = house.front.client(8500)
    pull(client, "1", 2)
    assert (metric(house, "pulls_waiting"), batches(house)) == (1, [])
    house.front.reload()
    client = house.front.client(8500)
    pull(client, "1", 4)
    house.front.stop()
    house.front.start()
    pull(client, "1", 5)
    house.front.stop()
    assert len(batches(house)) >= 2
    deliver(house, receiver)
    wait_for(receiver, {("app", "1"): 14})
    assert batches(house) == []


def end_of_workers(house):
    """A reload; the workers of before write what waits, and are gone."""
    before = set(house.front.workers())
    house.front.reload()
    wait_until(lambda: not before & set(house.front.workers()), WAIT_SECONDS,
               "the workers of before to end")


@pytest.mark.parametrize("action", [
    KILL, errno.ENOSPC | FOR_GOOD, SHORT | errno.ENOSPC])
def test_at_every_step_of_nginx(house, action):
    """What could not be written is written later; a worker that is killed
    loses its batch, or has written it."""
    house.expect("exited on signal 9|counts of pulls wait")
    fault = Fault(house)
    client = counting(house, NEVER, **fault.environment())
    push(client, "steps", "1")
    number, is_reached = 0, True
    while is_reached:
        number += 1
        pull(house.front.client(8500), "1", 2)
        with fault.at(number, action) as step:
            end_of_workers(house)
            is_reached = step.is_reached
        end_of_workers(house)
        counted = written(house)
        assert counted in ((0, 2) if action == KILL and is_reached else (2,))
    assert number > 2


def written(house):
    """Takes the complete batches of one tag away; its pulls."""
    count = 0
    for path in spool(house).glob("pulls-*"):
        text = path.read_text()
        path.unlink()
        if text.endswith("\nend\n"):
            count += sum(int(n) for n in re.findall(
                r"^(\d+) \d+ app 1$", text, re.M))
    return count


def test_workers_killed_at_random(client, house, receiver):
    """No pull is reported twice."""
    house.expect("exited on signal 9")
    push(client, "random", "1")
    deliver(house, receiver)
    choice = random.Random(1)
    sent = 0
    for _ in range(12):
        os.kill(choice.choice(house.front.workers()), signal.SIGKILL)
        for _ in range(20):
            sent += 1
            try:
                pull(house.front.client(8500), "1")
            except OSError:
                pass  # its worker was killed
    wait_until(lambda: len(house.front.workers()) == 2, WAIT_SECONDS,
               "both workers")
    wait_until(lambda: metric(house, "pulls_waiting") == 0, WAIT_SECONDS,
               "all to be written")
    wait_until(lambda: not batches(house), WAIT_SECONDS, "the last batch")
    (spool(house) / "pulls-15").write_text(batch("1 1785585600 app last"))
    wait_until(lambda: ("app", "last") in pulls(receiver), WAIT_SECONDS,
               "a batch behind all others")
    assert 0 < pulls(receiver)[("app", "1")] <= metric(
        house, "pulls_total") <= sent


def pull_many(client, house, count):
    """Pulls so many tags of one manifest, whose lines of a batch are long."""
    tags = ["x" * 120 + "%04d" % n for n in range(count)]
    push(client, "many", tags[0])
    directory = (spool(house).parents[1] / "docker/registry/v2/repositories"
                 / "app/_manifests/tags")
    for tag in tags[1:]:
        shutil.copytree(directory / tags[0], directory / tag)
    for tag in tags:
        pull(client, tag)
    wait_counted(house, count)
    return tags


def test_more_than_two_batches_at_the_end(house, receiver):
    """Two workers exit, and write more than one file each."""
    client = counting(house, NEVER + "registry_zone large:4m;")
    tags = pull_many(client, house, 1000)
    assert metric(house, "pulls_waiting") == 1000
    house.front.stop()
    assert len(batches(house)) == 3
    deliver(house, receiver)
    wait_for(receiver, dict.fromkeys((("app", tag) for tag in tags), 1))


def test_a_full_table(house, receiver):
    """A quarter of the zone is for pulls."""
    client = counting(house, NEVER + "registry_zone small:128k;")
    tags = pull_many(client, house, 200)
    waiting = metric(house, "pulls_waiting")
    assert 50 < waiting < 200
    assert metric(house, "pulls_dropped_total") == 200 - waiting
    pull(client, tags[0], 2)
    house.front.stop()
    deliver(house, receiver)
    wait_for(receiver, {("app", tag): 3 if tag == tags[0] else 1
                        for tag in tags[:waiting]})


def test_a_store_without_a_receiver_leaves_room_for_others(house):
    """Its counts go where the memory is full."""
    client = counting(house, OFTEN + "registry_zone small:128k;")
    pull_many(client, house, 300)
    assert metric(house, "pulls_dropped_total") > 0
    os.makedirs("%s/tenants/two" % house.dir)
    client = house.front.client(8501)
    tag = "y" * 128  # as much room as one of the others
    upload(client, "two", tag)
    other = Receiver(house, 8602).start()
    house.keep(Deliverer(house, other.url, "--ignore-actions", "push,mount",
                         root="%s/tenants/two" % house.dir))

    def is_reported():
        pull(client, tag, headers=[("X-Tenant", "two")])
        return pulls(other)

    wait_until(is_reported, WAIT_SECONDS, "pulls of the other store")
    other.stop()


def test_tenants(client, house, receiver):
    """Each store gets its own; one without a receiver holds up no other."""
    client = house.front.client(8501)
    for tenant in ("one", "two", "three"):
        os.makedirs("%s/tenants/%s" % (house.dir, tenant))
        client.headers = [("X-Tenant", tenant)]
    for tenant in ("one", "two", "three"):
        header = [("X-Tenant", tenant)]
        upload(client, tenant)
        pull(client, "1", {"one": 1, "two": 2, "three": 3}[tenant],
             headers=header)
    for tenant, count in (("two", 2), ("three", 3)):
        other = Receiver(house, 8600 + count).start()
        house.keep(Deliverer(
            house, other.url, "--ignore-actions", "push,mount",
            root="%s/tenants/%s" % (house.dir, tenant)))
        wait_for(other, {("app", "1"): count})
        other.stop()


def upload(client, tenant, tag="1"):
    """An artifact without layers, in the store of a tenant."""
    header = [("X-Tenant", tenant)]
    assert client.post("/v2/app/blobs/uploads/?digest="
                       + images.sha256(b"{}"), header, b"{}").status == 201
    manifest, _ = images.artifact(b"{}", "a/b")
    assert client.put("/v2/app/manifests/" + tag, header + [
        ("Content-Type", manifest.media_type)], manifest.data).status == 201


# --- batches -------------------------------------------------------------------

def test_a_receiver_that_was_away(client, house, receiver):
    """Batches go on into the spool."""
    push(client, "away", "1")
    receiver.stop()
    house.expect("does not accept events")
    deliver(house, receiver)
    for _ in range(3):
        pull(client, "1", 2)
        before = len(spooled(house))
        wait_until(lambda: len(spooled(house)) > before, WAIT_SECONDS,
                   "a batch in the spool")
    receiver.start()
    wait_for(receiver, {("app", "1"): 6})


def test_a_batch_that_is_taken_twice(client, house, receiver):
    """By a process that was killed before it could remove it."""
    push(client, "twice", "1")
    deliver(house, receiver)
    for _ in range(2):
        (spool(house) / "pulls-3").write_text(batch(
            "3 1785585600 app 1", "4 1785585601 app 2"))
        wait_until(lambda: not batches(house), WAIT_SECONDS, "the batch")
    wait_until(lambda: receiver.repeated == 2, WAIT_SECONDS, "the same again")
    assert pulls(receiver) == {("app", "1"): 3, ("app", "2"): 4}
    assert [e["timestamp"] for e in pulls_of(receiver)] == [
        "2026-08-01T12:00:00Z", "2026-08-01T12:00:01Z"]


def put_batches(house, *texts):
    paths = [spool(house) / ("pulls-%d" % n) for n in range(len(texts))]
    for path, text in zip(paths, texts):
        path.write_text(text)
    return paths


def test_batches_that_are_not_complete(client, house, receiver):
    """They may be under way, for a minute."""
    house.expect("never finished")
    push(client, "torn", "1")
    line = "3 1785585600 app 1"
    paths = put_batches(house, "", batch(line, end=""), batch(line, end="end"),
                        "slipway-pulls 1 ", batch("1 1785585600 app 2"))
    pull(client, "1")
    deliver(house, receiver)
    wait_for(receiver, {("app", "2"): 1})
    assert batches(house) == [path.name for path in paths[:4]]
    for path in paths[:4]:
        os.utime(path, (time.time() - 61,) * 2)
    # of a machine whose clock was set back
    os.utime(paths[0], (time.time() + 86400,) * 2)
    wait_for(receiver, {("app", "2"): 1, ("app", "1"): 1})
    assert batches(house) == []


def test_batches_that_are_none(client, house, receiver):
    house.expect("is not a batch of pulls")
    push(client, "rubbish", "1")
    put_batches(house, "rubbish\nend\n", batch("3 1785585600 App 1"),
                batch("0 1 app 1"), batch("1 1 app 1", name="x" * 32),
                batch("1 1 app 1", "", "1 1 app 2"))
    deliver(house, receiver)
    pull(client, "1")
    wait_for(receiver, {("app", "1"): 1})


def test_pushes_have_the_other_half_of_the_spool(house, receiver):
    client = counting(house, OFTEN + "registry_events_size 1m;")
    push(client, "half", "1")
    receiver.stop()
    house.expect("does not accept events")
    filler = spool(house) / "0000000001.jsonl"
    with open(filler, "a") as f:
        for n in range(70):
            f.write('{"id":"%d","action":"none","x":"%s"}\n' % (
                n, "x" * 8000))
    deliver(house, receiver)
    pull(client, "1", 3)
    wait_until(lambda: batches(house) == ["pulls-0"], WAIT_SECONDS, "a batch")
    # one with another limit, behind it
    (spool(house) / "pulls-1").write_text(batch("1 1785585600 app 9").replace(
        "1048576", "1073741824"))
    wait_until(lambda: not (spool(house) / "pulls-1").exists(), WAIT_SECONDS,
               "the batch behind it")
    assert batches(house) == ["pulls-0"]
    push(client, "still", "2")
    pull(client, "1", 4)
    receiver.start()
    wait_for(receiver, {("app", "1"): 7, ("app", "9"): 1})


def test_counts_wait_where_nothing_can_be_written(client, house, receiver):
    push(client, "denied", "1")
    kept = spool(house).rename(spool(house).parent / "kept")
    spool(house).touch()
    pull(client, "1", 2)
    wait_until(lambda: "counts of pulls wait" in house.front.log_text(),
               WAIT_SECONDS, "a line of the log")
    assert metric(house, "pulls_waiting") == 1
    spool(house).unlink()
    kept.rename(spool(house))
    deliver(house, receiver)
    wait_for(receiver, {("app", "1"): 2})


# --- clients and the index -----------------------------------------------------

@pytest.fixture
def world(house):
    made = World(house, "alice", server=API_LOCATION, http=OFTEN,
                 location="registry_pulls on;")
    made.deliver("--batch", "100")
    return made


def test_skopeo_and_the_index(world, house):
    """An image index is one pull, and each of its parts none; the index is
    killed in between."""
    name = "alice/app"
    parts = [images.Image(architecture=a, seed=a) for a in ("amd64", "arm64")]
    client = world.pusher(name)
    for part in parts:
        client.push_image(name, part.manifest.digest, part)
    client.push_manifest(name, "1", images.image_index(parts))
    world.settle()
    alice = ApiClient(world.accounts.open, Document(),
                      basic("alice:alicealice"))
    skopeo = Skopeo(house)
    host = "127.0.0.1:%d" % house.port(8500)
    skopeo.login(host, "alice", "alicealice")

    def count():
        shown = alice.get("/repositories/alice%2Fapp")
        tag = alice.get("/repositories/alice%2Fapp/tags/1")
        return (shown.json["pull_count"], tag.json["pull_count"],
                shown.json["pulled_at"] is not None)
    assert count() == (0, 0, False)
    for n in range(2):
        skopeo.pull("%s/%s:1" % (host, name), "dir:%s/out%d" % (house.dir, n))
    wait_until(lambda: count() == (2, 2, True), WAIT_SECONDS, "two pulls")
    world.index.kill()
    house.expect("does not accept events|upstream|connect\\(\\) to")
    client = world.pusher if False else client
    pull(client, "1", 3, name)
    world.index.start()
    wait_until(lambda: count() == (5, 5, True), WAIT_SECONDS, "five pulls")
