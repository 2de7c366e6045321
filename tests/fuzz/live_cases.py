"""Requests, valid ones and what becomes of them by some mutations.

All comes from the random numbers of a case: the same number makes the same
request, but for the ids of upload sessions."""

import copy
import json

from testenv import hostile

MARK = b"X-Probe"

BYTES = (b"\0", b"\r", b"\n", b"\t", b" ", b"\x7f", b"\xff", b"\xc3\x28",
         b"%", b"%00", b"%2f", b"%0d%0a", b"/", b"//", b"/./", b"/../", b"?",
         b"#", b"&", b";", b"\"", b"'", b"<", b"\\", b":", b"..", b"*")
NUMBERS = (b"0", b"1", b"-1", b"+1", b"00", b"5", b"1000", b"0x10", b"1e3",
           b"2147483648", b"4294967296", b"9223372036854775807",
           b"9223372036854775808", b"18446744073709551616", b"9" * 30, b"",
           b" ", b"1 1", b"1,1", b"x", b"\xd9\xa1")
NAMES = (b"a", b"alice/app", b"alice/other", b"bob/x", b"A", b"a..b", b"a___b",
         b"-a", b"a-", b"_catalog", b"blobs/uploads", b"manifests/x",
         b"tags/list", b"a" * 255, b"a" * 256, b"a/" * 127 + b"a", b"%61",
         b"%c3%a9", b"")
VALUES = {
    b"Range": (b"bytes=0-0", b"bytes=-1", b"bytes=5-", b"bytes=9-3", b"bytes=",
               b"bytes=0-,0-,0-", b"bytes=" + b"0-1," * 600, b"items=0-1",
               b"bytes=99999999999999999999-", b"bytes=-0", b"bytes=0-0,-1"),
    b"Content-Range": (b"0-0", b"0-9", b"bytes 0-9/10", b"9-0", b"1-5", b"x",
                       b"0-9223372036854775807", b"0-18446744073709551615",
                       b"", b"0-9,10-11", b"-5", b"0-", b"bytes */5"),
    b"Content-Length": NUMBERS,
    b"Transfer-Encoding": (b"chunked", b"Chunked", b"identity", b"gzip",
                           b"chunked, chunked", b"gzip, chunked", b"\x0bchunked",
                           b"chunked;q=1", b"", b"x" * 200),
    b"Authorization": (b"", b"Bearer", b"Bearer ", b"bearer x", b"Bearer a b",
                       b"Basic Og==", b"Basic x", b"Basic " + b"QQ" * 900,
                       b"Bearer " + b"a" * 4097, b"Bearer " + b"a" * 7000,
                       b"Bearer sw1.AAAA.AAAA", b"Negotiate x", b"\xff",
                       b"Bearer \xff\xfe", b"Bearer ../../x"),
    b"Accept": (b"application/vnd.docker.distribution.manifest.v2+json", b"*/*", b"", b"text/html", b"a/b;q=0", b"," * 500, b"x" * 3000,
                b"application/vnd.oci.image.index.v1+json, */*;q=0.1"),
    b"If-None-Match": (b"*", b'""', b'"x", W/"y"', b"x" * 3000, b",,,", b"\xff"),
    b"If-Match": (b"*", b'"x"', b"", b"x,y"),
    b"If-Range": (b'"x"', b"Mon, 01 Jan 2001 00:00:00 GMT", b"x", b""),
    b"If-Modified-Since": (b"Mon, 01 Jan 2035 00:00:00 GMT", b"x", b""),
    b"Host": (b"", b"a:b:c", b"x/y", b"[::1]", b"[", b"a" * 300, b"x y", b".",
              b"x:99999", b"\xff"),
    b"Expect": (b"100-continue", b"x", b"100-Continue", b""),
    b"Connection": (b"close", b"keep-alive", b"upgrade", b"te", b""),
    b"Upgrade": (b"h2c", b"websocket"),
    b"Content-Type": (b"text/html", b"", b"application/json; charset=utf-8",
                      b"application/vnd.oci.image.index.v1+json", b"x" * 300,
                      b"\xff", b"application/octet-stream"),
    b"Content-Encoding": (b"gzip", b"identity"),
    b"X-Forwarded-For": (b"127.0.0.1", b"x"),
    b"X-Http-Method-Override": (b"DELETE",),
    b"Trailer": (b"Content-Length",),
    b"Cookie": (b"a=b", b"x" * 5000),
}
ARGS = {
    b"n": NUMBERS,
    b"last": (b"a", b"", b"%00", b"%", b"x" * 600, b"\xff", b"..", b"v1"),
    b"digest": (b"", b"x", b"sha256:", b"sha256:" + b"0" * 64,
                b"sha256:" + b"A" * 64, b"sha512:" + b"0" * 128, b"md5:0",
                b"%73ha256:" + b"0" * 64, b"sha256%3A" + b"e" * 64, b"%zz"),
    b"digest-algorithm": (b"sha256", b"sha512", b"md5", b"", b"x" * 300),
    b"mount": (b"", b"x", b"sha256:" + b"0" * 64, b"../x"),
    b"from": NAMES,
    b"artifactType": (b"", b"a/b", b"x" * 600, b"%22%0a", b"%"),
    b"tag": (b"x", b"", b".", b"a b", b"x" * 129, b"v1", b"%2f"),
    b"_state": (b"x", b"x" * 2000),
    b"ns": (b"docker.io",),
}
JUNK = (None, True, False, 0, -1, 1, 2, 2 ** 31, 2 ** 63, -10 ** 40, 1.5, "", "x", "\0",
        "\ud7ff\u2028", "x" * 3000, [], {}, [None], [[]], [{}], {"": {}})
