// content.ts: what the parts of an artifact are, and what can be shown of them.

import { signatureOf, statementOf, type Signature, type Statement } from './attestation';
import { at, dict, list, parse, pretty, text, type Dict, type Json } from './json';
import { sbomOf, type Sbom } from './sbom';
import { reportOf, type Report } from './scan';

export interface Descriptor {
    mediaType: string;
    digest: string;
    size: number;
    annotations: Dict;
}

export interface ManifestOf {
    mediaType: string;
    artifactType: string;
    config: Descriptor | null;
    layers: Descriptor[];
    manifests: (Descriptor & { platform: Json })[];
    subject: Descriptor | null;
    annotations: Dict;
}

const MANY = 10_000;

function descriptor(value: Json): Descriptor | null {
    const digest = text(at(value, 'digest'));
    const size = at(value, 'size');
    return /^[a-z0-9+._-]+:[0-9a-f]+$/i.test(digest) ? {
        digest,
        mediaType: text(at(value, 'mediaType')),
        size: typeof size === 'number' && size >= 0 ? size : 0,
        annotations: dict(at(value, 'annotations')),
    } : null;
}

const descriptors = (value: Json): Descriptor[] => list(value).slice(0, MANY)
    .map(descriptor).filter((one) => one !== null);

/** A manifest or an index; null: it is neither. */
export function manifestOf(source: string): ManifestOf | null {
    const json = parse(source);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
        return null;
    }
    const config = descriptor(at(json, 'config'));
    return {
        mediaType: text(at(json, 'mediaType')),
        artifactType: text(at(json, 'artifactType')) || config?.mediaType || '',
        config,
        layers: descriptors(at(json, 'layers')),
        manifests: list(at(json, 'manifests')).slice(0, MANY).flatMap((one) => {
            const found = descriptor(one);
            return found === null ? [] : [{ ...found, platform: at(one, 'platform') }];
        }),
        subject: descriptor(at(json, 'subject')),
        annotations: dict(at(json, 'annotations')),
    };
}

export const HELM_CHART = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
export const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';

/** The name of a part, as oras keeps it. */
export const titleOf = (part: Descriptor): string => text(at(part.annotations, 'org.opencontainers.image.title'));

/** Types of parts that are no layers of a file system: JSON, and text. */
export function isReadable(part: Descriptor): boolean {
    const type = part.mediaType.toLowerCase();
    return type === HELM_CHART
        || /[/+](json|yaml|xml|toml|spdx|x-yaml)\b|^text\/|cyclonedx|sarif|in-toto|dsse|simplesigning|jose/.test(type)
        || /\.(json|jsonl|ya?ml|txt|md|toml|xml|spdx|sarif)$/i.test(titleOf(part));
}

export type Seen =
    | { is: 'sbom'; sbom: Sbom; statement: Statement | null }
    | { is: 'scan'; report: Report; statement: Statement | null }
    | { is: 'statement'; statement: Statement }
    | { is: 'signature'; signature: Signature }
    | { is: 'json'; pretty: string }
    | { is: 'text' };

/** What a document says; an SBOM or a report may be inside of a statement. */
export function look(source: string, annotations: Dict): Seen {
    const json = parse(source);
    if (json === undefined) {
        return { is: 'text' };
    }
    const statement = statementOf(json);
    const inner = statement !== null ? statement.predicate : json;
    const sbom = sbomOf(inner) ?? sbomOf(at(inner, 'Data'));
    if (sbom !== null) {
        return { is: 'sbom', sbom, statement };
    }
    const report = reportOf(inner);
    if (report !== null) {
        return { is: 'scan', report, statement };
    }
    if (statement !== null) {
        return { is: 'statement', statement };
    }
    const signature = signatureOf(json, annotations);
    return signature !== null ? { is: 'signature', signature } : { is: 'json', pretty: pretty(json, source) };
}
