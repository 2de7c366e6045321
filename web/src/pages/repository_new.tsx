// repository_new.tsx: makes a repository before something is pushed to it.

import { change } from '../api/client';
import type { NamespaceItem } from '../api/types';
import { usePages } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { repositoryFault } from '../lib/names';
import { go, here, to } from '../lib/route';
import { Own } from '../ui/account';
import { Crumbs, Field, Heading, useTitle } from '../ui/common';
import { Form, Radios, Select, useForm } from '../ui/form';

const VISIBILITIES = ['', 'public', 'unlisted', 'internal', 'private'] as const;

function Making({ login }: { login: string }) {
    useTitle(t('new.repository'));
    const { items } = usePages<NamespaceItem>('/namespaces?list=mine&limit=100');
    const said = here.value.query.get('namespace');
    const names = [...new Set([login, ...(items ?? []).map(({ name }) => name),
        ...(said !== null ? [said] : [])])];
    const form = useForm({
        start: { namespace: said ?? login, name: '', visibility: '', description: '' },
        done: t('new.done'),
        check: ({ name }) => ({ name: repositoryFault(name) }),
        codes: { already_exists: t('new.taken') },
        send: async ({ namespace, name, visibility, description }, more) => {
            const whole = `${namespace}/${name}`;
            await change('POST', '/repositories', {
                body: {
                    name: whole,
                    ...(visibility !== '' ? { visibility } : {}),
                    ...(description.trim() !== '' ? { description: description.trim() } : {}),
                },
                ...more,
            });
            go(to(['repositories', whole]));
        },
    });
    return (
        <div class="narrow">
            <Crumbs items={[{ name: t('home'), href: to(['home']) }, { name: t('new.repository') }]} />
            <Heading>{t('new.repository')}</Heading>
            <p>{t('new.repository.text')}</p>
            <Form of={form} submit={t('new.make')}>
                <Select label={t('new.namespace')} options={names.map((name) => ({ value: name, name }))}
                    {...form.choice('namespace')} />
                <Field label={t('form.name')} hint={t('new.name.hint')} autocomplete="off" autocapitalize="none"
                    spellcheck={false} maxLength={190} {...form.text('name')} />
                <Radios label={t('home.visibility')} options={VISIBILITIES.map((value) => ({
                    value, name: t(value === '' ? 'new.visibility.default' : `visibility.${value}` as Key),
                    hint: t(`new.visibility.hint.${value || 'default'}` as Key),
                }))} {...form.choice('visibility')} />
                <Field label={t('new.description')} dir="auto" maxLength={255} autocomplete="off"
                    {...form.text('description')} />
            </Form>
        </div>
    );
}

export default function RepositoryNew() {
    return <Own>{(login) => <Making login={login} />}</Own>;
}
