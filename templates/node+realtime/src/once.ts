const KEEP = 1_000

/** What was answered to requests with a key: a repetition is answered alike and takes no effect. */
export class Once<Answer> {
  #answers = new Map<string, Answer>()

  do(key: string | undefined, work: () => Answer): Answer {
    const before = this.#answers.get(key ?? '')
    if (before) return before
    const answer = work()
    if (key) this.#answers.set(key, answer)
    const [oldest] = this.#answers.keys()
    if (oldest && this.#answers.size > KEEP) this.#answers.delete(oldest)
    return answer
  }
}
