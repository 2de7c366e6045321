"""testenv: starts real servers on free loopback ports, one empty house a test.

A test asks for the fixture `house` and builds in it what it needs:

    def test_base(house):
        house.registry_worker()
        nginx = house.nginx('''
            %%GLOBALS%%
            events {}
            http {
                %%GLOBALS_HTTP%%
                server {
                    listen 127.0.0.1:8080;
                    location ^~ /v2/ {
                        registry       on;
                        registry_root  %%DIR%%/registry;
                        fastcgi_pass   unix:%%DIR%%/registry.sock;
                        include        %%CONF%%/registry_params;
                    }
                }
            }''')
        assert nginx.client(8080).get("/v2/").status == 200

Every 127.0.0.1:8xxx of a configuration is rewritten to a free port, the same
one throughout the house; house.port(8080) says which.  When the test ends,
all is stopped and the logs are read: an alert, a sanitizer's report, or a
process that died fails the test.  house.expect(regex) says which such lines a
test means to cause.  The directory of a test that failed is kept."""

from .client import Registry, Response
from .house import House, shared_house
from .servers import (DockerRegistry, Dockerd, IndexWorker, MariaDb, Memcached,
                      Nginx, RegistryWorker)

__all__ = ["DockerRegistry", "Dockerd", "House", "IndexWorker", "MariaDb",
           "Memcached", "Nginx", "Registry", "RegistryWorker", "Response",
           "shared_house"]
