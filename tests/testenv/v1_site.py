"""A registry with accounts that speaks both protocols: /v2/ at 8500, the
original one at 8600, one store and one index.

    site = V1Site(house, "alice", "bob")
    docker = site.docker("1.6.2", "alice")      # a V1Client
    docker.push("alice/app", chain_1_6())
    site.publish("alice/app")
    site.docker("1.10.3").pull("alice/app")     # without a login"""

from .client import trusting
from .mirrored import World
from .process import WAIT_SECONDS, wait_until
from .v1 import V1Client

# What a server of the original protocol has; {root}: its store, {index}: what
# passes a request to the index.
LOCATION = """
        location ^~ /v1/ {
            registry        on;
            registry_index  @v1_index;
            registry_layers @v1_layers;
            registry_events on;
            client_max_body_size 0;
            fastcgi_pass    unix:%%DIR%%/registry.sock;
            include         %%CONF%%/registry_params;
        }
        location @v1_layers {
            registry        on;
            registry_events on;
            fastcgi_pass    unix:%%DIR%%/layers.sock;
            include         %%CONF%%/registry_params;
        }
        location @v1_index {
            fastcgi_pass    unix:%%DIR%%/index.sock;
            include         %%CONF%%/index_params;
            fastcgi_param   INDEX_ROUTE v1;
        }
        location ^~ /v2/ {
            default_type application/json;
            return 404 '{"errors":[{"code":"UNAUTHORIZED","message":"this host speaks the original protocol only"}]}';
        }
"""

_SERVER = """
    server {
        listen 127.0.0.1:8600{tls};
        large_client_header_buffers 4 40k;
        registry_realm         http://127.0.0.1:8500/token;
        registry_service       registry.test;
        registry_verdict       /_verdict;
        registry_verdict_valid 200ms;
        registry_verdict_key   %%DIR%%/verdict.key;
        registry_root          %%DIR%%/store;
        {location}
        location = /_verdict {
            internal;
            set            $memcached_key $registry_token_key;
            memcached_pass memcached;
            error_page     404 502 504 = @verify;
        }
        location @verify {
            if ($registry_token_key = "") {
                return 404;
            }
            fastcgi_pass  unix:%%DIR%%/index.sock;
            include       %%CONF%%/index_params;
            fastcgi_param INDEX_ROUTE verdict;
        }
    }
"""


_TLS = """ ssl;
        ssl_certificate     %%DIR%%/tls.pem;
        ssl_certificate_key %%DIR%%/tls.key"""


class V1Site:
    """See above.  The password of every account is its login, twice."""

    def __init__(self, house, *logins, http="", is_tls=False, **how):
        """http: more servers; how: of World."""
        self.house = house
        self.tls = trusting(house.certificate()) if is_tls else None
        self.layers = house.layers_worker()
        self.world = World(house, *logins, http=_SERVER.replace(
            "{location}", LOCATION).replace(
            "{tls}", _TLS if is_tls else "") + http, **how)
        self.accounts = self.world.accounts
        self.index = self.accounts.index
        self.port = house.port(8600)
        self.deliver = self.world.deliver()

    def docker(self, version, login=None, password=None):
        """An engine that is logged in, or not."""
        if login is not None and password is None:
            password = self.accounts.password(login)
        return V1Client(version, self.port, login, password, tls=self.tls)

    def publish(self, name):
        """Makes a repository public once the index knows it."""
        self.wait_for(name)
        self.index.set_visibility(name, "public")

    def wait_for(self, name):
        wait_until(lambda: name in self.world.mirror.held(), WAIT_SECONDS,
                   "the index to know " + name)

    def v2(self, login, name, actions="pull,push,delete"):
        """A client of the same repository by /v2/."""
        return self.accounts.client(
            login, "repository:%s:%s" % (name, actions))
