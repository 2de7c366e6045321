"""The Index's map of registries as configuration of nginx: the edge of
registry_redirect (slipway registry nginx-map)."""

import os
import re
from pathlib import Path

import pytest

from test_edge import EDGE, KEY
from testenv import images
from testenv.accounts import Accounts, scope

# What $registry_endpoint is for a name and an account of the query.
ASK = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        {map}
        server {
            listen 127.0.0.1:8400;
            location / { return 200 "<$registry_endpoint>"; }
        }
    }"""

ODD = ('"', "\\", '\\"', "'", "$host", "${host}", ";", "}", "{", "#", " ",
       '"; } server { listen 1; } map $host $x { "', "\r", "\t", "(", "[",
       "+", "?", "|", "^", "\\Q", "include", "default", "~", "a\x01")


class Map:
    """The map, and an nginx that reads it."""

    def __init__(self, house):
        self.worker = house.index_worker()
        self.nginx = house.nginx(ASK.replace("{map}", self.text()), name="ask")
        self.client = self.nginx.client(8400)

    def add(self, name, kind="sponsor", *more):
        self.worker.command("registry", "add", name, "--kind", kind,
                                  "--endpoint", name + ".example", *more)

    def sql(self, text):
        self.worker.database.sql(text)

    def state(self, name, state):
        self.sql("UPDATE registry SET state = %d, check_url = 'http://x/', "
                 "checked_at = UNIX_TIMESTAMP() WHERE name = '%s'" % (("unknown", "up", "down").index(state),
                                         name))

    def text(self, *words):
        """The file, and in it the query for what a request would be."""
        text = self.worker.command("registry", "nginx-map", *words)
        for variable, argument in (("account", "account"),
                                   ("repository", "name"),
                                   ("reference", "digest")):
            text = re.sub(r"\$registry_%s\b" % variable, "$arg_" + argument,
                          text)
        return text

    def test(self, *words):
        """nginx -t accepts it."""
        self.nginx.configure(ASK.replace("{map}", self.text(*words)))
        assert self.nginx.test() == (0, "")

    def load(self, *words):
        self.test(*words)
        self.nginx.reload()

    def ask(self, name, account="bob", digest="x"):
        answer = self.client.get("/?name=%s&account=%s&digest=%s" % (
            name, account, digest))
        assert answer.status == 200, answer
        return answer.body.decode()[1:-1].removesuffix(".example")

    def all_of(self, name, account="bob"):
        return {self.ask(name, account, "sha256:%d" % i) for i in range(24)}


@pytest.fixture
def edges(house):
    return Map(house)


def test_without_registries_all_is_served_here(edges):
    assert edges.ask("bob/x") == ""


def test_a_rule_has_the_edges_of_its_names(edges):
    edges.add("s1")
    edges.add("s2", "sponsor", "--patterns", "alice/*")
    edges.add("m1", "mirror", "--patterns", "lib/*,acme/pub-*,one/exact.1")
    edges.add("v1", "vendor", "--patterns", "acme/*")
    edges.add("p1", "private", "--patterns", "acme/*-secret,corp/*")
    edges.load()
    for name, account, wanted in (
            ("bob/x", "bob", {"s1"}), ("alice/x", "bob", {"s1", "s2"}),
            ("alicex", "bob", {"s1"}), ("x/alice/x", "bob", {"s1"}),
            # a mirror gets what everyone may pull, and comes first
            ("lib/x", "", {"m1"}), ("lib/x", "bob", {"s1"}),
            ("one/exact.1", "", {"m1"}), ("one/exactx1", "", {"s1"}),
            ("one/exact.1x", "", {"s1"}),
            # what belongs to a vendor is no sponsor's
            ("acme/x", "bob", {"v1"}), ("acme/pub-x", "", {"m1"}),
            ("acme/pub-x", "bob", {"v1"}), ("acme/a/b", "", {"v1"}),
            ("acme/x-secret", "bob", {"v1", "p1"}), ("corp/x", "", {"p1"})):
        assert edges.all_of(name, account) == wanted, (name, account)
    # also where a sponsor's pattern has more characters
    edges.add("s3", "sponsor", "--patterns", "acme/long-name*")
    edges.worker.command("registry", "set", "v1", "--weight", "0")
    edges.load()
    assert edges.all_of("acme/long-name") == {""}


def test_what_is_down_gets_nothing(edges):
    edges.add("s1")
    edges.add("s2")
    edges.add("m1", "mirror")
    edges.load()
    before = edges.text()
    assert edges.all_of("bob/x") == {"s1", "s2"}
    assert edges.all_of("bob/x", "") == {"m1"}
    for name, state, account, wanted in (
            ("m1", "down", "", {"s1", "s2"}), ("s1", "down", "bob", {"s2"}),
            ("s2", "down", "", {""}), ("s1", "up", "", {"s1"}),
            ("s2", "unknown", "bob", {"s1"})):
        edges.state(name, state)
        edges.load()
        assert edges.all_of("bob/x", account) == wanted, (name, state)
    edges.state("s1", "unknown")
    edges.state("m1", "unknown")
    assert edges.text() == before


def test_weights_are_shares(edges):
    for name, weight in (("s1", "1"), ("s2", "1000"), ("s3", "1000"),
                         ("s4", "500"), ("s5", "0")):
        edges.add(name, "sponsor", "--weight", weight)
    edges.load()
    shares = re.findall(r"([0-9.]+%|\*) +\"(s\d)\.example\"", edges.text())
    assert shares[:4] == [("0.03%", "s1"), ("39.98%", "s3"), ("19.99%", "s4"),
                          ("*", "s2")]
    assert edges.all_of("bob/x") >= {"s2", "s3", "s4"}
    # a client gets one blob from one edge
    assert len({edges.ask("bob/x") for _ in range(20)}) == 1
    # shares of 0.01 % are no more than there is
    edges.sql("".join(
        "INSERT INTO registry (name, kind, endpoint, weight, patterns, "
        "created_at) VALUES ('r%d', 0, 'r%d.example', 1, '*', 1);" % (i, i)
        for i in range(95)))
    edges.test()
    edges.sql("UPDATE registry SET weight = 1000 WHERE name > 'r50'")
    edges.test()


def test_only_some_are_edges_of_this_nginx(edges):
    edges.add("s1")
    edges.add("s2")
    edges.add("v1", "vendor", "--patterns", "acme/*")
    edges.load("--edges", "s2")
    assert edges.all_of("bob/x") == {"s2"}
    assert edges.all_of("acme/x") == {""}
    edges.load("--edges", "s1, v1")
    assert edges.all_of("bob/x") == {"s1"}
    assert edges.all_of("acme/x") == {"v1"}
    edges.load("--edges", "none")
    assert edges.all_of("bob/x") == {""}


def literal(text):
    return "CONVERT(0x%s USING utf8mb4)" % text.encode().hex()


def test_nothing_breaks_out_of_the_file(edges):
    """Rows as the commands do not make them."""
    rows = {}
    for column in ("name", "endpoint", "patterns"):
        for i, odd in enumerate(ODD):
            name = column + str(i)
            row = {"name": name, "endpoint": name + ".example",
                   "patterns": name + "/*"}
            row[column] += odd
            rows[name] = (column, odd)
            edges.sql("INSERT INTO registry (name, kind, endpoint, weight, "
                      "patterns, created_at) VALUES (%s, 0, %s, 1, %s, 1)"
                      % tuple(map(literal, row.values())))
    edges.load()
    assert "server {" not in edges.text()
    for name, (column, odd) in rows.items():
        if column == "patterns":
            # as much as a request line has without an escape
            if re.fullmatch("[!-~]+", odd) and odd != "#":
                assert edges.ask(name + "/x" + odd) == name, odd
            assert edges.ask(name + "/x") == "", odd
        elif column == "name" or odd.isalpha():
            assert edges.ask(name + "/x").startswith(name), odd
        else:
            assert edges.ask(name + "/x") == "", odd


def test_a_pattern_of_many_stars_takes_no_time(edges):
    edges.add("s1", "sponsor", "--patterns", "*a" * 100 + "*b,x/*lib*-a*a")
    edges.load()
    for name, wanted in (("a" * 255, ""), ("a" * 254 + "b", "s1"),
                         ("a" * 99 + "b", ""), ("x/lib-aa", "s1"),
                         ("x/lib-a", ""), ("x/-lib-a-lib-ba", "s1")):
        assert edges.ask(name) == wanted, name


def test_the_file_is_replaced_if_it_differs(edges, tmp_path):
    path = tmp_path / "new" / "edges.conf"
    words = ("registry", "nginx-map", "--output", str(path))
    worker, fails = edges.worker, edges.worker.fails
    assert worker.command(*words) == ""
    assert path.read_text() == worker.command(*words[:2])
    before = path.stat()
    assert fails(*words, status=3) == ""
    assert path.stat() == before
    edges.add("s1")
    worker.command(*words)
    assert "s1.example" in path.read_text()
    assert path.stat().st_ino != before.st_ino
    assert os.listdir(path.parent) == ["edges.conf"]
    edges.worker.command("registry", "remove", "s1")
    worker.command(*words)      # a shorter one
    assert path.stat().st_size == before.st_size
    assert "absolute path" in fails(*words[:3], "edges.conf", status=2)
    assert "cannot write" in fails(*words[:3], str(path.parent), status=1)
    assert "there is no registry s9" in worker.fails(
        *words, "--edges", "s9", status=3)


# --- two nginx ---------------------------------------------------------------

REDIRECT = """
    registry_redirect       $registry_endpoint min=1k;
    registry_redirect_edge  http://127.0.0.1:8600 %%DIR%%/edge.key;
