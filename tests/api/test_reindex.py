"""slipway-registry reindex: a consumer that takes events and snapshots in
order holds what the store holds (docs/events.md, "Snapshots")."""

import contextlib
import errno
import json
import os
import random
import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from testenv import House, images, paths
from testenv.client import digest
from testenv.events import Deliverer, Receiver, spool, spooled
from testenv.faults import FOR_GOOD, KILL, WAIT, Fault, StoreFault
from testenv.images import sha256
from testenv.snapshots import Mirror, check_form, truth
from testenv.process import wait_until
from testenv.store import Store

# Where fsync costs nothing.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"

CONF = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8500;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/store;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
                registry_events on;
                registry_events_size 1m;
            }
        }
    }"""

WAITING = "more than half of --events-size"


@pytest.fixture
def fast(database_server):
    """A house without a disk, for what syncs often."""
    built = House(database_server, FAST)
    yield built
    problems = built.problems()
    built.remove()
    assert not problems, "\n".join(problems)


def store_of(house):
    made = Store(house.dir + "/store")
    made.v2.mkdir(parents=True, exist_ok=True)
    return made


def reindex(store, *flags, status=0):
    run = store.command("reindex", *flags)
    assert run.status == status, run
    return run


def pages(house, of):
    return [e for e in spooled(house) if e["action"] == "snapshot"
            and e["snapshot"]["of"] == of]


# --- stores without a registry ---------------------------------------------------


def put_manifest(store, name, data, *tags, stored=None, key=None):
    """A manifest as registry:2 writes it; its digest."""
    stored = stored or sha256(data)
    key = key or stored
    store.put_blob(stored, data)
    store.put(store.revision(name, key), stored.encode())
    for tag in tags:
        store.put(store.tag(name, tag), key.encode())
    return key


def image_of(number, **more):
    return json.dumps({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "config": {"mediaType": images.OCI_CONFIG, "size": number,
                   "digest": sha256(b"config %d" % number)},
        "layers": [], **more}).encode()


def put_tags(store, name, count):
    """Tags that all point to one manifest, some hundred bytes of page each."""
    key = put_manifest(store, name, image_of(1))
    for n in range(count):
        store.put(store.tag(name, "t%05d" % n), key.encode())
    return key


# --- what is reported --------------------------------------------------------


def test_a_store_of_many_kinds(house):
    client = house.standalone().client(8500)
    store = store_of(house)
    for name in ("a", "a/b", "a/b/c.d/e", "z"):
        client.push_image(name, "1", images.Image(seed=name))
        client.push_image(name, "2", images.Image(seed=name, is_docker=True))
    parts = [images.Image(seed=s) for s in "xy"]
    for part in parts:
        client.push_image("a", part.manifest.digest, part)
    index = images.image_index(parts)
    client.push_manifest("a", "multi", index)
    for kind in ("a/sbom", "a/signature"):
        manifest, blobs = images.artifact(b"sbom", kind, index)
        for data in blobs:
            client.push_blob("a", data)
        client.push_manifest("a", manifest.digest, manifest)
    long = parts[0].manifest
    client.push_manifest("a", digest(long.data, "sha512"), long)
    client.push_blob("only/blobs", b"x")
    client.start_upload("only/uploads")
    store.repository("empty", "_manifests").mkdir(parents=True)
    client.push_image("gone", "1", parts[0])
    client.delete("/v2/gone/manifests/1")
    client.delete("/v2/gone/manifests/" + parts[0].manifest.digest)
    client.delete("/v2/a/manifests/2")
    put_manifest(store, "a", json.dumps({
        "schemaVersion": 1, "signatures": [], "fsLayers": [
            {"blobSum": sha256(b"x")}]}).encode(), "old")
    assert not spool(house).exists()

    run = reindex(store)
    events = spooled(house)
    assert sorted(check_form(events)) == [
        "a", "a/b", "a/b/c.d/e", "empty", "gone", "z"]
    mirror = Mirror().apply(events)
    expected = truth(store)
    old = expected["a"][0][expected["a"][1]["old"]]
    old["mediaType"] = images.DOCKER + "distribution.manifest.v1+prettyjws"
    assert mirror.holds() == expected and mirror.ends == 1
    manifests = sum(len(each[0]) for each in expected.values())
    tags = sum(len(each[1]) for each in expected.values())
    assert run.out == "6 repositories, %d manifests, %d tags\n" % (
        manifests, tags)
    assert manifests >= 13 and tags >= 9


def test_a_store_of_docker_registry(house):
    peer = house.docker_registry(house.dir + "/store")
    client = peer.client()
    for name in ("app", "ns/app"):
        client.push_image(name, "1", images.Image(seed=name))
        client.push_image(name, "2", images.Image(seed=name, is_docker=True))
    image = images.Image(seed="app")
    client.push_manifest("app", "m", images.image_index([image]))
    client.delete("/v2/ns/app/manifests/" + sha256(
        images.Image(seed="ns/app").manifest.data))
    store = store_of(house)
    # what it makes of a push by sha512: the link alone says so
    long = image.manifest.data
    put_manifest(store, "app", long, stored=sha256(long),
                 key=digest(long, "sha512"))
    assert len(truth(store)["app"][0]) == 4
    reindex(store)
    check_form(spooled(house))
    assert Mirror().apply(spooled(house)).holds() == truth(store)


def test_many_pages(fast):
    """More names than one read of a directory yields, and more than one part."""
    store = store_of(fast)
    put_tags(store, "many/tags", 9000)
    for n in range(5000):
        put_manifest(store, "many/manifests", image_of(n + 1))
    put_manifest(store, "many/manifests", image_of(0), "a")
    reindex(store)
    events = spooled(fast)
    assert check_form(events) == ["many/tags", "many/manifests"] or (
        check_form(events) == ["many/manifests", "many/tags"])
    assert len(pages(fast, "tags")) > 60
    assert len(pages(fast, "manifests")) > 60
    assert Mirror().apply(events).holds() == truth(store)
    for path in spool(fast).glob("*.jsonl"):
        assert max(map(len, path.read_bytes().splitlines())) < 16 * 1024


def test_what_was_there_is_forgotten(house):
    """By a receiver that missed it."""
    store = store_of(house)
    for name in ("a", "b/c", "d"):
        put_manifest(store, name, image_of(1), "1", "2")
    mirror = Mirror()
    reindex(store)
    mirror.apply(spooled(house))
    subprocess.run(["rm", "-r", store.repository("b")], check=True)
    store.revision("a", sha256(image_of(1))).unlink()
    store.tag("d", "1").unlink()
    put_manifest(store, "d", image_of(2), "0")
    reindex(store)
    assert mirror.apply(spooled(house)).holds() == truth(store)
    assert "b/c" not in mirror.repositories and mirror.ends == 2


# --- what cannot be read ---------------------------------------------------------


def spoil(path):
    """Neither a file nor nothing."""
    if path.is_dir():
        subprocess.run(["rm", "-r", path], check=True)
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def test_what_cannot_be_read_is_left_as_it_was(house):
    store = store_of(house)
    digests = sorted(put_manifest(store, "a", image_of(n), "t%d" % n)
                     for n in range(9))
    reindex(store)
    mirror = Mirror().apply(spooled(house))
    before = truth(store)
    store.revision("a", digests[0]).write_text("nothing")
    spoil(store.revision("a", digests[3]))
    store.revision("a", digests[4]).write_text("")
    spoil(store.revision("a", digests[8]))
    store.tag("a", "t0").write_text("nothing")
    store.tag("a", "t7").write_text("")
    spoil(store.tag("a", "t8"))
    run = reindex(store, "--quiet", status=1)
    assert len(run.err.splitlines()) == 7, run
    assert "not everything" in run.out
    events = spooled(house)
    events = events[events.index(pages(house, "begin")[1]):]
    assert check_form(events, is_whole=False) == ["a"]
    assert mirror.apply(events).holds() == before
    assert mirror.ends == 2

    # one that missed all before holds no more than what is known
    held = Mirror().apply(events).holds()["a"]
    assert sorted(held[0]) == [digests[n] for n in (1, 2, 5, 6, 7)]
    assert sorted(held[1]) == ["t%d" % n for n in range(1, 7)]


def test_a_manifest_that_cannot_be_understood(house):
    """It is there: clients get it."""
    store = store_of(house)
    bad = put_manifest(store, "a", b'{"mediaType": 1', "bad")
    put_manifest(store, "a", image_of(1), "good")
    run = reindex(store, "--quiet", status=1)
    assert "a@" + bad in run.err and len(run.err.splitlines()) == 1
    check_form(spooled(house))
    mirror = Mirror().apply(spooled(house))
    manifests, tags = mirror.holds()["a"]
    assert manifests[bad] == {"mediaType": images.OCI_MANIFEST, "size": 15}
    assert tags["bad"] == bad and len(manifests) == 2


def test_a_manifest_that_is_not_stored(house):
    """To clients there is none; the tag is there, and leads nowhere."""
    store = store_of(house)
    lost = put_manifest(store, "a", image_of(1), "1")
    put_manifest(store, "a", image_of(2), "2")
    reindex(store)
    mirror = Mirror().apply(spooled(house))
    store.blob(lost).unlink()
    run = reindex(store)
    assert lost in run.err
    assert mirror.apply(spooled(house)).holds() == truth(store)
    assert lost not in mirror.holds()["a"][0]


@pytest.mark.parametrize("where", [
    ("a", "_manifests/tags"), ("a", "_manifests/revisions/sha256"),
    ("b",), ("c", "_manifests")])
def test_a_directory_that_cannot_be_read(house, where):
    """What may be in it is not forgotten."""
    store = store_of(house)
    for name in ("a", "b/x", "b", "c", "d"):
        put_manifest(store, name, image_of(1), "1")
    reindex(store)
    mirror = Mirror().apply(spooled(house))
    before = truth(store)
    subprocess.run(["rm", "-r", store.repository("d")], check=True)
    spoil(store.repository(*where))
    reindex(store, status=1)
    mirror.apply(spooled(house))
    if where[0] == "a":
        before.pop("d")
    assert mirror.holds() == before


def test_half_a_store(house):
    """A disk that is not mounted removes nothing from an index."""
    store = store_of(house)
    store.put_blob(sha256(b"x"), b"x")
    run = reindex(store, status=1)
    assert "has blobs, but no repositories" in run.err
    assert not spool(house).exists()
    run = store.command("reindex", "--events-size", "0")
    assert run.status == 1 and "events-size" in run.err
    for root in (house.dir, house.dir + "/none"):
        run = Store(root).command("reindex")
        assert run.status == 0 and "holds no store" in run.err


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes others")
def test_a_run_of_root_leaves_files_to_the_stores_owner(house):
    """Every command goes on as the owner of the store, so the workers, and
    the next night's run, write on."""
    store = store_of(house)
    for n in range(2):
        put_manifest(store, "a", image_of(n))
    put_manifest(store, "b", image_of(2, subject=images.descriptor(
        images.OCI_MANIFEST, image_of(3))), "t")
    store.put_blob(sha256(b"config 2"), b"config 2")
    store.age()
    for path in [store.root, *store.root.rglob("*")]:
        os.chown(path, 12345, 23456)
        path.chmod(0o770 if path.is_dir() else 0o660)

    def look():
        return {(path.is_dir(), path.stat().st_uid, path.stat().st_gid,
                 path.stat().st_mode & 0o777)
                for path in store.root.rglob("*")}
    made = {(True, 12345, 23456, 0o770), (False, 12345, 23456, 0o660)}
    assert store.gc("--dry-run", "--delete-untagged").untagged == 2
    assert look() == made
    assert {"missing-link", "missing-referrer"} <= set(
        store.command("fsck", "--repair").words())
    reindex(store)
    (spool(house) / "0000000001.jsonl").unlink()
    assert store.gc("--delete-untagged").untagged == 2
    assert len(spooled(house)) == 2
    assert store.command("export-referrers").number(r"(\d+) written") == 1
    assert store.command("purge").status == 0
    assert look() == made


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes others")
def test_delivered_by_root(house):
    """As the owner, too; the file of headers is read before."""
    store = store_of(house)
    os.chown(store.root, 12345, 23456)
    for path in [store.root, *store.root.rglob("*")]:
        os.chown(path, 12345, 23456)
    headers = store.root.parent / "headers"
    headers.write_text("X-Secret: s3cr3t\n")
    headers.chmod(0o600)
    reindex(store)
    receiver = Receiver(house).start()
    house.keep(Deliverer(house, receiver.url, "--snapshots",
                         "--headers", headers))
    receiver.wait(len(spooled(house)))
    assert receiver.requests[0][0]["X-Secret"] == "s3cr3t"
    assert {path.stat().st_uid for path in store.root.rglob("*")} == {12345}
    receiver.stop()


