// Uses the client that openapi-generator (typescript-fetch) made.
import {
  Configuration,
  InvalidProblemFromJSON,
  ProblemFromJSON,
  QuestionStateChangedEventFromJSON,
  QuestionsApi,
  ResponseError,
} from "./generated/openapi-generator";
import type { QuestionRead } from "./generated/openapi-generator";
import { fail, filters, key, url, verified } from "./shared";

const api = new QuestionsApi(new Configuration({ basePath: url, accessToken: key }));

async function problem(asked: Promise<unknown>): Promise<unknown> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof ResponseError) return await error.response.json();
    throw error;
  }
  return fail("there is no problem");
}

function ask(company: string) {
  const source = { url: "https://example.org/2025/05/article" };
  const asks = [{ asker: "associated-press", askedOn: "2025-05", source }];
  return { questionCreate: { company, text: "Who audited it?", lang: "en", asks } };
}

const listed: QuestionRead[] = [];
let pages = 0;
let cursor: string | null = null;
do {
  const page = await api.listQuestions(cursor === null ? filters : { ...filters, cursor });
  listed.push(...page.data);
  pages += 1;
  cursor = page.nextCursor;
} while (cursor !== null);

const read = await api.getQuestion({ question: listed[0]?.id ?? fail("nothing is listed") });
const made = await api.createQuestion(ask("microsoft"));
const missing = ProblemFromJSON(await problem(api.getQuestion({ question: "no-such-question" })));
const wrong = InvalidProblemFromJSON(await problem(api.createQuestion(ask("no-such-company"))));

const { event: sent, forged } = verified();
const event = QuestionStateChangedEventFromJSON(sent);
console.log(
  JSON.stringify({
    listed: listed.map((one) => one.slug),
    pages,
    read: read.text,
    made: made.id,
    not_found: [missing.status, missing.type],
    invalid: [wrong.status, wrong.errors[0]?.pointer, wrong.errors[0]?.code],
    event: [event.seq, event.data.from, event.data.to],
    forged,
  }),
);
