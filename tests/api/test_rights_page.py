"""docs/rights.md: its commands are run as they stand, and its table is true;
and commands of other pages exist, with their flags."""

import re
import shlex
import subprocess

import pytest

from testenv import paths

from index_house import IndexHouse

DOCS = paths.TOP / "docs"
PAGE = (DOCS / "rights.md").read_text()


def lines_of(text):
    """The command lines in the blocks of a page."""
    whole = re.sub(r"\\\n +", "", text)
    return [shlex.split(line) for line in re.findall(
        r"^    (slipway(?:-index)? (?!@).*)$", whole, re.M)]


def chapter(title):
    return re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(title), PAGE,
                     re.M | re.S)[1]


def test_the_example_is_true(house):
    index = IndexHouse(house, "alice", "bob", "carol", "dave")
    text = chapter("An organization with two teams' work")
    before, after = text.split("Taken away again:")
    secret = None
    for words in lines_of(before):
        said = index.worker.command(*words[1:])
        secret = said.strip() if words[1:3] == ["robot", "add"] else secret
    [head, _, *rows] = [[cell.strip() for cell in line.strip("|").split("|")]
                        for line in text.splitlines() if line.startswith("|")]
    names = head[1:]
    assert len(rows) == 5 and len(names) == 3
    tokens = {}
    for who, *cells in rows:
        token = index.token(who, *["repository:%s:pull,push,delete" % name
                                   for name in names],
                            password=secret if "+" in who else None)
        granted = index.grants(token)
        assert [granted["repository:" + name].replace(",", ", ") or "none"
                for name in names] == cells, who
        tokens[who] = token
    for words in lines_of(after):
        index.worker.command(*words[1:])
    # revoked in the database; nginx knows it within registry_verdict_valid
    for who, status in (("alice", 200), ("bob", 403), ("carol", 403),
                        ("acme+ci", 403), ("dave", 200)):
        assert index.verdict(tokens[who]).status == status, who
    assert index.ask("acme+ci", password=secret).status == 401


def test_an_account_in_the_wrong_hands(house):
    index = IndexHouse(house, "alice", "bob")
    token = index.token("bob", "repository:bob/app:pull")
    for words in lines_of(chapter("When a right is taken away")):
        index.worker.command(*words[1:])
    assert index.verdict(token).status == 403


@pytest.fixture(scope="module")
def known():
    """{command of slipway-index: its flags}, "" for those of all."""
    lines = subprocess.run(
        [paths.BUILD / "slipway-index", "--completion"], text=True, check=True,
        capture_output=True).stdout.splitlines()
    rows = [line.split(";") for line in lines]
    return {row[0]: set(row[-1].split()) for row in rows}


@pytest.mark.parametrize("page", sorted(
    path.name for path in DOCS.glob("*.md") if path.name != "commands.md"))
def test_commands_of_pages_exist(known, page):
    for words in lines_of((DOCS / page).read_text()):
        name = " ".join(words[1:3])
        name = name if name in known else words[1]
        assert name in known, words
        for word in words:
            if word.startswith("--"):
                flag = word.split("=")[0]
                assert {flag, flag + "="} & (known[name] | known[""]), words
