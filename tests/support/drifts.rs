//! Changes of the example pulse's services that break its contract: name, file, text, what takes its place.

pub type Drift = (&'static str, &'static str, &'static str, &'static str);

const READINGS: &str = "services/realtime/src/plugins/readings.ts";
const SCORER: &str = "services/realtime/src/plugins/scorer.ts";
const ML: &str = "services/realtime/src/ml.ts";
const CALLS: &str = "services/realtime/src/outbox/calls.ts";
const NODE_HEALTH: &str = "services/realtime/src/routes/health.ts";
const NODE_EDGE: &str = "services/realtime/src/contract.ts";
const SOCKET: &str = "services/realtime/src/realtime/connection.ts";
const HUB: &str = "services/realtime/src/realtime/hub.ts";
const CHANNEL: &str = "services/realtime/src/realtime/channel.ts";
const ANNOUNCED: &str = "services/realtime/src/routes/models.ts";
const FRAMES: &str = "services/realtime/src/realtime/frames.ts";
const OBSERVE: &str = "services/realtime/src/observe.ts";
const SSE: &str = "services/realtime/src/routes/sse.ts";

/// In the Node service: answers, events in the socket and in the stream, what is taken, what is asked of Python.
pub const NODE: &[Drift] = &[
    (
        "answer: field renamed",
        READINGS,
        "{ id: idOf(input, key), source, value, at }",
        "{ id: idOf(input, key), origin: source, value, at }",
    ),
    (
        "answer: field missing",
        READINGS,
        "{ id: idOf(input, key), source, value, at }",
        "{ id: idOf(input, key), source, value }",
    ),
    (
        "answer: extra field",
        READINGS,
        "{ id: idOf(input, key), source, value, at }",
        "{ id: idOf(input, key), source, value, at, unit: 'm' }",
    ),
    (
        "answer: null",
        READINGS,
        "{ id: idOf(input, key), source, value, at }",
        "{ id: idOf(input, key), source, value: null, at }",
    ),
    (
        "answer: number as text",
        READINGS,
        "{ id: idOf(input, key), source, value, at }",
        "{ id: idOf(input, key), source, value: `${value}`, at }",
    ),
    ("answer: no UUID", READINGS, "{ id: idOf(input, key), source, value, at }", "{ id: 'r1', source, value, at }"),
    (
        "answer: naive date",
        READINGS,
        "at = new Date().toISOString() } = input",
        "at = new Date().toISOString().slice(0, 19) } = input",
    ),
    ("answer: wrong status", READINGS, "reply.code(202)", "reply.code(201)"),
    ("answer: object for a list", READINGS, "return readings.latest(limit)", "return { list: readings.latest(limit) }"),
    ("answer: wrong content type", READINGS, "    reply.code(202)\n", "    reply.code(202).type('text/plain')\n"),
    ("answer: wrong enum", NODE_HEALTH, "({ status: 'ok' })", "({ status: 'up' })"),
    (
        "answer: wrong word for not ready",
        NODE_HEALTH,
        "{ status: ready ? 'ok' : 'unavailable',",
        "{ status: ready ? 'ok' : 'down',",
    ),
    ("answer: ready with another status", NODE_HEALTH, "ready ? 200 : 503", "ready ? 200 : 500"),
    ("answer: figures as JSON", NODE_HEALTH, "reply.type(app.metrics.contentType)", "reply.type('application/json')"),
    (
        "problem: field renamed",
        NODE_EDGE,
        "{ type: 'about:blank', title, status, ...details }",
        "{ type: 'about:blank', name: title, status, ...details }",
    ),
    (
        "problem: field missing",
        NODE_EDGE,
        "{ type: 'about:blank', title, status, ...details }",
        "{ title, status, ...details }",
    ),
    ("problem: wrong content type", NODE_EDGE, "type('application/problem+json')", "type('application/json')"),
    ("problem: wrong status", NODE_EDGE, "new Refusal(422, 'The request", "new Refusal(400, 'The request"),
    ("taken: any body", NODE_EDGE, "    keep(body.check, request.body)\n", ""),
    ("taken: any query", NODE_EDGE, "  keep(query.check, asked, 'query')\n", ""),
    (
        "taken: less than promised",
        READINGS,
        "    reply.code(202)\n",
        "    if (body.value < 0) return reply.code(422).send()\n    reply.code(202)\n",
    ),
    ("taken: any message in the socket", SOCKET, "if (issues.length > 0)\n", "if (issues.length > 99)\n"),
    ("operation not served", READINGS, "  serve(app, 'listReadings',", "  void (() => serve)(app, 'listReadings',"),
    ("event: tag renamed", READINGS, "{ type: 'reading', reading, trace }", "{ type: 'readings', reading, trace }"),
    ("event: field missing", READINGS, "{ type: 'reading', reading, trace }", "{ type: 'reading', reading }"),
    (
        "event: extra field",
        READINGS,
        "{ type: 'reading', reading, trace }",
        "{ type: 'reading', reading, trace, seen: 1 }",
    ),
    ("event: null inside", READINGS, "{ id: context.id, steps: [", "{ id: null, steps: ["),
    (
        "event: wrong one on the channel",
        READINGS,
        "{ type: 'reading', reading, trace } as const",
        "{ type: 'message', message: reading } as never",
    ),
    ("event: negative time of a step", READINGS, "toISOString(), ms }", "toISOString(), ms: -1 }"),
    (
        "event: naive date in a step",
        READINGS,
        "at: new Date(Date.now() - ms).toISOString(), ms }",
        "at: new Date(Date.now() - ms).toISOString().slice(0, -1), ms }",
    ),
    (
        "event: wrong state of a score",
        SCORER,
        "this.#publish('pending', reading, trace)",
        "this.#publish('waiting', reading, trace)",
    ),
    (
        "event: score is a bare number",
        SCORER,
        "const score = { value: values[index] ?? 0, model }",
        "const score = values[index] ?? 0",
    ),
    (
        "event: score refers by another name",
        SCORER,
        "{ type: 'score', reading: reading.id, state, trace }",
        "{ type: 'score', id: reading.id, state, trace }",
    ),
    (
        "event: service by another name",
        SCORER,
        "service: 'ml', state, pending, at }",
        "service: 'python', state, pending, at }",
    ),
    (
        "event: count as text",
        SCORER,
        "const { pending } = await this.#queue.state()",
        "const pending = `${(await this.#queue.state()).pending}`",
    ),
    (
        "socket: welcome without its session",
        SOCKET,
        "{ type: 'welcome', session: this.session, heartbeat, maxBytes }",
        "{ type: 'welcome', heartbeat, maxBytes }",
    ),
    (
        "socket: pong by another name",
        SOCKET,
        "messageFrame({ type: 'pong' })",
        "messageFrame({ type: 'alive' } as never)",
    ),
    (
        "socket: accepted without its id",
        SOCKET,
        "{ type: 'accepted', id, channel: name, ...position, recovered, ...present }",
        "{ type: 'accepted', channel: name, ...position, recovered, ...present } as never",
    ),
    ("socket: refusal in another form", SOCKET, "problem: body })", "problem: body.title })"),
    (
        "socket: member is a name",
        HUB,
        "{ type, channel: channel.name, member }",
        "{ type, channel: channel.name, member: member.name } as never",
    ),
    ("socket: delivery with another offset", CHANNEL, ",\"offset\":${offset}", ",\"position\":${offset}"),
    ("stream: another content type", SSE, "'content-type': 'text/event-stream'", "'content-type': 'text/plain'"),
    ("stream: events without their ids", FRAMES, "`id: ${id}\\ndata: ${data}\\n\\n`", "`data: ${data}\\n\\n`"),
    ("asked of Python: field renamed", ML, "    hour: at.getUTCHours(),", "    hours: at.getUTCHours(),"),
    ("asked of Python: another operation", ML, "this.#ml.scoreBatch(", "this.#ml.score("),
    ("asked of Python: rows without their frame", ML, "{ body: { rows } }", "{ body: rows }"),
    ("taken from Python: anything", CALLS, "if (fault) throw", "if (fault && !body) throw"),
    ("taken from Python: without its token", NODE_EDGE, "if (operation.secured) app", "if (!operation) app"),
    ("taken from Python: each repetition anew", ANNOUNCED, ", key && `model:${key}`)", ")"),
    ("taken from Python: on another channel", ANNOUNCED, "addressOf('scores')", "addressOf('toService')"),
    (
        "taken twice: a reading with the same key",
        READINGS,
        "readings.add(body, traceOf(request), key)",
        "readings.add(body, traceOf(request))",
    ),
    ("trace: not told", OBSERVE, "reply.header('traceparent',", "reply.header('x-trace',"),
];

