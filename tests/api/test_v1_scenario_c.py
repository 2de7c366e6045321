"""Scenario C, docs/scenarios/c-delete.md: a repository is deleted by the Index
and the registry together.  What the Index does alone is in
test_v1_index_removal.py."""

from pathlib import Path

import pytest

from testenv import shared_house
from testenv.events import spooled
from testenv.removals import finish
from testenv.v1 import Refused, token_parts
from testenv.v1_images import chain_1_6
from testenv.v1_site import V1Site

IMAGES = chain_1_6(3)


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        yield V1Site(house, "alice", "bob")


@pytest.fixture
def name(request, site):
    """A repository with two tags and three images."""
    made = "alice/" + request.node.originalname.replace("_", "-")
    docker = site.docker("1.6.2", "alice")
    docker.push(made, IMAGES, {"latest": IMAGES[2].id, "base": IMAGES[1].id})
    site.wait_for(made)
    return made


@pytest.fixture
def alice(site):
    return site.docker("1.6.2", "alice")


def directory(site, name):
    return Path(site.house.dir, "store/docker/registry/v2/repositories", name)


def is_gone(site, name):
    """Nothing of it is found by either protocol."""
    below = directory(site, name)
    assert list(below.glob("_v1/*/json")) == []
    assert list(below.glob("_manifests/tags/*/current/link")) == []
    assert list(below.glob("_manifests/revisions/*/*/link")) == []
    for login in (None, "alice", "bob"):
        assert site.docker("1.6.2", login).images(name).status == 404


def test_from_the_first_request_to_the_last(site, name, alice):
    answer = alice.index_delete(name)
    assert (answer.status, answer.body) == (202, b'""')
    parts = token_parts(answer.header("X-Docker-Token"))
    assert (parts["repository"], parts["access"]) == (name, "delete")
    # Hidden for all but the token.
    assert site.docker("1.6.2", "alice").images(name).status == 404
    assert alice.check(name).status == 200
    assert alice.check_by_images(name).status == 200
    answer = alice.registry_delete(name)
    assert (answer.status, answer.body) == (200, b"true")
    answer = alice.index_forget(name)
    assert (answer.status, answer.body) == (200, b'""')
    is_gone(site, name)
    assert alice.check(name).status in (403, 404)


def test_all_at_once(site, name, alice):
    alice.delete(name)
    is_gone(site, name)


def test_events(site, name, alice):
    """Each tag and each manifest, as if /v2/ had deleted them."""
    alice.delete(name)
    mine = [event for event in spooled(site.house)
            if event["target"].get("repository") == name
            and event["action"] == "delete"]
    assert sorted(event["target"]["tag"] for event in mine
                  if "tag" in event["target"]) == ["base", "latest"]
    assert len([event for event in mine
                if "digest" in event["target"]]) == 2


def test_a_token_to_delete_writes_nothing(site, name, alice):
    alice.index_delete(name)
    leaf = IMAGES[2]
    for answer in (alice.put_tag(name, "x", leaf.id), alice.put_json(leaf),
                   alice.put_layer(leaf), alice.put_checksum(leaf),
                   alice.registry_delete("alice/none"),
                   alice.registry_delete("bob/app")):
        assert answer.status == 401, answer
        assert answer.json() == {"error": "Requires authorization"}


def test_others_tokens_delete_nothing(site, name, alice):
    for ask in (alice.images, alice.allocate):
        ask(name)
        assert alice.registry_delete(name).status == 401
        assert alice.delete_tag(name, "base").status == 401
    assert len(alice.pull(name)) == 3


@pytest.mark.parametrize("login, status", [(None, 401), ("bob", 404)])
def test_only_who_may_delete(site, name, login, status):
    docker = site.docker("1.6.2", login)
    answer = docker.request(
        "DELETE", "/v1/repositories/%s/" % name,
        headers=[*(docker._basic() if login else []),
                 ("X-Docker-Token", "true")])
    assert answer.status == status, answer
    assert len(site.docker("1.6.2", "alice").pull(name)) == 3


def test_one_tag(site, name, alice):
    """A token to delete is enough; the other tag and the images stay."""
    token = site.accounts.token("alice", "repository:%s:pull,delete" % name)
    alice.tokens = ['signature=%s,repository="%s",access=delete' % (
        token, name)]
    answer = alice.delete_tag(name, "base")
    assert (answer.status, answer.body) == (200, b"true")
    answer = alice.delete_tag(name, "base")
    assert (answer.status, answer.json()) == (
        404, {"error": "Tag not found: base"})
    assert set(alice.tags(name).json()) == {"latest"}
    assert len(site.docker("1.6.2", "alice").pull(name)) == 3


# --- interrupted, and taken up again -----------------------------------------

def test_interrupted_after_the_first_request(site, name, alice):
    assert alice.index_delete(name).status == 202
    first = alice.tokens
    again = site.docker("1.6.2", "alice")
    assert again.index_delete(name).status == 202
    assert again.tokens != first
    again.delete(name)
    is_gone(site, name)


def test_interrupted_in_the_registry(site, name, alice):
    """A part is gone already: that is no error."""
    alice.index_delete(name)
    assert alice.delete_tag(name, "base").status == 200
    leaf = directory(site, name) / "_v1" / IMAGES[2].id
    (leaf / "json").unlink()
    again = site.docker("1.6.2", "alice")
    again.delete(name)
    is_gone(site, name)


def test_interrupted_after_the_registry(site, name, alice):
    alice.index_delete(name)
    assert alice.registry_delete(name).status == 200
    answer = alice.registry_delete(name)
    assert (answer.status, answer.json()) == (
        404, {"error": "Repository not found"})
    site.docker("1.6.2", "alice").delete(name)
    is_gone(site, name)


def test_after_the_last_request(site, name, alice):
    alice.delete(name)
    with pytest.raises(Refused) as refused:
        alice.delete(name)
    assert refused.value.status == 404


def test_the_name_is_free_again(site, name, alice):
    """Once slipway-index has removed its own records."""
    alice.delete(name)
    finish(site.world)
    others = chain_1_6(1, seed="new")
    alice.push(name, others)
    assert [image.id for image in alice.pull(name)] == [others[0].id]
    assert alice.json(IMAGES[0].id).status == 404
