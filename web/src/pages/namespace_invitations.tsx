// namespace_invitations.tsx: invitations of a namespace.

import { url } from '../api/client';
import { Invitations } from '../ui/invitations';
import { NamespaceSettings } from '../ui/namespace_settings';

export default function NamespaceInvitations({ namespace }: { namespace: string }) {
    return (
        <NamespaceSettings namespace={namespace} current="invitations">{(is) => (
            <Invitations path={url`/namespaces/${is.name}/invitations`} />
        )}</NamespaceSettings>
    );
}
