//! One file: whether it is sound in its own language, and what it refers to. Files alike are read once.

use std::collections::{BTreeMap, BTreeSet};

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::CstRootNode;
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use oxc_syntax::module_record::ImportImportName;
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::python::{Import, Reader};
use crate::rules;
use crate::schemas::Judge;

/// Of the forecast, which machine-learning alone brings along; and of what runs a model.
const WORDS: &[&str] = &[
    "forecast",
    "scoring",
    "scored",
    "/score",
    "app.retrain",
    "app.train",
    "tasks.py train",
    "scikit-learn",
    "watch_page",
    "onnxruntime",
];

/// What a file refers to, to be looked for in each tree that holds it.
#[derive(Debug, Default)]
pub struct File {
    /// Faults that need no tree.
    pub faults: Vec<String>,
    /// What TypeScript and JavaScript import: names by module.
    pub modules: BTreeMap<String, BTreeSet<String>>,
    /// What Python imports.
    pub imports: Vec<Import>,
    /// What others may import by name; none known where a module hands on everything of another.
    pub defined: Option<BTreeSet<String>>,
    /// Paths from the file's own folder that must stand: links of Markdown, `$ref`s, parts of compose.
    pub beside: BTreeSet<String>,
    /// Paths from the root that must stand: what a Dockerfile copies, what a workflow watches.
    pub below_root: BTreeSet<String>,
    /// What may be referred to in a YAML document, as JSON pointers.
    pub pointers: BTreeSet<String>,
    /// A manifest.
    pub document: Value,
    /// The distributions that a requirements file locks.
    pub locked: BTreeSet<String>,
    /// Words of parts that not every product has.
    pub words: BTreeSet<&'static str>,
}

/// Reads files; holds what reading takes.
pub struct Library {
    pub judge: Judge,
    pub python: Reader,
}

impl Library {
    pub fn new() -> Self {
        Self { judge: Judge::new(), python: Reader::start() }
    }

    pub fn read(&mut self, path: &str, text: &str, filled_in: bool) -> File {
        let mut file = File::default();
        let name = path.rsplit('/').next().unwrap();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let read = match ending {
            "ts" | "js" | "mjs" => modules(path, text, &mut file),
            "py" => self.python.read(text).map(|module| {
                file.imports = module.imports;
                file.defined = Some(module.defined);
            }),
            "json" if name == "package-lock.json" => told(rules::npm(text)),
            "json" => json(name, text).map(|document| file.document = document),
            "toml" => text.parse::<toml_edit::DocumentMut>().map(|_| ()).map_err(|error| error.to_string()),
            "yaml" | "yml" => yaml(text).and_then(|document| self.document(path, &document, &mut file)),
            "md" => {
                file.beside = links(text);
                Ok(())
            }
            "txt" if name.starts_with("requirements") => {
                file.locked = locked(text);
                told(rules::python(text))
            }
            _ if name == "Dockerfile" => dockerfile(text, &mut file),
            _ => Ok(()),
        };
        file.faults.extend(read.err());
        file.faults.extend(manners(text, ending, filled_in));
        let said = format!("{path}\n{text}").to_lowercase();
        file.words = WORDS.iter().filter(|word| said.contains(**word)).copied().collect();
        file
    }

    fn document(&mut self, path: &str, document: &Value, file: &mut File) -> Result<(), String> {
        refer(document, "", file);
        if path.starts_with("compose") {
            let included = document["include"].as_array().into_iter().flatten();
            file.beside.extend(included.filter_map(Value::as_str).map(str::to_owned));
            for service in document["services"].as_object().into_iter().flat_map(|services| services.values()) {
                file.below_root.extend(service["build"]["dockerfile"].as_str().map(str::to_owned));
            }
        }
        let watched = document["on"]["pull_request"]["paths"].as_array().into_iter().flatten();
        file.below_root.extend(watched.filter_map(Value::as_str).map(str::to_owned));
        self.judge.judge(path, document).map_or(Ok(()), Err)
    }
}

fn told(objections: Vec<String>) -> Result<(), String> {
    if objections.is_empty() { Ok(()) } else { Err(objections.join(", ")) }
}

fn locked(requirements: &str) -> BTreeSet<String> {
    let names = requirements.lines().filter_map(|line| line.split_once("==")?.0.split('[').next());
    names.filter(|name| !name.starts_with([' ', '#'])).map(str::to_owned).collect()
}

