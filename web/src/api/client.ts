// client.ts: requests to /api/v1/: errors as objects, the CSRF token, and a
// small memory of answers, so that Back is quick.

import { signal } from '@preact/signals';

import type { Problem, Session } from './types';

export const API = '/api/v1';
const MEMORY_MAX = 60;

/** Why there is no answer: status 0 is a network that failed. */
export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly problem: Partial<Problem> | null,
        /** Seconds that the server asks to wait; 0: it does not say. */
        readonly retryAfter: number = 0,
    ) {
        super(problem?.title ?? (status === 0 ? 'no connection' : `status ${status}`));
    }

    get code(): string {
        return this.problem?.code ?? '';
    }
}

export interface Answer<T> {
    data: T;
    /** Path of the next page of a list, as get() takes it; null: there is none. */
    next: string | null;
    etag: string | null;
}

export interface Request {
    body?: unknown;
    etag?: string;
    /** Of a request that makes something: the same again does it once. */
    key?: string;
    signal?: AbortSignal;
}

/** A path: url`/repositories/${name}/tags`, each value as one segment. */
export function url(parts: TemplateStringsArray, ...values: string[]): string {
    return parts.reduce((path, part, i) => path + encodeURIComponent(values[i - 1] ?? '') + part);
}

/** A path with a query; what is empty is left out. */
export function query(path: string, words: Record<string, string | number | undefined>): string {
    const kept = Object.entries(words).filter(([, v]) => v !== undefined && v !== '');
    const text = new URLSearchParams(kept.map(([k, v]) => [k, String(v)])).toString();
    return text === '' ? path : `${path}?${text}`;
}

/** Who calls; undefined until the first answer. */
export const session = signal<Session | undefined>(undefined);

/** Grows with each log-in and log-out: what the page shows is another person's. */
export const persons = signal(0);

/** Answers of GET by path, the latest last. */
const memory = new Map<string, Answer<unknown>>();
/** Grows when they are forgotten: what was asked before that is not kept. */
let era = 0;

export function remembered<T>(path: string): Answer<T> | undefined {
    return memory.get(path) as Answer<T> | undefined;
}

/** After a change, and when another person is at the screen. */
export function forget(): void {
    era++;
    memory.clear();
}

function remember(path: string, answer: Answer<unknown>): void {
    memory.delete(path);
    memory.set(path, answer);
    for (const oldest of memory.keys()) {
        if (memory.size <= MEMORY_MAX) {
            break;
        }
        memory.delete(oldest);
    }
}

/** The path of rel="next" of a Link header, behind /api/v1. */
export function nextOf(link: string | null): string | null {
    const found = /^<([^>]*)>; rel="next"/.exec(link ?? '');
    const path = found?.[1] ?? '';
    return path.startsWith(`${API}/`) ? path.slice(API.length) : null;
}

async function failure(response: Response): Promise<ApiError> {
    const wait = Number(response.headers.get('Retry-After'));
    let problem: Partial<Problem> | null = null;
    try {
        const body: unknown = await response.json();
        problem = typeof body === 'object' && body !== null ? body as Partial<Problem> : null;
    } catch {
        // not of the API: the status has to do
    }
    return new ApiError(response.status, problem, Number.isFinite(wait) ? wait : 0);
}

async function once<T>(method: string, path: string, more: Request): Promise<Answer<T>> {
    const headers = new Headers({ Accept: 'application/json' });
    if (more.body !== undefined) {
        headers.set('Content-Type', 'application/json');
    }
    if (method !== 'GET' && session.value?.csrf_token) {
        headers.set('X-CSRF-Token', session.value.csrf_token);
    }
    if (more.etag !== undefined) {
        headers.set('If-Match', more.etag);
    }
    if (more.key !== undefined) {
        headers.set('Idempotency-Key', more.key);
    }
    let response: Response;
    try {
        response = await fetch(API + path, {
            method,
            headers,
            credentials: 'same-origin',
            ...(more.body !== undefined ? { body: JSON.stringify(more.body) } : {}),
            ...(more.signal ? { signal: more.signal } : {}),
        });
    } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') {
            throw error;
        }
        throw new ApiError(0, null);
    }
    if (!response.ok) {
        throw await failure(response);
    }
    const data = response.status === 204 ? undefined : await response.json();
    return {
        data: data as T,
        next: nextOf(response.headers.get('Link')),
        etag: response.headers.get('ETag'),
    };
}

/** GET, which is remembered. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    const asked = era;
    const answer = await once<T>('GET', path, signal ? { signal } : {});
    if (asked === era) {
        remember(path, answer);
    }
    return answer;
}

/** Asks who calls. */
export async function sessionLoad(): Promise<void> {
    session.value = (await once<Session>('GET', '/session', {})).data;
}

/** A change.  A token that is out of date is fetched again, once. */
export async function change<T = undefined>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    more: Request = {},
): Promise<Answer<T>> {
    let answer: Answer<T>;
    try {
        answer = await once<T>(method, path, more);
    } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'csrf_token_invalid') {
            throw error;
        }
        await sessionLoad();
        answer = await once<T>(method, path, more);
    }
    forget();
    return answer;
}

export async function logIn(login: string, password: string): Promise<void> {
    const answer = await once<Session>('POST', '/session', { body: { login, password } });
    forget();
    session.value = answer.data;
    persons.value++;
}

export async function logOut(): Promise<void> {
    try {
        await change('DELETE', '/session');
    } catch (error) {
        // a session that has ended is what was wanted
        if (!(error instanceof ApiError) || error.status !== 401) {
            throw error;
        }
    }
    forget();
    session.value = undefined;
    persons.value++;
    await sessionLoad();
}
