// registry.test.ts: content of the registry: with which token, and whether it
// is what was asked for.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { persons } from '../../src/api/client';
import type * as Registry from '../../src/api/registry';

/** The module reads the document as it begins. */
async function registry(): Promise<typeof Registry> {
    Object.assign(globalThis, {
        document: { querySelector: () => null }, location: { host: 'registry.test' }, isSecureContext: true,
    });
    return import('../../src/api/registry');
}

interface Asked {
    path: string;
    token: string | null;
}

/** What is asked of a registry that takes the tokens which are not revoked. */
async function serving(
    body: string, run: (of: typeof Registry, asked: Asked[], revoke: (token: string) => void) => Promise<void>,
): Promise<void> {
    const of = await registry();
    const real = globalThis.fetch;
    const asked: Asked[] = [];
    const revoked = new Set<string>();
    let made = 0;
    globalThis.fetch = (path, more) => {
        const token = new Headers(more?.headers).get('Authorization');
        asked.push({ path: String(path), token });
        if (token === null) {
            return Promise.resolve(Response.json(String(path).endsWith('/session') ? { login: null, has_ended: false } : {
                token: `t${++made}`, expires_at: new Date(Date.now() + 300_000).toISOString(),
            }));
        }
        return Promise.resolve(revoked.has(token) ? new Response('', { status: 401 }) : new Response(body));
    };
    try {
        await run(of, asked, (token) => revoked.add(`Bearer ${token}`));
    } finally {
        globalThis.fetch = real;
        persons.value++;
    }
}

const digestOf = (body: string, algorithm: string): string =>
    `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`;
const signal = new AbortController().signal;

test('a token that was revoked is bought again, once', async () => {
    await serving('x', async ({ blobRead }, asked, revoke) => {
        const read = (): Promise<unknown> => blobRead('a/b', digestOf('x', 'sha256'), signal);
        await read();
        await read();
        assert.equal(asked.filter(({ path }) => path.endsWith('/pull-token')).length, 1);
        revoke('t1');
        await Promise.all([read(), read()]);
        assert.equal(asked.filter(({ path }) => path.endsWith('/pull-token')).length, 2);
        assert.equal(asked.at(-1)!.token, 'Bearer t2');
        for (const token of ['t2', 't3', 't4']) {
            revoke(token);
        }
        await assert.rejects(read, { status: 401 });
    });
});

test('a token ends with the person that it was made for, and with its repository', async () => {
    await serving('x', async ({ manifestRead }, asked) => {
        await manifestRead('a/b', '1', signal);
        persons.value++;
        await manifestRead('a/b', '1', signal);
        await manifestRead('a/c', '1', signal);
        assert.deepEqual(asked.filter(({ path }) => path.startsWith('/v2/')), [
            { path: '/v2/a/b/manifests/1', token: 'Bearer t1' }, { path: '/v2/a/b/manifests/1', token: 'Bearer t2' },
            { path: '/v2/a/c/manifests/1', token: 'Bearer t3' }]);
    });
});

test('content is checked by the algorithm of its digest, and said to be so only then', async () => {
    await serving('x', async ({ blobRead, manifestRead }) => {
        for (const algorithm of ['sha256', 'sha512']) {
            const good = digestOf('x', algorithm);
            assert.equal((await blobRead('a/b', good, signal)).digest, good);
            await assert.rejects(() => manifestRead('a/b', digestOf('y', algorithm), signal), { reason: 'digest' });
        }
        assert.equal((await blobRead('a/b', 'blake3:ff', signal)).digest, null);
        assert.equal((await manifestRead('a/b', '1', signal)).digest, null);
        Object.assign(globalThis, { isSecureContext: false });
        assert.equal((await blobRead('a/b', digestOf('y', 'sha256'), signal)).digest, null);
    });
});

test('too much is an error that says how much may be', async () => {
    await serving('x'.repeat(100), async ({ blobRead }) => {
        await assert.rejects(() => blobRead('a/b', digestOf('x', 'sha256'), signal, 99), { reason: 'large', max: 99 });
    });
});
