// data.ts: what a page shows, from its request: loading, an error, or data.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { ApiError, get, remembered, type Answer } from '../api/client';

export interface Data<T> {
    /** The answer; while a newer one is on its way, the one before. */
    answer: Answer<T> | undefined;
    error: ApiError | undefined;
    is_loading: boolean;
    reload: () => void;
    cancel: () => void;
    /** Shows another answer: the one of a change, with its new ETag. */
    put: (answer: Answer<T>) => void;
}

const asError = (error: unknown): ApiError =>
    error instanceof ApiError ? error : new ApiError(-1, null);

interface State<T> {
    path: string | null;
    answer: Answer<T> | undefined;
    error: ApiError | undefined;
    is_loading: boolean;
}

/**
 * The answer of GET path; null: not asked yet.  With is_kept the answer of the
 * path before stays until the next one is there.
 */
export function useData<T>(path: string | null, is_kept = false): Data<T> {
    const [round, setRound] = useState(0);
    const [, redraw] = useState(0);
    const abort = useRef<AbortController | undefined>(undefined);
    const state = useRef<State<T>>({
        path: null, answer: undefined, error: undefined, is_loading: false,
    });
    if (state.current.path !== path) {
        const known = path !== null ? remembered<T>(path) : undefined;
        state.current = {
            path,
            answer: known ?? (is_kept && path !== null ? state.current.answer : undefined),
            error: undefined,
            is_loading: path !== null,
        };
    }
    useEffect(() => {
        if (path === null) {
            return undefined;
        }
        const controller = new AbortController();
        let is_current = true;
        const settle = (change: Partial<State<T>>): void => {
            if (is_current) {
                state.current = { ...state.current, is_loading: false, ...change };
                redraw((n) => n + 1);
            }
        };
        abort.current = controller;
        state.current = { ...state.current, is_loading: true, error: undefined };
        redraw((n) => n + 1);
        get<T>(path, controller.signal).then(
            (answer) => settle({ answer, error: undefined }),
            (error: unknown) => settle({ error: asError(error) }),
        );
        return () => {
            is_current = false;
            controller.abort();
        };
    }, [path, round]);
    const { answer, error, is_loading } = state.current;
    return {
        answer, error, is_loading,
        reload: () => setRound((n) => n + 1),
        cancel: () => abort.current?.abort(),
        put: (newer) => {
            state.current = { ...state.current, answer: newer, error: undefined };
            redraw((n) => n + 1);
        },
    };
}

export interface Pages<T> extends Data<{ items: T[] }> {
    items: T[] | undefined;
    has_more: boolean;
    more: () => void;
}

/** The pages of a list, one behind the other. */
export function usePages<T>(path: string | null, is_kept = false): Pages<T> {
    const first = useData<{ items: T[] }>(path, is_kept);
    const [later, setLater] = useState<{ of: unknown; items: T[]; next: string | null }>();
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<ApiError>();
    const of = first.answer;
    const mine = later !== undefined && later.of === of ? later : undefined;
    const next = mine !== undefined ? mine.next : of?.next ?? null;
    const items = useMemo(
        () => (of === undefined ? undefined : [...of.data.items, ...(mine?.items ?? [])]),
        [of, mine],
    );
    const more = (): void => {
        if (next === null || busy) {
            return;
        }
        setBusy(true);
        setError(undefined);
        get<{ items: T[] }>(next).then((answer) => {
            setLater({ of, items: [...(mine?.items ?? []), ...answer.data.items], next: answer.next });
        }, (failed: unknown) => setError(asError(failed))).finally(() => setBusy(false));
    };
    return {
        ...first, items, more,
        error: first.error ?? error,
        is_loading: first.is_loading || busy,
        has_more: next !== null,
    };
}
