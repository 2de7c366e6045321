// admin_storage.tsx: which namespaces take how much space.

import type { NamespaceSpace } from '../api/types';
import { usePages } from '../lib/data';
import { shown, t } from '../lib/i18n';
import { to } from '../lib/route';
import { AdminPage } from '../ui/admin';
import { Size } from '../ui/common';
import { Listing, Table } from '../ui/form';

function rowOf(of: NamespaceSpace, largest: number) {
    const least = of.is_complete ? '' : '≥ ';
    return {
        key: of.namespace,
        cells: [
            <a href={to(['namespaces', of.namespace])}><bdi>{of.namespace}</bdi></a>,
            <>
                {least}<Size bytes={of.size} />
                <span class="share" aria-hidden="true">
                    <span style={{ width: `${largest === 0 ? 0 : 100 * of.size / largest}%` }} />
                </span>
            </>,
            ...[of.repository_count, of.blob_count, of.manifest_count].map((count) => least + shown(count)),
        ],
    };
}

function Storage() {
    const list = usePages<NamespaceSpace>('/space?limit=100');
    return (
        <>
            <p>{t('admin.storage.hint')}</p>
            <Listing of={list} empty={t('admin.namespace.none')}>{(items) => {
                const inOrder = [...items].sort((a, b) => b.size - a.size);
                const sum = items.reduce((all, { size }) => all + size, 0);
                return (
                    <>
                        <p role="status">
                            {t(list.has_more ? 'admin.storage.first' : 'admin.storage.all', { count: items.length })}{' '}
                            <Size bytes={sum} />
                        </p>
                        <Table label={t('admin.tab.storage')} numbers={[1, 2, 3, 4]}
                            head={[t('admin.namespace.name'), t('space.size'), t('admin.storage.repositories'),
                                   t('space.blobs'), t('space.manifests')]}
                            rows={inOrder.map((of) => rowOf(of, inOrder[0]?.size ?? 0))} />
                    </>
                );
            }}</Listing>
        </>
    );
}

export default function AdminStoragePage() {
    return <AdminPage current="storage">{() => <Storage />}</AdminPage>;
}
