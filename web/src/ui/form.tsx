// form.tsx: the forms of all pages: what was typed, what is wrong with it, and
// sending it; and what stands around forms: lists, tables, secrets, and what
// cannot be undone.

import type { ComponentChildren, TextareaHTMLAttributes } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { ApiError, newKey, type Request } from '../api/client';
import type { Pages } from '../lib/data';
import { rich, t } from '../lib/i18n';
import { announce, Copy, Field, Icon } from './common';
import { Empty as Nothing, ErrorBox, errorText, Loading, useCountdown } from './state';

export { Field } from './common';
export { Empty } from './state';

type Value = string | boolean;
type Values = Record<string, Value>;
/** What is wrong, by the field's name, in the reader's language. */
export type Faults<V> = { [K in keyof V]?: string | undefined };

interface How<V extends Values> {
    /**
     * What the fields hold at first; their names are those of the API.  Where it
     * changes as the object is loaded again, fields that were not edited follow.
     */
    start: V;
    /** What can be seen to be wrong before it is sent. */
    check?: (values: V) => Faults<V>;
    /** The ETag of what is changed, as the page got it: goes out as If-Match. */
    etag?: string | null | undefined;
    /** Sends: change('PATCH', path, { body, ...more }); more has If-Match and Idempotency-Key. */
    send: (values: V, more: Pick<Request, 'etag' | 'key'>) => Promise<unknown>;
    /** What is said to a screen reader and next to the button when it is done; else "Saved". */
    done?: string;
    /** Asks for the object again where another change came between. */
    reload?: () => void;
    /** Names of the API's fields that are shown by a field of another name. */
    fields?: Record<string, keyof V & string>;
    /** What is said of a code of the API here. */
    codes?: Partial<Record<string, string>>;
}

export interface FormOf<V extends Values> {
    values: V;
    error: ApiError | undefined;
    is_busy: boolean;
    is_changed: boolean;
    is_done: boolean;
    set: (more: Partial<V>) => void;
    /** Begins again, with other values or those of the start. */
    reset: (values?: V) => void;
    submit: () => Promise<void>;
    /** For Field and TextArea. */
    text: (name: keyof V & string) => {
        name: string; value: string; error: string | undefined;
        onInput: (event: { currentTarget: { value: string } }) => void;
    };
    /** For Select and Radios. */
    choice: (name: keyof V & string) => {
        name: string; value: string; error: string | undefined; onChange: (value: string) => void;
    };
    /** For Switch. */
    flag: (name: keyof V & string) => {
        name: string; checked: boolean; error: string | undefined; onChange: (is_on: boolean) => void;
    };
    ref: { current: HTMLFormElement | null };
    reload: (() => void) | undefined;
    done: string;
}

const same = (a: Values, b: Values): boolean => Object.keys(a).every((name) => a[name] === b[name]);

