"""What the API can do, as subcommands of slipway-index for the operator: the
same objects, the same rights taken away, and a row of the audit log."""

import json
import re
import urllib.parse

import pytest

from testenv import House, images
from testenv.api import API_LOCATION, ApiHouse, encoded
from testenv.mirrored import World
from testenv.removals import NAME, PATH, pushed


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", "carol", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def run(api):
    """Runs a subcommand; what it prints."""
    return api.worker.command


@pytest.fixture
def objects(api):
    """The objects that a subcommand prints with --json."""
    def read(*words, **how):
        return [json.loads(line) for line in api.worker.command(
            *words, "--json", **how).splitlines()]
    return read


def last_event(api):
    """(actor's kind, action, target, data) of the newest row of the log."""
    [[kind, action, target, data]] = api.sql(
        "SELECT actor_kind, action, target, data FROM audit"
        " ORDER BY id DESC LIMIT 1")
    return kind, action, target, json.loads(data)


def grants(api, login, secret, *scopes):
    """{name: actions} of a token that docker obtains; None if it gets none."""
    answer = api.registry.ask_token(scopes, login, secret)
    if answer.status != 200:
        return None
    verdict = api.registry.get("/verdict", [
        ("Authorization", "Bearer " + answer.json()["token"])])
    assert verdict.status == 200
    return dict(re.findall(r"^grant repository:(\S+):(\S*)$",
                           verdict.body.decode(), re.M))


# --- access tokens and sessions ----------------------------------------------

def test_an_access_token_is_made_shown_and_revoked(api, run, objects):
    [made] = objects("access-token", "add", "alice", "ci", "--actions",
                     "pull,push", "--repositories", "alice/a*,alice/b")
    secret = made.pop("secret")
    assert last_event(api) == ("operator", "token.create", "alice",
                               {"access_token": made["id"]})
    shown = api.person("alice").get("/access-tokens/%d" % made["id"]).json
    assert shown == made
    assert objects("access-token", "list", "alice")[-1] == made
    assert grants(api, "alice", secret, "repository:alice/app:pull,push,delete",
                  "repository:alice/c:pull") == {
        "alice/app": "pull,push", "alice/c": ""}
    [used] = objects("access-token", "show", "alice", str(made["id"]))
    assert used["used_at"] is not None and "secret" not in used
    text = run("access-token", "list", "alice")
    assert "%d %s " % (made["id"], made["hint"]) in text and " ci\n" in text
    assert secret not in text
    run("access-token", "revoke", "alice", str(made["id"]))
    assert last_event(api)[1] == "token.revoke"
    assert grants(api, "alice", secret, "repository:alice/app:pull") is None


def test_a_secret_is_printed_alone_for_scripts(run):
    text = run("access-token", "add", "alice", "script", "--actions", "pull")
    assert re.fullmatch(r"slp_[0-9A-Za-z]{36}\n", text)


def test_an_access_token_is_edited_and_rotated(api, run, objects):
    [made] = objects("access-token", "add", "bob", "old", "--actions", "pull",
                     "--days", "0")
    assert made["expires_at"] is None
    number = str(made["id"])
    run("access-token", "set", "bob", number, "--name", "new", "--actions",
        "pull,delete", "--repositories", "bob/x")
    assert last_event(api)[:2] == ("operator", "token.edit")
    [turned] = objects("access-token", "rotate", "bob", number, "--days", "3")
    assert last_event(api)[1] == "token.rotate"
    assert (turned["name"], turned["actions"], turned["repositories"]) == (
        "new", ["pull", "delete"], ["bob/x"])
    assert turned["expires_at"] is not None
    for secret in (made["secret"], turned["secret"]):
        assert grants(api, "bob", secret, "repository:bob/x:pull") == {
            "bob/x": "pull"}
    [last] = objects("access-token", "rotate", "bob", number,
                     "--grace-hours", "0")
    assert grants(api, "bob", turned["secret"], "repository:bob/x:pull") is None
    assert grants(api, "bob", last["secret"], "repository:bob/x:pull") == {
        "bob/x": "pull"}


def test_sessions_are_listed_and_ended(api, run, objects):
    pages = [api.session("carol") for _ in range(3)]
    listed = objects("session", "list", "carol")
    shown = pages[0].every("/sessions")
    assert [dict(one, is_current=False) for one in shown] == listed
    run("session", "end", "carol", str(listed[0]["id"]))
    assert last_event(api) == ("operator", "session.end", "carol",
                               {"session": listed[0]["id"]})
    assert pages[0].get("/sessions").status == 401
    assert pages[1].get("/sessions").status == 200
    run("session", "end", "carol", "all")
    assert pages[1].get("/sessions").status == 401
    assert objects("session", "list", "carol") == []


