#!/usr/bin/python3
"""How long search takes among many repositories.

    tests/bench/search_scale.py [--repositories N] [--asked N] [--json]

Makes a database of N repositories in N/10 namespaces, whose sizes follow a
power law, as do the words of names and descriptions: the most frequent word is
in every fifth repository, the vocabulary has 30,000.  70 % are public, 2 %
unlisted, 28 % private.  Then runs "slipway-index search rebuild", and asks
/api/v1/search through nginx, one request after the other on one connection, for
25 results a time, as no one and as an account with 30 namespaces.  Prints the
median and the 99th percentile of each class of queries as rows of a table."""

import argparse
import http.client
import json
import random
import sys
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from testenv import House  # noqa: E402
from testenv.api import ApiHouse  # noqa: E402
from testenv.client import basic  # noqa: E402
from testenv.servers import MariaDb  # noqa: E402

WORDS = 30000
MINE = 30          # namespaces of the account that searches
BATCH = 2000
CONSONANTS, VOWELS = "bcdfghklmnprstvw", "aeiou"


def vocabulary(choice):
    """Words of two to four syllables."""
    found = {}
    while len(found) < WORDS:
        found["".join(choice.choice(CONSONANTS) + choice.choice(VOWELS)
                      for _ in range(choice.randint(2, 4)))] = True
    return list(found)


class Maker:
    """Fills the database."""

    def __init__(self, api, wanted):
        self.api, self.wanted = api, wanted
        self.choice = random.Random(7)
        self.words = vocabulary(self.choice)
        self.namespaces = wanted // 10

    def _ranked(self, n):
        """A number below n; small ones are frequent."""
        return min(n - 1, int(n ** self.choice.random()) - 1)

    def word(self):
        return self.words[self._ranked(WORDS)]

    def make(self):
        sql = self.api.sql
        for start in range(1, self.namespaces + 1, BATCH):
            sql("INSERT INTO namespace (id, name, account_id, created_at)"
                " VALUES " + ", ".join(
                    "(%d, 'n%d', %s, 1)" % (
                        1000 + i, i, self.api.account if i <= MINE else "NULL")
                    for i in range(start, min(start + BATCH,
                                              self.namespaces + 1))))
        for start in range(0, self.wanted, BATCH):
            self._repositories(range(start, min(start + BATCH, self.wanted)))

    def _repositories(self, numbers):
        rows, texts, counts = [], [], []
        for i in numbers:
            namespace = self._ranked(self.namespaces) + 1
            name = "-".join(self.word()
                            for _ in range(self.choice.randint(1, 3)))
            draw = self.choice.random()
            privacy = 0 if draw < .7 else 1 if draw < .72 else 3
            rows.append("(%d, %d, 'n%d/%s-%d', %d, %d, 1, TRUE)" % (
                1000 + i, 1000 + namespace, namespace, name, i,
                privacy != 0, privacy or 3))
            texts.append("(%d, '%s', '')" % (1000 + i, " ".join(
                self.word() for _ in range(8))))
            counts.append("(%d, %d)" % (
                1000 + i, int(self.choice.paretovariate(.8)) - 1))
        self.api.sql(
            "INSERT INTO repository (id, namespace_id, name, is_private,"
            " privacy, created_at, is_stored) VALUES %s;"
            "INSERT INTO repository_profile (repository_id, description,"
            " topics) VALUES %s;"
            "INSERT INTO repository_count (repository_id, stars) VALUES %s" % (
                ", ".join(rows), ", ".join(texts), ", ".join(counts)))


class Asker:
    """One client on one connection."""

    def __init__(self, port, headers=()):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = dict(headers)

    def seconds(self, path):
        begin = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - begin
        assert answer.status == 200, (path, body)
        return took, len(json.loads(body)["items"])


def classes(maker, choice):
    """(name, a function that makes a query)"""
    words = maker.words
    return [
        ("a word in every fifth repository", lambda: words[0]),
        ("one of the 100 most frequent words",
         lambda: words[choice.randrange(100)]),
        ("one of the next 2,000", lambda: words[choice.randrange(100, 2100)]),
        ("a rare word", lambda: words[choice.randrange(20000, WORDS)]),
        ("a word that is nowhere", lambda: "zzz%d" % choice.randrange(99999)),
        ("the first three characters of a word",
         lambda: words[choice.randrange(2000)][:3]),
        ("a part inside a word",
         lambda: words[choice.randrange(2000)][1:5]),
        ("two frequent words", lambda: "%s %s" % (
            words[choice.randrange(100)], words[choice.randrange(100)])),
        ("a frequent and a rare word", lambda: "%s %s" % (
            words[choice.randrange(100)],
            words[choice.randrange(20000, WORDS)])),
        ("three words", lambda: " ".join(
            words[choice.randrange(2000)] for _ in range(3))),
    ]


def measure(asker, make, asked):
    taken = sorted(asker.seconds("/api/v1/search?" + urllib.parse.urlencode(
        {"q": make()}))[0] * 1000 for _ in range(asked))
    return taken[len(taken) // 2], taken[int(len(taken) * .99)]


def run(api, arguments):
    maker = Maker(api, arguments.repositories)
    maker.make()
    begin = time.perf_counter()
    api.worker.command("search", "rebuild", timeout=36000)
    rebuilt = time.perf_counter() - begin
    api.sql("ANALYZE TABLE repository, search_posting, search_document")
    rows, size = api.sql(
        "SELECT table_rows, (data_length + index_length) DIV 1000000"
        " FROM information_schema.tables WHERE table_name = 'search_posting'"
        " AND table_schema = DATABASE()")[0]
    print("%d repositories, rebuilt in %d s; about %s postings, %s MB" % (
        arguments.repositories, rebuilt, rows, size))
    secret = api.person("me").post("/access-tokens", {
        "name": "x", "actions": ["pull"]}).json["secret"]
    port = api.registry.port
    for who, headers in (("no one", ()),
                         ("an account", basic("me:" + secret))):
        asker = Asker(port, headers)
        for name, make in classes(maker, random.Random(3)):
            measure(asker, make, 5)
            median, late = measure(asker, make, arguments.asked)
            if arguments.json:
                print(json.dumps({"who": who, "query": name,
                                  "median_ms": round(median, 1),
                                  "p99_ms": round(late, 1)}))
            else:
                print("| %s | %s | %.1f | %.1f |" % (who, name, median, late))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--repositories", type=int, default=200000)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    servers = House()
    server = MariaDb(servers, more="innodb_buffer_pool_size=1G\n"
                     "innodb_log_file_size=256M\n")
    servers.keep(server)
    house = House(lambda: server)
    try:
        api = ApiHouse(house, "me")
        api.account = api.sql("SELECT id FROM account WHERE login = 'me'")[0][0]
        run(api, arguments)
    finally:
        for built in (house, servers):
            built.problems()
            built.remove()


if __name__ == "__main__":
    main()
