"""The catalogue of the index: to each what it may pull, in pages, and nothing
else (docs/index.md)."""

import itertools

import pytest

from index_house import IndexHouse
from testenv import House
from testenv.accounts import Accounts
from testenv.mirror import LOCATIONS, Mirror, delete, push
from testenv.process import wait_until

# Namespaces: of alice, of bob, of an admin, and without an owner.
PRIVATE = {
    "alice": ["alice", "alice/app", "alice/app/deep", "alice/app-2",
              "alice/b", "alice/z"],
    "alice-2": ["alice-2/x", "alice-2"],
    "bob": ["bob/app", "bob/secret"],
    "root": ["root/own"],
    "-": ["debian/base", "ubuntu", "ubuntu/app", "zoo/z"],
}
PUBLIC = ["alice/public", "alice-2/public", "bob/public", "debian/public",
          "root/public", "aa/first", "zz/last"]
LOGINS = (None, "alice", "bob", "root")


def path_order(name):
    """The order of the registry's own catalogue."""
    return name.replace("/", "\x01")


def wanted(login):
    names = PUBLIC + PRIVATE.get(login, [])
    if login == "alice":
        names = names + PRIVATE["alice-2"]
    if login == "root":
        names = names + PRIVATE["-"]
    return sorted(set(names), key=path_order)


def fill(worker, mirror):
    """What the lists above say, and what is not stored any more."""
    for name in ("alice-2", "debian"):
        mirror.take(push(name + "/gone"), delete(
            name + "/gone", digest=push("x")["target"]["digest"]))
    worker.command("namespace", "set-owner", "alice-2", "alice")
    everything = PUBLIC + sum(PRIVATE.values(), [])
    mirror.take(*(push(name) for name in reversed(everything)))
    for name in PUBLIC + ["alice/never"]:
        worker.set_visibility(name, "public")


@pytest.fixture(scope="module")
def index(database_server):
    built = House(database_server)
    try:
        made = IndexHouse(built, "alice", "bob")
        made.add("root", "--admin")
        fill(made.worker, Mirror(made.worker, made.client))
        yield made
    finally:
        problems = built.problems()
        built.remove()
    assert not problems, "\n".join(problems)


def ask(index, login, query=""):
    headers = [] if login is None else [("X-Account", login)]
    return index.client.get("/catalog" + query, headers)


def page(index, login, query=""):
    """The names, and where the next page is."""
    answer = ask(index, login, query)
    assert answer.status == 200, answer
    assert set(answer.json()) == {"repositories"}
    return answer.json()["repositories"], answer.header("Link")


def walk(index, login, n):
    """All pages of n names, by their links."""
    names, query = [], "?n=%d" % n
    while True:
        found, link = page(index, login, query)
        assert len(found) <= n
        names += found
        if link is None:
            return names
        assert len(found) == n
        assert link.startswith("</v2/_catalog?last=")
        assert link.endswith("&n=%d>; rel=\"next\"" % n)
        query = link[len("</v2/_catalog"):link.index(">")]


@pytest.mark.parametrize("login", LOGINS)
def test_each_sees_what_it_may_pull(index, login):
    assert page(index, login) == (wanted(login), None)


@pytest.mark.idea(24)
@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 1000])
def test_no_page_shows_more(index, login, n):
    assert walk(index, login, n) == wanted(login)


@pytest.mark.parametrize("login", LOGINS)
def test_a_page_begins_behind_any_last(index, login):
    names = wanted(login)
    everything = sorted(set(PUBLIC + sum(PRIVATE.values(), [])))
    for last in itertools.chain(
            everything, (name + "/" for name in everything),
            ("a", "alice/", "alice-", "alice-2/", "alice/app/", "b", "ub",
             "zzz", "~")):
        behind = [name for name in names
                  if path_order(name) > path_order(last)]
        assert page(index, login, "?last=" + last)[0] == behind, last
        assert page(index, login, "?n=2&last=" + last)[0] == behind[:2], last


def test_last_may_be_anything(index):
    everything = wanted("root")
    for last, rest in (("%20", everything), ("%21", everything),
                       ("%01", everything), ("Z", everything),
                       ("'", everything), ("%5C", everything),
                       ("%25", everything), ("%FF", []), ("%C3%A4", []),
                       ("z%FF", []), ("a%FF", [
                           name for name in everything if name[0] > "a"])):
        assert page(index, "root", "?last=" + last)[0] == rest, last
    for last in ("%00", "%zz", "x" * 513):
        assert ask(index, "root", "?last=" + last).status in (200, 400)


@pytest.mark.parametrize("n", ["x", "-1", "1001", "1x", "99999999999999999999"])
def test_n_is_bounded(index, n):
    answer = ask(index, "alice", "?n=" + n)
    assert (answer.status, answer.codes()) == (
        400, ["PAGINATION_NUMBER_INVALID"])


@pytest.mark.parametrize("query", ["?n", "?n=", "?last=", "?n=&last="])
def test_an_argument_without_a_value_counts_as_absent(index, query):
    assert page(index, "alice", query) == (wanted("alice"), None)


def test_no_entries_may_be_asked_for(index):
    assert page(index, "alice", "?n=0") == ([], None)


@pytest.mark.parametrize("login", ["unknown", "Alice", "alice%20", "-",
                                   "x" * 300, "' OR 1=1"])
