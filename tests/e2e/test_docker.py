"""A real docker engine: login, push, pull, delete."""

import io
import json
import os
import tarfile

import pytest


def _reason():
    if os.getuid() != 0:
        return "dockerd needs root"
    if not os.path.exists("/usr/sbin/dockerd"):
        return "dockerd is not installed (package docker.io)"
    return None


@pytest.fixture
def dockerd(house):
    reason = _reason()
    if reason is not None:
        pytest.skip(reason)
    try:
        return house.dockerd()
    except RuntimeError as e:
        pytest.skip("dockerd does not start here: %s" % str(e)[-300:])


@pytest.fixture
def docker(setup, dockerd):
    if setup.is_indexed:
        dockerd.docker("login", "-u", setup.account, "--password-stdin",
                       setup.host, stdin=setup.password.encode())
    return dockerd.docker


def _archive(**files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _image(docker, name, data=b"hello\n" * 5000):
    """Imports an image of one layer; its id."""
    return docker("import", "-c", 'CMD ["/hello"]', "-", name,
                  stdin=_archive(hello=data)).strip()


def test_push_and_pull(setup, docker):
    target = setup.repository("app") + ":1"
    image = _image(docker, target, os.urandom(300000))
    docker("push", "-q", target)
    docker("rmi", target)
    docker("pull", "-q", target)
    assert docker("image", "inspect", "-f", "{{.Id}}",
                  target).strip() == image


def test_layers_are_mounted(setup, docker):
    first = setup.repository("one") + ":1"
    second = setup.repository("two") + ":1"
    _image(docker, first)
    docker("push", "-q", first)
    docker("tag", first, second)
    assert "Mounted from" in docker("push", second)


def test_pull_by_digest_and_delete(setup, docker):
    target = setup.repository("gone") + ":1"
    _image(docker, target)
    docker("push", "-q", target)
    digest = docker("image", "inspect", "-f", "{{index .RepoDigests 0}}",
                    target).strip().split("@")[1]
    docker("rmi", "-f", target)
    docker("pull", "-q", "%s@%s" % (setup.repository("gone"), digest))
    client = setup.client("repository:admin/gone:pull,push,delete")
    path = "/v2/admin/gone/manifests/"
    assert client.delete(path + digest).status == 202
    assert client.get(path + "1").status == 404
    with pytest.raises(AssertionError, match="not found|unknown"):
        docker("pull", target)


def test_multi_arch(setup, docker):
    """Two images and a manifest list of them, as `docker manifest` does."""
    parts = []
    for arch in ("amd64", "arm64"):
        name = setup.repository("multi") + ":" + arch
        _image(docker, name, arch.encode())
        docker("push", "-q", name)
        parts.append(name)
    whole = setup.repository("multi") + ":all"
    docker("manifest", "create", "--insecure", whole, *parts)
    docker("manifest", "annotate", "--arch", "arm64", whole, parts[1])
    docker("manifest", "push", whole)
    found = setup.client("repository:admin/multi:pull").manifest(
        "admin/multi", "all")
    assert len(found.json()["manifests"]) == 2
    docker("pull", "-q", whole)


def test_anonymous_pull(indexed, dockerd):
    docker = dockerd.docker
    docker("login", "-u", "admin", "--password-stdin", indexed.host,
           stdin=indexed.password.encode())
    target = indexed.repository("open") + ":1"
    _image(docker, target)
    docker("push", "-q", target)
    docker("rmi", target)
    docker("logout", indexed.host)
    with pytest.raises(AssertionError):
        docker("pull", "-q", target)
    indexed.index.set_visibility("admin/open", "public")
    docker("pull", "-q", target)


def test_login_is_refused(indexed, dockerd):
    with pytest.raises(AssertionError, match="unauthorized|denied|incorrect"):
        dockerd.docker("login", "-u", "admin", "--password-stdin",
                       indexed.host, stdin=b"wrong")


def test_login_keeps_a_token(indexed, dockerd):
    """With a refresh token docker keeps no password."""
    dockerd.docker("login", "-u", "admin", "--password-stdin", indexed.host,
                   stdin=indexed.password.encode())
    kept = json.loads((dockerd.home / "config" / "config.json").read_text())
    entry = kept["auths"][indexed.host]
    assert "identitytoken" in entry or "auth" in entry
