"""`slipway-registry adopt`: what it prints passes nginx -t and serves the
store (docs/adopt.md)."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from testenv import Nginx, images, paths
from testenv.client import Registry, trusting
from testenv.events import Receiver
from testenv.images import sha256
from testenv.token_server import Signer, access, pem

DEBIAN = Path("/etc/docker/registry/config.yml")


def run(config, *more, **environment):
    return subprocess.run(
        [paths.BUILD / "slipway-registry", "adopt", config, *more],
        env=paths.environment(**environment), text=True, capture_output=True,
        timeout=60)


def adopt(house, text, **environment):
    """What is printed for a configuration file; %%DIR%% and ports are filled
    in as in an nginx.conf."""
    path = Path(house.dir, "config.yml")
    path.write_text(re.sub(
        r"\b127\.0\.0\.1:(8\d{3})\b",
        lambda found: "127.0.0.1:%d" % house.port(int(found[1])),
        text.replace("%%DIR%%", house.dir)))
    done = run(path, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def configuration(house, printed):
    """An nginx.conf with the block and nothing else; only paths that are the
    machine's are changed."""
    block = printed.replace("include registry_params", "include %s" % (
        paths.CONF / "registry_params")).replace(
        "/run/slipway/registry", house.dir)
    return ("%%GLOBALS%%\nevents {}\nhttp {\n%%GLOBALS_HTTP%%\n"
            + block + "\n}")


def serve(house, printed):
    house.registry_worker()
    nginx = house.nginx(configuration(house, printed))
    status, text = nginx.test()
    assert status == 0, text
    return nginx


def left_out(printed):
    """The settings that were not carried over, with their reasons."""
    return dict(re.findall(r"^# not carried over: (.*?): (.*)$", printed,
                           re.MULTILINE))


PLAIN = """
version: 0.1
storage:
  filesystem:
    rootdirectory: %%DIR%%/old
http:
  addr: 127.0.0.1:8500
"""


@pytest.fixture
def old(house):
    """A store that docker-registry has written."""
    root = house.dir + "/old"
    peer = house.docker_registry(root)
    image = images.Image(seed="adopted")
    peer.client().push_image("old/app", "1", image)
    peer.stop()
    return image


def test_the_store_goes_on(house, old):
    printed = adopt(house, PLAIN)
    assert left_out(printed) == {}
    client = serve(house, printed).client(8500)
    assert client.manifest("old/app", "1").body == old.manifest.data
    for data in old.blobs():
        assert client.blob("old/app", sha256(data)).body == data
    assert client.get("/v2/_catalog").json() == {"repositories": ["old/app"]}
    client.push_image("old/app", "2", images.Image(seed="new"))
    answer = client.get("/")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Cache-Control") == "no-cache"
    assert client.get("/other").status == 404
    # Behind a proxy only the client knows the scheme and the port.
    answer = client.get("/v2")
    assert (answer.status, answer.header("Location")) == (301, "/v2/")
    # As there: no deletes, and no content that is kept elsewhere.
    answer = client.delete("/v2/old/app/manifests/1")
    assert (answer.status, answer.codes()) == (405, ["UNSUPPORTED"])
    # And back.
    again = house.docker_registry(house.dir + "/old", port=8901,
                                  name="again").client()
    for tag in "12":
        assert again.manifest("old/app", tag).status == 200


def test_switches(house, old):
    client = serve(house, adopt(house, PLAIN + """
  headers:
    X-Content-Type-Options: [nosniff]
    X-Two: ["a b", 'c "d" \\e; {']
validation:
  disabled: true
""" + "log: {accesslog: {disabled: true}}\n",
        REGISTRY_STORAGE_DELETE_ENABLED="true")).client(8500)
    answer = client.get("/v2/none/manifests/1")
    assert answer.status == 404
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_all("X-Two") == ["a b", 'c "d" \\e; {']
    layer = {"mediaType": "application/vnd.docker.image.rootfs.foreign."
             "diff.tar.gzip", "size": 5, "digest": sha256(b"windows"),
             "urls": ["https://example.com/x"]}
    manifest = images.Manifest({
        "schemaVersion": 2, "mediaType": images.DOCKER_MANIFEST,
        "config": images.descriptor(images.DOCKER_CONFIG, old.config),
        "layers": [layer]})
    client.push_manifest("old/app", "urls", manifest)
    assert client.delete("/v2/old/app/manifests/urls").status == 202


def test_readonly(house, old):
    for text, environment in [
            (PLAIN, {"REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED":
                     "true"}),
            (PLAIN + "proxy: {remoteurl: 'https://registry-1.docker.io', "
             "password: s3cr3t}\n", {})]:
        printed = adopt(house, text, **environment)
        assert "registry_readonly on;" in printed
        assert "s3cr3t" not in printed
    assert "proxy" in left_out(printed)
    client = serve(house, printed).client(8500)
    assert client.post("/v2/app/blobs/uploads/").status == 405
    assert client.manifest("old/app", "1").status == 200


