"""pages.py: pages of the API and searches that index.py times."""

import base64
import http.client
import random
import time
import urllib.parse

from installation import CALLERS, CLOSED, RICH, WORDS, secret_of

CHOSEN = 2000     # repositories of which pages are asked for
LARGE = 111       # the first ones have the most tags
SMALL = 3         # characters of a part of a word


def cursor(text):
    """As the API writes one."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Asker:
    """One client on one connection."""

    def __init__(self, port, login=None, number=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = {} if login is None else {
            "Authorization": "Basic " + base64.b64encode(
                ("%s:%s" % (login, secret_of(number))).encode()).decode()}

    def seconds(self, path):
        """Until there is a 200; a 503 is printed, and asked again."""
        begin = time.perf_counter()
        for _ in range(10):
            self.connection.request("GET", path, headers=self.headers)
            answer = self.connection.getresponse()
            body = answer.read()
            if answer.status != 503:
                break
            print("503: " + path, flush=True)
            time.sleep(1)
        assert answer.status == 200, (path, answer.status, body)
        return time.perf_counter() - begin


def askers(port, size):
    """By their names in the tables."""
    named = {"anonymous": Asker(port)}
    for login in CALLERS:
        named[login] = Asker(port, login, size.caller(login))
    return named


class Pages:
    """(group, class, callers, a function that makes a path) of each."""

    EVERY = ("anonymous",) + CALLERS

    def __init__(self, made):
        self.made, self.words = made, made.words
        self.large, self.public, self.rich = [], [], []
        self._read_names()

    def _read_names(self):
        """Some of the repositories."""
        choice = random.Random(9)
        rich = {self.made.organization(i) for i in range(RICH)}
        self.public, self.rich = [], []
        with open(self.made.names) as lines:
            for i, line in enumerate(lines):
                name, privacy = line.rstrip("\n").split("\t")
                if i < LARGE:
                    self.large.append(name)
                if privacy == "0":
                    self.public.append(name)
                elif name.split("/")[0] in rich:
                    self.rich.append(name)
        self.public = choice.sample(self.public, min(CHOSEN,
                                                     len(self.public)))
        self.rich = choice.sample(self.rich, min(CHOSEN, len(self.rich)))

    # --- parts of paths ----------------------------------------------------

    @staticmethod
    def _repository(name, rest=""):
        return "/api/v1/repositories/%s%s" % (
            urllib.parse.quote(name, safe=""), rest)

    def _one(self, choice, rest=""):
        return self._repository(choice.choice(self.public), rest)

    def _largest(self, rest):
        return self._repository(self.large[0], rest)

    def _namespace(self, number, query=""):
        return "/api/v1/namespaces/%s/repositories%s" % (
            self.made.organization(number), query)

    def _frequent(self, choice, n=100):
        return self.words[choice.randrange(n)]

    def _rare(self, choice):
        return self.words[choice.randrange(WORDS * 2 // 3, WORDS)]

    @staticmethod
    def _search(q, **more):
        return "/api/v1/search?" + urllib.parse.urlencode({"q": q, **more})

    # --- classes -----------------------------------------------------------

    def searches(self):
        words, frequent, rare = self.words, self._frequent, self._rare
        find = self._search
        return [("search: " + name, self.EVERY, make) for name, make in (
            ("the most frequent word", lambda c: find(words[0])),
            ("one of the 100 most frequent words",
             lambda c: find(frequent(c))),
            ("one of the next 2,000",
             lambda c: find(words[c.randrange(100, 2100)])),
            ("a rare word", lambda c: find(rare(c))),
            ("a word that no repository has",
             lambda c: find("zzz%d" % c.randrange(99999))),
            ("the first three characters of a word",
             lambda c: find(words[c.randrange(2000)][:SMALL])),
            ("a part inside a word",
             lambda c: find(words[c.randrange(2000)][1:5])),
            ("two frequent words",
             lambda c: find(frequent(c) + " " + frequent(c))),
            ("a frequent and a rare word",
             lambda c: find(frequent(c) + " " + rare(c))),
            ("three words", lambda c: find(" ".join(
                words[c.randrange(2000)] for _ in range(3)))),
            ("a frequent word, with a topic",
             lambda c: find(frequent(c), topic=frequent(c))),
            ("a frequent word, with at least 10 stars",
             lambda c: find(frequent(c), stars=10)),
            ("a frequent word, private",
             lambda c: find(frequent(c), visibility="private")),
            ("a frequent word in a large namespace",
             lambda c: find(frequent(c),
                            namespace=self.made.organization(0))),
            ("no word, a topic", lambda c: find("", topic=frequent(c))),
            ("no word, 100 results", lambda c: find("", limit=100)),
        )]

    def repositories(self):
        every, named = self.EVERY, self.made.organization
        return [
            ("a repository", every, self._one),
            ("a private repository", ("third",),
             lambda c: self._repository(c.choice(self.rich))),
            ("namespace: its repositories", every,
             lambda c: self._namespace(c.randrange(2000))),
            ("namespace, large: its repositories", every,
             lambda c: self._namespace(c.randrange(3))),
            ("namespace, large: far behind", every,
             lambda c: self._namespace(0, "?after=" + cursor("%s/%s" % (
                 named(0), self.words[c.randrange(WORDS)])))),
            ("namespace, large: the last push first", every,
             lambda c: self._namespace(c.randrange(3), "?sort=updated")),
            ("all repositories, by name", every,
             lambda c: "/api/v1/repositories?after=" + cursor(
                 self.words[c.randrange(WORDS)])),
            ("all repositories, the last push first", every,
             lambda c: "/api/v1/repositories?sort=updated"),
            ("all repositories, the most stars first", every,
             lambda c: "/api/v1/repositories?sort=stars"),
            ("all repositories, the most pulls first", every,
             lambda c: "/api/v1/repositories?sort=pulls"),
            ("namespace, large: the most stars first", every,
             lambda c: self._namespace(c.randrange(3), "?sort=stars")),
            ("namespace, large, all private: nothing",
             ("anonymous", "few", "third"),
             lambda c: self._namespace(CLOSED)),
            ("namespace, large, all private: nothing, the last push first",
             ("anonymous", "few", "third"),
             lambda c: self._namespace(CLOSED, "?sort=updated")),
        ]

    def tags(self):
        anyone, names = ("anonymous", "third"), self.names
        tags = [
            ("tags", lambda c: self._one(c, "/tags")),
            ("tags of the largest: 100", lambda c: self._largest(
                "/tags?limit=100")),
            ("tags of the largest: far behind", lambda c: self._largest(
                "/tags?after=" + cursor(names(c)))),
            ("tags of the largest: the last push first",
             lambda c: self._largest("/tags?sort=updated")),
            ("tags of the largest: the last push first, far behind",
             lambda c: self._largest("/tags?sort=updated&after=" + cursor(
                 "%d x" % (self.made.now - c.randrange(90000))))),
            ("tags of the largest: the most pulls first",
             lambda c: self._largest("/tags?sort=pulls")),
            ("a tag", lambda c: self._one(c, "/tags/latest")),
            ("history of a tag", lambda c: self._one(
                c, "/tags/latest/history")),
            ("manifests", lambda c: self._one(c, "/manifests")),
            ("manifests of the largest: far behind", lambda c: self._largest(
                "/manifests?after=" + cursor(
                    "sha256:%064x" % c.getrandbits(256)))),
        ]
        return [(name, anyone, make) for name, make in tags]

    @staticmethod
    def names(choice):
        return "v%d.%d.%d" % (choice.randrange(80), choice.randrange(20),
                              choice.randrange(20))

    def classes(self):
        return self.searches() + self.repositories() + self.tags()
