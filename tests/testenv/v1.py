"""A client of the original protocol that goes step by step as docker 1.6.2 and
1.10.3 go on the wire, and can also go wrong on purpose.

    docker = V1Client("1.6.2", house.port(8600), "alice", "secret")
    docker.push("alice/app", chain_1_6(), ["latest"])
    images = docker.pull("alice/app", "latest")
    docker.steps[-1].headers, docker.steps[-1].answer

Each request is a connection of its own, is kept in `steps`, and takes
`headers=` instead of those that docker would send (None leaves one out).  Only
push(), pull() and the like stop where docker stops, with Refused; a single step
returns whatever the answer is."""

import gzip
import json
import urllib.parse

from .client import Registry, basic
from .v1_images import V1Image

AGENTS = {
    "1.6.2": "docker/1.6.2 go/go1.4.2 git-commit/7c8fca2 kernel/3.16.0-4-amd64"
             " os/linux arch/amd64",
    "1.10.3": "docker/1.10.3 go/go1.5.3 git-commit/20f81dd"
              " kernel/3.16.0-4-amd64 os/linux arch/amd64"
              " UpstreamClient(Docker-Client/1.10.3 \\(linux\\))",
}
LOGIN_AGENT = "Go-http-client/1.1"   # of 1.6.2, when it makes an account

MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/json")


class Refused(Exception):
    """Docker would stop here; step says after which request."""

    def __init__(self, step):
        super().__init__(repr(step))
        self.step = step
        self.status = step.answer.status


class Step:
    """A request and its answer."""

    def __init__(self, place, method, path, headers, body):
        self.place = place      # (host, port)
        self.method = method
        self.path = path
        self.headers = headers  # pairs
        self.body = body
        self.answer = None

    def header(self, name):
        """The values of a header that was sent, as a list."""
        return [value for key, value in self.headers
                if key.lower() == name.lower()]

    def line(self):
        return "%s %s" % (self.method, self.path)

    def __repr__(self):
        return "%s %s:%d %s" % (self.line(), *self.place, self.answer)


def token_parts(value):
    """A dict of `signature=…,repository="…",access=…`."""
    return {key: text.strip('"') for key, _, text in (
        part.partition("=") for part in value.split(","))}


def _split(host):
    name, _, port = host.strip().rpartition(":")
    return name, int(port)


def _tags_of(tags, image):
    """tags: names for the last image, or {name: id}."""
    return [name for name, image_id in tags.items() if image_id == image.id]


