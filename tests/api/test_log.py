"""The variables of the access log, and conf/log_json.conf."""

import json
import re

import pytest

from testenv import House, images, paths
from testenv.accounts import Accounts, scope
from testenv.images import sha256
from testenv.process import wait_until

NAME = "alice/app"
DATA = images.blob(5000, "log")
DIGEST = sha256(DATA)

HTTP = """
    include %%CONF%%/log_json.conf;
    map $uri $is_logged { /token 0; default 1; }
    access_log %%DIR%%/json.log registry_json if=$is_logged;
    log_format all escape=json
        '{"uri":"$request_uri","action":"$registry_action",'
        '"repository":"$registry_repository",'
        '"reference":"$registry_reference","digest":"$registry_digest",'
        '"account":"$registry_account","key":"$registry_token_key",'
        '"service":"$registry_service","root":"$registry_root",'
        '"readable":"$registry_readable","id":"$registry_upload_id",'
        '"offset":"$registry_upload_offset","size":"$registry_upload_size",'
        '"state":"$registry_upload_state","code":"$registry_error_code",'
        '"source":"$registry_verdict_source",'
        '"result":"$registry_verdict_result"}';
    access_log %%DIR%%/all.log all if=$is_logged;
"""


class Log:
    """Reads what a file of JSON lines has gained."""

    def __init__(self, path, encoding="utf-8"):
        self._file = open(path, "rb")
        self._encoding = encoding

    def lines(self, count=1):
        text = b""

        def read():
            nonlocal text
            text += self._file.read()
            return text.endswith(b"\n") and text.count(b"\n") >= count
        wait_until(read, 60, "%d lines of the log" % count)
        found = text.splitlines()
        assert len(found) == count, text
        return [json.loads(line.decode(self._encoding)) for line in found]


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    try:
        made = Accounts(house, "alice", http=HTTP, patience="60s")
        made.json, made.all = (Log(house.dir + "/json.log"),
                               Log(house.dir + "/all.log", "latin-1"))
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def logged(world, do, count=1):
    """do()'s answer, and both logs' lines of it; every request of the file
    but those for tokens goes through here."""
    answer = do()
    return answer, world.json.lines(count), world.all.lines(count)


def test_a_push_and_a_pull(world):
    client = world.held("alice", scope(NAME))
    location, lines, everything = logged(
        world, lambda: client.start_upload(NAME))
    upload_id = location.split("?")[0].rsplit("/", 1)[1]
    assert lines[0]["action"] == "upload_start"
    assert (lines[0]["status"], lines[0]["account"]) == (202, "alice")
    assert everything[0]["service"] == "registry.test"
    assert everything[0]["root"].endswith("/store")
    assert everything[0]["readable"] == NAME

    _, lines, everything = logged(
        world, lambda: client.patch(location, [], DATA[:1000]))
    assert lines[0]["action"] == "upload_patch"
    assert lines[0]["received"] > 1000
    assert everything[0]["id"] == upload_id
    assert (everything[0]["offset"], everything[0]["size"]) == ("0", "1000")
    assert everything[0]["state"].startswith("sha256:736861")

    _, lines, everything = logged(
        world, lambda: client.put(location + "?digest=" + DIGEST, [],
                                  DATA[1000:]))
    assert (lines[0]["action"], lines[0]["status"]) == ("upload_put", 201)
    assert lines[0]["digest"] == DIGEST
    assert (everything[0]["offset"], everything[0]["size"]) == ("1000",
                                                                "5000")

    _, lines, everything = logged(world, lambda: client.blob(NAME, DIGEST))
    line = lines[0]
    assert (line["action"], line["repository"], line["reference"],
            line["digest"], line["account"], line["status"]) == (
                "blob_get", NAME, DIGEST, DIGEST, "alice", 200)
    assert line["verdict_result"] == "granted"
    assert line["verdict_source"] in ("zone", "memcached")
    assert line["sent"] > 5000
    assert line["error_code"] == ""
    assert everything[0]["key"].startswith("slipway:2:")
    assert everything[0]["id"] == ""


def test_a_tag(world):
    client = world.client("alice", scope(NAME))
    image = images.Image()
    logged(world, lambda: client.push_image(NAME, "v1", image), 7)
    _, lines, _ = logged(world, lambda: client.manifest(NAME, "v1"))
    assert (lines[0]["action"], lines[0]["reference"],
            lines[0]["digest"]) == ("manifest_get", "v1",
                                    image.manifest.digest)


# An anonymous request, its action, its code, the verdict's result.
ERRORS = [
    ("GET", "/v2/%s/blobs/%s" % (NAME, DIGEST), "blob_get", "UNAUTHORIZED",
     ""),
    ("GET", "/v2/Bad/tags/list", "", "NAME_INVALID", ""),
    ("GET", "/v2/a/b/c", "", "*", ""),
    ("PUT", "/v2/", "", "UNSUPPORTED", ""),
    ("GET", "/v2/a//b/tags/list", "", "NAME_INVALID", ""),
]


