//! Base: the pristine tree as last emitted, kept under `.duostack/` for the next update.
//!
//! Blobs are named by their hash. Git stores a blob once that is equal to the emitted file, editors and test
//! runners find no second `main.ts`, and only the manifest can ever conflict in a rebase.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::disk::{Access, Item};
use crate::tree::{Content, Entry, Tree};

/// Version of the manifest's form.
const FORMAT: u32 = 1;

const README: &str = "This folder is duostack's memory of what it emitted last: `manifest.json` lists every file, `base/` holds each\n\
one's bytes under the name of their SHA-256. `duostack update` compares it with your files to keep your edits.\n\
Commit it; never edit it.\n";

#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    mode: &'static str,
    hash: &'a str,
    layer: &'a str,
    generator: &'static str,
}

/// Everything under `.duostack/`, for a tree rendered from the pack with this hash.
pub fn items(tree: &Tree, pack: &str) -> Vec<Item<'static>> {
    let mut blobs: BTreeMap<String, Content> = BTreeMap::new();
    let mut lines = Vec::with_capacity(tree.len());
    for (path, entry) in tree.iter() {
        let hash = entry.content.hash();
        let line =
            Line { path, mode: mode(entry), hash: &hash, layer: &entry.layer, generator: env!("CARGO_PKG_VERSION") };
        lines.push(format!("    {}", serde_json::to_string(&line).unwrap_or_default()));
        let bytes = match &entry.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Link(target) => Cow::Owned(target.clone().into_bytes()),
        };
        blobs.insert(hash, Content::Bytes(bytes));
    }
    let manifest = format!(
        "{{\n  \"format\": {FORMAT},\n  \"pack\": \"{pack}\",\n  \"files\": [\n{}\n  ]\n}}\n",
        lines.join(",\n")
    );
    let mut items = vec![
        item("README.md".to_owned(), README.as_bytes().into()),
        item("manifest.json".to_owned(), manifest.into_bytes().into()),
    ];
    items.extend(blobs.into_iter().map(|(hash, content)| Item {
        path: format!(".duostack/base/{}/{}", &hash[..2], &hash[2..]).into(),
        content: Cow::Owned(content),
        access: Access::Plain,
    }));
    items
}

fn item(path: String, bytes: Cow<'static, [u8]>) -> Item<'static> {
    Item { path: format!(".duostack/{path}").into(), content: Cow::Owned(Content::Bytes(bytes)), access: Access::Plain }
}

/// Git's words for what an entry is.
fn mode(entry: &Entry) -> &'static str {
    match (&entry.content, entry.executable) {
        (Content::Link(_), _) => "120000",
        (Content::Bytes(_), true) => "100755",
        (Content::Bytes(_), false) => "100644",
    }
}