/// Manners of every file; `filled_in` when its text is not a template's own.
fn manners(text: &str, ending: &str, filled_in: bool) -> Vec<String> {
    let hosts = [("registry", "npmjs"), ("registry", "yarnpkg"), ("pypi", "org"), ("files", "pythonhosted")];
    let names_host = hosts.iter().any(|(one, other)| text.contains(&format!("{one}.{other}")));
    let blank = if ending == "py" { "\n\n\n\n" } else { "\n\n\n" };
    let braces =
        |line: &str| ["{{", "}}"].iter().any(|braces| line.replace("${{", "").replace(" }}", "").contains(braces));
    let faults = [
        (!text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")), "not one newline at the end"),
        (text.contains('\r'), "a carriage return"),
        (text.contains(blank), "double blank lines"),
        (text.lines().any(|line| line.ends_with([' ', '\t'])), "blanks at the end of a line"),
        (names_host, "names a package registry's host"),
        (filled_in && text.lines().any(braces), "leftover braces"),
    ];
    faults.into_iter().filter(|(is, _)| *is).map(|(_, says)| says.to_owned()).collect()
}

fn modules(path: &str, text: &str, file: &mut File) -> Result<(), String> {
    let allocator = Allocator::default();
    let kind = SourceType::from_path(path).map_err(|error| error.to_string())?;
    let parsed = Parser::new(&allocator, text, kind).parse();
    if let Some(error) = parsed.errors.first() {
        return Err(error.to_string());
    }
    let record = parsed.module_record;
    let asked = record.requested_modules.keys().map(ToString::to_string);
    let dynamic = record.dynamic_imports.iter().map(|import| import.module_request.source_text(text));
    let dynamic = dynamic.filter(|text| text.starts_with('\'')).map(|text| text.trim_matches('\'').to_owned());
    file.modules = asked.chain(dynamic).map(|module| (module, BTreeSet::new())).collect();
    for entry in &record.import_entries {
        let names = file.modules.get_mut(entry.module_request.name.as_str()).unwrap();
        match &entry.import_name {
            ImportImportName::Name(name) => _ = names.insert(name.name.to_string()),
            ImportImportName::Default(_) => _ = names.insert("default".to_owned()),
            ImportImportName::NamespaceObject => {}
        }
    }
    let whole = record.star_export_entries.is_empty();
    file.defined = whole.then(|| record.exported_bindings.keys().map(ToString::to_string).collect());
    Ok(())
}

fn json(name: &str, text: &str) -> Result<Value, String> {
    // The only ones that may have comments.
    if ["tsconfig.json", "devcontainer.json"].contains(&name) {
        let root = CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| error.to_string())?;
        return Ok(root.to_serde_value().unwrap_or_default());
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn yaml(text: &str) -> Result<Value, String> {
    let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
    match documents.as_slice() {
        [one] => Ok(value(one)),
        other => Err(format!("{} documents instead of one", other.len())),
    }
}

fn value(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) => Value::from(text.as_str()),
        Yaml::Integer(number) => Value::from(*number),
        Yaml::Real(_) => Value::from(yaml.as_f64()),
        Yaml::Boolean(is) => Value::from(*is),
        Yaml::Array(items) => items.iter().map(value).collect(),
        Yaml::Hash(pairs) => pairs.iter().map(|(key, item)| (key_text(key), value(item))).collect(),
        _ => Value::Null,
    }
}

fn key_text(key: &Yaml) -> String {
    match key {
        Yaml::String(text) => text.clone(),
        other => value(other).to_string(),
    }
}

/// Collects what may be referred to, and what is.
fn refer(node: &Value, at: &str, file: &mut File) {
    match node {
        Value::Object(pairs) => {
            file.pointers.insert(at.to_owned());
            for (key, item) in pairs {
                match item.as_str().filter(|_| key == "$ref") {
                    Some(target) => _ = file.beside.insert(target.to_owned()),
                    None => refer(item, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), file),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| refer(item, at, file)),
        _ => {}
    }
}

/// Where the links of Markdown lead inside the repository.
fn links(text: &str) -> BTreeSet<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains(':')).map(str::to_owned).collect()
}

/// Stages begin with FROM, the last one says what runs, and as whom.
fn dockerfile(text: &str, file: &mut File) -> Result<(), String> {
    let mut joined = text.replace("\\\n", " ");
    let defaults = text.lines().filter_map(|line| line.strip_prefix("ARG ")?.split_once('='));
    for (name, default) in defaults {
        joined = joined.replace(&format!("${{{name}}}"), default).replace(&format!("${name}"), default);
    }
    let instructions: Vec<Vec<&str>> =
        joined.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect()).collect();
    let instructions: Vec<&[&str]> = instructions.iter().map(Vec::as_slice).filter(|words| !words.is_empty()).collect();
    let known = ["FROM", "ARG", "RUN", "COPY", "WORKDIR", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "CMD"];
    if let Some(words) = instructions.iter().find(|words| !known.contains(&words[0])) {
        return Err(format!("an instruction that no Dockerfile of ours has: {}", words.join(" ")));
    }
    let last = instructions.iter().rposition(|words| words[0] == "FROM").ok_or("no FROM")?;
    for needed in ["USER", "HEALTHCHECK", "CMD"] {
        if !instructions[last..].iter().any(|words| words[0] == needed) {
            return Err(format!("the last stage has no {needed}"));
        }
    }
    for words in instructions.iter().filter(|words| words[0] == "COPY" && !words[1].starts_with("--from")) {
        let sources = words[1..words.len() - 1].iter().filter(|word| !word.starts_with("--"));
        file.below_root.extend(sources.map(|source| (*source).to_owned()));
    }
    Ok(())
}
