"""make start, status, stop: tools/slipway-run on a state directory."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from testenv import Registry, images, paths
from testenv.process import is_gone, wait_until
from testenv.run import Run
from testenv.v1 import V1Client
from testenv.v1_images import chain_1_6

pytestmark = pytest.mark.skipif(
    paths.IS_ASAN, reason="a private run does not preload sanitizers")


@pytest.fixture
def run(house):
    it = Run(house)
    yield it
    it("stop")


SCOPE = "repository:admin/app:pull,push"


def test_start_push_stop(run):
    code, said = run("start")
    assert code == 0, said
    assert "docker login" in said and "docker push" in said
    assert run.password() not in said
    mode = os.stat(run.state + "/admin-password").st_mode
    assert stat.S_IMODE(mode) == 0o600
    image = images.Image()
    run.client(SCOPE).push_image("admin/app", "1", image)
    code, said = run("status")
    assert code == 0
    pids = run.pids()
    assert dict(re.findall(r"^  (\S+) +pid (\d+)$", said, re.M)) == {
        name: str(pid) for name, pid in pids.items()}
    assert set(pids) == {
        "slipway-run", "mariadb", "memcached", "slipway-registry",
        "slipway-layers", "slipway-index", "nginx", "slipway-deliver",
        "slipway-courier", "slipway-removal", "slipway-check"}
    assert run("stop") == (0, "slipway: stopped\n")
    assert all(is_gone(pid) for pid in pids.values())
    assert run("status")[0] == 3


def test_a_long_path_leaves_nothing_elsewhere(run):
    """Its sockets lie in a directory of /run, which goes with them."""
    run.state += "/" + "long" * 25
    code, said = run("start")
    assert code == 0, said
    with open(run.state + "/nginx.conf") as f:
        elsewhere = os.path.dirname(
            re.search(r"unix:(\S+)/registry\.sock", f.read())[0][5:])
    assert not elsewhere.startswith(run.state)
    assert os.path.exists(elsewhere + "/memcached.sock")
    assert run("stop") == (0, "slipway: stopped\n")
    assert not os.path.exists(elsewhere)
    assert run("start")[0] == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_tokens_come_from_this_machine(run, address):
    """By the name that the client knows, if it is one of the machine's."""
    code, said = run("start", "--address", address)
    assert code == 0, said
    own = ["127.0.0.1", "localhost"]
    if address == "0.0.0.0":
        own += [socket.gethostname(), *subprocess.check_output(
            ["hostname", "-I"], text=True).split()[:1]]
    hosts = {"%s:%d" % (name, run.port): name for name in own}
    hosts["evil.example:%d" % run.port] = "127.0.0.1"
    hosts["localhost.evil.example"] = "127.0.0.1"
    for host, name in hosts.items():
        asked = Registry(run.port).get("/v2/", [("Host", host)])
        assert asked.challenge()["realm"] == "http://%s:%d/token" % (
            name, run.port)


def test_data_stays(run):
    run("start")
    password = run.password()
    image = images.Image()
    run.client(SCOPE).push_image("admin/app", "1", image)
    run("stop")
    code, said = run("start")
    assert code == 0, said
    assert run.password() == password
    assert run.client(SCOPE).manifest(
        "admin/app", "1").body == image.manifest.data


def test_it_prints_the_address_of_its_option(run):
    code, said = run("start", "--address", "127.0.0.2")
    assert code == 0, said
    host = "127.0.0.2:%d" % run.port
    assert said.count(host) == 4 and "127.0.0.1" not in said
    assert "/v1/: 127.0.0.2:%d" % run.v1_port in said
    assert "http://" + host in run("status")[1]


def test_the_password_comes_from_the_environment(run):
    assert run("start", SLIPWAY_ADMIN_PASSWORD="made by hand")[0] == 0
    assert run.password() == "made by hand"
    run.client()
    run("stop")
    assert run("start", SLIPWAY_ADMIN_PASSWORD="another one",
               SLIPWAY_SIGN_UP="open")[0] == 0
    assert run.password() == "another one"
    run.client()
    assert Registry(run.port).post(
        "/api/v1/accounts", [("Content-Type", "application/json")],
        b'{"login":"ann","password":"a long one"}').status == 201
    with open(run.state + "/slipway-index") as f:
        assert "--sign-up open" in f.read()


def test_already_running(run):
    run("start")
    code, said = run("start")
    assert code == 0 and "already running" in said
    code, said = run("run")
    assert code == 1
    assert said.count("\n") == 1 and "already running" in said


def test_already_running_with_another_v1_port(run):
    """Which is said, as nothing else would change."""
    run("start", "--v1-port", "off")
    code, said = run("start")
    assert code == 0 and "V1_PORT" in said and "now: off" in said
    for port in "", "off":
        code, said = run("start", "--v1-port", port)
        assert code == 0 and "V1_PORT" not in said


@pytest.mark.parametrize("port", ["0", "65536", "abc", ""])
def test_no_port(run, port):
    code, said = run("start", "--port", port)
    assert code == 1
    assert said.count("\n") == 1 and "from 1 to 65535" in said


