// home.tsx: the repositories of who is logged in.

import { query } from '../api/client';
import type { Invitation, RepositoryItem } from '../api/types';
import { useData, usePages } from '../lib/data';
import { shown, t, type Key } from '../lib/i18n';
import { here, setQuery, to } from '../lib/route';
import { HomePage } from '../ui/account';
import { Time, Visibility } from '../ui/common';
import { Empty, Listing, Table } from '../ui/form';

const SORTS = ['updated', 'pulls', 'stars', 'name'] as const;
const VISIBILITIES = ['public', 'unlisted', 'internal', 'private'] as const;

const oneOf = <T extends string>(all: readonly T[], said: string | null): T | '' =>
    all.find((one) => one === said) ?? '';

function Waiting() {
    const { answer } = useData<{ items: Invitation[] }>('/invitations');
    const count = answer?.data.items.length ?? 0;
    return count === 0 ? null : (
        <p class="notice"><a href={to(['home', 'organizations'])}>{t('home.invitations', { count })}</a></p>
    );
}

function Repositories() {
    const said = here.value.query;
    const sort = oneOf(SORTS, said.get('sort')) || 'updated';
    const visibility = oneOf(VISIBILITIES, said.get('visibility'));
    const all = usePages<RepositoryItem>(query('/repositories', { mine: 'true', sort, visibility }), true);
    return (
        <>
            <Waiting />
            <div class="filters">
                <label>
                    <span>{t('home.visibility')}</span>
                    <select value={visibility}
                        onChange={(event) => setQuery({ visibility: event.currentTarget.value })}>
                        <option value="">{t('home.visibility.all')}</option>
                        {VISIBILITIES.map((one) => (
                            <option key={one} value={one}>{t(`visibility.${one}` as Key)}</option>
                        ))}
                    </select>
                </label>
                <label>
                    <span>{t('sort')}</span>
                    <select value={sort} onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
                        {SORTS.map((one) => <option key={one} value={one}>{t(`sort.${one}` as Key)}</option>)}
                    </select>
                </label>
                <a class="button primary" href={to(['home', 'new'])}>{t('new.repository')}</a>
            </div>
            <Listing of={all} empty={visibility === ''
                ? <Empty title={t('explore.nothing.mine')}><p>{t('home.empty')}</p></Empty>
                : <Empty title={t('home.unmatched')}>
                    <p><button type="button" onClick={() => setQuery({ visibility: '' })}>
                        {t('home.visibility.all')}</button></p>
                </Empty>}>
                {(items) => (
                    <Table label={t('home.tab.repositories')} numbers={[2, 3]}
                        head={[t('home.name'), t('home.visibility'), t('sort.pulls'), t('sort.stars'), t('sort.updated')]}
                        rows={items.map((is) => ({
                            key: is.name,
                            cells: [
                                <>
                                    <a href={to(['repositories', is.name])}><bdi>{is.name}</bdi></a>
                                    {is.description !== ''
                                        ? <span class="about" dir="auto">{is.description}</span> : null}
                                </>,
                                <Visibility is={is.visibility} />,
                                <>{shown(is.pull_count)}</>,
                                <>{shown(is.star_count)}</>,
                                is.pushed_at === null ? <span class="quiet">{t('home.never')}</span>
                                    : <Time at={is.pushed_at} />,
                            ],
                        }))} />
                )}
            </Listing>
        </>
    );
}

export default function Home() {
    return <HomePage current="repositories">{() => <Repositories />}</HomePage>;
}
