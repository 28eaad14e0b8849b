//! The product as it is weighed: which parts belong to which language, and where the rest may go.

use crate::product::{Computation, Connections, Importance, Language, Outlook, Part, Product, Workload};

/// Workloads that happen while people look.
pub const REAL_TIME: &[Workload] =
    &[Workload::Chat, Workload::LiveDashboard, Workload::RealTimeApi, Workload::Streaming];

/// A product that is being weighed; the order of its parts does not matter.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// What the user told us.
    pub product: &'a Product,
}

/// The only language that has a place for a workload; `None` where both do.
pub const fn home(workload: Workload) -> Option<Language> {
    use Workload::{BrowserApp, Chat, JsonApi, LiveDashboard, RealTimeApi, Streaming};
    match workload {
        Chat | LiveDashboard | RealTimeApi | Streaming | BrowserApp => Some(Language::Node),
        JsonApi => None,
        _ => Some(Language::Python),
    }
}

impl<'a> Work<'a> {
    /// The parts with one of these workloads.
    pub fn of(self, workloads: &[Workload]) -> Vec<&'a Part> {
        self.product.parts.iter().filter(|part| workloads.contains(&part.workload)).collect()
    }

    /// The parts that only this language has a place for.
    pub fn bound_to(self, language: Language) -> Vec<&'a Part> {
        self.product.parts.iter().filter(|part| home(part.workload) == Some(language)).collect()
    }

    /// The JSON APIs: the parts that both languages have a place for. They share one service.
    pub fn apis(self) -> Vec<&'a Part> {
        self.of(&[Workload::JsonApi])
    }

    /// Whether each language would hold a part if the product spoke both.
    pub fn has_two_sides(self) -> bool {
        let [node, python] = [Language::Node, Language::Python].map(|side| !self.bound_to(side).is_empty());
        node && python || (node || python) && !self.apis().is_empty()
    }

    /// Where the JSON APIs stand if the product speaks both: on the side that would be empty, else where the load
    /// draws them, else with the language that the team knows better, and in doubt in Node.
    pub fn api_side(self) -> Language {
        let Product { load, team, .. } = self.product;
        let empty = |side| self.bound_to(side).is_empty();
        let python = match (empty(Language::Node), empty(Language::Python)) {
            (true, _) => false,
            (false, true) => true,
            _ if self.is_crowded() => false,
            _ => load.computation == Computation::Heavy || team.python > team.javascript,
        };
        if python { Language::Python } else { Language::Node }
    }

    /// Friction that the JSON APIs meet in one language, wherever that is spoken and they stand in it.
    pub fn api(self, language: Language, weight: u32) -> super::PerShape {
        let weight = if self.apis().is_empty() { 0 } else { weight };
        let both = if self.api_side() == language { weight } else { 0 };
        match language {
            Language::Node => super::PerShape { node: weight, python: 0, both },
            Language::Python => super::PerShape { node: 0, python: weight, both },
        }
    }

    /// Whether very many connections are open at once.
    pub fn is_crowded(self) -> bool {
        self.product.load.connections == Connections::TensOfThousands
    }

    /// Whether neither parts, load, roadmap nor wishes ask for a language.
    pub fn is_quiet(self) -> bool {
        let Product { parts, load, roadmap, preferences, .. } = self.product;
        parts.iter().all(|part| home(part.workload).is_none())
            && !self.is_crowded()
            && load.computation != Computation::Heavy
            && ![roadmap.ai, roadmap.analytics, roadmap.real_time].contains(&Outlook::Planned)
            && !preferences.single_javascript_stack
    }
}

/// Whether the product is nothing without one of these.
pub fn any_core(parts: &[&Part]) -> bool {
    parts.iter().any(|part| part.importance == Importance::Core)
}
