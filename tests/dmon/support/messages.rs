//! Messages as dmon might send them, for the tests of every shape.

use dmon::message::{Align, Column, Message, Part, Span, Table, Text, Tone};

/// A container's death, with everything known about it and its last words.
pub(crate) fn alert() -> Message {
    let fields = vec![
        ("Container", Text::data("shop-api-1")),
        ("Status Change", Text::words("running → exited")),
        ("Cause", Text::words("out of memory (limit 512 MiB)")),
        ("Image", Text::data("registry.example.org/shop/api:2.4.1")),
        ("Exit Code", Text::words("137 (SIGKILL)")),
        ("Ports", Text::words("8080→80/tcp")),
        ("Compose", Text(vec![data("shop"), words(" / "), data("api")])),
        ("Restart Policy", Text::words("no")),
        ("Time", Text::data("2026-11-22 08:42:12 CET")),
        ("Host", Text::data("web-1")),
    ];
    Message {
        tone: Tone::Critical,
        mention: true,
        title: "🚨 Container Status Alert - CRITICAL".to_owned(),
        summary: Text(vec![
            data("shop-api-1"),
            words(" stopped on "),
            data("web-1"),
            words(": out of memory (limit 512 MiB)"),
        ]),
        parts: vec![
            Part::Fields(fields),
            Part::Heading("Last log lines".to_owned()),
            Part::Literal(
                "08:42:10 INFO  cache warm, 81234 entries\n08:42:11 \u{1b}[33mWARN\u{1b}[0m  heap \
                 above 480 MiB & rising\n08:42:12 ERROR <fatal> ``` cannot allocate\n"
                    .to_owned(),
            ),
        ],
        foot: foot(),
    }
}

/// It is well again.
pub(crate) fn recovery() -> Message {
    Message {
        tone: Tone::Good,
        mention: false,
        title: "✅ Container Recovered".to_owned(),
        summary: Text(vec![data("shop-api-1"), words(" runs again on "), data("web-1")]),
        parts: vec![Part::Fields(vec![
            ("Container", Text::data("shop-api-1")),
            ("Was down", Text::words("4 min 12 s")),
        ])],
        foot: foot(),
    }
}

/// What is due together in one message.
pub(crate) fn digest() -> Message {
    let line = |emoji: &str, name: &str, said: &str| {
        Text(vec![words(&format!("{emoji} ")), data(name), words(&format!(" {said}"))])
    };
    Message {
        tone: Tone::Critical,
        mention: true,
        title: "🚨 2 critical, 1 warning, 2 recovered".to_owned(),
        summary: Text(vec![words("5 containers changed on "), data("web-1")]),
        parts: vec![
            Part::List(vec![
                line("🚨", "shop-api-1", "running → exited, out of memory (limit 512 MiB)"),
                line("🚨", "shop-worker-2", "crash loop: 6 deaths in 5 minutes, exit codes 1, 137"),
                line("⚠️", "shop-db-1", "running → unhealthy"),
                line("✅", "traefik", "recovered after 4 min 12 s"),
                line("✅", "grafana", "recovered after 31 s"),
            ]),
            Part::Fields(vec![
                ("Host", Text::data("web-1")),
                ("Time", Text::data("2026-11-22 08:42:12 CET")),
            ]),
        ],
        foot: foot(),
    }
}

/// A report of `rows` containers.
pub(crate) fn report(rows: usize) -> Message {
    report_of((0..rows).map(|at| row(at, NAMES[at % NAMES.len()])).collect())
}

