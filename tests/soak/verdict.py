"""verdict.py: when all is over, what was acknowledged is there, what was
deleted is not, nothing else is, and the receiver got an event for each."""

import signal

from crowd import RACED, Content
from testenv.client import digest
from testenv.events import spooled
from testenv.process import wait_until
from testenv.snapshots import Mirror, truth
from trouble import LEFT_BY_CRASHES

DELIVERY_SECONDS = 120


def check(stage, crowd):
    for client in crowd:
        all_is_there(client)
    delivered(stage)
    for client in crowd:
        events_are_complete(stage, client)
    last_events(stage, crowd)
    commits(stage, crowd)
    stage.store.gc("--grace", "0")
    for client in crowd:
        all_is_there(client)
    stage.store.gc("--grace", "0", "--delete-untagged")
    for client in crowd:
        all_is_there(client)
    nothing_else(stage, crowd)
    fsck(stage)
    mirrored(stage)
    stage.store.purge("--age", "0")
    left = list(stage.store.v2.glob("repositories/**/_uploads/*"))
    assert not left, ("uploads that no purge takes", left[:5])


def all_is_there(client):
    """And what is gone stays away."""
    client.choose.seed("the end")
    for key, content in sorted(client.tags.items(), key=lambda i: i[0]):
        client.pull_tag(key, content)
    for (repo, _), content in client.needed().items():
        client.pull(repo, content)
    for repo, subject in client.referrers:
        if (repo, subject) in client.needed():
            client.check_referrers(repo, subject)
    for repo, kind, what in sorted(client.gone):
        client.is_gone(repo, kind, what)


# --- events ----------------------------------------------------------------

def delivered(stage):
    """All that the spool has; segments go when they were sent."""
    def is_empty():
        return {event["id"] for event in spooled(stage.house)
                } <= stage.receiver.taken
    wait_until(is_empty, DELIVERY_SECONDS, "all events to be delivered")


def by_tag(stage):
    found = {}
    for event in stage.receiver.events:
        target = event.get("target", {})
        if "tag" in target:
            found.setdefault((target["repository"], target["tag"]), []).append(
                target["digest"] if event["action"] == "push" else None)
    return found


def events_are_complete(stage, client):
    """What was acknowledged has its event, in its order; what was tried again
    may have two."""
    events = by_tag(stage)
    for key, changes in client.acknowledged.items():
        rest = iter(events.get(key, []))
        for number, change in enumerate(changes):
            assert change in rest, (
                "no event of change", number, key, change,
                events.get(key, []), changes)


def last_events(stage, crowd):
    """The last event of a tag says where it points."""
    http = crowd[0].http
    for (repo, tag), changes in sorted(by_tag(stage).items()):
        answer, _ = http.sure("HEAD", "/v2/%s/manifests/%s" % (repo, tag))
        is_there = answer.header("Docker-Content-Digest") \
            if answer.status == 200 else None
        assert is_there == changes[-1], (repo, tag, answer, changes[-3:])


def commits(stage, crowd):
    """An event for each blob that was acknowledged, at the least."""
    counts = {}
    for event in stage.receiver.events:
        target = event.get("target", {})
        if event["action"] in ("push", "mount") and "tag" not in target:
            key = target["repository"], target["digest"]
            counts[key] = counts.get(key, 0) + 1
    wanted = {}
    for client in crowd:
        for key, count in client.commits.items():
            wanted[key] = wanted.get(key, 0) + count
    for key, count in wanted.items():
        assert counts.get(key, 0) >= count, ("events of", key, count,
                                             counts.get(key))


def mirrored(stage):
    """A consumer that took all events and snapshots in order holds what the
    store holds."""
    run = stage.store.command("reindex")
    assert run.status == 0, run
    delivered(stage)
    held = Mirror().apply(stage.receiver.events).holds()
    wanted = truth(stage.store)
    for name in held.keys() | wanted.keys():
        assert held.get(name) == wanted.get(name), (
            "mirror of", name, held.get(name), wanted.get(name))


# --- the store -------------------------------------------------------------

def raced(stage, crowd):
    """What the tags of RACED reach."""
    http, known = crowd[0].http, crowd[0].raced
    for repo in RACED:
        answer, _ = http.sure("GET", "/v2/%s/tags/list" % repo)
        for tag in answer.json()["tags"] if answer.status == 200 else []:
            found, _ = http.sure("HEAD", "/v2/%s/manifests/%s" % (repo, tag))
            content = known[found.header("Docker-Content-Digest")]
            crowd[0].pull(repo, content)
            yield repo, content


def nothing_else(stage, crowd):
    """After a collection of all that no tag reaches."""
    needed = {content for client in crowd
              for content in client.needed().values()}
    needed |= {content for _, content in raced(stage, crowd)}
    wanted = {part.digest for content in needed
              for part in Content.everything(content)}
    wanted |= {digest(data) for content in needed
               for part in content.everything() for data in part.blobs}
    found = stage.store.blobs()
    assert not wanted - found, ("missing", wanted - found)
    assert not found - wanted, ("not swept", found - wanted)


def fsck(stage):
    run = stage.store.fsck("--verify")
    if run.status == 1 and not stage.is_calm \
            and set(run.words()) <= LEFT_BY_CRASHES:
        print("left by crashes:\n" + run.out)
        stage.store.fsck("--repair")
        run = stage.store.fsck("--verify")
    assert run.status == 0, run


def exits(stage):
    """nginx lost no more workers than were killed."""
    text = stage.nginx.log_text()
    assert text.count("exited on signal %d" % signal.SIGKILL) <= \
        stage.counts.get("nginx_worker_killed", 0), "nginx workers died"
