// account.tsx: the profile of who is logged in.

import { change } from '../api/client';
import type { Account } from '../api/types';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { AccountPage } from '../ui/account';
import { Avatar, Field, Time } from '../ui/common';
import { Form, useForm } from '../ui/form';
import { Whole } from '../ui/state';

function Profile({ is, etag, reload }: { is: Account; etag: string | null; reload: () => void }) {
    const form = useForm({
        start: { display_name: is.display_name ?? '', email: is.email ?? '' },
        etag, reload,
        check: ({ email }) => (email.trim() === '' || /^[^@ ]+@[^@ ]+$/.test(email.trim()) ? {}
            : { email: t('account.email.wrong') }),
        send: async ({ display_name, email }, more) => {
            // the address wants the password: it is sent only when it changes
            const name = display_name.trim();
            const address = email.trim();
            const body = {
                ...(name !== (is.display_name ?? '') ? { display_name: name === '' ? null : name } : {}),
                ...(address !== (is.email ?? '') ? { email: address === '' ? null : address } : {}),
            };
            await change('PATCH', '/account', { body, ...more });
            reload();
        },
    });
    return (
        <Form of={form}>
            <Field label={t('field.name')} hint={t('account.name.hint')} autocomplete="name" maxLength={100}
                dir="auto" {...form.text('display_name')} />
            <Field label={t('account.email')} hint={t('account.email.hint')} type="email" maxLength={254}
                autocomplete="email" {...form.text('email')} />
        </Form>
    );
}

export default function AccountProfile() {
    return <AccountPage current="profile">{() => <Loaded />}</AccountPage>;
}

function Loaded() {
    const of = useData<Account>('/account');
    return (
        <Whole of={of}>{(is: Account) => (
            <section class="panel form wide">
                <p class="person">
                    <Avatar name={is.login} is_large />
                    <span>
                        <bdi class="strong">{is.display_name ?? is.login}</bdi><br />
                        <span class="quiet">{t('account.since')} <Time at={is.created_at} is_whole /></span>
                    </span>
                </p>
                <Profile is={is} etag={of.answer!.etag} reload={of.reload} />
            </section>
        )}</Whole>
    );
}
