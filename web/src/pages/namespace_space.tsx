// namespace_space.tsx: which repositories take how much space.

import { url } from '../api/client';
import type { Namespace, RepositorySpace } from '../api/types';
import { usePages } from '../lib/data';
import { language, t } from '../lib/i18n';
import { to } from '../lib/route';
import { Size } from '../ui/common';
import { Listing, Table } from '../ui/form';
import { NamespaceSettings } from '../ui/namespace_settings';

const number = (value: number): string => new Intl.NumberFormat(language.value).format(value);

function rowOf(of: RepositorySpace, largest: number) {
    const least = of.is_complete ? '' : '≥ ';
    return {
        key: of.repository,
        cells: [
            <a href={to(['repositories', of.repository])}><bdi>{of.repository}</bdi></a>,
            <>
                {least}<Size bytes={of.size} />
                <span class="share" aria-hidden="true">
                    <span style={{ width: `${largest === 0 ? 0 : 100 * of.size / largest}%` }} />
                </span>
            </>,
            least + number(of.blob_count), least + number(of.manifest_count),
        ],
    };
}

function Space({ is }: { is: Namespace }) {
    const list = usePages<RepositorySpace>(url`/namespaces/${is.name}/space` + '?limit=100');
    return (
        <>
            <p>{t('space.hint')}</p>
            <Listing of={list} empty={t('namespace.empty')}>{(items) => {
                const inOrder = [...items].sort((a, b) => b.size - a.size);
                const sum = items.reduce((all, { size }) => all + size, 0);
                return (
                    <>
                        <p role="status">{t(list.has_more ? 'space.first' : 'space.all', { count: items.length })}{' '}
                            <Size bytes={sum} /></p>
                        <Table label={t('settings.tab.space')} numbers={[1, 2, 3]}
                            head={[t('space.repository'), t('space.size'), t('space.blobs'), t('space.manifests')]}
                            rows={inOrder.map((of) => rowOf(of, inOrder[0]?.size ?? 0))} />
                    </>
                );
            }}</Listing>
        </>
    );
}

export default function NamespaceSpace({ namespace }: { namespace: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="space">{(is) => <Space is={is} />}</NamespaceSettings>
    );
}
