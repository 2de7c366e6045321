"""Tokens of another token server: what registry:2 calls auth.token."""

import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest

from testenv import House, images
from testenv.token_server import ISSUER, Signer, access, encode, pem, x5c

SERVICE = "registry.example"
STOCK = """
version: 0.1
storage: {filesystem: {rootdirectory: %s/store}}
http: {addr: "127.0.0.1:%d", secret: x}
auth:
  token:
    realm: https://auth.example.com/token
    service: registry.example
    issuer: auth.example.com
    rootcertbundle: %s/token.pem
"""


class World:
    """The example and a registry:2, both on one store, and with the same
    certificates: of a key, and of an authority."""

    def __init__(self, house):
        self.house = house
        self.signer = Signer()
        self.authority = Signer("P-256")
        self.root = self.authority.certificate("root", is_ca=True)
        self.leaf = Signer()
        self.stranger = Signer()
        self.elliptic = Signer("P-384")
        self.weak = Signer(bits=1024)
        with open(house.dir + "/token.pem", "wb") as f:
            f.write(pem(self.signer.certificate("signer"), self.root,
                        self.elliptic.certificate("elliptic"),
                        self.weak.certificate("weak")))
        self.worker = house.registry_worker()
        self.front = house.example("token_server.conf")
        self.stock = house.docker_registry(
            house.dir + "/store",
            conf=STOCK % (house.dir, house.port(8900), house.dir))

    def chain(self, **times):
        return self.leaf.certificate(
            "leaf", issuer=(self.authority, self.root), **times)

    def ours(self, token=None):
        return self.front.client(8500).with_token(token)

    def theirs(self, token=None):
        return self.stock.client().with_token(token)


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    try:
        yield World(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def opens(client):
    """Whether the token is believed at all."""
    status = client.get("/v2/").status
    assert status in (200, 401), status
    return status == 200


def good(world, **how):
    return world.signer.token(SERVICE, [access()], **how)


def now(seconds):
    return int(time.time()) + seconds


def without_alg(world):
    head, claims, _ = good(world).split(".")
    return encode({"typ": "JWT", "alg": "none",
                   "kid": world.signer.libtrust_id()}) + "." + claims + "."


def confused(world, secret):
    """HS256 with what everybody knows for a secret."""
    head = {"typ": "JWT", "alg": "HS256", "kid": world.signer.libtrust_id()}
    text = encode(head) + "." + good(world).split(".")[1]
    return text + "." + encode(
        hmac.new(secret, text.encode(), hashlib.sha256).digest())


def padded(token):
    return ".".join(part + "=" * (-len(part) % 4)
                    for part in token.split("."))


def changed(token, part):
    """Another character in the middle of a part."""
    parts = token.split(".")
    middle = len(parts[part]) // 2
    parts[part] = (parts[part][:middle]
                   + ("A" if parts[part][middle] != "A" else "B")
                   + parts[part][middle + 1:])
    return ".".join(parts)


def longer(token):
    """Three more bytes behind the signature."""
    return token + "AAAA"


def by_stranger(world, **header):
    return world.stranger.token(SERVICE, [access()], header=header)


# A token of the world, and which registry takes it: both, neither, or ours.
TOKENS = {
    "good": (good, "both"),
    "no rights": (lambda w: w.signer.token(SERVICE), "both"),
    "no access": (lambda w: w.signer.token(SERVICE, []), "both"),
    # times
    "just ended": (lambda w: good(w, exp=now(-30)), "both"),
    "ended": (lambda w: good(w, exp=now(-90)), "neither"),
    "no end": (lambda w: good(w, exp=None), "neither"),
    "an end that is none": (lambda w: good(w, exp="tomorrow"), "neither"),
    "begins soon": (lambda w: good(w, nbf=now(30)), "both"),
    "begins later": (lambda w: good(w, nbf=now(90)), "neither"),
    "no beginning": (lambda w: good(w, nbf=None), "both"),
    "a beginning that is none": (lambda w: good(w, nbf="yesterday"),
                                 "neither"),
    "a fraction": (lambda w: good(w, exp=time.time() + 100.5), "ours"),
    "issued later": (lambda w: good(w, iat=now(1000)), "both"),
    # who and for whom
    "another issuer": (lambda w: good(w, iss=ISSUER + "x"), "neither"),
    "no issuer": (lambda w: good(w, iss=None), "neither"),
    "another audience": (lambda w: w.signer.token("registry.other",
                                                  [access()]), "neither"),
    "no audience": (lambda w: w.signer.token(None, [access()]), "neither"),
    "several audiences": (lambda w: w.signer.token(["x", SERVICE],
                                                   [access()]), "ours"),
    "audiences without us": (lambda w: w.signer.token(["x", "y"],
                                                      [access()]), "neither"),
    "no subject": (lambda w: good(w, sub=""), "both"),
    # keys by name
    "thumbprint": (lambda w: good(w, header={
        "kid": w.signer.thumbprint()}), "ours"),
    "unknown kid": (lambda w: good(w, header={"kid": "x"}), "neither"),
    "empty kid": (lambda w: good(w, header={"kid": ""}), "neither"),
    "kid of another key": (lambda w: good(w, header={
        "kid": w.elliptic.libtrust_id()}), "neither"),
    "no hint": (lambda w: good(w, header={}), "neither"),
    "stranger": (lambda w: by_stranger(w, kid=w.signer.libtrust_id()),
                 "neither"),
    # keys that a token brings along
    "trusted jwk": (lambda w: good(w, header={
        "jwk": w.signer.jwk(kid=w.signer.libtrust_id())}), "both"),
    "another trusted jwk": (lambda w: w.elliptic.token(
        SERVICE, [access()], header={
            "jwk": w.elliptic.jwk(kid=w.elliptic.libtrust_id())}), "both"),
    "jwk of a stranger": (lambda w: by_stranger(
        w, jwk=w.stranger.jwk(kid=w.signer.libtrust_id())), "neither"),
    "jwk that is none": (lambda w: good(w, header={"jwk": "x"}), "neither"),
    # certificates that it brings along
    "chain": (lambda w: w.leaf.token(SERVICE, [access()],
                                     header=x5c(w.chain())), "both"),
    "chain with its root": (lambda w: w.leaf.token(
        SERVICE, [access()], header=x5c(w.chain(), w.root)), "both"),
    "chain of a certificate": (lambda w: good(
        w, header=x5c(w.signer.certificate("signer"))), "neither"),
    "ended chain": (lambda w: w.leaf.token(
        SERVICE, [access()], header=x5c(w.chain(ends=-60))), "neither"),
    "chain of the future": (lambda w: w.leaf.token(
        SERVICE, [access()], header=x5c(w.chain(starts=600, ends=700))),
        "neither"),
    "chain of a stranger": (lambda w: by_stranger(
        w, **x5c(w.stranger.certificate("leaf"))), "neither"),
    "chain of another key": (lambda w: by_stranger(w, **x5c(w.chain())),
                             "neither"),
    "empty chain": (lambda w: good(w, header={
        "x5c": [], "kid": w.signer.libtrust_id()}), "both"),
    "empty chain and no other": (lambda w: good(w, header={"x5c": []}),
                                 "neither"),
    "chain that is none": (lambda w: good(w, header={"x5c": ["AAAA"]}),
                           "neither"),
    "chain that comes first": (lambda w: good(w, header={
        "kid": w.signer.libtrust_id(),
        **x5c(w.stranger.certificate("leaf"))}), "neither"),
    # algorithms
    "RS512": (lambda w: good(w, algorithm="RS512"), "both"),
    "PS256": (lambda w: good(w, algorithm="PS256"), "ours"),
    "ES384": (lambda w: w.elliptic.token(SERVICE, [access()]), "both"),
    "none": (without_alg, "neither"),
    "HMAC with the certificates": (lambda w: confused(
        w, open(w.house.dir + "/token.pem", "rb").read()), "neither"),
    "HMAC with nothing": (lambda w: confused(w, b""), "neither"),
    "a longer signature": (lambda w: longer(
        w.elliptic.token(SERVICE, [access()])), "neither"),
    "RSA for elliptic": (lambda w: w.signer.token(
        SERVICE, [access()], header={"kid": w.elliptic.libtrust_id()}),
        "neither"),
    "another hash": (lambda w: w.elliptic.token(
        SERVICE, [access()], algorithm="ES256"), "neither"),
    # registry:2 takes a key that is too short
    "weak": (lambda w: w.weak.token(SERVICE, [access()]), None),
    "crit": (lambda w: good(w, header={
        "crit": ["x"], "x": 1, "kid": w.signer.libtrust_id()}), None),
    "jku": (lambda w: good(w, header={
        "jku": "https://x/", "kid": w.signer.libtrust_id()}), None),
    # forms
    "four parts": (lambda w: good(w) + ".x", "neither"),
    "two parts": (lambda w: good(w).rsplit(".", 1)[0], "neither"),
    "no parts": (lambda w: "x", "neither"),
    "dots": (lambda w: "..", "neither"),
    "changed header": (lambda w: changed(good(w), 0), "neither"),
    "changed claims": (lambda w: changed(good(w), 1), "neither"),
    "changed signature": (lambda w: changed(good(w), 2), "neither"),
    "no signature": (lambda w: good(w).rsplit(".", 1)[0] + ".", "neither"),
    "standard base64": (lambda w: padded(good(w)), None),
    "claims that are a list": (lambda w: ".".join((
        good(w).split(".")[0], encode([1]), good(w).split(".")[2])),
        "neither"),
    "nearly too long": (lambda w: good(w, jti="x" * 29000), "both"),
}


@pytest.mark.idea(27)
@pytest.mark.parametrize("name", TOKENS)
def test_who_is_believed(world, name):
    make, wanted = TOKENS[name]
    token = make(world)
    assert opens(world.ours(token)) == (wanted in ("both", "ours"))
    if wanted is not None and len(token) < 8000:
        assert opens(world.theirs(token)) == (wanted == "both")


# --- rights ----------------------------------------------------------------

RIGHTS = {
    "pull": ([access("app", "pull")], "pull"),
    "push": ([access("app", "pull", "push")], "pull push"),
    "order": ([access("app", "push", "pull", "push")], "pull push"),
    "all": ([access("app", "*")], "pull push delete"),
    "delete": ([access("app", "delete")], "delete"),
    "several": ([access("other", "pull", "push"), access("app", "pull")],
                "pull"),
    "twice": ([access("app", "pull"), access("app", "push")], "pull push"),
    "class": ([access("app", "pull", **{"class": "plugin"})], "pull"),
    "unknown actions": ([access("app", "fly", "pull")], "pull"),
    "another name": ([access("App", "pull")], ""),
    "another type": ([access("app", "pull", kind="Repository")], ""),
    "no actions": ([{"type": "repository", "name": "app",
                     "actions": None}], ""),
    "actions that are none": ([{"type": "repository", "name": "app",
                                "actions": "pull"}], ""),
    "entries that are none": ([None, 1, "x", [], {}, access("app", "pull")],
                              "pull"),
    "no list": ("repository:app:pull", ""),
    "a line in a name": ([access("x\ngrant repository:app", "pull")], ""),
}


@pytest.mark.idea(27)
@pytest.mark.parametrize("name", RIGHTS)
def test_rights(world, name):
    listed, wanted = RIGHTS[name]
    client = world.ours(world.signer.token(SERVICE, listed))
    tried = {
        "pull": client.get("/v2/app/tags/list"),
        "push": client.post("/v2/app/blobs/uploads/"),
        "delete": client.delete("/v2/app/manifests/none")}
    assert {right for right, answer in tried.items()
            if answer.status != 401} == set(wanted.split())


def test_the_challenge(world):
    answer = world.ours().get("/v2/app/tags/list")
    assert answer.status == 401
    assert answer.challenge() == {
        "scheme": "Bearer", "realm": "https://auth.example.com/token",
        "service": SERVICE, "scope": "repository:app:pull"}
    refused = world.ours(good(world, exp=now(-90))).get("/v2/")
    assert refused.challenge()["error"] == "invalid_token"


def test_a_whole_life(world):
    """Every method comes first once, with a token that is new."""
    image = images.Image(2)

    def client():
        return world.ours(world.signer.token(
            SERVICE, [access("life", "pull", "push", "delete")],
            jti=str(time.monotonic())))
    for data in image.blobs():
        assert client().head(
            "/v2/life/blobs/" + images.sha256(data)).status == 404
        client().push_blob("life", data)
    client().push_manifest("life", "1", image.manifest)
    assert client().head("/v2/life/manifests/1").status == 200
    assert client().manifest("life", "1").body == image.manifest.data
    stock = world.theirs(world.signer.token(SERVICE, [access("life")]))
    assert stock.manifest("life", "1").body == image.manifest.data
    assert client().delete("/v2/life/manifests/1").status == 202


def test_the_catalogue(world):
    asked = [access("catalog", "*", kind="registry")]
    assert world.ours(good(world)).get("/v2/_catalog").status == 401
    assert world.ours(world.signer.token(SERVICE, asked)).get(
        "/v2/_catalog").status == 200


def test_300_grants(world):
    """As docker_auth and GitLab list them for a mirror; as on registry:2."""
    listed = [access(("%03d" % i).rjust(44, "r"), "pull")
              for i in range(300)]
    token = world.signer.token(SERVICE, listed)
    assert 30000 < len(token) < 40960
    for client in world.ours(token), world.theirs(token):
        assert {client.get("/v2/%s/tags/list" % each["name"]).status
                for each in (listed[0], listed[150], listed[299])} == {404}
        assert client.get("/v2/other/tags/list").status == 401


def test_a_token_beyond_the_bound(house):
    """Refused as a whole, where nginx lets such a header in at all."""
    signer = Signer("Ed25519")
    client = serve(house, {"keys.json": keys_of(signer)}, "4 64k",
                   keys="keys.json")

    def status(size):
        return client.with_token(signer.token(
            SERVICE, jti="x" * size,
            header={"kid": signer.thumbprint()})).get("/v2/").status
    assert [status(30000), status(31000)] == [200, 401]


# --- who it is -------------------------------------------------------------

SUBJECTS = {"alice": "alice", "": "", "Jane Doe": "Jane%20Doe",
            "CN=x,O=\"y\"": "CN=x,O=%22y%22", "100%": "100%25",
            "J\u00fcrg": "J%C3%BCrg", "a\nb": "a%0Ab", "x" * 300: "x" * 255,
            "\u00fc" * 200: "%C3%BC" * 42 + "%C3"}


def test_subjects(house):
    """As the log may have them."""
    signer = Signer("Ed25519")
    client = serve(house, {"keys.json": keys_of(signer)}, keys="keys.json")

    def answer(subject):
        return client.with_token(signer.token(
            SERVICE, sub=subject, header={"kid": signer.thumbprint()}
        )).get("/v2/")
    for subject, account in SUBJECTS.items():
        assert answer(subject).status == 200
        assert answer(subject).header("X-Account", "") == account
    assert answer(5).status == 401


# --- keys ------------------------------------------------------------------

KINDS = {"RSA": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
         "P-256": ["ES256"], "P-384": ["ES384"], "P-521": ["ES512"],
         "Ed25519": ["EdDSA"]}


CONF = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8500;
            large_client_header_buffers 4 40k;
            registry_realm   https://auth.example.com/token;
            registry_service registry.example;
            registry_verdict /_verdict;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/store;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
                add_header     X-Account $registry_account always;
            }
            location = /_verdict {
                internal;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                fastcgi_param REGISTRY_ROUTE         verdict;
                fastcgi_param REGISTRY_SERVICE       $registry_service;
                fastcgi_param REGISTRY_TOKEN_ISSUER  auth.example.com;
                {files}
            }
        }
    }"""


def keys_of(*signers):
    return json.dumps({"keys": [each.jwk() for each in signers]}).encode()


def serve(house, contents, buffers="4 40k", **parameters):
    """A registry with files of these contents, named by REGISTRY_TOKEN_*."""
    for name, content in contents.items():
        Path(house.dir, name).write_bytes(content)
    house.worker = house.registry_worker()
    return house.nginx(CONF.replace("4 40k", buffers).replace("{files}", "".join(
        "fastcgi_param REGISTRY_TOKEN_%s %s/%s;" % (
            key.upper(), house.dir, name)
        for key, name in parameters.items()))).client(8500)


def test_what_a_key_is_for(house):
    """As the JWKS says it."""
    signer, other = Signer(), Signer("Ed25519")
    keys = [signer.jwk(kid="a", alg="RS384"), other.jwk(kid="b", use="enc")]
    client = serve(house, {"keys.json": json.dumps({"keys": keys}).encode()},
                   keys="keys.json")
    for algorithm in KINDS["RSA"]:
        token = signer.token(SERVICE, algorithm=algorithm,
                             header={"kid": "a"})
        assert opens(client.with_token(token)) == (algorithm == "RS384")
    for header in ({"kid": "b"}, {"jwk": other.jwk()}):
        token = other.token(SERVICE, header=header)
        assert not opens(client.with_token(token))


@pytest.mark.idea(27)
def test_a_set_of_keys(house):
    """Each kind of key by each of its names, with each algorithm."""
    signers = {kind: Signer(kind) for kind in KINDS}
    keys = [signer.jwk(kid="key " + kind, use="sig")
            for kind, signer in signers.items()]
    keys += [{"kty": "oct", "k": "AAAA", "kid": "secret"}, {"kty": "EC"},
             {"kty": "RSA", "n": "!", "e": "AQAB"}, {"kid": 5}, 7, None,
             {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]
    client = serve(house, {"keys.json": json.dumps({"keys": keys}).encode()},
                   keys="keys.json")
    for kind, signer in signers.items():
        for algorithm in KINDS[kind]:
            for kid in ("key " + kind, signer.thumbprint(),
                        signer.libtrust_id()):
                token = signer.token(SERVICE, [access()], algorithm=algorithm,
                                     header={"kid": kid})
                assert opens(client.with_token(token)), (algorithm, kid)
        for other, algorithms in KINDS.items():
            token = signer.token(SERVICE, header={"kid": "key " + other})
            assert opens(client.with_token(token)) == (other == kind)
    token = signers["RSA"].token(SERVICE, header={"kid": "secret"})
    assert not opens(client.with_token(token))


def test_a_key_is_replaced(house):
    """By the next token, without a restart; the file may be a link."""
    signers = [Signer("Ed25519"), Signer("Ed25519")]
    link = Path(house.dir, "keys.json")
    link.symlink_to("0.json")
    client = serve(house, {"%d.json" % i: keys_of(signer)
                           for i, signer in enumerate(signers)},
                   keys="keys.json")
    for i in (0, 1, 0):
        link.unlink()
        link.symlink_to("%d.json" % i)
        for n, signer in enumerate(signers):
            token = signer.token(SERVICE, jti=str(time.monotonic()),
                                 header={"kid": signer.thumbprint()})
            assert opens(client.with_token(token)) == (n == i)


def test_two_token_servers_of_one_service(house):
    """What one has said is not what the other one would."""
    signers = [Signer("Ed25519"), Signer("Ed25519")]
    for i, signer in enumerate(signers):
        Path(house.dir, "%d.json" % i).write_bytes(keys_of(signer))
    house.registry_worker()
    head, server = CONF.split("        server {")
    server = "        server {" + server.rstrip().removesuffix("}")
    front = house.nginx(head + "".join(
        server.replace("8500", str(8500 + i)).replace(
            "{files}", "fastcgi_param REGISTRY_TOKEN_KEYS %s/%d.json;" % (
                house.dir, i)) for i in (0, 1)) + "}")
    for n, signer in enumerate(signers):
        token = signer.token(SERVICE, header={"kid": signer.thumbprint()})
        for i in (n, 1 - n, n):
            client = front.client(8500 + i).with_token(token)
            assert opens(client) == (n == i)


BROKEN = {
    "missing": ({}, {"keys": "keys.json"}, "No such file"),
    "no JSON": ({"keys.json": b"{"}, {"keys": "keys.json"}, "is no JWKS"),
    "no set": ({"keys.json": b"[]"}, {"keys": "keys.json"}, "is no JWKS"),
    "no keys": ({"keys.json": b'{"keys":[]}'}, {"keys": "keys.json"},
                "there is no key"),
    "no file": ({}, {}, "there is no key"),
    "no certificate": ({"a.pem": b"hello"}, {"certificates": "a.pem"},
                       "there is no key"),
    "broken": ({"a.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n"
                b"-----END CERTIFICATE-----\n"}, {"certificates": "a.pem"},
               "cannot be read"),
    "too many": ({"keys.json": keys_of(*[Signer("Ed25519")] * 65)},
                 {"keys": "keys.json"}, "more than 64 keys"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_keys_that_cannot_be_read(house, name):
    """No client is let in, none is refused for good, and the log says why."""
    contents, parameters, words = BROKEN[name]
    house.expect("no verdict from")
    client = serve(house, contents, **parameters)
    answer = client.with_token(Signer("Ed25519").token(SERVICE)).get("/v2/")
    assert answer.status == 503
    assert answer.codes() == ["UNAVAILABLE"]
    assert words in house.worker.process.text()


def test_no_secret_in_the_logs(world):
    token = good(world, exp=now(-90))
    world.ours(token).get("/v2/")
    text = world.worker.process.text() + world.front.error_log.read_text()
    assert "it has expired" in text
    assert token not in text and token.split(".")[2] not in text