@pytest.mark.parametrize("flag,value,word", [
    ("--address", "", "ADDRESS="), ("--address", "203.0.113.1", "ADDRESS="),
    ("--state", "", "STATE="), ("--state", "/proc/nothing", "/proc/nothing"),
    ("--state", "/tmp/with space", "/tmp/with space")])
def test_a_flag_that_makes_no_sense(run, flag, value, word):
    code, said = run("start", flag, value)
    assert code == 1
    assert said.count("\n") == 1 and word in said


@pytest.mark.parametrize("password", ["two\nlines", " before", "after\t"])
def test_no_password(run, password):
    """Clients would read another one from the file."""
    code, said = run("start", SLIPWAY_ADMIN_PASSWORD=password)
    assert code == 1
    assert said.count("\n") == 1 and "SLIPWAY_ADMIN_PASSWORD" in said
    assert not os.path.exists(run.state)


def test_index_command(run):
    """It has all settings of the daemon, memcached's place included."""
    run("start")
    command = run.state + "/slipway-index"
    assert stat.S_IMODE(os.stat(command).st_mode) == 0o700
    done = subprocess.run([command, "account", "list"], capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "admin admin\n")
    with open(command) as f:
        assert "--memcached %s/" % run.state in f.read()
    assert "usage: slipway-index" in subprocess.run(
        [command], capture_output=True, text=True, timeout=60).stdout


def test_port_in_use(run):
    with socket.socket() as s:
        s.bind(("127.0.0.1", run.port))
        s.listen()
        code, said = run("start")
    assert code == 1
    assert said.count("\n") == 1 and str(run.port) in said


def test_old_clients(run):
    """The same accounts and the same store, at a port of its own."""
    code, said = run("start")
    assert code == 0, said
    assert "/v1/: 127.0.0.1:%d\n" % run.v1_port in said
    assert "/v1/ at http://127.0.0.1:%d\n" % run.v1_port in run("status")[1]
    docker = V1Client("1.6.2", run.v1_port, "admin", run.password())
    docker.ping()
    assert not docker.is_standalone and not docker.log_in()
    docker.push("admin/app", chain_1_6())
    tags = run.client(SCOPE).get("/v2/admin/app/tags/list")
    assert tags.json()["tags"] == ["latest"]
    answer = docker.ping_v2()
    assert answer.header("Docker-Distribution-API-Version") is None
    assert run("restart", "slipway-layers") == (
        0, "slipway: slipway-layers is restarted\n")


