import { links } from './links.js'

const $ = (id) => document.getElementById(id)
const EVERY_MS = 2000
/** Shares of PSI, as in the contract: from here on some has changed, and from there on much. */
const [SOME, MUCH, END] = [0.1, 0.25, 0.5]

/** Where the contract says that an operation is. */
async function pathOf(operationId) {
  const { openapi } = await (await fetch('../docs/contract.json')).json()
  const paths = Object.values(openapi).flatMap(({ paths }) => Object.entries(paths))
  const [path] = paths.find(([, item]) =>
    Object.values(item).some((one) => one.operationId === operationId),
  )
  return `..${path}`
}
const path = pathOf('watchModel')

const make = (tag, content, more = {}) =>
  Object.assign(document.createElement(tag), { textContent: content, ...more })
const number = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 3 })

function list(lines) {
  return Object.entries(lines).flatMap(([name, text]) => [make('dt', name), make('dd', text)])
}

function bar({ name, psi }) {
  const [word, className] =
    psi >= MUCH ? ['much', 'bad'] : psi >= SOME ? ['some', 'some'] : ['little', '']
  const item = make('li', '', { className })
  const [track, fill] = [make('b', ''), make('i', '')]
  fill.style.width = `${Math.round(Math.min(psi / END, 1) * 100)}%`
  track.append(fill)
  item.append(make('span', name), track, make('span', `${psi.toFixed(3)} · ${word}`))
  return item
}

function show({ model, rows, window, drift, latency, outcomes, loadsRefused, shadow }) {
  $('drift').replaceChildren(...drift.map(bar))
  $('few').textContent = drift.length > 0 ? '' : `After ${window} rows it is too early to tell.`
  $('model').replaceChildren(
    ...list({
      Version: model ?? 'there is none yet',
      'Rows scored': `${number(rows)}, the last ${number(window)} of them watched`,
      Latency: `${number(latency.p50)} ms; 99 of 100 within ${number(latency.p99)} ms`,
      Outcomes:
        outcomes.count > 0
          ? `${number(outcomes.count)}, off by ${number(outcomes.error)} on average`
          : 'none told yet',
      'Models refused': number(loadsRefused),
    }),
  )
  $('shadow').hidden = !shadow
  if (!shadow) return
  $('candidate').replaceChildren(
    ...list({
      Version: shadow.model,
      'Rows compared': `${number(shadow.rows)}, ${number(shadow.skipped)} skipped`,
      Difference: `${number(shadow.difference)} on average, at most ${number(shadow.largest)}`,
    }),
  )
}

async function look() {
  try {
    const answer = await fetch(await path)
    if (!answer.ok) throw new Error(answer.statusText)
    show(await answer.json())
    $('state').textContent = 'The service is up.'
  } catch {
    $('state').textContent = 'The service does not answer. Is it running?'
  }
}

const footer = document.querySelector('footer')
footer.append(...Object.entries(links).map(([name, href]) => make('a', name, { href })))
await look()
setInterval(look, EVERY_MS)
