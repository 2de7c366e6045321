// admin_invitations.tsx: invitations to sign up.

import { useState } from 'preact/hooks';

import { change } from '../api/client';
import type { SignUpInvitation, SignUpInvitationWithSecret } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { AdminPage } from '../ui/admin';
import { Badge, Copy, Time } from '../ui/common';
import { Act, Field, Form, Listing, SecretOnce, Table, useForm } from '../ui/form';

const DAYS_MAX = 90;

function New({ done }: { done: (made: SignUpInvitationWithSecret) => void }) {
    const form = useForm({
        start: { note: '', expires_in_days: '7' },
        check: ({ expires_in_days: days }) => (/^\d{1,2}$/.test(days.trim()) && Number(days) >= 1 && Number(days) <= DAYS_MAX
            ? {} : { expires_in_days: t('admin.invitation.days.wrong', { max: DAYS_MAX }) }),
        send: async ({ note, expires_in_days: days }, more) => {
            done((await change<SignUpInvitationWithSecret>('POST', '/sign-up-invitations', {
                body: { note: note.trim(), expires_in_days: Number(days) }, ...more,
            })).data);
        },
    });
    return (
        <section class="panel">
            <h2>{t('admin.invitation.new')}</h2>
            <Form of={form} submit={t('admin.invitation.create')} label={t('admin.invitation.new')}>
                <Field label={t('admin.invitation.note')} hint={t('admin.invitation.note.hint')} maxLength={255}
                    autocomplete="off" {...form.text('note')} />
                <Field label={t('admin.invitation.days')} inputMode="numeric" maxLength={2} autocomplete="off"
                    {...form.text('expires_in_days')} />
            </Form>
        </section>
    );
}

function stateOf(is: SignUpInvitation) {
    if (is.used_at !== null) {
        return <>{t('admin.invitation.used', { login: is.used_by ?? t('unknown') })} <Time at={is.used_at} /></>;
    }
    return Date.parse(is.expires_at) < Date.now() ? <Badge kind="warn">{t('admin.invitation.expired')}</Badge>
        : <>{t('admin.invitation.open')} <Time at={is.expires_at} /></>;
}

function Invitations() {
    const list = usePages<SignUpInvitation>('/sign-up-invitations', true);
    const [made, setMade] = useState<SignUpInvitationWithSecret>();
    // behind "#", so that the secret is in no log
    const link = made !== undefined ? `${location.origin}${to(['signup'])}#invitation=${made.secret}` : '';
    return (
        <>
            {made !== undefined ? (
                <SecretOnce title={t('admin.invitation.secret')} secret={made.secret} what={t('admin.invitation.copy')}
                    close={() => setMade(undefined)}>
                    <p>{t('admin.invitation.link')}</p>
                    <div class="command"><pre tabIndex={0} role="region" aria-label={t('admin.invitation.link')}>
                        <code>{link}</code></pre><Copy text={link} what={t('admin.invitation.link.copy')} /></div>
                </SecretOnce>
            ) : (
                <New done={(one) => {
                    setMade(one);
                    list.reload();
                }} />
            )}
            <Listing of={list} empty={t('admin.invitation.none')}>
                {(items) => (
                    <Table label={t('admin.tab.invitations')}
                        head={[t('admin.invitation.note'), t('admin.invitation.by'), t('admin.invitation.state'), '']}
                        rows={items.map((is) => ({
                            key: is.id,
                            cells: [
                                <span dir="auto">{is.note === '' ? t('none') : is.note}</span>,
                                <bdi>{is.created_by ?? t('admin.operator')}</bdi>,
                                stateOf(is),
                                is.used_at === null
                                    ? <Act label={t('admin.invitation.revoke.of', { id: is.id })} is_danger
                                        done={t('admin.invitation.revoked')} send={async () => {
                                            await change('DELETE', `/sign-up-invitations/${is.id}`);
                                            list.reload();
                                        }}>{t('admin.invitation.revoke')}</Act>
                                    : null,
                            ],
                        }))} />
                )}
            </Listing>
        </>
    );
}

export default function AdminInvitationsPage() {
    return <AdminPage current="invitations">{() => <Invitations />}</AdminPage>;
}
