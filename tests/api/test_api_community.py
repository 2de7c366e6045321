"""Stars, and comments on repositories."""

import html.parser
import json

import pytest

from testenv import House
from testenv.api import ApiHouse

VISIBILITIES = ("public", "unlisted", "internal", "private")


class CommunityHouse(ApiHouse):

    def repository(self, name, visibility="public"):
        """The path of a repository that the store has reported."""
        self.sql("INSERT INTO repository (namespace_id, name, is_private,"
                 " privacy, created_at, is_stored)"
                 " SELECT id, '%s', %s, %d, 1, TRUE"
                 " FROM namespace WHERE name = '%s'" % (
                     name, visibility != "public",
                     VISIBILITIES.index(visibility) or 3, name.split("/")[0]))
        return "/repositories/" + name.replace("/", "%2F")

    def actions(self, name):
        """What the audit log says of a repository."""
        return [row[0] for row in self.sql(
            "SELECT action FROM audit WHERE target = '%s' ORDER BY id" % name)]

    def waits(self):
        """The comments of the tests so far are long ago."""
        self.sql("UPDATE comment SET created_at = created_at - 1000")


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield CommunityHouse(house, "alice", "bob", "carol", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def write(api, client, path, text="hello"):
    api.waits()
    answer = client.post(path + "/comments", {"text": text})
    assert answer.status == 201, answer
    return answer.json


# --- stars -------------------------------------------------------------------

def test_a_star_counts_once(api):
    path = api.repository("alice/starred")
    bob, carol = api.person("bob"), api.person("carol")
    for _ in range(2):
        assert bob.put(path + "/star").status == 204
    assert carol.put(path + "/star").status == 204
    assert bob.get(path + "/star").json == {"is_starred": True, "star_count": 2}
    assert api.anonymous.get(path + "/star").json == {
        "is_starred": False, "star_count": 2}
    assert bob.get(path).json["is_starred"] is True
    for other in (api.person("alice"), api.anonymous):
        assert other.get(path).json["is_starred"] is False
    assert [one["login"] for one in api.anonymous.every(
        path + "/stars", limit=1)] == ["carol", "bob"]
    for _ in range(2):
        assert bob.delete(path + "/star").status == 204
    assert bob.get(path + "/star").json == {
        "is_starred": False, "star_count": 1}
    assert api.actions("alice/starred") == [
        "star.add", "star.add", "star.remove"]
    assert api.worker.command("star", "list", "alice/starred") == "carol\n"
    assert "carol" in api.worker.command(
        "star", "list", "alice/starred", "--json")


def test_stars_raise_a_repository_in_search(api):
    api.repository("alice/raised-one")
    path = api.repository("alice/raised-two")
    api.worker.command("search", "rebuild")

    def found():
        return [item["name"] for item in
                api.anonymous.get("/search", q="raised").items]

    assert found() == ["alice/raised-one", "alice/raised-two"]
    assert api.person("bob").put(path + "/star").status == 204
    assert found() == ["alice/raised-two", "alice/raised-one"]
    assert api.anonymous.get("/search", q="raised-two").items[0][
        "star_count"] == 1
    assert api.person("bob").delete(path + "/star").status == 204
    assert found() == ["alice/raised-one", "alice/raised-two"]


def test_what_may_not_be_read_any_more_is_not_listed(api):
    path = api.repository("alice/turns-private")
    bob = api.person("bob")
    bob.put(path + "/star")
    assert "alice/turns-private" in [
        item["name"] for item in bob.every("/stars", limit=1)]
    api.worker.set_visibility("alice/turns-private", "private")
    assert "alice/turns-private" not in [
        item["name"] for item in bob.every("/stars", limit=1)]
    assert bob.put(path + "/star").status == 404
    assert bob.get(path + "/star").status == 404


def test_tokens_do_not_act_for_their_account(api):
    path = api.repository("alice/by-token")
    secret = api.person("bob").post("/access-tokens", {
        "name": "x", "actions": ["pull", "push", "delete", "describe",
                                 "manage"]}).json["secret"]
    client = api.bearer(secret)
    assert client.get(path + "/star").status == 200
    assert client.put(path + "/star").status == 403
    assert client.post(path + "/comments", {"text": "x"}).status == 403


# --- comments ----------------------------------------------------------------

def test_a_comment_is_written_edited_and_deleted(api):
    path = api.repository("alice/commented")
    bob = api.person("bob")
    made = write(api, bob, path, "a <b>\nline & \u2603")
    assert made["author"] == "bob" and made["text"] == "a <b>\nline & \u2603"
    assert made["edited_at"] is None and not made["is_hidden"]
    one = "%s/comments/%d" % (path, made["id"])
    assert api.anonymous.get(one).json["id"] == made["id"]
    assert bob.patch(one, {"text": "x"}).status == 428
    old = bob.get(one).header("ETag")
    answer = bob.edit(one, {"text": "better"})
    assert answer.status == 200 and answer.json["text"] == "better"
    assert answer.json["edited_at"] is not None
    assert bob.patch(one, {"text": "x"}, [("If-Match", old)]).status == 412
    assert api.person("alice").edit(one, {"text": "x"}).status == 403
    assert api.person("carol").delete(one).status == 403
    assert bob.delete(one).status == 204
    assert bob.get(one).status == 404
    assert api.actions("alice/commented") == [
        "comment.create", "comment.edit", "comment.delete"]
    assert api.sql("SELECT comments FROM repository_count c JOIN repository r"
                   " ON r.id = c.repository_id"
                   " WHERE r.name = 'alice/commented'") == [["0"]]


def test_comments_come_in_pages(api):
    path = api.repository("alice/paged")
    bob = api.person("bob")
    written = [write(api, bob, path, "n%d" % i)["id"] for i in range(5)]
    for limit in (1, 2, 5):
        assert [c["id"] for c in api.anonymous.every(
            path + "/comments", limit=limit)] == written[::-1]


@pytest.mark.parametrize("body", [
    {}, {"text": ""}, {"text": None}, {"text": "x" * 2001}, {"text": "a\x00b"},
    {"text": 1}, {"text": "x", "author": "carol"}])
def test_a_malformed_comment(api, body):
    path = "/repositories/alice%2Fmalformed"
    if not api.sql("SELECT 1 FROM repository WHERE name = 'alice/malformed'"):
        api.repository("alice/malformed")
    answer = api.person("bob").post(path + "/comments", body)
    assert answer.status in (400, 422), answer


def test_a_comment_belongs_to_its_repository(api):
    """A number of another repository's is none, whatever the caller may do
    there."""
    path = api.repository("alice/one-place")
    other = api.repository("bob/other-place")
    hidden = api.repository("alice/hidden-place", "private")
    made = write(api, api.person("alice"), hidden)
    for client in (api.person("alice"), api.person("bob"), api.anonymous):
        for wrong in (path, other):
            assert client.get(
                "%s/comments/%d" % (wrong, made["id"])).status == 404
    one = "%s/comments/%d" % (other, made["id"])
    bob = api.person("bob")
    assert bob.delete(one).status == 404
    assert bob.put(one + "/moderation", {"is_hidden": True}).status == 404
    assert bob.post(one + "/reports", {"reason": "x"}).status == 404


def test_writing_fast_is_limited(api):
    path = api.repository("alice/flooded")
    api.waits()
    carol = api.person("carol")
    for i in range(10):
        assert carol.post(path + "/comments", {"text": "x"}).status == 201
    answer = carol.post(path + "/comments", {"text": "x"})
    assert answer.status == 429 and answer.code == "too_many_requests"
    assert 0 < int(answer.header("Retry-After")) <= 600
    assert api.person("bob").post(
        path + "/comments", {"text": "x"}).status == 201
    api.waits()
    assert carol.post(path + "/comments", {"text": "x"}).status == 201


def test_reports_and_moderation(api):
    path = api.repository("alice/moderated")
    alice, bob, carol = map(api.person, ("alice", "bob", "carol"))
    made = write(api, bob, path, "spam")
    one = "%s/comments/%d" % (path, made["id"])
    for reason in ("is spam", "is spam, really"):
        assert carol.post(one + "/reports", {"reason": reason}).status == 204
    assert bob.get(path + "/comment-reports").status == 403
    reports = alice.every(path + "/comment-reports")
    assert [(r["comment"], r["reporter"], r["reason"], r["author"])
            for r in reports] == [
                (made["id"], "carol", "is spam, really", "bob")]
    assert reports[0]["repository"] == "alice/moderated"
    assert "is spam, really" in api.worker.command(
        "comment", "list", "alice/moderated", "--reported")
    assert carol.put(one + "/moderation", {"is_hidden": True}).status == 403
    hidden = alice.put(one + "/moderation", {"is_hidden": True})
    assert hidden.status == 200 and hidden.json["is_hidden"]
    assert alice.every(path + "/comment-reports") == []
    for client in (carol, api.anonymous):
        assert client.get(one).status == 404
        assert client.every(path + "/comments") == []
    assert carol.post(one + "/reports", {"reason": "x"}).status == 404
    for client in (alice, bob):
        assert client.get(one).json["is_hidden"]
        assert len(client.every(path + "/comments")) == 1
    run = api.worker.command
    assert "shown" in run("comment", "show", str(made["id"]))
    assert api.anonymous.get(one).status == 200
    assert "hidden" in run("comment", "hide", str(made["id"]))
    assert " hidden" in run("comment", "list", "alice/moderated")
    assert "spam" in run("comment", "list", "alice/moderated", "--json")
    assert "deleted" in run("comment", "delete", str(made["id"]))
    assert "no comment" in api.worker.fails("comment", "hide", str(made["id"]))
    assert api.actions("alice/moderated") == [
        "comment.create", "comment.report", "comment.report", "comment.hide",
        "comment.show", "comment.hide", "comment.delete"]


def test_a_moderator_deletes_what_others_wrote(api):
    path = api.repository("alice/swept")
    made = write(api, api.person("bob"), path)
    one = "%s/comments/%d" % (path, made["id"])
    assert api.person("root").delete(one).status == 403
    assert api.person("alice").delete(one).status == 204


def test_webhooks_hear_of_stars_and_comments(api):
    path = api.repository("alice/hooked")
    api.sql("INSERT INTO webhook (namespace_id, repository_id, url, form,"
            " events, created_at) SELECT namespace_id, id,"
            " 'http://sink.test/', 0, 255, 1 FROM repository"
            " WHERE name = 'alice/hooked'")
    bob = api.person("bob")
    for _ in range(2):
        assert bob.put(path + "/star").status == 204
    write(api, bob, path, "for \u2603")
    events = [json.loads(row[0]) for row in api.sql(
        "SELECT data FROM webhook_event ORDER BY id")]
    assert len(events) == 2
    assert events[0]["data"] == {"is_starred": True, "star_count": 1}
    assert events[1]["data"]["text"] == "for \u2603"


# --- what is shown -----------------------------------------------------------

def test_comments_are_shown_as_html(api):
    path = api.repository("alice/shown")
    made = write(api, api.person("bob"), path,
                 "**See** [the docs](https://example.com/a?b=c&d)\n\n- `x < y`")
    assert made["html"] == (
        '<p><strong>See</strong> <a href="https://example.com/a?b=c&amp;d"'
        ' rel="nofollow noopener ugc">the docs</a></p>\n'
        "<ul><li><code>x &lt; y</code></li>\n</ul>\n")
    assert api.anonymous.get(path + "/comments").items[0]["html"] == made["html"]


ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))", "[a](JaVaScRiPt&colon;alert(1))",
    "[a](java\tscript:alert(1))", "[a](&#x6A;avascript:alert(1))",
    "[a](data:text/html,<script>1</script>)", "[a](vbscript:x)",
    "![a](https://example.com/x.png)", "![a](javascript:alert(1))",
    "<a href='javascript:alert(1)'>a</a>", "<javascript:alert(1)>",
    '[a](https://x "\" onmouseover=\"alert(1)")', "[a]: javascript:alert(1)\n[a]",
    "```\"><script>alert(1)</script>\nx\n```", "# heading <svg onload=alert(1)>",
    "|a|\n|-|\n|<svg onload=alert(1)>|", "<style>*{}</style>", "<!-- x --><b>",
    "</p></div><iframe src=//evil.example>", "&lt;script&gt;alert(1)&lt;/script&gt;"]


