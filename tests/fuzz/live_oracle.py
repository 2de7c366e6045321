"""What may be answered to a request, by the grammars alone.

Knows nothing of the module: it reads the bytes that were sent, as a strict
reader of RFC 9112 and of the OCI distribution spec would, and says what must
never come back.  A request that a strict reader refuses is judged less."""

import hashlib
import json
import re
from collections import Counter

from testenv import hostile

MANIFEST_MAX = 4 << 20
NAME_MAX = 255

CODES = set("""
    BLOB_UNKNOWN BLOB_UPLOAD_INVALID BLOB_UPLOAD_UNKNOWN DIGEST_INVALID
    MANIFEST_BLOB_UNKNOWN MANIFEST_INVALID MANIFEST_UNKNOWN NAME_INVALID
    NAME_UNKNOWN SIZE_INVALID UNAUTHORIZED DENIED UNSUPPORTED TOOMANYREQUESTS
    UNKNOWN UNAVAILABLE RANGE_INVALID TAG_INVALID
    PAGINATION_NUMBER_INVALID""".split())

_PART = rb"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_NAME = rb"(?P<name>%b(?:/%b)*)" % (_PART, _PART)
_DIGEST = rb"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}"
_TAG = rb"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_ID = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

_REF = rb"/(?P<ref>%b)"
_MANIFEST = rb"/v2/%b/manifests" % _NAME + _REF % (_TAG + rb"|" + _DIGEST)
_BLOB = rb"/v2/%b/blobs" % _NAME + _REF % _DIGEST
_UPLOADS = rb"/v2/%b/blobs/uploads" % _NAME

# (what, methods, path, right): what a 2xx may be an answer to.
_ROUTES = [(what, methods.split(), re.compile(path), right)
           for what, methods, path, right in (
               ("base", "GET HEAD", rb"/v2/?", None),
               ("list", "GET HEAD", rb"/v2/_catalog", "catalog"),
               ("list", "GET HEAD", rb"/v2/%b/tags/list" % _NAME, "pull"),
               ("manifest", "GET HEAD", _MANIFEST, "pull"),
               ("manifest", "PUT", _MANIFEST, "push"),
               ("manifest", "DELETE", _MANIFEST, "delete"),
               ("blob", "GET HEAD", _BLOB, "pull"),
               ("blob", "DELETE", _BLOB, "delete"),
               ("upload", "POST", _UPLOADS + rb"/?", "push"),
               ("upload", "GET HEAD", _UPLOADS + rb"/" + _ID, "pull"),
               ("upload", "PATCH PUT DELETE", _UPLOADS + rb"/" + _ID, "push"),
               ("referrers", "GET HEAD", rb"/v2/%b/referrers" % _NAME
                + _REF % _DIGEST, "pull"))]

_LINE = re.compile(rb"([A-Z]+) ([\x21-\x7e\x80-\xff]+) HTTP/1\.([01])\r\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*"
                     rb"([\x20-\x7e\t\x80-\xff]*?)[ \t]*\r\n")
_SKIPPED = re.compile(rb"[^\r\n\0]+\r\n")

# nginx takes a bare LF for the end of a chunk's line.
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CHUNK_END = re.compile(rb"\r?\n")
_TRAILERS = re.compile(rb"(?:[^\r\n]+\r?\n)*\r?\n")
_RANGE = re.compile(rb"(?:bytes )?(\d{1,18})-(\d{1,18})(?:/(?:\*|\d{1,18}))?")


class Request:
    """A request as a strict reader sees it; also one of HTTP/2."""

    def __init__(self, method, target, headers, body=b"", minor=1):
        self.method = method
        self.minor = minor
        self.headers = headers
        self.body = body            # None where its end is not clear
        self.rest = b""             # what stands behind it
        self.is_clean = True        # none of its lines was skipped
        self.is_framed = True       # where the body ends is clear
        raw = re.sub(rb"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", b"", target)
        self.path, _, query = raw.partition(b"#")[0].partition(b"?")
        self.query = [pair.partition(b"=")[::2] for pair in query.split(b"&")]

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name]

    def arg(self, name):
        """The first argument called so, decoded; None where there is none."""
        for key, value in self.query:
            if _decode(key.replace(b"+", b" ")) == name:
                return _decode(value.replace(b"+", b" "))
        return None

    def route(self):
        """(what, parts of the path, right), or None where a 2xx is a mistake.
        """
        path = _decode(self.path)
        if path is None or re.search(rb"%2f", self.path, re.I):
            return None
        for what, methods, pattern, right in _ROUTES:
            match = pattern.fullmatch(path)
            is_options = self.method == "OPTIONS"
            if match and (is_options or self.method in methods):
                parts = match.groupdict()
                if len(parts.get("name", b"")) <= NAME_MAX:
                    return ("options", parts, None) if is_options else (
                        what, parts, right)
        return None


