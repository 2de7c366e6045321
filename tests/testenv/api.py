"""The API of slipway-index, and a client that believes no answer that the
OpenAPI document does not describe.

    api = ApiHouse(house, "alice", "bob")
    alice = api.person("alice")            # Basic, with the password
    pages = api.session("alice")           # a browser: cookie, CSRF token
    answer = alice.post("/access-tokens", {"name": "ci", ...})
    assert answer.status == 201, answer
    assert answer.json["name"] == "ci"

A path is what stands behind /api/v1, encoded already.  An answer that is not in
docs/openapi.json (a status, a field too many, a wrong type) fails the test."""

import json
import os
import re
import urllib.parse

import jsonschema

from . import paths
from .client import Registry, basic

DOCUMENT = paths.TOP / "docs" / "openapi.json"
PREFIX = "/api/v1"
LINES = "application/x-ndjson"
ORIGIN = "http://registry.test"

# Root's sockets are for root; other users cannot choose.
USER = "user root;" if os.getuid() == 0 else ""

_LOCATION = """
            location ^~ /api/ {
                client_max_body_size 256k;
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE  api;
                fastcgi_param INDEX_ORIGIN {origin};
                {more}
                error_page    400          @api_malformed;
                error_page    413          @api_large;
                error_page    502 504 =503 @api_error;
            }
            location ^~ /r/ {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE  short;
                fastcgi_param INDEX_ORIGIN {origin};
                {more}
                error_page    400          @api_malformed;
                error_page    413          @api_large;
                error_page    502 504 =503 @api_error;
            }
            include %%CONF%%/api_errors;
"""

# For a server that has an index.
API_LOCATION = _LOCATION.replace("{origin}", ORIGIN).replace("{more}", "")

CONF = """
    {user}
    pid %%DIR%%/nginx/nginx.pid;
    error_log %%DIR%%/nginx/logs/error.log info;
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8600;
            large_client_header_buffers 4 40k;
            set_real_ip_from 127.0.0.1;
            real_ip_header   X-Forwarded-For;
            set $registry_service registry.test;
            {api}
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
            location = /_registry/events {
                client_max_body_size 17m;
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE event;
            }
            location ^~ /v1/ {
                fastcgi_pass  unix:%%DIR%%/index.sock;
                include       %%CONF%%/index_params;
                fastcgi_param INDEX_ROUTE v1;
            }
        }
    }"""


def configuration(origin=ORIGIN, more=""):
    """nginx.conf of an index alone; more: lines of the API's location."""
    return CONF.replace("{user}", USER).replace("{api}", _LOCATION).replace(
        "{origin}", origin).replace("{more}", more)


def encoded(name):
    """A name as one segment of a path."""
    return urllib.parse.quote(name, safe="")


class Document:
    """docs/openapi.json."""

    def __init__(self):
        self.text = json.loads(DOCUMENT.read_text())
        self.operations = {}   # (method, template) -> operation
        for template, methods in self.text["paths"].items():
            for method, operation in methods.items():
                self.operations[method.upper(), template] = operation
        self._patterns = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(t)) + r"\Z"),
             t) for t in self.text["paths"]]

    def find(self, method, path):
        """The operation of a request, or None."""
        method = "GET" if method == "HEAD" else method
        path = path.split("?")[0]
        # "/accounts/{login}" is not "/accounts/me" where both are there
        for pattern, template in sorted(
                self._patterns, key=lambda one: one[1].count("{")):
            if pattern.match(path) and (method, template) in self.operations:
                return self.operations[method, template]
        return None

    def check(self, method, path, answer):
        """Fails where the document does not describe the answer."""
        operation = self.find(method, path)
        if operation is None:
            assert answer.status in (204, 400, 401, 404, 405, 429, 503), answer
            return
        described = operation["responses"].get(str(answer.status))
        assert described is not None, (
            "%s does not say that it answers %r" % (
                operation["operationId"], answer))
        if "$ref" in described:
            described = self._resolve(described["$ref"])
        contents = described.get("content", {})
        if not contents or method == "HEAD":
            assert answer.body == b"", answer
            return
        kind = answer.header("Content-Type")
        assert kind in contents, (kind, answer)
        if kind == LINES:
            item = contents["application/json"]["schema"]["properties"][
                "items"]["items"]
            for line in answer.body.splitlines():
                self._validate(item, json.loads(line))
            return
        self._validate(contents[kind]["schema"], json.loads(answer.body))

    def validate(self, name, value):
        """An object of the name that it has in the document."""
        self._validate({"$ref": "#/components/schemas/" + name}, value)

    def _resolve(self, ref):
        found = self.text
        for word in ref.removeprefix("#/").split("/"):
            found = found[word]
        return found

    def _validate(self, schema, value):
        whole = dict(schema, components=self.text["components"])
        jsonschema.Draft202012Validator(
            whole, format_checker=jsonschema.FormatChecker()).validate(value)


