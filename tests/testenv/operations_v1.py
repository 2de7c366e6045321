"""What clients of the original protocol do to a registry whose calls to the
store fail; as operations.py, with tokens that name the repository, or
without one."""

import gzip
import json
from pathlib import Path

from .v1_images import V1Image, tar_of

MAX_CALLS = 250

CONF = """
    %%GLOBALS%%
    worker_processes 2;
    events {}
    http {
        %%GLOBALS_HTTP%%
        registry_root   %%DIR%%/store;
        registry_delete on;
        registry_events on;
        server {
            listen 127.0.0.1:8600;
            location ^~ /v1/ {
                registry        on;
                registry_layers @layers;
                fastcgi_pass    unix:%%DIR%%/registry.sock;
                include         %%CONF%%/registry_params;
            }
            location @layers {
                registry     on;
                fastcgi_pass unix:%%DIR%%/layers.sock;
                include      %%CONF%%/registry_params;
            }
            location ^~ /v2/ {
                registry     on;
                fastcgi_pass unix:%%DIR%%/registry.sock;
                include      %%CONF%%/registry_params;
            }
        }
    }"""

BASIC = ("Authorization", "Basic Og==")


class World:
    """A registry alone whose workers have a fault; a repository and images of
    its own for each number."""

    def __init__(self, house, fault):
        house.expect("ended by signal 9|prematurely closed|reset by peer"
                     "|could not|cannot|failed")
        self.house = house
        self.fault = fault
        how = {"program": fault.PROGRAM, **fault.environment()}
        self.worker = house.registry_worker(processes=32, **how)
        self.layers = house.layers_worker(processes=16, **how)
        self.client = house.nginx(CONF).client(8600)
        self.store = Path(house.dir, "store/docker/registry/v2/repositories")
        self.spool = Path(house.dir, "store/slipway/events")
        self.count = 0

    def count_events(self, name):
        word = b'"repository":"%s"' % name.encode()
        return sum(path.read_bytes().count(word)
                   for path in self.spool.glob("*.jsonl"))


def image_of(number, parent=None):
    """The same number, the same image."""
    image_id = "%064x" % number
    text = {"id": image_id, "os": "linux", "architecture": "amd64",
            "config": {"Cmd": ["true"]}}
    if parent:
        text["parent"] = parent.id
    layer = gzip.compress(tar_of(("file", b"%d" % number)), mtime=0)
    return V1Image(image_id, parent and parent.id,
                   json.dumps(text).encode(), layer)


class Operation:
    """do() is what a client does, once; again() what it does next, as often as
    it must, and returns whether it got there."""

    is_named = True     # a token tells the repository
    n_base = 1          # images of the chain that are there already
    tags = ()           # of the last one
    has_event = False

    def __init__(self, world):
        self.world = world
        self.client = world.client
        world.count += 1
        self.name = "app/%d" % world.count
        self.base = image_of(2 * world.count)
        self.image = image_of(2 * world.count + 1, self.base)
        for image in self.chain()[:self.n_base]:
            self.push(image)
        for tag in self.tags:
            assert self.put_tag(tag).status == 200

    def chain(self):
        return [self.base, self.image]

    def headers(self):
        return [("Authorization", 'Token signature=x,repository="%s"' %
                 self.name) if self.is_named else BASIC]

    def ask(self, method, path, body=None, more=()):
        return self.client.request(method, "/v1/" + path,
                                   [*self.headers(), *more], body)

    def of_image(self, method, what, image=None, body=None, more=()):
        image = image or self.image
        return self.ask(method, "images/%s/%s" % (image.id, what), body, more)

    def put_json(self, image=None):
        image = image or self.image
        return self.of_image("PUT", "json", image, image.json)

    def put_layer(self, image=None):
        image = image or self.image
        return self.of_image("PUT", "layer", image, image.layer)

    def put_checksum(self, image=None):
        image = image or self.image
        return self.of_image(
            "PUT", "checksum", image, b"",
            [("X-Docker-Checksum-Payload", image.payload())])

    def push(self, image):
        for put in (self.put_json, self.put_layer, self.put_checksum):
            answer = put(image)
            assert answer.status == 200, answer

    def put_tag(self, tag="latest"):
        return self.ask("PUT", "repositories/%s/tags/%s" % (self.name, tag),
                        b'"%s"' % self.image.id.encode())

    def again(self):
        return self.do()

    def check_image(self, image):
        """True where it is complete; then all of it is there.  None while it
        is uploaded."""
        answer = self.of_image("GET", "json", image)
        if answer.status == 400:
            assert b"being uploaded" in answer.body
            return None
        if answer.status == 404:
            return False
        assert (answer.status, answer.body) == (200, image.json), answer
        ids = self.of_image("GET", "ancestry", image).json()
        assert ids == [image.id] + [image.parent] * bool(image.parent)
        layer = self.of_image("GET", "layer", image)
        assert layer.body == image.layer, layer
        return True

    def check_tag(self, tag="latest"):
        """Whether it is there; then both protocols have all of it."""
        answer = self.ask("GET", "repositories/%s/tags/%s" % (self.name, tag))
        manifest = self.client.manifest(self.name, tag)
        if answer.status == 404:
            assert manifest.status == 404, manifest
            return False
        assert answer.json() == self.image.id, answer
        layers = [self.client.blob(self.name, layer["digest"]).body
                  for layer in manifest.json()["layers"]]
        assert layers == [image.layer for image in self.chain()]
        config = manifest.json()["config"]["digest"]
        assert self.client.blob(self.name, config).status == 200
        for image in reversed(self.chain()):    # as clients do
            assert self.check_image(image) is True
        return True