# --- robots ------------------------------------------------------------------

def test_a_robot_is_made_for_some_repositories(api, run, objects):
    [made] = objects("robot", "add", "alice", "ci", "write", "--description",
                     "Jenkins", "--repositories", "app,lib-*", "--days", "9")
    secret = made.pop("secret")
    assert last_event(api) == ("operator", "robot.create", "alice+ci", {})
    assert made == api.person("alice").get("/namespaces/alice/robots/ci").json
    assert objects("robot", "list", "alice") == [made]
    assert (made["description"], made["is_disabled"]) == ("Jenkins", False)
    assert grants(api, "alice+ci", secret, "repository:alice/app:pull,push",
                  "repository:alice/lib-a:pull",
                  "repository:alice/other:pull") == {
        "alice/app": "pull,push", "alice/lib-a": "pull", "alice/other": ""}
    roles = [one for one in objects("collaborator", "list", "alice")
             if one["login"] == "alice+ci"]
    assert {one["pattern"] for one in roles} == {"app", "lib-*"}
    assert "alice+ci " + made["hint"] in run("robot", "list", "alice")


def test_a_robot_is_disabled_enabled_rotated_and_deleted(api, run, objects):
    [made] = objects("robot", "add", "bob", "bot", "read")
    secret, scope = made["secret"], "repository:bob/app:pull"
    assert grants(api, "bob+bot", secret, scope) == {"bob/app": "pull"}
    run("robot", "disable", "bob", "bot")
    assert last_event(api) == ("operator", "robot.edit", "bob+bot",
                               {"is_disabled": True})
    assert grants(api, "bob+bot", secret, scope) is None
    assert "bob+bot disabled " in run("robot", "list", "bob")
    run("robot", "enable", "bob", "bot")
    run("robot", "set", "bob", "bot", "--description", "Of Bob", "--days", "2")
    [shown] = objects("robot", "show", "bob", "bot")
    assert shown["description"] == "Of Bob" and shown["expires_at"] is not None
    [turned] = objects("robot", "rotate", "bob", "bot", "--grace-hours", "0")
    assert grants(api, "bob+bot", secret, scope) is None
    assert grants(api, "bob+bot", turned["secret"], scope) == {
        "bob/app": "pull"}
    run("robot", "delete", "bob", "bot")
    assert last_event(api)[1] == "robot.delete"
    assert objects("robot", "list", "bob") == []
    assert grants(api, "bob+bot", turned["secret"], scope) is None


def test_what_a_robot_pushed_has_its_name(house):
    world = World(house, "alice", server=API_LOCATION)
    world.deliver()
    secret = world.index.command("robot", "add", "alice", "ci",
                                 "write").strip()
    robot = world.accounts.open.login(
        ["repository:%s:pull,push" % NAME], "alice+ci", secret)
    robot.push_image(NAME, "1", images.Image())
    world.settle()
    [tag] = [json.loads(line) for line in world.index.command(
        "tag", "list", NAME, "--json").splitlines()]
    assert tag["pushed_by"] == "alice+ci"


# --- accounts ----------------------------------------------------------------

def test_changes_of_accounts_are_in_the_audit_log(api, run):
    """Who had the right to do it is the system's user."""
    run("account", "add", "temp", stdin="some-password\n")
    assert last_event(api) == ("operator", "account.create", "temp",
                               {"is_admin": False})
    for words, action in (
            (("passwd",), "account.password"),
            (("disable",), "account.disable"),
            (("enable",), "account.enable"),
            (("set-admin", "on"), "account.admin"),
            (("set-admin", "off"), "account.admin"),
            (("set", "--display-name", "T"), "account.edit"),
            (("delete",), "account.delete")):
        run("account", words[0], "temp", *words[1:], stdin="another-one\n")
        assert last_event(api)[:3] == ("operator", action, "temp")


