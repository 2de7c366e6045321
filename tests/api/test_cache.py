"""A cache in front that obeys the answers' headers: nothing private is served
without a token, and what may be kept is kept."""

import pytest

from testenv import House, images
from testenv.accounts import Accounts, scope
from testenv.client import digest
from testenv.process import wait_until

YEAR = "max-age=31536000"
NAME, OPEN = "alice/app", "alice/open"
DATA = images.blob(5000, "cached")
BLOB = digest(DATA)
IMAGE = images.Image()

# 8510 has nothing but proxy_cache; 8520 keeps whatever it may by the word of
# its operator, but for what Vary says; 8530 and 8540 are before 8531 and 8541,
# which need no token.
CACHES = """
    proxy_cache_path %%DIR%%/cache keys_zone=cache:1m;
    proxy_cache      cache;
    add_header       X-Cache $upstream_cache_status always;
    server {
        listen 127.0.0.1:8510;
        location / { proxy_pass http://127.0.0.1:8500; }
    }
    server {
        listen 127.0.0.1:8520;
        location / {
            proxy_pass           http://127.0.0.1:8500;
            proxy_cache_key      8520$uri;
            proxy_ignore_headers Cache-Control Expires;
            proxy_cache_valid    any 1h;
        }
    }
    server {
        listen 127.0.0.1:8530;
        location / { proxy_pass http://127.0.0.1:8531; }
    }
    server {
        listen 127.0.0.1:8531;
        location ^~ /v2/ { LIKE }
        location ^~ /v2/private/ { LIKE registry_cache_control private;
            expires 1d; }
    }
    server {
        listen 127.0.0.1:8540;
        location / { proxy_pass http://127.0.0.1:8541; }
    }
    server {
        listen 127.0.0.1:8541;
        location ^~ /v2/ { LIKE
            auth_basic           it;
            auth_basic_user_file %%DIR%%/htpasswd;
        }
    }
""".replace("LIKE", """
            registry      on;
            registry_root %%DIR%%/store;
            fastcgi_pass  unix:%%DIR%%/registry.sock;
            include       %%CONF%%/registry_params;""")


class Cached(Accounts):
    def __init__(self, house, **how):
        with open(house.dir + "/htpasswd", "w") as f:
            f.write("alice:{PLAIN}alice\n")
        super().__init__(house, "alice", "bob", http=CACHES, **how)
        for name in (NAME, OPEN):
            client = self.client("alice", scope(name))
            client.push_blob(name, DATA)
            client.push_image(name, "1", IMAGE)
        self.index.set_visibility(OPEN, "public")

    def front(self, port, token=None):
        return self.nginx.client(port).with_token(token)


def built(database_server, **how):
    house = House(database_server)
    try:
        yield Cached(house, **how)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def private(database_server):
    """As it is by default."""
    yield from built(database_server)


@pytest.fixture(scope="module")
def public(database_server):
    """Where caches may keep what needs no account."""
    yield from built(database_server, valid="3s",
                     location="registry_cache_control public;")


def paths(name):
    return {
        "base": "/v2/", "blob": "/v2/%s/blobs/%s" % (name, BLOB),
        "digest": "/v2/%s/manifests/%s" % (name, IMAGE.manifest.digest),
        "tag": "/v2/%s/manifests/1" % name,
        "tags": "/v2/%s/tags/list" % name,
        "referrers": "/v2/%s/referrers/%s" % (name, BLOB),
        "no blob": "/v2/%s/blobs/sha256:%s" % (name, "0" * 64),
        "slash": "/v2/%s/tags/list/" % name}


RANGE = [("Range", "bytes=0-9")]
ASKED = [(method, what, headers) for what in paths("") for method, headers in (
    ("GET", []), ("HEAD", []), ("GET", RANGE))]


@pytest.mark.parametrize("port", [8510, 8520])
@pytest.mark.parametrize("method, what, headers", ASKED)
def test_private(private, port, method, what, headers):
    """Also where the operator of the cache says that it keeps all."""
    path = paths(NAME)[what]
    token = private.token("alice", scope(NAME, "pull"))
    for _ in range(2):
        answer = private.front(port, token).request(method, path, headers)
        # nginx asks for the whole where it would keep it.
        assert answer.status in {"no blob": (404,), "slash": (301,)}.get(
            what, (200, 206) if headers else (200,)), answer
    control = answer.header("Cache-Control").split(", ")
    assert control[0] == "private"
    assert control[1] == (YEAR if what in ("blob", "digest") else "no-cache")
    if what == "slash":
        return
    assert answer.header("Vary") == "Authorization"
    for other in (None, private.token("bob", scope(NAME, "pull"))):
        answer = private.front(port, other).request(method, path, headers)
        if what != "base" or other is None:
            assert answer.status == 401, answer
            assert answer.header("Cache-Control") == "private, no-cache"
            assert DATA[:10] not in answer.body