"""


def test_an_edge_that_is_down_gets_no_redirects(house):
    directory, name = Path(house.dir), "alice/app"
    for file in ("edge.key", "edge-keys", "other.key"):
        (directory / file).write_text(KEY + "\n")
        os.chmod(directory / file, 0o600)
    (directory / "empty").mkdir()
    conf = directory / "edges.conf"
    conf.write_text("map $host $registry_endpoint { default ''; }\n")
    here = Accounts(house, "alice", http="include %%DIR%%/edges.conf;",
                    location=REDIRECT)
    edge = house.nginx(EDGE.replace("location", "location = /up { return 204; }"
                                    " location", 1), name="edge")
    there = "127.0.0.1:%d" % house.port(8600)
    command = here.index.command
    command("registry", "add", "near", "--kind", "sponsor", "--endpoint",
            there, "--check", "http://%s/up" % there)
    def check(times):
        """So many times, whenever it was checked before."""
        for _ in range(times):
            here.index.database.sql("UPDATE registry SET next_at = 0")
            command("registry", "check", "--once", "--allow", "127.0.0.0/8")

    def apply():
        command("registry", "nginx-map", "--output", str(conf))
        assert here.nginx.test()[0] == 0
        here.nginx.reload()

    client = here.client("alice", scope(name))
    data = images.blob(5000, 1)
    wanted = client.push_blob(name, data)

    def pull():
        return client.get("/v2/%s/blobs/%s" % (name, wanted))

    assert pull().status == 200
    check(1)
    apply()
    answer = pull()
    assert answer.status == 307, answer
    path = answer.header("Location").removeprefix("http://" + there)
    assert edge.client(8600).get(path).body == data
    # it goes down, and comes back
    edge.stop()
    check(3)
    assert pull().status == 307
    apply()
    answer = pull()
    assert (answer.status, answer.body) == (200, data)
    edge.start()
    check(4)
    apply()
    assert pull().status == 307
