// namespace_teams.tsx: the teams of an organization.

import { change, url } from '../api/client';
import type { Namespace, Team } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { go, to } from '../lib/route';
import { Time } from '../ui/common';
import { Field, Form, Listing, Table, useForm } from '../ui/form';
import { NamespaceSettings } from '../ui/namespace_settings';

export const teamPage = (namespace: string, team: string): string =>
    to(['namespaces', namespace, 'settings', 'teams', team]);

function Create({ is }: { is: Namespace }) {
    const form = useForm({
        start: { name: '' },
        check: ({ name }) => (/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(name.trim()) && name.trim().length >= 2
            ? {} : { name: t('settings.name.wrong') }),
        codes: { already_exists: t('teams.exists') },
        send: async ({ name }, more) => {
            await change<Team>('POST', url`/namespaces/${is.name}/teams`, { body: { name: name.trim() }, ...more });
            go(teamPage(is.name, name.trim()));
        },
    });
    return (
        <section class="panel" aria-labelledby="create">
            <h2 id="create">{t('teams.create')}</h2>
            <Form of={form} submit={t('teams.create')}>
                <Field label={t('roles.name.team')} hint={t('settings.name.hint')} autocomplete="off"
                    autocapitalize="none" spellcheck={false} maxLength={64} {...form.text('name')} />
            </Form>
        </section>
    );
}

function Teams({ is }: { is: Namespace }) {
    const list = usePages<Team>(url`/namespaces/${is.name}/teams`);
    return (
        <>
            <p>{t('teams.hint')}</p>
            <Listing of={list} empty={t('teams.none')}>{(items) => (
                <Table label={t('settings.tab.teams')} head={[t('roles.team'), t('teams.since')]}
                    rows={items.map((of) => ({
                        key: of.name,
                        cells: [<a href={teamPage(is.name, of.name)}><bdi>{of.name}</bdi></a>,
                            <Time at={of.created_at} />],
                    }))} />
            )}</Listing>
            {is.is_owner ? <Create is={is} /> : null}
        </>
    );
}

export default function NamespaceTeams({ namespace }: { namespace: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="teams">{(is) => <Teams is={is} />}</NamespaceSettings>
    );
}
