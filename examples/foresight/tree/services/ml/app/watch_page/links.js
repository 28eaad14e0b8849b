/** Where the page leads. */
export const links = { 'Try it': '../', API: '../docs/' }
