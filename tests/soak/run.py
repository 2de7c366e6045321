#!/usr/bin/python3
"""run.py: pushes, pulls, deletes, collections and crashes at random, then a
look whether anything was lost.

    make soak                              three minutes
    make soak SOAK_SECONDS=600 SOAK_SEED=7

The first half is calm: no server is killed, every answer must be right at once
and no process's memory may grow.  In the second half all is killed, in turns.
The seed gives every client its choices; what happens between them is never the
same twice."""

import os
import random
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
sys.path.insert(0, str(TOP / "tests" / "soak"))

import verdict  # noqa: E402
from crowd import PATIENCE, Client  # noqa: E402
from memory import Watch  # noqa: E402
from stage import Stage  # noqa: E402
from trouble import COMMAND_SECONDS, Breaker, Holder, Keeper  # noqa: E402

CLIENTS = 6
SECONDS = 180


def wait(threads):
    """Every thread ends by itself when the stage is over."""
    for thread in threads:
        thread.join(PATIENCE + COMMAND_SECONDS)
        if thread.is_alive():
            yield "%s does not end" % thread.name


def play(stage):
    """What was wrong, as lines."""
    crowd = []
    for number in range(CLIENTS):
        crowd.append(Client(stage, number, crowd))
    crowd[0].http.push_blob_at_once(crowd[0].own, b"{}")    # makes the store
    watch = Watch(stage)
    threads = [*crowd, watch, Keeper(stage), Holder(stage)]
    for thread in threads:
        thread.start()
    while not stage.is_over and time.monotonic() < (
            stage.began + stage.seconds / 2):
        time.sleep(0.1)
    if not stage.is_over:
        threads.append(Breaker(stage))
        threads[-1].start()
    stage.failures += wait(threads)
    stage.failures += watch.problems()
    if not stage.failures:
        judge(stage, crowd)
    print("memory: " + watch.summary())
    return stage.failures


def judge(stage, crowd):
    try:
        verdict.check(stage, crowd)
        verdict.exits(stage)
    except Exception as problem:
        stage.fail("at the end: %s %s" % (type(problem).__name__, problem))


def report(stage, failures, seed):
    print(", ".join("%s %d" % (what, n)
                    for what, n in sorted(stage.counts.items())))
    print("%d events, %d sent again" % (len(stage.receiver.events),
                                        stage.receiver.repeated))
    for failure in failures:
        print("FAILED: " + failure[:4000])
    if failures:
        print("seed %s; kept: %s\n"
              "client*.log has every request, keeper.log and breaker.log what "
              "was done to the store\nand the servers, each by seconds since "
              "the start; then nginx/logs/error.log,\nregistry.out, "
              "deliver.out and the store itself" % (seed, stage.house.dir))


def main():
    seconds = float(os.environ.get("SOAK_SECONDS") or SECONDS)
    seed = os.environ.get("SOAK_SEED") or str(random.randrange(1 << 32))
    print("soak: %g seconds, SOAK_SEED=%s" % (seconds, seed), flush=True)
    stage = Stage(seed, seconds)
    failures = play(stage)
    failures = failures + stage.house.problems()
    stage.receiver.stop()
    report(stage, failures, seed)
    if not failures:
        stage.house.remove()
        print("soak: nothing was lost")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
