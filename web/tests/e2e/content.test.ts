// content.test.ts: what is in an image, and in what is attached to it, as the
// pages show it.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { audit, launch, logIn, open, type How, type Tab } from './browser';
import { BUILD, CONFIG, freePort, House, INDEX, MANIFEST, TOP, until, type Descriptor } from './house';

const house = new House();
let browser: Browser;

const EMPTY = 'application/vnd.oci.empty.v1+json';
const HELM = 'application/vnd.cncf.helm.config.v1+json';
const CHART = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const SPDX = 'application/spdx+json';
const CYCLONEDX = 'application/vnd.cyclonedx+json';
const SARIF = 'application/sarif+json';
const DSSE = 'application/vnd.dsse.envelope.v1+json';
const INTOTO = 'application/vnd.in-toto+json';
const COSIGN = 'application/vnd.dev.cosign.simplesigning.v1+json';
const NOTATION = 'application/vnd.cncf.notary.signature';
const PACKAGES = 10_000;

const MARK = 'window.marked=1';
const VECTORS = [
    `"><img src=x onerror="${MARK}">`,
    `</title></code></pre><script>${MARK}</script>`,
    `<svg onload="${MARK}"><math><mtext></form><style><img src=x onerror="${MARK}">`,
    `javascript:${MARK}//`,
    '{{7*7}} ${7*7}',
    '\u202egnp.exe \u0300\u0300\u0300',
];

// --- what is pushed ----------------------------------------------------------

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** A document that is attached to a manifest, or has a tag. */
async function attach(name: string, tag: string | null, how: {
    type: string; data: Buffer; subject?: Descriptor; annotations?: object; partAnnotations?: object;
    config?: [data: Buffer, type: string]; artifactType?: string;
}): Promise<Descriptor> {
    const token = await house.token('carol', `repository:${name}:pull,push`);
    const part = await house.blob(token, name, how.data, how.type);
    const [data, type] = how.config ?? [Buffer.from('{}'), EMPTY];
    const config = await house.blob(token, name, data, type);
    return house.manifest(token, name, tag, {
        schemaVersion: 2, mediaType: MANIFEST, config,
        ...(how.artifactType === '' ? {} : { artifactType: how.artifactType ?? how.type }),
        layers: [{ ...part, ...(how.partAnnotations ? { annotations: how.partAnnotations } : {}) }],
        ...(how.subject ? { subject: how.subject } : {}),
        ...(how.annotations ? { annotations: how.annotations } : {}),
    });
}

const spdx = (packages: object[]): object => ({
    spdxVersion: 'SPDX-2.3', name: 'app', creationInfo: {
        created: '2026-05-01T10:00:00Z', creators: ['Tool: syft-1.0', 'Organization: x'],
    },
    packages,
});

const statement = (predicateType: string, predicate: object, subject: Descriptor): object => ({
    _type: 'https://in-toto.io/Statement/v1', predicateType, predicate,
    subject: [{ name: 'app', digest: { sha256: subject.digest.slice(7) } }],
});

const SLSA = {
    builder: { id: 'https://build.test/builder@v1' }, buildType: 'https://build.test/type',
    invocation: { configSource: { uri: 'git+https://code.test/app' } },
    materials: [{ uri: 'pkg:docker/alpine@3', digest: { sha256: 'a'.repeat(64) } }],
};

/** Helm's own form: a directory of the chart's name in a .tgz. */
function chart(files: Record<string, string>): Buffer {
    const directory = mkdtempSync(join(tmpdir(), 'sw-web-chart-'));
    try {
        for (const [name, text] of Object.entries(files)) {
            mkdirSync(join(directory, dirname(name)), { recursive: true });
            writeFileSync(join(directory, name), text);
        }
        return execFileSync('tar', ['-C', directory, '-cz', ...new Set(Object.keys(files)
            .map((name) => name.split('/')[0]!))]);
    } finally {
        rmSync(directory, { recursive: true });
    }
}

let image: Descriptor;
const made: Record<string, Descriptor> = {};

