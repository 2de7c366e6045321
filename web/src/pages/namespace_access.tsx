// namespace_access.tsx: roles in a namespace: on repositories, and on patterns of
// names.

import { useState } from 'preact/hooks';

import { ApiError, change, query, url } from '../api/client';
import type { Grant, Invitation, Namespace } from '../api/types';
import { usePages, type Pages } from '../lib/data';
import { rich, t } from '../lib/i18n';
import { here, setQuery, to } from '../lib/route';
import { Time } from '../ui/common';
import { Act, Field, Form, Listing, Radios, Select, Table, useForm } from '../ui/form';
import { NamespaceSettings } from '../ui/namespace_settings';
import { grantKey, grantPath, nameOf, RoleCell, RoleHelp, roleOptions, Who } from '../ui/roles';

interface Given {
    kind: string;
    name: string;
    pattern: string;
    role: string;
}

/** A role on a pattern; true: it is given, false: its account is invited. */
async function give(namespace: string, { kind, name, pattern, role }: Given,
                    key: string | undefined): Promise<boolean> {
    const who = kind === 'team' ? { team: name } : { login: name };
    try {
        await change<Grant>('PUT', url`/namespaces/${namespace}/roles`, { body: { ...who, pattern, role } });
        return true;
    } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'conflict' || kind === 'team') {
            throw error;
        }
    }
    await change<Invitation>('POST', url`/namespaces/${namespace}/invitations`, {
        body: { login: name, role, pattern }, ...(key !== undefined ? { key } : {}),
    });
    return false;
}

function Add({ is, reload }: { is: Namespace; reload: () => void }) {
    const [invited, setInvited] = useState<string>();
    const form = useForm({
        start: { kind: 'account', name: '', pattern: '*', role: 'read' },
        check: ({ name, pattern }) => ({
            ...(name.trim() === '' ? { name: t('roles.login.missing') } : {}),
            ...(/^[a-z0-9._/*-]{1,128}$/.test(pattern.trim()) ? {} : { pattern: t('roles.pattern.wrong') }),
        }),
        fields: { login: 'name', team: 'name' },
        codes: { not_found: t('roles.notfound'), already_exists: t('offers.exists') },
        done: t('roles.done'),
        send: async (values, more) => {
            const name = values.name.trim();
            setInvited(undefined);
            const is_given = await give(is.name, { ...values, name, pattern: values.pattern.trim() }, more.key);
            setInvited(is_given ? undefined : name);
            reload();
        },
    });
    const is_team = form.values.kind === 'team';
    return (
        <section class="panel" aria-labelledby="add">
            <h2 id="add">{t('roles.add.pattern')}</h2>
            <Form of={form} submit={t('roles.give')}>
                {is.kind === 'organization' ? (
                    <Radios label={t('roles.kind')} {...form.choice('kind')} options={[
                        { value: 'account', name: t('roles.account'), hint: t('roles.account.hint') },
                        { value: 'team', name: t('roles.team'), hint: t('roles.team.hint') },
                    ]} />
                ) : null}
                <Field label={t(is_team ? 'roles.name.team' : 'roles.name.account')} autocomplete="off"
                    autocapitalize="none" spellcheck={false} maxLength={129} {...form.text('name')} />
                <Field label={t('roles.pattern')} hint={t('roles.pattern.hint', { namespace: is.name })}
                    autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={128}
                    {...form.text('pattern')} />
                <Select label={t('roles.role')} options={roleOptions()} {...form.choice('role')} />
            </Form>
            <div role="status">{invited !== undefined ? (
                <p>{rich('roles.invited', {
                    login: <bdi>{invited}</bdi>,
                    link: <a href={to(['namespaces', is.name, 'settings', 'invitations'])}>
                        {t('settings.tab.invitations')}</a>,
                })}</p>
            ) : null}</div>
            <RoleHelp />
        </section>
    );
}

function rowOf(is: Namespace, of: Grant, list: Pages<Grant>) {
    const who = nameOf(of);
    const path = url`/namespaces/${is.name}/roles`;
    return {
        key: grantKey(of),
        cells: [
            <Who of={of} />,
            <RoleCell of={who} role={of.role} options={roleOptions()} save={async (role) => {
                const { login, team, repository, pattern } = of;
                const object = repository !== null ? { repository } : { pattern };
                await change<Grant>('PUT', path, {
                    body: { ...(team !== null ? { team } : { login }), ...object, role },
                });
                list.reload();
            }} />,
            of.repository !== null
                ? <a href={to(['repositories', of.repository, 'settings', 'access'])}><bdi>{of.repository}</bdi></a>
                : rich('roles.pattern.of', { pattern: <code>{of.pattern}</code> }),
            <Time at={of.granted_at} />,
            <Act is_danger label={t('roles.remove.of', { name: who })} done={t('roles.removed', { name: who })}
                send={async () => {
                    await change('DELETE', grantPath(is.name, of));
                    list.reload();
                }}>{t('remove')}</Act>,
        ],
    };
}

function Access({ is }: { is: Namespace }) {
    const words = here.value.query;
    const team = words.get('team') ?? '';
    const login = team === '' ? words.get('login') ?? '' : '';
    const list = usePages<Grant>(query(url`/namespaces/${is.name}/roles`, { team, login }));
    const only = team !== '' ? team : login;
    return (
        <>
            {only !== '' ? (
                <p class="chips">{rich('roles.only', { name: <strong><bdi>{only}</bdi></strong> })} <button
                    type="button" onClick={() => setQuery({ team: '', login: '' })}>{t('roles.all')}</button></p>
            ) : null}
            <Listing of={list} empty={t('roles.none')}>{(items) => (
                <Table label={t('settings.tab.access')}
                    head={[t('roles.who'), t('roles.role'), t('roles.on'), t('roles.since'), '']}
                    rows={items.map((of) => rowOf(is, of, list))} />
            )}</Listing>
            <Add is={is} reload={list.reload} />
        </>
    );
}

export default function NamespaceAccess({ namespace }: { namespace: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="access">{(is) => <Access is={is} />}</NamespaceSettings>
    );
}
