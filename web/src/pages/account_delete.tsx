// account_delete.tsx: deletes the account, and says what goes with it.

import { change, leave, query, url } from '../api/client';
import type { RepositoryItem } from '../api/types';
import { usePages } from '../lib/data';
import { list as listed, rich, t } from '../lib/i18n';
import { nameFault } from '../lib/names';
import { go, to } from '../lib/route';
import { AccountPage } from '../ui/account';
import { announce, Field } from '../ui/common';
import { Form, Radios, useForm } from '../ui/form';
import { ErrorBox, Loading } from '../ui/state';

const SHOWN = 10;

function What({ items, has_more }: { items: RepositoryItem[]; has_more: boolean }) {
    if (items.length === 0) {
        return <p>{t('delete.nothing')}</p>;
    }
    const names = items.slice(0, SHOWN).map(({ name }) => name);
    return (
        <p>
            {t(has_more || items.length > SHOWN ? 'delete.repositories.more' : 'delete.repositories')}
            {' '}<bdi>{listed(names)}</bdi>
        </p>
    );
}

function Deleting({ login, has_some }: { login: string; has_some: boolean }) {
    const form = useForm({
        start: { repositories: has_some ? '' : 'none', to: '', confirmation: '' },
        done: t('delete.done'),
        check: (values) => ({
            repositories: values.repositories === '' ? t('delete.fate.missing') : undefined,
            to: values.repositories === 'transfer' ? nameFault(values.to.trim()) : undefined,
            confirmation: values.confirmation.trim() === login ? undefined
                : t('form.name.wrong', { name: login }),
        }),
        send: async (values) => {
            const { repositories } = values;
            await change('DELETE', query('/account', {
                repositories: repositories === 'none' ? undefined : repositories,
                to: repositories === 'transfer' ? values.to.trim() : undefined,
            }));
            await leave();
            go(to([]));
            announce(t('delete.done'));
        },
    });
    return (
        <Form of={form} submit={t('delete.submit')} is_danger>
            {has_some ? (
                <Radios label={t('delete.fate')} {...form.choice('repositories')} options={[
                    { value: 'transfer', name: t('delete.transfer'), hint: t('delete.transfer.hint') },
                    { value: 'keep', name: t('delete.keep'), hint: t('delete.keep.hint') },
                ]} />
            ) : null}
            {form.values.repositories === 'transfer' ? (
                <Field label={t('delete.to')} autocomplete="off" autocapitalize="none" spellcheck={false}
                    maxLength={64} {...form.text('to')} />
            ) : null}
            <p>{rich('form.name.type', { name: <bdi><code>{login}</code></bdi> })}</p>
            <Field label={t('field.login')} autocomplete="off" autocapitalize="none" spellcheck={false}
                maxLength={64} {...form.text('confirmation')} />
        </Form>
    );
}

function Page({ login }: { login: string }) {
    const list = usePages<RepositoryItem>(query(url`/namespaces/${login}/repositories`, { sort: 'name' }));
    return (
        <section class="panel dangerous form wide">
            <h2>{t('delete.title')}</h2>
            <p>{t('delete.text')}</p>
            {list.items === undefined
                ? (list.error !== undefined ? <ErrorBox error={list.error} retry={list.reload} />
                    : <Loading rows={2} />)
                : (
                    <>
                        <What items={list.items} has_more={list.has_more} />
                        <Deleting login={login} has_some={list.items.length > 0 || list.has_more} />
                    </>
                )}
        </section>
    );
}

export default function AccountDelete() {
    return <AccountPage current="delete">{(login) => <Page login={login} />}</AccountPage>;
}
