// repository.tsx: what a repository is, and how to pull from it.

import { useState } from 'preact/hooks';

import { change, query, session, url } from '../api/client';
import type { List, Repository, Tag } from '../api/types';
import { clientsOf, kindOf, logIn, pull, push } from '../lib/command';
import { useData } from '../lib/data';
import { language, rich, t, type Key } from '../lib/i18n';
import { webAddress } from '../lib/image';
import { to } from '../lib/route';
import { setting, settingPut } from '../lib/setting';
import { site } from '../lib/site';
import { Command, Digest, Icon, Size, Time, useTitle, Visibility } from '../ui/common';
import { Act } from '../ui/form';
import { RepositoryTabs } from '../ui/repository';
import { Markup } from '../ui/markup';
import { Empty, ErrorBox, Loading, Whole } from '../ui/state';

const LATEST = 5;

/** The commands that pull a tag, for the client that the reader uses. */
export function Pull({ name, tag, digest, artifact, media, is_private }: {
    name: string; tag: string | null; digest: string | null;
    artifact: string | null; media: string | null; is_private: boolean;
}) {
    const kind = kindOf(artifact, media);
    const clients = clientsOf(kind);
    const [chosen, choose] = useState(setting(`client.${kind}`) ?? '');
    const client = clients.find(({ id }) => id === chosen) ?? clients[0]!;
    return (
        <section class="panel" aria-labelledby="pull">
            <div class="pick">
                <h2 id="pull">{t('repository.pull')}</h2>
                <label>
                    <span class="offscreen">{t('repository.client')}</span>
                    <select value={client.id} onChange={(event) => {
                        choose(event.currentTarget.value);
                        settingPut(`client.${kind}`, event.currentTarget.value);
                    }}>
                        {clients.map(({ id, name: shown }) => <option key={id} value={id}>{shown}</option>)}
                    </select>
                </label>
            </div>
            {is_private ? (
                <>
                    <h3>{t('repository.login')}</h3>
                    <Command text={logIn(client.id, site.registry)} label={t('repository.login')} />
                </>
            ) : null}
            {tag !== null ? (
                <>
                    <h3>{t('repository.bytag')}</h3>
                    <Command text={pull(client.id, site.registry, name, tag)} label={t('repository.bytag')} />
                </>
            ) : null}
            {digest !== null ? (
                <>
                    <h3>{t('repository.bydigest')}</h3>
                    <Command text={pull(client.id, site.registry, name, null, digest)}
                        label={t('repository.bydigest')} />
                </>
            ) : null}
        </section>
    );
}

function Latest({ name, tags }: { name: string; tags: Tag[] }) {
    return (
        <section class="panel" aria-labelledby="latest">
            <h2 id="latest">{t('repository.latest')}</h2>
            <ul class="lines">
                {tags.slice(0, LATEST).map((tag) => (
                    <li key={tag.name}>
                        <a href={to(['repositories', name, 'tags', tag.name])}><bdi>{tag.name}</bdi></a>
                        <span class="facts">
                            <Digest digest={tag.digest} of={tag.name} />
                            <Size bytes={tag.compressed_size} /> <Time at={tag.pushed_at} />
                        </span>
                    </li>
                ))}
            </ul>
            <p><a href={to(['repositories', name, 'tags'])}>{t('repository.alltags')}</a></p>
        </section>
    );
}

