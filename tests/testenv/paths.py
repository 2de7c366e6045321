"""Where the things under test and the tools stand, and a clean environment."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CONF = TOP / "conf"
IS_ASAN = os.environ.get("SLIPWAY_ASAN") == "1"
BUILD = TOP / (os.environ.get("BUILD", "build") + ("-asan" if IS_ASAN else ""))
MODULE = BUILD / "ngx_http_registry_module.so"

# Programs by their full path: others of the same name may stand first in PATH.
DOCKER = "/usr/bin/docker"
SKOPEO = "/usr/bin/skopeo"
PODMAN = "/usr/bin/podman"
BUILDAH = "/usr/bin/buildah"
NGINX = os.environ.get("NGINX", "/usr/sbin/nginx")

_MEMORY = "/dev/shm"
_MEMORY_LEAST = 4 << 30  # bytes

_ALLOWED = ("HOME", "USER", "LOGNAME", "LANG", "TZ", "TERM",
            "MALLOC_PERTURB_")


def environment(**extra):
    """What a child gets: nothing that changes how it judges certificates,
    finds credentials or logs."""
    env = {k: os.environ[k] for k in _ALLOWED if k in os.environ}
    env["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    env["LC_ALL"] = "C.UTF-8"
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    env.update({k: str(v) for k, v in extra.items()})
    return env


def memory():
    """A directory in memory for files that need no disk, or /tmp where it has
    little room."""
    with open("/proc/meminfo") as f:
        words = dict(line.split(":") for line in f)
    free = int(words["MemAvailable"].split()[0]) << 10
    is_roomy = (os.access(_MEMORY, os.W_OK) and min(
        free, shutil.disk_usage(_MEMORY).free) >= _MEMORY_LEAST)
    return _MEMORY if is_roomy else "/tmp"


@functools.cache
def preload():
    """The environment in which the packaged nginx loads a sanitized module."""
    if not IS_ASAN:
        return {}
    names = ("libasan.so", "libubsan.so")
    found = [os.path.realpath(subprocess.check_output(
        ["gcc", "-print-file-name=" + name], text=True).strip())
        for name in names]
    return {"LD_PRELOAD": ":".join(found)}