async function seedArtifacts(): Promise<void> {
    const name = 'carol/app';
    image = await house.image('carol', name, '1.0');
    const about = { subject: image };
    made['spdx'] = await attach(name, null, {
        ...about, type: SPDX, data: json(spdx(Array.from({ length: PACKAGES }, (_, i) => ({
            name: `lib${i}`, versionInfo: `1.${i}`, licenseConcluded: i % 3 === 0 ? 'MIT' : 'NOASSERTION',
            licenseDeclared: 'Apache-2.0', supplier: 'Organization: Acme',
            externalRefs: [{ referenceType: 'purl', referenceLocator: `pkg:npm/lib${i}@1.${i}` }],
        })))),
    });
    made['cyclonedx'] = await attach(name, null, {
        ...about, type: CYCLONEDX, data: json({
            bomFormat: 'CycloneDX', specVersion: '1.5', metadata: { timestamp: '2026-05-01T10:00:00Z' },
            components: [{
                type: 'library', name: 'outer', version: '1', licenses: [{ license: { id: 'BSD-2-Clause' } }],
                components: [{ type: 'library', group: 'org', name: 'inner', version: '2', purl: 'pkg:maven/org/inner@2' }],
            }],
        }),
    });
    made['sarif'] = await attach(name, null, {
        ...about, type: SARIF, data: json({
            version: '2.1.0', runs: [{
                tool: { driver: { name: 'Grype', version: '1', rules: [
                    { id: 'CVE-1', helpUri: 'https://cve.test/1', properties: { 'security-severity': '9.8' } },
                    { id: 'CVE-2', properties: { 'security-severity': '4.2' } },
                ] } },
                results: [
                    { ruleId: 'CVE-2', ruleIndex: 1, message: { text: 'medium one' } },
                    { ruleId: 'CVE-1', ruleIndex: 0, message: { text: 'critical one' },
                      locations: [{ physicalLocation: { artifactLocation: { uri: '/lib/x.so' } } }] },
                ],
            }],
        }),
    });
    made['trivy'] = await attach(name, null, {
        ...about, type: 'application/vnd.aquasec.trivy.report+json', data: json({
            SchemaVersion: 2, CreatedAt: '2026-05-01T10:00:00Z', ArtifactName: 'app', Results: [{
                Vulnerabilities: [{
                    VulnerabilityID: 'CVE-3', PkgName: 'openssl', InstalledVersion: '3.0', FixedVersion: '3.1',
                    Severity: 'HIGH', Title: 'a fault', PrimaryURL: 'https://cve.test/3',
                }],
            }],
        }),
    });
    made['dsse'] = await attach(name, null, {
        ...about, type: DSSE, data: json({
            payloadType: INTOTO, signatures: [{ sig: 'x' }],
            payload: json(statement('https://slsa.dev/provenance/v0.2', SLSA, image)).toString('base64'),
        }),
    });
    made['notation'] = await attach(name, null, {
        ...about, type: 'application/jose+json', artifactType: NOTATION, data: json({
            payload: json({ targetArtifact: { digest: image.digest } }).toString('base64url'),
            protected: json({ 'io.cncf.notary.signingTime': '2026-05-01T10:00:00Z' }).toString('base64url'),
            header: { x5c: ['x'] }, signature: 'x',
        }),
    });
    made['cosign'] = await attach(name, `${image.digest.replace(':', '-')}.sig`, {
        type: COSIGN, artifactType: '', config: [json({ architecture: '', os: '', rootfs: { type: 'layers', diff_ids: [] } }), CONFIG],
        data: json({ critical: { identity: {}, image: { 'docker-manifest-digest': image.digest }, type: 'cosign' } }),
        partAnnotations: { 'dev.cosignproject.cosign/signature': 'x', 'dev.sigstore.cosign/bundle':
            JSON.stringify({ Payload: { integratedTime: 1_777_629_600 } }) },
    });
    made['wasm'] = await attach(name, 'wasm', {
        type: 'application/wasm', data: Buffer.from('\0asm\x01\0\0\0', 'latin1'), artifactType: '',
        config: [json({ architecture: 'wasm', os: 'wasip2', component: { exports: ['wasi:http/handler'] } }),
                 'application/vnd.wasm.config.v0+json'],
    });
    made['oras'] = await attach(name, 'notes', {
        type: 'text/plain', data: Buffer.from('plain words\n'), artifactType: 'application/vnd.test.notes',
        partAnnotations: { 'org.opencontainers.image.title': 'notes.txt' },
        annotations: { 'org.opencontainers.image.source': 'https://code.test/notes' },
    });
}

