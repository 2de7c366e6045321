// vite.config.ts: builds the pages.  "make web" says where to (WEB_OUT), and
// "make web-dev" of which registry the API is (SLIPWAY_URL).

import { defineConfig, type Plugin } from 'vite';

const registry = process.env['SLIPWAY_URL'] ?? 'http://127.0.0.1:5000';
const proxied = { target: registry, changeOrigin: true, xfwd: false };

// nginx fills these in where the pages are served; Vite's own server does not.
const filledIn: Plugin = {
    name: 'slipway-filled-in',
    apply: 'serve',
    transformIndexHtml: (html) =>
        html
            .replace('/__BASE__/', '/')
            .replace('__REGISTRY__', new URL(registry).host)
            .replace('__THEME__', ''),
};

export default defineConfig({
    base: './',
    plugins: [filledIn],
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: {
        outDir: process.env['WEB_OUT'] ?? '../build/web',
        emptyOutDir: true,
        target: 'es2022',
        assetsInlineLimit: 0, // the policy has no data:
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    server: {
        port: 5173,
        proxy: { '/api': proxied, '/v2': proxied, '/token': proxied },
    },
});
