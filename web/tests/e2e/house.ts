// house.ts: a real installation, as "make start" makes it, with accounts and
// images, for the tests of the pages.

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

export const TOP = resolve('..');
export const BUILD = resolve(TOP, process.env['BUILD'] ?? 'build');
const DEADLINE = 60_000;
const run = promisify(execFile);

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
export const CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export const digestOf = (data: Buffer): string =>
    `sha256:${createHash('sha256').update(data).digest('hex')}`;

export interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
    [more: string]: unknown;
}

/** Waits for a condition; fails with what was waited for. */
export async function until<T>(
    what: string, condition: () => Promise<T | false | undefined | null>,
): Promise<T> {
    const end = Date.now() + DEADLINE;
    for (;;) {
        const found = await condition();
        if (found) {
            return found;
        }
        if (Date.now() > end) {
            throw new Error(`in vain: ${what}`);
        }
        await new Promise((done) => setTimeout(done, 50));
    }
}

export async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    return port;
}

/** A request that is sent again while the registry asks to wait. */
async function patient(url: string, how: RequestInit): Promise<Response> {
    return await until(url, async () => {
        const response = await fetch(url, how);
        return [429, 503].includes(response.status) ? null : response;
    });
}

/** "port:directory" of the installation that tests/run started. */
const SHARED = process.env['SLIPWAY_HOUSE'] ?? '';

export class House {
    readonly state = SHARED !== '' ? SHARED.slice(SHARED.indexOf(':') + 1)
        : mkdtempSync(join(tmpdir(), 'sw-web-'));
    port = SHARED !== '' ? parseInt(SHARED, 10) : 0;
    private passwords = new Map<string, string>();

    get url(): string {
        return `http://127.0.0.1:${this.port}/`;
    }

    get address(): string {
        return `${this.port}:${this.state}`;
    }

    /** Starts it, or finds the one that is shared. */
    async start(): Promise<void> {
        if (SHARED === '') {
            this.port = await freePort();
            await run(join(TOP, 'tools/slipway-run'),
                      ['start', '--state', this.state, '--port', String(this.port), '--build', BUILD],
                      { env: { ...process.env, SLIPWAY_SIGN_UP: 'open' } });
        }
        this.passwords.set('admin', readFileSync(join(this.state, 'admin-password'), 'utf8').trim());
    }

    /** Ends it unless others use it. */
    stop(): void {
        if (SHARED === '') {
            this.end();
        }
    }

    end(): void {
        execFileSync(join(TOP, 'tools/slipway-run'),
                     ['stop', '--state', this.state, '--port', String(this.port)]);
        rmSync(this.state, { recursive: true, force: true });
    }

    password(login: string): string {
        const found = this.passwords.get(login);
        if (found === undefined) {
            throw new Error(`no account ${login}`);
        }
        return found;
    }

    /** An account that was made elsewhere, or its new password. */
    know(login: string, password: string): void {
        this.passwords.set(login, password);
    }

    private basic(login: string): string {
        return `Basic ${Buffer.from(`${login}:${this.password(login)}`).toString('base64')}`;
    }

    /** A request to the API as an account: the JSON of its answer, or a failure. */
    async api<T = unknown>(login: string, method: string, path: string, body?: unknown,
                           headers: Record<string, string> = {}): Promise<T> {
        const response = await patient(`${this.url}api/v1${path}`, {
            method,
            headers: {
                Authorization: this.basic(login),
                ...(body !== undefined ? { 'Content-Type': 'application/json' } : {}),
                ...headers,
            },
            ...(body !== undefined ? { body: JSON.stringify(body) } : {}),
        });
        const text = await response.text();
        if (!response.ok) {
            throw new Error(`${method} ${path}: ${response.status} ${text}`);
        }
        return (text === '' ? undefined : JSON.parse(text)) as T;
    }

    async account(login: string, more: Record<string, unknown> = {}): Promise<void> {
        const password = `${login}-${login}`;
        await this.api('admin', 'POST', '/accounts', { login, password, ...more });
        this.passwords.set(login, password);
    }

