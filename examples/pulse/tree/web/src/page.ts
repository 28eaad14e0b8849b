/** One thing on the page. `status` panels sit in the header, the others below it, by their order. */
export interface Panel {
  title: string
  order: number
  width?: 'full' | 'wide' | 'narrow' | 'status'
  mount(into: HTMLElement): void
}

type Attributes = Record<string, string | number | boolean | ((event: never) => void)>

/** Builds an element: h('p', { class: 'hint' }, 'text'). Text is never parsed as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value as EventListener)
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children)
  return element
}

/** Draws at most once per frame, however often it is asked to. */
export function eachFrame(draw: () => void): () => void {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      draw()
    })
  }
}

const time = new Intl.DateTimeFormat([], { timeStyle: 'medium' })
export const clock = (at: string | number) => time.format(new Date(at))

const number = new Intl.NumberFormat([], { maximumFractionDigits: 1 })
export const round = (value: number) => number.format(value)
