"""One class a server.  Each is made by the House, which stops it again."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import threading
from pathlib import Path

from . import paths
from .client import Registry
from .process import (WAIT_SECONDS, Process, children, is_gone, listens,
                      wait_until)


_NOT_HERE = 75  # exit status of tools/chroot


def answers(socket_path):
    """Whether a process accepts on a unix socket."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(str(socket_path))
            return True
        except OSError:
            return False


def answers_port(port):
    with socket.socket() as s:
        try:
            s.connect(("127.0.0.1", port))
            return True
        except OSError:
            return False


def greets(socket_path):
    """Whether a database speaks first, as it does once it is ready."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(WAIT_SECONDS)
        try:
            s.connect(str(socket_path))
            return s.recv(1) != b""
        except OSError:
            return False


class Server:
    """What all have in common."""

    def __init__(self, house, name):
        self.house = house
        self.dir = Path(house.dir)
        self.name = house.unique(name)
        self.process = None

    def _start(self, argv, ready, env=None, log=None, kept=None):
        self.process = Process(
            self.name, argv, log or self.dir / (self.name + ".out"),
            env or paths.environment(), self.dir, kept)
        self.process.wait_ready(ready)
        return self

    @property
    def pid(self):
        return self.process.pid

    def workers(self):
        """The pids of its processes, old ones that finish as well."""
        return [p for p in children(self.pid) if not is_gone(p)]

    def is_running(self):
        return self.process is not None and self.process.is_alive()

    def stop(self):
        if self.process is not None:
            self.process.stop()

    def kill(self):
        """kill -9 of the server and all of its processes."""
        self.process.kill()

    def logs(self):
        """The files that the house reads when the test ends."""
        return [self.process.log] if self.process else []


class Nginx(Server):
    """nginx with our module, in the foreground of its own directory."""

    def __init__(self, house, conf, name="nginx", **environment):
        super().__init__(house, name)
        self.prefix = self.dir / self.name
        for sub in ("temp", "logs"):
            (self.prefix / sub).mkdir(parents=True)
        self.conf = self.prefix / "nginx.conf"
        self.error_log = self.prefix / "logs" / "error.log"
        self.access_log = self.prefix / "logs" / "access.log"
        self._env = paths.environment(**{**paths.preload(), **environment})
        self.configure(conf)

    def configure(self, conf):
        """Writes a configuration; reload() or start() makes it count."""
        self.conf.write_text(self.house.expand(conf, self))

    def argv(self, *more):
        return [paths.NGINX, "-p", str(self.prefix) + "/", "-c",
                str(self.conf), "-e", str(self.error_log), *more]

    def start(self):
        pid_file = self.prefix / "nginx.pid"
        pid_file.unlink(missing_ok=True)
        return self._start(
            self.argv("-g", "daemon off;"),
            lambda: pid_file.exists()
            and len(self.workers()) >= self._processes(), self._env)

    def test(self):
        """nginx -t: (exit status, what it says)."""
        run = subprocess.run(
            self.argv("-t", "-q"), env=self._env, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return run.returncode, run.stderr

    def _processes(self):
        """How many workers it is to have."""
        found = re.search(r"^\s*worker_processes\s+(\d+);",
                          self.conf.read_text(), re.MULTILINE)
        return int(found[1]) if found else 1

    def reload(self):
        """SIGHUP; returns when only new workers accept connections (old ones
        may finish what they have)."""
        before = set(self.workers())
        self.process.send(signal.SIGHUP)
        wait_until(lambda: set(self.workers()) - before, WAIT_SECONDS,
                   "nginx to start new workers")
        wait_until(lambda: not any(map(listens, before)), WAIT_SECONDS,
                   "old workers to accept nothing more")

    def client(self, port=8080, **how):
        """A Registry for the port that the configuration calls so."""
        return Registry(self.house.port(port), **how)

    def log_text(self):
        return self.error_log.read_text(errors="replace")

    def access_lines(self):
        return self.access_log.read_text(errors="replace").splitlines()

    def stop(self):
        if self.process is not None:
            self.process.stop(signal.SIGQUIT)

    def logs(self):
        return [p for p in (self.error_log, *super().logs()) if p.exists()]


class Program(Server):
    """One of our two, on a socket of the house."""

    def __init__(self, house, name, program, processes):
        super().__init__(house, name)
        self.socket = self.dir / (self.name + ".sock")
        self._argv = [paths.BUILD / program,
                      "--socket", self.socket,
                      "--processes", str(processes)]
        self._processes = processes
        self._listening = None

    def listen(self, backlog=4096):
        """From now on the socket is ours, as systemd's with socket units: it
        is handed over at each start, and open between them."""
        self._listening = socket.socket(socket.AF_UNIX)
        self.socket.unlink(missing_ok=True)
        self._listening.bind(str(self.socket))
        self._listening.listen(backlog)

    def _serve(self):
        """With descriptor 3 where the socket is handed over."""
        argv, kept = self._argv, None
        if self._listening is not None:
            kept = self._listening.fileno()
            argv = ["/bin/bash", "-c", "exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=$$"
                    ' exec "$0" "$@"' % kept, *argv]
        return self._start(
            argv, lambda: (self._listening or answers(self.socket))
            and len(self.workers()) >= self._processes, self._env, kept=kept)


class RegistryWorker(Program):
    """slipway-registry on registry.sock of the house."""

    def __init__(self, house, name="registry", processes=2,
                 program="slipway-registry", **settings):
        super().__init__(house, name, program, processes)
        self._env = paths.environment(**settings)

    def start(self):
        return self._serve()


class LayersWorker(Program):
    """slipway-registry serve-layers on layers.sock of the house."""

    def __init__(self, house, name="layers", processes=2,
                 program="slipway-registry", **settings):
        super().__init__(house, name, program, processes)
        self._argv.insert(1, "serve-layers")
        self._env = paths.environment(**settings)

    def start(self):
        return self._serve()


class SqlSession:
    """A client of a database that a test holds open."""

    def __init__(self, database):
        self._client = subprocess.Popen(
            database.server.client(database.name, "-N", "-B", "--unbuffered"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, sql):
        self._client.stdin.write(sql + "; SELECT 'done';\n")
        self._client.stdin.flush()
        while self._client.stdout.readline() != "done\n":
            pass

    def end(self):
        self._client.stdin.close()
        assert self._client.wait(60) == 0

    def abandon(self):
        """Where its server was killed."""
        self._client.kill()
        self._client.communicate()


class IndexWorker(Program):
    """slipway-index on index.sock of the house, with a database of its own
    and, where there is memcached, those servers."""

    def __init__(self, house, database, memcached=(), name="index",
                 processes=2, **settings):
        super().__init__(house, name, "slipway-index", processes)
        self.database = database
        secret = self.dir / (self.name + ".secret")
        self._write_secret(secret)
        self._env = paths.environment(
            SLIPWAY_SECRET_FILE=secret,
            SLIPWAY_MEMCACHED=",".join(m.address for m in memcached),
            **database.environment(), **settings)

    @staticmethod
    def _write_secret(path):
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write(secrets.token_hex(32) + "\n")

    def write_key(self):
        """The file of registry_verdict_key: verdict.key, or verdict-alpha.key
        of the index called alpha-index."""
        tenant = self.name.removesuffix("-index")
        name = "verdict.key" if tenant == self.name else (
            "verdict-%s.key" % tenant)
        path = self.dir / name
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write(self.command("verdict-key"))
        return path

    def command(self, *words, stdin="", is_checked=True, timeout=60):
        """Runs slipway-index with a subcommand; its standard output."""
        run = subprocess.run(
            [self._argv[0], *words], env=self._env, input=stdin, text=True,
            capture_output=True, timeout=timeout)
        if is_checked:
            assert run.returncode == 0, (words, run.stdout, run.stderr)
        return run.stdout

    def fails(self, *words, status=None):
        """What a subcommand that fails, with that status, prints to stderr."""
        run = subprocess.run([self._argv[0], *words], env=self._env, text=True,
                             capture_output=True, timeout=60)
        assert run.returncode != 0, (words, run.stdout, run.stderr)
        assert status in (None, run.returncode), (words, run.stderr)
        return run.stderr

    def add_account(self, login, password, *flags):
        self.command("account", "add", login, "--password-stdin", *flags,
                     stdin=password + "\n")

    def set_visibility(self, name, visibility):
        self.command("repository", "set-visibility", name, visibility)

    def start(self):
        self.command("migrate")
        self.write_key()
        return self._serve()


class Memcached(Server):
    """memcached on a unix socket, or on a port where there is one."""

    def __init__(self, house, name="memcached", port=None, megabytes=16):
        super().__init__(house, name)
        self._megabytes = megabytes
        self.socket = self.dir / (self.name + ".sock")
        self.number = house.port(port) if port else None
        self.address = ("127.0.0.1:%d" % self.number if port
                        else str(self.socket))

    def start(self):
        argv = ["/usr/bin/memcached", "-m", str(self._megabytes), "-t", "1",
                "-c", "256"]
        if os.getuid() == 0:
            argv += ["-u", "root"]
        if self.number:
            argv += ["-l", "127.0.0.1", "-p", str(self.number), "-U", "0"]
            return self._start(argv, lambda: answers_port(self.number))
        self.socket.unlink(missing_ok=True)
        return self._start(argv + ["-s", self.socket, "-a", "0770"],
                           lambda: answers(self.socket))

    def stop(self):
        # It has nothing to save, and SIGTERM takes it a second.
        if self.process is not None:
            self.process.stop(signal.SIGKILL)

    def ask(self, line):
        """One line of the text protocol; the answer up to its end."""
        kind = socket.AF_INET if self.number else socket.AF_UNIX
        place = ("127.0.0.1", self.number) if self.number else str(self.socket)
        with socket.socket(kind) as s:
            s.settimeout(WAIT_SECONDS)
            s.connect(place)
            s.sendall(line.encode("latin-1") + b"\r\n")
            text = b""
            while not text.endswith((b"END\r\n", b"OK\r\n", b"ERROR\r\n",
                                     b"STORED\r\n", b"DELETED\r\n",
                                     b"NOT_FOUND\r\n", b"RESET\r\n")
                                    ) and not text.startswith(b"ME "):
                piece = s.recv(65536)
                if not piece:
                    break
                text += piece
        return text.decode("latin-1")

    def flush(self):
        self.ask("flush_all")


class MariaDb(Server):
    """A private MariaDB, on a unix socket only unless more says otherwise, that
    forgets nothing while it runs and does not wait for the disk."""

    ACCESS = 3  # the column of EXPLAIN that says how a table is read
    HAS_WAITED = "time_ms > 200"  # of a row of the list of processes
    KNOWS_NOT_NULL = True  # says which columns of a result never are NULL

    _CONF = """[mariadbd]
