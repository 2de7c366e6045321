"""setup.py: what the benchmark runs against, all in one house: plain nginx,
Slipway over HTTP and TLS, and Debian's docker-registry 2.8.2, with the same
bytes in each."""

import os
import re
import subprocess
import time

from testenv import images
from testenv.client import digest
from testenv.servers import answers_port

LAYER_SIZE = 1 << 30
ACCOUNT, PASSWORD, SERVICE = "bench", "bench-password", "bench.test"
NAME = ACCOUNT + "/app"

PLAIN_CONF = """
    %%GLOBALS%%
    worker_processes 2;
    events { worker_connections 4096; }
    http {
        %%GLOBALS_HTTP%%
        access_log off;
        sendfile on;
        tcp_nopush on;
        keepalive_requests 100000000;
        ssl_certificate     %%DIR%%/cert.pem;
        ssl_certificate_key %%DIR%%/key.pem;
        upstream memcached {
            server    unix:%%DIR%%/memcached.sock;
            keepalive 32;
        }
        server {
            listen 127.0.0.1:8080;
            listen 127.0.0.1:8443 ssl;
            root   %%DIR%%/static;
            location /memcached/ {
                set            $memcached_key slipway:2:$arg_key;
                memcached_pass memcached;
            }
        }
    }"""

_SERVER = """
        server {
            {listen}
            large_client_header_buffers 4 40k;
            registry_realm   http://$http_host/token;
            registry_service bench.test;
            registry_verdict /_registry/verdict;
            registry_verdict_key %%DIR%%/verdict.key;
            location ^~ /v2/ {
                registry       on;
                registry_root  %%DIR%%/store;
                registry_verdict_valid 60s;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
                {more}
            }
            location = /metrics {
                registry_metrics;
            }
            location ^~ /v1/ {
                registry        on;
                registry_root   %%DIR%%/store;
                registry_layers @v1_layers;
                registry_verdict_valid 60s;
                fastcgi_pass    unix:%%DIR%%/registry.sock;
                include         %%CONF%%/registry_params;
            }
            location @v1_layers {
                registry        on;
                registry_root   %%DIR%%/store;
                fastcgi_pass    unix:%%DIR%%/layers.sock;
                include         %%CONF%%/registry_params;
            }
            location = /token {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE token;
            }
            location = /_registry/verdict {
                internal;
                set            $memcached_key $registry_token_key;
                memcached_pass memcached;
                error_page     404 502 504 = @registry_verify;
            }
            location @registry_verify {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE verdict;
            }
        }
"""

_SLIPWAY_CONF = """
    %%GLOBALS%%
    worker_processes 2;
    events { worker_connections 4096; }
    http {
        %%GLOBALS_HTTP%%
        access_log off;
        sendfile on;
        tcp_nopush on;
        keepalive_requests 100000000;
        ssl_certificate     %%DIR%%/cert.pem;
        ssl_certificate_key %%DIR%%/key.pem;
        upstream memcached {
            server    unix:%%DIR%%/memcached.sock;
            keepalive 32;
        }
        {servers}
    }"""

# The same twice, and the second one counts pulls.
SLIPWAY_CONF = _SLIPWAY_CONF.replace("{servers}", "".join(
    _SERVER.replace("{listen}", listen).replace("{more}", more)
    for listen, more in (
        ("listen 127.0.0.1:8081; listen 127.0.0.1:8444 ssl;", ""),
        ("listen 127.0.0.1:8082;", "registry_events on; registry_pulls on;"))))

PEER_CONF = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {root}}}
  cache: {{blobdescriptor: inmemory}}
http:
  addr: "127.0.0.1:{port}"
  secret: bench
  tls: {{certificate: {dir}/cert.pem, key: {dir}/key.pem}}
