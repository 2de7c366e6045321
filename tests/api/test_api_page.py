"""The examples of docs/api.md, run by bash as they stand there."""

import json
import re
import subprocess

import pytest

from testenv import House, paths
from testenv.mirror import Mirror, push

PASSWORD = "alice-password"


def examples():
    """{title: what stands in its blocks}, of the numbered chapters."""
    text = (paths.TOP / "docs" / "api.md").read_text()
    found = {}
    for title, chapter in re.findall(r"^### \d+\. ([^\n]+)\n(.*?)(?=^##)", text,
                                     re.M | re.S):
        lines = [line[4:] for line in chapter.splitlines()
                 if line.startswith("    ") or not line]
        found[title] = "\n".join(lines)
    return found


EXAMPLES = examples()


@pytest.fixture(scope="module")
def site(database_server):
    """(the index, a function that runs an example in a directory of its own,
    as a person with a home who trusts the certificate)"""
    house = House(database_server)
    try:
        authority = house.certificate()
        index = house.index_worker(memcached=[house.memcached()])
        nginx = house.example("tls.conf")
        index.command("account", "add", "alice", "--password-stdin",
                      stdin=PASSWORD + "\n")
        mirror = Mirror(index, nginx.client(8085))
        for n in range(2):
            mirror.take(push("alice/app", n, "latest", "alice"))
        home = house.dir + "/home"
        port = house.port(8443)
        subprocess.run(["mkdir", home], check=True)
        with open(home + "/.curlrc", "w") as f:
            f.write("cacert = %s\nconnect-to = registry.example:443:127.0.0.1:%d\n"
                    % (authority, port))
        with open(home + "/.netrc", "w") as f:
            f.write("machine registry.example login alice password %s\n"
                    % PASSWORD)

        def run(title, directory):
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", EXAMPLES[title]],
                cwd=directory, text=True, capture_output=True, timeout=60,
                env={"HOME": home, "PATH": "/usr/bin:/bin",
                     "password": PASSWORD})
            assert done.returncode == 0, (title, done.stdout, done.stderr)
            return done.stdout
        yield index, run
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def test_there_are_five_at_least():
    assert len(EXAMPLES) >= 5
    tested = set(re.findall(r'run\("([^"]+)"', open(__file__).read()))
    assert tested == set(EXAMPLES)


def test_read(site, tmp_path):
    _, run = site
    said = run("Read", tmp_path)
    for part in ('"login":"alice"', '"name":"alice/app"', '"name":"latest"',
                 '"began_at"'):
        assert part in said


def test_describe(site, tmp_path):
    index, run = site
    made = json.loads(run("Describe a repository", tmp_path))
    assert made["description"] == "An app"
    [shown] = index.command("repository", "show", "alice/app",
                            "--json").splitlines()
    assert json.loads(shown)["topics"] == ["web"]


def test_robot(site, tmp_path):
    index, run = site
    run("A robot for a build server", tmp_path)
    assert re.fullmatch(r"slr_\w{36}\n", (tmp_path / "ci.secret").read_text())
    robot = json.loads(index.command("robot", "show", "alice", "ci", "--json"))
    assert robot["is_disabled"] and robot["expires_at"] is not None


def test_webhook(site, tmp_path):
    index, run = site
    assert run("A webhook", tmp_path).endswith("ping\tdue\t0\n")
    hook = json.loads((tmp_path / "hook.json").read_text())
    assert hook["secret"].startswith("whsec_")
    assert "https://ci.example/hook" in index.command(
        "webhook", "list", "alice/app")


def test_audit(site, tmp_path):
    index, run = site
    run("Keep the audit log", tmp_path)
    kept = [json.loads(line) for line in
            (tmp_path / "audit.jsonl").read_text().splitlines()]
    listed = [json.loads(line) for line in index.command(
        "audit", "list", "--actor", "alice", "--json").splitlines()]
    assert kept == listed[::-1]


def test_browser(site, tmp_path):
    index, run = site
    assert '"login":"alice"' in run("Log in as a browser does, and log out",
                                    tmp_path)
    assert index.command("session", "list", "alice") == ""
