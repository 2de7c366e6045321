"""A registry with accounts whose events reach the mirror of the index.

    world = World(house, "alice")
    world.deliver()
    world.pusher("alice/app").push_image("alice/app", "1", images.Image())
    world.settle()"""

import os

from .accounts import Accounts
from .events import Deliverer
from .mirror import LOCATIONS, Mirror, stored
from .process import wait_until
from .store import Store


class World:
    """Accounts with events on, the mirror, and what the store holds.  server:
    more locations; location: more directives of /v2/."""

    def __init__(self, house, *logins, server="", location="", **how):
        self.house = house
        self.accounts = Accounts(
            house, *logins, server=LOCATIONS + server,
            location="registry_events on;" + location, **how)
        self.index = self.accounts.index
        self.mirror = Mirror(self.index, self.accounts.open)
        self.store = Store(house.dir + "/store")
        headers = house.dir + "/event.header"
        with open(os.open(headers, os.O_CREAT | os.O_WRONLY, 0o600),
                  "w") as f:
            f.write(": ".join(self.mirror.header) + "\n")
        self._flags = ["--headers", headers]

    def deliver(self, *flags, **how):
        return self.house.keep(Deliverer(
            self.house, "http://127.0.0.1:%d/_registry/events"
            % self.house.port(8500), *self._flags, *flags, **how))

    def pusher(self, *names):
        return self.accounts.client("alice", *(
            "repository:%s:pull,push,delete" % name for name in names))

    def settle(self, seconds=60):
        """Until the mirror is equal to the store."""
        wait_until(lambda: self.mirror.held() == stored(self.store), seconds,
                   "the mirror to be equal to the store")
