// comments.tsx: what people say of a repository.

import { useState } from 'preact/hooks';

import { change, query, session, url } from '../api/client';
import type { Comment, Repository } from '../api/types';
import { useData, usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { Avatar, Badge, Time, useTitle } from '../ui/common';
import { Act, Field, Form, Listing, TextArea, useForm } from '../ui/form';
import { Markup } from '../ui/markup';
import { RepositoryTabs } from '../ui/repository';
import { Whole } from '../ui/state';

const TEXT_MAX = 2000;

/** A comment in a form: a new one, or one that is changed. */
function Write({ name, of, done }: { name: string; of?: Comment; done: () => void }) {
    const form = useForm({
        start: { text: of?.text ?? '' },
        check: ({ text }) => (text.trim() === '' ? { text: t('comments.empty') } : {}),
        send: async ({ text }, more) => {
            if (of === undefined) {
                await change('POST', url`/repositories/${name}/comments`, { body: { text }, ...more });
                form.reset({ text: '' });
            } else {
                await change('PATCH', url`/repositories/${name}/comments/${String(of.id)}`,
                             { body: { text }, etag: '*' });
            }
            done();
        },
        done: t('comments.sent'),
    });
    return (
        <Form of={form} submit={t(of === undefined ? 'comments.send' : 'save')}
            label={t(of === undefined ? 'comments.new' : 'comments.edit')}>
            <TextArea label={t(of === undefined ? 'comments.new' : 'comments.edit')} hint={t('comments.hint')}
                maxLength={TEXT_MAX} {...form.text('text')} />
        </Form>
    );
}

function ReportForm({ name, of, done }: { name: string; of: Comment; done: () => void }) {
    const form = useForm({
        start: { reason: '' },
        check: ({ reason }) => (reason.trim() === '' ? { reason: t('comments.reason.empty') } : {}),
        send: async ({ reason }) => {
            await change('POST', url`/repositories/${name}/comments/${String(of.id)}/reports`, { body: { reason } });
            done();
        },
        done: t('comments.reported'),
    });
    return (
        <Form of={form} submit={t('comments.report')} label={t('comments.report')}>
            <Field label={t('comments.reason')} maxLength={255} {...form.text('reason')} />
        </Form>
    );
}

type Open = 'edit' | 'report' | 'delete' | null;

function Actions({ name, of, role, reload }: {
    name: string; of: Comment; role: Repository['role']; reload: () => void;
}) {
    const [open, setOpen] = useState<Open>(null);
    const login = session.value?.login ?? null;
    const is_mine = of.author !== null && of.author === login;
    const who = of.author ?? t('comments.gone');
    if (login === null) {
        return null;
    }
    const toggle = (which: Open): void => setOpen(open === which ? null : which);
    const close = (): void => {
        setOpen(null);
        reload();
    };
    const path = url`/repositories/${name}/comments/${String(of.id)}`;
    return (
        <>
            <p class="actions">
                {is_mine ? <button type="button" aria-expanded={open === 'edit'} onClick={() => toggle('edit')}>
                    {t('comments.edit')}</button> : null}
                {is_mine || role === 'admin' ? (
                    <button type="button" aria-expanded={open === 'delete'} onClick={() => toggle('delete')}
                        aria-label={t('comments.delete.of', { login: who })}>{t('comments.delete')}</button>
                ) : null}
                {is_mine ? null : (
                    <button type="button" aria-expanded={open === 'report'} onClick={() => toggle('report')}
                        aria-label={t('comments.report.of', { login: who })}>{t('comments.report')}</button>
                )}
                {role === 'admin' ? (
                    <Act send={async () => {
                        await change('PUT', `${path}/moderation`, { body: { is_hidden: !of.is_hidden } });
                        reload();
                    }}>{t(of.is_hidden ? 'comments.unhide' : 'comments.hide')}</Act>
                ) : null}
            </p>
            {open === 'edit' ? <Write name={name} of={of} done={close} /> : null}
            {open === 'report' ? <ReportForm name={name} of={of} done={() => setOpen(null)} /> : null}
            {open === 'delete' ? (
                <p class="actions">
                    {t('comments.delete.sure')}
                    <Act is_danger done={t('comments.deleted')} send={async () => {
                        await change('DELETE', path);
                        reload();
                    }}>{t('comments.delete')}</Act>
                    <button type="button" onClick={() => setOpen(null)}>{t('cancel')}</button>
                </p>
            ) : null}
        </>
    );
}

function One({ name, of, role, reload }: {
    name: string; of: Comment; role: Repository['role']; reload: () => void;
}) {
    return (
        <li class="card">
            <p class="facts">
                <Avatar name={of.author ?? '?'} />
                {of.author !== null ? <a href={to(['namespaces', of.author])}><bdi>{of.author}</bdi></a>
                    : t('comments.gone')}
                <Time at={of.created_at} />
                {of.edited_at !== null ? <span>{t('comments.edited')} <Time at={of.edited_at} /></span> : null}
                {of.is_hidden ? <Badge kind="warn">{t('comments.hidden')}</Badge> : null}
            </p>
            <div dir="auto">{of.html !== null ? <Markup html={of.html} /> : <pre class="document" tabIndex={0}>{of.text}</pre>}</div>
            <Actions name={name} of={of} role={role} reload={reload} />
        </li>
    );
}

export default function CommentsPage({ name }: { name: string }) {
    const repository = useData<Repository>(url`/repositories/${name}`);
    const of = usePages<Comment>(query(url`/repositories/${name}/comments`, { limit: 25 }), true);
    const who = session.value;
    useTitle(name, t('repository.comments'));
    return (
        <Whole of={repository} rows={6}>{(is: Repository) => (
            <>
                <RepositoryTabs name={name} current="comments" role={is.role} />
                {who?.login ? <Write name={name} done={of.reload} /> : who !== undefined ? (
                    <p><a href={to(['login'], { next: location.pathname })}>{t('comments.login')}</a></p>
                ) : null}
                <Listing of={of} empty={t('comments.none')}>{(items) => (
                    <ul class="cards">{items.map((one) => (
                        <One key={one.id} name={name} of={one} role={is.role} reload={of.reload} />
                    ))}</ul>
                )}</Listing>
            </>
        )}</Whole>
    );
}
