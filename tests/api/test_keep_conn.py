"""fastcgi_keep_conn with an upstream's keepalive: a process serves one
connection at a time, so it keeps none for nginx, whatever nginx asks for."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images

# More than two workers of nginx may keep, and than six processes can hold.
REQUESTS, CLIENTS = 3000, 16


def kept(conf, *names, more=""):
    """An example with an upstream for each program, connections kept."""
    for name in names:
        conf = re.sub(r"(fastcgi_pass +)(unix:[^;]*/%s.sock)" % name,
                      r"\1kept_%s" % name, conf)
    upstreams = "".join(
        "upstream kept_%s { server unix:%%%%DIR%%%%/%s.sock; keepalive 32; }\n"
        % (name, name) for name in names)
    return re.sub(r"^http \{$", "http {\n%sfastcgi_keep_conn on; %s" % (
        upstreams, more), conf, flags=re.MULTILINE).replace(
            "worker_processes auto", "worker_processes 2")


def ask(client, ways):
    """The statuses of many requests, of many clients at once."""
    def one(number):
        method, path, headers = ways[number % len(ways)]
        return client.request(method, path, headers).status
    with ThreadPoolExecutor(CLIENTS) as pool:
        return set(pool.map(one, range(REQUESTS)))


@pytest.mark.idea(62)
@pytest.mark.parametrize("more", ["", "fastcgi_buffering off;"])
def test_registry(house, more):
    house.registry_worker(processes=6)
    nginx = house.example("standalone.conf", edit=lambda conf: kept(
        conf, "registry", more=more))
    client = nginx.client(8500)
    image = images.Image()
    client.push_image("app", "1", image)
    assert ask(client, [("POST", "/v2/app/blobs/uploads/", []),
                        ("GET", "/v2/app/tags/list", [])]) == {200, 202}
    client.push_image("app", "2", images.Image(seed=2))


def test_index(house):
    house.registry_worker(processes=6)
    index = house.index_worker(processes=6)    # each verdict is asked of it
    nginx = house.example("index.conf", edit=lambda conf: re.sub(
        "limit_req .*;|registry_verdict_valid .*;", "", kept(
            conf, "registry", "index")).replace(
        "registry_realm ", "registry_verdict_valid 0; registry_realm ", 1))
    index.add_account("admin", "correct horse", "--admin")
    house.expect("connect.. to unix:[^ ]*memcached")
    scopes = ["repository:admin/app:pull,push"]
    client = nginx.client(8500).login(scopes, "admin", "correct horse")
    client.push_image("admin/app", "1", images.Image())
    plain = nginx.client(8500)
    assert ask(plain, [("GET", "/token", []),
                       ("GET", "/v2/admin/app/tags/list",
                        [("Authorization", "Bearer " + client.token)])
                       ]) == {200}
