// namespace_team.tsx: a team: its members, its roles, its end.

import { change, url } from '../api/client';
import type { Namespace, TeamMember } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { go, to } from '../lib/route';
import { useTitle } from '../ui/common';
import { Act, ConfirmByName, Field, Form, Listing, Table, useForm } from '../ui/form';
import { NamespaceSettings } from '../ui/namespace_settings';
import { NotFound } from '../ui/state';

function Add({ path, reload }: { path: string; reload: () => void }) {
    const form = useForm({
        start: { login: '' },
        check: ({ login }) => (login.trim() === '' ? { login: t('roles.login.missing') } : {}),
        codes: { not_found: t('teams.notmember'), conflict: t('teams.notmember') },
        done: t('teams.added'),
        send: async ({ login }) => {
            await change('PUT', `${path}/${encodeURIComponent(login.trim())}`);
            form.reset({ login: '' });
            reload();
        },
    });
    return (
        <section class="panel" aria-labelledby="add">
            <h2 id="add">{t('teams.add')}</h2>
            <Form of={form} submit={t('teams.add')}>
                <Field label={t('roles.name.account')} hint={t('teams.add.hint')} autocomplete="off"
                    autocapitalize="none" spellcheck={false} maxLength={64} {...form.text('login')} />
            </Form>
        </section>
    );
}

function Members({ is, team }: { is: Namespace; team: string }) {
    const path = url`/namespaces/${is.name}/teams/${team}/members`;
    const list = usePages<TeamMember>(path);
    useTitle(is.name, t('settings'), team);
    if (list.error !== undefined && list.error.status === 404) {
        return <NotFound />;
    }
    return (
        <>
            <h2>{t('teams.of', { team })}</h2>
            {is.is_owner ? (
                <p><a href={to(['namespaces', is.name, 'settings', 'access'], { team })}>{t('teams.roles')}</a></p>
            ) : null}
            <Listing of={list} empty={t('teams.empty')}>{(items) => (
                <Table label={t('settings.tab.members')} head={[t('roles.who'), ...(is.is_owner ? [''] : [])]}
                    rows={items.map(({ login }) => ({
                        key: login,
                        cells: [
                            <strong><bdi>{login}</bdi></strong>,
                            ...(is.is_owner ? [
                                <Act is_danger label={t('roles.remove.of', { name: login })}
                                    done={t('roles.removed', { name: login })}
                                    send={async () => {
                                        await change('DELETE', `${path}/${encodeURIComponent(login)}`);
                                        list.reload();
                                    }}>{t('remove')}</Act>,
                            ] : []),
                        ],
                    }))} />
            )}</Listing>
            {is.is_owner ? (
                <>
                    <Add path={path} reload={list.reload} />
                    <ConfirmByName name={team} title={t('teams.delete')} submit={t('teams.delete')}
                        send={async () => {
                            await change('DELETE', url`/namespaces/${is.name}/teams/${team}`);
                            go(to(['namespaces', is.name, 'settings', 'teams']));
                        }}>
                        <p>{t('teams.delete.hint')}</p>
                    </ConfirmByName>
                </>
            ) : null}
        </>
    );
}

export default function NamespaceTeam({ namespace, team }: { namespace: string; team: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="teams">
            {(is) => <Members is={is} team={team} />}
        </NamespaceSettings>
    );
}
