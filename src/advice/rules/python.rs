//! Rules that favour Python.

use super::{CLEAR, Rule, SOUND, STRONG, WEAK, against_node, felt, heft, outlook};
use crate::advice::PerShape;
use crate::advice::say::{come, names, they};
use crate::advice::work::{REAL_TIME, Work, any_core};
use crate::product::{Computation, Language, Part, Workload};

const CRUNCHING: &[Workload] = &[Workload::NumberCrunching];
const MODELLED: &[Workload] = &[Workload::MachineLearning, Workload::AiFeatures];
const PIPED: &[Workload] = &[Workload::DataPipeline, Workload::Analytics];
const SCRIPTED: &[Workload] = &[Workload::Automation];
const RECORDED: &[Workload] = &[Workload::ContentSite, Workload::BusinessSystem];

pub static COMPUTATION: Rule = Rule {
    name: "computation",
    title: "computes, or processes data",
    source: "Performance and concurrency",
    weight: STRONG,
    friction: |work, weight| {
        let api = work.api(Language::Node, computing(work));
        let behind = if any_of(work, &[CRUNCHING, MODELLED, PIPED]).is_empty() { 0 } else { computing(work) };
        felt(PerShape { node: heft(&work.of(CRUNCHING), weight) + api.node.max(behind), ..api })
    },
    because: |work| {
        let busy = any_of(work, &[CRUNCHING, MODELLED, PIPED, &[Workload::JsonApi]]);
        let (parts, how) = match work.product.load.computation {
            Computation::Light => (work.of(CRUNCHING), ""),
            Computation::Moderate => (busy, " noticeably"),
            Computation::Heavy => (busy, " heavily"),
        };
        format!(
            "{}{how}: Python's numerical libraries do that in compiled code, while Node's event loop would stand still",
            they(&parts, "computes", "compute")
        )
    },
};

pub static MODELS: Rule = Rule {
    name: "models",
    title: "machine learning or AI",
    source: "Use cases: when Python is the better fit",
    weight: STRONG,
    friction: |work, weight| against_node(heft(&work.of(MODELLED), weight)),
    because: |work| {
        format!(
            "{} on models, and what trains and serves models is written for Python first",
            they(&work.of(MODELLED), "rests", "rest")
        )
    },
};

pub static DATA_WORK: Rule = Rule {
    name: "data-work",
    title: "pipelines, analytics, data engineering",
    source: "Use cases: when Python is the better fit",
    weight: STRONG,
    friction: |work, weight| against_node(heft(&work.of(PIPED), weight)),
    because: |work| {
        format!("{} raw data into answers, a trade whose tools speak Python", they(&work.of(PIPED), "turns", "turn"))
    },
};

pub static AUTOMATION: Rule = Rule {
    name: "automation",
    title: "automation and scripts",
    source: "Use cases: when Python is the better fit",
    weight: STRONG,
    friction: |work, weight| against_node(heft(&work.of(SCRIPTED), weight)),
    because: |work| {
        format!(
            "{} unattended, and Python brings most of what scripts need along",
            they(&work.of(SCRIPTED), "runs", "run")
        )
    },
};

pub static CONTENT_AND_BUSINESS: Rule = Rule {
    name: "content-and-business",
    title: "content, or the records of a business",
    source: "Use cases: when Python is the better fit",
    weight: SOUND,
    friction: |work, weight| against_node(heft(&work.of(RECORDED), weight)),
    because: |work| {
        format!(
            "{} of records, forms and pages, for which Django has its conventions ready",
            they(&work.of(RECORDED), "consists", "consist")
        )
    },
};

pub static ONE_LANGUAGE: Rule = Rule {
    name: "one-language",
    title: "web and data work in one language",
    source: "Use cases: when Python is the better fit",
    // So much that a crowd alone does not take an API from its data where nobody knows JavaScript.
    weight: CLEAR + 3,
    friction: |work, weight| {
        let (web, rest) = blend(work);
        let speaks = !web.is_empty() && !rest.is_empty() && !any_core(&work.of(REAL_TIME));
        speaks.then_some(PerShape { node: weight, python: 0, both: weight })
    },
    because: |work| {
        let (web, rest) = blend(work);
        format!("{} and {} could share one language, one codebase and one pool of people", names(&web), names(&rest))
    },
};

pub static LATER: Rule = Rule {
    name: "ai-or-analytics-later",
    title: "AI or analytics on the roadmap",
    source: "How to make the decision",
    weight: CLEAR,
    friction: |work, weight| {
        let coming = work.product.roadmap;
        against_node(outlook(coming.ai, weight + WEAK) + outlook(coming.analytics, weight - WEAK))
    },
    because: |work| {
        let coming = work.product.roadmap;
        let what = come(&[("AI", coming.ai), ("analytics", coming.analytics)]);
        format!("{what}, and a stack with Python in it will take that in at a fraction of the effort")
    },
};

/// What the computing adds to whatever has to do it.
fn computing(work: Work) -> u32 {
    match work.product.load.computation {
        Computation::Light => 0,
        Computation::Moderate => WEAK,
        Computation::Heavy => CLEAR + 2,
    }
}

/// The web side and the data side of a product that has both; an API beside business records counts as well.
fn blend(work: Work<'_>) -> (Vec<&Part>, Vec<&Part>) {
    let rest = any_of(work, &[CRUNCHING, MODELLED, PIPED, SCRIPTED]);
    match rest.is_empty() {
        true => (work.apis(), work.of(RECORDED)),
        false => ([work.apis(), work.of(RECORDED)].concat(), rest),
    }
}

fn any_of<'a>(work: Work<'a>, lists: &[&[Workload]]) -> Vec<&'a Part> {
    work.of(&lists.concat())
}
