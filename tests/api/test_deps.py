"""tools/deps installs packages, and no service of theirs starts or is enabled.

Real apt, dpkg and init scripts, in a chroot whose changes are thrown away and
whose runlevel is 2, with a repository of two packages: one that was installed
before in an older version, and a new one that needs the newer version of it."""

import hashlib
import os
import subprocess

import pytest

from testenv import paths

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root may mount"),
    pytest.mark.skipif(paths.IS_ASAN, reason="nothing of it is compiled")]

# What debhelper writes for a daemon with a unit and an init script.
POSTINST = """#!/bin/sh
set -e
deb-systemd-helper unmask NAME.service >/dev/null || true
if deb-systemd-helper --quiet was-enabled NAME.service; then
    deb-systemd-helper enable NAME.service >/dev/null || true
fi
deb-systemd-helper update-state NAME.service >/dev/null || true
update-rc.d NAME defaults >/dev/null
if [ -n "$2" ]; then action=restart; else action=start; fi
invoke-rc.d --skip-systemd-native NAME $action
exit STATUS
"""
INIT = """#!/bin/sh
### BEGIN INIT INFO
# Provides:          NAME
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
### END INIT INFO
echo "$1" >> /NAME.actions
"""
UNIT = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"

IN_CHROOT = r"""
set -e
mount -t tmpfs tmpfs {top}
mkdir {top}/upper {top}/work {top}/root
mount -t overlay overlay -o lowerdir=/,upperdir={top}/upper,workdir={top}/work \
    {top}/root
cd {top}/root
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p .{tree} repository
mount --bind {tree} .{tree}
mount --bind {repository} repository
rm -f usr/sbin/runlevel
printf '#!/bin/sh\necho N 2\n' > usr/sbin/runlevel
chmod 755 usr/sbin/runlevel
rm -rf etc/apt/sources.list etc/apt/sources.list.d usr/sbin/policy-rc.d
echo 'deb [trusted=yes] file:/repository ./' > etc/apt/sources.list
echo 'APT::Sandbox::User "root";' > etc/apt/apt.conf.d/zz-test
exec chroot . /bin/sh -c "$1"
"""


def build(directory, name, version, depends="", status=0):
    """A package; its paragraph in the repository's index."""
    root = directory / ("%s-%s" % (name, version))
    control = ("Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: x\n"
               "%sDescription: a daemon\n" % (
                   name, version, depends and "Depends: %s\n" % depends))
    for path, text, mode in [
            ("DEBIAN/control", control, 0o644),
            ("DEBIAN/conffiles", "/etc/init.d/%s\n" % name, 0o644),
            ("DEBIAN/postinst",
             POSTINST.replace("STATUS", str(status)), 0o755),
            ("etc/init.d/" + name, INIT, 0o755),
            ("usr/lib/systemd/system/%s.service" % name, UNIT, 0o644)]:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("NAME", name))
        file.chmod(mode)
        for parent in file.relative_to(root).parents:
            (root / parent).chmod(0o755)
    deb = directory / (root.name + ".deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, deb],
                   check=True, capture_output=True)
    return control + "Filename: ./%s\nSize: %d\nSHA256: %s\n\n" % (
        deb.name, deb.stat().st_size,
        hashlib.sha256(deb.read_bytes()).hexdigest())


@pytest.fixture
def machine(tmp_path):
    """Runs a script on a machine of its own; its output."""
    repository, top = tmp_path / "repository", tmp_path / "top"
    repository.mkdir()
    top.mkdir()

    def run(script, status=0):
        build(repository, "sw-old", "1")
        (repository / "Packages").write_text(
            build(repository, "sw-old", "2")
            + build(repository, "sw-new", "1", "sw-old (>= 2)", status))
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "sh", "-c",
             IN_CHROOT.format(top=top, tree=paths.TOP, repository=repository),
             "sh", script.replace("DEPS", str(paths.TOP / "tools/deps"))],
            env=paths.environment(), stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=120)
        if "overlay" in done.stderr:
            pytest.skip("no overlay may be mounted: " + done.stderr)
        return done.stdout, done.stderr
    return run


