/** What each server-sent event of an answer says, as it comes. */
export async function* events<Data>({ body }: Response): AsyncGenerator<Data> {
  let rest = ''
  for await (const text of (body ?? new Blob().stream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
  }
}