def _decode(text):
    """Percent-decoded once; None where it is badly encoded."""
    if re.search(rb"%(?![0-9A-Fa-f]{2})", text):
        return None
    return re.sub(rb"%([0-9A-Fa-f]{2})",
                  lambda found: bytes([int(found[1], 16)]), text)


def read_request(data):
    """The first request in data; None where a strict reader refuses it.  Lines
    that are no headers are skipped, as nginx does by default."""
    line = _LINE.match(data)
    if line is None:
        return None
    at, headers, is_clean = line.end(), [], True
    while not data.startswith(b"\r\n", at):
        found = _HEADER.match(data, at)
        if found is not None:
            headers.append(found.groups())
        else:
            found = _SKIPPED.match(data, at)
            is_clean = False
        if found is None:
            return None
        at = found.end()
    request = Request(line[1].decode(), line[2], headers, minor=int(line[3]))
    request.body, request.rest = _body(request, data[at + 2:])
    request.is_clean = is_clean
    return request


def _body(request, data):
    """(body, rest); body None where the framing is wrong or not complete."""
    lengths = request.values(b"content-length")
    codings = request.values(b"transfer-encoding")
    if not lengths and not codings:
        return b"", data
    if codings:
        if (lengths or len(codings) > 1 or request.minor == 0
                or codings[0].lower() != b"chunked"):
            request.is_framed = False
            return None, b""
        return _chunks(data)
    if len(lengths) > 1 or not re.fullmatch(rb"\d{1,19}", lengths[0]):
        request.is_framed = False
        return None, b""
    length = int(lengths[0])
    if length > len(data):
        return None, b""
    return data[:length], data[length:]


def _chunks(data):
    body, at = [], 0
    while True:
        head = _CHUNK.match(data, at)
        if head is None:
            return None, b""
        size = int(head[1], 16)
        at = head.end()
        if size == 0:
            end = _TRAILERS.match(data, at)
            return (b"".join(body), data[end.end():]) if end else (None, b"")
        body.append(data[at:at + size])
        at += size
        end = _CHUNK_END.match(data, at)
        if end is None:
            return None, b""
        at = end.end()


# --- what must not be ----------------------------------------------------------

class _Object(dict):
    """One of JSON, and which of its keys came twice."""

    def __init__(self, pairs):
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.twice = {key for key in counts if counts[key] > 1}


def _constant(text):
    raise ValueError(text + " is no JSON")


_OF_MANIFEST = {"schemaVersion", "mediaType", "config", "layers", "manifests",
                "subject", "artifactType", "annotations", "fsLayers"}
_OF_DESCRIPTOR = {"mediaType", "digest", "size", "urls", "annotations", "data",
                  "artifactType", "platform"}


def manifest_faults(body):
    """Why these bytes can be no manifest, or None."""
    if len(body) > MANIFEST_MAX:
        return "too large"
    try:
        model = json.loads(body.decode("utf-8"), object_pairs_hook=_Object,
                           parse_constant=_constant)
        values = hostile.count(model)
    except RecursionError:
        return None     # deeper than this reader can go
    except ValueError as problem:
        return str(problem)
    if not isinstance(model, dict):
        return "no object"
    if type(model.get("schemaVersion")) is not int \
            or model["schemaVersion"] != 2:
        return "schemaVersion"
    if values > hostile.VALUES + len(body) // hostile.BYTES_A_VALUE:
        return "too many values"
    listed = [model.get(key) for key in ("layers", "manifests")]
    if any(isinstance(each, list) and len(each) > hostile.REFERENCES_MAX
           for each in listed):
        return "too many references"
    if model.twice & _OF_MANIFEST or any(
            isinstance(each, _Object) and each.twice & _OF_DESCRIPTOR
            for each in sum((each for each in listed if isinstance(
                each, list)), [model.get("config"), model.get("subject")])):
        return "a key that comes twice"
    shapes = [key for key in ("manifests", "layers", "config", "fsLayers")
              if model.get(key) is not None]
    if "manifests" in shapes and len(shapes) > 1:
        return "an image and an index"
    return None


