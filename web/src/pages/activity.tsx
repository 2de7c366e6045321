// activity.tsx: what happened in the repositories that who is logged in has or
// follows.

import type { Activity } from '../api/types';
import { usePages } from '../lib/data';
import { HomePage } from '../ui/account';
import { ActivityList } from '../ui/activity';

const Feed = () => <ActivityList of={usePages<Activity>('/activity')} />;

export default function ActivityPage() {
    return <HomePage current="activity">{() => <Feed />}</HomePage>;
}
