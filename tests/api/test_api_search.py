"""Search: what is found, in which order, and by whom."""

import random

import pytest

from testenv import House
from testenv.api import ApiHouse

VISIBILITIES = ("public", "unlisted", "internal", "private")


class SearchHouse(ApiHouse):

    def repositories(self, *names, visibility="public"):
        """Repositories that the store has reported."""
        for name in names:
            namespace = name.split("/")[0]
            self.sql("INSERT INTO namespace (name, created_at) VALUES ('%s', 1)"
                     " ON DUPLICATE KEY UPDATE id = id;"
                     "INSERT INTO repository (namespace_id, name, is_private,"
                     " privacy, created_at, is_stored)"
                     " SELECT id, '%s', %s, %d, 1, TRUE"
                     " FROM namespace WHERE name = '%s'" % (
                         namespace, name, visibility != "public",
                         VISIBILITIES.index(visibility) or 3, namespace))
        self.worker.command("search", "rebuild")

    def star(self, name, stars):
        self.sql("INSERT INTO repository_count (repository_id, stars)"
                 " SELECT id, %d FROM repository WHERE name = '%s'"
                 " ON DUPLICATE KEY UPDATE stars = %d" % (stars, name, stars))
        self.worker.command("search", "rebuild")

    def postings(self, name):
        return self.sql(
            "SELECT p.scope_id, p.term FROM search_posting p"
            " JOIN repository r ON r.id = p.repository_id"
            " WHERE r.name = '%s'" % name)


def found(client, q, **how):
    return [item["name"] for item in client.every("/search", q=q, **how)]


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield SearchHouse(house, "alice", "bob", "carol", admins=["root"],
                          more="")
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def test_words_and_parts_of_words(api):
    api.repositories("words/webserver", "words/web-cache", "webber/other")
    anonymous = api.anonymous
    assert found(anonymous, "web") == ["words/web-cache", "words/webserver"]
    assert found(anonymous, "WebServer") == ["words/webserver"]
    assert found(anonymous, "bserv") == ["words/webserver"]
    assert found(anonymous, "words/web-cache") == ["words/web-cache"]
    assert found(anonymous, "cache web") == ["words/web-cache"]
    assert found(anonymous, "words serv") == ["words/webserver"]
    assert found(anonymous, "the webserver of") == ["words/webserver"]
    for nothing in ("ca", "webservers", "zzz", "words zzz", "\u2603", "w%b"):
        assert found(anonymous, nothing) == [], nothing
    for marks in ("%", "_", "'", '"', "\\"):   # no words: all there is
        assert "words/webserver" in found(anonymous, marks)
        assert found(anonymous, marks + "webserver") == ["words/webserver"]


def test_the_best_come_first(api):
    api.repositories("rank/tool", "rank/tool-kit", "tool/else", "rank/mytool",
                     "rank/old-tool")
    assert found(api.anonymous, "tool") == [
        "rank/tool", "rank/tool-kit", "rank/old-tool", "tool/else",
        "rank/mytool"]
    api.star("rank/old-tool", 1000)
    api.star("rank/mytool", 9)
    assert found(api.anonymous, "tool")[:3] == [
        "rank/old-tool", "rank/tool", "rank/tool-kit"]
    assert found(api.anonymous, "tool", stars=5) == [
        "rank/old-tool", "rank/mytool"]
    item = api.anonymous.get("/search", q="old-tool").items[0]
    assert item["star_count"] == 1000 and item["visibility"] == "public"
    assert item["pull_count"] == 0
    api.sql("INSERT INTO repository_pull SELECT id, 7, 1 FROM repository"
            " WHERE name = 'rank/old-tool'")
    item = api.anonymous.get("/search", q="old-tool").items[0]
    assert item["pull_count"] == 7


