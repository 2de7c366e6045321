// repository_delete.tsx: deletes a repository whose name is typed.

import { useState } from 'preact/hooks';

import { change, url } from '../api/client';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { Crumbs, Heading, useTitle } from '../ui/common';
import { ConfirmByName } from '../ui/form';
import { Progress, Steps } from '../ui/removal';
import { RepositorySettings } from '../ui/repository_settings';

/** Once it is marked the API has no such repository any more. */
function Gone({ namespace, name }: { namespace: string; name: string }) {
    useTitle(name, t('settings'), t('settings.tab.delete'));
    return (
        <>
            <Crumbs items={[{ name: t('explore'), href: to([]) },
                { name: namespace, href: to(['namespaces', namespace]) }, { name }]} />
            <div class="title"><Heading><bdi>{name}</bdi></Heading></div>
            <Progress namespace={namespace} name={name} />
            <p><a href={to(['namespaces', namespace])}>{t('delete.back')}</a></p>
        </>
    );
}

export default function RepositoryDelete({ name }: { name: string }) {
    const [namespace, setNamespace] = useState<string>();
    if (namespace !== undefined) {
        return <Gone namespace={namespace} name={name} />;
    }
    return (
        <RepositorySettings name={name} current="delete">{(is) => (
            <ConfirmByName name={is.name} title={t('removal.title')} submit={t('removal.submit')}
                send={async () => {
                    await change('DELETE', url`/repositories/${is.name}`);
                    setNamespace(is.namespace);
                }}>
                <p>{t('delete.goes', { stars: is.star_count, pulls: is.pull_count })}</p>
                <Steps />
                <p><strong>{t('delete.final')}</strong></p>
            </ConfirmByName>
        )}</RepositorySettings>
    );
}
