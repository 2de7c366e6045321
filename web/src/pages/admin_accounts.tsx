// admin_accounts.tsx: all accounts, found by how their logins begin; and new
// ones, for people who may not sign up by themselves.

import { useState } from 'preact/hooks';

import { change, query } from '../api/client';
import type { Account } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { go, here, setQuery, to } from '../lib/route';
import { AdminPage } from '../ui/admin';
import { Badge, Icon, Time } from '../ui/common';
import { Empty, Field, Form, Listing, Switch, Table, useForm } from '../ui/form';

const TYPING = 200;

export function AccountBadges({ of }: { of: Account }) {
    return (
        <>
            {of.is_admin ? <Badge>{t('admin.account.admin')}</Badge> : null}{' '}
            {of.is_disabled ? <Badge kind="warn"><Icon name="lock" />{t('admin.account.disabled')}</Badge> : null}
        </>
    );
}

function NewAccount() {
    const form = useForm({
        start: { login: '', password: '', display_name: '', is_admin: false },
        send: async (values, more) => {
            await change('POST', '/accounts', {
                body: { ...values, display_name: values.display_name.trim() || null }, ...more,
            });
            go(to(['admin', 'accounts', values.login]));
        },
    });
    return (
        <details class="panel">
            <summary>{t('admin.account.new')}</summary>
            <p>{t('admin.account.new.hint')}</p>
            <Form of={form} submit={t('admin.account.create')} label={t('admin.account.new')}>
                <Field label={t('field.login')} hint={t('signup.login.hint')} required maxLength={64} autocomplete="off"
                    autocapitalize="none" spellcheck={false} {...form.text('login')} />
                <Field label={t('field.password')} hint={t('signup.password.hint')} type="password" required
                    maxLength={256} autocomplete="new-password" {...form.text('password')} />
                <Field label={t('field.name')} maxLength={100} autocomplete="off" {...form.text('display_name')} />
                <Switch label={t('admin.account.new.admin')} {...form.flag('is_admin')} />
            </Form>
        </details>
    );
}

function Accounts() {
    const said = here.value.query.get('q') ?? '';
    const [text, setText] = useState(said);
    const [waiting, setWaiting] = useState<ReturnType<typeof setTimeout>>();
    const prefix = said.toLowerCase().replace(/[^a-z0-9._-]/g, '').slice(0, 64);
    const list = usePages<Account>(query('/accounts', { prefix }), true);
    return (
        <>
            <form class="filters" role="search" aria-label={t('admin.tab.accounts')} onSubmit={(event) => {
                event.preventDefault();
                clearTimeout(waiting);
                setQuery({ q: text.trim() });
            }}>
                <div class="search">
                    <label class="offscreen" for="accounts">{t('admin.account.search')}</label>
                    <Icon name="search" />
                    <input id="accounts" type="search" value={text} placeholder={t('admin.account.search')} maxLength={64}
                        autocomplete="off" autocapitalize="none" spellcheck={false} onInput={(event) => {
                            const { value } = event.currentTarget;
                            setText(value);
                            clearTimeout(waiting);
                            setWaiting(setTimeout(() => setQuery({ q: value.trim() }), TYPING));
                        }} />
                </div>
            </form>
            <Listing of={list} empty={<Empty title={t('admin.account.none')} />}>
                {(items) => (
                    <Table label={t('admin.tab.accounts')}
                        head={[t('field.login'), t('admin.account.name'), t('admin.account.state'),
                               t('admin.account.logged'), t('admin.account.used')]}
                        rows={items.map((is) => ({
                            key: is.login,
                            cells: [
                                <a href={to(['admin', 'accounts', is.login])}><bdi>{is.login}</bdi></a>,
                                <span dir="auto">{is.display_name ?? ''}</span>,
                                <AccountBadges of={is} />,
                                is.login_at !== null ? <Time at={is.login_at} /> : t('admin.never'),
                                is.used_at !== null ? <Time at={is.used_at} /> : t('admin.never'),
                            ],
                        }))} />
                )}
            </Listing>
            <NewAccount />
        </>
    );
}

export default function AdminAccountsPage() {
    return <AdminPage current="accounts">{() => <Accounts />}</AdminPage>;
}