# --- who is let in -----------------------------------------------------------

def htpasswd(path):
    subprocess.run(["htpasswd", "-cbB", "-C", "4", path, "alice", "secret"],
                   check=True, capture_output=True)


BASIC = [("Authorization", "Basic YWxpY2U6c2VjcmV0")]


def test_htpasswd(house, old):
    printed = adopt(house, PLAIN + """
auth:
  htpasswd:
    realm: "My realm"
    path: %%DIR%%/htpasswd
""")
    assert "htpasswd" in left_out(printed)["auth.htpasswd.path"]
    htpasswd(house.dir + "/htpasswd")
    client = serve(house, printed).client(8500)
    for path in ("/v2/", "/v2/old/app/manifests/1", "/v2/_catalog"):
        answer = client.get(path)
        assert answer.status == 401
        assert answer.header("WWW-Authenticate") == 'Basic realm="My realm"'
        assert answer.codes() == ["UNAUTHORIZED"]
        assert client.get(path, BASIC).status == 200
    assert client.post("/v2/app/blobs/uploads/").status == 401
    assert client.post("/v2/app/blobs/uploads/", BASIC).status == 202


@pytest.mark.parametrize("auth", [
    "token: {realm: 'https://auth/token', service: x, issuer: y}",
    "token: {realm: 'https://a/$b', service: x, issuer: y, "
    "rootcertbundle: /x.pem}",
    "token: {realm: 'https://a/', service: x, rootcertbundle: /x.pem}",
    "token: {realm: 'https://a/', issuer: y, rootcertbundle: /x.pem}",
    "token: {issuer: y, service: x, rootcertbundle: /x.pem}",
    "token: {autoredirect: true, autoredirectpath: x, service: x, issuer: y, "
    "rootcertbundle: /x.pem}",
    "silly: {realm: x, service: y}", "silly:", "unknown: {a: b}",
    "htpasswd: {realm: x}", "htpasswd:", "htpasswd: {realm: x, path: 'a$b'}",
    "htpasswd: {realm: x, path: ''}",
    "{htpasswd: {realm: x, path: /x}, token: {realm: y}}", "[htpasswd]",
    "htpasswd", "token"])
def test_an_adopted_configuration_never_opens_access(house, old, auth):
    """Where access cannot be carried over, there is none."""
    text = PLAIN + ("auth: %s\n" % auth if auth[0] in "{[" or ":" not in auth
                    else "auth:\n  %s\n" % auth)
    printed = adopt(house, text)
    assert any(name.startswith("auth") for name in left_out(printed))
    client = serve(house, printed).client(8500)
    for path in ("/v2/", "/v2/old/app/manifests/1", "/v2/_catalog"):
        answer = client.get(path, BASIC)
        assert answer.status in (401, 403), answer
    assert client.post("/v2/app/blobs/uploads/", BASIC).status == 403


def test_token(house, old):
    """The token server stays what it is."""
    signer = Signer()
    Path(house.dir, "token.pem").write_bytes(pem(signer.certificate()))
    printed = adopt(house, PLAIN + """
auth:
  token:
    realm: https://auth.example.com/token
    service: "Docker registry"
    issuer: "Auth service"
    rootcertbundle: %%DIR%%/token.pem
    signingalgorithms: [RS256]
""")
    assert set(left_out(printed)) == {"auth.token.signingalgorithms"}
    client = serve(house, printed).client(8500)
    asked = client.get("/v2/")
    assert asked.status == 401
    assert asked.challenge() == {
        "scheme": "Bearer", "realm": "https://auth.example.com/token",
        "service": "Docker registry"}

    def held(**claims):
        return client.with_token(signer.token("Docker registry", [
            access("old/app", "pull")], **{"iss": "Auth service", **claims}))
    assert held().manifest("old/app", "1").status == 200
    assert held().post("/v2/old/app/blobs/uploads/").status == 401
    assert held(iss="Another").manifest("old/app", "1").status == 401


@pytest.mark.parametrize("host,more,realm", [
    ("https://r.example/", "", "https://r.example/auth/token"),
    ("http://r.example:5000", "autoredirectpath: /x",
     "http://r.example:5000/x"),
    ("", "", "https://registry.example/auth/token")])
