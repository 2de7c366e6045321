// chart.tsx: a Helm chart: what it is, its README, its values.  The README is
// shown as the text that it is: Markdown reads well so, and a second renderer,
// or a request to have strangers' text rendered, would be for looks alone.

import { Fragment } from 'preact';

import type { ChartFacts, ChartFiles } from '../lib/chart';
import { t } from '../lib/i18n';
import { plain, webAddress } from '../lib/image';
import { Badge, Copy } from './common';

const TEXT_MAX = 1000;
const FILE_MAX = 1024 * 1024;
const NAMES_MAX = 500;

function File({ title, text }: { title: string; text: string | null }) {
    return text === null ? null : (
        <>
            <div class="pick"><h3>{title}</h3><Copy text={text} what={t('content.copy', { what: title })} /></div>
            <pre class="document" tabIndex={0} role="region" aria-label={title} dir="auto">
                <code>{plain(text, FILE_MAX)}</code>
            </pre>
        </>
    );
}

function Facts({ of }: { of: ChartFacts }) {
    const rows: [string, string][] = [
        [t('chart.version'), of.version], [t('chart.app'), of.appVersion], [t('chart.kubernetes'), of.kubeVersion],
        [t('tag.type'), of.type], [t('chart.keywords'), of.keywords.join(', ')],
        [t('chart.maintainers'), of.maintainers.join(', ')],
    ];
    return (
        <>
            <h3><bdi>{plain(of.name, TEXT_MAX)}</bdi>
                {of.is_deprecated ? <> <Badge kind="warn">{t('chart.deprecated')}</Badge></> : null}</h3>
            {of.description !== '' ? <p dir="auto">{plain(of.description, TEXT_MAX)}</p> : null}
            <dl class="pairs">{rows.filter(([, value]) => value !== '').map(([name, value]) => (
                <Fragment key={name}><dt>{name}</dt><dd><bdi>{plain(value, TEXT_MAX)}</bdi></dd></Fragment>
            ))}</dl>
            {of.links.length > 0 ? (
                <ul class="lines">{of.links.map((text, i) => {
                    const link = webAddress(text);
                    return (
                        <li key={i}>{link === null ? <bdi>{plain(text, TEXT_MAX)}</bdi>
                            : <a href={link.href} rel="nofollow ugc noopener noreferrer external">
                                {plain(link.href, TEXT_MAX)}</a>}</li>
                    );
                })}</ul>
            ) : null}
        </>
    );
}

function Dependencies({ of }: { of: ChartFacts['dependencies'] }) {
    return of.length === 0 ? null : (
        <>
            <h3>{t('chart.dependencies')}</h3>
            <table class="stack">
                <thead><tr>
                    <th scope="col">{t('content.name')}</th>
                    <th scope="col">{t('chart.version')}</th>
                    <th scope="col">{t('chart.repository')}</th>
                </tr></thead>
                <tbody>{of.map((one, i) => (
                    <tr key={i}>
                        <td><bdi>{plain(one.name, TEXT_MAX)}</bdi></td>
                        <td><bdi>{plain(one.version, TEXT_MAX)}</bdi></td>
                        <td><bdi>{plain(one.repository, TEXT_MAX)}</bdi></td>
                    </tr>
                ))}</tbody>
            </table>
        </>
    );
}

export function ChartView({ facts, files }: { facts: ChartFacts; files: ChartFiles | null }) {
    return (
        <>
            <Facts of={facts} />
            <Dependencies of={facts.dependencies} />
            {files === null ? <p class="failure" role="alert">{t('chart.unreadable')}</p> : (
                <>
                    <File title="README" text={files.readme} />
                    <File title="values.yaml" text={files.values} />
                    <File title="values.schema.json" text={files.schema} />
                    <h3>{t('chart.files', { count: files.names.length })}</h3>
                    <ul class="columned">{files.names.slice(0, NAMES_MAX).map((one, i) => (
                        <li key={i}><code>{plain(one, TEXT_MAX)}</code></li>
                    ))}</ul>
                </>
            )}
        </>
    );
}
