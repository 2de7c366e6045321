// robots.tsx: accounts of programs, of a namespace or of one repository: their
// list, making one, when their secret ends, how to log in with it, another one.

import { useState } from 'preact/hooks';

import { change } from '../api/client';
import type { Robot, RobotWithSecret } from '../api/types';
import { useData, usePages, type Data } from '../lib/data';
import { moment } from '../lib/format';
import { t } from '../lib/i18n';
import { linesOf } from '../lib/profile';
import { go, to } from '../lib/route';
import { site } from '../lib/site';
import { Badge, Command, Time, useTitle } from './common';
import { ConfirmByName, Field, Form, Listing, SecretOnce, Select, Switch, Table, TextArea, useForm,
    type Option } from './form';
import { RoleHelp, roleOptions } from './roles';
import { Whole } from './state';

/** Whose robots they are. */
export interface Place {
    /** The namespace or the repository. */
    of: string;
    namespace: string;
    /** Of the API. */
    path: string;
    /** Segments of the page that lists them. */
    page: readonly string[];
    /** Those of a namespace say on which repositories. */
    has_patterns: boolean;
}

const DAY = 86_400_000;
const SOON = 14;
const DAYS = [30, 90, 365] as const;

/** How long a secret is valid; '': for ever. */
export const expiryOptions = (): Option[] => [
    ...DAYS.map((count) => ({ value: String(count), name: t('robots.days', { count }) })),
    { value: '', name: t('robots.never') },
];

/** As the API takes it: left out means never. */
export const expiry = (days: string): { expires_in_days?: number } =>
    (days === '' ? {} : { expires_in_days: Number(days) });

/** When a secret ends: past, soon, later, never. */
export function Expiry({ at }: { at: string | null }) {
    const date = moment(at);
    if (date === null) {
        return <>{t('robots.never')}</>;
    }
    const days = Math.ceil((date.getTime() - Date.now()) / DAY);
    return (
        <>
            <Time at={at} />{' '}
            {days <= 0 ? <Badge kind="warn">{t('robots.expired')}</Badge>
                : days <= SOON ? <Badge kind="warn">{t('robots.soon', { count: days })}</Badge> : null}
        </>
    );
}

export function RobotState({ of }: { of: Robot }) {
    return of.is_disabled ? <Badge kind="warn">{t('robots.disabled')}</Badge> : <>{t('robots.enabled')}</>;
}

/** A secret just made, and the command that uses it; a name with "+" needs no quotes. */
export function RobotSecret({ of, close }: { of: RobotWithSecret; close: () => void }) {
    const label = t('robots.login');
    return (
        <SecretOnce title={t('robots.secret', { login: of.login })} secret={of.secret}
            what={t('robots.secret.copy', { login: of.login })} close={close}>
            <h3>{label}</h3>
            <p>{t('robots.login.hint')}</p>
            <Command text={`docker login -u ${of.login} --password-stdin ${site.registry}`} label={label} />
            <p>{t('robots.ends')} <Expiry at={of.expires_at} /></p>
        </SecretOnce>
    );
}

const START = { name: '', description: '', role: 'read', repositories: '', days: '90' };