# --- delivery --------------------------------------------------------------------


def test_only_who_asks_for_snapshots_gets_them(house):
    house.registry_worker()
    client = house.nginx(CONF).client(8500)
    store = store_of(house)
    client.push_image("app", "1", images.Image(seed="asks"))
    reindex(store)
    client.push_image("app", "2", images.Image(seed="asks"))
    stock, index = (Receiver(house, port).start() for port in (8600, 8601))
    house.keep(Deliverer(house, stock.url, "--batch", "3", consumer="stock"))
    house.keep(Deliverer(house, index.url, "--snapshots", consumer="index"))
    assert index.wait(len(spooled(house))) == spooled(house)
    changes = [e for e in spooled(house) if e["action"] != "snapshot"]
    assert 0 < len(changes) < len(spooled(house))
    assert stock.wait(len(changes)) == changes
    assert Mirror().apply(index.events).holds() == truth(store)
    for receiver in (stock, index):
        receiver.stop()


class Running:
    """A reindex whose output is read while it runs."""

    def __init__(self, house, store, *flags):
        self._path = house.dir + "/" + house.unique("reindex") + ".log"
        with open(self._path, "wb") as log:
            self.child = subprocess.Popen(
                store.argv("reindex", *flags), env=paths.environment(),
                stdout=log, stderr=log)

    def text(self):
        with open(self._path) as log:
            return log.read()

    def wait_for(self, words):
        wait_until(lambda: words in self.text(), 60, words)

    def wait(self):
        assert self.child.wait(120) == 0, self.text()

    def kill(self):
        self.child.kill()
        self.child.wait(20)


