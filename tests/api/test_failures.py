"""What goes on when a part of it does not."""

import http.client
import os
import random
import signal
import threading
import time

import pytest

from testenv import MariaDb, images
from testenv.client import digest
from testenv.process import is_gone, wait_until
from testenv.servers import Database

PASSWORD = "correct horse"
SCOPES = ["repository:admin/app:pull,push"]


class Site:
    """conf/index.conf with a database server of its own."""

    def __init__(self, house):
        self.registry = house.registry_worker()
        self.memcached = house.memcached()
        self.mariadb = house.keep(MariaDb(house))
        self.index = house.index_worker(
            Database(self.mariadb, "slipway"), [self.memcached])
        self.index.add_account("admin", PASSWORD, "--admin")
        self.nginx = house.example("index.conf")

    def login(self):
        return self.nginx.client(8500).login(SCOPES, "admin", PASSWORD)


@pytest.fixture
def site(house):
    return Site(house)


def _pulls(client, image, tag="1"):
    assert client.manifest("admin/app", tag).body == image.manifest.data
    for data in image.blobs():
        assert client.blob("admin/app", images.sha256(data)).body == data


@pytest.mark.idea(30)
def test_memcached_stopped(house, site):
    house.expect("memcached.sock failed|memcached")
    first = site.login()
    image = images.Image(layers=2)
    first.push_image("admin/app", "1", image)
    site.memcached.stop()
    _pulls(first, image)
    second = site.login()
    _pulls(second, image)
    second.push_image("admin/app", "2", images.Image(seed=2))
    site.nginx.stop()
    with open(house.dir + "/registry.json.log") as log:
        assert '"verdict_source":"index"' in log.read()


def test_memcached_emptied(site):
    client = site.login()
    image = images.Image()
    client.push_image("admin/app", "1", image)
    site.memcached.flush()
    key = "slipway:2:" + digest(client.token.encode())[7:]

    def is_back():
        """Once the zone has forgotten it (registry_verdict_valid)."""
        _pulls(client, image)
        return site.memcached.ask("get " + key).startswith("VALUE")
    wait_until(is_back, 60, "the verdict to be in memcached again")


@pytest.mark.idea(30)
def test_database_stopped(site):
    client = site.login()
    image = images.Image(layers=2)
    client.push_image("admin/app", "1", image)
    site.mariadb.stop()
    _pulls(client, image)
    answer = site.nginx.client(8500).ask_token(
        SCOPES, "admin", PASSWORD)
    assert answer.status == 503
    assert answer.json()
    assert int(answer.header("Retry-After")) > 0
    client.push_image("admin/app", "2", images.Image(seed=2))


def test_index_and_memcached_stopped(house, site):
    """Fails closed: what cannot be verified is not served."""
    house.expect("connect.. to unix:")
    known = site.login()
    image = images.Image()
    known.push_image("admin/app", "1", image)
    fresh = site.login()
    site.memcached.stop()
    site.index.stop()
    answer = fresh.manifest("admin/app", "1")
    assert answer.status == 503
    assert answer.codes() == ["UNAVAILABLE"]
    assert answer.header("Retry-After")


def test_worker_process_killed(house, site):
    house.expect("ended by signal 9")
    client = site.login()
    for tag in range(6):
        killed = site.registry.workers()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        # until then it may take a connection with it
        wait_until(lambda: all(map(is_gone, killed)), 60, "them to be gone")
        client.push_image("admin/app", str(tag), images.Image(seed=tag))


def test_reload_in_the_middle(house):
    """Ten uploads and ten downloads while nginx is reloaded."""
    nginx = house.standalone()
    size = 4 << 20
    held = images.blob(size, "held")
    nginx.client(8500).push_blob("app", held)
    release = threading.Event()
    started = threading.Semaphore(0)
    failures = []

    def upload(number):
        client = nginx.client(8500)
        data = images.blob(size, number)
        location = client.start_upload("app")

        def pieces():
            yield data[:size // 2]
            started.release()
            release.wait(300)
            yield data[size // 2:]

        answer = client.patch(location, [], pieces(), is_chunked=True)
        assert answer.status == 202, answer
        joint = "&" if "?" in answer.header("Location") else "?"
        answer = client.put(answer.header("Location") + joint + "digest="
                            + digest(data))
        assert answer.status == 201, answer
        assert client.blob("app", digest(data)).body == data

    def download(_):
        client = nginx.client(8500)
        with client.connect() as s:
            s.sendall(b"GET /v2/app/blobs/%s HTTP/1.0\r\n\r\n"
                      % digest(held).encode())
            text = s.recv(1000)
            started.release()
            release.wait(300)
            while True:
                piece = s.recv(1 << 20)
                if not piece:
                    break
                text += piece
        assert text.split(b"\r\n\r\n", 1)[1] == held

    def run(work, number):
        try:
            work(number)
        except Exception as e:
            failures.append(repr(e))

    threads = [threading.Thread(target=run, args=(work, number))
               for work in (upload, download) for number in range(10)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert started.acquire(timeout=120)
    nginx.reload()
    release.set()
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive()
    assert not failures


@pytest.mark.parametrize("seed", range(6))
def test_anything_killed_in_a_push(house, seed):
    """kill -9 of nginx's workers or of slipway-registry while a client
    pushes: a retry succeeds, and no client ever reads a wrong byte."""
    house.expect("exited on signal 9|ended by signal 9|connect.. to unix:"
                 "|prematurely closed|reset by peer")
    registry = house.registry_worker()
    nginx = house.example("standalone.conf")
    chance = random.Random(seed)
    data = images.blob(6 << 20, seed)
    wanted = digest(data)
    is_done = threading.Event()
    wrong, killed = [], []

    def read():
        client = nginx.client(8500)
        while not is_done.is_set():
            try:
                answer = client.blob("app", wanted)
            except (OSError, http.client.HTTPException):
                continue
            if answer.status == 200 and answer.body != data:
                wrong.append(answer)

    def kill():
        while not is_done.wait(chance.uniform(0.005, 0.08)):
            victims = chance.choice([nginx.workers, registry.workers])()
            if victims:
                killed.append(chance.choice(victims))
                os.kill(killed[-1], signal.SIGKILL)

    def has_killed_enough():
        return len(killed) >= 12

    def push(is_over=lambda: False):
        """As a client that retries each blob a few times."""
        for _ in range(200):
            if is_over():
                break
            try:
                nginx.client(8500).push_blob("app", data)
                return True
            except (OSError, AssertionError, http.client.HTTPException):
                time.sleep(0.02)
        return False

    threads = [threading.Thread(target=read), threading.Thread(target=kill)]
    for thread in threads:
        thread.start()
    while not has_killed_enough():
        push(has_killed_enough)
    is_done.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert push()
    assert nginx.client(8500).blob("app", wanted).body == data
    assert killed and not wrong
