// challenge.tsx: asks for the password in the middle of a change, where the
// session has ended or the API wants to be sure who is at the screen.

import { useEffect, useRef, useState } from 'preact/hooks';

import { ApiError, meet, type Challenge } from '../api/client';
import { rich, t } from '../lib/i18n';
import { Field } from './common';
import { ErrorBox, useCountdown } from './state';

export default function Asking({ of }: { of: Challenge }) {
    const ref = useRef<HTMLDialogElement>(null);
    const [password, setPassword] = useState('');
    const [fault, setFault] = useState<string>();
    const [error, setError] = useState<ApiError>();
    const [is_busy, setBusy] = useState(false);
    const left = useCountdown(error);
    useEffect(() => ref.current?.showModal(), []);
    // closed, not just taken away: then the focus is where it was
    const end = (is_given: boolean): void => {
        ref.current?.close();
        of.done(is_given);
    };
    const send = async (): Promise<void> => {
        setBusy(true);
        setError(undefined);
        setFault(undefined);
        try {
            await meet(of, password);
            end(true);
        } catch (failed) {
            const problem = failed instanceof ApiError ? failed : new ApiError(-1, null);
            if (problem.code === 'invalid_field' || problem.code === 'invalid_credentials') {
                setFault(t('challenge.wrong'));
            } else {
                setError(problem);
            }
            setPassword('');
            setBusy(false);
            ref.current?.querySelector('input')?.focus();
        }
    };
    return (
        <dialog ref={ref} aria-labelledby="challenge" onCancel={(event) => {
            event.preventDefault();
            end(false);
        }}>
            <form class="form" method="dialog" onSubmit={(event) => {
                event.preventDefault();
                void send();
            }}>
                <h2 id="challenge">{t(of.is_ended ? 'challenge.ended' : 'challenge.confirm')}</h2>
                <p>{rich('challenge.text', { login: <bdi>{of.login}</bdi> })}</p>
                {error !== undefined ? <ErrorBox error={error} /> : null}
                <input type="text" name="username" autocomplete="username" value={of.login} hidden readOnly />
                <Field label={t('field.password')} type="password" name="challenge" required maxLength={1024}
                    autocomplete="current-password" value={password} error={fault}
                    onInput={(event) => setPassword(event.currentTarget.value)} />
                <p class="actions">
                    <button type="submit" class="primary" disabled={is_busy || left > 0}>
                        {t(is_busy ? 'sending' : 'continue')}
                    </button>
                    <button type="button" onClick={() => end(false)}>{t('cancel')}</button>
                </p>
            </form>
        </dialog>
    );
}
