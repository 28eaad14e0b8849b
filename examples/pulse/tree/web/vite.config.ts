import { defineConfig } from 'vite'
import manifest from '../package.json' with { type: 'json' }

// Name and description stand once, in package.json; index.html reads them as %VITE_…%.
const asHtml = (text: string) =>
  JSON.stringify(text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`))

export default defineConfig({
  define: {
    'import.meta.env.VITE_NAME': asHtml(manifest.displayName),
    'import.meta.env.VITE_DESCRIPTION': asHtml(manifest.description),
  },
  build: {
    // The service's content security policy allows files of this origin only, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: true,
  },
})
