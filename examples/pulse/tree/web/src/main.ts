import './styles.css'
import { h, type Panel } from './page.ts'

// A panel is a file in panels/: drop one in and it appears, delete it and it is gone.
const panels = Object.values(
  import.meta.glob<Panel>('./panels/*.ts', { eager: true, import: 'default' }),
).sort((a, b) => a.order - b.order)

const page = document.querySelector('#panels') as HTMLElement
const status = document.querySelector('#status') as HTMLElement
page.replaceChildren()

for (const { title, width = 'full', mount } of panels) {
  if (width === 'status') mount(status)
  else {
    const section = h(
      'section',
      { class: `panel ${width}`, 'aria-label': title },
      h('h2', {}, title),
    )
    page.append(section)
    mount(section)
  }
}
