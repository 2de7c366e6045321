"""Scenario B, docs/scenarios/b-push.md: a push."""

import json
import threading

import pytest

from testenv import shared_house
from testenv.events import spooled
from testenv.v1 import AGENTS, Refused, V1Client, token_parts
from testenv.v1_images import V1Image, chain_1_6, chain_1_10
from testenv.v1_site import V1Site

VERSIONS = sorted(AGENTS)
CHAINS = {"1.6.2": chain_1_6, "1.10.3": chain_1_10}


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        yield V1Site(house, "alice", "bob")


def lines(docker):
    return [step.line() for step in docker.steps if step.path.startswith(
        ("/v1/repositories", "/v1/images"))]


def puts(images):
    return [("PUT /v1/images/%s/%s" % (image.id, what))
            for image in images for what in ("json", "layer", "checksum")]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_push(site, version):
    name = "alice/push-" + version
    images = CHAINS[version](seed="push")
    docker = site.docker(version, "alice")
    docker.push(name, images)
    assert lines(docker) == [
        "PUT /v1/repositories/%s/" % name,
        *("GET /v1/images/%s/json" % image.id for image in images),
        *puts(images),
        "PUT /v1/repositories/%s/tags/latest" % name,
        "PUT /v1/repositories/%s/images" % name]
    first = next(step for step in docker.steps
                 if step.path.endswith(name + "/"))
    assert json.loads(first.body) == [
        *({"id": image.id} for image in images[:-1]),
        {"id": images[-1].id, "Tag": "latest"}]
    token = first.answer.header("X-Docker-Token")
    parts = token_parts(token)
    assert (parts["repository"], parts["access"]) == (name, "write")
    for step in docker.steps:
        if step.path.startswith("/v1/images") or "/tags/" in step.path:
            assert step.header("Authorization") == ["Token " + token]
    assert docker.steps[-1].answer.status == 204
    assert docker.steps[-1].answer.body == b""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_push_that_changes_nothing(site, version):
    """What is there is found, and nothing is sent again."""
    name = "alice/again-" + version
    images = CHAINS[version](seed="again")
    site.docker(version, "alice").push(name, images)
    docker = site.docker(version, "alice")
    docker.push(name, images, ["latest", "2"])
    assert lines(docker) == [
        "PUT /v1/repositories/%s/" % name,
        *("GET /v1/images/%s/json" % image.id for image in images),
        "PUT /v1/repositories/%s/tags/latest" % name,
        "PUT /v1/repositories/%s/tags/2" % name,
        "PUT /v1/repositories/%s/images" % name]
    assert set(docker.tags(name).json()) == {"latest", "2"}


def test_images_share_their_parents(site):
    name, docker = "alice/shared", site.docker("1.6.2", "alice")
    images = chain_1_6(3, seed="shared")
    docker.push(name, images[:2], ["base"])
    docker.steps.clear()
    docker.push(name, images, ["latest"])
    assert [line for line in lines(docker) if line in puts(images)] == puts(
        images[2:])
    assert [image.layer for image in docker.pull(name)] == [
        image.layer for image in images]
    assert len(docker.pull(name, "base")) == 2


def test_a_push_that_was_cut(site):
    """It goes on where it stopped: a layer that was not sent, a checksum that
    was not."""
    name, docker = "alice/cut", site.docker("1.6.2", "alice")
    images = chain_1_6(3, seed="cut")
    docker.allocate(name, images)
    docker._push_image(images[0], docker.index)
    docker.put_json(images[1])
    docker.steps.clear()
    docker.push(name, images)
    assert [line for line in lines(docker) if line in puts(images)] == puts(
        images[1:])
    assert [image.layer for image in docker.pull(name)] == [
        image.layer for image in images]


def test_checksums_reach_the_index(site):
    """As versions before 0.8 send them; later ones send an empty list."""
    name, docker = "alice/sums", site.docker("1.6.2", "alice")
    images = chain_1_6(seed="sums")
    docker.push(name, images)
    assert {one["id"] for one in docker.images(name).json()} == {
        image.id for image in images}
    assert docker.finalize(name, images).status == 204
    assert {one["id"]: one["checksum"]
            for one in docker.images(name).json()} == {
        image.id: image.payload() for image in images}
    assert docker.finalize(name).status == 204
    assert len([one for one in docker.images(name).json()
                if one.get("checksum")]) == len(images)