@pytest.mark.parametrize("wanted", ["taken", "off"])
def test_v2_starts_without_v1(run, wanted):
    """One line says why, and nothing waits for the rest."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", run.v1_port))
        s.listen()
        port = run.v1_port if wanted == "taken" else "off"
        code, said = run("start", "--v1-port", str(port))
        assert code == 0, said
        lines = [line for line in said.splitlines() if "V1_PORT" in line]
        assert len(lines) == (wanted != "off")
        assert "of /v1/: off\n" in said
        code, said = run("status")
        assert code == 0 and "layers" not in said
        assert "\n/v1/ is off\n" in said
        run.client(SCOPE).push_image("admin/app", "1", images.Image())
        assert run("restart", "slipway-layers")[0] == 1
        assert run("restart")[0] == 0
    assert run("stop") == (0, "slipway: stopped\n")


@pytest.mark.parametrize("port", ["0", "65536", "abc"])
def test_no_v1_port(run, port):
    code, said = run("start", "--v1-port", port)
    assert code == 1 and said.count("\n") == 1 and "V1_PORT=" in said


def test_port_taken_while_it_starts(run):
    """What answers there then is not taken for nginx."""
    started = subprocess.Popen(
        [str(paths.TOP / "tools" / "slipway-run"), "start", "--state",
         run.state, "--port", str(run.port), "--v1-port", "off", "--build",
         str(paths.BUILD)],
        env=paths.environment(), stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    wait_until(lambda: os.path.exists(run.state + "/nginx.conf"), 30,
               "the check of the port")
    with socket.socket() as s:
        s.bind(("127.0.0.1", run.port))
        s.listen()
        said = started.communicate(timeout=60)[1]
    assert started.returncode == 1
    assert said.count("\n") == 1 and "nginx did not start" in said
    assert run("status")[0] == 3


def test_foreground_stops_in_order(run):
    started = subprocess.Popen(
        [str(paths.TOP / "tools" / "slipway-run"), "run", "--state",
         run.state, "--port", str(run.port), "--v1-port", "off", "--build",
         str(paths.BUILD)],
        env=paths.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True)
    lines = []
    while "docker push" not in "".join(lines):
        lines.append(started.stdout.readline())
        assert lines[-1], lines
    pids = run.pids()
    started.send_signal(signal.SIGINT)
    assert started.wait(120) == 0
    assert "stopped" in started.stdout.read()
    started.stdout.close()
    assert all(is_gone(pid) for pid in pids.values())


@pytest.mark.parametrize("name", ["memcached", "mariadb", "slipway-index",
                                  "slipway-registry", "slipway-layers",
                                  "nginx", "slipway-deliver",
                                  "slipway-courier"])
def test_a_crash_is_repaired(run, name):
    run("start")
    image = images.Image()
    run.client(SCOPE).push_image("admin/app", "1", image)
    pid = run.pids()[name]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: run.pids().get(name, pid) != pid, 60,
               name + " to be started again")
    assert name + " ended (signal 9), starting it again" in run.said()
    wait_until(lambda: run("status")[0] == 0, 60, "all to run")
    assert run.patient_client(SCOPE).push_image(
        "admin/app", "2", images.Image(seed=2))


def test_a_restart_takes_the_place(run):
    run("start")
    names = ["slipway-registry", "slipway-layers", "slipway-index",
             "slipway-deliver", "slipway-courier", "slipway-removal",
             "slipway-check"]
    before = run.pids()
    code, said = run("restart")
    assert code == 0, said
    assert said == "".join("slipway: %s is restarted\n" % n for n in names)
    after = run.pids()
    for name in before:
        assert (before[name] != after[name]) == (name in names), name
    wait_until(lambda: all(is_gone(before[name]) for name in names), 60,
               "the old ones to end")
    code, said = run("restart", "slipway-index")
    assert (code, said) == (0, "slipway: slipway-index is restarted\n")
    assert run.pids()["slipway-registry"] == after["slipway-registry"]
    run.client(SCOPE).push_image("admin/app", "1", images.Image())


def test_a_restart_that_fails_leaves_the_old_one(run, tmp_path):
    """A program that does not start is no reason to end the one that runs."""
    build = tmp_path / "build"
    build.mkdir()
    for name in ("slipway-registry", "slipway-index",
                 "ngx_http_registry_module.so"):
        shutil.copy(paths.BUILD / name, build)
    assert run("start", "--build", str(build))[0] == 0
    before = run.pids()
    (build / "slipway-index").unlink()
    (build / "slipway-index").write_text("#!/bin/sh\nexit 1\n")
    (build / "slipway-index").chmod(0o755)
    code, said = run("restart", "slipway-index")
    assert code == 1 and "slipway-index did not start" in said
    assert run.pids() == before
    run.client(SCOPE).push_image("admin/app", "1", images.Image())


@pytest.mark.parametrize("words,said", [
    (["nginx"], "nginx cannot be restarted alone"),
    (["what"], "what cannot be restarted alone")])
def test_what_cannot_be_restarted(run, words, said):
    run("start")
    code, text = run("restart", *words)
    assert code == 1
    assert text.count("\n") == 1 and said in text


def test_nothing_to_restart(run):
    assert run("restart") == (1, "slipway: not running\n")


def test_a_program_that_was_stopped_on_purpose(run):
    """nginx answers at once instead of waiting for it; a restart brings it
    back."""
    run("start")
    os.kill(run.pids()["slipway-index"], signal.SIGTERM)
    wait_until(lambda: "slipway-index" not in run.pids(), 60, "the index to "
               "stop")
    answer = Registry(run.port).get("/token")
    assert (answer.status, answer.header("Retry-After")) == (503, "2")
    assert run("restart", "slipway-index")[0] == 0
    assert run("status")[0] == 0
    run.client(SCOPE).push_image("admin/app", "1", images.Image())


def catalog(run, login=True):
    client = (run.client("registry:catalog:*") if login
              else Registry(run.port).login(["registry:catalog:*"]))
    return client.get("/v2/_catalog").json().get("repositories")


def test_the_catalogue_follows_the_store(run):
    run("start")
    mode = os.stat(run.state + "/event-header").st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert Registry(run.port).post("/_registry/events").status == 401
    run.client(SCOPE).push_image("admin/app", "1", images.Image())
    wait_until(lambda: catalog(run) == ["admin/app"], 60, "the catalogue")
    assert catalog(run, login=False) == []


def test_an_index_that_lost_its_database_is_filled_again(run):
    run("start")
    run.client(SCOPE).push_image("admin/app", "1", images.Image())
    wait_until(lambda: catalog(run) == ["admin/app"], 60, "the catalogue")
    run("stop")
    shutil.rmtree(run.state + "/mariadb")
    assert run("start")[0] == 0
    assert "reindex failed" not in run.said()
    wait_until(lambda: catalog(run) == ["admin/app"], 60, "the catalogue")
    assert "filled" in subprocess.run(
        [run.state + "/slipway-index", "mirror", "status"],
        capture_output=True, text=True, timeout=60).stdout


def test_stopped_on_purpose(run):
    """A user who stops memcached wants to see what happens without it."""
    run("start")
    os.kill(run.pids()["memcached"], signal.SIGTERM)
    wait_until(lambda: "memcached" not in run.pids(), 60, "memcached to stop")
    assert "memcached was stopped" in run.said()
    code, said = run("start")
    assert code == 0 and "without memcached" in said
    run.client(SCOPE).push_image("admin/app", "1", images.Image())


def test_stop_finds_what_a_killed_supervisor_left(run):
    run("start")
    pids = run.pids()
    os.kill(pids["slipway-run"], signal.SIGKILL)
    assert run("stop")[0] == 0
    assert all(is_gone(pid) for pid in pids.values())
