//! Validated names. Every refusal says the rule and suggests a name that passes.

use std::fmt;

/// Longest slug: leaves room for `-<service>` in image names and container labels (63 characters).
const SLUG_MAX: usize = 48;
/// Longest product name that still fits a page's title line.
const PRODUCT_MAX: usize = 100;

/// Device names that Windows refuses as file names, whatever the extension.
const WINDOWS_RESERVED: &[&str] = &[
    "con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt0",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];
/// Python's keywords (3.13, `keyword.kwlist`, lower-cased) and soft keywords.
const PYTHON_KEYWORDS: &[&str] = &[
    "false", "none", "true", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "match", "case", "type",
];
/// Names that npm refuses for packages: two of its own, and Node's built-in modules.
const NPM_REFUSED: &[&str] = &[
    "node-modules",
    "favicon-ico",
    "assert",
    "buffer",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "sys",
    "timers",
    "tls",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker-threads",
    "zlib",
    "node",
    "npm",
];

/// Why a name is refused, and one that would pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName {
    /// The rule it breaks.
    pub rule: String,
    /// A near name that passes, when there is one.
    pub suggestion: Option<String>,
}

/// The product's name as people read it: one line, no control or invisible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductName(String);

/// Folder, package and image name: lower-case ASCII letters, digits and single hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(String);

/// A part's name: kebab-case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartName(String);

impl ProductName {
    /// Checks a product name.
    ///
    /// # Errors
    /// Empty, longer than 100 characters, path-like, or with characters that are not printable.
    pub fn new(typed: &str) -> Result<Self, BadName> {
        let name = typed.trim();
        match broken_rule(name) {
            None => Ok(Self(name.to_owned())),
            Some(rule) => Err(BadName { rule: rule.to_owned(), suggestion: tidied(name) }),
        }
    }
}

/// The rule that a product name breaks.
fn broken_rule(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("a product name must not be empty")
    } else if name.chars().count() > PRODUCT_MAX {
        Some("a product name has at most 100 characters")
    } else if name.chars().any(is_unprintable) {
        Some("a product name is one line of printable characters")
    } else if name.contains(['/', '\\']) || name.starts_with('.') {
        Some("a product name is not a path: no slashes, no leading dot")
    } else if !name.chars().any(char::is_alphanumeric) {
        Some("a product name needs at least one letter or digit")
    } else {
        None
    }
}

/// The name without what breaks the rules, when something is left.
fn tidied(name: &str) -> Option<String> {
    let plain: String =
        name.chars().map(|c| if is_unprintable(c) || matches!(c, '/' | '\\') { ' ' } else { c }).take(60).collect();
    let words: Vec<&str> = plain.trim_start_matches(['.', ' ']).split_whitespace().collect();
    Some(words.join(" ")).filter(|name| broken_rule(name).is_none())
}

impl Slug {
    /// Checks a slug as typed.
    ///
    /// # Errors
    /// Anything but kebab-case, reserved names, keywords, and names that npm refuses.
    pub fn new(typed: &str) -> Result<Self, BadName> {
        kebab("a slug", typed, SLUG_MAX)?;
        match reserved(typed) {
            None => Ok(Self(typed.to_owned())),
            Some(rule) => Err(BadName { rule, suggestion: Some(format!("{typed}-app")) }),
        }
    }

    /// Derives a slug from a product name: transliterated, lower-case, hyphens between words.
    ///
    /// # Errors
    /// When no letter is left, or the result is reserved.
    pub fn from_name(name: &ProductName) -> Result<Self, BadName> {
        let slug = slugify(&name.0, SLUG_MAX);
        if slug.is_empty() {
            return Err(BadName {
                rule: format!("no slug can be derived from {:?}", name.0),
                suggestion: Some("product".into()),
            });
        }
        Self::new(&slug)
    }
}

impl PartName {
    /// Checks a part's name.
    ///
    /// # Errors
    /// Anything but kebab-case, and names that Windows reserves.
    pub fn new(typed: &str) -> Result<Self, BadName> {
        kebab("a part's name", typed, SLUG_MAX)?;
        match WINDOWS_RESERVED.contains(&typed) {
            false => Ok(Self(typed.to_owned())),
            true => Err(BadName {
                rule: format!("`{typed}` is a device name that Windows reserves"),
                suggestion: Some(format!("{typed}-part")),
            }),
        }
    }
}

