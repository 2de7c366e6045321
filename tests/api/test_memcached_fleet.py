"""A fleet of memcached: nginx's `hash` and slipway-index choose the same
server for every key."""

import hashlib
import time

import pytest

from index_house import USER
from testenv import Registry

KEYS = 1000

_CONF = """
    {user}
    pid %%DIR%%/nginx/nginx.pid;
    error_log %%DIR%%/nginx/logs/error.log info;
    events {}
    http {
        %%GLOBALS_HTTP%%
        upstream fleet {
            hash      $arg_key;
            {servers}
            keepalive 4;
        }
        server {
            listen 127.0.0.1:8600;
            set $registry_service registry.test;
            location = /token {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE token;
            }
            location = /held {
                set $memcached_key $arg_key;
                memcached_pass fleet;
                memcached_next_upstream off;
                add_header X-Server $upstream_addr always;
            }
        }
    }"""


@pytest.mark.parametrize("is_unix", [False, True], ids=["tcp", "unix"])
def test_nginx_and_index_choose_the_same_server(house, is_unix):
    fleet = [house.memcached(name="fleet%d" % i,
                             **({} if is_unix else {"port": 8700 + i}))
             for i in range(3)]
    places = [("unix:" if is_unix else "") + m.address for m in fleet]
    house.index_worker(memcached=fleet)
    house.nginx(_CONF.replace("{user}", USER).replace(
        "{servers}", "\n".join("server %s;" % place for place in places)))
    client = Registry(house.port(8600), keep=True)
    seen = dict.fromkeys(places, 0)
    end = time.monotonic() + 300
    while sum(seen.values()) < KEYS:
        token = client.get("/token").json()["token"]
        key = "slipway:2:" + hashlib.sha256(token.encode()).hexdigest()
        holders = [place for place, server in zip(places, fleet)
                   if "VALUE" in server.ask("get " + key)]
        if not holders:     # the index does not wait for one that is slow
            assert time.monotonic() < end
            continue
        answer = client.get("/held?key=" + key)
        assert answer.status == 200, (key, answer)
        assert answer.body.startswith(b"slipway-verdict 1\n")
        assert [answer.header("X-Server")] == holders
        seen[holders[0]] += 1
    assert min(seen.values()) > KEYS // 5
