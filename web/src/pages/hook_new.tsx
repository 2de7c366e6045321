// hook_new.tsx: a new webhook, and its secret, which is shown once.

import { useState } from 'preact/hooks';

import { change } from '../api/client';
import type { Webhook, WebhookWithSecret } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { go } from '../lib/route';
import { Listing, SecretOnce } from '../ui/form';
import { HookForm } from '../ui/hook_form';
import { apiOf, Around, Back, hooksAt, kindOf, type Owner } from '../ui/hooks';

function New({ owner }: { owner: Owner }) {
    const [made, setMade] = useState<WebhookWithSecret>();
    const others = usePages<Webhook>(apiOf(owner));
    if (made !== undefined) {
        return (
            <SecretOnce title={t('hooks.secret')} secret={made.secret} what={t('hooks.secret.copy')}
                close={() => go(hooksAt(owner, String(made.id)))}>
                <p>{t('hooks.secret.hint')}</p>
            </SecretOnce>
        );
    }
    return (
        <>
            <Back owner={owner} />
            <h2>{t('hooks.new')}</h2>
            <Listing of={others} empty={<Fields owner={owner} others={[]} done={setMade} />}>
                {(items) => <Fields owner={owner} others={items} done={setMade} />}
            </Listing>
        </>
    );
}

function Fields({ owner, others, done }: { owner: Owner; others: Webhook[]; done: (made: WebhookWithSecret) => void }) {
    return (
        <HookForm kind={kindOf(owner)} is={null} submit={t('hooks.create')}
            others={others.filter((one) => one.form === 'docker_hub')}
            send={async (body, more) => {
                done((await change<WebhookWithSecret>('POST', apiOf(owner), { body, ...more })).data);
            }} />
    );
}

export default function HookNewPage(owner: Owner) {
    return <Around owner={owner}>{() => <New owner={owner} />}</Around>;
}