    /** Changes a repository: its description, page, visibility. */
    async describe(login: string, name: string, fields: object): Promise<void> {
        await this.api(login, 'PATCH', `/repositories/${encodeURIComponent(name)}`, fields,
                       { 'If-Match': '*' });
    }

    /** SQL of the index's database, for what would take long otherwise. */
    sql(text: string): string {
        const conf = readFileSync(join(this.state, 'my.cnf'), 'utf8');
        const socket = /^socket=(.*)$/m.exec(conf)![1]!;
        return execFileSync('mariadb', ['--no-defaults', '-uroot', '-N', `-S${socket}`, 'slipway'],
                            { input: text, encoding: 'utf8' });
    }

    // --- pushing -------------------------------------------------------------

    async token(login: string, scope: string): Promise<string> {
        const query = new URLSearchParams({ service: 'slipway', scope });
        const response = await patient(`${this.url}token?${query}`,
                                       { headers: { Authorization: this.basic(login) } });
        return ((await response.json()) as { token: string }).token;
    }

    async blob(token: string, name: string, data: Buffer, mediaType: string): Promise<Descriptor> {
        const Authorization = `Bearer ${token}`;
        const started = await fetch(`${this.url}v2/${name}/blobs/uploads/`,
                                    { method: 'POST', headers: { Authorization } });
        const place = new URL(started.headers.get('Location')!, this.url);
        place.searchParams.set('digest', digestOf(data));
        const put = await fetch(place, {
            method: 'PUT', body: new Uint8Array(data),
            headers: { Authorization, 'Content-Type': 'application/octet-stream' },
        });
        if (put.status !== 201) {
            throw new Error(`blob of ${name}: ${put.status} ${await put.text()}`);
        }
        return { mediaType, digest: digestOf(data), size: data.length };
    }

    async manifest(token: string, name: string, reference: string | null,
                   model: object): Promise<Descriptor> {
        const data = Buffer.from(JSON.stringify(model));
        const { mediaType } = model as { mediaType: string };
        const put = await fetch(`${this.url}v2/${name}/manifests/${reference ?? digestOf(data)}`, {
            method: 'PUT', body: new Uint8Array(data),
            headers: { Authorization: `Bearer ${token}`, 'Content-Type': mediaType },
        });
        if (put.status !== 201) {
            throw new Error(`manifest of ${name}: ${put.status} ${await put.text()}`);
        }
        return { mediaType, digest: digestOf(data), size: data.length };
    }

    /** An image with a layer for each of its steps; of its config: root. */
    async image(login: string, name: string, tag: string | null, more: {
        steps?: { created_by: string; empty_layer?: boolean }[];
        seed?: string; root?: object; manifest?: object;
    } = {}): Promise<Descriptor> {
        const token = await this.token(login, `repository:${name}:pull,push`);
        const steps = more.steps ?? [{ created_by: '/bin/sh -c #(nop) ADD file:abc in / ' }];
        const layers: Descriptor[] = [];
        const plain: string[] = [];
        for (const [i, step] of steps.entries()) {
            if (step.empty_layer !== true) {
                const data = Buffer.from(`${name} ${more.seed ?? ''} ${i} `.repeat(50 * (i + 1)));
                plain.push(digestOf(data));
                layers.push(await this.blob(token, name, gzipSync(data), LAYER));
            }
        }
        const created = '2026-05-01T10:00:00Z';
        const config = await this.blob(token, name, Buffer.from(JSON.stringify({
            architecture: 'amd64', os: 'linux', created, config: {},
            history: steps.map((step) => ({ created, ...step })),
            rootfs: { type: 'layers', diff_ids: plain },
            ...more.root,
        })), CONFIG);
        return await this.manifest(token, name, tag, {
            schemaVersion: 2, mediaType: MANIFEST, config, layers, ...more.manifest,
        });
    }

    /** Until the index has heard of a tag. */
    async known(login: string, name: string, tag: string): Promise<void> {
        const path = `/repositories/${encodeURIComponent(name)}/tags/${tag}`;
        await until(`${name}:${tag} in the index`, () => this.api(login, 'GET', path).catch(() => null));
    }
}
