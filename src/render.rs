//! Blueprint → Tree: each file verbatim, filled in, or merged into an earlier manifest.

mod manifest;
mod markdown;
pub mod names;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use handlebars::{Context, Handlebars, RenderContext, RenderError, Renderable, Template, no_escape};
use serde_json::Value;

use crate::advice::Advice;
use crate::blueprint::{Blueprint, Step};
use crate::catalogue::{Catalogue, Source};
use crate::failure::{Failure, Outcome};
use crate::locks::{self, Supersets};
use crate::tree::{Content, Entry, Tree};
use crate::words;

/// Renders every step in order.
///
/// # Errors
/// A template that does not parse or says an unknown word, a path that leaves the root, or two
/// layers of one rank that emit one path.
pub fn render(blueprint: &Blueprint<'_>, advice: &Advice, supersets: &Supersets) -> Outcome<Tree> {
    let engines = Engines::new();
    let mut tree = Tree::default();
    let mut ranks: HashMap<String, usize> = HashMap::new();
    for step in &blueprint.steps {
        let filler = Filler { engines: &engines, words: step_words(blueprint, step, advice), schema: OnceCell::new() };
        for source in &step.layer.sources {
            let (path, content) = filler.fill(step, source)?;
            let earlier = tree.get(&path);
            let rank = step.layer.facts.len();
            let content = match earlier {
                Some(earlier) if manifest::is_manifest(&path) => manifest::merge(&path, &earlier.content, &content)?,
                Some(earlier) if ranks.get(&path) == Some(&rank) => {
                    return Err(same_rank(&path, &earlier.layer, &step.layer.name));
                }
                _ => content,
            };
            ranks.insert(path.clone(), rank);
            tree.insert(path, Entry { content, executable: source.executable, layer: step.layer.name.clone() })?;
        }
    }
    locks::add(&mut tree, supersets)?;
    tree.check_shape()?;
    Ok(tree)
}

/// Everything that is wrong with a pack's templates, whether or not a product would emit them.
pub fn check(catalogue: &Catalogue) -> Vec<Failure> {
    let words = words::sample(&catalogue.questions);
    let sources = catalogue.layers.iter().flat_map(|layer| layer.sources.iter().map(move |source| (layer, source)));
    sources.filter_map(|(layer, source)| check_source(&layer.name, source, &words).err()).collect()
}

fn check_source(layer: &str, source: &Source, words: &Value) -> Outcome<()> {
    let place = format!("{layer}/{}", source.path);
    if !source.path.ends_with(".hbs") {
        return Tree::default().insert(
            source.path.clone(),
            Entry { content: source.content.clone(), executable: false, layer: layer.to_owned() },
        );
    }
    for text in [source.path.as_str(), text_of(source, &place)?] {
        names::check(&compile(text, &place)?, words, &place)?;
    }
    Ok(())
}

fn text_of<'a>(source: &'a Source, place: &str) -> Outcome<&'a str> {
    let text = source.content.text(place);
    text.map_err(|failure| failure.hint("leave off `.hbs` to emit the file as it is"))
}

fn template<'a>(source: &'a Source, place: &str) -> Outcome<&'a Template> {
    if let Some(template) = source.template.get() {
        return Ok(template);
    }
    let template = compile(text_of(source, place)?, place)?;
    Ok(source.template.get_or_init(|| template))
}

fn compile(text: &str, place: &str) -> Outcome<Template> {
    Template::compile(text).map_err(|error| {
        let line = error.pos().map_or(1, |(line, _)| line);
        Failure::refused(format!("{place}:{line}: {}", error.reason()))
            .hint("templates are Handlebars; write `\\{{` where braces stand for themselves")
    })
}

/// Strict engines, to which an unknown word is an error: one each for plain text, Markdown and double-quoted strings.
struct Engines {
    plain: Handlebars<'static>,
    markdown: Handlebars<'static>,
    quoted: Handlebars<'static>,
}

impl Engines {
    fn new() -> Self {
        let strict = |escape: fn(&str) -> String| {
            let mut engine = Handlebars::new();
            engine.set_strict_mode(true);
            engine.register_escape_fn(escape);
            engine
        };
        Self { plain: strict(no_escape), markdown: strict(markdown::escape), quoted: strict(escape_quoted) }
    }

    /// Placeholders of JSON, TOML and YAML stand in double-quoted strings, whose escapes all three share.
    fn of(&self, path: &str) -> &Handlebars<'static> {
        let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
        if ends(&[".json", ".toml", ".yaml", ".yml"]) {
            &self.quoted
        } else if ends(&[".md"]) {
            &self.markdown
        } else {
            &self.plain
        }
    }
}

fn escape_quoted(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn step_words(blueprint: &Blueprint<'_>, step: &Step<'_>, advice: &Advice) -> Context {
    let mut words = blueprint.words.clone();
    words["service"] = step.service.map_or(Value::Bool(false), |index| words::service(&advice.services[index]));
    Context::from(words)
}

fn same_rank(path: &str, one: &str, other: &str) -> Failure {
    Failure::refused(format!("`{path}` is emitted by `{one}` and by `{other}`, which are of one rank"))
        .hint("a layer with more `+` replaces one with fewer; only package.json and pyproject.toml are merged")
}

struct Filler<'a> {
    engines: &'a Engines,
    words: Context,
    /// What may be said; made only for layers that fill something in.
    schema: OnceCell<Value>,
}

impl Filler<'_> {
    /// The emitted path and content of a source.
    fn fill(&self, step: &Step<'_>, source: &Source) -> Outcome<(String, Content)> {
        let Some(stem) = source.path.strip_suffix(".hbs") else {
            return Ok((format!("{}{}", step.prefix, source.path), source.content.clone()));
        };
        let place = format!("{}/{}", step.layer.name, source.path);
        let path = match stem.contains("{{") {
            true => self.text(&compile(stem, &place)?, &place)?,
            false => stem.to_owned(),
        };
        let text = self.text(template(source, &place)?, &place)?;
        Ok((format!("{}{path}", step.prefix), Content::Bytes(Cow::Owned(text.into_bytes()))))
    }

    fn text(&self, template: &Template, place: &str) -> Outcome<String> {
        names::check(template, self.schema.get_or_init(|| words::schema(self.words.data())), place)?;
        let engine = self.engines.of(place.trim_end_matches(".hbs"));
        template
            .renders(engine, &self.words, &mut RenderContext::new(None))
            .map_err(|error| unknown_word(&error, place))
    }
}

fn unknown_word(error: &RenderError, place: &str) -> Failure {
    let line = error.line_no.unwrap_or(1);
    Failure::refused(format!("{place}:{line}: {}", error.reason()))
        .hint("`duostack templates export DIR` writes the built-in pack, whose templates show every word")
}
