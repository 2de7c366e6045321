"""What was granted can be taken back, within registry_verdict_valid."""

import time

import pytest

from testenv.accounts import SERVICE, Accounts, scope, verdict, verdict_of
from testenv.images import sha256
from testenv.process import wait_until

DATA = b"held"
DIGEST = sha256(DATA)
NAME = "alice/app"
VALID = 0.4     # seconds, registry_verdict_valid


@pytest.fixture
def world(house):
    made = Accounts(house, "alice", "bob", valid="400ms", patience="60s")
    made.client("alice", scope(NAME)).push_blob(NAME, DATA)
    return made


def passwd(world):
    world.passwd("alice", "another one")


def disable(world):
    world.disable("alice")


def status(client):
    return client.blob(NAME, DIGEST).status


def assert_ends(client, do):
    """do() ends what the token grants, no later than VALID after it."""
    assert status(client) == 200
    do()
    done = asked = time.monotonic()
    while status(client) == 200:
        assert asked - done < VALID + 0.1
        asked = time.monotonic()
    answer = client.blob(NAME, DIGEST)
    assert answer.status == 401
    assert answer.challenge()["error"] == "invalid_token"
    assert client.get("/v2/").status == 401


@pytest.mark.parametrize("change", [passwd, disable])
def test_of_an_account(world, change):
    tokens = [world.client("alice", scope(NAME, actions))
              for actions in ("pull", "pull,push", "*")]
    bob = world.client("bob", scope("bob/app"))
    assert_ends(tokens[0], lambda: change(world))
    for client in tokens[1:]:
        assert status(client) == 401
    assert bob.get("/v2/").status == 200
    assert world.ask("alice").status == 401


def test_a_change_of_role(world):
    world.add("root", "--admin")
    root = world.client("root", "registry:catalog:*")
    assert root.get("/v2/_catalog").status == 200
    world.index.command("account", "set-admin", "root", "off")
    wait_until(lambda: root.get("/v2/_catalog").status == 401, 60,
               "the end of root's rights")
    assert world.client("root", "registry:catalog:*").get(
        "/v2/_catalog").status == 401


def test_a_refresh_token_dies(world):
    def refresh():
        return world.open.post(
            "/token",
            [("Content-Type", "application/x-www-form-urlencoded")],
            ("grant_type=refresh_token&service=%s&client_id=x&refresh_token=%s"
             % (SERVICE, token)).encode()).status
    for change in (passwd, disable):
        world.passwd("alice", world.password("alice"))
        token = world.ask("alice", offline_token="true").json()[
            "refresh_token"]
        assert refresh() == 200
        change(world)
        assert refresh() in (400, 401)


@pytest.mark.parametrize("login", ["bob", None])
def test_private_again(world, login):
    """Also for who took a token while the repository was public."""
    world.index.set_visibility(NAME, "public")
    stranger = world.client(login, scope(NAME, "pull"))
    owner = world.client("alice", scope(NAME))
    assert_ends(stranger, lambda: world.index.set_visibility(NAME, "private"))
    assert status(owner) == 200
    assert status(world.client(login, scope(NAME, "pull"))) == 401


def test_public_for_tokens_that_were_denied(world):
    """A token says what it said when it was made: a client asks again, and
    need not wait for the old one's end to do so."""
    stranger = world.client("bob", scope(NAME, "pull"))
    assert status(stranger) == 401
    world.index.set_visibility(NAME, "public")
    assert status(world.client("bob", scope(NAME, "pull"))) == 200


def test_while_memcached_is_down(house, world):
    """No verdict is left anywhere, and the index remembers."""
    house.expect("memcached|connect")
    client = world.client("alice", scope(NAME))
    world.memcached[0].stop()
    assert status(client) == 200

    def change():
        # The command says so where a verdict may still be in memcached.
        world.index.command("account", "disable", "alice", is_checked=False)
    assert_ends(client, change)


def test_memcached_restarted_or_emptied(house, world):
    client = world.client("alice", scope(NAME))
    other = world.client("bob", scope("bob/app", "pull"))
    assert status(client) == 200
    disable(world)
    for server in world.memcached:
        server.flush()
        server.stop()
        house.keep(server)
    wait_until(lambda: status(client) == 401, 60, "the revocation")
    assert other.get("/v2/").status == 200


def test_a_verdict_does_not_come_back(world):
    """Asked for all the time while it is revoked."""
    client = world.client("alice", scope(NAME))
    world.memcached[0].flush()
    assert status(client) == 200
    disable(world)

    def ask():
        world.memcached[0].flush()
        return status(client)
    wait_until(lambda: ask() == 401, 60, "the revocation")
    end = time.monotonic() + 2 * VALID + 0.4
    asked = 0
    while time.monotonic() < end or asked < 10:
        assert ask() == 401
        asked += 1
    assert not world.holds(client.token)


def test_an_ended_token_ends_in_the_zone_too(house, world):
    """The zone does not outlive the token, whatever the verdict's age."""
    def used():
        made = world.open.with_token(world.sign(verdict([scope(NAME)],
                                                        expires=2)))
        return made if status(made) == 200 else None
    client = wait_until(used, 60, "a token that is used before it ends")
    wait_until(lambda: status(client) == 401, 60, "the token's end")
    assert client.blob(NAME, DIGEST).challenge()["error"] == "invalid_token"


def test_enabled_again(world):
    client = world.client("alice", scope(NAME))
    disable(world)
    wait_until(lambda: status(client) == 401, 60, "the revocation")
    world.index.command("account", "enable", "alice")
    assert status(world.client("alice", scope(NAME))) == 200

    def source():
        answer = client.blob(NAME, DIGEST)
        assert answer.status == 401
        return verdict_of(answer)[0]
    wait_until(lambda: source() == "index", 60, "the zone to forget it")


def test_the_zone_asks_no_more_often(world):
    """registry_verdict_valid is what it says: one question in that time."""
    client = world.held("alice", scope(NAME))
    asked, sources = [], set()      # asked: (before, after) each question
    end = time.monotonic() + 60
    while len(asked) < 4 or "zone" not in sources:
        begin = time.monotonic()
        source = verdict_of(client.get("/v2/"))[0]
        sources.add(source)
        if source == "memcached":
            asked.append((begin, time.monotonic()))
        assert begin < end
    assert sources == {"memcached", "zone"}
    for (begin, _), (_, after) in zip(asked, asked[1:]):
        assert after - begin > VALID - 0.01
