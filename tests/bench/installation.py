"""installation.py: a large installation, generated straight into MariaDB.

    server = KeptMariaDb(house, directory, more)
    made = Installation(size, KeptDatabase(server, "bench"), directory)
    made.fill()

Rows are written as files with a line each, and loaded with LOAD DATA, which
fills an empty table through sorted runs.  A table is a step; steps that are done
are recorded in the table bench_step, so that a run that was cut continues, and
the next one finds everything there.  What is random comes from fixed seeds.

Accounts "userI", each with its namespace and a personal access token; a
namespace of an organization for each ten.  A third of the repositories is in
the first 30 organizations, which "third" owns; a third is in the other ones, by
a power law; and a third belongs to accounts: one for each, the rest by a power
law.  Names, descriptions and topics are words by a power law: the most frequent
is in every fifth repository.  Four callers have tokens of their own: CALLERS.
"""

import hashlib
import random
import string
import subprocess
import time
import zlib
from pathlib import Path

from testenv import paths
from testenv.servers import Database, MariaDb

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
WORDS = 30000
CONSONANTS, VOWELS = "bcdfghklmnprstvw", "aeiou"
STOPS = ("for", "the", "and", "with", "of", "in", "a", "to")
DAY = 86400

RICH = 30      # organizations that "third" owns
JOINED = 300   # others that "many" is a member of
CLOSED = RICH  # a large one in which all repositories are private
CALLERS = ("few", "third", "many")
PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/s390x")
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"
PER_MANIFEST = 4    # tags of a manifest: latest, 1, 1.2, 1.2.3


