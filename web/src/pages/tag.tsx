// tag.tsx: a tag, or a manifest by its digest: platforms, layers, configuration,
// what it consists of, what refers to it, and where the tag pointed before.

import type { ComponentChildren } from 'preact';

import { query, url } from '../api/client';
import type { Image, Manifest, Referrer, Tag, TagHistoryItem } from '../api/types';
import { kindOf } from '../lib/command';
import { useData, usePages, type Pages } from '../lib/data';
import { clip, shortDigest, size } from '../lib/format';
import { language, t, type Key } from '../lib/i18n';
import { commandOf, isAttestationType, looksSecret, plain, variable, webAddress } from '../lib/image';
import { here, setQuery, to } from '../lib/route';
import { isAbout } from '../lib/tags';
import { Badge, Digest, Heading, Size, Tabs, Time, useTitle, Visibility } from '../ui/common';
import { RepositoryCrumbs } from '../ui/repository';
import { Empty, ErrorBox, Loading, Whole } from '../ui/state';
import { lazy } from '../ui/lazy';
import { Pull } from './repository';

const VIEWS = ['content', 'layers', 'config', 'manifest', 'json', 'referrers', 'history'] as const;
type View = (typeof VIEWS)[number];

const COMMAND_MAX = 4000;
const VALUE_MAX = 4000;

const ContentView = lazy(() => import('./content').then((found) => found.ContentView));
const JsonView = lazy(() => import('./content').then((found) => found.JsonView));

/** What both kinds of page know of what they show. */
interface Shown {
    name: string;
    tag: string | null;
    digest: string;
    platforms: string[];
}

/**
 * What runs is an image; what is signed or attested of one may have an image's
 * type, too: cosign's tags say so, and a builder's attestations by their parts.
 */
function isImage(is: Tag | Manifest): boolean {
    const is_about = 'name' in is ? isAbout(is.name)
        : is.parts.slice(1).some((part) => isAttestationType(part.media_type));
    return !is_about && kindOf(is.artifact_type, is.media_type) === 'image';
}

/** linux/amd64 of an index; what has no platform is an attestation. */
const runs = (platforms: string[]): string[] =>
    platforms.filter((platform) => platform !== '' && !platform.startsWith('unknown/'));

function platformOf(platforms: string[]): string | undefined {
    const said = here.value.query.get('platform');
    return platforms.find((platform) => platform === said) ?? platforms[0];
}

// --- layers ------------------------------------------------------------------

function Step({ text }: { text: string | null }) {
    const command = commandOf(text);
    return command === null ? <span class="quiet">{t('unknown')}</span> : (
        <code class="step">
            {command.verb !== null ? <><span class="verb">{command.verb}</span>{' '}</> : null}
            {plain(command.text, COMMAND_MAX)}
        </code>
    );
}

interface Row {
    command: string | null;
    digest: string | null;
    bytes: number | null;
}

/** Steps in their order, each with its layer; without a history, the layers. */
function rowsOf(image: Image): Row[] {
    const sizes = new Map(image.layers.map((layer) => [layer.digest, layer.size]));
    if (image.is_aligned && image.history.length > 0) {
        return image.history.map((step) => ({
            command: step.command,
            digest: step.layer,
            bytes: step.layer !== null ? sizes.get(step.layer) ?? null : null,
        }));
    }
    return image.layers.map((layer) => ({ command: layer.command, digest: layer.digest, bytes: layer.size }));
}