def test_token_by_redirect(house, old, host, more, realm):
    """The name that a client sends does not decide where its password goes."""
    Path(house.dir, "keys.json").write_text('{"keys": []}')
    printed = adopt(house, PLAIN + "  host: '" + host + """'
auth:
  token:
    autoredirect: true
    service: s
    issuer: i
    jwks: %%DIR%%/keys.json
    """ + more + "\n")
    assert set(left_out(printed)) == (
        set() if host else {"auth.token.autoredirect"})
    assert "registry_realm %s;" % realm in printed
    assert "REGISTRY_TOKEN_KEYS %s/keys.json;" % house.dir in printed
    client = serve(house, printed).client(8500)
    assert client.get("/v2/", [("Host", "evil.example")]).challenge()[
        "realm"] == realm


def test_no_auth_is_none(house, old):
    for auth in ("auth: {}\n", "auth:\n"):
        assert "deny all" not in adopt(house, PLAIN + auth)


def test_a_page_of_another_site(house, old):
    """What lets a browser's page use the registry is carried over, and the
    question that a browser asks first has no token, as ever."""
    printed = adopt(house, PLAIN + """
  headers:
    Access-Control-Allow-Origin: ['https://ui.example']
    Access-Control-Allow-Methods: [HEAD, GET, OPTIONS, DELETE]
    Access-Control-Allow-Headers: [Authorization, Accept]
auth: {htpasswd: {realm: x, path: %%DIR%%/htpasswd}}
""")
    htpasswd(house.dir + "/htpasswd")
    client = serve(house, printed).client(8500)
    answer = client.request("OPTIONS", "/v2/old/app/manifests/1", [
        ("Origin", "https://ui.example"),
        ("Access-Control-Request-Method", "DELETE"),
        ("Access-Control-Request-Headers", "authorization")])
    assert answer.status == 204
    answers = [answer, client.get("/v2/old/app/tags/list"),
               client.get("/v2/old/app/tags/list", BASIC)]
    assert [answer.status for answer in answers] == [204, 401, 200]
    for answer in answers:
        assert answer.header("Access-Control-Allow-Origin") == (
            "https://ui.example")
        assert "DELETE" in answer.headers.get_all(
            "Access-Control-Allow-Methods")


# --- TLS -----------------------------------------------------------------------

def test_tls(house, old):
    house.certificate()
    nginx = serve(house, adopt(house, PLAIN + """
  tls:
    certificate: %%DIR%%/tls.pem
    key: %%DIR%%/tls.key
    minimumtls: tls1.3
"""))
    context = trusting(house.dir + "/tls.pem")
    client = Registry(house.port(8500), tls=context)
    assert client.manifest("old/app", "1").status == 200
    with client.connect() as s:
        assert s.version() == "TLSv1.3"
    assert nginx.client(8500).get("/v2/").status == 400


def test_tls_for_clients(house, old):
    house.certificate()
    printed = adopt(house, PLAIN + """
  http2: {disabled: true}
  tls:
    certificate: %%DIR%%/tls.pem
    key: %%DIR%%/tls.key
    clientcas: [%%DIR%%/tls.pem, /other.pem]
""")
    assert " http2" not in printed
    assert "http.tls.clientcas" in left_out(printed)
    serve(house, printed)
    context = trusting(house.dir + "/tls.pem")
    assert Registry(house.port(8500), tls=context).get("/v2/").status == 400
    context.load_cert_chain(house.dir + "/tls.pem", house.dir + "/tls.key")
    assert Registry(house.port(8500), tls=context).get("/v2/").status == 200


def test_tls_is_not_lost(house, old):
    """Without its files nginx refuses to start."""
    printed = adopt(house, PLAIN + """
  tls:
    letsencrypt: {cachefile: /x, email: a@b.example, hosts: [a.example]}
""")
    assert " ssl" in printed
    assert "http.tls.certificate" in left_out(printed)
    status, text = Nginx(house, configuration(house, printed)).test()
    assert status != 0
    assert 'no "ssl_certificate" is defined' in text


# --- where it listens ------------------------------------------------------------

@pytest.mark.parametrize("addr,lines", [
    (":5000", ["listen 5000;", "listen [::]:5000;"]),
    ("[::]:5000", ["listen 5000;", "listen [::]:5000;"]),
    ("[0:0::0]:5000", ["listen 5000;", "listen [::]:5000;"]),
    (":http", ["listen 80;", "listen [::]:80;"]),
    ("0.0.0.0:443", ["listen 0.0.0.0:443;"]),
    ("127.0.0.1:http", ["listen 127.0.0.1:80;"]),
    ("127.0.0.1:HTTPS", ["listen 127.0.0.1:443;"]),
    ("127.0.0.1:05000", ["listen 127.0.0.1:5000;"]),
    ("127.0.0.1:+5000", ["listen 127.0.0.1:5000;"]),
    ("[127.0.0.1]:5000", ["listen 127.0.0.1:5000;"]),
    ("[::ffff:127.0.0.1]:5000", ["listen 127.0.0.1:5000;"]),
    ("[::1]:5000", ["listen [::1]:5000;"]),
    ("[0::1]:5000", ["listen [::1]:5000;"]),
    ("localhost:5000", ["listen localhost:5000;"]),
    ("registry.example:80", ["listen registry.example:80;"])])
