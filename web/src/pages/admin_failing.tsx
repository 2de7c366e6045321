// admin_failing.tsx: the webhooks of all people that fail.

import type { FailingWebhook } from '../api/types';
import { usePages } from '../lib/data';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { AdminPage } from '../ui/admin';
import { Time } from '../ui/common';
import { Empty, Listing, Table } from '../ui/form';
import { hooksAt, Outcome, State } from '../ui/hooks';

/** Those of the installation have a page here; of others, what has them. */
function ownerOf(is: FailingWebhook) {
    if (is.repository !== null) {
        return <a href={to(['repositories', is.repository])}><bdi>{is.repository}</bdi></a>;
    }
    return is.namespace !== null ? <a href={to(['namespaces', is.namespace])}><bdi>{is.namespace}</bdi></a>
        : <a href={hooksAt({}, String(is.id))}>{t('admin.failing.installation')}</a>;
}

function Failing() {
    const list = usePages<FailingWebhook>('/failing-webhooks');
    return (
        <>
            <p>{t('admin.failing.about')}</p>
            <Listing of={list} empty={<Empty title={t('admin.failing.none')} />}>
                {(items) => (
                    <Table label={t('admin.tab.failing')}
                        head={[t('admin.failing.of'), t('admin.failing.to'), t('hooks.state'), t('admin.failing.since'),
                               t('admin.failing.failures'), t('hooks.last')]}
                        numbers={[4]}
                        rows={items.map((is) => ({
                            key: is.id,
                            cells: [
                                ownerOf(is),
                                <bdi>{is.origin}</bdi>,
                                <><State is={is} /> {is.off_reason}</>,
                                <Time at={is.failing_since} />,
                                String(is.failures),
                                is.last_attempt !== null
                                    ? <><Time at={is.last_attempt.at} /> <Outcome of={is.last_attempt} /></>
                                    : t('hooks.never'),
                            ],
                        }))} />
                )}
            </Listing>
        </>
    );
}

export default function AdminFailingPage() {
    return <AdminPage current="failing">{() => <Failing />}</AdminPage>;
}