def test_a_profile_is_set_and_shown(api, run, objects):
    run("account", "set", "bob", "--display-name", "Bob B.", "--email",
        "bob@example.org")
    run("account", "set", "bob", "--display-name", "Bob")
    api.session("bob")
    [shown] = objects("account", "show", "bob")
    assert shown == api.person("bob").get("/account").json
    assert (shown["display_name"], shown["email"]) == ("Bob", "bob@example.org")
    assert shown["login_at"] is not None
    assert shown in objects("account", "list")
    text = run("account", "show", "bob").splitlines()
    assert "display_name: Bob" in text and "is_admin: no" in text
    run("account", "set", "bob", "--email", "")
    assert objects("account", "show", "bob")[0]["email"] is None


def test_the_last_login_is_one_with_docker_too(api, run, objects):
    run("account", "add", "docker", "--password-stdin", stdin="pass-word-1\n")

    def times():
        [shown] = objects("account", "show", "docker")
        return shown["login_at"], shown["used_at"]
    assert times() == (None, None)
    answer = api.registry.ask_token([], "docker", "wrong-password")
    assert answer.status == 401 and times() == (None, None)
    answer = api.registry.ask_token([], "docker", "pass-word-1",
                                    offline_token="true")
    assert answer.status == 200
    login_at, used_at = times()
    assert login_at is not None and used_at is None
    fields = {"grant_type": "refresh_token", "service": "registry.test",
              "refresh_token": answer.json()["refresh_token"],
              "client_id": "test"}
    assert api.registry.post(
        "/token", [("Content-Type", "application/x-www-form-urlencoded")],
        urllib.parse.urlencode(fields).encode()).status == 200
    assert times()[1] is not None


def test_an_account_is_deleted_and_its_repositories_are_not(api, run, objects):
    for login in ("leaver", "stayer"):
        run("account", "add", login, stdin="some-password\n")
    run("repository", "set-visibility", "leaver/app", "private")
    api.sql("UPDATE repository SET is_stored = TRUE WHERE name = 'leaver/app'")
    assert "--repositories" in api.worker.fails("account", "delete", "leaver",
                                                status=1)
    assert "no such other account" in api.worker.fails(
        "account", "delete", "leaver", "--repositories", "transfer", "--to",
        "typo", status=1)
    run("account", "delete", "leaver", "--repositories", "transfer", "--to",
        "stayer")
    assert last_event(api)[3] == {"repositories": "transfer", "to": "stayer"}
    assert "leaver private stayer" in run("namespace", "list").splitlines()
    assert "no account leaver" in api.worker.fails("account", "show", "leaver")
    run("account", "delete", "stayer", "--repositories", "keep")
    assert "stayer private -" in run("namespace", "list").splitlines()


def test_the_last_administrator_is_not_deleted(api):
    assert "no other administrator" in api.worker.fails(
        "account", "delete", "root", status=1)


# --- invitations -------------------------------------------------------------

def test_an_invitation_to_sign_up(api, run, objects):
    [made] = objects("sign-up-invitation", "add", "--note", "For Dora",
                     "--days", "3")
    secret = made.pop("secret")
    assert secret.startswith("sli_")
    assert last_event(api) == ("operator", "invitation.create", "",
                               {"invitation": made["id"]})
    [listed] = objects("sign-up-invitation", "list")
    assert listed == api.person("root").get("/sign-up-invitations").items[0]
    assert (listed["note"], listed["created_by"]) == ("For Dora", None)
    run("sign-up-invitation", "delete", str(made["id"]))
    assert last_event(api)[1] == "invitation.revoke"
    assert objects("sign-up-invitation", "list") == []
    assert "no such invitation" in api.worker.fails(
        "sign-up-invitation", "delete", str(made["id"]), status=1)


def test_invitations_to_organizations_and_repositories(api, run, objects):
    run("organization", "add", "acme", "alice")
    run("repository", "add", "acme/app")
    [member] = objects("invitation", "add", "acme", "bob", "member")
    assert last_event(api)[:3] == ("operator", "member.invite", "bob")
    [reader] = objects("invitation", "add", "acme/app", "carol", "read")
    [writer] = objects("invitation", "add", "acme/lib-*", "carol", "write")
    assert (member["role"], reader["repository"], writer["pattern"]) == (
        "member", "acme/app", "lib-*")
    alice = api.person("alice")
    listed = objects("invitation", "list", "acme")
    assert listed == [member, reader, writer]
    assert listed == alice.get("/namespaces/acme/invitations").items
    assert objects("invitation", "list", "acme/app") == [reader]
    assert objects("invitation", "list-received", "carol") == [reader, writer]
    run("invitation", "delete", "acme", str(writer["id"]))
    assert last_event(api)[1] == "member.decline"
    carol = api.person("carol")
    assert carol.post("/invitations/%d/acceptance" % reader["id"]).status == 204
    assert [one["login"] for one in objects("collaborator", "list", "acme/app")
            ] == ["carol"]