"""


class Bench:
    """The servers, a client with a token, and the content."""

    def __init__(self, house):
        self.house = house
        self.dir = house.dir
        self._certificate()
        self.memcached = house.memcached(megabytes=512)
        self.index = house.index_worker(memcached=[self.memcached])
        self.index.add_account(ACCOUNT, PASSWORD)
        self.worker = house.registry_worker(processes=16)
        self.layers = house.layers_worker()
        self.slipway = house.nginx(SLIPWAY_CONF)
        os.mkdir(os.path.join(self.dir, "static"))
        self.plain = house.nginx(PLAIN_CONF, name="plain")
        self.peer = house.docker_registry(os.path.join(self.dir, "peer"))
        self.peer_tls = self._peer_tls()
        self._login()

    def _certificate(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", self.dir + "/key.pem", "-out", self.dir + "/cert.pem"],
            check=True, capture_output=True)

    def _peer_tls(self):
        """docker-registry over TLS, on the same directory."""
        port = self.house.port()
        conf = self.dir + "/peer-tls.yml"
        with open(conf, "w") as f:
            f.write(PEER_CONF.format(root=self.dir + "/peer", port=port,
                                     dir=self.dir))
        child = subprocess.Popen(
            ["/usr/bin/docker-registry", "serve", conf],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        while not answers_port(port):
            time.sleep(0.05)
        self.peer_tls_port = port
        return child

    def _login(self):
        self.client = self.slipway.client(8081).login(
            ["repository:%s:pull,push" % NAME], ACCOUNT, PASSWORD,
            service=SERVICE)

    @property
    def auth(self):
        return "Authorization: Bearer " + self.client.token

    @property
    def auth_v1(self):
        """The same token, as the original protocol has it."""
        return "Authorization: Token signature=%s,repository=\"%s\"" % (
            self.client.token, NAME)

    def renew(self):
        """Tokens live for minutes, the benchmark longer."""
        self._login()

    # --- content -----------------------------------------------------------

    def make_layer(self):
        """A layer of 1 GiB in all three."""
        path = self.dir + "/layer"
        block = images.blob(1 << 20)
        with open(path, "wb") as f:
            for i in range(LAYER_SIZE >> 20):
                f.write(i.to_bytes(8, "big") + block[8:])
        self.layer = path
        self.layer_digest = "sha256:" + subprocess.check_output(
            ["sha256sum", path], text=True).split()[0]
        os.link(path, self.dir + "/static/layer")

    def make_image(self):
        """A small image in all three; its manifest as a static file too."""
        image = images.Image(layers=4)
        self.image = image
        self.client.push_image(NAME, "latest", image)
        self.peer.client().push_image(NAME, "latest", image)
        with open(self.dir + "/static/manifest", "wb") as f:
            f.write(image.manifest.data)
        self.blob_digest = digest(image.layers[0])
        with open(self.dir + "/static/blob", "wb") as f:
            f.write(image.layers[0])
        self.manifest_size = len(image.manifest.data)
        self._make_small()

    def _make_small(self):
        """A blob of 1 KiB in all three."""
        small = images.blob(1024)
        self.client.push_blob(NAME, small)
        self.peer.client().push_blob(NAME, small)
        with open(self.dir + "/static/small", "wb") as f:
            f.write(small)
        self.small_digest = digest(small)

    def verdicts(self, source):
        """How many tokens were granted something by what that source said."""
        text = self.slipway.client(8081).get("/metrics").body.decode()
        return int(re.search(
            r'^slipway_verdicts_total{source="%s",result="granted"} (\d+)$'
            % source, text, re.M)[1])

    # --- addresses ---------------------------------------------------------

    def slipway_url(self, path, is_tls=False):
        return self._url(self.house.port(8444 if is_tls else 8081), path,
                         is_tls)

    def counted_url(self, path):
        """Where pulls are counted."""
        return self._url(self.house.port(8082), path, False)

    def plain_url(self, path, is_tls=False):
        return self._url(self.house.port(8443 if is_tls else 8080), path,
                         is_tls)

    def peer_url(self, path, is_tls=False):
        return self._url(self.peer_tls_port if is_tls else self.peer.number,
                         path, is_tls)

    @staticmethod
    def _url(port, path, is_tls):
        return "http%s://127.0.0.1:%d%s" % ("s" if is_tls else "", port, path)

    def close(self):
        self.peer_tls.terminate()
        self.peer_tls.wait(10)
