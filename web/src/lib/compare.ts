// compare.ts: two images compared.

import type { ManifestOf } from './content';
import { at, list, pairs, text, type Json } from './json';

export interface Side {
    manifest: ManifestOf;
    /** Its configuration; undefined: it has none that can be read. */
    config: Json;
}

/** os/arch/variant, of an entry of an index or of a configuration. */
export const platformOf = (of: Json): string => [at(of, 'os'), at(of, 'architecture'), at(of, 'variant')]
    .map(text).filter((one) => one !== '').join('/');

/** Those of an index that run. */
export const platformsOf = (manifest: ManifestOf): string[] => manifest.manifests
    .map((one) => platformOf(one.platform)).filter((one) => one !== '' && !one.startsWith('unknown'));

export type Where = 'both' | 'from' | 'to';

/** Values with where they are: those of the first in its order, then the others. */
export function placed(from: string[], to: string[]): [value: string, where: Where][] {
    const first = new Set(from);
    const second = new Set(to);
    return [
        ...[...first].map((one): [string, Where] => [one, second.has(one) ? 'both' : 'from']),
        ...[...second].filter((one) => !first.has(one)).map((one): [string, Where] => [one, 'to']),
    ];
}

export interface Layer {
    digest: string;
    size: number;
    where: Where;
}

export function layersOf(from: ManifestOf, to: ManifestOf): Layer[] {
    const sizes = new Map([...from.layers, ...to.layers].map((one) => [one.digest, one.size]));
    return placed(from.layers.map((one) => one.digest), to.layers.map((one) => one.digest))
        .map(([digest, where]) => ({ digest, where, size: sizes.get(digest)! }));
}

export const sizeOf = (layers: Layer[], ...where: Where[]): number => layers
    .filter((one) => where.includes(one.where)).reduce((sum, one) => sum + one.size, 0);

export interface Difference {
    name: string;
    /** null: it is not there. */
    from: string | null;
    to: string | null;
}

/** Names whose value differs, or is on one side only. */
export function differences(from: [string, string][], to: [string, string][]): Difference[] {
    const first = new Map(from);
    const second = new Map(to);
    return [...new Set([...first.keys(), ...second.keys()])]
        .map((name) => ({ name, from: first.get(name) ?? null, to: second.get(name) ?? null }))
        .filter((one) => one.from !== one.to);
}

const variables = (config: Json): [string, string][] => list(at(config, 'config', 'Env')).map(text).map((one) => {
    const end = one.indexOf('=');
    return end < 0 ? [one, ''] : [one.slice(0, end), one.slice(end + 1)];
});

const words = (value: Json): string => (Array.isArray(value) ? value.map(text).map((word) =>
    (/^[^\s"]+$/.test(word) ? word : JSON.stringify(word))).join(' ') : text(value));

const runs = (config: Json): [string, string][] => (['Entrypoint', 'Cmd', 'WorkingDir', 'User', 'StopSignal'] as const)
    .map((name): [string, string] => [name, words(at(config, 'config', name))])
    .concat((['ExposedPorts', 'Volumes'] as const).map((name): [string, string] =>
        [name, pairs(at(config, 'config', name)).map(([one]) => one).sort().join(' ')]))
    .filter(([, value]) => value !== '');

export const settingsOf = (from: Json, to: Json): Difference[] => differences(runs(from), runs(to));
export const environmentOf = (from: Json, to: Json): Difference[] => differences(variables(from), variables(to));
export const labelsOf = (from: Json, to: Json): Difference[] =>
    differences(pairs(at(from, 'config', 'Labels')), pairs(at(to, 'config', 'Labels')));
