// image.ts: what an image says of itself, made readable.

export interface Command {
    text: string;
    /** Of Dockerfile's verbs: "RUN", "COPY"; null: the builder did not say. */
    verb: string | null;
}

const NOP = '/bin/sh -c #(nop) ';
const SHELL = '/bin/sh -c ';

/** The command of a step.  Only these exact prefixes go: an image with a shell
 * of its own keeps what it says. */
export function commandOf(createdBy: string | null): Command | null {
    if (createdBy === null || createdBy === '') {
        return null;
    }
    let text = createdBy;
    let is_run = false;
    if (text.startsWith(NOP)) {
        text = text.slice(NOP.length).trimStart();
    } else if (text.startsWith(SHELL)) {
        text = text.slice(SHELL.length);
        is_run = true;
    }
    text = text.replace(/ # buildkit$/, '');
    const verb = /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s/
        .exec(text)?.[1] ?? null;
    if (verb !== null) {
        return { verb, text: text.slice(verb.length).replace(/^ +/, '').replace(/^\/bin\/sh -c /, '') };
    }
    return { verb: is_run ? 'RUN' : null, text };
}

/** "NAME=value" in two. */
export function variable(text: string): [name: string, value: string] {
    const at = text.indexOf('=');
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Whether a variable's name says that its value is a secret. */
export const looksSecret = (name: string): boolean =>
    /(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)(_|$)/i.test(name);

/** The address of a label, where it is one of the web. */
export function webAddress(value: unknown): URL | null {
    if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || /[\s\\]/.test(value)) {
        return null;
    }
    try {
        const url = new URL(value);
        return url.username === '' && url.password === '' ? url : null;
    } catch {
        return null;
    }
}

/** Text without the controls that a terminal or a reader would obey. */
export function plain(text: string, max: number): string {
    const cut = text.length > max ? `${text.slice(0, max)}…` : text;
    // eslint-disable-next-line no-control-regex
    return cut.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
        .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Whether a manifest's parts are about something else, as an attestation's. */
export const isAttestationType = (mediaType: string | null): boolean =>
    /in-toto|dsse|simplesigning|cyclonedx|spdx|sarif/.test(mediaType ?? '');
