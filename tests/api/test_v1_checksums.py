"""The checksums of the tests' own client, against those of docker 1.6.2."""

import io
import tarfile

from testenv.v1_images import chain_1_6, chain_1_10, payload_sum, tarsum

JSON = b'{"id":"' + b"a" * 64 + b'"}'


def _hello():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w",
                      format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("hello")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"hi\n"))
    return out.getvalue()


def test_payload():
    assert payload_sum(JSON, bytes(1024)) == (
        "sha256:"
        "581472b4307e173ca222c013ad346d4d55c3e84edc334bec605e3edcb8cab6e3")
    assert payload_sum(b"", b"") == (
        "sha256:"
        "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b")


def test_tarsum():
    assert tarsum(JSON, bytes(10240)) == (
        "tarsum+sha256:"
        "d561730190e99254d474d840d9013e14ceef3005414abfdb62dcbfb9f5e44823")
    assert tarsum(JSON, _hello()) == (
        "tarsum+sha256:"
        "a43a5a95ada38f745723b97a9fc292284b9601922e8f2e05189d51c6d943e45a")


def test_chains():
    for chain in (chain_1_6(), chain_1_10()):
        assert [image.parent for image in chain] == [
            None, chain[0].id, chain[1].id]
        assert len({image.id for image in chain}) == 3
    assert chain_1_10()[0].json == b'{"id":"%s"}' % (
        chain_1_10()[0].id.encode())
