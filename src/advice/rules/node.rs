//! Rules that favour Node.

use super::{CLEAR, Rule, STRONG, WEAK, against_python, felt, heft, outlook};
use crate::advice::PerShape;
use crate::advice::say::{amount, come, they, verb};
use crate::advice::work::{REAL_TIME, Work, any_core};
use crate::product::{Connections, Importance, Language, Part, Workload};

const CONNECTED: &[Workload] = &[Workload::Chat, Workload::LiveDashboard, Workload::RealTimeApi];
const STREAMS: &[Workload] = &[Workload::Streaming];

pub static MANY_CONNECTIONS: Rule = Rule {
    name: "many-connections",
    title: "many connections, little work each",
    source: "Performance and concurrency",
    weight: STRONG,
    friction: |work, weight| against_python(heft(&work.of(CONNECTED), weight + crowding(work))),
    because: |work| {
        let (parts, crowd) = (work.of(CONNECTED), amount(work.product.load.connections));
        let does = verb(&parts, "does", "do");
        format!(
            "{} {crowd} of connections open and {does} little for each: an event loop's work",
            they(&parts, "holds", "hold")
        )
    },
};

pub static STREAMS_AND_CROWDS: Rule = Rule {
    name: "streams-and-crowds",
    title: "streams, or very many callers",
    source: "Use cases: when Node is the better fit",
    weight: STRONG,
    friction: |work, weight| {
        let streams = heft(&work.of(STREAMS), weight + crowding(work));
        let api = if work.is_crowded() { work.api(Language::Python, weight) } else { PerShape::default() };
        felt(PerShape { python: streams + api.python, ..api })
    },
    because: |work| {
        let parts = if work.is_crowded() { [work.of(STREAMS), work.apis()].concat() } else { work.of(STREAMS) };
        let crowd = amount(work.product.load.connections);
        let waits = verb(&parts, "waits", "wait");
        format!(
            "{} {crowd} of callers and mostly {waits} for the network, where Node is at home",
            they(&parts, "serves", "serve")
        )
    },
};

pub static ORDINARY_IO: Rule = Rule {
    name: "ordinary-io",
    title: "input and output at an ordinary scale",
    source: "Performance and concurrency",
    weight: WEAK,
    friction: |work, weight| if work.is_crowded() { None } else { felt(work.api(Language::Python, weight)) },
    because: |work| {
        let who = they(&work.apis(), "waits", "wait");
        format!(
            "{who} for input and output: Node is a shade ahead, async Python close behind, and architecture, caching \
                 and the database matter more than either"
        )
    },
};

pub static JAVASCRIPT_STACK: Rule = Rule {
    name: "javascript-stack",
    title: "one JavaScript stack to the browser",
    source: "Use cases: when Node is the better fit",
    weight: STRONG,
    friction: |work, weight| {
        let pages = heft(&work.of(&[Workload::BrowserApp]), weight);
        let wish = if work.product.preferences.single_javascript_stack { CLEAR } else { 0 };
        felt(PerShape { node: 0, python: pages + wish, both: wish })
    },
    because: |work| {
        let pages = work.of(&[Workload::BrowserApp]);
        let speaks = they(&pages, "speaks", "speak");
        match (pages.is_empty(), work.product.preferences.single_javascript_stack) {
            (true, _) => "one JavaScript stack from browser to server is wanted".to_owned(),
            (_, true) => format!("{speaks} JavaScript, and one stack from there to the server is wanted"),
            (_, false) => format!("{speaks} JavaScript in any case, and a Node server shares its types and tools"),
        }
    },
};

pub static REAL_TIME_CENTRE: Rule = Rule {
    name: "real-time-centre",
    title: "real time at the centre, now or soon",
    source: "Use cases: when Node is the better fit",
    weight: CLEAR,
    friction: |work, weight| {
        let now = if any_core(&work.of(REAL_TIME)) { weight } else { 0 };
        against_python(now.max(outlook(work.product.roadmap.real_time, weight)))
    },
    because: |work| {
        let live = work.of(REAL_TIME).into_iter().filter(|part| part.importance == Importance::Core);
        let live: Vec<&Part> = live.collect();
        match live.is_empty() {
            true => format!(
                "{}, and Node is built for that",
                come(&[("real-time interactivity", work.product.roadmap.real_time)])
            ),
            false => format!(
                "{} while people look, and the product is nothing without that",
                they(&live, "happens", "happen")
            ),
        }
    },
};

/// What the crowd adds to every part that has to hold it.
fn crowding(work: Work) -> u32 {
    match work.product.load.connections {
        Connections::Hundreds => 0,
        Connections::Thousands => 3,
        Connections::TensOfThousands => 6,
    }
}
