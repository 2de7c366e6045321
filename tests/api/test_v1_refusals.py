"""Every refusal that the original protocol knows, with its status and its text:
a row for each, by the requests of Registry and Index, and by what the tests of
other registries expect.  Each is asked once of one host that has both."""

import json
import re

import pytest

from testenv import shared_house
from testenv.client import basic
from testenv.v1_images import V1Image, chain_1_6
from testenv.v1_site import V1Site

NAME, OTHER, EMPTY = "alice/app", "alice/other", "alice/empty"
CHAIN = chain_1_6(3, seed="refusals")
THERE = CHAIN[-1].id
BUSY, ODD, NONE = (64 * c for c in "bcd")
FOREIGN = chain_1_6(2, seed="elsewhere")

REPOSITORY = "/v1/repositories/" + NAME
GONE = "/v1/repositories/alice/none"
AUTHORIZATION = "Requires authorization"
UPLOADING = "Image is being uploaded, retry later"


def image(image_id, layer=b"", **more):
    return V1Image(image_id, more.get("parent"), json.dumps(
        {"id": image_id, **more}).encode(), layer)


class Site(V1Site):
    """A repository with a chain of images, one that is being uploaded, and one
    whose layer is no tar; a second one with other images; and an empty one."""

    def __init__(self, house):
        super().__init__(house, "alice", "bob")
        alice = self.docker("1.6.2", "alice")
        alice.push(NAME, CHAIN)
        alice.put_json(image(BUSY))
        odd = image(ODD, b"no tar")
        for answer in (alice.put_json(odd), alice.put_layer(odd),
                       alice.put_checksum(odd, tarsum="none")):
            assert answer.status == 200, answer
        alice.push(OTHER, FOREIGN)
        assert alice.allocate(EMPTY).status == 200
        self.wait_for(NAME)
        self.tokens = {
            "reader": self.by(NAME, "images"),
            "writer": self.by(NAME, "allocate"),
            "deleter": self.by(NAME, "deletion"),
            "other": self.by(OTHER, "allocate"),
            "empty": self.by(EMPTY, "allocate"),
            "none": [], "anonymous": basic(":"),
            "alice": basic("alice:" + self.accounts.password("alice")),
            "bob": basic("bob:" + self.accounts.password("bob")),
            "wrong": basic("alice:wrong horse"),
        }

    def by(self, name, how):
        docker = self.docker("1.6.2", "alice")
        if how == "deletion":
            answer = docker.request(
                "DELETE", "/v1/repositories/%s/images" % name,
                headers=[*docker._basic(), ("X-Docker-Token", "true")])
            assert answer.status == 204, answer
            docker.tokens = answer.headers.get_all("X-Docker-Token")
        else:
            assert getattr(docker, how)(name).status == 200
        return docker._token()


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        yield Site(house)


def of(image_id, what):
    return "/v1/images/%s/%s" % (image_id, what)


# --- the Registry ------------------------------------------------------------

GATE = [(method, path) for method, path in (
    ("GET", of(THERE, "json")), ("GET", of(THERE, "layer")),
    ("GET", of(THERE, "ancestry")), ("GET", of(THERE, "files")),
    ("GET", of(THERE, "diff")), ("PUT", of(NONE, "json")),
    ("PUT", of(NONE, "layer")), ("PUT", of(NONE, "checksum")),
    ("GET", REPOSITORY + "/tags"), ("GET", REPOSITORY + "/tags/latest"),
    ("PUT", REPOSITORY + "/tags/new"), ("DELETE", REPOSITORY + "/tags/latest"),
    ("GET", REPOSITORY + "/json"), ("GET", REPOSITORY + "/tags/latest/json"),
    ("GET", REPOSITORY + "/properties"), ("PUT", REPOSITORY + "/properties"),
    ("DELETE", REPOSITORY + "/tags"))]


@pytest.mark.parametrize("method, path", GATE)
def test_the_gate(site, method, path):
    """Without a token, with a password in its place, with the token of another
    repository where the path names one, and with one that grants less."""
    callers = ["none", "anonymous", "alice"]
    callers += ["other"] if path.startswith(REPOSITORY) else []
    callers += [] if method == "GET" else ["reader"]
    callers += ["writer"] if method == "DELETE" else []
    callers += ["deleter"] if method == "PUT" else []
    for caller in callers:
        answer = site.docker("1.6.2").request(
            method, path, headers=site.tokens[caller],
            body=b"" if method == "PUT" else None)
        assert answer.status == 401, (caller, answer)
        assert answer.json() == {"error": AUTHORIZATION}
        assert answer.headers.get_all("WWW-Authenticate") == ["Token"]


