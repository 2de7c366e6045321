// repository.tsx: what stands above every page of a repository.

import type { ComponentChildren } from 'preact';

import type { Repository } from '../api/types';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { Crumbs, Heading, Tabs } from './common';

/** namespace / repository / tag, with links to all but the last. */
export function RepositoryCrumbs({ name, last }: { name: string; last?: string }) {
    const slash = name.indexOf('/');
    const namespace = slash < 0 ? '' : name.slice(0, slash);
    return (
        <Crumbs items={[
            { name: t('explore'), href: to([]) },
            ...(namespace !== '' ? [{ name: namespace, href: to(['namespaces', namespace]) }] : []),
            last !== undefined
                ? { name: name.slice(slash + 1), href: to(['repositories', name]) }
                : { name: name.slice(slash + 1) },
            ...(last !== undefined ? [{ name: last }] : []),
        ]} />
    );
}

/** With the settings, where the caller's role is one of those who have them. */
export function RepositoryTabs({ name, current, role, children }: {
    name: string;
    current: 'overview' | 'tags' | 'comments' | 'activity' | 'settings';
    role: Repository['role'];
    children?: ComponentChildren;
}) {
    return (
        <>
            <RepositoryCrumbs name={name} />
            <div class="title"><Heading><bdi>{name}</bdi></Heading>{children}</div>
            <Tabs label={t('repository.tabs')} items={[
                { name: t('repository.overview'), href: to(['repositories', name]), is_current: current === 'overview' },
                { name: t('tags'), href: to(['repositories', name, 'tags']), is_current: current === 'tags' },
                { name: t('repository.comments'), href: to(['repositories', name, 'comments']),
                  is_current: current === 'comments' },
                { name: t('repository.activity'), href: to(['repositories', name, 'activity']),
                  is_current: current === 'activity' },
                ...(role === 'write' || role === 'admin' ? [{
                    name: t('settings'), href: to(['repositories', name, 'settings']), is_current: current === 'settings',
                }] : []),
            ]} />
        </>
    );
}
