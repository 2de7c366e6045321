"""Organizations, members, teams, roles and visibilities, through subcommands,
the models and the token endpoint."""

import json
import subprocess
import sys
import threading

import pytest

from index_house import IndexHouse
from testenv import paths
from testenv.mirror import Mirror, push
from testenv.process import wait_until
from testenv.servers import SqlSession

sys.path.insert(0, str(paths.TOP / "sql"))

import schema  # noqa: E402

ALL = "pull,push,delete"
WRITE = "pull,push"


@pytest.fixture
def index(house):
    index = IndexHouse(house, "alice", "bob", "carol")
    index.add("root1", "--admin")
    index.worker.command("organization", "add", "acme", "alice")
    return index


def granted(index, login, name):
    thing = "repository:" + name
    return index.grants(index.token(login, thing + ":" + ALL))[thing]


def command(index, *words):
    return index.worker.command(*words).splitlines()


def pushed(index, *names):
    Mirror(index.worker, index.client).take(*[push(name) for name in names])


def act(index, login, verb, *words):
    """What an account changes: "ok", or the fault, its field and its message."""
    run = subprocess.run(
        [str(index.worker._argv[0]) + "-act", verb, login,
         *[str(word) for word in words]],
        env=index.worker._env, text=True, capture_output=True, timeout=60)
    assert run.returncode == 0, (verb, words, run.stdout, run.stderr)
    return run.stdout.strip()


def ends(index, token):
    return not index.holds(token) and index.verdict(token).status == 403


def audited(index):
    return [row[0] for row in index.worker.database.sql(
        "SELECT action FROM audit WHERE action NOT LIKE 'account.%'"
        " ORDER BY id")]


def test_members_have_the_base_role_of_their_organization(index):
    pushed(index, "acme/app")
    command(index, "member", "set", "acme", "bob", "member")
    for name in ("acme/app", "acme/new", "acme"):
        assert granted(index, "alice", name) == ALL
        assert granted(index, "bob", name) == "pull"
        for login in ("carol", "root1", None):
            assert granted(index, login, name) == ""
    for role, actions in (("write", WRITE), ("admin", ALL), ("none", ""),
                          ("read", "pull")):
        command(index, "namespace", "set", "acme", "--base-role", role)
        assert granted(index, "bob", "acme/app") == actions
    command(index, "member", "set", "acme", "bob", "owner")
    assert granted(index, "bob", "acme/app") == ALL
    assert command(index, "member", "list", "acme") == [
        "alice owner", "bob owner"]
    assert "acme private organization" in command(index, "namespace", "list")


def test_roles_are_on_repositories_patterns_and_namespaces(index):
    pushed(index, "acme/app", "acme/team/x", "acme/team_a/x", "acme/teamba/x")
    for name, role in (("acme/app", "admin"), ("acme/team_a/*", "write"),
                       ("acme/team/*", "read")):
        command(index, "collaborator", "set", name, "carol", role)
    for name, actions in (("acme/app", ALL), ("acme/app/x", ""),
                          ("acme/team_a/x", WRITE), ("acme/teamba/x", ""),
                          ("acme/team/x", "pull"), ("acme/team/new", "pull"),
                          ("acme/team", ""), ("acme", ""), ("acme/b", "")):
        assert granted(index, "carol", name) == actions, name
    command(index, "collaborator", "set", "acme/*", "bob", "write")
    for name in ("acme/app", "acme", "acme/team/x", "acme/new/one"):
        assert granted(index, "bob", name) == WRITE
    assert granted(index, "bob", "alice/app") == ""
    command(index, "namespace", "set", "acme", "--writers-delete", "on")
    assert granted(index, "bob", "acme/app") == ALL
    assert granted(index, "carol", "acme/team/x") == "pull"
    assert command(index, "collaborator", "list", "acme") == [
        "acme/* bob write", "acme/team/* carol read",
        "acme/team_a/* carol write", "acme/app carol admin"]


def test_teams_have_roles(index):
    pushed(index, "acme/app")
    command(index, "namespace", "set", "acme", "--base-role", "none")
    command(index, "member", "set", "acme", "bob", "member")
    command(index, "team", "add", "acme", "builders")
    assert "no member of acme" in index.complaint(
        "team", "add-member", "acme", "builders", "carol")
    command(index, "team", "add-member", "acme", "builders", "bob")
    assert granted(index, "bob", "acme/app") == ""
    command(index, "collaborator", "set", "acme/a*", "team:builders", "write")
    assert granted(index, "bob", "acme/app") == WRITE
    command(index, "collaborator", "set", "acme/app", "team:builders", "admin")
    assert granted(index, "bob", "acme/app") == ALL
    assert granted(index, "bob", "acme/apple") == WRITE
    assert command(index, "team", "members", "acme", "builders") == ["bob"]
    command(index, "team", "delete", "acme", "builders")
    assert granted(index, "bob", "acme/app") == ""
    assert command(index, "collaborator", "list", "acme") == []


