"""Wrong passwords in the audit log, and its export."""

import json
import time

import pytest

from testenv import House
from testenv.api import LINES, ApiHouse
from testenv.client import basic

FROM = "192.0.2.7"


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", admins=["root"])
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def listed(api, *words):
    return [json.loads(line) for line in api.worker.command(
        "audit", "list", "--json", *words).splitlines()]


def failures(api, target):
    return [one for one in listed(api, "--action", "session.fail")
            if one["target"] == target]


def test_wrong_passwords_are_one_event_with_their_number(api):
    forwarded = [("X-Forwarded-For", FROM)]
    for n in range(2):
        answer = api.anonymous.post("/session", {
            "login": "bob", "password": "wrong-%d" % n}, forwarded)
        assert answer.status == 401
    answer = api.registry.get("/token", forwarded + basic("bob:wrong-docker"))
    assert answer.status == 401
    found = failures(api, "bob")
    # ten minutes may have ended in between
    assert len(found) <= 2 and sum(one["count"] for one in found) == 3
    for one in found:
        assert (one["actor"], one["actor_kind"], one["address"]) == (
            "", "anonymous", FROM)
        assert one["at"] <= one["last_at"]
    shown = [item for item in api.person("root").every("/audit-events")
             if (item["action"], item["target"]) == ("session.fail", "bob")]
    assert sum(item["count"] for item in shown) == 3


def test_another_address_is_another_event(api):
    for n in range(3):
        api.anonymous.post("/session", {"login": "alice", "password": "wrong"},
                           [("X-Forwarded-For", "192.0.2.%d" % (20 + n))])
    assert {one["address"] for one in failures(api, "alice")} == {
        "192.0.2.20", "192.0.2.21", "192.0.2.22"}


def test_what_is_no_login_is_not_written(api):
    """It may be a password."""
    api.anonymous.post("/session", {"login": "My Password!", "password": "x"})
    assert "My Password" not in str(api.sql("SELECT * FROM audit"))
    assert failures(api, "")


def test_the_export_has_filters(api):
    alice = api.person("alice")
    alice.edit("/account", {"display_name": "A"})
    bob = api.person("bob")
    bob.edit("/account", {"display_name": "B"})
    assert [(one["actor"], one["target"]) for one in listed(
        api, "--action", "account.edit")] == [
        ("alice", "alice"), ("bob", "bob")]
    assert {one["actor"] for one in listed(api, "--actor", "bob")} == {"bob"}
    api.sql("UPDATE audit SET at = at - 3 * 86400 WHERE actor = 'bob'")
    assert listed(api, "--actor", "bob", "--days", "2") == []
    ids = [one["id"] for one in listed(api)]
    assert ids == sorted(ids) and len(ids) >= 4
    assert "no action" in api.worker.fails("audit", "list", "--action", "x")
    lines = api.worker.command("audit", "list", "--actor", "alice")
    assert " alice " in lines and "account.edit alice 1" in lines


def test_pages_are_there_as_lines(api):
    """For programs that keep the log: the same events, an object a line."""
    root = api.person("root")
    root.edit("/account", {"display_name": "R"})
    items = root.every("/audit-events")
    assert len(items) > 2
    lines, path = [], "/audit-events?limit=2"
    while path is not None:
        answer = root.request("GET", path, None, [("Accept", LINES)])
        assert answer.status == 200, answer
        assert answer.header("Content-Type") == LINES
        assert answer.body.endswith(b"\n")
        page = [json.loads(line) for line in answer.body.splitlines()]
        assert len(page) <= 2
        lines, path = lines + page, answer.next
    assert lines == items
    for accept, kind in (
            ("application/json", "application/json"), ("*/*", "application/json"),
            ("text/plain, application/X-NDJSON;q=0.5", LINES)):
        answer = root.request("GET", "/audit-events", None,
                              [("Accept", accept)])
        assert answer.header("Content-Type") == kind
    # no other list has them
    answer = root.request("GET", "/access-tokens", None, [("Accept", LINES)])
    assert answer.header("Content-Type") == "application/json"
    bob = api.person("bob").request("GET", "/audit-events", None,
                                    [("Accept", LINES)])
    assert {json.loads(line)["actor"] for line in bob.body.splitlines()} <= {
        "bob"}