class ApiAnswer:
    """An answer: status, headers, body as it came, json."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.body

    def header(self, name, default=None):
        return self.headers.get(name, default)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of a problem."""
        assert self.header("Content-Type") == "application/problem+json", self
        return self.json["code"]

    @property
    def field(self):
        return self.json["field"]

    @property
    def items(self):
        return self.json["items"]

    @property
    def next(self):
        """The path of the next page, or None."""
        link = self.header("Link")
        if link is None:
            return None
        found = re.fullmatch(r'<%s(\S+)>; rel="next"' % PREFIX, link)
        return found[1]

    def __repr__(self):
        return "<%d %s %r>" % (self.status, dict(self.headers),
                               self.body[:400])


class ApiClient:
    """A caller of the API; as it is, one without credentials."""

    def __init__(self, registry, document, headers=()):
        self.registry = registry
        self.document = document
        self.headers = list(headers)

    def request(self, method, path, body=None, headers=(), **query):
        """body: what becomes JSON, or bytes that are sent as they are."""
        lines = self.headers + list(headers)
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None and "content-type" not in [
                name.lower() for name, _ in lines]:
            lines.append(("Content-Type", "application/json"))
        answer = ApiAnswer(self.registry.request(
            method, PREFIX + path, lines, body))
        self.document.check(method, path, answer)
        self.taken(answer)
        return answer

    def taken(self, answer):
        """What a client does with an answer: this one, nothing."""

    def get(self, path, **query):
        return self.request("GET", path, **query)

    def post(self, path, body=None, headers=()):
        return self.request("POST", path, body, headers)

    def put(self, path, body=None, headers=()):
        return self.request("PUT", path, body, headers)

    def patch(self, path, body=None, headers=()):
        return self.request("PATCH", path, body, headers)

    def delete(self, path, headers=(), **query):
        return self.request("DELETE", path, None, headers, **query)

    def edit(self, path, body, **how):
        """PATCH of what GET shows now."""
        etag = self.get(path).header("ETag")
        return self.patch(path, body, [("If-Match", etag)], **how)

    def every(self, path, **query):
        """The items of all pages."""
        answer = self.get(path, **query)
        assert answer.status == 200, answer
        items = answer.items
        while answer.next is not None:
            answer = self.get(answer.next)
            assert answer.status == 200, answer
            items += answer.items
        return items


class ApiSession(ApiClient):
    """A browser with the pages of the registry open."""

    def __init__(self, registry, document, login, password):
        super().__init__(registry, document)
        self.cookie = None
        self.token = None
        answer = self.post("/session", {"login": login, "password": password})
        assert answer.status == 201, answer

    def request(self, method, path, body=None, headers=(), **query):
        names = [name.lower() for name, _ in headers]
        lines = list(headers)
        if self.cookie is not None and "cookie" not in names:
            lines.append(("Cookie", self.cookie))
        if "sec-fetch-site" not in names and "origin" not in names:
            lines.append(("Sec-Fetch-Site", "same-origin"))
        if method not in ("GET", "HEAD") and self.token is not None \
                and "x-csrf-token" not in names:
            lines.append(("X-CSRF-Token", self.token))
        return super().request(method, path, body, lines, **query)

    def taken(self, answer):
        cookie = answer.header("Set-Cookie")
        if cookie is not None:
            self.cookie = cookie.split(";")[0]
            self.token = answer.json["csrf_token"] if answer.body else None


class ApiHouse:
    """See above.  The password of every account is its login, twice, and a
    few more characters: an account's password has 8 at the least."""

    def __init__(self, house, *logins, admins=(), origin=ORIGIN, more="",
                 memcached=None, **settings):
        self.house = house
        self.document = Document()
        self.memcached = [house.memcached()] if memcached is None else memcached
        self.worker = house.index_worker(memcached=self.memcached, **{
            "SLIPWAY_API_RATE": "60000", **settings})
        self.nginx = house.nginx(configuration(origin, more))
        self.registry = Registry(house.port(8600))
        for login in logins:
            self.add(login)
        for login in admins:
            self.add(login, "--admin")

    @staticmethod
    def password(login):
        return login + login + "-password"

    def add(self, login, *flags):
        self.worker.add_account(login, self.password(login), *flags)

    def sql(self, text):
        """Rows of the database."""
        return self.worker.database.sql(text)

    @property
    def anonymous(self):
        return ApiClient(self.registry, self.document)

    def person(self, login, password=None):
        """An account by its password, with Basic."""
        return ApiClient(self.registry, self.document, basic(
            "%s:%s" % (login, password or self.password(login))))

    def bearer(self, token):
        return ApiClient(self.registry, self.document,
                         [("Authorization", "Bearer " + token)])

    def session(self, login, password=None):
        return ApiSession(self.registry, self.document, login,
                          password or self.password(login))
