"""Settings of nginx that change how bodies and files are handled: none may
change a byte of what is pushed and pulled."""

import re

import pytest

from testenv import images
from testenv.client import digest
from testenv.uploads import WAYS

# Lines for the location, or for what stands in front of the colon.
SETTINGS = {
    "plain": "",
    "small buffer": "client_body_buffer_size 1k;",
    "large buffer": "client_body_buffer_size 16m;",
    "single buffer": "client_body_in_single_buffer on;",
    "body in file": "client_body_in_file_only on;",
    "body in file, clean": "client_body_in_file_only clean;",
    "small header buffer": "http: client_header_buffer_size 128;",
    "large header buffer": "http: client_header_buffer_size 64k;",
    "no sendfile": "sendfile off;",
    "sendfile": "sendfile on; tcp_nopush on; sendfile_max_chunk 64k;",
    "directio": "directio 4k; output_buffers 2 32k;",
    "aio": "aio threads;",
    "aio, no sendfile": "aio threads; sendfile off; aio_write on;",
    "aio, directio": "aio threads; directio 512; sendfile on;",
    "small output": "output_buffers 1 512; sendfile off; postpone_output 0;",
    "gzip": "http: gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;",
    "gunzip": "gunzip on;",
    "gzip_static": "gzip_static always;",
    "file cache": "open_file_cache max=1000; open_file_cache_valid 60s; "
                  "open_file_cache_min_uses 1; open_file_cache_errors on;",
    "rate": "limit_rate_after 1m; limit_rate 50m;",
    "no keep-alive": "keepalive_timeout 0;",
    "fastcgi off": "fastcgi_buffering off;",
    "fastcgi small": "fastcgi_buffer_size 1k; fastcgi_buffers 4 1k; "
                     "fastcgi_busy_buffers_size 2k;",
    "fastcgi kept": "fastcgi_keep_conn off; fastcgi_ignore_client_abort on;",
    "headers": 'add_header X-Frame-Options DENY always; expires 1d; '
               'etag off; if_modified_since before;',
    "etag": "etag on; expires max;",
    "max_ranges": "max_ranges 1;",
    "charset": "charset utf-8; default_type text/html;",
    "sub_filter": "http: sub_filter_types *; sub_filter a b; sub_filter_once off;",
    "ssi": "ssi on; ssi_types *;",
    "addition": "addition_types *;",
    "error pages": "error_page 404 /missing.html; error_page 500 502 503 504 "
                   "/50x.html; fastcgi_intercept_errors on;",
    "chunked off": "chunked_transfer_encoding off;",
    "reset": "reset_timedout_connection on; lingering_close always;",
    "many workers": "main: worker_processes 4;",
    "multi accept": "events: multi_accept on; accept_mutex on;",
}
# What changes answers on purpose: the operator's own doing.
CONTENT = {"sub_filter", "ssi"}

# The inner location may say again what the file of parameters says.
CONF = """
    %%GLOBALS%%
    [main]
    events {
        [events]
    }
    http {
        %%GLOBALS_HTTP%%
        [http]
        server {
            listen 127.0.0.1:8500;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/store;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;

                location /v2/app/ {
                    registry      on;
                    fastcgi_pass  unix:%%DIR%%/registry.sock;
                    [location]
                }
            }
        }
    }"""


def conf_of(lines):
    """CONF with the lines in their place."""
    place, _, text = lines.rpartition(": ")
    conf = CONF.replace("[%s]" % (place or "location"), text)
    return re.sub(r"\[[a-z]+\]", "", conf)


@pytest.mark.parametrize("case", SETTINGS)
def test_setting(house, case):
    house.registry_worker()
    front = house.nginx(conf_of(SETTINGS[case]))
    client = front.client(8500)
    for way in WAYS:
        for size in (100, 300001):
            data = images.blob(size, "%s%s" % (case, way.__name__))
            answer = way(client, "app", data, digest(data))
            assert answer.status == 201, (way, answer)
        refused = way(client, "app", data, digest(data + b"!"))
        assert refused.status == 400, (way, refused)
    assert client.push_blob("app", b"") == digest(b"")
    image = images.Image(layers=2, size=40000)
    for _ in range(2):
        client.push_image("app", "1", image)
        if case in CONTENT:
            continue
        answer = client.get("/v2/app/manifests/1", [
            ("Accept-Encoding", "gzip")])
        assert answer.body == image.manifest.data
        assert answer.header("Content-Encoding") is None
        assert answer.header("Content-Type") == images.OCI_MANIFEST
        for data in image.blobs():
            answer = client.blob("app", digest(data), [
                ("Accept-Encoding", "gzip")])
            assert answer.body == data
            assert answer.header("Content-Type") == "application/octet-stream"
            assert answer.header("Content-Length") == str(len(data))
            assert answer.header("Docker-Content-Digest") == digest(data)
            answer = client.blob("app", digest(data), [
                ("Range", "bytes=5-9")])
            assert (answer.status, answer.body) == (206, data[5:10])
        head = client.head("/v2/app/blobs/" + digest(data))
        assert head.header("Content-Length") == str(len(data))
    answer = client.get("/v2/app/manifests/none")
    assert answer.status == 404
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"
    # A tag moves, a blob goes: at once, whatever is cached.
    other = images.Image(seed="other")
    client.push_image("app", "1", other)
    assert client.head("/v2/app/manifests/1").header(
        "Docker-Content-Digest") == other.manifest.digest
    wanted = digest(image.config)
    assert client.delete("/v2/app/blobs/" + wanted).status == 202
    assert client.head("/v2/app/blobs/" + wanted).status == 404
    client.push_blob("app", image.config)
    assert client.head("/v2/app/blobs/" + wanted).status == 200
    assert client.delete("/v2/app/manifests/1").status == 202
    assert client.head("/v2/app/manifests/1").status == 404
