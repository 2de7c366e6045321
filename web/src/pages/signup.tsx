// signup.tsx: makes an account and logs in to it.

import { useRef, useState } from 'preact/hooks';

import { ApiError, change, logIn } from '../api/client';
import { rich, t, type Key } from '../lib/i18n';
import { baseURL, go, here, safeNext, to } from '../lib/route';
import { Field, Heading, useTitle } from '../ui/common';
import { ErrorBox, errorText } from '../ui/state';

/** What is wrong with a field, as a key of messages; null: nothing. */
export function loginFault(login: string): Key | null {
    return /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(login) && login.length >= 2
        && login.length <= 64 ? null : 'signup.login.wrong';
}

export function passwordFault(password: string): Key | null {
    return password.length < 8 ? 'signup.password.short' : null;
}

/** Of a link that invites, behind its #: what stands in front is in logs. */
const invitationOf = (hash: string): string => new URLSearchParams(hash.slice(1)).get('invitation') ?? '';

type Faults = Partial<Record<string, string>>;

export default function SignUp() {
    const [values, setValues] = useState({
        login: '', password: '', display_name: '', invitation: invitationOf(location.hash),
    });
    const [faults, setFaults] = useState<Faults>({});
    const [error, setError] = useState<ApiError>();
    const [is_busy, setBusy] = useState(false);
    const form = useRef<HTMLFormElement>(null);
    const next = here.value.query.get('next');
    useTitle(t('signup'));

    const show = (found: Faults): void => {
        setFaults(found);
        requestAnimationFrame(() => form.current
            ?.querySelector<HTMLInputElement>('input[aria-invalid=true]')?.focus());
    };
    const refused = (failed: unknown): void => {
        if (!(failed instanceof ApiError)) {
            throw failed;
        }
        const field = failed.problem?.field
            ?? (failed.code === 'already_exists' ? 'login' : null);
        if (field !== null && Object.hasOwn(values, field)) {
            show({ [field]: failed.code === 'already_exists' ? t('signup.login.taken')
                : errorText(failed) });
        } else {
            setError(failed);
        }
    };
    const send = async (): Promise<void> => {
        const login = loginFault(values.login);
        const password = passwordFault(values.password);
        setError(undefined);
        setFaults({});
        if (login !== null || password !== null) {
            show({
                ...(login !== null ? { login: t(login) } : {}),
                ...(password !== null ? { password: t(password) } : {}),
            });
            return;
        }
        setBusy(true);
        try {
            const { display_name, invitation } = values;
            await change('POST', '/accounts', {
                body: {
                    login: values.login,
                    password: values.password,
                    ...(display_name.trim() !== '' ? { display_name: display_name.trim() } : {}),
                    ...(invitation.trim() !== '' ? { invitation: invitation.trim() } : {}),
                },
            });
            await logIn(values.login, values.password);
            go(safeNext(next, baseURL()));
        } catch (failed) {
            refused(failed);
        } finally {
            setBusy(false);
        }
    };
    const bound = (name: keyof typeof values) => ({
        name,
        value: values[name],
        error: faults[name],
        onInput: (event: { currentTarget: HTMLInputElement }) =>
            setValues({ ...values, [name]: event.currentTarget.value }),
    });
    return (
        <div class="narrow">
            <Heading>{t('signup')}</Heading>
            {error !== undefined
                ? (error.code === 'closed'
                    ? <p class="failure" role="alert">{t('signup.closed')}</p>
                    : <ErrorBox error={error} />)
                : null}
            <form class="form" ref={form} noValidate onSubmit={(event) => {
                event.preventDefault();
                void send();
            }}>
                <Field label={t('field.login')} hint={t('signup.login.hint')} autocomplete="username"
                    required maxLength={64} autocapitalize="none" spellcheck={false} {...bound('login')} />
                <Field label={t('field.password')} hint={t('signup.password.hint')} type="password"
                    required maxLength={256} autocomplete="new-password" {...bound('password')} />
                <Field label={t('field.name')} autocomplete="name" maxLength={100}
                    {...bound('display_name')} />
                <Field label={t('field.invitation')} hint={t('signup.invitation.hint')} maxLength={40}
                    autocomplete="off" spellcheck={false} {...bound('invitation')} />
                <button type="submit" class="primary" disabled={is_busy}>
                    {t(is_busy ? 'sending' : 'signup')}
                </button>
            </form>
            <p>{rich('signup.login', {
                link: <a href={to(['login'], next !== null ? { next } : {})}>{t('login')}</a>,
            })}</p>
        </div>
    );
}
