//! Product names that mean something elsewhere, in every shape: refused with a reason and a way out, or a repository
//! that parses, whose packages, projects and images have sound names, and that shows the name as it was typed.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;

use std::collections::BTreeSet;
use std::thread;

use duostack::advice::advise;
use duostack::catalogue::Catalogue;
use duostack::emission::Emission;
use duostack::failure::{Kind, Outcome};
use duostack::product::answers::{Answers, Origin};
use duostack::product::{Product, keys, reader};
use duostack::tree::Tree;
use pulldown_cmark::{Event, Options, Parser, TagEnd};
use serde_json::Value;
use support::World;

const SHAPES: &[(&str, &[&str])] =
    &[("node", &["chat"]), ("python", &["machine-learning"]), ("both", &["browser-app", "machine-learning"])];

/// Names by what is nasty about them; `~N` at the end of one repeats it N times.
const NAMES: &[(&str, &[&str])] = &[
    (
        "scripts",
        &[
            "Šárka & Žofie",
            "Größe",
            "Łódź Żółw",
            "Ærøskøbing",
            "İstanbul Işık",
            "Ñandú",
            "東京 Live",
            "日本語",
            "한국어 서비스",
            "Привет мир",
            "Ελληνικά",
            "ქართული",
            "Հայերեն",
            "हिन्दी सेवा",
            "தமிழ்",
            "ไทยแลนด์",
            "ភាសាខ្មែរ",
            "አማርኛ",
            "ᏣᎳᎩ",
            "᠌ᠮᠣᠩᠭᠣᠯ",
            "ߒߞߏ",
            "𐌰𐌱𐌲 gothic",
            "𝒻𝒶𝓃𝒸𝓎",
            "ＦＵＬＬ ｗｉｄｔｈ",
            "ﬁne ﬂow",
            "Ⅷ ④ ½",
            "√2 × π",
            "ß",
        ],
    ),
    (
        "right to left",
        &[
            "مرحبا",
            "שלום",
            "فارسی",
            "اردو نام",
            "שלום world",
            "123 مرحبا",
            "می\u{200c}خواهم",
            "a\u{202e}b",
            "a\u{200f}b",
            "\u{2067}x\u{2069}",
        ],
    ),
    (
        "emoji",
        &[
            "🚀",
            "Rocket 🚀",
            "👩\u{200d}🚀 crew",
            "❤\u{fe0f} love",
            "👍🏽 team",
            "🇨🇿",
            "🏴\u{e0067}\u{e0062}\u{e007f} flag",
            "1\u{fe0f}\u{20e3} first",
        ],
    ),
    (
        "combining marks and what shows as nothing",
        &[
            "e\u{301}te\u{301}",
            "Z\u{351}\u{36b}\u{343}algo",
            "\u{301}",
            "a\u{301}\u{301}\u{301}\u{301}~20",
            "a\u{200b}b",
            "\u{feff}bom",
            "soft\u{ad}hyphen",
            "a\u{61c}b",
            "\u{3164}",
            "a\u{2060}b",
            "a\u{34f}b",
            "a\u{115f}b",
            "\u{2800}x",
            "no\u{a0}break",
            "a\u{3000}b",
            "a\u{180e}b",
        ],
    ),
    ("look-alikes", &["раураl", "аррӏе", "Ηοst", "nоde", "соn", "ｎｕｌ", "ｃｏｎ", "сlаss", "⁄etc⁄passwd", "․․"]),
    (
        "reserved",
        &[
            "con",
            "NUL",
            "Com1",
            "lpt9",
            "AUX",
            "prn",
            "con.txt",
            "node_modules",
            "favicon.ico",
            "package.json",
            "node",
            "npm",
            "test",
            "class",
            "None",
            "True",
            "lambda",
            "match",
            "async",
            "json",
            "sys",
            "asyncio",
            "typing",
            "http",
            "fs",
            "worker_threads",
            "child_process",
            "string_decoder",
            "realtime",
            "ml",
            "web",
            "data",
            "api",
            "contract",
            "services",
            "repository",
            "superset",
            "fastify",
            "fastapi",
            "typescript",
            "duostack",
            ".git",
            ".duostack",
            "git",
            "docker",
            "compose",
            "default",
            "latest",
            "root",
            "localhost",
            "null",
            "undefined",
            "__proto__",
            "constructor",
        ],
    ),
    (
        "long",
        &[
            "a~100",
            "a~101",
            "word ~20",
            "ß~100",
            "東~60",
            "x-~50",
            "🚀~99",
            "longer than anybody would ever type into a field for names ~9",
        ],
    ),
    (
        "leading marks and digits",
        &[
            "42 Berths",
            "1",
            "0x10",
            "3.14",
            "-rf",
            "--help",
            "-",
            "_private",
            "__init__",
            ".hidden",
            "..",
            "...",
            "~",
            "~root",
            "=1+1",
            "@scope",
            "+1",
            "#1",
            "!important",
            "1. First",
            "- item",
        ],
    ),
    (
        "shells",
        &[
            "$(id)",
            "`id`",
            "a; rm -rf x",
            "a && b",
            "a | b",
            "a > b",
            "$HOME",
            "%PATH%",
            "!!",
            "*",
            "?",
            "a*b*c",
            "{a,b}",
            "~+",
            "a\\b",
            "\\",
            "a/b",
            "/etc/passwd",
            "../up",
            "C:\\con",
            "'quoted'",
            "\"quoted\"",
            "it's",
            "O'Brien \"Bob\"",
            "\"",
            "'",
            "\"\"\"",
            "'''",
            "a\nb",
            "a\r\nb",
            "a\tb",
            "a\0b",
            "a\u{1b}[31mb",
            "a\u{7f}b",
            "a\u{85}b",
            "a\u{2028}b",
        ],
    ),
    (
        "templates",
        &[
            "{{x}}",
            "{{{x}}}",
            "{{product.name}}",
            "{{#if x}}",
            "${x}",
            "${{ secrets.X }}",
            "#{x}",
            "<%= x %>",
            "%VITE_NAME%",
            "{% x %}",
            "%s %d",
            "\\u0041x",
            "&amp; &#38;",
            "{{",
        ],
    ),
    (
        "data",
        &[
            "yes",
            "no",
            "on",
            "1e3",
            "0o17",
            "1:30",
            "2024-01-01",
            "# comment",
            "a # b",
            "a: b",
            "key: [1, 2]",
            "{a: b}",
            "[table]",
            "&anchor",
            "*alias",
            "!tag x",
            "| block",
            "> folded",
            "? key",
            "- a: b",
            "---",
            "a,b;c",
            "nan",
            "//",
            "a = b",
        ],
    ),
    (
        "markup",
        &[
            "<script>alert(1)<x>",
            "<!-- x",
            "<b>bold",
            "a < b > c",
            "\" onload=\"x",
            "[a](b)",
            "![a](b)",
            "_under_ *star*",
            "a_b_c",
            "~~gone~~",
            "# head #",
            "| cell |",
            "<a href='x'>",
            "]]>",
            "C#",
            "C++",
            "$x$",
        ],
    ),
];

