import './chat.css'
import { clientOf } from '#client/http'
import { channels, type Message, type Operations, operations } from '#contract/chat'
import type { Member } from '#contract/realtime'
import { live } from '../live.ts'
import { clock, h, type Panel } from '../page.ts'
import { token } from '../token.ts'

/** The newest messages that are read at once, when some may have been missed. */
const PAGE = 200

const chat = clientOf<Operations>(operations, { token })
const channelOf = (room: string) => channels.toRoom.replace('{room}', room)

const myName = () => localStorage.getItem('name') ?? ''
const openRoom = () => new URLSearchParams(location.hash.slice(1)).get('room') || 'general'
const addressOf = (room: string) => `#${new URLSearchParams({ room })}`

function line({ author, text, at }: Message): HTMLElement {
  const time = at ? h('time', { datetime: at }, clock(at)) : 'sending…'
  const head = h('span', { class: 'small quiet' }, author, ' · ', time)
  return h(
    'li',
    { class: author === myName() ? 'mine' : '', 'data-at': at },
    head,
    h('p', {}, text),
  )
}

/** One room at a time: its messages and who is there. */
class Room {
  readonly log = h('ol', {
    class: 'log scroll',
    role: 'log',
    'aria-label': 'Messages',
    tabindex: 0,
  })
  readonly present = h('p', { class: 'small quiet' })
  readonly error = h('p', { class: 'error small', role: 'alert' })
  #name = ''
  #leave = () => {}
  #members = new Map<string, string>()
  #shown = new Map<string, HTMLElement>()
  /** Messages may have been missed, and were not read yet. */
  #stale = true

  enter(name: string): void {
    this.#leave()
    this.#name = name
    this.#shown.clear()
    this.#stale = true
    this.log.replaceChildren(h('li', { class: 'empty' }, 'No message yet. Say hello.'))
    this.#leave = live.subscribe(channelOf(name), {
      event: (event) => {
        if (event.type === 'message') this.#show(event.message)
      },
      accepted: ({ recovered, members }) => {
        this.#members = new Map(members.map(({ id, name }) => [id, name]))
        this.#count()
        this.#complain('')
        this.#stale ||= !recovered
        if (this.#stale)
          this.#catchUp().catch((error) => {
            this.#stale = true
            this.#complain(error.message)
          })
      },
      refused: (reason) => this.#complain(reason),
      joined: ({ id, name }: Member) => {
        this.#members.set(id, name)
        this.#count()
      },
      left: ({ id }) => {
        this.#members.delete(id)
        this.#count()
      },
    })
  }

  /** Shown at once as being sent; the message itself comes back to everyone, its author included. */
  async say(text: string): Promise<void> {
    const draft = line({ id: '', room: this.#name, author: myName(), text, at: '' })
    this.#add(() => this.log.append(draft))
    this.#complain('')
    await live
      .publish(channelOf(this.#name), { text })
      .catch((error) => this.#complain(error.message))
    draft.remove()
  }

  async #catchUp(): Promise<void> {
    const room = this.#name
    const before = [...this.#shown]
    this.#stale = false
    const messages = await chat.listMessages({ room, limit: PAGE })
    if (room !== this.#name) return
    const known = messages.some(({ id }) => before.some(([shown]) => shown === id))
    // Away for so long that there would be a hole.
    if (messages.length === PAGE && !known)
      for (const [id, item] of before) {
        this.#shown.delete(id)
        item.remove()
      }
    for (const message of messages) this.#show(message)
  }

  /** Once, in order of time: what was missed is read while new messages come in. */
  #show(message: Message): void {
    if (this.#shown.has(message.id)) return
    const item = line(message)
    this.#shown.set(message.id, item)
    const items = [...this.log.children] as HTMLElement[]
    const earlier = items.findLast(({ dataset }) => dataset.at && dataset.at <= message.at)
    this.#add(() => (earlier ? earlier.after(item) : this.log.prepend(item)))
  }

  /** Follows the newest line, unless the reader has scrolled back. */
  #add(put: () => void): void {
    const { log } = this
    const following = log.scrollHeight - log.scrollTop - log.clientHeight < 40
    log.querySelector('.empty')?.remove()
    put()
    if (following) log.scrollTop = log.scrollHeight
  }

  #complain(problem: string): void {
    this.error.textContent = problem
  }

  #count(): void {
    const names = [...new Set(this.#members.values())].sort()
    this.present.textContent = `Here now: ${names.join(', ')}`
  }
}

/** The rooms as links, so that each has its address and the browser's back button works. */
async function showRooms(list: HTMLElement): Promise<void> {
  const known = await chat.listRooms().catch(() => [])
  const rooms = [...new Set([...known, openRoom()])].sort()
  const links = rooms.map((room) => {
    const here = room === openRoom() && { 'aria-current': 'page' }
    return h('li', {}, h('a', { href: addressOf(room), ...here }, room))
  })
  list.replaceChildren(...links)
}

export default {
  title: 'Rooms',
  order: 10,
  mount(into) {
    const room = new Room()
    const rooms = h('ul', { class: 'rooms', 'aria-label': 'Rooms' })
    const other = h('input', {
      placeholder: 'Open a room',
      'aria-label': 'Open a room',
      maxlength: 60,
    })
    const text = h('input', {
      class: 'grow',
      autocomplete: 'off',
      maxlength: 2_000,
      required: true,
    })
    const send = h('button', { class: 'main' })

    const ask = () => {
      const words = myName() ? 'Write a message' : 'First, your name'
      text.placeholder = words
      text.setAttribute('aria-label', words)
      send.textContent = myName() ? 'Send' : 'Join'
    }
    const submit = (event: SubmitEvent) => {
      event.preventDefault()
      const written = text.value.trim()
      text.value = ''
      if (!written) return
      if (myName()) return void room.say(written)
      localStorage.setItem('name', written)
      live.connect()
      ask()
    }
    const open = (event: SubmitEvent) => {
      event.preventDefault()
      if (other.value.trim()) location.hash = addressOf(other.value.trim())
      other.value = ''
    }
    const enter = () => {
      room.enter(openRoom())
      void showRooms(rooms)
    }

    const nav = h('nav', { 'aria-label': 'Rooms' }, rooms, h('form', { submit: open }, other))
    const form = h('form', { submit }, text, send)
    const talk = h('div', { class: 'talk' }, room.present, room.log, room.error, form)
    into.append(h('div', { class: 'chat' }, nav, talk))
    addEventListener('hashchange', enter)
    enter()
    ask()
  },
} satisfies Panel
