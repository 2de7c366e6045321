"""schema.py: reads sql/schema, the migrations, for gen.py and the tests."""

import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent

# What a semicolon or two dashes may stand in without their meaning; a quote
# that none of these takes is one that nothing ends.
TOKEN = re.compile(
    r"""(?P<kept>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `[^`]*`
        | /\*.*?\*/)
    | (?P<comment>^[ \t]*(?:--(?=\s)|\#)[^\n]*(?:\n|\Z)
        | [ \t]*(?:--(?=\s)|\#)[^\n]*)
    | (?P<end>;) | (?P<open>['"`]|/\*)""", re.S | re.M | re.X)


def statements(text, name):
    """The statements of a file, without comments of lines and semicolons."""
    out, step, pos = [], '', 0
    for m in TOKEN.finditer(text):
        step += text[pos:m.start()] + (m['kept'] or '')
        pos = m.end()
        if m['open']:
            line = text.count('\n', 0, m.start()) + 1
            raise SystemExit(f'gen.py: {name}:{line}: nothing ends this {m[0]}')
        if m['end']:
            out.append(step.strip())
            step = ''
    if (step + text[pos:]).strip():
        raise SystemExit(f'gen.py: {name}: no semicolon ends its last '
                         'statement')
    return [sql for sql in out if sql]


# The migration that lets schemas say so, and the line in which they do.
COMPATIBLE = 25
OLDEST = re.compile(r'^-- works with: (\d+)$', re.M)


def oldest(number, path):
    """The oldest schema whose programs may use this one; 0: not known."""
    line = OLDEST.search(path.read_text())
    if number <= COMPATIBLE:
        return 0
    if not line or not COMPATIBLE <= int(line[1]) <= number:
        raise SystemExit(f'gen.py: {path.name} has no line "-- works with: N", '
                         f'of {COMPATIBLE} to {number}')
    return int(line[1])


def migrations(directory=HERE / 'schema'):
    """(version, file's name, [statement]) in the order of the versions."""
    out = []
    for n, path in enumerate(sorted(directory.glob('*.sql')), 1):
        if not path.name.startswith(f'{n:04}_'):
            raise SystemExit(f'gen.py: {path.name} is not number {n}')
        out.append((n, path.name, statements(path.read_text(), path.name)))
    return out
