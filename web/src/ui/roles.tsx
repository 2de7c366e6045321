// roles.tsx: who has a role on what: rows that change one, and what a role
// allows.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { query, url } from '../api/client';
import type { Grant } from '../api/types';
import { t, type Key } from '../lib/i18n';
import { Badge } from './common';
import { Act, type Option } from './form';

export const ROLES = ['read', 'write', 'admin'] as const;
export type GrantedRole = typeof ROLES[number];

export const roleOptions = (): Option[] => ROLES.map((value) => ({ value, name: t(`role.${value}` as Key) }));

/** What each role allows, for who wants to know before giving it. */
export function RoleHelp() {
    return (
        <details class="help">
            <summary>{t('roles.help')}</summary>
            <dl class="pairs">
                {ROLES.map((role) => (
                    [<dt key={role}>{t(`role.${role}` as Key)}</dt>,
                        <dd key={`${role} may`}>{t(`roles.may.${role}` as Key)}</dd>]
                ))}
            </dl>
            <p class="quiet">{t('roles.highest')}</p>
        </details>
    );
}

/** A name of an account, a robot or a team. */
export const nameOf = (of: { login: string | null; team: string | null }): string => of.login ?? of.team ?? '';

export function Who({ of }: { of: { login: string | null; team: string | null } }) {
    return (
        <>
            <strong><bdi>{nameOf(of)}</bdi></strong>
            {of.team !== null ? <> <Badge>{t('roles.team')}</Badge></>
                : of.login?.includes('+') ? <> <Badge>{t('roles.robot')}</Badge></> : null}
        </>
    );
}

/** The key of a grant in a list; with the role, as what a row shows begins with it. */
export const grantKey = (of: Grant): string =>
    [of.team, of.login, of.repository, of.pattern, of.role].map((one) => one ?? '').join(' ');

/** The path of a role in a namespace, for DELETE. */
export const grantPath = (namespace: string, of: Grant): string => query(url`/namespaces/${namespace}/roles`, {
    login: of.login ?? '', team: of.team ?? '', repository: of.repository ?? '', pattern: of.pattern ?? '',
});

/** A choice that is sent by its own button: arrow keys alone change nothing. */
export function RoleCell({ of, role, options, save }: {
    of: string; role: string; options: Option[]; save: (role: string) => Promise<unknown>;
}) {
    const [chosen, choose] = useState(role);
    return (
        <span class="choice">
            <select aria-label={t('roles.of', { name: of })} value={chosen}
                onChange={(event) => choose(event.currentTarget.value)}>
                {options.map(({ value, name }) => <option key={value} value={value}>{name}</option>)}
            </select>
            {chosen !== role ? (
                <Act label={t('roles.save.of', { name: of })} done={t('saved')} send={() => save(chosen)}>
                    {t('save')}
                </Act>
            ) : null}
        </span>
    );
}

/** A button that asks once more before it does what costs something. */
export function Sure({ children, label, question, send, done }: {
    children: string; label: string; question: string; send: () => Promise<unknown>; done?: string;
}) {
    const [is_asked, setAsked] = useState(false);
    const place = useRef<HTMLSpanElement>(null);
    const is_new = useRef(true);
    // where a button was that had the focus, the next one has it
    useLayoutEffect(() => {
        if (!is_new.current) {
            place.current?.querySelector('button')?.focus();
        }
        is_new.current = false;
    }, [is_asked]);
    if (!is_asked) {
        return (
            <span ref={place}>
                <button type="button" aria-label={label} onClick={() => setAsked(true)}>{children}</button>
            </span>
        );
    }
    return (
        <span class="choice" role="group" aria-label={question} ref={place}>
            <span>{question}</span>
            <Act is_danger label={label} {...(done !== undefined ? { done } : {})} send={send}>{children}</Act>
            <button type="button" onClick={() => setAsked(false)}>{t('cancel')}</button>
        </span>
    );
}
