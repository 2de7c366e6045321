"""Robots: made for a namespace or a repository, used for docker and the API,
deleted."""

import json
import re

import pytest

from testenv import House
from testenv.api import ApiHouse, encoded

PATH = "/namespaces/alice/robots"


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", "carol", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def make(api, name, role="write", **fields):
    answer = api.person("alice").post(PATH, dict(fields, name=name, role=role))
    assert answer.status == 201, answer
    return answer.json


def grants(api, login, secret, *scopes):
    """{name: actions} of a token that docker buys; None where it gets none."""
    answer = api.registry.ask_token(scopes, login, secret)
    if answer.status != 200:
        return None
    verdict = api.registry.get("/verdict", [
        ("Authorization", "Bearer " + answer.json()["token"])])
    if verdict.status != 200:
        return None
    return dict(re.findall(r"^grant repository:(\S+):(\S*)$",
                           verdict.body.decode(), re.M))


def test_a_robot_pushes_and_pulls(api):
    made = make(api, "ci", description="Jenkins")
    assert made["login"] == "alice+ci"
    assert re.fullmatch(r"slr_[0-9A-Za-z]{36}", made["secret"])
    assert grants(api, "alice+ci", made["secret"],
                  "repository:alice/app:pull,push,delete",
                  "repository:bob/app:pull,push") == {
        "alice/app": "pull,push", "bob/app": ""}
    shown = api.person("alice").get(PATH + "/ci").json
    assert shown["used_at"] is not None
    assert shown["description"] == "Jenkins"
    assert "secret" not in shown


def test_it_may_do_what_its_maker_says(api):
    made = make(api, "reader", role="read", repositories=["app", "lib-*"])
    assert grants(api, made["login"], made["secret"],
                  "repository:alice/app:pull,push",
                  "repository:alice/lib-a:pull",
                  "repository:alice/other:pull") == {
        "alice/app": "pull", "alice/lib-a": "pull", "alice/other": ""}


def test_roles_elsewhere_are_no_use_to_it(api):
    made = make(api, "abroad")
    api.worker.command("collaborator", "set", "bob/*", made["login"], "write")
    assert grants(api, made["login"], made["secret"],
                  "repository:bob/app:pull,push",
                  "repository:alice/app:pull,push") == {
        "bob/app": "", "alice/app": "pull,push"}


def test_its_secret_ends_when_its_maker_says(api):
    def seconds_left(made):
        return api.sql("SELECT t.expires_at - UNIX_TIMESTAMP()"
                       " FROM access_token t JOIN account a"
                       " ON a.id = t.account_id WHERE a.login = '%s'"
                       % made["login"])[0][0]

    assert make(api, "lasting")["expires_at"] is None
    made = make(api, "brief", expires_in_days=2)
    assert made["expires_at"] is not None
    assert 86400 < int(seconds_left(made)) <= 2 * 86400
    api.person("alice").post(PATH + "/brief/rotation", {"expires_in_days": 4})
    assert 3 * 86400 < int(seconds_left(made)) <= 4 * 86400


def test_it_has_no_password_and_no_pages(api):
    made = make(api, "quiet")
    for password in ("", "x", made["secret"]):
        answer = api.anonymous.post("/session", {"login": made["login"],
                                                 "password": password or "y"})
        assert answer.status == 401
    client = api.bearer(made["secret"])
    assert client.get("/session").json["login"] == made["login"]
    for answer in (client.get("/access-tokens"),
                   client.put("/account/password", {
                       "current_password": "x", "new_password": "long enough"
                   })):
        assert answer.code == "insufficient_scope"


def test_it_makes_no_robots(api):
    made = make(api, "boss", role="admin")
    answer = api.bearer(made["secret"]).post(PATH, {"name": "other",
                                                    "role": "admin"})
    assert answer.status in (403, 404)


@pytest.mark.parametrize("login", ["alice", "bob", "alice+x", "ci"])
def test_its_secret_is_for_its_own_login(api, login):
    made = make(api, "login-" + login.replace("+", "-"))
    assert grants(api, login, made["secret"]) is None


@pytest.mark.parametrize("fields, field", [
    ({"name": "A"}, "name"), ({"name": "a+b"}, "name"),
    ({"name": "x" * 60}, "name"), ({"role": "owner"}, "role"),
    ({"role": None}, "role"), ({"repositories": []}, "repositories"),
    ({"repositories": ["A"]}, "repositories"),
    ({"description": "a\nb"}, "description"), ({"robot_of": 1}, "robot_of")])
