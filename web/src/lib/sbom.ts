// sbom.ts: the packages of an SBOM, of SPDX (2.x) and CycloneDX as JSON.

import { at, list, text, type Json } from './json';

export interface Package {
    name: string;
    version: string;
    /** Of its purl: "deb", "npm". */
    type: string;
    licence: string;
    supplier: string;
}

export interface Sbom {
    format: string;
    name: string;
    created: string;
    tools: string[];
    packages: Package[];
    /** There are more than are shown. */
    is_cut: boolean;
}

const PACKAGES_MAX = 100_000;

const typeOf = (purl: string): string => /^pkg:([\w.+-]{1,40})\//.exec(purl)?.[1] ?? '';
const meant = (value: string): string => (value === 'NOASSERTION' || value === 'NONE' ? '' : value);

function ofSpdx(entry: Json): Package {
    const purl = list(at(entry, 'externalRefs')).find((ref) => at(ref, 'referenceType') === 'purl');
    return {
        name: text(at(entry, 'name')),
        version: text(at(entry, 'versionInfo')),
        type: typeOf(text(at(purl, 'referenceLocator'))),
        licence: meant(text(at(entry, 'licenseConcluded'))) || meant(text(at(entry, 'licenseDeclared'))),
        supplier: meant(text(at(entry, 'supplier'))).replace(/^(Organization|Person): /, ''),
    };
}

function licenceOf(entry: Json): string {
    return list(at(entry, 'licenses')).map((one) => text(at(one, 'expression'))
        || text(at(one, 'license', 'id')) || text(at(one, 'license', 'name')))
        .filter((one) => one !== '').join(', ');
}

const ofCyclone = (entry: Json): Package => ({
    name: [text(at(entry, 'group')), text(at(entry, 'name'))].filter((one) => one !== '').join('/'),
    version: text(at(entry, 'version')),
    type: typeOf(text(at(entry, 'purl'))) || text(at(entry, 'type')),
    licence: licenceOf(entry),
    supplier: text(at(entry, 'supplier', 'name')) || text(at(entry, 'publisher')),
});

/** Components and those inside of them. */
function components(document: Json): Json[] {
    const all: Json[] = [];
    const waiting = [...list(at(document, 'components'))].reverse();
    while (waiting.length > 0 && all.length <= PACKAGES_MAX) {
        const one = waiting.pop();
        all.push(one);
        for (const inner of [...list(at(one, 'components'))].reverse()) {
            waiting.push(inner);
        }
    }
    return all;
}

function toolsOf(document: Json): string[] {
    const of = at(document, 'metadata', 'tools');
    return (Array.isArray(of) ? of : list(at(of, 'components'))).slice(0, 10)
        .map((tool) => [text(at(tool, 'name')), text(at(tool, 'version'))].join(' ').trim());
}

/** null: it is none of these. */
export function sbomOf(document: Json): Sbom | null {
    if (text(at(document, 'spdxVersion')) !== '') {
        const all = list(at(document, 'packages'));
        return {
            format: text(at(document, 'spdxVersion')),
            name: text(at(document, 'name')),
            created: text(at(document, 'creationInfo', 'created')),
            tools: list(at(document, 'creationInfo', 'creators')).slice(0, 10).map(text)
                .filter((one) => one.startsWith('Tool: ')).map((one) => one.slice(6)),
            packages: all.slice(0, PACKAGES_MAX).map(ofSpdx),
            is_cut: all.length > PACKAGES_MAX,
        };
    }
    if (at(document, 'bomFormat') === 'CycloneDX') {
        const all = components(document);
        return {
            format: `CycloneDX ${text(at(document, 'specVersion'))}`.trim(),
            name: text(at(document, 'metadata', 'component', 'name')),
            created: text(at(document, 'metadata', 'timestamp')),
            tools: toolsOf(document),
            packages: all.slice(0, PACKAGES_MAX).map(ofCyclone),
            is_cut: all.length > PACKAGES_MAX,
        };
    }
    return null;
}

/** How many packages have each value, the most frequent first. */
export function counted<T>(items: T[], valueOf: (item: T) => string): [value: string, count: number][] {
    const counts = new Map<string, number>();
    for (const item of items) {
        const value = valueOf(item);
        counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

/** Those of which some field has each word. */
export function matching<T>(items: T[], words: string, fieldsOf: (item: T) => string[]): T[] {
    const wanted = words.toLowerCase().split(/\s+/).filter((word) => word !== '');
    return wanted.length === 0 ? items : items.filter((item) => {
        const fields = fieldsOf(item).join('\n').toLowerCase();
        return wanted.every((word) => fields.includes(word));
    });
}
