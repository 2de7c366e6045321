"""The space that repositories of a namespace take, and Markdown as it will be
shown."""

import pytest

from testenv import House
from testenv.api import ApiHouse
from testenv.mirror import Mirror, digest, event, push


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", admins=("root",))
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def mirror(api):
    return Mirror(api.worker, api.registry)


def blob(repository, n, size):
    return event("push", target={
        "repository": repository, "digest": digest(n),
        "mediaType": "application/octet-stream", "size": size, "length": size})


def held(repository, size, blobs, manifests, is_complete=True):
    return {"repository": repository, "size": size, "blob_count": blobs,
            "manifest_count": manifests, "is_complete": is_complete}


@pytest.fixture(scope="module")
def pushed(api, mirror):
    """Two repositories of alice, one more that she has deleted, and those
    next to them in the order of names."""
    for n, name in enumerate(("alice/one", "alice/two", "alice/gone",
                              "bob/other")):
        mirror.take(blob(name, 100, 1000))
        mirror.take(blob(name, 200 + n, 10))
        mirror.take(push(name, n, "1", name.split("/")[0]))
    mirror.take(push("alice/two", 50, "2", "alice"))
    assert api.person("alice").delete("/repositories/alice%2Fgone").status == 202


def test_by_name_and_without_what_is_being_deleted(api, pushed):
    alice = api.person("alice")
    assert alice.get("/namespaces/alice/space").items == [
        held("alice/one", 1010 + 477, 2, 1),
        held("alice/two", 1010 + 2 * 477, 2, 2)]
    assert [item["repository"] for item in alice.every(
        "/namespaces/alice/space", limit=1)] == ["alice/one", "alice/two"]
    assert api.person("bob").get("/namespaces/alice/space").status == 404


def test_a_repository_that_is_called_as_its_namespace(api, mirror, pushed):
    """Names between it and those below it belong to others."""
    api.add("alice-x")
    mirror.take(push("alice", 7, "1", "alice"))
    mirror.take(push("alice-x/app", 8, "1", "alice-x"))
    assert [item["repository"] for item in api.person("alice").get(
        "/namespaces/alice/space").items] == ["alice", "alice/one", "alice/two"]


def space_of(api, *names):
    return [item for item in api.person("root").every("/space")
            if item["namespace"] in names]


def total(namespace, size, *counts, is_complete=True):
    return dict(zip(("repository_count", "blob_count", "manifest_count"),
                    counts), namespace=namespace, size=size,
                is_complete=is_complete)


def test_of_namespaces_for_administrators(api, mirror, pushed):
    """One without repositories has a row, too; what is being deleted is in
    none."""
    api.add("zoe")
    one, two = 1010 + 477, 1010 + 2 * 477
    assert space_of(api, "bob", "zoe") == [
        total("bob", one, 1, 2, 1), total("zoe", 0, 0, 0, 0)]
    alice, = space_of(api, "alice")
    of_alice = api.person("alice").get("/namespaces/alice/space").items
    assert alice["size"] == sum(item["size"] for item in of_alice) >= one + two
    assert alice["repository_count"] == len(of_alice)
    names = [item["namespace"] for item in api.person("root").every("/space", limit=1)]
    assert names == sorted(names) and {"alice", "bob", "zoe"} <= set(names)
    assert api.person("alice").get("/space").status == 403


def test_a_page_ends_where_much_was_counted(api, pushed):
    api.sql("INSERT INTO repository_blob (repository_id, digest, size,"
            " pushed_at) SELECT r.id, CONCAT('sha256:f', LPAD(s.seq, 63, '0')),"
            " 1, 1 FROM repository r, seq_1_to_100000 s"
            " WHERE r.name = 'alice/one'")
    alice = api.person("alice")
    page = alice.get("/namespaces/alice/space")
    assert [item["repository"] for item in page.items][-1] == "alice/one"
    assert page.items[-1] == held("alice/one", 1010 + 477 + 99999, 100001, 1,
                                  False)
    assert [item["repository"] for item in alice.every(
        "/namespaces/alice/space")][-1] == "alice/two"
    page = api.person("root").get("/space")
    assert page.items[-1]["namespace"] == "alice"
    assert page.items[-1]["blob_count"] == 100001
    assert not page.items[-1]["is_complete"]
    assert [item["namespace"] for item in api.person("root").every("/space")][-1] == "zoe"


def test_markdown_is_shown_as_it_will_be(api):
    alice = api.person("alice")

    def shown(text, **more):
        return alice.post("/markdown", {"text": text, **more}).json["html"]

    name = alice.post("/repositories", {"name": "alice/page"}).json["name"]
    text = "# A\n\n*b* <script>x</script> [c](javascript:x)\n"
    path = "/repositories/alice%2Fpage"
    assert alice.edit(path, {"page": text}).status == 200, name
    assert shown(text) == alice.get(path).json["page_html"]
    assert "<h1" in shown(text, kind="page")
    assert "<script" not in shown(text) and "javascript" not in shown(text)
    assert "<h1" not in shown(text, kind="comment")
    assert shown("") == ""


def test_markdown_that_is_too_much(api):
    alice = api.person("alice")
    for text in ("x" * 65537, "\u00e9" * 40000, ">" * 100 + "x"):
        answer = alice.post("/markdown", {"text": text})
        assert (answer.status, answer.field) == (422, "text")
    assert alice.post("/markdown", {"text": "x", "kind": "html"}).status == 422
