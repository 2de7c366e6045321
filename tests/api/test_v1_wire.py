"""What real clients were seen to send and to need, one fact after the other:
docker 1.6.2 and 1.10.3 above all.  FACTS is the table; each function proves one
row against the shipped configuration (conf/index.conf, conf/v1_server).  SEEN
has all that was seen on the wire, in the order of the protocol's description,
and what proves it: rows of FACTS, and tests of other files."""

import gzip
import io
import re
import tarfile
import threading

import pytest

from testenv import paths, shared_house
from testenv.client import basic
from testenv.v1 import V1Client, token_parts
from testenv.v1_images import V1Image, chain_1_6, chain_1_10

ALICE = ("alice", "correct horse")
NAME = "alice/wire"
IMAGES = chain_1_6(4, seed="wire")


class Site:
    def __init__(self, house):
        self.house = house
        house.registry_worker()
        house.layers_worker()
        self.index = house.index_worker(memcached=[house.memcached()])
        self.nginx = house.example("index.conf", v1=True)
        self.port = house.port(8600)
        self.index.add_account(*ALICE)
        self.docker().push(NAME, IMAGES)

    def docker(self, version="1.6.2", account=ALICE):
        return V1Client(version, self.port, *account)

    def reader(self):
        docker = self.docker()
        assert docker.images(NAME).status == 200
        return docker

    def writer(self):
        docker = self.docker()
        assert docker.allocate(NAME).status == 200
        return docker


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        yield Site(house)


def at_once(count, ask):
    """The statuses of as many requests, all at the same time."""
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(ask(n).status))
               for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def login_1_6(site):
    docker = site.docker()
    answer = docker.user_post()
    step = docker.steps[-1]
    assert step.header("Authorization") == []
    assert step.header("Content-Type") == ["application/json; charset=utf-8"]
    assert step.header("User-Agent") == ["Go-http-client/1.1"]
    assert answer.status == 401 or (
        answer.status == 400
        and answer.body == b'"Username or email already exists"')
    assert docker.user_get().status == 200


def login_refused(site):
    assert site.docker(account=("alice", "wrong")).user_get().status == 401


def search_asks_for_a_token(site):
    for account in ((), ALICE):
        docker = site.docker(account=account)
        answer = docker.search("wire")
        assert answer.status == 200
        assert docker.steps[-1].header("X-Docker-Token") == ["true"]
        assert isinstance(answer.json()["results"], list)


def token_comes_back_as_it_is(site):
    docker = site.docker()
    docker.pull(NAME)
    token = next(step.answer.header("X-Docker-Token") for step in docker.steps
                 if step.path.endswith("/images"))
    sent = [step.header("Authorization") for step in docker.steps
            if "/images/" in step.path or step.path.endswith("/tags")]
    assert sent and all(line == ["Token " + token] for line in sent)


def scheme_of_the_token(site):
    docker = site.reader()
    for scheme in ("token ", "TOKEN ", "Token Token "):
        answer = docker.request(
            "GET", "/v1/images/%s/json" % IMAGES[0].id,
            headers=[("Authorization", scheme + docker.tokens[0])])
        assert answer.status == 200, scheme


def json_and_layer_in_turn(site):
    docker = site.docker()
    docker.pull(NAME)
    assert [step.path.rpartition("/")[2] for step in docker.steps[-8:]] == [
        "json", "layer"] * 4


def every_json_before_layers(site):
    docker = site.docker("1.10.3")
    docker.pull(NAME)
    assert [step.path.rpartition("/")[2] for step in docker.steps[-8:]] == (
        ["json"] * 4 + ["layer"] * 4)


def three_layers_at_once(site):
    docker = site.reader()
    assert at_once(3, lambda n: docker.layer(IMAGES[n].id)) == [200] * 3


def five_lookups_at_once(site):
    """The token of a push finds what is there."""
    docker = site.writer()
    found = at_once(5, lambda n: docker.json(
        IMAGES[n].id if n < 4 else 64 * "0"))
    assert sorted(found) == [200] * 4 + [404]


