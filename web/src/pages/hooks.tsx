// hooks.tsx: the webhooks of a repository, a namespace or the installation.

import type { Webhook } from '../api/types';
import { usePages } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { Time } from '../ui/common';
import { Empty, Listing, Table } from '../ui/form';
import { apiOf, Around, hooksAt, kindOf, Outcome, State, type Owner } from '../ui/hooks';

function Hooks({ owner }: { owner: Owner }) {
    const list = usePages<Webhook>(apiOf(owner));
    return (
        <>
            <div class="title">
                <h2>{t('hooks')}</h2>
                <a class="button primary" href={hooksAt(owner, 'new')}>{t('hooks.new')}</a>
            </div>
            <p>{t(`hooks.about.${kindOf(owner)}` as Key)}</p>
            <Listing of={list} empty={<Empty title={t('hooks.empty')}><p>{t('hooks.empty.hint')}</p></Empty>}>
                {(items) => (
                    <Table label={t('hooks')} head={[t('hooks.url'), t('hooks.events'), t('hooks.state'), t('hooks.last')]}
                        rows={items.map((is) => ({
                            key: is.id,
                            cells: [
                                <a class="strong" href={hooksAt(owner, String(is.id))}><bdi>{is.url}</bdi></a>,
                                is.events.map((one) => t(`hooks.event.${one}` as Key)).join(', '),
                                <State is={is} />,
                                is.last_attempt !== null
                                    ? <><Time at={is.last_attempt.at} /> <Outcome of={is.last_attempt} /></>
                                    : <span class="quiet">{t('hooks.never')}</span>,
                            ],
                        }))} />
                )}
            </Listing>
        </>
    );
}

export default function HooksPage(owner: Owner) {
    return <Around owner={owner}>{() => <Hooks owner={owner} />}</Around>;
}