@pytest.mark.parametrize("q", ["page", "pag", "all", ""])
def test_pages_have_all_of_it_once(api, q):
    if q == "page":
        api.repositories(*("pages/%s%d" % (word, i) for i in range(7)
                           for word in ("page", "all-page", "x-page-")))
    whole = found(api.anonymous, q, namespace="pages")
    assert len(whole) == len(set(whole)) and whole
    for limit in (1, 2, 5, 21):
        assert found(api.anonymous, q, namespace="pages", limit=limit) == whole
    without = [n for n in found(api.anonymous, q, limit=100)
               if n.startswith("pages/")]
    assert sorted(without) == sorted(whole)
    assert found(api.anonymous, q, limit=3) == found(
        api.anonymous, q, limit=100)


@pytest.mark.parametrize("cursor", [
    "x", "1", "0.0.0.0", "0.0.0.0.0.0", "2.0.0.0.0", "0.9.0.0.0", "1.0.0.0.99",
    "0.0.256.0.0", "0.0.-1.0.0", "0.1.0.0.0"])
def test_a_cursor_that_is_none(api, cursor):
    import base64
    key = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    answer = api.anonymous.get("/search", q="page", after=key)
    assert answer.status == 400 and answer.field == "after", answer


@pytest.mark.parametrize("query, field", [
    ({"q": "x" * 256}, "q"), ({"q": "x", "namespace": "A"}, "namespace"),
    ({"q": "x", "visibility": "open"}, "visibility"),
    ({"q": "x", "stars": -1}, "stars"), ({"q": "x", "sort": "name"}, "sort"),
    ({"q": "x", "limit": 101}, "limit")])
def test_fields_are_checked(api, query, field):
    answer = api.anonymous.get("/search", **query)
    assert answer.status == 400 and answer.field == field, answer


def test_filters(api):
    api.repositories("filter/one")
    api.repositories("filter/two", visibility="internal")
    alice = api.person("alice")
    assert found(alice, "", namespace="filter") == ["filter/one", "filter/two"]
    assert found(alice, "", namespace="filter", visibility="internal") == [
        "filter/two"]
    assert found(alice, "", namespace="nothing-here") == []
    assert found(alice, "one", namespace="filter", topic="x") == []


def test_the_rarer_of_a_word_and_a_topic_is_read(api):
    names = ["topical/often-%d" % i for i in range(12)]
    api.repositories(*names, "topical/seldom", "topical/other")
    api.sql("INSERT INTO repository_profile (repository_id, topics)"
            " SELECT id, 'slender' FROM repository WHERE name IN"
            " ('topical/often-3', 'topical/often-8', 'topical/seldom')")
    api.worker.command("search", "rebuild")
    for limit in (1, 2, 25):
        assert found(api.anonymous, "often", topic="slender", limit=limit) == [
            "topical/often-3", "topical/often-8"]
        assert found(api.anonymous, "ften", topic="slender", limit=limit) == [
            "topical/often-3", "topical/often-8"]
        assert found(api.anonymous, "seldom", topic="slender", limit=limit) == [
            "topical/seldom"]
        assert found(api.anonymous, "other", topic="slender", limit=limit) == []


def test_who_finds_what(api):
    for visibility in VISIBILITIES:
        api.repositories("alice/sees-" + visibility, visibility=visibility)

    def sees(client):
        return {name.split("-")[1] for name in found(client, "sees")}

    assert sees(api.anonymous) == {"public"}
    assert sees(api.person("bob")) == {"public", "internal"}
    assert sees(api.person("root")) == {"public", "internal"}
    assert sees(api.person("alice")) == set(VISIBILITIES)
    for visibility in VISIBILITIES:
        assert found(api.person("bob"), "sees", visibility=visibility) == (
            ["alice/sees-" + visibility]
            if visibility in ("public", "internal") else [])


