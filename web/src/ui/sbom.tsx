// sbom.tsx: the packages of an SBOM: searched in all of them, drawn in portions.

import { useMemo, useState } from 'preact/hooks';

import { clip } from '../lib/format';
import { t } from '../lib/i18n';
import { plain } from '../lib/image';
import { counted, matching, type Package, type Sbom } from '../lib/sbom';
import { Time } from './common';
import { Filter, Portions } from './portions';

const TEXT_MAX = 300;
const CHOICES_MAX = 200;

function Facts({ sbom }: { sbom: Sbom }) {
    return (
        <dl class="pairs">
            <dt>{t('sbom.format')}</dt><dd><bdi>{plain(sbom.format, TEXT_MAX)}</bdi></dd>
            {sbom.name !== '' ? <><dt>{t('sbom.of')}</dt><dd><bdi>{plain(sbom.name, TEXT_MAX)}</bdi></dd></> : null}
            <dt>{t('sbom.created')}</dt><dd><Time at={sbom.created} is_whole /></dd>
            {sbom.tools.length > 0 ? (
                <><dt>{t('sbom.tools')}</dt><dd><bdi>{plain(sbom.tools.join(', '), TEXT_MAX)}</bdi></dd></>
            ) : null}
        </dl>
    );
}

/** A choice of the values that a field has. */
function Choice({ label, all, value, choose }: {
    label: string; all: [string, number][]; value: string; choose: (value: string) => void;
}) {
    return (
        <label>
            <span>{label}</span>
            <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
                <option value="">{t('sbom.all')}</option>
                {all.slice(0, CHOICES_MAX).map(([one, count]) => (
                    <option key={one} value={`=${one}`}>
                        {`${one === '' ? t('unknown') : clip(plain(one, TEXT_MAX), 40)} (${count})`}
                    </option>
                ))}
            </select>
        </label>
    );
}

const HEAD = ['sbom.package', 'sbom.version', 'sbom.type', 'sbom.licence', 'sbom.supplier'] as const;

export function SbomView({ sbom }: { sbom: Sbom }) {
    const [words, setWords] = useState('');
    const [type, setType] = useState('');
    const [licence, setLicence] = useState('');
    const { packages } = sbom;
    const types = useMemo(() => counted(packages, (one) => one.type), [packages]);
    const licences = useMemo(() => counted(packages, (one) => one.licence), [packages]);
    const found = useMemo(() => matching(packages, words, (one: Package) =>
        [one.name, one.version, one.licence, one.type, one.supplier])
        .filter((one) => (type === '' || `=${one.type}` === type) && (licence === '' || `=${one.licence}` === licence)),
    [packages, words, type, licence]);
    return (
        <>
            <h3>{t('sbom.title')}</h3>
            <Facts sbom={sbom} />
            <div class="filters">
                <Filter label={t('sbom.filter')} value={words} change={setWords} />
                <Choice label={t('sbom.type')} all={types} value={type} choose={setType} />
                <Choice label={t('sbom.licence')} all={licences} value={licence} choose={setLicence} />
            </div>
            {sbom.is_cut ? <p class="quiet">{t('content.cut')}</p> : null}
            <Portions items={found} of={packages.length} head={HEAD.map((key) => t(key))} label={t('sbom.title')}
                counted={(count) => t('sbom.count', { count })} row={(one) => [
                    <bdi class="strong">{plain(one.name, TEXT_MAX)}</bdi>,
                    <bdi>{plain(one.version, TEXT_MAX)}</bdi>,
                    <bdi>{plain(one.type, TEXT_MAX)}</bdi>,
                    <bdi>{plain(one.licence, TEXT_MAX)}</bdi>,
                    <bdi>{plain(one.supplier, TEXT_MAX)}</bdi>,
                ]} />
        </>
    );
}
