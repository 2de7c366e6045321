"""A private run, tools/slipway-run, on a state directory of the house."""

import subprocess

from . import paths
from .client import Registry
from .process import wait_until


class Run:
    """One state directory and the commands on it."""

    def __init__(self, house):
        self.state = house.dir + "/state"
        self.port, self.v1_port = house.port(), house.port()

    def __call__(self, command, *flags, **more):
        done = subprocess.run(
            [str(paths.TOP / "tools" / "slipway-run"), command, "--state",
             self.state, "--port", str(self.port), "--v1-port",
             str(self.v1_port), "--build", str(paths.BUILD), *flags], env=paths.environment(**more),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120)
        return done.returncode, done.stdout + done.stderr

    def pids(self):
        with open(self.state + "/pids") as f:
            return {line.split()[0]: int(line.split()[1]) for line in f}

    def password(self):
        with open(self.state + "/admin-password") as f:
            return f.read().strip()

    def client(self, *scopes):
        return Registry(self.port).login(scopes, "admin", self.password())

    def patient_client(self, *scopes):
        """Of an index whose processes may each have found the database away,
        which they leave alone then for two seconds."""
        answers = []

        def has_token():
            answers.append(Registry(self.port).ask_token(
                scopes, "admin", self.password()))
            return answers[-1].status == 200

        wait_until(has_token, 60, "a token")
        return Registry(self.port).with_token(answers[-1].json()["token"])

    def said(self):
        with open(self.state + "/log/slipway-run.log") as f:
            return f.read()
