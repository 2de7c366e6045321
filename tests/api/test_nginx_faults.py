"""nginx whose calls to the store fail: the disk is full or broken while a body
comes or a blob goes."""

import errno
import http.client

import pytest

from test_restart import DATA, DIGEST, NAME, World, resume
from testenv import House, images
from testenv.faults import FOR_GOOD, SHORT, Fault
from testenv.operations import FAST
from testenv.store import Store

MAX_CALLS = 200
IMAGE = images.Image(size=100000)    # a layer that is sent from its file


def closed(house):
    problems = house.problems()
    house.remove()
    assert not problems, "\n".join(problems)


# --- bodies ------------------------------------------------------------------

@pytest.fixture(scope="module")
def uploads(database_server):
    house = House(database_server, FAST)
    house.expect("No space left|Input/output error|has written only|"
                 "cannot make upload")
    yield World(house)
    closed(house)


WRITES = {"full": (errno.ENOSPC | FOR_GOOD, 503),
          "fills-up": (errno.ENOSPC | SHORT | FOR_GOOD, 503),
          "short": (SHORT, 503),
          "broken": (errno.EIO, 500)}


def expect_error(answer, status):
    assert answer.status == status, answer
    assert answer.codes() == ["UNAVAILABLE" if status == 503 else "UNKNOWN"]
    assert (status == 503) == bool(answer.header("Retry-After"))


def pieces():
    return iter([DATA[i:i + 40000] for i in range(0, len(DATA), 40000)])


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_at_every_write_of_a_body(uploads, method, action):
    """What was written stays, and the upload goes on from its end."""
    how, status = WRITES[action]
    client = uploads.client
    for number in range(1, MAX_CALLS):
        location = client.start_upload(NAME)
        query = "?digest=" + DIGEST if method == "PUT" else ""
        with uploads.fault.at(number, how) as it:
            answer = client.request(method, location + query, [], pieces(),
                                    is_chunked=True)
        if answer.status >= 300:
            assert it.is_reached
            expect_error(answer, status)
            resume(client, location)
        if not it.is_reached:
            assert answer.status in (201, 202) and number > 5
            return
    raise AssertionError("more than %d calls" % MAX_CALLS)


@pytest.mark.parametrize("action", WRITES)
def test_a_push_at_once(uploads, action):
    """Nothing of it is left."""
    how, status = WRITES[action]
    path = "/v2/%s/blobs/uploads/?digest=%s" % (NAME, DIGEST)
    store = Store(uploads.nginx.dir / "store")
    before = set(store.v2.glob("repositories/*/_uploads/*"))
    for number in range(1, MAX_CALLS):
        with uploads.fault.at(number, how) as it:
            answer = uploads.client.post(path, [], DATA)
        if answer.status >= 300:
            expect_error(answer, status)
            left = set(store.v2.glob("repositories/*/_uploads/*/data"))
            assert not {path.parent for path in left} - before
        if not it.is_reached:
            assert answer.status == 201 and number > 5
            return
    raise AssertionError("more than %d calls" % MAX_CALLS)


# --- pulls -------------------------------------------------------------------

class Pulls:
    def __init__(self, house, more, calls):
        self.calls = calls    # at least so many of a pull may fail
        house.expect("Input/output error|Too many open files")
        self.fault = Fault(house)
        house.registry_worker()
        nginx = house.example("standalone.conf", more,
                              **self.fault.environment())
        self.client = nginx.client(8500)
        self.client.push_image("app", "it", IMAGE)
        self.store = Store(house.dir + "/store")


@pytest.fixture(scope="module", params=[
    ("registry_manifest_cache 0; registry_link_cache off;", 2), ("", 1)],
    ids=["read", "remembered"])
def pulls(database_server, request):
    house = House(database_server, FAST)
    yield Pulls(house, *request.param)
    closed(house)


LAYER = images.sha256(IMAGE.layers[0])
PULLS = {
    "blob": ("blobs/" + LAYER, IMAGE.layers[0]),
    "config": ("blobs/" + images.sha256(IMAGE.config), IMAGE.config),
    "manifest": ("manifests/" + IMAGE.manifest.digest, IMAGE.manifest.data),
    "tag": ("manifests/it", IMAGE.manifest.data),
}


def pull(client, method, path):
    """None where the connection ends before its time."""
    try:
        return client.request(method, "/v2/app/" + path)
    except (OSError, http.client.HTTPException):
        return None


@pytest.mark.parametrize("err, status", [(errno.EIO, 500),
                                         (errno.EMFILE, 503)],
                         ids=["broken", "no-descriptors"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("what", PULLS)
def test_at_every_call_of_a_pull(pulls, what, method, err, status):
    """The whole content, an error, or a connection that is cut; what is there
    is never said to be unknown."""
    path, content = PULLS[what]
    for number in range(1, MAX_CALLS):
        pulls.store.age()    # so that a HEAD notes its use
        with pulls.fault.at(number, err) as it:
            answer = pull(pulls.client, method, path)
        if answer is None:
            assert it.is_reached
        elif answer.status == 200:
            assert answer.body == (content if method == "GET" else b"")
        elif method == "GET":
            expect_error(answer, status)
        else:
            assert answer.status == status, answer
        if not it.is_reached:
            assert answer.status == 200 and number > pulls.calls
            return
    raise AssertionError("more than %d calls" % MAX_CALLS)
