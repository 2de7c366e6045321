// state.tsx: what a page shows while there is nothing to show, and when
// something failed: what, and what to do.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { ended, session, type ApiError } from '../api/client';
import type { Data } from '../lib/data';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { Heading, Icon, useTitle } from './common';

const SHOWN_AFTER = 150;
const LONG_AFTER = 10_000;

function useLater(milliseconds: number): boolean {
    const [is_later, setLater] = useState(false);
    useEffect(() => {
        const waiting = setTimeout(() => setLater(true), milliseconds);
        return () => clearTimeout(waiting);
    }, [milliseconds]);
    return is_later;
}

/** Rows of the size of what comes; not before it has taken a while. */
export function Loading({ rows = 4, cancel }: { rows?: number; cancel?: () => void }) {
    const is_shown = useLater(SHOWN_AFTER);
    const is_long = useLater(LONG_AFTER);
    return (
        <div class="loading" aria-busy="true">
            <span class="offscreen">{t('loading')}</span>
            {Array.from({ length: rows }, (_, i) => (
                <div key={i} class={is_shown ? 'skeleton' : 'skeleton blank'} />
            ))}
            {is_long && cancel !== undefined ? (
                <p role="status">
                    {t('loading.long')} <button type="button" onClick={cancel}>{t('cancel')}</button>
                </p>
            ) : null}
        </div>
    );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
    return (
        <div class="empty">
            <Icon name="box" />
            <p class="strong">{title}</p>
            {children}
        </div>
    );
}

export function errorText(error: ApiError): string {
    if (error.status === 0) {
        return t('error.offline');
    }
    if (ended.value && [401, 403, 404].includes(error.status)) {
        return t('error.ended');
    }
    switch (error.code) {
    case 'invalid_credentials':
        return t('error.credentials');
    case 'too_many_requests':
        return t('error.busy');
    case 'unavailable':
        return t('error.unavailable');
    case 'already_exists':
        return t('error.exists');
    case 'cross_origin':
        return t('error.origin');
    case 'changed':
        return t('error.changed');
    case 'already_done':
        return t('error.done');
    case 'confirmation_required':
        return t('error.confirm');
    default:
        return error.problem?.detail ?? error.problem?.title ?? t('error.unknown');
    }
}

/** Counts down what a server asked to wait. */
export function useCountdown(error: ApiError | undefined): number {
    const [left, setLeft] = useState(0);
    useEffect(() => {
        const end = Date.now() + (error?.retryAfter ?? 0) * 1000;
        const count = (): void => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
        count();
        const ticking = setInterval(count, 500);
        return () => clearInterval(ticking);
    }, [error]);
    return left;
}

export function ErrorBox({ error, retry, action }: {
    error: ApiError; retry?: (() => void) | undefined; /** What the button of retry says. */ action?: string;
}) {
    const left = useCountdown(error);
    const id = error.problem?.request_id;
    return (
        <div class="failure" role="alert">
            <Icon name="warning" />
            <div>
                <p class="strong">{errorText(error)}</p>
                {left > 0 ? <p>{t('error.wait', { count: left })}</p> : null}
                {id ? <p class="quiet">{t('error.request', { id })}</p> : null}
                {retry !== undefined && (
                    <button type="button" disabled={left > 0} onClick={retry}>{action ?? t('retry')}</button>
                )}
            </div>
        </div>
    );
}

/**
 * The same page for what is not there and for what may not be known; where the
 * session has ended, that is why.
 */
export function NotFound() {
    const title = t(ended.value ? 'ended.title' : 'notfound.title');
    useTitle(title);
    const who = session.value;
    return (
        <div class="narrow">
            <Heading>{title}</Heading>
            <p>{t(ended.value ? 'ended.text' : 'notfound.text')}</p>
            <p class="actions">
                {who !== undefined && who.login === null
                    ? <a class="button" href={to(['login'], { next: location.pathname + location.search })}>
                        {t('login')}</a>
                    : null}
                <a href={to([])}>{t('explore')}</a>
            </p>
        </div>
    );
}

/** The whole of a page by its request. */
export function Whole<T>({ of, rows, children }: {
    of: Data<T>; rows?: number; children: (data: T) => ComponentChildren;
}) {
    const { answer, error } = of;
    if (error !== undefined && [401, 403, 404].includes(error.status)) {
        return <NotFound />;
    }
    if (answer === undefined) {
        return error !== undefined ? <ErrorBox error={error} retry={of.reload} />
            : <Loading {...(rows !== undefined ? { rows } : {})} cancel={of.cancel} />;
    }
    return (
        <>
            {error !== undefined ? <ErrorBox error={error} retry={of.reload} /> : null}
            {children(answer.data)}
        </>
    );
}
