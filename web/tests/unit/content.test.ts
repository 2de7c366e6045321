// content.test.ts: documents of strangers: SBOMs, reports, attestations,
// archives, in their good and their bad forms.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { signatureOf, statementOf } from '../../src/lib/attestation';
import { isReadable, look, manifestOf } from '../../src/lib/content';
import { at, compact, decoded, dict, pairs, parse, pretty } from '../../src/lib/json';
import { counted, matching, sbomOf } from '../../src/lib/sbom';
import { reportOf } from '../../src/lib/scan';
import { entriesOf } from '../../src/lib/tar';

const ODD: unknown[] = [null, undefined, 0, 1e309, 'x', '', true, [], [null], {}, { packages: 'x' }, [[[]]],
                        { spdxVersion: 1 }, { runs: [null] }, { runs: 'x' }, { SchemaVersion: 2, Results: [null, 7] }];

// --- JSON --------------------------------------------------------------------

test('members of strangers are own ones', () => {
    assert.equal(at({}, 'constructor'), undefined);
    assert.equal(at({ a: {} }, 'a', '__proto__'), undefined);
    assert.equal(at(parse('{"__proto__":{"x":1}}'), 'x'), undefined);
    assert.equal(at([1], 'length'), undefined);
    assert.equal(at('text', 'length'), undefined);
    assert.deepEqual(dict([1]), {});
    assert.deepEqual(pairs({ a: 'b', c: 1, d: null, e: ['x'] }), [['a', 'b'], ['c', '1'], ['d', 'null'], ['e', '["x"]']]);
});

test('base64 of both alphabets, and what is none', () => {
    assert.equal(decoded(Buffer.from('é?>~').toString('base64')), 'é?>~');
    assert.equal(decoded(Buffer.from('é?>~ÿÿ').toString('base64url')), 'é?>~ÿÿ');
    assert.equal(decoded('%%'), '');
});

