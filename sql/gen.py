#!/usr/bin/python3
"""gen.py OUTDIR: turns sql/queries and sql/schema into typed C: a header
db/db_NOUN.h for each queries/NOUN.sql, db/db_gen.h, and db_gen.c.

A statement is a line "-- name(param type, ...) kind" and a query that ends in
";".  Comment lines before that line are the function's comment.  Kinds:

    exec                 OK, DECLINED where a unique key is taken
    one {column type,..} OK and a row, DECLINED without one
    many {column type,..} OK and rows, as many as its LIMIT allows
    one|many ROW {..}    the same, with rows of a type that others share
    text                 no function: the text itself, sent as it stands

Types are u64, i64, bool and str; "?" behind a type: may be NULL (a NULL
pointer in C).  Parameters stand in the query as :name, as often as needed.
"""

import pathlib
import re
import sys

import schema

HERE = pathlib.Path(__file__).resolve().parent
CALLS = {'exec': """
    return db_exec(db, &NAME, params);
""", 'one': """
    db_value_t *c;
    int rc = db_one(db, &NAME, params, &c);
    if (rc == OK) {
        *row_r = ROW(c);
    }
    return rc;
""", 'many': """
    db_value_t *c;
    int rc = db_many(db, &NAME, params, &c, n_r);
    ROW_t *rows = pool_alloc(db_pool(db), (*n_r + 1) * sizeof(rows[0]));
    for (size_t i = 0; i < *n_r; i++, c += WIDTH) {
        rows[i] = ROW(c);
    }
    *rows_r = rows;
    return rc;
"""}
ITEM = re.compile(
    r'((?:^-- .*\n)*?)^-- (\w+)\(([^)]*)\) (exec|one|many|text)'
    r'(?: (\w+))?(?: \{(.*)\})?\n([^;]*);$', re.M)
LIMITED = re.compile(r'\bLIMIT \S+'
                     r'(\s+FOR UPDATE( SKIP LOCKED)?|\s+LOCK IN SHARE MODE)?$')
PARAM = re.compile(r"'[^']*'|:([a-z_]+)")
C_TYPES = {'u64': 'uint64_t ', 'i64': 'int64_t ', 'bool': 'bool ',
           'str': 'const char *'}
MEMBERS = {'bool': 'boolean'}  # where C has taken the name


class Field:
    """A parameter or a column."""

    def __init__(self, text):
        self.name, kind = text.split()
        self.is_nullable = kind.endswith('?')
        self.type = kind.rstrip('?')
        self.is_pointer = self.is_nullable and self.type != 'str'
        if self.type not in C_TYPES:
            raise SystemExit(f'gen.py: unknown type in "{text}"')

    def __eq__(self, other):
        return vars(self) == vars(other)

    def declaration(self):
        base = C_TYPES[self.type]
        return (f'const {base}*' if self.is_pointer else base) + self.name

    def value(self):
        return f'db_{self.type}{"_null" * self.is_pointer}({self.name})'

    def column(self, i):
        value = f'c[{i}].u.{MEMBERS.get(self.type, self.type)}'
        return f'c[{i}].is_null ? NULL : &{value}' * self.is_pointer or value


class Statement:
    """A statement of sql/queries."""

    def __init__(self, comment, name, params, kind, row, columns, sql):
        self.params, self.columns = (
            [Field(f) for f in (text or '').split(',') if f.strip()]
            for text in (params, columns))
        self.name, self.kind, self.sql = name, kind, sql
        self.row = f'{row or name}_row'
        self.comment = re.findall('^-- (.*)', comment, re.M)
        used = [m[1] for m in PARAM.finditer(sql) if m[1]]
        known = {f.name: f for f in self.params}
        if set(used) != set(known):
            raise SystemExit(f'gen.py: {name}: parameters and :names differ')
        if bool(self.columns) != (kind in ('one', 'many')):
            raise SystemExit(f'gen.py: {name}: columns do not fit "{kind}"')
        if kind == 'many' and not LIMITED.search(sql):
            raise SystemExit(f'gen.py: {name}: nothing bounds its rows')
        self.bound = [known[n] for n in used]

    def text(self):
        return PARAM.sub(lambda m: '?' if m[1] else m[0], self.sql)

    def prototype(self):
        args = ['db_t *db'] + [p.declaration() for p in self.params]
        if self.kind == 'one':
            args.append(f'{self.row}_t *row_r')
        elif self.kind == 'many':
            args += [f'{self.row}_t **rows_r', 'size_t *n_r']
        return f'int db_{self.name}({", ".join(args)})'


def quote(sql):
    text = sql.replace('\\', '\\\\').replace('"', '\\"')
    return '\n    '.join(f'"{line}\\n"' for line in text.split('\n'))


def parse(path):
    """The statements of a file of queries."""
    text = path.read_text()
    rest = re.sub(r'^(--.*)?\n', '', ITEM.sub('', text), flags=re.M)
    if rest.strip():
        raise SystemExit(f'gen.py: {path.name}: not understood: {rest}')
    return [Statement(*m.groups()) for m in ITEM.finditer(text)]


