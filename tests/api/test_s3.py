"""A store in a bucket, function by function, on a real radosgw; the proxy in
between makes what a store does only now and then."""

import hashlib
import itertools
import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from testenv import House, bucket, images, paths
from testenv.bucket import ACCESS, BUCKET, SECRET, Cut, Proxy, Refused, Whole
from testenv.certificates import Authority
from testenv.images import sha256
from testenv.process import WAIT_SECONDS
from testenv.store import Run

V2 = "/docker/registry/v2"
MIB = 1 << 20
EIO, EAGAIN, EACCES, EFBIG = 5, 11, 13, 27
_numbers = itertools.count()


def blob_key(content):
    text = hashlib.sha256(content).hexdigest()
    return "%s/blobs/sha256/%s/%s/data" % (V2, text[:2], text)


def mark_key(kind, content):
    text = hashlib.sha256(content).hexdigest()
    return "/slipway/%s/sha256/%s/%s" % (kind, text[:2], text)


class Act:
    """The functions of a store that no other test has."""

    def __init__(self, directory, is_remote=True, **settings):
        self.root = Path(directory, "root")
        self.root.mkdir()
        self.name = "%d/s3-%d" % (os.getpid(), next(_numbers))
        self.file = ""
        self.proxy = bucket.shared().proxy
        self.environment = {}
        self.running = None
        self.is_running = threading.Event()
        self.err = b""
        if is_remote:
            self.file = bucket.conf(Path(directory, "store"), self.name,
                                    **settings)

    def __call__(self, *words):
        self.is_running.clear()
        self.running = subprocess.Popen(
            [paths.BUILD / "slipway-store-act", self.file, self.root,
             *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=paths.environment(**self.environment))
        self.is_running.set()
        out, self.err = self.running.communicate(timeout=60)
        return out.decode().split()

    def command(self, *words):
        return Run(subprocess.run(
            [paths.BUILD / "slipway-registry", *words, "--store", self.file,
             self.root], text=True, capture_output=True,
            env=paths.environment()))

    def objects(self):
        """All of them, without the name of the store."""
        return {key[len(self.name):] for key in bucket.objects(
            self.name + "/")}

    def content(self, key):
        return bucket.request("GET", self.name + key)

    def file_of(self, content):
        path = self.root / ("file-%d" % next(_numbers))
        path.write_bytes(content)
        return path


@pytest.fixture
def act(tmp_path):
    return Act(tmp_path)


KEY = V2 + "/repositories/a/_manifests/tags/t/current/link"


@pytest.mark.parametrize("is_remote", [True, False],
                         ids=["bucket", "directory"])
def test_every_driver_does_the_same(tmp_path, is_remote):
    act = Act(tmp_path, is_remote)
    content = b"x" * 1000
    blob = blob_key(content)
    other = V2 + "/repositories/a/_manifests/tags/t2/current/link"
    assert act("get", KEY, 10) == act("stat", KEY) == ["declined"]
    assert act("del", KEY) == act("list", V2) == ["declined"]
    assert act("del_tree", V2) == act("touch", blob) == ["declined"]
    assert act("put", KEY, "0123456789") == ["ok"]
    assert act("get", KEY, 10) == ["ok"] and act.err == b"0123456789"
    assert act("get", KEY, 9) == ["error", str(EFBIG)]
    assert b"File too large" in act.err
    size, when, etag, said = act("stat", KEY)
    assert (size, said) == ("10", "ok") and abs(
        int(when) - time.time()) < 60
    assert act("read", KEY, 4) == [size, when, etag, "ok"]
    assert act.err == b"456789"
    for offset in 10, 11:
        assert act("read", KEY, offset)[3] == "ok" and act.err == b""
    assert act("put", KEY, "other")[-1] == "ok"
    assert act("stat", KEY)[2] != etag
    assert act("put", KEY, "") == ["ok"] and act("get", KEY, 0) == ["ok"]
    assert act("put", other, "x") == ["ok"]
    tags = V2 + "/repositories/a/_manifests/tags"
    assert act("list", tags) == ["t", "t2", "ok"]
    assert act("list", tags + "/t/current") == ["link", "ok"]
    assert act("list", KEY[:-1]) == ["declined"]
    assert act("stat", tags) == ["declined"]
    assert act("del_tree", tags + "/t") == ["ok"]
    assert act("list", tags) == ["t2", "ok"]
    assert act("del", other) == ["ok"] and act("del", other) == ["declined"]
    path = act.file_of(content)
    assert act("put_file", blob, path) == ["ok"] and not path.exists()
    assert act("get", blob, MIB) == ["ok"] and act.err == content
    assert act("touch", blob) == ["ok"]
    assert act("del_old", blob, int(time.time()) - 60) == ["declined"]
    assert act("move", blob, "/slipway/corrupt/sha256/x") == ["ok"]
    assert act("stat", blob) == ["declined"]
    assert act("put", blob, "y") == ["ok"]
    assert act("del_old", blob, int(time.time()) + 60) == ["ok"]
    assert act("stat", blob) == ["declined"]
    assert act("del_old", blob, int(time.time()) + 60) == ["declined"]
    assert act("get", "/slipway/corrupt/sha256/x", MIB) == ["ok"]
    assert act.err == content


@pytest.mark.parametrize("root", ["", "/", "/some/root/", "a+b =~\u00e4/&<"])
def test_keys_are_those_of_registry_2(tmp_path, root):
    """rootdirectory without its slashes at both ends, whatever is in it."""
    name = "%d/roots-%d" % (os.getpid(), next(_numbers))
    act = Act(tmp_path, root_directory="%s%s" % (name, root)
              if root != "/" else "/" + name + "/")
    assert act("put", KEY, "x") == ["ok"]
    key = (name + root).rstrip("/") + KEY
    assert bucket.request("GET", key) == b"x"
    assert act("list", KEY.rpartition("/")[0]) == ["link", "ok"]
    assert act("del_tree", V2) == ["ok"]
    assert act("stat", KEY) == ["declined"]


def test_a_thousand_keys_and_more(act):
    names = ["%04d" % n for n in range(1010)]
    pool = bucket.shared().streams
    list(pool.map(lambda name: bucket.request(
        "PUT", "%s/a/%s/x" % (act.name, name), b""), names))
    bucket.request("PUT", act.name + "/a/", b"")  # what a console makes
    assert act("list", "/a") == names + ["ok"]
    assert act("del_tree", "/a") == ["ok"] and not act.objects()


def test_a_repository_without_layers_can_be_seen_by_registry_2(act):
    layers = V2 + "/repositories/a/_layers"
    for _ in range(2):
        assert act("make", layers) == ["ok"]
    assert act.objects() == {layers + "/none"}
    assert act("list", layers) == ["ok"]
    assert act("list", V2 + "/repositories/a") == ["_layers", "ok"]


def test_wrong_bytes_are_not_stored(act):
    """The store compares what comes with the digest."""
    path = act.file_of(b"rotten")
    key = blob_key(b"fresh!")
    assert act("put_file", key, path) == ["error", str(EIO)]
    assert b"XAmzContentSHA256Mismatch" in act.err
    assert path.read_bytes() == b"rotten"
    assert act("stat", key) == ["declined"]


def test_what_is_stored_is_not_sent_again(act):
    content = b"x" * 100
    key = blob_key(content)
    assert act("put_file", key, act.file_of(content)) == ["ok"]
    act.proxy.requests.clear()
    assert act("put_file", key, act.file_of(content)) == ["ok"]
    assert not [line for line in act.proxy.requests
                if line[0] == "PUT" and key in line[1]]
    bucket.request("PUT", act.name + key, b"cut")
    assert act("put_file", key, act.file_of(content)) == ["ok"]
    assert act.content(key) == content


# --- large blobs -------------------------------------------------------------


def uploads(act):
    return [text for text in bucket.request(
        "GET", uploads="").decode().split("<Upload>")[1:] if act.name in text]


@pytest.fixture(scope="module")
def large():
    return hashlib.sha256(b"seed").digest() * (66 * MIB // 32)


def test_a_large_blob_in_parts(act, large):
    """A part that is refused is sent again, and so is what puts them together:
    its answer may have an error behind the status 200."""
    key = blob_key(large)
    with act.proxy.failing("PUT", "partNumber=2", Refused(503, "SlowDown")):
        with act.proxy.failing("POST", "uploadId",
                               Refused(200, "InternalError")):
            assert act("put_file", key, act.file_of(large)) == ["ok"]
    parts = [path for method, path, _ in act.proxy.requests
             if method == "PUT" and "partNumber" in path]
    assert len(parts) == 3
    assert act("stat", key)[0] == str(len(large))
    assert not uploads(act)
    assert act("read", key, len(large) - 5)[-1] == "ok"
    assert act.err == large[-5:]


def test_parts_of_what_failed_are_not_left(act, large):
    key, path = blob_key(large), act.file_of(large)
    with act.proxy.failing("PUT", "partNumber=2",
                           Refused(403, "AccessDenied")):
        assert act("put_file", key, path) == ["error", str(EACCES)]
    assert path.exists() and not uploads(act)
    assert act("stat", key) == ["declined"]


# --- what a store does now and then ------------------------------------------


@pytest.mark.parametrize("fault", [
    Refused(503, "SlowDown"), Refused(500, "InternalError"), Refused(502, ""),
    Refused(400, "RequestTimeout"), Refused(409, "OperationAborted"), Cut(3)],
    ids=["slow", "internal", "gateway", "timeout", "conflict", "cut"])
def test_a_busy_store_is_asked_again(act, fault):
    assert act("put", KEY, "0123456789") == ["ok"]
    with act.proxy.failing("GET", KEY, fault, times=2):
        assert act("get", KEY, 10) == ["ok"]
    assert act.err.endswith(b"0123456789")
    assert len(act.proxy.requests) == 3


def test_a_store_that_stays_busy(act):
    with act.proxy.failing("PUT", KEY, Refused(503, "SlowDown"), times=9):
        assert act("put", KEY, "x") == ["error", str(EAGAIN)]
    assert len(act.proxy.requests) == 5
    for text in ("store %s" % act.file, "PUT", KEY, "503, SlowDown",
                 "tx-of-the-store", "5 tries"):
        assert text.encode() in act.err
    assert SECRET.encode() not in act.err


def test_what_does_not_help_is_not_repeated(act):
    for code in "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId":
        with act.proxy.failing("GET", KEY, Refused(403, code), times=2):
            assert act("get", KEY, 10) == ["error", str(EACCES)]
        assert len(act.proxy.requests) == 1 and code.encode() in act.err


def test_a_bucket_that_is_gone_is_no_absence(tmp_path):
    act = Act(tmp_path, bucket="nosuchbucket")
    for words in ("get", KEY, 10), ("list", V2), ("put", KEY, "x"):
        assert act(*words)[0] == "error" and b"NoSuchBucket" in act.err


def test_other_content_meanwhile_is_not_mixed(act):
    """The rest of what was cut is asked for with the ETag of its beginning."""
    assert act("put", KEY, "0123456789") == ["ok"]
    with act.proxy.failing("GET", KEY, Cut(3)):
        assert act("read", KEY, 2)[-1] == "ok"
    assert act.err.startswith(b"234") and act.err.endswith(b"56789")
    second = act.proxy.requests[1][2]
    assert second["range"] == "bytes=5-" and second["if-match"]


def test_a_store_without_ranges_is_no_store(act):
    """The whole object is never taken for the part that was asked for."""
    assert act("put", KEY, "0123456789") == ["ok"]
    with act.proxy.failing("GET", KEY, Whole()):
        assert act("read", KEY, 2) == ["error", str(EIO)]
    assert b"0123" not in act.err and b"read a part of" in act.err


def test_a_clock_that_is_wrong(act):
    """The request is signed again, with the time of the store."""
    assert act("put", KEY, "x") == ["ok"]
    fault = Refused(403, "RequestTimeTooSkewed", ahead=600)
    with act.proxy.failing("GET", KEY, fault):
        assert act("get", KEY, 10) == ["ok"]
    first, second = (request[2]["x-amz-date"] for request
                     in act.proxy.requests)
    assert second > first


def test_other_credentials_after_these_have_expired(tmp_path):
    shared = tmp_path / "shared"
    shared.write_text("[default]\naws_access_key_id = other\n"
                      "aws_secret_access_key = other\n[it]\n"
                      "aws_access_key_id = %s\naws_secret_access_key = %s\n"
                      % (ACCESS, SECRET))
    shared.chmod(0o600)
    act = Act(tmp_path, access_key=None, secret_key=None, profile="it",
              credentials_file=shared)
    assert act("put", KEY, "x") == ["ok"]
    with act.proxy.failing("GET", KEY, Refused(400, "ExpiredToken")):
        assert act("get", KEY, 10) == ["ok"]
    with act.proxy.failing("GET", KEY, Refused(400, "ExpiredToken"), times=2):
        assert act("get", KEY, 10)[0] == "error"
    act = Act(Path(tmp_path, "2").mkdir() or tmp_path / "2",
              access_key=None, secret_key=None)
    act.environment = {"AWS_EC2_METADATA_DISABLED": "true"}
    assert act("put", KEY, "x") == [] and b"no credentials" in act.err
    act.environment = {"AWS_ACCESS_KEY_ID": ACCESS,
                       "AWS_SECRET_ACCESS_KEY": SECRET}
    assert act("put", KEY, "x") == ["ok"]
    act.environment = {"AWS_SHARED_CREDENTIALS_FILE": shared,
                       "AWS_PROFILE": "it"}
    assert act("put", KEY, "x") == ["ok"]
    act.environment = {"AWS_SHARED_CREDENTIALS_FILE": shared}
    assert act("put", KEY, "x") == ["error", str(EACCES)]


class _Identity(BaseHTTPRequestHandler):
    """What AWS has on its machines and next to its containers."""

    requests = []
    seconds = 3600

    def log_message(self, *_):
        pass

    def _answer(self):
        self.requests.append((self.command, self.path, {
            name.lower(): value for name, value in self.headers.items()}))
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
            time.time() + self.seconds))
        body = {"/latest/api/token": "a+token==",
                "/latest/meta-data/iam/security-credentials/": "role\n"}.get(
                    self.path, json.dumps({
                        "Code": "Success", "AccessKeyId": ACCESS,
                        "SecretAccessKey": SECRET, "Token": self.token,
                        "Expiration": end})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = _answer


@pytest.fixture
def identity():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Identity)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Identity.requests, _Identity.seconds, _Identity.token = [], 3600, ""
    yield "http://127.0.0.1:%d" % server.server_address[1]
    server.shutdown()