def test_who_may_pull_by_visibility(index):
    pushed(index, "alice/app")
    for visibility, pullers in (("public", ("bob", "root1", None)),
                                ("unlisted", ("bob", "root1", None)),
                                ("internal", ("bob", "root1")),
                                ("private", ())):
        index.worker.set_visibility("alice/app", visibility)
        assert command(index, "repository", "list") == [
            "alice/app %s alice stored" % visibility]
        for login in ("bob", "root1", None):
            assert granted(index, login, "alice/app") == (
                "pull" if login in pullers else ""), (visibility, login)
        assert granted(index, "alice", "alice/app") == ALL


def test_new_repositories_begin_as_their_namespace_says(index):
    for visibility in ("public", "unlisted", "internal", "private"):
        command(index, "namespace", "set-visibility", "alice", visibility)
        pushed(index, "alice/" + visibility)
    assert command(index, "repository", "list") == [
        "alice/%s %s alice stored" % (v, v)
        for v in ("internal", "private", "public", "unlisted")]


def test_less_rights_revoke_tokens(index):
    """And no other tokens."""
    pushed(index, "acme/app")
    command(index, "member", "set", "acme", "bob", "member")
    command(index, "team", "add", "acme", "builders")
    others = [index.token("alice", "repository:alice/app:pull"),
              index.token("bob", "repository:bob/app:pull"),
              index.token("carol", "repository:acmeb/app:pull")]
    team = ("collaborator", "set", "acme/*", "team:builders", "write")
    join = ("team", "add-member", "acme", "builders", "bob")
    for before, change in (
            ((), ("namespace", "set", "acme", "--base-role", "none")),
            ((join, team), ("team", "remove-member", "acme", "builders",
                            "bob")),
            ((join,), ("collaborator", "set", "acme/*", "team:builders",
                       "read")),
            ((team,), ("collaborator", "remove", "acme/*", "team:builders")),
            ((team,), ("team", "delete", "acme", "builders")),
            ((("collaborator", "set", "acme/app", "bob", "write"),),
             ("collaborator", "set", "acme/app", "bob", "read")),
            ((), ("collaborator", "remove", "acme/app", "bob")),
            ((("namespace", "set", "acme", "--base-role", "read"),),
             ("member", "remove", "acme", "bob"))):
        for words in before:
            command(index, *words)
        token = index.token("bob", "repository:acme/app:" + ALL)
        assert index.grants(token)["repository:acme/app"] != "", change
        command(index, *change)
        assert ends(index, token), change
    assert all(index.verdict(token).status == 200 for token in others)


def test_more_rights_leave_tokens_in_force(index):
    command(index, "member", "set", "acme", "bob", "member")
    token = index.token("bob", "repository:acme/app:" + ALL)
    command(index, "collaborator", "set", "acme/*", "bob", "write")
    command(index, "collaborator", "set", "acme/*", "bob", "admin")
    assert index.verdict(token).status == 200
    assert granted(index, "bob", "acme/app") == ALL


def test_a_member_that_goes_keeps_nothing(index):
    pushed(index, "acme/app")
    command(index, "member", "set", "acme", "bob", "member")
    command(index, "team", "add", "acme", "builders")
    command(index, "team", "add-member", "acme", "builders", "bob")
    command(index, "collaborator", "set", "acme/*", "team:builders", "admin")
    command(index, "collaborator", "set", "acme/app", "bob", "admin")
    assert act(index, "bob", "remove", "acme", "bob") == "ok"
    assert granted(index, "bob", "acme/app") == ""
    command(index, "member", "set", "acme", "bob", "member")
    assert granted(index, "bob", "acme/app") == "pull"


def test_an_organization_keeps_an_owner(index):
    for words in (("member", "set", "acme", "alice", "member"),
                  ("member", "remove", "acme", "alice")):
        assert "keeps an owner" in index.complaint(*words)
    command(index, "member", "set", "acme", "bob", "owner")
    command(index, "member", "remove", "acme", "alice")
    assert granted(index, "alice", "acme/app") == ""