def test_bad_fields_make_none(api, fields, field):
    answer = api.person("alice").post(PATH, dict(
        {"name": "new", "role": "read"}, **fields))
    assert (answer.status, answer.field) == (422, field)


def test_a_name_is_taken_once(api):
    make(api, "twice")
    answer = api.person("alice").post(PATH, {"name": "twice", "role": "read"})
    assert (answer.status, answer.code) == (409, "already_exists")


def test_rotation(api):
    made = make(api, "rotated")
    new = api.person("alice").post(PATH + "/rotated/rotation",
                                   {"grace_hours": 1}).json
    for secret in (made["secret"], new["secret"]):
        assert grants(api, "alice+rotated", secret) == {}
    api.person("alice").post(PATH + "/rotated/rotation", {"grace_hours": 0})
    for secret in (made["secret"], new["secret"]):
        assert grants(api, "alice+rotated", secret) is None


def test_deleted_is_gone_and_its_name_free(api):
    made = make(api, "gone")
    token = api.registry.ask_token(
        ["repository:alice/app:pull"], made["login"],
        made["secret"]).json()["token"]
    alice = api.person("alice")
    assert alice.delete(PATH + "/gone").status == 204
    assert api.registry.get("/verdict", [
        ("Authorization", "Bearer " + token)]).status == 403
    assert grants(api, "alice+gone", made["secret"]) is None
    assert alice.get(PATH + "/gone").status == 404
    again = make(api, "gone", role="read")
    assert grants(api, "alice+gone", again["secret"],
                  "repository:alice/app:pull,push") == {"alice/app": "pull"}


def test_robots_are_no_accounts_of_people(api):
    make(api, "listed")
    items = api.person("alice").every(PATH, limit=1)
    assert "alice+listed" in [item["login"] for item in items]
    logins = [i["login"] for i in api.person("root").every("/accounts")]
    assert not any("+" in login for login in logins)


def test_another_namespace_has_none_of_them(api):
    make(api, "mine")
    bob = api.person("bob")
    assert bob.get("/namespaces/bob/robots").items == []
    assert bob.get("/namespaces/bob/robots/mine").status == 404
    assert bob.get(PATH).status == 404


def test_an_organization_takes_its_robots_along(api):
    api.worker.command("organization", "add", "acme", "alice")
    alice, path = api.person("alice"), "/namespaces/acme/robots"
    made = alice.post(path, {"name": "ci", "role": "read"}).json
    assert grants(api, "acme+ci", made["secret"]) == {}
    api.worker.command("organization", "delete", "acme")
    assert grants(api, "acme+ci", made["secret"]) is None
    api.worker.command("organization", "add", "acme", "alice")
    assert alice.get(path).items == []
    assert alice.post(path, {"name": "ci", "role": "read"}).status == 201


def test_a_robot_is_edited(api):
    made = make(api, "edited", description="before")
    alice, path = api.person("alice"), PATH + "/edited"
    first = alice.get(path)
    assert alice.patch(path, {"description": "x"}).status == 428
    answer = alice.patch(path, {"description": "after", "expires_in_days": 3},
                         [("If-Match", first.header("ETag"))])
    assert answer.status == 200, answer
    assert answer.json["description"] == "after"
    assert answer.json["expires_at"] is not None
    assert alice.patch(path, {"description": "late"}, [
        ("If-Match", first.header("ETag"))]).status == 412
    assert alice.edit(path, {"expires_in_days": None}).json[
        "expires_at"] is None
    assert alice.get(path).json["description"] == "after"
    assert grants(api, made["login"], made["secret"],
                  "repository:alice/app:pull") == {"alice/app": "pull"}
    assert api.sql("SELECT COUNT(*) FROM audit WHERE action = 'robot.edit'"
                   " AND target = 'alice+edited'") == [["2"]]


