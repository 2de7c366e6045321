"""The house of one test: a directory, ports, servers, and a check of the logs."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
from pathlib import Path

import pytest

from . import paths
from .ports import Port
from .servers import (Database, DockerRegistry, Dockerd, IndexWorker,
                      LayersWorker,
                      MariaDb, Memcached, MySql, Nginx, RegistryWorker,
                      mysql_root)

# What no log may hold when a test ends.
_BAD = re.compile(r"\[(alert|crit|emerg)\]|Sanitizer|runtime error:|"
                  r"Segmentation fault|(killed by|on) signal \d|"
                  r"ended by signal (?!9\b)\d|process \d+ ended with status")
_PORT = re.compile(r"\b127\.0\.0\.1:(8\d{3})\b")

_TAIL_LINES = 40  # of a log, shown when a test failed

_EXAMPLE = (
    (r"^load_module .*;$", "%%GLOBALS%%"),
    (r"^(user|error_log) .*;$", ""),
    (r"^http \{$", "http {\n%%GLOBALS_HTTP%%"),
    (r"\bregistry_realm( +)https://registry\.\S+;", r"registry_realm\1%%REALM%%;"),
    (r"\blisten( +)5000\b", r"listen\g<1>127.0.0.1:8500"),
    (r"\blisten( +)5001\b", r"listen\g<1>127.0.0.1:8600"),
    (r"\blisten( +)443\b", r"listen\g<1>127.0.0.1:8443"),
    (r"\binclude( +)(\w)", r"include\1%%CONF%%/\2"),
    (r"/var/lib/registry", "%%DIR%%/store"),
    (r"/run/slipway/\w+", "%%DIR%%"),
    (r"/var/log/nginx", "%%DIR%%"),
    (r"/etc/ssl/\w+/registry\.example", "%%DIR%%/tls"),
    (r"/etc/slipway", "%%DIR%%"),
)


class House:
    """Everything in it ends with close()."""

    def __init__(self, database_server=None, parent="/tmp"):
        # Short, because a socket's path may have 107 bytes.
        self.dir = tempfile.mkdtemp(prefix="sw-", dir=parent)
        os.chmod(self.dir, 0o755)
        self._database_server = database_server  # a function that starts it
        self._databases = []
        self._servers = []
        self._mariadb = self._mysql = None
        self._ports = {}
        self._names = set()
        self._expected = []
        self._read_to = {}  # how far the logs were read, by their paths

    # --- what a test says --------------------------------------------------

    def port(self, name=None):
        """The free port that stands for 8xxx; without a name, a new one."""
        if name is None:
            name = "unnamed %d" % len(self._ports)
        if name not in self._ports:
            self._ports[name] = Port()
        return self._ports[name].number

    def expect(self, pattern):
        """Lines of the logs that match are meant to be there."""
        self._expected.append(re.compile(pattern))

    def unique(self, name):
        """A name for files that nothing else in the house has."""
        wanted, count = name, 1
        while wanted in self._names:
            count += 1
            wanted = "%s%d" % (name, count)
        self._names.add(wanted)
        return wanted

    def expand(self, conf, nginx):
        """A configuration with paths and ports filled in."""
        conf = textwrap.dedent(conf)
        conf = conf.replace("%%GLOBALS_HTTP%%", self._globals_http(nginx))
        conf = conf.replace("%%GLOBALS%%", self._globals(nginx))
        conf = conf.replace("%%DIR%%", self.dir)
        conf = conf.replace("%%CONF%%", str(paths.CONF))
        return _PORT.sub(
            lambda found: "127.0.0.1:%d" % self.port(int(found[1])), conf)

    @staticmethod
    def _globals(nginx):
        lines = ["load_module %s;" % paths.MODULE,
                 "pid %s/nginx.pid;" % nginx.prefix,
                 "error_log %s info;" % nginx.error_log]
        if os.getuid() == 0:
            lines.append("user root;")
        return "\n".join(lines)

    @staticmethod
    def _globals_http(nginx):
        lines = ["access_log %s;" % nginx.access_log]
        for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi"):
            lines.append("%s_temp_path %s/temp/%s;" % (
                kind, nginx.prefix, kind))
        return "\n".join(lines)

    def example(self, name, more="", edit=lambda conf: conf, v1=False, **how):
        """nginx with an example of conf/: its real paths and ports become
        those of the house, 5000 port(8500), 5001 port(8600) and 443
        port(8443).  more: what follows registry_params; edit: changes the
        whole text at the end; v1: with the original protocol."""
        conf = (paths.CONF / name).read_text()
        if v1:
            conf = re.sub(r"# include (v1_\w+);",
                          lambda found: (paths.CONF / found[1]).read_text(),
                          conf)
        conf = re.sub(r"(?<=registry_params;)", more, conf)
        realm = ("https://127.0.0.1:8443" if "ssl_certificate" in conf
                 else "http://127.0.0.1:8500") + "/token"
        for old, new in _EXAMPLE:
            conf = re.sub(old, new, conf, flags=re.MULTILINE)
        conf = conf.replace("%%REALM%%", realm)
        return self.nginx(edit(conf), **how)

    def certificate(self):
        """tls.key and tls.pem for 127.0.0.1; the latter's path."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             "/CN=registry.example", "-addext",
             "subjectAltName=DNS:registry.example,IP:127.0.0.1",
             "-keyout", self.dir + "/tls.key", "-out", self.dir + "/tls.pem"],
            check=True, capture_output=True)
        return self.dir + "/tls.pem"

    # --- servers -----------------------------------------------------------

    def keep(self, server):
        """Starts a server and stops it when the test ends."""
        self._servers.append(server)
        return server.start()

    def nginx(self, conf, **how):
        return self.keep(Nginx(self, conf, **how))

    def registry_worker(self, **how):
        return self.keep(RegistryWorker(self, **how))

    def layers_worker(self, **how):
        return self.keep(LayersWorker(self, **how))

    def memcached(self, **how):
        return self.keep(Memcached(self, **how))

    def mariadb(self):
        """A MariaDB of the house's own, started when it is first asked for."""
        if self._mariadb is None:
            self._mariadb = self.keep(MariaDb(self))
        return self._mariadb

    def mysql(self):
        """The same of MySQL; skips the test where it cannot be had."""
        if self._mysql is None:
            root, reason = mysql_root()
            if root is None:
                pytest.skip("no MySQL: " + reason)
            self._mysql = self.keep(MySql(self, root))
        return self._mysql

    def database(self):
        """An empty database of the session's MariaDB."""
        server = self._database_server()
        name = "t%d_%d" % (os.getpid(), server.next_number())
        self._databases.append(Database(server, name))
        return self._databases[-1]

    def index_worker(self, database=None, memcached=(), **how):
        return self.keep(IndexWorker(
            self, database or self.database(), memcached, **how))

    def standalone(self):
        """conf/standalone.conf and its worker; the nginx."""
        self.registry_worker()
        return self.example("standalone.conf")

    def with_index(self):
        """conf/index.conf and all that it needs; (nginx, index)."""
        self.registry_worker()
        index = self.index_worker(memcached=[self.memcached()])
        return self.example("index.conf"), index

    def docker_registry(self, root, **how):
        return self.keep(DockerRegistry(self, root, **how))

    def dockerd(self, **how):
        return self.keep(Dockerd(self, **how))

    # --- the end -----------------------------------------------------------

    def problems(self):
        """Stops everything; what was wrong, as lines."""
        found = []
        for server in reversed(self._servers):
            try:
                server.stop()
            except AssertionError as problem:
                found.append(str(problem))
        found += self.look()
        for database in self._databases:
            database.drop()
        for port in self._ports.values():
            port.release()
        return found

    def look(self):
        """The bad lines that the logs gained since the last look."""
        return [line for server in self._servers for log in server.logs()
                for line in self._bad_lines(log)]

    def tails(self):
        """The last lines of every log, for the report of a test that
        failed."""
        parts = []
        for server in self._servers:
            for log in server.logs():
                lines = Path(log).read_text(errors="replace").splitlines()
                parts.append("--- %s" % log)
                parts += lines[-_TAIL_LINES:]
        return "\n".join(parts)

    def _bad_lines(self, log):
        with open(log, errors="replace") as lines:
            lines.seek(self._read_to.get(log, 0))
            text = lines.read()
            self._read_to[log] = lines.tell()
        return ["%s: %s" % (log, line) for line in text.splitlines()
                if _BAD.search(line)
                and not any(e.search(line) for e in self._expected)]

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


@contextlib.contextmanager
def shared_house(database_server=None, parent="/tmp"):
    """A house of several tests, for a fixture of a module or a session; what
    its servers logged is judged at the end."""
    house = House(database_server, parent)
    try:
        yield house
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)