def test_credentials_of_a_machine(tmp_path, identity):
    act = Act(tmp_path, access_key=None, secret_key=None)
    act.environment = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": identity,
                       "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "*"}
    assert act("put", KEY, "x") == ["ok"]
    roles = "/latest/meta-data/iam/security-credentials/"
    (method, path, headers), *others = _Identity.requests
    assert (method, path) == ("PUT", "/latest/api/token")
    assert headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert [item[1] for item in others] == [roles, roles + "role"]
    assert all(item[2]["x-aws-ec2-metadata-token"] == "a+token=="
               for item in others)
    # they end soon: others are asked for once a minute, not before each request
    _Identity.requests, _Identity.seconds = [], 300
    assert act("put", blob_key(b"x"), "x") == ["ok"]
    assert len(act.proxy.requests) > 1 and len(_Identity.requests) == 3
    # a line of its own for the header of a request
    act.proxy.requests.clear()
    _Identity.token = "token\r\nx-amz-acl: public-read"
    assert act("put", KEY, "x") == [] and not act.proxy.requests
    assert b"no credentials" in act.err and b"public-read" not in act.err


def test_credentials_of_a_container(tmp_path, identity):
    token = tmp_path / "token"
    (tmp_path / "data").write_text("a-token\n")
    token.symlink_to("data")
    act = Act(tmp_path, access_key=None, secret_key=None)
    act.environment = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": identity + "/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token}
    assert act("put", KEY, "x") == ["ok"]
    (_, path, headers), = _Identity.requests
    assert path == "/v1/credentials" and headers["authorization"] == "a-token"
    act.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = (
        "http://10.0.0.1/credentials")
    assert act("put", KEY, "x") == [] and b"neither https" in act.err


