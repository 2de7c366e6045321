// namespace.tsx: a namespace and the repositories in it that the reader may see.

import { query, url } from '../api/client';
import type { Namespace, RepositoryItem } from '../api/types';
import { useData, usePages } from '../lib/data';
import { t, type Key } from '../lib/i18n';
import { here, setQuery, to } from '../lib/route';
import { Badge, Crumbs, Heading, useTitle } from '../ui/common';
import { Card } from '../ui/card';
import { namespaceSettings } from '../ui/namespace_settings';
import { Empty, ErrorBox, Loading, Whole } from '../ui/state';

const SORTS = ['updated', 'pulls', 'stars', 'name'] as const;

export default function NamespacePage({ namespace }: { namespace: string }) {
    const said = here.value.query.get('sort');
    const sort = SORTS.find((one) => one === said) ?? 'updated';
    const of = useData<Namespace>(url`/namespaces/${namespace}`);
    const list = usePages<RepositoryItem>(
        query(url`/namespaces/${namespace}/repositories`, { sort }), true);
    useTitle(namespace);
    return (
        <Whole of={of}>{(is: Namespace) => {
            const settings = namespaceSettings(is);
            return (<>
                <Crumbs items={[{ name: t('explore'), href: to([]) }, { name: namespace }]} />
                <div class="title">
                    <Heading><bdi>{is.name}</bdi></Heading>
                    <Badge>{t(`namespace.${is.kind}` as Key)}</Badge>
                    {settings !== null ? <a class="button" href={settings}>{t('settings')}</a> : null}
                </div>
                {is.description !== '' ? <p class="lead" dir="auto">{is.description}</p> : null}
                <div class="filters">
                    <label>
                        <span>{t('sort')}</span>
                        <select value={sort} onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
                            {SORTS.map((one) => <option key={one} value={one}>{t(`sort.${one}` as Key)}</option>)}
                        </select>
                    </label>
                </div>
                {list.error !== undefined ? <ErrorBox error={list.error} retry={list.reload} /> : null}
                {list.items === undefined
                    ? (list.error === undefined ? <Loading /> : null)
                    : list.items.length === 0 && !list.has_more
                        ? <Empty title={t('namespace.empty')}><p>{t('explore.nothing.hint')}</p></Empty>
                        : (
                            <ul class="cards">
                                {list.items.map((item) => <Card key={item.name} item={item} words={[]} />)}
                            </ul>
                        )}
                {list.has_more ? (
                    <p class="more"><button type="button" disabled={list.is_loading}
                        onClick={list.more}>{t('more')}</button></p>
                ) : null}
            </>);
        }}</Whole>
    );
}