MISTAKES = [
    (("organization", "add", "acme", "bob"), "there is a namespace acme"),
    (("organization", "add", "bob", "alice"), "there is an account bob"),
    (("organization", "add", "a.b", "bob"), "looks like the host"),
    (("organization", "add", "localhost", "bob"), "looks like the host"),
    (("organization", "add", "A", "bob"), "a name has 2 to 64 bytes"),
    (("organization", "add", "other", "unknown"),
     "there is no account unknown"),
    (("account", "add", "a.b"), "looks like the host"),
    (("account", "add", "localhost"), "looks like the host"),
    (("account", "add", "acme"), "belongs to another account"),
    (("organization", "delete", "alice"), "is no organization"),
    (("member", "set", "alice", "bob", "member"), "is no organization"),
    (("team", "add", "alice", "builders"), "is no organization"),
    (("namespace", "set", "alice", "--base-role", "read"),
     "only an organization has members"),
    (("namespace", "set-owner", "acme", "bob"), "owners among its members"),
    (("team", "members", "acme", "none"), "there is no team none"),
    (("member", "list", "none"), "there is no namespace none"),
    (("collaborator", "set", "acme/a**", "bob", "read"), "a pattern is"),
    (("collaborator", "set", "acme/none", "bob", "read"),
     "there is no repository acme/none"),
    (("collaborator", "remove", "acme/*", "bob"), "there is no such role"),
    (("collaborator", "set", "acme/*", "team:none", "read"),
     "there is no team none"),
]


def test_mistakes_are_named(index):
    for words, says in MISTAKES:
        assert says in index.complaint(*words, stdin="password\n")


def test_an_ownerless_namespace_becomes_an_organization(index):
    pushed(index, "ubuntu/app")
    token = index.token("root1", "repository:ubuntu/app:pull")
    assert act(index, "bob", "make-organization", "ubuntu") == (
        "taken name there is a namespace ubuntu")
    command(index, "organization", "add", "ubuntu", "bob")
    assert ends(index, token)
    assert granted(index, "root1", "ubuntu/app") == ""
    assert granted(index, "bob", "ubuntu/app") == ALL
    assert "there are repositories" in index.complaint(
        "organization", "delete", "ubuntu")
    command(index, "organization", "delete", "acme")
    assert not [line for line in command(index, "namespace", "list")
                if line.startswith("acme")]


def test_lists_are_json(index):
    pushed(index, "acme/app")
    command(index, "team", "add", "acme", "builders")
    command(index, "team", "add-member", "acme", "builders", "alice")
    command(index, "collaborator", "set", "acme/x*", "team:builders", "read")

    def first(*words):
        return json.loads(command(index, *words, "--json")[0])

    assert first("member", "list", "acme").items() >= {
        "login": "alice", "role": "owner"}.items()
    assert first("team", "list", "acme")["name"] == "builders"
    assert first("team", "members", "acme", "builders") == {"login": "alice"}
    assert first("collaborator", "list", "acme").items() >= {
        "repository": None, "pattern": "x*", "login": None,
        "team": "builders", "role": "read"}.items()
    assert first("namespace", "list").items() >= {
        "name": "acme", "kind": "organization", "owner": None,
        "base_role": "read", "writers_delete": False}.items()


def test_accounts_change_what_they_may(index):
    """By the models, as the API calls them: one that may not know of a thing
    hears that it is not there."""
    pushed(index, "acme/app", "bob/app")
    assert act(index, "bob", "make-organization", "bobs") == "ok"
    assert act(index, "bob", "member", "bobs", "carol", "owner").startswith(
        "not_found login carol is no member")
    command(index, "member", "set", "acme", "carol", "member")
    stranger = "not_found - there is no namespace acme"
    member = "forbidden - only an owner of the namespace may do that"
    for words in (("base-role", "acme", "admin"), ("unmake-organization",
                                                   "acme"),
                  ("member", "acme", "bob", "owner"), ("team", "acme", "them"),
                  ("role", "acme", "bob", "*", "admin"),
                  ("invite", "acme", "bob", "owner"),
                  ("remove", "acme", "alice")):
        assert act(index, "bob", *words) == stranger
        assert act(index, "root1", *words) == stranger
        assert act(index, "carol", *words) == member
    assert act(index, "bob", "visibility", "acme/app", "public") == (
        "not_found - there is no repository acme/app")
    assert act(index, "carol", "visibility", "acme/app", "public") == (
        "forbidden - only an admin of the repository may do that")
    assert act(index, "alice", "role", "acme", "carol", "acme/app",
               "admin") == "ok"
    assert act(index, "carol", "visibility", "acme/app", "public") == "ok"
    assert act(index, "carol", "role", "acme", "bob", "acme/app", "write") == (
        "conflict login bob is no member of acme: send an invitation")
    assert granted(index, "bob", "acme/app") == "pull"
    command(index, "collaborator", "set", "acme/app", "bob", "read")
    assert act(index, "carol", "role", "acme", "bob", "acme/app",
               "write") == "ok"
    assert granted(index, "bob", "acme/app") == WRITE
    assert act(index, "carol", "role", "acme", "bob", "*", "read") == member
    assert act(index, "carol", "role", "bob", "alice", "acme/app",
               "read").startswith("invalid repository")
    assert act(index, "bob", "visibility", "bob/none", "public") == (
        "not_found - there is no repository bob/none")
    assert audited(index)[-4:] == ["role.set", "repository.visibility",
                                   "role.set", "role.set"]