async function seedBuildx(): Promise<void> {
    const name = 'carol/app';
    const token = await house.token('carol', `repository:${name}:pull,push`);
    const part = await house.blob(token, name, json(statement('https://slsa.dev/provenance/v1', {
        buildDefinition: { buildType: 'https://buildkit.test', resolvedDependencies: [{ uri: 'pkg:docker/debian@12' }] },
        runDetails: { builder: { id: 'https://build.test/buildx' } },
    }, image)), INTOTO);
    const config = await house.blob(token, name, json({
        architecture: 'unknown', os: 'unknown', rootfs: { type: 'layers', diff_ids: [part.digest] },
    }), CONFIG);
    made['buildx'] = await house.manifest(token, name, null, {
        schemaVersion: 2, mediaType: MANIFEST, config,
        layers: [{ ...part, annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' } }],
    });
    await house.manifest(token, name, 'built', {
        schemaVersion: 2, mediaType: INDEX, manifests: [
            { ...image, platform: { os: 'linux', architecture: 'amd64' } },
            { ...made['buildx'], platform: { os: 'unknown', architecture: 'unknown' }, annotations: {
                'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image.digest,
            } },
        ],
    });
}

const CHART_FILES = {
    'demo/Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.2.3\n',
    'demo/README.md': '# Demo\n\nInstall it.\n',
    'demo/values.yaml': 'replicas: 2\n',
    'demo/templates/deployment.yaml': 'kind: Deployment\n',
    'demo/charts/sub/values.yaml': 'inner: true\n',
};

/** Two tags that share a layer, of two platforms and of one. */
async function seedPair(): Promise<void> {
    const name = 'carol/pair';
    const base = { created_by: 'ADD rootfs' };
    const one = await house.image('carol', name, '1', { steps: [base, { created_by: 'COPY one' }], seed: 'same', root: {
        config: { Env: ['A=1', 'B=same', 'API_KEY=x'], Cmd: ['one'], Labels: { v: '1' } },
    } });
    const two = await house.image('carol', name, '2', {
        steps: [base, { created_by: 'COPY two' }, { created_by: 'COPY three' }], seed: 'same',
        root: { config: { Env: ['A=2', 'B=same'], Cmd: ['one'], Labels: { v: '1', w: '2' } } },
    });
    const arm = await house.image('carol', name, null, { seed: 'arm', root: { architecture: 'arm64' } });
    const token = await house.token('carol', `repository:${name}:pull,push`);
    const index = (tag: string, ...of: [Descriptor, string][]): Promise<Descriptor> =>
        house.manifest(token, name, tag, { schemaVersion: 2, mediaType: INDEX, manifests: of.map(([child, architecture]) =>
            ({ ...child, platform: { os: 'linux', architecture } })) });
    await index('both', [one, 'amd64'], [arm, 'arm64']);
    await index('more', [two, 'amd64'], [arm, 'arm64'], [arm, 'riscv64']);
    await index('arm', [arm, 'arm64']);
    await house.image('carol', 'carol/secret', '1');
    await house.known('carol', 'carol/secret', '1');
}

async function seedChart(): Promise<void> {
    made['chart'] = await attach('carol/demo', '1.2.3', {
        type: CHART, artifactType: '', data: chart(CHART_FILES), config: [json({
            apiVersion: 'v2', name: 'demo', version: '1.2.3', appVersion: '9', description: 'A demo',
            home: 'https://demo.test/', keywords: ['demo'],
            dependencies: [{ name: 'sub', version: '1', repository: 'https://charts.test' }],
        }), HELM],
    });
}

/** The corpus in every field that an artifact has. */
async function seedEvil(): Promise<void> {
    const name = 'carol/evil';
    const evil = VECTORS.join(' ');
    const target = await house.image('carol', name, '1', {
        manifest: { annotations: Object.fromEntries(VECTORS.map((one, i) => [`k${i}${one}`, one])) },
    });
    const documents: [string, object][] = [
        ['spdx', spdx(VECTORS.map((one) => ({
            name: one, versionInfo: one, licenseConcluded: one, supplier: one,
            externalRefs: [{ referenceType: 'purl', referenceLocator: one }],
        })))],
        ['cyclonedx', { bomFormat: 'CycloneDX', specVersion: evil, metadata: {
            timestamp: evil, tools: [{ name: evil, version: evil }], component: { name: evil },
        }, components: VECTORS.map((one) => ({ name: one, group: one, version: one, type: one,
                                               licenses: [{ expression: one }], publisher: one })) }],
        ['sarif', { runs: [{ tool: { driver: { name: evil, version: evil, rules: [{ id: evil, helpUri: `javascript:${MARK}` }] } },
                             results: VECTORS.map((one) => ({ ruleId: one, level: one, message: { text: one, markdown: one },
                                                              locations: [{ physicalLocation: { artifactLocation: { uri: one } } }] })) }] }],
        ['trivy', { SchemaVersion: 2, Trivy: { Version: evil }, Results: [{ Vulnerabilities: VECTORS.map((one) => ({
            VulnerabilityID: one, PkgName: one, InstalledVersion: one, FixedVersion: one, Severity: one,
            Title: one, PrimaryURL: `javascript:${MARK}` })) }] }],
        ['statement', { predicateType: `javascript:${MARK}`, subject: VECTORS.map((one) => ({ name: one, digest: { [one]: one } })),
                        predicate: { builder: { id: `javascript:${MARK}` }, buildType: evil, materials:
                            VECTORS.map((one) => ({ uri: one, digest: { sha256: one } })),
                                     metadata: { buildStartedOn: evil } } }],
        ['cosign', { critical: { image: { 'docker-manifest-digest': evil } } }],
        ['notation', { protected: json({ 'io.cncf.notary.signingTime': evil }).toString('base64url'), payload:
            json({ targetArtifact: { digest: evil } }).toString('base64url') }],
        ['other', { [evil]: evil, __proto__: null, constructor: evil }],
    ];
    for (const [tag, document] of documents) {
        await attach(name, `evil-${tag}`, {
            type: 'application/x+json', artifactType: `application/x-<b>${VECTORS[0]!}`, data: json(document), subject: target,
            annotations: Object.fromEntries(VECTORS.map((one) => [one, one])),
            partAnnotations: { 'org.opencontainers.image.title': evil },
            config: [json({ [evil]: evil }), 'application/x-config+json'],
        });
    }
    await attach(name, 'evil-chart', {
        type: CHART, artifactType: '', data: chart({
            [`demo/README.md`]: evil, 'demo/values.yaml': evil, 'demo/<img src=x onerror=alert(1)>.yaml': 'x',
        }), config: [json({
            name: evil, version: evil, appVersion: evil, description: evil, home: `javascript:${MARK}`,
            sources: VECTORS, keywords: VECTORS, icon: evil, maintainers: VECTORS.map((one) => ({ name: one })),
            dependencies: VECTORS.map((one) => ({ name: one, version: one, repository: one })),
        }), HELM],
    });
    await attach(name, 'evil-broken', {
        type: CHART, artifactType: '', data: Buffer.from('no gzip'), config: [Buffer.from('[]'), HELM],
    });
    await attach(name, 'evil-text', {
        type: 'text/html', artifactType: 'text/html', data: Buffer.from(`<script>${MARK}</script>${evil}`),
    });
}

before(async () => {
    [browser] = await Promise.all([launch(), house.start()]);
    await house.account('carol');
    await house.account('dora');
    await seedArtifacts();
    await seedBuildx();
    await seedChart();
    await seedPair();
    await seedEvil();
    await house.known('carol', 'carol/app', 'built');
    await house.known('carol', 'carol/demo', '1.2.3');
    await house.known('carol', 'carol/pair', 'arm');
    await house.known('carol', 'carol/evil', 'evil-text');
    for (const name of ['carol/app', 'carol/demo', 'carol/pair', 'carol/evil']) {
        await house.describe('carol', name, { visibility: 'public' });
    }
}, { timeout: 180_000 });

after(async () => {
    await browser?.close();
    house.stop();
});

/** A test with a tab of its own, whose faults are the test's. */
function shows(name: string, how: How, body: (tab: Tab) => Promise<void>): void {
    test(name, async () => {
        const tab = await open(browser, house.url, how);
        try {
            await body(tab);
        } catch (error) {
            await tab.context.close();
            throw error;
        }
        await tab.close();
    });
}

const APP = 'repositories/carol%2Fapp';
const text = (tab: Tab, selector = 'main'): Promise<string> => tab.page.locator(selector).innerText();
const of = (what: string): string => `${APP}/manifests/${made[what]!.digest}`;

// --- journeys ----------------------------------------------------------------

shows('the JSON of a manifest, checked against its digest', {}, async (tab) => {
    const { page, context } = tab;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await tab.go(`${APP}/tags/1.0?view=json`);
    await page.waitForSelector('text=matches its digest');
    assert.ok(tab.asked.length <= 3, tab.asked.join(' '));
    const shown = JSON.parse(await text(tab, 'pre.document')) as { config: { mediaType: string } };
    assert.equal(shown.config.mediaType, CONFIG);
    await page.check('text=As it is stored');
    const raw = await text(tab, 'pre.document');
    assert.ok(!raw.includes('\n') && raw.startsWith('{"schemaVersion":2'));
    await page.click('button[aria-label="Copy JSON of the manifest"]');
    await page.waitForSelector('[role=status]:has-text("Copied")');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), raw);
    await audit(tab);
});