KEYS = ("schemaVersion", "mediaType", "config", "layers", "manifests",
        "fsLayers", "subject", "artifactType", "annotations", "urls", "size",
        "digest", "data", "platform", "signatures", "", "\0", "x" * 300)


class Case:
    """A request; head and body are what goes over the wire."""

    def __init__(self, rng, world, is_open):
        self.rng = rng
        self.world = world
        self.token, self.rights = (None, None) if is_open else rng.choices(
            world.tokens, (6, 1, 1))[0]
        self.method, self.path, self.args = b"GET", b"/v2/", []
        self.headers, self.body = [], b""
        self.is_chunked = rng.random() < 0.3
        self.session = None
        rng.choice(self.TEMPLATES)(self)
        for _ in range(rng.choices((0, 1, 2, 3), (3, 6, 3, 1))[0]):
            rng.choice(self.MUTATIONS)(self)

    def repo(self, tail):
        return b"/v2/alice/app/" + tail

    def reference(self):
        world = self.world
        return self.rng.choice([b"v1", b"latest", b"list", b"none",
                                world.manifest.encode(), world.index.encode()])

    # --- templates ----------------------------------------------------------

    def base(self):
        self.path = self.rng.choice((b"/v2/", b"/v2/_catalog"))

    def tags(self):
        self.path = self.repo(b"tags/list")
        if self.rng.random() < 0.5:
            self.args = [(b"n", b"1"), (b"last", b"a")]

    def manifest_get(self):
        self.method = self.rng.choice((b"GET", b"HEAD"))
        self.path = self.repo(b"manifests/" + self.reference())
        if self.rng.random() < 0.3:
            self.headers.append((b"Accept", VALUES[b"Accept"][0]))

    def manifest_put(self):
        self.method = b"PUT"
        self.path = self.repo(b"manifests/x%d" % self.rng.randrange(20))
        self.body = manifest_bytes(self.rng, self.world)
        if self.rng.random() < 0.7:
            self.headers.append(
                (b"Content-Type", b"application/vnd.oci.image.manifest.v1+json"))

    def manifest_delete(self):
        self.method = b"DELETE"
        self.path = self.repo(b"manifests/x%d" % self.rng.randrange(20))

    def blob_get(self):
        self.method = self.rng.choice((b"GET", b"HEAD"))
        self.path = self.repo(b"blobs/" + self.rng.choice(
            self.world.blobs + [self.world.absent]).encode())
        if self.rng.random() < 0.4:
            self.headers.append((b"Range", self.rng.choice(VALUES[b"Range"])))

    def blob_delete(self):
        self.method = b"DELETE"
        self.path = self.repo(b"blobs/" + self.world.absent.encode())

    def referrers(self):
        self.path = self.repo(b"referrers/" + self.world.manifest.encode())

    def upload_start(self):
        self.method, self.path = b"POST", self.repo(b"blobs/uploads/")
        if self.rng.random() < 0.4:
            self.args = [(b"mount", self.world.blobs[0].encode()),
                         (b"from", self.rng.choice(NAMES))]

    def upload_whole(self):
        self.method, self.path = b"POST", self.repo(b"blobs/uploads/")
        self.body = self.rng.randbytes(self.rng.choice((0, 1, 500, 70000)))
        self.args = [(b"digest", self.world.digest(self.body).encode())]

    def upload(self):
        self.session = True
        self.method = self.rng.choice((b"GET", b"PATCH", b"PUT", b"DELETE"))
        self.path = b"SESSION"
        if self.method in (b"PATCH", b"PUT"):
            self.body = self.rng.randbytes(self.rng.choice((0, 9, 3000, 400000)))
            if self.rng.random() < 0.4:
                self.headers.append((b"Content-Range", b"0-%d" % (
                    len(self.body) - 1)))
        if self.method == b"PUT":
            self.args = [(b"digest", self.world.digest(self.body).encode())]

    TEMPLATES = (base, tags, manifest_get, manifest_put, manifest_put,
                 manifest_delete, blob_get, blob_delete, referrers,
                 upload_start, upload_whole, upload, upload)

    # --- mutations ------------------------------------------------------------

    def new_method(self):
        self.method = self.rng.choice(
            (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS",
             b"TRACE", b"CONNECT", b"get", b"PROPFIND", b"", b"X" * 40,
             b"G\0T", b"MOVE"))

    def new_name(self):
        self.path = self.path.replace(b"alice/app", self.rng.choice(NAMES))

    def bad_path(self):
        at = self.rng.randrange(len(self.path) + 1)
        end = at if self.rng.random() < 0.5 else at + self.rng.randrange(8)
        self.path = self.path[:at] + self.rng.choice(BYTES) + self.path[end:]

    def other_form(self):
        self.path = self.rng.choice(
            (b"http://x" + self.path, b"https://x:1" + self.path, b"*", b"",
             b"x" + self.path, b"/" + self.path, self.path + b"/",
             b"/x/.." + self.path, self.path + b"/x" * 2000,
             self.path.replace(b"a", b"%61"), self.path + b"#x", b"//x/v2/"))

    def new_arg(self):
        key = self.rng.choice(list(ARGS))
        self.args.insert(self.rng.randrange(len(self.args) + 1),
                         (key, self.rng.choice(ARGS[key])))

    def many_args(self):
        key = self.rng.choice(list(ARGS))
        self.args += [(key, self.rng.choice(ARGS[key]))] * self.rng.choice(
            (2, 20, 300))

    def bad_arg(self):
        if self.args:
            at = self.rng.randrange(len(self.args))
            key, value = self.args[at]
            self.args[at] = (key, flipped(self.rng, value))

    def new_header(self):
        key = self.rng.choice(list(VALUES))
        self.headers.append((key, self.rng.choice(VALUES[key])))

    def bad_header(self):
        key = self.rng.choice(list(VALUES))
        self.headers.append((
            flipped(self.rng, key), self.rng.choice(VALUES[key])
            + self.rng.choice(BYTES) + self.rng.choice(VALUES[key])))

    def many_headers(self):
        self.headers += [self.rng.choice(
            ((b"Accept", b"a/b"), (b"X" * 50, b"y" * 50), (b"Range", b"bytes=0-"),
             (b"If-None-Match", b'"x"')))] * self.rng.choice((3, 50, 400))

    def new_body(self):
        self.body = self.rng.choice((b"", b"{}", b"x" * 70000,
                                     flipped(self.rng, self.body), self.inner()))

    def inner(self):
        """A request that was not sent, should it be read as one."""
        return (b"GET /v2/ HTTP/1.1\r\nHost: x\r\n%b: %b\r\n\r\n" % (
            MARK, self.world.mark(self, b"s")))

    def hide(self):
        self.body += self.inner()

    MUTATIONS = (new_method, new_name, bad_path, other_form, new_arg, many_args,
                 bad_arg, new_header, new_header, new_header, bad_header,
                 many_headers, new_body, hide)

    # --- the wire -------------------------------------------------------------

    def target(self):
        path = self.path.replace(b"SESSION", self.world.session(self)
                                 if self.session else b"")
        query = b"&".join(b"=".join(arg) for arg in self.args)
        return path + (b"?" + query if query else b"")

    def fields(self):
        """The headers that a client would send with it."""
        lines = [(b"Host", b"x")] + self.headers
        if self.token is not None:
            lines.append((b"Authorization", b"Bearer " + self.token.encode()))
        return lines

    def wire(self):
        rng, lines, body = self.rng, self.fields(), self.body
        lines.append((MARK, self.world.mark(self, b"f")))
        if self.is_chunked and body:
            lines.append((b"Transfer-Encoding", b"chunked"))
            body = chunked(rng, body)
        elif body or self.method in (b"PUT", b"POST", b"PATCH"):
            lines.append((b"Content-Length", b"%d" % len(body)))
        if rng.random() < 0.15:
            rng.shuffle(lines)
        version = rng.choices((b" HTTP/1.1", b" HTTP/1.0", b"", b" HTTP/2.0",
                               b" HTTP/1.2", b" http/1.1", b" HTTP/1.1 x"),
                              (60, 6, 1, 1, 1, 1, 1))[0]
        data = b"%b %b%b\r\n%b\r\n%b" % (
            self.method, self.target(), version,
            b"".join(b"%b: %b\r\n" % line for line in lines), body)
        if rng.random() < 0.06:
            end = min(len(data), 3000)
            data = flipped(rng, data[:end]) + data[end:]
        return data


