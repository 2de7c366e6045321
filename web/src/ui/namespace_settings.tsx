// namespace_settings.tsx: what stands around every page of a namespace's
// settings: its tabs, and a word for those who may not change them.

import type { ComponentChildren } from 'preact';

import { url } from '../api/client';
import type { Namespace } from '../api/types';
import { useData, type Data } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { Badge, Crumbs, Heading, Tabs, useTitle } from './common';
import { MayNot } from './repository_settings';
import { Whole } from './state';

const isOwner = (is: Namespace): boolean => is.is_owner;
const isAdmin = (is: Namespace): boolean => is.role === 'admin';
const isMember = (is: Namespace): boolean => is.kind === 'organization' && (is.is_member || is.is_owner);

/** A tab: the segments behind "settings", and who may open it. */
const TABS = {
    general: { path: [], may: isOwner },
    members: { path: ['members'], may: isMember },
    teams: { path: ['teams'], may: isMember },
    access: { path: ['access'], may: isOwner },
    invitations: { path: ['invitations'], may: isOwner },
    robots: { path: ['robots'], may: isOwner },
    webhooks: { path: ['webhooks'], may: isAdmin },
    space: { path: ['space'], may: isAdmin },
    delete: { path: ['delete'], may: isOwner },
} satisfies Record<string, { path: string[]; may: (is: Namespace) => boolean }>;

export type NamespaceSettingsTab = keyof typeof TABS;

const isTab = (name: string): name is NamespaceSettingsTab => Object.hasOwn(TABS, name);

const tabsOf = (is: Namespace): NamespaceSettingsTab[] =>
    Object.keys(TABS).filter(isTab).filter((tab) => TABS[tab].may(is));

const address = (name: string, tab: NamespaceSettingsTab): string =>
    to(['namespaces', name, 'settings', ...TABS[tab].path]);

/** The first of the settings that the caller may open; null: none. */
export function namespaceSettings(is: Namespace): string | null {
    const first = tabsOf(is)[0];
    return first === undefined ? null : address(is.name, first);
}

/**
 * A page of the settings, for those who may open its tab.  What it shows is
 * asked for by components in children, which are not made for others.
 */
export function NamespaceSettings({ namespace, current, children }: {
    namespace: string;
    current: NamespaceSettingsTab;
    children: (is: Namespace, of: Data<Namespace>) => ComponentChildren;
}) {
    const of = useData<Namespace>(url`/namespaces/${namespace}`);
    useTitle(namespace, t('settings'), t(`settings.tab.${current}` as Key));
    return (
        <Whole of={of} rows={6}>{(is: Namespace) => {
            const tabs = tabsOf(is);
            return (
                <>
                    <Crumbs items={[
                        { name: t('explore'), href: to([]) },
                        { name: namespace, href: to(['namespaces', namespace]) },
                        { name: t('settings') },
                    ]} />
                    <div class="title">
                        <Heading><bdi>{is.name}</bdi></Heading>
                        <Badge>{t(`namespace.${is.kind}` as Key)}</Badge>
                    </div>
                    {tabs.length > 0 ? (
                        <Tabs label={t('settings')} items={tabs.map((tab) => ({
                            name: t(`settings.tab.${tab}` as Key),
                            href: address(namespace, tab),
                            is_current: tab === current,
                        }))} />
                    ) : null}
                    {TABS[current].may(is) ? children(is, of) : (
                        <MayNot role={t(`role.${is.role}` as Key)} who={t('settings.whomay.namespace')} />
                    )}
                </>
            );
        }}</Whole>
    );
}
