// content.tsx: what is in a manifest, as the registry has it: its JSON; and of
// an artifact its parts: SBOMs, reports, attestations, signatures, charts.

import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import { blobRead, ContentError, manifestRead, textOf, type Content } from '../api/registry';
import { CHART_MAX, chartFacts, chartFiles, type ChartFiles } from '../lib/chart';
import { HELM_CHART, HELM_CONFIG, isReadable, look, manifestOf, titleOf, type Descriptor, type ManifestOf, type Seen }
    from '../lib/content';
import { size } from '../lib/format';
import { language, t, type Key } from '../lib/i18n';
import { plain, webAddress } from '../lib/image';
import { pairs, parse, pretty } from '../lib/json';
import { useLoad, type Loaded } from '../lib/load';
import { here, setQuery } from '../lib/route';
import { ChartView } from '../ui/chart';
import { Badge, Copy, Digest, Size } from '../ui/common';
import { SbomView } from '../ui/sbom';
import { ScanView } from '../ui/scan';
import { ErrorBox, Loading } from '../ui/state';
import { SignatureView, StatementView } from '../ui/attestation';

const SHOWN_MAX = 256 * 1024;
const NAME_MAX = 300;
const VALUE_MAX = 4000;

/** What was asked of the registry, or why it is not here. */
export function Read<T>({ of, children }: {
    of: Loaded<T>; children: (value: T) => ComponentChildren;
}) {
    if (of.error instanceof ContentError) {
        return (
            <p class="failure" role="alert">
                {of.error.reason === 'digest' ? t('content.corrupt') : t('content.large', {
                    size: size(of.error.size, language.value) ?? '', max: size(of.error.max, language.value) ?? '',
                })}
            </p>
        );
    }
    if (of.error?.status === 404) {
        return <p class="quiet">{t('content.gone')}</p>;
    }
    if (of.error !== undefined) {
        return <ErrorBox error={of.error} retry={of.reload} />;
    }
    return of.value === undefined ? <Loading rows={3} /> : <>{children(of.value)}</>;
}

/** A text of strangers, with its button. */
export function Text({ text, label }: { text: string; label: string }) {
    return (
        <>
            <p class="pick">
                <span class="quiet">{text.length > SHOWN_MAX ? t('content.cut') : ''}</span>
                <Copy text={text} what={t('content.copy', { what: label })} />
            </p>
            <pre class="document" tabIndex={0} role="region" aria-label={label}>
                <code>{plain(text, SHOWN_MAX)}</code>
            </pre>
        </>
    );
}

function Checked({ of }: { of: Content }) {
    return <Badge kind={of.digest !== null ? 'good' : ''}>{t(of.digest !== null ? 'content.checked' : 'content.unchecked')}</Badge>;
}

// --- JSON of the manifest ----------------------------------------------------

export function JsonView({ name, digest }: { name: string; digest: string }) {
    const of = useLoad(`${name}@${digest}`, (signal) => manifestRead(name, digest, signal));
    const [is_raw, setRaw] = useState(false);
    return (
        <Read of={of}>{(content) => {
            const raw = textOf(content.bytes);
            const json = parse(raw);
            return (
                <>
                    <div class="filters">
                        <Checked of={content} />
                        <Size bytes={content.bytes.length} />
                        <label>
                            <input type="checkbox" checked={is_raw}
                                onChange={(event) => setRaw(event.currentTarget.checked)} />
                            {t('content.raw')}
                        </label>
                    </div>
                    <Text text={is_raw || json === undefined ? raw : pretty(json, raw)}
                        label={t('content.json')} />
                </>
            );
        }}</Read>
    );
}

// --- parts -------------------------------------------------------------------

