// organizations.tsx: the namespaces of who is logged in, and invitations to
// others.

import { change, url } from '../api/client';
import type { Invitation, NamespaceItem } from '../api/types';
import { usePages } from '../lib/data';
import { rich, t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { HomePage } from '../ui/account';
import { Badge, Time } from '../ui/common';
import { Act, Listing } from '../ui/form';

const SENTENCE = {
    member: 'invitations.member', owner: 'invitations.owner', read: 'invitations.role',
    write: 'invitations.role', admin: 'invitations.role',
} satisfies Record<Invitation['role'], Key>;

function Invited({ is, done }: { is: Invitation; done: () => void }) {
    const where = is.repository ?? (is.pattern !== null ? `${is.namespace}/${is.pattern}` : is.namespace);
    const answer = async (method: 'POST' | 'DELETE'): Promise<void> => {
        await change(method, method === 'POST' ? url`/invitations/${String(is.id)}/acceptance`
            : url`/invitations/${String(is.id)}`);
        done();
    };
    return (
        <li class="card">
            <p>
                {rich(SENTENCE[is.role], {
                    where: <bdi class="strong">{where}</bdi>,
                    role: t(`role.${is.role}` as Key),
                    by: is.invited_by === null ? t('invitations.operator') : <bdi>{is.invited_by}</bdi>,
                })}
            </p>
            <p class="facts">
                <Time at={is.invited_at} />
                <span>{t('invitations.until')} <Time at={is.expires_at} /></span>
            </p>
            <p class="actions">
                <Act send={() => answer('POST')} done={t('invitations.accepted')}
                    label={t('invitations.accept.label', { where })}>{t('invitations.accept')}</Act>
                <Act send={() => answer('DELETE')} done={t('invitations.declined')}
                    label={t('invitations.decline.label', { where })}>{t('invitations.decline')}</Act>
            </p>
        </li>
    );
}

function Organizations() {
    const invitations = usePages<Invitation>('/invitations');
    const mine = usePages<NamespaceItem>('/namespaces?list=mine');
    const answered = (): void => {
        invitations.reload();
        mine.reload();
    };
    return (
        <>
            <section>
                <h2>{t('invitations')}</h2>
                <Listing of={invitations} empty={<p class="quiet">{t('invitations.none')}</p>}>{(items) => (
                    <ul class="cards">{items.map((is) => <Invited key={is.id} is={is} done={answered} />)}</ul>
                )}</Listing>
            </section>
            <section class="apart">
                <div class="filters">
                    <h2>{t('namespaces.mine')}</h2>
                    <a class="button primary" href={to(['organizations', 'new'])}>{t('new.organization')}</a>
                </div>
                <Listing of={mine} empty={t('namespaces.none')}>{(items) => (
                    <ul class="cards">{items.map((is) => (
                        <li class="card" key={is.name}>
                            <h3>
                                <a href={to(['namespaces', is.name])}><bdi>{is.name}</bdi></a>
                                {' '}<Badge>{t(`namespace.${is.kind}` as Key)}</Badge>
                            </h3>
                            {is.description !== '' ? <p dir="auto">{is.description}</p> : null}
                        </li>
                    ))}</ul>
                )}</Listing>
            </section>
        </>
    );
}

export default function OrganizationsPage() {
    return <HomePage current="organizations">{() => <Organizations />}</HomePage>;
}