def test_roles_find_what_they_may_read(api):
    """As collaborators of an account and members of an organization."""
    run = api.worker.command
    api.repositories("carol/hidden-a", "carol/hidden-b", "carol/lib-hidden",
                     visibility="private")
    bob = api.person("bob")
    assert found(bob, "hidden") == []
    run("collaborator", "set", "carol/hidden-a", "bob", "read")
    assert found(bob, "hidden") == ["carol/hidden-a"]
    run("collaborator", "set", "carol/hidden-b", "alice", "read")
    assert found(bob, "hidden") == ["carol/hidden-a"]  # the role is another's
    run("collaborator", "set", "carol/lib*", "bob", "write")
    assert sorted(found(bob, "hidden")) == [
        "carol/hidden-a", "carol/lib-hidden"]
    assert sorted(found(bob, "hidden", limit=1)) == [
        "carol/hidden-a", "carol/lib-hidden"]
    run("collaborator", "remove", "carol/hidden-a", "bob")
    assert found(bob, "hidden") == ["carol/lib-hidden"]
    run("organization", "add", "works", "alice")
    api.repositories("works/hidden-c", visibility="private")
    assert "works/hidden-c" in found(api.person("alice"), "hidden")
    assert "works/hidden-c" not in found(bob, "hidden")
    run("member", "set", "works", "bob", "member")
    assert "works/hidden-c" in found(bob, "hidden")
    run("namespace", "set", "works", "--base-role", "none")
    assert "works/hidden-c" not in found(bob, "hidden")
    run("team", "add", "works", "devs")
    run("team", "add-member", "works", "devs", "bob")
    assert "works/hidden-c" not in found(bob, "hidden")
    run("collaborator", "set", "works/hidden*", "team:devs", "read")
    assert "works/hidden-c" in found(bob, "hidden")


def test_a_token_narrows(api):
    api.repositories("alice/narrow-a", "alice/narrow-b", visibility="private")
    alice = api.person("alice")

    def made(**fields):
        return api.bearer(alice.post("/access-tokens", dict(
            {"name": "x", "actions": ["pull"]}, **fields)).json["secret"])

    assert len(found(made(), "narrow")) == 2
    assert found(made(repositories=["alice/*-b"]), "narrow") == [
        "alice/narrow-b"]
    assert found(made(repositories=["alice/*-b"]), "narrow", limit=1) == [
        "alice/narrow-b"]
    assert found(made(actions=["describe"]), "narrow") == []


def test_a_change_is_found_at_once(api):
    api.repositories("bob/changes", visibility="public")
    assert found(api.anonymous, "changes") == ["bob/changes"]
    for visibility, scope in (("private", "namespace"), ("internal", "all"),
                              ("unlisted", "namespace"), ("public", "0")):
        api.worker.set_visibility("bob/changes", visibility)
        scopes = {row[0] for row in api.postings("bob/changes")}
        assert len(scopes) == 1, scope
        assert found(api.anonymous, "changes") == (
            ["bob/changes"] if visibility == "public" else [])
    api.worker.command("search", "rebuild")
    postings = [tuple(row) for row in api.postings("bob/changes")]
    assert len(postings) == len(set(postings))


def test_stale_postings_show_nothing(api):
    """Whatever the postings say, the repository is asked."""
    api.repositories("bob/stale")
    api.sql("UPDATE repository SET is_private = TRUE, privacy = 3"
            " WHERE name = 'bob/stale'")
    assert found(api.anonymous, "stale") == []
    assert found(api.person("carol"), "stale") == []
    api.worker.command("search", "rebuild")
    assert found(api.person("bob"), "stale") == ["bob/stale"]


def test_any_words_at_any_limit(api):
    """Random names: what is found is what a scan of all names finds."""
    choice = random.Random(11)
    parts = ["ab", "abc", "bca", "cab", "abcab", "c"]
    names = sorted({"any/" + "-".join(choice.choices(parts, k=3))
                    for _ in range(60)})
    api.repositories(*names)
    for _ in range(30):
        words = choice.choices(["abc", "ab", "bca", "cab", "abcab", "cabab"],
                               k=choice.randint(1, 3))
        wanted = [n for n in names if all(
            w in n[4:].split("-") or (
                len(w) > 2 and any(w in part for part in n[4:].split("-")))
            for w in words)]
        asked = found(api.anonymous, " ".join(words),
                      limit=choice.randint(1, 30))
        assert sorted(n for n in asked if n.startswith("any/")) == wanted, words
        assert len(asked) == len(set(asked))