def test_addresses(house, addr, lines):
    printed = adopt(house, PLAIN, REGISTRY_HTTP_ADDR="'%s'" % addr)
    assert re.findall("^    (listen .*)$", printed, re.MULTILINE) == lines
    assert left_out(printed) == {}


@pytest.mark.parametrize("addr,lines", [
    (":0", ["listen 5000;", "listen [::]:5000;"]),
    ("", ["listen 5000;", "listen [::]:5000;"]),
    ("127.0.0.1:0", ["listen 127.0.0.1:5000;"]),
    ("[::1]:", ["listen [::1]:5000;"])])
def test_a_port_that_the_system_chooses(house, addr, lines):
    """There, any; the host stays what it is."""
    printed = adopt(house, PLAIN, REGISTRY_HTTP_ADDR="'%s'" % addr)
    assert re.findall("^    (listen .*)$", printed, re.MULTILINE) == lines
    assert "http.addr" in left_out(printed)


# docker-registry starts with none of them, but with the last.
REFUSED = ["5000", "localhost", "127.0.0.1", "::1:5000", ":65536",
           "127.0.0.1:-1", ":5000;", "a b:5000", "x;}:5000", "*:5000",
           "0:5000", "127.1:5000", "0x0:5000", "127.0.0.01:5000", "[::1]",
           "[::1]5000", "a[b]:5000", "127.0.0.1:5000 ", "127.0.0.1:none",
           "[::1%lo]:5000"]


def refused(house, text, **environment):
    """Nothing is printed that would listen elsewhere; why."""
    path = Path(house.dir, "config.yml")
    path.write_text(text.replace("%%DIR%%", house.dir))
    done = run(path, **environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.idea(63)
@pytest.mark.parametrize("addr", REFUSED)
def test_an_address_that_cannot_be_kept(house, addr):
    said = refused(house, PLAIN, REGISTRY_HTTP_ADDR=json.dumps(addr))
    assert "http.addr: " in said and addr in said
    debug = {"REGISTRY_HTTP_DEBUG_ADDR": json.dumps(addr)}
    assert "http.debug.addr: " in refused(
        house, PLAIN, REGISTRY_HTTP_DEBUG_PROMETHEUS_ENABLED="true", **debug)
    assert "registry_metrics" in left_out(adopt(house, PLAIN, **debug))[
        "http.debug.addr"]


@pytest.mark.parametrize("addr", REFUSED[:-1])
def test_addresses_that_the_peer_refuses(house, addr):
    """So nothing that worked is refused."""
    conf = Path(house.dir, "peer.yml")
    conf.write_text("version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}"
                    "\nhttp: {addr: %s}\n" % (house.dir, json.dumps(addr)))
    done = subprocess.run(["/usr/bin/docker-registry", "serve", conf],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode != 0


@pytest.mark.parametrize("net,addr", [
    ("unix", "$HOME/s"), ("unix", ""), ("unix", ":5000"), ("tcp4", ":5000"),
    ("TCP", ":5000")])
def test_a_net_that_cannot_be_kept(house, net, addr):
    assert "http." in refused(house, PLAIN, REGISTRY_HTTP_NET=net,
                              REGISTRY_HTTP_ADDR=json.dumps(addr))


def test_everywhere(house, old):
    """Without a host: by IPv4 and IPv6."""
    number = house.port(8500)
    serve(house, adopt(house, PLAIN, REGISTRY_HTTP_ADDR=":%d" % number))
    for host in ("127.0.0.1", "::1"):
        assert Registry(number, host).get("/v2/").status == 200


def test_a_unix_socket(house, old):
    printed = adopt(house, PLAIN, REGISTRY_HTTP_NET="unix",
                    REGISTRY_HTTP_ADDR=house.dir + "/a socket")
    serve(house, printed)
    done = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
         "--unix-socket", house.dir + "/a socket", "http://x/v2/"],
        text=True, capture_output=True, timeout=60)
    assert done.stdout == "200"


def test_metrics(house, old):
    printed = adopt(house, PLAIN + """
  debug:
    addr: 127.0.0.1:8501
    prometheus: {enabled: true, path: /m}
""")
    assert "/debug" in left_out(printed)["http.debug.addr"]
    nginx = serve(house, printed)
    assert b"slipway_requests_total" in nginx.client(8501).get("/m").body
    assert nginx.client(8501).get("/v2/").status == 404


# --- events ------------------------------------------------------------------------

