/** What panels are built of. */

/** What each server-sent event of an answer says, as it comes. */
export async function* events({ body }) {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
  }
}

/** Builds an element: h('p', { className: 'quiet' }, 'text'). Text is never parsed as HTML. */
export function h(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** A section of the page, with the style beside its module. */
export function panel(name, title, ...children) {
  document.head.append(h('link', { rel: 'stylesheet', href: `panels/${name}.css` }))
  document.querySelector('main').append(h('section', { id: name }, h('h2', {}, title), ...children))
}
