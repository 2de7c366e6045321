// repository_activity.tsx: what happened in a repository.

import { url } from '../api/client';
import type { Activity, Repository } from '../api/types';
import { useData, usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { ActivityList } from '../ui/activity';
import { useTitle } from '../ui/common';
import { RepositoryTabs } from '../ui/repository';
import { Whole } from '../ui/state';

export default function ActivityPage({ name }: { name: string }) {
    const repository = useData<Repository>(url`/repositories/${name}`);
    const of = usePages<Activity>(url`/repositories/${name}/activity`);
    useTitle(name, t('repository.activity'));
    return (
        <Whole of={repository} rows={6}>{(is: Repository) => (
            <>
                <RepositoryTabs name={name} current="activity" role={is.role} />
                <ActivityList of={of} />
            </>
        )}</Whole>
    );
}