/// A report with these rows of nine cells.
pub(crate) fn report_of(rows: Vec<Vec<String>>) -> Message {
    let right = ["UP", "CPU %", "MEMORY", "NET IN/OUT", "DISK R/W", "PIDS", "RST"];
    let columns = ["NAME", "STATUS"]
        .map(|title| Column { title, align: Align::Left })
        .into_iter()
        .chain(right.map(|title| Column { title, align: Align::Right }))
        .collect();
    Message {
        tone: Tone::Warning,
        mention: false,
        title: "📋 Docker Status Report".to_owned(),
        summary: Text(vec![
            data("web-1"),
            words(": 10 running, 2 stopped, 1 unhealthy; 2 containers to look at"),
        ]),
        parts: vec![
            Part::Fields(vec![
                ("Host", Text::data("web-1")),
                ("Engine", Text::data("Docker 28.5.2")),
                ("Time", Text::data("2026-11-22 09:00:00 CET")),
                ("Containers", Text::words("10 running, 2 stopped, 1 unhealthy")),
            ]),
            Part::Heading("2 containers to look at".to_owned()),
            Part::List(vec![
                Text(vec![
                    words("🚨 "),
                    data("batch-import"),
                    words(" exited with code 137 (SIGKILL), 3h ago"),
                ]),
                Text(vec![
                    words("⚠️ "),
                    data("shop-db-1"),
                    words(" unhealthy: "),
                    data("pg_isready: no response"),
                ]),
            ]),
            Part::Table(Table { columns, rows }),
        ],
        foot: vec!["dmon 0.1.0".to_owned()],
    }
}

/// A row of a report.
pub(crate) fn row(at: usize, name: &str) -> Vec<String> {
    let usage = [
        ["healthy", "12d", "0.5", "21M/64M 33%", "1.1k/0B", "0B/21M", "1", "0"],
        ["running", "3h", "120.3", "512M/1.0G 50%", "12M/3.4M", "1.2G/340k", "48", "0"],
        ["unhealthy", "41m", "1.0", "1.9G/2.0G 95%", "120M/1.1G", "4.1G/12G", "212", "3"],
        ["exited 137", "-", "-", "-", "-", "-", "-", "12"],
    ];
    let cells = usage[at % usage.len()];
    [name].into_iter().chain(cells).map(str::to_owned).collect()
}

/// Names that try to be more than names. Each holds `evil`, by which it is found.
pub(crate) fn hostile_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "<!channel> evil",
        "evil @here @all",
        "&lt;!here&gt; evil",
        "`evil` *evil* _evil_ ~evil~",
        "```evil``` ```",
        "<https://evil.example|evil>",
        "evil\n*evil*\r\n> evil",
        "\u{1b}[31mevil\u{1b}[0m \u{1b}]0;evil\u{7}",
        "\u{202e}evil\u{2066}",
        "evil 🚨👩\u{200d}🚀🇩🇪 ⚠\u{fe0f}",
        "שלום evil مرحبا",
        "名前 evil 名前",
        "evil\u{0}\u{7f}\u{9b}2J",
        "https://evil.example/?a=b&c=<d>",
        ":evil: #evil",
    ]
    .map(str::to_owned)
    .to_vec();
    names.extend(["evil", "<&>evil", "`evil", "🚨evil", "e\u{301}vil evil"].map(|n| n.repeat(75)));
    names
}

/// An alert in which everything a container can choose is `name`.
pub(crate) fn hostile_alert(name: &str) -> Message {
    let mut message = alert();
    message.summary = Text(vec![data(name), words(" stopped on "), data(name), data(name)]);
    message.parts = vec![
        Part::Fields(vec![
            ("Container", Text::data(name)),
            ("Compose", Text(vec![data(name), words("/"), data(name)])),
            ("Exit Code", Text::words("137 (SIGKILL)")),
        ]),
        Part::Paragraph(Text(vec![words("said"), data(name), words("and died")])),
        Part::List(vec![Text::data(name), Text(vec![words("("), data(name), words(")")])]),
        Part::Row(vec![Text::data(name), Text::data(name)]),
        Part::Literal(format!("{name}\n{name}")),
    ];
    message
}

const NAMES: [&str; 12] = [
    "shop-api-1",
    "shop-worker-2",
    "shop-db-1",
    "batch-import",
    "grafana",
    "日本語の名前",
    "gitlab-runner-with-a-long-name-07",
    "café-☕",
    "traefik",
    "registry",
    "mailpit",
    "redis",
];

fn words(text: &str) -> Span {
    Span::Words(text.to_owned())
}

fn data(text: &str) -> Span {
    Span::Data(text.to_owned())
}

fn foot() -> Vec<String> {
    vec!["dmon 0.1.0".to_owned(), "alert 7f3a9c".to_owned()]
}
