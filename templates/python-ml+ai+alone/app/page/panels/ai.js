/** A question, its topic, and its answer as it is written. */
import { events, h, panel } from '../panel.js'
import { $, ask, call, pathOf } from '../service.js'

const percent = (part) => `${Math.round(part * 100)} %`
let under = new AbortController()

const source = ({ passage, similarity }) =>
  h(
    'details',
    {},
    h('summary', {}, passage.title, h('span', { className: 'quiet' }, percent(similarity))),
    h('p', { className: 'quiet' }, passage.text),
  )

function take(part) {
  if (part.type === 'text') $('ai-answer').append(part.text)
  else if (part.type === 'sources') $('ai-sources').replaceChildren(...part.sources.map(source))
  else if (part.type === 'failed') throw new Error(part.problem.title)
  else {
    const writer = part.by === 'passages' ? 'Quoted from the first source' : `Written by ${part.by}`
    $('ai-by').textContent += `${writer}${part.cut ? ', cut short' : ''}.`
  }
}

async function answer(question, { signal }) {
  const sorted = call(await pathOf('classify'), { texts: [question] })
  const parts = await ask(await pathOf('answer'), { question }, 'POST', signal)
  $('ai-by').textContent = `Topic: ${(await sorted).topics[0].topic ?? 'none'}. `
  for await (const part of events(parts)) take(part)
}

async function submit(event) {
  event.preventDefault()
  under.abort()
  const mine = new AbortController()
  under = mine
  for (const id of ['ai-answer', 'ai-by', 'ai-sources', 'ai-error']) $(id).replaceChildren()
  $('ai-stop').disabled = false
  await answer(event.target.question.value, mine).catch((problem) => {
    if (!mine.signal.aborted) $('ai-error').textContent = problem.message
  })
  if (under === mine) $('ai-stop').disabled = true
}

const value = 'How long does a refund take?'
panel(
  'ai',
  'Ask',
  h(
    'form',
    { className: 'row', onsubmit: submit },
    h('label', {}, 'Question', h('input', { name: 'question', value, maxLength: 2000, required: true })),
    h('button', { className: 'main' }, 'Ask'),
    h('button', { id: 'ai-stop', type: 'button', disabled: true, onclick: () => under.abort() }, 'Stop'),
  ),
  h('p', { className: 'error', id: 'ai-error', role: 'alert' }),
  h('p', { id: 'ai-answer', role: 'status' }),
  h('p', { className: 'quiet', id: 'ai-by' }),
  h('div', { id: 'ai-sources' }),
)