def queries():
    """The statements of each file of queries, by its noun."""
    return {path.stem: parse(path)
            for path in sorted((HERE / 'queries').glob('*.sql'))}


def statements():
    return [s for all_ in queries().values() for s in all_]


def guarded(name, lines):
    guard = name.upper().replace('.', '_')
    return '\n'.join([
        f'/* {name}: made by sql/gen.py of sql/, not to be edited. */',
        f'#ifndef {guard}\n#define {guard}\n\n#include "db/db.h"\n',
        *lines, '#endif', ''])


def new_row(s, rows):
    """Whether a type of rows is met for the first time."""
    if s.row not in rows:
        rows[s.row] = s.columns
        return bool(s.columns)
    if rows[s.row] != s.columns:
        raise SystemExit(f'gen.py: {s.name}: other columns than {s.row}_t has')
    return False


def header(all_):
    rows = {}
    for s in all_:
        if s.comment:
            yield '/* ' + '\n * '.join(s.comment) + ' */'
        if s.kind == 'text':
            yield f'extern const char db_text_{s.name}[];\n'
            continue
        if new_row(s, rows):
            fields = ' '.join(f'{c.declaration()};' for c in s.columns)
            yield f'typedef struct {{ {fields} }} {s.row}_t;\n'
        yield s.prototype() + ';\n'


def sizes(all_, steps):
    prepared = [s for s in all_ if s.kind != 'text']
    yield (f'#define DB_SCHEMA_VERSION {len(steps)}\n'
           f'#define DB_STATEMENTS_N {len(prepared)}\n\n'
           'extern const db_migration_t db_migrations[DB_SCHEMA_VERSION];\n')


def body(s, number, rows):
    columns = ', '.join(f'{{ DB_{c.type.upper()}, {c.is_nullable:d} }}'
                        for c in s.columns) or '{ 0 }'
    yield (f'static const db_statement_t {s.name} = {{ {number}, "{s.name}", '
           f'{len(s.bound)}, {len(s.columns)},\n'
           f'    (const db_column_t[]){{ {columns} }},\n'
           f'    {quote(s.text())}\n}};\n')
    if new_row(s, rows):
        fields = ', '.join(c.column(i) for i, c in enumerate(s.columns))
        yield (f'static {s.row}_t {s.row}(db_value_t *c)\n{{\n'
               f'    return ({s.row}_t){{ {fields} }};\n}}\n')
    values = ', '.join(p.value() for p in s.bound) or '{ 0 }'
    yield (f'{s.prototype()}\n{{\n'
           f'    const db_value_t params[] = {{ {values} }};')
    call = CALLS[s.kind].replace('NAME', s.name).replace('ROW', s.row)
    yield call.replace('WIDTH', str(len(s.columns))) + '}\n'


def source(nouns, all_, steps):
    yield '/* db_gen.c: made by sql/gen.py of sql/, not to be edited. */'
    for noun in [*nouns, 'gen']:
        yield f'#include "db/db_{noun}.h"'
    for version, _, sqls in steps:
        yield (f'static const char *const migration_{version}[] = {{\n    '
               + ',\n    '.join(quote(q) for q in sqls) + ',\n    NULL\n};\n')
    yield 'const db_migration_t db_migrations[DB_SCHEMA_VERSION] = {'
    for version, name, _ in steps:
        oldest = schema.oldest(version, HERE / 'schema' / name)
        yield f'    {{ {version}, {oldest}, "{name}", migration_{version} }},'
    yield '};\n'
    for limit, lengths in (('COLUMNS', [len(s.columns) for s in all_]),
                           ('PARAMS', [len(s.bound) for s in all_])):
        yield (f'_Static_assert({max(lengths)} <= DB_{limit}_MAX, '
               f'"DB_{limit}_MAX of db.h");\n')
    for s in (s for s in all_ if s.kind == 'text'):
        yield f'const char db_text_{s.name}[] =\n    {quote(s.sql)};\n'
    rows = {}
    for number, s in enumerate(s for s in all_ if s.kind != 'text'):
        yield from body(s, number, rows)


def write(path, text):
    """Leaves a file alone whose text stays, so that make does too."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main(out):
    nouns, steps = queries(), schema.migrations()
    all_ = [s for noun in nouns.values() for s in noun]
    if len({s.name for s in all_}) != len(all_):
        raise SystemExit('gen.py: two statements of one name')
    (out / 'db').mkdir(parents=True, exist_ok=True)
    for noun, mine in [*((n, header(q)) for n, q in nouns.items()),
                       ('gen', sizes(all_, steps))]:
        name = f'db_{noun}.h'
        write(out / 'db' / name, guarded(name, mine))
    (out / 'db_gen.c').write_text(
        '\n'.join(source(nouns, all_, steps)) + '\n')


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
