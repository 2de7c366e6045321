// json.ts: JSON of strangers, of which nothing is sure.

export type Json = unknown;
export type Dict = Record<string, Json>;

export function dict(value: Json): Dict {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Dict : {};
}

export const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);

export const text = (value: Json): string => (typeof value === 'string' ? value : '');

/** An own member: an object of strangers has no "constructor" by itself. */
export const at = (value: Json, ...names: string[]): Json => names.reduce<Json>((of, name) => {
    const here = dict(of);
    return Object.hasOwn(here, name) ? here[name] : undefined;
}, value);

/** undefined: it is no JSON. */
export function parse(source: string): Json {
    try {
        return JSON.parse(source) as Json;
    } catch {
        return undefined;
    }
}

/** On one line; "": it is deeper than the browser can write. */
export function compact(value: Json): string {
    try {
        return JSON.stringify(value) ?? '';
    } catch {
        return '';
    }
}

const DEPTH_MAX = 500;
const LAID_OUT_MAX = 64 * 1024 * 1024;

/** Indents grow with the depth: a small document may need gigabytes of them. */
function isModest(value: Json): boolean {
    const waiting: [Json, number][] = [[value, 1]];
    let length = 0;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const [one, depth] = next;
        if (typeof one === 'string') {
            length += one.length;
        } else if (typeof one === 'object' && one !== null) {
            const inner: Json[] = Object.values(one);
            length += inner.length * 2 * depth;
            for (const each of inner) {
                waiting.push([each, depth + 1]);
            }
        }
        if (depth > DEPTH_MAX || length > LAID_OUT_MAX) {
            return false;
        }
    }
    return true;
}

/** With its lines; the source where these would be too long, or compact(). */
export const pretty = (value: Json, source?: string): string =>
    (isModest(value) ? JSON.stringify(value, null, 2) ?? '' : source ?? compact(value));

/** Names and values, all of them as text. */
export const pairs = (value: Json): [string, string][] => Object.entries(dict(value))
    .map(([name, one]) => [name, typeof one === 'string' ? one : compact(one)]);

/** Base64, of URLs too, as UTF-8; "": it is none. */
export function decoded(base64: string): string {
    try {
        const binary = atob(base64.replaceAll('-', '+').replaceAll('_', '/'));
        return new TextDecoder().decode(Uint8Array.from(binary, (one) => one.charCodeAt(0)));
    } catch {
        return '';
    }
}
