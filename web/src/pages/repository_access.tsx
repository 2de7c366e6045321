// repository_access.tsx: who has a role on a repository.

import { useState } from 'preact/hooks';

import { ApiError, change, url } from '../api/client';
import type { Grant, Invitation, Repository } from '../api/types';
import { usePages, type Pages } from '../lib/data';
import { rich, t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { Time } from '../ui/common';
import { Act, Field, Form, Listing, Radios, Select, Table, useForm } from '../ui/form';
import { RepositorySettings } from '../ui/repository_settings';
import { grantKey, nameOf, RoleCell, RoleHelp, roleOptions, Who } from '../ui/roles';

const pathOf = (name: string, of: { login: string | null; team: string | null }): string => (of.team !== null
    ? url`/repositories/${name}/teams/${of.team}`
    : url`/repositories/${name}/collaborators/${of.login ?? ''}`);

/** A member gets the role at once; another person is invited, and gets it by accepting. */
async function give(name: string, who: { login: string | null; team: string | null }, role: string,
                    key: string | undefined): Promise<boolean> {
    try {
        await change<Grant>('PUT', pathOf(name, who), { body: { role } });
        return true;
    } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'conflict' || who.login === null) {
            throw error;
        }
    }
    await change<Invitation>('POST', url`/repositories/${name}/invitations`, {
        body: { login: who.login, role }, ...(key !== undefined ? { key } : {}),
    });
    return false;
}

function Add({ name, reload }: { name: string; reload: () => void }) {
    const [invited, setInvited] = useState<string>();
    const form = useForm({
        start: { kind: 'account', login: '', role: 'read' },
        check: ({ login }) => (login.trim() === '' ? { login: t('roles.login.missing') } : {}),
        fields: { account: 'login', team: 'login' },
        codes: { not_found: t('roles.notfound'), already_exists: t('offers.exists') },
        done: t('roles.done'),
        send: async (values, more) => {
            const who = values.login.trim();
            setInvited(undefined);
            const is_given = await give(name, values.kind === 'team' ? { login: null, team: who }
                : { login: who, team: null }, values.role, more.key);
            setInvited(is_given ? undefined : who);
            reload();
        },
    });
    return (
        <section class="panel" aria-labelledby="add">
            <h2 id="add">{t('roles.add')}</h2>
            <Form of={form} submit={t('roles.give')}>
                <Radios label={t('roles.kind')} {...form.choice('kind')} options={[
                    { value: 'account', name: t('roles.account'), hint: t('roles.account.hint') },
                    { value: 'team', name: t('roles.team'), hint: t('roles.team.hint') },
                ]} />
                <Field label={t(form.values.kind === 'team' ? 'roles.name.team' : 'roles.name.account')}
                    autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={129}
                    {...form.text('login')} />
                <Select label={t('roles.role')} options={roleOptions()} {...form.choice('role')} />
            </Form>
            <div role="status">{invited !== undefined ? (
                <p>{rich('roles.invited', {
                    login: <bdi>{invited}</bdi>,
                    link: <a href={to(['repositories', name, 'settings', 'invitations'])}>
                        {t('settings.tab.invitations')}</a>,
                })}</p>
            ) : null}</div>
            <RoleHelp />
        </section>
    );
}

function rowOf(name: string, of: Grant, list: Pages<Grant>) {
    const who = nameOf(of);
    const change_ = async (role: string | null): Promise<void> => {
        await (role === null ? change('DELETE', pathOf(name, of))
            : change<Grant>('PUT', pathOf(name, of), { body: { role } }));
        list.reload();
    };
    return {
        key: grantKey(of),
        cells: of.pattern !== null ? [
            <Who of={of} />, t(`role.${of.role}` as Key),
            rich('roles.bypattern', { pattern: <code>{of.pattern}</code> }), <Time at={of.granted_at} />, null,
        ] : [
            <Who of={of} />,
            <RoleCell of={who} role={of.role} options={roleOptions()} save={change_} />,
            t('roles.here'), <Time at={of.granted_at} />,
            <Act is_danger label={t('roles.remove.of', { name: who })} done={t('roles.removed', { name: who })}
                send={() => change_(null)}>{t('remove')}</Act>,
        ],
    };
}

function Access({ is }: { is: Repository }) {
    const list = usePages<Grant>(url`/repositories/${is.name}/collaborators`);
    return (
        <>
            <p>{rich('roles.owners', {
                namespace: <a href={to(['namespaces', is.namespace])}><bdi>{is.namespace}</bdi></a>,
            })}</p>
            <Listing of={list} empty={t('roles.none')}>{(items) => (
                <Table label={t('settings.tab.access')}
                    head={[t('roles.who'), t('roles.role'), t('roles.on'), t('roles.since'), '']}
                    rows={items.map((of) => rowOf(is.name, of, list))} />
            )}</Listing>
            <Add name={is.name} reload={list.reload} />
        </>
    );
}

export default function RepositoryAccess({ name }: { name: string }) {
    return (
        <RepositorySettings name={name} current="access">{(is) => <Access is={is} />}</RepositorySettings>
    );
}
