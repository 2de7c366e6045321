"""The Index's map of registries: the subcommands of registry."""

import json
import signal
import subprocess

import pytest

from index_house import IndexHouse
from index_v1_house import IDS, V1Index
from testenv.process import wait_until


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


# --- health ------------------------------------------------------------------

STATUS = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8800;
            location = /v1/_ping { return {status}; }
            location = /gone { return 301 http://127.0.0.1:8800/v1/_ping; }
        }
    }"""


class Checked:
    """Registries whose answers a test decides, and a checker."""

    def __init__(self, house):
        self.index = IndexHouse(house)
        self.house = house
        self.nginx = house.nginx(STATUS.replace("{status}", "200"),
                                 name="checked")
        self.url = "http://127.0.0.1:%d/v1/_ping" % house.port(8800)

    def add(self, name, url=None):
        self.index.worker.command(
            "registry", "add", name, "--kind", "sponsor", "--endpoint",
            name + ".example", "--check", url or self.url)

    def answer(self, status):
        self.nginx.configure(STATUS.replace("{status}", str(status)))
        self.nginx.reload()

    def check(self, *words):
        """All of them once, whenever they were checked before."""
        self.index.worker.database.sql("UPDATE registry SET next_at = 0")
        self.index.worker.command("registry", "check", "--once",
                                  *(words or ("--allow", "127.0.0.0/8")))

    def states(self):
        return {name: row["state"]
                for name, row in registries(self.index).items()}


def test_a_registry_goes_down_and_comes_up(house):
    checked = Checked(house)
    checked.add("eu")
    checked.add("unchecked", "off")
    checked.check()
    assert checked.states() == {"eu": "up", "unchecked": "unknown"}
    before = registries(checked.index)["eu"]
    assert before["message"] is None
    assert before["changed_at"] and before["checked_at"]
    checked.answer(503)
    states = []
    for _ in range(3):
        checked.check()
        states.append(checked.states()["eu"])
    assert states == ["up", "up", "down"]
    assert registries(checked.index)["eu"]["message"] == "it answered 503"
    # what is down is tried last
    assert allocation(checked.index, "bob/x") == ["unchecked.example",
                                                  "eu.example"]
    # it was up for less than an hour: four successes
    checked.answer(401)
    states = []
    for _ in range(4):
        checked.check()
        states.append(checked.states()["eu"])
    assert states == ["down", "down", "down", "up"]
    assert allocation(checked.index, "bob/x")[0] == "eu.example"
    # another endpoint has another state
    checked.index.worker.command("registry", "set", "eu", "--endpoint", "b")
    assert checked.states()["eu"] == "unknown"
    # a check of long ago says nothing
    checked.check()
    assert checked.states()["eu"] == "up"
    checked.index.worker.database.sql(
        "UPDATE registry SET checked_at = checked_at - 301")
    assert checked.states()["eu"] == "unknown"


def test_checks_go_where_the_operator_allows(house):
    checked = Checked(house)
    checked.add("here")
    checked.add("moved", checked.url.replace("/v1/_ping", "/gone"))
    checked.add("closed", "http://127.0.0.1:%d/" % house.port(8801))
    checked.check("--timeout", "5s")
    rows = registries(checked.index)
    assert "neither public nor in --allow" in rows["here"]["message"]
    checked.check()
    rows = registries(checked.index)
    assert rows["here"]["state"] == "up"
    assert rows["moved"]["message"] == "it answered 301"
    assert rows["closed"]["message"]
    checked.index.complaint("registry", "check", "--once", "--allow",
                            "nonsense")


def test_a_check_is_done_once(house):
    """Nothing is due again before its time, for any checker."""
    words = ("--every", "120s", "--allow", "127.0.0.0/8")
    checked = Checked(house)
    checked.add("eu")
    checked.check(*words)
    checked.answer(500)
    checked.index.worker.command("registry", "check", "--once", *words)
    assert registries(checked.index)["eu"]["message"] is None
    checked.check(*words)
    assert registries(checked.index)["eu"]["message"] == "it answered 500"


def test_a_checker_runs_until_it_is_stopped(house):
    checked = Checked(house)
    worker = checked.index.worker
    process = subprocess.Popen(
        [worker._argv[0], "registry", "check", "--every", "1s"],
        env={**worker._env, "SLIPWAY_CHECK_ALLOW": "127.0.0.1"},
        stderr=subprocess.PIPE, text=True)
    try:
        checked.add("eu")
        wait_until(lambda: checked.states()["eu"] == "up", 60, "a check")
        # the second one is what a registry causes that closes a connection
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGPIPE)
        checked.answer(500)
        wait_until(lambda: checked.states()["eu"] == "down", 60, "failures")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "checking registries, each every 1 seconds" in said
    assert "registry eu is up" in said
    assert ("registry eu failed a check, the first in a row: it answered 500"
            in said)
    assert "registry eu is down: it answered 500" in said
