//! A product that was decided before: each part stays in its language and service, whatever today's advice.

use std::collections::BTreeMap;

use super::services::{arrange, fits, language};
use super::work::{Work, home};
use super::{Advice, ChosenBy, advise, wanted};
use crate::failure::Outcome;
use crate::product::decision::Decision;
use crate::product::{Language, Part, Product, Role, Shape, Workload};

/// The advice for a product, with the recorded decision kept for every part that it names. A new part goes
/// where its workload belongs; the services of parts that are gone go with them.
///
/// # Errors
/// When the owner wants a shape in which a part, or a language, has no place.
pub fn keep(product: &Product, decision: &Decision) -> Outcome<Advice> {
    let mut product = product.clone();
    product.parts.sort_by(|a, b| a.name.cmp(&b.name));
    let work = Work { product: &product };
    let languages: BTreeMap<&str, Language> =
        product.parts.iter().map(|part| (part.name.as_str(), kept_language(work, decision, part))).collect();
    let Some(shape) = shape(languages.values()) else { return advise(&product) };
    if wanted(product.preferences.shape).is_some_and(|wanted| wanted != shape) || !fits(work, shape) {
        return advise(&product);
    }
    let services =
        arrange(work, &|part| languages[part.name.as_str()], &|language, role| name(decision, language, role));
    let advice = advise(&product)?;
    let advised = advice.advised.unwrap_or(advice.shape);
    let argues = advice.shape != shape;
    Ok(Advice {
        shape,
        services,
        chosen_by: if argues { ChosenBy::Override } else { advice.chosen_by },
        advised: if argues { Some(advised) } else { advice.advised },
        ..advice
    })
}

/// Where a part was, or where a new one goes: with its workload, with the APIs, with the only language spoken.
fn kept_language(work: Work, decision: &Decision, part: &Part) -> Language {
    let holder = |name: &str| decision.services.iter().find(|service| service.parts.iter().any(|own| own == name));
    let spoken = |language| decision.services.iter().any(|service| service.language == language);
    if let Some(home) = home(part.workload) {
        return home;
    }
    if let Some(service) = holder(part.name.as_str()) {
        return service.language;
    }
    let other_api = work.product.parts.iter().filter(|other| other.workload == Workload::JsonApi);
    if let Some(service) = other_api.filter_map(|other| holder(other.name.as_str())).next() {
        return service.language;
    }
    match (spoken(Language::Node), spoken(Language::Python)) {
        (true, false) => Language::Node,
        (false, true) => Language::Python,
        _ => language(work, Shape::Both, part),
    }
}

fn shape<'a>(languages: impl Iterator<Item = &'a Language> + Clone) -> Option<Shape> {
    let speaks = |language| languages.clone().any(|spoken| *spoken == language);
    match (speaks(Language::Node), speaks(Language::Python)) {
        (true, true) => Some(Shape::Both),
        (true, false) => Some(Shape::Node),
        (false, true) => Some(Shape::Python),
        (false, false) => None,
    }
}

/// The folder a service has already: Node has one service whatever its role, Python one for each role.
fn name(decision: &Decision, language: Language, role: Role) -> Option<String> {
    let same = decision
        .services
        .iter()
        .find(|service| service.language == language && (language == Language::Node || service.role == role));
    same.map(|service| service.name.clone())
}