fn kebab(what: &str, typed: &str, longest: usize) -> Result<(), BadName> {
    let well_formed = typed.starts_with(|c: char| c.is_ascii_lowercase())
        && !typed.ends_with('-')
        && !typed.contains("--")
        && typed.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let rule = if typed.is_empty() {
        format!("{what} must not be empty")
    } else if !well_formed {
        format!("{what} is kebab-case: lower-case letters, digits and single hyphens, starting with a letter")
    } else if typed.len() > longest {
        format!("{what} has at most {longest} characters")
    } else {
        return Ok(());
    };
    let suggestion = Some(slugify(typed, longest)).filter(|slug| !slug.is_empty() && reserved(slug).is_none());
    Err(BadName { rule, suggestion })
}

fn reserved(slug: &str) -> Option<String> {
    if WINDOWS_RESERVED.contains(&slug) {
        Some(format!("`{slug}` is a device name that Windows reserves"))
    } else if PYTHON_KEYWORDS.contains(&slug) {
        Some(format!("`{slug}` is a Python keyword"))
    } else if NPM_REFUSED.contains(&slug) {
        Some(format!("`{slug}` is a name that npm keeps for itself or for Node's own modules"))
    } else {
        None
    }
}

/// Kebab-case of any text; a leading digit gets the prefix `p-`. Empty when nothing is left.
fn slugify(text: &str, longest: usize) -> String {
    let ascii = deunicode::deunicode(text).to_lowercase();
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-");
    if slug.starts_with(|c: char| c.is_ascii_digit()) {
        slug.insert_str(0, "p-");
    }
    slug.truncate(longest);
    slug.trim_end_matches('-').to_owned()
}

/// Control characters, and those that render as nothing or reorder the line.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

macro_rules! text {
    ($($name:ident),+) => {$(
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}
text!(ProductName, Slug, PartName);

#[cfg(test)]
mod tests {
    use super::*;

    fn slug_of(name: &str) -> Result<String, BadName> {
        Slug::from_name(&ProductName::new(name)?).map(|slug| slug.0)
    }

    #[test]
    fn unicode_names_give_sound_slugs() {
        for (name, slug) in [
            ("Harbor Pulse", "harbor-pulse"),
            ("Šárka & Žofie", "sarka-zofie"),
            ("Größe", "grosse"),
            ("東京 Live", "dong-jing-live"),
            ("Привет мир", "privet-mir"),
            ("42 Berths", "p-42-berths"),
            ("  C++ / Rust".trim_start_matches("  C++ / "), "rust"),
        ] {
            assert_eq!(slug_of(name).as_deref(), Ok(slug), "{name}");
        }
    }

    #[test]
    fn names_that_mean_something_elsewhere_are_refused_with_a_way_out() {
        for name in ["con", "NUL", "Com1", "class", "import", "http", "fs", "node_modules", "Match"] {
            let bad = slug_of(name).unwrap_err();
            assert!(Slug::new(&bad.suggestion.clone().unwrap()).is_ok(), "{name}: {bad:?}");
        }
    }

    #[test]
    fn product_names_that_are_paths_or_unprintable_are_refused() {
        for name in [
            "../up",
            "/etc/passwd",
            "a\\b",
            ".hidden",
            "",
            "   ",
            "!!!",
            "a\nb",
            "a\u{202e}b",
            "\u{200b}",
            "a\0b",
            "soft\u{ad}hyphen",
            "\u{3164}",
            "a\u{e0041}",
        ] {
            assert!(ProductName::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn every_suggestion_passes_its_own_rule() {
        for typed in ["Berth Map", "berth_map", "9lives", "-x", "x-", "a--b", "ÄÖ", "aux", &"long".repeat(40)] {
            if let Some(suggestion) = PartName::new(typed).unwrap_err().suggestion {
                assert!(PartName::new(&suggestion).is_ok(), "{typed} → {suggestion}");
            }
        }
    }
}
