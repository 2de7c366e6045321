"""Pulls are counted in nginx's memory, and reach the receivers of events in
batches (docs/events.md, "Pulls")."""

import json
import os
import re
import signal
import time
import uuid
from pathlib import Path

import pytest

from testenv import images
from testenv.events import Deliverer, Receiver, spool, spooled
from testenv.process import WAIT_SECONDS, wait_until

CONF = """
    %%%%GLOBALS%%%%
    worker_processes 2;
    events {}
    http {
        %%%%GLOBALS_HTTP%%%%
        %s
        server {
            listen 127.0.0.1:8500 reuseport;
            location /v2/ {
                registry       on;
                registry_root  %%%%DIR%%%%/store;
                fastcgi_pass   unix:%%%%DIR%%%%/registry.sock;
                include        %%%%CONF%%%%/registry_params;
                registry_events on;
                registry_pulls on;
            }
            location /metrics {
                registry_metrics;
            }
        }
    }"""
SHORT = "registry_pulls_interval 100ms;"
NEVER = "registry_pulls_interval 1h;"


def told(house, http=SHORT):
    house.worker = house.registry_worker(processes=2)
    house.front = house.nginx(CONF % http)
    return house.front.client(8500)


@pytest.fixture
def client(house):
    return told(house)


@pytest.fixture
def receiver(house):
    made = Receiver(house).start()
    yield made
    made.stop()


def deliver(house, receiver, *flags, **how):
    return house.keep(Deliverer(house, receiver.url, "--ignore-actions",
                                "push", "--batch", "100", *flags, **how))


def pulls(events):
    """{(repository, tag or digest): pulls} of all events that are pulls."""
    found = {}
    for event in events:
        if event["action"] == "pull":
            target = event["target"]
            key = (target["repository"],
                   target.get("tag") or target["digest"])
            found[key] = found.get(key, 0) + event["count"]
    return found


def metric(house, name):
    text = house.front.client(8500).get("/metrics").body.decode()
    return int(re.search(r"^slipway_%s (\d+)$" % name, text, re.M)[1])


def wait_for(receiver, expected):
    wait_until(lambda: pulls(receiver.events) == expected, WAIT_SECONDS,
               "the pulls %r" % expected)


def batches(house):
    return sorted(p.name for p in spool(house).glob("pulls-*"))


def test_what_is_a_pull(client, house, receiver):
    """Only a whole manifest that was asked for by GET."""
    image = images.Image(seed="what")
    client.push_image("app", "1", image)
    digest = image.manifest.digest
    accept = [("Accept", image.manifest.media_type)]
    path = "/v2/app/manifests/"
    for _ in range(3):
        assert client.get(path + "1", accept).status == 200
    assert client.get(path + digest, accept).status == 200
    for answer, status in (
            (client.head(path + "1", accept), 200),
            (client.get(path + "1", accept + [("If-None-Match", digest)]),
             304),
            (client.get(path + "1", accept + [("Range", "bytes=0-9")]), 206),
            (client.get(path + "2", accept), 404),
            (client.get("/v2/app/tags/list"), 200),
            (client.get("/v2/app/blobs/" + images.sha256(image.blobs()[0])),
             200)):
        assert answer.status == status, answer
    before = int(time.time()) - 60
    deliver(house, receiver)
    wait_for(receiver, {("app", "1"): 3, ("app", digest): 1})
    assert metric(house, "pulls_total") == 4
    assert metric(house, "pulls_waiting") == 0
    for event in pulls_of(receiver):
        assert set(event) == {"id", "timestamp", "action", "count", "target",
                              "request", "actor", "source"}
        uuid.UUID(event["id"])
        assert event["request"] == event["actor"] == {}
        stamp = time.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
        assert before < __import__("calendar").timegm(stamp) <= time.time()


def pulls_of(receiver):
    return [e for e in receiver.events if e["action"] == "pull"]
