//! Every word a template says must exist, inside `{{#if}}` too, which Handlebars lets pass.

use handlebars::Template;
use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use serde_json::Value;

use crate::failure::{Failure, Outcome, nearest};

/// Refuses the first name that the words do not have.
///
/// # Errors
/// The place, the name, and the nearest known one.
pub fn check(template: &Template, words: &Value, file: &str) -> Outcome<()> {
    Scope { chain: vec![words], file, line: 1 }.walk(template)
}

/// Where names are looked up: the words, then whatever `{{#each}}` and `{{#with}}` stepped into.
struct Scope<'a> {
    chain: Vec<&'a Value>,
    file: &'a str,
    line: usize,
}

impl<'a> Scope<'a> {
    fn walk(&self, template: &Template) -> Outcome<()> {
        template.elements.iter().zip(&template.mapping).try_for_each(|(element, mapping)| {
            Scope { chain: self.chain.clone(), file: self.file, line: mapping.0 }.element(element)
        })
    }

    fn element(&self, element: &TemplateElement) -> Outcome<()> {
        match element {
            TemplateElement::Expression(helper)
            | TemplateElement::HtmlExpression(helper)
            | TemplateElement::HelperBlock(helper) => self.helper(helper),
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            _ => {
                Err(Failure::refused(format!("{}:{}: partials and decorators are not available", self.file, self.line))
                    .hint("put shared text into a layer of its own"))
            }
        }
    }

    fn helper(&self, helper: &HelperTemplate) -> Outcome<()> {
        if helper.params.is_empty() && !helper.block {
            self.parameter(&helper.name)?;
        }
        helper.params.iter().chain(helper.hash.values()).try_for_each(|parameter| self.parameter(parameter))?;
        if let Some(template) = &helper.template {
            match (helper.name.as_name(), helper.params.first().and_then(Parameter::as_name)) {
                (Some("each"), Some(list)) => self.inside(self.find(list).and_then(|list| list.get(0)), template)?,
                (Some("with"), Some(object)) => self.inside(self.find(object), template)?,
                _ => self.walk(template)?,
            }
        }
        helper.inverse.as_ref().map_or(Ok(()), |template| self.walk(template))
    }

    /// An empty list shows nothing of its entries, so nothing can be checked in it.
    fn inside(&self, value: Option<&'a Value>, template: &Template) -> Outcome<()> {
        let Some(value) = value else { return Ok(()) };
        let chain = self.chain.iter().copied().chain([value]).collect();
        Scope { chain, file: self.file, line: self.line }.walk(template)
    }

    fn parameter(&self, parameter: &Parameter) -> Outcome<()> {
        match parameter {
            Parameter::Name(name) => self.name(name),
            Parameter::Path(_) => self.name(parameter.as_name().unwrap_or_default()),
            Parameter::Subexpression(inner) => self.element(inner.as_element()),
            _ => Ok(()),
        }
    }

    fn name(&self, name: &str) -> Outcome<()> {
        if self.find(name).is_some() {
            return Ok(());
        }
        let here = self.chain.last().and_then(|value| value.as_object());
        let known: Vec<String> =
            here.map(|map| map.iter().flat_map(|(key, value)| paths(key, value)).collect()).unwrap_or_default();
        let failure =
            Failure::refused(format!("{}:{}: `{name}` is no word that a template can say here", self.file, self.line));
        let failure = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure,
        };
        let tops: Vec<&str> = here.map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default();
        Err(failure.hint(format!("words here: {}", tops.join(", "))))
    }

    /// The value that a name means here. Loop variables (`@index`, `@last`, …) are always there.
    fn find(&self, name: &str) -> Option<&'a Value> {
        static LOOP: Value = Value::Null;
        if let Some(rest) = name.strip_prefix("@root") {
            return follow(self.chain[0], rest);
        }
        if name.starts_with('@') {
            return Some(&LOOP);
        }
        let up = name.matches("../").count();
        let start = self.chain.len().checked_sub(1 + up)?;
        follow(self.chain[start], name.trim_start_matches("../").trim_start_matches("this"))
    }
}

fn follow<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.replace(['[', ']'], "");
    path.split(['.', '/']).filter(|step| !step.is_empty()).try_fold(value, |value, step| value.get(step))
}

fn paths(key: &str, value: &Value) -> Vec<String> {
    let inner = value.as_object().into_iter().flatten().map(|(name, _)| format!("{key}.{name}"));
    std::iter::once(key.to_owned()).chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> bool {
        let words = json!({ "product": { "name": "x" }, "facts": { "live-dashboard": true }, "services": [{ "name": "ml" }], "empty": [] });
        check(&Template::compile(text).unwrap(), &words, "t").is_err()
    }

    #[test]
    fn unknown_names_are_refused_wherever_they_stand() {
        for text in [
            "{{missing}}",
            "{{#if missing}}a{{/if}}",
            "{{#unless product.nam}}a{{/unless}}",
            "{{#each services}}{{nam}}{{/each}}",
            "{{#each services}}{{#if nam}}{{/if}}{{/each}}",
            "{{#if a}}{{else}}b{{/if}}",
            "{{> partial}}",
            "{{#if (eq missing 1)}}{{/if}}",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn known_names_pass() {
        for text in [
            "{{product.name}}",
            "{{#if facts.[live-dashboard]}}a{{else}}b{{/if}}",
            "{{#each services}}{{name}}{{@index}}{{../product.name}}{{@root.product.name}}{{this.name}}{{#unless @last}},{{/unless}}{{/each}}",
            "{{#each empty}}{{what}}{{/each}}",
            "{{#if (eq product.name \"x\")}}{{/if}}",
            "\\{{raw}}",
        ] {
            assert!(!refused(text), "{text}");
        }
    }
}