def test_a_disabled_robot_has_no_rights_at_once(api):
    made = make(api, "off")
    alice, path = api.person("alice"), PATH + "/off"
    bought = api.registry.ask_token(
        ["repository:alice/app:pull"], made["login"],
        made["secret"]).json()["token"]
    bearer = [("Authorization", "Bearer " + bought)]
    assert api.registry.get("/verdict", bearer).status == 200
    assert alice.edit(path, {"is_disabled": True}).json["is_disabled"] is True
    assert api.registry.get("/verdict", bearer).status == 403
    assert grants(api, made["login"], made["secret"],
                  "repository:alice/app:pull") is None
    assert alice.edit(path, {"is_disabled": False}).json["is_disabled"] is False
    assert grants(api, made["login"], made["secret"],
                  "repository:alice/app:pull") == {"alice/app": "pull"}


def test_an_owner_does_not_enable_what_the_operator_disabled(api):
    made = make(api, "held")
    alice, path, command = (api.person("alice"), PATH + "/held",
                            api.worker.command)
    scope = "repository:alice/app:pull"
    assert alice.edit(path, {"is_disabled": True}).status == 200
    command("robot", "disable", "alice", "held")
    answer = alice.edit(path, {"is_disabled": False, "description": "mine"})
    assert (answer.status, answer.code) == (403, "forbidden")
    assert "the operator disabled alice+held" in answer.json["detail"]
    assert alice.get(path).json["description"] != "mine"
    assert grants(api, made["login"], made["secret"], scope) is None
    assert alice.edit(path, {"description": "still mine"}).status == 200
    command("robot", "enable", "alice", "held")
    assert grants(api, made["login"], made["secret"], scope) == {
        "alice/app": "pull"}
    for is_disabled in (True, False):
        assert alice.edit(path, {"is_disabled": is_disabled}).status == 200


# --- of one repository --------------------------------------------------------

@pytest.fixture
def of_repository(api):
    """(the path of the robots of a repository of alice's, its name); bob is its
    admin, and carol may write."""
    name = "alice/own%d" % len(api.person("alice").every(
        "/namespaces/alice/repositories"))
    command = api.worker.command
    assert api.person("alice").post("/repositories",
                                    {"name": name}).status == 201
    command("collaborator", "set", name, "bob", "admin")
    command("collaborator", "set", name, "carol", "write")
    return "/repositories/" + encoded(name) + "/robots", name


def test_an_admin_of_a_repository_makes_robots_of_it(api, of_repository):
    path, name = of_repository
    login = name.replace("/", "+")
    bob = api.person("bob")
    answer = bob.post(path, {"name": login[6:], "role": "write"})
    assert answer.status == 201, answer
    made = answer.json
    assert (made["login"], made["repository"]) == (login, name)
    assert answer.header("Location") == "/api/v1" + path + "/" + made["name"]
    assert grants(api, login, made["secret"],
                  "repository:%s:pull,push,delete" % name,
                  "repository:alice/app:pull,push",
                  "repository:%s/below:pull" % name) == {
        name: "pull,push", "alice/app": "", name + "/below": ""}
    assert [item["login"] for item in bob.every(path, limit=1)] == [login]
    one = path + "/" + made["name"]
    assert bob.edit(one, {"description": "Jenkins"}).json[
        "description"] == "Jenkins"
    new = bob.post(one + "/rotation", {"grace_hours": 0}).json["secret"]
    assert grants(api, login, made["secret"]) is None
    assert grants(api, login, new) == {}
    assert bob.edit(one, {"is_disabled": True}).status == 200
    assert grants(api, login, new) is None
    assert bob.delete(one).status == 204
    assert bob.get(one).status == 404
    assert api.sql("SELECT a.action, r.name FROM audit a JOIN repository r"
                   " ON r.id = a.repository_id WHERE a.target = '%s'"
                   " AND a.action LIKE 'robot%%' ORDER BY a.id" % login) == [
        ["robot." + word, name] for word in (
            "create", "edit", "rotate", "edit", "delete")]


def test_its_rights_end_at_its_repository(api, of_repository):
    path, name = of_repository
    made = api.person("bob").post(path, {"name": name[6:], "role": "admin"}).json
    command = api.worker.command
    command("collaborator", "set", "alice/*", made["login"], "admin")
    assert grants(api, made["login"], made["secret"],
                  "repository:%s:pull,push,delete" % name,
                  "repository:alice/app:pull,push") == {
        name: "pull,push,delete", "alice/app": ""}
    client = api.bearer(made["secret"])
    assert client.get(path[:-len("/robots")]).json["name"] == name
    assert client.get("/repositories/alice%2Fapp").status in (403, 404)
    assert client.get(PATH).status in (403, 404)


