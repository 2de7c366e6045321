// account_sessions.tsx: where the account is logged in, and ending that.

import { change, get, leave, url, type Answer } from '../api/client';
import type { List, SessionItem } from '../api/types';
import { agentName } from '../lib/agent';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { go, to } from '../lib/route';
import { AccountPage } from '../ui/account';
import { announce, Badge, Time } from '../ui/common';
import { Act, Listing, Table } from '../ui/form';

const PATH = '/sessions?limit=100';

const end = (id: number): Promise<unknown> => change('DELETE', url`/sessions/${String(id)}`);

function Sessions() {
    const list = usePages<SessionItem>(PATH);
    const endOne = async (is: SessionItem): Promise<void> => {
        await end(is.id);
        if (is.is_current) {
            await leave();
            go(to([]));
            announce(t('logout.done'));
        } else {
            list.reload();
        }
    };
    // those that the list has not shown yet, too
    const endOthers = async (): Promise<void> => {
        for (let path: string | null = PATH; path !== null;) {
            const page: Answer<List<SessionItem>> = await get<List<SessionItem>>(path);
            for (const is of page.data.items.filter((one) => !one.is_current)) {
                await end(is.id);
            }
            path = page.next;
        }
        list.reload();
    };
    return (
        <Listing of={list} empty={t('sessions.none')}>{(items) => (
            <>
                <Table label={t('account.tab.sessions')}
                    head={[t('sessions.browser'), t('sessions.address'), t('sessions.since'), t('sessions.used'), '']}
                    rows={items.map((is) => ({
                        key: is.id,
                        cells: [
                            <>
                                <bdi title={is.agent}>{agentName(is.agent) ?? t('unknown')}</bdi>
                                {is.is_current ? <> <Badge>{t('sessions.current')}</Badge></> : null}
                            </>,
                            <bdi>{is.address}</bdi>,
                            <Time at={is.created_at} />,
                            <Time at={is.used_at} />,
                            <Act send={() => endOne(is)} done={t('sessions.ended')}
                                {...(is.is_current ? {} : { label: t('sessions.end.label', { id: is.id }) })}>
                                {t(is.is_current ? 'logout' : 'sessions.end')}
                            </Act>,
                        ],
                    }))} />
                {items.length > 1 ? (
                    <p class="actions"><Act send={endOthers} done={t('sessions.ended')} is_danger>
                        {t('sessions.others')}</Act></p>
                ) : null}
            </>
        )}</Listing>
    );
}

export default function AccountSessions() {
    return <AccountPage current="sessions">{() => <Sessions />}</AccountPage>;
}
