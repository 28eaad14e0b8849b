//! Shape → services: which language for which part, and no more services than the product needs.

use std::collections::BTreeMap;

use super::say::{listed, names, verb};
use super::work::{REAL_TIME, Work, home};
use super::{Advice, Service};
use crate::failure::{Failure, Outcome};
use crate::product::{Language, Part, Product, Role, Shape, Workload};

/// The services of a shape: Node first, then by role.
pub(super) fn services(work: Work, shape: Shape) -> Outcome<Vec<Service>> {
    ensure_placed(work, shape)?;
    Ok(arrange(work, &|part| language(work, shape, part), &|_, _| None))
}

/// Services for parts whose languages are known; one that has a name already keeps it.
pub(super) fn arrange(
    work: Work,
    language: &dyn Fn(&Part) -> Language,
    name: &dyn Fn(Language, Role) -> Option<String>,
) -> Vec<Service> {
    let mut holders: BTreeMap<(Language, Role), Vec<String>> = BTreeMap::new();
    let node_role = node_role(work, language);
    for part in &work.product.parts {
        let language = language(part);
        let role = if language == Language::Node { node_role } else { python_role(part.workload) };
        holders.entry((language, role)).or_default().push(part.name.to_string());
    }
    let service = |((language, role), parts): ((Language, Role), Vec<String>)| Service {
        name: name(language, role).unwrap_or_else(|| role.word().to_owned()),
        language,
        role,
        framework: framework(language, role),
        parts,
    };
    holders.into_iter().map(service).collect()
}

/// Where a part of a shape goes.
pub(super) fn language(work: Work, shape: Shape, part: &Part) -> Language {
    home(part.workload).unwrap_or(match shape {
        Shape::Node => Language::Node,
        Shape::Python => Language::Python,
        Shape::Both => work.api_side(),
    })
}

/// There is one Node service at most; it is named after the most demanding thing that it does.
fn node_role(work: Work, language: &dyn Fn(&Part) -> Language) -> Role {
    if !work.of(REAL_TIME).is_empty() {
        Role::Realtime
    } else if work.apis().iter().any(|api| language(api) == Language::Node) {
        Role::Api
    } else {
        Role::Web
    }
}

fn python_role(workload: Workload) -> Role {
    match workload {
        Workload::MachineLearning | Workload::AiFeatures | Workload::NumberCrunching => Role::Ml,
        Workload::DataPipeline | Workload::Analytics => Role::Data,
        Workload::ContentSite | Workload::BusinessSystem => Role::Business,
        Workload::Automation => Role::Automation,
        _ => Role::Api,
    }
}

fn framework(language: Language, role: Role) -> &'static str {
    match (language, role) {
        (Language::Node, _) => "Fastify",
        (_, Role::Business) => "Django",
        (_, Role::Automation) => "Python",
        _ => "FastAPI",
    }
}

/// The parts that a shape has no place for.
fn displaced<'a>(work: Work<'a>, shape: Shape) -> Vec<&'a Part> {
    match shape {
        Shape::Node => work.bound_to(Language::Python),
        Shape::Python => work.bound_to(Language::Node),
        Shape::Both => Vec::new(),
    }
}

/// Whether every part has a place in a shape, and every language of the shape a part.
pub(super) fn fits(work: Work, shape: Shape) -> bool {
    displaced(work, shape).is_empty() && (shape != Shape::Both || work.has_two_sides())
}

fn ensure_placed(work: Work, shape: Shape) -> Outcome<()> {
    if fits(work, shape) {
        return Ok(());
    }
    let refusal = match shape {
        Shape::Node => homeless(work, shape, Language::Node),
        Shape::Python => homeless(work, shape, Language::Python),
        Shape::Both => idle(work),
    };
    let others = Shape::ALL.iter().filter(|other| fits(work, **other));
    let ways = others.map(|other| format!("choose the shape `{other}`: `--set preferences.shape={other}`"));
    let advice = "let the advice choose: `--set preferences.shape=auto`".to_owned();
    Err(ways.chain([advice]).fold(refusal, Failure::hint))
}

/// Parts that have no template in the only language of the shape.
fn homeless(work: Work, shape: Shape, language: Language) -> Failure {
    let parts = displaced(work, shape);
    let described = parts.iter().map(|part| format!("`{}` ({})", part.name, part.workload)).collect::<Vec<_>>();
    let have = verb(&parts, "has no template", "have no templates");
    Failure::refused(format!(
        "the shape `{shape}` cannot hold {}, which {have} in {}",
        listed(&described, "and"),
        title(language)
    ))
    .hint(format!(
        "leave {} out, or choose workloads that {} has a place for: {}",
        names(&parts),
        title(language),
        workloads(language)
    ))
}

/// A second language without a part.
fn idle(work: Work) -> Failure {
    let missing = if work.bound_to(Language::Node).is_empty() { Language::Node } else { Language::Python };
    let (only, missing) = match work.apis().len() == work.product.parts.len() {
        true => ("a JSON API is one service in one language".to_owned(), "the other language".to_owned()),
        false => {
            (format!("no part here is for {}", title(missing)), format!("{}: {}", title(missing), workloads(missing)))
        }
    };
    Failure::refused(format!("the shape `both` needs a part for each language, and {only}"))
        .hint(format!("add a part for {missing}"))
}

/// A language as its people write it.
pub(super) fn title(language: Language) -> &'static str {
    match language {
        Language::Node => "Node",
        Language::Python => "Python",
    }
}

fn workloads(language: Language) -> String {
    let fits = |workload: &&Workload| home(**workload).is_none_or(|home| home == language);
    let words: Vec<&str> = Workload::ALL.iter().filter(fits).map(|workload| workload.word()).collect();
    listed(&words, "or")
}

/// The parts that are advised for but cannot be emitted yet, because their service has no template.
pub fn unemittable<'a>(product: &'a Product, advice: &Advice) -> Vec<&'a Part> {
    let later = [Role::Business, Role::Automation];
    let waiting = advice.services.iter().filter(|service| later.contains(&service.role));
    let names: Vec<&String> = waiting.flat_map(|service| &service.parts).collect();
    product.parts.iter().filter(|part| names.iter().any(|name| **name == part.name.as_str())).collect()
}

/// Lets pass what can be emitted as it stands.
///
/// # Errors
/// Names every part that cannot be emitted yet, and the ways out.
pub fn refuse_unemittable(product: &Product, advice: &Advice) -> Outcome<()> {
    let parts = unemittable(product, advice);
    if parts.is_empty() {
        return Ok(());
    }
    let described = parts.iter().map(|part| format!("`{}` ({})", part.name, part.workload)).collect::<Vec<_>>();
    let refusal =
        Failure::refused(format!("{} cannot be emitted yet: the templates come later", listed(&described, "and")));
    let refusal = match parts.len() == product.parts.len() {
        true => refusal.hint(format!("workloads with templates today: {}", emitted_workloads())),
        false => refusal.hint(format!("emit the rest now: leave {} out of the parts", names(&parts))),
    };
    Err(refusal.hint("`duostack advise` works for every workload, and says where these parts will go"))
}

fn emitted_workloads() -> String {
    let emitted = |workload| [Role::Ml, Role::Data].contains(&python_role(workload));
    let has = |workload: &&Workload| home(**workload) != Some(Language::Python) || emitted(**workload);
    let words: Vec<&str> = Workload::ALL.iter().filter(has).map(|workload| workload.word()).collect();
    listed(&words, "and")
}
