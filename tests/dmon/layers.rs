//! Imports run down the layers only, as DESIGN has it. The source is scanned as text, token by
//! token: names in comments, strings and `#[cfg(test)]` items are free.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The modules (folders of `src/`, or files of the same name) that only compute.
const PURE: &[&str] = &["monitor", "report", "message"];

/// What they may not name, besides the edges.
const IMPURE: &[&str] = &[
    "std::io",
    "std::net",
    "std::fs",
    "std::thread",
    "std::process",
    "serde",
    "serde_json",
    "crate::clock",
];

/// The modules that know bytes and JSON, and nothing of each other but for [`WEB`].
const EDGES: &[&str] = &["docker", "slack", "terminal", "json_lines", "store", WEB];

/// The edge that carries what other edges send. It names none of them, and only it names its
/// libraries.
const WEB: &str = "web";

/// The libraries of [`WEB`].
const WEB_LIBRARIES: &[&str] = &["ureq", "rustls"];

/// The only modules that may name `crate::commands`.
const OVER_COMMANDS: &[&str] = &["commands", "main"];

#[test]
fn imports_run_down_the_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    assert!(files.len() > 5, "{} does not look like the source: {files:?}", root.display());
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let inside = file.strip_prefix(&root).unwrap().to_str().unwrap();
            violations(inside, &fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "imports against the layers:\n{}", found.join("\n"));
}

#[test]
fn the_scanner_notices() {
    let check = |file: &str, source: &str, expected: &[&str]| {
        assert_eq!(violations(file, source), expected, "{file}: {source}");
    };
    check("monitor/world.rs", "use std::fs;", &["src/monitor/world.rs:1: names std::fs"]);
    check("monitor.rs", "let x =\nstd::io::stdin();", &["src/monitor.rs:2: names std::io"]);
    check(
        "report/mod.rs",
        "use std::{fmt, net::{self, Ipv4Addr}};",
        &["src/report/mod.rs:1: names std::net"],
    );
    check("message/a.rs", "#[derive(serde::Serialize)]", &["src/message/a.rs:1: names serde"]);
    check("message/a.rs", "use serde_json as j;", &["src/message/a.rs:1: names serde_json"]);
    check(
        "monitor/a/b.rs",
        "use super::super::super::docker::Endpoint;",
        &["src/monitor/a/b.rs:1: names crate::docker"],
    );
    check("monitor/mod.rs", "use super::clock;", &["src/monitor/mod.rs:1: names crate::clock"]);
    check(
        "slack/mod.rs",
        "fn f() { crate::{message::Part, docker::wire}; }",
        &["src/slack/mod.rs:1: names crate::docker"],
    );
    check("web/mod.rs", "use crate::slack::Webhook;", &["src/web/mod.rs:1: names crate::slack"]);
    check("message/mod.rs", "use crate::web::Uri;", &["src/message/mod.rs:1: names crate::web"]);
    check("slack/mod.rs", "use ureq::http::Uri;", &["src/slack/mod.rs:1: names ureq"]);
    check("store/mod.rs", "use crate::terminal;", &["src/store/mod.rs:1: names crate::terminal"]);
    check("args.rs", "use crate::commands::once;", &["src/args.rs:1: names crate::commands"]);
    check(
        "monitor/a.rs",
        "#[cfg(test)] mod tests { use std::fs; }\nuse std::fs;",
        &["src/monitor/a.rs:2: names std::fs"],
    );
}

#[test]
fn the_scanner_lets_pass_what_is_allowed() {
    let check = |file: &str, source: &str| {
        assert_eq!(violations(file, source), [""; 0], "{file}: {source}");
    };
    check("monitor/mod.rs", "use std::{fmt, collections::BTreeMap}; use crate::message::Part;");
    check("monitor/mod.rs", "// use std::fs;\n/* std::io */ \"std::net\"; r#\"std::thread\"#;");
    check("monitor/mod.rs", "fn f<'a>(c: &'a char) -> bool { *c == '\"' || *c == '\\'' }");
    check("monitor/a.rs", "#[cfg(test)]\nmod tests { mod inner { use std::fs; } }");
    check("monitor/a.rs", "#[cfg(test)] fn f(a: [u8; 2]) { std::fs::remove_file(a); }");
    check("monitor/a.rs", "use super::docker; fn clock() {}");
    check("docker/mod.rs", "use std::net::TcpStream; use crate::clock;");
    check("slack/mod.rs", "use crate::web::Client;");
    check("web/client.rs", "use ureq::Agent; use rustls::Error; use crate::secret::Secret;");
    check("main.rs", "use dmon::commands;");
    check("commands/once.rs", "use crate::{docker, slack, commands::test};");
}

/// What only one part of the core may name, and which.
const OWNED: &[(&str, &str)] = &[
    // Only the link asks the Engine.
    ("Effect::List", "monitor/link/"),
    ("Effect::Inspect", "monitor/link/"),
    ("Effect::Ping", "monitor/link/"),
    ("Effect::FetchLogs", "monitor/link/"),
    ("Effect::ReopenStream", "monitor/link/"),
    // Only the ledger decides what is sent.
    ("Batch {", "monitor/ledger/"),
    // An outage begins and ends in one place.
    (
        "Transition::Opened(alert)",
        "monitor/track/problems.rs monitor/link/catching_up.rs monitor/ledger/",
    ),
    ("Transition::Changed(", "monitor/track/problems.rs monitor/ledger/"),
    // The whole is changed by nobody but itself.
    ("impl Monitor", "monitor/mod.rs"),
    ("&mut Monitor", "monitor/mod.rs"),
];