export function useForm<V extends Values>(how: How<V>): FormOf<V> {
    const [start, setStart] = useState(how.start);
    const [values, setValues] = useState(how.start);
    const [faults, setFaults] = useState<Faults<V>>({});
    const [error, setError] = useState<ApiError>();
    const [is_busy, setBusy] = useState(false);
    const [is_done, setDone] = useState(false);
    const ref = useRef<HTMLFormElement | null>(null);
    // of a creation: the same until it has succeeded or other things are sent
    const key = useRef({ of: '', key: '' });
    const is_there = useRef(true);
    const was_reset = useRef(false);
    const wants_new = useRef(false);
    useEffect(() => () => {
        is_there.current = false;
    }, []);
    // what the page loaded since is shown, unless it would take what was typed
    const offered = JSON.stringify(how.start);
    useEffect(() => {
        if (wants_new.current || same(values, start)) {
            wants_new.current = false;
            setStart(how.start);
            setValues(how.start);
        }
    }, [offered]);

    const done = how.done ?? t('saved');

    const set = (more: Partial<V>): void => {
        setDone(false);
        setValues((now) => ({ ...now, ...more }));
    };
    const reset = (next: V = how.start): void => {
        was_reset.current = true;
        setStart(next);
        setValues(next);
        setFaults({});
        setError(undefined);
    };
    const show = (found: Faults<V>): void => {
        setFaults(found);
        requestAnimationFrame(() => ref.current
            ?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
    };
    const refused = (failed: ApiError): void => {
        const named = failed.problem?.field ?? null;
        const field = named !== null ? how.fields?.[named] ?? named : null;
        const text = how.codes?.[failed.code] ?? errorText(failed);
        if (field !== null && ref.current?.elements.namedItem(field)) {
            show({ [field]: text } as Faults<V>);
        } else {
            setError(how.codes?.[failed.code] === undefined ? failed
                : new ApiError(failed.status, { ...failed.problem, code: undefined!, detail: text }));
        }
    };
    const keyOf = (): string => {
        const of = JSON.stringify(values);
        if (key.current.of !== of) {
            key.current = { of, key: newKey() };
        }
        return key.current.key;
    };
    const submit = async (): Promise<void> => {
        if (is_busy) {
            return;
        }
        setError(undefined);
        setFaults({});
        setDone(false);
        const found = how.check?.(values) ?? {};
        if (Object.values(found).some((text) => text !== undefined)) {
            show(found);
            return;
        }
        setBusy(true);
        was_reset.current = false;
        try {
            await how.send(values, { key: keyOf(), ...(how.etag ? { etag: how.etag } : {}) });
            key.current = { of: '', key: '' };
            if (is_there.current) {
                setDone(true);
            }
            if (is_there.current && !was_reset.current) {
                setStart(values);
            }
            announce(done);
        } catch (failed) {
            refused(failed instanceof ApiError ? failed : new ApiError(-1, null));
        } finally {
            if (is_there.current) {
                setBusy(false);
            }
        }
    };
    const bound = (name: keyof V & string) => ({ name, error: faults[name] });
    return {
        values, error, is_busy, is_done, set, reset, submit, ref,
        is_changed: !same(values, start),
        reload: how.reload !== undefined ? () => {
            setError(undefined);
            wants_new.current = true;
            how.reload!();
        } : undefined,
        done,
        text: (name) => ({
            ...bound(name), value: String(values[name]),
            onInput: (event) => set({ [name]: event.currentTarget.value } as Partial<V>),
        }),
        choice: (name) => ({
            ...bound(name), value: String(values[name]),
            onChange: (value) => set({ [name]: value } as Partial<V>),
        }),
        flag: (name) => ({
            ...bound(name), checked: values[name] === true,
            onChange: (is_on) => set({ [name]: is_on } as Partial<V>),
        }),
    };
}

/** The form itself, its button, and what came of it. */
export function Form<V extends Values>({ of, submit = t('save'), label, children, is_danger = false, more }: {
    of: FormOf<V>; submit?: string; label?: string; children?: ComponentChildren;
    is_danger?: boolean; more?: ComponentChildren;
}) {
    const left = useCountdown(of.error);
    return (
        <form class="form" ref={of.ref} noValidate aria-label={label} onSubmit={(event) => {
            event.preventDefault();
            void of.submit();
        }}>
            {children}
            {of.error !== undefined ? (
                <ErrorBox error={of.error} retry={of.error.code === 'changed' ? of.reload : undefined}
                    action={t('form.changed')} />
            ) : null}
            <p class="actions">
                <button type="submit" class={is_danger ? 'danger' : 'primary'}
                    disabled={of.is_busy || left > 0}>
                    {of.is_busy ? t('sending') : submit}
                </button>
                {more}
                {of.is_done
                    ? <span class="good"><Icon name="check" /> {of.done}</span> : null}
            </p>
        </form>
    );
}

/** The ids of what describes a field. */
function described(id: string, hint: string | undefined, error: string | undefined): string | undefined {
    return [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].join(' ').trim() || undefined;
}

const Fault = ({ id, error }: { id: string; error: string | undefined }) =>
    (error ? <p class="error" id={`${id}-error`}><Icon name="warning" />{error}</p> : null);

interface Labelled {
    label: string;
    hint?: string | undefined;
    error?: string | undefined;
}

export function TextArea({ label, hint, error, ...area }: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
    const id = useId();
    return (
        <div class={`field${error ? ' wrong' : ''}`}>
            <label for={id}>{label}</label>
            {hint ? <p class="hint" id={`${id}-hint`}>{hint}</p> : null}
            <textarea id={id} dir="auto" rows={4} aria-describedby={described(id, hint, error)}
                aria-invalid={error ? 'true' : undefined} {...area} />
            <Fault id={id} error={error} />
        </div>
    );
}

export interface Option {
    value: string;
    name: string;
    /** Of Radios: what it means. */
    hint?: string;
}

interface Choice extends Labelled {
    name: string;
    value: string;
    options: readonly Option[];
    onChange: (value: string) => void;
    disabled?: boolean;
}

export function Select({ label, hint, error, name, value, options, onChange, disabled = false }: Choice) {
    const id = useId();
    return (
        <div class={`field${error ? ' wrong' : ''}`}>
            <label for={id}>{label}</label>
            {hint ? <p class="hint" id={`${id}-hint`}>{hint}</p> : null}
            <select id={id} name={name} value={value} disabled={disabled}
                aria-describedby={described(id, hint, error)} aria-invalid={error ? 'true' : undefined}
                onChange={(event) => onChange(event.currentTarget.value)}>
                {options.map((one) => <option key={one.value} value={one.value}>{one.name}</option>)}
            </select>
            <Fault id={id} error={error} />
        </div>
    );
}

/** One of a few, all of them to be seen, each with what it means. */
export function Radios({ label, hint, error, name, value, options, onChange, disabled = false }: Choice) {
    const id = useId();
    return (
        <fieldset class={`field${error ? ' wrong' : ''}`} aria-describedby={described(id, hint, error)}>
            <legend>{label}</legend>
            {hint ? <p class="hint" id={`${id}-hint`}>{hint}</p> : null}
            {options.map((one) => (
                <div class="option" key={one.value}>
                    <input type="radio" id={`${id}-${one.value}`} name={name} value={one.value} disabled={disabled}
                        checked={value === one.value} aria-invalid={error ? 'true' : undefined}
                        aria-describedby={one.hint ? `${id}-${one.value}-hint` : undefined}
                        onChange={() => onChange(one.value)} />
                    <label for={`${id}-${one.value}`}>{one.name}</label>
                    {one.hint ? <p class="hint" id={`${id}-${one.value}-hint`}>{one.hint}</p> : null}
                </div>
            ))}
            <Fault id={id} error={error} />
        </fieldset>
    );
}

export function Switch({ label, hint, error, name, checked, onChange, disabled = false }: Labelled & {
    name: string; checked: boolean; onChange: (is_on: boolean) => void; disabled?: boolean;
}) {
    const id = useId();
    return (
        <div class={`option${error ? ' wrong' : ''}`}>
            <input type="checkbox" id={id} name={name} checked={checked} disabled={disabled}
                aria-describedby={described(id, hint, error)} aria-invalid={error ? 'true' : undefined}
                onChange={(event) => onChange(event.currentTarget.checked)} />
            <label for={id}>{label}</label>
            {hint ? <p class="hint" id={`${id}-hint`}>{hint}</p> : null}
            <Fault id={id} error={error} />
        </div>
    );
}

/**
 * What cannot be undone: says what goes with it (children), and wants the name
 * typed.
 */
export function ConfirmByName({ name, title, submit, send, children, ...how }: {
    name: string; title: string; submit: string; send: () => Promise<unknown>;
    children?: ComponentChildren; codes?: Partial<Record<string, string>>;
}) {
    const form = useForm({
        start: { confirmation: '' },
        check: ({ confirmation }) => (confirmation.trim() === name ? {}
            : { confirmation: t('form.name.wrong', { name }) }),
        send,
        ...how,
    });
    return (
        <section class="panel dangerous">
            <h2>{title}</h2>
            {children}
            <p>{rich('form.name.type', { name: <bdi><code>{name}</code></bdi> })}</p>
            <Form of={form} submit={submit} is_danger>
                <Field label={t('form.name')} autocomplete="off" autocapitalize="none" spellcheck={false}
                    {...form.text('confirmation')} />
            </Form>
        </section>
    );
}

/** A secret that is shown once; "I have stored it" closes.  It is in the page only. */
export function SecretOnce({ title, secret, what, children, close }: {
    title: string; secret: string; /** "Copy token ci" */ what: string;
    children?: ComponentChildren; close: () => void;
}) {
    const id = useId();
    const heading = useRef<HTMLHeadingElement>(null);
    useLayoutEffect(() => heading.current?.focus(), [secret]);
    return (
        <section class="panel secret" aria-labelledby={id}>
            <h2 id={id} tabIndex={-1} ref={heading}>{title}</h2>
            <p>{t('form.secret.once')}</p>
            <div class="command">
                <input readOnly value={secret} aria-label={title} autocomplete="off" spellcheck={false}
                    onFocus={(event) => event.currentTarget.select()} />
                <Copy text={secret} what={what} />
            </div>
            {children}
            <p class="actions"><button type="button" onClick={close}>{t('form.secret.stored')}</button></p>
        </section>
    );
}

export interface Row {
    key: string | number;
    cells: ComponentChildren[];
}

/** A table; on narrow screens each row is a list of "column: value". */
export function Table({ label, head, rows, numbers = [] }: {
    label: string; head: readonly string[]; rows: readonly Row[];
    /** Which columns are numbers. */
    numbers?: readonly number[];
}) {
    const kind = (i: number): string | undefined => (numbers.includes(i) ? 'number' : undefined);
    return (
        <div class="panel">
            <table class="stack" role="table" aria-label={label}>
                <thead role="rowgroup">
                    <tr role="row">{head.map((name, i) => (
                        <th key={name} role="columnheader" scope="col" class={kind(i)}>
                            {name === '' ? <span class="offscreen">{t('form.actions')}</span> : name}
                        </th>
                    ))}</tr>
                </thead>
                <tbody role="rowgroup">{rows.map(({ key, cells }) => (
                    <tr key={key} role="row">{cells.map((cell, i) => (
                        <td key={head[i]} role="cell" data-name={head[i] || undefined} class={kind(i)}>{cell}</td>
                    ))}</tr>
                ))}</tbody>
            </table>
        </div>
    );
}

/** The states of a list: loading, empty, failed, more. */
export function Listing<T>({ of, empty, children }: {
    of: Pages<T>; empty: ComponentChildren; children: (items: T[]) => ComponentChildren;
}) {
    const { items } = of;
    return (
        <div aria-busy={items === undefined && of.error === undefined}>
            {of.error !== undefined ? <ErrorBox error={of.error} retry={of.reload} /> : null}
            {items === undefined
                ? (of.error === undefined ? <Loading cancel={of.cancel} /> : null)
                : items.length === 0 && !of.has_more
                    ? (typeof empty === 'string' ? <Nothing title={empty} /> : empty)
                    : children(items)}
            {of.has_more ? (
                <p class="more"><button type="button" disabled={of.is_loading} onClick={of.more}>
                    {t('more')}</button></p>
            ) : null}
        </div>
    );
}

/** A button that sends a change at once, with its own waiting and error. */
export function Act({ children, label, send, done, is_danger = false, is_pressed }: {
    children: ComponentChildren; /** With the name of what it is for. */ label?: string;
    send: () => Promise<unknown>; done?: string; is_danger?: boolean; /** Of one that is on or off. */ is_pressed?: boolean;
}) {
    const [is_busy, setBusy] = useState(false);
    const [error, setError] = useState<ApiError>();
    const press = async (): Promise<void> => {
        setBusy(true);
        setError(undefined);
        try {
            await send();
            if (done !== undefined) {
                announce(done);
            }
        } catch (failed) {
            setError(failed instanceof ApiError ? failed : new ApiError(-1, null));
        } finally {
            setBusy(false);
        }
    };
    return (
        <>
            <button type="button" class={is_danger ? 'danger' : undefined} aria-label={label} aria-pressed={is_pressed}
                disabled={is_busy} onClick={() => void press()}>{children}</button>
            {error !== undefined ? <ErrorBox error={error} /> : null}
        </>
    );
}

/** A button that asks before it sends a change which cannot be undone. */
export function Sure({ children, label, title, text, submit, send, done }: {
    children: ComponentChildren; label?: string; title: string; text: ComponentChildren;
    submit: string; send: () => Promise<unknown>; done: string;
}) {
    const id = useId();
    const ref = useRef<HTMLDialogElement>(null);
    const opener = useRef<HTMLButtonElement>(null);
    const [is_open, setOpen] = useState(false);
    const [is_busy, setBusy] = useState(false);
    const [error, setError] = useState<ApiError>();
    const close = (): void => ref.current?.close();
    // the browser returns the focus only where the button is still the same
    const closed = (): void => {
        setOpen(false);
        opener.current?.focus();
    };
    useEffect(() => {
        if (is_open) {
            setError(undefined);
            ref.current?.showModal();
        }
    }, [is_open]);
    const press = async (): Promise<void> => {
        setBusy(true);
        setError(undefined);
        try {
            await send();
            announce(done);
            close();
        } catch (failed) {
            setError(failed instanceof ApiError ? failed : new ApiError(-1, null));
        } finally {
            setBusy(false);
        }
    };
    return (
        <>
            <button type="button" class="danger" ref={opener} aria-label={label}
                onClick={() => setOpen(true)}>{children}</button>
            {is_open ? (
                <dialog ref={ref} aria-labelledby={id} onClose={closed}>
                    <h2 id={id}>{title}</h2>
                    <p>{text}</p>
                    {error !== undefined ? <ErrorBox error={error} /> : null}
                    <p class="actions">
                        <button type="button" class="danger" disabled={is_busy} onClick={() => void press()}>
                            {is_busy ? t('sending') : submit}</button>
                        <button type="button" onClick={close}>{t('cancel')}</button>
                    </p>
                </dialog>
            ) : null}
        </>
    );
}