function Annotations({ of }: { of: Record<string, unknown> }) {
    const all = pairs(of);
    return all.length === 0 ? null : (
        <>
            <h3>{t('content.annotations')}</h3>
            <table class="stack"><tbody>{all.slice(0, 200).map(([name, value]) => {
                const link = webAddress(value);
                return (
                    <tr key={name}>
                        <th scope="row"><bdi>{plain(name, NAME_MAX)}</bdi></th>
                        <td>{link !== null
                            ? <a href={link.href} rel="nofollow ugc noopener noreferrer external">
                                {plain(link.href, NAME_MAX)}</a>
                            : <bdi>{plain(value, VALUE_MAX)}</bdi>}</td>
                    </tr>
                );
            })}</tbody></table>
        </>
    );
}

function SeenView({ of, name, source, label }: { of: Seen; name: string; source: string; label: string }) {
    switch (of.is) {
    case 'sbom':
        return (
            <>
                <SbomView sbom={of.sbom} />
                {of.statement !== null ? <StatementView of={of.statement} name={name} is_short /> : null}
            </>
        );
    case 'scan':
        return (
            <>
                <ScanView report={of.report} />
                {of.statement !== null ? <StatementView of={of.statement} name={name} is_short /> : null}
            </>
        );
    case 'statement':
        return <StatementView of={of.statement} name={name} />;
    case 'signature':
        return <SignatureView of={of.signature} name={name} />;
    case 'json':
        return <Text text={of.pretty} label={label} />;
    case 'text':
        return <Text text={source} label={label} />;
    }
}

function Document({ name, part }: { name: string; part: Descriptor }) {
    const of = useLoad(`${name}@${part.digest}`, (signal) => blobRead(name, part.digest, signal));
    const label = titleOf(part) || part.mediaType;
    const seen = useMemo(() => {
        const source = of.value !== undefined ? textOf(of.value.bytes) : undefined;
        return source !== undefined ? { source, of: look(source, part.annotations) } : undefined;
    }, [of.value, part]);
    return (
        <Read of={of}>{(content) => (
            <>
                <p class="facts">
                    <Checked of={content} /> <bdi>{plain(label, NAME_MAX)}</bdi>
                    <Copy text={seen?.source ?? ''} what={t('content.copy', { what: label })} />
                </p>
                {seen !== undefined ? <SeenView of={seen.of} name={name} source={seen.source} label={label} /> : null}
            </>
        )}</Read>
    );
}

function Chart({ name, of, part }: { name: string; of: ManifestOf; part: Descriptor }) {
    const config = of.config;
    const loaded = useLoad(`${name}@${part.digest}`, async (signal) => {
        const [facts, archive] = await Promise.all([
            config !== null && config.mediaType === HELM_CONFIG ? blobRead(name, config.digest, signal) : null,
            blobRead(name, part.digest, signal, CHART_MAX),
        ]);
        let files: ChartFiles | null = null;
        try {
            files = await chartFiles(archive.bytes);
        } catch (error) {
            if (error instanceof ContentError) {
                throw error;
            }
            // no gzip: the rest is shown
        }
        return { facts: chartFacts(facts !== null ? parse(textOf(facts.bytes)) : undefined), files, archive };
    });
    return (
        <Read of={loaded}>{({ facts, files, archive }) => (
            <>
                <p class="facts"><Checked of={archive} /></p>
                <ChartView facts={facts} files={files} />
            </>
        )}</Read>
    );
}

/** The configuration of an artifact that has one, as wasm and models do. */
function Config({ name, config }: { name: string; config: Descriptor }) {
    const of = useLoad(`${name}@${config.digest}`, (signal) => blobRead(name, config.digest, signal));
    return (
        <>
            <h3>{t('content.config')}</h3>
            <Read of={of}>{(content) => {
                const source = textOf(content.bytes);
                const json = parse(source);
                return <Text text={json !== undefined ? pretty(json, source) : source}
                    label={t('content.config')} />;
            }}</Read>
        </>
    );
}

const CONFIG_MAX = 1024 * 1024;
const isConfigShown = (config: Descriptor | null): config is Descriptor => config !== null
    && config.size > 2 && config.size <= CONFIG_MAX && /\+json$/.test(config.mediaType)
    && config.mediaType !== HELM_CONFIG && !/image\.config/.test(config.mediaType);

