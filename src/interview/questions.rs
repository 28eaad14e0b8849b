//! What is asked, in which order, and why each answer matters.

use crate::product::answers::Answers;
use crate::product::keys;

/// A question whose answer is one word of a closed list.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The key that it answers.
    pub path: &'static str,
    /// The question.
    pub ask: &'static str,
    /// Why it matters, in one line.
    pub why: &'static str,
    /// Each word with what it means.
    pub options: &'static [(&'static str, &'static str)],
}

const SKILLS: &[(&str, &str)] = &[("none", "nobody"), ("some", "some of us"), ("strong", "it is our strength")];
const OUTLOOK: &[(&str, &str)] = &[("no", "no"), ("maybe", "maybe"), ("planned", "it is planned")];

/// Every such question.
pub const QUESTIONS: &[Question] = &[
    Question {
        path: "load.connections",
        ask: "How many people or programs are connected at once?",
        why: "Many open connections with little work each are what Node's event loop is made for.",
        options: &[("hundreds", "hundreds"), ("thousands", "thousands"), ("tens-of-thousands", "tens of thousands")],
    },
    Question {
        path: "load.computation",
        ask: "How much is computed?",
        why: "Computation blocks an event loop; Python's numerical libraries do it in compiled code.",
        options: &[("light", "hardly anything"), ("moderate", "noticeably much"), ("heavy", "it decides the hardware")],
    },
    Question {
        path: "team.javascript",
        ask: "Who in the team knows JavaScript?",
        why: "What a team knows well it builds quickly and keeps sound.",
        options: SKILLS,
    },
    Question {
        path: "team.python",
        ask: "Who in the team knows Python?",
        why: "The same for the other side.",
        options: SKILLS,
    },
    Question {
        path: "team.in-two-years",
        ask: "What will the team be in two years?",
        why: "People come and go; the language stays, and decides whom you can hire.",
        options: &[
            ("full-stack-javascript", "full-stack JavaScript"),
            ("mixed", "a mix"),
            ("data-and-ai", "data and AI people"),
        ],
    },
    Question {
        path: "roadmap.ai",
        ask: "Will it have AI features later?",
        why: "Adding AI is far cheaper where something speaks Python already.",
        options: OUTLOOK,
    },
    Question {
        path: "roadmap.analytics",
        ask: "Will it have analytics later?",
        why: "The same holds for analytics and data work.",
        options: OUTLOOK,
    },
    Question {
        path: "roadmap.real-time",
        ask: "Will it have real-time features later?",
        why: "And real time is cheaper where something speaks Node already.",
        options: OUTLOOK,
    },
    Question {
        path: "preferences.single-javascript-stack",
        ask: "Do you want one JavaScript stack from browser to server?",
        why: "One language for all of it saves a toolchain, if nothing else asks for Python.",
        options: &[("false", "no"), ("true", "yes")],
    },
    Question {
        path: "options.ci",
        ask: "Which CI?",
        why: "Workflows for it are emitted, one per service.",
        options: &[("github", "GitHub Actions"), ("gitlab", "GitLab CI"), ("none", "none")],
    },
    Question {
        path: "options.license",
        ask: "Which licence?",
        why: "Its text is emitted; none means that all rights are yours.",
        options: &[("none", "none"), ("mit", "MIT"), ("apache-2.0", "Apache 2.0")],
    },
];

impl Question {
    /// Whether it matters for these answers: options only where something is emitted, one stack only
    /// where there is something for browsers.
    pub fn matters(&self, answers: &Answers, emits: bool) -> bool {
        let for_browsers = || {
            let workload =
                |part: &crate::product::answers::PartAnswer| part.values.get("workload").map(|w| w.text.clone());
            answers.parts.iter().filter_map(workload).any(|word| word == "browser-app" || word == "json-api")
        };
        match self.path {
            "options.ci" | "options.license" => emits,
            "preferences.single-javascript-stack" => for_browsers(),
            _ => true,
        }
    }

    /// Which option stands for the answer, or for the default.
    pub fn standing(&self, answers: &Answers) -> usize {
        let default = keys::find(self.path).map_or("", |key| key.default);
        let word = answers.get(self.path).map_or(default, |answer| answer.text.as_str());
        self.options.iter().position(|(option, _)| *option == word).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::QUESTIONS;
    use crate::product::keys::{self, Accepts};

    #[test]
    fn every_question_offers_all_that_its_key_accepts() {
        for question in QUESTIONS {
            let mut offered: Vec<&str> = question.options.iter().map(|(word, _)| *word).collect();
            let mut accepted = match keys::find(question.path).expect("it answers a key").accepts {
                Accepts::Words(words) => words.to_vec(),
                Accepts::Flag => vec!["true", "false"],
                Accepts::Text => panic!("{} is not a list", question.path),
            };
            offered.sort_unstable();
            accepted.sort_unstable();
            assert_eq!(offered, accepted, "{}", question.path);
        }
    }
}