def test_events(house, old):
    receiver = Receiver(house).start()
    receiver.answer = lambda count: 200
    printed = adopt(house, PLAIN + """
  host: https://registry.example
notifications:
  events: {includereferences: true}
  endpoints:
    - name: my receiver
      url: %s?a='b'&c
      headers: {Authorization: [Bearer s3cr3t], X-Two: [x]}
      timeout: 1500ms
      threshold: 5
      backoff: 1s
      ignoredmediatypes: [application/octet-stream]
      ignore: {mediatypes: [text/x], actions: [pull, delete]}
    - {name: off, url: http://off.example, disabled: true}
""" % receiver.url)
    assert "s3cr3t" not in printed
    assert {"notifications.events.includereferences",
            "notifications.endpoints.0.threshold",
            "notifications.endpoints.0.backoff",
            "notifications.endpoints.1.url"} == set(left_out(printed))
    command, = re.findall("^#   (slipway-registry deliver .*)$", printed,
                          re.MULTILINE)
    file, names = re.findall(r"^#       with these headers in (\S+): (.*)$",
                             printed, re.MULTILINE)[0]
    assert names == "Authorization, X-Two"
    Path(house.dir, "headers").write_text("Authorization: Bearer s3cr3t\n")
    client = serve(house, printed).client(8500)
    client.push_image("app", "1", images.Image(seed="pushed"))
    # The command, as a shell understands it.
    with subprocess.Popen(
            ["/bin/sh", "-c", "exec " + command.replace(
                file, house.dir + "/headers")],
            env=paths.environment(PATH=str(paths.BUILD)),
            stderr=subprocess.DEVNULL) as deliverer:
        receiver.wait(1)
        deliverer.terminate()
    event, = receiver.events
    assert event["target"]["tag"] == "1"
    assert event["target"]["url"].startswith("https://registry.example/v2/")
    assert receiver.requests[0][0]["Authorization"] == "Bearer s3cr3t"
    assert "--timeout 2s" in command and "--consumer my-receiver " in command
    assert "?a='b'&c" in receiver.paths[0]
    receiver.stop()


@pytest.mark.parametrize("url,bare,headers,names", [
    ("https://me:s3cr3t@hook.example:8/a@b?c=@", "https://hook.example:8/a@b?c=@",
     "{}", "Authorization (Basic, of the URL's user)"),
    ("http://s3cr3t@hook.example", "http://hook.example", "{X-Two: [x]}",
     "X-Two, Authorization (Basic, of the URL's user)"),
    ("http://me:s3cr3t@hook.example", "http://hook.example",
     "{authorization: [x]}", "authorization"),
    ("http://hook.example/@s", "http://hook.example/@s", "{}", None)])
def test_the_user_of_a_url(house, url, bare, headers, names):
    printed = adopt(house, PLAIN + """
notifications: {endpoints: [{name: a, url: '%s', headers: %s}]}
""" % (url, headers))
    assert "s3cr3t" not in printed
    assert re.search("--url '?%s'?( |$)" % re.escape(bare), printed,
                     re.MULTILINE), printed
    found = re.findall(r"with these headers in \S+: (.*)$", printed,
                       re.MULTILINE)
    assert found == ([names] if names else [])


