"""Addresses and headers of reads that are refused, and the status each deserves."""

from tests.core.hostile import COMPANIES, Case, get

LISTS = (
    b"/v1/questions",
    b"/v1/questions/asked/timeline",
    b"/v1/statements",
    b"/v1/corrections",
    b"/v1/companies",
    b"/v1/askers",
    b"/v1/dossiers",
    b"/v1/sources",
    b"/v1/events",
)
PAST = b"/v1/questions?known_at="
PATHS = [
    get("NUL in the path", 400, b"/v1/companies/a%00b"),
    get("a control character in the path", 400, b"/v1/companies/a%1bb"),
    get("a line break in the path", 400, b"/v1/companies/a%0d%0ab"),
    get("a bidi override in the path", 400, b"/v1/companies/a%e2%80%aeb"),
    get("%ff in the path", 400, b"/v1/companies/%ff"),
    get("overlong UTF-8 in the path", 400, b"/v1/companies/%C0%80"),
    get("a surrogate in the path", 400, b"/v1/companies/%ed%a0%80"),
    get("an invalid escape in the path", 400, b"/v1/companies/%zz"),
    get("half an escape in the path", 400, b"/v1/companies/a%2"),
    get("raw UTF-8 in the path", 400, "/v1/companies/é".encode()),
    get("raw bytes in the path", 400, b"/v1/companies/\xff\xfe"),
    get("a raw NUL in the path", 400, b"/v1/companies/a\x00"),
    get("a path of 60,000 characters", 404, b"/v1/companies/" + b"a" * 60_000),
    get("a path of 5,000 steps", 404, b"/v1" + b"/a" * 5000),
    get("a slug with SQL", 404, b"/v1/companies/'%20OR%201=1--"),
    get("a slug of a wildcard", 404, b"/v1/companies/%25"),
    get("a way out of the files", 404, b"/static/..%2f..%2fcli.py"),
    get("a long name of a file", 404, b"/static/" + b"a" * 5000),
    get("a range of a file", 404, b"/static/none.css", (b"range", b"bytes=9-1")),
    get("an id of another kind", 404, b"/v1/companies/asker_01jv8z4x9kf3t8w2m5r7c1q0ab"),
    get("a slash at the end", 404, b"/v1/companies/"),
    get("two slashes", 404, b"//v1//companies"),
    get("a seq of 0", 422, b"/v1/events/0"),
    get("a seq of -1", 422, b"/v1/events/-1"),
    get("a seq of 2^63", 422, b"/v1/events/9223372036854775808"),
    get("a seq of 5,000 digits", 422, b"/v1/events/" + b"9" * 5000),
    get("a seq that is no number", 422, b"/v1/events/first"),
    get("a seq not reached", 404, b"/v1/events/9007199254740992"),
    get("a proof of seq 0", 422, b"/v1/events/0/proof"),
    get("a proof not reached", 404, b"/v1/events/9007199254740992/proof"),
    get("a proof in an unknown form", 422, b"/v1/events/1/proof?format=pdf"),
    get("a tile of 5,000 digits", 404, b"/log/tile/0/" + b"9" * 5000),
    get("a tile far beyond 2^63", 404, b"/log/tile/0/x999/x999/x999/x999/x999/999"),
    get("a tile of level 63", 404, b"/log/tile/63/000.p/1"),
    get("a tile with digits that are not ASCII", 404, b"/log/tile/0/%d9%a0%d9%a0%d9%a0.p/1"),
    get("a tile with a line break", 400, b"/log/tile/0/000.p/1%0a"),
    get("a tile that climbs", 404, b"/log/tile/..%2f..%2fkeys"),
    get("a later log that is not there", 404, b"/log/2/tile/0/000.p/1"),
    get("a log of number 0", 422, b"/log/0/tile/0/000.p/1"),
    get("flagged as a number", 422, b"/v1/events?flagged=1"),
    get("a redaction by a slug", 404, b"/v1/redactions/none"),
    get("a problem that is none", 404, b"/problems/%E2%98%A0"),
    Case("an unknown method", 405, "BREW", COMPANIES),
    Case("PUT", 405, "PUT", COMPANIES),
    Case("OPTIONS", 405, "OPTIONS", COMPANIES),
    Case("TRACE", 405, "TRACE", COMPANIES),
]
QUERIES = [
    get("NUL in the query", 400, b"/v1/questions?company=a%00"),
    get("a control character in the query", 400, b"/v1/questions?company=%1b"),
    get("NUL in a parameter's name", 400, b"/v1/questions?a%00=b"),
    get("%ff in the query", 400, b"/v1/questions?company=%ff"),
    get("overlong UTF-8 in the query", 400, b"/v1/questions?company=%C0%80"),
    get("an invalid escape in the query", 400, b"/v1/questions?company=%zz"),
    get("half an escape in the query", 400, b"/v1/questions?company=a%"),
    get("raw UTF-8 in the query", 400, "/v1/questions?company=é".encode()),
    get("a raw C1 byte in the query", 400, b"/v1/questions?company=\xc3\x85"),
    get("raw bytes in the query", 400, b"/v1/questions?company=\xff"),
    get("an unknown parameter", 422, b"/v1/questions?compnay=microsoft"),
    get("an unknown parameter of one thing", 422, b"/v1/companies/microsoft?limit=1"),
    get("an unknown parameter where none is taken", 422, b"/healthz?verbose=1"),
    get("a repeated parameter", 422, b"/v1/questions?state=declined&state=answered"),
    get("a parameter repeated in disguise", 422, b"/v1/questions?state=declined&st%61te=answered"),
    get("51 parameters", 400, b"/v1/questions?" + b"&".join(b"p%d=1" % n for n in range(51))),
    *(
        get(f"an empty {name.decode()}", 422, b"/v1/questions?" + name + b"=")
        for name in (b"company", b"topic", b"state", b"open", b"as_of", b"known_at", b"limit")
    ),
    get("an empty event type", 422, b"/v1/events?type="),
    get("an empty identifier", 422, b"/v1/companies?identifier="),
    get("a filter by an unknown company", 422, b"/v1/questions?company=nobody"),
    get("a company of 10,000 characters", 422, b"/v1/questions?company=" + b"a" * 10_000),
    get("an unknown state", 422, b"/v1/questions?state=lost"),
    get("an unknown sort", 422, b"/v1/questions?sort=name;drop"),
    get("an unknown expansion", 422, b"/v1/questions?expand=secrets"),
    get("an unknown event type", 422, b"/v1/events?type=question.deleted"),
    get("an after of 2^63", 422, b"/v1/events?after=9223372036854775808"),
    get("a negative after", 422, b"/v1/events?after=-1"),
    get("known_at in the future", 422, PAST + b"9000-01-01T00:00:00Z"),
    get("known_at as a day", 422, PAST + b"2025-05-15"),
    get("known_at as an epoch", 422, PAST + b"1747267200"),
    get("known_at with a raw +", 422, PAST + b"2025-05-15T09:00:00+02:00"),
    get("known_at at no hour", 422, PAST + b"2025-05-15T25:00:00Z"),
    get("known_at before time", 422, PAST + b"0001-01-01T00:00:00%2B14:00"),
    *(
        get(f"as_of {value.decode()}", 422, b"/v1/questions?as_of=" + value)
        for value in (b"2025-13", b"2025-02-30", b"0000", b"20250515", b"today", b"2025-05-15T00")
    ),
    *(
        get(f"limit={value[:9].decode()}", 422, path + b"?limit=" + value)
        for path, value in [
            (b"/v1/questions", b"0"),
            (b"/v1/companies", b"201"),
            (b"/v1/events", b"abc"),
            (b"/v1/sources", b"-1"),
            (b"/v1/statements", b"1.5"),
            (b"/v1/askers", b"9" * 5000),
        ]
    ),
    *(
        get(f"cursor {value[:12]!r} of {path.decode()}", 400, path + b"?cursor=" + value)
        for path in LISTS
        for value in (b"garbage", b"", b"AAAAAAAAAAAAAAAAWyJhIl0", b"%F0%9F%92%A3")
    ),
    get("a cursor of 1,001 characters", 422, b"/v1/questions?cursor=" + b"a" * 1001),
]
HOOKS = [
    get("a webhook that is none", 404, b"/v1/webhooks/none"),
    get("a webhook of another kind", 404, b"/v1/webhooks/key_01jv8z4x9kf3t8w2m5r7c1q0ab"),
    get("a webhook with NUL", 400, b"/v1/webhooks/a%00b"),
    get("a webhook of 60,000 characters", 404, b"/v1/webhooks/" + b"a" * 60_000),
    get("deliveries of no webhook", 404, b"/v1/webhooks/none/deliveries"),
    get("a delivery of no webhook", 404, b"/v1/webhooks/none/deliveries/none"),
    get("deliveries of an unknown status", 422, b"/v1/webhooks/none/deliveries?status=lost"),
    get("deliveries of an empty status", 422, b"/v1/webhooks/none/deliveries?status="),
    get("no webhooks at all", 422, b"/v1/webhooks?limit=0"),
    get("webhooks by an unknown parameter", 422, b"/v1/webhooks?status=enabled"),
    get("webhooks by a bad cursor", 400, b"/v1/webhooks?cursor=AAAAAAAAAAAAAAAAWyJhIl0"),
    get("a webhook by the wrong method", 405, b"/v1/webhooks/none/replay"),
]
KEYS = [
    get(f"Authorization {value[:24]!r}", 401, b"/v1/keys", (b"authorization", value))
    for value in (
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer ans_live_short",
        b"Bearer \xff\xfe\x00",
        b"Bearer " + b"a" * 60_000,
        b"Basic",
        b"Basic !!!",
        b"Basic \xff",
        b"Basic bm9jb2xvbg==",
        b"Basic /////w==",
        b"Digest username=x",
        b"ans_live_00000000_00000000000000000000000000000000000000",
        "Bearer ans_live_\u00e9".encode(),
    )
]
READS = PATHS + QUERIES + HOOKS + KEYS