fn names() -> Vec<String> {
    let repeated = |name: &&str| match name.rsplit_once('~').and_then(|(text, count)| Some((text, count.parse().ok()?)))
    {
        Some((text, count)) => text.repeat(count),
        None => (*name).to_owned(),
    };
    NAMES.iter().flat_map(|(_, names)| names.iter().map(repeated)).collect()
}

fn answers(name: &str, shape: &str, workloads: &[&str]) -> Answers {
    let mut answers = Answers::default();
    let origin = || Origin::Flag("test".to_owned());
    answers.answer(keys::find("product.name").unwrap(), name, origin()).unwrap();
    answers.answer(keys::find("product.description").unwrap(), "What it is.", origin()).unwrap();
    let parts = workloads.iter().map(|workload| format!("parts.the-{workload}.workload={workload}"));
    let rest = [format!("preferences.shape={shape}"), "options.license=mit".to_owned()];
    parts.chain(rest).for_each(|setting| reader::set(&mut answers, &setting).unwrap());
    answers
}

fn emit(name: &str, shape: usize, catalogue: &Catalogue) -> Outcome<(Product, Emission)> {
    let (shape, workloads) = SHAPES[shape];
    let answers = answers(name, shape, workloads);
    let product = answers.product()?;
    let emission = Emission::of(&product, &advise(&product)?, &answers, catalogue)?;
    Ok((product, emission))
}

#[test]
fn every_name_is_refused_with_a_way_out_or_emits_what_parses() {
    let names = names();
    assert!(names.iter().collect::<BTreeSet<_>>().len() >= 200, "{}", names.len());
    let catalogue = &Catalogue::built_in().unwrap();
    thread::scope(|scope| {
        for shape in 0..SHAPES.len() {
            let names = &names;
            scope.spawn(move || {
                let (_, plain) = emit("Plain", shape, catalogue).unwrap();
                let accepted = names.iter().filter(|name| is_accepted(name, shape, &plain.tree, catalogue)).count();
                assert!(accepted * 2 > names.len() && accepted < names.len(), "{accepted} of {}", names.len());
            });
        }
    });
}