# --- namespaces and repositories ---------------------------------------------

def test_a_namespace_and_a_team_are_shown(api, run, objects):
    run("organization", "add", "shown", "alice")
    run("namespace", "set", "shown", "--description", "Ours", "--base-role",
        "write")
    run("team", "add", "shown", "builders")
    [one] = objects("namespace", "show", "shown")
    shown = api.person("alice").get("/namespaces/shown").json
    assert one == {key: shown[key] for key in one}
    assert (one["description"], one["base_role"]) == ("Ours", "write")
    run("collaborator", "set", "shown/x*", "team:builders", "read")
    assert run("collaborator", "remove", "shown/x*", "team:builders") == \
        "team:builders has no role of its own on shown/x*\n"
    run("collaborator", "set", "shown/x*", "team:builders", "read")
    assert objects("collaborator", "list", "shown") == api.person(
        "alice").get("/namespaces/shown/roles").items
    assert objects("member", "list", "shown") == api.person(
        "alice").get("/namespaces/shown/members").items
    [team] = objects("team", "show", "shown", "builders")
    assert team == api.person("alice").get(
        "/namespaces/shown/teams/builders").json


def test_a_repository_is_made_described_and_deleted(api, run, objects, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Hello\n")
    run("repository", "add", "alice/made", "--visibility", "public",
        "--description", "Mine")
    assert last_event(api)[:3] == ("operator", "repository.create",
                                   "alice/made")
    run("repository", "set", "alice/made", "--page-file", str(page),
        "--topics", "web,db", "--links", "https://example.org/")
    assert last_event(api)[1] == "repository.edit"
    [shown] = objects("repository", "show", "alice/made")
    # all but what it is to the caller
    assert dict(shown, is_starred=False, is_followed=False) == api.person(
        "alice").get("/repositories/alice%2Fmade").json
    assert (shown["visibility"], shown["description"], shown["topics"],
            shown["page"]) == ("public", "Mine", ["web", "db"], "# Hello\n")
    run("repository", "set", "alice/made", "--page-file", "-", stdin="Other\n")
    assert objects("repository", "show", "alice/made")[0]["page"] == "Other\n"
    bad = tmp_path / "bad"
    for data in (b"\xff", b"a\0b", b"x" * 65537):
        bad.write_bytes(data)
        assert "no text in UTF-8" in api.worker.fails(
            "repository", "set", "alice/made", "--page-file", str(bad),
            status=2)
    run("repository", "delete", "alice/made")
    assert last_event(api)[1] == "repository.delete"
    assert api.person("alice").get("/repositories/alice%2Fmade").status == 404
    assert "no repository" in api.worker.fails("repository", "show",
                                               "alice/made", status=1)
    assert "alice/made" in run("removal", "list")


def test_stars_and_comments_are_shown(api, run, objects):
    run("repository", "add", "alice/starred", "--visibility", "public")
    bob = api.person("bob")
    assert bob.put("/repositories/alice%2Fstarred/star").status == 204
    assert objects("star", "list-starred", "bob") == bob.get("/stars").items
    made = bob.post("/repositories/alice%2Fstarred/comments",
                    {"text": "Fine"}).json
    assert objects("comment", "read", "alice/starred", str(made["id"])) == [
        {key: made[key] for key in ("id", "author", "text", "created_at",
                                    "edited_at", "is_hidden")}]


def test_no_text_steers_a_terminal(api, run, objects):
    run("repository", "add", "alice/steered", "--visibility", "public")
    made = api.person("bob").post("/repositories/alice%2Fsteered/comments", {
        "text": "a\u009b31m\nb \u00e9"}).json
    words = ("comment", "read", "alice/steered", str(made["id"]))
    assert "text: a?31m\nb \u00e9\n" in run(*words)
    assert objects(*words)[0]["text"] == made["text"]


# --- webhooks ----------------------------------------------------------------

URL = "https://hooks.example/in"


@pytest.mark.parametrize("scope, login, path", [
    ("-", "root", ""), ("carol", "carol", "/namespaces/carol"),
    ("carol/hooked", "carol", "/repositories/carol%2Fhooked")])
def test_a_webhook_is_made_edited_and_deleted(api, run, objects, tmp_path,
                                              scope, login, path):
    api.worker.command("repository", "add", "carol/hooked", is_checked=False)
    target = scope.replace("-", "")
    [made] = objects("webhook", "add", scope, URL, "--events", "push,star",
                     "--tag-pattern", "v*")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert last_event(api) == ("operator", "webhook.create", target,
                               {"webhook": made["id"]})
    number, person = str(made["id"]), api.person(login)
    one = "%s/webhooks/%s" % (path, number)
    assert person.get(one).json == dict(made, last_attempt=None)
    assert objects("webhook", "list", scope) == [made]
    assert objects("webhook", "show", scope, number) == [made]
    assert URL in run("webhook", "list", scope)
    credentials = tmp_path / "credentials"
    credentials.write_text("Bearer very-secret\n")
    credentials.chmod(0o600)
    run("webhook", "set", scope, number, "--events", "push", "--form",
        "docker_hub", "--host-in-name", "on", "--tag-pattern", "-",
        "--authorization-file", str(credentials))
    assert last_event(api)[1] == "webhook.edit"
    [edited] = objects("webhook", "show", scope, number)
    assert edited == dict(made, events=["push"], form="docker_hub",
                          host_in_name=True, tag_pattern=None,
                          has_authorization=True)
    run("webhook", "set", scope, number, "--authorization-file", "-")
    run("webhook", "disable", scope, number)
    [off] = objects("webhook", "show", scope, number)
    assert not off["is_enabled"] and not off["has_authorization"]
    assert "switched off" in api.worker.fails("webhook", "test", scope, number,
                                              status=1)
    run("webhook", "enable", scope, number)
    [turned] = objects("webhook", "rotate", scope, number)
    assert turned["secret"] != secret
    run("webhook", "delete", scope, number)
    assert last_event(api)[1] == "webhook.delete"
    assert person.get(one).status == 404
    assert objects("webhook", "list", scope) == []


def test_deliveries_are_shown_and_sent_again(api, run, objects):
    [hook] = objects("webhook", "add", "bob", URL, "--events", "push")
    number = str(hook["id"])
    [sent] = objects("webhook", "test", "bob", number)
    assert last_event(api)[1] == "webhook.test"
    path = "/namespaces/bob/webhooks/%s/deliveries" % number
    bob = api.person("bob")
    assert objects("webhook", "list-deliveries", "bob", number) == [sent]
    assert bob.get(path).items == [sent]
    delivery = str(sent["id"])
    assert objects("webhook", "show-delivery", "bob", number, delivery) == [
        bob.get(path + "/" + delivery).json]
    again = ("webhook", "redeliver", "bob", number)
    assert "already" in api.worker.fails(*again, delivery, status=1)

    def die():
        api.sql("UPDATE webhook_delivery SET state = 2, finished_at = 1 WHERE id = %s"
                % delivery)
        [dead] = objects("webhook", "list-deliveries", "bob", number,
                         "--state", "dead")
        assert dead["state"] == "dead"
    for which in (delivery, "dead"):
        die()
        run(*again, which)
        assert last_event(api)[1] == "webhook.redeliver"
        assert bob.get(path).items[0]["state"] == "due"
    assert "no such webhook" in api.worker.fails(
        "webhook", "list-deliveries", "alice", number, status=1)


# --- tags and manifests ------------------------------------------------------

def test_tags_and_manifests_are_shown_and_a_tag_is_deleted(house):
    world, alice, client = pushed(house)
    command = world.index.command

    def printed(*words):
        return [json.loads(line)
                for line in command(*words, "--json").splitlines()]

    def plain(models):
        """Without what a page has of the repository."""
        return [{name: model[name] for name in model if name != "visibility"}
                for model in models]
    tags = printed("tag", "list", NAME)
    assert tags == plain(alice.get(PATH + "/tags").items)
    assert [tag["name"] for tag in tags] == ["latest", "v0", "v1"]
    assert printed("tag", "show", NAME, "v0") == [tags[1]]
    assert tags[1]["digest"] in command("tag", "list", NAME)
    digest = tags[1]["digest"]
    assert printed("manifest", "list", NAME) == plain(alice.get(
        PATH + "/manifests").items)
    assert printed("manifest", "show", NAME, digest) == plain([
        alice.get("%s/manifests/%s" % (PATH, encoded(digest))).json])
    assert "tags: v0" in command("manifest", "show", NAME, digest)
    assert printed("blob", "list", NAME) == alice.every(PATH + "/blobs")
    signature, blobs = images.artifact(b"sig", "application/sig",
                                       images.Image(seed=0).manifest)
    for data in blobs:
        client.push_blob(NAME, data)
    referrer = client.push_manifest(NAME, signature.digest, signature)
    world.settle()
    [found] = printed("manifest", "referrers", NAME, digest)
    assert (found["digest"], found["subject"]) == (referrer, digest)
    where = ("--registry", "http://127.0.0.1:%d" % house.port(8500),
             "--service", "registry.test")
    command("tag", "delete", NAME, "v0", *where)
    world.settle()
    assert [tag["name"] for tag in printed("tag", "list", NAME)] == [
        "latest", "v1"]
    past = printed("tag", "history", NAME, "v0")
    assert past == alice.get(PATH + "/tags/v0/history").items
    assert [one["digest"] for one in past] == [digest]
    assert "404" in world.index.fails("tag", "delete", NAME, "v0", *where,
                                      status=1)
    assert world.index.database.sql(
        "SELECT actor_kind, target, data FROM audit WHERE action = 'tag.delete'"
    ) == [["operator", NAME, '{"tag":"v0"}']]
    assert "has no v0" in world.index.fails("tag", "show", NAME, "v0", status=1)
    assert "has no v9" in world.index.fails("tag", "history", NAME, "v9",
                                            status=1)


# --- mistakes ----------------------------------------------------------------

@pytest.mark.parametrize("words, status, says", [
    ("access-token add alice x", 2, "--actions is needed"),
    ("access-token add alice x --actions fly", 2, "fly is no action"),
    ("access-token add alice x --actions pull --repositories A/b", 2,
     "A/b is no pattern"),
    ("access-token add typo x --actions pull", 1, "no account typo"),
    ("access-token show alice x", 2, "x is no number of an access token"),
    ("access-token show alice 999", 1, "there is no such access token"),
    ("access-token revoke bob 1", 1, "there is no such access token"),
    ("session end alice 0", 2, "0 is no number of a session"),
    ("session end alice 999", 1, "there is no such session"),
    ("session list typo", 1, "no account typo"),
    ("account set alice --email x", 2, "x is no address"),
    ("account delete alice --to bob", 2, "belong together"),
    ("account delete alice --repositories burn", 2, "burn is neither keep"),
    ("account delete typo", 1, "no account typo"),
    ("invitation add alice bob fly", 2, "fly is nothing to offer"),
    ("invitation add alice bob member", 1, "alice is no organization"),
    ("invitation delete alice 999", 1, "there is no such invitation"),
    ("repository add Bad", 2, "Bad is no name"),
    ("repository add typo/x", 1, "no namespace typo"),
    ("repository set alice/typo", 1, "no repository alice/typo"),
    ("repository add alice/x --topics UP", 2, "no topic, or too many: UP"),
    ("tag list alice/typo", 1, "no repository alice/typo"),
    ("star list-starred typo", 1, "no account typo"),
    ("webhook add - https://a.example/", 2, "--events is needed"),
    ("webhook add - https://a.example/ --events fly", 2, "fly is no event"),
    ("webhook add - ftp://a.example/ --events push", 1, "http"),
    ("webhook add - https://a.example/ --events star --form quay", 1,
     "the form quay cannot express star"),
    ("webhook add typo https://a.example/ --events push", 1,
     "no namespace typo"),
    ("webhook show - 999", 1, "no such webhook"),
    ("webhook redeliver - 1 x", 2, "x is no number of a delivery"),
    ("robot add alice xx fly", 2, "fly is neither read, write nor admin"),
    ("robot add alice X read", 2, "X is no name of a robot"),
    ("robot add typo xx read", 1, "no namespace typo"),
    ("robot add alice xx read --repositories x!", 2, "x! is no pattern"),
    ("robot show alice none", 1, "there is no robot alice+none"),
])
def test_mistakes_are_named(api, words, status, says):
    assert says in api.worker.fails(*words.split(), status=status)


def test_another_accounts_token_is_not_found(api, objects):
    [made] = objects("access-token", "add", "alice", "mine", "--actions",
                     "pull")
    for verb in ("show", "revoke", "rotate", "set"):
        assert "no such access token" in api.worker.fails(
            "access-token", verb, "bob", str(made["id"]))
