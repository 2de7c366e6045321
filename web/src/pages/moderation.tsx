// moderation.tsx: reported comments of a repository, and all of its comments,
// for its admins: they hide, restore and delete.

import { useState } from 'preact/hooks';

import { change, url } from '../api/client';
import type { Comment, CommentReport } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { Badge, Time } from '../ui/common';
import { Act, Empty, Listing } from '../ui/form';
import { Quoted, Report } from '../ui/report';
import { RepositorySettings } from '../ui/repository_settings';

function Acts({ name, id, is_hidden, is_reported, reload }: {
    name: string; id: number; is_hidden: boolean; is_reported: boolean; reload: () => void;
}) {
    const path = `${url`/repositories/${name}/comments`}/${id}`;
    const set = (hidden: boolean) => async (): Promise<void> => {
        await change('PUT', `${path}/moderation`, { body: { is_hidden: hidden } });
        reload();
    };
    return (
        <>
            {is_hidden
                ? <Act label={t('report.restore.of', { id })} send={set(false)} done={t('report.restored')}>
                    {t('report.restore')}</Act>
                : <Act label={t('report.hide.of', { id })} send={set(true)} done={t('report.hid')}>{t('report.hide')}</Act>}
            {is_reported && !is_hidden
                ? <Act label={t('report.keep.of', { id })} send={set(false)} done={t('report.kept')}>{t('report.keep')}</Act>
                : null}
            <Act is_danger label={t('report.delete.of', { id })} done={t('report.deleted')} send={async () => {
                await change('DELETE', path);
                reload();
            }}>{t('report.delete')}</Act>
        </>
    );
}

function Moderation({ name }: { name: string }) {
    const [round, setRound] = useState(0);
    return <Lists key={round} name={name} reload={() => setRound((n) => n + 1)} />;
}

function Lists({ name, reload }: { name: string; reload: () => void }) {
    const reports = usePages<CommentReport>(url`/repositories/${name}/comment-reports`);
    const comments = usePages<Comment>(url`/repositories/${name}/comments`);
    return (
        <>
            <h2>{t('report.reported')}</h2>
            <p>{t('report.about')}</p>
            <Listing of={reports} empty={<Empty title={t('report.none')} />}>
                {(items) => (
                    <ul class="cards">{items.map((is) => (
                        <Report key={is.id} is={is}>
                            <Acts name={name} id={is.comment} is_hidden={is.is_hidden} is_reported reload={reload} />
                        </Report>
                    ))}</ul>
                )}
            </Listing>
            <h2>{t('report.all')}</h2>
            <Listing of={comments} empty={<Empty title={t('report.all.none')} />}>
                {(items) => (
                    <ul class="cards">{items.map((is) => (
                        <li class="card" key={is.id}>
                            <p class="facts">
                                <bdi>{is.author ?? t('report.gone')}</bdi> <Time at={is.created_at} />
                                {is.is_hidden ? <Badge>{t('report.hidden')}</Badge> : null}
                            </p>
                            <Quoted text={is.text} />
                            <div class="actions">
                                <Acts name={name} id={is.id} is_hidden={is.is_hidden} is_reported={false} reload={reload} />
                            </div>
                        </li>
                    ))}</ul>
                )}
            </Listing>
        </>
    );
}

export default function ModerationPage({ name }: { name: string }) {
    return <RepositorySettings name={name} current="comments">{() => <Moderation name={name} />}</RepositorySettings>;
}
