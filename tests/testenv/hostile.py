"""Manifests that no tool writes, and that a registry takes all the same: at
the border of what it takes, with any value in unknown fields, with one
reference many times."""

import json

# As in common/json_scan.c and fcgi_registry/manifest_parse.h.
VALUES, BYTES_A_VALUE, DEPTH = 32768, 16, 512
REFERENCES_MAX = 20000

# Good in an unknown field, wrong in one that is read.
UNKNOWN = {
    "an integer that fits no type": "123456789012345678901234567890",
    "a negative one": "-9223372036854775809",
    "2^63": "9223372036854775808",
    "a real that fits no type": "1e999",
    "its negative": "-1.5E+400",
    "a small one": "1e-999",
    "a NUL": r'"a\u0000b"',
    "a key with a NUL": r'{"a\u0000": 1, "\u0000": 2}',
    "half a pair": r'"\ud800"',
    "the other half": r'"x\udc00y"',
    "halves in the wrong order": r'"\udc00\ud800"',
    "keys twice": '{"a": 1, "a": [1], "a": {"a": 1, "a": 2}}',
    "our keys twice": '{"layers": 1, "layers": 2, "Digest": 3, "digest": 4}',
    "a control character": r'"\u0001\u001f\u007f"',
    "deep": "[" * 300 + "]" * 300,
}


def count(value):
    """The values of a model of JSON."""
    if isinstance(value, dict):
        return 1 + sum(map(count, value.values()))
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1


def bordering(model, piece, size, more=0):
    """A manifest of so many bytes and the most values that are allowed, and
    more: lists and objects without anything in them cost the most."""
    values = VALUES + size // BYTES_A_VALUE + more
    content = with_unknown(model, "[" + ",".join(
        [piece] * (values - count(model) - 1)) + "]")
    assert len(content) <= size
    return content + b" " * (size - len(content))


def with_unknown(model, value):
    """A manifest with a field more, of this text."""
    return (json.dumps(model)[:-1] + ',"x.y":' + value + "}").encode()
