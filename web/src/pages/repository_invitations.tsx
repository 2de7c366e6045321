// repository_invitations.tsx: invitations to a repository.

import { url } from '../api/client';
import { Invitations } from '../ui/invitations';
import { RepositorySettings } from '../ui/repository_settings';

export default function RepositoryInvitations({ name }: { name: string }) {
    return (
        <RepositorySettings name={name} current="invitations">{(is) => (
            <Invitations path={url`/repositories/${is.name}/invitations`} />
        )}</RepositorySettings>
    );
}