def library_in_tags_only(site):
    site.index.command("organization", "add", "plain", "alice")
    docker = site.docker()
    docker.push("plain", chain_1_6(1, seed="plain"))
    docker.pull("plain")
    assert [step.line() for step in docker.steps if "library/" in step.path
            ] == ["GET /v1/repositories/library/plain/tags"]


def beginning_of_a_push(site):
    docker = site.docker()
    answer = docker.allocate("alice/begin", IMAGES, {"t": IMAGES[-1].id})
    assert (answer.status, answer.body) == (200, b'""')
    assert token_parts(answer.header("X-Docker-Token"))["access"] == "write"
    assert answer.header("WWW-Authenticate") == (
        "Token " + answer.header("X-Docker-Token"))
    [endpoint] = answer.headers.get_all("X-Docker-Endpoints")
    assert "//" not in endpoint and ":" in endpoint


def end_of_a_push(site):
    docker = site.writer()
    answer = docker.finalize(NAME)
    assert docker.steps[-1].body == b"[]"
    assert docker.steps[-1].header("X-Docker-Endpoints") == [
        "http://127.0.0.1:%d/v1/" % site.port]
    assert (answer.status, answer.body) == (204, b"")


def empty_password_pushes_nothing(site):
    docker = site.docker(account=())
    answer = docker.allocate("alice/none")
    assert docker.steps[-1].header("Authorization") == ["Basic Og=="]
    assert answer.status == 401
    assert "X-Docker-Token" not in answer.headers


def empty_password_pulls_what_is_public(site):
    docker = site.docker()
    docker.push("alice/public", IMAGES)
    site.index.set_visibility("alice/public", "public")
    answer = site.docker(account=()).request(
        "GET", "/v1/repositories/alice/public/images",
        headers=[*basic(":"), ("X-Docker-Token", "true")])
    assert answer.status == 200


def tokens_of_1_10(site):
    """No Authorization where it has no token yet; ids that it derived."""
    docker = site.docker("1.10.3")
    images = chain_1_10(seed="wire")
    docker.push("alice/ten", images)
    assert docker.steps[1].header("Authorization") == []
    assert [image.layer for image in docker.pull("alice/ten")] == [
        image.layer for image in images]