@pytest.mark.parametrize("text", ATTACKS)
def test_html_of_comments_is_harmless(api, text):
    """Each tag and attribute of it is one of a few, and no link leads to a
    program."""
    path = api.repository("alice/attacked%d" % ATTACKS.index(text))
    made = write(api, api.person("bob"), path, text)
    assert made["text"] == text
    seen = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            seen.append(tag)
            for name, value in attributes:
                assert (tag, name) in {("a", "href"), ("a", "rel"),
                                       ("a", "title"), ("code", "class"),
                                       ("th", "align"), ("td", "align")}, made
                if name == "href":
                    assert value.startswith(("https://", "http://", "mailto:",
                                             "#", "/")), made

        def handle_comment(self, data):
            assert False, made

        handle_decl = handle_pi = handle_comment

    Reader(convert_charrefs=False).feed(made["html"])
    assert set(seen) <= {"p", "a", "code", "pre", "table", "thead", "tbody",
                         "tr", "th", "td", "strong", "em"}, made


def test_what_cannot_be_shown_is_not_taken(api):
    path = api.repository("alice/deep")
    bob = api.person("bob")
    made = write(api, bob, path)
    deep = ">" * 500 + "x"
    api.waits()
    answer = bob.post(path + "/comments", {"text": deep})
    assert (answer.status, answer.field) == (422, "text")
    one = "%s/comments/%d" % (path, made["id"])
    answer = bob.edit(one, {"text": deep})
    assert (answer.status, answer.field) == (422, "text")
    assert bob.get(one).json["text"] == "hello"
    # one of before
    api.sql("UPDATE comment SET body = '%s' WHERE id = %d" % (deep, made["id"]))
    assert bob.get(one).json["html"] is None