class PutJson(Operation):
    def do(self):
        return self.put_json()

    def is_done(self):
        found = self.check_image(self.image)
        assert found is not True
        return found is None


class PutLayer(PutJson):
    has_event = True

    def __init__(self, world):
        super().__init__(world)
        assert self.put_json().status == 200

    def do(self):
        return self.put_layer()

    def is_done(self):
        assert self.check_image(self.image) is None
        return (self.world.store / self.name / "_v1" / self.image.id
                / "sums").exists()


class PutChecksum(Operation):
    has_event = True

    def __init__(self, world):
        super().__init__(world)
        for put in (self.put_json, self.put_layer):
            assert put().status == 200

    def do(self):
        return self.put_checksum()

    def again(self):
        """A client that does not know asks, as docker does."""
        if self.is_done():
            return self.of_image("GET", "json")
        return self.do()

    def is_done(self):
        return self.check_image(self.image) is True


class SetTag(Operation):
    n_base = 2
    has_event = True

    def do(self):
        return self.put_tag()

    def is_done(self):
        return self.check_tag()


class Unnamed(SetTag):
    """Images that were pushed without a repository."""

    is_named = False


class RemoveTag(Operation):
    n_base = 2
    tags = ["latest", "other"]
    has_event = True

    def do(self):
        return self.ask("DELETE", "repositories/%s/tags/latest" % self.name)

    def again(self):
        answer = self.do()
        return self.of_image("GET", "json") if answer.status == 404 else answer

    def is_done(self):
        assert self.check_tag("other")
        return not self.check_tag()


class RemoveRepository(RemoveTag):
    def do(self):
        return self.ask("DELETE", "repositories/%s/" % self.name)

    def again(self):
        answer = self.do()
        return self.client.get("/v2/") if answer.status == 404 else answer

    def is_done(self):
        """A tag never names what is not there."""
        left = [self.check_tag(tag) for tag in self.tags]
        answer = self.ask("GET", "repositories/%s/tags" % self.name)
        assert answer.status == 404 or not any(left) or answer.json(), answer
        manifests = self.world.store / self.name / "_manifests/revisions"
        return answer.status == 404 and not list(manifests.glob("*/*/link"))


OPERATIONS = [PutJson, PutLayer, PutChecksum, SetTag, Unnamed, RemoveTag,
              RemoveRepository]


def settle(operation, answer, where):
    """An answer is a success or an error of the protocol; what was
    acknowledged is there, and the client gets it in the end."""
    is_good = answer.status < 300
    if not is_good:
        assert answer.status in (500, 503), where
        assert set(answer.json()) == {"error"}, where
        assert b"/store" not in answer.body, where
    assert operation.is_done() or not is_good, where
    if not is_good:
        answer = operation.again()
        assert answer.status < 300, "%s, then %r" % (where, answer)
        assert operation.is_done(), where


def at_every_call(world, kind, action):
    """Does it with the first call failing, with the second... until there is
    none; how many there are."""
    for number in range(1, MAX_CALLS):
        operation = kind(world)
        before = world.count_events(operation.name)
        with world.fault.at(number, action) as it:
            answer = operation.do()
        where = "call %d: %r" % (number, answer)
        assert answer.status < 300 or it.is_reached, where
        if answer.status < 300 and kind.has_event:
            assert world.count_events(operation.name) > before, where
        settle(operation, answer, where)
        if not it.is_reached:
            return number - 1
    raise AssertionError("more than %d calls" % MAX_CALLS)
