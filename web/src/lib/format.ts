// format.ts: sizes, times and counts in the reader's form.

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** Bytes in decimal units, as docker shows them; null: not a size. */
export function size(bytes: unknown, locale: string): string | null {
    if (typeof bytes !== 'number' || !Number.isFinite(bytes) || bytes < 0) {
        return null;
    }
    let value = bytes;
    let unit = 0;
    while (value >= 999.5 && unit < UNITS.length - 1) {
        value /= 1000;
        unit++;
    }
    return new Intl.NumberFormat(locale, {
        style: 'unit',
        unit: UNITS[unit]!,
        unitDisplay: unit === 0 ? 'long' : 'short',
        maximumSignificantDigits: 3,
    }).format(value);
}

/** A moment of RFC 3339; null: it is none, as images may say anything. */
export function moment(text: unknown): Date | null {
    if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) {
        return null;
    }
    const date = new Date(text);
    return Number.isNaN(date.getTime()) || date.getTime() <= 0 ? null : date;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
    ['year', 31_556_952],
    ['month', 2_629_746],
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
];

/** "3 days ago".  What is to come is rounded: of 90 days, "in 3 months". */
export function ago(date: Date, now: number, locale: string): string {
    const seconds = (date.getTime() - now) / 1000;
    const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
    for (const [unit, length] of STEPS) {
        if (Math.abs(seconds) >= length) {
            return format.format((seconds < 0 ? Math.trunc : Math.round)(seconds / length), unit);
        }
    }
    return format.format(0, 'second');
}

/** The whole of it, with the zone. */
export function absolute(date: Date, locale: string): string {
    return new Intl.DateTimeFormat(locale, {
        year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric',
        minute: '2-digit', second: '2-digit', timeZoneName: 'short',
    }).format(date);
}

/** "sha256:0123456789ab" of a digest. */
export function shortDigest(digest: string): string {
    const colon = digest.indexOf(':');
    return colon < 0 ? digest.slice(0, 12) : digest.slice(colon + 1, colon + 13);
}

/** A text of at most so many characters, for titles and lists. */
export function clip(text: string, max: number): string {
    return text.length <= max ? text : `${text.slice(0, max)}…`;
}