# --- the whole installation --------------------------------------------------

def test_administrators_see_what_was_reported(api):
    root, carol, alice = map(api.person, ("root", "carol", "alice"))
    ids = {}
    for visibility in VISIBILITIES:
        path = api.repository("alice/reported-" + visibility, visibility)
        ids[visibility] = write(api, alice, path, visibility)["id"]
        client = alice if visibility == "private" else carol
        assert client.post("%s/comments/%d/reports" % (path, ids[visibility]), {
            "reason": "bad"}).status == 204
    found = {r["comment"]: r for r in root.every("/comment-reports", limit=1)}
    for visibility in ("public", "unlisted", "internal"):
        one = found[ids[visibility]]
        assert (one["repository"], one["text"]) == (
            "alice/reported-" + visibility, visibility)
    # what is private is the namespace's, and the operator's
    assert ids["private"] not in found
    lines = api.worker.command("comment", "list", "--reported").splitlines()
    for visibility, number in ids.items():
        assert "%d alice/reported-%s %s bad" % (
            number, visibility,
            "alice" if visibility == "private" else "carol") in lines
    assert '"text":"private"' in api.worker.command(
        "comment", "list", "--reported", "--json").replace(": ", ":")
    assert "NAME is missing" in api.worker.fails("comment", "list")
    assert root.get("/comment-reports?after=!").status == 400