def _odd_layer():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, link in (
                ("d/", tarfile.DIRTYPE, ""), ("d/f", tarfile.REGTYPE, ""),
                ("d/s", tarfile.SYMTYPE, "f"), ("d/h", tarfile.LNKTYPE, "d/f"),
                ("d/.wh.gone", tarfile.REGTYPE, ""),
                ("d/" + 120 * "n", tarfile.REGTYPE, "")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mode = kind, link, 0o755
            entry.mtime, entry.uname = 1433160000, "root"
            if kind == tarfile.REGTYPE:
                entry.size = 5
            tar.addfile(entry, io.BytesIO(b"bytes"))
    return gzip.compress(out.getvalue(), mtime=0)


def sums_of_an_odd_layer(site):
    """Directories, links, a whiteout, a name of more than 100 bytes."""
    docker = site.writer()
    image = V1Image(64 * "c", None, b'{"id":"%s"}' % (64 * b"c"), _odd_layer())
    assert docker.put_json(image).status == 200
    assert docker.put_layer(image).status == 200
    answer = docker.request(
        "PUT", "/v1/images/%s/checksum" % image.id,
        headers=[*docker._token(), ("X-Docker-Checksum", image.tarsum())])
    assert answer.status == 200, answer
    answer = docker.json(image.id)
    assert answer.header("X-Docker-Checksum-Payload") == image.payload()


def layers_are_gzip_and_stay_it(site):
    answer = site.reader().layer(IMAGES[0].id)
    assert answer.body == IMAGES[0].layer
    assert answer.body[:2] == b"\x1f\x8b"
    assert "Content-Encoding" not in answer.headers


V2 = [("GET", "/v2"), ("GET", "/v2/"), ("GET", "/v2/a/manifests/latest"),
      ("GET", "/v2/a/blobs/sha256:" + 64 * "0"), ("GET", "/v2/a/tags/list"),
      ("HEAD", "/v2/a/blobs/sha256:" + 64 * "0"), ("GET", "/v2/_catalog"),
      ("POST", "/v2/a/blobs/uploads/"), ("PUT", "/v2/a/manifests/latest")]


def v2_costs_1_10_no_time(site):
    """50 seconds where it cannot read an error, or it is another one, such as
    NAME_UNKNOWN."""
    docker = site.docker("1.10.3")
    for method, path in V2:
        answer = docker.request(method, path)
        assert answer.status in (401, 404)
        if method != "HEAD":
            assert answer.codes() == ["UNAUTHORIZED"], path


def v2_names_no_version(site):
    """docker 1.5 and later push by the other protocol to a host that does."""
    docker = site.docker("1.10.3")
    for method, path in V2:
        assert "Docker-Distribution-API-Version" not in docker.request(
            method, path).headers


def search_of_podman(site):
    """Without credentials, on a host with /v2/."""
    site.index.command("search", "rebuild")
    docker = V1Client("1.10.3", site.house.port(8500))
    assert "Docker-Distribution-API-Version" in docker.request(
        "GET", "/v2/").headers
    answer = docker.request("GET", "/v1/search?n=25&q=public")
    assert answer.status == 200
    assert answer.json()["page_size"] == 25


def a_connection_each(site):
    docker = site.docker()
    docker.pull(NAME)
    for step in docker.steps:
        assert step.header("Connection") == ["close"]
        assert step.answer.header("Connection") == "close"


def ping_says_that_there_is_an_index(site):
    docker = site.docker()
    answer = docker.ping()
    assert answer.body == b"true" and not docker.is_standalone
    assert answer.header("X-Docker-Registry-Version")


FACTS = {
    "1.2, 4.2: the ping": ping_says_that_there_is_an_index,
    "1.3: a login is a POST without credentials, then a GET": login_1_6,
    "1.3: 401 of the GET is a wrong password": login_refused,
    "1.4: a search asks for a token, by Basic if logged in":
        search_asks_for_a_token,
    "1.5: the token is sent back verbatim": token_comes_back_as_it_is,
    "1.5: 1.6 gets json and layer in turn": json_and_layer_in_turn,
    "1.5: 1.10 gets every json first": every_json_before_layers,
    "1.5: 1.10 gets three layers at once": three_layers_at_once,
    "1.5, 4.7: library/ is in the GET of tags only": library_in_tags_only,
    "1.6: a push asks for five images at once": five_lookups_at_once,
    "1.6, 4.4: 200, a token and endpoints without a scheme":
        beginning_of_a_push,
    "1.6, 4.4: the end is 204 for []": end_of_a_push,
    "1.6: 1.10 has ids of its own and no empty token": tokens_of_1_10,
    "1.6, 4.12: Basic Og== is no login": empty_password_pushes_nothing,
    "4.12: and no obstacle to what is public":
        empty_password_pulls_what_is_public,
    "2.3: the scheme of a token in any case, or twice": scheme_of_the_token,
    "3.1: both sums, of every kind of entry": sums_of_an_odd_layer,
    "3.2: layers are gzip, sent and served": layers_are_gzip_and_stay_it,
    "4.1: errors of /v2/": v2_costs_1_10_no_time,
    "4.1: /v2/ has no version": v2_names_no_version,
    "4.8: a connection for each request": a_connection_each,
    "4.24: a search of podman": search_of_podman,
}


@pytest.mark.parametrize("fact", FACTS)
def test_fact(site, fact):
    FACTS[fact](site)


# --- all that was seen -------------------------------------------------------

SEEN = [
    ("1.3: the requests of a login", [login_1_6, login_refused]),
    ("1.4: those of a search", [search_asks_for_a_token]),
    ("1.5: Authorization of the Registry's requests",
     [token_comes_back_as_it_is]),
    ("1.5: the order of a pull's requests",
     [json_and_layer_in_turn, every_json_before_layers,
      three_layers_at_once]),
    ("1.5: names without a slash", [library_in_tags_only,
                                    "test_v1_scenario_a.py::"
                                    "test_a_name_without_a_slash"]),
    ("1.6: a push with 1.6.2 and 1.10.3, step by step",
     [beginning_of_a_push, five_lookups_at_once, end_of_a_push,
      tokens_of_1_10, "test_v1_scenario_b.py::test_a_push"]),
    ("1.6: Basic Og==", [empty_password_pushes_nothing,
                         empty_password_pulls_what_is_public]),
    ("1.8: a password with every request over TLS, without an Index",
     ["test_v1_standalone.py::test_a_push_and_a_pull",
      "test_v1_standalone.py::"
      "test_a_password_with_every_request_names_no_repository"]),
    ("1.9: what an Index of its own sees",
     ["test_v1_scenario_e.py::test_a_push_to_both_and_pulls"]),
    ("3.1: the formulas of both sums",
     [sums_of_an_odd_layer, "test_v1_checksums.py::test_payload",
      "test_v1_checksums.py::test_tarsum"]),
    ("3.2: layers are gzip", [layers_are_gzip_and_stay_it]),
    ("4.1: 50 seconds for errors without a code", [v2_costs_1_10_no_time]),
    ("4.1: none for UNAUTHORIZED", [v2_costs_1_10_no_time]),
    ("4.1: 50 seconds for NAME_UNKNOWN", [v2_costs_1_10_no_time]),
    ("4.8: one connection for each request",
     [a_connection_each,
      "test_v1_quirks.py::test_each_request_has_its_connection"]),
    ("4.24: podman refuses a host without /v2/",
     ["../e2e/test_v1_clients.py::test_podman_search"]),
    ("4.24: its search on a host with both",
     [search_of_podman, "../e2e/test_v1_clients.py::test_podman_search"]),
]

# Not seen on the wire, but clients depend on it: section 4's other quirks.  21
# is about docker's own timeouts only.
QUIRKS = {
    2: [ping_says_that_there_is_an_index],
    3: ["test_v1_index_users.py::test_a_name_that_is_taken"],
    4: [beginning_of_a_push, end_of_a_push],
    5: ["test_v1_quirks.py::test_endpoints_have_no_scheme"],
    6: ["test_v1_scenario_e.py::test_a_push_to_both_and_pulls",
        "test_v1_scenario_e.py::test_a_registry_that_is_taken_out"],
    7: [library_in_tags_only],
    9: ["test_v1_quirks.py::test_a_layer_without_a_length"],
    10: ["test_v1_quirks.py::test_gzip_of_the_server_spares_layers"],
    11: ["test_v1_quirks.py::test_a_checksum_without_a_body",
         "test_v1_quirks.py::test_a_layer_with_a_length_or_without_a_type"],
    12: [empty_password_pulls_what_is_public],
    13: ["test_v1_quirks.py::test_nothing_is_redirected"],
    14: ["test_v1_quirks.py::test_a_tag_that_is_missing_is_no_refusal"],
    15: ["test_v1_module.py::test_errors_of_paths",
         "test_v1_refusals.py::test_a_refusal"],
    16: ["test_v1_index.py::test_no_tag_is_ever_listed",
         "test_v1_index.py::test_a_repository_without_ids_has_an_empty_list"],
    17: ["test_v1_quirks.py::test_a_tag_is_a_string"],
    18: ["test_v1_image.py::test_a_chain"],
    19: ["test_v1_scenario_b.py::test_two_clients_push_the_same_image"],
    20: ["test_v1_quirks.py::test_a_push_by_id"],
    22: ["../e2e/test_v1_clients.py::test_npm"],
    23: ["test_v1_quirks.py::test_what_docker2aci_asks"],
}


def _exists(proof):
    if callable(proof):
        return proof in FACTS.values()
    name, _, test = proof.partition("::")
    text = (paths.TOP / "tests/api" / name).read_text()
    return re.search(r"^def %s\(" % test, text, re.MULTILINE) is not None


@pytest.mark.parametrize("what, proofs", [
    *SEEN, *(("4.%d" % number, proofs) for number, proofs in QUIRKS.items())])
def test_what_was_seen_has_its_proof(what, proofs):
    assert proofs and all(_exists(proof) for proof in proofs), what