def test_secrets_are_for_the_owner_only(act):
    act.file.chmod(0o640)
    assert act("stat", KEY) == [] and b"chmod 0600" in act.err
    act.file.chmod(0o600)
    act.file.write_text("driver = s3\nsecret-key = %s\n" % SECRET)
    assert act("stat", KEY) == []
    assert b":2: not a setting" in act.err and SECRET.encode() not in act.err


# --- blobs that are used, and removed ----------------------------------------


def test_a_blob_that_is_being_removed_counts_as_gone(act):
    content = b"x" * 10
    key, doomed = blob_key(content), mark_key("doomed", content)
    assert act("put_file", key, act.file_of(content)) == ["ok"]
    bucket.request("PUT", act.name + doomed, b"")
    assert act("touch", key) == ["declined"]
    path = act.file_of(content)
    assert act("put_file", key, path) == ["error", str(EAGAIN)]
    assert path.exists()
    # the mark of a process that was killed
    act.proxy.times[act.name + doomed] = time.time() - 660
    assert act("touch", key) == ["ok"] and doomed not in act.objects()


def test_a_blob_that_is_used_is_not_removed(act):
    content = b"x" * 10
    key, used = blob_key(content), mark_key("used", content)
    now = int(time.time())
    assert act("put_file", key, act.file_of(content)) == ["ok"]
    act.proxy.times[act.name + key] = now - 7200
    assert int(act("stat", key)[1]) == now - 7200
    assert int(act("used", key)[1]) > now - 60  # by its mark
    assert act("del_old", key, now - 3600) == ["declined"]
    act.proxy.times[act.name + used] = now - 7200
    assert int(act("used", key)[1]) == now - 7200
    assert act("del_old", key, now - 3600) == ["ok"]
    assert not act.objects()


