"""The mirror of the store: what each event does to it, that it ends equal to
the store whatever fails, and who may send (docs/index.md)."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

from index_house import IndexHouse
from testenv import House, MariaDb, images
from testenv.mirror import (MANIFEST, Mirror, delete, digest, event,
                            manifests, push, snapshot, stored, tags)
from testenv.mirrored import World
from testenv.process import wait_until
from testenv.servers import Database, numbers

A, B, C = digest(1), digest(2), digest(3)


@pytest.fixture(scope="module")
def shared_index(database_server):
    built = House(database_server)
    try:
        made = IndexHouse(built, "alice")
        made.mirror = Mirror(made.worker, made.client)
        yield made
    finally:
        problems = built.problems()
        built.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def index(shared_index):
    """The index, with an empty mirror."""
    yield shared_index
    shared_index.worker.database.sql(
        "DELETE FROM tag; DELETE FROM manifest; DELETE FROM event;"
        "DELETE FROM mirror_repository; DELETE FROM repository;"
        "DELETE FROM namespace WHERE account_id IS NULL;"
        "UPDATE mirror SET generation = 0, run = NULL, filled_at = NULL")
    assert shared_index.house.look() == []


@pytest.fixture
def mirror(index):
    return index.mirror


# --- events --------------------------------------------------------------------

def test_pushes_are_held(mirror):
    mirror.take(push("alice/app", 1, "1.0"), push("alice/app", 2),
                push("alice/app", 1, "latest"), push("alice", 3, "x"))
    assert mirror.held() == {
        "alice/app": ({A, B}, {"1.0": A, "latest": A}),
        "alice": ({C}, {"x": C})}


def test_a_tag_moves(mirror):
    mirror.take(push("alice/app", 1, "1"), push("alice/app", 2, "1"))
    assert mirror.held() == {"alice/app": ({A, B}, {"1": B})}


@pytest.mark.idea(37)
def test_tags_that_differ_in_case_are_two(mirror):
    mirror.take(push("alice/app", 1, "Tag"), push("alice/app", 2, "tag"),
                push("alice/app", 3, "TAG"), delete("alice/app", tag="TAG"))
    assert mirror.held() == {"alice/app": ({A, B, C}, {"Tag": A, "tag": B})}


def test_what_is_known_of_a_manifest(mirror):
    mirror.take(push("alice/app", 1, "1", "alice", contentSize=2 ** 40,
                     artifactType="application/x", subject=B))
    row = ("media_type, size, content_size, artifact_type, subject, pushed_at,"
           " pushed_by")
    known = [MANIFEST, "477", str(2 ** 40), "application/x", B, "1785585600",
             "alice"]
    assert mirror.row(row, "manifest", "TRUE") == known
    assert mirror.row("pushed_at, pushed_by", "tag", "TRUE") == known[-2:]
    assert mirror.row("pushed_at, pushed_by", "mirror_repository",
                      "TRUE") == known[-2:]
    # a page says less of it, and takes nothing away
    mirror.take(snapshot("manifests", repository="alice/app", after="", to="",
                         items=[{"digest": A, "size": 5}]))
    assert mirror.row(row, "manifest", "TRUE") == [MANIFEST, "5"] + known[2:]


def test_deletes(mirror):
    mirror.take(push("alice/app", 1, "1"), push("alice/app", 1, "one"),
                push("alice/app", 2, "2"))
    mirror.take(delete("alice/app", tag="1"))
    assert mirror.held() == {"alice/app": ({A, B}, {"one": A, "2": B})}
    mirror.take(delete("alice/app", digest=A))
    assert mirror.held() == {"alice/app": ({B}, {"2": B})}
    mirror.take(delete("alice/app", digest=B), delete("alice/app", digest=C),
                delete("alice/none", digest=C))
    assert mirror.held() == {}


BLOB = "application/octet-stream"


def blobs(index):
    return index.worker.database.sql(
        "SELECT r.name, b.digest, b.size, b.pushed_at, b.pushed_by"
        " FROM repository_blob b JOIN repository r ON r.id = b.repository_id"
        " ORDER BY r.name, b.digest")


def test_blobs_are_no_manifests(index, mirror):
    at = "1785585600"   # what push() says
    mirror.take(push("alice/app", 1, by="alice", mediaType=BLOB),
                push("alice/app", 2, mediaType=BLOB, size=None),
                push("bob/b", 1, by="bob", mediaType=BLOB, size=2 ** 50),
                event("mount", target={"repository": "alice/app", "size": 9,
                                       "digest": C, "mediaType": BLOB},
                      actor={"name": "bob"}),
                event("mount", target={"repository": "alice/x",
                                       "digest": A}),
                event("pull", target={"repository": "alice/app",
                                      "digest": A}))
    assert mirror.held() == {}
    assert blobs(index) == [
        ["alice/app", A, "477", at, "alice"], ["alice/app", B, "NULL", at,
                                               "NULL"],
        ["alice/app", C, "9", at, "bob"], ["bob/b", A, str(2 ** 50), at, "bob"]]
    # a manifest of the same digest is another thing
    mirror.take(push("alice/app"), delete("alice/app", digest=C),
                delete("alice/app", digest=A, mediaType=BLOB))
    assert mirror.held() == {"alice/app": ({A}, {})}
    assert [row[:2] for row in blobs(index)] == [
        ["alice/app", B], ["alice/app", C], ["bob/b", A]]


def test_blobs_in_the_order_of_their_events(index, mirror):
    """Also where they come again."""
    first = push("alice/app", 1, by="alice", mediaType=BLOB, size=1)
    gone = delete("alice/app", digest=A, mediaType=BLOB)
    second = push("alice/app", 1, by="bob", mediaType=BLOB, size=None)
    other = push("alice/app", 2, by="bob", mediaType=BLOB, size=7)
    for batch, rows in (
            ((first, gone), []),
            ((first, second), [[A, "1", "bob"]]),
            ((second, gone, other), [[B, "7", "bob"]]),
            ((first, gone, other, second), [[A, "NULL", "bob"],
                                            [B, "7", "bob"]])):
        for _ in range(2):
            mirror.take(*batch)
            assert [[row[1], row[2], row[4]] for row in blobs(index)] == rows
    # they make no rows among the events that were seen
    assert index.worker.database.sql("SELECT COUNT(*) FROM event") == [["0"]]
    mirror.take(push("alice/app", 3), delete("alice/none", digest=A,
                                             mediaType=BLOB))
    assert len(blobs(index)) == 2


def test_an_event_that_comes_twice_changes_nothing(mirror):
    first = push("alice/app", 1, "1")
    mirror.take(first)
    mirror.take(push("alice/app", 2, "1"), delete("alice/app", digest=A))
    mirror.take(first)
    mirror.take(first, first)
    assert mirror.held() == {"alice/app": ({B}, {"1": B})}


def test_ids_are_forgotten_after_a_week(index, mirror):
    mirror.take(*(push("alice/app", n) for n in range(1, 101)))
    index.worker.database.sql("UPDATE event SET applied_at = applied_at"
                              " - 604000")
    mirror.take(push("alice/app"))
    old = "applied_at < UNIX_TIMESTAMP() - 603000"
    assert mirror.row("COUNT(*)", "event", old) == ["100"]
    index.worker.database.sql("UPDATE event SET applied_at = applied_at"
                              " - 1000")
    left = 100
    while left > 0:
        mirror.take(push("alice/app"))
        [now] = mirror.row("COUNT(*)", "event", old)
        assert left - 20 <= int(now) < left, "in small batches"
        left = int(now)


# --- repositories ----------------------------------------------------------------

def test_a_new_repository_is_private_without_an_owner(index, mirror):
    mirror.take(push("ubuntu/app"), push("alice/app"))
    assert index.worker.command("repository", "list").splitlines() == [
        "alice/app private alice stored", "ubuntu/app private - stored"]
    mirror.take(delete("alice/app", digest=A))
    assert index.worker.command("repository", "list").splitlines() == [
        "alice/app private alice", "ubuntu/app private - stored"]
    for login in (None, "alice"):
        assert index.grants(index.token(
            login, "repository:ubuntu/app:pull")) == {
                "repository:ubuntu/app": ""}


def test_a_push_makes_it_public_where_new_ones_are(index, mirror):
    """But a run of reindex does not: who pushed that is not known."""
    index.worker.command("namespace", "set-visibility", "alice", "public")
    mirror.take(push("alice/app"), snapshot("begin"),
                manifests("alice/found", 1), tags("alice/tags", x=1))
    index.worker.command("namespace", "set-visibility", "alice", "private")
    assert index.worker.command("repository", "list").splitlines() == [
        "alice/app public alice stored", "alice/found private alice stored",
        "alice/tags private alice"]


def test_an_empty_page_makes_no_repository(index, mirror):
    """Of one that was deleted, the store keeps empty directories."""
    mirror.take(snapshot("begin"), manifests("alice/gone"), tags("alice/gone"),
                manifests("alice/found", 1), tags("alice/found"),
                snapshot("end"))
    assert index.worker.command("repository", "list").splitlines() == [
        "alice/found private alice stored"]


def test_what_is_known_keeps_its_visibility(index, mirror):
    index.worker.set_visibility("alice/app", "public")
    assert index.worker.command("repository", "list") == \
        "alice/app public alice\n"
    mirror.take(push("alice/app"))
    assert index.worker.command("repository", "list") == \
        "alice/app public alice stored\n"


# --- snapshots ---------------------------------------------------------------------

def test_a_page_says_what_there_is_between_its_ends(mirror):
    mirror.take(*(push("alice/app", n, "t%d" % n) for n in range(1, 8)))
    mirror.take(manifests("alice/app", 3, 9, after=digest(2), to=digest(9)),
                tags("alice/app", after="t2", to="t6", t4=9, t40=1))
    assert mirror.held() == {"alice/app": (
        {A, B, C, digest(9)},
        {"t1": A, "t2": B, "t4": digest(9), "t40": A, "t7": digest(7)})}
    mirror.take(manifests("alice/app"), tags("alice/app"))
    assert mirror.held() == {}


def test_a_run_forgets_what_it_did_not_name(index, mirror):
    status = index.worker.command("mirror", "status")
    assert status == (
        "never filled: if the store had content before its events came here,"
        " run slipway-registry reindex\n")
    mirror.take(push("alice/old", 1, "1"), push("alice/kept", 1, "1"),
                push("alice/empty", 1, "1"))
    mirror.take(snapshot("begin"), manifests("alice/kept", 1),
                push("alice/new", 2, "2"), tags("alice/kept", t=1),
                manifests("alice/empty"), tags("alice/empty"))
    assert "in progress" in index.worker.command("mirror", "status")
    assert "alice/old" in mirror.held()
    mirror.take(snapshot("end"))
    assert mirror.held() == {"alice/kept": ({A}, {"t": A}),
                             "alice/new": ({B}, {"2": B})}
    assert index.worker.command("mirror", "status").startswith("filled 2")


def test_only_the_last_run_to_begin_has_an_end(mirror, index):
    mirror.take(push("alice/app"), snapshot("end", "r0"),
                snapshot("begin", "r1"), snapshot("begin", "r2"),
                snapshot("end", "r1"))
    assert "alice/app" in mirror.held()
    assert "never filled" in index.worker.command("mirror", "status")
    mirror.take(snapshot("end", "r2"))
    assert mirror.held() == {}
    # the end of a run that has ended is no second one
    mirror.take(push("alice/app"), snapshot("end", "r2"))
    assert "alice/app" in mirror.held()


def test_more_than_a_request_should_do_is_done_by_several(index, mirror):
    """12000 rows to forget: 503 until the rest is done as well."""
    mirror.take(push("alice/old", 1, "1"), push("alice/app"))
    index.worker.database.sql(
        "INSERT INTO manifest (repository_id, digest) SELECT r.id,"
        " CONCAT('sha256:', LPAD(HEX(seq + 1), 64, '0')) FROM " + numbers(11999)
        + ", repository r WHERE r.name = 'alice/old'")
    body = json.dumps({"events": [
        snapshot("begin"), manifests("alice/app", 2), snapshot("end"),
        push("alice/after", 3)]}).encode()
    answer = mirror.post(body)
    assert (answer.status, answer.header("Retry-After")) == (503, "1")
    left = len(mirror.held()["alice/old"][0])
    assert 0 < left < 12000
    assert "alice/after" not in mirror.held()
    assert mirror.post(body).status == 200
    assert mirror.held() == {"alice/app": ({B}, {}), "alice/after": ({C}, {})}


# --- what is no event ------------------------------------------------------------

BAD = [
    ("its id is not a UUID", dict(push("a/b"), id="1")),
    ("its action is unknown", dict(push("a/b"), action="shout")),
    ("its id is not a UUID", 5),
    ("its action is unknown", dict(push("a/b"), action=["push"])),
    ("its repository has an invalid name", push("A/b")),
    ("its repository has an invalid name", push("a/" + "b" * 254)),
    ("its repository has an invalid name", push(None)),
    ("its repository has an invalid name", dict(push("a/b"), target=[])),
    ("its tag is invalid", push("a/b", tag="-")),
    ("its tag is invalid", push("a/b", tag="t" * 129)),
    ("its digest is invalid", push("a/b", digest="sha256:x")),
    ("its digest is invalid", push("a/b", digest=digest(1) + "0")),
    ("it deletes neither", delete("a/b")),
    ("it is a snapshot of an unknown kind", snapshot("others", repository="a/b")),
    ("it is a snapshot of an unknown kind", event("snapshot")),
    ("it names no run", snapshot("begin", run="r" * 65)),
    ("it names no run", snapshot("end", run="")),
    ("no after, to or items", manifests("a/b", after="x")),
    ("no after, to or items", tags("a/b", to="/")),
    ("no after, to or items", snapshot("tags", repository="a/b")),
    ("invalid or out of order", manifests("a/b", 2, 1)),
    ("invalid or out of order", manifests("a/b", 1, 1)),
    ("invalid or out of order", manifests("a/b", 1, after=digest(1))),
    ("invalid or out of order", snapshot("tags", repository="a/b", items=[5])),
    ("invalid or out of order", snapshot("tags", repository="a/b", items=[
        {"name": "ä", "digest": A}])),
    ("after its end", manifests("a/b", 1, 2, to=digest(1))),
]


def test_a_manifest_with_many_tags_goes_in_parts(index, mirror):
    """No request holds the mirror for all of them; what a webhook and a feed get
    is said once."""
    sql, many = index.worker.database.sql, 25000
    mirror.take(push("alice/app", 1, "first"), push("alice/app", 2, "other"))
    [[repository]] = sql("SELECT id FROM repository WHERE name = 'alice/app'")
    sql("INSERT INTO tag (repository_id, name, digest) VALUES " + ", ".join(
        "(%s, 't%05d', '%s')" % (repository, i, A) for i in range(many)))
    gone, answers, left = delete("alice/app", digest=A), [], []
    gone["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    while answers[-1:] != [200]:
        answers.append(mirror.send(gone).status)
        left.append(int(sql("SELECT COUNT(*) FROM tag WHERE name LIKE 't%'")[0][
            0]))
    assert answers[:-1] == [503] * (len(answers) - 1) and len(answers) >= 3
    assert all(a - b <= 10500 for a, b in zip([many] + left, left)), left
    assert mirror.held() == {"alice/app": ({B}, {"other": B})}
    assert sql("SELECT COUNT(*), COUNT(DISTINCT name) FROM tag_past"
               " WHERE repository_id = " + repository) == [
        [str(many + 1)] * 2]
    assert sql("SELECT n, data LIKE '%%\"t24%%' FROM activity"
               " WHERE repository_id = %s" % repository) == [["1", "1"]]
    mirror.take(gone)


def test_what_cannot_be_understood_is_skipped(index, mirror):
    log = index.worker.process.log
    at = os.path.getsize(log)
    good = push("alice/app", 1, "1")
    mirror.take(*(sent for _, sent in BAD), good)
    assert mirror.held() == {"alice/app": ({A}, {"1": A})}
    with open(log) as f:
        f.seek(at)
        lines = [line for line in f if "an event is skipped" in line]
    assert len(lines) == len(BAD)
    for (why, _), line in zip(BAD, lines):
        assert why in line


def test_what_is_only_shown_may_be_malformed(mirror):
    strange = push("alice/app", 1, "1", by="No Login", mediaType="x" * 256,
                   size=-1, contentSize="9", artifactType="a\nb",
                   subject="sha256:1")
    mirror.take(dict(strange, timestamp="yesterday"))
    assert mirror.row("media_type, size, content_size, artifact_type, subject,"
                      " pushed_by", "manifest", "TRUE") == ["NULL"] * 6
    [at] = mirror.row("pushed_at", "manifest", "TRUE")
    assert int(at) > 1600000000


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"5", b'"x"', b"{}", b'{"events": 5}',
    b'{"events": {}}', b'{"events": []} x', b"\xff", b'{"events": [], "events": []}',
    b"[" * 100000, b'{"events": [%s]}' % (b"0," * 1000 + b"0")])
def test_what_is_no_envelope_is_400(mirror, body):
    answer = mirror.post(body)
    assert (answer.status, answer.codes()) == (400, ["UNSUPPORTED"]), answer


def test_an_envelope_may_be_empty(mirror):
    mirror.take()


def test_a_body_of_more_than_16_mib_is_413(mirror):
    big = b'{"events": []' + b" " * (16 << 20) + b"}"
    assert mirror.post(big).status == 413
    assert mirror.post(big[-(16 << 20) + 14:-1].join(
        [b'{"events": []', b"}"])).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_other_methods_are_405(index, method):
    answer = index.client.request(method, "/_registry/events",
                                  [index.mirror.header])
    assert (answer.status, answer.header("Allow")) == (405, "POST")


# --- the key -----------------------------------------------------------------------

def test_only_the_key_lets_events_in(index, mirror):
    body = json.dumps({"events": [push("alice/app")]}).encode()
    key = mirror.header[1]
    token = index.token("alice", "repository:alice/app:push")
    for wrong in ([("X", "y")], "", "Bearer", "Bearer ", key[:-1], key + "x",
                  "Basic " + key[7:], key[7:], key.swapcase(),
                  "Bearer " + token):
        headers = (wrong if isinstance(wrong, list)
                   else [("Authorization", wrong)])
        answer = mirror.post(body, *headers)
        assert (answer.status, answer.codes()) == (401, ["UNAUTHORIZED"])
        assert answer.header("WWW-Authenticate") == "Bearer"
    assert mirror.held() == {}
    assert mirror.post(body, ("authorization", "bearer" + key[6:])).status == 200
    assert key[7:] not in open(index.worker.process.log).read()


def test_the_key_is_no_token_and_hangs_on_the_secret(index, mirror):
    assert index.verdict(mirror.header[1][7:]).status == 403
    other = index.house.dir + "/other.secret"
    index.worker.command("secret", other)
    printed = index.worker.command("--secret-file", other, "event-header")
    assert printed.startswith("Authorization: Bearer ")
    assert printed.strip() != ": ".join(mirror.header)
    answer = mirror.post(b"{}", tuple(printed.strip().split(": ", 1)))
    assert answer.status == 401


# --- from the store --------------------------------------------------------------

def test_pushes_and_deletes_arrive(house):
    world = World(house, "alice")
    world.deliver()
    client = world.pusher("alice/app", "alice/other")
    image = images.Image()
    first = client.push_image("alice/app", "1", image)
    client.push_image("alice/app", "2", image)
    second = client.push_image("alice/app", "3", images.Image(seed=1))
    client.push_image("alice/other", "x", images.Image(seed=2))
    world.settle()
    assert world.mirror.held()["alice/app"] == (
        {first, second}, {"1": first, "2": first, "3": second})
    assert world.mirror.row("media_type, content_size, pushed_by", "manifest",
                            "digest = '%s'" % second) == [
        images.OCI_MANIFEST, str(sum(map(len, images.Image(seed=1).blobs()))),
        "alice"]
    assert client.delete("/v2/alice/app/manifests/2").status == 202
    assert client.delete("/v2/alice/app/manifests/" + second).status == 202
    assert client.delete("/v2/alice/app/blobs/" + images.sha256(
        images.Image(seed=1).config)).status == 202
    world.settle()
    assert world.mirror.held()["alice/app"] == ({first}, {"1": first})


def test_a_first_push_makes_a_repository_known(house):
    """As its namespace says for new ones, and what was said of one before; a blob
    alone is a push, but no repository that is listed."""
    world = World(house, "alice")
    world.deliver()
    world.index.set_visibility("alice/said", "private")
    world.index.command("namespace", "set-visibility", "alice", "public")
    client = world.pusher("alice/open", "alice/said", "alice/never")
    for name in ("alice/open", "alice/said"):
        client.push_image(name, "1", images.Image())
    client.push_blob("alice/never", b"no manifest")
    world.settle()
    wait_until(lambda: world.index.command("repository", "list").splitlines()
               == ["alice/never public alice",
                   "alice/open public alice stored",
                   "alice/said private alice stored"], 60, "the blob")
    for name, status in (("alice/open", 200), ("alice/said", 401)):
        assert world.accounts.client(None, "repository:%s:pull" % name).get(
            "/v2/%s/tags/list" % name).status == status


def test_killed_again_and_again(house):
    """Index and deliverer, while a client pushes."""
    house.expect(r"signal 9")
    world = World(house, "alice")
    deliverer = world.deliver("--batch", "3")
    client = world.pusher("alice/app")
    for n in range(8):
        client.push_image("alice/app", "t%d" % (n % 5), images.Image(seed=n))
        victim = wait_until(world.index.workers, 60, "a process")[-1]
        os.kill(victim, signal.SIGKILL)
        if n % 4 == 3:
            client.delete("/v2/alice/app/manifests/t%d" % (n % 5))
            deliverer.process.kill()
            deliverer.start()
    world.settle()


def test_reindex_rebuilds_it(house):
    """Of a store whose events are lost, in many pages, during pushes and
    while index and deliverer are killed; what it knew wrongly goes."""
    house.expect(r"signal 9")
    world = World(house, "alice")
    client = world.pusher("alice/app", "alice/app/sub")
    world.mirror.take(push("alice/gone", 1, "1"), push("alice/app", 2, "t0002"),
                      push("alice/app", 3, "no"))
    for n, name in enumerate(("alice/app", "alice/app/sub", "alice/app")):
        known = client.push_image(name, "t%d" % n, images.Image(seed=n))
    for n in range(1000):
        world.store.put(world.store.tag("alice/app", "t%04d" % n),
                        known.encode())
    shutil.rmtree(world.store.root / "slipway/events")
    run = world.store.command("reindex")
    assert run.status == 0, run
    deliverer = world.deliver("--snapshots", "--batch", "3")
    for n in range(4):
        client.push_image("alice/app", "new%d" % n, images.Image(seed=9 + n))
        os.kill(wait_until(world.index.workers, 60, "a process")[-1],
                signal.SIGKILL)
        deliverer.kill()
        deliverer.start()
    assert client.delete("/v2/alice/app/manifests/t0500").status == 202
    world.settle()
    held = world.mirror.held()
    assert set(held) == {"alice/app", "alice/app/sub"}
    assert len(held["alice/app"][1]) == 2 + 999 + 4
    assert world.mirror.row("filled_at IS NULL", "mirror", "TRUE") == ["0"]


def test_killed_between_two_events(house):
    """Nothing of a request is kept that did not come to its end."""
    house.expect(r"signal 9")
    index = IndexHouse(house, "alice")
    mirror = Mirror(index.worker, index.client)
    mirror.take(push("alice/last"), push("alice/first", 2))
    before = mirror.held()
    body = [push("alice/first", 1, "1"), delete("alice/last", digest=A)]
    database = index.worker.database
    answers = []

    def send():
        # an event that waits for long is answered 503, and sent again
        while not answers or answers[-1].status == 503:
            answers.append(mirror.send(*body))

    with Blocker(database, "SELECT * FROM repository"
                 " WHERE name = 'alice/last' FOR UPDATE"):
        sender = threading.Thread(target=send)
        sender.start()

        def kill_who_waits():
            """Again, if the request was answered 503 before."""
            if running(database, "INSERT INTO mirror_repo%"):
                for pid in index.worker.workers():
                    os.kill(pid, signal.SIGKILL)
            return not sender.is_alive()
        wait_until(kill_who_waits, 60, "the request to end")
    assert answers[-1].status == 502
    assert mirror.held() == before
    wait_until(lambda: mirror.send(*body).status == 200, 60, "the index")
    assert mirror.held() == {"alice/first": ({A, B}, {"1": A})}


def test_two_requests_do_not_mix(house):
    """A second sender of the same events waits for the first."""
    index = IndexHouse(house, "alice")
    mirror = Mirror(index.worker, index.client)
    mirror.take(push("alice/app"))
    events = [push("alice/app", n, "1") for n in (1, 2, 3)]
    database = index.worker.database
    answers = []

    def send():
        # an event that waits for long is answered 503, and sent again
        while mirror.send(*events).status == 503:
            pass
        answers.append(200)

    with Blocker(database, "SELECT * FROM mirror FOR UPDATE"):
        senders = [threading.Thread(target=send) for _ in range(2)]
        for sender in senders:
            sender.start()
        wait_until(lambda: running(database, "SELECT generation%") == 2
                   or answers, 60, "both to wait")
        assert not answers
    for sender in senders:
        sender.join()
    assert mirror.held() == {"alice/app": ({A, B, C}, {"1": C})}


def test_a_namespace_that_tokens_hold_is_not_waited_for(index, mirror):
    """Nor do they wait for events of names without a token."""
    with Blocker(index.worker.database, "SELECT * FROM namespace"
                 " WHERE name = 'alice' LOCK IN SHARE MODE"):
        mirror.take(push("alice/new", 1, "1"))
    assert mirror.held() == {"alice/new": ({A}, {"1": A})}


def running(database, pattern):
    """How many statements like this have waited for some time."""
    [[count]] = database.sql(
        "SELECT COUNT(*) FROM information_schema.processlist"
        " WHERE db = DATABASE() AND %s AND info LIKE '%s'" % (
            database.server.HAS_WAITED, pattern))
    return int(count)


class Blocker:
    """A client of the database that holds what a statement locks."""

    def __init__(self, database, statement):
        self._process = subprocess.Popen(
            database.server.client(database.name, "-N", "-B", "-n"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdin.write(
            ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED;"
             "START TRANSACTION; %s; SELECT 'held';\n" % statement).encode())
        self._process.stdin.flush()

    def __enter__(self):
        while self._process.stdout.readline().strip() != b"held":
            assert self._process.poll() is None

    def __exit__(self, *_):
        self._process.communicate(b"ROLLBACK;\n", timeout=60)


def test_the_database_is_away_for_a_while(house, database_server):
    """Writes go on; their events arrive when it is back."""
    server = house.keep(MariaDb(house))
    world = World(house, "alice", database=Database(server, "mirror"))
    world.deliver()
    client = world.pusher("alice/app", "alice/b")
    client.push_image("alice/app", "1", images.Image())
    world.settle()
    server.stop()
    client.push_image("alice/b", "1", images.Image())
    client.delete("/v2/alice/app/manifests/1")
    answer = world.mirror.send(push("alice/app"))
    assert (answer.status, answer.codes()) == (503, ["UNAVAILABLE"])
    assert int(answer.header("Retry-After")) > 0
    server.start()
    world.settle()
    assert set(world.mirror.held()) == {"alice/app", "alice/b"}


# --- the whole store -------------------------------------------------------------

def damage(world):
    """The mirror misses some, has others that are none, and points wrong."""
    world.index.database.sql(
        "DELETE FROM tag WHERE name = 't1';"
        "UPDATE tag SET digest = '%s' WHERE name = 't2';"
        "INSERT INTO tag (repository_id, name, digest)"
        " SELECT id, 'zz', '%s' FROM repository;"
        "INSERT INTO manifest (repository_id, digest)"
        " SELECT id, '%s' FROM repository" % (A, A, A))
    world.mirror.take(push("gone/app", 1, "1"), push("alice/gone", 2))


def test_a_run_repairs_what_is_wrong(house):
    world = World(house, "alice")
    client = world.pusher("alice/app", "alice/more")
    for n in range(4):
        client.push_image("alice/app", "t%d" % n, images.Image(seed=n))
    client.push_image("alice/more", "t1", images.Image())
    world.deliver("--snapshots")
    world.settle()
    damage(world)
    assert world.store.command("reindex").status == 0
    world.settle()
    assert set(world.mirror.held()) == {"alice/app", "alice/more"}
    # what a collection removes has its events as well
    client.push_image("alice/app", "t3", images.Image(seed=9))
    world.store.age()
    assert world.store.gc("--delete-untagged").untagged == 1
    world.settle()


def test_a_run_during_pushes_and_deletes(house):
    """Its pages and their events end in what the store holds."""
    world = World(house, "alice")
    names = ["alice/r%d" % n for n in range(4)]
    client = world.pusher(*names)
    for name in names:
        for n in range(3):
            client.push_image(name, "t%d" % n, images.Image(seed=n))
    world.deliver("--snapshots", "--batch", "7")
    world.settle()
    damage(world)
    running = world.store.start("reindex")
    turn = 0
    while running.poll() is None or turn < 8:
        name = names[turn % 4]
        client.push_image(name, "n%d" % turn, images.Image(seed=turn))
        client.delete("/v2/%s/manifests/t%d" % (name, turn % 3))
        turn += 1
    assert running.wait() == 0, running.stderr.read()
    running.stderr.close()
    world.settle()


def test_a_run_that_was_killed_is_made_good_by_the_next(house):
    world = World(house, "alice")
    client = world.pusher("alice/app")
    client.push_image("alice/app", "t1", images.Image())
    world.deliver("--snapshots")
    world.settle()
    damage(world)
    world.mirror.take(snapshot("begin", "killed"), tags("alice/app", t9=1))
    assert world.store.command("reindex").status == 0
    world.settle()
    assert world.index.command("mirror", "status").startswith("filled")