def test_purging(house, old):
    """The command runs; without the setting it is the default there."""
    printed = adopt(house, PLAIN)
    command, = re.findall("^#   (slipway-registry purge .*)$", printed,
                          re.MULTILINE)
    assert command.endswith(" --age 168h")
    assert "registry_upload_expiry" not in printed
    done = subprocess.run(["/bin/sh", "-c", command],
                          env=paths.environment(PATH=str(paths.BUILD)),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    printed = adopt(house, PLAIN, **{
        "REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING_" + key: value
        for key, value in [("ENABLED", "true"), ("AGE", "36h30m"),
                           ("INTERVAL", "24h"), ("DRYRUN", "true")]})
    assert "--age 131400s --dry-run" in printed
    assert "registry_upload_expiry 131400s;" in printed
    printed = adopt(
        house, PLAIN,
        REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING_ENABLED="false")
    assert "purge" not in printed
    assert "registry_upload_expiry 0;" in printed


# --- the environment -----------------------------------------------------------------

def test_environment(house, old):
    """It wins over the file, by any path, with elements of lists by number."""
    printed = adopt(
        house, PLAIN.replace("%%DIR%%/old", "/elsewhere"),
        REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=house.dir + "/old",
        REGISTRY_STORAGE_DELETE_ENABLED="true",
        REGISTRY_HTTP_HEADERS_XFRAME="[deny, sameorigin]",
        REGISTRY_NOTIFICATIONS_ENDPOINTS_0_NAME="one",
        REGISTRY_NOTIFICATIONS_ENDPOINTS_0_URL="http://one.example",
        REGISTRY_NOTIFICATIONS_ENDPOINTS_0_IGNORE_ACTIONS="[mount, pull]",
        REGISTRY_NOTIFICATIONS_ENDPOINTS_1_URL="http://two.example",
        REGISTRY_NOTIFICATIONS_ENDPOINTS_7_URL="http://beyond.example",
        REGISTRY_CONFIGURATION_PATH="/none", REGISTRY_FOO="bar",
        REGISTRYFOO="x", REGISTRY_="y")
    assert "registry_root %s/old;" % house.dir in printed
    assert "registry_delete off" not in printed
    assert "add_header xframe deny always;" in printed
    assert "--consumer one --url http://one.example" in printed
    assert "--consumer endpoint1 --url http://two.example" in printed
    assert "beyond" not in printed
    left = left_out(printed)
    assert "pulls make no events" in left.pop("notifications.endpoints.1")
    assert left == {"foo": "unknown setting"}
    serve(house, printed)


def test_a_driver_of_the_environment(house, old):
    """It takes the place of the file's, in both directions."""
    s3 = PLAIN.replace("filesystem:\n    rootdirectory: %%DIR%%/old",
                       "s3:\n    bucket: b\n    secretkey: s3cr3t")
    printed = adopt(
        house, s3,
        REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=house.dir + "/old")
    assert left_out(printed) == {}
    assert "registry_root %s/old;" % house.dir in printed
    for environment in ({"REGISTRY_STORAGE": "s3",
                         "REGISTRY_STORAGE_S3_BUCKET": "b"},
                        {"REGISTRY_STORAGE_S3_BUCKET": "b"}):
        done = run(house.dir + "/config.yml", **environment)
        assert done.returncode != 0
    Path(house.dir, "config.yml").write_text(
        PLAIN.replace("%%DIR%%", house.dir))
    done = run(house.dir + "/config.yml", REGISTRY_STORAGE_S3_BUCKET="b",
               REGISTRY_STORAGE_S3_SECRETKEY="s3cr3t")
    assert done.returncode != 0
    assert "s3cr3t" not in done.stdout + done.stderr
    assert {"storage.s3.bucket", "storage.s3.secretkey"} == {
        name for name in left_out(done.stdout) if name.startswith("storage")}


def test_auth_of_the_environment(house, old):
    htpasswd(house.dir + "/htpasswd")
    printed = adopt(house, PLAIN + "auth: {silly: {realm: x}}\n",
                    REGISTRY_AUTH="htpasswd",
                    REGISTRY_AUTH_HTPASSWD_REALM="R",
                    REGISTRY_AUTH_HTPASSWD_PATH=house.dir + "/htpasswd")
    assert left_out(printed) == {}
    client = serve(house, printed).client(8500)
    assert client.get("/v2/").header("WWW-Authenticate") == 'Basic realm="R"'
    assert client.get("/v2/", BASIC).status == 200


def test_the_logins_of_podman_are_no_setting(house, old):
    """REGISTRY_AUTH_FILE, with which no registry:2 starts."""
    printed = adopt(house, PLAIN, REGISTRY_AUTH_FILE="/root/auth.json")
    assert left_out(printed) == {}
    assert "deny all" not in printed


# --- the file ------------------------------------------------------------------------

def test_debians_own(house):
    """As it is, with another port and directories of ours by the environment."""
    done = run(DEBIAN)
    assert done.returncode == 0
    assert "registry_root /var/lib/docker-registry;" in done.stdout
    assert "registry_delete off" not in done.stdout
    path = re.search(r"^ +path: (/etc/.*)$", DEBIAN.read_text(),
                     re.MULTILINE)[1]
    if os.path.isdir(path):    # Debian 12: no one is let in, as there
        assert "auth.htpasswd.path" in left_out(done.stdout)
    else:
        assert "auth_basic_user_file %s;" % path in done.stdout
    htpasswd(house.dir + "/htpasswd")
    done = run(
        DEBIAN, REGISTRY_HTTP_ADDR="127.0.0.1:%d" % house.port(8500),
        REGISTRY_AUTH_HTPASSWD_PATH=house.dir + "/htpasswd",
        REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=house.dir + "/old")
    client = serve(house, done.stdout).client(8500)
    assert client.get("/v2/").status == 401
    answer = client.get("/v2/", BASIC)
    assert answer.status == 200
    assert answer.header("X-Content-Type-Options") == "nosniff"


def test_debians_own_passes_nginx(house):
    """Also unchanged, where its port is free."""
    nginx = serve(house, run(DEBIAN).stdout.replace(
        "5000;", "%d;" % house.port(8500)))
    assert nginx.client(8500).get("/v2/").status == 401


@pytest.mark.parametrize("text", [
    "", "x", "[]", "a: b: c", "a: *b", "a: &a [*a]", "? [a]\n: b", "a: 1\na: 2",
    "\tx: y", "a: \"\\0\"", "\xff\xfe", "storage: inmemory", "version: 0.1",
    "storage: {filesystem: {rootdirectory: /x}, s3: {bucket: b}}",
    "storage: {filesystem: {rootdirectory: relative}}",
    "storage: {filesystem: {rootdirectory: '/a$b'}}",
    "storage: {filesystem: {rootdirectory: \"/a\\nb\"}}",
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
    "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
    "e: [*d,*d,*d,*d,*d,*d,*d]", "a: " + "[" * 100 + "]" * 100],
    ids=lambda text: repr(text[:30]))
def test_no_configuration(house, text):
    path = Path(house.dir, "config.yml")
    path.write_bytes(text.encode("latin-1"))
    done = run(path)
    assert done.returncode == 1, done
    assert done.stderr.count("\n") == 1, done.stderr
    assert "server {" not in done.stdout


def test_no_file(house):
    for words in ((house.dir + "/none",), (house.dir,), ("a", "b")):
        done = run(*words)
        assert done.returncode == 1
        said, *usage = done.stderr.splitlines()
        assert "error: " in said, done.stderr
        assert len(usage) == 2 * (len(words) - 1), done.stderr


HOSTILE = "x\n}\nevil on;\n# \x7f\x1b"


def test_what_a_value_cannot_do(house, old):
    """Wherever it stands, it neither ends a comment nor a word."""
    text = PLAIN + "  headers: %s\n" % json.dumps({
        HOSTILE: ["x"], "X-Good": [HOSTILE, "ok"], "X Bad": ["x"],
        "X-Dollar": ["$host s3cr3t"]})
    text += json.dumps(HOSTILE) + ": " + json.dumps(HOSTILE) + "\n"
    text += "notifications: " + json.dumps({"endpoints": [
        {"name": HOSTILE, "url": HOSTILE, "headers": {HOSTILE: ["x"]},
         "timeout": HOSTILE, "ignoredmediatypes": [HOSTILE]}]}) + "\n"
    text += "auth: " + json.dumps({"htpasswd": {
        "realm": HOSTILE, "path": house.dir + "/a \"file\"; {"}}) + "\n"
    printed = adopt(house, text)
    assert "s3cr3t" not in printed
    assert not re.search(r"^\s*evil", printed, re.MULTILINE)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", printed)
    client = serve(house, printed).client(8500)
    answer = client.get("/v2/")
    assert answer.status == 401
    assert answer.headers.get_all("X-Good") == ["ok"]


@pytest.mark.parametrize("text,left", [
    ("notifications: {endpoints: [{url: 'http://x', includereferences: true, "
     "ignore: {x: y}}]}", {"notifications.endpoints.0.includereferences",
                           "notifications.endpoints.0.ignore.x",
                           "notifications.endpoints.0"}),
    ("auth: {htpasswd: {realm: x, path: /none, bcrypt: 5}}",
     {"auth.htpasswd.path", "auth.htpasswd.bcrypt"}),
    ("validation: {enabled: false, manifests: {indexes: {platforms: list, "
     "platformlist: [{os: linux}]}, urls: {deny: [x]}}}",
     {"validation.enabled", "validation.manifests.indexes.platforms",
      "validation.manifests.indexes.platformlist.0.os",
      "validation.manifests.urls.deny"}),
    ("whatever: 1", {"whatever"}),
])
def test_nothing_is_lost_in_silence(house, text, left):
    """What no version knows, and what only a newer one does."""
    assert set(left_out(adopt(house, PLAIN + text))) == left
    assert set(left_out(adopt(house, """
storage: {filesystem: {rootdirectory: /x, y: z}, delete: {x: y},
          maintenance: {uploadpurging: {x: y}, x: y}}
http: {debug: {x: y}}
"""))) == {"storage.filesystem.y", "storage.delete.x", "http.debug.x",
           "storage.maintenance.uploadpurging.x", "storage.maintenance.x"}


@pytest.mark.parametrize("platforms,status", [
    ("none", 201), ("all", 400), ("list", 400)])
def test_parts_of_an_image_index(house, old, platforms, status):
    printed = adopt(house, PLAIN + "validation: {manifests: {indexes: "
                    "{platforms: %s}}}" % platforms)
    index = images.image_index([images.Image(seed="elsewhere")])
    assert serve(house, printed).client(8500).put(
        "/v2/old/app/manifests/multi",
        [("Content-Type", index.media_type)], index.data).status == status


def test_validation_enabled_means_nothing(house, old):
    """As its line says: registry:2 refuses such a manifest all the same."""
    stock = house.docker_registry(house.dir + "/old", conf="""
version: 0.1
storage: {filesystem: {rootdirectory: %s/old}}
http: {addr: "127.0.0.1:%d"}
validation: {enabled: false}
""" % (house.dir, house.port(8900)), name="lenient").client()
    layer = {"mediaType": "application/vnd.docker.image.rootfs.foreign."
             "diff.tar.gzip", "size": 5, "digest": sha256(b"windows"),
             "urls": ["https://example.com/x"]}
    manifest = images.Manifest({
        "schemaVersion": 2, "mediaType": images.DOCKER_MANIFEST,
        "config": images.descriptor(images.DOCKER_CONFIG, old.config),
        "layers": [layer]})
    assert stock.put("/v2/old/app/manifests/urls", [
        ("Content-Type", manifest.media_type)], manifest.data).status >= 400


@pytest.mark.parametrize("text,wanted", [
    ("http:\n  <<: *b\n  headers: {X-Two: [own]}", ("a", "own", None)),
    ("http:\n  headers: {X-Two: [own]}\n  <<: *b", ("a", "base", None)),
    ("http:\n  <<: [*b, *c]", ("a", "base", "c")),
    ("http: *b\nhttp: {headers: {X-Two: [again]}}", ("a", "again", None)),
    ("http: *b", ("a", "base", None)),
])
def test_anchors_and_merges(house, old, text, wanted):
    """As the registry itself reads them."""
    config = """
version: 0.1
x: &b
  headers: {X-One: [a], X-Two: [base]}
  addr: 127.0.0.1:8500
y: &c {headers: {X-One: [c], X-Three: [c]}}
storage: {filesystem: {rootdirectory: %%DIR%%/old}}
""" + text
    printed = adopt(house, config)
    peer = house.docker_registry(
        house.dir, port=8500, name="merging",
        conf=Path(house.dir, "config.yml").read_text())
    answers = [peer.client().get("/v2/")]
    peer.stop()
    answers.append(serve(house, printed).client(8500).get("/v2/"))
    for answer in answers:
        assert answer.status == 200
        assert tuple(answer.header(name) for name in (
            "X-One", "X-Two", "X-Three")) == wanted


def test_a_merge_into_the_storage(house, old):
    """There a later mapping takes the place of the one before: deletes are
    off again."""
    printed = adopt(house, """
x: &b {filesystem: {rootdirectory: /x}, delete: {enabled: true}}
storage: {<<: *b, delete: {}}
""")
    assert "registry_delete off;" in printed and "registry_root /x;" in printed
    assert "registry_delete" not in adopt(house, """
x: &b {filesystem: {rootdirectory: /x}, delete: {enabled: true}}
storage: {<<: *b}
""")


def test_every_setting_is_known(house):
    """Each leaf of the reference is carried over or named, none unknown."""
    text = """
version: 0.1
log: {level: debug, formatter: text, fields: {a: b}, hooks: [{type: mail}]}
loglevel: debug
storage:
  filesystem: {rootdirectory: /x, maxthreads: 100}
  delete: {enabled: true}
  redirect: {disable: true}
  cache: {blobdescriptor: redis, blobdescriptorsize: 100}
  maintenance:
    uploadpurging: {enabled: true, age: 168h, interval: 24h, dryrun: false}
    readonly: {enabled: false}
  tag: {concurrencylimit: 5}
middleware: {registry: [{name: x}], storage: [{name: cloudfront}]}
reporting: {bugsnag: {apikey: x}}
http:
  addr: :5000
  net: tcp
  prefix: /my/
  host: https://x
  secret: s
  relativeurls: false
  draintimeout: 60s
  tls: {certificate: /c, key: /k, clientcas: [/a], clientauth: x,
        minimumtls: tls1.0, ciphersuites: [A], letsencrypt: {hosts: [x]}}
  debug: {addr: ":5001", prometheus: {enabled: false}}
  headers: {X-A: [b]}
  http2: {disabled: false}
  h2c: {enabled: false}
redis: {addr: x, pool: {maxidle: 1}}
health: {storagedriver: {enabled: true}, file: [{file: /x}]}
proxy: {remoteurl: https://x, username: y, password: z, ttl: 1h}
validation: {manifests: {urls: {allow: [a], deny: [b]}}}
policy: {repository: {classes: [x]}}
catalog: {maxentries: 10}
tags: {maxtags: 10}
compatibility: {schema1: {enabled: true}}
"""
    printed = adopt(house, text)
    assert "unknown setting" not in printed
    left = left_out(printed)
    for name in ("http.prefix", "http.host", "http.secret",
                 "http.relativeurls", "http.draintimeout",
                 "http.tls.clientauth", "http.tls.ciphersuites",
                 "storage.cache.blobdescriptor", "redis.pool.maxidle",
                 "health.file.0.file", "middleware.storage.0.name",
                 "catalog.maxentries", "compatibility.schema1.enabled",
                 "http.debug.addr", "proxy",
                 "validation.manifests.urls.allow",
                 "validation.manifests.urls.deny"):
        assert name in left, name
