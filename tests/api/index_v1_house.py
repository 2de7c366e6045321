"""The Index of the original protocol, asked request by request.

    v1 = V1Index(house, "alice")
    answer = v1.allocate("alice", "alice/app", IDS)
    v1.check("PUT", "alice/app/auth", answer)   # by its token: 200
"""

import json
import re

from index_house import IndexHouse
from testenv import shared_house
from testenv.client import basic

IDS = ["%064x" % n for n in (0xa1, 0xb2, 0xc3)]
SUM = "tarsum+sha256:" + "5" * 64
TOKEN = re.compile(
    r'signature=([A-Za-z0-9._-]+),repository="([^"]+)",access=(\w+)')


def images(*ids, checksum=None):
    return [dict({"id": one}, **({"checksum": checksum} if checksum else {}))
            for one in ids]


def token_of(answer):
    """(token, repository, access) of an answer; None where it has none."""
    value = answer.header("X-Docker-Token")
    if value is None:
        assert "Token signature" not in answer.header("WWW-Authenticate", "")
        return None
    assert answer.header("WWW-Authenticate") == "Token " + value
    return TOKEN.fullmatch(value).groups()


def by(answer):
    """The header with the token of an answer, as docker sends it back."""
    return [("Authorization", "Token " + answer.header("X-Docker-Token"))]


def error(answer, status, text=None):
    """The answer is a failure as this protocol has it."""
    assert answer.status == status, answer
    assert answer.header("Content-Type") == "application/json"
    body = answer.json()
    assert list(body) == ["error"] and isinstance(body["error"], str)
    assert text in (None, body["error"]), answer
    assert token_of(answer) is None
    if status == 401:
        assert answer.header("WWW-Authenticate") == (
            'Basic realm="auth required",Token')
    return True


class V1Index(IndexHouse):

    def headers(self, login=None, password=None, wants=True, **more):
        lines = [("X-Docker-Token", "true")] if wants else []
        if login is not None:
            lines += basic("%s:%s" % (
                login, password or self.password(login)))
        return lines + [(name.replace("_", "-"), value)
                        for name, value in more.items()]

    def call(self, method, path, login=None, body=None, headers=(), **how):
        """One request of an account; body: JSON, or bytes."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.client.request(
            method, "/v1/" + path, self.headers(login, **how) + list(headers),
            body)

    def allocate(self, login, name, ids=(), **how):
        return self.call("PUT", "repositories/%s/" % name, login, images(*ids),
                        **how)

    def images(self, name, login=None, **how):
        return self.call("GET", "repositories/%s/images" % name, login, **how)

    def finish(self, login, name, listed=(), **how):
        return self.call("PUT", "repositories/%s/images" % name, login,
                        list(listed), **how)

    def delete(self, login, name, **how):
        return self.call("DELETE", "repositories/%s/" % name, login, **how)

    def verify(self, name, header):
        """What a registry learns of its client's token: the statuses of GET
        images and of PUT auth."""
        return [self.client.request(
            method, "/v1/repositories/%s/%s" % (name, what), header).status
            for method, what in (("GET", "images"), ("PUT", "auth"))]


def shared_index(database_server, *logins, **how):
    """For a fixture of a module: yields the index, and checks the logs."""
    with shared_house(database_server) as house:
        yield V1Index(house, *logins, **how)
