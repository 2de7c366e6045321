"""A copy of a store that is in use, and a store from such a copy: nothing that
was acknowledged before the copy began is lost."""

import errno
import itertools
import os
import pwd
import random
import re
import shutil
import subprocess
import tarfile
import threading
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import House, images, paths
from testenv.client import digest
from testenv.faults import KILL, WAIT, Fault
from testenv.process import wait_until
from testenv.store import Run, Store

STEPS_MAX = 1000        # calls of a small copy
HELD_SECONDS = 0.2      # for who must wait until a copy goes on
COPIES = 4              # under load
SMALL = 3 << 20         # bytes of a disk that gets full
NOWHERE = "sha256:" + "0" * 64

# Where fsync costs nothing.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"

SERVED = """
    %%%%GLOBALS%%%%
    events {}
    http {
        %%%%GLOBALS_HTTP%%%%
        server {
            listen 127.0.0.1:%d;
            location /v2/ {
                registry       on;
                registry_root  %s;
                fastcgi_pass   unix:%%%%DIR%%%%/registry.sock;
                include        %%%%CONF%%%%/registry_params;
            }
        }
    }"""


class World:
    def __init__(self, house):
        self.house = house
        self.front = house.standalone()
        self.store = Store(house.dir + "/store")
        self._ports = itertools.count(8600)

    def client(self):
        return self.front.client(8500)

    def path(self, name="copy"):
        return Path(self.house.dir, self.house.unique(name))

    def backup(self, dest, *flags, status=0, environment=None):
        run = self.store.command("backup", dest, *flags,
                                 environment=environment)
        assert run.status == status, run
        return run

    def serve(self, root):
        """A client of what another root holds."""
        port = next(self._ports)
        return self.house.nginx(SERVED % (port, root)).client(port)


@pytest.fixture
def world(house):
    return World(house)


