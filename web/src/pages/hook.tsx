// hook.tsx: one webhook: how it fares and why, its deliveries, and a test.

import { useState } from 'preact/hooks';

import { change, get, query } from '../api/client';
import type { Webhook, WebhookDelivery, WebhookDeliveryLog } from '../api/types';
import { useData, usePages } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { here, setQuery } from '../lib/route';
import { announce, Badge, Icon, Time } from '../ui/common';
import { Act, Empty, Listing, Table } from '../ui/form';
import { apiOf, Around, Attempt, Back, fareOf, hooksAt, isGood, Outcome, State, Trouble, type Owner } from '../ui/hooks';
import { Whole } from '../ui/state';

const STATES = ['done', 'due', 'dead', 'waiting', 'broken'] as const;
const TEST_WAITS = 60;
const TEST_EVERY = 500;

/** What came of a test: its first attempt, as soon as there is one. */
async function testResult(path: string, id: number): Promise<WebhookDeliveryLog> {
    for (let n = 0; ; n++) {
        const { data } = await get<WebhookDeliveryLog>(`${path}/deliveries/${id}`);
        if (data.log.length > 0 || n === TEST_WAITS) {
            return data;
        }
        await new Promise((done) => setTimeout(done, TEST_EVERY));
    }
}

function Test({ path, done }: { path: string; done: () => void }) {
    const [result, setResult] = useState<WebhookDeliveryLog>();
    const test = async (): Promise<void> => {
        setResult(undefined);
        const sent = await change<WebhookDelivery>('POST', `${path}/test`);
        announce(t('hooks.test.sent'));
        const came = await testResult(path, sent.data.id);
        setResult(came);
        announce(t(isGood(came.status) ? 'hooks.test.good' : 'hooks.test.bad'));
        done();
    };
    return (
        <section aria-label={t('hooks.test')}>
            <p class="actions"><Act send={test}>{t('hooks.test')}</Act>
                <span class="quiet">{t('hooks.test.hint')}</span></p>
            {result === undefined ? null : result.log[0] === undefined
                ? <p class="failure" role="note"><Icon name="warning" />{t('hooks.test.late')}</p>
                : <Attempt of={result.log[0]} n={1} is_open />}
        </section>
    );
}

function DeliveryState({ is }: { is: WebhookDelivery }) {
    const is_bad = is.state === 'dead' || is.state === 'broken';
    return (
        <Badge kind={is.state === 'done' ? 'good' : is_bad ? 'warn' : ''}>
            {is.state === 'done' ? <Icon name="check" /> : is_bad ? <Icon name="warning" /> : null}
            {t(`hooks.delivery.${is.state}` as Key)}
        </Badge>
    );
}

function Deliveries({ owner, is, path, round, reload }: {
    owner: Owner; is: Webhook; path: string; round: number; reload: () => void;
}) {
    const said = here.value.query.get('state');
    const state = STATES.find((one) => one === said);
    const list = usePages<WebhookDelivery>(query(`${path}/deliveries`, { state }), true);
    const again = async (): Promise<void> => {
        await change('POST', `${path}/redelivery`);
        list.reload();
        reload();
    };
    return (
        <section key={round}>
            <h2>{t('hooks.deliveries')}</h2>
            <div class="filters">
                <label>
                    <span>{t('hooks.filter')}</span>
                    <select value={state ?? ''} onChange={(event) => setQuery({ state: event.currentTarget.value })}>
                        <option value="">{t('hooks.filter.all')}</option>
                        {STATES.map((one) => (
                            <option key={one} value={one}>{t(`hooks.delivery.${one}` as Key)}</option>
                        ))}
                    </select>
                </label>
                <button type="button" onClick={() => {
                    list.reload();
                    reload();
                }}>{t('hooks.refresh')}</button>
                {is.is_enabled
                    ? <Act send={again} done={t('hooks.again.all.done')}>{t('hooks.again.all')}</Act> : null}
            </div>
            <Listing of={list} empty={<Empty title={t(state === undefined ? 'hooks.deliveries.empty'
                : 'hooks.deliveries.unmatched')} />}>
                {(items) => (
                    <Table label={t('hooks.deliveries')}
                        head={[t('hooks.event'), t('hooks.state'), t('hooks.last'), t('hooks.attempts'), t('hooks.when')]}
                        numbers={[3]}
                        rows={items.map((one) => ({
                            key: one.id,
                            cells: [
                                <a href={hooksAt(owner, String(is.id), 'deliveries', String(one.id))}>
                                    {t('hooks.delivery.of', { id: one.id, event: t(`hooks.event.${one.event}` as Key) })}
                                </a>,
                                <DeliveryState is={one} />,
                                <Outcome of={one} />,
                                String(one.attempts),
                                <Time at={one.attempted_at ?? one.created_at} />,
                            ],
                        }))} />
                )}
            </Listing>
        </section>
    );
}

function Hook({ owner, id }: { owner: Owner; id: string }) {
    const path = `${apiOf(owner)}/${encodeURIComponent(id)}`;
    const of = useData<Webhook>(path);
    const [round, setRound] = useState(0);
    return (
        <Whole of={of}>{(is: Webhook) => (
            <>
                <Back owner={owner} />
                <div class="title">
                    <h2><bdi>{is.url}</bdi></h2>
                    <State is={is} />
                    <a class="button" href={hooksAt(owner, id, 'edit')}>{t('hooks.edit')}</a>
                </div>
                <Trouble is={is} />
                {fareOf(is) === 'paused' || fareOf(is) === 'off' ? (
                    <p><Act send={async () => {
                        await change('PATCH', path, {
                            body: { is_enabled: true }, ...(of.answer?.etag ? { etag: of.answer.etag } : {}),
                        });
                        of.reload();
                    }} done={t('saved')}>{t(is.is_enabled ? 'hooks.resume' : 'hooks.switch')}</Act></p>
                ) : null}
                <dl class="pairs">
                    <dt>{t('hooks.events')}</dt>
                    <dd>{is.events.map((one) => t(`hooks.event.${one}` as Key)).join(', ')}</dd>
                    <dt>{t('hooks.body')}</dt><dd>{t(`hooks.form.${is.form}` as Key)}</dd>
                    <dt>{t('hooks.pattern')}</dt><dd>{is.tag_pattern ?? t('hooks.pattern.all')}</dd>
                    {is.after !== null ? (
                        <>
                            <dt>{t('hooks.after')}</dt>
                            <dd><a href={hooksAt(owner, String(is.after))}>
                                {t('hooks.number', { id: String(is.after) })}</a></dd>
                        </>
                    ) : null}
                    <dt>{t('hooks.authorization')}</dt>
                    <dd>{t(is.has_authorization ? 'hooks.authorization.set' : 'none')}</dd>
                </dl>
                {is.is_enabled ? <Test path={path} done={() => {
                    setRound((n) => n + 1);
                    of.reload();
                }} /> : null}
                <Deliveries key={round} owner={owner} is={is} path={path} round={round} reload={of.reload} />
            </>
        )}</Whole>
    );
}

export default function HookPage({ id, ...owner }: Owner & { id: string }) {
    return <Around owner={owner}>{() => <Hook owner={owner} id={id} />}</Around>;
}
