"""nginx answers 400 to errors that have nothing to do with a registry; what is
wrong is said by its own sentence, as clients read errors."""

import ssl
import subprocess

import pytest

from test_errors import is_error
from testenv import House

CURL = "/usr/bin/curl"
CONF = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        ssl_certificate     %%DIR%%/tls.pem;
        ssl_certificate_key %%DIR%%/tls.key;
        server {
            listen 127.0.0.1:8500;
            listen 127.0.0.1:8443 ssl http2;
            LOCATION
            location /v2/text/ { PASS return 400 "secret: /tmp"; }
            location /v2/400/  { PASS return 400; }
        }
        server {
            listen 127.0.0.1:8444 ssl http2;
            ssl_verify_client      on;
            ssl_client_certificate %%DIR%%/tls.pem;
            LOCATION
        }
        server {
            listen 127.0.0.1:8445 ssl http2;
            ssl_verify_client      optional;
            ssl_client_certificate %%DIR%%/tls.pem;
            LOCATION
        }
    }""".replace("LOCATION", """
            location ^~ /v2/ { PASS }
            location /other { return 200; }""").replace("PASS", """
            registry      on;
            registry_root %%DIR%%/store;
            fastcgi_pass  unix:%%DIR%%/registry.sock;
            include       %%CONF%%/registry_params;""")

NO_CERTIFICATE = "No required SSL certificate was sent"
BAD_CERTIFICATE = "The SSL certificate error"
PLAIN = "The plain HTTP request was sent to HTTPS port"
TOO_LARGE = "Request Header Or Cookie Too Large"
MALFORMED = "malformed request"


@pytest.fixture(scope="module")
def nginx(database_server):
    house = House(database_server)
    house.certificate()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=stranger", "-keyout", house.dir + "/other.key",
         "-out", house.dir + "/other.pem"], check=True, capture_output=True)
    house.registry_worker()
    yield house.nginx(CONF)
    problems = house.problems()
    house.remove()
    assert not problems, "\n".join(problems)


def says(answer, message, method="GET"):
    is_error(answer, 400, None, method)
    assert answer.header("Cache-Control").endswith("no-cache")
    if method != "HEAD":
        assert answer.json()["errors"][0]["message"] == message


def trusting_all(nginx, certificate):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain("%s/%s.pem" % (nginx.dir, certificate),
                                "%s/%s.key" % (nginx.dir, certificate))
    return context


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH"])
@pytest.mark.parametrize("port, certificate, message", [
    (8444, None, NO_CERTIFICATE), (8444, "other", BAD_CERTIFICATE),
    (8445, "other", BAD_CERTIFICATE), (8444, "tls", None),
    (8445, None, None)])
def test_client_certificates(nginx, port, certificate, message, method):
    client = nginx.client(port, tls=trusting_all(nginx, certificate))
    answer = client.request(method, "/v2/")
    if message:
        says(answer, message, method)
    else:
        assert answer.status == (200 if method in ("GET", "HEAD") else 405)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_plain_http_to_tls(nginx, method):
    for port in (8443, 8444):
        says(nginx.client(port).request(method, "/v2/a/manifests/1"), PLAIN,
             method)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("headers", [
    [("Authorization", "Bearer " + "x" * 9000)],
    [("X-%d" % i, "x" * 8000) for i in range(6)], [("x" * 9000, "x")]],
    ids=["long", "many", "name"])
def test_too_large(nginx, headers, method):
    says(nginx.client(8500).request(method, "/v2/a/blobs/uploads/", headers),
         TOO_LARGE, method)


def test_http2(nginx):
    done = subprocess.run(
        [CURL, "-sk", "--http2", "--max-time", "60", "-w",
         "\n%{http_code} %{http_version}",
         "https://127.0.0.1:%d/v2/" % nginx.house.port(8444)],
        capture_output=True, text=True, check=True)
    body, status = done.stdout.rsplit("\n", 1)
    assert status == "400 2"
    assert '"message":"%s"' % NO_CERTIFICATE in body


def test_malformed(nginx):
    """What says no more keeps the registry's own message."""
    answer = nginx.client(8500).raw(
        b"GET /v2/ HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
        is_closing=False)
    assert b'"message":"malformed request"' in answer
    for path in ("/v2/text/a", "/v2/400/a"):
        for method in ("GET", "HEAD"):
            says(nginx.client(8500).request(method, path), MALFORMED, method)


def test_elsewhere(nginx):
    """The rest of a server that has a registry is nginx's."""
    answer = nginx.client(8443).get("/other")
    assert answer.status == 400
    assert PLAIN.encode() in answer.body and b"<html>" in answer.body
