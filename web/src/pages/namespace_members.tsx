// namespace_members.tsx: members of an organization, and inviting them.

import { useState } from 'preact/hooks';

import { change, session, url } from '../api/client';
import type { Invitation, Member, Namespace } from '../api/types';
import { usePages, type Pages } from '../lib/data';
import { rich, t, type Key } from '../lib/i18n';
import { go, to } from '../lib/route';
import { Time } from '../ui/common';
import { Field, Form, Listing, Radios, Table, useForm } from '../ui/form';
import { NamespaceSettings } from '../ui/namespace_settings';
import { RoleCell, Sure } from '../ui/roles';

const KINDS = ['member', 'owner'] as const;

function Invite({ is }: { is: Namespace }) {
    const [invited, setInvited] = useState<string>();
    const form = useForm({
        start: { login: '', role: 'member' },
        check: ({ login }) => (login.trim() === '' ? { login: t('roles.login.missing') } : {}),
        codes: {
            not_found: t('roles.notfound'), already_exists: t('offers.exists'),
            conflict: t('members.already'),
        },
        done: t('offers.sent'),
        send: async ({ login, role }, more) => {
            await change<Invitation>('POST', url`/namespaces/${is.name}/invitations`, {
                body: { login: login.trim(), role }, ...more,
            });
            setInvited(login.trim());
        },
    });
    return (
        <section class="panel" aria-labelledby="invite">
            <h2 id="invite">{t('members.invite')}</h2>
            <Form of={form} submit={t('offers.send')}>
                <Field label={t('roles.name.account')} hint={t('members.invite.hint')} autocomplete="off"
                    autocapitalize="none" spellcheck={false} maxLength={64} {...form.text('login')} />
                <Radios label={t('roles.role')} {...form.choice('role')} options={KINDS.map((value) => ({
                    value, name: t(`role.${value}` as Key), hint: t(`members.${value}` as Key),
                }))} />
            </Form>
            <div role="status">{invited !== undefined ? (
                <p>{rich('roles.invited', {
                    login: <bdi>{invited}</bdi>,
                    link: <a href={to(['namespaces', is.name, 'settings', 'invitations'])}>
                        {t('settings.tab.invitations')}</a>,
                })}</p>
            ) : null}</div>
        </section>
    );
}

function rowOf(is: Namespace, of: Member, list: Pages<Member>) {
    const path = url`/namespaces/${is.name}/members/${of.login}`;
    const is_self = of.login === session.value?.login;
    return {
        key: `${of.login} ${of.role}`,
        cells: [
            <strong><bdi>{of.login}</bdi></strong>,
            is.is_owner ? (
                <RoleCell of={of.login} role={of.role}
                    options={KINDS.map((value) => ({ value, name: t(`role.${value}` as Key) }))}
                    save={async (role) => {
                        await change<Member>('PUT', path, { body: { role } });
                        list.reload();
                    }} />
            ) : t(`role.${of.role}` as Key),
            <Time at={of.joined_at} />,
            is.is_owner || is_self ? (
                <Sure label={t(is_self ? 'members.leave.of' : 'roles.remove.of', { name: is_self ? is.name : of.login })}
                    question={t(is_self ? 'members.leave.sure' : 'members.remove.sure', { name: of.login })}
                    done={t('roles.removed', { name: of.login })}
                    send={async () => {
                        await change('DELETE', path);
                        if (is_self) {
                            go(to(['namespaces', is.name]));
                        } else {
                            list.reload();
                        }
                    }}>{t(is_self ? 'members.leave' : 'remove')}</Sure>
            ) : null,
        ],
    };
}

function Members({ is }: { is: Namespace }) {
    const list = usePages<Member>(url`/namespaces/${is.name}/members`);
    return (
        <>
            <Listing of={list} empty={t('members.empty')}>{(items) => (
                <Table label={t('settings.tab.members')}
                    head={[t('roles.who'), t('roles.role'), t('members.since'), '']}
                    rows={items.map((of) => rowOf(is, of, list))} />
            )}</Listing>
            {is.is_owner ? <Invite is={is} /> : null}
        </>
    );
}

export default function NamespaceMembers({ namespace }: { namespace: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="members">{(is) => <Members is={is} />}</NamespaceSettings>
    );
}