STATE = """
for name in sw-old sw-new; do
    echo $name $(systemctl --root=/ is-enabled $name) \
        rc:$(ls /etc/rc3.d | grep -c "^S..$name") \
        $(cat /$name.actions 2>/dev/null)
done
cat /usr/sbin/policy-rc.d 2>/dev/null
ls /usr/sbin | grep policy-rc.d
"""


def test_the_machine_is_one_on_which_services_start(machine):
    said, _ = machine("apt-get update >/dev/null; DEBIAN_FRONTEND="
                      "noninteractive apt-get install -y sw-new >/dev/null"
                      + STATE)
    assert said.splitlines() == ["sw-old enabled rc:1 start",
                                 "sw-new enabled rc:1 start"]


@pytest.mark.idea(64)
def test_nothing_starts_and_nothing_is_enabled(machine):
    said, _ = machine("DEPS sw-new && DEPS sw-new" + STATE)
    assert said.splitlines() == [
        "slipway: installing sw-new",
        "sw-old disabled rc:0", "sw-new disabled rc:0"]


def test_what_was_there_stays_as_it_was(machine):
    """An upgrade restarts it, as ever."""
    said, _ = machine(
        "dpkg -i /repository/sw-old-1.deb >/dev/null; DEPS sw-new" + STATE)
    assert said.splitlines() == [
        "slipway: installing sw-new",
        "sw-old enabled rc:1 start restart", "sw-new disabled rc:0"]


def test_what_was_stopped_stays_stopped(machine):
    said, _ = machine(
        "dpkg -i /repository/sw-old-1.deb >/dev/null\n"
        "systemctl --root=/ disable sw-old 2>/dev/null\n"
        "update-rc.d sw-old disable; DEPS sw-new" + STATE)
    assert "sw-old disabled rc:0 start" in said
    assert "sw-new disabled rc:0\n" in said


@pytest.mark.parametrize("answer,actions", [(0, " start restart"), (101, "")])
def test_a_policy_that_was_there_decides_and_comes_back(machine, answer,
                                                        actions):
    """It is asked about services that were there before, not about the rest."""
    said, _ = machine("""
        printf '#!/bin/sh\\nexit %d\\n' > /usr/sbin/policy-rc.d
        chmod 711 /usr/sbin/policy-rc.d
        dpkg -i /repository/sw-old-1.deb >/dev/null
        DEPS sw-new; stat -c %%a /usr/sbin/policy-rc.d""" % answer + STATE)
    assert said.splitlines() == [
        "slipway: installing sw-new", "711",
        "sw-old enabled rc:1" + actions, "sw-new disabled rc:0",
        "#!/bin/sh", "exit %d" % answer, "policy-rc.d"]


def test_an_installation_that_fails(machine):
    said, wrong = machine("DEPS sw-new; echo $?" + STATE, status=1)
    assert said.splitlines() == [
        "slipway: installing sw-new", "1",
        "sw-old disabled rc:0", "sw-new disabled rc:0"]
    assert wrong.startswith("slipway: apt could not install sw-new: E: ")


def test_a_run_that_was_killed(machine):
    """The policy of the system comes back with the next one."""
    said, _ = machine("""
        echo ours > /usr/sbin/policy-rc.d.slipway
        echo "# slipway's tools/deps" > /usr/sbin/policy-rc.d
        DEPS sw-new""" + STATE)
    assert said.splitlines()[-2:] == ["ours", "policy-rc.d"]


def test_a_package_that_does_not_exist(machine):
    said, wrong = machine("DEPS sw-none; echo $?" + STATE)
    assert said.splitlines()[:2] == ["slipway: installing sw-none", "1"]
    assert "Unable to locate package sw-none" in wrong
    assert "policy-rc.d" not in said
