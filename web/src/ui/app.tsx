// app.tsx: what stands around every page: the header, the footer, and the page
// that the address names.

import { Component, type ComponentChildren, type FunctionComponent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { ApiError, challenge, logOut, persons, session } from '../api/client';
import { inLanguage } from '../lib/brand';
import { language, languages, languageSet, messagesNeed, t, type Area, type Key } from '../lib/i18n';
import { go, here, to } from '../lib/route';
import { settingPut } from '../lib/setting';
import { brand, site } from '../lib/site';
import { theme, themes, themeSet } from '../lib/theme';
import { announce, announcement, Avatar, Icon } from './common';
import { errorText, Loading, NotFound } from './state';

// what a page takes is what its pattern has
type Page = FunctionComponent<any>;
type Loader = () => Promise<{ default: Page }>;

/** A segment with a colon is a parameter of the page; of its messages, the areas. */
const ROUTES: [pattern: string, load: Loader, ...areas: Area[]][] = [
    ['', () => import('../pages/explore')],
    ['repositories/:name', () => import('../pages/repository'), 'content'],
    ['repositories/:name/comments', () => import('../pages/comments'), 'content'],
    ['repositories/:name/activity', () => import('../pages/repository_activity'), 'activity'],
    ['repositories/:name/compare', () => import('../pages/compare'), 'content'],
    ['repositories/:name/tags', () => import('../pages/tags')],
    ['repositories/:name/tags/:tag', () => import('../pages/tag'), 'content'],
    ['repositories/:name/manifests/:digest', () => import('../pages/tag'), 'content'],
    ['repositories/:name/settings', () => import('../pages/repository_general'), 'settings'],
    ['repositories/:name/settings/access', () => import('../pages/repository_access'), 'settings'],
    ['repositories/:name/settings/invitations', () => import('../pages/repository_invitations'), 'settings'],
    ['repositories/:name/settings/robots', () => import('../pages/repository_robots'), 'settings'],
    ['repositories/:name/settings/robots/:robot', () => import('../pages/repository_robots'), 'settings'],
    ['repositories/:name/settings/delete', () => import('../pages/repository_delete'), 'settings'],
    ['namespaces/:namespace', () => import('../pages/namespace')],
    ['home', () => import('../pages/home'), 'account'],
    ['home/organizations', () => import('../pages/organizations'), 'account'],
    ['home/activity', () => import('../pages/activity'), 'account', 'activity'],
    ['home/new', () => import('../pages/repository_new'), 'account'],
    ['organizations/new', () => import('../pages/organization_new'), 'account'],
    ['stars', () => import('../pages/stars'), 'account'],
    ['follows', () => import('../pages/follows'), 'account'],
    ['account', () => import('../pages/account'), 'account'],
    ['account/password', () => import('../pages/account_password'), 'account'],
    ['account/tokens', () => import('../pages/account_tokens'), 'account'],
    ['account/sessions', () => import('../pages/account_sessions'), 'account'],
    ['account/delete', () => import('../pages/account_delete'), 'account'],
    ['repositories/:name/settings/webhooks', () => import('../pages/hooks'), 'settings', 'hooks'],
    ['repositories/:name/settings/webhooks/new', () => import('../pages/hook_new'), 'settings', 'hooks'],
    ['repositories/:name/settings/webhooks/:id', () => import('../pages/hook'), 'settings', 'hooks'],
    ['repositories/:name/settings/webhooks/:id/edit', () => import('../pages/hook_edit'), 'settings', 'hooks'],
    ['repositories/:name/settings/webhooks/:id/deliveries/:delivery', () => import('../pages/delivery'), 'settings', 'hooks'],
    ['namespaces/:namespace/settings/webhooks', () => import('../pages/hooks'), 'settings', 'hooks'],
    ['namespaces/:namespace/settings/webhooks/new', () => import('../pages/hook_new'), 'settings', 'hooks'],
    ['namespaces/:namespace/settings/webhooks/:id', () => import('../pages/hook'), 'settings', 'hooks'],
    ['namespaces/:namespace/settings/webhooks/:id/edit', () => import('../pages/hook_edit'), 'settings', 'hooks'],
    ['namespaces/:namespace/settings/webhooks/:id/deliveries/:delivery', () => import('../pages/delivery'), 'settings', 'hooks'],
    ['admin/webhooks', () => import('../pages/hooks'), 'admin', 'hooks'],
    ['admin/webhooks/new', () => import('../pages/hook_new'), 'admin', 'hooks'],
    ['admin/webhooks/:id', () => import('../pages/hook'), 'admin', 'hooks'],
    ['admin/webhooks/:id/edit', () => import('../pages/hook_edit'), 'admin', 'hooks'],
    ['admin/webhooks/:id/deliveries/:delivery', () => import('../pages/delivery'), 'admin', 'hooks'],
    ['repositories/:name/settings/comments', () => import('../pages/moderation'), 'settings', 'reports'],
    ['admin', () => import('../pages/admin_accounts'), 'admin'],
    ['admin/accounts/:login', () => import('../pages/admin_account'), 'admin'],
    ['admin/invitations', () => import('../pages/admin_invitations'), 'admin'],
    ['admin/namespaces', () => import('../pages/admin_namespaces'), 'admin'],
    ['admin/storage', () => import('../pages/admin_storage'), 'admin', 'settings'],
    ['admin/registries', () => import('../pages/admin_registries'), 'admin'],
    ['admin/failing', () => import('../pages/admin_failing'), 'admin', 'hooks'],
    ['admin/reports', () => import('../pages/admin_reports'), 'admin', 'reports'],
    ['admin/audit', () => import('../pages/admin_audit'), 'admin'],
    ['namespaces/:namespace/settings', () => import('../pages/namespace_general'), 'settings'],
    ['namespaces/:namespace/settings/members', () => import('../pages/namespace_members'), 'settings'],
    ['namespaces/:namespace/settings/teams', () => import('../pages/namespace_teams'), 'settings'],
    ['namespaces/:namespace/settings/teams/:team', () => import('../pages/namespace_team'), 'settings'],
    ['namespaces/:namespace/settings/access', () => import('../pages/namespace_access'), 'settings'],
    ['namespaces/:namespace/settings/invitations', () => import('../pages/namespace_invitations'), 'settings'],
    ['namespaces/:namespace/settings/robots', () => import('../pages/namespace_robots'), 'settings'],
    ['namespaces/:namespace/settings/robots/:robot', () => import('../pages/namespace_robots'), 'settings'],
    ['namespaces/:namespace/settings/space', () => import('../pages/namespace_space'), 'settings'],
    ['namespaces/:namespace/settings/delete', () => import('../pages/namespace_delete'), 'settings'],
    ['login', () => import('../pages/login')],
    ['signup', () => import('../pages/signup')],
];

interface Match {
    load: Loader;
    areas: Area[];
    values: Record<string, string>;
}

export function match(segments: string[] | null): Match | null {
    for (const [pattern, load, ...areas] of segments === null ? [] : ROUTES) {
        const parts = pattern === '' ? [] : pattern.split('/');
        if (parts.length === segments!.length
            && parts.every((part, i) => part.startsWith(':') || part === segments![i])) {
            const values: Record<string, string> = {};
            parts.forEach((part, i) => {
                if (part.startsWith(':')) {
                    values[part.slice(1)] = segments![i]!;
                }
            });
            return { load, areas, values };
        }
    }
    return null;
}

/** A fault of a page leaves the others alone. */
class Boundary extends Component<{ children: ComponentChildren; at: number }, { failed: boolean }> {
    override state = { failed: false };

    static override getDerivedStateFromError() {
        return { failed: true };
    }

    override componentDidUpdate(before: { at: number }) {
        if (before.at !== this.props.at && this.state.failed) {
            this.setState({ failed: false });
        }
    }

    override render() {
        return this.state.failed ? (
            <div class="narrow" role="alert">
                <h1>{t('error.page')}</h1>
                <button type="button" onClick={() => location.reload()}>{t('reload')}</button>
            </div>
        ) : this.props.children;
    }
}

function Outlet() {
    const { segments, visit } = here.value;
    const found = match(segments);
    const [loaded, setLoaded] = useState<{ load: Loader; page: Page | null }>();
    const load = found?.load;
    useEffect(() => {
        let is_current = true;
        if (load !== undefined) {
            Promise.all([load(), messagesNeed(found!.areas)]).then(
                ([{ default: page }]) => is_current && setLoaded({ load, page }),
                () => is_current && setLoaded({ load, page: null }),
            );
        }
        return () => {
            is_current = false;
        };
    }, [load]);
    if (found === null) {
        return <NotFound />;
    }
    if (loaded === undefined || loaded.load !== load) {
        return <Loading />;
    }
    if (loaded.page === null) {
        return (
            <div class="narrow" role="alert">
                <h1>{t('error.offline')}</h1>
                <button type="button" onClick={() => location.reload()}>{t('reload')}</button>
            </div>
        );
    }
    const Shown = loaded.page;
    return (
        <Boundary at={visit}>
            <Shown key={JSON.stringify([persons.value, found.values])} {...found.values} />
        </Boundary>
    );
}

function Search() {
    const [text, setText] = useState('');
    const { segments, query } = here.value;
    const is_explore = segments?.length === 0;
    // the page of the search has the field itself
    if (is_explore) {
        return null;
    }
    return (
        <form class="search" role="search" onSubmit={(event) => {
            event.preventDefault();
            go(to([], text.trim() === '' ? {} : { q: text.trim() }));
            setText('');
        }}>
            <label class="offscreen" for="search">{t('search')}</label>
            <Icon name="search" />
            <input id="search" type="search" value={text} placeholder={t('search')}
                autocomplete="off" spellcheck={false} data-q={query.get('q')}
                onInput={(event) => setText(event.currentTarget.value)} />
        </form>
    );
}

function Menu({ login, is_admin }: { login: string; is_admin: boolean }) {
    const ref = useRef<HTMLDetailsElement>(null);
    const { visit } = here.value;
    const close = (): void => {
        if (ref.current !== null) {
            ref.current.open = false;
        }
    };
    useEffect(close, [visit]);
    const leave = async (): Promise<void> => {
        try {
            await logOut();
            close();
            go(to([]));
            announce(t('logout.done'));
        } catch (error) {
            announce(error instanceof ApiError ? errorText(error) : t('error.unknown'));
        }
    };
    return (
        <details class="menu" ref={ref} onKeyDown={(event) => {
            if (event.key === 'Escape') {
                close();
                ref.current?.querySelector('summary')?.focus();
            }
        }} onFocusOut={(event) => {
            if (event.relatedTarget instanceof Node && !event.currentTarget.contains(event.relatedTarget)) {
                close();
            }
        }}>
            <summary><Avatar name={login} /><bdi class="clipped">{login}</bdi></summary>
            <ul>
                <li><a href={to(['home'])}>{t('home')}</a></li>
                <li><a href={to(['account'])}>{t('account')}</a></li>
                {is_admin ? <li><a href={to(['admin'])}>{t('admin')}</a></li> : null}
                <li><button type="button" onClick={() => void leave()}>{t('logout')}</button></li>
            </ul>
        </details>
    );
}

function Logo() {
    const { logo } = brand;
    return logo !== null ? <img src={logo.src} width={logo.width} height={logo.height} alt="" /> : (
        <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path class="way" d="M5 25h22" />
            <path d="M6 21 26 13v4.500a4 4 0 0 1-2.600 3.700L16 24H9z" />
            <path d="M11 14.500v-3.700l4-1.600v3.700zM17 12V8.400l4-1.600v3.600z" />
        </svg>
    );
}

function Header() {
    const who = session.value;
    const next = location.pathname + location.search;
    return (
        <header class="top">
            <div class="bar">
                <a class="brand" href={to([])}>
                    <Logo />
                    <bdi class={brand.logo?.has_name === true ? 'offscreen' : undefined}>{brand.name}</bdi>
                </a>
                <Search />
                <div class="account">
                    {who === undefined ? null : who.login !== null ? <Menu login={who.login} is_admin={who.is_admin} /> : (
                        <>
                            <a href={to(['login'], here.value.segments?.[0] === 'login'
                                || here.value.segments?.[0] === 'signup' ? {} : { next })}>{t('login')}</a>
                            {who.sign_up !== 'closed'
                                ? <a class="button" href={to(['signup'])}>{t('signup')}</a> : null}
                        </>
                    )}
                </div>
            </div>
        </header>
    );
}

/** What the operator says at the foot of every page. */
function Operator() {
    const { footer, links } = brand;
    return footer === null && links.length === 0 ? null : (
        <div class="bar">
            {footer !== null ? <p><bdi>{inLanguage(footer)}</bdi></p> : null}
            {links.map(({ text, href }) => (
                <a key={href} href={href} rel="noopener external"><bdi>{inLanguage(text)}</bdi></a>
            ))}
        </div>
    );
}

function Footer() {
    const choose = (tag: string): void => {
        settingPut('language', tag);
        languageSet(tag).catch(() => announce(t('error.offline')));
    };
    return (
        <footer class="bottom">
            <Operator />
            <div class="bar">
                <p>{site.registry}</p>
                <p>
                    <a rel="external" href="/api/v1/openapi.json">{t('footer.api')}</a>
                </p>
                <label>
                    <span>{t('language')}</span>
                    <select value={language.value} onChange={(event) => choose(event.currentTarget.value)}>
                        {Object.entries(languages).map(([tag, { name }]) => (
                            <option key={tag} value={tag} lang={tag}>{name}</option>
                        ))}
                    </select>
                </label>
                <label>
                    <span>{t('theme')}</span>
                    <select value={theme.value} onChange={(event) => themeSet(event.currentTarget.value)}>
                        {themes.map((name) => (
                            <option key={name} value={name}>{t(`theme.${name}` as Key)}</option>
                        ))}
                    </select>
                </label>
            </div>
        </footer>
    );
}

function Skip() {
    const { visit } = here.value;
    return (
        <a class="skip" key={visit} href={`${location.pathname}${location.search}#main`} onClick={(event) => {
            event.preventDefault();
            const main = document.getElementById('main');
            main?.focus();
            main?.scrollIntoView();
        }}>{t('skip')}</a>
    );
}

/** The question for the password, which comes with its first use. */
function Asked() {
    const of = challenge.value;
    const [loaded, setLoaded] = useState<{ page: Page }>();
    useEffect(() => {
        if (of !== null && loaded === undefined) {
            import('./challenge').then(({ default: page }) => setLoaded({ page }), () => of.done(false));
        }
    }, [of]);
    return of !== null && loaded !== undefined ? <loaded.page of={of} /> : null;
}

export function App() {
    return (
        <>
            <Skip />
            <Header />
            <main id="main" tabIndex={-1}><Outlet /></main>
            <Footer />
            <Asked />
            <div class="offscreen" role="status" aria-live="polite">{announcement.value}</div>
        </>
    );
}