datadir={dir}/data
socket={dir}/s
tmpdir={dir}
user={user}
skip-networking
skip-name-resolve
skip-log-bin
performance_schema=OFF
character-set-server=utf8mb4
collation-server=utf8mb4_bin
innodb_buffer_pool_size=16M
innodb_log_file_size=10M
innodb_flush_log_at_trx_commit=0
innodb_doublewrite=OFF
innodb_use_native_aio=OFF
key_buffer_size=64K
aria_pagecache_buffer_size=1M
query_cache_size=0
max_connections=100
"""

    def __init__(self, house, name="mariadb", more=""):
        """more: lines behind its configuration."""
        super().__init__(house, name)
        self._more = more
        self.home = self.dir / self.name
        self.socket = self.home / "s"
        self._user = subprocess.check_output(["id", "-un"], text=True).strip()
        self._count = 0

    def next_number(self):
        """For the names of databases."""
        self._count += 1
        return self._count

    def start(self):
        conf = self.home / "my.cnf"
        if not conf.exists():
            self.home.mkdir(exist_ok=True)
            conf.write_text(self._CONF.format(dir=self.home, user=self._user)
                            + self._more)
            made = subprocess.run(
                ["/usr/bin/mariadb-install-db", "--no-defaults",
                 "--user=" + self._user, "--datadir=%s/data" % self.home,
                 # Another server that starts clears the tmpdir of both.
                 "--tmpdir=%s" % self.home,
                 "--auth-root-authentication-method=normal", "--skip-test-db",
                 "--force", "--innodb-log-file-size=10M",
                 "--innodb-use-native-aio=0"],
                env=paths.environment(), text=True, capture_output=True)
            assert made.returncode == 0, made.stdout + made.stderr
        return self._start(
            ["/usr/sbin/mariadbd", "--defaults-file=%s" % conf],
            lambda: greets(self.socket))

    def client(self, database, *flags):
        """The command that reads SQL and runs it as root.  By a unix socket:
        the certificates of a test are unknown to it."""
        return ["/usr/bin/mariadb", "--no-defaults", "--skip-ssl", "-u", "root",
                *flags,
                "-S", str(self.socket), database]

    def _client(self, statements, database, *flags):
        run = subprocess.run(
            self.client(database, *flags), input=statements, text=True,
            capture_output=True, timeout=60, env=paths.environment())
        assert run.returncode == 0, run.stderr
        return run.stdout

    def sql(self, statements, database=""):
        """Runs SQL as root; the rows, split into columns."""
        text = self._client(statements, database, "-N", "-B")
        return [line.split("\t") for line in text.splitlines()]

    def sql_with_types(self, statements, database=""):
        """The same, as the client prints it with what it knows of columns."""
        return self._client(statements, database, "-t",
                            "--column-type-info")

    def logs(self):
        return []


def numbers(last):
    """A derived table with a column seq from 1 to last, in SQL that MariaDB and
    MySQL both have."""
    digits = "(%s)" % " UNION ALL ".join(
        "SELECT %d AS d" % digit for digit in range(10))
    places = "abcde"
    return "(SELECT 1 + %s AS seq FROM %s HAVING seq <= %d) AS numbers" % (
        " + ".join("%s.d * %d" % (place, 10 ** i)
                   for i, place in enumerate(places)),
        ", ".join("%s AS %s" % (digits, place) for place in places), last)


class MySql(MariaDb):
    """MySQL itself, of a chroot: Debian 12 has MariaDB alone.  The house is
    bound into it, so the socket and all data are in the house."""

    ACCESS = 4
    HAS_WAITED = "time >= 1"
    KNOWS_NOT_NULL = False  # not where it finds no row while it optimizes

    _FLAGS = ["--no-defaults", "--user=root", "--datadir=/srv/data",
              "--tmpdir=/srv/tmp", "--innodb-buffer-pool-size=32M"]
    _SERVES = ["--socket=/srv/s", "--skip-networking", "--skip-name-resolve",
               "--mysqlx=OFF", "--skip-log-bin", "--performance-schema=OFF",
               "--secure-file-priv=NULL", "--character-set-server=utf8mb4",
               "--collation-server=utf8mb4_bin",
               "--innodb-flush-log-at-trx-commit=0",
               "--innodb-doublewrite=OFF"]
    _MOUNTED = """mount --bind "$1" "$0/srv"
        shift
        exec chroot "$0" /usr/sbin/mysqld "$@"
    """

    def __init__(self, house, root, name="mysql", flags=()):
        """root: the chroot, of mysql_root().  flags: more, at the end."""
        super().__init__(house, name)
        self._root = root
        self._more_flags = flags

    def _inside(self, *flags):
        """mysqld in a mount namespace of its own, which goes with it."""
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-euc",
                self._MOUNTED, self._root, str(self.home), *self._FLAGS,
                *flags]

    def start(self):
        if not self.home.exists():
            (self.home / "tmp").mkdir(parents=True)
            made = subprocess.run(
                self._inside("--initialize-insecure"), text=True,
                env=paths.environment(), capture_output=True)
            assert made.returncode == 0, made.stdout + made.stderr
        return self._start(self._inside(*self._SERVES, *self._more_flags),
                           lambda: greets(self.socket))


def mysql_root():
    """(directory, None), or (None, reason) where there is none."""
    made = subprocess.run(
        [paths.TOP / "tools" / "chroot", "mysql", "sid", "mysql-server-core"],
        text=True, stdin=subprocess.DEVNULL, capture_output=True)
    if made.returncode == 0:
        return made.stdout.strip(), None
    reason = (made.stderr.strip() or "tools/chroot failed").splitlines()[-1]
    assert made.returncode == _NOT_HERE, reason
    return None, reason


class Database:
    """An empty database of a server that several tests share."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        server.sql("CREATE DATABASE `%s`" % name)

    def sql(self, statements):
        return self.server.sql(statements, self.name)

    @contextlib.contextmanager
    def held(self, select):
        """While another transaction holds the rows of a SELECT ... FOR UPDATE,
        which are there."""
        holder = threading.Thread(target=self.sql, args=(
            "START TRANSACTION; %s; DO SLEEP(60); ROLLBACK" % select,))
        holder.start()

        def sleeper():
            return self.sql("SELECT id FROM information_schema.processlist"
                            " WHERE info = 'DO SLEEP(60)' AND db = '%s'"
                            % self.name)
        try:
            number = wait_until(sleeper, WAIT_SECONDS, "the lock")[0][0]
            yield
        finally:
            self.sql("KILL QUERY %s" % number)
            holder.join()

    def environment(self):
        return {"SLIPWAY_DB_SOCKET": self.server.socket,
                "SLIPWAY_DB_NAME": self.name,
                "SLIPWAY_DB_USER": "root"}

    def drop(self):
        self.server.sql("DROP DATABASE `%s`" % self.name)


