// repository_settings.tsx: what stands around every page of a repository's
// settings: its tabs, and a word for those who may not change them.

import type { ComponentChildren } from 'preact';

import { session, url } from '../api/client';
import type { Repository } from '../api/types';
import { useData, type Data } from '../lib/data';
import { rich, t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { Tabs, useTitle, Visibility } from './common';
import { RepositoryTabs } from './repository';
import { Whole } from './state';

export type Role = Repository['role'];

const ROLES: Role[] = ['none', 'read', 'write', 'admin'];

/** Whether a role has all rights of another one. */
export const isAtLeast = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least);

/** A tab: the segments behind "settings", and who may open it. */
const TABS = {
    general: { path: [], least: 'write' },
    access: { path: ['access'], least: 'admin' },
    invitations: { path: ['invitations'], least: 'admin' },
    robots: { path: ['robots'], least: 'admin' },
    webhooks: { path: ['webhooks'], least: 'admin' },
    comments: { path: ['comments'], least: 'admin' },
    delete: { path: ['delete'], least: 'admin' },
} satisfies Record<string, { path: string[]; least: Role }>;

export type RepositorySettingsTab = keyof typeof TABS;

const isTab = (name: string): name is RepositorySettingsTab => Object.hasOwn(TABS, name);

/** For those who may see a thing and not change it. */
export function MayNot({ role, who }: { role: string; who: string }) {
    return (
        <section class="panel">
            <h2>{t('settings.maynot')}</h2>
            {session.value?.login ? <p>{rich('settings.role', { role: <strong>{role}</strong> })}</p> : (
                <p><a href={to(['login'], { next: location.pathname + location.search })}>{t('login')}</a></p>
            )}
            <p>{who}</p>
        </section>
    );
}

/**
 * A page of the settings, for those who may open its tab.  What it shows is
 * asked for by components in children, which are not made for others.
 */
export function RepositorySettings({ name, current, children }: {
    name: string;
    current: RepositorySettingsTab;
    children: (is: Repository, of: Data<Repository>) => ComponentChildren;
}) {
    const of = useData<Repository>(url`/repositories/${name}`);
    const label = t(`settings.tab.${current}` as Key);
    useTitle(name, t('settings'), label);
    return (
        <Whole of={of} rows={6}>{(is: Repository) => (
            <>
                <RepositoryTabs name={name} current="settings" role={is.role}>
                    <Visibility is={is.visibility} />
                </RepositoryTabs>
                {isAtLeast(is.role, 'write') ? (
                    <Tabs label={t('settings')} items={Object.keys(TABS).filter(isTab)
                        .filter((tab) => isAtLeast(is.role, TABS[tab].least))
                        .map((tab) => ({
                            name: t(`settings.tab.${tab}` as Key),
                            href: to(['repositories', name, 'settings', ...TABS[tab].path]),
                            is_current: tab === current,
                        }))} />
                ) : null}
                {isAtLeast(is.role, TABS[current].least) ? children(is, of) : (
                    <MayNot role={t(`role.${is.role}` as Key)} who={t('settings.whomay')} />
                )}
            </>
        )}</Whole>
    );
}