class V1Client:
    """One engine, logged in to one Index or not."""

    def __init__(self, version, port, login=None, password=None,
                 host="127.0.0.1", tls=None):
        self.version = version
        self.index = (host, port)
        self.login_name = login
        self.password = password
        self.tls = tls          # an ssl.SSLContext, or None
        self.tokens = []        # values of X-Docker-Token, as they came
        self.endpoints = []     # (host, port) of each registry
        self.is_standalone = False
        self.steps = []

    # --- one request -------------------------------------------------------

    def request(self, method, path, place=None, headers=(), body=None,
                is_chunked=False, agent=None):
        """headers: pairs; a value of None leaves out what would be sent."""
        names = {name for name, _ in headers}
        without = {name for name, value in headers if value is None}
        lines = [line for line in self._common(agent) if line[0] not in names]
        lines += [line for line in headers if line[0] not in without]
        step = Step(place or self.index, method, path, lines, body)
        answer = Registry(step.place[1], step.place[0], self.tls).request(
            method, path, lines, iter([body]) if is_chunked else body,
            is_chunked=is_chunked)
        if answer.header("Content-Encoding") == "gzip":
            answer.body = gzip.decompress(answer.body)
        step.answer = answer
        self.steps.append(step)
        if self.version == "1.10.3":
            self._take_token(answer)
        return answer

    def _common(self, agent):
        return [("User-Agent", agent or AGENTS[self.version]),
                ("Accept-Encoding", "gzip"), ("Connection", "close")]

    def _take_token(self, answer):
        found = answer.headers.get_all("X-Docker-Token")
        if found:
            self.tokens = found

    # --- who asks ----------------------------------------------------------

    def _basic(self):
        return basic("%s:%s" % (self.login_name or "", self.password or ""))

    def _is_always_basic(self):
        """Over TLS a standalone registry gets the password with every
        request."""
        return self.tls is not None and self.is_standalone

    def _to_index(self, is_put):
        if self._is_always_basic():
            return self._basic()
        if self.login_name or (is_put and self.version == "1.6.2"):
            return self._basic()
        return [] if self.version == "1.6.2" else self._token()

    def _token(self):
        if not self.tokens and self.version != "1.6.2":
            return []
        return [("Authorization", "Token " + ",".join(self.tokens))]

    def _to_registry(self):
        return self._basic() if self._is_always_basic() else self._token()

    # --- steps to the Index ------------------------------------------------

    def ping_v2(self):
        return self.request("GET", "/v2/")

    def ping(self):
        """And what docker makes of it."""
        answer = self.request("GET", "/v1/_ping")
        try:
            body = answer.json()
        except ValueError:
            body = None
        said = answer.header("X-Docker-Registry-Standalone")
        self.is_standalone = (
            said.lower() in ("true", "1") if said
            else body.get("standalone", True) if isinstance(body, dict)
            else True)
        return answer

    def user_post(self, email="a@b.example", body=None):
        if body is None:
            body = json.dumps({
                "username": self.login_name, "password": self.password,
                "auth": "", "email": email}).encode()
        agent = LOGIN_AGENT if self.version == "1.6.2" else None
        return self.request(
            "POST", "/v1/users/", body=body, agent=agent,
            headers=[("Content-Type", "application/json; charset=utf-8")])

    def user_get(self):
        return self.request("GET", "/v1/users/", headers=self._basic())

    def search(self, term, limit=None):
        query = {"q": term} if limit is None else {"q": term, "n": limit}
        return self.request(
            "GET", "/v1/search?" + urllib.parse.urlencode(query),
            headers=[*self._to_index(False), ("X-Docker-Token", "true")])

    def _put_index(self, path, body, more=(), headers=()):
        return self.request(
            "PUT", path, body=body, headers=list({
                **dict(self._to_index(True)), "X-Docker-Token": "true",
                "Content-Type": "application/json",
                **dict(headers)}.items()) + list(more))

    def allocate(self, name, images=(), tags=None, body=None, headers=()):
        """PUT /v1/repositories/N/; keeps its token and endpoints."""
        if body is None:
            body = self._image_list(images, tags or {})
        answer = self._put_index("/v1/repositories/%s/" % name, body,
                                 headers=headers)
        self._take_index(answer)
        return answer

    @staticmethod
    def _image_list(images, tags):
        entries = []
        for image in images:
            names = _tags_of(tags, image)
            entries += [{"id": image.id, "Tag": tag} for tag in names] or [
                {"id": image.id}]
        return json.dumps(entries, separators=(",", ":")).encode()

    def _take_index(self, answer):
        if answer.status not in (200, 201, 202):
            return
        self.tokens = answer.headers.get_all("X-Docker-Token") or (
            [] if self.version == "1.6.2" else self.tokens)
        lines = answer.headers.get_all("X-Docker-Endpoints") or []
        self.endpoints = [_split(part) for line in lines
                          for part in line.split(",")] or [self.index]

    def finalize(self, name, images=(), body=b"[]", headers=()):
        """PUT …/images with nothing, as every docker since 0.8; images: with
        their checksums, as older ones."""
        if images:
            body = json.dumps([{"id": image.id, "checksum": image.payload()}
                               for image in images]).encode()
        scheme = "http" if self.tls is None else "https"
        return self._put_index(
            "/v1/repositories/%s/images" % name, body, headers=headers,
            more=[("X-Docker-Endpoints", "%s://%s:%d/v1/" % (scheme, *place))
                  for place in self.endpoints])

    def images(self, name):
        """GET …/images; keeps its token and endpoints."""
        answer = self.request(
            "GET", "/v1/repositories/%s/images" % name,
            headers=[*self._to_index(False), ("X-Docker-Token", "true")])
        self._take_index(answer)
        return answer

    def index_delete(self, name):
        """The first DELETE of the Index; keeps its token and endpoints."""
        answer = self.request(
            "DELETE", "/v1/repositories/%s/" % name,
            headers=[*self._basic(), ("X-Docker-Token", "true")])
        self._take_index(answer)
        return answer

    def index_forget(self, name):
        """The last DELETE of the Index, after the registry's."""
        return self.request(
            "DELETE", "/v1/repositories/%s/" % name, headers=[
                *self._basic(),
                ("X-Docker-Endpoints", "%s:%d" % (
                    self.endpoints or [self.index])[0])])

    # --- what a registry asks the Index ------------------------------------

    def check(self, name, headers=None):
        """PUT …/auth with the client's token."""
        return self.request("PUT", "/v1/repositories/%s/auth" % name,
                            headers=self._token() if headers is None
                            else headers)

    def check_by_images(self, name):
        """GET …/images with the client's token, as most registries did."""
        return self.request("GET", "/v1/repositories/%s/images" % name,
                            headers=self._token())

    def layer_access(self, name, image_id):
        return self.request(
            "GET", "/v1/repositories/%s/layer/%s/access" % (name, image_id),
            headers=self._token())

    # --- steps to a registry -----------------------------------------------

    def _registry(self, method, path, place=None, more=(), body=None, **how):
        """more: other headers, also instead of Authorization."""
        headers = [*(line for line in self._to_registry()
                     if line[0] not in dict(more)), *more]
        return self.request(method, path, place or self._first(), headers,
                            body, **how)

    def _first(self):
        return self.endpoints[0] if self.endpoints else self.index

    def json(self, image_id, place=None, more=()):
        return self._registry("GET", "/v1/images/%s/json" % image_id, place,
                              more)

    def ancestry(self, image_id, place=None, more=()):
        return self._registry("GET", "/v1/images/%s/ancestry" % image_id,
                              place, more)

    def layer(self, image_id, place=None, more=()):
        return self._registry("GET", "/v1/images/%s/layer" % image_id, place,
                              more)

    def layer_resume(self, image_id, got, size, place=None):
        """As docker asks for the rest: the end is one past the last byte."""
        return self.layer(image_id, place,
                          [("Range", "bytes=%d-%d" % (got, size))])

    def files(self, image_id, place=None):
        return self._registry("GET", "/v1/images/%s/files" % image_id, place)

    def diff(self, image_id, place=None):
        return self._registry("GET", "/v1/images/%s/diff" % image_id, place)

    def put_json(self, image, place=None, more=()):
        return self._registry(
            "PUT", "/v1/images/%s/json" % image.id, place,
            [("Content-Type", "application/json"), *more], image.json)

    def put_layer(self, image, place=None, more=()):
        return self._registry(
            "PUT", "/v1/images/%s/layer" % image.id, place,
            [("Content-Type", "application/octet-stream"), *more],
            image.layer, is_chunked=True)

    def put_checksum(self, image, place=None, payload=None, tarsum=None,
                     more=()):
        """payload, tarsum: others than the image's."""
        return self._registry(
            "PUT", "/v1/images/%s/checksum" % image.id, place, [
                ("X-Docker-Checksum", tarsum or image.tarsum()),
                ("X-Docker-Checksum-Payload", payload or image.payload()),
                *more])

    @staticmethod
    def _tag_repository(name):
        """Only here docker writes a name without a slash in full."""
        return name if "/" in name else "library/" + name

    def tags(self, name, place=None):
        return self._registry("GET", "/v1/repositories/%s/tags" %
                              self._tag_repository(name), place)

    def tag(self, name, tag, place=None):
        return self._registry("GET", "/v1/repositories/%s/tags/%s" % (
            self._tag_repository(name), tag), place)

    def put_tag(self, name, tag, image_id, place=None, body=None):
        return self._registry(
            "PUT", "/v1/repositories/%s/tags/%s" % (name, tag), place,
            [("Content-Type", "application/json")],
            b'"%s"' % image_id.encode() if body is None else body)

    def delete_tag(self, name, tag, place=None):
        return self._registry("DELETE", "/v1/repositories/%s/tags/%s" % (
            name, tag), place)

    def registry_delete(self, name, place=None):
        return self._registry("DELETE", "/v1/repositories/%s/" % name, place)

    # --- what docker does --------------------------------------------------

    def _must(self, answer, *statuses):
        if answer.status not in statuses:
            raise Refused(self.steps[-1])
        return answer

    def _hello(self, v2=None):
        """Begins a command: nothing is left of an earlier one.  The host has
        no v2, docker finds out; v2: what 1.10.3 tries there all the same."""
        self.tokens, self.endpoints, self.is_standalone = [], [], False
        found = self.ping_v2().header("Docker-Distribution-API-Version", "")
        if "registry/2.0" in found.split():
            raise Refused(self.steps[-1])
        if self.version == "1.6.2" or self.tls is not None or v2 is None:
            self.ping()
        if self.version == "1.10.3" and v2 is not None:
            method, path, headers = v2
            self.request(method, path, headers=headers)

    def find(self, term):
        """docker search: the results."""
        self._hello()
        return self._must(self.search(term), 200).json()["results"]

    def log_in(self):
        """docker login; True for a new account."""
        self._hello()
        answer = self.user_post()
        if answer.status == 201:
            return True
        is_known = answer.status == 400 and (
            answer.body == b'"Username or email already exists"')
        if not is_known:
            self._must(answer, 401)
        self._must(self.user_get(), 200)
        return False

    def _push_image(self, image, place):
        answer = self.put_json(image, place)
        if answer.status != 200:
            if answer.json() == {"error": "Image already exists"}:
                return
            raise Refused(self.steps[-1])
        self._must(self.put_layer(image, place), 200)
        answer = self.put_checksum(image, place)
        if answer.status != 200 and answer.json() != {
                "error": "Image already exists"}:
            raise Refused(self.steps[-1])

    def _push_to(self, name, images, tags, place):
        missing = [image for image in images
                   if self.json(image.id, place).status != 200]
        for image in images:
            if image in missing:
                self._push_image(image, place)
            for tag in _tags_of(tags, image):
                self._must(self.put_tag(name, tag, image.id, place), 200, 201)

    def push(self, name, images, tags=("latest",)):
        """docker push.  images: root first; tags: names of the last one, or
        {name: id}."""
        if not isinstance(tags, dict):
            tags = {tag: images[-1].id for tag in tags}
        self._hello(("POST", "/v2/%s/blobs/uploads/" % name,
                     [("Content-Type", "")]))
        self._must(self.allocate(name, images, tags), 200, 201)
        # Without these docker says that the Index gave none.
        headers = self.steps[-1].answer.headers
        assert "X-Docker-Endpoints" in headers, self.steps[-1]
        assert self.version != "1.6.2" or "X-Docker-Token" in headers
        for place in self.endpoints:
            self._push_to(name, images, tags, place)
        self._must(self.finalize(name), 204)

    def pull(self, name, tag="latest"):
        """docker pull: the images, root first, from the first registry that
        has all of them."""
        self._hello(("GET", "/v2/%s/manifests/%s" % (name, tag),
                     [("Accept", kind) for kind in MANIFEST_TYPES]))
        known = self._must(self.images(name), 200).json()
        assert isinstance(known, list), known
        leaf = self._pull_tag(name, tag)
        for place in self.endpoints[:-1]:
            try:
                return self._pull_from(leaf, place)
            except Refused:
                pass
        return self._pull_from(leaf, self.endpoints[-1])

    def _pull_tag(self, name, tag):
        """404 ends it; any other failure means the next registry."""
        for place in self.endpoints:
            if self.version == "1.6.2":
                answer = self.tags(name, place)
            else:
                answer = self.tag(name, tag, place)
            if answer.status == 404:
                raise Refused(self.steps[-1])
            if answer.status == 200:
                found = answer.json()
                if self.version == "1.6.2" and tag not in found:
                    raise Refused(self.steps[-1])
                return found[tag] if self.version == "1.6.2" else found
        raise Refused(self.steps[-1])

    def _pull_from(self, leaf, place):
        ancestry = self._must(self.ancestry(leaf, place), 200).json()
        assert ancestry[0] == leaf, ancestry
        texts, found = {}, []
        for image_id in reversed(ancestry):
            texts[image_id] = self._pull_json(image_id, place)
            if self.version == "1.6.2":
                found.append(self._pull_image(texts, image_id, place))
        if self.version != "1.6.2":
            found = [self._pull_image(texts, image_id, place)
                     for image_id in reversed(ancestry)]
        return found

    def _pull_json(self, image_id, place):
        """(JSON, size of the layer)"""
        answer = self._must(self.json(image_id, place), 200)
        assert answer.json()["id"] == image_id, answer
        return answer.body, int(answer.header("X-Docker-Size"))

    def _pull_image(self, texts, image_id, place):
        text, size = texts[image_id]
        answer = self._must(self.layer(image_id, place), 200)
        assert len(answer.body) == size, (len(answer.body), size)
        return V1Image(image_id, json.loads(text).get("parent"), text,
                       answer.body)

    def delete(self, name):
        """Scenario C, all of it, at every registry of the repository."""
        self._must(self.index_delete(name), 202)
        for place in self.endpoints:
            self._must(self.registry_delete(name, place), 200, 404)
        self._must(self.index_forget(name), 200)
