import './ai.css'
import { clientOf } from '#client/http'
import { type AnswerPart, type Hit, type Operations, operations } from '#contract/ai'
import { events } from '../events.ts'
import { h, type Panel } from '../page.ts'
import { token } from '../token.ts'

const language = clientOf<Operations>(operations, { token, timeout: 30_000 })
const percent = (part: number) => `${Math.round(part * 100)} %`

const source = ({ passage, similarity }: Hit) =>
  h(
    'details',
    {},
    h('summary', {}, passage.title, h('span', { class: 'quiet' }, percent(similarity))),
    h('p', { class: 'quiet' }, passage.text),
  )

/** A question, its topic, and its answer as it is written. */
export default {
  title: 'Ask',
  order: 55,
  mount(into) {
    const question = h('input', {
      class: 'grow',
      value: 'How long does a refund take?',
      'aria-label': 'Question',
      maxlength: 2_000,
      required: true,
    })
    const send = h('button', { class: 'main' }, 'Ask')
    const stop = h('button', { type: 'button', disabled: true }, 'Stop')
    const topic = h('span', { class: 'chip', hidden: true })
    const answer = h('p', { class: 'answer', role: 'status' })
    const by = h('p', { class: 'small quiet' })
    const sources = h('div', { class: 'sources' })
    const error = h('p', { class: 'error small', role: 'alert' })
    let under = new AbortController()

    const take = (part: AnswerPart) => {
      if (part.type === 'text') answer.append(part.text)
      else if (part.type === 'sources') sources.replaceChildren(...part.sources.map(source))
      else if (part.type === 'failed') error.textContent = part.problem.title
      else {
        const quoted = part.by === 'passages'
        const cut = part.cut ? ', cut short' : ''
        by.textContent = quoted ? 'Quoted from the first source.' : `Written by ${part.by}${cut}.`
      }
    }
    const sort = async (text: string) => {
      const { topics } = await language.classify({ body: { texts: [text] } })
      topic.hidden = false
      topic.textContent = topics[0]?.topic ?? 'no topic'
    }
    const ask = async (event: SubmitEvent) => {
      event.preventDefault()
      under.abort()
      const mine = new AbortController()
      under = mine
      topic.hidden = true
      for (const part of [answer, by, sources, error]) part.replaceChildren()
      stop.disabled = false
      const body = { question: question.value }
      try {
        sort(question.value).catch(() => {}) // it is told by the answer, too
        const parts = (await language.answer({ body }, { signal: mine.signal })) as Response
        for await (const part of events<AnswerPart>(parts)) take(part)
      } catch (problem) {
        if (!mine.signal.aborted) error.textContent = (problem as Error).message
      }
      if (under === mine) stop.disabled = true
    }
    stop.onclick = () => under.abort()
    into.append(h('form', { submit: ask }, question, send, stop), topic, error, answer, by, sources)
  },
} satisfies Panel
