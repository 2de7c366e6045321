// account.tsx: what stands around the pages of a person's own things, and a
// word for those who are not logged in.

import type { ComponentChildren } from 'preact';

import { ended, session } from '../api/client';
import { t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { Avatar, Heading, Tabs, useTitle } from './common';
import { Loading } from './state';

const ACCOUNT = {
    profile: ['account'],
    tokens: ['account', 'tokens'],
    sessions: ['account', 'sessions'],
    password: ['account', 'password'],
    delete: ['account', 'delete'],
};
const HOME = {
    repositories: ['home'],
    organizations: ['home', 'organizations'],
    activity: ['home', 'activity'],
    stars: ['stars'],
    follows: ['follows'],
};

export type AccountTab = keyof typeof ACCOUNT;
export type HomeTab = keyof typeof HOME;

const tabsOf = (group: 'account' | 'home', tabs: Record<string, string[]>, current: string) =>
    Object.entries(tabs).map(([name, path]) => ({
        name: t(`${group}.tab.${name}` as Key), href: to(path), is_current: name === current,
    }));

function LogInFirst() {
    const title = t(ended.value ? 'ended.title' : 'account.login');
    useTitle(title);
    return (
        <div class="narrow">
            <Heading>{title}</Heading>
            <p>{t(ended.value ? 'ended.text' : 'account.login.text')}</p>
            <p><a class="button" href={to(['login'], { next: location.pathname + location.search })}>
                {t('login')}</a></p>
        </div>
    );
}

/** A page for those who are logged in; children are made only for them. */
export function Own({ children }: { children: (login: string) => ComponentChildren }) {
    const who = session.value;
    if (who === undefined) {
        return <Loading />;
    }
    return who.login === null ? <LogInFirst /> : <>{children(who.login)}</>;
}

function Titled({ login, name, label, tabs, children }: {
    login: string; name: string; label: string; tabs: ReturnType<typeof tabsOf>;
    children: ComponentChildren;
}) {
    useTitle(name, label);
    return (
        <>
            <div class="title"><Avatar name={login} /><Heading><bdi>{login}</bdi></Heading></div>
            <Tabs label={label} items={tabs} />
            {children}
        </>
    );
}

export function AccountPage({ current, children }: {
    current: AccountTab; children: (login: string) => ComponentChildren;
}) {
    return (
        <Own>{(login) => (
            <Titled login={login} name={t(`account.tab.${current}` as Key)} label={t('account')}
                tabs={tabsOf('account', ACCOUNT, current)}>{children(login)}</Titled>
        )}</Own>
    );
}

export function HomePage({ current, children }: {
    current: HomeTab; children: (login: string) => ComponentChildren;
}) {
    return (
        <Own>{(login) => (
            <Titled login={login} name={t(`home.tab.${current}` as Key)} label={t('home')}
                tabs={tabsOf('home', HOME, current)}>{children(login)}</Titled>
        )}</Own>
    );
}
