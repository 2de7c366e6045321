// account_password.tsx: changes the password; other sessions end.

import { change, sessionLoad } from '../api/client';
import { t } from '../lib/i18n';
import { passwordFault } from '../lib/names';
import { AccountPage } from '../ui/account';
import { Field } from '../ui/common';
import { Form, useForm } from '../ui/form';

function Password({ login }: { login: string }) {
    const start = { current_password: '', new_password: '' };
    const form = useForm({
        start,
        done: t('account.password.done'),
        codes: { invalid_credentials: t('challenge.wrong') },
        check: ({ current_password, new_password }) => ({
            current_password: current_password === '' ? t('account.password.missing') : undefined,
            new_password: passwordFault(new_password, login),
        }),
        send: async (body) => {
            await change('PUT', '/account/password', { body });
            form.reset(start);
            // the session goes on with another cookie and another token
            await sessionLoad().catch(() => undefined);
        },
    });
    return (
        <section class="panel form wide">
            <p>{t('account.password.text')}</p>
            <Form of={form} submit={t('account.password.change')}>
                <input type="text" name="username" autocomplete="username" value={login} hidden readOnly />
                <Field label={t('account.password.current')} type="password" maxLength={1024}
                    autocomplete="current-password" {...form.text('current_password')} />
                <Field label={t('account.password.new')} hint={t('signup.password.hint')} type="password"
                    maxLength={256} autocomplete="new-password" {...form.text('new_password')} />
            </Form>
        </section>
    );
}

export default function AccountPassword() {
    return <AccountPage current="password">{(login) => <Password login={login} />}</AccountPage>;
}
