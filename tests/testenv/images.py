"""Blobs, images and image indexes without any container tool."""

import gzip
import hashlib
import io
import json
import random
import tarfile

OCI = "application/vnd.oci.image."
OCI_MANIFEST = OCI + "manifest.v1+json"
OCI_INDEX = OCI + "index.v1+json"
OCI_CONFIG = OCI + "config.v1+json"
OCI_LAYER = OCI + "layer.v1.tar+gzip"
DOCKER = "application/vnd.docker."
DOCKER_MANIFEST = DOCKER + "distribution.manifest.v2+json"
DOCKER_LIST = DOCKER + "distribution.manifest.list.v2+json"
DOCKER_CONFIG = DOCKER + "container.image.v1+json"
DOCKER_LAYER = DOCKER + "image.rootfs.diff.tar.gzip"


def blob(size, seed=0):
    """Bytes that do not compress, the same for the same arguments."""
    return random.Random("%d/%s" % (size, seed)).randbytes(size)


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": sha256(data),
            "size": len(data), **more}


class Manifest:
    """The bytes of a manifest and what they are."""

    def __init__(self, model, media_type=None):
        self.model = model
        self.data = json.dumps(model, indent=2).encode()
        self.media_type = media_type or model["mediaType"]
        self.digest = sha256(self.data)

    def descriptor(self, **more):
        return descriptor(self.media_type, self.data, **more)


class Image:
    """A config, layers, and the manifest that names them."""

    def __init__(self, layers=1, size=1024, seed=0, architecture="amd64",
                 is_docker=False, **config):
        """config: more of the config, or other values."""
        plain = [self._tar("file%d" % i, blob(size, "%s-%d" % (seed, i)))
                 for i in range(layers)]
        self.layers = [gzip.compress(tar, 1, mtime=0) for tar in plain]
        self.config = json.dumps({
            "architecture": architecture, "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [
                sha256(tar) for tar in plain]}, **config}).encode()
        self.architecture = architecture
        self.manifest = Manifest({
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST if is_docker else OCI_MANIFEST,
            "config": descriptor(
                DOCKER_CONFIG if is_docker else OCI_CONFIG, self.config),
            "layers": [descriptor(
                DOCKER_LAYER if is_docker else OCI_LAYER, layer)
                for layer in self.layers]})

    @staticmethod
    def _tar(name, data):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w",
                          format=tarfile.USTAR_FORMAT) as tar:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        return out.getvalue()

    def blobs(self):
        return self.layers + [self.config]


def image_index(images, is_docker=False):
    """The manifest of a multi-arch image."""
    return Manifest({
        "schemaVersion": 2,
        "mediaType": DOCKER_LIST if is_docker else OCI_INDEX,
        "manifests": [image.manifest.descriptor(platform={
            "architecture": image.architecture, "os": "linux"})
            for image in images]})


def artifact(payload, artifact_type, subject=None):
    """An OCI artifact with one layer; (manifest, blobs)."""
    empty = b"{}"
    model = {"schemaVersion": 2, "mediaType": OCI_MANIFEST,
             "artifactType": artifact_type,
             "config": descriptor("application/vnd.oci.empty.v1+json", empty),
             "layers": [descriptor("application/octet-stream", payload)]}
    if subject is not None:
        model["subject"] = subject.descriptor()
    return Manifest(model), [empty, payload]


def write_layout(directory, name, images):
    """An OCI image layout, for skopeo's oci:DIRECTORY:NAME.  Several images make
    an image index.  Returns the top manifest."""
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    top = images[0].manifest if len(images) == 1 else image_index(images)
    kept = [top.data] if len(images) > 1 else []
    for image in images:
        kept += image.blobs() + [image.manifest.data]
    for data in kept:
        (blobs / hashlib.sha256(data).hexdigest()).write_bytes(data)
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (directory / "index.json").write_text(json.dumps({
        "schemaVersion": 2, "manifests": [top.descriptor(annotations={
            "org.opencontainers.image.ref.name": name})]}))
    return top
