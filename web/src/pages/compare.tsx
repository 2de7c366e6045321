// compare.tsx: two tags of a repository compared: platforms, layers,
// sizes, and how they run.

import type { ComponentChildren } from 'preact';

import { url } from '../api/client';
import { blobRead, manifestRead, textOf } from '../api/registry';
import type { TagNames } from '../api/types';
import { environmentOf, labelsOf, layersOf, placed, platformsOf, platformOf, settingsOf, sizeOf,
    type Difference, type Layer, type Side, type Where } from '../lib/compare';
import { manifestOf, type ManifestOf } from '../lib/content';
import { useData } from '../lib/data';
import { size } from '../lib/format';
import { language, rich, t, type Key } from '../lib/i18n';
import { looksSecret, plain } from '../lib/image';
import { parse } from '../lib/json';
import { useLoad } from '../lib/load';
import { here, setQuery, to } from '../lib/route';
import { compareNames, isAbout } from '../lib/tags';
import { Badge, Digest, Heading, Size, useTitle } from '../ui/common';
import { RepositoryCrumbs } from '../ui/repository';
import { Empty, Whole } from '../ui/state';
import { Read } from './content';

const VALUE_MAX = 2000;
const CONFIG_MAX = 1024 * 1024;
const NAMES_MAX = 1000;

interface Both {
    /** As the tags point to them; where they are indexes, those of the platform. */
    tops: [ManifestOf, ManifestOf];
    sides: [Side, Side] | null;
    platform: string;
}

async function read(name: string, reference: string, signal: AbortSignal): Promise<ManifestOf> {
    const found = manifestOf(textOf((await manifestRead(name, reference, signal)).bytes));
    return found ?? manifestOf('{}')!;
}

async function sideOf(name: string, top: ManifestOf, platform: string, signal: AbortSignal): Promise<Side | null> {
    const child = top.manifests.find((one) => platformOf(one.platform) === platform) ?? null;
    if (top.manifests.length > 0 && child === null) {
        return null;
    }
    const manifest = child !== null ? await read(name, child.digest, signal) : top;
    const { config } = manifest;
    return {
        manifest,
        config: config === null || config.size > CONFIG_MAX ? undefined
            : parse(textOf((await blobRead(name, config.digest, signal, CONFIG_MAX)).bytes)),
    };
}

async function bothOf(
    name: string, tags: [string, string], said: string | null, signal: AbortSignal,
): Promise<Both> {
    const tops = await Promise.all([read(name, tags[0], signal), read(name, tags[1], signal)]);
    const [first, second] = tops.map(platformsOf) as [string[], string[]];
    const shared = first.filter((one) => second.length === 0 || second.includes(one));
    const all = first.length > 0 ? shared : second;
    const platform = all.find((one) => one === said) ?? all[0] ?? '';
    const sides = await Promise.all([sideOf(name, tops[0], platform, signal), sideOf(name, tops[1], platform, signal)]);
    return { tops, platform, sides: sides[0] !== null && sides[1] !== null ? [sides[0], sides[1]] : null };
}

const SIGNS: Record<Where, string> = { both: '=', from: '−', to: '+' };

function Sign({ where }: { where: Where }) {
    return <Badge kind={where}><span aria-hidden="true">{SIGNS[where]}</span> {t(`compare.in.${where}` as Key)}</Badge>;
}

function Layers({ layers }: { layers: Layer[] }) {
    const bytes = (...where: Where[]): string => size(sizeOf(layers, ...where), language.value) ?? '';
    return (
        <>
            <h2>{t('tag.layers')}</h2>
            <p>{t('compare.sizes', { shared: bytes('both'), from: bytes('from'), to: bytes('to') })}</p>
            <table class="stack">
                <thead><tr>
                    <th scope="col">{t('compare.where')}</th>
                    <th scope="col">{t('tag.digest')}</th>
                    <th scope="col" class="number">{t('layers.size')}</th>
                </tr></thead>
                <tbody>{layers.slice(0, NAMES_MAX).map((one, i) => (
                    <tr key={one.digest}>
                        <td><Sign where={one.where} /></td>
                        <td><Digest digest={one.digest} of={`${t('manifest.role.layer')} ${i + 1}`} /></td>
                        <td class="number"><Size bytes={one.size} /></td>
                    </tr>
                ))}</tbody>
            </table>
        </>
    );
}

function Value({ text, name }: { text: string | null; name: string }) {
    return text === null ? <span class="quiet">{t('none')}</span> : (
        <>
            <code>{plain(text, VALUE_MAX)}</code>
            {looksSecret(name) ? <> <Badge kind="warn">{t('config.secret')}</Badge></> : null}
        </>
    );
}

