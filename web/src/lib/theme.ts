// theme.ts: dark or light, as the system has it or the reader chose.

import { effect, signal } from '@preact/signals';

import { setting, settingPut } from './setting';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const isTheme = (value: string | null): value is Theme =>
    (themes as readonly (string | null)[]).includes(value);

export const theme = signal<Theme>('system');

export function themeStart(): void {
    const kept = setting('theme');
    const system = matchMedia('(prefers-color-scheme: dark)');
    const is_dark = signal(system.matches);
    theme.value = isTheme(kept) ? kept : 'system';
    system.addEventListener('change', () => {
        is_dark.value = system.matches;
    });
    effect(() => {
        document.documentElement.dataset['theme'] =
            theme.value === 'system' ? (is_dark.value ? 'dark' : 'light') : theme.value;
    });
}

export function themeSet(value: string): void {
    if (isTheme(value)) {
        theme.value = value;
        settingPut('theme', value);
    }
}
