// delivery.tsx: one delivery of a webhook: every attempt, with what was sent
// and what came back, all of it as text.

import { change } from '../api/client';
import type { WebhookDeliveryLog } from '../api/types';
import { useData } from '../lib/data';
import { linkTarget } from '../lib/html';
import { t, type Key } from '../lib/i18n';
import { Badge, Copy, Time } from '../ui/common';
import { Act } from '../ui/form';
import { apiOf, Around, Attempt, Back, type Owner } from '../ui/hooks';
import { Whole } from '../ui/state';

function Callback({ of }: { of: NonNullable<WebhookDeliveryLog['callback']> }) {
    const target = linkTarget(of.target_url ?? undefined);
    return (
        <section class="panel">
            <h3>{t('hooks.callback')}</h3>
            <p>{t(`hooks.callback.${of.state}` as Key)} <Time at={of.at} /></p>
            {of.description !== null ? <p dir="auto">{of.description}</p> : null}
            {of.context !== null ? <p class="quiet" dir="auto">{of.context}</p> : null}
            {of.target_url === null ? null : target !== null && !target.is_anchor
                ? <p><a href={target.href} rel="nofollow ugc noopener noreferrer external">{target.href}</a></p>
                : <p>{of.target_url}</p>}
        </section>
    );
}

function Delivery({ owner, id, delivery }: { owner: Owner; id: string; delivery: string }) {
    const path = `${apiOf(owner)}/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(delivery)}`;
    const of = useData<WebhookDeliveryLog>(path, true);
    return (
        <Whole of={of}>{(is: WebhookDeliveryLog) => (
            <>
                <Back owner={owner} id={id} />
                <div class="title">
                    <h2>{t('hooks.delivery.of', { id: is.id, event: t(`hooks.event.${is.event}` as Key) })}</h2>
                    <Badge kind={is.state === 'done' ? 'good' : is.state === 'dead' || is.state === 'broken' ? 'warn' : ''}>
                        {t(`hooks.delivery.${is.state}` as Key)}</Badge>
                </div>
                <p>{t(`hooks.means.${is.state}` as Key)}</p>
                <dl class="pairs">
                    <dt>{t('hooks.event.id')}</dt>
                    <dd class="digest"><code>{is.event_id}</code>
                        <Copy text={is.event_id} what={t('hooks.event.id.copy')} /></dd>
                    <dt>{t('hooks.event.number')}</dt><dd>{String(is.number)}</dd>
                    <dt>{t('hooks.when')}</dt><dd><Time at={is.created_at} is_whole /></dd>
                    {is.next_at !== null
                        ? <><dt>{t('hooks.next')}</dt><dd><Time at={is.next_at} is_whole /></dd></> : null}
                    {is.finished_at !== null
                        ? <><dt>{t('hooks.finished')}</dt><dd><Time at={is.finished_at} is_whole /></dd></> : null}
                    {is.after !== null
                        ? <><dt>{t('hooks.waits')}</dt><dd>{String(is.after)}</dd></> : null}
                </dl>
                <p class="actions">
                    <Act send={async () => {
                        await change('POST', `${path}/redelivery`);
                        of.reload();
                    }} done={t('hooks.again.done')}>{t('hooks.again')}</Act>
                    <button type="button" onClick={of.reload}>{t('hooks.refresh')}</button>
                </p>
                {is.callback !== null ? <Callback of={is.callback} /> : null}
                {is.log.length === 0 ? <p class="quiet">{t('hooks.attempts.none')}</p> : null}
                {is.log.map((one, i) => (
                    <Attempt key={`${one.at} ${is.log.length - i}`} of={one} n={is.log.length - i} is_open={i === 0} />
                ))}
            </>
        )}</Whole>
    );
}

export default function DeliveryPage({ id, delivery, ...owner }: Owner & { id: string; delivery: string }) {
    return <Around owner={owner}>{() => <Delivery owner={owner} id={id} delivery={delivery} />}</Around>;
}
