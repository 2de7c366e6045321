"""What a person types: make start, status, stop; and what goes wrong."""

import os
import subprocess

import pytest

from testenv import Registry, images, paths
from testenv.process import is_gone

pytestmark = pytest.mark.skipif(
    paths.IS_ASAN, reason="a private run does not preload sanitizers")


def make(target, state, port, **more):
    """(exit status, what it says)"""
    done = subprocess.run(
        ["make", "-C", str(paths.TOP), "--no-print-directory", target,
         "BUILD=%s" % paths.BUILD, "STATE=%s" % state, "PORT=%d" % port, "V1_PORT=off",
         *("%s=%s" % item for item in more.items())],
        env=paths.environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=180)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def places(house):
    """Two state directories with a port each; both stopped at the end."""
    made = [(house.dir + "/" + name, house.port()) for name in "ab"]
    yield made
    for state, port in made:
        make("stop", state, port)


def login(state, port, *scopes):
    with open(state + "/admin-password") as f:
        return Registry(port).login(scopes, "admin", f.read().strip())


def test_two_side_by_side(places):
    """Each with its own accounts and store; stopping one leaves the other."""
    for state, port in places:
        code, said = make("start", state, port)
        assert code == 0, said
        assert "127.0.0.1:%d" % port in said
    one, two = places
    image = images.Image()
    wanted = "repository:admin/app:pull,push"
    token = login(*one, wanted)
    token.push_image("admin/app", "1", image)
    assert login(*two, wanted).manifest("admin/app", "1").status == 404
    # A token of one is nothing to the other, though both are called alike.
    assert Registry(two[1], token=token.token).get("/v2/").status == 401
    assert open(one[0] + "/admin-password").read() != open(
        two[0] + "/admin-password").read()
    assert make("stop", *one)[0] == 0
    assert make("status", *one)[0] != 0
    assert make("status", *two)[0] == 0
    assert login(*two, wanted).get("/v2/").status == 200
    code, said = make("start", *one)
    assert code == 0, said
    assert login(*one, wanted).manifest(
        "admin/app", "1").body == image.manifest.data


def test_other_users_cannot_open_its_files(places):
    state, port = places[0]
    make("start", state, port)
    for name, mode in (("", 0o770), ("run", 0o700), ("secret", 0o600),
                       ("admin-password", 0o600)):
        assert os.stat(state + "/" + name).st_mode & 0o777 & ~mode == 0, name
    with open(state + "/pids") as f:
        pids = [int(line.split()[1]) for line in f]
    for _ in range(2):
        assert make("stop", state, port)[0] == 0
    assert all(is_gone(pid) for pid in pids)


@pytest.mark.parametrize("name", ["STATE", "PORT"])
def test_nonsense(places, name):
    """One line, and nothing is left running."""
    state, port = places[0]
    code, said = make("start", state, port, **{
        "STATE": {"STATE": "/proc/nothing"},
        "PORT": {"PORT": "99999"}}[name])
    assert code != 0
    lines = [line for line in said.splitlines() if "make" not in line]
    assert len(lines) == 1, said
    assert "Traceback" not in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount")
def test_too_small_a_disk(places):
    state, port = places[0]
    os.mkdir(state)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m",
                           "slipway", state], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no tmpfs may be mounted: " + done.stderr.strip())
    try:
        code, said = make("start", state, port)
        assert code != 0
        lines = [line for line in said.splitlines() if "make" not in line]
        assert len(lines) == 1 and "full" in lines[0], said
    finally:
        subprocess.run(["umount", "-l", state], check=True)
