// removal.tsx: the two steps in which a repository is deleted.

import { useEffect, useState } from 'preact/hooks';

import { ApiError, get, url } from '../api/client';
import type { List, Removal } from '../api/types';
import { t, type Key } from '../lib/i18n';
import { Icon } from './common';

const AGAIN = 2000;

/** Where a deletion is; "unknown": who asks may not see how it goes on. */
type Step = 'marked' | 'deleted' | 'unknown';

/** Asks until the repository is gone, as long as the page is open. */
function useRemoval(namespace: string, name: string): { step: Step; message: string | null } {
    const [state, setState] = useState<{ step: Step; message: string | null }>({ step: 'marked', message: null });
    useEffect(() => {
        const controller = new AbortController();
        let waiting: ReturnType<typeof setTimeout> | undefined;
        const ask = async (): Promise<void> => {
            try {
                const { data } = await get<List<Removal>>(url`/namespaces/${namespace}/removals` + '?limit=100',
                                                          controller.signal);
                const found = data.items.find(({ repository }) => repository === name);
                setState({ step: found !== undefined ? 'marked' : 'deleted', message: found?.message ?? null });
                if (found !== undefined) {
                    waiting = setTimeout(() => void ask(), AGAIN);
                }
            } catch (error) {
                if (controller.signal.aborted) {
                    return;
                }
                if (error instanceof ApiError && [401, 403, 404].includes(error.status)) {
                    setState({ step: 'unknown', message: null });
                } else {
                    waiting = setTimeout(() => void ask(), AGAIN);
                }
            }
        };
        void ask();
        return () => {
            controller.abort();
            clearTimeout(waiting);
        };
    }, [namespace, name]);
    return state;
}

function StepLine({ name, is_done }: { name: 'mark' | 'delete'; is_done: boolean }) {
    return (
        <li class={is_done ? 'good' : undefined}>
            {is_done ? <Icon name="check" /> : null} {t((is_done ? `delete.stepped.${name}` : `delete.step.${name}`) as Key)}
        </li>
    );
}

/** The steps as they will be. */
export function Steps() {
    return (
        <ol class="steps">
            <StepLine name="mark" is_done={false} />
            <StepLine name="delete" is_done={false} />
        </ol>
    );
}

/** The steps as they are taken. */
export function Progress({ namespace, name }: { namespace: string; name: string }) {
    const { step, message } = useRemoval(namespace, name);
    return (
        <section class="panel" aria-labelledby="progress">
            <h2 id="progress">{t(step === 'deleted' ? 'removal.done' : 'delete.underway', { name })}</h2>
            <div role="status">
                <ol class="steps">
                    <StepLine name="mark" is_done />
                    <StepLine name="delete" is_done={step === 'deleted'} />
                </ol>
            </div>
            {message !== null ? <p class="warning"><Icon name="warning" />{t('delete.failed', { message })}</p> : null}
        </section>
    );
}
