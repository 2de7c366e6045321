"""Directives of nginx at a registry: those for a website leave it alone, and
those that an operator may use do what they say."""

import re

import pytest

from testenv import House, images
from testenv.accounts import Accounts
from testenv.client import digest

NAME = "alice/app"
DATA = b"</body><!--# echo var=host --> a layer </html>" * 100
BLOB = digest(DATA)
IMAGE = images.Image()

CONF = r"""
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        FILTERS
        server {
            listen 127.0.0.1:8500;
            location ^~ /v2/ {
                registry      on;
                registry_root %%DIR%%/store;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                LOCATION
                if ($arg_x)   { set $x 1; }
            }
            location = /mirror {
                internal;
                proxy_pass              http://127.0.0.1:8501$request_uri;
                proxy_pass_request_body off;
                proxy_set_header        Content-Length "";
            }
            location = /more { return 200 "more"; }
            location = /page { default_type text/html; return 200 "<p></p>"; }
            location ~ \.js$ { return 200 "a script"; }
        }
        server {
            listen     127.0.0.1:8501;
            access_log %%DIR%%/mirrored.log;
            return     200;
        }
    }"""

FILTERS = """
    sub_filter       layer LAYER;  sub_filter_types *;
    add_before_body  /more;
    add_after_body   /more;        addition_types *;
    ssi              on;           ssi_types *;
    charset          utf-8;        charset_types *;
"""


def served(house, filters="", location=""):
    house.registry_worker()
    return house.nginx(CONF.replace("FILTERS", filters).replace(
        "LOCATION", location)).client(8500)


@pytest.mark.parametrize("where", ["http", "location"])
def test_filters_of_bodies(house, where):
    """The bytes stay those of the digest, and their type says no charset; the
    rest of the server is filtered."""
    client = served(house, filters=FILTERS if where == "http" else "",
                    location=FILTERS if where == "location" else "")
    client.push_blob("app", DATA)
    client.push_image("app", "1", IMAGE)
    for query in ("", "?x=1"):
        for path, data, kind in (
                ("blobs/" + BLOB, DATA, "application/octet-stream"),
                ("manifests/1", IMAGE.manifest.data, images.OCI_MANIFEST),
                ("tags/list", b'{"name":"app","tags":["1"]}',
                 "application/json")):
            answer = client.get("/v2/app/" + path + query)
            assert answer.body == data
            assert answer.header("Content-Type") == kind
            assert answer.header("Content-Length") == str(len(data))
    assert client.get("/v2/app/blobs/x").codes() == ["DIGEST_INVALID"]
    page = client.get("/page")
    assert page.body == (b"more<p></p>more" if where == "http"
                         else b"<p></p>")


def test_patterns_of_a_website(house):
    """What "^~" is for."""
    client = served(house)
    client.push_image("app", "t.js", IMAGE)
    assert client.manifest("app", "t.js").body == IMAGE.manifest.data
    assert client.get("/x.js").body == b"a script"


def test_a_mirror_without_bodies(house):
    client = served(house, location="mirror /mirror;"
                                    "mirror_request_body off;")
    client.push_image("app", "1", IMAGE)
    assert client.manifest("app", "1").body == IMAGE.manifest.data
    seen = house.dir + "/mirrored.log"
    lines = open(seen).read()
    assert re.search('"PATCH|"PUT|"POST', lines) and "/manifests/1" in lines


# --- limits ------------------------------------------------------------------

LIMITED = """
    map $registry_token_key $limited { "" $binary_remote_addr;
                                       default $registry_token_key; }
    limit_req_zone   $limited          zone=token:1m   rate=1r/m;
    limit_req_zone   $registry_account zone=account:1m rate=1r/m;
    limit_req_status 429;
"""
WARNING = '"$registry_account" is used before the token is checked'


def accounts_with(database_server, location):
    house = House(database_server)
    try:
        yield Accounts(house, "alice", "bob", http=LIMITED, location=location)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def by_token(database_server):
    yield from accounts_with(database_server,
                             "limit_req zone=token burst=2 nodelay;")


@pytest.fixture
def by_account(database_server):
    yield from accounts_with(database_server, "limit_req zone=account;")


def test_a_limit_by_token(by_token):
    """Each has its own; who has none is limited by address."""
    for login in ("alice", "bob", None):
        client = by_token.client(login) if login else by_token.open
        answers = [client.get("/v2/").status for _ in range(4)]
        assert answers == [200 if login else 401] * 3 + [429]
    assert WARNING not in by_token.nginx.log_text()


def test_a_limit_by_account(by_account):
    """It never limits, which the log says, once for each process of nginx."""
    client = by_account.client("alice")
    assert {client.get("/v2/").status for _ in range(8)} == {200}
    said = by_account.nginx.log_text().count(WARNING)
    assert 1 <= said <= 2


def test_where_the_account_is_known(accounts):
    """Logs, headers and parameters have it in time."""
    answers = [accounts.open.get("/v2/"),
               accounts.client("alice").get("/v2/"),
               accounts.open.get("/v2/%s/tags/list" % NAME)]
    assert [answer.status for answer in answers] == [401, 200, 401]
    assert WARNING not in accounts.nginx.log_text()
