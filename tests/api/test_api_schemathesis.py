"""schemathesis makes requests of docs/openapi.json, good and bad ones, and
finds no answer that the document does not describe, no 500, and nothing
accepted that breaks the document."""

import datetime
import json
import os

import pytest

from testenv import House, paths, schemathesis
from testenv.api import PREFIX, ApiHouse
from testenv.client import basic

# Each day another share of the operations, so that what a run proves depends on
# no machine's speed; 1 for all of them.
SHARES = int(os.environ.get("SCHEMATHESIS_SHARES", "6"))
SECONDS = 900    # at most: a run that gets there has not checked its share

# unsupported_method: TRACE never gets as far as the location (nginx); other
# methods are test_api_door.py's.  ignored_auth: an invalid cookie counts
# for nothing if there is a valid Authorization.  positive_data_acceptance: a
# cursor, a password or an invitation of the right form need not be a good one.
LEFT_OUT = "unsupported_method,ignored_auth,positive_data_acceptance"


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", admins=["root"], SLIPWAY_SIGN_UP="open")
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


# What ends the caller's own account, or makes it no administrator's: what
# comes behind that would be 401.  They are few, and need less time.
ENDS = ("deleteAccount", "changeAccount", "deleteAnyAccount")


def share():
    """The operations of today; a test that runs again has the same."""
    document = json.loads((paths.TOP / "docs/openapi.json").read_text())
    every = sorted(operation["operationId"]
                   for methods in document["paths"].values()
                   for operation in methods.values()
                   if isinstance(operation, dict)
                   and operation.get("operationId") not in (None, *ENDS))
    return every[datetime.date.today().toordinal() % SHARES::SHARES]


@pytest.mark.parametrize("who, is_ending", [
    ("anonymous", False), ("alice", False), ("root", False), ("root", True)])
def test_the_document_is_true(api, who, is_ending):
    headers = [] if who == "anonymous" else basic(
        "%s:%s" % (who, api.password(who)))
    url = "http://127.0.0.1:%d%s" % (api.registry.port, PREFIX)
    chosen = ENDS if is_ending else share()
    flags = [flag for operation in chosen
             for flag in ("--include-operation-id", operation)]
    status, text = schemathesis.run(
        url, "--exclude-checks", LEFT_OUT, *flags, "--phases", "coverage",
        headers=headers, seconds=SECONDS)
    assert status == 0, text[-8000:]
    assert "Tested: %d\n" % len(chosen) in text, text[-8000:]
