// invitations.tsx: what was offered and not accepted yet.

import { change } from '../api/client';
import type { Invitation } from '../api/types';
import { usePages } from '../lib/data';
import { rich, t, type Key } from '../lib/i18n';
import { Time } from './common';
import { Act, Listing, Table } from './form';

/** What an invitation offers its role on. */
function On({ of }: { of: Invitation }) {
    if (of.repository !== null) {
        return <bdi>{of.repository}</bdi>;
    }
    return of.pattern !== null ? <>{rich('roles.pattern.of', { pattern: <code>{of.pattern}</code> })}</>
        : <>{t('offers.membership')}</>;
}

/** Those of a path of the API, each with a button that takes it back. */
export function Invitations({ path }: { path: string }) {
    const list = usePages<Invitation>(path);
    return (
        <>
            <p>{t('offers.hint')}</p>
            <Listing of={list} empty={t('offers.none')}>{(items) => (
                <Table label={t('settings.tab.invitations')}
                    head={[t('roles.who'), t('roles.role'), t('roles.on'), t('offers.by'),
                        t('offers.until'), '']}
                    rows={items.map((of) => ({
                        key: of.id,
                        cells: [
                            <strong><bdi>{of.login}</bdi></strong>, t(`role.${of.role}` as Key), <On of={of} />,
                            of.invited_by !== null ? <bdi>{of.invited_by}</bdi> : t('offers.operator'),
                            <Time at={of.expires_at} />,
                            <Act is_danger label={t('offers.withdraw.of', { name: of.login })}
                                done={t('offers.withdrawn')}
                                send={async () => {
                                    await change('DELETE', `${path}/${of.id}`);
                                    list.reload();
                                }}>{t('offers.withdraw')}</Act>,
                        ],
                    }))} />
            )}</Listing>
        </>
    );
}