def _many_namespaces(api, n):
    """Organizations manyN with private repositories, of which carol may read
    those of each second one, as a member; every third repository has the word
    "rarely".  The names that carol may see."""
    values, seen = [], []
    members = ["'many%d'" % i for i in range(1, n, 2)]
    for j in range(3):
        for i in range(n):
            name = "many%d/many%s-%d" % (i, "-rarely" if (i + j) % 3 == 0
                                         else "", j)
            values.append((i, name))
            if i % 2:
                seen.append(name)
    api.sql(
        "INSERT INTO namespace (name, kind, base_role, created_at) VALUES %s;"
        "INSERT INTO namespace_member (namespace_id, account_id, joined_at)"
        " SELECT n.id, a.id, 1 FROM namespace n JOIN account a"
        " WHERE n.name IN (%s) AND a.login = 'carol';"
        "INSERT INTO repository (namespace_id, name, is_private, privacy,"
        " created_at, is_stored) VALUES %s" % (
            ", ".join("('many%d', 1, 1, 1)" % i for i in range(n)),
            ", ".join(members), ", ".join(
                "((SELECT id FROM namespace WHERE name = 'many%d'),"
                " '%s', TRUE, 3, 1, TRUE)" % one for one in values)))
    api.worker.command("search", "rebuild")
    return seen


def test_more_namespaces_than_are_read_at_once(api):
    """Lists of 160 namespaces become one, without a gap at its pages."""
    seen = _many_namespaces(api, 160)
    carol = api.person("carol")
    whole = found(carol, "many", limit=100)
    assert sorted(whole) == sorted(seen)
    assert found(carol, "many", limit=13) == whole
    rare = [name for name in whole if "rarely" in name]
    assert rare and found(carol, "many rarely", limit=100) == rare
    assert found(carol, "many rarely", limit=9) == rare
    assert found(carol, "man arel", limit=100) == rare
    assert found(carol, "many", namespace="many3", limit=4) == [
        name for name in whole if name.startswith("many3/")]
    assert found(api.person("bob"), "many") == []
    assert found(api.anonymous, "many") == []


def test_as_a_command(api):
    api.repositories("bob/commanded", visibility="private")
    assert api.worker.command("search", "query", "commanded") == ""
    assert "bob/commanded 0" in api.worker.command(
        "search", "query", "commanded", "bob")
    assert '"bob/commanded"' in api.worker.command(
        "search", "query", "commanded", "bob", "--json")
    assert "no account" in api.worker.fails(
        "search", "query", "commanded", "nemo")


def test_descriptions_and_topics(api):
    api.repositories("alice/described")
    alice = api.person("alice")
    path = "/repositories/alice%2Fdescribed"
    assert alice.edit(path, {
        "description": "The N\u00c4HER Quuxer", "topics": [
            "zap-line", "t" * 39 + "a"]}).status == 200
    for q in ("quuxer", "n\u00e4her QUUXER", "N\u00c4HER", "zap"):
        assert found(api.anonymous, q) == ["alice/described"], q
    assert found(api.anonymous, "uuxe") == []
    item = api.anonymous.get("/search", q="quuxer").items[0]
    assert item["description"] == "The N\u00c4HER Quuxer"
    assert item["topics"] == ["zap-line", "t" * 39 + "a"]
    assert found(api.anonymous, "", topic="zap-line") == ["alice/described"]
    assert found(api.anonymous, "", topic="t" * 39 + "a") == ["alice/described"]
    assert found(api.anonymous, "", topic="t" * 39 + "b") == []
    assert found(api.anonymous, "quuxer", topic="zap") == []
    assert alice.edit(path, {"description": "", "topics": []}).status == 200
    assert found(api.anonymous, "quuxer") == []
    assert found(api.anonymous, "", topic="zap-line") == []
