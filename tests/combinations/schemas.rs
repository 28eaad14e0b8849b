//! Documents whose format has a published schema, held to it.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// What a document is, by its path.
const KINDS: &[(&str, &str)] = &[
    ("compose", include_str!("schemas/compose.json")),
    ("github-workflow", include_str!("schemas/github-workflow.json")),
    ("dependabot", include_str!("schemas/dependabot.json")),
    ("gitlab-ci", include_str!("schemas/gitlab-ci.json")),
    ("openapi", include_str!("schemas/openapi.json")),
    ("asyncapi", include_str!("schemas/asyncapi.json")),
];

/// The schemas, compiled once.
pub struct Judge {
    schemas: Schemas,
    kinds: Vec<(&'static str, SchemaIndex)>,
}

impl Judge {
    pub fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let mut compile = |name: &str, text: &str| {
            let place = format!("file:///{name}.json");
            compiler.add_resource(&place, serde_json::from_str(text).unwrap()).unwrap();
            compiler.compile(&place, &mut schemas).unwrap()
        };
        let kinds = KINDS.iter().map(|(name, text)| (*name, compile(name, text))).collect();
        Self { schemas, kinds }
    }

    /// Objects when the document has a schema and does not keep to it.
    pub fn judge(&self, path: &str, document: &Value) -> Option<String> {
        let kind = kind(path)?;
        let (_, schema) = self.kinds.iter().find(|(name, _)| *name == kind).unwrap();
        self.schemas.validate(document, *schema).err().map(|error| format!("{error:#}"))
    }
}

fn kind(path: &str) -> Option<&'static str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match (folder, name) {
        ("", "compose.yaml") | ("compose", _) => Some("compose"),
        (".github/workflows", _) => Some("github-workflow"),
        (".github", "dependabot.yml") => Some("dependabot"),
        ("", ".gitlab-ci.yml") | (".gitlab", _) => Some("gitlab-ci"),
        ("contract/openapi", _) => Some("openapi"),
        ("contract/asyncapi", _) => Some("asyncapi"),
        _ => None,
    }
}