def test_not_modified(private):
    """A client may keep what it has read."""
    client = private.client("alice", scope(NAME, "pull"))
    answer = client.get(paths(NAME)["blob"], [("If-None-Match", BLOB)])
    assert answer.status == 304
    assert answer.header("Cache-Control") == "private, " + YEAR


@pytest.mark.parametrize("header, status", [
    (("Range", "bytes=99999-"), 416), (("If-Match", '"x"'), 412)])
def test_an_answer_that_becomes_an_error(private, header, status):
    """It has the header of an error, once."""
    client = private.client("alice", scope(NAME, "pull"))
    answer = client.get(paths(NAME)["blob"], [header])
    assert answer.status == status
    assert answer.headers.get_all("Cache-Control") == ["private, no-cache"]
    assert answer.headers.get_all("Vary") == ["Authorization"]


def test_tokens_are_not_kept(private):
    for port in (8510, 8500):
        for login in ("alice", None):
            answer = private.nginx.client(port).ask_token(
                [scope(NAME, "pull")], login, login and login * 2)
            assert answer.status == 200
            assert answer.header("Cache-Control") == "no-store"
            assert answer.header("X-Cache") in ("MISS", "", None)


def test_the_catalogue_is_each_ones_own(private):
    """Which here is the store's, with the right to list it."""
    answer = private.front(8510).get("/v2/_catalog")
    assert answer.status == 401
    assert answer.header("Cache-Control") == "private, no-cache"


def asked_again(client, path, is_kept):
    """The answer of a cache that has seen one already."""
    client.get(path)
    if is_kept:    # as soon as the cache has put it in its place
        wait_until(lambda: client.get(path).header("X-Cache") == "HIT", 60,
                   "the cache to keep an answer")
    answer = client.get(path)
    assert is_kept or answer.header("X-Cache") == "MISS"
    return answer


def test_what_an_account_reads_stays_private(public):
    """A token with an account says nothing of the repository."""
    for name in (NAME, OPEN):
        token = public.token("alice", scope(name, "pull"))
        for _ in range(2):
            answer = public.front(8510, token).get(paths(name)["blob"])
            assert answer.body == DATA
            assert answer.header("X-Cache") == "MISS"
            assert "private, " + YEAR in answer.headers.get_all(
                "Cache-Control")
        if name == NAME:
            assert public.front(8510).get(paths(name)["blob"]).status == 401


@pytest.mark.parametrize("what", ["blob", "digest", "tag", "tags"])
def test_public(public, what):
    """For as long as a verdict is; a tag not at all, as it moves."""
    path = paths(OPEN)[what]
    token = public.token(None, scope(OPEN, "pull"))
    is_kept = what in ("blob", "digest")
    answer = asked_again(public.front(8510, token), path, is_kept)
    assert answer.header("Cache-Control") == (
        "public, max-age=3" if is_kept else "no-cache")


def test_public_no_more(public):
    """It ends as a verdict would."""
    path = paths(OPEN)["digest"]
    token = public.token(None, scope(OPEN, "pull"))
    assert public.front(8510, token).get(path).status == 200
    public.index.set_visibility(OPEN, "private")
    wait_until(lambda: public.front(8510).get(path).status == 401, 60,
               "the cache to forget")
    public.index.set_visibility(OPEN, "public")


def test_open(private):
    """There are no rights that could change: as registry:2 has it."""
    for what, wanted in (("blob", YEAR), ("digest", YEAR),
                         ("tag", "no-cache"), ("tags", "no-cache"),
                         ("no blob", "no-cache")):
        path = paths(NAME)[what]
        answer = asked_again(private.front(8530), path, wanted == YEAR)
        assert answer.header("Cache-Control") == wanted
        assert answer.header("Vary") is None


def test_open_but_private(private):
    path = paths("private/app")["blob"]
    private.front(8531).push_blob("private/app", DATA)
    for _ in range(2):
        answer = private.front(8530).get(path)
        assert "private, " + YEAR in answer.headers.get_all("Cache-Control")
        assert answer.header("X-Cache") == "MISS"


def test_a_password(private):
    """Without a realm it is nginx that asks for one."""
    path = paths(NAME)["blob"]
    client = private.front(8540)
    for _ in range(2):
        answer = client.get(path, [("Authorization",
                                    "Basic YWxpY2U6YWxpY2U=")])
        assert answer.body == DATA
        assert answer.header("Cache-Control") == "private, " + YEAR
    assert client.get(path).status == 401
