"""docker search and podman search, against a registry with accounts."""

import pytest

from testenv.clients import Podman

from test_docker import dockerd  # noqa: F401, pylint: disable=unused-import

FORMAT = "{{.Name}} {{.Stars}}"


@pytest.fixture
def filled(indexed):
    """admin/open is public, admin/closed is private; both were pushed."""
    index = indexed.index
    for name in ("open-tool", "closed-tool"):
        index.set_visibility("admin/" + name, "private")
        index.database.sql("UPDATE repository SET is_stored = TRUE"
                           " WHERE name = 'admin/%s'" % name)
    index.set_visibility("admin/open-tool", "public")
    index.command("search", "rebuild")
    return indexed


def _podman(client, setup, words):
    out = client.run("search", "--tls-verify=false", "--format", FORMAT,
                     "%s/%s" % (setup.host, words))
    return sorted(out.splitlines())


def test_podman_sees_what_is_public(filled, house):
    """It never authenticates here, logged in or not."""
    podman = Podman(house)
    wanted = ["%s/admin/open-tool 0" % filled.host]
    assert _podman(podman, filled, "tool") == wanted
    assert _podman(podman, filled, "zzz") == []
    filled.login(podman)
    assert _podman(podman, filled, "too") == wanted


def test_docker_before_and_after_login(filled, dockerd):  # noqa: F811
    def search(words, *flags):
        out = dockerd.docker(
            "search", "--format", "{{.Name}} {{.StarCount}}", *flags,
            "%s/%s" % (filled.host, words))
        return sorted(line.removeprefix(filled.host + "/")
                      for line in out.splitlines())

    assert search("tool") == ["admin/open-tool 0"]
    dockerd.docker("login", "-u", filled.account, "--password-stdin",
                   filled.host, stdin=filled.password.encode())
    assert search("tool") == ["admin/closed-tool 0", "admin/open-tool 0"]
    assert len(search("tool", "--limit", "1")) == 1
    assert search("tool", "--filter", "stars=3") == []
    assert search("zzz") == []