test('what would be gigabytes of blanks, or is too deep, is not laid out', () => {
    assert.equal(pretty({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}');
    const deep = (depth: number, inside: string): string => '['.repeat(depth) + inside + ']'.repeat(depth);
    const wide = deep(400, Array.from({ length: 200_000 }, () => '1').join());
    assert.equal(pretty(parse(wide), wide), wide);
    assert.equal(pretty(parse(wide)), wide);
    const endless = deep(100_000, '');
    assert.equal(pretty(parse(endless), endless), endless);
    assert.equal(compact(parse(endless)), '');
    assert.deepEqual(pairs({ a: parse(endless) }), [['a', '']]);
    assert.deepEqual(look(endless, {}), { is: 'json', pretty: endless });
});

// --- SBOM --------------------------------------------------------------------

test('SPDX', () => {
    const found = sbomOf({
        spdxVersion: 'SPDX-2.2', packages: [
            { name: 'a', versionInfo: '1', licenseConcluded: 'NOASSERTION', licenseDeclared: 'MIT', supplier: 'Person: B',
              externalRefs: [{ referenceType: 'cpe23Type' }, { referenceType: 'purl', referenceLocator: 'pkg:deb/x/a@1' }] },
            { name: 7 }, null, 'x',
        ],
    })!;
    assert.deepEqual(found.packages[0], { name: 'a', version: '1', type: 'deb', licence: 'MIT', supplier: 'B' });
    assert.equal(found.packages.length, 4);
    assert.equal(found.packages[1]!.name, '');
});

test('CycloneDX, as deep as it likes', () => {
    let inner: object = { name: 'x0' };
    for (let i = 1; i < 20_000; i++) {
        inner = { name: `x${i}`, components: [inner] };
    }
    const found = sbomOf({ bomFormat: 'CycloneDX', components: [inner, { name: 'last' }],
                           metadata: { tools: { components: [{ name: 't', version: '1' }] } } })!;
    assert.equal(found.packages.length, 20_001);
    assert.deepEqual([found.packages[0]!.name, found.packages[20_000]!.name], ['x19999', 'last']);
    assert.deepEqual(found.tools, ['t 1']);
});

test('more packages than are shown', () => {
    const packages = Array.from({ length: 100_001 }, () => ({ name: 'x' }));
    assert.equal(sbomOf({ spdxVersion: 'SPDX-2.3', packages })!.is_cut, true);
    const cyclone = sbomOf({ bomFormat: 'CycloneDX', components: packages })!;
    assert.deepEqual([cyclone.is_cut, cyclone.packages.length], [true, 100_000]);
});

test('a filter has all words, in any field; counts are in order', () => {
    const items = [['Ab', 'MIT'], ['ac', 'MIT'], ['b', 'BSD']];
    assert.deepEqual(matching(items, ' mit A ', (one) => one), items.slice(0, 2));
    assert.deepEqual(matching(items, '', (one) => one), items);
    assert.deepEqual(counted(items, (one) => one[1]!), [['MIT', 2], ['BSD', 1]]);
});

// --- reports -----------------------------------------------------------------

test('SARIF: severity of the score, else of the level', () => {
    const rules = [{ id: 'a', properties: { 'security-severity': '7.0' } }, { id: 'b' },
                   { id: 'c', defaultConfiguration: { level: 'note' } }];
    const found = reportOf({ runs: [{ tool: { driver: { name: 'T', rules } }, results: [
        { ruleId: 'c' }, { ruleId: 'b' }, { ruleId: 'a' }, { ruleId: 'b', level: 'error' }, { ruleId: 'b', level: 'none' },
        { ruleIndex: 99 }, {}] }] })!;
    assert.deepEqual(found.findings.map((one) => `${one.id} ${one.severity}`),
                     ['a high', 'b high', 'b medium', ' medium', ' medium', 'c low', 'b unknown']);
});

test('Trivy, and what is no report', () => {
    const found = reportOf({ SchemaVersion: 2, Results: [{ Vulnerabilities: [
        { VulnerabilityID: 'x', Severity: 'LOW' }, { Severity: 'constructor' }, null] }, {}, null] })!;
    assert.deepEqual(found.findings.map((one) => one.severity), ['low', 'unknown', 'unknown']);
    assert.equal(reportOf({ Results: [] }), null);
    assert.equal(reportOf('x'), null);
});

// --- attestations and signatures ---------------------------------------------

test('a statement alone, in an envelope, in a bundle', () => {
    const inner = { predicateType: 'https://slsa.dev/provenance/v1', subject: [{ name: 'a', digest: { sha256: 'ff' } }],
                    predicate: { runDetails: { builder: { id: 'b' } } } };
    const envelope = { payloadType: 'application/vnd.in-toto+json', signatures: [1, 2],
                       payload: Buffer.from(JSON.stringify(inner)).toString('base64') };
    assert.equal(statementOf(inner)!.signatures, null);
    assert.equal(statementOf(envelope)!.signatures, 2);
    const found = statementOf({ dsseEnvelope: envelope })!;
    assert.deepEqual(found.subjects, [{ name: 'a', digest: 'sha256:ff' }]);
    assert.deepEqual(found.facts, [['builder', 'b']]);
    assert.equal(statementOf({ ...envelope, payload: 'e30=' }), null);
    assert.equal(statementOf({ ...envelope, payload: '%' }), null);
});

test('signatures, and times that are none', () => {
    const payload = { critical: { image: { 'docker-manifest-digest': 'sha256:x' } } };
    assert.equal(signatureOf(payload, {})!.signs, 'sha256:x');
    for (const integratedTime of ['x', -1, 1e300, null, {}]) {
        assert.equal(signatureOf(payload, { 'dev.sigstore.cosign/bundle': JSON.stringify({ Payload: { integratedTime } }) })!
            .time, '');
    }
    assert.equal(signatureOf({ verificationMaterial: { tlogEntries: [{ integratedTime: '1777629600' }] } }, {})!.time,
                 '2026-05-01T10:00:00.000Z');
    assert.equal(signatureOf({}, {}), null);
});

test('no document of any shape is a fault', () => {
    for (const odd of ODD) {
        for (const wrapped of [odd, { predicateType: odd, predicate: odd, subject: [odd] }, { payload: odd, payloadType: 'x' },
                               { spdxVersion: 'x', packages: [odd] }, { bomFormat: 'CycloneDX', components: [odd] },
                               { runs: [{ results: [odd] }] }, { verificationMaterial: odd }, { critical: { image: odd } }]) {
            const source = JSON.stringify(wrapped) ?? '';
            look(source, dict(odd));
            manifestOf(source);
        }
    }
    assert.equal(look('no JSON', {}).is, 'text');
    assert.equal(look('[1]', {}).is, 'json');
});

test('an SBOM inside of a statement is an SBOM', () => {
    const found = look(JSON.stringify({ predicateType: 'https://spdx.dev/Document', subject: [],
                                        predicate: { spdxVersion: 'SPDX-2.3', packages: [] } }), {});
    assert.ok(found.is === 'sbom' && found.statement !== null);
});

test('a manifest, and descriptors that are none', () => {
    const found = manifestOf(JSON.stringify({
        config: { mediaType: 'c', digest: 'sha256:ff', size: 2 },
        layers: [{ digest: 'sha256:ff', size: -1 }, { digest: '../../x' }, null, { digest: 'sha256:aa', annotations: { a: 'b' } }],
    }))!;
    assert.equal(found.artifactType, 'c');
    assert.deepEqual(found.layers.map((one) => one.digest), ['sha256:ff', 'sha256:aa']);
    assert.equal(found.layers[0]!.size, 0);
    assert.equal(manifestOf('[]'), null);
    assert.equal(manifestOf('no'), null);
    const part = { mediaType: '', digest: '', size: 0, annotations: {} };
    assert.ok(isReadable({ ...part, mediaType: 'application/spdx+json' }));
    assert.ok(isReadable({ ...part, annotations: { 'org.opencontainers.image.title': 'a.YAML' } }));
    assert.ok(!isReadable({ ...part, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }));
});

// --- archives ----------------------------------------------------------------

function archive(files: Record<string, string>, ...flags: string[]): Buffer {
    const directory = mkdtempSync(join(tmpdir(), 'sw-web-tar-'));
    try {
        for (const [name, text] of Object.entries(files)) {
            mkdirSync(join(directory, dirname(name)), { recursive: true });
            writeFileSync(join(directory, name), text);
        }
        return execFileSync('tar', ['-C', directory, ...flags, '-c', '--', ...Object.keys(files)]);
    } finally {
        rmSync(directory, { recursive: true });
    }
}

for (const format of ['ustar', 'gnu', 'pax']) {
    test(`an archive of tar, ${format}`, () => {
        const long = `demo/${'d'.repeat(90)}/${'f'.repeat(60)}.yaml`;
        const tar = archive({ 'demo/a': 'one', [long]: 'two', 'demo/é': '' }, `--format=${format}`);
        const found = entriesOf(tar);
        assert.deepEqual(found.map((one) => one.name), ['demo/a', long, 'demo/é']);
        assert.equal(tar.subarray(found[1]!.at, found[1]!.at + found[1]!.size).toString(), 'two');
    });
}

test('archives that are broken end where they are', () => {
    const tar = archive({ a: 'x'.repeat(600), b: 'y' });
    assert.equal(entriesOf(tar.subarray(0, 700)).length, 0);
    assert.equal(entriesOf(tar.subarray(0, 1536)).length, 1);
    const sum = Buffer.from(tar);
    sum[1536] = 0x63;
    assert.equal(entriesOf(sum).length, 1);
    const huge = Buffer.from(tar);
    huge.write('77777777777', 124);
    assert.equal(entriesOf(huge).length, 0);
    assert.equal(entriesOf(new Uint8Array(4096)).length, 0);
    assert.equal(entriesOf(gzipSync('x')).length, 0);
    const zero = Buffer.concat([Buffer.from(tar), Buffer.from(tar)]);
    assert.equal(entriesOf(zero).length, 2);   // what is behind the end is not read
});

test('an extended header that names its lines by millions of digits is none', () => {
    const tar = archive({ a: 'x' }, '--format=pax');
    for (const body of ['0'.repeat(8 * 1024 * 1024) + '2 ', '00000000000000000000002 '.repeat(2000)]) {
        const header = Buffer.from(tar.subarray(0, 512));
        header.write(body.length.toString(8).padStart(11, '0'), 124);
        header.write('x', 156);
        header.write('        ', 148);
        header.write(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0') + '\0 ', 148);
        const began = process.cpuUsage().user;
        const found = entriesOf(Buffer.concat([header, Buffer.from(body), Buffer.alloc(512 - body.length % 512), tar]));
        assert.equal(found.at(-1)!.name, 'a');
        assert.ok(process.cpuUsage().user - began < 2_000_000, 'less than two seconds');
    }
});
