"""A registry with accounts: nginx, both workers, memcached and a database.

    accounts = Accounts(house, "alice", "bob")
    client = accounts.client("alice", "repository:alice/app:pull,push")

Every answer of /v2/ says in X-Verdict where the verdict came from and what it
was: "memcached,granted".  The port is 8500."""

import base64
import hashlib
import hmac
import os
import time

from .process import wait_until

SERVICE = "registry.test"
OTHER_SERVICE = "other.test"


def scope(name, actions="pull,push"):
    return "repository:%s:%s" % (name, actions)


def verdict(grants=(), service=SERVICE, account="alice", expires=300,
            version="1"):
    """The text of a verdict (docs/verdict.md); expires in so many seconds."""
    lines = ["slipway-verdict " + version,
             "expires %d" % (time.time() + expires), "service " + service]
    if account is not None:
        lines.append("account " + account)
    return "".join(line + "\n" for line in
                   lines + ["grant " + grant for grant in grants])


def seal(text, key, secret):
    """A verdict as the index puts it into memcached under a key."""
    text = text.encode() if isinstance(text, str) else text
    own = hmac.new(secret.encode(), key.encode(), hashlib.sha256).digest()
    return text + b"seal %s\n" % hmac.new(
        own, text, hashlib.sha256).hexdigest().encode()


def key_of(token):
    """The key of a token's verdict in memcached."""
    return "slipway:2:" + hashlib.sha256(token.encode()).hexdigest()


class Accounts:
    """See above.  The password of every account is its login, twice."""

    _CONF = """
        %%GLOBALS%%
        worker_processes 2;
        events {}
        http {
            %%GLOBALS_HTTP%%
            {http}
            upstream memcached {
                {memcached}
            }
            server {
                listen 127.0.0.1:8500;
                large_client_header_buffers 4 40k;
                registry_realm         http://$http_host/token;
                registry_service       registry.test;
                registry_verdict       /_verdict;
                registry_verdict_valid {valid};
                {key}
                location ^~ /v2/ {
                    registry      on;
                    registry_root %%DIR%%/store;
                    fastcgi_pass  unix:%%DIR%%/registry.sock;
                    include       %%CONF%%/registry_params;
                    add_header    X-Verdict "$registry_verdict_source,$registry_verdict_result" always;
                    {location}
                }
                location = /token {
                    fastcgi_pass  unix:%%DIR%%/index.sock;
                    include       %%CONF%%/index_params;
                    fastcgi_param INDEX_ROUTE token;
                    {token}
                }
                location = /_verdict {
                    internal;
                    set                       $memcached_key $registry_token_key;
                    memcached_pass            memcached;
                    memcached_connect_timeout {patience};
                    memcached_send_timeout    {patience};
                    memcached_read_timeout    {patience};
                    error_page                404 502 504 = @verify;
                }
                location @verify {
                    if ($registry_token_key = "") {
                        return 404;
                    }
                    fastcgi_pass  unix:%%DIR%%/index.sock;
                    include       %%CONF%%/index_params;
                    fastcgi_param INDEX_ROUTE verdict;
                }
                location = /metrics {
                    registry_metrics;
                }
                {server}
            }
        }"""

    def __init__(self, house, *logins, valid="200ms", patience="200ms",
                 fleet=0, shared=None, processes=2, http="", server="", location="",
                 token="", worker=None, database=None, upstream=None,
                 key="registry_verdict_key %%DIR%%/verdict.key;",
                 **settings):
        """patience: how long nginx waits for memcached.  fleet: so many
        memcached on ports, 0 for one on a socket; shared: that one; upstream: where nginx looks
        instead.  worker: the environment of slipway-registry; settings: of
        slipway-index."""
        self._upstream = upstream
        self.house = house
        self.memcached = ([house.memcached(port=8700 + i, name="fleet%d" % i)
                           for i in range(fleet)]
                          or [shared or house.memcached()])
        self.worker = house.registry_worker(processes=processes,
                                            **(worker or {}))
        self.index = house.index_worker(database, self.memcached,
                                        processes=processes, **settings)
        self.nginx = house.nginx(self._conf(
            valid=valid, patience=patience, http=http, server=server,
            location=location, token=token,
            key=key))
        for login in logins:
            self.add(login)

    def _conf(self, **parts):
        parts["memcached"] = self._upstream or self._fleet()
        conf = self._CONF
        for name, value in parts.items():
            conf = conf.replace("{%s}" % name, value)
        return conf

    def _fleet(self):
        names = ["server %s;" % (m.address if m.number else
                                 "unix:" + m.address) for m in self.memcached]
        if len(names) > 1:
            names.insert(0, "hash $registry_token_key;")
        return "\n".join(names)

    # --- people ------------------------------------------------------------

    @staticmethod
    def password(login):
        return login + login

    def add(self, login, *flags):
        self.index.add_account(login, self.password(login), *flags)

    def passwd(self, login, password):
        self.index.command("account", "passwd", login, "--password-stdin",
                           stdin=password + "\n")

    def disable(self, login):
        self.index.command("account", "disable", login)

    # --- clients and tokens ------------------------------------------------

    @property
    def open(self):
        """A client without a token."""
        return self.nginx.client(8500)

    def ask(self, login=None, *scopes, **more):
        """The token endpoint's answer to GET."""
        password = None if login is None else self.password(login)
        return self.open.ask_token(scopes, login, password, **more)

    def token(self, login=None, *scopes, **more):
        answer = self.ask(login, *scopes, **more)
        assert answer.status == 200, answer
        return answer.json()["token"]

    def client(self, login=None, *scopes):
        """A client with a token for these scopes; without login anonymous."""
        return self.open.with_token(self.token(login, *scopes))

    def held(self, login=None, *scopes):
        """The same, once memcached holds the token's verdict: the index waits
        for it no longer than a moment, and does without."""
        def client():
            made = self.client(login, *scopes)
            return made if self.holds(made.token) else None
        return wait_until(client, 60, "memcached to hold a verdict")

    def rights(self, token, name):
        """What a token may do with a repository, found out by trying."""
        client = self.open.with_token(token)
        tried = {
            "pull": lambda: client.get("/v2/%s/tags/list" % name),
            "push": lambda: client.post("/v2/%s/blobs/uploads/" % name),
            "delete": lambda: client.delete("/v2/%s/manifests/none" % name)}
        return {right for right, do in tried.items() if do().status != 401}

    def sign(self, text, secret=None):
        """A token for any verdict, as slipway-index signs it."""
        secret = secret or open(self.house.dir + "/index.secret", "rb").read()
        head = "sw1." + _base64(os.urandom(16) + text.encode())
        mac = hmac.new(secret, head.encode(), hashlib.sha256).digest()
        return head + "." + _base64(mac)

    # --- memcached ---------------------------------------------------------

    def seal(self, text, token):
        """What the index would put into memcached for a token."""
        with open(self.house.dir + "/verdict.key") as f:
            return seal(text, key_of(token), f.read().strip())

    def put(self, token, value, seconds=300):
        """Puts a value where nginx looks for the verdict of a token."""
        if isinstance(value, str):
            value = value.encode()
        said = self.memcached[0].ask("set %s 0 %d %d\r\n%s" % (
            key_of(token), seconds, len(value), value.decode("latin-1")))
        assert said == "STORED\r\n", said

    def holds(self, token):
        """Whether some memcached has the verdict of a token."""
        return any("VALUE" in m.ask("get " + key_of(token))
                   for m in self.memcached)


def _base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def verdict_of(response):
    """[source, result] of an answer."""
    return response.header("X-Verdict", "").split(",")