# caller, method, path, status, text, and a body or headers.
REGISTRY = [
    ("reader", "GET", of(NONE, "json"), 404, "Image not found"),
    ("reader", "GET", of("x", "json"), 404, "Invalid image ID"),
    ("reader", "GET", of(BUSY, "json"), 400, UPLOADING),
    ("reader", "GET", of(NONE, "layer"), 404, "Image not found"),
    ("reader", "GET", of("x", "layer"), 404, "Invalid image ID"),
    ("reader", "GET", of(BUSY, "layer"), 400, UPLOADING),
    ("reader", "GET", of(NONE, "ancestry"), 404, "Image not found"),
    ("reader", "GET", of("x", "ancestry"), 404, "Invalid image ID"),
    ("reader", "GET", of(BUSY, "ancestry"), 400, UPLOADING),
    ("reader", "GET", of(NONE, "files"), 404, "Image not found"),
    ("reader", "GET", of(BUSY, "files"), 400, UPLOADING),
    ("reader", "GET", of(ODD, "files"), 400, "Layer format not supported"),
    ("reader", "GET", of(NONE, "diff"), 404, "Image not found"),
    ("reader", "GET", of(BUSY, "diff"), 400, UPLOADING),
    ("writer", "PUT", of("x", "json"), 404, "Invalid image ID", b"{}"),
    ("writer", "PUT", of(64 * "A", "json"), 404, "Invalid image ID", b"{}"),
    ("writer", "PUT", of(NONE, "json"), 400, "Invalid JSON", b"nope"),
    ("writer", "PUT", of(NONE, "json"), 400, "Invalid JSON", b"[]"),
    ("writer", "PUT", of(NONE, "json"), 400, "Missing key `id' in JSON",
     b"{}"),
    ("writer", "PUT", of(NONE, "json"), 400, "JSON data contains invalid id",
     image(64 * "e").json),
    ("writer", "PUT", of(NONE, "json"), 400,
     "Image depends on a non existing parent",
     image(NONE, parent=64 * "e").json),
    # The Python registry said here that the parent is not authorized, and so
    # that it is there: no one learns of images of other repositories.
    ("writer", "PUT", of(NONE, "json"), 400,
     "Image depends on a non existing parent",
     image(NONE, parent=FOREIGN[-1].id).json),
    ("writer", "PUT", of(THERE, "json"), 409, "Image already exists",
     CHAIN[-1].json),
    ("writer", "PUT", of(NONE, "layer"), 404, "Image not found", b"x"),
    ("writer", "PUT", of(THERE, "layer"), 409, "Image already exists", b"x"),
    ("writer", "PUT", of(BUSY, "checksum"), 400, "Missing Image's checksum"),
    ("writer", "PUT", of(NONE, "checksum"), 404, "Image not found", b"",
     [("X-Docker-Checksum-Payload", "sha256:" + 64 * "0")]),
    ("writer", "PUT", of(THERE, "checksum"), 409,
     "Cannot set this image checksum", b"",
     [("X-Docker-Checksum-Payload", CHAIN[-1].payload())]),
    ("writer", "PUT", of(BUSY, "checksum"), 400, "Checksum mismatch", b"",
     [("X-Docker-Checksum-Payload", "sha256:" + 64 * "0")]),
    ("empty", "GET", "/v1/repositories/%s/tags" % EMPTY, 404,
     "Repository not found"),
    ("reader", "GET", REPOSITORY + "/tags/none", 404, "Tag not found"),
    ("empty", "GET", "/v1/repositories/%s/json" % EMPTY, 404,
     "Repository not found"),
    ("reader", "GET", REPOSITORY + "/tags/none/json", 404, "Tag not found"),
    ("deleter", "DELETE", REPOSITORY + "/tags/none", 404,
     "Tag not found: none"),
    ("writer", "PUT", REPOSITORY + "/tags/$%3Cinvalid%3E", 400,
     "Invalid tag name", b'"%s"' % THERE.encode()),
    ("writer", "PUT", REPOSITORY + "/tags/.invalid", 400, "Invalid tag name",
     b'"%s"' % THERE.encode()),
    ("writer", "PUT", REPOSITORY + "/tags/-invalid", 400, "Invalid tag name",
     b'"%s"' % THERE.encode()),
    ("writer", "PUT", REPOSITORY + "/tags/t", 400, "Invalid data", b"{}"),
    ("writer", "PUT", REPOSITORY + "/tags/t", 404, "Image not found",
     b'"%s"' % NONE.encode()),
    ("writer", "PUT", REPOSITORY + "/tags/t", 404, "Image not found",
     b'"%s"' % FOREIGN[-1].id.encode()),
    ("empty", "GET", "/v1/repositories/%s/properties" % EMPTY, 404,
     "Repository not found"),
    ("writer", "PUT", REPOSITORY + "/properties", 400, "Invalid data",
     b'{"access":"secret"}'),
    # Images of another repository are as unknown as those of none.
    ("reader", "GET", of(FOREIGN[-1].id, "json"), 404, "Image not found"),
    ("reader", "GET", of(FOREIGN[-1].id, "layer"), 404, "Image not found"),
    ("reader", "GET", of(FOREIGN[-1].id, "ancestry"), 404, "Image not found"),
    ("reader", "GET", of(FOREIGN[-1].id, "files"), 404, "Image not found"),
]

