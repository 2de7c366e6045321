// names.ts: what is wrong with a name or a password, before it is sent.

import { t } from './i18n';

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Of a login or a namespace, in the reader's language; undefined: nothing. */
export function nameFault(name: string): string | undefined {
    return NAME.test(name) && name.length >= 2 && name.length <= 64 ? undefined : t('signup.login.wrong');
}

/** Of what stands behind a namespace and its slash. */
export function repositoryFault(name: string): string | undefined {
    return name.length > 0 && name.length <= 190 && name.split('/').every((part) => NAME.test(part))
        ? undefined : t('new.name.wrong');
}

/** Of the password of an account. */
export function passwordFault(password: string, login: string): string | undefined {
    if (password.length < 8) {
        return t('signup.password.short');
    }
    return password === login ? t('signup.password.login') : undefined;
}
