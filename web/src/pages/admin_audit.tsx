// admin_audit.tsx: who did what, from where and when, with filters that stand in
// the address, and all of it as a file.

import { useEffect, useRef, useState } from 'preact/hooks';

import { ApiError, lines, query } from '../api/client';
import type { AuditEvent } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { here, setQuery, to } from '../lib/route';
import { AdminPage } from '../ui/admin';
import { announce, Time } from '../ui/common';
import { Empty, Field, Listing, Select, Table } from '../ui/form';
import { ErrorBox } from '../ui/state';

const ACTIONS: AuditEvent['action'][] = [
    'session.create', 'session.fail', 'session.end', 'account.create', 'account.edit', 'account.password',
    'account.disable', 'account.enable', 'account.admin', 'account.delete', 'invitation.create', 'invitation.revoke',
    'token.create', 'token.edit', 'token.rotate', 'token.revoke', 'namespace.edit', 'namespace.owner',
    'organization.create', 'organization.delete', 'member.set', 'member.remove', 'member.invite', 'member.accept',
    'member.decline', 'team.create', 'team.delete', 'team.add', 'team.remove', 'role.set', 'role.remove',
    'repository.create', 'repository.edit', 'repository.delete', 'repository.visibility', 'tag.delete',
    'robot.create', 'robot.edit', 'robot.rotate', 'robot.delete', 'webhook.create', 'webhook.edit', 'webhook.delete',
    'webhook.rotate', 'webhook.test', 'webhook.redeliver', 'star.add', 'star.remove', 'comment.create',
    'comment.edit', 'comment.delete', 'comment.report', 'comment.hide', 'comment.show', 'registry.add',
    'registry.edit', 'registry.remove',
];
const FILTERS = ['actor', 'action', 'target', 'address', 'since', 'until'] as const;
type Filters = Record<(typeof FILTERS)[number], string>;

/** A time of the reader's zone, as its field has it, for the API; '' is none. */
export function utcOf(local: string): string {
    const date = new Date(local);
    return local === '' || Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 19)}Z`;
}

function filtersOf(said: URLSearchParams): Filters {
    return Object.fromEntries(FILTERS.map((name) => [name, said.get(name) ?? ''])) as Filters;
}

/** The path of the list; the export has the same one. */
const pathOf = (is: Filters, limit?: number): string => query('/audit-events', {
    ...is, since: utcOf(is.since), until: utcOf(is.until), limit,
});

function save(parts: string[], name: string): void {
    const href = URL.createObjectURL(new Blob(parts, { type: 'application/x-ndjson' }));
    const link = document.createElement('a');
    link.href = href;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** All events that the filters leave, page behind page, as one file. */
function Export({ is }: { is: Filters }) {
    const abort = useRef<AbortController | undefined>(undefined);
    const [n, setN] = useState<number>();
    const [error, setError] = useState<ApiError>();
    useEffect(() => () => abort.current?.abort(), []);
    const run = async (): Promise<void> => {
        const controller = new AbortController();
        const parts: string[] = [];
        abort.current = controller;
        setError(undefined);
        let count = 0;
        setN(count);
        try {
            for (let path: string | null = pathOf(is, 100); path !== null;) {
                const page: { text: string; next: string | null } = await lines(path, controller.signal);
                parts.push(page.text);
                count += page.text.split('\n').length - 1;
                setN(count);
                path = page.next;
            }
            save(parts, 'audit.jsonl');
            announce(t('admin.audit.exported', { count }));
        } catch (failed) {
            if (!controller.signal.aborted) {
                setError(failed instanceof ApiError ? failed : new ApiError(0, null));
            }
        } finally {
            setN(undefined);
        }
    };
    return (
        <>
            <p class="actions">
                {n === undefined
                    ? <button type="button" onClick={() => void run()}>{t('admin.audit.export')}</button>
                    : <button type="button" onClick={() => abort.current?.abort()}>{t('cancel')}</button>}
                <span class="quiet" role="status">
                    {n === undefined ? t('admin.audit.export.hint') : t('admin.audit.exporting', { count: n })}</span>
            </p>
            {error !== undefined ? <ErrorBox error={error} /> : null}
        </>
    );
}

function FilterForm({ is }: { is: Filters }) {
    const [values, setValues] = useState(is);
    const set = (more: Partial<Filters>): void => setValues({ ...values, ...more });
    const bound = (name: keyof Filters) => ({
        name, value: values[name], autocomplete: 'off', spellcheck: false,
        onInput: (event: { currentTarget: { value: string } }) => set({ [name]: event.currentTarget.value }),
    });
    return (
        <form class="form fields" role="search" aria-label={t('admin.audit.filters')} onSubmit={(event) => {
            event.preventDefault();
            setQuery(Object.fromEntries(FILTERS.map((name) => [name, values[name].trim()])));
        }}>
            <Field label={t('admin.audit.who')} maxLength={64} autocapitalize="none" {...bound('actor')} />
            <Select label={t('admin.audit.what')} name="action" value={values.action} onChange={(action) => set({ action })}
                options={[{ value: '', name: t('admin.audit.all') }, ...ACTIONS.map((value) => ({ value, name: value }))]} />
            <Field label={t('admin.audit.target')} maxLength={255} {...bound('target')} />
            <Field label={t('admin.audit.where')} maxLength={64} {...bound('address')} />
            <Field label={t('admin.audit.since')} type="datetime-local" {...bound('since')} />
            <Field label={t('admin.audit.until')} type="datetime-local" {...bound('until')} />
            <p class="actions">
                <button type="submit" class="primary">{t('admin.audit.show')}</button>
                <button type="button" onClick={() => {
                    setValues(filtersOf(new URLSearchParams()));
                    setQuery(filtersOf(new URLSearchParams()));
                }}>{t('admin.audit.clear')}</button>
            </p>
        </form>
    );
}

function Audit() {
    const is = filtersOf(here.value.query);
    const list = usePages<AuditEvent>(pathOf(is), true);
    return (
        <>
            <FilterForm key={FILTERS.map((name) => is[name]).join('\n')} is={is} />
            <Export is={is} />
            <Listing of={list} empty={<Empty title={t('admin.audit.none')} />}>
                {(items) => (items.length === 0 ? <p>{t('admin.audit.further')}</p> : (
                    <Table label={t('admin.tab.audit')}
                        head={[t('admin.audit.when'), t('admin.audit.who'), t('admin.audit.what'), t('admin.audit.target'),
                               t('admin.audit.where'), t('admin.audit.more')]}
                        rows={items.map((one) => ({
                            key: one.id,
                            cells: [
                                <Time at={one.at} is_whole />,
                                <>
                                    {one.actor !== '' ? <a href={to(['admin', 'accounts', one.actor])}>
                                        <bdi>{one.actor}</bdi></a> : null}{' '}
                                    <span class="quiet">{t(`admin.audit.kind.${one.actor_kind}`)}</span>
                                </>,
                                <code>{one.action}</code>,
                                <bdi>{one.target}</bdi>,
                                <bdi>{one.address}</bdi>,
                                <>
                                    {one.count > 1 ? <span>{t('admin.audit.count', { count: one.count })} </span> : null}
                                    {Object.keys(one.data).length > 0 ? <code>{JSON.stringify(one.data)}</code> : null}
                                </>,
                            ],
                        }))} />
                ))}
            </Listing>
        </>
    );
}

export default function AdminAuditPage() {
    return <AdminPage current="audit">{() => <Audit />}</AdminPage>;
}
