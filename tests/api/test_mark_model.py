"""The marks of blobs in a bucket (fcgi_registry/store/store_mark.h), as a model:
every order in which the requests of one process that uses a blob and one that
removes it can be answered, with each of them killed at each step.

Content that a process relies on is there.  test_s3.py runs the program itself
with a push before each request of a removal."""

from collections import namedtuple

import pytest

# The objects: None, or when they were put.  A mark "doomed" that is stale is of
# a process that was killed, and older than ten minutes.
State = namedtuple("State", "data used doomed")


def _is_young(state):
    return "new" in (state.data, state.used)


# --- a process that removes what is not used ---------------------------------
# Each step: state -> (state, next step or None).


def look(state):
    return state, None if state.data is None or _is_young(state) else doom


def doom(state):
    return state._replace(doomed="new"), look_again


def look_again(state):
    return state, spare if state.used == "new" else remove


def spare(state):
    return state._replace(doomed=None), None


def remove(state):
    return state._replace(data=None), forget


def forget(state):
    return state._replace(used=None), end


def end(state):
    return state._replace(doomed=None), None


# --- processes that use it ---------------------------------------------------
# The last step is RELIES, or None for one that found it gone.

RELIES = "relies"


def touch(state):
    return state._replace(used="new"), touch_check


def touch_check(state):
    if state.doomed == "new":
        return state, None
    return state, touch_clear if state.doomed else touch_look


def touch_clear(state):
    return state._replace(doomed=None), touch_look


def touch_look(state):
    return state, RELIES if state.data else None


def push(state):
    return state._replace(used="new"), push_check


def push_check(state):
    if state.doomed == "new":
        return state, push  # waits, and begins again
    return state, push_clear if state.doomed else push_look


def push_clear(state):
    return state._replace(doomed=None), push_look


def push_look(state):
    return state, RELIES if state.data else push_put


def push_put(state):
    return state._replace(data="new"), RELIES


# --- the wrong order ---------------------------------------------------------


def early_check(state):
    return state, None if state.doomed else early_look


def early_look(state):
    return state, early_mark if state.data else None


def early_mark(state):
    return state._replace(used="new"), RELIES


def blind_look(state):
    return state, None if state.data is None or _is_young(state) else blind


def blind(state):
    return state._replace(doomed="new"), remove


def losses(user, sweeper, sweepers=1):
    """The ends at which something is lost, of all orders of a user and of so
    many garbage collections at a time."""
    begin = (State("old", "old", None), user, (sweeper,) * sweepers, False)
    seen, left, lost = {begin}, [begin], set()
    while left:
        state, mine, others, is_killed = left.pop()
        none = (None,) * sweepers
        after = []
        if callable(mine):
            after.append((*mine(state), others, is_killed))
            after.append((state, None, others, is_killed))
        for i, step in enumerate(others):
            if step is not None:
                new, following = step(state)
                for is_dead, then in (False, following), (True, None):
                    after.append((state if is_dead else new, mine,
                                  others[:i] + (then,) + others[i + 1:],
                                  is_killed or is_dead))
        # ten minutes pass; a removal that goes on takes one
        if is_killed and state.doomed == "new":
            after.append((state._replace(doomed="stale"), mine, none, True))
        # and another garbage collection begins
        if is_killed and others == none:
            after.append((state, mine, (sweeper,) + none[1:], False))
        if mine == RELIES and state.data is None:
            lost.add((state, others))
        for item in after:
            if item not in seen:
                seen.add(item)
                left.append(item)
    return lost, len(seen)


@pytest.mark.parametrize("user", [touch, push])
def test_nothing_that_is_relied_on_is_lost(user):
    lost, states = losses(user, look)
    assert not lost and states > 50


@pytest.mark.parametrize("user,sweeper", [
    (early_check, look), (touch, blind_look), (push, blind_look)])
def test_the_order_matters(user, sweeper):
    assert losses(user, sweeper)[0]


def test_two_removals_at_a_time_need_a_lock():
    """One ends the mark that the other relies on: gc and fsck of one host
    exclude each other (upkeep_lock()), those of two do not."""
    assert losses(push, look, sweepers=2)[0]
