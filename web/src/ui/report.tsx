// report.tsx: a reported comment, and what a moderator does about it.

import type { ComponentChildren } from 'preact';

import type { CommentReport } from '../api/types';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { Badge, Time } from './common';

/** Text of people, as it was written. */
export function Quoted({ text }: { text: string }) {
    return <blockquote class="quoted" dir="auto">{text}</blockquote>;
}

export function Report({ is, children }: { is: CommentReport; children: ComponentChildren }) {
    return (
        <li class="card">
            <h3>
                <a href={to(['repositories', is.repository])}><bdi>{is.repository}</bdi></a>
                {is.is_hidden ? <Badge>{t('report.hidden')}</Badge> : null}
            </h3>
            <p class="facts"><bdi>{is.author ?? t('report.gone')}</bdi></p>
            <Quoted text={is.text} />
            <p class="facts">
                <span>{t('report.by', { login: is.reporter ?? t('report.gone') })} <Time at={is.created_at} /></span>
            </p>
            <p>{t('report.reason')} <q dir="auto">{is.reason}</q></p>
            <div class="actions">{children}</div>
        </li>
    );
}
