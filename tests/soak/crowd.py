"""crowd.py: clients that push, pull and delete at random.

Each has tags of its own, in repositories that all share, and changes them one
after the other; so it knows what has to be there.  What all change at once is
in the repositories of RACED, where less is known: a tag that is there has all
that it needs."""

import contextlib
import json
import random
import threading
import time

from asking import PATIENCE, PAUSE, Asking, Unsure, Wrong
from testenv import hostile, images
from testenv.client import digest, with_query
from testenv.images import Manifest
from testenv.uploads import WAYS

SHARED = ["soak/a", "soak/b/c", "d"]
RACED = ["raced/a", "raced/b"]
RACED_TAGS = ["r1", "r2", "r3"]
TAGS_MAX = 14           # of one client
BIG = 20 << 20
BIG_MAX = 100 << 20
BIG_SHORT = 2 << 20     # where time is short
SHORT = 60              # seconds
CHAIN = 3               # wide and deep
ARTIFACT = "application/vnd.example.signature"

one_big = threading.Semaphore(1)


class Content:
    """A manifest and all that it needs."""

    def __init__(self, manifest, blobs=(), children=(), subject=None,
                 algorithm="sha256"):
        self.manifest = manifest
        self.digest = digest(manifest.data, algorithm)
        self.blobs = list(blobs)
        self.children = list(children)
        self.subject = subject

    def everything(self):
        """Its parts, each once and before what has it as a part, and
        itself."""
        found = {}
        for child in self.children:
            if child.digest not in found:
                found.update((part.digest, part)
                             for part in child.everything()
                             if part.digest not in found)
        return [*found.values(), self]

    def descriptor(self):
        return {**self.manifest.descriptor(), "digest": self.digest}


def image(config, layers, note):
    return Content(Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "config": images.descriptor(images.OCI_CONFIG, config),
        "layers": [images.descriptor(images.OCI_LAYER, layer)
                   for layer in layers],
        "annotations": {"note": note}}), [config, *layers])


def index(children, note, algorithm="sha256"):
    return Content(Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX,
        "manifests": [child.descriptor() for child in children],
        "annotations": {"note": note}}), children=children,
        algorithm=algorithm)


def chain(content, note):
    """Indexes in levels by sha512, each of which names all of the next."""
    level = [content]
    for depth in range(CHAIN):
        level = [index(level, "%s %d %d" % (note, depth, n), "sha512")
                 for n in range(CHAIN)]
    return index(level, note)


def odd(content, choose):
    """An image again, in an unusual form: at the border of
    what is taken, with one layer many times, with unknown fields."""
    model = json.loads(content.manifest.data)
    model["layers"] *= choose.choice((1, 1, 2, 300))
    manifest = Manifest(model)
    manifest.data = choose.choice((
        lambda: hostile.bordering(model, choose.choice(("[]", "{}", "0")),
                                  300000 + len(manifest.data)),
        lambda: hostile.with_unknown(model, choose.choice(
            list(hostile.UNKNOWN.values())))))()
    return Content(manifest, content.blobs)


def raced_images(pool):
    return [image(pool[n], pool[n + 1:n + 4], "raced %d" % n)
            for n in range(5)]


