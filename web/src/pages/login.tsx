// login.tsx: log in, and return to where the reader was.

import { useState } from 'preact/hooks';

import { ApiError, logIn, session } from '../api/client';
import { rich, t } from '../lib/i18n';
import { baseURL, go, here, safeNext, to } from '../lib/route';
import { Field, Heading, useTitle } from '../ui/common';
import { ErrorBox, useCountdown } from '../ui/state';

export default function LogIn() {
    const [login, setLogin] = useState('');
    const [password, setPassword] = useState('');
    const [error, setError] = useState<ApiError>();
    const [is_busy, setBusy] = useState(false);
    const left = useCountdown(error);
    const next = here.value.query.get('next');
    const who = session.value?.login ?? null;
    useTitle(t('login'));
    const send = async (): Promise<void> => {
        setBusy(true);
        setError(undefined);
        try {
            await logIn(login.trim(), password);
            go(safeNext(next, baseURL()));
        } catch (failed) {
            setError(failed instanceof ApiError ? failed : new ApiError(-1, null));
            setPassword('');
            document.querySelector<HTMLInputElement>('input[type=password]')?.focus();
        } finally {
            setBusy(false);
        }
    };
    return (
        <div class="narrow">
            <Heading>{t('login')}</Heading>
            {who !== null ? <p>{rich('login.already', { login: <bdi>{who}</bdi> })}</p> : null}
            {error !== undefined ? <ErrorBox error={error} /> : null}
            <form class="form" onSubmit={(event) => {
                event.preventDefault();
                void send();
            }}>
                <Field label={t('field.login')} name="username" autocomplete="username" required
                    maxLength={64} autocapitalize="none" spellcheck={false} value={login}
                    onInput={(event) => setLogin(event.currentTarget.value)} />
                <Field label={t('field.password')} name="password" type="password" required
                    maxLength={1024} autocomplete="current-password" value={password}
                    onInput={(event) => setPassword(event.currentTarget.value)} />
                <button type="submit" class="primary" disabled={is_busy || left > 0}>
                    {t(is_busy ? 'sending' : 'login')}
                </button>
            </form>
            {location.protocol === 'http:' && !isSecureContext
                ? <p class="quiet">{t('login.plain')}</p> : null}
            {session.value?.sign_up === 'closed' ? null : (
                <p>{rich('login.signup', {
                    link: <a href={to(['signup'], next !== null ? { next } : {})}>{t('signup')}</a>,
                })}</p>
            )}
        </div>
    );
}