@contextlib.contextmanager
def running(*how):
    made = Running(*how)
    try:
        yield made
    finally:
        made.kill()


def test_a_full_spool_is_waited_for(fast):
    """Without a lock: pushes go on, a collection too; killed meanwhile, and
    run again with a receiver that goes and comes."""
    fast.registry_worker(processes=2)
    client = fast.nginx(CONF).client(8500)
    store = store_of(fast)
    put_tags(store, "many", 6000)
    image = images.Image(seed="full")
    with running(fast, store, "--events-size", "1") as one:
        one.wait_for(WAITING)
        assert not pages(fast, "end")
        client.push_image("many", "new", image)
        assert client.delete("/v2/many/manifests/t00000").status == 202
        run = reindex(store, status=1)
        assert "another reindex" in run.err
        store.gc()
        assert one.child.poll() is None
        one.kill()
    receiver = Receiver(fast)
    with running(fast, store, "--events-size", "1") as one:
        one.wait_for(WAITING)
        assert len(pages(fast, "begin")) == 1
        receiver.start()
        fast.keep(Deliverer(fast, receiver.url, "--snapshots", "--backoff",
                             "1s"))
        receiver.wait(20)
        receiver.stop()
        client.push_image("many", "newer", image)
        client.delete("/v2/many/manifests/t05999")
        receiver.start()
        one.wait()
    client.push_image("other", "1", image)
    mirror = Mirror()

    def is_level():
        mirror.apply(list(receiver.events))
        return mirror.ends and mirror.holds() == truth(store)
    wait_until(is_level, 60, "a mirror that holds what the store holds")
    receiver.stop()


