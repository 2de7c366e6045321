"""The Index of the original protocol and a registry together: what real pushes
leave at the Index, and deletions that both have a part in."""

import pytest

from index_v1_house import error
from testenv import images
from testenv.api import API_LOCATION, ApiClient, Document, encoded
from testenv.client import basic
from testenv.mirror import event
from testenv.process import wait_until
from testenv.removals import finish
from testenv.v1_images import chain_1_6, chain_1_10
from testenv.v1_site import V1Site
from testenv.webhooks import Courier, Sink

NAME = "alice/app"
PATH = "/repositories/" + encoded(NAME)


@pytest.fixture
def site(house):
    return V1Site(house, "alice", "bob", server=API_LOCATION)


def api(site):
    return ApiClient(site.accounts.open, Document(), basic("alice:alicealice"))


def listed(docker, name=NAME):
    answer = docker.images(name)
    assert answer.status == 200, answer
    return {one["id"]: one.get("checksum") for one in answer.json()}


def tags(site, name=NAME):
    return site.world.mirror.held().get(name, (None, {}))[1]


@pytest.mark.parametrize("version, make", [
    ("1.6.2", chain_1_6), ("1.10.3", chain_1_10)])
def test_checksums_of_a_push_reach_the_index(site, version, make):
    """docker sends none at the end of a push; the registry's events do."""
    docker, chain = site.docker(version, "alice"), make()
    docker.push(NAME, chain)
    wait_until(lambda: None not in listed(docker).values(), 60,
               "the checksums")
    assert listed(docker) == {image.id: image.payload() if callable(
        image.payload) else image.payload for image in chain}


def test_events_of_images_that_are_no_good(site):
    """They are skipped: what comes behind them counts."""
    docker = site.docker("1.6.2", "alice")
    assert docker.allocate(NAME).status == 200
    good = {"repository": NAME, "image": "a" * 64, "checksum": "sha256:1"}
    site.world.mirror.take(
        *(event("image", target=dict(good, **bad)) for bad in (
            {"image": "x"}, {"image": None}, {"checksum": "a b"},
            {"checksum": ""}, {"checksum": "x" * 256}, {"checksum": 1},
            {"repository": "A"})), event("image", target=good))
    site.house.expect("an event is skipped")
    assert listed(docker) == {"a" * 64: "sha256:1"}


def test_a_pull_counts_once(house):
    """By which protocol the image was pushed does not matter, nor what else of
    it is asked for."""
    site = V1Site(house, "alice", "bob", server=API_LOCATION, http="""
        registry_events on; registry_pulls on;
        registry_pulls_interval 100ms;""")
    chain = chain_1_6()
    site.docker("1.6.2", "alice").push(NAME, chain, ["latest", "other"])
    other = images.Image(seed="by v2", layers=2)
    site.v2("alice", NAME).push_image(NAME, "v2", other)
    wait_until(lambda: set(tags(site)) == {"latest", "other", "v2"}, 60,
               "the index to know the tags")

    def count():
        return api(site).get(PATH).json["pull_count"]

    # A push is none, nor is a layer alone, a part of a chain, or a failure.
    docker = site.docker("1.10.3", "alice")
    assert docker.images(NAME).status == 200
    assert docker.tags(NAME).status == docker.tag(NAME, "other").status == 200
    assert docker.json(chain[-1].id).status == 200
    assert docker.layer(chain[-1].id).status == 200
    assert docker.ancestry(chain[0].id).status == 200
    assert docker.ancestry(64 * "f").status == 404
    docker.request("HEAD", "/v1/images/%s/ancestry" % chain[-1].id,
                   headers=docker._token())
    expected = 0
    for version, tag in (("1.6.2", "latest"), ("1.10.3", "other"),
                         ("1.6.2", "v2"), ("1.10.3", "v2")):
        site.docker(version, "alice").pull(NAME, tag)
        expected += 1
        wait_until(lambda: count() >= expected, 60, "the pull to count")
        assert count() == expected


def test_webhooks_of_a_push_come_at_its_end_once(site):
    site.house.keep(Courier(site.index, "127.0.0.0/8"))
    sink = Sink(site.house)
    docker, chain = site.docker("1.6.2", "alice"), chain_1_6()
    try:
        docker.push(NAME, chain, ["first"])
        site.wait_for(NAME)
        wait_until(lambda: "first" in tags(site), 60, "the first tag")
        assert api(site).post(PATH + "/webhooks", {
            "url": sink.url, "events": ["push"]}).status == 201
        docker.allocate(NAME, chain)
        assert docker.put_tag(NAME, "second", chain[-1].id).status == 200
        wait_until(lambda: "second" in tags(site), 60, "the second tag")
        assert site.index.database.sql(
            "SELECT COUNT(*) FROM webhook_delivery") == [["0"]]
        assert docker.finalize(NAME).status == 204
        [request] = sink.wait(1)
        assert request.json["tag"] == "second"
        # and one whose events come after its end
        docker.push(NAME, chain, ["third"])
        assert [one.json["tag"] for one in sink.wait(2)] == ["second", "third"]
    finally:
        sink.stop()


def test_a_deletion_by_index_and_registry(site):
    docker, chain = site.docker("1.6.2", "alice"), chain_1_6()
    docker.push(NAME, chain)
    site.wait_for(NAME)
    docker.delete(NAME)
    assert error(site.docker("1.6.2", "alice").images(NAME), 404)
    finish(site.world)
    wait_until(lambda: site.world.mirror.held() == {}, 60, "the end")
    # the name is free; the registry has nothing of before
    docker = site.docker("1.6.2", "alice")
    wait_until(lambda: docker.allocate(NAME).status == 200, 60, "the name")
    assert listed(docker) == {}
    docker.push(NAME, chain, ["again"])
    wait_until(lambda: list(tags(site)) == ["again"], 60, "the push")
    assert docker.pull(NAME, "again")


def test_cut_behind_each_step_and_taken_up(site):
    """By the same calls, by the API, and by the run of the index."""
    docker, chain = site.docker("1.6.2", "alice"), chain_1_6()
    for way in ("index", "registry", "api", "run"):
        name = "alice/cut-" + way
        docker.push(name, chain)
        site.wait_for(name)
        if way == "api":
            assert api(site).delete("/repositories/" + encoded(name)
                                    ).status == 202
        else:
            assert docker.index_delete(name).status == 202
        if way == "registry":
            assert docker.registry_delete(
                name, docker.endpoints[0]).status == 200
        if way != "run":
            site.docker("1.6.2", "alice").delete(name)
        finish(site.world)
        wait_until(lambda: name not in site.world.mirror.held(), 60, name)
        assert error(docker.images(name), 404)
        assert docker.index_forget(name).status == 200
        assert docker.index_delete(name).status == 404


def test_strangers_and_readers_delete_nothing(site):
    docker, chain = site.docker("1.6.2", "alice"), chain_1_6()
    docker.push(NAME, chain)
    site.publish(NAME)
    bob = site.docker("1.6.2", "bob")
    assert error(bob.index_delete(NAME), 403)
    assert error(bob.index_forget(NAME), 404)
    bob.images(NAME)
    assert bob.registry_delete(NAME).status == 401
    assert docker.pull(NAME)