function PartRow({ part, i, is_shown }: { part: Descriptor; i: number; is_shown: boolean }) {
    const what = titleOf(part) || part.mediaType || t('unknown');
    return (
        <tr aria-current={is_shown ? 'true' : undefined}>
            <td><bdi>{plain(titleOf(part), NAME_MAX)}</bdi></td>
            <td><bdi>{plain(part.mediaType || t('unknown'), NAME_MAX)}</bdi></td>
            <td><Digest digest={part.digest} of={what} /></td>
            <td class="number"><Size bytes={part.size} /></td>
            <td>{isReadable(part) ? (
                <button type="button" aria-pressed={is_shown} aria-label={t('content.show.of', { what })}
                    onClick={() => setQuery({ part: String(i) })}>{t('content.show')}</button>
            ) : null}</td>
        </tr>
    );
}

function Parts({ of, shown }: { of: ManifestOf; shown: number }) {
    return of.layers.length === 0 ? null : (
        <>
            <h3>{t('content.parts', { count: of.layers.length })}</h3>
            <table class="stack">
                <thead>
                    <tr>
                        <th scope="col">{t('content.name')}</th>
                        <th scope="col">{t('manifest.mediatype')}</th>
                        <th scope="col">{t('tag.digest')}</th>
                        <th scope="col" class="number">{t('layers.size')}</th>
                        <th scope="col"><span class="offscreen">{t('content.show')}</span></th>
                    </tr>
                </thead>
                <tbody>{of.layers.slice(0, 100).map((part, i) => (
                    <PartRow key={i} part={part} i={i} is_shown={i === shown} />
                ))}</tbody>
            </table>
        </>
    );
}

/** Which part is shown: the one of the address, else the first that can be. */
function chosen(of: ManifestOf): number {
    const said = Number(here.value.query.get('part') ?? NaN);
    return Number.isInteger(said) && of.layers[said] !== undefined && isReadable(of.layers[said])
        ? said : of.layers.findIndex(isReadable);
}

function Whole({ name, of }: { name: string; of: ManifestOf }) {
    const at = chosen(of);
    const part = of.layers[at];
    return (
        <div class="content">
            <p><Badge>{t(kindKey(of))}</Badge> <bdi>{plain(of.artifactType || of.mediaType, NAME_MAX)}</bdi></p>
            {part === undefined ? null : part.mediaType === HELM_CHART
                ? <Chart key={part.digest} name={name} of={of} part={part} />
                : <Document key={part.digest} name={name} part={part} />}
            {isConfigShown(of.config) ? <Config name={name} config={of.config} /> : null}
            <Parts of={of} shown={at} />
            <Annotations of={of.annotations} />
        </div>
    );
}

function kindKey(of: ManifestOf): Key {
    const types = [of.artifactType, ...of.layers.map((part) => part.mediaType)].join(' ');
    return of.layers.some((part) => part.mediaType === HELM_CHART) ? 'content.is.chart'
        : /wasm/.test(types) ? 'content.is.wasm'
            : /simplesigning|notary\.signature|sigstore\.bundle/.test(types) ? 'content.is.signature'
                : /spdx|cyclonedx|sbom/.test(types) ? 'content.is.sbom'
                    : /sarif|vulnerab|trivy|scan/.test(types) ? 'content.is.scan'
                        : /in-toto|dsse/.test(types) ? 'content.is.attestation' : 'content.is.artifact';
}

export function ContentView({ name, digest }: { name: string; digest: string }) {
    const of = useLoad(`${name}@${digest}`, async (signal) =>
        manifestOf(textOf((await manifestRead(name, digest, signal)).bytes)));
    return (
        <Read of={of}>{(manifest) => manifest === null
            ? <p class="quiet">{t('content.unreadable')}</p> : <Whole name={name} of={manifest} />}</Read>
    );
}
