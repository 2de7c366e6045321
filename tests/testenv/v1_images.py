"""Images of the original protocol: a chain of them, each with its JSON and its
layer, and the two checksums of it (written from the protocol's text, not from
our C: each is the other's witness)."""

import gzip
import hashlib
import io
import json
import tarfile

from .images import blob

CREATED = "2015-06-01T12:00:00.000000000Z"


class V1Image:
    """One image: its id, its parent's or None, its JSON and its layer."""

    def __init__(self, image_id, parent, text, layer):
        self.id = image_id
        self.parent = parent
        self.json = text        # bytes, as they are sent
        self.layer = layer      # bytes, as they are sent

    def payload(self):
        return payload_sum(self.json, self.layer)

    def tarsum(self):
        return tarsum(self.json, gzip.decompress(self.layer))


def payload_sum(text, layer):
    """X-Docker-Checksum-Payload: of the JSON, a newline and the layer."""
    return "sha256:" + hashlib.sha256(text + b"\n" + layer).hexdigest()


def _header_text(entry):
    """What a file's sum covers before its bytes: names and values without
    anything between them."""
    name = entry.name + ("/" if entry.isdir() else "")
    return b"".join(
        key.encode() + (value if isinstance(value, bytes)
                        else str(value).encode())
        for key, value in (
            ("name", name), ("mode", entry.mode), ("uid", entry.uid),
            ("gid", entry.gid), ("size", entry.size),
            ("mtime", int(entry.mtime)), ("typeflag", entry.type),
            ("linkname", entry.linkname), ("uname", entry.uname),
            ("gname", entry.gname), ("devmajor", entry.devmajor),
            ("devminor", entry.devminor)))


def tarsum(text, plain):
    """X-Docker-Checksum (TarSum, version 0) of an uncompressed tar."""
    sums = []
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        for entry in tar:
            body = tar.extractfile(entry).read() if entry.isreg() else b""
            sums.append(
                hashlib.sha256(_header_text(entry) + body).hexdigest())
    return "tarsum+sha256:" + hashlib.sha256(
        text + "".join(sorted(sums)).encode()).hexdigest()


def tar_of(*entries):
    """An uncompressed tar of (name, bytes) files; bytes may be None for a
    directory and a str for a symbolic link to it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w",
                      format=tarfile.USTAR_FORMAT) as tar:
        for name, data in entries:
            entry = tarfile.TarInfo(name)
            entry.mtime = 1433160000
            if data is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(data, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, data
            else:
                entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data) if entry.size else None)
    return out.getvalue()


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def _plain_layers(count, size, seed):
    return [tar_of(("etc/", None), ("etc/file%d" % i,
                                    blob(size, "%s-%d" % (seed, i))),
                   ("link%d" % i, "etc/file%d" % i))
            for i in range(count)]


def _json(model):
    return json.dumps(model, separators=(",", ":")).encode()


def chain_1_6(count=3, size=1024, seed=0):
    """Root first.  Ids mean nothing; each JSON is a whole one."""
    found, parent = [], None
    for number, plain in enumerate(_plain_layers(count, size, seed)):
        image_id = _sha256(b"1.6 %d %s %d" % (size, str(seed).encode(),
                                             number))
        model = {"id": image_id}
        if parent:
            model["parent"] = parent
        model.update({
            "created": CREATED, "container": _sha256(image_id.encode()),
            "container_config": {"Hostname": "h", "Cmd": ["/bin/true"]},
            "docker_version": "1.6.2", "config": {"Cmd": ["/bin/true"]},
            "architecture": "amd64", "os": "linux", "Size": size})
        found.append(V1Image(image_id, parent, _json(model),
                             gzip.compress(plain, 6, mtime=0)))
        parent = image_id
    return found


def _chain_ids(diff_ids):
    found = [diff_ids[0]]
    for diff_id in diff_ids[1:]:
        found.append(_sha256(b"sha256:%s sha256:%s" % (
            found[-1].encode(), diff_id.encode())))
    return found


def chain_1_10(count=3, size=1024, seed=0):
    """Root first.  The leaf's id is the digest of the image's config, the
    others' are chain ids, and their JSON has the ids only."""
    plain = _plain_layers(count, size, seed)
    diff_ids = [_sha256(tar) for tar in plain]
    model = {"architecture": "amd64", "config": {"Cmd": ["/bin/true"]},
             "created": CREATED, "docker_version": "1.10.3", "os": "linux"}
    ids = _chain_ids(diff_ids)[:-1]
    ids.append(_sha256(_json({**model, "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + d for d in diff_ids]}})))
    found, parent = [], None
    for number, image_id in enumerate(ids):
        text = {"id": image_id}
        if parent:
            text["parent"] = parent
        if number == count - 1:
            text = dict(sorted({**model, **text}.items()))
        found.append(V1Image(image_id, parent, _json(text),
                             gzip.compress(plain[number], 6, mtime=0)))
        parent = image_id
    return found