class _Push:
    """A push that uses a blob when a request of its removal is answered."""

    def __init__(self, act, key):
        self.act, self.key, self.said = act, key, None

    def before(self, _):
        self.said = self.act("touch", self.key)


@pytest.mark.parametrize("step", range(1, 9))
def test_a_push_at_each_step_of_a_removal(tmp_path, act, step):
    """Either the push sees that it goes, or the removal sees that it is
    used."""
    content = b"x" * 10
    key, now = blob_key(content), int(time.time())
    assert act("put_file", key, act.file_of(content)) == ["ok"]
    for old in key, mark_key("used", content):
        act.proxy.times[act.name + old] = now - 7200
    pusher = Act(Path(tmp_path, "2").mkdir() or tmp_path / "2",
                 root_directory=act.name)
    push = _Push(pusher, key)
    with act.proxy.at(step, push.before) as it:
        removed = act("del_old", key, now - 3600)
    if not it.is_reached:
        assert step == 8 and removed == ["ok"]
    elif push.said == ["ok"]:
        assert removed == ["declined"] and act("stat", key)[-1] == "ok"
    else:
        # between the two marks each sees the other, and goes back
        assert push.said == ["declined"]
        assert removed == ["declined" if step == 4 else "ok"]
        assert act("stat", key)[-1] == ("ok" if step == 4 else "declined")
    assert mark_key("doomed", content) not in act.objects()