def test_a_robot_makes_no_robots_and_does_not_prolong_its_secret(
        api, of_repository):
    path, name = of_repository
    made = api.person("bob").post(path, {
        "name": name[6:], "role": "admin", "expires_in_days": 1}).json
    robot, one = api.bearer(made["secret"]), path + "/" + name[6:]
    assert robot.get(one).status == 200
    for answer in (
            robot.post(path, {"name": "heir", "role": "admin"}),
            robot.edit(one, {"expires_in_days": 365}),
            robot.post(one + "/rotation", {}), robot.delete(one)):
        assert (answer.status, answer.code) == (403, "forbidden"), answer
    assert [item["expires_at"] for item in api.person("bob").every(path)] == [
        made["expires_at"]]


def test_robots_of_a_repository_are_its_admins(api, of_repository):
    path, name = of_repository
    alice, bob, carol = (api.person(login) for login in (
        "alice", "bob", "carol"))
    robot = name[6:]
    assert bob.post(path, {"name": robot, "role": "read"}).status == 201
    make(api, "whole")
    # the owner of the namespace sees and manages both kinds
    shown = {item["name"]: item["repository"] for item in alice.every(PATH)}
    assert (shown[robot], shown["whole"]) == (name, None)
    assert alice.edit(PATH + "/" + robot, {"description": "x"}).status == 200
    # the path of the repository has its own only
    assert [item["name"] for item in bob.every(path)] == [robot]
    for answer in (bob.get(path + "/whole"), bob.delete(path + "/whole"),
                   bob.post(path + "/whole/rotation", {}),
                   bob.patch(path + "/whole", {"is_disabled": True},
                             [("If-Match", "*")]),
                   bob.get(PATH), bob.delete(PATH + "/" + robot)):
        assert answer.status == 404, answer
    for answer in (carol.get(path), carol.delete(path + "/" + robot),
                   carol.post(path, {"name": "carols", "role": "read"})):
        assert answer.status == 403, answer
    # names are the namespace's
    answer = bob.post(path, {"name": "whole", "role": "read"})
    assert (answer.status, answer.code) == (409, "already_exists")
    answer = bob.post(path, {"name": "more", "role": "read",
                             "repositories": ["app"]})
    assert (answer.status, answer.field) == (422, "repositories")


def test_one_of_another_repository_is_not_there(api, of_repository):
    path, name = of_repository
    alice = api.person("alice")
    assert alice.post("/repositories", {"name": "alice/second"}).status in (
        201, 409)
    assert alice.post(path, {"name": name[6:], "role": "read"}).status == 201
    other = "/repositories/alice%2Fsecond/robots"
    assert alice.get(other + "/" + name[6:]).status == 404
    assert alice.delete(other + "/" + name[6:]).status == 404
    assert alice.every(other) == []


def test_commands_for_robots_of_a_repository(api, of_repository):
    _, name = of_repository
    command, robot = api.worker.command, name[6:]
    made = json.loads(command("robot", "add", name, robot, "write", "--json"))
    assert grants(api, made["login"], made["secret"],
                  "repository:%s:pull,push" % name,
                  "repository:alice/app:pull") == {
        name: "pull,push", "alice/app": ""}
    line = command("robot", "list", name).split()
    assert line[0] == made["login"] and name in line
    command("robot", "set", name, robot, "--description", "x")
    new = json.loads(command("robot", "rotate", name, robot, "--grace-hours",
                             "0", "--json"))
    assert grants(api, made["login"], made["secret"]) is None
    command("robot", "disable", name, robot)
    assert grants(api, made["login"], new["secret"]) is None
    command("robot", "enable", name, robot)
    assert json.loads(command("robot", "show", name, robot, "--json"))[
        "repository"] == name
    command("robot", "delete", name, robot)
    assert command("robot", "list", name) == ""


def test_a_namespaces_robot_is_none_of_a_repository(api, of_repository):
    _, name = of_repository
    made = make(api, "outside-" + name[6:])
    for words in (("show",), ("delete",), ("rotate",), ("disable",)):
        argv = ["robot", *words, name, made["name"]]
        assert "there is no robot" in api.worker.fails(*argv)
    assert "--repositories is for a robot of a namespace" in (
        api.worker.fails("robot", "add", name, "x1", "read",
                         "--repositories", "app", status=2))
