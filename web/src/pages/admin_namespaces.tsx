// admin_namespaces.tsx: all namespaces.

import type { NamespaceItem } from '../api/types';
import { usePages } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { AdminPage } from '../ui/admin';
import { Time } from '../ui/common';
import { Listing, Table } from '../ui/form';

function Namespaces() {
    const list = usePages<NamespaceItem>('/namespaces?list=all');
    return (
        <Listing of={list} empty={t('admin.namespace.none')}>
            {(items) => (
                <Table label={t('admin.tab.namespaces')}
                    head={[t('admin.namespace.name'), t('admin.namespace.kind'), t('admin.namespace.owner'),
                           t('admin.namespace.about'), t('admin.account.made')]}
                    rows={items.map((is) => ({
                        key: is.name,
                        cells: [
                            <a href={to(['namespaces', is.name])}><bdi>{is.name}</bdi></a>,
                            t(`namespace.${is.kind}` as Key),
                            is.owner !== null ? <a href={to(['admin', 'accounts', is.owner])}><bdi>{is.owner}</bdi></a>
                                : is.kind === 'organization' ? t('admin.namespace.members') : t('none'),
                            <span dir="auto">{is.description}</span>,
                            <Time at={is.created_at} />,
                        ],
                    }))} />
            )}
        </Listing>
    );
}

export default function AdminNamespacesPage() {
    return <AdminPage current="namespaces">{() => <Namespaces />}</AdminPage>;
}