def success_fault(request, status, headers, body, rights):
    """Why a 2xx (or 304) must not be the answer, or None.  rights: pairs of
    a repository and an action that the token grants, or None for all."""
    route = request.route()
    if route is None:
        return "no such endpoint"
    what, parts, right = route
    if rights is not None and not _is_granted(parts.get("name"), right, rights):
        return "not granted"
    if not request.is_framed:
        return "a body whose end is not clear"
    if request.method in ("GET", "HEAD"):
        return _read_fault(request, what, parts, status, body)
    if what == "options":
        return None if (status, body) == (204, b"") and headers.get("allow") \
            else "no answer to OPTIONS"
    if request.body is None and request.method != "DELETE":
        return "a body without an end"
    if what == "manifest" and request.method == "PUT":
        return _manifest_fault(request, parts["ref"].decode(), headers)
    return _upload_fault(request, status) if what == "upload" else None


def h2_write_fault(request, status, rights):
    """As success_fault(), of a change whose answer's headers are not known."""
    what, parts, right = request.route()
    if rights is not None and not _is_granted(parts.get("name"), right, rights):
        return "not granted"
    if what == "manifest" and request.method == "PUT":
        return manifest_faults(request.body)
    return _upload_fault(request, status) if what == "upload" else None


def _is_granted(name, right, rights):
    if right is None:
        return True
    return ((name or b"").decode(), right) in rights


def _read_fault(request, what, parts, status, body):
    n = request.arg(b"n")
    if what == "list" and n and not re.fullmatch(rb"\d{1,19}", n):
        return "n is no number"
    if status == 206 and not request.values(b"range"):
        return "a part that was not asked for"
    wanted = parts.get("ref", b"").decode()
    if (what in ("blob", "manifest") and ":" in wanted and status == 200
            and request.method == "GET" and _digest(wanted, body) != wanted):
        return "other bytes than the digest's"
    return None


def _digest(like, data):
    algorithm = like.split(":")[0]
    return algorithm + ":" + hashlib.new(algorithm, data).hexdigest()


def _upload_fault(request, status):
    wanted = request.arg(b"digest")
    is_mount = request.arg(b"mount") is not None and not (
        request.body and wanted is not None)
    if status == 201 and not wanted and not is_mount:
        return "no digest"
    if status == 201 and wanted and not is_mount:
        if re.fullmatch(_DIGEST, wanted) is None:
            return "no valid digest"
        if request.body and _digest(wanted.decode(), request.body
                                    ) != wanted.decode():
            return "other bytes than the digest's"
    for value in request.values(b"content-range"):
        found = _RANGE.fullmatch(value)
        if request.method in ("PUT", "PATCH") and (
                found is None or int(found[1]) != 0
                or int(found[2]) != len(request.body) - 1):
            return "a range that is not that of the bytes"
    return None


def _manifest_fault(request, reference, headers):
    fault = manifest_faults(request.body)
    if fault:
        return fault
    if ":" in reference and _digest(reference, request.body) != reference:
        return "other bytes than the digest's"
    said = headers.get("docker-content-digest", "")
    if ":" not in said or _digest(said, request.body) != said:
        return "Docker-Content-Digest is another"
    return None


def error_fault(status, headers, body, is_head, is_early):
    """Why this is no error of a registry, or None.  is_early: nginx refused
    before it had looked for a location."""
    if headers.get("docker-distribution-api-version") != "registry/2.0":
        return "no Docker-Distribution-API-Version"
    needed = {401: "www-authenticate", 405: "allow", 503: "retry-after"}
    if status in needed and needed[status] not in headers and not is_early:
        return "no " + needed[status]
    if is_head or status == 204:
        return None
    return body_fault(body) or (
        None if headers.get("content-type") == "application/json"
        else "Content-Type")


def body_fault(body):
    """Why this is no body of OCI errors, or None."""
    try:
        errors = json.loads(body.decode("utf-8"))["errors"]
        unknown = [e["code"] for e in errors if e["code"] not in CODES]
        if not errors or unknown:
            return "unknown codes: %r" % unknown
        for error in errors:
            if not isinstance(error.get("message", ""), str):
                return "a message that is no text"
    except (ValueError, KeyError, TypeError) as problem:
        return "no JSON of OCI: %r: %r" % (problem, body[:200])
    return None
