"""The Index's map of registries: the subcommands of registry."""

import json

import pytest

from index_house import IndexHouse
from index_v1_house import IDS, V1Index


@pytest.fixture
def index(house):
    return IndexHouse(house)


def registries(index):
    return {row["name"]: row for row in map(json.loads, index.worker.command(
        "registry", "list", "--json").splitlines())}


def allocation(index, *words):
    return index.worker.command("registry", "allocate", *words).splitlines()


def test_registries_are_added_changed_and_removed(index):
    command = index.worker.command
    command("registry", "add", "eu", "--kind", "sponsor",
            "--endpoint", "eu.example:5000", "--check",
            "https://eu.example:5000/v1/_ping")
    command("registry", "add", "acme", "--kind", "vendor", "--endpoint",
            "[::1]:5000", "--patterns", "acme/*,acme-labs/x", "--weight", "7")
    eu, acme = registries(index)["eu"], registries(index)["acme"]
    assert eu.pop("created_at")
    assert eu == {
        "name": "eu", "kind": "sponsor", "endpoint": "eu.example:5000",
        "weight": 100, "patterns": ["*"], "state": "unknown",
        "check_url": "https://eu.example:5000/v1/_ping", "changed_at": None,
        "checked_at": None, "message": None}
    assert (acme["patterns"], acme["weight"], acme["check_url"]) == (
        ["acme/*", "acme-labs/x"], 7, None)
    command("registry", "set", "eu", "--weight", "0", "--check", "off")
    after = registries(index)["eu"]
    assert (after["weight"], after["check_url"], after["endpoint"]) == (
        0, None, "eu.example:5000")
    assert "acme vendor [::1]:5000 7 unknown - -" in command(
        "registry", "list").splitlines()
    assert '"name":"eu"' in command("registry", "show", "eu",
                                    "--json").replace(" ", "")
    command("registry", "remove", "eu")
    assert list(registries(index)) == ["acme"]
    log = command("audit", "list", "--json")
    for action in ("registry.add", "registry.edit", "registry.remove"):
        assert '"%s"' % action in log


@pytest.mark.parametrize("words, says", [
    ("add Bad --kind sponsor --endpoint a", "Bad is no name of a registry"),
    ("add a.b --kind sponsor --endpoint a", "a.b is no name of a registry"),
    ("add localhost --kind sponsor --endpoint a", "is no name of a registry"),
    ("add x --kind sponsor --endpoint http://a", "an endpoint is a host"),
    ("add x --kind sponsor --endpoint a:99999", "an endpoint is a host"),
    ("add x --kind vendor --endpoint a", "1 to 16 patterns"),
    ("add x --kind vendor --endpoint a --patterns *", "of one namespace each"),
    ("add x --kind private --endpoint a --patterns ac*", "of one namespace"),
    ("add x --kind sponsor --endpoint a --patterns A/*", "a pattern is like"),
    ("add x --kind sponsor --endpoint a --patterns a,,b", "a pattern is like"),
    ("add x --kind mirror --endpoint a --check ftp://a/", "URL of checks"),
    ("add x --kind mirror --endpoint a --check http://u:p@a/", "a login"),
    ("add x --kind mirror --endpoint a --check http://a:22/", "the port is"),
    ("set absent --weight 1", "there is no registry absent"),
    ("remove absent", "there is no registry absent"),
    ("show absent", "there is no registry absent"),
])
def test_mistakes_are_one_line(index, words, says):
    text = index.complaint("registry", *words.split())
    assert says in text
    assert len(text.splitlines()) == 1
    assert registries(index) == {}


@pytest.mark.parametrize("words, says", [
    ("add x --kind sponsor", "--kind and --endpoint are needed"),
    ("add x --endpoint a", "--kind and --endpoint are needed"),
    ("add x --kind cdn --endpoint a", "cdn is neither sponsor"),
    ("add x --kind mirror --endpoint a --weight 1001", "weight"),
    ("add x --kind mirror --endpoint a --weight -1", "weight"),
])
def test_wrong_flags_print_the_usage(index, words, says):
    assert says in index.complaint("registry", *words.split(), status=2)


def test_a_name_is_taken_once(index):
    words = ("registry", "add", "eu", "--kind", "sponsor", "--endpoint", "a")
    index.worker.command(*words)
    assert "eu exists already" in index.complaint(*words)


def test_clients_are_sent_where_the_map_says(index):
    command = index.worker.command
    assert allocation(index, "bob/x") == []
    for name, kind, *more in (("s1", "sponsor"), ("m1", "mirror"),
                              ("v1", "vendor", "--patterns", "acme/*")):
        command("registry", "add", name, "--kind", kind,
                "--endpoint", name + ".example", *more)
    assert allocation(index, "bob/x") == ["m1.example", "s1.example"]
    assert allocation(index, "bob/x", "--private") == ["s1.example"]
    assert allocation(index, "bob/x", "--push") == ["s1.example"]
    assert allocation(index, "acme/x", "--push") == ["v1.example"]
    assert allocation(index, "bob/x", "--endpoints", "s1") == ["s1.example"]
    assert allocation(index, "bob/x", "--push", "--endpoints",
                      "near.example:80") == ["near.example:80"]
    command("registry", "set", "s1", "--weight", "0")
    assert allocation(index, "bob/x", "--push") == []


def endpoints(answer):
    return answer.headers.get_all("X-Docker-Endpoints")


def test_the_original_protocol_sends_clients_there(house):
    v1 = V1Index(house, "alice")
    command = v1.worker.command
    here = ["127.0.0.1:%d" % v1.client.port]
    name = "alice/app"
    assert endpoints(v1.allocate("alice", name, IDS)) == here
    command("registry", "add", "s1", "--kind", "sponsor", "--endpoint", "s1")
    command("registry", "add", "s2", "--kind", "sponsor", "--endpoint",
            "s2.example:5000", "--patterns", "alice/*")
    command("registry", "add", "m1", "--kind", "mirror", "--endpoint", "m1")
    answer = v1.allocate("alice", name, IDS)
    assert sorted(endpoints(answer)) == ["s1", "s2.example:5000"]
    # a mirror gets what everyone may pull
    assert sorted(endpoints(v1.images(name, "alice"))) == [
        "s1", "s2.example:5000"]
    command("repository", "set-visibility", name, "public")
    for login in ("alice", None):
        first, *rest = endpoints(v1.images(name, login))
        assert (first, sorted(rest)) == ("m1", ["s1", "s2.example:5000"])
    # nginx narrows pulls, and replaces all
    answer = v1.images(name, "alice", headers=[("X-Endpoints", "s2")])
    assert endpoints(answer) == ["s2.example:5000"]
    answer = v1.allocate("alice", name, headers=[("X-Endpoints", "s2")])
    assert sorted(endpoints(answer)) == ["s1", "s2.example:5000"]
    answer = v1.allocate("alice", name, headers=[("X-Endpoints", "far:80")])
    assert endpoints(answer) == ["far:80"]
    for registry in ("s1", "s2"):
        command("registry", "set", registry, "--weight", "0")
    assert endpoints(v1.allocate("alice", name, IDS)) == here
    # of a repository that is not there nothing is said
    assert endpoints(v1.images("alice/none", "alice")) is None
