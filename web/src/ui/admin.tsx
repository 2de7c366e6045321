// admin.tsx: what stands around the pages of administrators: their tabs, and a
// word for others.

import type { ComponentChildren } from 'preact';

import { session } from '../api/client';
import { t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { Heading, Tabs, useTitle } from './common';
import { Loading } from './state';

const TABS = ['accounts', 'invitations', 'namespaces', 'storage', 'registries', 'webhooks', 'failing', 'reports',
              'audit'] as const;

export type AdminTab = (typeof TABS)[number];

/** The first of them has the address of all. */
export const adminAddress = (tab: AdminTab): string => to(tab === 'accounts' ? ['admin'] : ['admin', tab]);

/** Children are made for administrators only: what they ask for, others may not have. */
export function AdminPage({ current, children }: { current: AdminTab; children: () => ComponentChildren }) {
    const label = t(`admin.tab.${current}` as Key);
    const who = session.value;
    useTitle(label, t('admin'));
    if (who === undefined) {
        return <Loading />;
    }
    return (
        <>
            <Heading>{t('admin')}</Heading>
            {who.is_admin ? (
                <>
                    <Tabs label={t('admin')} items={TABS.map((tab) => ({
                        name: t(`admin.tab.${tab}` as Key), href: adminAddress(tab), is_current: tab === current,
                    }))} />
                    {children()}
                </>
            ) : (
                <section class="panel">
                    <h2>{t('admin.maynot')}</h2>
                    <p>{t('admin.maynot.text')}</p>
                    {who.login === null
                        ? <p><a class="button" href={to(['login'], {
                            next: location.pathname + location.search,
                        })}>{t('login')}</a></p>
                        : <p><a href={to([])}>{t('explore')}</a></p>}
                </section>
            )}
        </>
    );
}
