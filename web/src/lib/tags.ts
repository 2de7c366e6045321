// tags.ts: the order of tags, what a filter leaves of them, and which of them
// are a signature's.

/** Names and times of all tags, as columns: the i-th of one is the other's. */
export interface Columns {
    names: string[];
    /** Seconds since 1970; 0: not known. */
    times: number[];
}

export const orders = ['newest', 'oldest', 'name', 'name-desc'] as const;
export type Order = (typeof orders)[number];

export const orderOf = (text: string | null): Order =>
    (orders as readonly (string | null)[]).includes(text) ? text as Order : 'newest';

/** cosign's and other clients' tags about a manifest, which is not theirs. */
export const isAbout = (name: string): boolean =>
    /^sha256-[0-9a-f]{64}(\.(sig|att|sbom))?$/.test(name);

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

/** 6.0.8 comes before 6.0.10. */
export const compareNames = (a: string, b: string): number =>
    natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/** Positions of the tags in an order. */
export function sorted(tags: Columns, order: Order): number[] {
    const { names, times } = tags;
    const all = names.map((_, i) => i);
    const byName = (a: number, b: number): number => compareNames(names[a]!, names[b]!);
    const byTime = (a: number, b: number): number => times[a]! - times[b]!;
    switch (order) {
    case 'name':
        return all.sort(byName);
    case 'name-desc':
        return all.sort((a, b) => byName(b, a));
    case 'oldest':
        return all.sort((a, b) => byTime(a, b) || byName(a, b));
    case 'newest':
        return all.sort((a, b) => byTime(b, a) || byName(b, a));
    }
}

/** Those of them whose name has all words of a filter. */
export function filtered(tags: Columns, order: number[], filter: string, with_about: boolean): number[] {
    const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== '');
    return order.filter((i) => {
        const name = tags.names[i]!;
        const lower = name.toLowerCase();
        return (with_about || !isAbout(name)) && words.every((word) => lower.includes(word));
    });
}

/** Rows of a list that a window shows, and some around it. */
export function visible(
    top: number, height: number, row: number, count: number, around: number,
): [first: number, end: number] {
    const first = Math.max(0, Math.floor(top / row) - around);
    const end = Math.min(count, Math.ceil((top + height) / row) + around);
    return [Math.min(first, count), Math.max(end, 0)];
}
