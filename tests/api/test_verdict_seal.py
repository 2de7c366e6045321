"""What memcached holds counts only where the index has sealed it for the token:
another writer grants nothing there, and takes nothing away."""

import os

import pytest

from testenv import House
from testenv.accounts import Accounts, key_of, scope, seal, verdict, verdict_of
from testenv.images import sha256
from testenv.process import wait_until

DATA = b"held"
DIGEST = sha256(DATA)
NAME = "alice/app"
PATH = "/v2/%s/blobs/%s" % (NAME, DIGEST)
ALL = verdict([scope(NAME, "pull,push,delete"), "registry:catalog:*"],
              expires=86400)


@pytest.fixture(scope="module")
def world(database_server):
    """Each request is looked up in memcached."""
    house = House(database_server)
    try:
        made = Accounts(house, "alice", "bob", valid="0", patience="60s")
        made.client("alice", scope(NAME)).push_blob(NAME, DATA)
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def seen(client):
    answer = client.get(PATH)
    return answer.status, verdict_of(answer)


def write_key(path, *keys):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600),
              "w") as f:
        f.write("".join(key + "\n" for key in keys))


# --- poison ----------------------------------------------------------------

def test_a_written_grant_is_none(world):
    """For a token that the index never made, and for one of another's."""
    bob = world.held("bob", scope(NAME))
    for token in ("written", bob.token):
        world.put(token, ALL)
        client = world.open.with_token(token)
        assert seen(client)[0] == 401
        assert client.post("/v2/%s/blobs/uploads/" % NAME).status == 401


def test_the_index_heals_what_was_poisoned(world):
    """Its owner is served, and memcached holds the verdict again."""
    def healed():
        client = world.held("alice", scope(NAME, "pull"))
        world.put(client.token, ALL)
        assert seen(client) == (200, ["index", "granted"])
        return seen(client) == (200, ["memcached", "granted"])
    wait_until(healed, 60, "memcached to be filled again")
    assert "memcached holds a value that no" in world.nginx.log_text()


def test_verdicts_of_two_tokens_are_not_swapped(world):
    alice = world.held("alice", scope(NAME, "pull"))
    bob = world.held("bob", scope(NAME, "pull"))
    held = world.memcached[0].ask("get " + key_of(alice.token))
    value = held.split("\r\n", 1)[1].removesuffix("\r\nEND\r\n")
    assert "\nseal " in value
    world.put(bob.token, value)
    assert seen(bob)[0] == 401
    assert seen(alice) == (200, ["memcached", "granted"])


@pytest.mark.parametrize("change", [
    lambda text: text.replace("account alice", "account carol"),
    lambda text: text.replace(":pull", ":pull,push"),
    lambda text: text.replace("registry.test", "registry.tesu"),
    lambda text: text.replace("expires 1", "expires 9"),
    lambda text: text + "grant repository:x:pull\n",
    lambda text: text[:-1],
    lambda text: text + "\n",
    lambda text: text.split("seal ")[0],
    lambda text: text.split("seal ")[0] + "seal " + 64 * "0" + "\n",
    lambda text: text + "seal " + 64 * "0" + "\n",
    lambda text: text.upper(),
    lambda text: "",
], ids=range(12))
def test_a_changed_verdict_is_none(world, change):
    """The index is asked, and says what it said before."""
    client = world.held("alice", scope(NAME, "pull"))
    held = world.memcached[0].ask("get " + key_of(client.token))
    value = held.split("\r\n", 1)[1].removesuffix("\r\nEND\r\n")
    world.put(client.token, change(value))
    assert client.post("/v2/%s/blobs/uploads/" % NAME).status == 401
    world.put(client.token, change(value))
    assert seen(client) == (200, ["index", "granted"])


def test_a_value_of_a_megabyte_is_none(world):
    client = world.held("alice", scope(NAME, "pull"))
    world.put(client.token, ALL + "x" * 1000000)
    assert seen(client) == (200, ["index", "granted"])


def test_an_upload_goes_on_over_poison(world):
    """The body waits until the second answer is there."""
    client = world.held("alice", scope(NAME))
    world.put(client.token, ALL)
    data = os.urandom(300000)
    answer = client.post("/v2/%s/blobs/uploads/?digest=%s" % (
        NAME, sha256(data)), body=data)
    assert (answer.status, verdict_of(answer)) == (201, ["index", "granted"])


def test_a_revoked_tokens_own_verdict(world):
    """Put back, it counts until the token ends, and not longer: docs/verdict.md
    says so."""
    client = world.held("alice", scope(NAME, "pull"))
    value = world.seal(verdict([scope(NAME, "pull")]), client.token)
    world.index.command("account", "set-admin", "alice", "off")
    assert seen(client)[0] == 401
    world.put(client.token, value.decode())
    assert seen(client) == (200, ["memcached", "granted"])
    world.put(client.token, world.seal(
        verdict([scope(NAME, "pull")], expires=-1), client.token).decode())
    assert seen(client)[0] == 401


# --- keys ------------------------------------------------------------------

def test_without_a_key(house):
    """What memcached holds is not believed, and all goes on."""
    world = Accounts(house, "alice", valid="0", key="")
    client = world.client("alice", scope(NAME))
    client.push_blob(NAME, DATA)
    for token in ("written", world.token(None, scope(NAME))):
        world.put(token, ALL)
        assert seen(world.open.with_token(token))[0] == 401
    world.put(client.token, ALL)
    assert seen(client) == (200, ["index", "granted"])
    status, text = world.nginx.test()
    assert status == 0
    assert 'without "registry_verdict_key" no value of memcached at ' \
        '"/_verdict" is accepted' in text