class _Kill:
    """Ends the process that is about to send a request."""

    def __init__(self, act):
        self.act = act

    def before(self, _):
        assert self.act.is_running.wait(WAIT_SECONDS)  # not the one before it
        self.act.running.kill()
        self.act.running.wait()


def killed_at(act, step, *words):
    """A function that dies before a request is answered; whether it did."""
    with act.proxy.at(step, _Kill(act).before) as it:
        act(*words)
    return it.is_reached


def test_an_upload_that_is_killed_at_each_step(act):
    """The upload is there, or the blob is; the client's next try succeeds."""
    for step in itertools.count(1):
        content = b"upload %d" % step
        key, path = blob_key(content), act.file_of(content)
        is_killed = killed_at(act, step, "put_file", key, path)
        if not is_killed:
            assert step > 4 and not path.exists()
            break
        assert path.read_bytes() == content
        assert act("put_file", key, path) == ["ok"]
        assert act.content(key) == content


def test_a_removal_that_is_killed_at_each_step(act):
    """Its blob is there, or gone; a push comes when its mark has ended, and the
    next removal finishes."""
    now = int(time.time())
    for step in itertools.count(1):
        content = b"removal %d" % step
        key, doomed = blob_key(content), mark_key("doomed", content)
        assert act("put_file", key, act.file_of(content)) == ["ok"]
        for old in key, mark_key("used", content):
            act.proxy.times[act.name + old] = now - 7200
        is_killed = killed_at(act, step, "del_old", key, now - 3600)
        there = act.objects()
        if not is_killed:
            assert step > 6 and key not in there
            break
        if doomed in there:
            assert act("touch", key) == ["declined"]
            act.proxy.times[act.name + doomed] = now - 660
        assert act("put_file", key, act.file_of(content)) == ["ok"]
        assert act.content(key) == content and doomed not in act.objects()
        bucket.age(act.name)
        assert act("del_old", key, now - 3600) == ["ok"]
        assert not act.objects()


