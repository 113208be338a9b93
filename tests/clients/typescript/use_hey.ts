// Uses the client that @hey-api/openapi-ts made.
import { createQuestion, getQuestion, listQuestions } from "./generated/hey";
import type { QuestionRead, WebhookEvent } from "./generated/hey";
import { client } from "./generated/hey/client.gen";
import { fail, filters, key, question, url, verified } from "./shared";

// A key may also be sent as HTTP Basic; a plain string would be sent as both, the second being wrong.
const auth = ({ scheme }: { scheme?: string }) => (scheme === "bearer" ? key : undefined);
client.setConfig({ baseUrl: url, auth });

const listed: QuestionRead[] = [];
let pages = 0;
let cursor: string | undefined;
do {
  const query = cursor === undefined ? filters : { ...filters, cursor };
  const { data, error } = await listQuestions({ query });
  if (data === undefined) fail(error);
  listed.push(...data.data);
  pages += 1;
  cursor = data.next_cursor ?? undefined;
} while (cursor !== undefined);

const read = await getQuestion({ path: { question: listed[0]?.id ?? fail("nothing is listed") } });
const made = await createQuestion({ body: question("microsoft") });
const missing = await getQuestion({ path: { question: "no-such-question" } });
const wrong = await createQuestion({ body: question("no-such-company") });
if (read.data === undefined) fail(read.error);
if (made.data === undefined) fail(made.error);
if (missing.error === undefined) fail("it is there");
if (wrong.error === undefined || !("errors" in wrong.error)) fail("it was taken");

const { event: sent, forged } = verified();
const event = sent as WebhookEvent;
if (event.type !== "question.state_changed") fail(event);
console.log(
  JSON.stringify({
    listed: listed.map((one) => one.slug),
    pages,
    read: read.data.text,
    made: made.data.id,
    not_found: [missing.error.status, missing.error.type],
    invalid: [wrong.error.status, wrong.error.errors[0]?.pointer, wrong.error.errors[0]?.code],
    event: [event.seq, event.data.from, event.data.to],
    forged,
  }),
);