def test_invitations_grant_nothing_before_they_are_accepted(index):
    def offers():
        return [row[0] for row in index.worker.database.sql(
            "SELECT id FROM invitation ORDER BY id")]

    pushed(index, "acme/app")
    assert act(index, "alice", "invite", "acme", "bob", "member") == "ok"
    assert act(index, "alice", "offer", "acme", "carol", "acme/app",
               "write") == "ok"
    assert granted(index, "bob", "acme/app") == ""
    assert granted(index, "carol", "acme/app") == ""
    bobs, carols = offers()
    for login, verb in (("carol", "accept"), ("carol", "decline"),
                        ("root1", "accept")):
        assert act(index, login, verb, bobs) == (
            "not_found - there is no such invitation")
    assert act(index, "alice", "accept", bobs).startswith("forbidden")
    assert act(index, "bob", "accept", bobs) == "ok"
    assert granted(index, "bob", "acme/app") == "pull"
    assert act(index, "bob", "accept", bobs).startswith("not_found")
    assert act(index, "carol", "accept", carols) == "ok"
    assert granted(index, "carol", "acme/app") == WRITE
    assert granted(index, "carol", "acme/other") == ""
    act(index, "alice", "offer", "acme", "carol", "x*", "admin")
    assert act(index, "alice", "decline", offers()[0]) == "ok"
    act(index, "alice", "offer", "acme", "carol", "x*", "admin")
    [last] = offers()
    index.worker.database.sql("UPDATE invitation SET expires_at = 1")
    assert act(index, "carol", "accept", last).startswith("not_found")
    assert granted(index, "carol", "acme/xy") == ""


def test_the_catalogue_lists_what_may_be_pulled(index):
    """But for unlisted ones of others; page by page too."""
    visibilities = ("public", "unlisted", "internal", "private")
    names = []
    command(index, "organization", "add", "none", "alice")
    command(index, "namespace", "set", "none", "--base-role", "none")
    for namespace in ("acme", "alice", "none", "ubuntu"):
        for visibility in visibilities:
            for part in ("", "team/"):
                names.append("%s/%s%s" % (namespace, part, visibility))
    pushed(index, "none", *names)
    for name in names:
        index.worker.set_visibility(name, name.rsplit("/", 1)[1])
    command(index, "member", "set", "acme", "bob", "member")
    command(index, "member", "set", "none", "bob", "member")
    command(index, "team", "add", "none", "builders")
    command(index, "team", "add-member", "none", "builders", "bob")
    command(index, "collaborator", "set", "none/team/*", "team:builders",
            "read")
    command(index, "collaborator", "set", "none/private", "bob", "write")
    command(index, "collaborator", "set", "alice/*", "carol", "read")
    names.append("none")

    def listed(login, query=""):
        headers = [("X-Account", login)] if login else []
        answer = index.client.get("/catalog" + query, headers)
        assert answer.status == 200
        return answer.json()["repositories"]

    def pulled(login):
        scopes = ["repository:%s:pull" % name for name in names]
        grants = index.grants(index.token(login, *scopes))
        return {name for name in names if grants["repository:" + name]}

    for login in ("alice", "bob", "carol", "root1", None):
        unlisted = {name for name in names if name.endswith("unlisted")}
        mine = {"alice": {"acme", "alice", "none"}, "bob": {"acme"},
                "carol": {"alice"}, "root1": {"ubuntu"}}.get(login, set())
        hidden = {name for name in unlisted
                  if name.split("/")[0] not in mine
                  and not (login == "bob" and name.startswith("none/team/"))}
        all_ = listed(login, "?n=100")
        assert set(all_) == pulled(login) - hidden, login
        pages = []
        while True:
            page = listed(login, "?n=3&last=" + (pages[-1] if pages else ""))
            if not page:
                break
            pages += page
        assert pages == all_, login


