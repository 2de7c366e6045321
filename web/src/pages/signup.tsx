// signup.tsx: makes an account and logs in to it.

import { useState } from 'preact/hooks';

import { change, logIn, logOut, session } from '../api/client';
import { rich, t } from '../lib/i18n';
import { nameFault, passwordFault } from '../lib/names';
import { baseURL, go, here, safeNext, to } from '../lib/route';
import { Field, Heading, useTitle } from '../ui/common';
import { Act, Form, useForm } from '../ui/form';
import { Loading } from '../ui/state';

/** Of a link that invites, behind its #: what stands in front is in logs. */
const invitationOf = (hash: string): string => new URLSearchParams(hash.slice(1)).get('invitation') ?? '';

/** An account is not made over the one that is logged in. */
function Already({ login }: { login: string }) {
    useTitle(t('signup'));
    return (
        <div class="narrow">
            <Heading>{t('signup')}</Heading>
            <p>{rich('signup.already', { login: <bdi>{login}</bdi> })}</p>
            <p class="actions">
                <Act send={logOut}>{t('logout')}</Act>
                <a href={to(['home'])}>{t('home')}</a>
            </p>
        </div>
    );
}

function Making({ invitation, is_invited }: { invitation: string; is_invited: boolean }) {
    const next = here.value.query.get('next');
    useTitle(t('signup'));
    const form = useForm({
        start: { login: '', password: '', display_name: '', invitation },
        codes: { already_exists: t('signup.login.taken'), closed: t('signup.closed') },
        check: ({ login, password }) => ({
            login: nameFault(login), password: passwordFault(password, login),
        }),
        send: async ({ login, password, ...more }) => {
            const name = more.display_name.trim();
            const shown = more.invitation.trim();
            await change('POST', '/accounts', {
                body: {
                    login, password,
                    ...(name !== '' ? { display_name: name } : {}),
                    ...(shown !== '' ? { invitation: shown } : {}),
                },
            });
            await logIn(login, password);
            go(safeNext(next, baseURL()));
        },
    });
    return (
        <div class="narrow">
            <Heading>{t('signup')}</Heading>
            {is_invited ? <p>{t('signup.invited')}</p> : null}
            <Form of={form} submit={t('signup')}>
                <Field label={t('field.login')} hint={t('signup.login.hint')} autocomplete="username"
                    required maxLength={64} autocapitalize="none" spellcheck={false} {...form.text('login')} />
                <Field label={t('field.password')} hint={t('signup.password.hint')} type="password"
                    required maxLength={256} autocomplete="new-password" {...form.text('password')} />
                <Field label={t('field.name')} autocomplete="name" maxLength={100} dir="auto"
                    {...form.text('display_name')} />
                {is_invited || invitation !== '' ? (
                    <Field label={t('field.invitation')} maxLength={40} required={is_invited}
                        autocomplete="off" spellcheck={false} {...form.text('invitation')} />
                ) : null}
            </Form>
            <p>{rich('signup.login', {
                link: <a href={to(['login'], next !== null ? { next } : {})}>{t('login')}</a>,
            })}</p>
        </div>
    );
}

function Closed() {
    useTitle(t('signup'));
    return (
        <div class="narrow">
            <Heading>{t('signup')}</Heading>
            <p>{t('signup.closed')}</p>
            <p><a href={to(['login'])}>{t('login')}</a></p>
        </div>
    );
}

export default function SignUp() {
    const who = session.value;
    const [invitation] = useState(() => invitationOf(location.hash));
    if (who === undefined) {
        return <Loading />;
    }
    if (who.login !== null) {
        return <Already login={who.login} />;
    }
    return who.sign_up === 'closed' ? <Closed />
        : <Making invitation={invitation} is_invited={who.sign_up === 'invitation'} />;
}
