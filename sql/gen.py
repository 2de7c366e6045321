#!/usr/bin/python3
"""gen.py OUTDIR: turns sql/queries and sql/schema into typed C.

A statement is a line "-- name(param type, ...) kind" and a query that ends in
";".  Comment lines before that line are the function's comment.  Kinds:

    exec                 OK, DECLINED where a unique key is taken
    one {column type,..} OK and a row, DECLINED without one
    many {column type,..} calls a function for each row
    text                 no function: the text itself, sent as it stands

Types are u64, i64, bool and str; "?" behind a type: may be NULL (a NULL
pointer in C).  Parameters stand in the query as :name, as often as needed.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
CALLS = {'exec': """
    return db_exec(db, &NAME, params);
""", 'one': """
    db_value_t *c;
    int rc = db_one(db, &NAME, params, &c);
    if (rc == OK) {
        *row_r = NAME_row(c);
    }
    return rc;
""", 'many': """
    db_value_t *c;
    size_t n;
    int rc = db_many(db, &NAME, params, &c, &n);
    for (; rc == OK && n > 0; n--, c += WIDTH) {
        NAME_row_t row = NAME_row(c);
        rc = fn(data, &row);
    }
    return rc;
"""}
ITEM = re.compile(
    r'((?:^-- .*\n)*?)^-- (\w+)\(([^)]*)\) (exec|one|many|text)'
    r'(?: \{(.*)\})?\n([^;]*);$', re.M)
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

    def __init__(self, comment, name, params, kind, columns, sql):
        self.params, self.columns = (
            [Field(f) for f in (text or '').split(',') if f.strip()]
            for text in (params, columns))
        self.name, self.kind, self.sql = name, kind, sql
        self.comment = re.findall('^-- (.*)', comment, re.M)
        used = [m[1] for m in PARAM.finditer(sql) if m[1]]
        known = {f.name: f for f in self.params}
        if set(used) != set(known):
            raise SystemExit(f'gen.py: {name}: parameters and :names differ')
        if bool(self.columns) != (kind in ('one', 'many')):
            raise SystemExit(f'gen.py: {name}: columns do not fit "{kind}"')
        self.bound = [known[n] for n in used]

    def text(self):
        return PARAM.sub(lambda m: '?' if m[1] else m[0], self.sql)

    def prototype(self):
        args = ['db_t *db'] + [p.declaration() for p in self.params]
        if self.kind == 'one':
            args.append(f'{self.name}_row_t *row_r')
        elif self.kind == 'many':
            args += [f'{self.name}_fn fn', 'void *data']
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


def statements():
    return [s for path in sorted((HERE / 'queries').glob('*.sql'))
            for s in parse(path)]


def migrations():
    """(version, file's name, [statement]) in the order of the versions."""
    out = []
    for n, path in enumerate(sorted((HERE / 'schema').glob('*.sql')), 1):
        if not path.name.startswith(f'{n:04}_'):
            raise SystemExit(f'gen.py: {path.name} is not number {n}')
        text = re.sub(r'^\s*--.*\n', '', path.read_text(), flags=re.M)
        steps = [step.strip() for step in text.split(';')]
        out.append((n, path.name, [step for step in steps if step]))
    return out


def header(all_, steps):
    prepared = [s for s in all_ if s.kind != 'text']
    yield ('/* db_gen.h: made by sql/gen.py of sql/, not to be edited. */\n'
           '#ifndef DB_GEN_H\n#define DB_GEN_H\n\n'
           '#include "db/db.h"\n\n'
           f'#define DB_SCHEMA_VERSION {len(steps)}\n'
           f'#define DB_STATEMENTS_N {len(prepared)}\n\n'
           'extern const db_migration_t db_migrations[DB_SCHEMA_VERSION];\n')
    for s in all_:
        if s.comment:
            yield '/* ' + '\n * '.join(s.comment) + ' */'
        if s.kind == 'text':
            yield f'extern const char db_text_{s.name}[];\n'
            continue
        if s.columns:
            fields = ' '.join(f'{c.declaration()};' for c in s.columns)
            yield f'typedef struct {{ {fields} }} {s.name}_row_t;\n'
        if s.kind == 'many':
            yield (f'typedef int (*{s.name}_fn)(void *data, '
                   f'const {s.name}_row_t *row);')
        yield s.prototype() + ';\n'
    yield '#endif'


def body(s, number):
    columns = ', '.join(f'{{ DB_{c.type.upper()}, {c.is_nullable:d} }}'
                        for c in s.columns) or '{ 0 }'
    yield (f'static const db_statement_t {s.name} = {{ {number}, "{s.name}", '
           f'{len(s.bound)}, {len(s.columns)},\n'
           f'    (const db_column_t[]){{ {columns} }},\n'
           f'    {quote(s.text())}\n}};\n')
    if s.columns:
        fields = ', '.join(c.column(i) for i, c in enumerate(s.columns))
        yield (f'static {s.name}_row_t {s.name}_row(db_value_t *c)\n{{\n'
               f'    return ({s.name}_row_t){{ {fields} }};\n}}\n')
    values = ', '.join(p.value() for p in s.bound) or '{ 0 }'
    yield (f'{s.prototype()}\n{{\n'
           f'    const db_value_t params[] = {{ {values} }};')
    yield CALLS[s.kind].replace('NAME', s.name).replace(
        'WIDTH', str(len(s.columns))) + '}\n'


def source(all_, steps):
    yield ('/* db_gen.c: made by sql/gen.py of sql/, not to be edited. */\n'
           '#include "db_gen.h"\n')
    for version, _, sqls in steps:
        yield (f'static const char *const migration_{version}[] = {{\n    '
               + ',\n    '.join(quote(q) for q in sqls) + ',\n    NULL\n};\n')
    yield 'const db_migration_t db_migrations[DB_SCHEMA_VERSION] = {'
    for version, name, _ in steps:
        yield f'    {{ {version}, "{name}", migration_{version} }},'
    yield '};\n'
    for s in (s for s in all_ if s.kind == 'text'):
        yield f'const char db_text_{s.name}[] =\n    {quote(s.sql)};\n'
    for number, s in enumerate(s for s in all_ if s.kind != 'text'):
        yield from body(s, number)


def main(out):
    all_, steps = statements(), migrations()
    if len({s.name for s in all_}) != len(all_):
        raise SystemExit('gen.py: two statements of one name')
    out.mkdir(parents=True, exist_ok=True)
    (out / 'db_gen.h').write_text('\n'.join(header(all_, steps)) + '\n')
    (out / 'db_gen.c').write_text('\n'.join(source(all_, steps)) + '\n')


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
