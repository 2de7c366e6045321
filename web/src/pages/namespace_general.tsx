// namespace_general.tsx: what a namespace is, and how new repositories begin.

import { useState } from 'preact/hooks';

import { change, url } from '../api/client';
import type { Namespace } from '../api/types';
import type { Data } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { fault } from '../lib/profile';
import { Meanwhile } from '../ui/edited';
import { Field, Form, Radios, Select, Switch, useForm } from '../ui/form';
import { NamespaceSettings } from '../ui/namespace_settings';
import { RoleHelp } from '../ui/roles';

const VISIBILITIES = ['private', 'internal', 'unlisted', 'public'] as const;
const BASE_ROLES = ['none', 'read', 'write', 'admin'] as const;

const valuesOf = (is: Namespace) => ({
    description: is.description,
    visibility: is.visibility ?? 'private' as string,
    base_role: is.base_role ?? 'read' as string,
    writers_delete: is.writers_delete ?? false,
});

type Values = ReturnType<typeof valuesOf>;

/** A value as the form shows it. */
function shown(name: keyof Values, value: string | boolean): string {
    switch (name) {
    case 'visibility':
        return t(`visibility.${value}` as Key);
    case 'base_role':
        return t(`role.${value}` as Key);
    case 'writers_delete':
        return t(value === true ? 'settings.on' : 'settings.off');
    case 'description':
        return String(value);
    }
}

function General({ is, of }: { is: Namespace; of: Data<Namespace> }) {
    const is_organization = is.kind === 'organization';
    const [before, setBefore] = useState(valuesOf(is));
    const now = valuesOf(is);
    const form = useForm<Values>({
        start: before,
        check: ({ description }) => {
            const key = fault('description', description);
            return key !== null ? { description: t(key) } : {};
        },
        etag: of.answer?.etag,
        reload: of.reload,
        send: async ({ base_role, ...values }, more) => {
            const answer = await change<Namespace>('PATCH', url`/namespaces/${is.name}`, {
                ...more,
                body: {
                    ...values, description: values.description.trim(),
                    ...(is_organization ? { base_role } : {}),
                },
            });
            setBefore(valuesOf(answer.data));
            of.put(answer);
        },
    });
    const changes = (['description', 'visibility', 'base_role', 'writers_delete'] as const)
        .filter((name) => now[name] !== before[name])
        .map((name) => ({ label: t(`settings.ns.${name}` as Key), now: shown(name, now[name]) }));
    return (
        <section class="panel" aria-labelledby="general">
            <h2 id="general">{t('settings.tab.general')}</h2>
            <Meanwhile changes={changes} take={() => {
                setBefore(now);
                form.reset(now);
            }} />
            <Form of={form}>
                <Field label={t('settings.ns.description')} hint={t('settings.description.hint')} dir="auto"
                    autocomplete="off" {...form.text('description')} />
                <Radios label={t('settings.ns.visibility')} hint={t('settings.ns.visibility.hint')}
                    {...form.choice('visibility')} options={VISIBILITIES.map((value) => ({
                        value, name: t(`visibility.${value}` as Key), hint: t(`settings.visibility.${value}` as Key),
                    }))} />
                {is_organization ? (
                    <Select label={t('settings.ns.base_role')} hint={t('settings.ns.base_role.hint')}
                        {...form.choice('base_role')}
                        options={BASE_ROLES.map((value) => ({ value, name: t(`role.${value}` as Key) }))} />
                ) : null}
                <Switch label={t('settings.ns.writers_delete')} hint={t('settings.ns.writers_delete.hint')}
                    {...form.flag('writers_delete')} />
            </Form>
            <RoleHelp />
        </section>
    );
}

export default function NamespaceGeneral({ namespace }: { namespace: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="general">
            {(is, of) => <General is={is} of={of} />}
        </NamespaceSettings>
    );
}