def test_an_unknown_login_sees_what_everybody_may(index, login):
    assert page(index, login)[0] == wanted(None)


def test_changes_are_seen_at_once(index):
    worker = index.worker
    worker.set_visibility("bob/secret", "public")
    assert "bob/secret" in page(index, None)[0]
    worker.set_visibility("bob/secret", "private")
    assert page(index, None)[0] == wanted(None)
    worker.command("namespace", "set-owner", "alice-2", "-")
    assert "alice-2" not in page(index, "alice")[0]
    assert "alice-2" in page(index, "root")[0]
    worker.command("namespace", "set-owner", "alice-2", "alice")
    assert page(index, "root")[0] == wanted("root")
    worker.command("account", "set-admin", "root", "off")
    assert page(index, "root")[0] == sorted(
        set(PUBLIC + PRIVATE["root"]), key=path_order)
    worker.command("account", "set-admin", "root", "on")
    worker.command("account", "disable", "alice")
    assert page(index, "alice")[0] == wanted(None)
    worker.command("account", "enable", "alice")
    assert page(index, "alice")[0] == wanted("alice")


def test_other_methods_are_405(index):
    answer = index.client.post("/catalog")
    assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD")


def test_head_has_no_body(index):
    answer = index.client.head("/catalog?n=1")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Link") is not None


def test_the_grant_is_for_everybody_where_it_is_switched_on(index):
    for login, path, granted in (
            (None, "/open/token", "*"), ("alice", "/open/token", "*"),
            ("root", "/open/token", "*"), (None, "/token", ""),
            ("alice", "/token", ""), ("root", "/token", "*")):
        token = index.token(login, "registry:catalog:*", path=path)
        assert index.grants(token) == {"registry:catalog": granted}


# --- behind the module ---------------------------------------------------------

@pytest.fixture(scope="module")
def world(database_server):
    built = House(database_server)
    try:
        made = Accounts(built, "alice", "bob", server=LOCATIONS,
                        token="fastcgi_param INDEX_CATALOG on;")
        made.add("root", "--admin")
        fill(made.index, Mirror(made.index, made.open))
        yield made
    finally:
        problems = built.problems()
        built.remove()
    assert not problems, "\n".join(problems)


def catalog(client, query="", status=200):
    answer = client.get("/v2/_catalog" + query)
    assert answer.status == status, answer
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"
    return answer


@pytest.mark.idea(24)
@pytest.mark.parametrize("login", LOGINS)
def test_a_token_lists_what_it_may_pull(world, login):
    client = world.client(login, "registry:catalog:*")
    answer = catalog(client)
    assert answer.json() == {"repositories": wanted(login)}
    assert answer.header("Content-Type").startswith("application/json")
    seen, query = [], "?n=3"
    while query:
        answer = catalog(client, query)
        seen += answer.json()["repositories"]
        link = answer.header("Link")
        query = link and link[len("</v2/_catalog"):link.index(">")]
    assert seen == wanted(login)


def test_errors_are_those_of_the_protocol(world):
    answer = catalog(world.open, status=401)
    assert answer.codes() == ["UNAUTHORIZED"]
    assert answer.challenge()["scope"] == "registry:catalog:*"
    client = world.client("alice", "registry:catalog:*")
    assert catalog(client, "?n=x", 400).codes() == [
        "PAGINATION_NUMBER_INVALID"]
    answer = client.post("/v2/_catalog")
    assert (answer.status, answer.codes()) == (405, ["UNSUPPORTED"])
    head = client.head("/v2/_catalog")
    assert (head.status, head.body) == (200, b"")
    assert head.header("Docker-Distribution-API-Version") == "registry/2.0"


def test_a_token_without_the_scope_lists_nothing(world):
    client = world.client("alice", "repository:alice/app:pull")
    assert catalog(client, status=401).codes() == ["UNAUTHORIZED"]


def test_it_is_503_without_the_index(house):
    house.expect("connect.. to unix")
    made = Accounts(house, "alice", server=LOCATIONS, valid="60s",
                    token="fastcgi_param INDEX_CATALOG on;")
    client = made.client("alice", "registry:catalog:*")
    assert catalog(client).json() == {"repositories": []}
    made.index.stop()
    answer = catalog(client, status=503)
    assert answer.codes() == ["UNAVAILABLE"]
    assert int(answer.header("Retry-After")) > 0


def test_a_token_that_was_revoked_lists_nothing(world):
    world.add("carol")
    client = world.client("carol", "registry:catalog:*")
    assert catalog(client).json() == {"repositories": wanted(None)}
    world.disable("carol")
    wait_until(lambda: client.get("/v2/_catalog").status == 401, 60,
               "the token to end")


def test_a_client_cannot_say_who_it_is(world):
    client = world.client(None, "registry:catalog:*")
    answer = client.get("/v2/_catalog", [
        ("Index-Account", "alice"), ("INDEX_ACCOUNT", "alice"),
        ("X-Account", "alice"), ("Remote-User", "alice")])
    assert answer.json() == {"repositories": wanted(None)}
    answer = client.get("/v2/_catalog?INDEX_ACCOUNT=alice&account=alice")
    assert answer.json() == {"repositories": wanted(None)}
