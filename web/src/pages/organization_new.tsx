// organization_new.tsx: makes an organization.

import { change } from '../api/client';
import { t } from '../lib/i18n';
import { nameFault } from '../lib/names';
import { go, to } from '../lib/route';
import { Own } from '../ui/account';
import { Crumbs, Field, Heading, useTitle } from '../ui/common';
import { Form, useForm } from '../ui/form';

function Making() {
    useTitle(t('new.organization'));
    const form = useForm({
        start: { name: '', description: '' },
        done: t('new.done'),
        check: ({ name }) => ({ name: nameFault(name) }),
        codes: { already_exists: t('new.taken') },
        send: async ({ name, description }, more) => {
            await change('POST', '/namespaces', {
                body: { name, ...(description.trim() !== '' ? { description: description.trim() } : {}) },
                ...more,
            });
            go(to(['namespaces', name]));
        },
    });
    return (
        <div class="narrow">
            <Crumbs items={[{ name: t('home'), href: to(['home']) },
                { name: t('home.tab.organizations'), href: to(['home', 'organizations']) },
                { name: t('new.organization') }]} />
            <Heading>{t('new.organization')}</Heading>
            <p>{t('new.organization.text')}</p>
            <Form of={form} submit={t('new.make')}>
                <Field label={t('form.name')} hint={t('new.organization.hint')} autocomplete="off"
                    autocapitalize="none" spellcheck={false} maxLength={64} {...form.text('name')} />
                <Field label={t('new.description')} dir="auto" maxLength={255} autocomplete="off"
                    {...form.text('description')} />
            </Form>
        </div>
    );
}

export default function OrganizationNew() {
    return <Own>{() => <Making />}</Own>;
}
