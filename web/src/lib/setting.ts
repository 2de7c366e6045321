// setting.ts: what this browser remembers; where it may not, a setting lasts
// as long as the page.

const PREFIX = 'slipway.';

export function setting(name: string): string | null {
    try {
        return localStorage.getItem(PREFIX + name);
    } catch {
        return null;
    }
}

export function settingPut(name: string, value: string): void {
    try {
        localStorage.setItem(PREFIX + name, value);
    } catch {
        // as before then
    }
}
