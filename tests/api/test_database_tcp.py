"""A database that is reached by TCP, with and without TLS."""

from pathlib import Path

import pytest

from testenv import MariaDb
from testenv.servers import Database
from testenv.token_server import Signer, pem

PASSWORD = "a password of the database"
# Not 127.0.0.1, whose name some versions of the client library do not compare
# with that of the certificate.
HOST = "127.0.0.2"
NETWORK = """
skip-networking=OFF
bind-address=127.0.0.2
port=%d
"""
TLS = """
ssl_cert=%(dir)s/server.pem
ssl_key=%(dir)s/server.key
"""
# Since 11.4 a server makes a certificate of its own.
NO_TLS = """
skip-ssl
"""


class Remote(Database):
    """A database for the user slipway, who comes by TCP."""

    def __init__(self, house, tls=True, name=HOST):
        self.house = house
        self.port = house.port(8600)
        self.authority = Signer("P-256")
        self._certificates(name)
        server = house.keep(MariaDb(house, more=NETWORK % self.port + (
            TLS % {"dir": house.dir} if tls else NO_TLS)))
        super().__init__(server, "slipway")
        self.ca = None
        server.sql("CREATE USER slipway@127.0.0.1 IDENTIFIED BY '%s'%s;"
                   "GRANT ALL ON slipway.* TO slipway@127.0.0.1" % (
                       PASSWORD, " REQUIRE SSL" if tls else ""))

    def _certificates(self, name):
        root = self.authority.certificate("root", is_ca=True)
        server = Signer()
        self._write("ca.pem", pem(root))
        self._write("other.pem", pem(Signer("P-256").certificate(
            "other", is_ca=True)))
        self._write("server.pem", pem(server.certificate(
            "server", issuer=(self.authority, root), addresses=[name])))
        self._write("server.key", server.pem())
        self._write("password", PASSWORD.encode() + b"\n")

    def _write(self, name, data):
        path = Path(self.house.dir, name)
        path.write_bytes(data)
        path.chmod(0o600)

    def environment(self):
        found = {"SLIPWAY_DB_HOST": HOST,
                 "SLIPWAY_DB_PORT": str(self.port),
                 "SLIPWAY_DB_NAME": self.name,
                 "SLIPWAY_DB_USER": "slipway",
                 "SLIPWAY_DB_PASSWORD_FILE": self.house.dir + "/password"}
        if self.ca:
            found["SLIPWAY_DB_TLS_CA"] = self.house.dir + "/" + self.ca
        return found


def use(house, database):
    """An index makes its schema and an account there."""
    index = house.index_worker(database)
    index.add_account("alice", "alicealice")
    assert index.command("account", "list").split()[0] == "alice"


def test_plain(house):
    use(house, Remote(house, tls=False))


def test_tls(house):
    """The user may only come encrypted."""
    database = Remote(house)
    database.ca = "ca.pem"
    use(house, database)


# What is wrong, and the words of the log.
WRONG = {
    "another authority": (dict(), "other.pem", "certificate"),
    "another host": (dict(name="127.0.0.3"), "ca.pem",
                     "certificate|verification"),
    "no TLS there": (dict(tls=False), "ca.pem", "SSL"),
    "no TLS here": (dict(), None, "Access denied"),
}


@pytest.mark.parametrize("what", WRONG)
def test_refused(house, what):
    how, ca, words = WRONG[what]
    database = Remote(house, **how)
    database.ca = ca
    with pytest.raises(AssertionError, match=words):
        use(house, database)
