"""An upload that fails goes on in the location of an error_page: what nginx
held of the session is free by then, and its bytes are nothing of that page."""

import errno
import os
import socket
import threading
from pathlib import Path

import pytest

from test_restart import DATA, DIGEST, NAME, resume
from testenv import House
from testenv.faults import FOR_GOOD, Fault
from testenv.http2 import Http2
from testenv.operations import FAST

CONF = """
    %%GLOBALS%%
    worker_processes 1;
    events {}
    http {
        %%GLOBALS_HTTP%%
        registry_root %%DIR%%/store;
        recursive_error_pages on;
        server {
            listen 127.0.0.1:8500;
            listen 127.0.0.1:8502 http2;
            client_body_buffer_size 32k;

            location /v2/ {
                registry      on;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                error_page    500 503 = @proxy;

                location /v2/return/   { LIKE error_page 500 503 = @return; }
                location /v2/file/     { LIKE error_page 500 503 /file; }
                location /v2/small/    { LIKE error_page 500 503 /small; }
                location /v2/registry/ { LIKE error_page 500 503 = @registry; }
                location /v2/absent/   {
                    registry      on;
                    fastcgi_pass  unix:%%DIR%%/absent.sock;
                    error_page    502 = @proxy; }
                location /v2/retried/  {
                    registry      on;
                    fastcgi_pass  unix:%%DIR%%/absent.sock;
                    error_page    502 = @registry; }
            }
            location @proxy    { proxy_pass http://127.0.0.1:8501; }
            location @return   { return 200 "a page"; }
            location = /file   { root %%DIR%%; client_max_body_size 0; }
            location = /small  { root %%DIR%%; }
            location @registry { LIKE include %%CONF%%/registry_params; }
        }
    }""".replace("LIKE", """registry on;
                    fastcgi_pass unix:%%DIR%%/registry.sock;""")


class Page:
    """A server that reads one request and answers when the test says so."""

    def __init__(self, port):
        self._listener = socket.create_server(("127.0.0.1", port))
        self.head = self.body = None
        self.has_come = threading.Event()
        self.may_answer = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        peer, _ = self._listener.accept()
        with peer:
            text = b""
            while b"\r\n\r\n" not in text:
                text += peer.recv(65536)
            self.head, self.body = text.split(b"\r\n\r\n", 1)
            self.has_come.set()
            self.may_answer.wait(60)
            peer.setblocking(False)
            try:
                self.body += peer.recv(1 << 20)
            except BlockingIOError:
                pass
            peer.setblocking(True)
            peer.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\n"
                         b"a page")

    def close(self):
        self.may_answer.set()
        self._listener.close()


class Pages:
    def __init__(self, house):
        house.expect("No space left|Input/output error|has written only|"
                     "cannot make upload|connect.. to unix:.*absent.sock")
        self.house = house
        self.fault = Fault(house)
        house.registry_worker()
        Path(house.dir, "file").write_text("a page")
        self.nginx = house.nginx(CONF, **self.fault.environment())
        self.client = self.nginx.client(8500)
        self.page = None

    def open_page(self):
        self.page = Page(self.house.port(8501))
        return self.page

    def held(self):
        """The files of sessions that nginx has open."""
        found = []
        for pid in self.nginx.workers():
            for fd in os.listdir("/proc/%d/fd" % pid):
                try:
                    path = os.readlink("/proc/%d/fd/%s" % (pid, fd))
                except OSError:
                    continue
                if "/_uploads/" in path:
                    found.append(path)
        return found


@pytest.fixture(scope="module")
def built(database_server):
    house = House(database_server, FAST)
    yield Pages(house)
    problems = house.problems()
    house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def pages(built):
    yield built
    if built.page:
        built.page.close()
        built.page = None


def in_background(function):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()

    def joined():
        thread.join(60)
        return answers[0]
    return joined


WRITES = {"full": errno.ENOSPC | FOR_GOOD, "broken": errno.EIO}
WAYS = ["PATCH", "PUT", "POST"]

# The call that is a write in the middle of DATA.
WRITE = {"PATCH": 6, "PUT": 6, "POST": 14}


