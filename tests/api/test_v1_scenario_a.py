"""Scenario A, docs/scenarios/a-pull.md: a pull."""

import pytest

from testenv import shared_house
from testenv.client import basic
from testenv.v1 import AGENTS, Refused, V1Client, token_parts
from testenv.v1_images import chain_1_6, chain_1_10
from testenv.v1_site import V1Site

VERSIONS = sorted(AGENTS)
CHAINS = {"1.6.2": chain_1_6, "1.10.3": chain_1_10}
OPEN, CLOSED = "alice/open", "alice/closed"


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        made = V1Site(house, "alice", "bob")
        alice = made.docker("1.6.2", "alice")
        alice.push(OPEN, chain_1_6(), ["latest", "1"])
        made.publish(OPEN)
        alice.push(CLOSED, chain_1_6(seed="closed"))
        yield made


def same(found, wanted):
    return [(image.id, image.parent, image.json, image.layer)
            for image in found] == [
        (image.id, image.parent, image.json, image.layer)
        for image in wanted]


def lines(docker, start="/v1/"):
    return [step.line() for step in docker.steps
            if step.path.startswith(start) and step.path != "/v1/_ping"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_public_repository_without_a_login(site, version):
    docker = site.docker(version)
    images = chain_1_6()
    assert same(docker.pull(OPEN), images)
    tag = "/v1/repositories/alice/open/tags"
    wanted = ["GET /v1/repositories/alice/open/images",
              "GET " + (tag if version == "1.6.2" else tag + "/latest"),
              "GET /v1/images/%s/ancestry" % images[-1].id]
    each = [["GET /v1/images/%s/%s" % (image.id, what) for what in (
        "json", "layer")] for image in images]
    if version == "1.6.2":
        wanted += sum(each, [])
    else:
        wanted += [one[0] for one in each] + [one[1] for one in each]
    assert lines(docker) == wanted


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_answers_have(site, version):
    docker = site.docker(version)
    docker.pull(OPEN)
    [index] = [step for step in docker.steps
               if step.path.endswith("/images")]
    assert index.header("Authorization") == []
    token = index.answer.header("X-Docker-Token")
    assert index.answer.header("WWW-Authenticate") == "Token " + token
    parts = token_parts(token)
    assert list(parts) == ["signature", "repository", "access"]
    assert (parts["repository"], parts["access"]) == (OPEN, "read")
    assert index.answer.headers.get_all("X-Docker-Endpoints") == [
        "127.0.0.1:%d" % site.port]
    for step in docker.steps[docker.steps.index(index) + 1:]:
        assert step.header("Authorization") == ["Token " + token]
        assert step.answer.status == 200
        if step.path.endswith("/layer"):
            assert step.answer.header("Accept-Ranges") == "bytes"
            assert "Content-Encoding" not in step.answer.headers


@pytest.mark.parametrize("version", VERSIONS)
def test_a_private_repository(site, version):
    alice = site.docker(version, "alice")
    assert same(alice.pull(CLOSED), chain_1_6(seed="closed"))
    for docker, status in (
            (site.docker(version), 404), (site.docker(version, "bob"), 404),
            (site.docker(version, "alice", "wrong"), 401)):
        with pytest.raises(Refused) as refused:
            docker.pull(CLOSED)
        assert refused.value.status == status
        assert refused.value.step.path.endswith("/images")
        assert "X-Docker-Token" not in refused.value.step.answer.headers


@pytest.mark.parametrize("login", [None, "bob"])
def test_no_difference_between_private_and_missing(site, login):
    docker = site.docker("1.6.2", login)
    answers = [docker.images(name) for name in (CLOSED, "alice/none")]
    assert [answer.status for answer in answers] == [404] * 2
    assert answers[0].body == answers[1].body
    assert sorted(answers[0].headers) == sorted(answers[1].headers)


def test_a_tag_that_is_not_there(site):
    for version in VERSIONS:
        with pytest.raises(Refused):
            site.docker(version).pull(OPEN, "none")
    docker = site.docker("1.10.3")
    docker.images(OPEN)
    answer = docker.tag(OPEN, "none")
    assert (answer.status, answer.json()) == (404, {"error": "Tag not found"})


def test_the_rest_of_a_layer(site):
    """The end that docker asks for is one past the last byte."""
    docker = site.docker("1.6.2")
    docker.images(OPEN)
    leaf = chain_1_6()[-1]
    size = int(docker.json(leaf.id).header("X-Docker-Size"))
    assert size == len(leaf.layer)
    for got in (0, 1, size // 2, size - 1):
        answer = docker.layer_resume(leaf.id, got, size)
        assert answer.status == 206
        assert answer.body == leaf.layer[got:]
        assert answer.header("Content-Range") == "bytes %d-%d/%d" % (
            got, size - 1, size)
    answer = docker.layer_resume(leaf.id, size, size)
    assert answer.status == 416


def test_a_token_is_for_one_repository(site):
    """An image of another repository is as unknown as one of none."""
    docker = site.docker("1.6.2")
    docker.images(OPEN)
    closed = chain_1_6(seed="closed")[-1].id
    for image_id in (closed, "0" * 64):
        for get in (docker.json, docker.layer, docker.ancestry, docker.files,
                    docker.diff):
            answer = get(image_id)
            assert answer.status == 404, answer
            assert answer.json() == {"error": "Image not found"}
    assert docker.tags(CLOSED).status == 401
    assert docker.put_tag(OPEN, "x", chain_1_6()[-1].id).status == 401
    assert docker.delete_tag(OPEN, "1").status == 401


def test_a_name_without_a_slash(site):
    site.index.command("organization", "add", "solo", "alice")
    for version in VERSIONS:
        alice = site.docker(version, "alice")
        images = CHAINS[version](seed="solo")
        alice.push("solo", images)
        assert "PUT /v1/repositories/solo/tags/latest" in lines(alice)
        assert same(alice.pull("solo"), images)
        assert any("/v1/repositories/library/solo/tags" in line
                   for line in lines(alice))
        assert alice.images("library/solo").status == 200
        token = token_parts(alice.steps[-1].answer.header("X-Docker-Token"))
        assert token["repository"] in ("solo", "library/solo")


def test_empty_credentials_are_no_login(site):
    """docker 1.6 sends them where it has none."""
    docker = V1Client("1.6.2", site.port)
    answer = docker.request(
        "GET", "/v1/repositories/%s/images" % OPEN,
        headers=[*basic(":"), ("X-Docker-Token", "true")])
    assert answer.status == 200
    assert answer.header("Authorization") is None


def test_by_v2(site):
    """The same image, its layers the same bytes."""
    client = site.v2("alice", CLOSED, "pull")
    manifest = client.manifest(CLOSED, "latest").json()
    images = chain_1_6(seed="closed")
    assert [client.blob(CLOSED, layer["digest"]).body
            for layer in manifest["layers"]] == [
        image.layer for image in images]