def runs(index, text):
    database = index.worker.database
    return database.sql(
        "SELECT 1 FROM information_schema.PROCESSLIST WHERE db = '%s'"
        " AND info LIKE '%s%%'" % (database.name, text)) != []


def test_a_token_waits_for_a_change_and_sees_it(index):
    """Roles are read without locks: they must be those of after the wait."""
    command(index, "member", "set", "acme", "bob", "member")
    command(index, "collaborator", "set", "acme/*", "bob", "admin")
    made = []
    asking = threading.Thread(target=lambda: made.append(
        granted(index, "bob", "acme/app")))
    session = SqlSession(index.worker.database)
    session.run("START TRANSACTION; UPDATE namespace SET revision = revision"
                " + 1 WHERE name = 'acme'; DELETE FROM access;"
                " DELETE FROM namespace_member WHERE NOT is_owner")
    asking.start()
    wait_until(lambda: runs(index, "SELECT n.id AS namespace_id"), 60,
               "the token to wait")
    session.run("COMMIT")
    session.end()
    asking.join()
    assert made == [""]


def test_a_change_waits_for_a_token_and_revokes_it(index):
    command(index, "member", "set", "acme", "bob", "member")
    made = []
    asking = threading.Thread(target=lambda: made.append(
        index.token("bob", "repository:acme/app:pull")))
    session = SqlSession(index.worker.database)
    session.run("LOCK TABLES token READ")
    asking.start()
    wait_until(lambda: runs(index, "INSERT INTO token "), 60,
               "the token to wait")
    removing = threading.Thread(target=lambda: command(
        index, "member", "remove", "acme", "bob"))
    removing.start()
    wait_until(lambda: runs(index, "SELECT id, account_id, kind"), 60,
               "the change to wait")
    session.run("UNLOCK TABLES")
    session.end()
    asking.join()
    removing.join()
    assert ends(index, made[0])


def test_a_database_of_before_is_migrated(index):
    """And a program of before may go on writing into it."""
    database = index.worker.database
    old = database.server.sql
    old("CREATE DATABASE before_rights")
    for _, _, steps in schema.migrations()[:4]:
        old(";\n".join(steps), "before_rights")
    old("CREATE TABLE schema_version (version INT UNSIGNED NOT NULL"
        " PRIMARY KEY, applied_at BIGINT NOT NULL);"
        "INSERT INTO schema_version VALUES (4, 1);"
        "INSERT INTO account (id, login, password_hash, created_at)"
        " VALUES (1, 'dora', 'x', 1);"
        "INSERT INTO namespace (id, name, account_id, created_at)"
        " VALUES (1, 'dora', 1, 1), (2, 'ubuntu', NULL, 1);"
        "INSERT INTO repository (namespace_id, name, is_private, created_at)"
        " VALUES (1, 'dora/a', TRUE, 1), (1, 'dora/b', FALSE, 1)",
        "before_rights")
    env = {**index.worker._env, "SLIPWAY_DB_NAME": "before_rights"}

    def run(*words):
        return subprocess.run([index.worker._argv[0], *words], env=env,
                              check=True, text=True,
                              capture_output=True).stdout.splitlines()

    assert "applied 0005_rights.sql" in run("migrate")
    old("INSERT INTO repository (namespace_id, name, is_private, created_at)"
        " VALUES (1, 'dora/c', TRUE, 1), (1, 'dora/d', FALSE, 1)",
        "before_rights")
    assert [line.split()[:3] for line in run("repository", "list")] == [
        ["dora/a", "private", "dora"], ["dora/b", "public", "dora"],
        ["dora/c", "private", "dora"], ["dora/d", "public", "dora"]]
    run("repository", "set-visibility", "dora/d", "unlisted")
    assert old("SELECT is_private FROM repository WHERE name = 'dora/d'",
               "before_rights") == [["1"]]
    assert [line.split() for line in run("namespace", "list")] == [
        ["dora", "private", "dora"], ["ubuntu", "private", "-"]]