function Create({ place, made }: { place: Place; made: (robot: RobotWithSecret) => void }) {
    const form = useForm({
        start: START,
        check: ({ name, repositories }) => ({
            ...(/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(name.trim()) && name.trim().length >= 2
                ? {} : { name: t('settings.name.wrong') }),
            ...(linesOf(repositories).every((line) => /^[a-z0-9._/*-]{1,128}$/.test(line))
                ? {} : { repositories: t('roles.pattern.wrong') }),
        }),
        codes: { already_exists: t('robots.exists') },
        fields: { expires_in_days: 'days' },
        done: t('robots.made'),
        send: async (values, more) => {
            const patterns = linesOf(values.repositories);
            const { data } = await change<RobotWithSecret>('POST', place.path, {
                ...more,
                body: {
                    name: values.name.trim(), description: values.description.trim(), role: values.role,
                    ...(patterns.length > 0 ? { repositories: patterns } : {}), ...expiry(values.days),
                },
            });
            form.reset(START);
            made(data);
        },
    });
    return (
        <section class="panel" aria-labelledby="create">
            <h2 id="create">{t('robots.create')}</h2>
            <Form of={form} submit={t('robots.create')}>
                <Field label={t('robots.name')} hint={t('robots.name.hint', { namespace: place.namespace })} autocomplete="off"
                    autocapitalize="none" spellcheck={false} maxLength={64} {...form.text('name')} />
                <Field label={t('robots.description')} autocomplete="off" dir="auto" maxLength={100}
                    {...form.text('description')} />
                <Select label={t('roles.role')} options={roleOptions()} {...form.choice('role')} />
                {place.has_patterns ? <TextArea label={t('robots.repositories')} rows={3} spellcheck={false} autocapitalize="none"
                    hint={t('robots.repositories.hint', { namespace: place.namespace })} {...form.text('repositories')} /> : null}
                <Select label={t('robots.expiry')} options={expiryOptions()} {...form.choice('days')} />
            </Form>
            <RoleHelp />
        </section>
    );
}

export function Robots({ place }: { place: Place }) {
    const list = usePages<Robot>(place.path);
    const [made, setMade] = useState<RobotWithSecret>();
    return (
        <>
            <p>{t(place.has_patterns ? 'robots.hint' : 'robots.hint.repository')}</p>
            {made !== undefined ? <RobotSecret of={made} close={() => setMade(undefined)} /> : null}
            <Listing of={list} empty={t('robots.none')}>{(items) => (
                <Table label={t('settings.tab.robots')}
                    head={[t('roles.robot'), t('robots.description'), t('robots.state'), t('robots.used'),
                        t('robots.expires')]}
                    rows={items.map((of) => ({
                        key: of.name,
                        cells: [
                            <a href={to([...place.page, of.name])}>
                                <bdi>{of.login}</bdi></a>,
                            <bdi>{of.description}</bdi>, <RobotState of={of} />,
                            of.used_at !== null ? <Time at={of.used_at} /> : t('robots.unused'),
                            <Expiry at={of.expires_at} />,
                        ],
                    }))} />
            )}</Listing>
            <Create place={place} made={(robot) => {
                setMade(robot);
                list.reload();
            }} />
        </>
    );
}

function Edit({ of, path, data }: { of: Robot; path: string; data: Data<Robot> }) {
    const form = useForm({
        start: { description: of.description, is_disabled: of.is_disabled },
        etag: data.answer?.etag,
        reload: data.reload,
        send: async ({ description, is_disabled }, more) => {
            data.put(await change<Robot>('PATCH', path, {
                ...more, body: { description: description.trim(), is_disabled },
            }));
        },
    });
    return (
        <section class="panel" aria-labelledby="edit">
            <h2 id="edit">{t('robots.edit')}</h2>
            <Form of={form}>
                <Field label={t('robots.description')} autocomplete="off" dir="auto" maxLength={100}
                    {...form.text('description')} />
                <Switch label={t('robots.disable')} hint={t('robots.disable.hint')} {...form.flag('is_disabled')} />
            </Form>
        </section>
    );
}

const GRACE = ['0', '1', '24', '168'] as const;

function Rotate({ path, made }: { path: string; made: (robot: RobotWithSecret) => void }) {
    const form = useForm({
        start: { days: '90', grace: '24' },
        fields: { expires_in_days: 'days', grace_hours: 'grace' },
        done: t('robots.rotated'),
        send: async ({ days, grace }, more) => {
            const { data } = await change<RobotWithSecret>('POST', `${path}/rotation`, {
                ...more, body: { grace_hours: Number(grace), ...expiry(days) },
            });
            made(data);
        },
    });
    return (
        <section class="panel" aria-labelledby="rotate">
            <h2 id="rotate">{t('robots.rotate')}</h2>
            <p>{t('robots.rotate.hint')}</p>
            <Form of={form} submit={t('robots.rotate')}>
                <Select label={t('robots.expiry')} options={expiryOptions()} {...form.choice('days')} />
                <Select label={t('robots.grace')} options={GRACE.map((value) => ({
                    value, name: value === '0' ? t('robots.grace.none') : t('robots.hours', { count: Number(value) }),
                }))} {...form.choice('grace')} />
            </Form>
        </section>
    );
}

export function OneRobot({ place, robot }: { place: Place; robot: string }) {
    const path = `${place.path}/${encodeURIComponent(robot)}`;
    const data = useData<Robot>(path);
    const [made, setMade] = useState<RobotWithSecret>();
    useTitle(place.of, t('settings'), `${place.namespace}+${robot}`);
    return (
        <Whole of={data}>{(of: Robot) => (
            <>
                <h2><bdi>{of.login}</bdi></h2>
                {made !== undefined ? <RobotSecret of={made} close={() => setMade(undefined)} /> : null}
                <section class="panel">
                    <dl class="pairs">
                        <dt>{t('robots.state')}</dt><dd><RobotState of={of} /></dd>
                        <dt>{t('robots.secret.hint')}</dt><dd><code>{of.hint}</code></dd>
                        <dt>{t('robots.expires')}</dt><dd><Expiry at={of.expires_at} /></dd>
                        <dt>{t('robots.used')}</dt>
                        <dd>{of.used_at !== null ? <Time at={of.used_at} /> : t('robots.unused')}</dd>
                        <dt>{t('repository.created')}</dt><dd><Time at={of.created_at} /></dd>
                    </dl>
                    {place.has_patterns ? (
                        <p><a href={to(['namespaces', place.namespace, 'settings', 'access'], { login: of.login })}>
                            {t('robots.roles')}</a></p>
                    ) : null}
                </section>
                <Edit of={of} path={path} data={data} />
                <Rotate path={path} made={(secret) => {
                    setMade(secret);
                    data.reload();
                }} />
                <ConfirmByName name={of.login} title={t('robots.delete')} submit={t('robots.delete')}
                    send={async () => {
                        await change('DELETE', path);
                        go(to(place.page));
                    }}>
                    <p>{t('robots.delete.hint')}</p>
                </ConfirmByName>
            </>
        )}</Whole>
    );
}