# --- during changes ----------------------------------------------------------


def change(client, dice, image, stopped):
    names = ["r/%d" % n for n in range(4)] + ["r"]
    while not stopped.is_set():
        name, tag = dice.choice(names), "t%d" % dice.randrange(8)
        model = json.loads(image.manifest.data)
        model["annotations"] = {"n": "%d" % dice.randrange(6)}
        manifest = images.Manifest(model)
        way = dice.random()
        if way < 0.6:
            where = dice.choice([tag, manifest.digest])
            answer = client.put("/v2/%s/manifests/%s" % (name, where), [
                ("Content-Type", manifest.media_type)], manifest.data)
            assert answer.status in (201, 404), answer
        else:
            where = tag if way < 0.8 else manifest.digest
            answer = client.delete("/v2/%s/manifests/%s" % (name, where))
            assert answer.status in (202, 404), answer


def test_runs_during_pushes_and_deletes(fast):
    """At any moment: events and pages in their order make the store."""
    worker = fast.registry_worker(processes=6)
    front = fast.nginx(CONF.replace("events_size 1m;", "events_size 1g;"))
    client = front.client(8500)
    store = store_of(fast)
    image = images.Image(seed="during")
    for name in ["r/%d" % n for n in range(4)] + ["r"]:
        for data in image.blobs():
            client.push_blob(name, data)
    stopped, problems = threading.Event(), []

    def work(seed):
        try:
            change(front.client(8500), random.Random(seed), image, stopped)
        except BaseException as problem:
            problems.append(repr(problem))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
    for each in threads:
        each.start()
    try:
        for _ in range(12):
            n_lines = len(lines(fast))
            reindex(store)
            store.gc("--delete-untagged", "--grace", "0")
            wait_until(lambda: problems or len(lines(fast)) > n_lines + 16, 60,
                       "changes during the run, which writes 12 lines")
    finally:
        stopped.set()
        for each in threads:
            each.join()
    assert not problems, problems
    events = spooled(fast)
    assert Mirror().apply(events).holds() == truth(store)

    # a consumer that begins in the middle as well: from any "begin" on
    begins = [n for n, e in enumerate(events) if e["action"] == "snapshot"
              and e["snapshot"]["of"] == "begin"]
    assert len(begins) == 12
    for at in begins:
        assert Mirror().apply(events[at:]).holds() == truth(store)
    assert len(events) - 12 * 12 > 50
    assert worker.is_running()