# --- TLS ---------------------------------------------------------------------


@pytest.mark.parametrize("names,has_ca,is_fine", [
    (["127.0.0.1"], True, True), (["127.0.0.1"], False, False),
    (["other.example"], True, False)], ids=["ours", "unknown", "other name"])
def test_certificates_are_verified(tmp_path, names, has_ca, is_fine):
    authority = Authority(tmp_path)
    proxy = Proxy(tls=authority.issue("a", names=names))
    act = Act(tmp_path, endpoint="https://" + proxy.address,
              ca_file=authority.file if has_ca else None)
    said = act("put", KEY, "x")
    proxy.shutdown()
    if is_fine:
        assert said == ["ok"] and len(proxy.requests) == 1
    else:
        assert said == ["error", str(EAGAIN)] and b"certificate" in act.err
        assert not proxy.requests


# --- registry:2 --------------------------------------------------------------


STOCK = """version: 0.1
log: {level: warn}
storage:
  s3: {regionendpoint: "http://%s", region: us-east-1, bucket: %s,
       rootdirectory: /%s/, accesskey: %s, secretkey: %s, v4auth: true,
       secure: false}
  delete: {enabled: true}
  redirect: {disable: true}
http: {addr: "127.0.0.1:%d", secret: test}
"""


@pytest.fixture
def stock_house():
    house = House()
    yield house
    house.remove()


def test_a_bucket_of_registry_2(stock_house, act):
    """It pushes, we collect and check, and it goes on with the same bucket."""
    kept, old = images.Image(seed=1), images.Image(seed=2)
    signature, blobs = images.artifact(b"signature", "a/b", kept.manifest)
    stock = stock_house.docker_registry(None, conf=STOCK % (
        bucket.ADDRESS, BUCKET, act.name, ACCESS, SECRET,
        stock_house.port(8900)))
    stock.start()
    client = stock.client()
    for image in old, kept:
        client.push_image("some/app", "it", image)
    for data in blobs:
        client.push_blob("some/app", data)
    client.push_manifest("some/app", "signature", signature)
    bucket.age(act.name)
    command = act.command
    run = command("fsck", "--verify", "--repair")
    assert run.words() == ["missing-referrer"], run  # it knows none
    run = command("gc", "--delete-untagged", "--grace", "1h")
    gone = {old.manifest.digest} | {sha256(data) for data in old.blobs()}
    assert run.status == 0 and run.digests() >= gone - {
        sha256(data) for data in kept.blobs()}, run
    assert command("fsck", "--verify").status == 0
    assert not stock.collect("--dry-run", "--delete-untagged")
    for reference in "it", kept.manifest.digest, "signature":
        assert client.manifest("some/app", reference).status == 200
    for data in kept.blobs():
        assert client.blob("some/app", sha256(data)).body == data
    assert client.manifest("some/app", old.manifest.digest).status == 404
    client.push_image("some/app", "again", old)
    assert command("fsck", "--verify").status == 0


def test_a_manifest_that_was_used_stays(act):
    """A push may be about to tag it: its mark says so, not its own time."""
    image = images.Image(seed=3)
    text = image.manifest.digest.partition(":")[2]
    link = V2 + "/repositories/a/_manifests/revisions/sha256/%s/link" % text
    contents = [image.manifest.data, *image.blobs()]
    bucket.request("PUT", act.name + link, image.manifest.digest.encode())
    for data in contents:
        bucket.request("PUT", act.name + blob_key(data), data)
    bucket.age(act.name)
    assert act("touch", blob_key(image.manifest.data)) == ["ok"]
    run = act.command("gc", "--delete-untagged", "--grace", "1h")
    assert run.status == 0 and run.untagged == run.swept == 0, run
    bucket.age(act.name)
    run = act.command("gc", "--delete-untagged", "--grace", "1h")
    assert (run.untagged, run.swept) == (1, len(contents)), run
    assert not act.objects()
