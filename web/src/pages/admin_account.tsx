// admin_account.tsx: one account, as administrators see and change it.

import { useState } from 'preact/hooks';

import { change, query, session, url } from '../api/client';
import type { Account } from '../api/types';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { go, to } from '../lib/route';
import { AdminPage, adminAddress } from '../ui/admin';
import { announce, Time } from '../ui/common';
import { Act, ConfirmByName, Field, Radios } from '../ui/form';
import { Whole } from '../ui/state';
import { AccountBadges } from './admin_accounts';

function Delete({ login }: { login: string }) {
    const [fate, setFate] = useState('');
    const [heir, setHeir] = useState('');
    const send = async (): Promise<void> => {
        await change('DELETE', query(url`/accounts/${login}`, {
            repositories: fate, to: fate === 'transfer' ? heir.trim() : undefined,
        }));
        go(adminAddress('accounts'));
        announce(t('admin.account.deleted', { login }));
    };
    return (
        <ConfirmByName name={login} title={t('admin.account.delete')} submit={t('admin.account.delete')} send={send}>
            <p>{t('admin.account.delete.what')}</p>
            <Radios label={t('admin.account.fate')} name="fate" value={fate} onChange={setFate} options={[
                { value: '', name: t('admin.account.fate.none') },
                { value: 'keep', name: t('admin.account.fate.keep') },
                { value: 'transfer', name: t('admin.account.fate.transfer') },
            ]} />
            {fate === 'transfer'
                ? <Field label={t('admin.account.heir')} name="heir" value={heir} maxLength={64} autocomplete="off"
                    autocapitalize="none" spellcheck={false} onInput={(event) => setHeir(event.currentTarget.value)} />
                : null}
        </ConfirmByName>
    );
}

function One({ login }: { login: string }) {
    const path = url`/accounts/${login}`;
    const of = useData<Account>(path);
    const set = (body: object) => async (): Promise<void> => {
        await change('PATCH', path, { body });
        of.reload();
    };
    return (
        <Whole of={of}>{(is: Account) => (
            <>
                <p><a href={adminAddress('accounts')}>{t('admin.account.all')}</a></p>
                <div class="title"><h2><bdi>{is.login}</bdi></h2><AccountBadges of={is} /></div>
                <dl class="pairs">
                    <dt>{t('admin.account.name')}</dt><dd dir="auto">{is.display_name ?? t('none')}</dd>
                    <dt>{t('admin.account.mail')}</dt><dd>{is.email ?? t('none')}</dd>
                    <dt>{t('admin.account.made')}</dt><dd><Time at={is.created_at} is_whole /></dd>
                    <dt>{t('admin.account.logged')}</dt>
                    <dd>{is.login_at !== null ? <Time at={is.login_at} is_whole /> : t('admin.never')}</dd>
                    <dt>{t('admin.account.used')}</dt>
                    <dd>{is.used_at !== null ? <Time at={is.used_at} is_whole /> : t('admin.never')}</dd>
                </dl>
                <p class="actions">
                    <a href={to(['namespaces', is.login])}>{t('admin.account.namespace')}</a>
                    <a href={to(['admin', 'audit'], { actor: is.login })}>{t('admin.account.audit')}</a>
                </p>
                <section class="panel">
                    <h2>{t('admin.account.access')}</h2>
                    <p>{t('admin.account.disable.what')}</p>
                    <p class="actions">
                        <Act key={`d${is.is_disabled}`} is_danger={!is.is_disabled} send={set({ is_disabled: !is.is_disabled })}
                            done={t(is.is_disabled ? 'admin.account.enabled.done' : 'admin.account.disabled.done')}>
                            {t(is.is_disabled ? 'admin.account.enable' : 'admin.account.disable')}</Act>
                        <Act key={`a${is.is_admin}`} send={set({ is_admin: !is.is_admin })} done={t('saved')}>
                            {t(is.is_admin ? 'admin.account.demote' : 'admin.account.promote')}</Act>
                    </p>
                </section>
                {is.login !== session.value?.login ? <Delete login={is.login} /> : null}
            </>
        )}</Whole>
    );
}

export default function AdminAccountPage({ login }: { login: string }) {
    return <AdminPage current="accounts">{() => <One login={login} />}</AdminPage>;
}
