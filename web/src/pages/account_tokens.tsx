// account_tokens.tsx: access tokens: made, listed, rotated, revoked.

import { useState } from 'preact/hooks';

import { change, url } from '../api/client';
import type { AccessToken, AccessTokenWithSecret } from '../api/types';
import { usePages } from '../lib/data';
import { moment } from '../lib/format';
import { list, t, type Key } from '../lib/i18n';
import { site } from '../lib/site';
import { AccountPage } from '../ui/account';
import { Badge, Command, Field, Time } from '../ui/common';
import { Form, Listing, SecretOnce, Select, Sure, Switch, Table, TextArea, useForm } from '../ui/form';
import { Empty } from '../ui/state';

const ACTIONS = ['pull', 'push', 'delete', 'describe', 'manage'] as const;
const DAYS = ['7', '30', '90', '365', 'never'];
const GRACE = ['0', '1', '24', '168'];
const SOON = 7 * 86_400_000;

/** What was made just now: it is in this page only, and goes with it. */
interface Made {
    name: string;
    secret: string;
}

const daysOf = (value: string): number | null => (value === 'never' ? null : Number(value));

const dayOptions = () => DAYS.map((value) => ({
    value, name: value === 'never' ? t('tokens.never') : t('tokens.days', { count: Number(value) }),
}));

/** "app, team/*" or all, for the API and for people. */
const lines = (text: string): string[] => text.split(/[\s,]+/).filter((line) => line !== '');