@pytest.mark.parametrize("method, path, action, code, result", ERRORS,
                         ids=range(len(ERRORS)))
def test_errors(world, method, path, action, code, result):
    _, lines, _ = logged(world, lambda: world.open.request(method, path))
    assert lines[0]["action"] == action
    assert lines[0]["verdict_result"] == result
    assert lines[0]["account"] == ""
    assert lines[0]["error_code"] == code or code == "*"


def test_denied_and_invalid(world):
    client = world.client("alice", scope("bob/app"))
    _, lines, _ = logged(world, lambda: client.get("/v2/bob/app/tags/list"))
    assert (lines[0]["verdict_result"], lines[0]["account"]) == ("denied",
                                                                "alice")
    _, lines, _ = logged(world, lambda: client.with_token("x").get("/v2/"))
    assert (lines[0]["verdict_result"], lines[0]["account"]) == ("invalid",
                                                                "")


# Bytes that mean to break a line, or JSON.
HOSTILE = [b'"', b'\\', b'","account":"root', b"\x01\x02\x1f", b"\x7f",
           b"\x80\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xf0\x9f\x90\xb3",
           b"%s%n%x", b"$registry_account", b"\t", b"<script>", b"\\u0000",
           b"{}[]:,", b"a" * 3000]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bytes(world, value):
    """In every place that a client may write them to: a line of JSON each,
    with the same fields."""
    requests = [
        b"GET /v2/ HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n"
        b"Connection: close\r\n\r\n" % value,
        b"GET /v2/app/manifests/%s HTTP/1.1\r\nHost: x\r\n"
        b"Connection: close\r\n\r\n" % value.replace(b"\t", b"%09"),
        b"GET /v2/%s/tags/list?x=%s HTTP/1.1\r\nHost: x\r\n"
        b"Connection: close\r\n\r\n" % ((value.replace(b"\t", b"%09"),) * 2),
        b"GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
        b"Connection: close\r\n\r\n" % value,
    ]
    for request in requests:
        _, lines, everything = logged(world, lambda: world.open.raw(request))
        assert set(lines[0]) == FIELDS
        assert lines[0]["account"] == ""
        assert everything[0]["account"] == ""


FIELDS = set(re.findall(r"'\{?\"(\w+)\":", (
    paths.CONF / "log_json.conf").read_text()))


def test_fields():
    assert FIELDS >= {"time", "request_id", "status", "action", "repository",
                      "reference", "digest", "account", "verdict_source",
                      "verdict_result", "error_code"}


@pytest.mark.parametrize("request_bytes", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nBroken\r\n\r\n", b'"\xff" / HTTP/1.1\r\n\r\n',
    b"GET /v2/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nHost: " + b"x" * 70000 + b"\r\n\r\n"],
    ids=range(6))
def test_what_is_no_request(world, request_bytes):
    _, lines, _ = logged(world, lambda: world.open.raw(request_bytes))
    assert set(lines[0]) == FIELDS
    assert lines[0]["status"] in (400, 405, 414, 494)
    assert lines[0]["action"] == ""


def test_every_request_has_an_id(world):
    seen = set()
    for _ in range(3):
        _, lines, _ = logged(world, lambda: world.open.get("/v2/"))
        seen.add(lines[0]["request_id"])
    assert len(seen) == 3


def test_outside_of_a_registry(world):
    _, _, everything = logged(world, lambda: world.open.get("/elsewhere"))
    assert {value for name, value in everything[0].items()
            if name not in ("uri", "service")} == {""}


def test_a_standalone_account(house):
    """auth_basic in front: its user is the account."""
    house.registry_worker()
    with open(house.dir + "/users", "w") as f:
        f.write("carol:{PLAIN}secret\n")
    nginx = house.nginx("""
        %%GLOBALS%%
        events {}
        http {
            %%GLOBALS_HTTP%%
            include %%CONF%%/log_json.conf;
            access_log %%DIR%%/json.log registry_json;
            server {
                listen 127.0.0.1:8500;
                location /v2/ {
                    auth_basic "registry";
                    auth_basic_user_file %%DIR%%/users;
                    registry       on;
                    registry_root  %%DIR%%/store;
                    fastcgi_pass   unix:%%DIR%%/registry.sock;
                    include        %%CONF%%/registry_params;
                }
            }
        }""")
    client = nginx.client(8500)
    log = Log(house.dir + "/json.log")
    answer = client.get("/v2/")
    assert (answer.status, answer.codes()) == (401, ["UNAUTHORIZED"])
    assert answer.header("WWW-Authenticate") == 'Basic realm="registry"'
    assert client.get("/v2/", [("Authorization",
                                "Basic Y2Fyb2w6c2VjcmV0")]).status == 200
    # Who is refused may have said anything.
    client.get("/v2/", [("Authorization", "Basic /////zp4")])
    lines = log.lines(3)
    assert [line["account"] for line in lines] == ["", "carol", ""]
    assert lines[1]["verdict_source"] == ""
