// registry.ts: content of the registry: manifests and blobs, with a token for
// one repository, in bounded sizes, checked against their digests.

import { ApiError, change, persons, sessionKnown, url } from './client';
import { site } from '../lib/site';

/** The most that is read of each, in bytes. */
export const MANIFEST_MAX = 4 * 1024 * 1024;
export const BLOB_MAX = 32 * 1024 * 1024;

const ACCEPT = [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

export interface Content {
    bytes: Uint8Array<ArrayBuffer>;
    mediaType: string;
    /** The one that was asked for, and that this page computed as well; null: it could not. */
    digest: string | null;
}

/** Content that is not the one that was asked for, or too much of it. */
export class ContentError extends Error {
    constructor(readonly reason: 'large' | 'digest', readonly size = 0, readonly max = 0) {
        super(reason);
    }
}

interface PullToken {
    token: string;
    expires_at: string;
}

/** The token of the last repository; neither remembered nor stored elsewhere. */
let held: { of: string; token: Promise<PullToken>; ends: number } | undefined;
const EARLY = 20_000;
const UNKNOWN = 30_000;   // until the answer says when

// who logs in or out leaves none behind
persons.subscribe(() => {
    held = undefined;
});

function tokenOf(name: string): Promise<PullToken> {
    if (held !== undefined && held.of === name && Date.now() < held.ends) {
        return held.token;
    }
    const token = sessionKnown()
        .then(() => change<PullToken>('POST', url`/repositories/${name}/pull-token`, { is_reading: true }))
        .then(({ data }) => data);
    const mine = { of: name, token, ends: Date.now() + UNKNOWN };
    held = mine;
    token.then(({ expires_at }) => {
        mine.ends = Date.parse(expires_at) - EARLY;
    }, () => {
        if (held === mine) {
            held = undefined;
        }
    });
    return token;
}

/** The body, as far as max; more is an error before it is read. */
async function bounded(response: Response, max: number): Promise<Uint8Array<ArrayBuffer>> {
    const said = Number(response.headers.get('Content-Length'));
    if (said > max) {
        await response.body?.cancel();
        throw new ContentError('large', said, max);
    }
    return gather(response.body, max);
}

/** All of a stream, which is cancelled where it has more than max bytes. */
export async function gather(
    stream: ReadableStream<Uint8Array> | null, max: number,
): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    let length = 0;
    const reader = stream?.getReader();
    for (;;) {
        const next = await reader?.read();
        if (next === undefined || next.done) {
            break;
        }
        length += next.value.length;
        if (length > max) {
            await reader?.cancel();
            throw new ContentError('large', length, max);
        }
        parts.push(next.value);
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

const ALGORITHMS: Record<string, string> = { sha256: 'SHA-256', sha512: 'SHA-512' };

/** Whether it is what a digest says; null: this page cannot compute that. */
async function isOf(bytes: Uint8Array<ArrayBuffer>, digest: string): Promise<boolean | null> {
    const [name = '', hex] = digest.split(':');
    // over plain HTTP on another host than this one there is no crypto.subtle
    if (!isSecureContext || !Object.hasOwn(ALGORITHMS, name)) {
        return null;
    }
    const hash = new Uint8Array(await crypto.subtle.digest(ALGORITHMS[name]!, bytes));
    return [...hash].map((one) => one.toString(16).padStart(2, '0')).join('') === hex;
}

async function ask(url: string, token: string, accept: string, signal: AbortSignal): Promise<Response> {
    signal.throwIfAborted();
    try {
        return await fetch(url, {
            headers: { Authorization: `Bearer ${token}`, Accept: accept },
            credentials: 'omit',
            referrerPolicy: 'no-referrer',
            signal,
        });
    } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') {
            throw error;
        }
        throw new ApiError(0, null);
    }
}

/** A token that was revoked meanwhile, as by a new password, makes place for another one. */
async function askAgain(name: string, path: string, accept: string, signal: AbortSignal): Promise<Response> {
    const url = `${site.content}v2/${name}/${path}`;
    const token = tokenOf(name);
    const response = await ask(url, (await token).token, accept, signal);
    if (response.status !== 401) {
        return response;
    }
    await response.body?.cancel();
    if (held?.token === token) {
        held = undefined;
    }
    return ask(url, (await tokenOf(name)).token, accept, signal);
}

async function read(
    name: string, path: string, accept: string, max: number, signal: AbortSignal,
): Promise<Content> {
    const response = await askAgain(name, path, accept, signal);
    if (!response.ok) {
        await response.body?.cancel();
        throw new ApiError(response.status, null, Number(response.headers.get('Retry-After')) || 0);
    }
    return {
        bytes: await bounded(response, max),
        mediaType: (response.headers.get('Content-Type') ?? '').split(';')[0]!.trim(),
        digest: null,
    };
}

async function checked(content: Content, wanted: string): Promise<Content> {
    const is_right = await isOf(content.bytes, wanted);
    if (is_right === false) {
        throw new ContentError('digest');
    }
    return { ...content, digest: is_right === true ? wanted : null };
}

/** A manifest by its tag or digest. */
export async function manifestRead(name: string, reference: string, signal: AbortSignal): Promise<Content> {
    const content = await read(name, `manifests/${reference}`, `${ACCEPT}, */*`, MANIFEST_MAX, signal);
    return reference.includes(':') ? checked(content, reference) : content;
}

export async function blobRead(
    name: string, digest: string, signal: AbortSignal, max = BLOB_MAX,
): Promise<Content> {
    // a longer Accept would need a preflight at the store that it is redirected to
    return checked(await read(name, `blobs/${digest}`, '*/*', max, signal), digest);
}

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
