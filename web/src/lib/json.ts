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

/** Names and values, all of them as text. */
export const pairs = (value: Json): [string, string][] => Object.entries(dict(value))
    .map(([name, one]) => [name, typeof one === 'string' ? one : JSON.stringify(one) ?? '']);

/** Base64, of URLs too, as UTF-8; "": it is none. */
export function decoded(base64: string): string {
    try {
        const binary = atob(base64.replaceAll('-', '+').replaceAll('_', '/'));
        return new TextDecoder().decode(Uint8Array.from(binary, (one) => one.charCodeAt(0)));
    } catch {
        return '';
    }
}