def test_old_rows_go_where_only_tokens_are_asked_for(house):
    api = ApiHouse(house, "alice", SLIPWAY_AUDIT_DAYS="30", processes=1)
    api.sql("INSERT INTO audit (at, actor, actor_kind, address, action, target,"
            " data) VALUES (UNIX_TIMESTAMP() - 31 * 86400, 'x', 'x', '', 'x',"
            " '', '{}')")
    assert api.registry.ask_token([], "alice",
                                  api.password("alice")).status == 200
    assert api.sql("SELECT 1 FROM audit WHERE actor = 'x'") == []


# --- the list's filters -----------------------------------------------------

def listed_by(api, **query):
    return api.person("root").every("/audit-events", limit=2, **query)


def test_the_list_has_filters(api):
    alice = api.person("alice")
    alice.edit("/account", {"display_name": "filtered"})
    made = alice.post("/access-tokens", {"name": "of filters",
                                         "actions": ["pull"]})
    assert made.status == 201
    edits = listed_by(api, action="account.edit", actor="alice")
    assert edits and {(i["action"], i["actor"]) for i in edits} == {
        ("account.edit", "alice")}
    made = alice.post("/namespaces/alice/robots", {
        "name": "audited", "role": "admin"}).json
    robot = api.bearer(made["secret"])
    assert alice.post("/repositories", {"name": "alice/by-robot"}).status == 201
    assert robot.edit("/repositories/alice%2Fby-robot",
                      {"description": "x"}).status == 200
    assert [(i["action"], i["target"]) for i in listed_by(
        api, actor="alice+audited")] == [("repository.edit", "alice/by-robot")]
    everyones = listed_by(api, action="account.edit")
    assert {i["actor"] for i in everyones} >= {"alice", "bob"}
    found = listed_by(api, target="lic")
    assert found and all("lic" in i["target"] for i in found)
    assert listed_by(api, target="l%c") == []
    addresses = listed_by(api, address=FROM)
    assert addresses and {i["address"] for i in addresses} == {FROM}


def test_the_list_has_times(api):
    api.person("alice").edit("/account", {"display_name": "timed"})
    api.sql("UPDATE audit SET at = 86400 + id")
    number, at = api.sql("SELECT id, at FROM audit ORDER BY id LIMIT 3, 1")[0]
    text = clock(int(at))
    assert [i["id"] for i in listed_by(api, until=text)] == sorted(
        (i["id"] for i in listed_by(api) if i["id"] < int(number)),
        reverse=True)
    assert [i["id"] for i in listed_by(api, since=text, until=clock(
        int(at) + 1))] == [int(number)]
    assert min(i["id"] for i in listed_by(api, since=text)) == int(number)
    assert listed_by(api, since=clock(2 * 10 ** 9)) == []
    assert listed_by(api, until="1970-01-01T00:00:00Z") == []


def clock(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


@pytest.mark.parametrize("name, value", [
    ("since", "yesterday"), ("since", "2026-11-30"),
    ("until", "2026-13-30T04:00:00Z"), ("until", "2026-11-30T04:00:00+01:00"),
    ("action", "account.steal"), ("address", "a b"), ("address", "\u00e4"),
    ("target", ""), ("target", "x" * 256)])
def test_a_wrong_filter_is_refused(api, name, value):
    answer = api.person("root").get("/audit-events", **{name: value})
    assert (answer.status, answer.field) == (400, name)


def test_a_page_examines_some_events_and_goes_on_behind_them(api):
    """What is rare in a large log is found by several short pages."""
    api.sql("DELETE FROM audit")
    row = "(86400, '', 'anonymous', '', 'session.end', '%s', '{}')"
    values = ",".join(row % ("rare" if n == 0 else "common")
                      for n in range(500))
    api.sql("INSERT INTO audit (at, actor, actor_kind, address, action,"
            " target, data) VALUES " + values)
    for _ in range(6):
        api.sql("INSERT INTO audit (at, actor, actor_kind, address, action,"
                " target, data) SELECT at, actor, actor_kind, address, action,"
                " 'common', data FROM audit")
    root = api.person("root")
    first = root.get("/audit-events", target="rare")
    assert first.json["items"] == [] and first.header("Link")
    assert [i["target"] for i in listed_by(api, target="rare")] == ["rare"]
    assert listed_by(api, target="rare", since="1970-01-03T00:00:00Z") == []
