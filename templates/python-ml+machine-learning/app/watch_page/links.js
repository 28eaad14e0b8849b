/** Where the page leads. */
export const links = { API: '../docs/' }
