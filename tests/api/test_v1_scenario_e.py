"""Scenario E, docs/scenarios/e-own-index.md: an Index and two registries on
three hosts, network namespaces, and a client on a fourth."""

import os
import re

import pytest

from testenv import shared_house
from testenv.networks import Host, Networks
from testenv.v1 import AGENTS, Refused, V1Client, token_parts
from testenv.v1_images import chain_1_6, chain_1_10

pytestmark = pytest.mark.skipif(
    os.getuid() != 0, reason="only root makes network namespaces")

CHAINS = {"1.6.2": chain_1_6, "1.10.3": chain_1_10}
PORT = 5001

_HEAD = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 5001;
            large_client_header_buffers 4 40k;
            registry_realm       http://10.77.0.2:5001/token;
            registry_service     registry.test;
            registry_verdict     /_verdict;
            registry_verdict_valid 200ms;
"""

# The Index has no store.
_INDEX = _HEAD + """
            registry_root  %%DIR%%/none;
            location ^~ /v1/ {
                registry       on;
                registry_index @v1_index;
                fastcgi_pass   unix:%%DIR%%/none.sock;
                include        %%CONF%%/registry_params;
            }
            location @v1_index {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE v1;
            }
            location = /_verdict {
                internal;
                return 404;
            }
            location = /verdict {
                allow         10.77.0.0/24;
                deny          all;
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE verdict;
            }
            location ~ ^/v2(/|$) {
                return 404;
            }
        }
    }
"""

_REGISTRY = _HEAD + """
            registry_root  %%DIR%%/store-{host};
            location ^~ /v1/ {
                registry        on;
                registry_layers @v1_layers;
                fastcgi_pass    unix:%%DIR%%/registry.sock;
                include         %%CONF%%/registry_params;
            }
            location @v1_layers {
                registry     on;
                fastcgi_pass unix:%%DIR%%/layers.sock;
                include      %%CONF%%/registry_params;
            }
            location = /_verdict {
                internal;
                proxy_pass              http://10.77.0.2:5001/verdict;
                proxy_pass_request_body off;
                proxy_set_header        Content-Length "";
            }
        }
    }
"""


class Site:
    """The programs are shared: a host is its nginx, its address, its store."""

    def __init__(self, house):
        self.house = house
        house.registry_worker()
        house.layers_worker()
        self.index = house.index_worker(memcached=[house.memcached()])
        for login in ("alice", "bob"):
            self.index.add_account(login, login + login)
        self.networks = Networks(house, "index", "a", "b", "client")
        house.keep(Host(house, _INDEX, self.networks, "index"))
        self.registries = {}
        for host in ("a", "b"):
            self.registries[host] = house.keep(Host(
                house, _REGISTRY.replace("{host}", host), self.networks,
                host))
            self.index.command("registry", "add", host, "--kind", "sponsor",
                               "--endpoint", self.endpoint(host))

    def endpoint(self, host):
        return "%s:%d" % (self.networks.address[host], PORT)

    def docker(self, version, login=None):
        return V1Client(version, PORT, login, login and login + login,
                        host=self.networks.address["index"])

    def inside(self):
        return self.networks.inside("client")


@pytest.fixture(scope="module")
def site(database_server):
    with shared_house(database_server) as house:
        yield Site(house)


@pytest.fixture
def name(request):
    """A repository of the test's own."""
    return "alice/" + re.sub("[^a-z0-9]+", "-",
                             request.node.name).strip("-")


def asked(docker, site, host):
    """The lines of what one host was asked."""
    return [step.line() for step in docker.steps
            if step.place[0] == site.networks.address[host]]


@pytest.mark.parametrize("version", sorted(AGENTS))
def test_a_push_to_both_and_pulls(site, name, version):
    images = CHAINS[version](seed="e")
    with site.inside():
        alice = site.docker(version, "alice")
        alice.push(name, images)
        assert {place for place in alice.endpoints} == {
            (site.networks.address[host], PORT) for host in ("a", "b")}
        # The Index sees neither images nor tags.
        assert [line for line in asked(alice, site, "index")
                if "/v2/" not in line and "_ping" not in line] == [
            "PUT /v1/repositories/%s/" % name,
            "PUT /v1/repositories/%s/images" % name]
        for host in ("a", "b"):
            lines = asked(alice, site, host)
            assert "PUT /v1/repositories/%s/tags/latest" % name in lines
            assert [line for line in lines if line.startswith("PUT /v1/im")
                    ] == ["PUT /v1/images/%s/%s" % (image.id, what)
                          for image in images
                          for what in ("json", "layer", "checksum")]
        last = alice.steps[-1]
        assert sorted(last.header("X-Docker-Endpoints")) == sorted(
            "http://%s/v1/" % site.endpoint(host) for host in ("a", "b"))
        assert last.answer.status == 204
        found = site.docker(version, "alice").pull(name)
        assert [image.layer for image in found] == [
            image.layer for image in images]


def test_a_registry_asks_the_index(site, name):
    """It knows no account: tokens that the Index does not know are refused."""
    with site.inside():
        alice = site.docker("1.6.2", "alice")
        alice.push(name, chain_1_6())
        alice.images(name)
        token = alice.tokens[0]
        assert token_parts(token)["access"] == "read"
        place = alice.endpoints[0]
        assert alice.tags(name, place).status == 200
        good = token_parts(token)["signature"]
        bad = good[:-1] + ("A" if good[-1] != "A" else "B")
        for text in (token.replace(good, bad),
                     token.replace(name, "alice/other"), ""):
            alice.tokens = [text]
            answer = alice.tags(name, place)
            assert answer.status == 401, answer
            assert answer.json() == {"error": "Requires authorization"}
        # The registry has no part of the Index.
        alice.tokens = [token]
        for path in ("users/", "repositories/%s/images" % name, "search?q=x"):
            assert alice.request("GET", "/v1/" + path,
                                 place).status in (401, 404)


def pull_without_a(site, name, images):
    docker = site.docker("1.6.2", "alice")
    assert [image.layer for image in docker.pull(name)] == [
        image.layer for image in images]
    assert docker.endpoints == [(site.networks.address["b"], PORT)]


def test_a_registry_that_is_taken_out(site, name):
    """And stopped: the other one has all of it."""
    images = chain_1_6()
    with site.inside():
        site.docker("1.6.2", "alice").push(name, images)
        site.registries["a"].stop()
        site.index.command("registry", "set", "a", "--weight", "0")
        try:
            pull_without_a(site, name, images)
        finally:
            site.index.command("registry", "set", "a", "--weight", "100")
            site.registries["a"].start()


def test_who_may_not(site, name):
    with site.inside():
        site.docker("1.6.2", "alice").push(name, chain_1_6())
        for login, status in ((None, 404), ("bob", 404)):
            with pytest.raises(Refused) as refused:
                site.docker("1.6.2", login).pull(name)
            assert refused.value.status == status
        with pytest.raises(Refused) as refused:
            site.docker("1.6.2", "bob").push(name, chain_1_6())
        assert refused.value.status == 403