def test_a_key_is_changed(house):
    """No client is refused on the way: old key, both, new key."""
    world = Accounts(house, "alice", valid="0", patience="60s")
    path = house.dir + "/verdict.key"
    with open(path) as f:
        old = f.read().strip()
    new = "n" * 43
    client = world.held("alice", scope(NAME))
    client.push_blob(NAME, DATA)

    def holds(key):
        world.put(client.token, seal(ALL, key_of(client.token), key).decode())
        answer = seen(client)
        assert answer[0] == 200
        return answer[1][0] == "memcached"

    assert [holds(old), holds(new)] == [True, False]
    for keys, wanted in (([new, old], [True, True]), ([new], [False, True]),
                         ([old, "", new], [True, True])):
        write_key(path, *keys)
        world.nginx.reload()
        assert [holds(old), holds(new)] == wanted, keys


def test_the_key_is_not_the_one_that_signs(house):
    world = Accounts(house, "alice")
    with open(house.dir + "/verdict.key") as f:
        key = f.read().strip()
    with open(house.dir + "/index.secret") as f:
        assert key not in f.read()
    assert len(key) == 43
    token = world.sign(ALL, secret=key.encode())
    assert world.open.with_token(token).get("/v2/").status == 401
    assert world.index.command("verdict-key").strip() == key


# What a file of keys may not be, and what nginx -t says then.
BAD_KEYS = {
    "": "has 0 keys",
    "xxxxx": "has 5 characters, and not 32 to 256",
    "\n\n": "has 0 keys",
    "x" * 257 + "\n": "has 257 characters",
    "x" * 31 + "\n": "has 31 characters",
    "x" * 40 + "\n" + "y" * 20: "has 20 characters",
    "x" * 40 + " y\n": "is not a key a line",
    "x" * 40 + "\r\n": "is not a key a line",
    "x" * 40 + "\0": "is not a key a line",
    "x" * 40 + "\xe4": "is not a key a line",
    ("x" * 40 + "\n") * 9: "has 9 keys, and not 1 to 8",
    ("x" * 255 + "\n") * 16: "is longer than 4095 bytes",
}


@pytest.mark.parametrize("text", BAD_KEYS, ids=range(len(BAD_KEYS)))
def test_a_malformed_key_is_refused(house, text):
    house.expect(r"verdict\.key")
    world = Accounts(house)
    write_key(house.dir + "/verdict.key")
    with open(house.dir + "/verdict.key", "w", encoding="latin-1",
              newline="") as f:
        f.write(text)
    status, said = world.nginx.test()
    assert status == 1
    assert BAD_KEYS[text] in said
    assert "xxxxx" not in said


def test_a_key_that_cannot_be_read_is_refused(house):
    house.expect(r"verdict\.key")
    world = Accounts(house)
    path = house.dir + "/verdict.key"
    os.chmod(path, 0o640)
    status, said = world.nginx.test()
    assert status == 1 and "chmod 0600 " + path in said
    os.unlink(path)
    status, said = world.nginx.test()
    assert status == 1 and "No such file" in said
    os.mkdir(path, 0o700)
    status, said = world.nginx.test()
    assert status == 1 and "is not a readable file" in said
    os.rmdir(path)
    os.mkfifo(path, 0o600)
    status, said = world.nginx.test()
    assert status == 1 and "is not a readable file" in said
    os.unlink(path)


# --- tenants ---------------------------------------------------------------

TENANT = """
    server {
        listen 127.0.0.1:8501;
        registry_realm         http://$http_host/token;
        registry_service       registry.test;
        registry_verdict       /_verdict;
        registry_verdict_valid 10s;
        registry_verdict_key   %%DIR%%/verdict-beta.key;
        location /v2/ {
            registry      on;
            registry_root %%DIR%%/beta;
            fastcgi_pass  unix:%%DIR%%/registry.sock;
            include       %%CONF%%/registry_params;
            add_header    X-Verdict
                "$registry_verdict_source,$registry_verdict_result" always;
        }
        location = /token {
            fastcgi_pass  unix:%%DIR%%/beta-index.sock;
            include       %%CONF%%/index_params;
            fastcgi_param INDEX_ROUTE token;
        }
        location = /_verdict {
            internal;
            set            $memcached_key $registry_token_key;
            memcached_pass memcached;
            error_page     404 502 504 = @verify;
        }
        location @verify {
            fastcgi_pass  unix:%%DIR%%/beta-index.sock;
            include       %%CONF%%/index_params;
            fastcgi_param INDEX_ROUTE verdict;
        }
    }
"""


def test_two_tenants_with_one_service(house):
    """One memcached, one zone, the same name of service, account and
    repository: neither reads what the other has."""
    memcached = house.memcached()
    beta = house.index_worker(memcached=[memcached], name="beta-index")
    beta.add_account("alice", "betabeta")
    world = Accounts(house, "alice", valid="10s", patience="60s",
                     shared=memcached,
                     server="}" + TENANT.rstrip().removesuffix("}"))
    own = world.held("alice", scope(NAME))
    own.push_blob(NAME, DATA)
    other = world.nginx.client(8501).login([scope(NAME)], "alice", "betabeta")
    other.push_blob(NAME, b"beta's")
    for _ in range(2):
        assert seen(own)[0] == 200
        for path in (PATH, "/v2/%s/blobs/%s" % (NAME, sha256(b"beta's"))):
            assert world.nginx.client(8501, token=own.token).get(
                path).status == 401
            assert world.open.with_token(other.token).get(path).status == 401
    assert other.get("/v2/%s/blobs/%s" % (
        NAME, sha256(b"beta's"))).body == b"beta's"
    status, text = world.nginx.test()
    assert status == 0
    assert 'share "registry_service registry.test"' in text