# --- the Index ---------------------------------------------------------------

LIST = json.dumps([{"id": THERE}]).encode()
CREDENTIALS = "Incorrect login or password"

INDEX = [
    ("none", "GET", "/v1/users/", 401, AUTHORIZATION),
    ("anonymous", "GET", "/v1/users/", 401, AUTHORIZATION),
    ("wrong", "GET", "/v1/users/", 401, CREDENTIALS),
    ("none", "PUT", REPOSITORY + "/", 401, AUTHORIZATION, LIST),
    ("wrong", "PUT", REPOSITORY + "/", 401, CREDENTIALS, LIST),
    ("bob", "PUT", REPOSITORY + "/", 403, "Permission denied", LIST),
    ("alice", "PUT", "/v1/repositories/alice/a..b/", 400,
     "invalid repository name", LIST),
    ("none", "PUT", REPOSITORY + "/images", 401, AUTHORIZATION, LIST),
    ("anonymous", "PUT", REPOSITORY + "/images", 401, AUTHORIZATION, LIST),
    ("wrong", "PUT", REPOSITORY + "/images", 403, "Permission denied", LIST),
    ("bob", "PUT", REPOSITORY + "/images", 403, "Permission denied", LIST),
    ("alice", "PUT", "/v1/repositories/alice/$x/images", 400,
     "invalid repository name", LIST),
    ("wrong", "GET", REPOSITORY + "/images", 401, CREDENTIALS),
    ("none", "GET", REPOSITORY + "/images", 404, "Repository not found"),
    ("bob", "GET", REPOSITORY + "/images", 404, "Repository not found"),
    ("alice", "GET", GONE + "/images", 404, "Repository not found"),
    ("none", "DELETE", REPOSITORY + "/", 401, AUTHORIZATION),
    ("wrong", "DELETE", REPOSITORY + "/", 401, CREDENTIALS),
    ("bob", "DELETE", REPOSITORY + "/", 404, "Repository not found"),
    ("none", "PUT", REPOSITORY + "/auth", 401, AUTHORIZATION, b""),
    ("other", "PUT", REPOSITORY + "/auth", 403, "Permission denied", b""),
    ("other", "GET", REPOSITORY + "/layer/%s/access" % THERE, 401,
     AUTHORIZATION),
    ("reader", "GET", REPOSITORY + "/layer/x/access", 404, "Invalid image ID"),
    ("bob", "PUT", "/v1/users/alice/", 403, "Permission denied",
     b'{"email":"a@b.example"}'),
]


@pytest.mark.parametrize("row", REGISTRY + INDEX, ids=lambda row: re.sub(
    "[0-9A-Fa-f]{63}", "", "%s %s %s %d" % row[:4]))
def test_a_refusal(site, row):
    caller, method, path, status, text, body, headers = (
        *row, *(None, [])[len(row) - 5:])
    answer = site.docker("1.6.2").request(
        method, path, headers=[*site.tokens[caller], *headers], body=body)
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "application/json"
    assert answer.json() == {"error": text}
    challenge = answer.header("WWW-Authenticate")
    assert (challenge is None) == (status != 401)


def test_a_repository_that_is_deleted(site):
    """By the Registry, and by `tags`, which is the same."""
    for end in "/", "/tags":
        name = "alice/delete-%d" % len(end)
        docker = site.docker("1.6.2", "alice")
        docker.push(name, CHAIN[:1])
        token = site.by(name, "deletion")
        path = "/v1/repositories/" + name
        assert docker.request("DELETE", path + end,
                              headers=token).status == 200
        for method, at in (("DELETE", end), ("GET", "/tags")):
            answer = docker.request(method, path + at, headers=token)
            assert (answer.status, answer.json()) == (
                404, {"error": "Repository not found"}), (method, at)
