"""skopeo, podman and buildah, each with storage and logins of its own."""

import json
import subprocess
from pathlib import Path

from . import paths


class Failed(Exception):
    """A client ended with an error; its text."""


class Client:
    """One command line tool."""

    def __init__(self, house, program, *flags):
        self.dir = Path(house.dir, house.unique(Path(program).name))
        self.dir.mkdir()
        self.auth = self.dir / "auth.json"
        self.auth.write_text("{}")
        (self.dir / "policy.json").write_text(
            json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
        self._argv = [program, *flags]
        self._env = paths.environment(
            REGISTRY_AUTH_FILE=self.auth, HOME=self.dir,
            XDG_RUNTIME_DIR=self.dir, TMPDIR=self.dir)

    def run(self, *words, stdin=None):
        """Standard output; Failed where the exit status is not 0."""
        done = subprocess.run(
            [str(word) for word in (*self._argv, *words)], env=self._env,
            input=stdin, text=True, capture_output=True, timeout=300,
            cwd=self.dir)
        if done.returncode != 0:
            raise Failed("%s: %s" % (" ".join(map(str, words)), done.stderr))
        return done.stdout


class Skopeo(Client):
    """skopeo, against plain HTTP or a certificate it does not know."""

    def __init__(self, house):
        super().__init__(house, paths.SKOPEO, "--insecure-policy")

    def login(self, host, account, password):
        self.run("login", "--tls-verify=false", "-u", account,
                 "--password-stdin", host, stdin=password)

    def push(self, source, target, *flags):
        """From a layout (oci:DIRECTORY:NAME) to host/repository:tag."""
        self.run("copy", "--dest-tls-verify=false", *flags, source,
                 "docker://" + target)

    def pull(self, source, target, *flags):
        self.run("copy", "--src-tls-verify=false", *flags,
                 "docker://" + source, target)

    def copy(self, source, target, *flags):
        """From one repository to another."""
        self.run("copy", "--src-tls-verify=false", "--dest-tls-verify=false",
                 *flags, "docker://" + source, "docker://" + target)

    def raw_manifest(self, source):
        return self.run("inspect", "--tls-verify=false", "--raw",
                        "docker://" + source)

    def tags(self, source):
        return json.loads(self.run("list-tags", "--tls-verify=false",
                                   "docker://" + source))["Tags"]

    def delete(self, source):
        self.run("delete", "--tls-verify=false", "docker://" + source)


class Containers(Client):
    """What podman and buildah have in common: a store of vfs, which leaves no
    mounts behind."""

    def __init__(self, house, program, *flags):
        root = Path(house.dir, Path(program).name + "-store")
        super().__init__(
            house, program, "--root", root / "r", "--runroot", root / "rr",
            "--storage-driver", "vfs", *flags)
        self._policy = "--signature-policy=%s" % (self.dir / "policy.json")

    def login(self, host, account, password):
        self.run("login", "--tls-verify=false", "-u", account,
                 "--password-stdin", host, stdin=password)

    def push(self, name, target, *flags):
        self.run("push", "--tls-verify=false", self._policy, *flags, name,
                 "docker://" + target)

    def pull(self, source, *flags):
        """The id of the image."""
        return self.run("pull", "-q", "--tls-verify=false", self._policy,
                        *flags, source).strip()


class Podman(Containers):
    """podman; images only, no containers."""

    def __init__(self, house):
        super().__init__(house, paths.PODMAN, "--cgroup-manager", "cgroupfs",
                         "--events-backend", "file")

    def digest(self, name):
        return self.run("image", "inspect", "--format", "{{.Digest}}",
                        name).strip()


class Buildah(Containers):
    """buildah; nothing is run inside of what it builds."""

    def __init__(self, house):
        super().__init__(house, paths.BUILDAH)

    def build(self, name, files, architecture="amd64"):
        """An image from scratch with these files."""
        container = self.run("from", "scratch").strip()
        self.run("config", "--arch", architecture, "--os", "linux", container)
        for path, data in files.items():
            source = self.dir / "file"
            source.write_bytes(data)
            self.run("copy", "-q", container, source, path)
        self.run("commit", "-q", "--rm", self._policy, container, name)

    def push_all(self, name, target):
        """A manifest list and all of its images."""
        self.run("manifest", "push", "--all", "--tls-verify=false",
                 self._policy, name, "docker://" + target)