class DockerRegistry(Server):
    """Debian's docker-registry 2.8.2, the peer, on a directory."""

    _CONF = """version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}", secret: test}}
"""

    def __init__(self, house, root, port=8900, name="docker-registry",
                 conf=None):
        super().__init__(house, name)
        self.number = house.port(port)
        self._conf = self.dir / (self.name + ".yml")
        self._conf.write_text(conf or self._CONF.format(
            root=root, port=self.number))

    def start(self):
        return self._start(["/usr/bin/docker-registry", "serve", self._conf],
                           lambda: answers_port(self.number))

    def client(self):
        return Registry(self.number)

    def collect(self, *flags):
        """registry garbage-collect; the digests it would remove or removed.
        Like its manual says, nothing is to be written meanwhile."""
        run = subprocess.run(
            ["/usr/bin/docker-registry", "garbage-collect", *flags,
             self._conf], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        words = "blob eligible for deletion: "
        return {line.split(words)[1].strip()
                for line in run.stdout.splitlines() if words in line}


class Dockerd(Server):
    """A docker engine started by hand: no bridge, no firewall rules."""

    def __init__(self, house, name="dockerd", driver="overlay2"):
        super().__init__(house, name)
        self.home = self.dir / self.name
        (self.home / "config").mkdir(parents=True)
        (self.home / "daemon.json").write_text("{}")
        self.socket = self.home / "s"
        self._argv = [
            "/usr/sbin/dockerd", "--config-file=%s/daemon.json" % self.home,
            "--data-root=%s/root" % self.home,
            "--exec-root=%s/exec" % self.home,
            "--pidfile=%s/pid" % self.home, "-H", "unix://%s" % self.socket,
            "--storage-driver=" + driver, "--bridge=none",
            "--iptables=false", "--ip6tables=false", "--ip-forward=false",
            "--ip-masq=false", "--userland-proxy=false",
            "--insecure-registry=127.0.0.0/8"]

    def start(self):
        return self._start(self._argv, lambda: self._run("info")[0] == 0)

    def _run(self, *words, stdin=None):
        run = subprocess.run(
            [paths.DOCKER, "-H", "unix://%s" % self.socket, *words],
            env=paths.environment(DOCKER_CONFIG=self.home / "config"),
            input=stdin, capture_output=True, timeout=300)
        return run.returncode, run.stdout, run.stderr.decode(errors="replace")

    def docker(self, *words, stdin=None):
        """Runs the docker client; its standard output."""
        code, out, error = self._run(*words, stdin=stdin)
        assert code == 0, "docker %s: %s" % (" ".join(words), error)
        return out.decode(errors="replace")

    def stop(self):
        super().stop()
        for mount in ("root", "root/overlay2"):
            subprocess.run(["umount", "-q", str(self.home / mount)],
                           stderr=subprocess.DEVNULL, check=False)

    def logs(self):
        return []  # its warnings are its own
