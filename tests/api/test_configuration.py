"""nginx -t: contradictions are refused, dangers are warned of."""

import signal

import pytest

from testenv.client import digest
from testenv.process import wait_until
from testenv.servers import Nginx

CONF = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        {http}
        server {
            listen 127.0.0.1:8500;
            {server}
            location /v2/ {
                {location}
            }
            {more}
        }
    }"""

ROOT = "registry_root %%DIR%%/store;"
PASS = "fastcgi_pass unix:%%DIR%%/registry.sock; " \
       "include %%CONF%%/registry_params;"
ON = "registry on; " + ROOT + PASS
REALM = "registry_realm http://$host/token;"
SERVICE = "registry_service registry.test;"
VERDICT = "registry_verdict /_verdict;"
PASSWORD = "auth_basic it; auth_basic_user_file /none;"
SCRIPTS = r"location ~ \.js$ { return 200; }"


def conf(http="", server="", location=ON, more=""):
    text = CONF
    for name, value in (("http", http), ("server", server),
                        ("location", location), ("more", more)):
        text = text.replace("{%s}" % name, value)
    return text


def check(house, **parts):
    """(whether nginx takes it, what it says)"""
    code, said = Nginx(house, conf(**parts)).test()
    return code == 0, said


GOOD = {
    "standalone": {},
    "tokens": dict(server=REALM + SERVICE + VERDICT),
    "tokens in http": dict(http=REALM + SERVICE + VERDICT),
    "tokens in the location": dict(location=ON + REALM + SERVICE + VERDICT),
    "on in http": dict(http="registry on;" + ROOT, location=PASS),
    "on in the server": dict(server="registry on;" + ROOT, location=PASS),
    "off": dict(location="registry off;"),
    "off below on": dict(server="registry on;" + ROOT, location=PASS,
                         more="location /x { registry off; return 200; }"),
    "root off": dict(location="registry_root /x;"),
    "a relative root": dict(location="registry on; registry_root store/;"
                            + PASS),
    "a root by host": dict(
        location="registry on; registry_root %%DIR%%/${host}_x/store/;"
        + PASS),
    "a root of a map": dict(
        http="map $host $tenant { default ''; a.example /srv/a; }",
        location="registry on; registry_root $tenant below=store/;" + PASS),
    "all": dict(http="registry_zone other:1m;", location=ON + REALM + SERVICE
                + VERDICT + "registry_verdict_valid 0;"
                "registry_manifest_size 1k;"),
    "a pattern": dict(location=ON + r'registry_immutable_tags "^(?<ns>a|b)/.*'
                      r':v[0-9]+\z";'),
    "a pattern in a variable": dict(
        location=ON + "registry_immutable_tags :$host;"),
    "no pattern": dict(http="registry_immutable_tags v;",
                       location=ON + "registry_immutable_tags off;"),
    "events": dict(server="registry_events on; registry_url https://$host;",
                   location=ON + "registry_events_size 1m;"),
    "pulls": dict(http="registry_pulls_interval 100ms; registry_events on;",
                  location=ON + "registry_pulls on;"),
    "no pulls without events": dict(location=ON + "registry_pulls off;"),
    "no limit": dict(location=ON + "client_max_body_size 0;"),
    "the default limit": dict(location=ON + "client_max_body_size 1m;"),
    "metrics": dict(more="location = /metrics { registry_metrics; }"),
    "metrics alone": dict(location="registry_metrics;"),
    "variables": dict(location=ON + VERDICT
                      + "registry_realm $scheme://$host/token;"
                      "registry_service $host;"),
    "an if": dict(location=ON + "if ($args) { set $x 1; }"),
    "a limit_except": dict(location=ON + "limit_except GET { deny all; }"),
    "satisfy any without tokens": dict(
        location=ON + "satisfy any; allow 127.0.0.1; deny all;"),
    "a pass in a variable": dict(
        location="registry on; fastcgi_pass $host:9000;" + ROOT),
    "a nested location": dict(
        location=ON + "location /v2/x { " + PASS + " }"),
    "a password without tokens": dict(location=ON + PASSWORD),
    "a password for what is not the registry's": dict(
        server=REALM + SERVICE + VERDICT + PASSWORD,
        location=ON + "auth_basic off;"),
    "a password without a file": dict(
        server=REALM + SERVICE + VERDICT + "auth_basic it;"),
    "a password for requests without a token": dict(
        http='map $http_authorization $it { default it; "~^Bearer " off; }',
        server=REALM + SERVICE + VERDICT
        + PASSWORD.replace("auth_basic it", "auth_basic $it")),
    "a mirror without bodies": dict(
        location=ON + "mirror /other; mirror_request_body off;"),
    "no mirror here": dict(server="mirror /other;",
                           location=ON + "mirror off;"),
    "files elsewhere": dict(server="try_files $uri =404;",
                            more="location / { try_files $uri =404; }"),
    "a pass in an if": dict(
        location=ON + "if ($args) { proxy_pass http://127.0.0.1:8501; }"),
    "patterns that take nothing": dict(
        more=SCRIPTS.replace("~ ", "~ ^/v1/.*") + SCRIPTS.replace(
            "~ ", "~* ^/static.*")),
    "a pattern of the registry's own": dict(
        more=r"location ~ ^/v2/.*/x$ { %s }" % ON),
    "an error page elsewhere": dict(
        http="error_page 403 /403.html;", server="error_page 404 /404.html;",
        location=ON + "if ($args) { set $x 1; }"),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(house, name):
    assert check(house, **GOOD[name]) == (True, "")


# name: what is wrong, and a word of what nginx says
REFUSED = {
    "no root": (dict(location="registry on;" + PASS), "registry_root"),
    "no pass": (dict(location="registry on;" + ROOT), "fastcgi_pass"),
    "no pass below a server": (dict(server="registry on;" + ROOT,
                                    location=""), "fastcgi_pass"),
    "another pass": (dict(
        location="registry on; proxy_pass http://127.0.0.1:8501;" + ROOT),
        "fastcgi_pass"),
    "a pass and a pass": (dict(
        location=ON + "proxy_pass http://127.0.0.1:8501;"), "proxy_pass"),
    "a pass before a pass": (dict(
        location="proxy_pass http://127.0.0.1:8501;" + ON), "proxy_pass"),
    "memcached in place of a pass": (dict(
        location=ON + "memcached_pass 127.0.0.1:8501;"), "memcached_pass"),
    "files before a registry": (dict(
        location=ON + "try_files $uri /index.html;"), "try_files"),
    "a mirror": (dict(location=ON + "mirror /other;"),
                 "mirror_request_body off;"),
    "a mirror of all": (dict(server="mirror /other;"),
                        "mirror_request_body off;"),
    "a password and a token": (dict(
        server=REALM + SERVICE + VERDICT + PASSWORD),
        'write "auth_basic off;" in location "/v2/"'),
    "a password and a token, of all": (dict(
        http=PASSWORD, location=ON + REALM + SERVICE + VERDICT),
        'write "auth_basic off;" in location "/v2/"'),
    "a password for some methods": (dict(
        server=REALM + SERVICE + VERDICT,
        location=ON + "limit_except GET { %s }" % PASSWORD), "auth_basic"),
    "metrics in place of a pass": (dict(
        location="registry on; registry_metrics;" + ROOT), "fastcgi_pass"),
    "only a realm": (dict(location=ON + REALM), "together"),
    "only a service": (dict(location=ON + SERVICE), "together"),
    "only a verdict": (dict(location=ON + VERDICT), "together"),
    "no realm": (dict(location=ON + SERVICE + VERDICT), "together"),
    "a realm without a host": (dict(
        location=ON + SERVICE + VERDICT + "registry_realm https:///token;"),
        "must be a URL with a host"),
    "a realm that is a path": (dict(
        location=ON + SERVICE + VERDICT + "registry_realm /token;"),
        "must be a URL with a host"),
    "no service": (dict(location=ON + REALM + VERDICT), "together"),
    "no verdict": (dict(location=ON + REALM + SERVICE), "together"),
    "some in http": (dict(http=REALM, server=SERVICE), "together"),
    "a service with a space at its end": (dict(
        location=ON + REALM + VERDICT + 'registry_service "registry ";'),
        "registry_service"),
    "an empty service": (dict(
        location=ON + REALM + VERDICT + 'registry_service "";'),
        "registry_service"),
    "a verdict elsewhere": (dict(
        location=ON + REALM + SERVICE
        + "registry_verdict http://127.0.0.1/verdict;"), "registry_verdict"),
    "a named verdict": (dict(location=ON + REALM + SERVICE
                             + "registry_verdict @verdict;"),
                        "registry_verdict"),
    "an unbuffered body": (dict(
        location=ON + "fastcgi_request_buffering off;"),
        "fastcgi_request_buffering"),
    "an unbuffered body in http": (dict(
        http="fastcgi_request_buffering off;"), "fastcgi_request_buffering"),
    "a body that is not passed": (dict(
        location=ON + "fastcgi_pass_request_body off;"),
        "fastcgi_pass_request_body"),
    "two zones": (dict(http="registry_zone a:8m; registry_zone b:8m;"),
                  "duplicate"),
    "two sizes": (dict(http="registry_zone a:8m; registry_zone a:4m;"),
                  "duplicate"),
    "a zone without a size": (dict(http="registry_zone a;"), "zone"),
    "a zone without a name": (dict(http="registry_zone :8m;"), "zone"),
    "a tiny zone": (dict(http="registry_zone a:4k;"), "zone"),
    "a bad size": (dict(http="registry_zone a:much;"), "zone"),
    "a zone in a server": (dict(server="registry_zone a:8m;"),
                           "registry_zone"),
    "a zone that is another's": (dict(
        http="registry_zone a:8m; limit_req_zone $uri zone=a:8m rate=1r/s;"),
        "a"),
    "not a flag": (dict(location="registry yes;" + ROOT + PASS), "registry"),
    "no value": (dict(location="registry;" + ROOT + PASS), "registry"),
    "two values": (dict(location=ON + "registry_realm a b;"),
                   "registry_realm"),
    "twice": (dict(location=ON + ROOT), "duplicate"),
    "not a time": (dict(location=ON + "registry_verdict_valid soon;"),
                   "registry_verdict_valid"),
    "not a size": (dict(location=ON + "registry_manifest_size big;"),
                   "registry_manifest_size"),
    "no limit": (dict(location=ON + "registry_manifest_size 0;"),
                 "must be more than 0"),
    "no switch": (dict(location=ON + "registry_delete no;"),
                  "registry_delete"),
    "no switch for URLs": (dict(location=ON + "registry_manifest_urls deny;"),
                           "registry_manifest_urls"),
    "no kind of manifests": (dict(location=ON + "registry_sparse image;"),
                             'invalid value "image"'),
    "no age": (dict(location=ON + "registry_upload_expiry soon;"),
               "registry_upload_expiry"),
    "no switch for events": (dict(location=ON + "registry_events yes;"),
                             "registry_events"),
    "no switch for pulls": (dict(location=ON + "registry_events on;"
                                 "registry_pulls 10s;"), "registry_pulls"),
    "pulls without events": (dict(location=ON + "registry_pulls on;"),
                             'without "registry_events on"'),
    "pulls where events are off": (
        dict(http="registry_events on; registry_pulls on;",
             location=ON + "registry_events off;"),
        'without "registry_events on"'),
    "too often": (dict(http="registry_pulls_interval 99ms;"), "100ms or more"),
    "an interval of a location": (
        dict(location=ON + "registry_pulls_interval 1s;"),
        "not allowed here"),
    "too little for events": (dict(http="registry_events_size 1023k;"), "1m"),
    "a broken pattern": (dict(location=ON + 'registry_immutable_tags "(v";'),
                         "missing closing parenthesis"),
    "a pattern that ends like a variable": (
        dict(location=ON + 'registry_immutable_tags ":v$";'), "variable"),
    "a long pattern": (dict(location=ON + "registry_immutable_tags %s;"
                            % ("x" * 1025)), "too long"),
    "an empty pattern": (dict(location=ON + 'registry_immutable_tags "";'),
                         "empty pattern"),
    "two patterns": (dict(location=ON + "registry_immutable_tags a;"
                          "registry_immutable_tags b;"), "duplicate"),
    "an empty root": (dict(location='registry on; registry_root "";' + PASS),
                      '"registry_root" directive is empty'),
    "the root of all": (dict(location="registry on; registry_root //;" + PASS),
                        '"registry_root"'),
    "a root with a way out": (dict(
        location="registry on; registry_root /srv/../x;" + PASS),
        '"registry_root"'),
    "a long root": (dict(location="registry on; registry_root /%s;%s" % (
        "x" * 600, PASS)), "registry_root"),
    "a root that is a variable": (dict(
        location="registry on; registry_root $host;" + PASS),
        'write "registry_root $host below=/directory"'),
    "a root right below the root of all": (dict(
        location="registry on; registry_root /$host;" + PASS),
        "must begin with a directory"),
    "a relative root by host": (dict(
        location="registry on; registry_root store/$host;" + PASS),
        "must begin with a directory"),
    "a root by host with a way out": (dict(
        location="registry on; registry_root /srv/$host/../x;" + PASS),
        "must begin with a directory"),
    "a root by host from somewhere else": (dict(
        location="registry on; registry_root /srv/../etc/$host;" + PASS),
        "must begin with a directory"),
    "a root by host with two slashes": (dict(
        location="registry on; registry_root /srv//$host;" + PASS),
        "must begin with a directory"),
    "a root of an unknown variable": (dict(
        location="registry on; registry_root /srv/$nothing;" + PASS),
        'unknown "nothing" variable'),
    "a root with half a variable": (dict(
        location="registry on; registry_root /srv/${host;" + PASS),
        "variable"),
    "below, and no variable": (dict(
        location="registry on; registry_root /srv below=/srv;" + PASS),
        "does not begin with a variable"),
    "below, and a path": (dict(
        location="registry on; registry_root /srv/$host below=/srv;" + PASS),
        "does not begin with a variable"),
    "below the root of all": (dict(
        location="registry on; registry_root $host below=/;" + PASS),
        '"registry_root" directive is "/"'),
    "below nothing": (dict(
        location="registry on; registry_root $host below=;" + PASS),
        '"registry_root" directive is empty'),
    "below a variable": (dict(
        location="registry on; registry_root $host below=/srv/$host;" + PASS),
        "no variables"),
    "a root with another parameter": (dict(
        location="registry on; registry_root $host above=/srv;" + PASS),
        'invalid parameter "above=/srv"'),
    "metrics with a value": (dict(
        more="location /m { registry_metrics on; }"), "registry_metrics"),
    "metrics in a server": (dict(server="registry_metrics;"),
                            "registry_metrics"),
    "metrics twice": (dict(
        more="location /m { registry_metrics; registry_metrics; }"),
        "registry_metrics"),
    "an unknown variable": (dict(
        location=ON + SERVICE + VERDICT + "registry_realm $nothing;"),
        "nothing"),
    "a nested location without a pass": (dict(
        location=ON + "location /v2/x { }"), "fastcgi_pass"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(house, name):
    parts, word = REFUSED[name]
    is_good, said = check(house, **parts)
    assert not is_good
    assert "[emerg]" in said and word in said


def test_patterns_lose(house):
    """What stands behind ^~ and = is not looked for in them."""
    for name in ("^~ /v2/", "= /v2/"):
        text = conf(more=SCRIPTS).replace("location /v2/", "location " + name)
        assert Nginx(house, text).test() == (0, "")


WARNED = {
    "a limit": (dict(location=ON + "client_max_body_size 100m;"),
                "client_max_body_size"),
    "a limit in http": (dict(http="client_max_body_size 2m;"),
                        "client_max_body_size"),
    "one service for many roots": (dict(
        location="registry on; registry_root /srv/$host;" + PASS + REALM
        + SERVICE + VERDICT), "registry_service"),
    "satisfy any": (dict(
        server=REALM + SERVICE + VERDICT, location=ON + "satisfy any;"),
        "satisfy any"),
    "a cache": (dict(
        http="fastcgi_cache_path %%DIR%%/cache keys_zone=cache:1m;",
        location=ON + "fastcgi_cache cache; fastcgi_cache_key $uri;"),
        "fastcgi_cache"),
    "an error page": (dict(
        http="error_page 403 /403.html;",
        location=ON + "error_page 404 /404.html; if ($args) { set $x 1; }"
        + "location /v2/x { " + PASS + " }"), "error_page"),
    "patterns": (dict(more=SCRIPTS + SCRIPTS.replace("js", "php")),
                 'write "location ^~ /v2/"'),
    "a pattern that may match": (dict(
        more=SCRIPTS.replace("~ ", "~ ^/vx?2?/.*")), "location ^~ /v2/"),
    "a pattern with a choice": (dict(
        more=SCRIPTS.replace("~ ", "~ ^/a|^/v2/")), "location ^~ /v2/"),
    "a pattern around a registry": (dict(
        location="return 404; location /v2/x/ { %s }" % ON, more=SCRIPTS),
        "location ^~ /v2/"),
    "a pattern in a location": (dict(
        location="return 404;", more="location /a/ { location /a/v2/ { %s } %s"
        " }" % (ON, SCRIPTS)), "location ^~ /a/v2/"),
    "an error page in an if": (dict(
        location=ON + "if ($args) { error_page 404 /404.html; }"),
        "error_page"),
}


@pytest.mark.parametrize("name", WARNED)
def test_warned(house, name):
    parts, word = WARNED[name]
    is_good, said = check(house, **parts)
    assert is_good
    assert "[warn]" in said and word in said
    assert len(said.splitlines()) == 1


def test_other_servers_are_left_alone(house):
    """What suits a registry is not forced on the rest of an nginx."""
    is_good, said = check(house, more="""
        location /upload {
            client_max_body_size 5m;
            fastcgi_request_buffering off;
            fastcgi_pass unix:%%DIR%%/other.sock;
        }""")
    assert (is_good, said) == (True, "")


def test_limits_of_other_locations_hold(house):
    house.registry_worker()
    nginx = house.nginx(conf(more="""
        location /other {
            fastcgi_pass unix:%%DIR%%/registry.sock;
        }"""))
    client = nginx.client(8500)
    body = b"x" * (2 << 20)
    answer = client.post("/other", [], body)
    assert answer.status == 413
    assert answer.header("Content-Type") == "text/html"
    assert answer.header("Docker-Distribution-API-Version") is None
    path = "/v2/app/blobs/uploads/"
    location = client.post(path).header("Location")
    assert client.patch(location, [], body).status == 202


def test_a_limit_is_kept(house):
    """The operator who wants one has it, as an error of the protocol."""
    house.registry_worker()
    nginx = house.nginx(conf(location=ON + "client_max_body_size 2m;"))
    client = nginx.client(8500)
    location = client.start_upload("app")
    assert client.patch(location, [], b"x" * (1 << 20)).status == 202
    for is_chunked in (False, True):
        answer = client.patch(location, [] if is_chunked else [
            ("Content-Length", str(3 << 20))], iter([b"x" * (1 << 20)] * 3),
            is_chunked=is_chunked)
        assert answer.status == 413
        assert answer.json()["errors"][0]["code"]


def test_a_rewrite_that_asks_for_a_variable(house):
    """What it is asked of is the path before the rewrite; what is served is
    the one behind it."""
    house.registry_worker()
    nginx = house.nginx(conf(location=ON + """
        if ($registry_repository = old) {
            rewrite ^/v2/old/(.*)$ /v2/new/$1 last;
        }"""))
    client = nginx.client(8500)
    wanted = client.push_blob("new", b"x")
    assert client.blob("old", wanted).body == b"x"
    assert client.push_blob("old", b"y")
    assert client.blob("new", digest(b"y")).body == b"y"
    assert client.get("/v2/old/tags/list").json()["errors"][0]["detail"] == {
        "name": "new"}


def test_a_reload_that_is_refused_changes_nothing(house):
    """What is wrong is said, and the old configuration serves on; a good one
    may change the zone."""
    house.expect(r"\[emerg\]")
    house.registry_worker()
    nginx = house.nginx(conf())
    client = nginx.client(8500)
    client.push_blob("app", b"x")
    nginx.configure(conf(location=ON + REALM))
    nginx.process.send(signal.SIGHUP)
    wait_until(lambda: "[emerg]" in nginx.log_text(), 60, "the refusal")
    assert client.get("/v2/").status == 200
    nginx.configure(conf(http="registry_zone bigger:16m;"))
    nginx.reload()
    assert client.push_blob("app", b"y")


@pytest.mark.parametrize("location", [
    PASS, ON.split("include")[0]],
    ids=["no registry on", "no registry_params"])
def test_the_worker_names_what_a_location_lacks(house, location):
    """nginx cannot know what such a location is for; the worker answers 500
    and logs both directives that it may lack."""
    house.expect("REGISTRY_ACTION is missing")
    worker = house.registry_worker()
    client = house.nginx(conf(location=location)).client(8500)
    assert client.post("/v2/app/blobs/uploads/").status == 500
    with open(worker.process.log) as log:
        said = log.read()
    assert '"registry on"' in said and '"include registry_params"' in said


def test_modules_are_not_needed_elsewhere(house):
    """A configuration that loads the module and uses nothing of it."""
    nginx = Nginx(house, """
        %%GLOBALS%%
        events {}
        http {
            %%GLOBALS_HTTP%%
            server { listen 127.0.0.1:8500; return 200 "ok"; }
        }""")
    assert nginx.test() == (0, "")
