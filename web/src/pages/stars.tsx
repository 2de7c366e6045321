// stars.tsx: the repositories that who is logged in has starred.

import { change, url } from '../api/client';
import type { StarredRepository } from '../api/types';
import { usePages } from '../lib/data';
import { shown, t } from '../lib/i18n';
import { to } from '../lib/route';
import { HomePage } from '../ui/account';
import { Time, Visibility } from '../ui/common';
import { Act, Empty, Listing, Table } from '../ui/form';

function Stars() {
    const all = usePages<StarredRepository>('/stars');
    const remove = async (name: string): Promise<void> => {
        await change('DELETE', url`/repositories/${name}/star`);
        all.reload();
    };
    return (
        <Listing of={all} empty={<Empty title={t('stars.none')}><p><a href={to([])}>{t('explore')}</a></p></Empty>}>
            {(items) => (
                <Table label={t('home.tab.stars')} numbers={[2]}
                    head={[t('home.name'), t('home.visibility'), t('sort.stars'), t('stars.since'), '']}
                    rows={items.map((is) => ({
                        key: is.name,
                        cells: [
                            <a href={to(['repositories', is.name])}><bdi>{is.name}</bdi></a>,
                            <Visibility is={is.visibility} />,
                            <>{shown(is.star_count)}</>,
                            <Time at={is.starred_at} />,
                            <Act send={() => remove(is.name)} label={t('stars.remove', { name: is.name })}
                                done={t('stars.removed')}>{t('stars.unstar')}</Act>,
                        ],
                    }))} />
            )}
        </Listing>
    );
}

export default function StarsPage() {
    return <HomePage current="stars">{() => <Stars />}</HomePage>;
}
