// repository_general.tsx: what is said of a repository, and who may see it.

import { change, url } from '../api/client';
import type { Repository } from '../api/types';
import type { Data } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { fault, linesOf, wordsOf } from '../lib/profile';
import { useState } from 'preact/hooks';
import { Meanwhile } from '../ui/edited';
import { Field, Form, Radios, TextArea, useForm, type Faults } from '../ui/form';
import { Preview } from '../ui/preview';
import { RepositorySettings } from '../ui/repository_settings';
import { Icon } from '../ui/common';

const VISIBILITIES = ['public', 'unlisted', 'internal', 'private'] as const;
type Visibility = typeof VISIBILITIES[number];

const valuesOf = (is: Repository) => ({
    description: is.description,
    page: is.page ?? '',
    topics: is.topics.join(' '),
    links: is.links.join('\n'),
});
type Values = ReturnType<typeof valuesOf>;
const FIELDS = ['description', 'page', 'topics', 'links'] as const;

function check(values: Values): Faults<Values> {
    const found: Faults<Values> = {};
    for (const name of FIELDS) {
        const key = fault(name, values[name]);
        if (key !== null) {
            found[name] = t(key);
        }
    }
    return found;
}

function Profile({ is, of }: { is: Repository; of: Data<Repository> }) {
    const [before, setBefore] = useState(valuesOf(is));
    const now = valuesOf(is);
    const form = useForm({
        start: before,
        check,
        etag: of.answer?.etag,
        reload: of.reload,
        send: async (values, more) => {
            const answer = await change<Repository>('PATCH', url`/repositories/${is.name}`, {
                ...more,
                body: {
                    description: values.description.trim(),
                    page: values.page,
                    topics: wordsOf(values.topics),
                    links: linesOf(values.links),
                },
            });
            setBefore(valuesOf(answer.data));
            of.put(answer);
        },
    });
    const take = (): void => {
        setBefore(now);
        form.reset(now);
    };
    return (
        <section class="panel" aria-labelledby="profile">
            <h2 id="profile">{t('settings.profile')}</h2>
            <Meanwhile take={take} changes={FIELDS.filter((name) => now[name] !== before[name])
                .map((name) => ({ label: t(`settings.${name}` as Key), now: now[name] }))} />
            <Form of={form}>
                <Field label={t('settings.description')} hint={t('settings.description.hint')} dir="auto"
                    autocomplete="off" {...form.text('description')} />
                <TextArea label={t('settings.page')} hint={t('settings.page.hint')} rows={14}
                    {...form.text('page')} />
                <Preview text={form.values.page} kind="page" />
                <Field label={t('settings.topics')} hint={t('settings.topics.hint')} autocomplete="off"
                    autocapitalize="none" {...form.text('topics')} />
                <TextArea label={t('settings.links')} hint={t('settings.links.hint')} rows={3} spellcheck={false}
                    {...form.text('links')} />
            </Form>
        </section>
    );
}

/** Who sees more than before, which cannot be taken back: what was pulled is gone. */
const widens = (from: Visibility, to: Visibility): boolean =>
    VISIBILITIES.indexOf(to) < VISIBILITIES.indexOf(from);

function Seen({ is, of }: { is: Repository; of: Data<Repository> }) {
    const form = useForm({
        start: { visibility: is.visibility as string },
        etag: of.answer?.etag,
        reload: of.reload,
        send: async (values, more) => {
            of.put(await change<Repository>('PATCH', url`/repositories/${is.name}`, {
                ...more, body: { visibility: values.visibility },
            }));
        },
    });
    const chosen = form.values.visibility as Visibility;
    const is_wider = widens(is.visibility, chosen);
    return (
        <section class="panel" aria-labelledby="seen">
            <h2 id="seen">{t('settings.visibility')}</h2>
            <Form of={form} submit={t('settings.visibility.set')} is_danger={is_wider}>
                <Radios label={t('settings.visibility.who')} {...form.choice('visibility')}
                    options={VISIBILITIES.map((value) => ({
                        value, name: t(`visibility.${value}` as Key), hint: t(`settings.visibility.${value}` as Key),
                    }))} />
                <div role="status">{is_wider ? (
                    <p class="warning"><Icon name="warning" />{t(`settings.visibility.wider.${chosen}` as Key)}</p>
                ) : null}</div>
            </Form>
        </section>
    );
}

export default function RepositoryGeneral({ name }: { name: string }) {
    return (
        <RepositorySettings name={name} current="general">{(is, of) => (
            <>
                <Profile is={is} of={of} />
                {is.role === 'admin' ? <Seen is={is} of={of} />
                    : <p class="quiet">{t('settings.visibility.maynot')}</p>}
            </>
        )}</RepositorySettings>
    );
}