function Making({ made }: { made: (made: Made) => void }) {
    const start = {
        name: '', repositories: '', expires: '90',
        pull: true, push: false, delete: false, describe: false, manage: false,
    };
    const form = useForm({
        start,
        done: t('tokens.made'),
        fields: { expires_in_days: 'expires', actions: 'pull' },
        check: (values) => ({
            name: values.name.trim() === '' ? t('tokens.name.missing') : undefined,
            pull: ACTIONS.some((action) => values[action]) ? undefined : t('tokens.actions.missing'),
            repositories: lines(values.repositories).every((line) => /^[a-z0-9._/*-]{1,255}$/.test(line))
                && lines(values.repositories).length <= 20 ? undefined : t('tokens.repositories.wrong'),
        }),
        send: async (values, more) => {
            const repositories = lines(values.repositories);
            const { data } = await change<AccessTokenWithSecret>('POST', '/access-tokens', {
                body: {
                    name: values.name.trim(),
                    actions: ACTIONS.filter((action) => values[action]),
                    ...(repositories.length > 0 ? { repositories } : {}),
                    expires_in_days: daysOf(values.expires),
                },
                ...more,
            });
            form.reset(start);
            made({ name: data.name, secret: data.secret });
        },
    });
    return (
        <section class="panel">
            <h2>{t('tokens.new')}</h2>
            <Form of={form} submit={t('tokens.make')} label={t('tokens.new')}>
                <Field label={t('form.name')} hint={t('tokens.name.hint')} maxLength={100} autocomplete="off"
                    dir="auto" {...form.text('name')} />
                <fieldset class="field">
                    <legend>{t('tokens.actions')}</legend>
                    {ACTIONS.map((action) => (
                        <Switch key={action} label={t(`tokens.action.${action}` as Key)}
                            hint={t(`tokens.hint.${action}` as Key)} {...form.flag(action)} />
                    ))}
                </fieldset>
                <TextArea label={t('tokens.repositories')} hint={t('tokens.repositories.hint')} rows={2}
                    spellcheck={false} autocapitalize="none" {...form.text('repositories')} />
                <Select label={t('tokens.expires')} options={dayOptions()} {...form.choice('expires')} />
            </Form>
        </section>
    );
}

function Rotating({ of, made, close }: {
    of: AccessToken; made: (made: Made) => void; close: () => void;
}) {
    const form = useForm({
        start: { expires: '90', grace: '24' },
        fields: { expires_in_days: 'expires', grace_hours: 'grace' },
        done: t('tokens.made'),
        send: async ({ expires, grace }, more) => {
            const { data } = await change<AccessTokenWithSecret>(
                'POST', url`/access-tokens/${String(of.id)}/rotation`,
                { body: { expires_in_days: daysOf(expires), grace_hours: Number(grace) }, ...more });
            made({ name: data.name, secret: data.secret });
        },
    });
    return (
        <section class="panel">
            <h2>{t('tokens.rotate.title', { name: of.name })}</h2>
            <p>{t('tokens.rotate.text')}</p>
            <Form of={form} submit={t('tokens.rotate')} more={
                <button type="button" onClick={close}>{t('cancel')}</button>}>
                <Select label={t('tokens.expires')} options={dayOptions()} {...form.choice('expires')} />
                <Select label={t('tokens.grace')} options={GRACE.map((value) => ({
                    value,
                    name: value === '0' ? t('tokens.grace.none') : t('tokens.hours', { count: Number(value) }),
                }))} {...form.choice('grace')} />
            </Form>
        </section>
    );
}

function Expiry({ at }: { at: string | null }) {
    const date = moment(at);
    if (at === null || date === null) {
        return <>{t('tokens.never')}</>;
    }
    const left = date.getTime() - Date.now();
    return (
        <>
            <Time at={at} />
            {left <= 0 ? <> <Badge kind="warn">{t('tokens.expired')}</Badge></>
                : left < SOON ? <> <Badge kind="warn">{t('tokens.soon')}</Badge></> : null}
        </>
    );
}

function Scope({ of }: { of: AccessToken }) {
    return (
        <>
            {list(of.actions.map((action) => t(`tokens.action.${action}` as Key)))}
            <br />
            <span class="quiet">{of.repositories.length === 0 ? t('tokens.all')
                : <bdi>{list(of.repositories)}</bdi>}</span>
        </>
    );
}

function Used({ of }: { of: AccessToken }) {
    return of.used_at === null ? <span class="quiet">{t('tokens.unused')}</span> : (
        <><Time at={of.used_at} /><br /><bdi class="quiet">{of.used_from}</bdi></>
    );
}

function Tokens({ login }: { login: string }) {
    const all = usePages<AccessToken>('/access-tokens');
    const [made, setMade] = useState<Made>();
    const [rotating, setRotating] = useState<AccessToken>();
    const isMade = (one: Made): void => {
        setMade(one);
        setRotating(undefined);
        all.reload();
    };
    const revoke = async (of: AccessToken): Promise<void> => {
        await change('DELETE', url`/access-tokens/${String(of.id)}`);
        all.reload();
    };
    return (
        <>
            <p class="lead">{t('tokens.text')}</p>
            {made !== undefined ? (
                <SecretOnce title={t('tokens.secret', { name: made.name })} secret={made.secret}
                    what={t('tokens.copy', { name: made.name })} close={() => setMade(undefined)}>
                    <p>{t('tokens.use')}</p>
                    <Command label={t('tokens.command')}
                        text={`docker login -u ${login} --password-stdin ${site.registry}`} />
                </SecretOnce>
            ) : null}
            {rotating !== undefined
                ? <Rotating key={rotating.id} of={rotating} made={isMade} close={() => setRotating(undefined)} />
                : null}
            <Listing of={all} empty={<Empty title={t('tokens.none')}><p>{t('tokens.none.hint')}</p></Empty>}>
                {(items) => (
                    <Table label={t('account.tab.tokens')}
                        head={[t('form.name'), t('tokens.scope'), t('tokens.expires'), t('tokens.used'), '']}
                        rows={items.map((of) => ({
                            key: of.id,
                            cells: [
                                <><bdi class="strong">{of.name}</bdi><br /><code>{of.hint}</code></>,
                                <Scope of={of} />,
                                <Expiry at={of.expires_at} />,
                                <Used of={of} />,
                                <span class="actions">
                                    <button type="button" aria-label={t('tokens.rotate.label', { name: of.name })}
                                        onClick={() => setRotating(of)}>{t('tokens.rotate')}</button>
                                    <Sure label={t('tokens.revoke.label', { name: of.name })}
                                        title={t('tokens.revoke.title', { name: of.name })}
                                        submit={t('tokens.revoke')} done={t('tokens.revoked')}
                                        send={() => revoke(of)}
                                        text={t('tokens.revoke.text')}>{t('tokens.revoke')}</Sure>
                                </span>,
                            ],
                        }))} />
                )}
            </Listing>
            <Making made={isMade} />
        </>
    );
}

export default function AccountTokens() {
    return <AccountPage current="tokens">{(login) => <Tokens login={login} />}</AccountPage>;
}