class Client(threading.Thread):
    def __init__(self, stage, number, crowd):
        super().__init__(name="client%d" % number, daemon=True)
        self.stage = stage
        self.number = number
        self.crowd = crowd
        self.choose = random.Random("%s/%d" % (stage.seed, number))
        self.log = open(stage.path("client%d.log" % number), "w",
                        buffering=1)
        self.http = Asking(stage, self.log, keep=number % 2 == 1)
        self.version = 0        # odd while it changes something
        self.turn = 0
        self.tags = {}          # (repository, tag): Content
        self.referrers = {}     # (repository, subject): {digest: Content}
        self.parts = set()      # (repository, digest): in some index
        self.gone = set()       # (repository, "manifests" or "blobs", what)
        self.acknowledged = {}  # (repository, tag): digests, None: deleted
        self.commits = {}       # (repository, digest): how many 201
        self.own = "own/c%d" % number
        self.raced = {content.digest: content
                      for content in raced_images(stage.pool)}
        self.acts = [(self.push_image, 6), (self.push_index, 2),
                     (self.push_referrer, 2), (self.move_tag, 3),
                     (self.push_odd, 1), (self.push_chain, 1),
                     (self.pull_own, 4), (self.pull_other, 5),
                     (self.delete_tag, 2), (self.delete_manifest, 2),
                     (self.resume, 2), (self.two_writers, 1),
                     (self.let_go, 2), (self.mistake, 1), (self.look, 2),
                     (self.hang_up, 2),
                     (self.raced_push, 3), (self.raced_delete, 2),
                     (self.raced_pull, 4)]

    # --- the thread --------------------------------------------------------

    def run(self):
        acts, weights = zip(*self.acts)
        while not self.stage.is_over:
            act = self.choose.choices(acts, weights)[0]
            self.http.note("-- " + act.__name__)
            try:
                act()
                self.stage.count(act.__name__)
            except Unsure as problem:
                self.http.note("gave up: %s" % problem)
                self.stage.count("gave up")
            except Exception as problem:
                self.http.note("FAILED %r" % problem)
                self.stage.fail("%s, %s: %s %s" % (
                    self.name, act.__name__, type(problem).__name__, problem))
        self.log.flush()

    @contextlib.contextmanager
    def change(self):
        """Others look away meanwhile."""
        self.version += 1
        yield
        self.version += 1

    def note(self):
        self.turn += 1
        return "%s/%d/%d" % (self.stage.seed, self.number, self.turn)

    def wants(self, is_right, *what):
        if not is_right:
            raise Wrong(" ".join(map(repr, what)))

    # --- pushing -----------------------------------------------------------

    def push_blob(self, repo, data):
        """One try; whether the blob was there before."""
        wanted = digest(data)
        if self.choose.random() < 0.3 and self.http.head(
                "/v2/%s/blobs/%s" % (repo, wanted)).status == 200:
            return True
        if self.choose.random() < 0.3:
            answer = self.http.post(
                "/v2/%s/blobs/uploads/?mount=%s&from=%s" % (
                    repo, wanted, self.choose.choice(SHARED)))
            self.wants(answer.status in (201, 202), "mount", answer)
        else:
            answer = None
        if answer is None or answer.status == 202:
            answer = self.choose.choice(WAYS)(self.http, repo, data, wanted)
            self.wants(answer.status == 201, "push of", wanted, answer)
            self.wants(answer.header("Docker-Content-Digest") == wanted,
                       answer)
            self.commits[repo, wanted] = self.commits.get(
                (repo, wanted), 0) + 1
        return False

    def put(self, repo, reference, content):
        return self.http.sure(
            "PUT", "/v2/%s/manifests/%s" % (repo, reference),
            [("Content-Type", content.manifest.media_type)],
            content.manifest.data)[0]

    def try_push(self, repo, reference, content):
        """False: a collection has taken something, as it may."""
        return all(self.try_part(repo, reference if part is content
                                 else part.digest, part)
                   for part in content.everything())

    def try_part(self, repo, reference, content):
        since = time.monotonic()
        was_there = False
        for data in content.blobs:
            was_there |= self.push_blob(repo, data)
        answer = self.put(repo, reference, content)
        if answer.status == 400 and set(answer.codes()) == {
                "MANIFEST_BLOB_UNKNOWN"}:
            self.wants(was_there or self.stage.may_take("gc", since),
                       "refused within the grace time", answer)
            self.stage.count("refused")
            return False
        self.wants(answer.status == 201, "push of a manifest", answer)
        self.wants(answer.header("Docker-Content-Digest") == content.digest,
                   answer)
        return True

    def push(self, repo, reference, content):
        """Until it is done."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if self.try_push(repo, reference, content):
                    return
            except Unsure:
                if self.stage.failures:
                    raise
                time.sleep(PAUSE)
            if time.monotonic() > end:
                raise Wrong("cannot be pushed: %s" % content.digest)

    def layers(self):
        found = self.choose.sample(self.stage.pool,
                                   self.choose.randrange(4))
        if self.choose.random() < 0.4:
            found.append(self.choose.randbytes(self.choose.choice(
                [0, 1, 1000, 65536, 300000, 1500000])))
        return found

    def new_image(self, big=None):
        note = self.note()
        config = (self.choose.choice(self.stage.pool)
                  if self.choose.random() < 0.3 else note.encode())
        layers = self.layers()
        if big is not None:
            layers.append(big)
        return image(config, layers, note)

    def tag(self, repo, content):
        """Pushes it as one of the client's tags."""
        tag = "c%d-%d" % (self.number, self.choose.randrange(20))
        with self.change():
            self.push(repo, tag, content)
            self.tags[repo, tag] = content
            self.acknowledged.setdefault((repo, tag), []).append(
                content.digest)
            self.gone.discard((repo, "manifests", tag))
            for part in content.everything():
                self.gone.discard((repo, "manifests", part.digest))

    def make_room(self):
        """Before what is to be pushed is chosen: what no tag reaches may be
        taken at once, and nothing is pushed that refers to it."""
        while len(self.tags) >= TAGS_MAX:
            self.delete_tag()

    def push_image(self):
        self.make_room()
        repo = self.choose.choice(SHARED)
        if self.choose.random() > 0.04 or not one_big.acquire(False):
            self.tag(repo, self.new_image())
            return
        try:
            size = (BIG_SHORT if self.stage.seconds < SHORT
                    else self.choose.randrange(BIG, BIG_MAX))
            content = self.new_image(self.choose.randbytes(size))
            self.stage.count("MiB of large layers", size >> 20)
            self.tag(repo, content)
            self.pull(repo, content)
        finally:
            one_big.release()

    def push_index(self):
        self.make_room()
        repo = self.choose.choice(SHARED)
        children = [content for (name, _), content in self.tags.items()
                    if name == repo and not content.subject]
        children = self.choose.sample(children, min(
            len(children), self.choose.randrange(3)))
        children += [self.new_image() for _ in range(
            self.choose.randrange(3))]
        self.parts.update((repo, part.digest) for child in children
                          for part in child.everything())
        self.tag(repo, index(children, self.note()))

    def push_odd(self):
        self.make_room()
        self.tag(self.choose.choice(SHARED), odd(self.new_image(),
                                                 self.choose))

    def push_chain(self):
        self.make_room()
        repo = self.choose.choice(SHARED)
        content = chain(self.new_image(), self.note())
        self.parts.update((repo, part.digest)
                          for part in content.everything()[:-1])
        self.tag(repo, content)

    def push_referrer(self):
        self.make_room()
        if not self.tags:
            return
        (repo, _), subject = self.choose.choice(sorted(
            self.tags.items(), key=lambda item: item[0]))
        manifest, blobs = images.artifact(self.note().encode(), ARTIFACT,
                                          subject.manifest)
        content = Content(manifest, blobs, subject=subject)
        if self.choose.random() < 0.3:
            self.tag(repo, content)
        else:
            with self.change():
                self.push(repo, content.digest, content)
        self.referrers.setdefault((repo, subject.digest), {})[
            content.digest] = content

    def move_tag(self):
        """A tag of an image that is there needs no blob to be pushed."""
        if not self.tags:
            return
        (repo, _), content = self.choose.choice(sorted(
            self.tags.items(), key=lambda item: item[0]))
        tag = "c%d-%d" % (self.number, self.choose.randrange(20))
        if (repo, tag) not in self.tags and len(self.tags) >= TAGS_MAX:
            return
        with self.change():
            answer = self.put(repo, tag, content)
            self.wants(answer.status == 201, "move of a tag", answer)
            self.tags[repo, tag] = content
            self.acknowledged.setdefault((repo, tag), []).append(
                content.digest)
            self.gone.discard((repo, "manifests", tag))

    # --- deleting ----------------------------------------------------------

    def erase(self, path):
        answer, is_first = self.http.sure("DELETE", path)
        self.wants(answer.status == 202
                   or (answer.status == 404 and not is_first),
                   "delete", path, answer)

    def is_gone(self, repo, kind, what):
        answer, _ = self.http.sure(self.choose.choice(["GET", "HEAD"]),
                                   "/v2/%s/%s/%s" % (repo, kind, what))
        self.wants(answer.status == 404, "was deleted:", repo, what, answer)

    def delete_tag(self):
        if not self.tags:
            return
        repo, tag = self.choose.choice(sorted(self.tags))
        with self.change():
            self.erase("/v2/%s/manifests/%s" % (repo, tag))
            del self.tags[repo, tag]
            self.acknowledged[repo, tag].append(None)
            self.gone.add((repo, "manifests", tag))
            self.is_gone(repo, "manifests", tag)

    def delete_manifest(self):
        """One that never was a part of anything."""
        found = sorted((repo, content.digest)
                       for (repo, _), content in self.tags.items()
                       if (repo, content.digest) not in self.parts)
        if not found:
            return
        repo, wanted = self.choose.choice(found)
        with self.change():
            self.erase("/v2/%s/manifests/%s" % (repo, wanted))
            tags = [tag for (name, tag), content in self.tags.items()
                    if (name, content.digest) == (repo, wanted)]
            for tag in tags:
                del self.tags[repo, tag]
                self.acknowledged[repo, tag].append(None)
            self.referrers.pop((repo, wanted), None)
            for listed in self.referrers.values():
                listed.pop(wanted, None)
            for what in [wanted, *tags]:
                self.gone.add((repo, "manifests", what))
                self.is_gone(repo, "manifests", what)

    def let_go(self):
        """A blob of a repository of its own, without a manifest: there for
        the grace time, and gone when it is deleted."""
        data = self.choose.choice(self.stage.pool)
        wanted, since = digest(data), time.monotonic()
        path = "/v2/%s/blobs/%s" % (self.own, wanted)
        was_there = self.push_blob(self.own, data)
        answer, _ = self.http.sure("GET", path)
        if answer.status == 404:
            self.wants(was_there or self.stage.may_take("gc", since),
                       "gone within the grace time:", path)
        else:
            self.wants(answer.body == data, "bytes of", path, answer)
        if self.choose.random() < 0.7:
            answer, _ = self.http.sure("DELETE", path)
            self.wants(answer.status in (202, 404), answer)
            self.is_gone(self.own, "blobs", wanted)

    def hang_up(self):
        """Requests whose answers are not waited for; none of them changes what
        others know of."""
        upload = self.http.start_upload(self.own)
        self.http.forget(upload)
        for method, path, headers, body in (
                ("GET", "/v2/_catalog", [], b""),
                ("GET", "/v2/%s/referrers/%s" % (
                    SHARED[0], digest(b"{}")), [], b""),
                ("PATCH", upload, [("Content-Length", "1000")], b"x" * 1000),
                ("POST", "/v2/%s/blobs/uploads/" % self.own,
                 [("Content-Length", "0")], b"")):
            try:
                self.http.cut(method, path, headers, body,
                              is_reset=self.choose.random() < 0.5)
            except OSError as problem:
                raise Unsure(repr(problem)) from problem

    # --- pulling -----------------------------------------------------------

    def pull(self, repo, content):
        """All of it, byte by byte."""
        for part in content.everything():
            self.pull_part(repo, part)

    def pull_part(self, repo, content):
        answer, _ = self.http.sure("GET", "/v2/%s/manifests/%s" % (
            repo, content.digest))
        self.wants(answer.status == 200
                   and answer.body == content.manifest.data
                   and answer.header("Content-Type")
                   == content.manifest.media_type, repo, content.digest,
                   answer)
        for data in content.blobs:
            self.pull_blob(repo, data)

    def pull_blob(self, repo, data):
        path = "/v2/%s/blobs/%s" % (repo, digest(data))
        answer, _ = self.http.sure("GET", path)
        self.wants(answer.status == 200 and answer.body == data, "bytes of",
                   path, answer)
        if len(data) > 1:
            first = self.choose.randrange(len(data))
            last = self.choose.randrange(first, len(data))
            answer, _ = self.http.sure("GET", path, [
                ("Range", "bytes=%d-%d" % (first, last))])
            self.wants(answer.status == 206
                       and answer.body == data[first:last + 1],
                       "range of", path, first, last, answer)

    def pull_own(self):
        if self.tags:
            key = self.choose.choice(sorted(self.tags))
            self.pull_tag(key, self.tags[key])

    def pull_tag(self, key, content):
        repo, tag = key
        answer, _ = self.http.sure(self.choose.choice(["GET", "HEAD"]),
                                   "/v2/%s/manifests/%s" % (repo, tag))
        self.wants(answer.status == 200
                   and answer.header("Docker-Content-Digest")
                   == content.digest, key, "is not", content.digest, answer)
        self.pull(repo, content)

    def pull_other(self):
        """What another client has, if it stays as it is meanwhile."""
        other = self.choose.choice(self.crowd)
        version = other.version
        held = list(other.tags.items())
        if not held or version % 2:
            return
        key, content = self.choose.choice(held)
        try:
            self.pull_tag(key, content)
        except Wrong:
            if other.version == version:
                raise

    def look(self):
        """Lists say what is there."""
        repo = self.choose.choice(SHARED)
        prefix = "c%d-" % self.number
        answer, _ = self.http.sure("GET", "/v2/%s/tags/list" % repo)
        mine = sorted(tag for name, tag in self.tags if name == repo)
        if answer.status == 404:
            self.wants(not mine, repo, "has", mine, answer)
            return
        tags = answer.json()["tags"]
        self.wants(tags == sorted(tags)
                   and [tag for tag in tags if tag.startswith(prefix)]
                   == mine, repo, "has", mine, answer)
        held = [(name, subject) for name, subject in sorted(self.referrers)
                if any((name, content.digest) == (repo, subject)
                       for (name, _), content in self.tags.items())]
        for name, subject in held[:2]:
            self.check_referrers(name, subject)

    def check_referrers(self, repo, subject):
        answer, _ = self.http.sure("GET", "/v2/%s/referrers/%s" % (
            repo, subject))
        self.wants(answer.status == 200, answer)
        listed = {d["digest"] for d in answer.json()["manifests"]}
        wanted = set(self.referrers[repo, subject])
        self.wants(wanted <= listed, "referrers of", repo, subject,
                   wanted - listed)

    # --- uploads that go wrong ---------------------------------------------

    def resume(self):
        """A cut connection keeps a prefix; the upload goes on behind it."""
        data = self.choose.randbytes(self.choose.randrange(1, 400000))
        repo, wanted = self.choose.choice(SHARED), digest(data)
        location = self.http.start_upload(repo)
        for _ in range(self.choose.randrange(1, 4)):
            at = self.offset(location, data, False)
            sent = data[at:at + self.choose.randrange(len(data) - at + 1)]
            try:
                self.http.cut("PATCH", location, {
                    "Content-Length": str(len(data) - at + 1),
                    "Content-Range": "%d-%d" % (at, len(data))}, sent,
                    self.choose.random() < 0.5)
            except OSError as problem:
                raise Unsure(repr(problem)) from problem
        for turn in range(PATIENCE * 20):
            at = self.offset(location, data, turn % 2)
            answer = self.http.finish(location, wanted, [
                ("Content-Range", "%d-%d" % (at, len(data) - 1))]
                if at < len(data) else [], data[at:])
            if answer.status != 416:    # the cut one is not over yet
                break
            time.sleep(PAUSE)
        self.wants(answer.status == 201, "resume", answer)

    def offset(self, location, data, is_one):
        """0-0 is said of no byte and of one."""
        answer, _ = self.http.sure("GET", location)
        self.wants(answer.status == 204, "status", answer)
        first, last = answer.header("Range").split("-")
        at = int(last) + 1 if int(last) else int(is_one)
        self.wants(first == "0" and at <= len(data), "status", answer)
        return at

    def two_writers(self):
        """Of two that write at once the bytes are never mixed."""
        pieces = [self.choose.randbytes(50000) for _ in range(2)]
        repo = self.choose.choice(SHARED)
        location = self.http.start_upload(repo)
        statuses = []

        def write(piece):
            try:
                statuses.append(self.http.another().patch(
                    location, [], piece).status)
            except (Unsure, Wrong) as problem:
                statuses.append(problem)

        writers = [threading.Thread(target=write, args=(piece,),
                                    name=self.name) for piece in pieces]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        if any(isinstance(status, Unsure) for status in statuses):
            raise Unsure("two writers")
        self.wants(sorted(statuses) in ([202, 202], [202, 416]), statuses)
        a, b = pieces
        answers = [self.http.finish(location, digest(data)).status
                   for data in (a, b, a + b, b + a)]
        self.wants(answers.count(201) == 1
                   and set(answers) <= {201, 400, 404}, "two writers",
                   statuses, answers)

    def mistake(self):
        """A wrong digest is refused; what is cancelled is gone."""
        repo = self.choose.choice(SHARED)
        data = self.choose.randbytes(2000)
        answer = self.choose.choice(WAYS)(self.http, repo, data,
                                          digest(data + b"x"))
        self.wants(answer.status == 400, answer)
        location = self.http.start_upload(repo)
        self.http.patch(location, [], data)
        answer, is_first = self.http.sure("DELETE", location)
        self.wants(answer.status == 204 or not is_first, answer)
        self.http.forget(location)
        self.wants(self.http.sure("GET", with_query(location, a="b"))[0]
                   .status == 404, "cancelled", location)

    # --- what everybody changes at once ------------------------------------

    def raced_push(self):
        content = self.raced[self.choose.choice(sorted(self.raced))]
        self.push(self.choose.choice(RACED), self.choose.choice(
            [*RACED_TAGS, content.digest]), content)

    def raced_delete(self):
        what = self.choose.choice([*RACED_TAGS, *sorted(self.raced)])
        answer, _ = self.http.sure("DELETE", "/v2/%s/manifests/%s" % (
            self.choose.choice(RACED), what))
        self.wants(answer.status in (202, 404), answer)

    def raced_pull(self):
        """A manifest that is there, before and after, has its blobs."""
        repo = self.choose.choice(RACED)
        answer, _ = self.http.sure("GET", "/v2/%s/manifests/%s" % (
            repo, self.choose.choice(RACED_TAGS)))
        if answer.status == 404:
            return
        found = answer.header("Docker-Content-Digest")
        self.wants(answer.status == 200 and found in self.raced
                   and answer.body == self.raced[found].manifest.data,
                   "raced", repo, answer)
        for data in self.raced[found].blobs:
            self.raced_blob(repo, found, data)

    def raced_blob(self, repo, manifest, data):
        path = "/v2/%s/blobs/%s" % (repo, digest(data))
        for _ in range(8):
            answer, _ = self.http.sure("GET", path)
            if answer.status == 200:
                self.wants(answer.body == data, "bytes of", path, answer)
                return
            answer, _ = self.http.sure("HEAD", "/v2/%s/manifests/%s" % (
                repo, manifest))
            if answer.status == 404:
                return
        raise Wrong("%s of %s is missing in %s" % (path, manifest, repo))

    # --- the end -----------------------------------------------------------

    def needed(self):
        """(repository, Content) of all that has to be there: what tags
        reach."""
        found, rest = {}, [(repo, content)
                           for (repo, _), content in self.tags.items()]
        while rest:
            repo, content = rest.pop()
            if (repo, content.digest) in found:
                continue
            found[repo, content.digest] = content
            rest += [(repo, child) for child in content.children]
            rest += [(repo, other) for other in self.referrers.get(
                (repo, content.digest), {}).values()]
            if content.subject and (
                    repo, "manifests", content.subject.digest) not in self.gone:
                rest.append((repo, content.subject))
        return found
