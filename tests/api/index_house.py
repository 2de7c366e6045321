"""slipway-index behind a plain nginx: its routes, and no registry.

    index = IndexHouse(house, "alice")
    token = index.token("alice", "repository:alice/app:pull")
    assert index.grants(token) == {"repository:alice/app": "pull"}
"""

import hashlib
import json
import os
import re
import subprocess
import urllib.parse

from testenv import Registry

SERVICE = "registry.test"

# Root's sockets are for root; anybody else cannot choose.
USER = "user root;" if os.getuid() == 0 else ""

_CONF = """
    {user}
    pid %%DIR%%/nginx/nginx.pid;
    error_log %%DIR%%/nginx/logs/error.log info;
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8600;
            set_real_ip_from 127.0.0.1;
            real_ip_header   X-Forwarded-For;
            set $registry_service registry.test;
            location = /token {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE token;
            }
            location = /verdict {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE verdict;
            }
            location = /other/token {
                set $registry_service other.test;
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE token;
            }
            location = /other/verdict {
                set $registry_service other.test;
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE verdict;
            }
            location = /open/token {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE token;
                fastcgi_param INDEX_CATALOG on;
            }
            location = /_registry/events {
                client_max_body_size 17m;
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE event;
            }
            location = /catalog {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE   catalog;
                fastcgi_param INDEX_ACCOUNT $http_x_account;
            }
            location = /clock/token {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                fastcgi_param INDEX_ROUTE    token;
                fastcgi_param INDEX_SERVICE  registry.test;
                fastcgi_param REQUEST_METHOD GET;
                fastcgi_param NGINX_TIME     $http_x_time;
            }
            location ^~ /v1/ {
                client_max_body_size 2m;
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE     v1;
                fastcgi_param INDEX_ENDPOINTS $http_x_endpoints;
            }
            location = /unknown {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE unknown;
            }
        }
    }"""


class IndexHouse:
    """See above.  The password of every account is its login, twice."""

    def __init__(self, house, *logins, memcached=None, **how):
        self.house = house
        self.memcached = ([house.memcached()] if memcached is None
                          else memcached)
        self.worker = house.index_worker(memcached=self.memcached, **how)
        self.nginx = house.nginx(_CONF.replace("{user}", USER))
        self.client = Registry(house.port(8600))
        for login in logins:
            self.add(login)

    @staticmethod
    def password(login):
        return login + login

    def add(self, login, *flags):
        self.worker.add_account(login, self.password(login), *flags)

    def passwd(self, login, password):
        self.worker.command("account", "passwd", login, "--password-stdin",
                            stdin=password + "\n")

    def complaint(self, *words, status=1, stdin=""):
        """What a subcommand that fails prints to stderr."""
        run = subprocess.run(
            [self.worker._argv[0], *words], env=self.worker._env,
            input=stdin, text=True, capture_output=True, timeout=60)
        assert run.returncode == status, run
        return run.stderr

    def listed(self, *words):
        """The objects that a command prints with --json, one a line; times are
        checked, and replaced by True."""
        objects = [json.loads(line) for line in self.worker.command(
            *words, "--json").splitlines()]
        for one in objects:
            for key, value in one.items():
                if key.endswith("_at") and value is not None:
                    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[0-9:]{8}Z", value)
                    one[key] = True
        return objects

    def ask(self, login, *scopes, password=None, **more):
        """GET of the token endpoint; login None is anonymous."""
        if login is not None and password is None:
            password = self.password(login)
        return self.client.ask_token(scopes, login, password, **more)

    def token(self, login, *scopes, **more):
        answer = self.ask(login, *scopes, **more)
        assert answer.status == 200, answer
        return answer.json()["token"]

    def post(self, path="/token", kind="application/x-www-form-urlencoded",
             **fields):
        """POST of the token endpoint."""
        return self.client.post(path, [("Content-Type", kind)],
                                urllib.parse.urlencode(fields).encode())

    def verdict(self, token, path="/verdict"):
        """The answer of the verdict route."""
        return self.client.get(path, [("Authorization", "Bearer " + token)])

    def grants(self, token):
        """{type:name: actions} of a token that is in force."""
        answer = self.verdict(token)
        assert answer.status == 200, answer
        found = {}
        for line in answer.body.decode().splitlines():
            if line.startswith("grant "):
                thing, actions = line[len("grant "):].rsplit(":", 1)
                found[thing] = actions
        return found

    def holds(self, token):
        """Whether memcached has the token's verdict."""
        key = "slipway:2:" + hashlib.sha256(token.encode()).hexdigest()
        return any("VALUE" in m.ask("get " + key) for m in self.memcached)
