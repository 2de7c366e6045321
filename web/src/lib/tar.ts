// tar.ts: the small files of an archive (ustar, GNU, pax), in bounds.

export interface Entry {
    name: string;
    size: number;
    /** Where its bytes begin. */
    at: number;
}

const BLOCK = 512;
const ENTRIES_MAX = 5000;
const NAME_MAX = 1024;
/** Of the extended header of one file, and of the number that each of its lines begins with. */
const PAX_MAX = 64 * 1024;
const DIGITS_MAX = 10;

const word = (bytes: Uint8Array): string => {
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** An octal number; null: it is none (base-256 is for sizes beyond our bounds). */
function octal(bytes: Uint8Array): number | null {
    const found = /^ *([0-7]{1,11})[ \0]*$/.exec(word(bytes));
    return found === null ? null : parseInt(found[1]!, 8);
}

function sum(header: Uint8Array): number {
    return header.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0);
}

/** "path" of a pax header; null: it has none. */
function paxPath(bytes: Uint8Array): string | null {
    if (bytes.length > PAX_MAX) {
        return null;
    }
    let at = 0;
    while (at < bytes.length) {
        const space = bytes.indexOf(32, at);
        const length = space < 0 || space - at > DIGITS_MAX ? NaN : Number(word(bytes.subarray(at, space)));
        if (!Number.isInteger(length) || length <= 0 || at + length > bytes.length) {
            return null;
        }
        const line = new TextDecoder().decode(bytes.subarray(space + 1, at + length - 1));
        if (line.startsWith('path=')) {
            return line.slice(5);
        }
        at += length;
    }
    return null;
}

/** Its regular files; what is behind a broken header is left out. */
export function entriesOf(tar: Uint8Array): Entry[] {
    const entries: Entry[] = [];
    let long: string | null = null;
    for (let at = 0; at + BLOCK <= tar.length && entries.length < ENTRIES_MAX;) {
        const header = tar.subarray(at, at + BLOCK);
        const size = octal(header.subarray(124, 136));
        if (size === null || octal(header.subarray(148, 156)) !== sum(header)
            || at + BLOCK + size > tar.length) {
            break;
        }
        const body = tar.subarray(at + BLOCK, at + BLOCK + size);
        const type = String.fromCharCode(header[156]!);
        if (type === 'L') {
            long = word(body);
        } else if (type === 'x') {
            long = paxPath(body) ?? long;
        } else if (type !== 'g') {
            const prefix = word(header.subarray(257, 262)) === 'ustar' ? word(header.subarray(345, 500)) : '';
            const name = long ?? (prefix !== '' ? `${prefix}/` : '') + word(header.subarray(0, 100));
            long = null;
            if ((type === '0' || type === '\0') && name.length <= NAME_MAX) {
                entries.push({ name, size, at: at + BLOCK });
            }
        }
        at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
    return entries;
}