fn is_accepted(name: &str, shape: usize, plain: &Tree, catalogue: &Catalogue) -> bool {
    let (product, emission) = match emit(name, shape, catalogue) {
        Ok(emitted) => emitted,
        Err(failure) => {
            assert_eq!(failure.kind, Kind::Refused, "{name:?}: {failure}");
            assert!(!failure.hints.is_empty(), "{name:?}: {failure}");
            return false;
        }
    };
    assert_eq!(product.name.as_str(), name.trim(), "the name is not changed behind one's back");
    is_sound_slug(product.slug.as_str());
    let paths = |tree: &Tree| tree.iter().map(|(path, _)| path.to_owned()).collect::<Vec<_>>();
    assert_eq!(paths(&emission.tree), paths(plain), "{name:?} is in no path");
    for (path, entry) in emission.tree.iter() {
        // What the name did not change parses as it does for any other.
        if plain.get(path).is_none_or(|other| other.content != entry.content) {
            is_sound(&product, path, entry.content.text(path).unwrap());
        }
    }
    let again = reader::read(&emission.answers, "duostack.toml").and_then(|answers| answers.product()).unwrap();
    assert_eq!(again, product, "the recorded answers are the answers");
    true
}

/// npm's rules for a package, PEP 508's for a project, Docker's for an image, compose's for a project.
fn is_sound_slug(slug: &str) {
    const LONGEST_SERVICE: usize = "realtime".len();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(slug.starts_with(|c: char| c.is_ascii_lowercase()) && slug.chars().all(plain), "{slug}");
    assert!(!slug.ends_with('-') && !slug.contains("--"), "{slug}");
    assert!(slug.len() + 1 + LONGEST_SERVICE < 64, "{slug}: an image's name is a container's label too");
    assert!(!["node_modules", "con", "nul", "http", "fs", "class"].contains(&slug), "{slug}");
}

/// A file that the name changed.
fn is_sound(product: &Product, path: &str, text: &str) {
    let name = product.name.as_str();
    let place = format!("{name:?} in {path}");
    if path.ends_with(".json") {
        let json: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}\n{text}"));
        if path == "package.json" {
            assert_eq!(
                (json["name"].as_str(), json["displayName"].as_str()),
                (Some(product.slug.as_str()), Some(name))
            );
        } else if path == "package-lock.json" {
            assert_eq!((&json["name"], &json["packages"][""]["name"]), (&product.slug.as_str().into(), &json["name"]));
        } else {
            assert_eq!(json["name"], name, "{place}");
        }
    } else if path.ends_with(".md") {
        shows(name, text, &place);
    } else {
        let says_slug = path == ".env.example" && text.contains(&format!("/{}\n", product.slug));
        assert!(
            says_slug || path == "LICENSE" && text.contains(&format!("the authors of {name}\n")),
            "{place}:\n{text}"
        );
    }
}

/// Some line of the Markdown shows the name, and nothing in it is HTML.
#[track_caller]
fn shows(name: &str, markdown: &str, place: &str) {
    let mut line = String::new();
    let mut lines = Vec::new();
    for event in
        Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH)
    {
        match event {
            Event::Text(text) => line += &text,
            Event::Html(html) | Event::InlineHtml(html) => panic!("{place} is HTML: {html}"),
            Event::End(TagEnd::Heading(_) | TagEnd::Paragraph) => lines.push(std::mem::take(&mut line)),
            _ => {}
        }
    }
    let found = lines.iter().any(|line| line == name || line.strip_suffix(" consists of:") == Some(name));
    assert!(found, "{place}:\n{markdown}");
}

#[test]
fn the_program_refuses_the_same_names_and_writes_nothing() {
    let catalogue = Catalogue::built_in().unwrap();
    let world = World::new();
    let mut refused = 0;
    for name in names().iter().filter(|name| answers(name, "node", &["chat"]).product().is_err()) {
        assert!(emit(name, 0, &catalogue).is_err());
        world.write("answers.toml", answers_file(name));
        let ran = world.run(["new", "--answers", "answers.toml", "--yes", "--no-git"]).exits(1);
        assert!(ran.stderr.contains("error:") && ran.stderr.contains("hint:"), "{name:?}: {}", ran.stderr);
        assert_eq!(world.snapshot().len(), 1, "{name:?} left something");
        refused += 1;
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn the_program_emits_what_the_library_does_for_the_nastiest() {
    let catalogue = Catalogue::built_in().unwrap();
    for name in ["<script>alert(1)<x>", "${{ secrets.X }}", "O'Brien \"Bob\"", "'1'''", "שלום world", "a # b"] {
        let world = World::new();
        world.write("answers.toml", answers_file(name));
        world.run(["new", "out", "--answers", "answers.toml", "--yes", "--no-git"]).exits(0);
        let (_, emission) = emit(name, 0, &catalogue).unwrap();
        for path in ["README.md", "package.json", "LICENSE"] {
            let written = std::fs::read(world.path("out").join(path)).unwrap();
            assert!(written == emission.tree.get(path).unwrap().content.bytes(), "{name:?}: {path}");
        }
    }
}

fn answers_file(name: &str) -> String {
    let name = toml_edit::Value::from(name).to_string();
    let text = format!("schema = 1\nproduct = {{ name = {name}, description = \"What it is.\" }}\n");
    text + "preferences = { shape = \"node\" }\noptions = { license = \"mit\" }\n[[parts]]\nname = \"the-chat\"\nworkload = \"chat\"\n"
}