# --- accounts that are deleted -----------------------------------------------

@pytest.mark.parametrize("how", ["api", "command"])
def test_what_stays_of_an_account_that_is_deleted(api, how):
    """Comments, without its name.  Stars and follows go, and counts are true."""
    login = "gone-" + how
    api.add(login)
    gone, bob = api.person(login), api.person("bob")
    path = api.repository("alice/visited-" + how)
    api.worker.command("search", "rebuild")
    for client in (gone, bob):
        assert client.put(path + "/star").status == 204
    assert gone.put(path + "/follow").status == 204
    # one star of many moves nothing in search
    many = api.repository("alice/many-" + how)
    api.worker.command("search", "rebuild")
    assert gone.put(many + "/star").status == 204
    api.sql("UPDATE repository_count c JOIN repository_listing l"
            " ON l.repository_id = c.repository_id"
            " SET c.stars = 5000, l.stars = 5000 WHERE l.name = 'alice/many-%s'"
            % how)
    made = write(api, gone, path, "still here")
    one = "%s/comments/%d" % (path, made["id"])
    assert bob.post(one + "/reports", {"reason": "x"}).status == 204
    if how == "api":
        assert gone.delete("/account").status == 204
    else:
        api.worker.command("account", "delete", login)
    assert api.anonymous.get(path + "/star").json["star_count"] == 1
    assert [s["login"] for s in api.anonymous.every(path + "/stars")] == ["bob"]
    assert api.anonymous.get(path).json["star_count"] == 1
    listed = {item["name"]: item["star_count"] for item in
              api.anonymous.every("/repositories", sort="stars")}
    assert listed["alice/visited-" + how] == 1
    assert listed["alice/many-" + how] == 4999
    assert api.anonymous.get(many).json["star_count"] == 4999
    assert api.anonymous.get("/search", q="visited-" + how).items[0][
        "star_count"] == 1
    shown = api.anonymous.get(one).json
    assert (shown["author"], shown["text"]) == (None, "still here")
    assert api.anonymous.get(path + "/comments").items == [shown]
    alice = api.person("alice")
    assert alice.every(path + "/comment-reports")[0]["author"] is None
    assert [(item["event"], item["actor"]) for item in
            api.anonymous.every(path + "/activity")] == [
        ("comment", None), ("star", "bob")]
    assert api.sql("SELECT COUNT(*) FROM follow f JOIN account a"
                   " ON a.id = f.account_id WHERE a.login = '%s'" % login) == [
        ["0"]]
    assert '"author":null' in api.worker.command(
        "comment", "list", "alice/visited-" + how, "--json").replace(": ", ":")
    # moderators go on with it, and its row leaves the feed
    assert alice.put(one + "/moderation", {"is_hidden": True}).status == 200
    assert [item["event"] for item in
            api.anonymous.every(path + "/activity")] == ["star"]
    assert alice.delete(one).status == 204
    assert api.sql("SELECT comments FROM repository_count c JOIN repository r"
                   " ON r.id = c.repository_id WHERE r.name = 'alice/visited-%s'"
                   % how) == [["0"]]