def test_events(site):
    """Those of a manifest's push, in the name of the account."""
    name = "alice/events"
    site.docker("1.6.2", "alice").push(name, chain_1_6(seed="events"))
    [event] = [event for event in spooled(site.house)
               if event["target"].get("repository") == name
               and event["target"].get("tag")]
    assert event["action"] == "push"
    assert event["target"]["tag"] == "latest"
    assert event["actor"]["name"] == "alice"
    site.wait_for(name)
    digests, tags = site.world.mirror.held()[name]
    assert tags == {"latest": event["target"]["digest"]}
    assert digests == {event["target"]["digest"]}


@pytest.mark.parametrize("login, name, status", [
    (None, "alice/refused", 401), ("bob", "alice/refused", 403),
    ("alice", "Alice/Refused", 400), ("alice", "alice/a..b", 400),
    ("alice", "alice/" + 250 * "x", 400)])
def test_refused_before_anything_is_sent(site, login, name, status):
    docker = site.docker("1.6.2", login)
    with pytest.raises(Refused) as refused:
        docker.push(name, chain_1_6(seed="refused"))
    assert refused.value.status == status
    assert len(lines(docker)) == 1
    assert list(refused.value.step.answer.json()) == ["error"]


def test_a_wrong_password(site):
    with pytest.raises(Refused) as refused:
        site.docker("1.6.2", "alice", "wrong").push("alice/x", chain_1_6())
    assert refused.value.status == 401


def test_no_one_else_may_finalize(site):
    docker = site.docker("1.6.2", "alice")
    docker.push("alice/mine", chain_1_6(seed="mine"))
    assert site.docker("1.6.2").finalize("alice/mine").status == 401
    assert site.docker("1.6.2", "bob").finalize("alice/mine").status == 403


@pytest.mark.parametrize("body", [b"{}", b"[7]", b'[{"id":"x"}]', b"nope"])
def test_bad_lists(site, body):
    docker = site.docker("1.6.2", "alice")
    assert docker.allocate("alice/lists", body=body).status == 400
    assert docker.allocate("alice/lists").status == 200
    assert docker.finalize("alice/lists", body=body).status == 400


@pytest.mark.parametrize("tag, status", [
    ("_valid", 200), ("v" * 128, 200), ("$<invalid>", 400), (".invalid", 400),
    ("-invalid", 400), ("v" * 129, 400)])
def test_names_of_tags(site, tag, status):
    name, docker = "alice/tagged", site.docker("1.6.2", "alice")
    images = chain_1_6(1, seed="tags")
    docker.push(name, images)
    docker.allocate(name)
    answer = docker.put_tag(name, tag.replace("<", "%3C"), images[0].id)
    assert answer.status == status, answer
    if status == 400:
        assert answer.json() == {"error": "Invalid tag name"}


@pytest.mark.parametrize("body, status, text", [
    (b"", 400, "Invalid data"), (b"{}", 400, "Invalid data"),
    (b"7", 400, "Invalid data"), (b'"x"', 404, "Image not found"),
    (b'"%s"' % (64 * b"e"), 404, "Image not found")])
def test_a_tag_of_nothing(site, body, status, text):
    docker = site.docker("1.6.2", "alice")
    docker.allocate("alice/nothing")
    answer = docker.put_tag("alice/nothing", "t", "", body=body)
    assert (answer.status, answer.json()) == (status, {"error": text})


def test_two_clients_push_the_same_image(site):
    """Both may be in the middle; whatever wins, the image is whole."""
    name, images = "alice/both", chain_1_6(2, size=200000, seed="both")
    ended = []

    def push():
        try:
            site.docker("1.6.2", "alice").push(name, images)
            ended.append(204)
        except Refused as refused:
            ended.append(refused.status)
    threads = [threading.Thread(target=push) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 204 in ended and set(ended) <= {204, 409, 400}, ended
    assert [image.layer for image in site.docker(
        "1.6.2", "alice").pull(name)] == [image.layer for image in images]


def test_by_v2(site):
    """The layers are the same blobs, the image the same files."""
    name, images = "alice/v2", chain_1_10(seed="v2")
    site.docker("1.10.3", "alice").push(name, images)
    client = site.v2("alice", name, "pull")
    answer = client.manifest(name, "latest")
    assert answer.status == 200, answer
    manifest = answer.json()
    assert [client.blob(name, layer["digest"]).body
            for layer in manifest["layers"]] == [
        image.layer for image in images]
    config = client.blob(name, manifest["config"]["digest"]).json()
    assert len(config["rootfs"]["diff_ids"]) == len(images)


def test_a_parent_of_another_repository(site):
    images = chain_1_6(2, seed="parent")
    docker = site.docker("1.6.2", "alice")
    docker.push("alice/parents", images)
    docker.allocate("alice/orphans")
    answer = docker.put_json(images[1])
    assert (answer.status, answer.json()) == (
        400, {"error": "Image depends on a non existing parent"})