const SCORING: &str = "services/ml/app/routes/scoring.py";
const PLAIN: &str = "services/ml/app/plain.py";
const ANNOUNCING: &str = "services/ml/app/routes/announcing.py";
const CALLER: &str = "services/ml/app/caller.py";
const CLIENT: &str = "services/ml/app/client.py";
const PROBLEMS: &str = "services/ml/app/problems.py";
const HEALTH: &str = "services/ml/app/routes/health.py";
const STRICT: &str = "services/ml/app/strict.py";
const MODELS: &str = "services/ml/app/contract.py";
const EDGE: &str = "services/ml/app/edge.py";

/// In the Python service: answers, what is taken, who is let in, and its models of the contract.
pub const PYTHON: &[Drift] = &[
    ("answer: field renamed", SCORING, "b'{\"value\":%r,\"model\"", "b'{\"score\":%r,\"model\""),
    (
        "answer: another shape than declared",
        SCORING,
        "b'{\"value\":%r,\"model\":\"%s\"}' % (value, model.name)",
        "b'{\"value\":%r}' % value",
    ),
    ("answer: number as text", SCORING, "b'{\"value\":%r,\"model\"", "b'{\"value\":\"%r\",\"model\""),
    (
        "answer: extra field",
        SCORING,
        "b'{\"value\":%r,\"model\":\"%s\"}'",
        "b'{\"value\":%r,\"model\":\"%s\",\"more\":1}'",
    ),
    ("answer: lines of another shape", SCORING, "{\"type\":\"scored\",\"line\"", "{\"type\":\"scored\",\"number\""),
    ("answer: a table in another type", SCORING, "mime, body = TABLE,", "mime, body = JSON,"),
    (
        "answer: null",
        SCORING,
        "async def describe_model(request: Request) -> Card:",
        "async def describe_model(request: Request) -> dict[str, None]:\n    return {\"model\": None}\n\n\nasync def unused(request: Request) -> Card:",
    ),
    ("answer: wrong status", PLAIN, "\"status\": 200", "\"status\": 201"),
    ("answer: another path", SCORING, "@serve(router, \"describeModel\")", "@router.get(\"/models\")"),
    ("answer: another method", SCORING, "@serve(router, \"describeModel\")", "@router.put(\"/delay-model\")"),
    ("answer: naive date", SCORING, "trainedAt=card.trained_at,", "trainedAt=card.trained_at.replace(tzinfo=None),"),
    ("answer: wrong enum", HEALTH, "return Health(status=\"ok\")", "return Health.model_construct(status=\"up\")"),
    ("answer: not ready with another status", HEALTH, "response.status_code = 503", "response.status_code = 500"),
    ("answer: figures in another type", HEALTH, "media_type=CONTENT_TYPE_LATEST", "media_type=\"application/json\""),
    (
        "problem: wrong content type",
        PROBLEMS,
        "media_type = \"application/problem+json\"",
        "media_type = \"application/json\"",
    ),
    ("problem: wrong status", PROBLEMS, "return problem(422, \"The request", "return problem(400, \"The request"),
    ("problem: FastAPI's own form", PROBLEMS, "    app.add_exception_handler(RequestValidationError, refused)\n", ""),
    (
        "problem: field missing",
        PROBLEMS,
        "return ProblemResponse(body.model_dump(), status, headers)",
        "return ProblemResponse(body.model_dump(exclude={\"title\"}), status, headers)",
    ),
    (
        "let in: without a token",
        EDGE,
        "if self.expected and path not in self.public:",
        "if self.expected and path in self.public:",
    ),
    (
        "taken: extra fields",
        MODELS,
        "class Features(BaseModel):\n    \"\"\"\n    What is known of a source at its newest reading. The window is its last 12 readings, the newest included; fewer when there are fewer.\n    \"\"\"\n\n    model_config = ConfigDict(\n        extra='forbid',",
        "class Features(BaseModel):\n    \"\"\"\n    What is known of a source at its newest reading. The window is its last 12 readings, the newest included; fewer when there are fewer.\n    \"\"\"\n\n    model_config = ConfigDict(\n        extra='ignore',",
    ),
    ("taken: hours beyond the day", MODELS, "ge=0, le=23", "ge=0, le=99"),
    ("taken: less than promised", MODELS, "ge=0, le=23", "ge=10, le=23"),
    ("taken: text for a number", MODELS, "last: Annotated[\n        StrictFloat,", "last: Annotated[\n        float,"),
    ("taken: no rows at all", MODELS, "max_length=1000, min_length=1", "max_length=1000, min_length=0"),
    ("announced: with another tag", ANNOUNCING, "type=\"model\", model=", "type=\"models\", model="),
    ("announced: a naive date", ANNOUNCING, "datetime.now(UTC)", "datetime.now()"),
    ("announced: by another operation", CLIENT, "\"announce\", body", "\"score\", body"),
    ("announced: without its key", CALLER, "if value is not None}", "if value is None}"),
    ("announced: without the token", CALLER, "if self.token:", "if not self.token:"),
    (
        "announced: over and over",
        ANNOUNCING,
        "                told = manifest.version\n            except Refused",
        "                told = \"\"\n            except Refused",
    ),
    (
        "taken: broken numbers as whole ones",
        STRICT,
        "return int(value) if isinstance(value, float) and value.is_integer() else value",
        "return int(value) if isinstance(value, float) else value",
    ),
    ("taken: a date without its zone", STRICT, "(\\.\\d+)?Z\", re.ASCII)", "(\\.\\d+)?Z?\", re.ASCII)"),
    ("taken: another field than promised", MODELS, "    trend: Annotated[", "    slope: Annotated["),
];
