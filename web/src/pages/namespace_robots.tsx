// namespace_robots.tsx: the robots of a namespace, and one of them.

import { url } from '../api/client';
import { OneRobot, Robots, type Place } from '../ui/robots';
import { NamespaceSettings } from '../ui/namespace_settings';

export default function NamespaceRobots({ namespace, robot }: { namespace: string; robot?: string }) {
    const place: Place = {
        of: namespace, namespace, path: url`/namespaces/${namespace}/robots`,
        page: ['namespaces', namespace, 'settings', 'robots'], has_patterns: true,
    };
    return (
        <NamespaceSettings namespace={namespace} current="robots">{() => (
            robot !== undefined ? <OneRobot place={place} robot={robot} /> : <Robots place={place} />
        )}</NamespaceSettings>
    );
}