function Layers({ image }: { image: Image }) {
    const rows = rowsOf(image);
    const total = image.layers.reduce((sum, layer) => sum + (layer.size ?? 0), 0);
    return (
        <>
            {image.is_aligned ? null : <p class="quiet">{t('layers.unaligned')}</p>}
            <p class="quiet">{t('layers.total', {
                count: image.layers.length,
                size: size(total, language.value) ?? t('unknown'),
            })}</p>
            <table class="stack">
                <thead>
                    <tr>
                        <th scope="col" class="number">#</th>
                        <th scope="col">{t('layers.command')}</th>
                        <th scope="col">{t('tag.digest')}</th>
                        <th scope="col" class="number">{t('layers.size')}</th>
                        <th scope="col">{t('layers.share')}</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.map(({ command, digest, bytes }, i) => (
                        <tr key={i} class={digest === null ? 'empty-step' : ''}>
                            <td class="number">{i + 1}</td>
                            <td><Step text={command} /></td>
                            <td>{digest !== null
                                ? <Digest digest={digest} of={`${t('manifest.role.layer')} ${i + 1}`} />
                                : t('layers.empty')}</td>
                            <td class="number">{digest !== null ? <Size bytes={bytes} /> : null}</td>
                            <td>{bytes !== null && total > 0 ? (
                                <span class="share" aria-hidden="true">
                                    <span style={{ width: `${(100 * bytes / total).toFixed(1)}%` }} />
                                </span>
                            ) : null}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </>
    );
}

// --- configuration -----------------------------------------------------------

function Words({ words }: { words: string[] }) {
    return words.length === 0 ? <span class="quiet">{t('none')}</span>
        : <code>{words.map((word) => plain(/[\s"]/.test(word) || word === '' ? JSON.stringify(word) : word,
                                             VALUE_MAX)).join(' ')}</code>;
}

function Value({ text }: { text: unknown }) {
    const link = webAddress(text);
    if (link !== null) {
        return <a href={link.href} rel="nofollow ugc noopener noreferrer external">{clip(link.href, 300)}</a>;
    }
    return <bdi>{plain(typeof text === 'string' ? text : JSON.stringify(text), VALUE_MAX)}</bdi>;
}

function Pairs({ title, of }: { title: string; of: [string, ComponentChildren][] }) {
    return of.length === 0 ? null : (
        <>
            <h3>{title}</h3>
            <table class="stack">
                <tbody>{of.map(([name, value], i) => (
                    <tr key={i}><th scope="row"><bdi>{plain(name, 300)}</bdi></th><td>{value}</td></tr>
                ))}</tbody>
            </table>
        </>
    );
}

function Config({ image }: { image: Image }) {
    const { config } = image;
    const user = config.user === null || config.user === '' ? null : config.user;
    const labels = Object.entries(config.labels as Record<string, unknown>);
    return (
        <>
            <dl class="pairs">
                <dt>{t('config.entrypoint')}</dt><dd><Words words={config.entrypoint} /></dd>
                <dt>{t('config.command')}</dt><dd><Words words={config.command} /></dd>
                <dt>{t('config.directory')}</dt><dd><code>{plain(config.working_directory ?? '/', VALUE_MAX)}</code></dd>
                <dt>{t('config.user')}</dt>
                <dd><code>{user !== null ? plain(user, VALUE_MAX) : t('config.root')}</code></dd>
                <dt>{t('config.ports')}</dt><dd><Words words={config.exposed_ports} /></dd>
                <dt>{t('config.volumes')}</dt><dd><Words words={config.volumes} /></dd>
                {config.stop_signal !== null
                    ? <><dt>{t('config.signal')}</dt><dd><code>{plain(config.stop_signal, 100)}</code></dd></> : null}
                {image.author !== null
                    ? <><dt>{t('config.author')}</dt><dd><bdi>{plain(image.author, 300)}</bdi></dd></> : null}
                <dt>{t('tag.created')}</dt><dd><Time at={image.created} is_whole /></dd>
            </dl>
            <Pairs title={t('config.environment')} of={config.environment.map((text) => {
                const [name, value] = variable(text);
                return [name, (
                    <>
                        <code>{plain(value, VALUE_MAX)}</code>
                        {looksSecret(name) && value !== ''
                            ? <> <Badge kind="warn">{t('config.secret')}</Badge></> : null}
                    </>
                )];
            })} />
            <Pairs title={t('config.labels')} of={labels.map(([name, value]) => [name, <Value text={value} />])} />
        </>
    );
}

// --- manifest ----------------------------------------------------------------

function Children({ name, of }: { name: string; of: Manifest }) {
    return (
        <table class="stack">
            <thead>
                <tr>
                    <th scope="col">{t('tag.platform')}</th>
                    <th scope="col">{t('tag.digest')}</th>
                    <th scope="col">{t('manifest.mediatype')}</th>
                    <th scope="col" class="number">{t('tag.size')}</th>
                </tr>
            </thead>
            <tbody>{of.children.map((child) => {
                const platform = child.platform !== null && runs([child.platform]).length > 0
                    ? child.platform : null;
                return (
                    <tr key={child.digest}>
                        <td>{platform !== null
                            ? <a href={to(['repositories', name, 'manifests', child.digest])}>
                                <bdi>{plain(platform, 100)}</bdi></a>
                            : <a href={to(['repositories', name, 'manifests', child.digest])}>
                                {t('kind.attestation')}</a>}</td>
                        <td><Digest digest={child.digest} of={platform ?? t('kind.attestation')} /></td>
                        <td><bdi>{plain(child.media_type ?? t('unknown'), 200)}</bdi></td>
                        <td class="number">{child.compressed_size !== null
                            ? <Size bytes={child.compressed_size} /> : t('tag.notstored')}</td>
                    </tr>
                );
            })}</tbody>
        </table>
    );
}

function Parts({ of }: { of: Manifest }) {
    return (
        <table class="stack">
            <thead>
                <tr>
                    <th scope="col">{t('tag.digest')}</th>
                    <th scope="col">{t('manifest.mediatype')}</th>
                    <th scope="col" class="number">{t('layers.size')}</th>
                </tr>
            </thead>
            <tbody>{of.parts.map((part, i) => (
                <tr key={i}>
                    <td><Digest digest={part.digest}
                        of={i === 0 ? t('manifest.role.config') : `${t('manifest.role.layer')} ${i}`} /></td>
                    <td><bdi>{plain(part.media_type ?? t('unknown'), 200)}</bdi></td>
                    <td class="number"><Size bytes={part.size} /></td>
                </tr>
            ))}</tbody>
        </table>
    );
}

function ManifestView({ name, digest }: { name: string; digest: string }) {
    const of = useData<Manifest>(url`/repositories/${name}/manifests/${digest}`);
    return (
        <Whole of={of}>{(is: Manifest) => (
            <>
                <dl class="pairs">
                    <dt>{t('manifest.mediatype')}</dt><dd><bdi>{plain(is.media_type ?? t('unknown'), 200)}</bdi></dd>
                    {is.artifact_type !== null
                        ? <><dt>{t('tag.type')}</dt><dd><bdi>{plain(is.artifact_type, 200)}</bdi></dd></> : null}
                    <dt>{t('layers.size')}</dt><dd><Size bytes={is.size} /></dd>
                    {is.subject !== null ? (
                        <><dt>{t('manifest.subject')}</dt>
                            <dd><a href={to(['repositories', name, 'manifests', is.subject])}>
                                <code>{shortDigest(is.subject)}</code></a></dd></>
                    ) : null}
                    {is.tags.length > 0 ? (
                        <><dt>{t('tags')}</dt><dd>{is.tags.map((tag, i) => (
                            <span key={tag}>{i > 0 ? ', ' : ''}
                                <a href={to(['repositories', name, 'tags', tag])}><bdi>{tag}</bdi></a></span>
                        ))}</dd></>
                    ) : null}
                </dl>
                <h3>{t('manifest.parts')}</h3>
                {is.children.length > 0 ? <Children name={name} of={is} /> : <Parts of={is} />}
            </>
        )}</Whole>
    );
}

// --- referrers and history ---------------------------------------------------

const KINDS = ['signature', 'sbom', 'attestation', 'scan', null] as const;

function More<T>({ of }: { of: Pages<T> }) {
    return of.has_more ? (
        <p class="more"><button type="button" disabled={of.is_loading} onClick={of.more}>{t('more')}</button></p>
    ) : null;
}

function Referrers({ name, digest }: { name: string; digest: string }) {
    const of = usePages<Referrer>(query(url`/repositories/${name}/manifests/${digest}/referrers`, { limit: 100 }));
    if (of.items === undefined) {
        return of.error !== undefined ? <ErrorBox error={of.error} retry={of.reload} /> : <Loading />;
    }
    if (of.items.length === 0) {
        return <Empty title={t('referrers.none')}><p>{t('referrers.hint')}</p></Empty>;
    }
    return (
        <>
            <p class="quiet">{t('referrers.unverified')}</p>
            {KINDS.map((kind) => {
                const found = of.items!.filter((one) => one.kind === kind);
                return found.length === 0 ? null : (
                    <section key={kind}>
                        <h3>{t(`kind.${kind ?? 'other'}` as Key)}</h3>
                        <ul class="lines">{found.map((one) => (
                            <li key={one.digest + (one.tag ?? '')}>
                                <a href={to(['repositories', name, 'manifests', one.digest])}>
                                    <bdi>{plain(one.artifact_type ?? one.media_type ?? t('unknown'), 200)}</bdi></a>
                                <span class="facts">
                                    <Digest digest={one.digest} of={t(`kind.${kind ?? 'other'}` as Key)} />
                                    <Size bytes={one.compressed_size} /> <Time at={one.pushed_at} />
                                </span>
                            </li>
                        ))}</ul>
                    </section>
                );
            })}
            <More of={of} />
        </>
    );
}

function History({ name, tag }: { name: string; tag: string }) {
    const of = usePages<TagHistoryItem>(url`/repositories/${name}/tags/${tag}/history`);
    if (of.items === undefined) {
        return of.error !== undefined ? <ErrorBox error={of.error} retry={of.reload} /> : <Loading />;
    }
    return (
        <>
            <table class="stack">
                <thead>
                    <tr>
                        <th scope="col">{t('tag.digest')}</th>
                        <th scope="col">{t('history.from')}</th>
                        <th scope="col">{t('history.to')}</th>
                    </tr>
                </thead>
                <tbody>{of.items.map((one, i) => (
                    <tr key={i}>
                        <td><Digest digest={one.digest} of={tag} /></td>
                        <td><Time at={one.began_at} />{one.began_by !== null ? <> (<bdi>{one.began_by}</bdi>)</> : null}</td>
                        <td>{one.ended_at !== null
                            ? <><Time at={one.ended_at} />{one.ended_by !== null ? <> (<bdi>{one.ended_by}</bdi>)</> : null}</>
                            : t('history.now')}</td>
                    </tr>
                ))}</tbody>
            </table>
            <More of={of} />
        </>
    );
}

// --- the page ----------------------------------------------------------------

/** Layers and configuration have one request. */
function ImageView({ name, digest, platform, view }: {
    name: string; digest: string; platform: string | undefined; view: View;
}) {
    const of = useData<Image>(query(url`/repositories/${name}/manifests/${digest}/image`, { platform }), true);
    if (of.error?.status === 404) {
        return <p class="quiet">{t('tag.noimage')}</p>;
    }
    if (of.answer === undefined) {
        return of.error !== undefined ? <ErrorBox error={of.error} retry={of.reload} />
            : <Loading rows={4} cancel={of.cancel} />;
    }
    return view === 'layers' ? <Layers image={of.answer.data} /> : <Config image={of.answer.data} />;
}

function Sections({ of, is_image }: { of: Shown; is_image: boolean }) {
    const views = VIEWS.filter((one) => (one !== 'history' || of.tag !== null)
        && (is_image ? one !== 'content' : one !== 'layers' && one !== 'config'));
    const said = here.value.query.get('view');
    const view = views.find((one) => one === said) ?? views[0]!;
    const platforms = runs(of.platforms);
    const platform = platformOf(platforms);
    const link = (one: View): string => {
        const words: Record<string, string> = {};
        if (one !== views[0]) {
            words['view'] = one;
        }
        if (platform !== undefined && platform !== platforms[0]) {
            words['platform'] = platform;
        }
        return to(of.tag !== null ? ['repositories', of.name, 'tags', of.tag]
            : ['repositories', of.name, 'manifests', of.digest], words);
    };
    return (
        <>
            <Tabs label={t('tag.sections')} items={views.map((one) => ({
                name: t(`tag.${one}`), href: link(one), is_current: one === view,
            }))} />
            <div class="panel">
                {platforms.length > 1 && (view === 'layers' || view === 'config') ? (
                    <p><label>
                        <span>{t('tag.platform')}</span>
                        <select value={platform}
                            onChange={(event) => setQuery({ platform: event.currentTarget.value })}>
                            {platforms.map((one) => <option key={one} value={one}>{one}</option>)}
                        </select>
                    </label></p>
                ) : null}
                {view === 'layers' || view === 'config'
                    ? <ImageView name={of.name} digest={of.digest} view={view}
                        platform={platforms.length > 1 ? platform : undefined} />
                    : view === 'content' ? <ContentView name={of.name} digest={of.digest} />
                        : view === 'json' ? <JsonView name={of.name} digest={of.digest} />
                            : view === 'manifest' ? <ManifestView name={of.name} digest={of.digest} />
                                : view === 'referrers' ? <Referrers name={of.name} digest={of.digest} />
                                    : <History name={of.name} tag={of.tag!} />}
            </div>
        </>
    );
}

export default function TagPage({ name, tag = null, digest }: { name: string; tag?: string | null; digest?: string }) {
    const of = useData<Tag | Manifest>(tag !== null
        ? url`/repositories/${name}/tags/${tag}` : url`/repositories/${name}/manifests/${digest ?? ''}`);
    const last = tag ?? shortDigest(digest ?? '');
    useTitle(tag !== null ? `${name}:${tag}` : `${name}@${last}`);
    return (
        <Whole of={of} rows={6}>{(is: Tag | Manifest) => (
            <>
                <RepositoryCrumbs name={name} last={last} />
                <div class="title">
                    <Heading><bdi>{name}</bdi>{tag !== null ? ':' : '@'}<bdi>{last}</bdi></Heading>
                    {is.visibility !== 'public' ? <Visibility is={is.visibility} /> : null}
                    {runs(is.platforms).slice(0, 6).map((one) => <Badge key={one}><bdi>{plain(one, 60)}</bdi></Badge>)}
                </div>
                <div class="columns">
                    <section class="panel" aria-label={t('repository.about')}>
                        <dl class="pairs">
                            <dt>{t('tag.digest')}</dt><dd><Digest digest={is.digest} of={last} is_whole /></dd>
                            <dt>{t('tag.size')}</dt><dd><Size bytes={is.compressed_size} /></dd>
                            <dt>{t('tag.pushed')}</dt>
                            <dd><Time at={is.pushed_at} />
                                {is.pushed_by !== null ? <> (<bdi>{is.pushed_by}</bdi>)</> : null}</dd>
                            {'pull_count' in is ? (
                                <><dt>{t('tag.pulls')}</dt><dd class="number">
                                    {new Intl.NumberFormat(language.value).format(is.pull_count)}</dd></>
                            ) : null}
                        </dl>
                    </section>
                    <Pull name={name} tag={tag} digest={is.digest} artifact={is.artifact_type}
                        media={is.media_type} is_private={['private', 'internal'].includes(is.visibility)} />
                </div>
                {tag !== null ? (
                    <p><a href={to(['repositories', name, 'compare'], { to: tag })}>{t('compare.title')}</a></p>
                ) : null}
                <Sections of={{ name, tag, digest: is.digest, platforms: is.platforms }}
                    is_image={isImage(is)} />
            </>
        )}</Whole>
    );
}