#[test]
fn the_parts_of_the_core_keep_to_themselves() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in rust_files(&root.join("monitor")) {
        let inside = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let is_test = inside.contains("/tests") || inside == "monitor/effect.rs";
        let source = fs::read_to_string(&file).unwrap();
        let source = source.lines().enumerate().filter(|_| !is_test);
        for (at, line) in source.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let foreign = |owners: &str| !owners.split(' ').any(|owner| inside.starts_with(owner));
            let named =
                OWNED.iter().filter(|(what, owners)| line.contains(what) && foreign(owners));
            found.extend(named.map(|(what, _)| format!("src/{inside}:{}: names {what}", at + 1)));
        }
    }
    assert!(found.is_empty(), "against the partition of the core:\n{}", found.join("\n"));
}

/// Every line of `source` (of `file`, relative to `src/`) that names what its module may not.
fn violations(file: &str, source: &str) -> Vec<String> {
    let home: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    let mut found: Vec<String> = paths(&without_tests(tokens(source)))
        .into_iter()
        .map(|(line, path)| (line, absolute(&home, &path).join("::")))
        .filter(|(_, path)| is_forbidden(home[0], path))
        .map(|(line, path)| format!("src/{file}:{line}: names {path}"))
        .collect();
    found.dedup();
    found
}

fn is_forbidden(module: &str, path: &str) -> bool {
    let is_pure = PURE.contains(&module);
    match path.strip_prefix("crate::") {
        Some("commands") => !OVER_COMMANDS.contains(&module),
        Some(other) if EDGES.contains(&other) => {
            is_pure || (EDGES.contains(&module) && other != module && other != WEB)
        }
        _ if WEB_LIBRARIES.contains(&path) => module != WEB,
        _ => is_pure && IMPURE.contains(&path),
    }
}

/// A word or a mark of the source, and its line.
type Token<'a> = (usize, &'a str);

/// The source without comments, strings and character literals.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let dropped = [
        r"//[^\n]*",
        r"/\*.*?\*/",
        r##"b?r#".*?"#"##,
        r#"b?r"[^"]*""#,
        r#""(?:\\.|[^"\\])*""#,
        r"'(?:\\[^']+|\\'|[^\\'])'",
    ];
    let pattern = Regex::new(&format!(r"(?s){}|(\w+|::|\S)", dropped.join("|"))).unwrap();
    let (mut line, mut reached) = (1, 0);
    let mut found = Vec::new();
    for token in pattern.captures_iter(source).filter_map(|captures| captures.get(1)) {
        line += source[reached..token.start()].matches('\n').count();
        reached = token.start();
        found.push((line, token.as_str()));
    }
    found
}

/// Leaves out each item under `#[cfg(test)]`: up to its closing brace, or its semicolon.
fn without_tests<'a>(tokens: Vec<Token<'a>>) -> Vec<Token<'a>> {
    let mut kept: Vec<Token<'a>> = Vec::new();
    let mut rest = tokens.into_iter();
    while let Some(token) = rest.next() {
        kept.push(token);
        let head = kept.len().saturating_sub(7);
        if kept[head..].iter().map(|token| token.1).eq(["#", "[", "cfg", "(", "test", ")", "]"]) {
            kept.truncate(head);
            let mut depth = 0;
            rest.find(|token| {
                match token.1 {
                    "{" | "(" | "[" => depth += 1,
                    "}" | ")" | "]" => depth -= 1,
                    _ => {}
                }
                depth == 0 && matches!(token.1, "}" | ";")
            });
        }
    }
    kept
}

/// Every path and every beginning of one, with its line; the groups of `use a::{b, c::d}` are
/// spread out.
fn paths<'a>(tokens: &[Token<'a>]) -> Vec<(usize, Vec<&'a str>)> {
    let mut found = Vec::new();
    let mut prefixes: Vec<Vec<&str>> = vec![vec![]];
    let mut path: Vec<&str> = vec![];
    let mut after_colons = false;
    for &(line, token) in tokens {
        if token == "{" {
            prefixes.push(if after_colons { path.clone() } else { vec![] });
        } else if token == "}" && prefixes.len() > 1 {
            prefixes.pop();
        }
        let is_word = token.starts_with(|first: char| first.is_alphanumeric() || first == '_');
        if is_word {
            if !after_colons {
                path.clone_from(prefixes.last().expect("the first prefix is never popped"));
            }
            path.push(token);
            found.push((line, path.clone()));
        }
        after_colons = token == "::";
    }
    found
}

/// The path with `super` resolved against the module `home`; `dmon` is the crate's name outside.
fn absolute<'a>(home: &[&'a str], path: &[&'a str]) -> Vec<&'a str> {
    let supers = path.iter().take_while(|&&word| word == "super").count();
    if supers > 0 {
        let module = home.strip_suffix(&["mod"]).unwrap_or(home);
        let kept = module.len().saturating_sub(supers);
        return [&["crate"], &module[..kept], &path[supers..]].concat();
    }
    match path {
        ["dmon", rest @ ..] => [&["crate"], rest].concat(),
        _ => path.to_vec(),
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