shows('an SBOM of SPDX: 10 000 packages are searched and filtered', {}, async (tab) => {
    const { page } = tab;
    await tab.go(of('spdx'));
    await page.waitForSelector('text=10,000 packages');
    assert.ok(tab.asked.length <= 3, tab.asked.join(' '));
    assert.equal(await page.locator('tbody tr:has-text("lib")').count(), 100);
    assert.match(await text(tab), /SPDX-2\.3[^]*syft-1\.0/);
    await page.fill('input[placeholder="Filter packages"]', 'lib999');
    await page.waitForSelector('text=11 of 10,000 packages');
    await page.selectOption('label:has-text("Licence") select', '=MIT');
    await page.waitForSelector('text=5 of 10,000 packages');
    assert.match(await text(tab, 'tbody tr >> nth=0'), /lib999\s+1\.999\s+npm\s+MIT\s+Acme/);
    await page.fill('input[placeholder="Filter packages"]', '');
    await page.waitForSelector('text=3,334 of 10,000 packages');
    await page.click('button:has-text("Show more")');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length >= 600);
    await page.fill('input[placeholder="Filter packages"]', 'lib9998');
    await audit(tab);
});

shows('an SBOM of CycloneDX, with components inside of others', {}, async (tab) => {
    await tab.go(of('cyclonedx'));
    await tab.page.waitForSelector('text=2 packages');
    assert.match(await text(tab), /CycloneDX 1\.5/);
    assert.match(await text(tab), /org\/inner\s+2\s+maven/);
    assert.match(await text(tab), /BSD-2-Clause/);
});

