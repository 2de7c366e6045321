// admin_reports.tsx: reported comments of the whole installation.  Those who
// moderate are the admins of each repository.

import type { CommentReport } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { AdminPage } from '../ui/admin';
import { Empty, Listing } from '../ui/form';
import { Report } from '../ui/report';

function Reports() {
    const list = usePages<CommentReport>('/comment-reports');
    return (
        <>
            <p>{t('admin.report.about')}</p>
            <Listing of={list} empty={<Empty title={t('report.none')} />}>
                {(items) => (
                    <ul class="cards">{items.map((is) => (
                        <Report key={is.id} is={is}>
                            <a href={to(['repositories', is.repository, 'settings', 'comments'])}>
                                {t('admin.report.moderate')}</a>
                            {is.author !== null
                                ? <a href={to(['admin', 'accounts', is.author])}>
                                    {t('admin.report.author', { login: is.author })}</a>
                                : null}
                        </Report>
                    ))}</ul>
                )}
            </Listing>
        </>
    );
}

export default function AdminReportsPage() {
    return <AdminPage current="reports">{() => <Reports />}</AdminPage>;
}