def secret_of(number):
    """The personal access token of an account: docs/accounts.md."""
    choice = random.Random("secret %d" % number)
    random_part = "".join(choice.choices(DIGITS, k=30))
    check, digits = zlib.crc32(random_part.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        digits = DIGITS[digit] + digits
    return "slp_" + random_part + digits


def vocabulary():
    """Words of two to four syllables, the most frequent first."""
    choice, found = random.Random(7), {}
    while len(found) < WORDS:
        found["".join(choice.choice(CONSONANTS) + choice.choice(VOWELS)
                      for _ in range(choice.randint(2, 4)))] = True
    return list(found)


def ranked(choice, n):
    """A number below n; small ones are frequent."""
    return min(n - 1, int(n ** choice.random()) - 1)


class KeptMariaDb(MariaDb):
    """One whose data stays in a directory."""

    def __init__(self, house, home, more):
        super().__init__(house, more=more)
        self.home = Path(home)
        self.socket = self.home / "s"
        if (self.home / "my.cnf").exists():
            self._configure()

    def _configure(self):
        (self.home / "my.cnf").write_text(
            self._CONF.format(dir=self.home, user=self._user) + self._more)


class KeptDatabase(Database):
    """One that may be there already."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        server.sql("CREATE DATABASE IF NOT EXISTS `%s`" % name)

    def load(self, text):
        """SQL that may take long."""
        run = subprocess.run(
            self.server.client(self.name), input=text, text=True,
            capture_output=True, env=paths.environment(), check=False)
        if run.returncode != 0:
            raise RuntimeError(run.stderr)


class Size:
    """How much there is of everything."""

    def __init__(self, accounts, repositories, tags):
        self.accounts, self.repositories = accounts, repositories
        self.tags = tags
        self.organizations = max(RICH + 2, accounts // 10)
        self.joined = min(JOINED, self.organizations - RICH)

    def caller(self, name):
        """The id of an account."""
        return self.accounts + 1 + CALLERS.index(name)

    def organization(self, i):
        """The id of a namespace; i begins with 0."""
        return self.accounts + 1 + len(CALLERS) + i

    def large(self):
        """(number of tags, number of repositories) of the largest ones; their
        repositories are the first."""
        return [(self.tags // 100, 1), (self.tags // 500, 10),
                (self.tags // 2000, 100)]

    def __str__(self):
        return "%d accounts, %d organizations, %d repositories, %d tags" % (
            self.accounts, self.organizations, self.repositories, self.tags)


class Installation:
    """See above."""

    def __init__(self, size, database, directory):
        self.size, self.database = size, database
        self.directory = Path(directory)
        self.now = int(time.time()) // DAY * DAY
        self.words = vocabulary()
        self.names = self.directory / "names"

    # --- steps -------------------------------------------------------------

    def fill(self, rebuild):
        """rebuild: runs "slipway-index search rebuild"."""
        self.database.sql(
            "CREATE TABLE IF NOT EXISTS bench_step (name VARCHAR(64) NOT NULL"
            " PRIMARY KEY, seconds DOUBLE NOT NULL)")
        for step in (self.accounts, self.tokens, self.members, self.teams,
                     self.repositories, self.tags, self.history, self.analyze):
            self._step(step.__name__, step)
        self._step("search", rebuild)
        self._step("pulls", self.pulls)
        self._step("analyze_search", lambda: self.database.load(
            "ANALYZE TABLE search_posting, search_document"))

    def _step(self, name, make):
        if self.database.sql(
                "SELECT 1 FROM bench_step WHERE name = '%s'" % name):
            return
        begin = time.monotonic()
        make()
        took = time.monotonic() - begin
        self.database.sql("INSERT INTO bench_step VALUES ('%s', %.1f)" % (
            name, took))
        print("made: %-14s %5.0f s" % (name, took), flush=True)

    def _load(self, table, columns, rows):
        """rows: an iterable of lines, with a tabulator between values."""
        path = self.directory / (table + ".rows")
        with open(path, "w", buffering=1 << 20) as out:
            out.writelines(rows)
        self.database.load(
            "SET unique_checks = 0; SET foreign_key_checks = 0;"
            "DELETE FROM %s; LOAD DATA LOCAL INFILE '%s' INTO TABLE %s"
            " CHARACTER SET utf8mb4 (%s)" % (table, path, table, columns))
        path.unlink()

    # --- people ------------------------------------------------------------

    def accounts(self):
        size = self.size
        logins = ["user%d" % (i + 1) for i in range(size.accounts)]
        logins += CALLERS
        self._load("account", "id, login, password_hash, created_at", (
            "%d\t%s\t!\t1\n" % (i + 1, login)
            for i, login in enumerate(logins)))
        own = ("%d\t%s\t%d\t0\t1\n" % (i + 1, login, i + 1)
               for i, login in enumerate(logins))
        others = ("%d\t%s\t\\N\t1\t1\n" % (
            size.organization(i), self.organization(i))
            for i in range(size.organizations))
        self._load("namespace", "id, name, account_id, kind, created_at",
                   (line for lines in (own, others) for line in lines))

    def organization(self, i):
        """Its name."""
        return "%s%d" % (self.words[i * 7 % WORDS], i)

    def tokens(self):
        self._load(
            "access_token", "key_hash, account_id, name, hint, actions,"
            " patterns, created_at, created_from, used_at", (
                "%s\t%d\tci\tslp_\t1\t\t1\t\t%d\n" % (
                    hashlib.sha256(secret_of(i).encode()).hexdigest(), i,
                    self.now)
                for i in range(1, self.size.accounts + len(CALLERS) + 1)))

    def members(self):
        size, choice = self.size, random.Random(1)
        rows = set()
        for i in range(size.organizations):
            for _ in range(choice.randint(2, 20)):
                rows.add((size.organization(i),
                          choice.randint(1, size.accounts), 0))
        for i in range(RICH):
            rows.add((size.organization(i), size.caller("third"), 1))
        for i in range(RICH, RICH + size.joined):
            rows.add((size.organization(i), size.caller("many"), 0))
        rows.add((size.organization(RICH + 1), size.caller("few"), 0))
        self._load("namespace_member",
                   "namespace_id, account_id, is_owner, joined_at",
                   ("%d\t%d\t%d\t1\n" % row for row in sorted(rows)))

    def teams(self):
        """Two of each organization, with a role on a pattern."""
        size, choice = self.size, random.Random(2)
        self._load("team", "id, namespace_id, name, created_at", (
            "%d\t%d\tteam%d\t1\n" % (2 * i + j + 1, size.organization(i), j)
            for i in range(size.organizations) for j in range(2)))
        self._load("team_member", "account_id, team_id", (
            "%d\t%d\n" % row for row in sorted({
                (choice.randint(1, size.accounts), 2 * i + j + 1)
                for i in range(size.organizations) for j in range(2)
                for _ in range(4)} | {(size.caller("few"), 2 * RICH + 1)})))
        self._load(
            "access", "namespace_id, team_id, account_id, pattern, role,"
            " granted_at", (
                "%d\t%d\t0\t%s%%\t%d\t1\n" % (
                    size.organization(i), 2 * i + j + 1,
                    CONSONANTS[(i + j) % len(CONSONANTS)], 1 + j)
                for i in range(size.organizations) for j in range(2)))

    # --- repositories ------------------------------------------------------

    def _namespace(self, choice, i):
        """(id, name) of that of a repository."""
        size = self.size
        if i < size.accounts:
            return i + 1, "user%d" % (i + 1)
        draw = choice.random()
        rest = size.repositories - size.accounts
        mine = size.repositories / 3 / rest
        if draw < mine:
            number = ranked(choice, RICH)
        elif draw < 2 * mine:
            number = RICH + ranked(choice, size.organizations - RICH)
        else:
            number = ranked(choice, size.accounts) + 1
            return number, "user%d" % number
        return size.organization(number), self.organization(number)

    def _word(self, choice):
        return self.words[ranked(choice, WORDS)]

    def _name(self, choice, namespace, taken):
        name = "%s/%s" % (namespace, "-".join(
            self._word(choice) for _ in range(choice.choice((1, 1, 2, 2, 3)))))
        if name in taken:
            name += "-%d" % len(taken)
        taken.add(name)
        return name

    def repositories(self):
        """The largest of all are public: those that have most tags."""
        choice, taken = random.Random(3), set()
        large = sum(n for _, n in self.size.large())
        lists = {name: [] for name in ("repository", "mirror_repository",
                                       "repository_profile",
                                       "repository_count")}
        with open(self.names, "w") as names:
            for i in range(self.size.repositories):
                namespace_id, namespace = self._namespace(choice, i)
                name = self._name(choice, namespace, taken)
                draw = choice.random()
                privacy = (0 if draw < .7 or i < large else
                           1 if draw < .72 else 2 if draw < .75 else 3)
                if namespace_id == self.size.organization(CLOSED):
                    privacy = 3
                at = self.now - int(choice.random() ** 3 * 1000 * DAY)
                names.write("%s\t%d\n" % (name, privacy))
                lists["repository"].append("%d\t%d\t%s\t%d\t%d\t%d\t1\n" % (
                    i + 1, namespace_id, name, privacy != 0, privacy or 3,
                    at - 100 * DAY))
                lists["mirror_repository"].append("%d\t0\t%d\t%s\t%d\n" % (
                    i + 1, at, namespace, namespace_id))
                lists["repository_profile"].append(self._profile(choice, i))
                stars = int(choice.paretovariate(.8)) - 1
                if stars:
                    lists["repository_count"].append("%d\t%d\n" % (
                        i + 1, min(stars, 10000000)))
        for table, columns in (
                ("repository", "id, namespace_id, name, is_private, privacy,"
                 " created_at, is_stored"),
                ("mirror_repository", "repository_id, generation, pushed_at,"
                 " pushed_by, namespace_id"),
                ("repository_profile", "repository_id, description, topics,"
                 " page, page_html"),
                ("repository_count", "repository_id, stars")):
            self._load(table, columns, lists.pop(table))

    def _profile(self, choice, i):
        text = [self._word(choice) for _ in range(choice.randint(4, 10))]
        text.insert(2, choice.choice(STOPS))
        topics = "\\n".join(sorted({self._word(choice) for _ in range(
            choice.choice((0, 0, 1, 2, 3)))}))
        page, html = "\\N", "\\N"
        if i % 5 == 0:
            page = "# %s\\n\\n%s" % (text[0], " ".join(text * 10))
            html = "<h1>%s</h1>\\n<p>%s</p>" % (text[0], " ".join(text * 10))
        return "%d\t%s\t%s\t%s\t%s\n" % (
            i + 1, " ".join(text).capitalize(), topics, page, html)

    # --- tags --------------------------------------------------------------

    def _counts(self):
        """How many tags each repository has."""
        size, choice = self.size, random.Random(4)
        counts = [n for n, times in size.large() for _ in range(times)]
        left = size.tags - sum(counts)
        rest = size.repositories - len(counts)
        draws = [min(choice.paretovariate(1.2), 300) for _ in range(rest)]
        scale = (left - rest) / sum(draws)
        counts += [1 + int(draw * scale) for draw in draws]
        counts[-1] += size.tags - sum(counts)
        return counts

    def tags(self):
        """Tags, manifests and children in one pass: a digest stands in all
        three.  A fourth of the repositories has images of two platforms."""
        counts = self._counts()
        names = tag_names(max(counts))
        parts = part_texts()
        files = {table: open(self.directory / (table + ".rows"), "w",
                             buffering=1 << 20)
                 for table in ("tag", "manifest", "manifest_child")}
        for i, n in enumerate(counts):
            at = self.now - i % 900 * DAY - n
            write_repository(files, i + 1, names[:n], parts, at)
        for file in files.values():
            file.close()
        self._load_files(
            ("manifest", "repository_id, digest, media_type, size,"
             " content_size, platforms, parts, pushed_at, pushed_by"),
            ("manifest_child", "repository_id, digest, position, child,"
             " media_type, size, platform"),
            ("tag", "repository_id, name, digest, pushed_at, pushed_by,"
             " since_at"))

    def _load_files(self, *tables):
        for table, columns in tables:
            path = self.directory / (table + ".rows")
            self.database.load(
                "SET unique_checks = 0; SET foreign_key_checks = 0;"
                "TRUNCATE TABLE %s; LOAD DATA LOCAL INFILE '%s' INTO TABLE %s"
                " CHARACTER SET utf8mb4 (%s)" % (table, path, table, columns))
            path.unlink()

    def history(self):
        """Of the first tag of every tenth repository, where it pointed."""
        self._load(
            "tag_past", "repository_id, name, digest, began_at, began_by,"
            " ended_at, ended_by", (
                "%d\tlatest\tsha256:%064x\t%d\tuser1\t%d\tuser1\n" % (
                    i + 1, i * 10 + j, self.now - (11 - j) * DAY,
                    self.now - (10 - j) * DAY)
                for i in range(0, self.size.repositories, 10)
                for j in range(10)))

    def pulls(self):
        """Of two of three repositories; search fills their list before."""
        choice = random.Random(6)
        self._load("repository_pull", "repository_id, pulls, pulled_at", (
            "%d\t%d\t%d\n" % (i + 1, min(10 ** 9, int(
                10 * choice.paretovariate(.6))), self.now - i % 900)
            for i in range(self.size.repositories) if i % 3))
        self.database.load(
            "UPDATE repository_pull q JOIN repository_listing l"
            " ON l.repository_id = q.repository_id SET l.pulls = q.pulls;"
            "ANALYZE TABLE repository_pull, repository_listing")

    def analyze(self):
        self.database.load(
            "ANALYZE TABLE account, namespace, access_token, namespace_member,"
            " team, team_member, access, repository, mirror_repository,"
            " repository_profile, repository_count, tag, manifest,"
            " manifest_child, tag_past")


def tag_names(n):
    """latest, then versions with one, two and three numbers."""
    names, i = ["latest"], 0
    while len(names) < n:
        i += 1
        major, minor, patch = i // 400, i // 20 % 20, i % 20
        names += ["v%d.%d.%d" % (major, minor, patch),
                  "sha-%s" % hashlib.sha1(b"%d" % i).hexdigest()[:12],
                  "%d.%d.%d-rc1" % (major, minor, patch)]
    return names


def part_texts():
    """What the mirror stores of an image with a config and six layers."""
    choice = random.Random(5)
    return ["[%s]" % ",".join(
        '{"digest":"sha256:%064x","media_type":"application/vnd.oci.image.%s",'
        '"size":%d}' % (choice.getrandbits(256),
                        "layer.v1.tar+gzip" if j else "config.v1+json",
                        choice.randint(1000, 90000000)) for j in range(7))
        for _ in range(500)]


def write_repository(files, number, names, parts, at):
    """Rows of a repository with so many tags."""
    n = (len(names) + PER_MANIFEST - 1) // PER_MANIFEST
    is_index = number % 4 == 1
    each = 3 if is_index else 1
    random_part = hashlib.shake_128(b"%d" % number).hexdigest(32 * n * each)
    digests = ["sha256:" + random_part[64 * j:64 * j + 64]
               for j in range(n * each)]
    by = "user%d" % (number % 1000 + 1)
    files["tag"].writelines(
        "%d\t%s\t%s\t%d\t%s\t%d\n" % (
            number, name, digests[j // PER_MANIFEST * each], at + j, by,
            at + j) for j, name in enumerate(names))
    for j in range(n):
        top = digests[j * each]
        if is_index:
            files["manifest"].write(
                "%d\t%s\t%s\t740\t\\N\t%s\\n%s\t\\N\t%d\t%s\n" % (
                    number, top, INDEX_TYPE, PLATFORMS[0], PLATFORMS[1],
                    at + j, by))
        for k in range(each - 1 if is_index else 1):
            digest = digests[j * each + k + is_index]
            files["manifest"].write("%d\t%s\t%s\t1200\t%d\t%s\t%s\t%d\t%s\n" % (
                number, digest, IMAGE_TYPE, 50000000 + j, PLATFORMS[k],
                parts[(number + j) % len(parts)], at + j, by))
            if is_index:
                files["manifest_child"].write(
                    "%d\t%s\t%d\t%s\t%s\t1200\t%s\n" % (
                        number, top, k, digest, IMAGE_TYPE, PLATFORMS[k]))
