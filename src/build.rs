//! Rebuild when a template or example changes: a new file alone triggers no rebuild otherwise.

#![allow(clippy::disallowed_macros, reason = "cargo reads what a build script prints")]

fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=examples");
}
