// attestation.ts: what was attested of an image: statements of in-toto, alone
// or in envelopes (DSSE, Sigstore's bundles); and signatures.  Nothing here is
// verified, and the page says so.

import { at, decoded, list, pairs, parse, text, type Json } from './json';

export interface Statement {
    predicateType: string;
    subjects: { name: string; digest: string }[];
    predicate: Json;
    /** "" where it was in no envelope; else how many signatures that has. */
    signatures: number | null;
    /** Of provenance. */
    facts: [name: 'builder' | 'source' | 'type' | 'started', value: string][];
    materials: { uri: string; digest: string }[];
}

const SUBJECTS_MAX = 100;
const MATERIALS_MAX = 500;

const digestOf = (of: Json): string => pairs(of)[0]?.join(':') ?? '';

function factsOf(predicate: Json): Statement['facts'] {
    const all: [Statement['facts'][number][0], string][] = [
        // SLSA 0.2, then 1
        ['builder', text(at(predicate, 'builder', 'id')) || text(at(predicate, 'runDetails', 'builder', 'id'))],
        ['type', text(at(predicate, 'buildType')) || text(at(predicate, 'buildDefinition', 'buildType'))],
        ['source', text(at(predicate, 'invocation', 'configSource', 'uri'))
            || text(at(predicate, 'buildDefinition', 'externalParameters', 'configSource', 'uri'))],
        ['started', text(at(predicate, 'metadata', 'buildStartedOn'))
            || text(at(predicate, 'runDetails', 'metadata', 'startedOn'))],
    ];
    return all.filter(([, value]) => value !== '');
}

function statement(document: Json, signatures: number | null): Statement {
    const predicate = at(document, 'predicate');
    const materials = at(predicate, 'materials') ?? at(predicate, 'buildDefinition', 'resolvedDependencies');
    return {
        predicateType: text(at(document, 'predicateType')),
        subjects: list(at(document, 'subject')).slice(0, SUBJECTS_MAX).map((one) => ({
            name: text(at(one, 'name')), digest: digestOf(at(one, 'digest')),
        })),
        predicate,
        signatures,
        facts: factsOf(predicate),
        materials: list(materials).slice(0, MATERIALS_MAX).map((one) => ({
            uri: text(at(one, 'uri')), digest: digestOf(at(one, 'digest')),
        })),
    };
}

/** null: it is no statement. */
export function statementOf(document: Json): Statement | null {
    const envelope = at(document, 'dsseEnvelope') ?? document;
    if (typeof at(envelope, 'payload') === 'string' && at(envelope, 'payloadType') !== undefined) {
        const inner = parse(decoded(text(at(envelope, 'payload'))));
        return at(inner, 'predicateType') === undefined ? null
            : statement(inner, list(at(envelope, 'signatures')).length);
    }
    return at(document, 'predicateType') === undefined ? null : statement(document, null);
}

export interface Signature {
    format: 'cosign' | 'notation' | 'sigstore';
    /** What it says that it signs. */
    signs: string;
    time: string;
    has_certificate: boolean;
    has_log: boolean;
}

const seconds = (value: Json): string => {
    const number = Number(value);
    return Number.isFinite(number) && number > 0 && number < 1e11 ? new Date(number * 1000).toISOString() : '';
};

/** cosign's payload, with the annotations of its layer. */
function cosign(document: Json, annotations: Json): Signature {
    const bundle = parse(text(at(annotations, 'dev.sigstore.cosign/bundle')));
    return {
        format: 'cosign',
        signs: text(at(document, 'critical', 'image', 'docker-manifest-digest')),
        time: seconds(at(bundle, 'Payload', 'integratedTime')),
        has_certificate: text(at(annotations, 'dev.sigstore.cosign/certificate')) !== '',
        has_log: bundle !== undefined,
    };
}

/** A JWS of notation. */
function notation(document: Json): Signature {
    const head = parse(decoded(text(at(document, 'protected'))));
    return {
        format: 'notation',
        signs: text(at(parse(decoded(text(at(document, 'payload')))), 'targetArtifact', 'digest')),
        time: text(at(head, 'io.cncf.notary.signingTime')),
        has_certificate: list(at(document, 'header', 'x5c')).length > 0,
        has_log: false,
    };
}

function sigstore(document: Json): Signature {
    const material = at(document, 'verificationMaterial');
    const entry = list(at(material, 'tlogEntries'))[0];
    const hash = at(document, 'messageSignature', 'messageDigest');
    return {
        format: 'sigstore',
        signs: hash !== undefined ? text(at(hash, 'digest')) : '',
        time: seconds(at(entry, 'integratedTime')),
        has_certificate: at(material, 'certificate') !== undefined || at(material, 'x509CertificateChain') !== undefined,
        has_log: entry !== undefined,
    };
}

/** null: it is none of these. */
export function signatureOf(document: Json, annotations: Json): Signature | null {
    if (at(document, 'critical', 'image') !== undefined) {
        return cosign(document, annotations);
    }
    if (at(document, 'protected') !== undefined && at(document, 'payload') !== undefined) {
        return notation(document);
    }
    return at(document, 'verificationMaterial') !== undefined ? sigstore(document) : null;
}