def flipped(rng, data):
    """Some bytes of data changed, gone, or more."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(data) + 1)
        how = rng.randrange(4)
        if how == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            del data[at:at + rng.choice((1, 2, 20))]
        elif how == 2:
            data[at:at] = rng.choice(BYTES)
        else:
            data[at:at] = data[at:at + rng.choice((1, 4, 40))]
    return bytes(data)


def chunked(rng, body):
    """A body in chunks; now and then not quite."""
    out, at = [], 0
    size = rng.choice((1 << 20, 1000, 37)) if len(body) < 5000 else 1 << 20
    extension = rng.choice((b"", b"", b"", b";a=b", b" "))
    while at < len(body):
        piece = body[at:at + size]
        out.append(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece))
        at += size
    out.append(rng.choices(
        (b"0\r\n\r\n", b"0\r\nContent-Length: 5\r\n\r\n", b"0\n\n", b"00\r\n\r\n",
         b"-1\r\n\r\n", b"ffffffffffffffff\r\n", b"fffffffffffffffff\r\n", b"x\r\n",
         b"\r\n", b""), (60, 2, 1, 2, 1, 1, 1, 1, 1, 1))[0])
    return b"".join(out)


# --- manifests ------------------------------------------------------------------

def manifest_bytes(rng, world):
    """A manifest: valid, of another shape, or broken in its bytes."""
    model = json.loads(rng.choice(world.models))
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
        model = twisted(rng, model)
    text = json.dumps(model, ensure_ascii=rng.random() < 0.5,
                      allow_nan=True).encode("utf-8", "surrogatepass")
    how = rng.randrange(32)
    if how < 4:
        return hostile_bytes(rng, world, model)
    how -= 4
    if how == 0:
        return flipped(rng, text)
    if how == 1:
        return text.replace(b"{", b'{"schemaVersion":2,', 1)
    if how == 2:
        return text.replace(b"{", b'{"mediaTyp\\u0065":"x",', 1)
    if how == 3:
        depth = rng.choice((10, 500, 2047, 2049, 100000))
        nest = b"[" * depth + b"]" * depth
        return text.replace(b"{", b'{"x":%b,' % nest, 1)
    if how == 4:
        return rng.choice((b"\xef\xbb\xbf" + text, text + b"\0", text + b"{}",
                           text[:-1], b"", b"null", b"[]", b'"x"',
                           text.decode("utf-8", "replace").encode("utf-16")))
    if how == 5:
        broken = rng.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90",
                             b"\\ud800", b"\\u0000", b"\x01"))
        return text.replace(b'": "', b'": "' + broken, 1)
    if how == 6 and rng.random() < 0.3:
        size = world.manifest_max + rng.choice((-1, 0, 1))
        return text + b" " * (size - len(text))
    return text


def hostile_bytes(rng, world, model):
    """A manifest that costs as much as one may: at the border of what is
    taken or right behind it, with one reference many times, with names of
    sha512, or with a value that has no type in an unknown field."""
    how = rng.randrange(4)
    if not isinstance(model, dict):
        return json.dumps(model).encode()
    if how == 0:
        return hostile.bordering(
            {"schemaVersion": 2, "config": {}}
            if hostile.count(model) > 1000 else model,
            rng.choice(("[]", "{}", "0", '""')),
            rng.choice((200000, 200001 + rng.randrange(100), 300000)),
            rng.choice((-1, 0, 0, 1)))
    if how == 1:
        return hostile.with_unknown(
            model, rng.choice(list(hostile.UNKNOWN.values())))
    for key in ("layers", "manifests"):
        listed = model.get(key)
        if how == 2 and isinstance(listed, list) and listed:
            model[key] = listed * rng.choice((
                2, 100, hostile.REFERENCES_MAX // len(listed),
                hostile.REFERENCES_MAX // len(listed) + 1))
        elif how == 3 and isinstance(listed, list):
            model[key] = listed + [{"digest": digest, "size": size}
                                   for digest, size in world.sha512]
    return json.dumps(model).encode()


def places(value, found):
    """Every container in value."""
    if isinstance(value, (dict, list)):
        found.append(value)
        for inner in (value.values() if isinstance(value, dict) else value):
            places(inner, found)
    return found


def twisted(rng, model):
    """Something in it is of another type, gone, or new."""
    found = places(model, [])
    if not found:
        return model
    at = rng.choice(found)
    keys = list(at) if isinstance(at, dict) else list(range(len(at)))
    how = rng.randrange(4)
    if how == 0 and keys:
        del at[rng.choice(keys)]
    elif how == 1 and keys:
        at[rng.choice(keys)] = copy.deepcopy(rng.choice(JUNK))
    elif how == 2 and keys:
        at[rng.choice(keys)] = copy.deepcopy(rng.choice(found))
    elif isinstance(at, dict):
        at[rng.choice(KEYS)] = copy.deepcopy(rng.choice(JUNK))
    return model
