// admin_registries.tsx: the map of registries to which clients are sent, and
// what checks of them have found.

import { useState } from 'preact/hooks';

import { change, url } from '../api/client';
import type { Registry } from '../api/types';
import { useData, usePages } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { AdminPage } from '../ui/admin';
import { announce, Badge, Icon, Time } from '../ui/common';
import { Act, Empty, Field, Form, Listing, Select, Table, TextArea, useForm } from '../ui/form';
import { Whole } from '../ui/state';

const KINDS = ['sponsor', 'mirror', 'vendor', 'private'] as const;

function Health({ is }: { is: Registry }) {
    return (
        <>
            <Badge kind={is.state === 'up' ? 'good' : is.state === 'down' ? 'warn' : ''}>
                {is.state === 'up' ? <Icon name="check" /> : is.state === 'down' ? <Icon name="warning" /> : null}
                {t(`admin.registry.${is.state}` as Key)}
            </Badge>{' '}
            {is.message}{' '}
            {is.check_url === null ? <span class="quiet">{t('admin.registry.unchecked')}</span>
                : is.checked_at !== null ? <Time at={is.checked_at} /> : null}
        </>
    );
}

function Fields({ is, etag, done, reload }: {
    is: Registry | null; etag: string | null; done: () => void; reload: () => void;
}) {
    const form = useForm({
        start: {
            name: is?.name ?? '', kind: is?.kind ?? 'mirror', endpoint: is?.endpoint ?? '',
            weight: String(is?.weight ?? 1), patterns: (is?.patterns ?? ['*']).join('\n'), check_url: is?.check_url ?? '',
        },
        check: ({ weight }) => (/^\d{1,4}$/.test(weight.trim()) && Number(weight) <= 1000 ? {}
            : { weight: t('admin.registry.weight.wrong') }),
        etag,
        reload,
        send: async (values, more) => {
            const body = {
                kind: values.kind, endpoint: values.endpoint.trim(), weight: Number(values.weight),
                patterns: values.patterns.split(/\s+/).filter((one) => one !== ''),
                check_url: values.check_url.trim() === '' ? null : values.check_url.trim(),
            };
            await (is === null
                ? change('POST', '/registries', { body: { ...body, name: values.name.trim() }, ...more })
                : change('PATCH', url`/registries/${is.name}`, {
                    body, ...(more.etag !== undefined ? { etag: more.etag } : {}),
                }));
            done();
        },
    });
    return (
        <Form of={form} submit={t(is === null ? 'admin.registry.add' : 'save')} label={t('admin.registry.new')}
            more={is !== null ? <button type="button" onClick={done}>{t('cancel')}</button> : null}>
            {is === null
                ? <Field label={t('admin.registry.name')} required maxLength={64} autocomplete="off" autocapitalize="none"
                    spellcheck={false} {...form.text('name')} /> : null}
            <Field label={t('admin.registry.endpoint')} hint={t('admin.registry.endpoint.hint')} required maxLength={261}
                autocomplete="off" spellcheck={false} {...form.text('endpoint')} />
            <Select label={t('admin.registry.kind')}
                options={KINDS.map((value) => ({ value, name: t(`admin.registry.kind.${value}` as Key) }))}
                {...form.choice('kind')} />
            <Field label={t('admin.registry.weight')} hint={t('admin.registry.weight.hint')} inputMode="numeric" maxLength={4}
                autocomplete="off" {...form.text('weight')} />
            <TextArea label={t('admin.registry.patterns')} hint={t('admin.registry.patterns.hint')} spellcheck={false}
                {...form.text('patterns')} />
            <Field label={t('admin.registry.check')} hint={t('admin.registry.check.hint')} maxLength={512} autocomplete="off"
                spellcheck={false} {...form.text('check_url')} />
        </Form>
    );
}

function Edit({ name, done }: { name: string; done: () => void }) {
    const of = useData<Registry>(url`/registries/${name}`);
    return (
        <section class="panel">
            <h2>{t('admin.registry.edit', { name })}</h2>
            <Whole of={of}>{(is: Registry) => (
                <Fields key={of.answer?.etag} is={is} etag={of.answer?.etag ?? null} done={done} reload={of.reload} />
            )}</Whole>
        </section>
    );
}

function Registries() {
    const list = usePages<Registry>('/registries', true);
    const [edited, setEdited] = useState<string>();
    const done = (): void => {
        setEdited(undefined);
        list.reload();
        announce(t('saved'));
    };
    return (
        <>
            <p>{t('admin.registry.about')}</p>
            <Listing of={list} empty={<Empty title={t('admin.registry.none')}><p>{t('admin.registry.none.hint')}</p></Empty>}>
                {(items) => (
                    <Table label={t('admin.tab.registries')}
                        head={[t('admin.registry.name'), t('admin.registry.endpoint'), t('admin.registry.kind'),
                               t('admin.registry.weight'), t('admin.registry.patterns'), t('admin.registry.health'), '']}
                        numbers={[3]}
                        rows={items.map((is) => ({
                            key: is.name,
                            cells: [
                                <bdi>{is.name}</bdi>,
                                <bdi>{is.endpoint}</bdi>,
                                t(`admin.registry.kind.${is.kind}` as Key),
                                String(is.weight),
                                <code>{is.patterns.join(' ')}</code>,
                                <Health is={is} />,
                                <span class="actions">
                                    <button type="button" aria-label={t('admin.registry.edit', { name: is.name })}
                                        onClick={() => setEdited(is.name)}>{t('admin.registry.change')}</button>
                                    <Act is_danger label={t('admin.registry.remove.of', { name: is.name })}
                                        done={t('admin.registry.removed')} send={async () => {
                                            await change('DELETE', url`/registries/${is.name}`);
                                            list.reload();
                                        }}>{t('admin.registry.remove')}</Act>
                                </span>,
                            ],
                        }))} />
                )}
            </Listing>
            {edited !== undefined ? <Edit key={edited} name={edited} done={done} /> : (
                <details class="panel">
                    <summary>{t('admin.registry.new')}</summary>
                    <Fields key={list.items?.length} is={null} etag={null} done={done} reload={list.reload} />
                </details>
            )}
        </>
    );
}

export default function AdminRegistriesPage() {
    return <AdminPage current="registries">{() => <Registries />}</AdminPage>;
}
