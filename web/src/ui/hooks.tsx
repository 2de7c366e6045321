// hooks.tsx: what all pages of webhooks share: whose they are, how they fare,
// and why a delivery failed.

import type { ComponentChildren } from 'preact';

import { url } from '../api/client';
import type { Webhook, WebhookAttempt } from '../api/types';
import { absolute } from '../lib/format';
import { language, t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { AdminPage } from './admin';
import { Badge, Icon, Time } from './common';
import { NamespaceSettings } from './namespace_settings';
import { RepositorySettings } from './repository_settings';

/** What the address names: a repository, a namespace, or neither. */
export interface Owner {
    name?: string;
    namespace?: string;
}

export type Kind = 'repository' | 'namespace' | 'installation';

export const kindOf = ({ name, namespace }: Owner): Kind =>
    (name !== undefined ? 'repository' : namespace !== undefined ? 'namespace' : 'installation');

/** Path of the API below which the webhooks are. */
export function apiOf({ name, namespace }: Owner): string {
    return name !== undefined ? url`/repositories/${name}/webhooks`
        : namespace !== undefined ? url`/namespaces/${namespace}/webhooks` : '/webhooks';
}

/** Address of their list, or of what is below it. */
export function hooksAt({ name, namespace }: Owner, ...rest: string[]): string {
    return to(name !== undefined ? ['repositories', name, 'settings', 'webhooks', ...rest]
        : namespace !== undefined ? ['namespaces', namespace, 'settings', 'webhooks', ...rest]
            : ['admin', 'webhooks', ...rest]);
}

/** The page around; children are made for those who may see webhooks. */
export function Around({ owner, children }: { owner: Owner; children: () => ComponentChildren }) {
    if (owner.name !== undefined) {
        return <RepositorySettings name={owner.name} current="webhooks">{children}</RepositorySettings>;
    }
    if (owner.namespace !== undefined) {
        return <NamespaceSettings namespace={owner.namespace} current="webhooks">{children}</NamespaceSettings>;
    }
    return <AdminPage current="webhooks">{children}</AdminPage>;
}

/** Says where one is below the list. */
export function Back({ owner, id }: { owner: Owner; id?: string }) {
    return (
        <p>
            <a href={hooksAt(owner)}>{t('hooks.all')}</a>
            {id !== undefined ? <> / <a href={hooksAt(owner, id)}>{t('hooks.number', { id })}</a></> : null}
        </p>
    );
}

// --- how a webhook fares -----------------------------------------------------

export type Fare = 'off' | 'paused' | 'failing' | 'healthy' | 'unused';

export type Faring = Pick<Webhook, 'is_enabled' | 'paused_until' | 'failures' | 'last_attempt'>;

export function fareOf(is: Faring): Fare {
    return !is.is_enabled ? 'off'
        : is.paused_until !== null ? 'paused'
            : is.failures > 0 ? 'failing'
                : is.last_attempt !== null ? 'healthy' : 'unused';
}

export function State({ is }: { is: Faring }) {
    const fare = fareOf(is);
    return (
        <Badge kind={fare === 'healthy' ? 'good' : fare === 'unused' ? '' : 'warn'}>
            {fare === 'healthy' ? <Icon name="check" /> : fare === 'unused' ? null : <Icon name="warning" />}
            {t(`hooks.fare.${fare}` as Key)}
        </Badge>
    );
}

/** What stops a webhook, in sentences. */
export function Trouble({ is }: { is: Webhook }) {
    const fare = fareOf(is);
    const last = is.last_attempt;
    if (fare === 'healthy' || fare === 'unused') {
        return null;
    }
    const until = is.paused_until !== null ? new Date(is.paused_until) : null;
    return (
        <div class="failure" role="note" aria-label={t('hooks.trouble')}>
            <Icon name="warning" />
            <div>
                {fare === 'off' ? (
                    <p class="strong">{is.off_reason !== null
                        ? t('hooks.off.by', { reason: is.off_reason }) : t('hooks.off.person')}</p>
                ) : (
                    <p class="strong">{t('hooks.failures', { count: is.failures })}</p>
                )}
                {until !== null
                    ? <p>{t('hooks.paused', { until: absolute(until, language.value) })}</p> : null}
                {is.failing_since !== null
                    ? <p>{t('hooks.since')} <Time at={is.failing_since} /></p> : null}
                {last !== null && !isGood(last.status) ? <Why status={last.status} error={last.error} /> : null}
                {fare === 'off' && is.off_reason !== null ? <p>{t('hooks.off.again')}</p> : null}
            </div>
        </div>
    );
}

// --- why an attempt failed ---------------------------------------------------

export const isGood = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

/** What a person can do about an answer. */
function adviceOf(status: number | null): Key {
    if (status === null) {
        return 'hooks.advice.none';
    }
    switch (status) {
    case 401:
    case 403:
        return 'hooks.advice.refused';
    case 404:
    case 405:
        return 'hooks.advice.missing';
    case 410:
        return 'hooks.advice.gone';
    case 413:
        return 'hooks.advice.large';
    case 429:
        return 'hooks.advice.often';
    default:
        return status >= 500 ? 'hooks.advice.fault' : status >= 300 && status < 400 ? 'hooks.advice.redirect'
            : 'hooks.advice.unknown';
    }
}

/** The fact of a failure, and what to do. */
export function Why({ status, error }: { status: number | null; error: string | null }) {
    return (
        <>
            <p>{status !== null ? t('hooks.why.status', { status: String(status) })
                : t('hooks.why.none', { error: error ?? t('unknown') })}</p>
            <p>{t(adviceOf(status))}</p>
        </>
    );
}

/** "200 in 34 ms", or why there was no answer. */
export function Outcome({ of }: { of: { status: number | null; error: string | null; milliseconds: number | null } }) {
    if (of.milliseconds === null) {
        return <span class="quiet">{t('hooks.unsent')}</span>;
    }
    const took = new Intl.NumberFormat(language.value, { style: 'unit', unit: 'millisecond' }).format(of.milliseconds);
    return (
        <span class={isGood(of.status) ? 'good' : 'bad'}>
            <Icon name={isGood(of.status) ? 'check' : 'warning'} />{' '}
            {of.status !== null ? t('hooks.answered', { status: String(of.status), took })
                : <><bdi>{of.error}</bdi> ({took})</>}
        </span>
    );
}

/** Text of others: as text, in a box that scrolls. */
function Raw({ title, text }: { title: string; text: string }) {
    return (
        <>
            <h4>{title}</h4>
            {text === '' ? <p class="quiet">{t('none')}</p>
                : <pre class="document short" tabIndex={0} role="region" aria-label={title}><code>{text}</code></pre>}
        </>
    );
}

/** JSON with its lines, if it is JSON and was not cut. */
function laidOut(body: string): string {
    try {
        return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
        return body;
    }
}

/** One attempt: what was sent and what came back. */
export function Attempt({ of, n, is_open }: { of: WebhookAttempt; n: number; is_open: boolean }) {
    return (
        <details class="panel attempt" open={is_open}>
            <summary>
                <h3>{t('hooks.attempt', { n })}</h3> <Time at={of.at} is_whole /> <Outcome of={of} />
            </summary>
            {isGood(of.status) ? null
                : <div class="failure" role="note"><Icon name="warning" /><div>
                    <Why status={of.status} error={of.error} /></div></div>}
            <div class="halves">
                <section aria-label={t('hooks.request', { n })}>
                    <Raw title={t('hooks.request.headers')} text={of.request_headers} />
                    <Raw title={t('hooks.request.body')} text={laidOut(of.request_body)} />
                </section>
                <section aria-label={t('hooks.response', { n })}>
                    {of.status === null ? <p>{t('hooks.response.none')}</p> : (
                        <>
                            <Raw title={t('hooks.response.headers')} text={of.response_headers} />
                            <Raw title={t('hooks.response.body')} text={of.response_body} />
                        </>
                    )}
                </section>
            </div>
            <p class="quiet">{t('hooks.cut')}</p>
        </details>
    );
}