function About({ is }: { is: Repository }) {
    const links = is.links.map(webAddress).filter((link) => link !== null);
    return (
        <section class="panel" aria-labelledby="about">
            <h2 id="about">{t('repository.about')}</h2>
            {is.topics.length > 0 ? (
                <ul class="topics">{is.topics.map((topic) => (
                    <li key={topic}><a href={to([], { topic })}><bdi>{topic}</bdi></a></li>
                ))}</ul>
            ) : null}
            <dl class="pairs">
                <dt>{t('repository.pushed')}</dt>
                <dd>
                    <Time at={is.pushed_at} />
                    {is.pushed_by !== null
                        ? rich('by', { login: <bdi>{is.pushed_by}</bdi> }) : null}
                </dd>
                <dt>{t('repository.pulled')}</dt><dd><Time at={is.pulled_at} /></dd>
                <dt>{t('tag.pulls')}</dt>
                <dd class="number">{new Intl.NumberFormat(language.value).format(is.pull_count)}</dd>
                <dt>{t('sort.stars')}</dt>
                <dd class="number">{new Intl.NumberFormat(language.value).format(is.star_count)}</dd>
                <dt>{t('repository.created')}</dt><dd><Time at={is.created_at} /></dd>
                {session.value?.login ? (
                    <><dt>{t('repository.role')}</dt><dd>{t(`role.${is.role}` as Key)}</dd></>
                ) : null}
            </dl>
            {links.length > 0 ? (
                <>
                    <h3>{t('repository.links')}</h3>
                    <ul class="lines">{links.map((link) => (
                        <li key={link.href}>
                            <a href={link.href} rel="nofollow ugc noopener noreferrer external">
                                {link.host + (link.pathname === '/' ? '' : link.pathname)}
                            </a>
                        </li>
                    ))}</ul>
                </>
            ) : null}
        </section>
    );
}

/** A star, or a follow: a button for who is logged in. */
function Mark({ name, what, is_on, count, reload }: {
    name: string; what: 'star' | 'follow'; is_on: boolean; count?: number; reload: () => void;
}) {
    const path = url`/repositories/${name}/` + what;
    const toggle = async (): Promise<void> => {
        await change(is_on ? 'DELETE' : 'PUT', path);
        reload();
    };
    return (
        <Act is_pressed={is_on} send={toggle}>
            <Icon name={is_on ? 'check' : what === 'star' ? 'star' : 'tag'} />
            {t(what === 'star' ? 'star.add' : 'follow.add')}
            {count !== undefined ? <span class="number">{new Intl.NumberFormat(language.value).format(count)}</span> : null}
        </Act>
    );
}

function Marks({ is, reload }: { is: Repository; reload: () => void }) {
    return !session.value?.login ? null : (
        <span class="actions marks">
            <Mark name={is.name} what="star" is_on={is.is_starred} count={is.star_count} reload={reload} />
            <Mark name={is.name} what="follow" is_on={is.is_followed} reload={reload} />
        </span>
    );
}

export default function RepositoryPage({ name }: { name: string }) {
    const of = useData<Repository>(url`/repositories/${name}`);
    const tags = useData<List<Tag>>(query(url`/repositories/${name}/tags`, { sort: 'updated', limit: 10 }));
    useTitle(name);
    return (
        <Whole of={of} rows={6}>{(is: Repository) => {
            const items = tags.answer?.data.items;
            const newest = items?.find((tag) => !/^sha256-/.test(tag.name)) ?? items?.[0];
            return (
                <>
                    <RepositoryTabs name={name} current="overview" role={is.role}>
                        <Visibility is={is.visibility} />
                        <Marks is={is} reload={of.reload} />
                    </RepositoryTabs>
                    {is.description !== '' ? <p class="lead" dir="auto">{is.description}</p> : null}
                    <div class="columns">
                        <div>
                            {items !== undefined && items.length === 0 ? (
                                <Empty title={t('repository.empty')}>
                                    <p>{t('repository.empty.hint')}</p>
                                    {push(site.registry, name).map((command) => (
                                        <Command key={command} text={command} label={command.split(' ', 2).join(' ')} />
                                    ))}
                                </Empty>
                            ) : null}
                            {is.page_html !== null
                                ? <article class="panel" dir="auto"><Markup html={is.page_html} /></article>
                                : items?.length ? <p class="quiet">{t('repository.nodescription')}</p> : null}
                        </div>
                        <div>
                            {tags.error !== undefined ? <ErrorBox error={tags.error} retry={tags.reload} /> : null}
                            {tags.answer === undefined && tags.error === undefined ? <Loading rows={3} /> : null}
                            {newest !== undefined ? (
                                <Pull name={name} tag={newest.name} digest={newest.digest}
                                    artifact={newest.artifact_type} media={newest.media_type}
                                    is_private={is.visibility === 'private' || is.visibility === 'internal'} />
                            ) : null}
                            {items?.length ? <Latest name={name} tags={items} /> : null}
                            <About is={is} />
                        </div>
                    </div>
                </>
            );
        }}</Whole>
    );
}
