"""Bodies and signatures as programs of others read them: the library of Standard
Webhooks, the receiver of docs/webhooks.md, and the types of Go's receivers, which
refuse what is not exactly of a type."""

import hashlib
import hmac
import os
import re
import socket
import subprocess
import sys
import textwrap

import pytest

from testenv import paths, pypi
from testenv.process import WAIT_SECONDS, wait_until
from testenv.webhooks import site, world  # fixtures


# --- signatures -------------------------------------------------------------

VERIFY = """
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
secret, headers, body = json.load(sys.stdin)
try:
    Webhook(secret).verify(body, headers)
    print("good")
except WebhookVerificationError as error:
    print("bad:", error)
"""


def standard_webhooks_says(secret, request, body=None, **headers):
    import json
    python = pypi.environment("standardwebhooks") / "bin" / "python"
    return subprocess.run(
        [str(python), "-c", VERIFY], text=True, capture_output=True,
        check=True, timeout=WAIT_SECONDS, input=json.dumps([
            secret, {**dict(request.headers), **headers},
            body or request.body.decode()])).stdout.strip()


def test_standard_webhooks_verify(world):
    sink = world.sink()
    hook = world.hook(sink.url)
    world.courier()
    world.push(world.app, "1")
    request = sink.wait(1)[0]
    new = world.alice.post("%s/%d/rotation" % (world.hooks, hook["id"]),
                           {"grace_hours": 1}).json["secret"]
    world.push(world.app, "2")
    second = sink.wait(2)[1]
    assert standard_webhooks_says(hook["secret"], request) == "good"
    assert standard_webhooks_says(hook["secret"], second) == "good"
    assert standard_webhooks_says(new, second) == "good"
    assert "No matching" in standard_webhooks_says(new, request)
    assert "No matching" in standard_webhooks_says(
        hook["secret"], request, body=request.body.decode() + " ")
    assert "No matching" in standard_webhooks_says(
        hook["secret"], request, **{"webhook-id": "other"})
    assert "too old" in standard_webhooks_says(
        hook["secret"], request, **{"webhook-timestamp": "1"})


def test_the_signatures_of_github_and_flux(world):
    """Keyed with the secret as it is shown."""
    sink = world.sink()
    hook = world.hook(sink.url, form="docker_hub")
    world.courier()
    world.push(world.app, "1")
    request = sink.wait(1)[0]
    good = "sha256=" + hmac.new(hook["secret"].encode(), request.body,
                                hashlib.sha256).hexdigest()
    assert request.headers["X-Hub-Signature-256"] == good
    assert request.headers["X-Signature"] == good


# --- the receiver of the document -------------------------------------------

def receiver_of_the_document():
    text = (paths.TOP / "docs" / "webhooks.md").read_text()
    found = re.search(r"^## A receiver\n\n((?:    .*\n)+)", text, re.M)
    return textwrap.dedent(found[1])


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_receiver_of_the_document(world):
    port = world.site.house.port()
    hook = world.hook("http://127.0.0.1:%d/" % port)
    other = world.hook("http://127.0.0.1:%d/" % port)
    program = receiver_of_the_document()
    assert len(program.splitlines()) <= 12
    process = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.DEVNULL,
        env=dict(os.environ, SECRET=hook["secret"], PORT=str(port)))
    try:
        wait_until(lambda: is_open(port), WAIT_SECONDS, "a receiver")
        world.courier()
        world.push(world.app, "1")
        assert world.attempted(hook, 1)["log"][0]["status"] == 204
        # signed with another secret
        assert world.attempted(other, 1)["log"][0]["status"] == 403
        with socket.create_connection(("127.0.0.1", port)) as unsigned:
            unsigned.sendall(b"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
            assert b" 403 " in unsigned.recv(100)
    finally:
        process.kill()
        process.wait()


# --- the types of Go's receivers --------------------------------------------

class Time:
    """time.Time of Go: RFC 3339."""

    @staticmethod
    def fits(value):
        return isinstance(value, str) and re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value)


def decode(shape, value, where="body"):
    """As encoding/json with DisallowUnknownFields, into a struct: {name: type}
    for an object, [type] for an array, a type for anything else."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        unknown = set(value) - set(shape)
        assert not unknown, "%s has %r" % (where, unknown)
        for name, item in value.items():
            decode(shape[name], item, where + "." + name)
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            decode(shape[0], item, where + "[]")
    elif shape is Time:
        assert Time.fits(value), (where, value)
    else:
        assert type(value) is shape, (where, value)


# distribution: notifications/event.go, with its descriptors
DISTRIBUTION = {"events": [{
    "id": str, "timestamp": Time, "action": str,
    "target": {"mediaType": str, "size": int, "digest": str, "length": int,
               "repository": str, "fromRepository": str, "url": str,
               "tag": str, "urls": [str], "annotations": dict,
               "references": list},
    "request": {"id": str, "addr": str, "host": str, "method": str,
                "useragent": str},
    "actor": {"name": str}, "source": {"addr": str, "instanceID": str}}]}

# Harbor: src/pkg/notifier/model/event.go
HARBOR = {
    "type": str, "occur_at": int, "operator": str,
    "event_data": {
        "resources": [{"digest": str, "tag": str, "resource_url": str}],
        "repository": {"date_created": int, "name": str, "namespace": str,
                       "repo_full_name": str, "repo_type": str}}}

# keel: pkg/http/dockerhub_webhook_trigger.go
DOCKER_HUB = {
    "callback_url": str,
    "push_data": {"images": [str], "pushed_at": int, "pusher": str,
                  "tag": str},
    "repository": {
        "comment_count": int, "date_created": int, "description": str,
        "dockerfile": str, "full_description": str, "is_official": bool,
        "is_private": bool, "is_trusted": bool, "name": str,
        "namespace": str, "owner": str, "repo_name": str, "repo_url": str,
        "star_count": int, "status": str}}

# keel: pkg/http/quay_webhook_trigger.go
QUAY = {"repository": str, "namespace": str, "name": str, "docker_url": str,
        "homepage": str, "updated_tags": [str]}

# CloudEvents 1.0: attributes are strings, names of small letters and digits
CLOUDEVENTS = {"specversion": str, "id": str, "source": str, "type": str,
               "subject": str, "time": Time, "datacontenttype": str,
               "data": {"registry": str, "repository": str, "tag": str,
                        "digest": str, "mediaType": str, "size": int,
                        "pusher": str, "number": int}}

SHAPES = {"distribution": DISTRIBUTION, "harbor": HARBOR,
          "docker_hub": DOCKER_HUB, "quay": QUAY, "cloudevents": CLOUDEVENTS}


@pytest.mark.parametrize("form", SHAPES)
def test_bodies_decode_strictly(world, form):
    """Of a push and of the test button."""
    sink = world.sink()
    hook = world.hook(sink.url, form=form)
    world.courier()
    world.push(world.app, "1", size=477)
    decode(SHAPES[form], sink.wait(1)[0].json)
    assert world.alice.post("%s/%d/test" % (world.hooks, hook["id"])
                            ).status == 202
    body = sink.wait(2)[1].json
    if form != "cloudevents":
        decode(SHAPES[form], body)
    assert body


def test_a_wrong_type_is_seen():
    good = {"type": "x", "occur_at": 1, "operator": "x", "event_data": {}}
    decode(HARBOR, good)
    for bad in (dict(good, occur_at=1.0), dict(good, occur_at="1"),
                dict(good, more=1), dict(good, event_data=[])):
        with pytest.raises(AssertionError):
            decode(HARBOR, bad)
