// chart.ts: what is in a Helm chart: Chart.yaml as its config has it in JSON,
// and files of its archive.

import { gather } from '../api/registry';
import { at, list, pairs, text, type Json } from './json';
import { entriesOf } from './tar';

/** Of the archive, compressed and not, and of a file that is shown. */
export const CHART_MAX = 8 * 1024 * 1024;
export const UNPACKED_MAX = 64 * 1024 * 1024;
export const FILE_MAX = 1024 * 1024;

export interface ChartFiles {
    readme: string | null;
    values: string | null;
    schema: string | null;
    /** Names of the others, without the chart's directory. */
    names: string[];
}

/** Fails where it is no gzip, or unpacks to more than UNPACKED_MAX. */
export async function chartFiles(archive: Uint8Array<ArrayBuffer>): Promise<ChartFiles> {
    const tar = await gather(new Blob([archive]).stream().pipeThrough(new DecompressionStream('gzip')),
                             UNPACKED_MAX);
    const files = entriesOf(tar).map((entry) => ({
        ...entry, name: entry.name.replace(/^(\.\/)?[^/]+\//, ''),
    }));
    // charts inside of the chart have files of the same names further down
    const file = (wanted: RegExp): string | null => {
        const found = files.find(({ name }) => wanted.test(name));
        return found === undefined ? null
            : new TextDecoder().decode(tar.subarray(found.at, found.at + Math.min(found.size, FILE_MAX)));
    };
    return {
        readme: file(/^readme(\.md|\.txt)?$/i),
        values: file(/^values\.yaml$/),
        schema: file(/^values\.schema\.json$/),
        names: files.map(({ name }) => name).sort(),
    };
}

export interface ChartFacts {
    name: string;
    version: string;
    appVersion: string;
    kubeVersion: string;
    description: string;
    type: string;
    is_deprecated: boolean;
    links: string[];
    keywords: string[];
    maintainers: string[];
    dependencies: { name: string; version: string; repository: string }[];
    annotations: [string, string][];
}

const MANY = 200;
const texts = (value: Json): string[] => list(value).slice(0, MANY).map(text).filter((one) => one !== '');

export function chartFacts(config: Json): ChartFacts {
    return {
        name: text(at(config, 'name')),
        version: text(at(config, 'version')),
        appVersion: text(at(config, 'appVersion')),
        kubeVersion: text(at(config, 'kubeVersion')),
        description: text(at(config, 'description')),
        type: text(at(config, 'type')),
        is_deprecated: at(config, 'deprecated') === true,
        links: [text(at(config, 'home')), ...texts(at(config, 'sources'))].filter((one) => one !== ''),
        keywords: texts(at(config, 'keywords')),
        maintainers: list(at(config, 'maintainers')).slice(0, MANY).map((one) => text(at(one, 'name'))),
        dependencies: list(at(config, 'dependencies')).slice(0, MANY).map((one) => ({
            name: text(at(one, 'name')), version: text(at(one, 'version')),
            repository: text(at(one, 'repository')),
        })),
        annotations: pairs(at(config, 'annotations')).slice(0, MANY),
    };
}