def test_a_tag_that_moves_while_it_is_read(fast):
    """The push waits, or its event comes behind the page: whatever a run has
    read by then, a mirror ends with where the tag points."""
    fast.registry_worker()
    client = fast.nginx(CONF).client(8500)
    store = store_of(fast)
    image = images.Image(seed="moves")
    client.push_image("a", "t", image)
    fault = Fault(fast)

    others = [images.Manifest({**json.loads(image.manifest.data),
                               "annotations": {"n": n}}) for n in "12"]
    for step in range(1, 1000):
        with ThreadPoolExecutor(1) as pool, fault.at(step, WAIT) as it:
            child = subprocess.Popen(
                store.argv("reindex", "--quiet"), stdout=subprocess.DEVNULL,
                env=paths.environment(**fault.environment()))
            wait_until(lambda: it.is_reached or child.poll() is not None, 60,
                       "a run that stops or ends")
            push = pool.submit(client.push_manifest, "a", "t",
                               others[step % 2])
            wait([push], 0.1)  # it gets wherever it can get
        push.result()
        assert child.wait(60) == 0
        assert Mirror().apply(spooled(fast)).holds() == truth(store), step
        if not it.is_reached:
            break
    assert step > 10


# --- crashes ---------------------------------------------------------------------


# What happens to a call, and how many calls it can happen to, at the least.
KINDS = {"killed": (Fault, KILL, 5), "broken": (Fault, errno.EIO, 5),
         "full": (Fault, errno.ENOSPC | FOR_GOOD, 5),
         "refused": (StoreFault, errno.EIO, 5),
         "no-room": (StoreFault, errno.ENOSPC | FOR_GOOD, 3)}


def pushed(repository, value, tag="t"):
    """An event that no spool has."""
    return {"id": str(uuid.uuid4()), "action": "push", "target": {
        "repository": repository, "digest": value, "tag": tag,
        "mediaType": images.OCI_MANIFEST}}


