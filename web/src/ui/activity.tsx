// activity.tsx: what happened, as sentences: of a person's repositories, of one
// repository, of a namespace.

import type { ComponentChildren } from 'preact';

import type { Activity } from '../api/types';
import type { Pages } from '../lib/data';
import { rich, t, type Key } from '../lib/i18n';
import { to } from '../lib/route';
import { Time } from './common';
import { Listing } from './form';

const COUNTED = ['push', 'delete'];

/** The message of an event; what is unknown to these pages is shown by its name. */
function keyOf(is: Activity): Key {
    const is_gone = (is.event === 'member' || is.event === 'role') && is.role === 'none';
    return (is_gone ? `activity.gone.${is.event}` : `activity.${is.event}`) as Key;
}

const roleOf = (is: Activity): string => {
    switch (is.role) {
    case 'member':
    case 'owner':
        return t(`activity.member.${is.role}`);
    default:
        return t(`role.${is.role ?? 'none'}` as Key);
    }
};

function Sentence({ is }: { is: Activity }) {
    const where = is.repository !== null
        ? <a href={to(['repositories', is.repository])}><bdi>{is.repository}</bdi></a>
        : <a href={to(['namespaces', is.namespace])}><bdi>{is.namespace}</bdi></a>;
    const values: Record<string, ComponentChildren> = {
        where,
        who: is.actor === null ? t('activity.someone') : <bdi class="strong">{is.actor}</bdi>,
        whom: is.team !== null ? <bdi>{t('activity.team', { team: is.team })}</bdi> : <bdi>{is.login}</bdi>,
        role: roleOf(is),
        visibility: is.visibility !== null ? t(`visibility.${is.visibility}`) : '',
        ...(COUNTED.includes(is.event) ? { count: is.count } : {}),
    };
    return <p>{rich(keyOf(is), values)}</p>;
}

function Tags({ is }: { is: Activity }) {
    const { repository } = is;
    if (is.tags.length === 0 || repository === null) {
        return null;
    }
    return (
        <p class="quiet">
            {rich('activity.tags', {
                tags: is.tags.map((tag, i) => (
                    <>
                        {i > 0 ? ' ' : ''}
                        {is.event === 'push'
                            ? <a href={to(['repositories', repository, 'tags', tag])}><bdi>{tag}</bdi></a>
                            : <bdi>{tag}</bdi>}
                    </>
                )),
            })}
        </p>
    );
}

/** usePages<Activity>(a path of activity) as a list. */
export function ActivityList({ of, empty }: { of: Pages<Activity>; empty?: ComponentChildren }) {
    return (
        <Listing of={of} empty={empty ?? t('activity.none')}>{(items) => (
            <ul class="cards">{items.map((is) => (
                <li class="card" key={is.id}>
                    <Sentence is={is} />
                    <Tags is={is} />
                    <p class="facts"><Time at={is.occurred_at} /></p>
                </li>
            ))}</ul>
        )}</Listing>
    );
}
