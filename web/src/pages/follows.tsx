// follows.tsx: the repositories that who is logged in follows.

import { change, url } from '../api/client';
import type { FollowedRepository } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { HomePage } from '../ui/account';
import { Time, Visibility } from '../ui/common';
import { Act, Empty, Listing, Table } from '../ui/form';

function Follows() {
    const all = usePages<FollowedRepository>('/follows');
    const remove = async (name: string): Promise<void> => {
        await change('DELETE', url`/repositories/${name}/follow`);
        all.reload();
    };
    return (
        <Listing of={all} empty={<Empty title={t('follows.none')}><p>{t('follows.hint')}</p></Empty>}>
            {(items) => (
                <Table label={t('home.tab.follows')}
                    head={[t('home.name'), t('home.visibility'), t('sort.updated'), t('follows.since'), '']}
                    rows={items.map((is) => ({
                        key: is.name,
                        cells: [
                            <a href={to(['repositories', is.name])}><bdi>{is.name}</bdi></a>,
                            <Visibility is={is.visibility} />,
                            is.pushed_at === null ? <span class="quiet">{t('home.never')}</span>
                                : <Time at={is.pushed_at} />,
                            <Time at={is.followed_at} />,
                            <Act send={() => remove(is.name)} label={t('follows.remove', { name: is.name })}
                                done={t('follows.removed')}>{t('follows.unfollow')}</Act>,
                        ],
                    }))} />
            )}
        </Listing>
    );
}

export default function FollowsPage() {
    return <HomePage current="follows">{() => <Follows />}</HomePage>;
}
