// load.ts: what a part of a page shows of the registry's content: loading, an
// error, or a value.

import { useEffect, useRef, useState } from 'preact/hooks';

import { ApiError } from '../api/client';
import { ContentError } from '../api/registry';

export interface Loaded<T> {
    value: T | undefined;
    error: ApiError | ContentError | undefined;
    reload: () => void;
}

const asError = (error: unknown): ApiError | ContentError =>
    error instanceof ApiError || error instanceof ContentError ? error : new ApiError(-1, null);

/** key: of what is loaded; another one loads again.  null: nothing yet. */
export function useLoad<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
    const [round, setRound] = useState(0);
    const [state, setState] = useState<{ key: string | null; value?: T; error?: ApiError | ContentError }>({ key: null });
    const how = useRef(load);
    how.current = load;
    useEffect(() => {
        if (key === null) {
            return undefined;
        }
        const controller = new AbortController();
        const settle = (change: { value: T } | { error: ApiError | ContentError }): void => {
            if (!controller.signal.aborted) {
                setState({ key, ...change });
            }
        };
        setState({ key });
        how.current(controller.signal).then((value) => settle({ value }),
                                            (error: unknown) => settle({ error: asError(error) }));
        return () => controller.abort();
    }, [key, round]);
    const is_mine = state.key === key;
    return {
        value: is_mine ? state.value : undefined,
        error: is_mine ? state.error : undefined,
        reload: () => setRound((n) => n + 1),
    };
}
