// hook_edit.tsx: changes a webhook, gives it another secret, or deletes it.

import { useState } from 'preact/hooks';

import { change } from '../api/client';
import type { Webhook, WebhookWithSecret } from '../api/types';
import { useData, usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { go } from '../lib/route';
import { announce } from '../ui/common';
import { ConfirmByName, Field, Form, SecretOnce, useForm } from '../ui/form';
import { HookForm } from '../ui/hook_form';
import { apiOf, Around, Back, hooksAt, kindOf, type Owner } from '../ui/hooks';
import { Whole } from '../ui/state';

const GRACE_MAX = 168;

function Rotation({ path, reload }: { path: string; reload: () => void }) {
    const [secret, setSecret] = useState<string>();
    const form = useForm({
        start: { grace_hours: '24' },
        check: ({ grace_hours: hours }) => (/^\d{1,3}$/.test(hours.trim()) && Number(hours) <= GRACE_MAX ? {}
            : { grace_hours: t('hooks.grace.wrong', { max: GRACE_MAX }) }),
        send: async ({ grace_hours: hours }, more) => {
            const { data } = await change<WebhookWithSecret>('POST', `${path}/rotation`,
                                                             { body: { grace_hours: Number(hours) }, ...more });
            setSecret(data.secret);
        },
    });
    if (secret !== undefined) {
        return (
            <SecretOnce title={t('hooks.secret')} secret={secret} what={t('hooks.secret.copy')} close={() => {
                setSecret(undefined);
                reload();
            }}><p>{t('hooks.secret.hint')}</p></SecretOnce>
        );
    }
    return (
        <section class="panel">
            <h2>{t('hooks.rotate')}</h2>
            <p>{t('hooks.rotate.hint')}</p>
            <Form of={form} submit={t('hooks.rotate.submit')} label={t('hooks.rotate')}>
                <Field label={t('hooks.grace')} inputMode="numeric" maxLength={3} autocomplete="off"
                    {...form.text('grace_hours')} />
            </Form>
        </section>
    );
}

function Edit({ owner, id }: { owner: Owner; id: string }) {
    const path = `${apiOf(owner)}/${encodeURIComponent(id)}`;
    const of = useData<Webhook>(path);
    const others = usePages<Webhook>(apiOf(owner));
    const after = (others.items ?? []).filter((one) => one.form === 'docker_hub' && String(one.id) !== id);
    const back = hooksAt(owner, id);
    return (
        <Whole of={of}>{(is: Webhook) => (
            <>
                <Back owner={owner} id={id} />
                <h2>{t('hooks.edit')}</h2>
                <HookForm key={of.answer?.etag} kind={kindOf(owner)} is={is} etag={of.answer?.etag ?? null} others={after}
                    submit={t('save')} reload={of.reload} more={<a href={back}>{t('cancel')}</a>}
                    send={async (body, more) => {
                        await change('PATCH', path, { body, ...(more.etag !== undefined ? { etag: more.etag } : {}) });
                        go(back);
                    }} />
                <Rotation path={path} reload={of.reload} />
                <ConfirmByName name={hostOf(is.url)} title={t('hooks.delete')} submit={t('hooks.delete')}
                    send={async () => {
                        await change('DELETE', path);
                        go(hooksAt(owner));
                        announce(t('hooks.deleted'));
                    }}>
                    <p>{t('hooks.delete.what')}</p>
                </ConfirmByName>
            </>
        )}</Whole>
    );
}

function hostOf(url: string): string {
    try {
        return new URL(url).host;
    } catch {
        return url;
    }
}

export default function HookEditPage({ id, ...owner }: Owner & { id: string }) {
    return <Around owner={owner}>{() => <Edit owner={owner} id={id} />}</Around>;
}
