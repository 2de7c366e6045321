// namespace_delete.tsx: what is being deleted in a namespace, and deleting an
// organization whose name is typed.

import { change, url } from '../api/client';
import type { Namespace, Removal } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { go, to } from '../lib/route';
import { Time } from '../ui/common';
import { ConfirmByName, Listing, Table } from '../ui/form';
import { NamespaceSettings } from '../ui/namespace_settings';

/** Repositories that are marked: their names are taken until they are gone. */
function Removals({ is }: { is: Namespace }) {
    const list = usePages<Removal>(url`/namespaces/${is.name}/removals`);
    return (
        <section aria-labelledby="removals">
            <h2 id="removals">{t('delete.removals')}</h2>
            <Listing of={list} empty={<p class="quiet">{t('delete.removals.none')}</p>}>{(items) => (
                <Table label={t('delete.removals')}
                    head={[t('space.repository'), t('delete.asked'), t('delete.by'), t('delete.problem')]}
                    rows={items.map((of) => ({
                        key: `${of.repository} ${of.requested_at}`,
                        cells: [
                            <bdi>{of.repository}</bdi>, <Time at={of.requested_at} />, <bdi>{of.requested_by}</bdi>,
                            of.message ?? t('none'),
                        ],
                    }))} />
            )}</Listing>
        </section>
    );
}

export default function NamespaceDelete({ namespace }: { namespace: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="delete">{(is) => (
            <>
                <Removals is={is} />
                {is.kind === 'organization' ? (
                    <ConfirmByName name={is.name} title={t('delete.organization')} submit={t('delete.organization')}
                        codes={{ conflict: t('delete.notempty') }}
                        send={async () => {
                            await change('DELETE', url`/namespaces/${is.name}`);
                            go(to([]));
                        }}>
                        <p>{t('delete.organization.hint')}</p>
                    </ConfirmByName>
                ) : (
                    <section class="panel">
                        <h2>{t('delete.organization')}</h2>
                        <p>{t('delete.personal')}</p>
                    </section>
                )}
            </>
        )}</NamespaceSettings>
    );
}
