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
    /** A POST that changes nothing of what pages show: answers stay remembered. */
    is_reading?: boolean;
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

/** Whether the session ended while its pages were open. */
export const ended = signal(false);

/** What the person at the screen is asked for, so that a change can be made. */
export interface Challenge {
    /** Of the account; the session has ended, or wants the password again. */
    login: string;
    is_ended: boolean;
    /** true: it was given, and the change is tried again. */
    done: (is_given: boolean) => void;
}

export const challenge = signal<Challenge | null>(null);

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
    // 204 has no body, and 202 of a deletion has none either
    const text = await response.text();
    const data: unknown = text === '' ? undefined : JSON.parse(text);
    return {
        data: data as T,
        next: nextOf(response.headers.get('Link')),
        etag: response.headers.get('ETag'),
    };
}

/** Who calls by now, where the page shows another; null: it shows the right one. */
async function successor(): Promise<Session | null> {
    const before = session.value?.login ?? null;
    if (before === null) {
        return null;
    }
    const { data } = await once<Session>('GET', '/session', {});
    if (data.login !== before) {
        return data;
    }
    session.value = data;
    return null;
}

/** The page is that of who calls now. */
function succeed(by: Session): void {
    forget();
    session.value = by;
    ended.value = by.login === null;
    if (by.login !== null) {
        persons.value++;
    }
}

const mayHaveEnded = (error: unknown): boolean =>
    error instanceof ApiError && [401, 403, 404].includes(error.status);

/** GET, which is remembered. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    const asked = era;
    let answer: Answer<T>;
    try {
        answer = await once<T>('GET', path, signal ? { signal } : {});
    } catch (error) {
        if (mayHaveEnded(error)) {
            // who is logged out may not see much, and reads why
            const by = await successor().catch(() => null);
            if (by !== null) {
                succeed(by);
            }
        }
        throw error;
    }
    if (asked === era) {
        remember(path, answer);
    }
    return answer;
}

let loading: Promise<void> | undefined;

/** Asks who calls. */
export function sessionLoad(): Promise<void> {
    loading = once<Session>('GET', '/session', {}).then(({ data }) => {
        session.value = data;
        ended.value = data.has_ended;
    });
    return loading;
}

/** Until it is known who calls, so that a change has its CSRF token. */
export const sessionKnown = (): Promise<void> =>
    (session.value === undefined ? loading ?? sessionLoad() : Promise.resolve());

const asked = (login: string, is_ended: boolean): Promise<boolean> => new Promise((done) => {
    challenge.value = {
        login, is_ended, done: (is_given) => {
            challenge.value = null;
            done(is_given);
        },
    };
});

/** Whether what made a change fail is out of the way now. */
async function repaired(error: ApiError): Promise<boolean> {
    const login = session.value?.login ?? null;
    if (login !== null && error.code === 'confirmation_required') {
        return asked(login, false);
    }
    if (login === null || (error.code !== 'csrf_token_invalid' && !mayHaveEnded(error))) {
        return false;
    }
    const by = await successor();
    if (by === null) {
        return error.code === 'csrf_token_invalid';
    }
    // what was typed stays until it is known that no one logs in again
    if (by.login === null && await asked(login, true)) {
        return true;
    }
    succeed(by);
    return false;
}

/**
 * A change.  A token that is out of date is fetched again; a session that has
 * ended, or wants the password, is asked for, and nothing typed is lost.
 */
export async function change<T = undefined>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    more: Request = {},
): Promise<Answer<T>> {
    for (let tries = 0; ; tries++) {
        try {
            const answer = await once<T>(method, path, more);
            if (more.is_reading !== true) {
                forget();
            }
            return answer;
        } catch (error) {
            if (!(error instanceof ApiError) || tries === 2 || !await repaired(error)) {
                throw error;
            }
        }
    }
}

/** A key for Request.key: random, also where the page is no secure context. */
export function newKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Answers a challenge: the session is one of the same account again. */
export async function meet({ login, is_ended }: Challenge, password: string): Promise<void> {
    const answer = is_ended
        ? await once<Session>('POST', '/session', { body: { login, password } })
        : await once<Session>('POST', '/session/confirmation', { body: { password } });
    forget();
    session.value = answer.data;
    ended.value = false;
}

export async function logIn(login: string, password: string): Promise<void> {
    const answer = await once<Session>('POST', '/session', { body: { login, password } });
    forget();
    ended.value = false;
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
    await leave();
}

/** What is left of a person whose session has ended by what they did. */
export async function leave(): Promise<void> {
    forget();
    ended.value = false;
    session.value = undefined;
    persons.value++;
    await sessionLoad();
}

/** A page of a list as lines, an item each, and the path of the next page. */
export async function lines(path: string, signal: AbortSignal): Promise<{ text: string; next: string | null }> {
    const response = await fetch(API + path, {
        headers: { Accept: 'application/x-ndjson' }, credentials: 'same-origin', signal,
    });
    if (!response.ok) {
        throw await failure(response);
    }
    return { text: await response.text(), next: nextOf(response.headers.get('Link')) };
}
