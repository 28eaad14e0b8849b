// Generated from contract/*/ai.yaml by `npm run generate`. Do not edit.

import type { Problem } from './common.ts'
import names from './ai.json' with { type: 'json' }

export interface Passage {
  id: string
  topic: string
  title: string
  text: string
}

export interface SearchQuery {
  query: ShortText
  /** At most so many; 5 when left out. */
  limit?: number
}

export interface Hit {
  passage: Passage
  /** Cosine of the angle between the two. */
  similarity: number
}

/** The most similar first; none when no word of the query is known. */
export interface Hits {
  hits: Array<Hit>
  /** The embedding model that compared. */
  model: string
}

export interface Texts {
  texts: Array<ShortText>
}

export interface Topics {
  /** One per text, in the order of the texts. */
  topics: Array<Topic>
  model: string
}

export interface Topic {
  /** Null when the text is like nothing that is known. */
  topic: string | null
  similarity: number
  /** What else it might be, the likeliest first. */
  others: Array<OtherTopic>
}

export interface OtherTopic {
  topic: string
  similarity: number
}

export interface Question {
  question: ShortText
}

/** One event of an answer. */
export type AnswerPart = AnswerSources | AnswerText | AnswerDone | AnswerFailed

/** What the answer is built upon; comes first. */
export interface AnswerSources {
  type: 'sources'
  sources: Array<Hit>
}

/** The next words. */
export interface AnswerText {
  type: 'text'
  text: string
}

/** The end of an answer that is whole. */
export interface AnswerDone {
  type: 'done'
  /** The language model; `passages` when there is none and passages were quoted. */
  by: string
  /** Whether it would have gone on beyond its limit. */
  cut: boolean
  /** What it counts against the day's budget. */
  tokens: number
}

/** The end of an answer that broke off; what came before it is not the whole. */
export interface AnswerFailed {
  type: 'failed'
  problem: Problem
}

export type ShortText = string

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** The passages that are most like a query */
  search: {
    input: { body: SearchQuery }
    answer: Hits
    defaults: never
  }
  /** The topic of each text */
  classify: {
    input: { body: Texts }
    answer: Topics
    defaults: never
  }
  /** An answer from the passages, as it is written */
  answer: {
    input: { body: Question }
    answer: Response
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    Passage: Passage
    SearchQuery: SearchQuery
    Hit: Hit
    Hits: Hits
    Texts: Texts
    Topics: Topics
    Topic: Topic
    OtherTopic: OtherTopic
    Question: Question
    AnswerPart: AnswerPart
    AnswerSources: AnswerSources
    AnswerText: AnswerText
    AnswerDone: AnswerDone
    AnswerFailed: AnswerFailed
    ShortText: ShortText
  }
  interface AllOperations extends Operations {}
}