def lines(house):
    """Also where a crash has cut one short."""
    found = []
    for path in sorted(spool(house).glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_at_every_step(fast, kind):
    """Whatever a run got to, a mirror that was right stays so, and the next
    run makes one right that was not."""
    store = store_of(fast)
    for name in ("a", "b"):
        for n in range(2):
            put_manifest(store, name, image_of(n), "t%d" % n)
    reindex(store)
    right, stale = Mirror().apply(lines(fast)), Mirror()
    stale.apply(pushed(name, sha256(b"gone"), tag) for name, tag in (
        ("a", "t1"), ("a", "t3"), ("gone", "t")))
    make, action, calls = KINDS[kind]
    fault = make(fast)
    faulty = Store(store.root, fault)
    for step in range(1, 1000):
        with fault.at(step, action) as it:
            run = faulty.command("reindex")
        assert right.apply(lines(fast)).holds() == truth(store), (step, run)
        if not it.is_reached:
            assert run.status == 0
            break
        assert run.status != 0 or kind == "broken", (step, run)
    assert calls < step < 200
    reindex(store)
    assert stale.apply(lines(fast)).holds() == truth(store)


# --- what a collection reports -----------------------------------------------


def test_a_collection_reports_manifests(house):
    store = store_of(house)
    for n in range(250):
        put_manifest(store, "a/b", image_of(n), *["t"] * (n == 7))
    store.age()
    reindex(store)
    mirror = Mirror().apply(spooled(house))
    before = len(spooled(house))
    store.gc("--delete-untagged", "--dry-run")
    assert len(spooled(house)) == before
    run = store.gc("--delete-untagged")
    assert run.untagged == 249
    events = spooled(house)[before:]
    assert len(events) == 249
    assert {e["action"] for e in events} == {"delete"}
    assert all(e["actor"] == {} and e["request"] == {} and set(
        e["target"]) == {"repository", "digest"} for e in events)
    assert mirror.apply(events).holds() == truth(store)
    assert len(mirror.holds()["a/b"][0]) == 1


def test_a_collection_reports_the_tags_of_lists(house):
    """What clients of registries without referrers keep for an image."""
    store = store_of(house)
    subject = put_manifest(store, "a", image_of(1))
    referrer = image_of(2, artifactType="a/b", subject={
        "mediaType": images.OCI_MANIFEST, "size": 1, "digest": subject})
    put_manifest(store, "a", referrer)
    put_manifest(store, "a", json.dumps({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [
            {"mediaType": images.OCI_MANIFEST, "artifactType": "a/b",
             "size": len(referrer), "digest": sha256(referrer)}]}).encode(),
        subject.replace(":", "-"))
    put_manifest(store, "a", image_of(3), "t")
    store.age()
    reindex(store)
    mirror = Mirror().apply(spooled(house))
    before = len(spooled(house))
    assert store.gc("--delete-untagged").untagged == 3
    assert len(spooled(house)) == before + 4
    assert mirror.apply(spooled(house)).holds() == truth(store)
    assert mirror.holds()["a"][1].keys() == {"t"}


def test_a_collection_reports_nothing_where_there_are_no_events(house):
    store = store_of(house)
    put_manifest(store, "a", image_of(1))
    store.age()
    assert store.gc("--delete-untagged").untagged == 1
    assert not spool(house).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_collection_at_every_step(fast, kind):
    """The event of what is removed is written before."""
    make, action, calls = KINDS[kind]
    fault = make(fast)
    store = store_of(fast)
    faulty = Store(store.root, fault)
    spool(fast).mkdir(parents=True)
    mirror = Mirror()
    for step in range(1, 1000):
        mirror.apply(pushed("a", put_manifest(store, "a", image_of(n)))
                     for n in range(3))
        store.age()
        with fault.at(step, action) as it:
            run = faulty.command("gc", "--delete-untagged")
        held = mirror.apply(lines(fast)).holds().get("a", ({}, {}))
        there = truth(store).get("a", ({}, {}))
        assert set(held[0]) <= set(there[0]), (step, run)
        if not it.is_reached:
            assert there == ({}, {}) and run.untagged == 3
            break
    assert calls < step < 300
