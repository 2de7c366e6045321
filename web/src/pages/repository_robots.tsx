// repository_robots.tsx: the robots of a repository, and one of them.

import { url } from '../api/client';
import { OneRobot, Robots } from '../ui/robots';
import { RepositorySettings } from '../ui/repository_settings';

export default function RepositoryRobots({ name, robot }: { name: string; robot?: string }) {
    return (
        <RepositorySettings name={name} current="robots">{(is) => {
            const place = {
                of: name, namespace: is.namespace, path: url`/repositories/${name}/robots`,
                page: ['repositories', name, 'settings', 'robots'], has_patterns: false,
            };
            return robot !== undefined ? <OneRobot place={place} robot={robot} /> : <Robots place={place} />;
        }}</RepositorySettings>
    );
}
