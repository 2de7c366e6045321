"""Images of the original protocol, written into a store as docs/layout.md has
them."""

import gzip
import hashlib
import json


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def image_path(store, name, image_id, *below):
    return store.repository(name, "_v1", image_id, *below)


def put_image(store, name, image, ancestry, is_uploading=False):
    """image: of testenv.v1_images; ancestry: ids, its own first."""
    layer = sha256(image.layer)
    plain = gzip.decompress(image.layer)
    sums = {"size": len(image.layer), "uncompressed": len(plain),
            "json": sha256(image.json), "payload": image.payload(),
            "tarsum": image.tarsum(), "diff_id": sha256(plain),
            "is_plain": False}
    store.put_blob(layer, image.layer)
    store.put(store.layer(name, layer), layer.encode())
    for below, content in (
            ("ancestry", json.dumps(ancestry).encode()),
            ("layer", layer.encode()), ("json", image.json),
            ("sums", json.dumps(sums).encode())):
        store.put(image_path(store, name, image.id, below), content)
    if is_uploading:
        store.put(image_path(store, name, image.id, "inprogress"), b"")


def put_chain(store, name, chain, **how):
    """Root first."""
    ancestry = []
    for image in chain:
        ancestry.insert(0, image.id)
        put_image(store, name, image, ancestry, **how)


def note_manifest(store, name, image_id, manifest):
    """What a PUT of a tag leaves."""
    store.put(image_path(store, name, image_id, "manifest"),
              manifest.encode())
    store.put(store.revision(name, manifest).parent / "v1",
              image_id.encode())