@pytest.fixture
def fast(database_server):
    house = House(database_server, FAST)
    try:
        yield World(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def restore(src, root, *flags, status=0):
    run = Store(src).command("restore", root, *flags)
    assert run.status == status, run
    return run


def files(root):
    """Without uploads, which belong to no repository yet, and blobs
    without a link."""
    found = Store(root).files()
    linked = {content.decode().split(":")[1] for path, content in
              found.items() if path.endswith("/link")}
    return {path: content for path, content in found.items()
            if not re.search(r"/_uploads/[^/]*/(data|startedat|hash)|\.tmp$",
                             path)
            and (not path.startswith("blobs/") or path.split("/")[3] in linked)}


def fill(client):
    """Something of everything."""
    for i in range(3):
        client.push_image("a/b", "v%d" % i, images.Image(2, seed=i))
    client.push_image("a/b", "v0", images.Image(2, seed="newer"))
    client.push_image("a", "_uploads", images.Image(seed=4))
    client.push_image("a", "v1.tmp", images.Image(seed=5))
    part = images.Image(seed=6)
    client.push_image("c", part.manifest.digest, part)
    client.push_manifest("c", "multi", images.image_index([part]))
    signature, blobs = images.artifact(b"signed", "a/b", part.manifest)
    for data in blobs:
        client.push_blob("c", data)
    client.push_manifest("c", signature.digest, signature)
    client.push_blob("c", b"sha512", "sha512")
    client.push_blob("c", b"of no manifest")
    gone = images.Image(seed=7)
    client.push_image("gone", "v1", gone)
    client.delete("/v2/gone/manifests/" + gone.manifest.digest)
    client.delete("/v2/gone/blobs/" + digest(gone.layers[0]))
    client.patch(client.start_upload("a"), [], b"unfinished")


def pull(client, name, reference, image):
    answer = client.manifest(name, reference)
    assert answer.body == image.manifest.data, (name, reference, answer)
    for data in image.blobs():
        answer = client.blob(name, digest(data))
        assert answer.body == data, (name, reference, answer)


# --- there and back --------------------------------------------------------


@pytest.mark.parametrize("flags", [[], ["--copy"], ["--verify"],
                                   ["--copy", "--verify"]])
def test_there_and_back(world, flags):
    fill(world.client())
    copy, root = world.path(), world.path("new")
    first = world.backup(copy, *flags)
    assert files(copy) == files(world.store.root)
    assert Store(copy).fsck("--verify", status=0).out == ""
    assert first.number(r"(\d+) blobs copied") == (
        len(Store(copy).blobs()) if "--copy" in flags else 0)
    assert len(Store(copy).blobs()) == len(world.store.blobs()) - 2
    restore(copy, root, *flags)
    assert files(root) == files(world.store.root)
    pull(world.serve(root), "a/b", "v2", images.Image(2, seed=2))


def test_the_second_copies_what_is_new(world):
    client = world.client()
    fill(client)
    copy = world.path()
    world.backup(copy)
    client.push_image("a/b", "v3", images.Image(2, seed=30))
    client.delete("/v2/a/b/manifests/v1")
    run = world.backup(copy)
    assert run.number(r"(\d+) shared") == 4    # two layers, config, manifest
    assert files(copy) == files(world.store.root)
    assert not Store(copy).tag("a/b", "v1").exists()
    # what is not needed any more goes as in any store
    image = images.Image(2, seed=30)
    client.delete("/v2/a/b/manifests/" + image.manifest.digest)
    world.backup(copy)
    assert {image.manifest.digest, *map(digest, image.blobs())} <= Store(
        copy).gc("--grace", "0").digests()


def test_a_reference(world):
    """A copy for each day: what an older one has is not written again."""
    client = world.client()
    fill(client)
    monday, tuesday = world.path(), world.path()
    world.backup(monday, "--copy")
    image = images.Image(seed="tuesday's")
    client.push_image("a/b", "new", image)
    world.backup(tuesday, "--reference", monday)
    assert files(tuesday) == files(world.store.root)
    assert not Store(monday).tag("a/b", "new").exists()
    old = digest(images.Image(2, seed=2).layers[0])
    assert Store(tuesday).blob(old).samefile(Store(monday).blob(old))


def test_a_change_of_the_store_is_none_of_the_copy(world):
    """Although they share the bytes."""
    client, store = world.client(), world.store
    fill(client)
    copy = world.path()
    world.backup(copy)
    before = files(copy)
    image = images.Image(2, seed=1)
    assert Store(copy).blob(digest(image.layers[0])).samefile(
        store.blob(digest(image.layers[0])))
    client.push_image("a/b", "v2", image)
    client.push_blob("a/b", image.layers[0])
    client.push_blob_at_once("c", image.layers[1])
    client.push_manifest("a/b", image.manifest.digest, image.manifest)
    for tag in ("v0", "v2"):
        client.delete("/v2/a/b/manifests/" + tag)
    client.delete("/v2/a/b/blobs/" + digest(image.layers[0]))
    # as a crash of registry:2 leaves it, and the push that heals it
    short = store.blob(digest(image.layers[1]))
    short.unlink()
    short.write_bytes(b"x")
    client.push_blob("c", image.layers[1])
    store.age()
    store.gc("--grace", "0", "--delete-untagged")
    store.fsck("--repair", "--verify")
    assert files(copy) == before
    assert Store(copy).fsck("--verify", status=0).out == ""


def test_clones(database_server, tmp_path):
    """Where a file system has them: files of their own, for no room."""
    if os.getuid() != 0 or shutil.which("mkfs.btrfs") is None:
        pytest.skip("no btrfs can be made")
    disk, top = tmp_path / "disk", tmp_path / "top"
    top.mkdir()
    with open(disk, "wb") as f:
        f.truncate(200 << 20)
    subprocess.run(["mkfs.btrfs", "-q", disk], check=True)
    done = subprocess.run(["mount", "-o", "loop", disk, top],
                          capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no btrfs may be mounted: " + done.stderr.strip())
    house = House(database_server, str(top))
    try:
        world = World(house)
        image = images.Image(2, seed=1)
        world.client().push_image("a", "it", image)
        copy = world.path()
        run = world.backup(copy)
        assert run.number(r"(\d+) shared") == 4
        path = world.store.blob(digest(image.layers[0]))
        assert not Store(copy).blob(digest(image.layers[0])).samefile(path)
        path.write_bytes(b"written in place, as no program does")
        assert Store(copy).fsck("--verify", status=0).out == ""
        restore(copy, world.path("new"), "--verify")
    finally:
        problems = house.problems()
        house.remove()
        subprocess.run(["umount", top], check=True)
    assert not problems, "\n".join(problems)


def test_to_another_file_system(world):
    """Nothing can be shared there."""
    fill(world.client())
    house = House(parent="/dev/shm" if os.stat("/dev/shm").st_dev != os.stat(
        world.house.dir).st_dev else "/var/tmp")
    try:
        copy = Path(house.dir, "copy")
        if os.stat(house.dir).st_dev == os.stat(world.house.dir).st_dev:
            pytest.skip("there is only one file system")
        run = world.backup(copy)
        assert run.number(r"(\d+) shared") == 0
        assert run.number(r"(\d+) blobs copied") == len(Store(copy).blobs())
        assert files(copy) == files(world.store.root)
    finally:
        house.remove()


def test_a_store_of_registry_2(house):
    """Copied, restored, and served by another registry."""
    stock = house.docker_registry(house.dir + "/theirs").client()
    image = images.Image(2, seed=5, is_docker=True)
    stock.push_image("x/y", "v1", image)
    stock.push_image("x/y", "v2", images.Image(seed=6, is_docker=True))
    stock.push_blob("x/y", b"alias", "sha512")
    run = Store(house.dir + "/theirs").command("backup", house.dir + "/copy")
    assert run.status == 0, run
    restore(house.dir + "/copy", house.dir + "/new")
    assert files(house.dir + "/new") == files(house.dir + "/theirs")
    other = house.docker_registry(house.dir + "/new", port=8901,
                                  name="other").client()
    pull(other, "x/y", "v1", image)
    assert other.get("/v2/x/y/tags/list").json()["tags"] == ["v1", "v2"]
    assert other.blob("x/y", digest(b"alias", "sha512")).body == b"alias"
    stock.push_image("x/y", "v1", images.Image(seed=7, is_docker=True))
    pull(other, "x/y", "v1", image)


# --- at the same time as others --------------------------------------------


def test_gc_waits_for_another_night(world):
    """It is held off while a copy runs, also one that is killed: not after."""
    fill(world.client())
    world.store.age()
    fault = Fault(world.house)
    with ThreadPoolExecutor() as pool:
        with fault.at(20, WAIT) as it:
            copy = pool.submit(world.backup, world.path(),
                               environment=fault.environment())
            wait_until(lambda: it.is_reached, 60, "the copy to stop")
            run = world.store.gc(status=1)
            assert "another gc or fsck, a backup or a restore" in run.err
            world.store.fsck(status=0)
        copy.result()
    with fault.at(1, KILL):
        world.backup(world.path(), status=-9, environment=fault.environment())
    assert world.store.gc().swept != 0


@pytest.mark.idea(70)
def test_a_tag_that_is_moved_at_every_step(fast):
    """And what it pointed to deleted, with its blobs: the copy has it with all
    that the old or the new one needs."""
    world, fault = fast, Fault(fast.house)
    client, store = world.client(), world.store
    old, new = images.Image(seed="old"), images.Image(seed="new")
    tops = [images.image_index([image]) for image in (old, new)]
    client.push_image("a", old.manifest.digest, old)
    client.push_manifest("a", "it", tops[0])
    model, copy = store.copy(world.path("model")), world.path()

    def move():
        client.push_image("a", new.manifest.digest, new)
        client.push_manifest("a", "it", tops[1])
        for what in (tops[0].digest, old.manifest.digest):
            assert client.delete("/v2/a/manifests/" + what).status == 202
        for data in old.blobs():
            client.delete("/v2/a/blobs/" + digest(data))

    is_seen = set()
    with ThreadPoolExecutor() as pool:
        for number in range(1, STEPS_MAX):
            for path in (store.root, copy):
                shutil.rmtree(path, ignore_errors=True)
            model.copy(store.root)
            with fault.at(number, WAIT) as it:
                run = pool.submit(world.backup, copy,
                                  environment=fault.environment())
                wait_until(lambda: it.is_reached or run.done(), 60,
                           "the copy to stop")
                moved = pool.submit(move)
                futures.wait([moved], HELD_SECONDS)
            moved.result()
            run.result()
            top = Store(copy).tag("a", "it").read_text()
            index, image = ((tops[0], old) if top == tops[0].digest
                            else (tops[1], new))
            assert top == index.digest
            is_seen.add(top)
            for what in (index.digest, image.manifest.digest):
                assert Store(copy).revision("a", what).exists(), number
                assert Store(copy).blob(what).exists(), number
            for data in image.blobs():
                assert Store(copy).layer("a", digest(data)).exists(), number
                assert Store(copy).blob(digest(data)).read_bytes() == data
            if not it.is_reached:
                break
    assert 50 < number < STEPS_MAX - 1 and len(is_seen) == 2


class Load:
    """Threads that push, move and delete tags, each in a repository of its
    own, and remember what was acknowledged."""

    TAGS = 8

    def __init__(self, world, deletes_blobs):
        self._world = world
        self._deletes_blobs = deletes_blobs
        self._is_over = threading.Event()
        self.problems = []
        self.history = {}    # (name, tag): what it pointed to, in order
        self.deleted = set()
        self.kept = []       # (name, digest, image) that are not deleted
        self.turns = 0
        self._threads = [threading.Thread(target=self._run, args=(i,),
                                          daemon=True) for i in range(4)]

    def _run(self, number):
        name = "load/%d" % number
        choice = random.Random(number)
        client = self._world.client()
        try:
            for turn in itertools.count():
                if self._is_over.is_set():
                    return
                self._turn(client, name, choice, turn)
                self.turns += 1
        except Exception as problem:
            self.problems.append(repr(problem))

    def _turn(self, client, name, choice, turn):
        image = images.Image(seed="%s-%d" % (name, turn), size=200)
        if turn % 5 == 0:
            client.push_image(name, image.manifest.digest, image)
            self.kept.append((name, image.manifest.digest, image))
            return
        number = choice.randrange(self.TAGS)
        key = (name, "t%d" % number)
        top = image.manifest
        if turn % 2:
            client.push_image(name, top.digest, image)
            top = images.image_index([image])
        else:
            for data in image.blobs():
                client.push_blob(name, data)
        before = self.history.setdefault(key, [])
        before.append((top, image))    # it may be seen before the answer
        client.push_manifest(name, key[1], top)
        if len(before) > 1:
            self._delete(client, name, *before[-2])
        if turn % 17 == 0 and number % 2:    # others stay, however long
            self.deleted.add(key)
            client.delete("/v2/%s/manifests/%s" % key)

    def _delete(self, client, name, top, image):
        for what in {top.digest, image.manifest.digest}:
            client.delete("/v2/%s/manifests/%s" % (name, what))
        if self._deletes_blobs:
            for data in image.blobs():
                client.delete("/v2/%s/blobs/%s" % (name, digest(data)))

    def before(self):
        """What is acknowledged now: tags with how many values they had, the
        last of which may be on its way, and what stays."""
        return ({key: len(values) - 2 for key, values in
                 list(self.history.items()) if len(values) > 1},
                list(self.kept))

    def _is_ready(self):
        """Whether something is acknowledged that no turn takes away."""
        tags, kept = self.before()
        return (self.turns > 60 and kept
                and any(int(tag[1:]) % 2 == 0 for _, tag in tags))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        wait_until(lambda: self.problems or self._is_ready(), 120, "a load")
        return self

    def __exit__(self, kind, *more):
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        assert kind or not self.problems, self.problems

    def judge(self, client, before):
        """Nothing of it is lost: every tag is what it was or became since."""
        tags, kept = before
        seen = 0
        for key, count in tags.items():
            if key in self.deleted:
                continue
            answer = client.manifest(*key)
            assert answer.status == 200, (key, answer)
            found = [(top, image) for top, image in self.history[key][count:]
                     if top.data == answer.body]
            assert found, key
            pull(client, key[0], found[0][1].manifest.digest, found[0][1])
            seen += 1
        for name, reference, image in kept:
            pull(client, name, reference, image)
        assert seen and kept


@pytest.mark.idea(70)
def test_under_load(world):
    copy, made = world.path(), []
    with Load(world, deletes_blobs=True) as load:
        for i in range(COPIES):
            before = load.before()
            world.backup(copy)
            made.append((before, world.path("new")))
            restore(copy, made[-1][1], "--copy")
    for before, root in made:
        load.judge(world.serve(root), before)


# --- with plain tools ------------------------------------------------------


def page_commands(tool):
    """The commands of the page."""
    page = (paths.TOP / "docs/operations.md").read_text()
    section = page.split("\n### With plain tools\n")[1].split("\n#")[0]
    return [line.strip() for line in section.splitlines()
            if line.startswith("    ") and tool in line.split()]


@pytest.mark.idea(70)
@pytest.mark.parametrize("tool", ["rsync", "tar"])
def test_plain_tools_under_load(world, tool):
    """In the order of the page; then fsck --repair writes the links that were
    deleted while they ran."""
    commands = page_commands(tool)
    assert len(commands) == {"rsync": 4, "tar": 6}[tool], commands
    made = []
    with Load(world, deletes_blobs=False) as load:
        for i in range(COPIES):
            before = load.before()
            directory = world.path("plain")
            made.append((before, directory))
            directory.mkdir()
            (directory / "new").mkdir()
            for command in commands:
                is_back = "-x" in command or "/backup/registry/ " in command
                command = command.replace("/var/lib/registry", str(
                    directory / "new" if is_back else world.store.root)).replace(
                        "/backup", str(directory))
                run = subprocess.run(["sh", "-c", command],
                                     capture_output=True, text=True)
                assert run.returncode in (0, {"rsync": 24, "tar": 1}[tool]), (
                    command, run)
    for before, directory in made:
        store = Store(directory / "new")
        for _ in range(2):
            store.fsck("--repair")
        load.judge(world.serve(store.root), before)


def test_tar_takes_no_file_for_another(world):
    """An inode number may be used again while tar runs.  With several names
    tar remembers every inode, and would store a hard link to another tag."""
    client, directory = world.client(), world.path("plain")
    for tag in "ab":
        client.push_image("a", tag, images.Image(seed=1))
    tags = world.store.root / "docker/registry/v2/repositories/a/_manifests/tags"
    (tags / "b/current/link").unlink()
    os.link(tags / "a/current/link", tags / "b/current/link")
    directory.mkdir()
    for command in page_commands("tar"):
        if "-cf" in command:
            command = command.replace("/var/lib/registry", str(
                world.store.root)).replace("/backup", str(directory))
            subprocess.run(["sh", "-c", command], check=True)
    archives = sorted(directory.glob("*.tar"))
    assert len(archives) == 3
    for archive in archives:
        with tarfile.open(archive) as members:
            assert not [each.name for each in members if each.islnk()]


# --- what goes wrong -------------------------------------------------------


@pytest.mark.parametrize("action", [KILL, errno.EIO],
                         ids=["killed", "refused"])
def test_at_every_step(fast, action):
    """The copy is what it was, or what it is to be, and the next run makes it
    so.  A blob of the store that cannot be read is lost, and named."""
    world, fault = fast, Fault(fast.house)
    client, store = world.client(), world.store
    client.push_image("a", "old", images.Image(seed=1))
    base = world.path("base")
    world.backup(base)
    client.push_image("a", "new", images.Image(seed=2))
    client.delete("/v2/a/manifests/old")
    old, new, copy = files(base), files(store.root), world.path()
    links = {path for path in old if path.startswith("repositories/")}
    for number in range(1, STEPS_MAX):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(base, copy)
        with fault.at(number, action) as it:
            run = world.store.command("backup", copy, "--copy",
                                      environment=fault.environment())
        assert run.status in (-9, 0, 1, 2)
        assert (run.status == 1) == ("cannot be copied" in run.err), run
        left = Store(copy).files()
        assert all(left.get(path) == old[path] for path in old
                   if path.startswith("blobs/")), number
        assert ({path for path in left if path.startswith("repositories/")}
                in (links, {path for path in new
                            if path.startswith("repositories/")})), number
        check = Store(copy).fsck("--verify")
        assert check.status == int(run.status == 1), (number, run, check)
        assert run.status != 0 or files(copy) == new
        world.backup(copy, "--verify")
        assert files(copy) == new
        if not it.is_reached:
            break
    assert run.status == 0 and 30 < number < STEPS_MAX - 1


@pytest.mark.parametrize("action", [KILL, errno.EIO],
                         ids=["killed", "refused"])
def test_a_restore_at_every_step(fast, action):
    """Whatever can be seen has all that it needs, and the next run goes on."""
    world, fault = fast, Fault(fast.house)
    world.client().push_image("a", "it", images.Image(seed=1))
    world.client().push_image("a", "that", images.Image(seed=2))
    copy, root = world.path(), world.path("new")
    world.backup(copy)
    for number in range(1, STEPS_MAX):
        shutil.rmtree(root, ignore_errors=True)
        with fault.at(number, action) as it:
            run = Store(copy).command("restore", root, "--copy",
                                      environment=fault.environment())
        if Store(root).v2.exists() and run.status != 1:
            assert not set(Store(root).fsck("--verify").words()) - {
                "unfinished-tag"}, (number, run)
        if not it.is_reached:
            break
        if run.status in (0, 1):
            assert (run.status == 0) == (
                files(root) == files(world.store.root)), (number, run)
            restore(copy, root, "--merge")
        else:
            restore(copy, root)
        assert files(root) == files(world.store.root), number
    assert 20 < number < STEPS_MAX - 1


def test_a_full_disk(world):
    """The copy stays what it was; with room it goes on."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a small file system")
    dest = world.path()
    dest.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % SMALL,
                           "slipway", dest], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no tmpfs may be mounted: " + done.stderr.strip())
    try:
        client = world.client()
        client.push_image("a", "small", images.Image(seed=1))
        world.backup(dest)
        before = files(dest)
        for i in range(6):
            client.push_image("a", "v%d" % i, images.Image(
                seed="large%d" % i, size=SMALL // 4))
        run = world.backup(dest, status=2)
        assert "No space left" in run.err and "run it again" in run.err
        left = files(dest)
        assert all(left[path] == before[path] for path in before)
        Store(dest).fsck("--verify", status=0)
        assert not Store(dest).tag("a", "v0").exists()
        subprocess.run(["mount", "-o", "remount,size=%d" % (4 * SMALL), dest],
                       check=True)
        run = world.backup(dest)
        assert run.number(r"(\d+) were there") > 5
        assert files(dest) == files(world.store.root)
    finally:
        subprocess.run(["umount", dest], check=True)


@pytest.mark.parametrize("flags", [["--copy"], ["--verify"]])
def test_a_corrupt_blob_is_named(world, flags):
    """And not copied; one that the copy has from before stays."""
    fill(world.client())
    image = images.Image(2, seed=2)
    wanted, other = digest(image.layers[0]), digest(image.layers[1])
    copy = world.path()
    path = world.store.blob(wanted)
    for found in (wanted, other):
        data = world.store.blob(found).read_bytes()
        world.store.blob(found).unlink()
        world.store.blob(found).write_bytes(data[:-1] + b"?")
    run = world.backup(copy, *flags, status=1)
    for found in (wanted, other):
        assert "blob %s cannot be copied" % found in run.err
        assert not Store(copy).blob(found).exists()
    assert "2 lost" in run.out and "%s is corrupt" % path in run.err
    path.write_bytes(image.layers[0])
    world.store.blob(other).write_bytes(image.layers[1])
    world.backup(copy, *flags)
    assert files(copy) == files(world.store.root)
    # the copy's own bytes rot
    path = Store(copy).blob(wanted)
    path.unlink()
    path.write_bytes(b"?" * len(image.layers[0]))
    world.backup(copy, "--verify")
    assert path.read_bytes() == image.layers[0]


def test_a_missing_blob_is_named(world):
    fill(world.client())
    wanted = digest(images.Image(2, seed=2).layers[0])
    copy = world.path()
    world.store.blob(wanted).unlink()
    assert "blob %s is missing" % wanted in world.backup(copy, status=1).err
    world.store.put_blob(wanted, images.Image(2, seed=2).layers[0])
    world.backup(copy)
    # the copy has it still
    world.store.blob(wanted).unlink()
    world.backup(copy)
    root = world.path("new")
    restore(copy, root)
    pull(world.serve(root), "a/b", "v2", images.Image(2, seed=2))
    Store(copy).blob(wanted).unlink()
    run = restore(copy, world.path("new"), status=0)
    assert "1 links to nothing" in run.out


def test_links_to_nothing_are_none_of_its_business(world):
    """registry:2's garbage-collect leaves such."""
    fill(world.client())
    world.store.put(world.store.layer("a/b", NOWHERE), NOWHERE.encode())
    run = world.backup(world.path())
    assert "1 links to nothing" in run.out


# --- the command line ------------------------------------------------------


def test_what_is_no_place_for_a_copy(world):
    fill(world.client())
    strange = world.path("strange")
    (strange / "holds").mkdir(parents=True)
    before = files(world.store.root)
    other = world.path("other")
    restore(world.store.root, other)
    for dest, error in (
            (strange, "neither empty nor a copy"),
            (other, "neither empty nor a copy"),
            (world.store.root, "one contains the other"),
            (world.store.root / "within", "one contains the other"),
            (world.house.dir, "one contains the other"),
            (strange / "no/such", "cannot make")):
        assert error in world.backup(dest, status=2).err, dest
    assert os.listdir(strange) == ["holds"]
    assert files(world.store.root) == before
    assert files(other) == before


def test_what_is_no_place_for_a_store(world):
    client = world.client()
    fill(client)
    copy, root = world.path(), world.path("new")
    world.backup(copy)
    assert "holds a store already" in restore(copy, world.store.root,
                                              status=2).err
    assert "holds no store" in restore(world.house.dir, root, status=2).err
    assert "No such file" in restore(world.path("none"), root, status=2).err
    assert not root.exists()
    root.mkdir()
    (root / "lost+found").mkdir()
    restore(copy, root)


def test_a_merge_moves_no_tag(world):
    """Into a store that is in use: what was deleted comes back."""
    client = world.client()
    fill(client)
    copy = world.path()
    world.backup(copy, "--copy")
    newer = images.Image(seed="newest")
    client.push_image("a/b", "v1", newer)
    client.delete("/v2/a/b/manifests/v2")
    client.delete("/v2/a/b/manifests/"
                  + images.Image(2, seed=2).manifest.digest)
    world.store.age()
    world.store.gc("--grace", "0")
    assert client.manifest("a/b", "v2").status == 404
    restore(copy, world.store.root, "--merge")
    pull(client, "a/b", "v1", newer)
    pull(client, "a/b", "v2", images.Image(2, seed=2))
    world.store.fsck("--verify", status=0)


@pytest.mark.parametrize("is_made", [True, False])
def test_root_leaves_the_owner_what_is_his(world, is_made):
    """And other users cannot read a copy."""
    if os.getuid() != 0:
        pytest.skip("only root becomes another user")
    owner = pwd.getpwnam("www-data")
    fill(world.client())
    os.chmod(world.house.dir, 0o755)
    for path in [world.store.root, *world.store.root.rglob("*")]:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    copy, root = world.path(), world.path("new")
    if is_made:
        copy.mkdir()
        root.mkdir()
    world.backup(copy)
    restore(copy, root)
    for top in (copy, root):
        for path in [top, *top.rglob("*")]:
            st = path.stat()
            assert (st.st_uid, st.st_gid) == (owner.pw_uid, owner.pw_gid), path
    assert copy.stat().st_mode & 0o777 == 0o700
    assert root.stat().st_mode & 0o777 == 0o770
    link = Store(root).tag("a/b", "v1")
    assert link.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("end", ["", "/"])
def test_root_gives_nothing_away_behind_a_link(world, end):
    """A user who may write where the copy goes could name any directory."""
    if os.getuid() != 0:
        pytest.skip("only root becomes another user")
    owner = pwd.getpwnam("www-data")
    fill(world.client())
    os.chmod(world.house.dir, 0o755)
    for path in [world.store.root, *world.store.root.rglob("*")]:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    other, copy = world.path("other"), world.path()
    other.mkdir()
    before = other.stat()
    copy.symlink_to(other)
    world.backup(str(copy) + end, status=2)
    after = other.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)


def test_progress(world):
    client = world.client()
    fill(client)
    fault = Fault(world.house)
    with ThreadPoolExecutor() as pool:
        for flags, is_reported in (([], True), (["--quiet"], False)):
            with fault.at(50, WAIT) as it:
                run = pool.submit(world.backup, world.path(), *flags,
                                  environment=fault.environment())
                wait_until(lambda: it.is_reached, 60, "the copy to stop")
                threading.Event().wait(2.1)    # it reports once a second
            assert bool(re.search(r"backup: \d+ repositories, \d+ links; ",
                                  run.result().err)) == is_reported


def test_words(world):
    fill(world.client())
    for words in ([], [world.path(), "more"]):
        run = world.store.command("backup", *words)
        assert run.status == 2 and "--help" in run.err
    assert isinstance(run, Run)
