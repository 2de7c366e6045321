"""The two setups in which every client is tried."""

import shutil

import pytest

from testenv import images


class Setup:
    """Where a client pushes, and as whom."""

    account = "admin"
    password = "correct horse"

    def __init__(self, house, is_indexed):
        self.is_indexed = is_indexed
        self.index = None
        if is_indexed:
            self.nginx, self.index = house.with_index()
            self.index.add_account(self.account, self.password, "--admin")
        else:
            self.nginx = house.standalone()
        self.host = "127.0.0.1:%d" % house.port(8500)

    def login(self, client):
        if self.is_indexed:
            client.login(self.host, self.account, self.password)

    def client(self, *scopes):
        """A raw client that may do what the scopes say."""
        raw = self.nginx.client(8500)
        if not self.is_indexed:
            return raw
        return raw.login(scopes, self.account, self.password)

    def repository(self, name):
        """host/admin/name"""
        return "%s/%s/%s" % (self.host, self.account, name)


@pytest.fixture(params=["standalone", "index"])
def setup(request, house):
    return Setup(house, request.param == "index")


@pytest.fixture
def indexed(house):
    return Setup(house, True)


@pytest.fixture
def layout(house, tmp_path):
    """Makes an image layout; (skopeo's name for it, the top manifest)."""
    def make(name, *built):
        directory = tmp_path / name
        top = images.write_layout(directory, "it", built)
        return "oci:%s:it" % directory, top
    yield make
    shutil.rmtree(tmp_path, ignore_errors=True)
