"""The mirror of the store in the index: events sent by hand, and what the
database holds of it, compared with the store.

    mirror = Mirror(index_worker, client_of_nginx)
    assert mirror.send(push("alice/app", tag="1")).status == 200
    assert mirror.held() == {"alice/app": ({"sha256:..."}, {"1": "sha256:..."})}"""

import json
import uuid

TYPE = "application/vnd.docker.distribution.events.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"

# For a server that has an index: where deliver sends, and the catalogue.
LOCATIONS = """
    location = /_registry/events {
        fastcgi_pass  unix:%%DIR%%/index.sock;
        include       %%CONF%%/index_params;
        fastcgi_param INDEX_ROUTE event;
        client_max_body_size 17m;
    }
    location = /v2/_catalog {
        registry      on;
        registry_root %%DIR%%/store;
        fastcgi_pass  unix:%%DIR%%/index.sock;
        include       %%CONF%%/index_params;
        fastcgi_param INDEX_ROUTE   catalog;
        fastcgi_param INDEX_ACCOUNT $registry_account;
    }"""


def digest(n):
    """A digest of its own for each number, in their order."""
    return "sha256:%064x" % n


def event(action, **members):
    return {"id": str(uuid.uuid4()), "timestamp": "2026-08-01T12:00:00.5Z",
            "action": action, **members}


def push(repository, n=1, tag=None, by=None, **target):
    target = {"repository": repository, "digest": digest(n),
              "mediaType": MANIFEST, "size": 477, "length": 477, **target}
    if tag is not None:
        target["tag"] = tag
    return event("push", target=target, actor={"name": by} if by else {})


def delete(repository, **target):
    return event("delete", target={"repository": repository, **target})


def snapshot(of, run="r1", repository=None, **members):
    more = {} if repository is None else {"target": {"repository": repository}}
    return event("snapshot", snapshot={"run": run, "of": of, **members}, **more)


def manifests(repository, *numbers, after="", to="", run="r1"):
    return snapshot("manifests", run, repository, after=after, to=to, items=[
        {"digest": digest(n), "mediaType": MANIFEST, "size": n}
        for n in numbers])


def tags(repository, after="", to="", run="r1", **points):
    return snapshot("tags", run, repository, after=after, to=to, items=[
        {"name": name, "digest": digest(points[name])}
        for name in sorted(points)])


class Mirror:
    def __init__(self, worker, client, path="/_registry/events"):
        self._worker = worker
        self._client = client
        self._path = path
        name, value = worker.command("event-header").strip().split(": ", 1)
        self.header = (name, value)

    def post(self, body, *headers):
        """Bytes as they are, with the key where there are no headers."""
        return self._client.post(
            self._path, list(headers) or [self.header, ("Content-Type", TYPE)],
            body)

    def send(self, *events):
        return self.post(json.dumps({"events": list(events)}).encode())

    def take(self, *events):
        answer = self.send(*events)
        assert answer.status == 200, answer

    def held(self):
        """{repository: (digests, {tag: digest})} of what the store is said
        to hold."""
        found = {}
        # one statement, so that all of it is of one moment
        for is_stored, name, tag, value in self._worker.database.sql(
                "SELECT r.is_stored, r.name, x.tag, x.digest FROM repository r"
                " LEFT JOIN (SELECT repository_id, '' AS tag, digest"
                " FROM manifest UNION ALL SELECT repository_id, name, digest"
                " FROM tag) x ON x.repository_id = r.id"):
            if (is_stored, tag) == ("0", "NULL"):
                continue
            name += "" if is_stored == "1" else " (not stored)"
            held = found.setdefault(name, (set(), {}))
            if tag == "":
                held[0].add(value)
            elif tag != "NULL":
                held[1][tag] = value
        return found

    def row(self, columns, table, where):
        """Columns of the only row, as text."""
        [row] = self._worker.database.sql("SELECT %s FROM %s WHERE %s" % (
            columns, table, where))
        return row


def stored(store):
    """The same of a store.Store."""
    found = {}
    top = store.v2 / "repositories"
    for directory in top.rglob("_manifests"):
        held = (set(), {})
        for link in directory.glob("revisions/*/*/link"):
            held[0].add(link.read_text())
        for link in directory.glob("tags/*/current/link"):
            held[1][link.parts[-3]] = link.read_text()
        if held[0]:
            found[str(directory.parent.relative_to(top))] = held
    return found
