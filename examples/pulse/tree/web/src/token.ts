/** Of who looks at the page. Where people sign in put it there, or give it here; a promise will do, such as a call that renews it. */
export const token = () => sessionStorage.getItem('token') ?? undefined