function Differences({ title, of }: { title: string; of: Difference[] }) {
    return (
        <>
            <h2>{title}</h2>
            {of.length === 0 ? <p class="quiet">{t('compare.same')}</p> : (
                <table class="stack">
                    <thead><tr>
                        <th scope="col">{t('content.name')}</th>
                        <th scope="col">{t('compare.from')}</th>
                        <th scope="col">{t('compare.to')}</th>
                    </tr></thead>
                    <tbody>{of.slice(0, NAMES_MAX).map((one) => (
                        <tr key={one.name}>
                            <th scope="row"><bdi>{plain(one.name, 300)}</bdi></th>
                            <td data-name={t('compare.from')}><Value text={one.from} name={one.name} /></td>
                            <td data-name={t('compare.to')}><Value text={one.to} name={one.name} /></td>
                        </tr>
                    ))}</tbody>
                </table>
            )}
        </>
    );
}

function Platforms({ of }: { of: Both }) {
    const [first, second] = of.tops.map(platformsOf) as [string[], string[]];
    const all = placed(first, second);
    const shared = all.filter(([, where]) => where === 'both').map(([one]) => one);
    return all.length === 0 ? null : (
        <>
            <h2>{t('tag.platforms')}</h2>
            <ul class="lines">{all.slice(0, NAMES_MAX).map(([one, where]) => (
                <li key={one}><bdi>{plain(one, 100)}</bdi> <Sign where={where} /></li>
            ))}</ul>
            {shared.length > 1 ? (
                <p><label>
                    <span>{t('tag.platform')}</span>
                    <select value={of.platform} onChange={(event) => setQuery({ platform: event.currentTarget.value })}>
                        {shared.map((one) => <option key={one} value={one}>{one}</option>)}
                    </select>
                </label></p>
            ) : null}
        </>
    );
}

function Result({ of }: { of: Both }) {
    const [from, second] = of.sides ?? [undefined, undefined];
    return (
        <div class="panel content">
            <Platforms of={of} />
            {from === undefined || second === undefined ? <p class="quiet">{t('compare.noplatform')}</p> : (
                <>
                    <Layers layers={layersOf(from.manifest, second.manifest)} />
                    <Differences title={t('tag.config')} of={settingsOf(from.config, second.config)} />
                    <Differences title={t('config.environment')} of={environmentOf(from.config, second.config)} />
                    <Differences title={t('config.labels')} of={labelsOf(from.config, second.config)} />
                </>
            )}
        </div>
    );
}

/** A field that takes any tag, and offers those that are there. */
function Choice({ label, name, value }: { label: string; name: 'from' | 'to'; value: string }) {
    return (
        <label>
            <span>{label}</span>
            <input list="tags" value={value} autocomplete="off" spellcheck={false} maxLength={128}
                onChange={(event) => setQuery({ [name]: event.currentTarget.value.trim() })} />
        </label>
    );
}

function Chosen({ name, tags }: { name: string; tags: [string, string] }) {
    const platform = here.value.query.get('platform');
    const of = useLoad(JSON.stringify([name, tags, platform]),
                       (signal): Promise<Both> => bothOf(name, tags, platform, signal));
    return <Read of={of}>{(both) => <Result of={both} />}</Read>;
}

const TAG = /^\w[\w.-]{0,127}$/;
const link = (name: string, tag: string): ComponentChildren =>
    <a href={to(['repositories', name, 'tags', tag])}><bdi>{tag}</bdi></a>;

export default function ComparePage({ name }: { name: string }) {
    const of = useData<TagNames>(url`/repositories/${name}/tag-names`);
    const { query } = here.value;
    const [from, second] = [query.get('from') ?? '', query.get('to') ?? ''];
    const are_tags = TAG.test(from) && TAG.test(second);
    useTitle(name, t('compare.title'));
    return (
        <Whole of={of} rows={6}>{(is: TagNames) => (
            <>
                <RepositoryCrumbs name={name} last={t('compare.title')} />
                <div class="title"><Heading>{t('compare.title')}</Heading></div>
                <datalist id="tags">
                    {Object.keys(is.tags).filter((one) => !isAbout(one)).sort(compareNames).reverse()
                        .slice(0, NAMES_MAX).map((one) => <option key={one} value={one} />)}
                </datalist>
                <div class="filters">
                    <Choice label={t('compare.from')} name="from" value={from} />
                    <Choice label={t('compare.to')} name="to" value={second} />
                    <button type="button" disabled={!are_tags}
                        onClick={() => setQuery({ from: second, to: from })}>{t('compare.swap')}</button>
                </div>
                {are_tags ? (
                    <>
                        <p>{rich('compare.links', { from: link(name, from), to: link(name, second) })}</p>
                        <Chosen name={name} tags={[from, second]} />
                    </>
                ) : <Empty title={t('compare.choose')} />}
            </>
        )}</Whole>
    );
}
