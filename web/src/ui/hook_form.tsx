// hook_form.tsx: the fields of a webhook, for a new one and for one that is
// changed.

import type { ComponentChildren } from 'preact';

import type { Webhook } from '../api/types';
import { t, type Key } from '../lib/i18n';
import { Field, Form, Select, Switch, useForm, type FormOf } from './form';
import type { Kind } from './hooks';

export const FORMS = ['slipway', 'cloudevents', 'docker_hub', 'distribution', 'harbor', 'quay'] as const;
type FormName = (typeof FORMS)[number];
type EventName = Webhook['events'][number];

const EVENTS: EventName[] = ['push', 'delete', 'star', 'comment', 'visibility', 'member', 'remove'];

/** What a form has words for: docs/webhooks.md. */
const WORDS: Record<FormName, EventName[]> = {
    slipway: EVENTS,
    cloudevents: EVENTS,
    docker_hub: ['push'],
    quay: ['push'],
    distribution: ['push', 'delete'],
    harbor: ['push', 'delete'],
};

/** What can be asked for: events that a repository outlives are none of its own. */
export const eventsOf = (form: string, kind: Kind): EventName[] =>
    EVENTS.filter((event) => WORDS[form as FormName].includes(event)
        && (kind !== 'repository' || (event !== 'remove' && event !== 'member')));

type Values = {
    url: string; form: string; tag_pattern: string; host_in_name: boolean; authorization: string;
    has_authorization: boolean; is_enabled: boolean; events: string; after: string;
} & Record<`on.${string}`, boolean>;

const startOf = (is: Webhook | null): Values => ({
    url: is?.url ?? '',
    form: is?.form ?? 'slipway',
    tag_pattern: is?.tag_pattern ?? '',
    host_in_name: is?.host_in_name ?? false,
    authorization: '',
    has_authorization: is?.has_authorization ?? false,
    is_enabled: is?.is_enabled ?? true,
    events: '',
    after: is?.after !== null && is?.after !== undefined ? String(is.after) : '',
    ...Object.fromEntries(EVENTS.map((event) => [`on.${event}`, is === null ? event === 'push'
        : is.events.includes(event)])),
}) as Values;

function chosen(values: Values, kind: Kind): EventName[] {
    return eventsOf(values.form, kind).filter((event) => values[`on.${event}`]);
}

/** Only http and https, as the API takes them. */
function isAddress(text: string): boolean {
    try {
        const { protocol, username, password } = new URL(text);
        return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
    } catch {
        return false;
    }
}

/** What the request says; a secret that was not typed stays as it is. */
function bodyOf(values: Values, kind: Kind, is: Webhook | null): Record<string, unknown> {
    const after = values.after.trim();
    return {
        url: values.url.trim(),
        form: values.form,
        events: chosen(values, kind),
        tag_pattern: values.tag_pattern.trim() === '' ? null : values.tag_pattern.trim(),
        host_in_name: values.form === 'docker_hub' && values.host_in_name,
        ...(after !== '' || is?.after ? { after: after === '' ? null : Number(after) } : {}),
        ...(values.authorization !== '' ? { authorization: values.authorization }
            : is?.has_authorization && !values.has_authorization ? { authorization: null } : {}),
        ...(is !== null ? { is_enabled: values.is_enabled } : {}),
    };
}

export function HookForm({ kind, is, etag, others, send, submit, more, reload }: {
    kind: Kind; is: Webhook | null; etag?: string | null;
    /** Webhooks that this one may come after. */
    others: Webhook[];
    send: (body: object, more: { key?: string; etag?: string }) => Promise<unknown>;
    submit: string; more?: ComponentChildren; reload?: () => void;
}) {
    const form: FormOf<Values> = useForm<Values>({
        start: startOf(is),
        check: (values) => ({
            ...(isAddress(values.url.trim()) ? {} : { url: t('hooks.url.wrong') }),
            ...(chosen(values, kind).length > 0 ? {} : { events: t('hooks.events.none') }),
        }),
        etag,
        send: (values, said) => send(bodyOf(values, kind, is), said),
        ...(reload !== undefined ? { reload } : {}),
    });
    const { values } = form;
    const fault = form.text('events').error;
    return (
        <Form of={form} submit={submit} label={t('hooks.form')} more={more}>
            <Field label={t('hooks.url')} hint={t('hooks.url.hint')} type="url" inputMode="url" required maxLength={2048}
                autocomplete="off" spellcheck={false} {...form.text('url')} />
            <Select label={t('hooks.body')} hint={t('hooks.body.hint')}
                options={FORMS.map((value) => ({ value, name: t(`hooks.form.${value}` as Key) }))}
                {...form.choice('form')} />
            <fieldset class={`field${fault ? ' wrong' : ''}`}>
                <legend>{t('hooks.events')}</legend>
                {eventsOf(values.form, kind).map((event, i) => (
                    <Switch key={event} label={t(`hooks.event.${event}` as Key)}
                        hint={t(`hooks.hint.${event}` as Key)}
                        {...form.flag(`on.${event}`)} error={i === 0 ? fault : undefined} />
                ))}
            </fieldset>
            <Field label={t('hooks.pattern')} hint={t('hooks.pattern.hint')} maxLength={128} autocomplete="off"
                spellcheck={false} {...form.text('tag_pattern')} />
            {values.form === 'docker_hub'
                ? <Switch label={t('hooks.host')} hint={t('hooks.host.hint')} {...form.flag('host_in_name')} /> : null}
            {others.length > 0 ? (
                <Select label={t('hooks.after')} hint={t('hooks.after.hint')}
                    options={[{ value: '', name: t('none') }, ...others.map((one) => ({
                        value: String(one.id), name: `${one.id}: ${one.url}`,
                    }))]} {...form.choice('after')} />
            ) : null}
            {is?.has_authorization
                ? <Switch label={t('hooks.authorization.keep')} {...form.flag('has_authorization')} /> : null}
            <Field label={t('hooks.authorization')} hint={t(is?.has_authorization ? 'hooks.authorization.replace'
                : 'hooks.authorization.hint')} type="password" autocomplete="off" spellcheck={false}
                maxLength={512} {...form.text('authorization')} />
            {is !== null
                ? <Switch label={t('hooks.enabled')} hint={t('hooks.enabled.hint')} {...form.flag('is_enabled')} /> : null}
        </Form>
    );
}