def send(client, way, name, location=None):
    """The failing request itself; DATA needs many writes."""
    if way == "POST":
        return client.post("/v2/%s/blobs/uploads/?digest=%s" % (name, DIGEST),
                           [], DATA)
    query = "?digest=" + DIGEST if way == "PUT" else ""
    return client.request(way, location + query, [], DATA)


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("way", WAYS)
def test_proxied(pages, way, action):
    """While the page is still being made, the upload is free and no process
    holds its file; the page gets none of its bytes."""
    page = pages.open_page()
    location = pages.client.start_upload(NAME)
    with pages.fault.at(WRITE[way], WRITES[action]) as it:
        answer = in_background(
            lambda: send(pages.client, way, NAME, location))
        assert page.has_come.wait(60)
    assert it.is_reached
    assert pages.held() == []
    resume(pages.client, location)
    page.may_answer.set()
    assert answer().body == b"a page"
    assert page.body == b""
    assert b"\r\ncontent-length: 0" in page.head.lower()
    assert pages.held() == []


@pytest.mark.parametrize("way", ["PATCH", "PUT"])
def test_proxied_from_http2(pages, way):
    """The rest of the body does not come to the page either."""
    page = pages.open_page()
    page.may_answer.set()
    location = pages.client.start_upload(NAME)
    query = "?digest=" + DIGEST if way == "PUT" else ""
    with pages.fault.at(1, WRITES["full"]) as it, Http2(
            pages.house.port(8502)) as client:
        client.request(1, way, location + query,
                       [("content-length", str(len(DATA)))])
        for at in range(0, 60000, 15000):    # what the window allows
            client.data(1, DATA[at:at + 15000])
        assert client.answer(1) == (200, b"a page")
    assert it.is_reached
    assert b"\r\ncontent-length: 0" in page.head.lower()
    assert page.body == b"" and pages.held() == []
    resume(pages.client, location)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where, status", [("return", 200), ("file", 500),
                                           ("small", 413)])
def test_made_by_nginx(pages, where, status, way):
    name = where + "/app"
    location = pages.client.start_upload(name)
    with pages.fault.at(WRITE[way], errno.EIO) as it:
        answer = send(pages.client, way, name, location)
    assert it.is_reached
    assert answer.status == status
    assert (answer.body == b"a page") == (status != 413)
    assert pages.held() == []
    assert pages.client.get(location).status == 204


@pytest.mark.parametrize("way", WAYS)
def test_a_registry_again(pages, way):
    """It does not say that it has what came only in part."""
    name = "registry/app"
    location = pages.client.start_upload(name)
    with pages.fault.at(WRITE[way], errno.EIO) as it:
        answer = send(pages.client, way, name, location)
    assert it.is_reached
    assert answer.status == 503 and answer.codes() == ["UNAVAILABLE"]
    assert pages.held() == []
    assert pages.client.get(location).status == 204


def start_upload_without_worker(pages, name):
    """The session is started in another repository, and moved."""
    location = pages.client.start_upload(NAME)
    upload = Path("_uploads", location.rsplit("/", 1)[1])
    repositories = Path(pages.house.dir,
                        "store/docker/registry/v2/repositories")
    (repositories / name / "_uploads").mkdir(parents=True, exist_ok=True)
    (repositories / NAME / upload).rename(repositories / name / upload)
    return location.replace("/%s/" % NAME, "/%s/" % name)


@pytest.mark.parametrize("way", WAYS)
def test_no_worker(pages, way):
    """The session has the body, which is nothing of the page."""
    name = "absent/app"
    page = pages.open_page()
    page.may_answer.set()
    location = start_upload_without_worker(pages, name)
    answer = send(pages.client, way, name, location)
    assert answer.body == b"a page"
    assert b"\r\ncontent-length: 0" in page.head.lower()
    assert page.body == b""
    assert pages.held() == []


def test_another_worker(pages):
    """Where one socket is dead and an error_page leads to another, the push
    goes on with what nginx has received."""
    name = "retried/app"
    location = start_upload_without_worker(pages, name)
    answer = send(pages.client, "PUT", name, location)
    assert answer.status == 201, answer
    assert pages.client.blob(name, DIGEST).body == DATA
    assert pages.held() == []
