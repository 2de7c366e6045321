// scan.tsx: what a scanner found: how much of each severity, and a list.

import { useMemo, useState } from 'preact/hooks';

import { t, type Key } from '../lib/i18n';
import { plain, webAddress } from '../lib/image';
import { matching } from '../lib/sbom';
import { severities, type Finding, type Report, type Severity } from '../lib/scan';
import { Badge, Time } from './common';
import { Filter, Portions } from './portions';

const TEXT_MAX = 400;
const HEAD = ['scan.severity', 'scan.id', 'scan.package', 'scan.installed', 'scan.fixed', 'scan.what'] as const;

const named = (severity: Severity): string => t(`scan.is.${severity}` as Key);

function Id({ of }: { of: Finding }) {
    const link = webAddress(of.link);
    const text = <bdi>{plain(of.id || t('unknown'), TEXT_MAX)}</bdi>;
    return link === null ? text
        : <a href={link.href} rel="nofollow ugc noopener noreferrer external">{text}</a>;
}

export function ScanView({ report }: { report: Report }) {
    const [words, setWords] = useState('');
    const [severity, setSeverity] = useState<Severity | ''>('');
    const { findings } = report;
    const counts = useMemo(() => new Map(severities.map((one) =>
        [one, findings.filter((finding) => finding.severity === one).length])), [findings]);
    const found = useMemo(() => matching(findings, words, (one) =>
        [one.id, one.package, one.installed, one.fixed, one.title])
        .filter((one) => severity === '' || one.severity === severity), [findings, words, severity]);
    return (
        <>
            <h3>{t('scan.title')}</h3>
            <dl class="pairs">
                {report.tool !== '' ? <><dt>{t('scan.tool')}</dt><dd><bdi>{plain(report.tool, TEXT_MAX)}</bdi></dd></> : null}
                <dt>{t('scan.created')}</dt><dd><Time at={report.created} /></dd>
            </dl>
            <p class="quiet">{t('scan.age')}</p>
            <div class="filters">
                {severities.filter((one) => counts.get(one)! > 0).map((one) => (
                    <button key={one} type="button" class={`chip ${one}`} aria-pressed={severity === one}
                        onClick={() => setSeverity(severity === one ? '' : one)}>
                        {t('scan.count', { severity: named(one), number: counts.get(one)! })}
                    </button>
                ))}
                <Filter label={t('scan.filter')} value={words} change={setWords} />
            </div>
            {report.is_cut ? <p class="quiet">{t('content.cut')}</p> : null}
            <Portions items={found} of={findings.length} head={HEAD.map((key) => t(key))} label={t('scan.title')}
                counted={(count) => t('scan.findings', { count })} row={(one) => [
                    <Badge kind={one.severity === 'critical' || one.severity === 'high' ? 'warn' : ''}>
                        {named(one.severity)}</Badge>,
                    <Id of={one} />,
                    <bdi>{plain(one.package, TEXT_MAX)}</bdi>,
                    <bdi>{plain(one.installed, TEXT_MAX)}</bdi>,
                    <bdi>{plain(one.fixed, TEXT_MAX)}</bdi>,
                    <bdi dir="auto">{plain(one.title, TEXT_MAX)}</bdi>,
                ]} />
        </>
    );
}
