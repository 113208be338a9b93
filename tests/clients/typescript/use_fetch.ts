// Uses the types that openapi-typescript made, with openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema";
import { fail, filters, key, question, url, verified } from "./shared";

type Question = components["schemas"]["QuestionRead"];
type Event = components["schemas"]["WebhookEvent"];

const reader = createClient<paths>({ baseUrl: url });
const editor = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

const listed: Question[] = [];
let pages = 0;
let cursor: string | undefined;
do {
  const query = cursor === undefined ? filters : { ...filters, cursor };
  const { data, error } = await reader.GET("/v1/questions", { params: { query } });
  if (data === undefined) fail(error);
  listed.push(...data.data);
  pages += 1;
  cursor = data.next_cursor ?? undefined;
} while (cursor !== undefined);

const path = { question: listed[0]?.id ?? fail("nothing is listed") };
const read = await reader.GET("/v1/questions/{question}", { params: { path } });
const made = await editor.POST("/v1/questions", { body: question("microsoft") });
const missing = await reader.GET("/v1/questions/{question}", {
  params: { path: { question: "no-such-question" } },
});
const wrong = await editor.POST("/v1/questions", { body: question("no-such-company") });
if (read.data === undefined) fail(read.error);
if (made.data === undefined) fail(made.error);
if (missing.error === undefined) fail("it is there");
if (wrong.error === undefined || !("errors" in wrong.error)) fail("it was taken");

const { event: sent, forged } = verified();
const event = sent as Event;
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