shows('reports of SARIF and Trivy: counts, severity, links', {}, async (tab) => {
    const { page } = tab;
    await tab.go(of('sarif'));
    await page.waitForSelector('text=2 findings');
    assert.match(await text(tab, 'tbody tr >> nth=0'), /critical\s+CVE-1\s+\/lib\/x\.so/);
    assert.equal(await page.getAttribute('a:has-text("CVE-1")', 'href'), 'https://cve.test/1');
    assert.equal(await page.getAttribute('a:has-text("CVE-1")', 'rel'), 'nofollow ugc noopener noreferrer external');
    await page.locator('button', { hasText: 'medium: 1' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=1 of 2 findings');
    assert.match(await text(tab, 'tbody tr >> nth=0'), /CVE-2/);
    await tab.go(of('trivy'));
    await page.waitForSelector('text=1 finding');
    assert.match(await text(tab, 'tbody tr >> nth=0'), /high\s+CVE-3\s+openssl\s+3\.0\s+3\.1\s+a fault/);
    await audit(tab);
});

shows('attestations, in an envelope and of buildx in the index', {}, async (tab) => {
    const { page } = tab;
    await tab.go(of('dsse'));
    await page.waitForSelector('text=https://slsa.dev/provenance/v0.2');
    const shown = await text(tab);
    assert.match(shown, /Nothing of this was verified here/);
    assert.match(shown, /https:\/\/build\.test\/builder@v1/);
    assert.match(shown, /git\+https:\/\/code\.test\/app/);
    assert.match(shown, /pkg:docker\/alpine@3/);
    await page.click(`dd a:has-text("${image.digest}")`);
    await page.waitForURL(new RegExp(`manifests/${image.digest}`));
    await tab.go(`${APP}/tags/built?view=manifest`);
    await page.click('a:has-text("Attestations")');
    await page.waitForSelector('text=https://build.test/buildx');
    assert.match(await text(tab), /pkg:docker\/debian@12/);
    await audit(tab);
});

shows('signatures say what they sign, and that no one verified it', {}, async (tab) => {
    for (const path of [of('notation'), of('cosign'),
                        `${APP}/tags/${image.digest.replace(':', '-')}.sig`]) {
        await tab.go(path);
        await tab.page.waitForSelector(`dd a:has-text("${image.digest}")`);
        assert.match(await text(tab), /it was not verified here/);
        assert.match(await text(tab), /May 1, 2026/);
    }
});

shows('referrers lead to what they hold', {}, async (tab) => {
    const { page } = tab;
    await tab.go(`${APP}/tags/1.0?view=referrers`);
    await page.waitForSelector('text=Scan reports');
    await page.locator(`a:has-text("${SARIF}")`).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=2 findings');
});

shows('a Helm chart: facts, README, values, files, commands', { width: 360, scheme: 'dark' }, async (tab) => {
    const { page } = tab;
    await tab.go('repositories/carol%2Fdemo/tags/1.2.3');
    await page.waitForSelector('text=replicas: 2');
    assert.ok(tab.asked.length <= 3, tab.asked.join(' '));
    const shown = await text(tab);
    assert.match(shown, /# Demo\s+Install it\./);
    assert.match(shown, /templates\/deployment\.yaml/);
    assert.match(shown, /charts\.test/);
    assert.doesNotMatch(shown, /inner: true/);
    assert.match(shown, /helm pull oci:\/\/127\.0\.0\.1:\d+\/carol\/demo --version 1\.2\.3/);
    await audit(tab);
});

shows('other artifacts by their type: wasm, and files of oras', {}, async (tab) => {
    await tab.go(`${APP}/tags/wasm`);
    await tab.page.waitForSelector('text=wasi:http/handler');
    assert.match(await text(tab), /WebAssembly/);
    await tab.go(`${APP}/tags/notes`);
    await tab.page.waitForSelector('text=plain words');
    assert.match(await text(tab), /notes\.txt/);
    assert.match(await text(tab), /oras pull/);
    assert.equal(await tab.page.getAttribute('a:has-text("code.test/notes")', 'href'), 'https://code.test/notes');
    await audit(tab);
});

shows('in Chinese', { locale: 'zh-CN', width: 360 }, async (tab) => {
    await tab.go(of('sarif'));
    await tab.page.waitForSelector('text=2 个结果');
    assert.match(await text(tab), /危急：1/);
    await audit(tab);
});

const PAIR = 'repositories/carol%2Fpair/compare';

shows('two tags compared, by keyboard', {}, async (tab) => {
    const { page } = tab;
    await tab.go(`${PAIR}?to=2`);
    await page.waitForSelector('text=Choose two tags');
    await page.locator('label:has-text("From") input').focus();
    await page.keyboard.type('1');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=only in the second, which is what a pull adds');
    assert.match(page.url(), /from=1/);
    assert.ok(tab.asked.length <= 3, tab.asked.join(' '));
    const rows = (await page.locator('table >> nth=0').innerText()).split('\n').join(' ');
    assert.equal(rows.match(/in both/g)?.length, 2, rows);
    assert.equal(rows.match(/only in the second/g)?.length, 1, rows);
    const shown = await text(tab);
    assert.match(shown, /A\s+1\s+2/);
    assert.match(shown, /API_KEY\s+x\s+looks like a secret[^]*none/);
    assert.match(shown, /w\s+none\s+2/);
    assert.doesNotMatch(shown, /B\s+same/);
    assert.match(shown, /No differences/);
    await audit(tab);
    await page.click('button:has-text("Swap")');
    await page.waitForURL(/from=2&to=1|to=1&from=2/);
    await page.waitForSelector('text=only in the first');
});

shows('platforms of two tags', { width: 360, scheme: 'dark' }, async (tab) => {
    const { page } = tab;
    await tab.go(`${PAIR}?from=both&to=more`);
    await page.waitForSelector('text=linux/riscv64');
    assert.match(await text(tab, 'li:has-text("riscv64")'), /only in the second/);
    await page.selectOption('label:has-text("Platform") select', 'linux/arm64');
    await page.waitForURL(/platform=linux%2Farm64/);
    await page.waitForFunction(() => !document.querySelector('main')!.innerText.includes('only in the first;')
        || document.querySelector('table')!.innerText.includes('in both'));
    await audit(tab);
    await tab.go(`${PAIR}?from=both&to=arm`);
    await page.waitForSelector('text=linux/arm64');
    await tab.go(`${PAIR}?from=1&to=none`);
    tab.expected.push(/status of 404/);
    await page.waitForSelector('text=The registry does not have this content');
});

shows('a private repository: the tag says so, and its content is there for who may', {}, async (tab) => {
    const { page } = tab;
    await logIn(tab, 'carol', house.password('carol'));
    await tab.go('repositories/carol%2Fsecret/tags/1?view=json');
    await page.waitForSelector('text=matches its digest');
    assert.match(await text(tab), /docker login 127/);
    assert.match(await text(tab), /private/);
    await page.selectOption('section select', 'podman');
    assert.match(await text(tab), /podman login 127/);
});

shows('a star, and what is followed', {}, async (tab) => {
    const { page } = tab;
    await tab.go(APP);
    assert.equal(await page.locator('button:has-text("Star")').count(), 0);
    await logIn(tab, 'dora', house.password('dora'));
    await tab.go(APP);
    for (const what of ['Star', 'Follow']) {
        await page.locator(`button:has-text("${what}")`).focus();
        await page.keyboard.press('Enter');
        await page.waitForSelector(`button[aria-pressed=true]:has-text("${what}")`);
    }
    await audit(tab);
    await page.reload();
    await tab.settled();
    await page.click('button[aria-pressed=true]:has-text("Star")');
    await page.waitForSelector('button[aria-pressed=false]:has-text("Star")');
    assert.equal(await page.locator('button[aria-pressed=true]').count(), 1);
});

shows('what happened in a repository', { width: 360, scheme: 'dark' }, async (tab) => {
    await tab.go(`${APP}/activity`);
    await tab.page.waitForSelector('text=/pushed/');
    assert.match(await text(tab), /carol/);
    await audit(tab);
});

shows('comments: written, changed, reported, hidden, deleted', { width: 360 }, async (tab) => {
    const { page } = tab;
    const comments = `${APP}/comments`;
    await tab.go(comments);
    await page.waitForSelector('text=No comments yet');
    await page.click('a:has-text("Log in to write")');
    await page.waitForURL(/login\?next=/);
    await logIn(tab, 'dora', house.password('dora'));
    await tab.go(comments);
    await page.click('button:has-text("Send")');
    await page.waitForSelector('textarea[aria-invalid=true]:focus');
    await page.fill('textarea', `*good* ${VECTORS.join('\n\n')} [x](javascript:${MARK})`);
    await page.click('button:has-text("Send")');
    await page.waitForSelector('.card em:has-text("good")');
    assert.equal(await page.inputValue('textarea'), '');
    await page.click('.card button:has-text("Edit")');
    await page.fill('.card textarea', '**better**');
    await page.click('.card button[type=submit]');
    await page.waitForSelector('.card strong:has-text("better")');
    assert.match(await text(tab, '.card'), /edited/);
    await audit(tab);
    await logIn(tab, 'carol', house.password('carol'));
    await tab.go(comments);
    await page.click('button:has-text("Report")');
    await page.fill('.card input', 'spam');
    await page.click('.card button[type=submit]');
    await page.waitForSelector('[role=status]:has-text("informed")');
    await page.click('button:has-text("Hide")');
    await page.waitForSelector('.badge:has-text("hidden")');
    await page.click('button:has-text("Delete")');
    await audit(tab);
    await page.click('button.danger');
    await page.waitForSelector('text=No comments yet');
});

shows('nothing of what strangers wrote is more than text', {}, async (tab) => {
    tab.expected.push(/status of 404/);   // of what is no image
    for (const tag of ['1', 'evil-spdx', 'evil-cyclonedx', 'evil-sarif', 'evil-trivy', 'evil-statement', 'evil-cosign',
                       'evil-notation', 'evil-other', 'evil-chart', 'evil-broken', 'evil-text']) {
        for (const view of ['', '?view=json', '?view=manifest']) {
            await tab.go(`repositories/carol%2Fevil/tags/${tag}${view}`);
            await tab.page.waitForFunction(() => document.querySelector('main [aria-busy=true]') === null);
            assert.equal(await tab.page.locator('main :is(script, img, iframe, math, style)').count(), 0, tag);
            assert.equal(await tab.page.locator('main a[href^="javascript:" i]').count(), 0, tag);
        }
    }
    await tab.go('repositories/carol%2Fevil/tags/1?view=referrers');
});

// --- the origin ----------------------------------------------------------------

const RUNS = "fetch('/pwned');window.marked=1";
const PAGES: [type: string, data: string][] = [
    ['text/html', `<!doctype html><script>${RUNS}</script><img src=x onerror="${RUNS}">`],
    ['image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg" onload="${RUNS}"><script>${RUNS}</script></svg>`],
    ['text/javascript', RUNS],
    ['application/xhtml+xml', `<html xmlns="http://www.w3.org/1999/xhtml"><script>${RUNS}</script></html>`],
];

/** Addresses of all that is pushed so, and of answers that repeat what was asked. */
async function pushPages(name: string): Promise<string[]> {
    const token = await house.token('carol', `repository:${name}:pull,push`);
    const paths = [`v2/${name}/manifests/<script>${RUNS}</script>`, `v2/${name}/tags/list?last=<script>${RUNS}</script>`,
                   `v2/<script>${RUNS}</script>/tags/list`, 'v1/_ping',
                   `v1/search?q=<script>${RUNS}</script>`, `v1/<script>${RUNS}</script>`];
    for (const [i, [type, data]] of PAGES.entries()) {
        const part = await house.blob(token, name, Buffer.from(data), type);
        const made = await house.manifest(token, name, `page${i}`, {
            '<script>': `<script>${RUNS}</script>`, schemaVersion: 2, mediaType: MANIFEST, artifactType: type,
            config: part, layers: [part], annotations: { [data]: data },
        });
        paths.push(`v2/${name}/blobs/${part.digest}`, `v2/${name}/manifests/${made.digest}`, `v2/${name}/manifests/page${i}`);
    }
    await house.known('carol', name, 'page0');
    return paths;
}

test('what people push never runs in the origin of the pages', async () => {
    const name = 'carol/pages';
    const paths = await pushPages(name);
    const Authorization = `Bearer ${await house.token('carol', `repository:${name}:pull`)}`;
    const context = await browser.newContext({ extraHTTPHeaders: { Authorization } });
    const page = await context.newPage();
    const pwned: string[] = [];
    context.on('request', (request) => {
        const { pathname } = new URL(request.url());
        if (['/pwned', '/ran'].includes(pathname)) {
            pwned.push(pathname);
        }
    });
    const bare = paths.map((path) => encodeURI(path)).map((path) => `
        <script src="/${path}"></script><script type="module" src="/${path}"></script><link rel="stylesheet" href="/${path}">
        <iframe src="/${path}"></iframe><object data="/${path}"></object><embed src="/${path}"><img src="/${path}">`).join('');
    // a page of this origin without any policy, with all of it in every place
    await page.route('**/bare', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html>${bare}<script>${RUNS.replace('pwned', 'ran')}</script>` }));
    try {
        for (const path of paths) {
            const answer = await fetch(house.url + encodeURI(path), { headers: { Authorization } });
            const type = answer.headers.get('content-type') ?? '';
            assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
            assert.doesNotMatch(type, /html|svg|xml|script|css/, path);
            assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/, path);
            assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/, path);
            await page.goto(house.url + encodeURI(path)).catch((error: Error) => {
                assert.match(error.message, /Download is starting|ERR_ABORTED/, path);   // it is no page
            });
        }
        await page.goto(`${house.url}bare`);
        await until('the script of the page itself', () => Promise.resolve(pwned.includes('/ran')));
        for (const frame of page.frames().slice(1)) {
            assert.equal(await frame.evaluate(() => (window as { marked?: unknown }).marked).catch(() => undefined), undefined);
        }
        assert.deepEqual(pwned, ['/ran']);
    } finally {
        await context.close();
    }
});

test('a registry on another host, and blobs on a third', async () => {
    const [pages, registry, store] = [await freePort(), await freePort(), await freePort()];
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    const docs = readFileSync(join(TOP, 'docs/web.md'), 'utf8')
        .replaceAll('https://pages.example', at(pages)).replaceAll('https://registry.example', at(registry));
    const cors = / {4}if \(\$request_method = OPTIONS\)[^]*? always;\n/.exec(docs)![0];
    const content = / {4}sub_filter 'name="slipway-content"[^]*?;\n/.exec(docs)![0];
    const directory = mkdtempSync(join(tmpdir(), 'sw-web-hosts-'));
    const policy = readFileSync(join(TOP, 'conf/web_pages'), 'utf8')
        .replaceAll("connect-src 'self'", `$& ${at(registry)} ${at(store)}`);
    writeFileSync(join(directory, 'web_pages_registry'), policy);
    const token = await house.token('carol', 'repository:carol/app:pull');
    writeFileSync(join(directory, 'nginx.conf'), `
        daemon off; pid ${directory}/pid; error_log ${directory}/error.log; worker_processes 1;
        ${process.getuid?.() === 0 ? 'user root;' : ''}
        events {}
        http {
            access_log off;
            ${['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map((one) =>
        `${one}_temp_path ${directory}/${one};`).join('\n')}
            server {
                listen 127.0.0.1:${pages};
                location /api/ { proxy_pass ${at(house.port)}; }
                location / {
                    root ${join(BUILD, 'web')};
                    try_files $uri /index.html =404;
                    set $pages_path /;
                    set $pages_registry registry.example;
                    include web_pages_registry;
                    ${content}
                }
                location ^~ /assets/ { root ${join(BUILD, 'web')}; include ${TOP}/conf/web_assets; }
            }
            server {
                listen 127.0.0.1:${registry};
                location ^~ /v2/ { ${cors} proxy_pass ${at(house.port)}; }
                location ^~ /v2/carol/app/blobs/ { ${cors} return 307 ${at(store)}$request_uri; }
            }
            server {
                listen 127.0.0.1:${store};
                location / {
                    if ($http_authorization) { return 403; }
                    add_header Access-Control-Allow-Origin *;
                    proxy_set_header Authorization "Bearer ${token}";
                    proxy_pass ${at(house.port)};
                }
            }
        }`);
    const nginx = spawn('/usr/sbin/nginx', ['-p', directory, '-c', join(directory, 'nginx.conf'),
                                            '-e', join(directory, 'error.log')]);
    try {
        await until('nginx', () => fetch(at(pages)).then((answer) => answer.ok, () => false));
        const tab = await open(browser, `${at(pages)}/`);
        tab.expected.push(new RegExp(`other host: ${at(registry)}/v2/`), new RegExp(`other host: ${at(store)}/v2/`));
        await tab.go(`${APP}/tags/1.0?view=json`);
        await tab.page.waitForSelector('text=matches its digest');
        await tab.go(of('sarif'));
        await tab.page.waitForSelector('text=2 findings');
        await tab.close();
    } finally {
        nginx.kill();
        rmSync(directory, { recursive: true });
    }
});
